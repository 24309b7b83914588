// Package parser speaks Python: it finds the functions of a source file that are
// still to be written, and the checks that say what each must do.
//
// Call [Parse] first, then [File.SpecAt] (or [File.Specs] for all of them).
//
// # How it reads
//
// Source is half-typed as a rule. A scanner cuts it into logical lines, indentation makes
// statements of them, and only then is each statement parsed by itself, with tree-sitter:
// one that is not Python yet harms none of its neighbours, and an edit costs the
// statements it touches. GRAMMAR.md says what counts as a check.
//
// # Promises
//
// Nothing here fails and nothing panics, on any bytes. Every [Span] lies inside the
// source it came from. A [File] never changes: [File.Edit] returns another one.
package parser

// A Span is a half-open range of bytes of a source.
type Span struct{ Start, End int }

// A HoleKind says what stands where the body is to be.
type HoleKind int

const (
	// HoleWritten: the function has a body; there is nothing to fill. Specs of this
	// kind come only from File.Functions and File.FunctionAt.
	HoleWritten HoleKind = iota + 1
	// HoleEmpty: no body at all, at most a docstring.
	HoleEmpty
	// HolePlaceholder: `pass`, `...` or `raise NotImplementedError`.
	HolePlaceholder
	// HolePartial: a body that was begun and does not parse, or ends at the cursor.
	HolePartial
	// HoleMissing: a function that checks call and nobody defines; see File.Missing.
	HoleMissing
)

// A CheckKind says how a check is written.
type CheckKind int

const (
	// CheckAssert is a statement that asserts: `assert f(2) == 4`, also inside
	// `for`, `with`, `if __name__ == "__main__":`.
	CheckAssert CheckKind = iota + 1
	// CheckComment is an assert comment: `# assert f(2) == 4`, `# f(2) -> 4`, `# f(2) == 4`.
	// Its Code is the assert statement it stands for.
	CheckComment
	// CheckDoctest is an example of a docstring: Code is the source behind `>>>`,
	// Want the expected output.
	CheckDoctest
	// CheckTest is a test function or a method of a unittest.TestCase: Code is the
	// top-level statement (def or class) and Test its name ("test_f", "TestF.test_f").
	CheckTest
)

// A Check is one thing that must hold of a function.
type Check struct {
	Kind CheckKind
	// Span is where it stands in its file.
	Span Span
	// Line is the line of that file, from 1, on which Code begins.
	Line int
	// Code is Python source that runs at module level, with its own indentation removed.
	// Statements that a CheckAssert, CheckComment or CheckTest needs and that need the
	// function themselves (x = f(2) before assert x == 4) come first in it; blank lines
	// keep every line at its distance from Line.
	Code string
	// Want is the expected output of a doctest, "" otherwise.
	Want string
	// Test names the test of a CheckTest, "" otherwise.
	Test string
	// Path is the file of tests or the cell it stands in (see File.WithTests and
	// File.WithCells), "" for the spec's own file.
	Path string
	// Awaits are the qualified names of other unwritten functions that it calls, itself or
	// through others. It cannot hold before they are written.
	Awaits []string
}

// A Fragment is a piece of the source with the line it begins on (from 1), so that
// line numbers in a traceback are those of the user's file.
type Fragment struct {
	Span Span
	Line int
	Text string
	Path string // of the file of tests or the cell it comes from, "" for the spec's own
	// Place is its place among all statements of the module.
	Place int
	// Offered: nothing that is written needs it, but a body may.
	Offered bool
}

// A Spec is one function to be written, or one that has been: its name, its text up
// to the body, what must hold of it, and what it needs from the rest of its file.
type Spec struct {
	// Name is the function's own name ("merge"); QualifiedName is Python's
	// __qualname__ ("Queue.merge", "outer.<locals>.merge").
	Name          string
	QualifiedName string
	// Signature is the source from the first decorator through the colon.
	Signature string
	// Doc is the docstring's value, cleaned of indentation as inspect.cleandoc does; "" if none.
	Doc string
	// Checks are in file order; doctests come first.
	Checks []Check
	// Prelude are the module-level statements that body and checks need, in file
	// order: imports, helpers, constants. Statements with effects are not among them.
	// Beside what is needed for certain it holds, marked Offered, what a body may use
	// without harm; see also [Spec.PreludeFor].
	Prelude []Fragment
	// Unit is the top-level statement that holds the hole: the decorated def itself,
	// or the class around it. Its Path is "" but for a spec of File.OtherCells.
	Unit Fragment
	// Def is the function, decorators included.
	Def Span
	// Hole is what [Spec.Replacement] of a body replaces. HoleKind says what stands there now.
	Hole     Span
	HoleKind HoleKind
	// Begun is, for HolePartial, the part of the body that is written and that bodies are
	// to begin with, the def's own indentation removed as in [Spec.Head]. It ends within a
	// line that is to be continued, or behind a line break.
	Begun string
	// Indent is the white space before each line of the body; Unit of one level in Step.
	Indent string
	Step   string
	// Newline is the file's line ending, "\n" or "\r\n".
	Newline string

	hole     hole
	unit     Span    // Unit's span before Hole was added to it
	head     string  // see Head
	siblings []patch // makes the unit's other unwritten functions compile
	// filled is Unit with the hole replaced by a text, siblings patched.
	filled     func(replacement string) string
	problems   func() []Problem
	undefined  func(body string) []string
	preludeFor func(body string) []Fragment
	imports    func() []ImportStatement
	sources    func() [][]byte
	uses       []string
}
