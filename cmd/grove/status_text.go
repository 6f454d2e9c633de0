package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"grove/app"
	"grove/cmd/internal/linetest"
	"grove/cmd/internal/local"
)

// statusText is a status in lines: giving first, then each transfer.
func statusText(s *local.Status) string {
	rows := [][]string{{"Grove", runsText(s)}}
	if s.Running {
		rows = append(rows, []string{"Giving now", givingNow(s)})
	}
	rows = append(rows, []string{"This month", monthText(s.Giving.Month)})
	if why := heldBackText(s); s.Running || why != "nothing" {
		rows = append(rows, []string{"Held back", why})
	}
	rows = append(rows, []string{"Limits", limitsText(s.Limits)})
	if s.Line != nil {
		rows = append(rows, []string{"Line", lineText(*s.Line)})
	}
	text := tableText(rows)
	if rows := statusRows(s.Transfers); len(rows) > 1 {
		text += "\n" + tableText(rows)
	}
	return text
}

func runsText(s *local.Status) string {
	switch {
	case !s.Running:
		return "is not running, so nothing is given"
	case s.Program == nil:
		return "runs"
	}
	return fmt.Sprintf("runs since %s (%s, process %d)", s.Program.Since.Local().Format("2 January, 15:04"), clean(s.Program.Name), s.Program.PID)
}

func givingNow(s *local.Status) string {
	to := count(s.Giving.Fetching, "computer", "computers")
	switch {
	case s.Giving.Rate >= 1:
		return rateText(s.Giving.Rate) + " to " + to
	case s.Giving.Fetching > 0:
		return "nothing; connected: " + to
	}
	return "nothing"
}

func monthText(m local.Month) string {
	given := sizeText(m.Given) + " given"
	if m.Left == nil {
		return given + ", without a budget"
	}
	return fmt.Sprintf("%s, %s of %s left", given, sizeText(*m.Left), sizeText(m.Budget))
}

// heldBackText is why something is not given that would be.
func heldBackText(s *local.Status) string {
	var why []string
	if !s.Peers {
		why = append(why, "there are no connections to other people")
	}
	for _, w := range s.Giving.HeldBack {
		why = append(why, heldBackWord(w))
	}
	if len(why) == 0 {
		return "nothing"
	}
	return strings.Join(why, "; ")
}

// heldBackWord explains a word of the status. One that is not known here says
// what it says.
func heldBackWord(w string) string {
	switch app.NotGiving(w) {
	case app.GivingOff:
		return "giving is switched off (grove config set giving.on on)"
	case app.GivingOverspent:
		return "the month's budget is used up, but for what you share yourself"
	case app.GivingPublisher:
		return "a publisher's budget is used up"
	case app.GivingCut:
		return "the network interface is not there"
	case app.GivingBattery:
		return "this computer runs on battery"
	case app.GivingMetered:
		return "the line is metered"
	case app.GivingVPN:
		return "everything goes through a VPN"
	case app.GivingFullScreen:
		return "a program fills the screen"
	}
	return strings.ReplaceAll(clean(w), "_", " ")
}

func limitsText(l local.Limits) string {
	one := func(n int64) string {
		if n == 0 {
			return "none"
		}
		return rateText(float64(n))
	}
	return fmt.Sprintf("up %s, down %s", one(l.Up), one(l.Down))
}

// lineText is what is known of the line.
func lineText(l local.Line) string {
	var known []string
	if l.Takes > 0 {
		known = append(known, "takes "+linetest.Mbit(l.Takes)+" up")
	}
	if l.Yields {
		known = append(known, "others fill it now, so Grove gives way")
	}
	return strings.Join(known, "; ")
}

// statusRows is the table of transfers. What is complete and not shared is
// only counted: nothing of it is given.
func statusRows(all []local.Transfer) [][]string {
	rows := [][]string{{"ID", "NAME", "STATE", "COMES", "GIVES", "TO", "GIVEN", "NOTE"}}
	done := 0
	for _, t := range all {
		if t.State == app.Done {
			done++
			continue
		}
		rows = append(rows, []string{t.Transfer[:min(8, len(t.Transfer))], cut(foreign(t.Name), 30), stateText(app.View{State: t.State}),
			rateCell(t.Rates.Peers + t.Rates.Origin), rateCell(t.Rates.Given), fmt.Sprint(t.Fetching), sizeText(t.Bytes.Given), noteText(t)})
	}
	if done > 0 {
		rows = append(rows, []string{"", count(done, "other", "others"), stateText(app.View{State: app.Done}), "", "", "", "", ""})
	}
	return rows
}

// rateCell is empty where nothing moves, so that what does is seen.
func rateCell(v float64) string {
	if v < 1 {
		return ""
	}
	return rateText(v)
}

// noteText is why a transfer is not given, else what is wrong with it.
func noteText(t local.Transfer) string {
	switch {
	case t.NotGiving != "":
		return "held back: " + heldBackWord(string(t.NotGiving))
	case t.Problem != nil:
		return clean(t.Problem.Text)
	}
	return ""
}

// statusLine is a status in one line of a log.
func statusLine(s *local.Status) string {
	if !s.Running {
		return "Grove " + runsText(s) + "; this month " + monthText(s.Giving.Month)
	}
	line := fmt.Sprintf("giving %s; this month %s", givingNow(s), monthText(s.Giving.Month))
	if why := heldBackText(s); why != "nothing" {
		line += "; held back: " + why
	}
	return s.Time.Local().Format("15:04:05") + "  " + line
}

// statusScreen writes a status over the one before.
type statusScreen struct {
	out   io.Writer
	lines int // of the one before
}

func (c *statusScreen) show(s *local.Status) error {
	width, height := screenSize(c.out)
	lines := strings.Split(strings.TrimSuffix(statusText(s), "\n"), "\n")
	if most := max(height-2, 1); len(lines) > most {
		more := count(len(lines)-most+1, "more line", "more lines")
		lines = append(lines[:most-1], "and "+more)
	}
	var b strings.Builder
	if c.lines > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", c.lines)
	}
	for _, l := range lines {
		b.WriteString("\r" + cut(l, width-1) + "\x1b[K\n")
	}
	b.WriteString("\x1b[J")
	c.lines = len(lines)
	_, err := io.WriteString(c.out, b.String())
	return err
}

// screenSize is how many cells a line has, and how many lines there are.
func screenSize(w io.Writer) (width, height int) {
	width, height = screenWidth(w), 24
	if f, ok := w.(*os.File); ok {
		if _, n, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			height = n
		}
	}
	return width, height
}
