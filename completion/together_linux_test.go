package completion

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"greenfill/completion/sandbox"
	"greenfill/parser"
)

func realCompleter(t *testing.T, bodies map[string][]string) *Completer {
	t.Helper()
	runner, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { runner.Close() })
	return New(&bench{bodies: bodies}, runner, Options{})
}

// TestTogetherInPython: what a joint's bodies lack is found as it is for one body, and
// functions that only a common check speaks of are sought together.
func TestTogetherInPython(t *testing.T) {
	for name, c := range map[string]struct {
		source string
		bodies map[string][]string
		ask    string
		want   []string // pieces of the text, in order
	}{
		"imports and statements left out": {
			source: "def table():\n    return [2, 3]\n\n\nKNOWN = table()\n\n\ndef root(n):\n    \"\"\"The root of n.\"\"\"\n\n\n" +
				"def has_root(n):\n    \"\"\"Whether root(n) is known.\"\"\"\n\n\nassert has_root(9)\nassert not has_root(16)\n",
			bodies: map[string][]string{
				"root":     {"    return isqrt(n)"},
				"has_root": {"    return root(n) in KNOWN"},
			},
			ask:  "has_root",
			want: []string{"from math import isqrt\n", "return isqrt(n)", "return root(n) in KNOWN"},
		},
		"partners": {
			source: "SHIFT = 3\n\n\ndef encode(s):\n    \"\"\"Encode s.\"\"\"\n\n\ndef decode(s):\n    \"\"\"Decode s.\"\"\"\n\n\n" +
				"assert encode('ab') == 'de'\nassert decode(encode('hello')) == 'hello'\n",
			bodies: map[string][]string{
				"encode": {"    return s", "    return s[::-1]", "    return ''.join(chr(ord(c) + SHIFT) for c in s)"},
				"decode": {"    return s", "    return ''.join(chr(ord(c) - SHIFT) for c in s)", "    return s[::-1]"},
			},
			ask:  "encode",
			want: []string{"ord(c) + SHIFT", "ord(c) - SHIFT"},
		},
		"partners asked for by the second, with defaults, keywords and a test": {
			source: "def pack(items, sep=','):\n    \"\"\"Pack.\"\"\"\n    pass\n\n\ndef unpack(text, *, sep=','):\n    \"\"\"Unpack.\"\"\"\n    pass\n\n\n" +
				"def test_round_trip():\n    for sep in ',;':\n        assert unpack(pack(['a', 'b'], sep=sep), sep=sep) == ['a', 'b']\n    assert pack('xyz') == 'x,y,z'\n",
			bodies: map[string][]string{
				"unpack": {"    return text", "    return json.loads(text)", "    return text.split(sep)"},
				"pack":   {"    return items", "    return sep.join(items)", "    return ''.join(items)"},
			},
			ask:  "unpack",
			want: []string{"return sep.join(items)", "return text.split(sep)"},
		},
		"partners of which one passes by itself only": {
			source: "def encode(s):\n    \"\"\"Encode s.\"\"\"\n\n\ndef decode(s):\n    \"\"\"Decode s.\"\"\"\n\n\n" +
				"assert encode('ab') == 'ba'\nassert decode(encode('hello')) == 'hello'\n",
			bodies: map[string][]string{"encode": {"    return s", "    return s[::-1]"}, "decode": {"    return s"}},
			ask:    "encode",
		},
	} {
		t.Run(name, func(t *testing.T) {
			file := parser.Parse([]byte(c.source))
			fn := FunctionNamed(file, c.ask)
			j, err := realCompleter(t, c.bodies).CompleteTogether(t.Context(), file, Job{Spec: fn.Spec, Sampling: DefaultSampling()}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if (j != nil) != (c.want != nil) {
				t.Fatalf("joint %+v", j)
			}
			if j == nil {
				return
			}
			text := string(j.Text)
			for _, piece := range c.want {
				_, after, ok := strings.Cut(text, piece)
				if !ok {
					t.Fatalf("%q is missing, or not in order, in\n%s", piece, j.Text)
				}
				text = after
			}
			if j.Verdict.Status != sandbox.Passed || len(j.Completions) != len(c.bodies) {
				t.Errorf("%d completions, verdict %+v", len(j.Completions), j.Verdict)
			}
			if span, edit, ok := j.ImportEdit(file); ok {
				if after := file.Edit(span.Start, span.End, edit); !strings.HasPrefix(string(after.Source()), c.want[0]) {
					t.Errorf("the imports' edit gives\n%s", after.Source())
				}
			}
			for _, name := range slices.Sorted(maps.Keys(c.bodies)) {
				if written := FunctionNamed(parser.Parse(j.Text), name); written != nil && !written.Written {
					t.Errorf("%s is not written", name)
				}
			}
		})
	}
}

// TestVerifyFindsImports: a body is verified with what it lacks, as sampled ones are.
func TestVerifyFindsImports(t *testing.T) {
	spec := parser.Parse([]byte("def root(n):\n    \"\"\"The root of n.\"\"\"\n\n\nassert root(9) == 3\n")).Specs()[0]
	done, v := realCompleter(t, nil).Verify(t.Context(), spec, "    return isqrt(n)", Workspace{})
	if done == nil || !slices.Equal(done.Imports(), []string{"from math import isqrt"}) {
		t.Errorf("completion %+v, verdict %+v", done, v)
	}
}

// TestTogetherAcrossCells: the functions that a check needs at once stand in two cells of a
// notebook, a helper in a third and the check in a fourth.
func TestTogetherAcrossCells(t *testing.T) {
	cell := func(path, text string) parser.TestFile {
		return parser.TestFile{Path: path, File: parser.Parse([]byte(text))}
	}
	file := parser.Parse([]byte("def encode(s):\n    \"\"\"Encode s.\"\"\"\n\nassert encode('ab') == 'de'\n"))
	file = file.WithCells([]parser.TestFile{
		cell("cell 1", "SHIFT = 3\n\n\ndef move(c, by):\n    \"\"\"Move c.\"\"\"\n"),
		cell("cell 2", "def decode(s):\n    \"\"\"Decode s.\"\"\"\n    pass\n"),
	}, []parser.TestFile{cell("cell 4", "%%time\nassert decode(encode('hello')) == 'hello'\n")})
	bodies := map[string][]string{
		"move":   {"    return c", "    return chr(ord(c) + by)"},
		"encode": {"    return s", "    return ''.join(move(c, SHIFT) for c in s)"},
		"decode": {"    return s", "    return ''.join(chr(ord(c) - SHIFT) for c in chain(s))"},
	}
	j, err := realCompleter(t, bodies).CompleteTogether(t.Context(), file, Job{Spec: file.Specs()[0], Sampling: DefaultSampling()}, nil)
	if err != nil || j == nil {
		t.Fatalf("%+v, %v", j, err)
	}
	got := map[string]string{"": string(j.Text)}
	for _, c := range j.Cells {
		got[c.Path] = string(c.Text)
	}
	want := map[string]string{
		"":       "from itertools import chain\n\n\ndef encode(s):\n    \"\"\"Encode s.\"\"\"\n    return ''.join(move(c, SHIFT) for c in s)\n\nassert encode('ab') == 'de'\n",
		"cell 1": "SHIFT = 3\n\n\ndef move(c, by):\n    \"\"\"Move c.\"\"\"\n    return chr(ord(c) + by)\n",
		"cell 2": "def decode(s):\n    \"\"\"Decode s.\"\"\"\n    return ''.join(chr(ord(c) - SHIFT) for c in chain(s))\n",
	}
	if !maps.Equal(got, want) {
		t.Errorf("the cells are\n%q\nwant\n%q", got, want)
	}
	if j.Verdict.Status != sandbox.Passed || j.Verdict.Total != 2 || len(j.Specs) != 3 {
		t.Errorf("verdict %+v of %d functions", j.Verdict, len(j.Specs))
	}
}
