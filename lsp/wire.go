package lsp

// What goes over the wire beyond LSP 3.18, as PROTOCOL.md states it for plugin authors.

import (
	"github.com/go-json-experiment/json/jsontext"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// ProtocolVersion is the version of PROTOCOL.md that this package speaks.
const ProtocolVersion = 1

// The methods that LSP does not have.
const (
	MethodStatus     = "greenfill/status"
	MethodResults    = "greenfill/results"
	MethodCandidates = "greenfill/candidates"
	MethodSpecs      = "greenfill/specs"
	MethodDoctor     = "greenfill/doctor"
	MethodTrust      = "greenfill/trust"
)

// InitializationOptions are what a client may say at the start.
type InitializationOptions struct {
	Trusted        *bool          `json:"trusted,omitzero"`
	Settings       jsontext.Value `json:"settings,omitzero"`
	Notifications  bool           `json:"notifications,omitzero"`
	ClientCommands []string       `json:"clientCommands,omitzero"`
}

// A Status says what the server is doing.
type Status struct {
	State   State              `json:"state"`
	Message string             `json:"message"`
	Model   string             `json:"model,omitzero"`
	URI     uri.URI            `json:"uri,omitzero"`
	Spec    string             `json:"spec,omitzero"`
	Done    int                `json:"done,omitzero"`
	Total   int                `json:"total,omitzero"`
	Passed  int                `json:"passed,omitzero"`
	Reason  string             `json:"reason,omitzero"`
	Actions []protocol.Command `json:"actions,omitzero"`
}

// A State is the server's, or a job's as far as the server shows it.
type State string

// The states of a Status.
const (
	StateReady     State = "ready"
	StateLoading   State = "loading"
	StateSampling  State = "sampling"
	StateVerifying State = "verifying"
	StatePaused    State = "paused"
	StateDeferred  State = "deferred"
	StateNoSandbox State = "noSandbox"
	StateNoModel   State = "noModel"
	StateUntrusted State = "untrusted"
	StateError     State = "error"
)

// Results say what is known of one spec.
type Results struct {
	URI         uri.URI        `json:"uri"`
	Version     int32          `json:"version"`
	Spec        string         `json:"spec"`
	Key         string         `json:"key"`
	Range       protocol.Range `json:"range"`
	Hole        protocol.Range `json:"hole"`
	State       JobState       `json:"state"`
	Samples     int            `json:"samples"`
	Planned     int            `json:"planned"`
	Passed      int            `json:"passed"`
	Completions int            `json:"completions"`
	Checks      int            `json:"checks"`
	Message     string         `json:"message"`
}

// A JobState is where the work on a spec stands.
type JobState string

// The states of Results.
const (
	JobRunning    JobState = "running"
	JobDone       JobState = "done"
	JobCancelled  JobState = "cancelled"
	JobFailed     JobState = "failed"
	JobVerified   JobState = "verified"
	JobUnverified JobState = "unverified"
)

// Candidates are all that is known of one spec.
type Candidates struct {
	Results    `json:",inline"`
	Elapsed    int64       `json:"elapsed"` // milliseconds
	Candidates []Candidate `json:"candidates"`
}

// A Candidate is one sampled body and how it ended.
type Candidate struct {
	ID       string  `json:"id"`
	Text     string  `json:"text"`
	Label    string  `json:"label"`
	Samples  int     `json:"samples"`
	Verified bool    `json:"verified"`
	Verdict  Verdict `json:"verdict"`
}

// A Verdict says how a run ended.
type Verdict struct {
	Status       string  `json:"status"`
	Passed       int     `json:"passed"`
	Total        int     `json:"total"`
	Line         int     `json:"line,omitzero"`
	Source       string  `json:"source,omitzero"`
	Inputs       string  `json:"inputs,omitzero"`
	Actual       string  `json:"actual,omitzero"`
	Expected     string  `json:"expected,omitzero"`
	Message      string  `json:"message,omitzero"`
	Milliseconds float64 `json:"milliseconds"`
}

// A SpecReference names a spec, by name or by any position inside its function.
type SpecReference struct {
	URI      uri.URI            `json:"uri"`
	Spec     string             `json:"spec,omitzero"`
	Position *protocol.Position `json:"position,omitzero"`
}

// CommandArgument is the one argument of most commands; each reads the fields it knows.
type CommandArgument struct {
	SpecReference `json:",inline"`
	Apply         bool   `json:"apply,omitzero"`
	Samples       int    `json:"samples,omitzero"`
	Key           string `json:"key,omitzero"`
	ID            string `json:"id,omitzero"`
	Name          string `json:"name,omitzero"`
}

// Trust grants or withdraws the right to run code.
type Trust struct {
	Trusted bool    `json:"trusted"`
	Folder  uri.URI `json:"folder,omitzero"`
}

// A Proof says where the proof of a function was saved, and whether its body can be drawn
// again.
type Proof struct {
	URI     uri.URI `json:"uri"`
	Spec    string  `json:"spec"`
	Drawn   bool    `json:"drawn"`
	Message string  `json:"message"`
}

// A Doctor says what is set up and what is not.
type Doctor struct {
	OK       bool      `json:"ok"`
	Findings []Finding `json:"findings"`
}

// A Finding is one thing the doctor looked at. State is "ok", "warning" or "failure".
type Finding struct {
	Name    string `json:"name"`
	State   string `json:"state"`
	Message string `json:"message"`
	Advice  string `json:"advice,omitzero"`
}

// A Model is one entry of the catalog.
type Model struct {
	Name        string `json:"name"`
	File        string `json:"file"`
	Bytes       int64  `json:"bytes"`
	Installed   bool   `json:"installed"`
	Recommended bool   `json:"recommended"`
	Path        string `json:"path,omitzero"`
}
