package gguf_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"greenfill/engine/gguf"
)

// small returns a file with a value of every kind and two tensors.
func small(t testing.TB) []byte {
	t.Helper()
	var w gguf.Writer
	w.Set("general.architecture", "llama")
	w.Set("a.bool", true)
	w.Set("a.int32", int32(-7))
	w.Set("a.uint32", uint32(7))
	w.Set("a.int64", int64(-1<<40))
	w.Set("a.uint64", uint64(math.MaxUint64))
	w.Set("a.float32", float32(0.5))
	w.Set("a.float64", 0.1)
	w.Set("a.strings", []string{"one", "", "three\xff"})
	w.Set("a.int32s", []int32{1, -2})
	w.Set("a.float32s", []float32{1, -0.25})
	w.AddTensor("norm", gguf.F32, []int{3}, bytes.Repeat([]byte{1, 2, 3, 4}, 3))
	w.AddTensor("weight", gguf.Q8_0, []int{64, 2}, bytes.Repeat([]byte{9}, 2*2*34))
	return written(t, &w)
}

func written(t testing.TB, w *gguf.Writer) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := w.WriteTo(&b)
	if err != nil {
		t.Fatal(err)
	}
	if n != int64(b.Len()) {
		t.Fatalf("WriteTo says %d bytes, but wrote %d", n, b.Len())
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	f, err := gguf.Parse(small(t))
	if err != nil {
		t.Fatal(err)
	}
	check := func(key string, got, want any, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", key, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
	s, err := f.String("general.architecture")
	check("string", s, "llama", err)
	b, err := f.Bool("a.bool")
	check("bool", b, true, err)
	u, err := f.Uint("a.uint32")
	check("uint32", u, uint64(7), err)
	u, err = f.Uint("a.uint64")
	check("uint64", u, uint64(math.MaxUint64), err)
	x, err := f.Float("a.float32")
	check("float32", x, 0.5, err)
	x, err = f.Float("a.float64")
	check("float64", x, 0.1, err)
	ss, err := f.Strings("a.strings")
	check("strings", ss, []string{"one", "", "three\xff"}, err)
	n, err := f.Len("a.strings")
	check("len", n, 3, err)
	is, err := f.Ints("a.int32s")
	check("ints", is, []int64{1, -2}, err)
	xs, err := f.Floats("a.float32s")
	check("floats", xs, []float64{1, -0.25}, err)

	w, err := f.Tensor("weight")
	if err != nil {
		t.Fatal(err)
	}
	check("shape", w.Shape, []int{64, 2}, nil)
	check("type", w.Type.String(), "Q8_0", nil)
	check("data", w.Data, bytes.Repeat([]byte{9}, 136), nil)
	check("offset", w.Offset%32, 0, nil)
	check("keys", f.Keys()[:2], []string{"general.architecture", "a.bool"}, nil)
	check("tensors", len(f.Tensors()), 2, nil)
}

func TestGettersRefuse(t *testing.T) {
	f, err := gguf.Parse(small(t))
	if err != nil {
		t.Fatal(err)
	}
	errorOf := func(_ any, err error) error { return err }
	for _, c := range []struct {
		err  error
		want string
	}{
		{errorOf(f.Uint("a.int32")), "may not be negative"},
		{errorOf(f.Uint("a.int64")), "may not be negative"},
		{errorOf(f.Uint("a.float32")), "is of type float32, but should be an integer"},
		{errorOf(f.Float("a.int32")), "should be a float"},
		{errorOf(f.Bool("a.int32")), "should be a bool"},
		{errorOf(f.String("a.strings")), "is of type array of string, but should be a single value"},
		{errorOf(f.Strings("general.architecture")), "should be an array"},
		{errorOf(f.Strings("a.int32s")), "should be an array of strings"},
		{errorOf(f.Ints("a.strings")), "should be an array of integers"},
		{errorOf(f.Floats("a.int32s")), "should be an array of floats"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("got error %v, want one with %q", c.err, c.want)
		}
	}
	for _, err := range []error{errorOf(f.Uint("none")), errorOf(f.Strings("none")), errorOf(f.Tensor("none"))} {
		if !errors.Is(err, gguf.ErrAbsent) {
			t.Errorf("got error %v, want ErrAbsent", err)
		}
	}
}

// bytesOf writes a file by hand: strings as GGUF strings, everything else as it is.
func bytesOf(parts ...any) []byte {
	b := []byte("GGUF")
	for _, p := range parts {
		if s, ok := p.(string); ok {
			b = binary.LittleEndian.AppendUint64(b, uint64(len(s)))
			b = append(b, s...)
			continue
		}
		var err error
		if b, err = binary.Append(b, binary.LittleEndian, p); err != nil {
			panic(err)
		}
	}
	return b
}

// Metadata types by GGUF's numbers.
const (
	tUint32 uint32 = 4
	tString uint32 = 8
	tArray  uint32 = 9
)

// tensor is a description for bytesOf.
func tensor(name string, dims []uint64, typ uint32, offset uint64) []any {
	return []any{name, uint32(len(dims)), dims, typ, offset}
}

func file(tensors ...[]any) []byte {
	parts := []any{uint32(3), uint64(len(tensors)), uint64(0)}
	for _, t := range tensors {
		parts = append(parts, t...)
	}
	b := bytesOf(parts...)
	return append(b, make([]byte, 4096-len(b))...)
}

// hostile are files that must be refused, and a part of the sentence that says why.
// They are the seeds of FuzzOpen, too.
var hostile = []struct {
	name, want string
	data       []byte
}{
	{"empty", "not a GGUF file", nil},
	{"other format", "not a GGUF file", []byte("PK\x03\x04 a zip archive")},
	{"magic only", "truncated", []byte("GGUF")},
	{"version 1", "version 1, but only 2 and 3", bytesOf(uint32(1), uint64(0), uint64(0))},
	{"version 4", "version 4, but only 2 and 3", bytesOf(uint32(4), uint64(0), uint64(0))},
	{"big endian", "big-endian", bytesOf(uint32(3<<24), uint64(0), uint64(0))},
	{"huge pair count", "announces 9223372036854775807 metadata pairs", bytesOf(uint32(3), uint64(0), uint64(math.MaxInt64))},
	{"huge tensor count", "announces 18446744073709551615 tensors", bytesOf(uint32(3), uint64(math.MaxUint64), uint64(0))},
	{"key past the end", "metadata key 0: truncated", bytesOf(uint32(3), uint64(0), uint64(1), uint64(math.MaxUint64), uint64(0))},
	{"empty key", "key 0 is empty", bytesOf(uint32(3), uint64(0), uint64(1), "", uint32(7), true, uint64(0))},
	{"same key twice", "\"k\" stands there twice", bytesOf(uint32(3), uint64(0), uint64(2), "k", tUint32, uint32(1), "k", tUint32, uint32(1))},
	{"unknown kind", "unknown metadata type 77", bytesOf(uint32(3), uint64(0), uint64(1), "k", uint32(77), uint64(1))},
	{"string past the end", "truncated", bytesOf(uint32(3), uint64(0), uint64(1), "k", tString, uint64(1<<40), uint64(0))},
	{"huge array", "an array of 4611686018427387904 elements", bytesOf(uint32(3), uint64(0), uint64(1), "k", tArray, tUint32, uint64(1<<62))},
	{"array past the end", "truncated or damaged: 16777216 values", bytesOf(uint32(3), uint64(0), uint64(1), "k", tArray, tUint32, uint64(1<<24))},
	{"strings past the end", "truncated", bytesOf(uint32(3), uint64(0), uint64(1), "k", tArray, tString, uint64(1<<24))},
	{"array of arrays", "unknown metadata type array", bytesOf(uint32(3), uint64(0), uint64(1), "k", tArray, tArray, uint64(1), uint64(0))},
	{"alignment 0", "alignment is 0", bytesOf(uint32(3), uint64(0), uint64(1), "general.alignment", tUint32, uint32(0))},
	{"alignment 48", "alignment is 48", bytesOf(uint32(3), uint64(0), uint64(1), "general.alignment", tUint32, uint32(48))},
	{"alignment 2^31", "alignment is 2147483648", bytesOf(uint32(3), uint64(0), uint64(1), "general.alignment", tUint32, uint32(1<<31))},
	{"alignment is text", "should be an integer", bytesOf(uint32(3), uint64(0), uint64(1), "general.alignment", tString, "32")},
	{"nameless tensor", "tensor 0 has no name", file(tensor("", []uint64{32}, 0, 0))},
	{"same tensor twice", "\"t\" stands there twice", file(tensor("t", []uint64{32}, 0, 0), tensor("t", []uint64{32}, 0, 128))},
	{"no dimensions", "has 0 dimensions", file(tensor("t", nil, 0, 0))},
	{"many dimensions", "has 5 dimensions", file(tensor("t", []uint64{1, 1, 1, 1, 1}, 0, 0))},
	{"dimension 0", "dimension 1 of tensor \"t\" is 0", file(tensor("t", []uint64{32, 0}, 0, 0))},
	{"huge dimension", "is 9223372036854775808", file(tensor("t", []uint64{1 << 63}, 0, 0))},
	{"shape overflows", "too large to be true", file(tensor("t", []uint64{1 << 30, 1 << 30, 1 << 30, 1 << 30}, 0, 0))},
	{"unknown tensor type", "unknown tensor type 99", file(tensor("t", []uint64{32}, 99, 0))},
	{"half a block", "not a multiple of Q4_K's block of 256", file(tensor("t", []uint64{32}, 12, 0))},
	{"unaligned offset", "begins at offset 4, not a multiple of 32", file(tensor("t", []uint64{32}, 0, 4))},
	{"overlap", "tensors \"t\" and \"u\" overlap", file(tensor("u", []uint64{32}, 0, 32), tensor("t", []uint64{32}, 0, 0))},
	{"past the end", "truncated: tensor \"t\"", file(tensor("t", []uint64{2000}, 0, 0))},
	{"offset wraps", "truncated: tensor \"t\"", file(tensor("t", []uint64{32}, 0, math.MaxUint64&^31))},
}

func TestParseRefuses(t *testing.T) {
	for _, c := range hostile {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := gguf.Parse(c.data)
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
				t.Errorf("allocated %d bytes for a file of %d", got, len(c.data))
			}
		})
	}
}

