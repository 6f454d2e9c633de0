package main

import (
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The bounds of docs/CROWD.md, worked out by hand: 128 MiB are 1073.74 Mbit.
func TestBound(t *testing.T) {
	for _, c := range []struct {
		name string
		c    swarm
		want float64 // seconds
	}{
		{"flash", flash(), 34.36},                                                     // 8F / (50 + 200)
		{"16", but(func(c *swarm) { c.clients = 16 }), 38.18},                         // 16F / (50 + 400)
		{"one", but(func(c *swarm) { c.clients = 1 }), 21.47},                         // F / 50
		{"seed", but(func(c *swarm) { c.origin, c.seed = 5, 25 }), 37.35},             // 8F / (30 + 200)
		{"two and a seed", but(func(c *swarm) { c.clients, c.origin = 2, 5 }), 214.7}, // F / 5
		{"isp", but(func(c *swarm) { c.transit = 50 }), 34.36},                        // the link lets F through in 21.47
		{"thin", but(func(c *swarm) { c.transit = 10 }), 107.4},                       // F / 10
		{"household", but(func(c *swarm) { c.clients, c.household = 4, true }), 21.47},
		{"few", but(func(c *swarm) { c.clients, c.takers = 10, 7 }), 85.90}, // 10F / (50 + 75)
		{"spread", but(func(c *swarm) { c.spread = time.Minute }), 21.47},
	} {
		if got := c.c.bound().Seconds(); math.Abs(got-c.want) > 0.05 {
			t.Errorf("%s: %.2f s instead of %.2f", c.name, got, c.want)
		}
	}
}

func TestArrives(t *testing.T) {
	c := but(func(c *swarm) { c.spread = 70 * time.Second })
	for i, want := range []time.Duration{0, 10 * time.Second, 20 * time.Second} {
		if got := c.arrives(i); got != want {
			t.Errorf("client %d arrives after %s", i, got)
		}
	}
	if last := c.arrives(7); last != c.spread {
		t.Errorf("the last arrives after %s", last)
	}
	if at := flash().arrives(7); at != 0 {
		t.Errorf("in a flash crowd the last arrives after %s", at)
	}
	if at := (swarm{clients: 1, spread: time.Minute}).arrives(0); at != 0 {
		t.Errorf("the only one arrives after %s", at)
	}
}

func TestGives(t *testing.T) {
	for takers := range 11 {
		c := swarm{clients: 10, takers: takers}
		givers := 0
		for i := range c.clients {
			if c.gives(i) {
				givers++
			}
		}
		if givers != 10-takers {
			t.Errorf("%d takers leave %d givers", takers, givers)
		}
	}
}

func TestCutPairs(t *testing.T) {
	cut := cutPairs(8, 0.3, 1)
	if len(cut) != 8 { // of 28
		t.Fatalf("%d pairs", len(cut))
	}
	seen := map[[2]int]bool{}
	for _, p := range cut {
		if p[0] >= p[1] || p[1] >= 8 || seen[p] {
			t.Errorf("%v in %v", p, cut)
		}
		seen[p] = true
	}
	if !slices.Equal(cut, cutPairs(8, 0.3, 1)) {
		t.Error("the same seed chose others")
	}
	if slices.Equal(cut, cutPairs(8, 0.3, 2)) {
		t.Error("another seed chose the same")
	}
}

func TestPercentile(t *testing.T) {
	var v []float64
	for i := range 30 {
		v = append(v, float64(30-i))
	}
	if p := percentile(v, 0.95); p != 29 {
		t.Errorf("of 1 to 30: %v", p)
	}
	if p := percentile([]float64{7}, 0.95); p != 7 {
		t.Errorf("of one: %v", p)
	}
	if m := median(v); m != 15.5 {
		t.Errorf("median of 1 to 30: %v", m)
	}
	if m := median(v[:3]); m != 29 {
		t.Errorf("median of 30, 29, 28: %v", m)
	}
	if !math.IsInf(median(nil), 1) {
		t.Error("nothing has a median")
	}
}

// run is an outcome of a flash crowd.
func run(last, sent float64, arrived int) outcome {
	o := outcome{of: 8, bound: 40, copies: sent}
	for range arrived {
		o.seconds = append(o.seconds, last)
	}
	return o
}

func TestJudge(t *testing.T) {
	goals := []goal{slowest.most(1.2), copies.most(1.1), relayed.told()}
	good := []outcome{run(44, 1.05, 8), run(48, 1.2, 8), run(46, 1.1, 8)}
	ok, expected, measured := judge(goals, good)
	if !ok || expected != "all complete, ≤ 1.20 x bound, ≤ 1.10 copies" ||
		measured != "all complete after 46.0 s, 1.15 x bound (1.10 to 1.20), 1.10 copies (1.05 to 1.20), 0.00 % relayed (0.00 to 0.00)" {
		t.Errorf("%v\n%s\n%s", ok, expected, measured)
	}
	for _, c := range []struct {
		name string
		runs []outcome
		want string
	}{
		{"the median of one figure is too high", []outcome{run(44, 1, 8), run(44, 1.2, 8), run(44, 1.3, 8)}, "1.20 copies"},
		{"one file of one run is missing", []outcome{run(44, 1, 8), run(44, 1, 7), run(44, 1, 8)}, "7 of 8 in run 2, 1.10 x bound (1.10 to unfinished)"},
		{"nothing ran", nil, "no run"},
	} {
		if ok, _, measured := judge(goals, c.runs); ok || !strings.Contains(measured, c.want) {
			t.Errorf("%s: %v, %s", c.name, ok, measured)
		}
	}
}

func TestAgainst(t *testing.T) {
	theirs := []outcome{run(60, 2, 8), run(64, 3, 8), run(80, 1, 8)}
	less, times := slowest.less().against(theirs), copies.times(1.3).against(theirs)
	if less.String() != "< 1.60 x bound" || less.met(1.6) || !less.met(1.59) {
		t.Errorf("%v", less)
	}
	if times.String() != "≤ 2.60 copies" || !times.met(2.6) || times.met(2.61) {
		t.Errorf("%v", times)
	}
	if own := copies.most(7).against(theirs); own.String() != "≤ 7.00 copies" {
		t.Errorf("%v", own)
	}
	// Who finishes is better than who does not.
	if never := slowest.less().against([]outcome{run(60, 1, 7)}); !never.met(5) || never.String() != "< unfinished x bound" {
		t.Errorf("%v", never)
	}
}

func TestOutcome(t *testing.T) {
	c := flash()
	before := counts{origin: 1000, crossed: 5, work: time.Second, host: hostTime{100, 50, 0}}
	after := counts{origin: 1000 + 2*c.size, server: c.size / 25, crossed: 5 + c.size, entered: c.size * 3 / 2, work: 3 * time.Second, host: hostTime{200, 75, 10}}
	o := c.outcome(before, after, []float64{10, 0, 11, 12, 13, 0, 0, 0}, []int64{1, 2, 30 * mib, 4, 5, 6, 7, 8})
	if !slices.Equal(o.seconds, []float64{10, 11, 12, 13}) || o.of != 8 || o.copies != 2 || o.crossed != 1 || o.entered != 1.5 || o.memory != 30 {
		t.Errorf("%+v", o)
	}
	if math.Abs(o.relayed-1) > 1e-6 { // a hundredth of four files
		t.Errorf("relayed: %v %%", o.relayed)
	}
	if math.Abs(o.cpu-2/(4*float64(c.size)/1e9)) > 1e-9 {
		t.Errorf("CPU: %v s/GB", o.cpu)
	}
	if o.idle != 0.25 || o.stolen != 0.1 || o.valid() {
		t.Errorf("idle %v, stolen %v, valid %v", o.idle, o.stolen, o.valid())
	}
	if !math.IsInf(o.slowest(), 1) {
		t.Errorf("half of them finished, %v x bound", o.slowest())
	}
}

func TestParseTraffic(t *testing.T) {
	const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     168       2    0    0    0     0          0         0      168       2    0    0    0     0       0          0
  eth0: 7060923    5063    1    2    3     4          5         6 12345678    1594    0    0    0     0       0          0
`
	if got := parseTraffic(text, "eth0"); got != (traffic{7060923, 12345678}) {
		t.Errorf("%+v", got)
	}
	if got := parseTraffic(text, "eth"); got != (traffic{}) {
		t.Errorf("an interface that is not there: %+v", got)
	}
}

func TestParseStat(t *testing.T) {
	group, took, ok := parseStat("42 (a) b (c) S 1 17 17 0 -1 4194304 100 0 0 0 250 31 7 8 20 0 1 0 100 0 0")
	if !ok || group != 17 || took != 2810*time.Millisecond {
		t.Errorf("%d, %s, %v", group, took, ok)
	}
	if _, _, ok := parseStat(""); ok {
		t.Error("nothing was read as a process")
	}
	own, _ := os.ReadFile("/proc/self/stat")
	if _, _, ok := parseStat(string(own)); !ok {
		t.Errorf("this process: %s", own)
	}
}

func TestParseOwn(t *testing.T) {
	if n := parseOwn("Name:\tgrove\nVmRSS:\t  9999 kB\nRssAnon:\t   1234 kB\nRssFile:\t 5 kB\n"); n != 1234<<10 {
		t.Errorf("%d", n)
	}
	if n := parseOwn("Name:\tgone\n"); n != 0 {
		t.Errorf("%d", n)
	}
}

func TestParseHostTime(t *testing.T) {
	if got := parseHostTime("cpu  1 2 3 40 5 6 7 8 900 1000\ncpu0 1 1 1 1\n"); got != (hostTime{72, 40, 8}) {
		t.Errorf("%+v", got)
	}
}

func TestStaleMounts(t *testing.T) {
	const table = `proc /proc proc rw 0 0
grlab-10 /tmp/grove-lab-1/memory tmpfs rw,size=1k 0 0
grlab-11 /tmp/grove-lab-2/memory tmpfs rw,size=1k 0 0
grlab-10 /not/ours ext4 rw 0 0
tmpfs /dev/shm tmpfs rw 0 0
`
	got := staleMounts(table, func(pid int) bool { return pid == 10 })
	if !slices.Equal(got, []string{"/tmp/grove-lab-1/memory"}) {
		t.Errorf("%v", got)
	}
}

func TestTorrent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.bin")
	if err := os.WriteFile(file, make([]byte, torrentPiece+1), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := torrentOf(file, "http://t/announce", "http://w/x.bin")
	if err != nil {
		t.Fatal(err)
	}
	// sha1 of 262144 zero bytes, and of one
	const pieces = "\x2e\x00\x0f\xa7\xe8\x57\x59\xc7\xf4\xc2\x54\xd4\xd9\xc3\x3e\xf4\x81\xe4\x59\xa7" +
		"\x5b\xa9\x3c\x9d\xb0\xcf\xf9\x3f\x52\xb5\x21\xd7\x42\x0e\x43\xf6\xed\xa2\x78\x4f"
	want := "d8:announce17:http://t/announce4:infod6:lengthi262145e4:name5:x.bin12:piece lengthi262144e6:pieces40:" + pieces + "e8:url-listl14:http://w/x.binee"
	if string(got) != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestTorrentTracker(t *testing.T) {
	tr := &torrentTracker{swarm: map[netip.AddrPort]bool{}}
	a, b := netip.MustParseAddrPort("44.10.1.10:6881"), netip.MustParseAddrPort("44.10.2.10:258")
	tr.announce(a, "started", "100")
	if got, want := string(tr.announce(b, "started", "0")), "d8:completei1e10:incompletei1e8:intervali30e12:min intervali5e5:peers6:,\x0a\x01\x0a\x1a\xe1e"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	tr.announce(a, "stopped", "0")
	if got, want := string(tr.announce(b, "", "0")), "d8:completei1e10:incompletei0e8:intervali30e12:min intervali5e5:peers0:e"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// A useless peer of each kind does what its name says.
func TestUnhelpful(t *testing.T) {
	content, err := os.Create(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	want := []byte("0123456789abcdef")
	if _, err := content.Write(want); err != nil {
		t.Fatal(err)
	}
	read := func(kind uselessness) (got []byte, err error) {
		got = make([]byte, 4)
		return got, unhelpful{t.Context(), kind, 8, content}.ReadPiece(1, got, 2)
	}
	if got, err := read(slow); err != nil || string(got) != "abcd" {
		t.Errorf("slow: %q, %v", got, err)
	}
	if got, err := read(lying); err != nil || string(got) == "abcd" {
		t.Errorf("lying: %q, %v", got, err)
	}
}

// All scenarios of a crowd are in -only crowd, and a bound on their time holds
// for every run.
func TestChooseCrowd(t *testing.T) {
	some, err := choose("crowd")
	if err != nil || len(some) != len(crowds()) {
		t.Fatalf("%d, %v", len(some), err)
	}
	for _, s := range some {
		if !s.each || s.aside {
			t.Errorf("%s: each %v, aside %v", s.name, s.each, s.aside)
		}
	}
}
