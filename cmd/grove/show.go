package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"golang.org/x/term"

	"grove/app"
)

// shower puts before the user's eyes what happens to transfers. It is used by
// one goroutine.
type shower interface {
	// show takes the views of all transfers as they are now, as often as anybody
	// likes; it decides itself what is worth writing.
	show(now time.Time, views []app.View)
	// say writes a line that stays.
	say(text string)
	// end leaves the cursor on an empty line.
	end()
}

// progressWays are what --progress takes.
var progressWays = []string{"auto", "bar", "plain", "json", "none"}

const (
	liveEvery  = 200 * time.Millisecond
	plainSteps = 10 // percent
)

// newShower makes the shower that --progress asks for. json writes to stdout,
// everything else to stderr.
func newShower(t *terminal, how string) (shower, error) {
	switch how {
	case "json":
		return &jsonShower{quietShower: quietShower{t}, out: t.out, last: map[string]jsonTold{}}, nil
	case "auto", "bar", "plain", "none":
	default:
		return nil, app.NewProblem(app.BadInput, fmt.Sprintf("--progress is auto, bar, plain, json or none, not %q", how), nil)
	}
	switch {
	case t.quiet || how == "none":
		return quietShower{t}, nil
	case how == "plain", !redraws(t.errs):
		return &plainShower{out: t.errs, said: map[string]string{}}, nil
	}
	return &liveShower{out: t.errs, colour: os.Getenv("NO_COLOR") == "", said: map[string]string{}}, nil
}

// quietShower shows nothing as it goes.
type quietShower struct{ t *terminal }

func (quietShower) show(time.Time, []app.View) {}
func (q quietShower) say(text string)          { q.t.say("%s", text) }
func (quietShower) end()                       {}

// reasons finds what has to be said about views and was not said before.
func reasons(views []app.View, said map[string]string) []string {
	var fresh []string
	for _, v := range views {
		id, kind := v.ID.String(), ""
		if v.Problem != nil && v.State == app.Downloading { // a failed transfer ends with its problem anyway
			kind = string(v.Problem.Kind)
		}
		if kind != said[id] {
			if said[id] = kind; kind != "" {
				fresh = append(fresh, reasonText(v))
			} else {
				fresh = append(fresh, foreign(v.Name)+" goes on.")
			}
		}
	}
	return fresh
}

// liveShower writes one line over and over.
type liveShower struct {
	out    io.Writer
	colour bool
	next   time.Time
	last   string
	said   map[string]string
}

func (l *liveShower) show(now time.Time, views []app.View) {
	for _, text := range reasons(views, l.said) {
		l.say(text)
	}
	if len(views) == 0 || now.Before(l.next) {
		return
	}
	l.next = now.Add(liveEvery)
	l.draw(liveLine(together(views), style{screenWidth(l.out), l.colour}))
}

func (l *liveShower) draw(line string) {
	if line != l.last {
		fmt.Fprint(l.out, "\r"+line+"\x1b[K")
		l.last = line
	}
}

func (l *liveShower) say(text string) {
	fmt.Fprint(l.out, "\r\x1b[K"+text+"\n")
	last := l.last
	l.last = ""
	l.draw(last)
}

func (l *liveShower) end() {
	l.draw("")
	l.next = time.Time{}
}

// redraws reports whether lines can be written over on w.
func redraws(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("TERM") != "dumb" && controlCodes(w)
}

// screenWidth is how many cells a line has.
func screenWidth(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	return 80
}

// plainShower writes a line every ten seconds or ten percent, for logs.
type plainShower struct {
	out  io.Writer
	next time.Time
	step int
	said map[string]string
}

func (p *plainShower) show(now time.Time, views []app.View) {
	for _, text := range reasons(views, p.said) {
		p.say(text)
	}
	if len(views) == 0 {
		return
	}
	v := together(views)
	if v.State != app.Downloading && v.State != app.Seeding && v.State != app.Checking {
		return
	}
	step := p.step
	if v.State == app.Downloading {
		step = percent(v.Have, v.Size) / plainSteps
	}
	if p.next.IsZero() {
		p.next, p.step = now.Add(plainEvery), step // nothing has happened yet
		return
	}
	if now.Before(p.next) && step <= p.step {
		return
	}
	p.next, p.step = now.Add(plainEvery), step
	p.say(plainLine(v))
}

func (p *plainShower) say(text string) { fmt.Fprintln(p.out, text) }
func (*plainShower) end()              {}
