package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"grove/p2p"
)

// Text says a report to people. ascii leaves out what a terminal without
// Unicode cannot show.
func (r *Report) Text(ascii bool) string {
	var b strings.Builder
	r.groveText(&b)
	r.reachText(&b)
	r.findersText(&b)
	r.computerText(&b)
	if r.Link != nil {
		r.Link.text(&b)
	}
	if len(r.Advice) > 0 {
		head(&b, "What would help")
		for _, s := range r.Advice {
			fmt.Fprintf(&b, "  %s\n", s)
		}
	}
	if ascii {
		return strings.NewReplacer("✓", "+", "✗", "x", "…", "...", "·", "-").Replace(b.String())
	}
	return b.String()
}

func head(b *strings.Builder, s string) { fmt.Fprintf(b, "\n%s\n\n", s) }

// rows writes lines of cells, the columns aligned but for the last.
func rows(b *strings.Builder, all [][]string) {
	var width []int
	for _, row := range all {
		for i, cell := range row {
			if i == len(width) {
				width = append(width, 0)
			}
			if i < len(row)-1 {
				width[i] = max(width[i], utf8.RuneCountInString(cell))
			}
		}
	}
	for _, row := range all {
		line := " "
		for i, cell := range row {
			line += " " + cell
			if i < len(row)-1 {
				line += strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell)+1)
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

func (r *Report) groveText(b *strings.Builder) {
	g := r.Grove
	name := "Grove " + g.Version
	if len(g.Commit) >= 8 {
		name += " (" + g.Commit[:8] + ")"
	}
	fmt.Fprintf(b, "%s, %s %s\n\n", name, g.Go, g.System)
	all := [][]string{{"data folder", g.Data}, {"", g.State + " " + count(g.Transfers, "package", "packages") + " on the list."}}
	for _, s := range r.Settings {
		all = append(all, []string{s.Name, s.Value}, []string{"", s.Means})
	}
	rows(b, all)
}

// stateWords are the states of a way in, for people.
var stateWords = map[string]string{
	string(p2p.WayPublic): "yes", string(p2p.WayPunched): "with a relay's help", string(p2p.WayRelayed): "perhaps, by a relay",
	string(p2p.WayNone): "no", string(p2p.WayUnknown): "not known",
}

func (r *Report) reachText(b *strings.Builder) {
	head(b, "Can others reach this computer?")
	fmt.Fprintf(b, "  %s\n", r.Reach.Summary)
	if len(r.Reach.Ways) > 0 {
		b.WriteString("\n")
		rows(b, r.Reach.table())
		b.WriteString("\n")
		rows(b, r.Reach.reasons())
	}
	var more [][]string
	add := func(what string, values []string) {
		for _, v := range values {
			more, what = append(more, []string{what, v}), ""
		}
	}
	var open []string
	for _, w := range r.Reach.Ways {
		open = append(open, w.Addrs...)
	}
	add("addresses", open)
	add("listens", r.Reach.Listen)
	add("router", r.Reach.Mapped)
	add("seen as", r.Reach.Observed)
	for i, y := range r.Reach.Relays {
		what := ""
		if i == 0 {
			what = "relays"
		}
		more = append(more, []string{what, y.Addr}, []string{"", y.text()})
	}
	if r.Reach.State != StateOff {
		more = append(more, []string{"connections", itoa(int64(r.Reach.Conns)) + " now"})
	}
	if r.Reach.Missed > 0 {
		more = append(more, []string{"missed", count(r.Reach.Missed, "computer", "computers") + " came by a relay in the last ten minutes and found no direct way in"})
	}
	if r.Reach.Interference != "" {
		more = append(more, []string{"on the way", r.Reach.Interference})
	}
	if len(more) > 0 {
		b.WriteString("\n")
		rows(b, more)
	}
}

func (y Relay) text() string {
	switch {
	case y.Error != "":
		return "does not help: " + y.Error
	case y.Until.IsZero():
		return "has not answered yet"
	}
	return "keeps a place for this computer until " + y.Until.UTC().Format("15:04") + " UTC"
}

// table is families by transports.
func (r Reach) table() [][]string {
	out := [][]string{{"", "TCP", "QUIC"}}
	for _, family := range []string{"IPv4", "IPv6"} {
		row := []string{family, "not listening", "not listening"}
		for _, w := range r.Ways {
			if i := slices.Index(out[0], w.Transport); w.Family == family && i > 0 {
				row[i] = word(w.State)
			}
		}
		out = append(out, row)
	}
	return out
}

func word(state string) string {
	if s, ok := stateWords[state]; ok {
		return s
	}
	return state
}

// reasons is each reason once, with the ways that it is of.
func (r Reach) reasons() [][]string {
	var out [][]string
	for _, w := range r.Ways {
		why := word(w.State) + ": " + clean(w.Why)
		if w.Why == "" {
			why = word(w.State)
		}
		i := slices.IndexFunc(out, func(row []string) bool { return row[1] == why })
		if i < 0 {
			out = append(out, []string{"", why})
			i = len(out) - 1
		} else {
			out[i][0] += ", "
		}
		out[i][0] += w.Family + " " + w.Transport
	}
	if len(out) == 1 {
		out[0][0] = "all"
	}
	return out
}

// finderWords are what finders are called.
var finderWords = map[string]string{"lan": "local network", "tracker": "trackers", "exchange": "others' lists", "dht": "hash table"}

func (r *Report) findersText(b *strings.Builder) {
	head(b, "Who answers?")
	if len(r.Finders) == 0 {
		b.WriteString("  Nobody is looked for.\n")
		return
	}
	var all [][]string
	for _, f := range r.Finders {
		name := finderWords[f.Name]
		if name == "" {
			name = clean(f.Name)
		}
		says := clean(f.Says)
		if f.Where != "" {
			says = clean(f.Where) + " " + says
		}
		if !f.Last.IsZero() && f.Error == "" && (f.Found > 0 || f.Where != "") {
			says += ", last at " + f.Last.UTC().Format("15:04:05") + " UTC"
		}
		all = append(all, []string{name, says})
	}
	rows(b, all)
}

func (r *Report) computerText(b *strings.Builder) {
	c := r.Computer
	head(b, "This computer")
	clock := c.Time.Format(time.DateTime) + " UTC"
	if c.ClockWrong != "" {
		clock += "; " + c.ClockWrong
	}
	all := [][]string{{"clock", clock}}
	for _, d := range c.Disks {
		room := size(d.Free) + " free in " + d.Folder
		if d.Error != "" {
			room = d.Folder + ": " + d.Error
		}
		all = append(all, []string{d.What, room})
	}
	for _, f := range c.Buffers {
		says := size(f.Have)
		if f.Have < f.Want {
			says += ", less than the " + size(f.Want) + " that QUIC asks for"
		}
		all = append(all, []string{f.Name, says})
	}
	if c.OpenFiles > 0 {
		says := itoa(int64(c.OpenFiles))
		if c.OpenFiles > 1<<40 {
			says = "no limit"
		}
		all = append(all, []string{"open files", says})
	}
	all = append(all, []string{"IPv4", familyText(c.IPv4)}, []string{"IPv6", familyText(c.IPv6)})
	for _, i := range c.Interfaces {
		all = append(all, []string{clean(i.Name), strings.Join(i.Addrs, ", ")})
	}
	rows(b, all)
}

func familyText(s string) string {
	switch s {
	case "global":
		return "this computer has an address"
	case "local":
		return "on the local network only"
	}
	return "this computer has no address"
}

// marks are the states of a step: the word says it, the mark is for the eye.
var marks = map[string]string{StepOK: "✓ ok", StepFailed: "✗ failed", StepSkipped: "· not asked"}

func (l *Link) text(b *strings.Builder) {
	head(b, "Does the link connect?")
	var all [][]string
	about := ""
	for _, s := range l.Steps {
		// An address with several steps is named once, alone on its line.
		if s.About != about && s.About != "" {
			all = append(all, []string{"", "", s.About})
		}
		about = s.About
		says := s.Says
		if s.State == StepSkipped {
			says = strings.TrimPrefix(says, "not asked: ")
		}
		if t := took(s.TookMS); t != "" {
			says += " (" + t + ")"
		}
		all = append(all, []string{marks[s.State], s.What, says})
	}
	rows(b, all)
	fmt.Fprintf(b, "\n  %s\n", l.Conclusion)
}
