package sandbox

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// A mbppTask is one row of MBPP: a reference solution and the asserts it must pass.
type mbppTask struct {
	ID    int      `json:"task_id"`
	Code  string   `json:"code"`
	Setup string   `json:"test_setup_code"`
	Tests []string `json:"test_list"`
}

// mbppFolder holds the open MBPP rows, beside the repository.
const mbppFolder = "../../../shared/data/mbpp"

// mbpp reads all tasks there are.
func mbpp(t testing.TB) []mbppTask {
	t.Helper()
	var tasks []mbppTask
	for _, name := range []string{"mbpp_prompt_1-10.jsonl", "mbpp_valid_511-600.jsonl", "mbpp_train_601-974.jsonl"} {
		data, err := os.ReadFile(mbppFolder + "/" + name)
		if err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("the MBPP data must lie beside the repository: %v", err)
			}
			t.Skipf("no MBPP data beside the repository: %v", err)
		}
		s := bufio.NewScanner(bytes.NewReader(data))
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			var task mbppTask
			if err := json.Unmarshal(s.Bytes(), &task); err != nil {
				t.Fatal(err)
			}
			task.Code = strings.ReplaceAll(task.Code, "\r\n", "\n")
			tasks = append(tasks, task)
		}
	}
	return tasks
}

// quarantined rows of MBPP have a reference that fails its own asserts on some Pythons.
var quarantined = map[int]string{
	341: "the order of a set decides",
	596: "the size of an object in bytes, which differs between versions",
	642: "the order of a set decides",
}

// program makes a Program of a row: the function its asserts call is the candidate, the
// other top-level statements are its prelude.
func (task mbppTask) program() Program {
	p := Program{}
	tests := strings.Join(task.Tests, "\n")
	for _, f := range topLevel(task.Code) {
		if name := defined(f.Text); name != "" && regexp.MustCompile(`\b`+name+`\(`).MatchString(tests) && !strings.HasPrefix(f.Text, "class") {
			p.Function, p.Candidate = name, f
		} else {
			p.Prelude = append(p.Prelude, f)
		}
	}
	if task.Setup != "" {
		p.Prelude = append(p.Prelude, Fragment{Line: 1, Text: task.Setup}) // it uses what the solution defines
	}
	for i, test := range task.Tests {
		p.Checks = append(p.Checks, Check{Form: FormStatement, Line: 1000 + i, Code: test})
	}
	return p
}

// topLevel splits source into its top-level statements.
func topLevel(code string) []Fragment {
	var out []Fragment
	for i, line := range strings.SplitAfter(code, "\n") {
		begins := line != "" && !strings.ContainsRune(" \t\n#)]}", rune(line[0]))
		if begins && !(len(out) > 0 && strings.HasPrefix(lastLine(out[len(out)-1].Text), "@")) || len(out) == 0 {
			out = append(out, Fragment{Line: i + 1})
		}
		out[len(out)-1].Text += line
	}
	return out
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return lines[len(lines)-1]
}

var definition = regexp.MustCompile(`(?m)^(?:def|class)\s+(\w+)`)

