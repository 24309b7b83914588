package completion

import (
	"fmt"
	"slices"
	"strings"

	"greenfill/completion/sandbox"
	"greenfill/parser"
)

// A combination is a body for each function of a joint, run as one candidate: unverified
// bodies never stand in the prelude, which is trusted, for the judging process runs it.
type combination struct {
	parts  []part
	bodies []string
	// spec is the last function, with the checks of all, and with the prelude of all but
	// for the functions themselves.
	spec *parser.Spec
}

func newCombination(parts []part, bodies []string) *combination {
	spec := *parts[len(parts)-1].spec
	c := &combination{parts, bodies, &spec}
	spec.Prelude = c.others(spec.Prelude)
	spec.Checks = slices.Clone(spec.Checks)
	for _, p := range parts[:len(parts)-1] {
		if !isPartner(p.spec) {
			continue
		}
		spec.Prelude = needs{file: absent(c.others(p.spec.Prelude), spec.Prelude)}.prelude(&spec)
		for _, check := range p.spec.Checks {
			if !slices.ContainsFunc(spec.Checks, func(k parser.Check) bool {
				return k.Path == check.Path && k.Span == check.Span && k.Test == check.Test && k.Code == check.Code
			}) {
				spec.Checks = append(spec.Checks, check)
			}
		}
	}
	return c
}

// others are the statements that are none of the functions.
func (c *combination) others(statements []parser.Fragment) []parser.Fragment {
	return slices.DeleteFunc(slices.Clone(statements), func(f parser.Fragment) bool {
		return slices.ContainsFunc(c.parts, func(p part) bool {
			return p.spec.Unit.Path == f.Path && p.spec.Unit.Span.Start == f.Span.Start
		})
	})
}

// needs are what the bodies may need when v says that a name was not found.
func (c *combination) needs(v sandbox.Verdict) needs {
	var all needs
	for i, p := range c.parts {
		spec := *p.spec
		spec.Prelude = slices.Concat(c.spec.Prelude, all.file)
		n := needsOf(&spec, c.bodies[i], v)
		all.file = append(all.file, c.others(n.file)...)
		for _, imp := range n.imports {
			if !slices.Contains(all.imports, imp) {
				all.imports = append(all.imports, imp)
			}
		}
	}
	return all
}

// dispatcher is the function under test where checks call several of a combination. The
// sandbox keeps one function apart from its checks, and this one stands for all.
const dispatcher = "_greenfill_partners"

// program is what the sandbox runs, with n added to the prelude.
func (c *combination) program(n needs, w Workspace) sandbox.Program {
	spec := *c.spec
	spec.Prelude = n.prelude(c.spec)
	text, line := c.text()
	var partners []string
	for _, p := range c.parts {
		if isPartner(p.spec) {
			partners = append(partners, p.spec.Name)
		}
	}
	if len(partners) == 1 {
		return program(&spec, parser.Fragment{Line: line, Text: text}, w)
	}
	var table, stubs strings.Builder
	for _, name := range partners {
		fmt.Fprintf(&table, "%q: %s, ", name, name)
		fmt.Fprintf(&stubs, "def %s(*args, **kwargs):\n    return %s(%q, *args, **kwargs)\n", name, dispatcher, name)
	}
	head := "def " + dispatcher + "(_name, /, *args, _table={%s}, **kwargs):\n    "
	text += "\n" + fmt.Sprintf(head, table.String()) + "return _table[_name](*args, **kwargs)\n"
	p := program(&spec, parser.Fragment{Line: line, Text: text}, w)
	p.Function = dispatcher
	p.Unit = sandbox.Fragment{Line: line, Text: fmt.Sprintf(head, "") + "...\n"}
	p.Prelude = append([]sandbox.Fragment{{Line: 1, Text: stubs.String()}}, p.Prelude...)
	return p
}

// text is the functions with their bodies, each on the lines of its place in the file; those
// of several cells follow one another in the notebook's order.
func (c *combination) text() (text string, first int) {
	var units []parser.Fragment
	for i, p := range c.parts {
		units = append(units, p.spec.Filled(c.bodies[i]))
	}
	cells := slices.ContainsFunc(units, func(u parser.Fragment) bool { return u.Path != units[0].Path })
	slices.SortFunc(units, func(a, b parser.Fragment) int {
		if cells {
			return a.Place - b.Place
		}
		return a.Line - b.Line
	})
	var b strings.Builder
	line := units[0].Line
	for _, u := range units {
		for b.Len() > 0 && (line < u.Line && !cells || !strings.HasSuffix(b.String(), "\n")) {
			b.WriteByte('\n')
			line++
		}
		b.WriteString(u.Text)
		line += strings.Count(u.Text, "\n")
	}
	return b.String(), units[0].Line
}
