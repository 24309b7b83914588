package parser

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// The fixtures are documents: testdata/*.txt are txtar archives of many cases. A case is
// a source, and after it, named with a slash, what is done with it and what comes out:
//
//	-- case.py --         source; ▏ marks the cursor, and is not part of it
//	-- case.py/tests x.py --  a file of tests beside it (module name "case")
//	-- case.py/edit --    lines "old" -> "new", Go strings, each applied once, in order
//	-- case.py/body --    a sampled continuation for the first spec
//	-- case.py/stubs --   expected, where it is asked for: its definitions as others see them
//	-- case.py/imports -- expected, where it is asked for: what the first spec may import, and the
//	                      members of what is imported as a whole that are spoken of
//	-- case.py/spec --    expected: the spec at the cursor, or all specs and missing functions
//	-- case.py/filled --  expected, with a body: the file after it was accepted
//
// In sources ␍ ␉ ␌ ␀ stand for the control characters they show, ⟦BOM⟧ for a byte order mark.
// A case whose name begins with "half" is not complete Python even when filled; of one
// that begins with "broken" not even the unit is; one with "new" needs Python 3.12.
//
// go test -run TestFixtures -update writes what is expected anew; read the difference.
var update = flag.Bool("update", false, "write the fixtures' expectations anew")

var controls = strings.NewReplacer("␍", "\r", "␉", "\t", "␌", "\f", "␀", "\x00", "⟦BOM⟧", "\ufeff")
var pictures = strings.NewReplacer("\r", "␍", "\t", "␉", "\f", "␌", "\x00", "␀", "\ufeff", "⟦BOM⟧")

const cursorMark = "▏"

// A fixture is one case of an archive.
type fixture struct {
	archive, name string
	file          *File
	cursor        int
	specs         []*Spec
	body          *string
	stubs         []string
}

func TestFixtures(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	var cases []*fixture
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got := &txtar.Archive{Comment: archive.Comment}
		for i := 0; i < len(archive.Files); {
			n := 1
			for i+n < len(archive.Files) && strings.HasPrefix(archive.Files[i+n].Name, archive.Files[i].Name+"/") {
				n++
			}
			files, c := runFixture(t, path, archive.Files[i:i+n])
			got.Files = append(got.Files, files...)
			cases = append(cases, c)
			i += n
		}
		want := txtar.Format(archive)
		if have := txtar.Format(got); !bytes.Equal(have, want) {
			if *update {
				if err := os.WriteFile(path, have, 0o644); err != nil {
					t.Fatal(err)
				}
				continue
			}
			reportDifference(t, path, archive, got)
		}
	}
	t.Logf("%d cases", len(cases))
	compileFixtures(t, cases)
}

func reportDifference(t *testing.T, path string, want, got *txtar.Archive) {
	for i, f := range got.Files {
		if i >= len(want.Files) || want.Files[i].Name != f.Name {
			t.Errorf("%s: no %s is expected; run with -update", path, f.Name)
			return
		}
		if w := want.Files[i].Data; !bytes.Equal(w, f.Data) {
			t.Errorf("%s: %s:\n%s\nexpected:\n%s", path, f.Name, f.Data, w)
		}
	}
}

// runFixture does what a case's files say and answers with the files it should have.
func runFixture(t *testing.T, archive string, files []txtar.File) ([]txtar.File, *fixture) {
	c := &fixture{archive: archive, name: files[0].Name, cursor: noCursor}
	src := controls.Replace(strings.TrimSuffix(string(files[0].Data), "\n¶\n"))
	if i := strings.Index(src, cursorMark); i >= 0 {
		c.cursor = i
		src = src[:i] + src[i+len(cursorMark):]
	}
	c.file = Parse([]byte(src))
	out := []txtar.File{files[0]}
	for _, f := range files[1:] {
		kind, arg, _ := strings.Cut(strings.TrimPrefix(f.Name, c.name+"/"), " ")
		switch kind {
		case "tests":
			tests := append(c.file.tests, TestFile{Path: arg, File: Parse([]byte(controls.Replace(string(f.Data))))})
			c.file = c.file.WithTests(Module(c.name), tests...)
		case "edit":
			c.file = applyEdits(t, c, string(f.Data))
		case "body":
			body := controls.Replace(string(f.Data))
			c.body = &body
		case "stubs":
			f.Data = []byte(dumpStubs(c))
		case "imports":
			f.Data = []byte(dumpImports(c.file.Specs()[0]))
		case "spec", "filled":
			continue
		default:
			t.Fatalf("%s: %s: unknown kind of file", archive, f.Name)
		}
		out = append(out, f)
	}
	c.specs = c.file.Specs()
	missing := c.file.Missing()
	if c.cursor != noCursor {
		c.specs, missing = nil, nil
		if s := c.file.SpecAt(c.cursor); s != nil {
			c.specs = []*Spec{s}
		}
	}
	c.specs = append(c.specs, missing...)
	out = append(out, txtar.File{Name: c.name + "/spec", Data: []byte(dumpSpecs(c))})
	if c.body != nil && len(c.specs) > 0 {
		s := c.specs[0]
		filled := s.Fill(c.file.Source(), s.Reindent(*c.body))
		text := pictures.Replace(string(filled))
		if !strings.HasSuffix(text, "\n") {
			text += "\n¶\n"
		}
		out = append(out, txtar.File{Name: c.name + "/filled", Data: []byte(text)})
	}
	return out, c
}

