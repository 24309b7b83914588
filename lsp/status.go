package lsp

import (
	"context"
	"fmt"

	"go.lsp.dev/protocol"
)

// statusRequest is greenfill/status as a request.
func (s *server) statusRequest(context.Context, *struct{}, *Document) (Status, error) {
	return s.status(), nil
}

// status is the one state of the whole server: what it is doing, else what keeps it from
// doing anything, else ready.
func (s *server) status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.statusLocked()
	if st.Model == "" {
		st.Model = s.publisher.modelName()
	}
	return st
}

func (s *server) statusLocked() Status {
	var working, waiting *job
	for _, e := range s.ledger.entries {
		j := e.job
		if j == nil {
			continue
		}
		switch j.stage {
		case StateLoading, StateSampling, StateVerifying:
			working = j
		case StateDeferred, StatePaused:
			waiting = j
		}
	}
	switch {
	case working != nil:
		return working.status()
	case s.verifying() != nil:
		w := s.verifying()
		return Status{State: StateVerifying, Message: w.name + ": running its checks", URI: w.uri, Spec: w.name}
	case s.paused:
		return Status{State: StatePaused, Message: reasonText(reasonPaused), Actions: actions(command("Resume", CommandResume))}
	case waiting != nil:
		return waiting.status()
	case s.trouble != nil:
		return *s.trouble
	}
	if f := s.untrustedFolder(); f != nil {
		return untrusted(f)
	}
	return Status{State: StateReady, Message: "ready"}
}

// status is what a job makes the server's. It needs the server's mutex.
func (j *job) status() Status {
	e := j.entry
	st := Status{State: j.stage, URI: e.uri, Spec: e.name, Passed: e.passed()}
	stop := command("Stop", CommandCancel, SpecReference{URI: e.uri, Spec: e.name})
	switch j.stage {
	case StateLoading:
		st.Done, st.Total = int(j.share*100), 100
		st.Message = fmt.Sprintf("loading the model: %d %%", st.Done)
		st.Actions = actions(stop)
	case StateSampling, StateVerifying:
		st.Done, st.Total = e.samples, e.planned
		st.Message = fmt.Sprintf("%s: %d of %s, %d passed", e.name, e.samples, counted(e.planned, "sample"), st.Passed)
		st.Actions = actions(stop)
	default:
		st.Reason = j.reason
		st.Message = reasonText(j.reason)
		if j.reason != reasonOtherServer {
			st.Actions = actions(command("Sample anyway", CommandResume))
		}
	}
	return st
}

func actions(list ...protocol.Command) []protocol.Command { return list }
