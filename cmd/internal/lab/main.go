// Command lab shows how Groves find and reach each other, and how fast a crowd
// of them is: the real program in network namespaces of this machine, which
// are a small internet of their own. It needs root, iproute2 and nftables, and
// for crowds nginx, curl and libtorrent, sends nothing outside, and leaves
// nothing behind.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// lab is one run.
type lab struct {
	prefix string // of the names of its namespaces
	dir    string
	grove  string // the program
	self   string // this program, for what it does in a namespace
	runs   int    // of each crowd
	trials int    // of the scenario budget

	mounted bool // the folder in memory
}

// row is one line of the result.
type row struct {
	scenario, what, expected, measured string
	ok                                 bool
}

// trial is one scenario at work.
type trial struct {
	lab  *lab
	ctx  context.Context
	name string
	rows []row
}

// shows adds a row.
func (t *trial) shows(ok bool, what, expected, format string, args ...any) {
	r := row{t.name, what, expected, fmt.Sprintf(format, args...), ok}
	t.rows = append(t.rows, r)
	fmt.Fprintln(os.Stderr, r.text())
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == "part" {
		if err := play(os.Args[2], os.Args[3:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if err := show(); err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1)
	}
}

func show() (err error) {
	grove := flag.String("grove", "bin/grove", "the program to show")
	only := flag.String("only", "", "run these scenarios, with commas between them")
	list := flag.Bool("list", false, "list the scenarios")
	md := flag.Bool("md", false, "print the table as Markdown on stdout")
	runs := flag.Int("runs", 3, "measure each crowd so often; the table has the medians")
	trials := flag.Int("trials", 200, "how often budgets are tried")
	keep := flag.String("keep", "", "keep the logs of everything in this `folder`")
	flag.Parse()
	if *list {
		for _, s := range scenarios {
			fmt.Printf("%-13s %s\n", s.name, s.about)
		}
		return nil
	}
	if *runs < 1 || *trials < 1 {
		return fmt.Errorf("-runs %d, -trials %d: at least 1 is needed", *runs, *trials)
	}
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	l, err := newLab(*grove, *keep)
	if err != nil {
		return err
	}
	if *keep == "" {
		defer os.RemoveAll(l.dir)
	}
	l.runs, l.trials = *runs, *trials
	defer func() { err = errors.Join(err, l.forget()) }()
	rows := l.runAll(ctx, chosen)
	if ctx.Err() != nil {
		return errors.New("stopped")
	}
	if *md {
		printTable(os.Stdout, rows)
	}
	for _, r := range rows {
		if !r.ok {
			return errors.New("not everything is as expected")
		}
	}
	return nil
}

func newLab(grove, keep string) (*lab, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("network namespaces need root")
	}
	for _, tool := range []string{"ip", "nft", "tc"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, err
		}
	}
	l := &lab{prefix: fmt.Sprintf("grlab-%d-", os.Getpid())}
	var err error
	if l.grove, err = filepath.Abs(grove); err != nil {
		return nil, err
	}
	if _, err := os.Stat(l.grove); err != nil {
		return nil, err
	}
	if l.self, err = os.Executable(); err != nil {
		return nil, err
	}
	if keep != "" {
		if l.dir, err = filepath.Abs(keep); err == nil {
			err = os.MkdirAll(l.dir, 0o755)
		}
	} else {
		l.dir, err = os.MkdirTemp("", "grove-lab-")
	}
	sweep()
	sweepMemory()
	return l, err
}

// choose is the scenarios named, or all.
func choose(only string) (chosen []scenario, err error) {
	if only == "" {
		return scenarios, nil
	}
next:
	for name := range strings.SplitSeq(only, ",") {
		switch name {
		case "crowd":
			chosen = append(chosen, crowds()...)
			continue
		case "line":
			chosen = append(chosen, uplinks()...)
			chosen = append(chosen, gentles()...)
			continue
		case "meet":
			chosen = append(chosen, meetings...)
			continue
		case "manners":
			chosen = append(chosen, manners()...)
			continue
		}
		for _, s := range scenarios {
			if s.name == name {
				chosen = append(chosen, s)
				continue next
			}
		}
		return nil, fmt.Errorf("there is no scenario %q; -list lists them", name)
	}
	return chosen, nil
}

