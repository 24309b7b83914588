package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"testing"
	"unicode/utf8"
)

// Whatever comes on a control socket, reading it ends in a message or an error.
func FuzzFrame(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x00{}"))
	f.Add([]byte("\x1c\x00\x00\x00{\"event\":\"ended\",\"status\":9}"))
	f.Add([]byte("\xff\xff\xff\xff{"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var e event
		if err := readFrame(bytes.NewReader(data), &e); err == nil && len(data) < 6 {
			t.Errorf("a message from %q", data)
		}
	})
}

// No bytes on the verdict pipe but a full set of results and an end make a pass.
func FuzzVerdict(f *testing.F) {
	f.Add([]byte(`{"check":0,"status":"Passed"}` + "\n" + `{"end":"done","reached":1}`))
	f.Add([]byte(`{"check":0,"status":"Raised","type":"E","message":"m"}` + "\n" + `{"end":"gone","check":1}`))
	f.Add([]byte(`{"end":"dead","what":{"line":3,"type":"SyntaxError","syntax":true}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		in, out, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = out.Write(data); out.Close() }()
		r := run{program: &Program{Checks: make([]Check, 2)}}
		r.read(in)
		in.Close()
		v := r.compose(ended{}, ended{})
		if v.Status == Invalid {
			t.Errorf("no status for %q", data)
		}
		if v.Status == Passed && (bytes.Count(data, []byte("Passed")) < 2 || !bytes.Contains(data, []byte("done"))) {
			t.Errorf("a pass from %q", data)
		}
		if v.Passed > v.Total || !utf8.ValidString(v.Message) {
			t.Errorf("%+v", v)
		}
	})
}

// noise is a candidate that answers with a damaged message; each seed damages another way.
const noise = `import json, os, random
def f(x):
    r = random.Random(%d * 1000 + x)
    nodes = [[101, "list", [1, [103]]], [103, "tuple", [2, "a"]], [105, "dict", None, ["k"], [[101]]],
             [107, "exc", [["builtins", "KeyError"]], ["k"], [], [], "k"], [109, "name", "builtins", "len"],
             [111, "remote", "object", "R", ["__len__", "__iter__"]], [113, "std", "Decimal", ["1.5"]], [115, "inst", "__main__", "P", None, ["a"], [1]],
             [117, "clean", "int", 5, None], [119, "set", [1, 2]], [121, "bytes", "ab"], [123, "int", "0x10"]]
    message = {"r": [r.choice(nodes)[0]], "n": [n for n in nodes if r.random() < 0.95]}
    text = json.dumps(message)
    for _ in range(r.choice([0, 0, 0, 1, 3])):
        i = r.randrange(len(text))
        text = text[:i] + r.choice(["", text[r.randrange(len(text)):][:5], "[", "]", "0", "-1", "null", '"', "1e9", "{}", "true"]) + text[i + r.randint(0, 3):]
    data = text.encode()
    os.write(3, len(data).to_bytes(4, "little") + data)
    os._exit(0)
`

// Damaged answers never pass, never hang, and never end the judge's zygote.
func TestNoise(t *testing.T) {
	seeds := 60
	if full() {
		seeds = 3000
	}
	var programs []Program
	for seed := range seeds {
		p := one("", "assert f(1) == 7919")
		p.Candidate.Text = fmt.Sprintf(noise, seed)
		p.Prelude = []Fragment{{Line: 1, Text: "class P:\n    pass\n"}}
		programs = append(programs, p)
	}
	r := testRunner(t, Options{})
	seen := map[Status]int{}
	for i, v := range runAll(t, r, programs) {
		seen[v.Status]++
		switch v.Status {
		case AssertFailed, Raised, Denied, Exited:
		default:
			t.Errorf("seed %d: %v: %s", i, v.Status, v.Message)
		}
	}
	t.Log(seen)
	p := programs[0]
	p.Candidate.Text = "def f(x):\n    return 7919\n"
	if v := r.Run(context.Background(), p); v.Status != Passed {
		t.Errorf("an honest candidate after the noise: %v: %s", v.Status, v.Message)
	}
}
