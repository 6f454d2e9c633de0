package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Somebody gives over a home's line, and then uploads something of his own.
// docs/MANNERS.md says what is measured and how.

// uplink is one such line.
type uplink struct {
	mbit  float64
	quic  bool // the others reach the giver over QUIC alone
	rude  bool // without the pacer
	alone time.Duration
	own   time.Duration
	after time.Duration
}

const (
	sinkPort   = 7777
	echoPort   = 7778
	takerHomes = 4
	settling   = 10 * time.Second // before the line is looked at
)

// uplinks are the scenarios of a giver's line.
func uplinks() (all []scenario) {
	for _, mbit := range []float64{10, 20} {
		for _, quic := range []bool{false, true} {
			u := uplink{mbit: mbit, quic: quic, alone: 15 * time.Second, own: 15 * time.Second, after: 10 * time.Second}
			all = append(all, scenario{name: u.name(), about: "an upload of the giver's own, over " + u.String(), limit: 10 * time.Minute, each: true,
				run: func(t *trial) { t.uplink(u) }})
		}
	}
	rude := uplink{mbit: 10, rude: true, alone: 15 * time.Second, own: 15 * time.Second, after: 10 * time.Second}
	return append(all, scenario{name: rude.name(), about: "the same without the pacer", limit: 5 * time.Minute, each: true, run: func(t *trial) { t.uplink(rude) }})
}

func (u uplink) name() string {
	s := fmt.Sprintf("up%.0f", u.mbit)
	if u.quic {
		s += "-quic"
	}
	if u.rude {
		s += "-rude"
	}
	return s
}

func (u uplink) String() string {
	how := "TCP"
	if u.quic {
		how = "QUIC"
	}
	return fmt.Sprintf("%.0f Mbit/s, %s", u.mbit, how)
}

// lineUse is what came of one run. Rates are of what the line takes.
type lineUse struct {
	stolen   float64       // share of its time that the machine did not have
	could    float64       // the giver's own upload, when nobody else uses the line, in bytes a second
	idle     float64       // part of the line that is given, when nobody else uses it
	p50, p95 time.Duration // what is added to the giver's round trip meanwhile
	has      float64       // part of could that his own upload has beside what is given
	again    time.Duration // from the end of that until as much is given as before; negative: never
}

func (m lineUse) String() string {
	return fmt.Sprintf("idle line used %.2f, added %.1f ms (p95 %.1f ms), own upload %.3f of alone, line back after %.1f s, stolen %.2f",
		m.idle, ms(m.p50), ms(m.p95), m.has, m.back(), m.stolen)
}

// back is again in seconds; 99 is never.
func (m lineUse) back() float64 {
	if m.again < 0 {
		return 99
	}
	return m.again.Seconds()
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }

func (t *trial) uplink(u uplink) {
	var all []lineUse
	for i := range t.lab.runs {
		t.in(fmt.Sprintf("run %d", i+1), true, false, func(w *world) {
			before := readHostTime()
			m := w.uplink(u)
			m.stolen = readHostTime().stolenSince(before)
			fmt.Fprintf(os.Stderr, "%s run %d: %s\n", t.name, i+1, m)
			all = append(all, m)
		})
	}
	if len(all) == 0 {
		return
	}
	mid := func(of func(lineUse) float64) float64 {
		var v []float64
		for _, m := range all {
			v = append(v, of(m))
		}
		return median(v)
	}
	idle, has := mid(func(m lineUse) float64 { return m.idle }), mid(func(m lineUse) float64 { return m.has })
	p50, p95 := mid(func(m lineUse) float64 { return ms(m.p50) }), mid(func(m lineUse) float64 { return ms(m.p95) })
	again := mid(lineUse.back)
	if u.rude {
		t.shows(true, u.String(), "", "own upload %.0f %% of alone, idle line used %.0f %%, added %.1f ms, p95 %.1f ms, line back after %.1f s", 100*has, 100*idle, p50, p95, again)
		return
	}
	t.shows(has >= 0.95, u.String()+": own upload", "≥ 95 % of alone", "%.1f %%", 100*has)
	t.shows(p50 <= 10 && p95 <= 50, u.String()+": added delay", "≤ 10 ms, p95 ≤ 50 ms", "%.1f ms, p95 %.1f ms", p50, p95)
	t.shows(idle >= 0.9, u.String()+": idle line used", "≥ 90 %", "%.1f %%", 100*idle)
	t.shows(again <= 4, u.String()+": line back", "≤ 4 s", "%.1f s", again)
}

// uplink runs u once.
func (w *world) uplink(u uplink) (m lineUse) {
	l := w.open(1)
	defer l.clear()
	server := l.direct("server")
	giver := l.home(0, []string{"giver"}, 0, 100, "")
	giver.router.modem("wan", u.mbit)
	g := giver.in[0]
	g.ip("link set eth0 gso_max_segs 1")
	sink, _ := server.part("sink")
	probe, _ := g.part("probe", server.ip4)
	w.pause(2 * time.Second)
	rest := probe.delays(probe.began)

	// What his own upload has by itself.
	m.could = g.upload(server, sink, u.own/2)

	if u.quic {
		giver.router.nft(fmt.Sprintf("table ip way { chain thru { type filter hook forward priority 0; ip daddr %s tcp sport != %d drop\n }\n }\n", g.ip4, sinkPort))
	}
	if u.rude {
		g.set("network.unpaced=on")
	}
	share := g.share(g.file("video.bin", 512*mib))
	var at []string
	for _, a := range share.told {
		if u.quic && strings.Contains(a, "/quic-v1/") {
			at = append(at, "--peer", a)
		}
	}
	for i := range takerHomes {
		l.home(0, []string{fmt.Sprintf("taker%d", i+1)}, 25, 100, "").in[0].get(share.link, at...)
	}
	w.pause(settling)
	from, sent := time.Now(), probe.traffic("eth0").out
	w.pause(u.alone)
	given := float64(probe.traffic("eth0").out-sent) / time.Since(from).Seconds()
	m.idle = given / (u.mbit * 1e6 / 8)
	added := probe.delays(from)
	base := rest[len(rest)/2]
	m.p50, m.p95 = added[len(added)/2]-base, added[len(added)*95/100]-base

	m.has = g.upload(server, sink, u.own) / m.could
	m.again = reaches(func() int64 { return probe.traffic("eth0").out }, 0.9*given, u.after)
	return m
}

