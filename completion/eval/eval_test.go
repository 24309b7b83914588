package eval

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const rows = "testdata/mbpp_rows.jsonl"

func load(t *testing.T, path string) *Data {
	t.Helper()
	d, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The paper's prompt, byte for byte.
func TestFewShot(t *testing.T) {
	d := load(t, rows)
	examples, err := Examples(d, rows) // found in the file beside it
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/paper_511.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), FewShot(examples, d.Tasks[0])); diff != "" {
		t.Error(diff)
	}
}

func TestExamplesMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	raw, err := os.ReadFile(rows)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Examples(load(t, path), path); err == nil || !strings.Contains(err.Error(), "prompt split") {
		t.Errorf("error %v does not say what is missing", err)
	}
}

func TestPaperForm(t *testing.T) {
	p := paperForm(nil, Task{}).Prompt(nil, nil)
	text := "def f():\r\n  return 1\n[DONE]\n\nYou are"
	if keep, stop := p.Stop(text); !stop || text[:keep] != "def f():\r\n  return 1\n" {
		t.Errorf("Stop keeps %q, %v", text[:keep], stop)
	}
	if _, stop := p.Stop("def f(): # [DON"); stop {
		t.Error("Stop ends a sample before [DONE]")
	}
	if got := p.Body(text); got != "def f():\n  return 1\n" {
		t.Errorf("Body is %q", got)
	}
}

func TestEditorFile(t *testing.T) {
	d := load(t, rows)
	got, name, err := EditorFile(d.Tasks[0])
	if err != nil {
		t.Fatal(err)
	}
	want := `def find_Min_Sum(num):
    """Write a python function to find minimum sum of factors of a given number."""


assert find_Min_Sum(12) == 7
assert find_Min_Sum(105) == 15
assert find_Min_Sum(2) == 2
`
	if diff := cmp.Diff(want, got); diff != "" || name != "find_Min_Sum" {
		t.Errorf("%s: %s", name, diff)
	}
	// 512's reference has a helper before the function that the asserts call.
	if _, name, err := EditorFile(d.Tasks[1]); err != nil || name != "count_element_freq" {
		t.Errorf("task 512: %s, %v", name, err)
	}
}

