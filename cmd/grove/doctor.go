package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/adrg/xdg"
	"github.com/spf13/cobra"

	"grove/app"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/doctor"
	"grove/cmd/internal/sharing"
)

// doctorFlags are the flags of doctor.
type doctorFlags struct {
	json   bool
	wait   time.Duration // --for
	bundle string
}

func newDoctor(t *terminal) *cobra.Command {
	var f doctorFlags
	c := &cobra.Command{
		Use:   "doctor [LINK | FILE.grove | URL]",
		Short: "Find out what keeps this computer and others apart",
		Long: `Find out what keeps this computer and others apart.

It starts Grove for some seconds and says whether others can reach this
computer and how, who answers, and what of this computer is in the way. With a
link or a package it also says, step by step, whether that can be reached, and
if not, why and what would help. Nothing is downloaded; of a package, a few
pieces are fetched from each origin, compared and thrown away.

--bundle writes all of it to an archive that can be sent to somebody who helps.
Addresses, names, links, paths and keys are taken out of it first; unzip -p
shows every byte before it is sent. Codes such as ip-a or peer-b stand for
what was there, the same code for the same thing.

The exit code is 0, or 6 when the link cannot be reached.`,
		Example: `  grove doctor
  grove doctor 'grove:1/mzxw6...'
  grove doctor --bundle report.zip`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return t.doctor(c.Context(), args, f) },
	}
	fl := c.Flags()
	fl.BoolVar(&f.json, "json", false, "print one JSON object")
	fl.DurationVar(&f.wait, "for", 20*time.Second, "wait so long for what is not known at once; with a link, up to three times as long")
	fl.StringVar(&f.bundle, "bundle", "", "write what was found, without names and addresses, to a `FILE.zip` that is not there yet")
	return c
}

func (t *terminal) doctor(ctx context.Context, args []string, f doctorFlags) error {
	o := doctor.Options{Build: doctorBuild(), For: f.wait}
	if f.wait <= 0 {
		return app.NewProblem(app.BadInput, "--for must be some seconds", nil)
	}
	if len(args) > 0 {
		lead, err := sharing.ReadLead(args[0])
		if err != nil {
			return err
		}
		o.Lead = &lead
	}
	if f.bundle != "" { // said now rather than after the work
		if _, err := os.Lstat(f.bundle); !errors.Is(err, fs.ErrNotExist) {
			return app.NewProblem(app.TargetExists, f.bundle, nil)
		}
	}
	r, b, err := t.examine(ctx, o, f.bundle != "")
	if err != nil {
		return err
	}
	if f.json {
		err = t.printJSON(struct {
			stamp
			*doctor.Report
		}{newStamp("doctor"), r})
	} else {
		_, err = t.out.Write([]byte(r.Text(!unicodeTerminal())))
	}
	if err == nil && b != nil {
		err = t.writeBundle(f.bundle, b)
	}
	return errors.Join(err, r.Err())
}

// examine starts Grove, asks it, and stops it.
func (t *terminal) examine(ctx context.Context, o doctor.Options, bundle bool) (r *doctor.Report, b *doctor.Bundle, err error) {
	journal := doctor.NewJournal()
	start := boot.Options{Data: t.data, UserAgent: "Grove", Built: o.Build.Built, Log: t.doctorLog(journal, bundle)}
	g, err := boot.Start(ctx, start)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if cerr := g.Close(); err == nil {
			err = cerr
		}
	}()
	set, _ := app.LoadSettings(g.Store) // the report says why they cannot be used
	if o.Downloads = set.Folder; o.Downloads == "" {
		o.Downloads = xdg.UserDirs.Download
	}
	t.say("Looking around for up to %s ...", leftText(o.For))
	r = doctor.Examine(ctx, g, o)
	if ctx.Err() != nil {
		return nil, nil, app.NewProblem(app.Stopped, "Looking around", nil)
	}
	if bundle {
		b, err = doctor.NewBundle(g, r, o, journal)
	}
	return r, b, err
}

// doctorLog is where the network writes: to the journal of a bundle, to the
// terminal with -vv, or to both.
func (t *terminal) doctorLog(j *doctor.Journal, bundle bool) *slog.Logger {
	var to []slog.Handler
	if bundle {
		to = append(to, j)
	}
	if t.verbose > 1 {
		to = append(to, slog.NewTextHandler(t.errs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	switch len(to) {
	case 0:
		return nil
	case 1:
		return slog.New(to[0])
	}
	return slog.New(slog.NewMultiHandler(to...))
}

func (t *terminal) writeBundle(path string, b *doctor.Bundle) error {
	if err := b.Write(path); err != nil {
		return err
	}
	t.say("")
	t.say("Wrote an archive with")
	for _, f := range b.Files {
		t.say("  %s%s%s, %s", pad(f.Name, 14), gap, f.About, sizeText(int64(len(f.Data))))
	}
	t.say("Names, addresses, links, paths and keys are taken out. See for yourself before you send it: unzip -p FILE.zip | less")
	t.say("%s", path)
	return nil
}

// unicodeTerminal reports whether what is printed may hold more than ASCII.
func unicodeTerminal() bool {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return true
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(os.Getenv(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}

func doctorBuild() doctor.Build {
	b := readBuild()
	out := doctor.Build{Version: b.Version, Commit: b.Commit, Go: b.Go, Libp2p: b.Libp2p, System: b.System}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.time" {
				out.Built, _ = time.Parse(time.RFC3339, s.Value) // zero is not known
			}
		}
	}
	return out
}
