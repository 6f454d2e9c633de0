package storage

import (
	"errors"
	"fmt"

	"grove/app"
)

// trouble gives an error of the operating system the kind that the user can
// be told, with subject as what it concerns. Problems pass unchanged; errors
// that the user can do nothing about are wrapped.
func trouble(err error, subject string) error {
	if err == nil {
		return nil
	}
	var p *app.Problem
	if errors.As(err, &p) {
		return err
	}
	kind, text := classify(err)
	switch {
	case kind == "":
		return fmt.Errorf("storage: %s: %w", subject, err)
	case text != "":
		return app.NewProblem(kind, subject+" "+text, err)
	}
	return app.NewProblem(kind, subject, err)
}

// errnos maps error numbers to kinds; text completes the subject to a
// sentence where the kind has none of its own.
type errnos []struct {
	is   error
	kind app.ProblemKind
	text string
}

func classify(err error) (kind app.ProblemKind, text string) {
	for _, e := range diskErrors {
		if errors.Is(err, e.is) {
			return e.kind, e.text
		}
	}
	return "", ""
}

// isFault reports an error after which what was written may be lost.
func isFault(err error) bool {
	kind, _ := classify(err)
	return kind == app.DiskFault
}
