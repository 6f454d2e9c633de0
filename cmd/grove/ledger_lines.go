package main

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"grove/app"
	"grove/app/pack"
)

// booked is what grove ledger shows.
type booked struct {
	lines []line
	month app.Month
}

// line is a part of the ledger. What it is not about is empty: a sum of a day
// has no package.
type line struct {
	day, class string
	pkg        pack.ID
	name       string
	received   int64
	app.Counts
}

func (l *line) add(c app.Counts) {
	l.Counts = l.Plus(c)
	l.received = l.Peers + l.Origin
}

func linesOf(rows []app.LedgerRow) []line {
	return summed(rows, func(r app.LedgerRow) line { return line{day: r.Day, pkg: r.Package} })
}

func byDay(rows []app.LedgerRow) []line {
	return summed(rows, func(r app.LedgerRow) line { return line{day: r.Day} })
}

// byPackage: what moved most comes first.
func byPackage(rows []app.LedgerRow) []line {
	all := summed(rows, func(r app.LedgerRow) line { return line{pkg: r.Package} })
	slices.SortStableFunc(all, func(a, b line) int { return cmp.Compare(b.received+b.Given, a.received+a.Given) })
	return all
}

// summed adds up the rows of which key is the same, in their order. The latest
// name of a package is its name.
func summed(rows []app.LedgerRow, key func(app.LedgerRow) line) (all []line) {
	at := map[line]int{}
	for _, r := range rows {
		k := key(r)
		i, known := at[k]
		if !known {
			i = len(all)
			at[k] = i
			all = append(all, k)
		}
		if all[i].add(r.Counts); k.pkg != (pack.ID{}) {
			all[i].name = r.Name
		}
	}
	return all
}

// byClass has a line a class, whatever moved.
func byClass(rows []app.LedgerRow) []line {
	var sum line
	for _, r := range rows {
		sum.add(r.Counts)
	}
	all := []line{
		{class: "lan", received: sum.PeersLAN, Counts: app.Counts{Given: sum.GivenLAN}},
		{class: "near", received: sum.PeersNear, Counts: app.Counts{Given: sum.GivenNear}},
		{class: "far", received: sum.PeersFar(), Counts: app.Counts{Given: sum.GivenFar()}},
		{class: "origin", received: sum.FromOrigin()},
		{class: "mirror", received: sum.Mirrors},
	}
	return all
}

// receivedJSON and givenJSON have the bytes of each class.
type receivedJSON struct {
	LAN    int64 `json:"lan"`
	Near   int64 `json:"near"`
	Far    int64 `json:"far"`
	Origin int64 `json:"origin"`
	Mirror int64 `json:"mirror"`
}

type givenJSON struct {
	LAN  int64 `json:"lan"`
	Near int64 `json:"near"`
	Far  int64 `json:"far"`
}

// lineJSON is the event ledger.
type lineJSON struct {
	stamp
	Day        string        `json:"day,omitempty"`
	Class      string        `json:"class,omitempty"`
	Package    *pack.ID      `json:"package,omitempty"`
	Name       string        `json:"name,omitempty"`
	Received   int64         `json:"received"`
	Given      int64         `json:"given"`
	Wasted     int64         `json:"wasted"`
	ReceivedBy *receivedJSON `json:"received_by,omitempty"`
	GivenBy    *givenJSON    `json:"given_by,omitempty"`
}

func (l line) json() lineJSON {
	j := lineJSON{stamp: newStamp("ledger"), Day: l.day, Class: l.class, Name: l.name, Received: l.received, Given: l.Given, Wasted: l.Wasted}
	if l.pkg != (pack.ID{}) {
		j.Package = &l.pkg
	}
	if l.class == "" {
		j.ReceivedBy = &receivedJSON{l.PeersLAN, l.PeersNear, l.PeersFar(), l.FromOrigin(), l.Mirrors}
		j.GivenBy = &givenJSON{l.GivenLAN, l.GivenNear, l.GivenFar()}
	}
	return j
}

