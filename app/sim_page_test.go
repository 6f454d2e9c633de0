package app

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

// ratio is the time against the bound: of the last where all began together, else
// of the slowest but one in twenty.
func (f simFigures) ratio() float64 {
	if f.scene.over == 0 {
		return f.last.Seconds() / f.bound.Seconds()
	}
	return f.p95.Seconds() / f.bound.Seconds()
}

func (f simFigures) String() string {
	return fmt.Sprintf("%s: %d of %d, offload %.3f, %.2f copies, peak %.0f Mbit/s, p50 %.1f s, p95 %.1f s, last %.1f s, %.2f x bound, twice %.4f, fair %.3f, %.2f crossed, %.3f inside, %d events, %x",
		f.scene.name, f.finished, f.scene.peers, f.offload, f.copies, f.peak*8/1e6, f.p50.Seconds(), f.p95.Seconds(), f.last.Seconds(),
		f.ratio(), f.twice, f.fair, f.crossed, f.inside, f.events, f.digest)
}

// row is a line of the table; alone is the same crowd without peers.
func (f simFigures) row(alone *simFigures) string {
	ready := "all"
	if f.finished < f.scene.peers {
		ready = fmt.Sprintf("%d of %s", f.finished, simNumber(f.scene.peers))
	}
	crossed := "–"
	if f.scene.link > 0 || f.scene.home > 0 {
		crossed = simFew(f.crossed)
	}
	peak := "–"
	if alone != nil && alone.peak > 0 {
		peak = fmt.Sprintf("%.2f Gbit/s, %.0f %%", f.peak*8/1e9, 100*f.peak/alone.peak)
	}
	times := "– | – | –"
	if f.finished == f.scene.peers {
		times = fmt.Sprintf("%.0f s | %.0f s | %.2f", f.p50.Seconds(), f.p95.Seconds(), f.ratio())
	}
	return fmt.Sprintf("| %s | %s | %.0f %% | %s | %s | %s | %.2f %% | %.2f | %s |\n", f.scene.name, ready,
		100*f.offload, simFew(f.copies), peak, times, 100*f.twice, f.fair, crossed)
}

// simFew is a number with as many digits as it needs.
func simFew(x float64) string {
	if x >= 100 {
		return simNumber(int(math.Round(x)))
	}
	return fmt.Sprintf("%.2f", x)
}

const (
	simHead = "| crowd | complete | offloaded | copies from the origin | origin's busiest minute, of that without peers | p50 | p95 | × bound | came twice | fairness | copies over the link, or into a home |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
	simBegin = "<!-- make sim writes from here -->\n"
	simEnd   = "<!-- to here -->"
)

// simWritePage runs every scene and writes the table and the plot.
func simWritePage(t *testing.T) {
	began := time.Now()
	run := func(sc simScene) simFigures {
		began := time.Now()
		f := simulate(sc, *simSeed).figures()
		t.Log(f, time.Since(began).Round(time.Millisecond))
		return f
	}
	var lab, sizes, awkward strings.Builder
	for _, sc := range simLabScenes() {
		f := run(sc)
		lab.WriteString(f.row(nil))
	}
	lines := make([]simCurve, 3)
	var thousand simFigures
	for _, n := range simSizes(*simMost) {
		scenes := simSizeScenes(n)
		alone := run(scenes[2])
		if n == 1000 {
			thousand = alone
		}
		for i, name := range []string{"thrifty", "fast", "origin only"} {
			f := alone
			if i < 2 {
				f = run(scenes[i])
			}
			sizes.WriteString(f.row(&alone))
			lines[i].name = name
			lines[i].points = append(lines[i].points, simPoint{n, 100 * (1 - f.offload), f.p95.Seconds()})
		}
	}
	for _, sc := range simAwkward() {
		alone := &thousand
		switch {
		case sc.origin == 0:
			alone = nil
		case sc.over != time.Hour || sc.home > 0:
			f := run(sc.but(simAlone))
			alone = &f
		}
		f := run(sc)
		awkward.WriteString(f.row(alone))
	}
	table := fmt.Sprintf("Seed %d.\n\n**The lab's crowds.** 128 MiB in 512 pieces, all begin together.\n\n%s%s\n"+
		"**Over an hour.** 1 GB, a floor of 20 Mbit/s.\n\n%s%s\n**1,000 that have it harder**, thrifty.\n\n%s%s",
		*simSeed, simHead, lab.String(), simHead, sizes.String(), simHead, awkward.String())
	simReplace(t, *simOut, table)
	if *simPlot != "" {
		if err := os.WriteFile(*simPlot, []byte(simDraw(lines)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("all in %s", time.Since(began).Round(time.Second))
}

// simReplace puts text between the marks of a page.
func simReplace(t *testing.T, path, text string) {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), simBegin)
	_, after, found := strings.Cut(rest, simEnd)
	if !ok || !found {
		t.Fatalf("%s has no lines %q and %q", path, simBegin, simEnd)
	}
	if err := os.WriteFile(path, []byte(before+simBegin+text+simEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
