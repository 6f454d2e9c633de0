package main

import (
	"fmt"
	"strings"

	"grove/app"
)

// The functions in this file turn a view into text and do nothing else.

// style is what a terminal can show.
type style struct {
	width  int // cells of a line
	colour bool
}

// Peers are green and the origin is blue, everywhere in Grove. Where there is
// no colour the letters tell them apart.
const (
	green = "\x1b[32m"
	blue  = "\x1b[94m"
	dim   = "\x1b[2m"
	plain = "\x1b[0m"
)

const gap = "  "

// liveLine is the one line that is written over while a transfer runs. It is
// shorter than the width, so that no terminal wraps it.
func liveLine(v app.View, s style) string {
	switch v.State {
	case app.Resolving, app.Offered, app.Queued, app.Paused, app.Failed:
		return nameAnd(v, s, stateText(v))
	case app.Checking:
		return barLine(v, s, bar{whole: 1000, here: int64(v.Checked * 1000)},
			[]string{fmt.Sprintf("%3d %%", int(v.Checked*100)), "checking"})
	case app.Seeding:
		return nameAnd(v, s, sharingText(v))
	}
	parts := []string{
		fmt.Sprintf("%3d %%", percent(v.Have, v.Size)),
		padLeft(rateText(v.Rates.Down()), len("11.2 MB/s")),
		pad(leftText(v.Left), len("50 min")),
		sourcesText(v),
	}
	c := v.Counts
	return barLine(v, s, bar{whole: v.Size, here: v.Have - c.Peers - c.Origin, peers: c.Peers, origin: c.Origin}, parts)
}

// barLine joins name, bar and parts. Where there is no room the parts go from
// the right; the first one stays.
func barLine(v app.View, s style, b bar, parts []string) string {
	room := s.width - 1
	rest := strings.Join(parts, gap)
	for len(parts) > 1 && room-columns(rest)-2*len(gap) < minName+minBar {
		parts = parts[:len(parts)-1]
		rest = strings.Join(parts, gap)
	}
	name := foreign(v.Name)
	left := room - columns(rest) - 2*len(gap)
	if left < minName+minBar {
		return cut(name+gap+rest, room)
	}
	width := min(max(left-columns(name), min(goodBar, left/2)), maxBar)
	return cut(name, left-width) + gap + b.draw(width, s.colour) + gap + strings.TrimRight(rest, " ")
}

const (
	minName = 6
	minBar  = 6
	goodBar = 12 // a long name gives way to that
	maxBar  = 30
)

func nameAnd(v app.View, s style, text string) string {
	room := s.width - 1
	return cut(cut(foreign(v.Name), max(minName, room-columns(text)-len(gap)))+gap+text, room)
}

// bar is the parts of a whole, in bytes.
type bar struct{ whole, here, peers, origin int64 }

// draw is the bar in n cells: what was here before, peers, origin, the rest.
func (b bar) draw(n int, colour bool) string {
	filled := n
	if done := max(b.here, 0) + b.peers + b.origin; done < b.whole {
		filled = int(float64(n) * float64(done) / float64(b.whole))
	}
	here, origin := 0, 0
	if known := max(b.here, 0) + b.peers + b.origin; known > 0 {
		here = int(float64(filled)*float64(max(b.here, 0))/float64(known) + 0.5)
		origin = int(float64(filled)*float64(b.origin)/float64(known) + 0.5)
	}
	here = min(here, filled)
	origin = min(origin, filled-here)
	peers := filled - here - origin
	if !colour {
		return strings.Repeat("-", here) + strings.Repeat("#", peers) + strings.Repeat("=", origin) + strings.Repeat(".", n-filled)
	}
	part := func(code, cell string, n int) string {
		if n == 0 {
			return ""
		}
		return code + strings.Repeat(cell, n) + plain
	}
	return part("", "█", here) + part(green, "█", peers) + part(blue, "▓", origin) + part(dim, "░", n-filled)
}

