package lsp

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.lsp.dev/uri"

	"greenfill/completion"
)

// An entry is what is known of one spec: the bodies that passed, the ones that did not,
// and the job that is looking for more. It outlives edits and even the document, so that
// the same spec is answered at once when it comes back. All of it is under the server's mutex.
type entry struct {
	uri    uri.URI // these six never change
	name   string  // qualified
	key    string  // completion.Function.Key
	base   string  // completion.Function.Base
	checks int
	def    bool  // the def is to be written, too
	at     place // where it was last seen

	bodies  []body
	joint   *joint                 // if no body passed by itself
	failed  []completion.Candidate // distinct bodies that did not pass, of all rounds
	samples int                    // drawn, in all rounds
	planned int
	elapsed time.Duration
	state   JobState // "" before the first job
	content string   // completion.Function.Content of the last job
	blocked bool     // the last job failed for a reason that lies in the spec
	message string   // why it failed
	rounds  int      // jobs that have drawn samples; each draws others
	ids     map[string]string
	asked   map[string]bool // paths at which modules were looked for, for the prompt
	shown   string          // a digest of what it showed of them

	job     *job
	served  bool          // a body was offered to the user
	changed chan struct{} // closed and replaced when anything above changes
	used    int           // the ledger's clock when last looked at
}

// A body is one that passed.
type body struct {
	id         string
	completion completion.Completion
	// region is the text from the function's signature to its end with the body in it,
	// as it was verified.
	region string
	from   string // the same text before, with what stood in the hole
	rest   string // a digest of the rest of the file
	needs  string // completion.Function.Needs then
	agree  int    // samples, of all rounds, that gave it or one that behaves alike
	drawn  *drawing
}

// A ledger keeps the entries used last.
type ledger struct {
	entries map[string]*entry // by document and key
	clock   int
	joined  map[function]bool // written as parts of joints, while their documents are open
}

// A function is one of a document, by its qualified name.
type function struct {
	uri  uri.URI
	name string
}

const ledgerSize = 512

func newLedger() ledger { return ledger{entries: map[string]*entry{}, joined: map[function]bool{}} }

// lookup is the entry of a function, or nil.
func (l *ledger) lookup(u uri.URI, fn *completion.Function) *entry {
	e := l.entries[string(u)+"#"+fn.Key]
	if e != nil {
		l.clock++
		e.used = l.clock
	}
	return e
}

// entry is the entry of a function; there is one afterwards.
func (l *ledger) entry(doc *Document, fn *completion.Function) *entry {
	u := doc.URI
	e := l.lookup(u, fn)
	if e == nil {
		l.makeRoom()
		l.clock++
		e = &entry{
			uri: u, name: fn.Spec.QualifiedName, key: fn.Key, base: fn.Base, checks: len(fn.Checks), def: fn.Missing(),
			changed: make(chan struct{}), ids: map[string]string{}, used: l.clock,
		}
		l.entries[string(u)+"#"+fn.Key] = e
	}
	e.at = placeOf(doc, fn)
	return e
}

// of is the entry that speaks of a function as it stands: its own, or the last one about
// the same function when another body, or other words in it, chose another prelude.
func (l *ledger) of(u uri.URI, fn *completion.Function) *entry {
	if e := l.lookup(u, fn); e != nil && len(e.bodies) > 0 {
		return e
	}
	var found *entry
	for _, e := range l.entries {
		if e.uri == u && e.base == fn.Base && len(e.bodies) > 0 && (found == nil || e.used > found.used) {
			found = e
		}
	}
	return found
}

// offers are the bodies that may be offered for a function as it stands, best first: the
// text is as it was when they were verified, or lacks nothing but what they add, and what
// they use of the rest of the file has not changed.
func (l *ledger) offers(doc *Document, fn *completion.Function) (*entry, []body) {
	e := l.of(doc.URI, fn)
	if e == nil {
		return nil, nil
	}
	now := doc.Text[fn.Body.Start:fn.Body.End]
	var list []body
	for _, b := range e.bodies {
		if b.fits(now) && b.holdsFor(fn) {
			list = append(list, b)
		}
	}
	return e, list
}

