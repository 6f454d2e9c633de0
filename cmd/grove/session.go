package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"grove/app"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/local"
	"grove/cmd/internal/system"
)

// session is a command at work: Grove running, and where to show it.
type session struct {
	t    *terminal
	g    *boot.Grove
	show shower
	json bool // stdout carries JSON lines and nothing else
}

// reportFlags say how a command that transfers shows what it does, and whether
// it minds what is around.
type reportFlags struct {
	progress   string
	json       bool
	giveAlways bool
}

func (r *reportFlags) add(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&r.progress, "progress", "auto", "how to show progress: "+strings.Join(progressWays, ", "))
	f.BoolVar(&r.json, "json", false, "print one JSON object a line on stdout; the last is the summary")
	f.BoolVar(&r.giveAlways, "give-always", false, "give also on battery, on a metered line, over a VPN and beside a full-screen program")
	_ = c.RegisterFlagCompletionFunc("progress", cobra.FixedCompletions(progressWays, cobra.ShellCompDirectiveNoFileComp)) // fails for a flag that is not there
}

// open starts Grove for a command.
func (t *terminal) open(ctx context.Context, o boot.Options, r reportFlags) (*session, error) {
	if r.json && r.progress == "auto" {
		r.progress = "json"
	}
	show, err := newShower(t, r.progress)
	if err != nil {
		return nil, err
	}
	if !r.giveAlways {
		o.Around = system.Around
	}
	g, err := t.start(ctx, o)
	if err != nil {
		return nil, err
	}
	return &session{t: t, g: g, show: show, json: r.json || r.progress == "json"}, nil
}

// close ends everything. What went wrong before matters more than what goes
// wrong now.
func (s *session) close(err error) error {
	if cerr := s.g.Close(); err == nil {
		err = cerr
	}
	return err
}

func (s *session) follower(patience time.Duration, ids ...uuid.UUID) *follower {
	return &follower{engine: s.g.Engine, ids: ids, show: s.show, patience: patience, verbose: s.t.verbose > 0,
		told: map[uuid.UUID]bool{}, kept: map[uuid.UUID]app.NotGiving{}, seen: map[string]string{}}
}

// event writes a line of JSON about a transfer, where that is wanted.
func (s *session) event(name string, v app.View, err error) {
	if !s.json {
		return
	}
	j := local.TransferOf(v)
	if err != nil {
		j.Problem = local.ProblemOf(app.AsProblem(err))
	}
	_ = s.t.printJSON(event{newStamp(name), j}) // whoever reads it may go away; the transfer goes on
}

// forget takes a transfer off the list that the engine does not have.
func (s *session) forget(rec app.Record) error {
	if err := s.g.Store.Remove(rec); err != nil {
		return err
	}
	return s.g.Store.DeleteTransfer(rec.ID)
}

// sayLate says text if the returned function is not called soon. After that
// nothing more is said.
func (s *session) sayLate(text string) (stop func()) {
	said := make(chan struct{})
	timer := time.AfterFunc(time.Second, func() {
		defer close(said)
		s.t.say("%s", text)
	})
	return func() {
		if !timer.Stop() {
			<-said
		}
	}
}

// sayResume says how to go on, for a transfer that was stopped.
func (s *session) sayResume(v app.View) {
	s.t.say("%s of %s are here. To go on: grove resume %s", sizeText(v.Have), sizeText(v.Size), v.ID.String()[:8])
}

// declined is the end of a command whose question was answered with no.
type declined struct{}

func (declined) Error() string { return "nothing was downloaded" }

// confirm asks for a yes; anything else is a no. BadInput where there is
// nobody to ask.
func (t *terminal) confirm(question string) error {
	said, err := t.answer(question)
	if err == nil && said != "y" && said != "yes" {
		err = declined{}
	}
	return err
}

// answer asks, and returns what was typed in small letters. It fails with declined where none
// came, and with BadInput where there is nobody to ask.
func (t *terminal) answer(question string) (string, error) {
	in, ok := t.in.(*os.File)
	if !ok || !t.canAsk() {
		return "", errNoQuestion
	}
	// Raw mode, as for passphrases: a blocked read does not see a context end.
	before, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return "", app.NewProblem(app.BadInput, "The terminal cannot be asked", err)
	}
	if t.keys == nil {
		t.keys = term.NewTerminal(struct {
			io.Reader
			io.Writer
		}{in, t.errs}, "")
	}
	t.keys.SetPrompt(question)
	said, err := t.keys.ReadLine()
	if rerr := term.Restore(int(in.Fd()), before); rerr != nil {
		return "", app.NewProblem(app.Internal, "the terminal", rerr)
	}
	if err != nil { // Ctrl-C, Ctrl-D, or the terminal is gone
		fmt.Fprintln(t.errs)
		return "", declined{}
	}
	return strings.ToLower(strings.TrimSpace(said)), nil
}

// canAsk reports whether somebody sees a question and can answer it.
func (t *terminal) canAsk() bool { return isTerminal(t.in) && isTerminal(t.errs) }

// errNoQuestion: consent is asked for on a terminal or given with --yes.
var errNoQuestion = app.NewProblem(app.BadInput, "There is no terminal to ask on; --yes downloads without asking", errors.New("nothing is downloaded without a yes"))
