package lsp

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/protocol"

	"greenfill/parser"
)

// PROTOCOL.md is held to the code.

// rows are the first cells, in backquotes, of the tables under a heading of PROTOCOL.md,
// with the rest of the row.
func rows(t *testing.T, heading string) map[string]string {
	t.Helper()
	text := section(t, heading)
	list := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|(.*)$").FindAllStringSubmatch(text, -1) {
		list[m[1]] = m[2]
	}
	if len(list) == 0 {
		t.Fatalf("no table under %q", heading)
	}
	return list
}

// page is all of PROTOCOL.md.
func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// section is the text under a heading, up to the next of the same level.
func section(t *testing.T, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut(page(t), "\n"+heading+"\n")
	if !found {
		t.Fatalf("no heading %q", heading)
	}
	level := strings.Index(heading, " ")
	for _, m := range regexp.MustCompile(`(?m)^(#+) `).FindAllStringSubmatchIndex(rest, -1) {
		if m[3]-m[2] <= level {
			return rest[:m[0]]
		}
	}
	return rest
}

func TestProtocolListsTheSettings(t *testing.T) {
	documented := rows(t, "## Settings")
	for name, p := range schema(t) {
		row, ok := documented[name]
		if !ok {
			t.Errorf("%s is not in PROTOCOL.md", name)
			continue
		}
		value, _ := json.Marshal(p.Default)
		if !strings.Contains(row, "`"+string(value)+"`") {
			t.Errorf("%s: the row does not say the default %s: %s", name, value, row)
		}
		delete(documented, name)
	}
	for name := range documented {
		t.Errorf("PROTOCOL.md lists %s, which is no setting", name)
	}
}

func TestProtocolListsTheCommands(t *testing.T) {
	documented := rows(t, "## Commands")
	for _, name := range commandNames() {
		if _, ok := documented[name]; !ok {
			t.Errorf("%s is not in PROTOCOL.md", name)
		}
		delete(documented, name)
	}
	for name := range documented {
		t.Errorf("PROTOCOL.md lists %s, which is no command", name)
	}
	client := rows(t, "### Client commands")
	for _, name := range []string{ClientShowCandidates, ClientShowDoctor} {
		if _, ok := client[name]; !ok {
			t.Errorf("%s is not in PROTOCOL.md", name)
		}
		delete(client, name)
	}
	for name := range client {
		t.Errorf("PROTOCOL.md lists %s, which is no command of a client", name)
	}
}

var example = regexp.MustCompile("(?s)```json\n(.*?)```")

// TestProtocolExamples decodes each example into the server's own type, and back.
func TestProtocolExamples(t *testing.T) {
	left := len(example.FindAllString(page(t), -1))
	for heading, values := range map[string][]any{
		"### `initializationOptions`": {&InitializationOptions{}, &map[string]any{}},
		"### `greenfill/status`":      {&Status{}, &Status{}},
		"### `greenfill/results`":     {&Results{}},
		"### `greenfill/candidates`":  {&SpecReference{}, &Candidates{}},
		"### `greenfill/doctor`":      {&Doctor{}},
		"### `greenfill/trust`":       {&Trust{}},
		"## Commands":                 {&Model{}, &Proof{}},
	} {
		examples := example.FindAllStringSubmatch(section(t, heading), -1)
		left -= len(examples)
		if len(examples) != len(values) {
			t.Errorf("%s: %d examples, want %d", heading, len(examples), len(values))
			continue
		}
		for i, v := range values {
			raw := jsontext.Value(examples[i][1])
			if err := protocol.Unmarshal(raw, v); err != nil {
				t.Errorf("%s: %v", heading, err)
				continue
			}
			back, err := protocol.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			var want, got any
			if err := json.Unmarshal(raw, &want); err != nil {
				t.Errorf("%s: %v", heading, err)
			}
			if err := json.Unmarshal(back, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: example %d says (-) what the server's type does not (+):\n%s", heading, i+1, diff)
			}
		}
	}
	if left != 0 {
		t.Errorf("%d examples stand under no heading that this test knows", left)
	}
}

