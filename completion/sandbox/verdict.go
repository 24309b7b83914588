package sandbox

import "time"

// A Status says how a run ended. Its zero value is invalid and means no success.
type Status int

const (
	Invalid            Status = iota
	Passed                    // every check held, and at least one assert was reached
	AssertFailed              // an assert did not hold: Source, Line, Actual, Expected
	Raised                    // an exception: ErrorType, Message, Line
	SyntaxError               // the candidate does not compile
	TimedOut                  // over its processor time, or over the wall clock
	OutOfMemory               // over its memory
	OutputLimit               // wrote too much
	Denied                    // tried what the sandbox forbids
	Crashed                   // ended by a signal
	Exited                    // ended itself before the checks were through
	Vacuous                   // ended without reaching any assert
	Flaky                     // passes under one hash seed and fails under another
	PreludeFailed             // the prelude failed before any candidate ran: Line, Message
	CheckInvalid              // a check does not compile or fails for reasons outside the candidate
	SandboxUnavailable        // this machine cannot confine; nothing ran
)

// A Verdict is how a run ended, and where.
type Verdict struct {
	Status Status
	// Passed of Total checks held; every check is run even after one has failed.
	Passed, Total int
	// Checks has one result per check of the program, in order; empty if none ran.
	Checks []CheckResult
	// The rest speaks of the first thing that went wrong; zero when Passed.
	Line      int    // in the user's file; 0 if unknown
	Source    string // the assert's source
	Actual    string // repr of what came out
	Expected  string // repr of what was asked for
	Inputs    string // the call, as source with values: "f([1, 2], 3)"
	ErrorType string // the exception's type name
	Message   string // one line for people
	// Weaker is why the candidate could not be kept apart from the checks
	// (single-process fallback); "" when it was.
	Weaker string
	CPU    time.Duration
	Wall   time.Duration
	Memory int64 // peak resident bytes
}

// A CheckResult is the outcome of one check.
type CheckResult struct {
	Status   Status
	Line     int
	Actual   string
	Expected string
	Message  string
}
