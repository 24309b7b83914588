//go:build !linux

package sandbox

import (
	"context"
	"testing"
)

// Elsewhere than on Linux nothing runs, and the verdict says so.
func TestUnavailable(t *testing.T) {
	Main()
	r, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	v := r.Run(context.Background(), Program{Candidate: Fragment{Line: 1, Text: "def f(): pass"}, Function: "f", Checks: []Check{{Form: FormStatement, Line: 2, Code: "assert f() is None"}}})
	if v.Status != SandboxUnavailable || v.Message == "" || SelfTest(context.Background()).Available() {
		t.Errorf("%+v", v)
	}
}
