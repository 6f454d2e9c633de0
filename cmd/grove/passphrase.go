package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"grove/app"
	"grove/cmd/internal/keyring"
)

// passphrase is the one that opens the key at path: from the environment, or
// asked for. KeyLocked where there is nobody to ask.
func (t *terminal) passphrase(path string) (string, error) {
	if p := os.Getenv(keyring.PassphraseVar); p != "" {
		return p, nil
	}
	answers, err := t.ask("Passphrase of " + path + ": ")
	if errors.Is(err, errNobody) {
		return "", app.NewProblem(app.KeyLocked, path, fmt.Errorf("it needs a passphrase; %w", err))
	}
	if err != nil {
		return "", err
	}
	if answers[0] == "" {
		return "", app.NewProblem(app.KeyLocked, path, errors.New("it needs a passphrase, and none was given"))
	}
	return answers[0], nil
}

// newPassphrase is a new one, asked for twice, or from the variable env.
// BadInput where it is empty, not twice the same, or there is nobody to ask.
func (t *terminal) newPassphrase(env, prompt string) (string, error) {
	if p := os.Getenv(env); p != "" {
		return p, nil
	}
	answers, err := t.ask(prompt+": ", "The same again: ")
	switch {
	case errors.Is(err, errNobody):
		return "", app.NewProblem(app.BadInput, "A passphrase is needed: set "+env+", or run this where it can be typed", nil)
	case err != nil:
		return "", err
	case answers[0] == "":
		return "", app.NewProblem(app.BadInput, "The passphrase is empty; --no-passphrase makes a key without one", nil)
	case answers[0] != answers[1]:
		return "", app.NewProblem(app.BadInput, "The two passphrases are not the same", nil)
	}
	return answers[0], nil
}

// errNobody: stdin is no terminal.
var errNobody = errors.New("set " + keyring.PassphraseVar + ", or run this where it can be typed")

// ask puts questions on stderr and reads the answers without showing them.
func (t *terminal) ask(prompts ...string) (answers []string, err error) {
	in, ok := t.in.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return nil, errNobody
	}
	// Raw mode: Ctrl-C is a byte that ends the question. As a signal it would
	// only cancel a context that a blocked read does not look at.
	before, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return nil, app.NewProblem(app.BadInput, "the terminal cannot hide what is typed", err)
	}
	defer func() { _ = term.Restore(int(in.Fd()), before) }() // nothing can be done about it

	// One reader for all questions: it may have read ahead.
	screen := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{in, t.errs}, "")
	for _, p := range prompts {
		a, err := screen.ReadPassword(p)
		if err != nil {
			fmt.Fprint(t.errs, "\r\n")
			return nil, app.NewProblem(app.Stopped, "The question for a passphrase", nil)
		}
		answers = append(answers, strings.TrimRight(a, "\r\n"))
	}
	return answers, nil
}