// What the asserts make objects of is there; what only the reference needs is not.
func TestEditorFileClasses(t *testing.T) {
	got, _, err := EditorFile(Task{
		Text:  "Count pairs.",
		Code:  "class Pair(object): \r\n\tdef __init__(self, a): \r\n\t\tself.a = a \r\n\r\nclass Hidden:\r\n\tpass\r\ndef count(p):\r\n\treturn 1",
		Tests: []string{"assert count([Pair(1)]) == 1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "class Pair(object): \n\tdef __init__(self, a): \n\t\tself.a = a\n\n\n" +
		"def count(p):\n    \"\"\"Count pairs.\"\"\"\n\n\nassert count([Pair(1)]) == 1\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDocstringIsPython(t *testing.T) {
	for text, want := range map[string]string{
		`plain`:      `"""plain"""`,
		`a "b"`:      `"""a \"b\""""`,
		`back\slash`: `"""back\\slash"""`,
	} {
		if got := docstring(text); got != want {
			t.Errorf("docstring(%q) = %s, want %s", text, got, want)
		}
	}
}

func TestSplits(t *testing.T) {
	for id, want := range map[int]string{1: "prompt", 10: "prompt", 11: "test", 510: "test", 511: "validation", 600: "validation", 601: "train", 974: "train"} {
		if got := (Task{ID: id}).Split(); got != want {
			t.Errorf("task %d is of split %s, want %s", id, got, want)
		}
	}
}

func TestQuarantineIsLeftOut(t *testing.T) {
	run, left := (&Bench{Data: load(t, rows)}).tasks()
	if len(run) != 3 || left["596"] == "" {
		t.Errorf("%d tasks to run, left out: %v", len(run), left)
	}
	if run, _ := (&Bench{Data: load(t, rows), Limit: 2}).tasks(); len(run) != 2 {
		t.Errorf("limit 2 runs %d tasks", len(run))
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"empty":    "",
		"no JSON":  "{\"task_id\": 1,\n",
		"no tests": `{"task_id": 1, "text": "x", "code": "y"}` + "\n",
	} {
		path := filepath.Join(t.TempDir(), "x.jsonl")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestPassAtK(t *testing.T) {
	for _, c := range []struct {
		n, c, k int
		want    float64
	}{
		{10, 0, 1, 0}, {10, 3, 1, 0.3}, {10, 10, 5, 1}, {10, 8, 3, 1},
		{5, 2, 2, 0.7},                    // 1 - C(3,2)/C(5,2)
		{16, 1, 16, 1},                    //
		{200, 7, 100, 0.9929911172418123}, // 1 - C(193,100)/C(200,100), by exact fractions
	} {
		if got := PassAtK(c.n, c.c, c.k); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("PassAtK(%d, %d, %d) = %.12f, want %g", c.n, c.c, c.k, got, c.want)
		}
	}
	if !math.IsNaN(PassAtK(4, 1, 5)) {
		t.Error("pass@5 of 4 samples is not refused")
	}
}

func TestWilson(t *testing.T) {
	// Values of R's binom.confint(method = "wilson").
	for _, c := range []struct {
		hits, n int
		lo, hi  float64
	}{{66, 90, 0.6340, 0.8138}, {0, 10, 0, 0.2775}, {10, 10, 0.7225, 1}} {
		lo, hi := Wilson(c.hits, c.n)
		if math.Abs(lo-c.lo) > 5e-4 || math.Abs(hi-c.hi) > 5e-4 {
			t.Errorf("Wilson(%d, %d) = %.4f, %.4f, want %.4f, %.4f", c.hits, c.n, lo, hi, c.lo, c.hi)
		}
	}
}

func TestSummarise(t *testing.T) {
	r := Summarise(Settings{Samples: 4}, []Outcome{
		{Task: 1, Samples: 4, Passing: 2, Failures: map[string]int{"AssertFailed": 2}, Tokens: 30, Seconds: 2},
		{Task: 2, Samples: 4, Failures: map[string]int{"AssertFailed": 3, "TypeError": 1}, Tokens: 10, Seconds: 2},
	})
	lo, hi := Wilson(1, 2)
	want := Report{
		Tasks: 2, Solved: 1, Samples: 8, Passing: 2, Speed: 10, Settings: Settings{Samples: 4},
		PassAt:   map[int]float64{1: 0.25, 2: (1 - 1.0/6) / 2, 4: 0.5},
		Failures: map[string]int{"AssertFailed": 5, "TypeError": 1},
		Interval: [2]float64{lo, hi},
	}
	if diff := cmp.Diff(want, r, cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-12 })); diff != "" {
		t.Error(diff)
	}
}

// A log goes on where it was cut off, and is refused under other settings.
func TestLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	s := Settings{Model: "m", Samples: 4}
	l, old, err := openLog(path, s)
	if err != nil || len(old) != 0 {
		t.Fatal(old, err)
	}
	first := Outcome{Task: 1, Samples: 4, Passing: 1}
	if err := l.append(first); err != nil {
		t.Fatal(err)
	}
	l.Close()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(`{"task_id": 2, "samp`)
	f.Close()

	l, old, err = openLog(path, s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Outcome{first}, old); diff != "" {
		t.Error(diff)
	}
	if err := l.append(Outcome{Task: 3}); err != nil {
		t.Fatal(err)
	}
	l.Close()
	if _, old, err = openLog(path, s); err != nil || len(old) != 2 || old[1].Task != 3 {
		t.Errorf("after half a line: %v, %v", old, err)
	}
	s.Samples = 5
	if _, _, err := openLog(path, s); err == nil || !strings.Contains(err.Error(), "other settings") {
		t.Errorf("other settings: error %v", err)
	}
}
