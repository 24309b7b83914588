package lsp

import (
	_ "embed"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"go.lsp.dev/protocol"
)

// SettingsSchema is the JSON schema of the section "greenfill" of a client's configuration.
//
//go:embed settings.schema.json
var SettingsSchema []byte

// Settings are the section "greenfill" of a client's configuration. PROTOCOL.md says
// what each means.
type Settings struct {
	Trigger     string  `json:"trigger"`
	IdleDelay   int     `json:"idleDelay"`  // milliseconds
	InlineWait  int     `json:"inlineWait"` // milliseconds
	Samples     int     `json:"samples"`
	TimeLimit   float64 `json:"timeLimit"` // seconds; 0 means none
	Distinct    int     `json:"distinct"`
	Model       string  `json:"model"`
	Threads     int     `json:"threads"`
	UnloadAfter float64 `json:"unloadAfter"` // minutes; 0 means never
	Python      string  `json:"python"`
	Trust       string  `json:"trust"`
	OnBattery   string  `json:"onBattery"`
	MaxLoad     float64 `json:"maxLoad"` // per core; 0 means no bound
	CodeLens    bool    `json:"codeLens"`
	InlayHints  bool    `json:"inlayHints"`
	Diagnostics bool    `json:"diagnostics"`
}

// DefaultSettings are those of a client that says nothing.
func DefaultSettings() Settings {
	return Settings{
		Trigger:     "automatic",
		IdleDelay:   400,
		InlineWait:  30000,
		Samples:     16,
		TimeLimit:   60,
		UnloadAfter: 10,
		Trust:       "ask",
		OnBattery:   "defer",
		MaxLoad:     1.5,
		CodeLens:    true,
		InlayHints:  true,
		Diagnostics: true,
	}
}

func (s Settings) idle() time.Duration { return time.Duration(s.IdleDelay) * time.Millisecond }
func (s Settings) wait() time.Duration { return time.Duration(s.InlineWait) * time.Millisecond }
func (s Settings) limit() time.Duration {
	return time.Duration(s.TimeLimit * float64(time.Second))
}
func (s Settings) unload() time.Duration {
	return time.Duration(s.UnloadAfter * float64(time.Minute))
}

// readSettings lays a client's values over base. A value that does not fit leaves base's
// and is named among the complaints; null and unknown names are no faults, for clients
// send their own settings along.
func readSettings(base Settings, raw jsontext.Value) (Settings, []string) {
	if len(raw) == 0 || string(raw) == "null" {
		return base, nil
	}
	var values map[string]jsontext.Value
	if err := protocol.Unmarshal(raw, &values); err != nil {
		return base, []string{"the section \"greenfill\" must be an object"}
	}
	r := settingsReader{values: values}
	s := base
	r.choice("trigger", &s.Trigger, "automatic", "save", "manual")
	r.integer("idleDelay", &s.IdleDelay, 0, 60_000)
	r.integer("inlineWait", &s.InlineWait, 0, 600_000)
	r.integer("samples", &s.Samples, 1, 1024)
	r.number("timeLimit", &s.TimeLimit, 3600)
	r.integer("distinct", &s.Distinct, 0, 1024)
	r.text("model", &s.Model)
	r.integer("threads", &s.Threads, 0, 1024)
	r.number("unloadAfter", &s.UnloadAfter, 10_080)
	r.text("python", &s.Python)
	r.choice("trust", &s.Trust, "ask", "always", "never")
	r.choice("onBattery", &s.OnBattery, "defer", "sample")
	r.number("maxLoad", &s.MaxLoad, 1000)
	r.boolean("codeLens", &s.CodeLens)
	r.boolean("inlayHints", &s.InlayHints)
	r.boolean("diagnostics", &s.Diagnostics)
	return s, r.complaints
}

// A settingsReader takes values out of a section one by one and collects what does not fit.
type settingsReader struct {
	values     map[string]jsontext.Value
	complaints []string
}

// value decodes the named value into v; false if it is absent, null or does not fit.
func (r *settingsReader) value(name string, v any, want string) bool {
	raw, ok := r.values[name]
	if !ok || string(raw) == "null" {
		return false
	}
	if err := protocol.Unmarshal(raw, v); err != nil {
		r.complain(name, want)
		return false
	}
	return true
}

func (r *settingsReader) complain(name, want string) {
	r.complaints = append(r.complaints, fmt.Sprintf("greenfill.%s must be %s", name, want))
}

func (r *settingsReader) choice(name string, to *string, choices ...string) {
	want := "one of " + strings.Join(choices, ", ")
	var v string
	if !r.value(name, &v, want) {
		return
	}
	for _, c := range choices {
		if v == c {
			*to = v
			return
		}
	}
	r.complain(name, want)
}

func (r *settingsReader) integer(name string, to *int, low, high int) {
	want := fmt.Sprintf("a whole number from %d to %d", low, high)
	var v float64 // editors written in JavaScript or Lua may say 16.0
	if !r.value(name, &v, want) {
		return
	}
	if v != math.Trunc(v) || v < float64(low) || v > float64(high) {
		r.complain(name, want)
		return
	}
	*to = int(v)
}

func (r *settingsReader) number(name string, to *float64, high float64) {
	want := fmt.Sprintf("a number from 0 to %g", high)
	var v float64
	if !r.value(name, &v, want) {
		return
	}
	if v < 0 || v > high {
		r.complain(name, want)
		return
	}
	*to = v
}

func (r *settingsReader) text(name string, to *string) {
	var v string
	if r.value(name, &v, "a string") {
		*to = v
	}
}

func (r *settingsReader) boolean(name string, to *bool) {
	var v bool
	if r.value(name, &v, "true or false") {
		*to = v
	}
}
