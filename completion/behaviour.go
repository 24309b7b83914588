package completion

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"greenfill/completion/sandbox"
	"greenfill/parser"
)

// Bodies that pass the same asserts may still differ elsewhere. A probe is a call that
// the asserts do not make, though one much like theirs: a literal is another. Bodies
// that answer all probes alike behave alike, however they are spelled.

// maxProbes bounds what it costs to compare bodies.
const maxProbes = 8

// nothing is a value that no function returns, so that a probe shows what came out.
const nothing = `"\x00greenfill probe"`

// probes are assert statements, in an order that depends on nothing but the spec.
// There are none for methods, and none for calls inside test functions that pass variables.
func probes(spec *parser.Spec) []string {
	if spec.Name != spec.QualifiedName {
		return nil
	}
	known := map[string]bool{}
	var calls []string
	for _, c := range spec.Checks {
		for _, args := range callsOf(spec.Name, c.Code) {
			if !known[args] && (c.Kind != parser.CheckTest || literal(args)) {
				known[args] = true
				calls = append(calls, args)
			}
		}
	}
	var found []string
	for round := 0; len(found) < maxProbes; round++ {
		any := false
		for _, args := range calls {
			other, ok := varied(args, round)
			if !ok {
				continue
			}
			any = true
			if !known[other] && len(found) < maxProbes {
				known[other] = true
				found = append(found, fmt.Sprintf("assert %s(%s) == %s", spec.Name, other, nothing))
			}
		}
		if !any {
			break
		}
	}
	return found
}

// behaviour is how a body answers the probes; bodies with the same behaviour are alike.
// "" means that there is nothing to compare.
func (r *run) behaviour(ctx context.Context, body string, n needs) string {
	if len(r.probes) == 0 {
		return ""
	}
	p := r.program(body, n)
	p.Checks = nil
	for _, code := range r.probes {
		p.Checks = append(p.Checks, sandbox.Check{Form: sandbox.FormStatement, Line: 1, Code: code})
	}
	v := r.c.runner.Run(ctx, p)
	if len(v.Checks) != len(r.probes) {
		return ""
	}
	var b strings.Builder
	answered := false
	for _, c := range v.Checks {
		fmt.Fprintf(&b, "%d %q %q\n", c.Status, c.Actual, c.Message)
		answered = answered || c.Status == sandbox.AssertFailed
	}
	if !answered {
		return "" // every probe raised: perhaps the probes are to blame
	}
	return b.String()
}

// callsOf finds the calls of a function in Python source: the text between their brackets.
func callsOf(name, code string) []string {
	var calls []string
	for _, at := range regexp.MustCompile(`(?:^|[^\w.])`+regexp.QuoteMeta(name)+`\(`).FindAllStringIndex(code, -1) {
		depth := 1
		for i := at[1]; i < len(code); i++ {
			switch code[i] {
			case '(', '[', '{':
				depth++
			case ')', ']', '}':
				depth--
			case '"', '\'':
				i += len(quoted.FindString(code[i:])) - 1
			}
			if depth == 0 {
				calls = append(calls, code[at[1]:i])
				break
			}
		}
	}
	return calls
}

var (
	// quoted is a string literal in single or double quotes, or a lone quote.
	quoted = regexp.MustCompile(`^(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|.)`)
	// atom is what can be varied in a literal: a string or a number.
	atom = regexp.MustCompile(`"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\d+(?:\.\d+)?`)
	word = regexp.MustCompile(`[A-Za-z_]\w*`)
)

// literal says whether args are literals only, so that they mean the same anywhere.
func literal(args string) bool {
	for _, w := range word.FindAllString(atom.ReplaceAllString(args, " "), -1) {
		if w != "True" && w != "False" && w != "None" {
			return false
		}
	}
	return true
}

// varied is args with one of its atoms replaced. Each round makes another change; false
// means that there are no more.
func varied(args string, round int) (string, bool) {
	atoms := atom.FindAllStringIndex(args, -1)
	if len(atoms) == 0 || round >= 3*len(atoms) {
		return "", false
	}
	at := atoms[round%len(atoms)]
	return args[:at[0]] + variant(args[at[0]:at[1]], round/len(atoms)) + args[at[1]:], true
}

// variant is another literal of the same type: the way'th of three.
func variant(a string, way int) string {
	if a[0] == '"' || a[0] == '\'' {
		inner := a[1 : len(a)-1]
		return []string{`"` + `"`, a[:1] + inner + inner + a[:1], a[:1] + strings.ToUpper(strings.ReplaceAll(inner, `\`, "")) + " b" + a[:1]}[way]
	}
	if strings.Contains(a, ".") {
		return []string{"0.0", a + "5", "1" + a}[way]
	}
	n, err := strconv.Atoi(a)
	if err != nil || n > 1<<40 {
		return "1"
	}
	return []string{strconv.Itoa(n + 1), "0", strconv.Itoa(2*n + 3)}[way]
}
