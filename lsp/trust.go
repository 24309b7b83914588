package lsp

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"

	"github.com/adrg/xdg"
	"go.lsp.dev/protocol"
	"go.uber.org/zap"

	"greenfill/completion"
)

// trust says whose code may run. Who decides, the first that has something to say:
//
//  1. the client about the folder (greenfill/trust with folder)
//  2. the client about all (initializationOptions.trusted, greenfill/trust)
//  3. the setting "always" or "never"
//  4. the answer to an earlier question, remembered in a file
//  5. the user, who is asked once per folder
//
// All fields but file are guarded by the server's mutex.
type trust struct {
	client  *bool
	folders map[string]bool          // by path, what the client said
	answers map[string]bool          // by path, what the user answered
	asking  map[string]chan struct{} // by path; closed when there is an answer or none came
	file    sync.Mutex               // one write at a time
}

func (s *server) trustFile() string {
	dir := s.o.StateDir
	if dir == "" {
		dir = filepath.Join(xdg.StateHome, "greenfill")
	}
	return filepath.Join(dir, "trust.json")
}

// load reads the remembered answers. A file that cannot be read means none: then the
// user is asked again.
func (t *trust) load(path string) {
	t.folders, t.answers, t.asking = map[string]bool{}, map[string]bool{}, map[string]chan struct{}{}
	data, err := os.ReadFile(path)
	if err != nil {
		return
	}
	answers := map[string]bool{}
	if json.Unmarshal(data, &answers) == nil {
		t.answers = answers
	}
}

// decided says whether a folder's code may run, if anybody has decided. It needs s.mu.
func (s *server) decided(f *folder) (trusted, known bool) {
	if v, ok := s.trust.folders[f.path]; ok {
		return v, true
	}
	if s.trust.client != nil {
		return *s.trust.client, true
	}
	switch f.settings.Trust {
	case "always":
		return true, true
	case "never":
		return false, true
	}
	v, ok := s.trust.answers[f.path]
	return v, ok
}

// trusted says whether a folder's code may run now, without asking.
func (s *server) trusted(f *folder) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	ok, _ := s.decided(f)
	return ok
}

// untrusted is the status where a folder's code may not run.
func untrusted(f *folder) Status {
	return Status{State: StateUntrusted, Message: folderName(f) + " is not trusted: nothing runs",
		Actions: actions(command("Trust this folder", CommandTrust, Trust{Trusted: true, Folder: f.uri}))}
}

// untrustedFolder is a folder with an open document whose code may not run, or nil; the
// first in the order of their paths. It needs s.mu.
func (s *server) untrustedFolder() *folder {
	if !closed(s.configured) {
		return nil // until then the setting is not known
	}
	var first *folder
	for u := range s.documents {
		f := s.folderLocked(u)
		if ok, _ := s.decided(f); !ok && (first == nil || f.path < first.path) {
			first = f
		}
	}
	return first
}

// mayRun says whether a folder's code may run, and asks the user where nobody has decided.
func (s *server) mayRun(ctx context.Context, f *folder) bool {
	select {
	case <-s.configured: // until then the setting is not known
	case <-ctx.Done():
		return false
	}
	for {
		s.mu.Lock()
		if ok, known := s.decided(f); known {
			s.mu.Unlock()
			return ok
		}
		answer, asked := s.trust.asking[f.path]
		if !asked {
			answer = make(chan struct{})
			s.trust.asking[f.path] = answer
			s.work.Go(func() {
				defer close(answer)
				s.askTrust(f)
			})
		}
		s.mu.Unlock()
		if asked && closed(answer) {
			return false // was asked and has not been answered; no second time
		}
		select {
		case <-answer:
		case <-ctx.Done():
			return false
		}
	}
}

const (
	answerTrust = "Trust this folder"
	answerNever = "Never"
	answerLater = "Not now"
)

// askTrust puts the question. Dismissed or "Not now" means no until the server ends.
func (s *server) askTrust(f *folder) {
	name := f.path
	if name == "" {
		name = "this file"
	}
	item, err := s.client.ShowMessageRequest(s.ctx, &protocol.ShowMessageRequestParams{
		Type:    protocol.MessageTypeInfo,
		Message: "Greenfill runs Python code of a folder, confined, to verify completions. May it for " + name + "?",
		Actions: []protocol.MessageActionItem{{Title: answerTrust}, {Title: answerLater}, {Title: answerNever}},
	})
	if err != nil {
		s.log.Warn("asking for trust", zap.Error(err))
		return
	}
	if item == nil || item.Title != answerTrust && item.Title != answerNever {
		return
	}
	s.remember(f, item.Title == answerTrust)
}

// remember keeps the user's answer for the folder, in memory and on disk.
func (s *server) remember(f *folder, trusted bool) {
	s.mu.Lock()
	s.trust.answers[f.path] = trusted
	data, err := json.MarshalIndent(s.trust.answers, "", "  ")
	s.mu.Unlock()
	if err == nil {
		s.trust.file.Lock()
		path := s.trustFile()
		if err = os.MkdirAll(filepath.Dir(path), 0o700); err == nil {
			err = completion.ReplaceFile(path, data, 0o600)
		}
		s.trust.file.Unlock()
	}
	if err != nil {
		s.log.Warn("remembering trust", zap.Error(err))
	}
}

// trustNotice is greenfill/trust: the client knows.
func (s *server) trustNotice(p *Trust) {
	s.mu.Lock()
	if p.Folder == "" {
		s.trust.client = &p.Trusted
		clear(s.trust.folders)
	} else {
		s.trust.folders[pathOf(p.Folder)] = p.Trusted
	}
	s.mu.Unlock()
	s.trustChanged()
}

// trustChanged ends the work of folders that are no longer trusted.
func (s *server) trustChanged() {
	s.cancelJobs(func(e *entry) bool { return !s.trusted(s.folder(e.uri)) })
	s.settingsChanged()
}
