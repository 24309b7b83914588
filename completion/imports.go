package completion

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"greenfill/completion/sandbox"
	"greenfill/parser"
)

// needs are what a body uses that its spec's prelude has not: statements of the file that
// only this body asks for, and imports that the file lacks.
type needs struct {
	file    []parser.Fragment
	imports []parser.Import
}

func (n needs) empty() bool { return len(n.file) == 0 && len(n.imports) == 0 }

// needsOf are what a body may need, when v says that a name was not found.
func needsOf(spec *parser.Spec, body string, v sandbox.Verdict) needs {
	var n needs
	if v.Status != sandbox.Raised || v.ErrorType != "NameError" {
		return n
	}
	n.file = leftOut(spec, body)
	for _, name := range spec.Undefined(body) {
		if i, ok := importOf(name, body); ok {
			n.imports = append(n.imports, i)
		}
	}
	return n
}

// withNeeds runs a program. One that only lacks names is run again with what the file has
// of them, and with imports at the top of its file, since a model whose answer begins at
// the signature cannot write them there.
func withNeeds(lacking func(sandbox.Verdict) needs, run func(needs) sandbox.Verdict) (sandbox.Verdict, needs) {
	v := run(needs{})
	n := lacking(v)
	if n.empty() {
		return v, n
	}
	with := run(n)
	if blocks(with.Status) {
		return v, needs{} // the interpreter has no such module
	}
	return with, n
}

// leftOut are the statements of the file that a body uses and the spec's prelude has not.
func leftOut(spec *parser.Spec, body string) []parser.Fragment {
	return absent(spec.PreludeFor(body), spec.Prelude)
}

// absent are the statements that a prelude has not.
func absent(statements, prelude []parser.Fragment) []parser.Fragment {
	return slices.DeleteFunc(statements, func(f parser.Fragment) bool {
		return slices.ContainsFunc(prelude, func(g parser.Fragment) bool { return g.Path == f.Path && g.Span == f.Span })
	})
}

// HoldsFor says whether the body was judged with what the file of spec has now of what the
// spec's prelude leaves out: the key of a spec does not speak of that.
func (c Candidate) HoldsFor(spec *parser.Spec) bool {
	sameText := func(a, b parser.Fragment) bool { return a.Text == b.Text }
	return len(c.needs.file) == 0 || slices.EqualFunc(c.needs.file, leftOut(spec, c.Body), sameText)
}

// holdsFor says so of all bodies of r.
func (r *Result) holdsFor(spec *parser.Spec) bool {
	return !slices.ContainsFunc(r.Candidates, func(c Candidate) bool { return !c.HoldsFor(spec) })
}

// prelude is the spec's prelude with what n adds to it. Statements of the file stay in its
// order: those of tests come last there, and imports go behind all, as they need nothing.
func (n needs) prelude(spec *parser.Spec) []parser.Fragment {
	all := slices.Concat(spec.Prelude, n.file)
	if len(n.file) > 0 {
		slices.SortStableFunc(all, func(a, b parser.Fragment) int {
			return cmp.Compare(a.Place, b.Place)
		})
	}
	for _, i := range n.imports {
		all = append(all, parser.Fragment{Line: 1, Text: i.String()})
	}
	return all
}

// importOf is the import that binds name as body uses it.
func importOf(name, body string) (i parser.Import, ok bool) {
	if name == "datetime" && datetimeClass.MatchString(body) {
		return parser.Import{Module: "datetime", Name: "datetime"}, true
	}
	if modules[name] {
		return parser.Import{Module: name}, true
	}
	if module, ok := aliases[name]; ok {
		return parser.Import{Module: module, As: name}, true
	}
	module, ok := homes[name]
	return parser.Import{Module: module, Name: name}, ok
}

var datetimeClass = regexp.MustCompile(`\bdatetime\(|\bdatetime\.(strptime|now|fromisoformat|combine)\b`)

// Imports are the statements that the file needs at its top for the body, beside those
// that it has: the completion passed with them.
func (c Completion) Imports() []string {
	var list []string
	for _, i := range c.imports {
		list = append(list, i.String())
	}
	return list
}

// ImportEdit is the one edit that gives a file the completion's imports; ok is false where
// it lacks none.
func (c Completion) ImportEdit(f *parser.File) (span parser.Span, text string, ok bool) {
	after := c.withImports(f)
	if after == f {
		return parser.Span{}, "", false
	}
	old, now := f.Source(), after.Source()
	start := 0
	for start < len(old) && old[start] == now[start] {
		start++
	}
	tail := 0
	for tail < len(old)-start && old[len(old)-1-tail] == now[len(now)-1-tail] {
		tail++
	}
	return parser.Span{Start: start, End: len(old) - tail}, string(now[start : len(now)-tail]), true
}

// Fill is the text of the file that spec is of, with the body and its imports in it.
func (c Completion) Fill(f *parser.File, spec *parser.Spec) []byte {
	filled := f.Edit(spec.Hole.Start, spec.Hole.End, spec.Replacement(c.body))
	return c.withImports(filled).Source()
}

func (c Completion) withImports(f *parser.File) *parser.File {
	for _, i := range c.imports {
		if span, text, ok := f.AddImport(i); ok {
			f = f.Edit(span.Start, span.End, text)
		}
	}
	return f
}

// modules are the modules of the standard library that small functions use.
var modules = set(`array base64 binascii bisect calendar cmath collections copy csv dataclasses
	datetime decimal difflib enum fractions functools hashlib heapq html io itertools json
	keyword locale math numbers operator pprint random re secrets statistics string struct
	sys textwrap time typing unicodedata uuid zlib`)

// aliases are the names under which everyone imports certain other packages. A body is
// verified with such an import, and so is only offered where the interpreter has it.
var aliases = map[string]string{"np": "numpy", "pd": "pandas"}

// homes tells the module of a name that is commonly imported by itself.
var homes = byName(map[string]string{
	"bisect":      "bisect_left bisect_right insort insort_left insort_right",
	"collections": "ChainMap Counter OrderedDict defaultdict deque namedtuple",
	"copy":        "deepcopy",
	"datetime":    "date timedelta timezone",
	"decimal":     "Decimal ROUND_HALF_UP",
	"fractions":   "Fraction",
	"functools":   "cache cmp_to_key lru_cache partial reduce",
	"heapq":       "heapify heappop heappush heappushpop heapreplace nlargest nsmallest",
	"itertools": "accumulate chain combinations combinations_with_replacement compress count cycle" +
		" dropwhile groupby islice permutations product repeat starmap takewhile tee zip_longest",
	"math": "acos asin atan atan2 ceil comb cos degrees exp factorial floor fsum gcd hypot inf isqrt" +
		" lcm log log10 log2 nan perm pi prod radians sin sqrt tan",
	"operator":   "attrgetter itemgetter methodcaller",
	"statistics": "mean median mode multimode pstdev stdev variance",
	"string":     "ascii_letters ascii_lowercase ascii_uppercase digits punctuation whitespace",
	"typing":     "Any Callable Dict Iterable Iterator List Mapping Optional Sequence Set Tuple Union",
})

func set(names string) map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields(names) {
		m[n] = true
	}
	return m
}

func byName(byModule map[string]string) map[string]string {
	m := map[string]string{}
	for module, names := range byModule {
		for _, n := range strings.Fields(names) {
			m[n] = module
		}
	}
	return m
}
