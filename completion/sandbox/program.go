// Package sandbox runs untrusted Python under confinement and says how it ended.
//
// Call [New] first, then [Runner.Run] with a [Program]; it answers with a [Verdict].
//
// # Promises
//
// Nothing runs unconfined: where the machine cannot confine, the verdict is
// SandboxUnavailable. A pass is established by the process that runs the checks,
// never by an exit code and never by the candidate. Nothing is left behind: no
// process, no file.
package sandbox

import "time"

// A Fragment is Python source with the line of the user's file on which it begins (from 1).
type Fragment struct {
	Line int
	Text string
	// File is the path of the file it stands in, "" for the Program's own. Its relative
	// imports and its __file__ are of that one.
	File string
}

// A CheckForm says how a check's source is to be run.
type CheckForm int

const (
	// FormStatement: statements holding asserts, run at module level.
	FormStatement CheckForm = iota + 1
	// FormDoctest: Code is an interactive example, Want its expected output.
	FormDoctest
	// FormTest: Code defines Test, a test function or "Class.method" of a TestCase.
	FormTest
)

// A Check is one thing that must hold of the function under test.
type Check struct {
	Form CheckForm
	Line int
	Code string
	Want string
	Test string
	File string // as a Fragment's
}

// A Program is what to run: one candidate for one function, and the checks it must
// pass. Programs that differ only in Candidate share their warm interpreters.
type Program struct {
	// Python is the interpreter's path or name; "" means the one found by [FindPython].
	Python string
	// Dir is the user's workspace: readable, and with its folder src on sys.path. "" or a
	// folder that is not there means none.
	Dir string
	// File is the path of the user's file. Where it lies in Dir says what package its code
	// is in, and from where it imports, by pytest's rule; it need not be there itself.
	// "" or a path outside Dir means no package.
	File string
	// Prelude are the module-level statements that candidate and checks need.
	Prelude []Fragment
	// Candidate is the top-level statement that defines Function: a def or a class.
	Candidate Fragment
	// Unit is Candidate with `...` in place of the sampled body, so the same for every
	// candidate of a spec. The judging process builds a method's class from it; without
	// it a method cannot be kept apart from its checks (see Verdict.Weaker).
	Unit Fragment
	// Function is the qualified name under test: "f" or "C.f".
	Function string
	Checks   []Check
	Limits   Limits
}

// Limits bound one run. The zero value of a field means its default.
type Limits struct {
	CPU    time.Duration // processor time of the candidate; default 1 s
	Wall   time.Duration // from start to verdict; default 10 s, scaled by load
	Memory int64         // bytes of address space; default 1 GiB
	Output int64         // bytes written to stdout and stderr together; default 1 MiB
}
