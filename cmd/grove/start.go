package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"grove/app"
	"grove/cmd/internal/boot"
	"grove/storage"
)

// dataFolder is the data folder of this run.
func dataFolder(t *terminal) (string, error) { return boot.Folder(t.data) }

// start starts everything a transfer needs.
func (t *terminal) start(ctx context.Context, o boot.Options) (*boot.Grove, error) {
	o.Data = t.data
	if t.verbose > 1 {
		o.Log = slog.New(slog.NewTextHandler(t.errs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	g, err := boot.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	t.notice(g.Store)
	return g, nil
}

// openStore opens the data folder for a command that starts nothing.
func (t *terminal) openStore(ctx context.Context) (*storage.Store, error) {
	s, err := boot.OpenStore(ctx, t.data)
	if err != nil {
		return nil, err
	}
	t.notice(s)
	return s, nil
}

// notice tells what became of a database that was not as it was left.
func (t *terminal) notice(s *storage.Store) {
	if p := s.Notice(); p != nil {
		t.say("%s %s", p.Sentence(), p.Meaning().Advice)
	}
}

// say writes a message for people, unless they want none.
func (t *terminal) say(format string, args ...any) {
	if !t.quiet {
		fmt.Fprintf(t.errs, format+"\n", args...)
	}
}

// sayMore is say for those who want to hear more.
func (t *terminal) sayMore(format string, args ...any) {
	if t.verbose > 0 {
		t.say(format, args...)
	}
}

// hint adds what to type to a problem with this cause.
func hint(err, cause error, text string) error {
	if p := (*app.Problem)(nil); errors.As(err, &p) && errors.Is(p.Err, cause) {
		p.Err = fmt.Errorf("%w; %s", cause, text)
	}
	return err
}

// findRecord is the transfer that prefix means: the beginning of its own ID,
// or of its package's, that no other transfer has.
func findRecord(all []app.Record, prefix string) (app.Record, error) {
	var found []app.Record
	for _, rec := range all {
		if strings.HasPrefix(rec.ID.String(), prefix) || strings.HasPrefix(rec.Package.String(), prefix) {
			found = append(found, rec)
		}
	}
	switch {
	case prefix == "" || len(found) == 0:
		return app.Record{}, app.NewProblem(app.NotFound, fmt.Sprintf("%q in the list", prefix), errors.New("grove ls shows the list"))
	case len(found) > 1:
		return app.Record{}, app.NewProblem(app.BadInput, fmt.Sprintf("%q is the beginning of %d IDs; type more of it", prefix, len(found)), nil)
	}
	return found[0], nil
}

// shortID is enough of a transfer's ID for people to type.
func shortID(rec app.Record) string { return rec.ID.String()[:8] }
