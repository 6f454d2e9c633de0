package main

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"grove/cmd/internal/local"
)

// entryJSON is the event ledger.
type entryJSON struct {
	stamp
	local.Entry
}

func (t *terminal) ledgerJSON(b *local.Book) error {
	for _, e := range b.Lines {
		if err := t.printJSON(entryJSON{newStamp("ledger"), e}); err != nil {
			return err
		}
	}
	return t.printJSON(struct {
		stamp
		Lines int         `json:"lines"`
		Month local.Month `json:"month"`
	}{newStamp("summary"), len(b.Lines), b.Month})
}

func (t *terminal) ledgerCSV(b *local.Book) error {
	w := csv.NewWriter(t.out)
	// What it says of errors, Flush does again.
	_ = w.Write([]string{"day", "package", "name", "class", "received", "received_lan", "received_near", "received_far", "received_origin", "received_mirror",
		"given", "given_lan", "given_near", "given_far", "wasted"})
	for _, e := range b.Lines {
		name := clean(e.Name)
		if strings.IndexAny(name, "=+-@") == 0 { // a spreadsheet would take it for a formula
			name = "'" + name
		}
		cells := []string{e.Day, e.Package, name, e.Class}
		if e.Class == "" {
			for _, n := range append(numbers(e), e.Wasted) {
				cells = append(cells, number(n))
			}
		} else {
			cells = append(cells, number(e.Received), "", "", "", "", "", number(e.Given), "", "", "", "")
		}
		_ = w.Write(cells)
	}
	w.Flush()
	return w.Error()
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// numbers are those of a line of the table.
func numbers(e local.Entry) []int64 {
	if e.Class != "" {
		return []int64{e.Received, e.Given}
	}
	r, g := cmp.Or(e.ReceivedBy, &local.Received{}), cmp.Or(e.GivenBy, &local.Given{})
	return []int64{e.Received, r.LAN, r.Near, r.Far, r.Origin, r.Mirror, e.Given, g.LAN, g.Near, g.Far}
}

func (t *terminal) ledgerText(b *local.Book) error {
	if len(b.Lines) == 0 {
		t.say("Nothing came and nothing was given in that time.")
	} else if _, err := fmt.Fprint(t.out, bookedText(b.Lines)); err != nil {
		return err
	}
	_, err := fmt.Fprintln(t.out, budgetText(b.Month))
	return err
}

// bookedText has one line under another, numbers on the right.
func bookedText(lines []local.Entry) string {
	table := [][]string{{"", "RECEIVED", "LAN", "NEAR", "FAR", "ORIGIN", "MIRROR", "GIVEN", "LAN", "NEAR", "FAR"}}
	if lines[0].Class != "" {
		table[0] = []string{"", "RECEIVED", "GIVEN"}
	}
	total := make([]int64, len(table[0])-1)
	for _, e := range lines {
		all := numbers(e)
		for i := range total {
			total[i] += all[i]
		}
		table = append(table, booking(e.Day+e.Class+cut(foreign(e.Name), 40), all))
	}
	if len(lines) > 1 && lines[0].Class == "" {
		table = append(table, booking("total", total))
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

func booking(of string, numbers []int64) []string {
	all := []string{of}
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
func budgetText(m local.Month) string {
	given := "This month " + sizeText(m.Given) + " were given beyond the local network"
	switch {
	case m.Left == nil:
		return given + "; there is no budget."
	case *m.Left == 0:
		return given + "; the budget of " + sizeText(m.Budget) + " is used up."
	}
	return fmt.Sprintf("%s; %s of %s are left.", given, sizeText(*m.Left), sizeText(m.Budget))
}