func applyEdits(t *testing.T, c *fixture, script string) *File {
	f := c.file
	for line := range strings.Lines(script) {
		var old, new string
		if _, err := fmt.Sscanf(line, "%q -> %q", &old, &new); err != nil {
			t.Fatalf("%s: %s: %q: %v", c.archive, c.name, line, err)
		}
		at := bytes.Index(f.Source(), []byte(old))
		if at < 0 {
			t.Fatalf("%s: %s: no %q to replace", c.archive, c.name, old)
		}
		f.Specs() // the edit is of a file that was looked at
		f = f.Edit(at, at+len(old), new)
	}
	return f
}

var kindNames = map[HoleKind]string{HoleWritten: "written", HoleEmpty: "empty", HolePlaceholder: "placeholder",
	HolePartial: "partial", HoleMissing: "missing"}

var checkNames = map[CheckKind]string{CheckAssert: "assert", CheckComment: "comment", CheckDoctest: "doctest", CheckTest: "test"}

// dumpSpecs writes specs as the fixtures show them; fields that are as one would
// expect (four blanks, no docstring, …) are left out.
func dumpSpecs(c *fixture) string {
	if len(c.specs) == 0 {
		return "none\n"
	}
	var out strings.Builder
	src := string(c.file.Source())
	for _, s := range c.specs {
		fmt.Fprintf(&out, "%s: %s, line %d\n", s.QualifiedName, kindNames[s.HoleKind], 1+strings.Count(src[:s.Hole.Start], "\n"))
		show := func(label, text string) {
			fmt.Fprintf(&out, "  %s %s\n", label, strings.ReplaceAll(pictures.Replace(text), "\n", "\n    | "))
		}
		show("hole", fmt.Sprintf("%q", src[s.Hole.Start:s.Hole.End]))
		show("signature", s.Signature)
		if s.Doc != "" {
			show("doc", s.Doc)
		}
		if s.Begun != "" {
			show("begun", fmt.Sprintf("%q", s.Begun))
		}
		if s.Indent != "    " || s.Step != "    " || s.Newline != "\n" {
			show("style", fmt.Sprintf("%q %q %q", s.Indent, s.Step, s.Newline))
		}
		for _, check := range s.Checks {
			label := fmt.Sprintf("%s%s:%d", inFile(check.Path), checkNames[check.Kind], check.Line)
			if check.Test != "" {
				label += " " + check.Test
			}
			show(label, check.Code)
			if len(check.Awaits) > 0 {
				show("  awaits", strings.Join(check.Awaits, " "))
			}
			if check.Want != "" {
				show("  gives", strings.TrimSuffix(check.Want, "\n"))
			}
		}
		for _, p := range s.Prelude {
			label := "needs"
			if p.Offered {
				label = "may use"
			}
			show(fmt.Sprintf("%s %s%d", label, inFile(p.Path), p.Line), p.Text)
		}
		if len(s.Uses()) > 0 {
			show("speaks of", strings.Join(s.Uses(), " "))
		}
		for _, p := range s.Problems() {
			show(fmt.Sprintf("problem %s%v:%d", inFile(p.Path), p.Kind, p.Line), p.Message)
			if p.Fix != nil {
				show("  fix", fmt.Sprintf("%s: %q -> %q", p.Fix.Title, src[p.Fix.Span.Start:p.Fix.Span.End], p.Fix.Text))
			}
		}
	}
	return out.String()
}

// dumpStubs writes a file's definitions as the fixtures show them.
func dumpStubs(c *fixture) string {
	var out strings.Builder
	for _, d := range Definitions(c.file.Source()) {
		switch {
		case d.Stub == "":
			fmt.Fprintf(&out, "%s is from elsewhere: %s\n", d.Name, d.From)
		default:
			c.stubs = append(c.stubs, d.Stub, d.As("other"))
			fmt.Fprintln(&out, pictures.Replace(d.Stub))
		}
	}
	return out.String()
}