// said are the methods that the server says, and what says each in this package's code.
var said = map[string]string{
	MethodStatus:                                  "s.notify(MethodStatus,",
	MethodResults:                                 "s.notify(MethodResults,",
	protocol.MethodWindowShowMessage:              "s.notify(protocol.MethodWindowShowMessage,",
	protocol.MethodWindowShowMessageRequest:       "s.client.ShowMessageRequest(",
	protocol.MethodTextDocumentPublishDiagnostics: "s.notify(protocol.MethodTextDocumentPublishDiagnostics,",
	protocol.MethodWorkspaceApplyEdit:             "s.client.ApplyEdit(",
	protocol.MethodWorkspaceConfiguration:         "s.client.Configuration(",
	protocol.MethodWorkspaceCodeLensRefresh:       "s.client.CodeLensRefresh}",
	"notebookDocument/sync":                       "NotebookDocumentSync:", // no message, but a capability
}

// TestProtocolNamesOnlyWhatIs: each method and command that the page names, the code has.
func TestProtocolNamesOnlyWhatIs(t *testing.T) {
	code := source(t)
	method := regexp.MustCompile("`([$a-z][A-Za-z]*(?:/[a-z][A-Za-z]*)+)`")
	names := method.FindAllStringSubmatch(page(t), -1)
	if len(names) < 30 {
		t.Fatalf("only %d methods are found on the page", len(names))
	}
	for _, m := range names {
		_, noticed := notices[m[1]]
		_, called := calls[m[1]]
		says, ok := said[m[1]]
		if !noticed && !called && !(ok && strings.Contains(code, says)) {
			t.Errorf("PROTOCOL.md names %s, which the code does not have", m[1])
		}
	}
	other := []string{ClientShowCandidates, ClientShowDoctor, "greenfill.lock"} // the last is a file
	for _, m := range regexp.MustCompile("[`\"](greenfill\\.[A-Za-z.]+)[`\"]").FindAllStringSubmatch(page(t), -1) {
		if commands[m[1]] == nil && !slices.Contains(other, m[1]) {
			t.Errorf("PROTOCOL.md names %s, which is no command", m[1])
		}
	}
}

// source is the code of this package, without its tests.
func source(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	return b.String()
}

func TestProtocolNamesEveryMethodAndState(t *testing.T) {
	text := page(t)
	words := []string{MethodStatus, MethodResults, MethodCandidates, MethodSpecs, MethodDoctor, MethodTrust}
	for _, s := range []State{StateReady, StateLoading, StateSampling, StateVerifying, StatePaused, StateDeferred,
		StateNoSandbox, StateNoModel, StateUntrusted, StateError} {
		words = append(words, `"`+string(s)+`"`)
	}
	for _, s := range []JobState{JobRunning, JobDone, JobCancelled, JobFailed, JobVerified, JobUnverified} {
		words = append(words, `"`+string(s)+`"`)
	}
	for _, r := range []string{reasonBattery, reasonLoad, reasonOtherServer} {
		words = append(words, `"`+r+`"`)
	}
	for method := range notices {
		if strings.HasPrefix(method, "greenfill/") {
			words = append(words, method)
		}
	}
	for method := range calls {
		if strings.HasPrefix(method, "greenfill/") || strings.HasPrefix(method, "textDocument/") {
			words = append(words, method)
		}
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("PROTOCOL.md does not say %s", w)
		}
	}
}

func TestProtocolNamesEveryProblem(t *testing.T) {
	text := section(t, "## Standard requests, and what is particular")
	for kind := parser.ProblemContradiction; kind <= parser.ProblemDoctest; kind++ {
		if name := kind.String(); name == "" || !strings.Contains(text, "`"+name+"`") {
			t.Errorf("the row of diagnostics does not name problem %d, %q", kind, name)
		}
	}
}