// wrote says whether a function was written with others, or offered with its def, which is
// another than the entry speaks of once it is written.
func (l *ledger) wrote(u uri.URI, name string) bool {
	if l.joined[function{u, name}] {
		return true
	}
	for _, e := range l.entries {
		if e.uri == u && e.name == name && e.def && e.served {
			return true
		}
	}
	return false
}

// makeRoom drops the entry not looked at for longest; one with a job stays.
func (l *ledger) makeRoom() {
	if len(l.entries) < ledgerSize {
		return
	}
	var oldest string
	for k, e := range l.entries {
		if e.job == nil && (oldest == "" || e.used < l.entries[oldest].used) {
			oldest = k
		}
	}
	delete(l.entries, oldest)
}

// holdsFor says whether what a body uses of its file is as it was.
func (b body) holdsFor(fn *completion.Function) bool { return b.needs == fn.Needs(b.completion.Body()) }

// stale says whether some body was judged with what its file no longer has.
func (e *entry) stale(fn *completion.Function) bool {
	return slices.ContainsFunc(e.bodies, func(b body) bool { return !b.holdsFor(fn) }) ||
		slices.ContainsFunc(e.failed, func(c completion.Candidate) bool { return !c.HoldsFor(fn.Spec) })
}

// forget drops what the rounds came to.
func (e *entry) forget() {
	e.bodies, e.joint, e.failed, e.samples, e.elapsed, e.rounds = nil, nil, nil, 0, 0, 0
}

// known says whether a job about the function, as it stands, has come to an end.
func (e *entry) known(fn *completion.Function) bool {
	return e.content == fn.Content && !e.stale(fn) && (e.state == JobDone || e.state == JobFailed && e.blocked)
}

// passed is how many of the samples passed.
func (e *entry) passed() int {
	n := 0
	for _, b := range e.bodies {
		n += b.agree
	}
	return min(n, e.samples)
}

// id is the name of a body's text within the entry.
func (e *entry) id(text string) string {
	id, ok := e.ids[text]
	if !ok {
		id = strconv.Itoa(len(e.ids) + 1)
		e.ids[text] = id
	}
	return id
}

// take adds what a job has come to so far to what the rounds before it knew.
func (e *entry) take(j *job, r *completion.Result) {
	e.bodies = slices.Clone(j.before.bodies)
	for _, c := range r.Completions {
		region := j.region(c.Text())
		i := slices.IndexFunc(e.bodies, func(b body) bool { return b.region == region })
		if i >= 0 {
			e.bodies[i].agree += c.Agreeing()
		} else {
			e.bodies = append(e.bodies, body{
				id: e.id(c.Text()), completion: c, region: region, from: j.from, rest: j.rest, agree: c.Agreeing(),
				needs: j.fn.Needs(c.Body()), drawn: j.drawn,
			})
		}
	}
	if j.before.samples > 0 {
		slices.SortStableFunc(e.bodies, func(a, b body) int { return b.agree - a.agree })
	}
	e.failed = slices.Clone(j.before.failed)
	for _, c := range r.Candidates {
		if !completion.Passed(c.Verdict) {
			e.failed = append(e.failed, c)
		}
	}
	e.samples = j.before.samples + r.Samples
	e.elapsed = j.before.elapsed + r.Elapsed
}

// label is the one line that says what a body has going for it.
func (e *entry) label(b body) string {
	v := b.completion.Verdict()
	return fmt.Sprintf("✓ %s · %d of %s", asserts(v.Passed, v.Total), min(b.agree, e.samples), counted(e.samples, "sample"))
}

// summary is the one line that says where the entry stands.
func (e *entry) summary() string {
	switch {
	case len(e.bodies) > 0:
		return e.label(e.bodies[0])
	case e.joint != nil:
		return e.joint.label()
	case e.state == JobFailed:
		return e.message
	case e.job != nil:
		return fmt.Sprintf("%d of %s, none passed yet", e.samples, counted(e.planned, "sample"))
	case e.samples > 0:
		return fmt.Sprintf("none of %s passed", counted(e.samples, "sample"))
	}
	return "not sampled yet"
}

func asserts(passed, total int) string { return fmt.Sprintf("%d/%s", passed, counted(total, "assert")) }

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
