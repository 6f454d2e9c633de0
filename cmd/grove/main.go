// Command grove is Grove's terminal program and headless node: it signs,
// shares, publishes and downloads packages. Pure Go, no cgo.
//
// Data goes to stdout, progress and messages to stderr. Every failure is an
// app.Problem, whose kind decides the exit code.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"grove/app"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit code.
func run(args []string, in io.Reader, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), interrupts...)
	defer stop()
	// The first interrupt ends the command in order; the next one finds nobody
	// listening and ends the process.
	context.AfterFunc(ctx, stop)
	return runUntil(ctx, args, in, out, errs)
}

// runUntil is run that ends in order when ctx does.
func runUntil(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	t := &terminal{in: in, out: out, errs: errs}
	root := newRoot(t)
	root.SetArgs(args)
	c, err := root.ExecuteContextC(ctx)
	return t.exit(c, err)
}

// terminal is what every command has in hand: where it reads and writes, and
// the flags that all commands share.
type terminal struct {
	in        io.Reader
	out, errs io.Writer
	data      string // --data
	quiet     bool   // --quiet
	verbose   int    // -v
	// keys reads the answers to all questions, because it may have read ahead;
	// nil before the first.
	keys *term.Terminal
}

func newRoot(t *terminal) *cobra.Command {
	root := &cobra.Command{
		Use:           "grove",
		Short:         "Download and share signed packages, from people and from the publisher's server at once",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetIn(t.in)
	root.SetOut(t.out)
	root.SetErr(t.errs)
	f := root.PersistentFlags()
	f.StringVar(&t.data, "data", "", "data folder (default: GROVE_DATA, else the system's place for program data)")
	f.BoolVarP(&t.quiet, "quiet", "q", false, "print nothing but results and problems")
	f.CountVarP(&t.verbose, "verbose", "v", "say more; twice for the network's log")
	root.AddCommand(commands(t)...)
	return root
}

// exit prints what went wrong in c, with what to do about it, and returns the exit
// code of its kind.
func (t *terminal) exit(c *cobra.Command, err error) int {
	if err == nil {
		return 0
	}
	if errors.Is(err, declined{}) {
		fmt.Fprintln(t.errs, "Nothing was downloaded.")
		return 1
	}
	var p *app.Problem
	if !errors.As(err, &p) {
		if errors.Is(err, context.Canceled) {
			p = app.NewProblem(app.Stopped, "the command", nil)
		} else {
			// Everything cobra itself reports is about the command line.
			p = app.NewProblem(app.BadInput, err.Error(), nil)
		}
	}
	fmt.Fprintln(t.errs, "grove: "+clean(p.Error()))
	if p.Kind == app.BadInput {
		fmt.Fprintf(t.errs, "Usage: %s. More: %s --help.\n", c.UseLine(), c.CommandPath())
	} else {
		fmt.Fprintln(t.errs, p.Meaning().Advice)
	}
	return p.Meaning().Exit
}
