package sandbox

// statusNames are the statuses as text, in the order of their numbers.
var statusNames = [...]string{"Invalid", "Passed", "AssertFailed", "Raised", "SyntaxError", "TimedOut", "OutOfMemory",
	"OutputLimit", "Denied", "Crashed", "Exited", "Vacuous", "Flaky", "PreludeFailed", "CheckInvalid", "SandboxUnavailable"}

// String is the status's name.
func (s Status) String() string {
	if s < 0 || int(s) >= len(statusNames) {
		return "Invalid"
	}
	return statusNames[s]
}
