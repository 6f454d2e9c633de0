//go:build cgo || ci

// Command grove-desktop is Grove with a window: the engine of grove, in the
// same process, under the window of ui.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"

	"grove/app"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/keyring"
	"grove/cmd/internal/system"
	"grove/ui"
	"grove/ui/look"
)

// version is set by the build.
var version = "dev"

// appID names the program to the desktop.
const appID = "org.grove.Grove"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// flags are the program's options.
type flags struct {
	data      string
	localOnly bool
	hidden    bool
	version   bool
	open      []string
}

func parse(args []string, out io.Writer) (f flags, err error) {
	set := flag.NewFlagSet("grove-desktop", flag.ContinueOnError)
	set.SetOutput(out)
	set.StringVar(&f.data, "data", "", "`folder` for Grove's own files (default $GROVE_DATA, else the system's place)")
	set.BoolVar(&f.localOnly, "local-only", false, "stay on this computer and its local network")
	set.BoolVar(&f.hidden, "hidden", false, "start in the tray, where there is one")
	set.BoolVar(&f.version, "version", false, "print the version")
	set.Usage = func() {
		fmt.Fprintf(out, "Usage: grove-desktop [flags] [LINK or FILE...]\n\nOpens Grove's window, and looks at the links and .grove files that are given.\nIn a terminal, grove does the same without a window.\n\n")
		set.PrintDefaults()
	}
	if err := set.Parse(args); err != nil {
		return f, err
	}
	for _, a := range set.Args() {
		// Relative to where the program was started, which is not where it stays.
		if path, err := filepath.Abs(a); err == nil {
			if _, err := os.Stat(path); err == nil {
				a = path
			}
		}
		f.open = append(f.open, a)
	}
	return f, nil
}

// run returns the exit code; the codes are those of grove.
func run(args []string, in io.Reader, out, errs io.Writer) int {
	if code, done := child(args, in, out, errs); done {
		return code
	}
	f, err := parse(args, errs)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case f.version:
		fmt.Fprintln(out, "grove-desktop", version)
		return 0
	}
	if err := system.Display(); err != nil {
		fmt.Fprintln(errs, err)
		return 2
	}
	a := fyneapp.NewWithID(appID)
	a.SetIcon(look.AppIcon())
	if err := show(a, f); err != nil {
		p := app.AsProblem(err)
		fmt.Fprintln(errs, "grove-desktop:", p)
		return p.Meaning().Exit
	}
	return 0
}

// child answers where the program was started by itself.
func child(args []string, in io.Reader, out, errs io.Writer) (code int, done bool) {
	var err error
	if len(args) == 3 && args[0] == "internal" && args[1] == "probe" {
		err, done = boot.Probe(args[2]), true
	} else {
		done, err = keyring.Answer(args, in, out)
	}
	if err != nil {
		p := app.AsProblem(err)
		fmt.Fprintln(errs, p)
		return p.Meaning().Exit, true
	}
	return 0, done
}

// show runs the window until the user quits, and then ends everything.
func show(a fyne.App, f flags) error {
	ctx := context.Background()
	b, err := startBackend(ctx, boot.Options{Data: f.data, LocalOnly: f.localOnly, UserAgent: "Grove/" + version, Around: system.Around})
	languages := system.Languages()
	if err != nil {
		ui.ShowFailure(a, err, languages)
		return err
	}
	d := newDesk(b)
	set, err := b.settings(ctx)
	if err == nil {
		err = speak(set.Window.Language)
	}
	if err == nil {
		ui.New(ui.Config{App: a, Engine: b, Desk: d, Settings: set, Language: languages, Open: f.open, Hidden: f.hidden, Notices: b.notices()}).Run()
	}
	d.close()
	return errors.Join(err, b.close())
}
