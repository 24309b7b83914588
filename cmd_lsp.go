package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"greenfill/completion"
	"greenfill/completion/sandbox"
	"greenfill/engine"
	"greenfill/engine/catalog"
	"greenfill/lsp"
)

type lspCmd struct {
	Log   string `help:"Log to a file instead of standard error." placeholder:"FILE"`
	Debug bool   `help:"Log more."`
	PID   int    `name:"clientProcessId" help:"End when the process of this number does." placeholder:"N"`
	Stdio bool   `help:"Speak on standard input and output, as it does anyway."`
}

func (c *lspCmd) Run(e *env) error {
	log, err := c.logger()
	if err != nil {
		return err
	}
	defer log.Sync() // a log that cannot be written is nobody's answer
	runner, err := sandbox.New(sandbox.Options{})
	if err != nil {
		return err
	}
	defer runner.Close()
	s := service{runner: runner}
	err = lsp.Serve(e.ctx, stdio{}, lsp.Options{
		Version: version, Log: log, ClientPID: c.PID,
		Model: s.model, Sandbox: s.sandbox, Doctor: s.doctor, Models: s.models, Pull: s.pull,
	})
	if errors.Is(err, lsp.ErrExit) {
		return exitCode(exitFailed) // as the protocol asks
	}
	return err
}

func (c *lspCmd) logger() (*zap.Logger, error) {
	config := zap.NewProductionConfig()
	config.Encoding = "console"
	config.EncoderConfig.EncodeTime = zapcore.ISO8601TimeEncoder
	config.DisableStacktrace = true
	if c.Debug {
		config.Level = zap.NewAtomicLevelAt(zap.DebugLevel)
	}
	if c.Log != "" {
		config.OutputPaths = []string{c.Log}
	}
	log, err := config.Build()
	if err != nil {
		return nil, fmt.Errorf("opening the log: %w", err)
	}
	return log, nil
}

// stdio is the stream that the client speaks on.
type stdio struct{}

func (stdio) Read(p []byte) (int, error)  { return os.Stdin.Read(p) }
func (stdio) Write(p []byte) (int, error) { return os.Stdout.Write(p) }
func (stdio) Close() error                { return errors.Join(os.Stdin.Close(), os.Stdout.Close()) }

// A service is what the language server needs from outside.
type service struct{ runner *sandbox.Runner }

// model loads the model that the user's settings name.
func (s service) model(ctx context.Context, o lsp.ModelOptions, progress func(float64)) (*lsp.Loaded, error) {
	choice, err := catalog.Choose(o.Name)
	var missing *catalog.NotInstalledError
	if errors.As(err, &missing) {
		return nil, fmt.Errorf("%w: %w", lsp.ErrNoModel, err)
	}
	if err != nil {
		return nil, err
	}
	if _, err := s.sandbox(ctx); err != nil {
		return nil, err
	}
	m, err := engine.Open(ctx, choice.Path, engine.Options{Threads: o.Threads, Progress: progress})
	if err != nil {
		return nil, err
	}
	return &lsp.Loaded{
		Name:      choice.Name,
		Completer: newCompleter(choice.Name, m, s.runner),
		Hash:      func(ctx context.Context) (string, error) { return catalog.Sum(ctx, choice.Path) },
		Close:     func() { m.Close() },
	}, nil
}

// sandbox verifies without a model.
func (s service) sandbox(ctx context.Context) (*completion.Completer, error) {
	if report := sandbox.SelfTest(ctx); !report.Available() && ctx.Err() == nil {
		return nil, fmt.Errorf("%w: %s", lsp.ErrNoSandbox, sentence(report.Advice))
	}
	return completion.New(nil, s.runner, completion.Options{}), ctx.Err()
}

func (s service) doctor(ctx context.Context) []lsp.Finding {
	var list []lsp.Finding
	for _, f := range examine(ctx, "") {
		state := "ok"
		if f.mend != "" {
			state = "failure"
		}
		list = append(list, lsp.Finding{Name: f.what, State: state, Message: f.found, Advice: f.mend})
	}
	return list
}

func (s service) models(context.Context) ([]lsp.Model, error) {
	var list []lsp.Model
	for _, m := range catalog.Models() {
		list = append(list, modelOf(m))
	}
	return list, nil
}

func modelOf(m catalog.Model) lsp.Model {
	l := lsp.Model{Name: m.Name, File: m.File, Bytes: m.Size, Installed: m.Installed(), Recommended: m.Name == catalog.Default().Name}
	if l.Installed {
		l.Path = m.Path()
	}
	return l
}

var percentDone = regexp.MustCompile(`(\d+) %$`)

// pull runs 'greenfill model pull', so that the server itself opens no connection.
func (s service) pull(ctx context.Context, name string, progress func(done, total int64)) (lsp.Model, error) {
	m := catalog.Default()
	if name != "" {
		var err error
		if m, err = findModel(name); err != nil {
			return lsp.Model{}, err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return lsp.Model{}, fmt.Errorf("fetching %s: %w", m.Name, err)
	}
	child := exec.CommandContext(ctx, self, "model", "pull", m.Name)
	child.Cancel = func() error { return child.Process.Signal(os.Interrupt) }
	lines, err := child.StderrPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		return lsp.Model{}, fmt.Errorf("fetching %s: %w", m.Name, err)
	}
	last := ""
	for scan := bufio.NewScanner(lines); scan.Scan(); {
		if found := percentDone.FindStringSubmatch(scan.Text()); found != nil {
			percent, _ := strconv.Atoi(found[1])
			progress(m.Size*int64(percent)/100, m.Size)
		} else {
			last = scan.Text()
		}
	}
	if err := child.Wait(); err != nil {
		return lsp.Model{}, fmt.Errorf("%s", last)
	}
	return modelOf(m), nil
}
