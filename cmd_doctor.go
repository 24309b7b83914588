package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"

	"greenfill/completion/sandbox"
	"greenfill/engine/catalog"
	"greenfill/engine/kernel"
	"greenfill/engine/memory"
)

type doctorCmd struct {
	pythonFlag
}

// A finding is one thing that doctor looked at. Mend says what to do if it is not as it
// should be; "" means that it is.
type finding struct {
	what, found, mend string
}

func (c *doctorCmd) Run(e *env) error {
	findings := examine(e.ctx, c.Python)
	gaps := 0
	for _, f := range findings {
		printFinding(e.stdout, f)
		if f.mend != "" {
			gaps++
		}
	}
	if gaps > 0 {
		fmt.Fprintf(e.stdout, "\n%s to mend.\n", count(gaps, "thing", "things"))
		return exitCode(exitUsage)
	}
	fmt.Fprintln(e.stdout, "\nEverything is here: try 'greenfill demo'.")
	return nil
}

// examine looks at everything that a completion needs.
func examine(ctx context.Context, interpreter string) []finding {
	findings := append([]finding{processor(), freeMemory()}, models()...)
	return append(findings, python(interpreter), confinement(ctx))
}

func printFinding(w io.Writer, f finding) {
	mark := "✓"
	if f.mend != "" {
		mark = "✗"
	}
	fmt.Fprintf(w, "%s %-10s %s\n", mark, f.what, strings.ReplaceAll(f.found, "\n", "\n             "))
	if f.mend != "" {
		fmt.Fprintf(w, "             → %s\n", f.mend)
	}
}

func processor() finding {
	f := finding{what: "processor", found: fmt.Sprintf("%s/%s, %s, kernels: %s (of %s)", runtime.GOOS, runtime.GOARCH,
		count(runtime.NumCPU(), "core", "cores"), kernel.Name(), strings.Join(kernel.Paths(), ", "))}
	if err := kernel.Check(); err != nil {
		f.mend = err.Error()
	} else if kernel.Name() == "portable" {
		f.mend = "only the slow portable kernels run here: use an x86-64 machine with AVX2, and a build with cgo"
	}
	return f
}

func freeMemory() finding {
	m, err := memory.Read()
	if err != nil {
		return finding{"memory", "unknown: " + err.Error(), ""}
	}
	f := finding{"memory", fmt.Sprintf("%s free of %s", catalog.FormatSize(m.Free), catalog.FormatSize(m.Total)), ""}
	if least := catalog.Models()[0]; m.Free < least.Memory {
		f.mend = fmt.Sprintf("the smallest model needs %s free: close other programs", catalog.FormatSize(least.Memory))
	}
	return f
}

func models() []finding {
	here := catalog.Installed()
	if len(here) == 0 {
		m := catalog.Default()
		return []finding{{"model", "none in " + catalog.Dir(),
			fmt.Sprintf("fetch one: greenfill model pull %s (%s, %s)", m.Name, catalog.FormatSize(m.Size), m.Licence)}}
	}
	var found []finding
	for _, m := range here {
		f := finding{"model", fmt.Sprintf("%s, %s, in %s", m.Name, catalog.FormatSize(m.Size), catalog.Dir()), ""}
		if m.Name == catalog.Default().Name {
			f.found += ", the default here"
		}
		found = append(found, f)
	}
	return found
}

func python(named string) finding {
	if named != "" {
		return finding{"python", named + ", as you named it", ""}
	}
	path, err := sandbox.FindPython(".")
	if err != nil {
		return finding{"python", "none", err.Error()}
	}
	return finding{"python", path, ""}
}

// confinement runs the sandbox's self-test.
func confinement(ctx context.Context) finding {
	report := sandbox.SelfTest(ctx)
	var rows strings.Builder
	for _, r := range report.Rows {
		state := "holds"
		switch {
		case r.Error != "":
			state = "not here: " + r.Error
		case !r.Holds:
			state = "leaks " + strings.Join(r.Leaks, ", ")
		}
		fmt.Fprintf(&rows, "\n%-28s %s", r.Layers, state)
	}
	f := finding{what: "sandbox", found: fmt.Sprintf("%s (kernel %s, Landlock %d)%s", report.Chosen, report.Kernel, report.Landlock, rows.String())}
	if !report.Available() {
		f.mend = sentence(report.Advice)
	}
	return f
}

// sentence joins what to do about several gaps.
func sentence(advice []string) string { return strings.Join(advice, "; ") }
