package sandbox

import (
	"fmt"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// statuses are the names the Python side uses.
var statuses = map[string]Status{
	"Passed": Passed, "AssertFailed": AssertFailed, "Raised": Raised, "OutOfMemory": OutOfMemory, "Denied": Denied,
	"Exited": Exited, "Vacuous": Vacuous, "CheckInvalid": CheckInvalid,
}

// compose makes the verdict of what the judging process wrote and how both ended. A pass
// needs its word for every check and for the end; an exit code never counts for one.
func (r *run) compose(answer, judge ended) Verdict {
	v := Verdict{Total: len(r.program.Checks), CPU: answer.cpu, Memory: answer.peak}
	if unconfined(answer) || unconfined(judge) {
		v.Status, v.Message = SandboxUnavailable, "a child could not confine itself; nothing of the candidate ran"
		return v
	}
	if r.final.reason == "dead" && r.final.what != nil {
		return r.stillborn(v)
	}
	for _, rec := range r.records {
		v.Checks = append(v.Checks, rec.result())
	}
	if r.final.reason != "done" || len(r.records) < len(r.program.Checks) {
		r.cutShort(&v, answer, judge)
	}
	v.Status = Passed
	for i, c := range v.Checks {
		if c.Status == Passed {
			v.Passed++
		} else if v.Status == Passed {
			v.Status = c.Status
			r.explain(&v, i)
		}
	}
	if v.Status == Passed && r.final.reached == 0 {
		v.Status, v.Message = Vacuous, "no assert was reached"
	}
	return v
}

func unconfined(e ended) bool { return e.status.Exited() && e.status.ExitStatus() == exitUnconfined }

// stillborn is the verdict of a candidate that could not even be defined.
func (r *run) stillborn(v Verdict) Verdict {
	w := r.final.what
	v.Line, v.ErrorType, v.Message = w.Line, w.Type, describe(w.Type, w.Message)
	switch {
	case w.Syntax:
		v.Status = SyntaxError
	case w.Denied != 0:
		v.Status = Denied
	case w.Memory != 0:
		v.Status = OutOfMemory
	case w.Exit:
		v.Status = Exited
	default:
		v.Status = Raised
	}
	return v
}

// result is a record as a CheckResult. A status that is none of the known ones stays invalid.
func (rec record) result() CheckResult {
	c := CheckResult{Status: statuses[rec.Status], Line: rec.Line, Actual: rec.Actual, Expected: rec.Expected}
	switch c.Status {
	case Passed:
	case AssertFailed:
		c.Message = rec.failed()
	default:
		c.Message = describe(rec.Type, rec.Message)
	}
	return c
}

// failed says in one line what an assert compared.
func (rec record) failed() string {
	var b strings.Builder
	b.WriteString(firstLine(rec.Source))
	if rec.Actual != "" {
		fmt.Fprintf(&b, ": got %s", rec.Actual)
		if rec.Expected != "" {
			fmt.Fprintf(&b, ", expected %s", rec.Expected)
		}
	}
	if rec.Message != "" {
		fmt.Fprintf(&b, " (%s)", rec.Message)
	}
	return firstLine(b.String())
}

// explain fills in the verdict's account of its first check that did not hold.
func (r *run) explain(v *Verdict, i int) {
	v.Line, v.Actual, v.Expected, v.Message = v.Checks[i].Line, v.Checks[i].Actual, v.Checks[i].Expected, v.Checks[i].Message
	if i < len(r.records) {
		rec := r.records[i]
		v.Source, v.Inputs, v.ErrorType = rec.Source, rec.Inputs, rec.Type
	} else {
		v.Source, v.Inputs = firstLine(r.program.Checks[i].Code), r.final.inputs
	}
}

// cutShort adds results for the checks that an early end left without one: the first is
// why it came, those behind it were not reached.
func (r *run) cutShort(v *Verdict, answer, judge ended) {
	status, message := r.ending(answer, judge)
	for i := len(v.Checks); i < len(r.program.Checks); i++ {
		v.Checks = append(v.Checks, CheckResult{Status: status, Line: r.program.Checks[i].Line, Message: message})
		status, message = Vacuous, "not reached: an earlier check ended the candidate"
	}
}

// ending says why a run ended before its checks did.
func (r *run) ending(answer, judge ended) (Status, string) {
	limits := r.program.Limits
	switch {
	case r.timeout:
		return TimedOut, fmt.Sprintf("no end after %v of waiting", limits.Wall)
	case answer.lost || judge.lost:
		return Crashed, "the warm interpreter ended"
	case r.final.reason == "output":
		return OutputLimit, "returned more than can be taken to the checks"
	}
	if status, message := cause(answer, limits, limits.CPU); status != Invalid {
		return status, message
	}
	if strings.HasPrefix(r.final.reason, "protocol") {
		return Denied, "answered with what is no answer: " + r.final.reason
	}
	if status, message := cause(judge, limits, 3*limits.CPU); status != Invalid && r.final.reason == "" {
		return status, "in the checks themselves: " + message
	}
	if r.final.reason == "" && judge.status.Exited() && judge != answer {
		return CheckInvalid, "a check ended its own process"
	}
	return Exited, fmt.Sprintf("ended itself with exit code %d before the checks were through", answer.status.ExitStatus())
}

// cause is what a process's end says by itself; Invalid if it ended by its own will or ours.
func cause(e ended, limits Limits, cpu time.Duration) (Status, string) {
	if !e.status.Signaled() {
		return Invalid, ""
	}
	switch sig := e.status.Signal(); sig {
	case unix.SIGXCPU, unix.SIGPROF:
		return TimedOut, fmt.Sprintf("used more than %v of processor time", cpu)
	case unix.SIGXFSZ:
		return OutputLimit, fmt.Sprintf("wrote more than %d bytes", limits.Output)
	case unix.SIGSYS:
		return Denied, "made a system call of a foreign kind"
	case unix.SIGKILL:
		if e.cpu >= cpu-50*time.Millisecond {
			return TimedOut, fmt.Sprintf("used more than %v of processor time", cpu)
		}
		return Invalid, ""
	case syscall.SIGPIPE, syscall.SIGTERM:
		return Invalid, ""
	default:
		return Crashed, fmt.Sprintf("ended by %s", unix.SignalName(sig))
	}
}

// describe is an exception in one line.
func describe(kind, message string) string {
	switch {
	case kind == "":
		return firstLine(message)
	case message == "":
		return kind
	}
	return firstLine(kind + ": " + message)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
