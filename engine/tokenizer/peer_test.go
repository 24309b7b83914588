package tokenizer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"greenfill/engine/gguf"
	"greenfill/engine/modeltest"
	"greenfill/engine/tokenizer"
)

// A sample is one text of testdata/corpus.txt.
type sample struct{ name, text string }

// corpus reads testdata/corpus.txt, whose head explains its form.
func corpus(t testing.TB) (list []sample) {
	t.Helper()
	data := read(t, "corpus.txt")
	for i, line := range strings.Split(data, "\n") {
		name := fmt.Sprintf("line %d", i+1)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '@':
			list = append(list, sample{name, read(t, line[1:])})
		default:
			text, err := strconv.Unquote(line)
			if err != nil {
				t.Fatalf("corpus.txt, %s: %v", name, err)
			}
			list = append(list, sample{name, text})
		}
	}
	return list
}

func read(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestPeer compares our ids with llama.cpp's, which testdata/peer-ids wrote down.
func TestPeer(t *testing.T) {
	for answers, file := range map[string]string{
		"smollm2-135m":       "SmolLM2-135M-Instruct.Q4_1.gguf",
		"qwen2.5-coder-0.5b": "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
		"qwen2.5-coder-1.5b": "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
	} {
		t.Run(answers, func(t *testing.T) {
			tok := load(t, file)
			lines := strings.Split(strings.TrimSuffix(read(t, answers+".ids"), "\n"), "\n")
			samples := corpus(t)
			if len(lines) != len(samples) {
				t.Fatalf("%d answers for %d texts: run testdata/peer-ids again", len(lines), len(samples))
			}
			for i, s := range samples {
				special, plain, both := strings.Cut(lines[i], " / ")
				if !both {
					plain = special
				}
				if got := idList(tok.Encode(s.text, true)); got != special {
					t.Errorf("%s: %q\n got %s\nwant %s", s.name, s.text, got, special)
				}
				if got := idList(tok.Encode(s.text, false)); got != plain {
					t.Errorf("%s: %q, control tokens as text\n got %s\nwant %s", s.name, s.text, got, plain)
				}
			}
		})
	}
}

func idList(ids []int) string { return strings.Trim(fmt.Sprint(ids), "[]") }

// TestModelRoundTrip decodes what the real vocabularies made of the corpus.
func TestModelRoundTrip(t *testing.T) {
	for _, file := range []string{"SmolLM2-135M-Instruct.Q4_1.gguf", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"} {
		tok := load(t, file)
		for _, s := range corpus(t) {
			if strings.HasPrefix(file, "Smol") && containsByte(s.text, "\x04\x06\x13\x14\x16\x1d\xf1\xf2") {
				continue // bytes that SmolLM2 has no tokens for
			}
			checkText(t, tok, s.text, true)
		}
	}
}

func containsByte(s, any string) bool {
	for i := range len(any) {
		if strings.IndexByte(s, any[i]) >= 0 {
			return true
		}
	}
	return false
}

// TestModelFacts pins what the engine asks of each model.
func TestModelFacts(t *testing.T) {
	for _, c := range []struct {
		file             string
		bos, eos, length int
		ends             []string
	}{
		{"SmolLM2-135M-Instruct.Q4_1.gguf", 1, 2, 49152, []string{"<|im_end|>", "<|endoftext|>", "<reponame>"}},
		{"qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", 151643, 151645, 151936, []string{"<|im_end|>", "<|endoftext|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>"}},
		{"qwen2.5-coder-1.5b-instruct-q4_k_m.gguf", 151643, 151645, 151936, []string{"<|im_end|>", "<|endoftext|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>"}},
	} {
		tok := load(t, c.file)
		if tok.BOS() != c.bos || tok.EOS() != c.eos || tok.EOT() != tok.Special("<|im_end|>") || tok.AddBOS() || tok.Len() != c.length {
			t.Errorf("%s: BOS %d, EOS %d, EOT %d, add BOS %v, %d tokens", c.file, tok.BOS(), tok.EOS(), tok.EOT(), tok.AddBOS(), tok.Len())
		}
		ends := 0
		for id := range tok.Len() {
			if tok.IsEnd(id) {
				ends++
			}
		}
		for _, name := range c.ends {
			if !tok.IsEnd(tok.Special(name)) {
				t.Errorf("%s: %s is not an end", c.file, name)
			}
		}
		if ends != len(c.ends) {
			t.Errorf("%s: %d ends, want %d", c.file, ends, len(c.ends))
		}
	}
}

func load(t testing.TB, file string) *tokenizer.Tokenizer {
	t.Helper()
	f, err := gguf.Open(modeltest.Path(t, file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() // the tokenizer keeps copies
	tok, err := tokenizer.Load(f)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func BenchmarkEncode(b *testing.B) {
	tok := load(b, "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf")
	text := read(b, "program.py")
	for len(tok.Encode(text, true)) < 10_000 {
		text += text
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		tok.Encode(text, true)
	}
	b.ReportMetric(float64(len(tok.Encode(text, true))), "tokens")
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		load(b, "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf")
	}
}
