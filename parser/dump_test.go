package parser

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestDump(t *testing.T) {
	b, _ := os.ReadFile(os.Getenv("F"))
	f := Parse(b)
	specs := f.Specs()
	if at := os.Getenv("AT"); at != "" {
		n, _ := strconv.Atoi(at)
		specs = nil
		if s := f.SpecAt(n); s != nil {
			specs = append(specs, s)
		}
	}
	for _, s := range specs {
		fmt.Printf("== %s kind=%d hole=%v %q indent=%q step=%q\nsig=%q\ndoc=%q\nhead=%q begun=%q\n", s.QualifiedName, s.HoleKind, s.Hole, b[s.Hole.Start:s.Hole.End], s.Indent, s.Step, s.Signature, s.Doc, s.Head(), s.Begun)
		for _, c := range s.Checks {
			fmt.Printf("  check %d line %d %q want %q test %q\n", c.Kind, c.Line, c.Code, c.Want, c.Test)
		}
		for _, c := range s.Prelude {
			fmt.Printf("  prelude line %d %q\n", c.Line, c.Text)
		}
		fmt.Println("--- filled\n" + s.Filled(s.Indent+"return 42").Text)
		fmt.Println("--- file\n" + string(s.Fill(b, s.Indent+"return 42")))
		for _, p := range s.Problems() {
			fmt.Println("  problem", p)
		}
	}
	_ = strings.Join
}