// modem is a line of a home, with a fifth of a second of queue. What leaves a
// computer comes in packets, as from a network card.
func (s *space) modem(dev string, mbit float64) {
	rate := mbit * 1e6 / 8 // bytes a second
	s.w.must(tool(s.w.ctx, "", "tc", "-n", s.name, "qdisc", "add", "dev", dev, "root", "tbf", "rate", fmt.Sprintf("%dkbit", int(mbit*1000)),
		"burst", "4k", "limit", fmt.Sprint(int(0.2*rate))))
}

// upload has c send for d to a sink, and returns the bytes a second that arrived.
func (c *computer) upload(to *computer, sink *proc, d time.Duration) float64 {
	before := len(sink.matching("got "))
	flow, _ := c.part("flow", to.ip4, d.String())
	if code := flow.exit(d + 30*time.Second); code != 0 {
		c.w.failf("the upload of %s ended with %d: %s", c.short, code, flow.tail(1))
	}
	got := sink.matching("got ")[before:]
	var n int64
	for _, l := range got {
		var k int64
		fmt.Sscanf(l.text, "got %d", &k)
		n += k
	}
	return float64(n) / d.Seconds()
}

// matching are the lines that begin so.
func (p *proc) matching(prefix string) (some []line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.lines {
		if strings.HasPrefix(l.text, prefix) {
			some = append(some, l)
		}
	}
	return some
}

// delays are the round trips of a probe since from, the shortest first.
func (p *proc) delays(from time.Time) (all []time.Duration) {
	for _, l := range p.matching("rtt ") {
		var us int64
		if _, err := fmt.Sscanf(l.text, "rtt %d", &us); err == nil && l.at.After(from) {
			all = append(all, time.Duration(us)*time.Microsecond)
		}
	}
	if len(all) == 0 {
		all = []time.Duration{time.Hour} // nothing came back
	}
	slices.Sort(all)
	return all
}

// reaches is when a count of bytes grows by rate a second over half a second;
// negative if it does not within limit.
func reaches(count func() int64, rate float64, limit time.Duration) time.Duration {
	const span = 10
	began := time.Now()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	type point struct {
		at time.Time
		n  int64
	}
	past := []point{{began, count()}}
	for range tick.C {
		now := point{time.Now(), count()}
		if past = append(past, now); len(past) > span {
			first := past[len(past)-1-span]
			if float64(now.n-first.n)/now.at.Sub(first.at).Seconds() >= rate {
				return now.at.Sub(began)
			}
		}
		if now.at.Sub(began) > limit {
			return -1
		}
	}
	return -1
}

// playSink takes what flows send, and says how much came, and returns what
// probes send.
func playSink(ctx context.Context, _ []string) error {
	l, err := net.Listen("tcp4", fmt.Sprintf(":%d", sinkPort))
	if err != nil {
		return err
	}
	echo, err := net.ListenUDP("udp4", &net.UDPAddr{Port: echoPort})
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _, _ = l.Close(), echo.Close() })()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		b := make([]byte, 1500)
		for {
			n, from, err := echo.ReadFromUDP(b)
			if err != nil {
				return
			}
			_, _ = echo.WriteToUDP(b[:n], from)
		}
	})
	fmt.Println("ready")
	for {
		c, err := l.Accept()
		if err != nil {
			return nil
		}
		wg.Go(func() {
			defer c.Close()
			b := make([]byte, 64<<10)
			for {
				n, err := c.Read(b)
				if n > 0 {
					fmt.Println("got", n)
				}
				if err != nil {
					return
				}
			}
		})
	}
}

// playFlow uploads to the sink at args[0] for args[1].
func playFlow(ctx context.Context, args []string) error {
	d, err := time.ParseDuration(args[1])
	if err != nil {
		return err
	}
	c, err := net.Dial("tcp4", net.JoinHostPort(args[0], fmt.Sprint(sinkPort)))
	if err != nil {
		return err
	}
	defer c.Close()
	fmt.Println("ready")
	_ = c.SetDeadline(time.Now().Add(d))
	b := make([]byte, 64<<10)
	for ctx.Err() == nil {
		if _, err := c.Write(b); err != nil {
			break
		}
	}
	// What lies in the buffers is not sent any more.
	return c.(*net.TCPConn).SetLinger(0)
}

// playProbe asks the sink at args[0] twenty times a second, and says how long
// each answer took, in microseconds.
func playProbe(ctx context.Context, args []string) error {
	c, err := net.Dial("udp4", net.JoinHostPort(args[0], fmt.Sprint(echoPort)))
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	fmt.Println("ready")
	began := time.Now()
	go func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			if _, err := fmt.Fprint(c, time.Since(began).Microseconds()); err != nil {
				return
			}
			<-tick.C
		}
	}()
	b := make([]byte, 64)
	for {
		n, err := c.Read(b)
		if err != nil {
			return nil
		}
		var us int64
		if _, err := fmt.Sscan(string(b[:n]), &us); err == nil {
			fmt.Println("rtt", time.Since(began).Microseconds()-us)
		}
	}
}