func (t *terminal) ledgerJSON(b booked) error {
	for _, l := range b.lines {
		if err := t.printJSON(l.json()); err != nil {
			return err
		}
	}
	end := struct {
		stamp
		Lines int `json:"lines"`
		Month struct {
			Given  int64  `json:"given"`
			Budget int64  `json:"budget"` // 0: no bound
			Left   *int64 `json:"left,omitempty"`
		} `json:"month"`
	}{stamp: newStamp("summary"), Lines: len(b.lines)}
	end.Month.Given, end.Month.Budget = b.month.Given, b.month.Budget
	if left := b.month.Left(); b.month.Budget > 0 {
		end.Month.Left = &left
	}
	return t.printJSON(end)
}

func (t *terminal) ledgerCSV(b booked) error {
	w := csv.NewWriter(t.out)
	// What it says of errors, Flush does again.
	_ = w.Write([]string{"day", "package", "name", "class", "received", "received_lan", "received_near", "received_far", "received_origin", "received_mirror",
		"given", "given_lan", "given_near", "given_far", "wasted"})
	for _, l := range b.lines {
		id, name := "", clean(l.name)
		if l.pkg != (pack.ID{}) {
			id = l.pkg.String()
		}
		if strings.IndexAny(name, "=+-@") == 0 { // a spreadsheet would take it for a formula
			name = "'" + name
		}
		cells := []string{l.day, id, name, l.class, number(l.received)}
		if l.class == "" {
			cells = append(cells, number(l.PeersLAN), number(l.PeersNear), number(l.PeersFar()), number(l.FromOrigin()), number(l.Mirrors),
				number(l.Given), number(l.GivenLAN), number(l.GivenNear), number(l.GivenFar()), number(l.Wasted))
		} else {
			cells = append(cells, "", "", "", "", "", number(l.Given), "", "", "", "")
		}
		_ = w.Write(cells)
	}
	w.Flush()
	return w.Error()
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func (t *terminal) ledgerText(b booked) error {
	if len(b.lines) == 0 {
		t.say("Nothing came and nothing was given in that time.")
	} else if _, err := fmt.Fprint(t.out, bookedText(b.lines)); err != nil {
		return err
	}
	_, err := fmt.Fprintln(t.out, budgetText(b.month))
	return err
}

// bookedText has one line under another, numbers on the right.
func bookedText(lines []line) string {
	table := [][]string{{"", "RECEIVED", "LAN", "NEAR", "FAR", "ORIGIN", "MIRROR", "GIVEN", "LAN", "NEAR", "FAR"}}
	var total line
	for _, l := range lines {
		table = append(table, l.cells())
		total.add(l.Counts)
		if l.class != "" {
			table[0] = []string{"", "RECEIVED", "GIVEN"}
		}
	}
	if len(lines) > 1 && lines[0].class == "" {
		total.day = "total"
		table = append(table, total.cells())
	}
	width := make([]int, len(table[0]))
	for _, row := range table {
		for i, cell := range row {
			width[i] = max(width[i], columns(cell))
		}
	}
	var b strings.Builder
	for _, row := range table {
		b.WriteString(pad(row[0], width[0]))
		for i, cell := range row[1:] {
			b.WriteString(gap + padLeft(cell, width[i+1]))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func (l line) cells() []string {
	all := []string{l.day + l.class + cut(foreign(l.name), 40)}
	numbers := []int64{l.received, l.Given}
	if l.class == "" {
		numbers = []int64{l.received, l.PeersLAN, l.PeersNear, l.PeersFar(), l.FromOrigin(), l.Mirrors, l.Given, l.GivenLAN, l.GivenNear, l.GivenFar()}
	}
	for _, n := range numbers {
		if n == 0 {
			all = append(all, "-")
		} else {
			all = append(all, sizeText(n))
		}
	}
	return all
}

// budgetText says how much of the month's budget is left.
func budgetText(m app.Month) string {
	given := "This month " + sizeText(m.Given) + " were given beyond the local network"
	switch {
	case m.Budget == 0:
		return given + "; there is no budget."
	case m.Spent():
		return given + "; the budget of " + sizeText(m.Budget) + " is used up."
	}
	return fmt.Sprintf("%s; %s of %s are left.", given, sizeText(m.Left()), sizeText(m.Budget))
}