// stateText is a state in words, for lists and lines.
func stateText(v app.View) string {
	switch v.State {
	case app.Resolving:
		return "looking it up"
	case app.Offered:
		return "waiting for your yes"
	case app.Queued:
		return "waiting for its turn"
	case app.Checking:
		return "checking what is here"
	case app.Downloading:
		return "downloading"
	case app.Seeding:
		return "sharing"
	case app.Done:
		return "complete"
	case app.Paused:
		return "paused"
	case app.Failed:
		return "stopped, needs you"
	}
	return string(v.State)
}

// sourcesText says who is there and what came from the origin.
func sourcesText(v app.View) string {
	if v.Yields {
		return "leaving the line to others" // who sends what little comes says less
	}
	var parts []string
	people, origin := 0, v.Counts.Origin > 0
	for _, s := range v.Sources {
		switch {
		case s.Kind == app.KindPeer && s.Connected:
			people++
		case s.Kind != app.KindPeer && s.Bytes > 0:
			origin = true
		}
	}
	if people > 0 || v.Counts.Peers > 0 {
		parts = append(parts, fmt.Sprintf("people %d", people))
	}
	if origin {
		parts = append(parts, fmt.Sprintf("origin %d %%", share(v.Counts.Origin, v.Counts.Peers+v.Counts.Origin)))
	}
	return strings.Join(parts, " · ")
}

// sharingText is what a shared package gives.
func sharingText(v app.View) string {
	missed := ""
	if n := v.Serving.Missed; n > 0 {
		missed = fmt.Sprintf("%s%d could not get through", gap, n)
	}
	return fmt.Sprintf("people %d%sgiven %s%s%s%s", v.Serving.Peers, gap, sizeText(v.Counts.Given), gap, rateText(v.Rates.Given), missed)
}

// plainLine is a line of a log: everything in words, nothing in columns.
func plainLine(v app.View) string {
	name := foreign(v.Name)
	switch v.State {
	case app.Seeding:
		return fmt.Sprintf("%s: people %d, given %s, %s", name, v.Serving.Peers, sizeText(v.Counts.Given), rateText(v.Rates.Given))
	case app.Checking:
		return fmt.Sprintf("%s: checking, %d %%", name, int(v.Checked*100))
	case app.Downloading:
	default:
		return name + ": " + stateText(v)
	}
	parts := []string{fmt.Sprintf("%d %% of %s", percent(v.Have, v.Size), sizeText(v.Size)), rateText(v.Rates.Down())}
	if left := leftText(v.Left); left != "" {
		parts = append(parts, left+" left")
	}
	if s := sourcesText(v); s != "" {
		parts = append(parts, strings.ReplaceAll(s, " · ", ", "))
	}
	return name + ": " + strings.Join(parts, ", ")
}

// reasonText says why a transfer is slow or stopped and what to do; "" if it
// is neither.
func reasonText(v app.View) string {
	if v.Problem == nil {
		return ""
	}
	return clean(v.Problem.Error()) + " " + v.Problem.Meaning().Advice
}

// together shows several transfers as one. Shares are left out while anything
// is still to come.
func together(views []app.View) app.View {
	var some []app.View
	for _, v := range views {
		if v.State != app.Seeding && v.State != app.Done {
			some = append(some, v)
		}
	}
	switch {
	case len(views) == 1:
		return views[0]
	case len(some) == 0:
		some = views
	}
	sum := app.View{Name: count(len(some), "transfer", "transfers"), State: some[0].State, Left: -1}
	for _, v := range some {
		if v.State == app.Downloading {
			sum.State = app.Downloading
		}
		sum.Size += v.Size
		sum.Have += v.Have
		sum.Counts = sum.Counts.Plus(v.Counts)
		sum.Rates.Peers += v.Rates.Peers
		sum.Rates.Origin += v.Rates.Origin
		sum.Rates.Given += v.Rates.Given
		sum.Serving.Peers += v.Serving.Peers
		sum.Left = max(sum.Left, v.Left)
		sum.Sources = append(sum.Sources, v.Sources...)
	}
	return sum
}
