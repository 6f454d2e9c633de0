package linetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"grove/app"
	"grove/p2p"
)

const ms = time.Millisecond

func TestReport(t *testing.T) {
	good := Report{Near: app.NearFar, Path: p2p.PathTCP,
		Rest:  Figures{Samples: 100, P95: ms},
		Free:  Figures{Rate: 10.2e6 / 8, Samples: 300, Median: 105 * ms, P95: 180 * ms},
		Paced: Figures{Rate: 9.9e6 / 8, Samples: 300, Median: 5 * ms, P95: 11 * ms}}
	const usual = "With the pacer Grove uses 97 % of this line's 10.2 Mbit/s and adds 5 ms; without it 105 ms."
	for name, c := range map[string]struct {
		change  func(*Report)
		verdict string
		doubts  []string // words of each beside the one that is always there
	}{
		"good":      {func(*Report) {}, usual, nil},
		"next door": {func(r *Report) { *r = Report{Near: app.NearLAN, Path: p2p.PathTCP} }, "same local network", nil},
		"relay":     {func(r *Report) { r.Path = p2p.PathRelay }, usual, []string{"relay lets through"}},
		"one":       {func(r *Report) { r.Own = true }, usual, []string{"no second one"}},
		"not full": {func(r *Report) { r.Free.Median, r.Paced.Median = ms, ms },
			"adds 1 ms; without it 1 ms", []string{"nobody waits either"}},
		"restless": {func(r *Report) { r.Rest.P95 = 40 * ms }, usual, []string{"varied by 40 ms"}},
		"others":   {func(r *Report) { r.Others = true; r.Paced.Rate = 2e6 / 8 }, "uses 20 %", []string{"made way"}},
		"others before": {func(r *Report) { r.Free.Rate = 5e6 / 8 },
			"uses 100 % of this line's 9.9 Mbit/s", []string{"others used the line in between"}},
		"nothing": {func(r *Report) { r.Paced.Rate = 0 }, "Hardly anything", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := good
			c.change(&r)
			if got := r.Verdict(); !strings.Contains(got, c.verdict) {
				t.Errorf("it says %q", got)
			}
			got := r.Doubts()
			if r.Near != app.NearLAN {
				if len(got) == 0 || !strings.Contains(got[len(got)-1], "slowest part") {
					t.Fatalf("doubts %q", got)
				}
				got = got[:len(got)-1]
			}
			if !slices.EqualFunc(got, c.doubts, strings.Contains) {
				t.Errorf("doubts %q, not %q", got, c.doubts)
			}
		})
	}
}

// TestFigures: what others feel is taken from who is given nothing, in the time
// that is looked at, beside what they wait for at rest.
func TestFigures(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(1e9+s), 0) }
	var heard []p2p.Delay
	for i := range 20 {
		heard = append(heard,
			p2p.Delay{Peer: "quiet", At: at(i), Wait: 2 * ms},
			p2p.Delay{Peer: "taker", At: at(i), Wait: 2 * ms})
	}
	for i := 20; i < 120; i++ {
		heard = append(heard,
			p2p.Delay{Peer: "quiet", At: at(i), Wait: time.Duration(i) * ms},
			p2p.Delay{Peer: "taker", At: at(i), Wait: 500 * ms, Given: 1})
	}
	rest, full := span{from: at(0), to: at(19)}, span{from: at(20), to: at(119)}
	f := figuresOf(waitsOf(heard, rest), waitsOf(heard, full))
	if f != (Figures{Samples: 100, Median: 68 * ms, P95: 113 * ms}) {
		t.Errorf("%+v", f)
	}
	if f := figuresOf(waitsOf(heard, rest), waitsOf(heard, rest)); f != (Figures{Samples: 20}) {
		t.Errorf("at rest %+v", f)
	}
	alone := slices.DeleteFunc(slices.Clone(heard), func(d p2p.Delay) bool { return d.Peer == "quiet" })
	if len(quiet(heard)) != 1 || len(quiet(alone)) != 0 {
		t.Errorf("%v and %v are quiet", quiet(heard), quiet(alone))
	}
	if f := figuresOf(waitsOf(alone, rest), waitsOf(alone, full)); f.Median != 498*ms {
		t.Errorf("without a second connection %+v", f)
	}
}

// TestContent: the package is sound, its pieces are what the hash list says, and
// nobody else has the same.
func TestContent(t *testing.T) {
	c, err := newContent(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, pieceSize)
	for _, i := range []int{0, 1, c.pkg.Layout.Pieces() - 1} {
		clear(b)
		for _, half := range []int64{0, pieceSize / 2} {
			if err := c.ReadPiece(i, b[half:half+pieceSize/2], half); err != nil {
				t.Fatal(err)
			}
		}
		if !c.hashes.Matches(i, b) {
			t.Errorf("piece %d is something else", i)
		}
	}
	other, err := newContent(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if c.pkg.ID == other.pkg.ID || string(c.secret) == string(other.secret) || !isTest(c.pkg) {
		t.Error("two tests are the same, or it is none")
	}
}