// scenario is one thing that is shown.
type scenario struct {
	name, about string
	limit       time.Duration
	run         func(*trial)
	// aside is for what mostly waits: it runs beside the others, and what it
	// measures does not depend on how busy the machine is.
	aside bool
	// each is for what is measured again and again, alone: the limit is for one
	// of the runs.
	each bool
}

// runAll runs scenarios one after the other, and beside them, one after the
// other, those that are aside. The rows are in the order of chosen.
func (l *lab) runAll(ctx context.Context, chosen []scenario) (rows []row) {
	all := make([][]row, len(chosen))
	var beside sync.WaitGroup
	beside.Go(func() {
		for i, s := range chosen {
			if s.aside && ctx.Err() == nil {
				all[i] = l.runScenario(ctx, s)
			}
		}
	})
	for i, s := range chosen {
		if s.each {
			beside.Wait() // what is measured has the machine to itself
		}
		if !s.aside && ctx.Err() == nil {
			all[i] = l.runScenario(ctx, s)
		}
	}
	beside.Wait()
	return slices.Concat(all...)
}

// runScenario runs one scenario. What it made is gone when this returns,
// however it ended.
func (l *lab) runScenario(ctx context.Context, s scenario) []row {
	fmt.Fprintf(os.Stderr, "%s: %s\n", s.name, s.about)
	limit := s.limit
	if s.each {
		limit *= time.Duration(l.runs)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	t := &trial{lab: l, ctx: ctx, name: s.name}
	began := time.Now()
	s.run(t)
	fmt.Fprintf(os.Stderr, "%s took %s\n", s.name, seconds(time.Since(began)))
	return t.rows
}

// in runs f in a world of its own. A fault there is a row, and what follows
// goes on.
func (t *trial) in(name string, v4, v6 bool, f func(*world)) {
	if t.ctx.Err() != nil {
		t.shows(false, name, "has its time", "%v", t.ctx.Err())
		return
	}
	w := &world{lab: t.lab, ctx: t.ctx, name: t.name, v4: v4, v6: v6, dir: filepath.Join(t.lab.dir, t.name, strings.ReplaceAll(name, " ", "-"))}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case fault:
			t.shows(false, name, "ends", "%s", short(errors.Join(p.error, t.ctx.Err()).Error()))
		default:
			t.shows(false, name, "ends", "panic: %v", p)
			_, _ = os.Stderr.Write(debug.Stack())
		}
	}()
	defer w.close()
	w.must(os.RemoveAll(w.dir))
	w.must(os.MkdirAll(w.dir, 0o755))
	f(w)
}

// inEach runs f in a world of IPv4 and in one of IPv6. fam is what the second
// adds to the text of a row.
func (t *trial) inEach(name string, f func(w *world, fam string)) {
	t.in(name, true, false, func(w *world) { f(w, "") })
	t.in(name+" IPv6", false, true, func(w *world) { f(w, ", IPv6 only") })
}

func (r row) text() string {
	mark := "ok  "
	if !r.ok {
		mark = "MISS"
	}
	return fmt.Sprintf("%-13s  %s %s: %s (expected: %s)", r.scenario, mark, r.what, r.measured, r.expected)
}

func printTable(w io.Writer, rows []row) {
	fmt.Fprintln(w, "| Scenario | What | Expected | Measured | |\n|---|---|---|---|---|")
	cell := strings.NewReplacer("|", "\\|", "\n", " ")
	for _, r := range rows {
		mark := "ok"
		if !r.ok {
			mark = "**missed**"
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s |\n", r.scenario, cell.Replace(r.what), cell.Replace(r.expected), cell.Replace(r.measured), mark)
	}
}

func short(s string) string {
	if r := []rune(s); len(r) > 400 {
		return string(r[:400]) + " ..."
	}
	return s
}
