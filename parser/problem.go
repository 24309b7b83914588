package parser

// A ProblemKind says what is wrong with a spec's checks.
type ProblemKind int

const (
	// ProblemContradiction: two checks ask for different values of the same call.
	ProblemContradiction ProblemKind = iota + 1
	// ProblemArity: a check calls the function with arguments it does not take.
	ProblemArity
	// ProblemUnreached: a check names the function and never calls it.
	ProblemUnreached
	// ProblemComment: a comment begins like a check and is not Python.
	ProblemComment
)

// A Problem is something wrong with a spec that no body can mend.
type Problem struct {
	Kind    ProblemKind
	Span    Span // in the file the check stands in
	Line    int  // from 1
	Path    string
	Message string // one sentence for people
	Fix     *Fix   // nil if there is none
}

// A Fix is an edit that removes a problem.
type Fix struct {
	Title string
	Span  Span
	Text  string
}

// Problems are what is wrong with the spec before any body has been tried, in file order.
func (s *Spec) Problems() []Problem { return s.problems() }

func (f *function) problems(s *Spec) []Problem { return nil }

func (f *function) mentioned(s *Spec) []string { return nil }