// defined is the name that a def or class statement binds, "" for another statement.
func defined(text string) string {
	if m := definition.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// full says whether the long form of a test is asked for.
func full() bool { return os.Getenv("GREENFILL_FULL") != "" }

// share thins rows out for the short form: every third, the quarantined ones aside.
func share(tasks []mbppTask) []mbppTask {
	var out []mbppTask
	for i, task := range tasks {
		if _, skip := quarantined[task.ID]; !skip && (full() || i%3 == 0) {
			out = append(out, task)
		}
	}
	return out
}

// runAll runs programs in parallel and returns their verdicts in order.
func runAll(t testing.TB, r *Runner, programs []Program) []Verdict {
	t.Helper()
	out := make([]Verdict, len(programs))
	var group errgroup
	for i, p := range programs {
		group.start(func() { out[i] = r.Run(context.Background(), p) })
	}
	group.wait()
	return out
}

// An errgroup runs a few functions at a time.
type errgroup struct {
	wg    sync.WaitGroup
	slots chan struct{}
}

func (g *errgroup) start(f func()) {
	if g.slots == nil {
		g.slots = make(chan struct{}, runtime.NumCPU())
	}
	g.slots <- struct{}{}
	g.wg.Go(func() { f(); <-g.slots })
}

func (g *errgroup) wait() { g.wg.Wait() }

// Every reference solution passes, split in two processes; with the expected value of one
// assert corrupted, every one fails that assert.
func TestMBPPReferences(t *testing.T) {
	tasks := share(mbpp(t))
	r := testRunner(t, Options{})
	var programs []Program
	for _, task := range tasks {
		p := task.program()
		bad := p
		bad.Checks = append([]Check(nil), p.Checks...)
		bad.Checks[1].Code = corrupt(p.Checks[1].Code)
		programs = append(programs, p, bad)
	}
	for i, v := range runAll(t, r, programs) {
		task := tasks[i/2]
		switch {
		case i%2 == 0 && v.Status != Passed:
			t.Errorf("task %d: %v: %s", task.ID, v.Status, v.Message)
		case i%2 == 1 && (v.Status != AssertFailed || v.Checks[1].Status != AssertFailed || v.Passed != v.Total-1):
			t.Errorf("task %d corrupted (%s): %v %+v", task.ID, programs[i].Checks[1].Code, v.Status, v)
		}
		if v.Weaker != "" {
			t.Errorf("task %d was not split: %s", task.ID, v.Weaker)
		}
	}
}

// corrupt makes an assert false: what it compares with is put into a tuple.
func corrupt(check string) string {
	check = strings.TrimRight(check, " \r\n")
	if i := strings.LastIndex(check, "=="); i >= 0 {
		left, right := check[:i], check[i+2:]
		if strings.Count(right, "(") == strings.Count(right, ")") && strings.Count(right, "[") == strings.Count(right, "]") {
			return left + "== ('corrupted', " + right + ")"
		}
	}
	return "assert (" + strings.TrimPrefix(check, "assert ") + ") is None"
}

// mutations are small mistakes: what is written, and what is written instead.
var mutations = [][2]string{
	{" + ", " - "}, {" - ", " + "}, {" * ", " + "}, {" < ", " <= "}, {" <= ", " < "}, {" > ", " >= "}, {" == ", " != "},
	{"range(", "range(1, "}, {"[0]", "[1]"}, {"return ", "return not "}, {" and ", " or "}, {"True", "False"},
	{"len(", "max("}, {" 1", " 2"}, {"+=", "-="}, {"append(", "extend("}, {"max(", "min("}, {" % ", " // "},
}

// mutants are the wrong programs made of a reference: each mutation's first place.
func mutants(p Program, most int) []Program {
	var out []Program
	for _, m := range mutations {
		text := strings.Replace(p.Candidate.Text, m[0], m[1], 1)
		if text != p.Candidate.Text && len(out) < most {
			q := p
			q.Candidate.Text = text
			out = append(out, q)
		}
	}
	return out
}

// On wrong programs, the verdict of every assert is that of plain CPython.
func TestMBPPMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a few hundred programs")
	}
	most := 3
	if full() {
		most = len(mutations)
	}
	var programs []Program
	for _, task := range share(mbpp(t)) {
		programs = append(programs, mutants(task.program(), most)...)
	}
	r := testRunner(t, Options{})
	verdicts := runAll(t, r, programs)
	agree := map[string]int{}
	for i, want := range referee(t, programs) {
		got := outcomes(verdicts[i])
		if got != want {
			t.Errorf("task with %s:\n%s\nsandbox %s, CPython %s (%s)", programs[i].Function, programs[i].Candidate.Text, got, want, verdicts[i].Message)
		}
		agree[verdicts[i].Status.String()]++
		if verdicts[i].Weaker != "" {
			t.Errorf("%s was not split: %s", programs[i].Function, verdicts[i].Weaker)
		}
	}
	t.Logf("%d wrong programs, the verdicts: %v", len(programs), agree)
}

// outcomes are a verdict's results, check by check, as the referee writes them.
func outcomes(v Verdict) string {
	for _, c := range v.Checks {
		if c.Status == TimedOut || c.Status == OutOfMemory {
			return c.Status.String() // what the rest would have done is not known
		}
	}
	switch {
	case v.Status == Flaky:
		return strings.TrimRight(strings.Repeat("Passed ", v.Total), " ") // under the first seed, the referee's
	case len(v.Checks) == 0:
		return v.Status.String()
	}
	var words []string
	for _, c := range v.Checks {
		words = append(words, c.Status.String())
	}
	return strings.Join(words, " ")
}

// referee runs programs in plain CPython, unconfined: references of MBPP with small
// mistakes, which touch nothing.
func referee(t testing.TB, programs []Program) []string {
	t.Helper()
	python, err := FindPython("")
	if err != nil {
		t.Fatal(err)
	}
	input, err := json.Marshal(programs)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "testdata/referee.py")
	cmd.Env = append(os.Environ(), fmt.Sprint("PYTHONHASHSEED=", firstSeed))
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), os.Stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	if err := json.Unmarshal(output, &out); err != nil || len(out) != len(programs) {
		t.Fatalf("the referee's answer: %v", err)
	}
	return out
}
