package completion

import (
	"regexp"
	"strings"

	"greenfill/completion/sandbox"
	"greenfill/parser"
)

var undefined = regexp.MustCompile(`^(?:name '(\w+)' is not defined|NameError: name '(\w+)' is not defined)`)

// withImport puts the import that v found missing in front of body. It says false when
// v speaks of something else, or of a name that no module is known for.
func withImport(spec *parser.Spec, body string, v sandbox.Verdict) (string, bool) {
	if v.Status != sandbox.Raised || v.ErrorType != "NameError" {
		return "", false
	}
	m := undefined.FindStringSubmatch(v.Message)
	if m == nil {
		return "", false
	}
	statement := importOf(m[1]+m[2], body)
	if statement == "" {
		return "", false
	}
	line := spec.Indent + statement + spec.Newline
	if strings.Contains(body, line) {
		return "", false
	}
	return line + body, true
}

// importOf is the statement that binds name as body uses it, "" if none is known.
func importOf(name, body string) string {
	if name == "datetime" && regexp.MustCompile(`\bdatetime\(|\bdatetime\.(strptime|now|fromisoformat|combine)\b`).MatchString(body) {
		return "from datetime import datetime"
	}
	if modules[name] {
		return "import " + name
	}
	if module, ok := homes[name]; ok {
		return "from " + module + " import " + name
	}
	return ""
}

// modules are the modules of the standard library that small functions use.
var modules = set(`array base64 binascii bisect calendar cmath collections copy csv dataclasses
	datetime decimal difflib enum fractions functools hashlib heapq html io itertools json
	keyword locale math numbers operator pprint random re secrets statistics string struct
	sys textwrap time typing unicodedata uuid zlib`)

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
