package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Every combination of transport, way to end and taker is among the trials, and
// each transport in half of them.
func TestQuittings(t *testing.T) {
	seen := map[quitting]int{}
	udp := 0
	for _, q := range quittings(quitTrials) {
		if q.udp {
			udp++
		}
		q.n = 0
		seen[q]++
	}
	if len(seen) != 2*3*4 || 2*udp != quitTrials {
		t.Errorf("%d combinations, %d of %d over QUIC", len(seen), udp, quitTrials)
	}
}

// TestQuit is the short form of the scenario: a second after a real Grove that
// gives was told to end, nothing of it leaves, though who took from it vanished.
func TestQuit(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for what does not come")
	}
	grove := filepath.Join(t.TempDir(), "grove")
	l, err := newLab(os.Args[0], t.TempDir()) // needs what the lab needs
	if err != nil {
		t.Skip(err)
	}
	if out, err := exec.Command("go", "build", "-o", grove, "grove/cmd/grove").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	l.grove = grove
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := exec.Command("ip", "netns", "add", l.prefix+"try").Run(); err != nil {
		t.Skip("network namespaces are not to be had here")
	}
	removeSpace(l.prefix + "try")
	tr := &trial{lab: l, ctx: ctx, name: "quit"}
	tr.in("short", true, true, func(w *world) {
		done := w.quitAll(w.lanes(2, 2, 20), []quitting{{n: 0, how: byTerm, they: theyVanish}, {n: 1, udp: true, how: byInterrupt, they: theyVanish}})
		tr.showQuit(done, "either", 2)
	})
	for _, r := range tr.rows {
		if !r.ok {
			t.Error(r.text())
		}
	}
	if len(tr.rows) != 1 {
		t.Errorf("%d rows", len(tr.rows))
	}
}