// TestParseTruncated cuts a good file at every byte.
func TestParseTruncated(t *testing.T) {
	whole := small(t)
	f, err := gguf.Parse(whole)
	if err != nil {
		t.Fatal(err)
	}
	last, err := f.Tensor("weight")
	if err != nil {
		t.Fatal(err)
	}
	need := last.Offset + len(last.Data) // only padding comes after it
	for n := range need {
		if _, err := gguf.Parse(whole[:n:n]); err == nil {
			t.Fatalf("the first %d bytes of %d were taken for a whole file", n, need)
		}
	}
}

// TestParseFlipped turns each bit of everything before the weights.
func TestParseFlipped(t *testing.T) {
	whole := small(t)
	f, err := gguf.Parse(whole)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for bit := range f.Tensors()[0].Offset * 8 {
		flipped := bytes.Clone(whole)
		flipped[bit/8] ^= 1 << (bit % 8)
		if f, err := gguf.Parse(flipped); err != nil {
			refused++
		} else {
			look(t, f, flipped)
		}
	}
	if refused == 0 {
		t.Error("no flipped bit was noticed")
	}
}

// look asks a file for everything and checks that its spans lie in data.
func look(t testing.TB, f *gguf.File, data []byte) {
	t.Helper()
	for _, key := range f.Keys() {
		if !f.Has(key) {
			t.Errorf("key %q is listed, but not there", key)
		}
		f.Uint(key)
		f.Float(key)
		f.Bool(key)
		f.String(key)
		f.Strings(key)
		f.Ints(key)
		f.Floats(key)
		f.Len(key)
	}
	for _, tensor := range f.Tensors() {
		end := tensor.Offset + len(tensor.Data)
		if tensor.Offset < 0 || len(tensor.Data) == 0 || end > len(data) {
			t.Errorf("tensor %q: bytes %d to %d of %d", tensor.Name, tensor.Offset, end, len(data))
		} else if &tensor.Data[0] != &data[tensor.Offset] {
			t.Errorf("tensor %q is not at its offset", tensor.Name)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(small(f))
	for _, c := range hostile {
		f.Add(c.data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := gguf.Parse(data)
		if (file == nil) == (err == nil) {
			t.Fatalf("got file %v and error %v", file, err)
		}
		if err == nil {
			look(t, file, data)
		}
	})
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := small(t)
	f, err := gguf.Open(write("good", good))
	if err != nil {
		t.Fatal(err)
	}
	w, err := f.Tensor("weight")
	if err != nil || !bytes.Equal(w.Data, bytes.Repeat([]byte{9}, 136)) {
		t.Errorf("got %v, %v", w, err)
	}
	names, err := f.Strings("a.strings")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if names[0] != "one" {
		t.Errorf("strings did not outlive the file: %q", names)
	}

	for path, want := range map[string]string{
		filepath.Join(dir, "none"):        "no such file",
		dir:                               "not a regular file",
		write("empty", nil):               "is empty; fetch it again",
		write("cut", good[:len(good)-64]): "fetch it again with 'greenfill model pull'",
		write("text", []byte("hello")):    "not a GGUF file",
	} {
		if _, err := gguf.Open(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want one with %q", path, err, want)
		}
	}
}

func TestWriterRefuses(t *testing.T) {
	for want, add := range map[string]func(*gguf.Writer){
		"a struct {} cannot be written": func(w *gguf.Writer) { w.Set("k", struct{}{}) },
		"asks for 12":                   func(w *gguf.Writer) { w.AddTensor("t", gguf.F32, []int{3}, make([]byte, 11)) },
		"has 0 dimensions":              func(w *gguf.Writer) { w.AddTensor("t", gguf.F32, nil, make([]byte, 4)) },
		"has a dimension of -1":         func(w *gguf.Writer) { w.AddTensor("t", gguf.F32, []int{-1}, nil) },
		"unknown tensor type 99":        func(w *gguf.Writer) { w.AddTensor("t", 99, []int{1}, []byte{0}) },
	} {
		var w gguf.Writer
		add(&w)
		if _, err := w.WriteTo(&bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
}

// TestVersion2 reads the version whose layout is the same.
func TestVersion2(t *testing.T) {
	data := small(t)
	data[4] = 2
	f, err := gguf.Parse(data)
	if err != nil || f.Version != 2 {
		t.Errorf("got %v, %v", f, err)
	}
}