// dumpImports writes what a spec may import.
func dumpImports(s *Spec) string {
	var out strings.Builder
	for _, statement := range s.ImportStatements() {
		fmt.Fprintf(&out, "%s%d: %s\n", inFile(statement.Path), statement.Line, pictures.Replace(statement.Text))
		for _, i := range statement.Imports {
			fmt.Fprintf(&out, "  %s\n", i)
			of := i.Module
			if i.Name != "" || i.As != "" {
				of = i.binds()
			}
			mentions := s.Mentions(of)
			for _, name := range slices.Sorted(maps.Keys(mentions)) {
				where := map[Mention]string{MentionFile: "file", MentionSpec: "spec"}[mentions[name]]
				fmt.Fprintf(&out, "    .%s in the %s\n", name, where)
			}
		}
	}
	return out.String()
}

// pythonVersion is the interpreter's version as "3.12", with two digits behind the dot.
func pythonVersion(t *testing.T) string {
	out, err := exec.Command(findPython(t), "-c", "import sys; print('%d.%02d' % sys.version_info[:2])").Output()
	if err != nil {
		t.Fatalf("asking for Python's version: %v", err)
	}
	return strings.TrimSpace(string(out))
}

func inFile(path string) string {
	if path == "" {
		return ""
	}
	return "[" + path + "] "
}

// compileFixtures asks CPython about every case: what a spec consists of compiles, so
// does the file when all its holes are filled, and the docstring is CPython's.
func compileFixtures(t *testing.T, cases []*fixture) {
	type question struct {
		Name     string   `json:"name"`
		Unit     string   `json:"unit"`
		Prelude  []string `json:"prelude"`
		Checks   []string `json:"checks"`
		Doctests []string `json:"doctests"`
		Files    []string `json:"files"`
	}
	var questions bytes.Buffer
	var specs []*Spec
	var owners []*fixture
	version := pythonVersion(t)
	encoder := json.NewEncoder(&questions)
	for _, c := range cases {
		for _, s := range c.specs {
			q := question{Name: s.QualifiedName, Unit: s.Filled(s.Indent + "return None").Text}
			if strings.HasPrefix(c.name, "new") && version < "3.12" || strings.HasPrefix(c.name, "broken") {
				continue
			}
			for _, p := range s.Prelude {
				q.Prelude = append(q.Prelude, p.Text)
			}
			for _, check := range s.Checks {
				if check.Kind == CheckDoctest {
					q.Doctests = append(q.Doctests, check.Code+"\n")
				} else {
					q.Checks = append(q.Checks, check.Code)
				}
			}
			if strings.HasPrefix(c.name, "half") {
				q.Prelude, q.Checks = nil, nil
			} else {
				q.Files = append(append(q.Files, fillAll(c)), c.stubs...)
			}
			if c.body != nil && s == c.specs[0] {
				q.Checks = append(q.Checks, s.Filled(s.Reindent(*c.body)).Text)
			}
			if err := encoder.Encode(q); err != nil {
				t.Fatal(err)
			}
			specs, owners = append(specs, s), append(owners, c)
		}
	}
	cmd := exec.Command(findPython(t), filepath.Join("testdata", "compile.py"))
	cmd.Stdin = &questions
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("asking CPython: %v", err)
	}
	answers := bufio.NewScanner(bytes.NewReader(out))
	answers.Buffer(nil, 1<<20)
	for i, s := range specs {
		var a struct {
			Errors []string
			Doc    string
		}
		if !answers.Scan() {
			t.Fatal("CPython stopped answering")
		}
		if err := json.Unmarshal(answers.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		for _, e := range a.Errors {
			t.Errorf("%s: %s: CPython refuses %s", owners[i].archive, owners[i].name, e)
		}
		if a.Doc != s.Doc {
			t.Errorf("%s: %s: docstring of %s is %q, CPython has %q", owners[i].archive, owners[i].name, s.Name, s.Doc, a.Doc)
		}
	}
}

// fillAll is the case's file with every hole filled, last one first.
func fillAll(c *fixture) string {
	src := c.file.Source()
	all := c.file.Specs()
	if c.cursor != noCursor {
		for i, s := range all {
			if s.Def == c.specs[0].Def {
				all[i] = c.specs[0]
			}
		}
	}
	inner := map[Span]bool{}
	for _, s := range all {
		for _, o := range all {
			inner[s.Def] = inner[s.Def] || o != s && o.Hole.Start <= s.Def.Start && s.Def.End <= o.Hole.End
		}
	}
	for i := len(all) - 1; i >= 0; i-- {
		if !inner[all[i].Def] {
			src = all[i].Fill(src, all[i].Indent+"return None")
		}
	}
	return string(src)
}

func TestEveryProblemHasAName(t *testing.T) {
	for k := ProblemContradiction; k < problemKinds; k++ {
		if k.String() == "" {
			t.Errorf("problem %d has no name", k)
		}
	}
}
