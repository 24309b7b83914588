// Command greenfill completes Python functions with bodies that pass their own asserts.
//
// Each subcommand is a file, cmd_NAME.go; what several of them need stands in parts.go
// (model, sandbox), target.go (the file named), output.go (answers) and progress.go.
//
// Answers go to standard output and nothing else does. Exit codes: 0 passed, 1 nothing
// passed, 2 usage or environment, 130 interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"greenfill/completion/sandbox"
)

// version is set by the linker in a release.
var version = "development"

// The exit codes of every subcommand.
const (
	exitPassed      = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

type commands struct {
	Complete completeCmd `cmd:"" help:"Complete the unwritten functions of a Python file with bodies that pass its asserts."`
	Check    checkCmd    `cmd:"" help:"Run written functions against the file's own asserts, in the sandbox."`
	LSP      lspCmd      `cmd:"" name:"lsp" help:"Serve verified completions to an editor, on standard input and output."`
	Demo     demoCmd     `cmd:"" help:"Complete a few example functions, and show how it goes. Fetches the default model if there is none."`
	Model    modelCmd    `cmd:"" help:"List, fetch, verify and remove models."`
	Doctor   doctorCmd   `cmd:"" help:"Say what is found on this machine, what is missing, and what to do about it."`
	Bench    benchCmd    `cmd:"" help:"Measure: MBPP as in the paper behind Greenfill, and the engine."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// An env is what a subcommand may use of the world.
type env struct {
	ctx    context.Context
	stdout io.Writer
	stderr io.Writer
}

func main() {
	sandbox.Main() // in a sandboxed child this does not return
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the command line: it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		args = []string{"--help"}
	}
	var cli commands
	exited := -1
	parser, err := kong.New(&cli,
		kong.Name("greenfill"),
		kong.Description("Completes Python functions with bodies that pass their own asserts. Offline."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited = code; panic(exitEarly{}) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		panic(err) // the struct above is wrong
	}
	command, err := parse(parser, args)
	switch {
	case exited >= 0:
		return exited
	case err != nil:
		fmt.Fprintf(stderr, "greenfill: %v\n", err)
		return exitUsage
	}
	err = command.Run(&env{ctx, stdout, stderr})
	var code exitCode
	switch {
	case err == nil:
		return exitPassed
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "greenfill: interrupted")
		return exitInterrupted
	}
	fmt.Fprintf(stderr, "greenfill: %v\n", err)
	return exitUsage
}

// exitEarly unwinds kong, which wants to end the process after printing help.
type exitEarly struct{}

func parse(parser *kong.Kong, args []string) (ctx *kong.Context, err error) {
	defer func() {
		if r := recover(); r != nil {
			if _, early := r.(exitEarly); !early {
				panic(r)
			}
		}
	}()
	return parser.Parse(args)
}

// An exitCode is an error that has been told to the user already.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// usage is an error of the user's, in one sentence that says what to do.
func usage(format string, args ...any) error { return fmt.Errorf(format, args...) }

// reason is what the system says, without the operation and the path.
func reason(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

type versionCmd struct{}

func (versionCmd) Run(e *env) error {
	fmt.Fprintln(e.stdout, "greenfill "+version)
	return nil
}
