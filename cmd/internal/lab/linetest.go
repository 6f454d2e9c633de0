package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"grove/app/pack"
)

// lineTested is what grove line printed of a phase.
type lineTested struct {
	Phase  string  `json:"phase"`
	Mbit   float64 `json:"mbit"`
	Median float64 `json:"delay_median_ms"`
	P95    float64 `json:"delay_p95_ms"`
}

const lineMbit = 10

// lineTest compares what grove line prints with what a probe of the lab and the
// counters of the network card say of the same seconds.
func lineTest(t *trial) {
	for _, way := range []lineWay{{how: "over TCP"}, {how: "over QUIC", quic: true}, {how: "behind routers", kind: portRestricted}} {
		t.in(way.how, true, false, func(w *world) { w.lineTest(t, way) })
	}
}

// lineWay is how the two computers reach each other.
type lineWay struct {
	how  string
	quic bool
	kind nat
}

func (w *world) lineTest(t *trial, way lineWay) {
	l := w.open(1)
	defer l.clear()
	server := l.direct("server")
	home := l.home(0, []string{"giver"}, 0, 100, way.kind)
	home.router.modem("wan", lineMbit)
	g, other := home.in[0], l.home(0, []string{"other"}, 25, 100, way.kind).in[0]
	g.ip("link set eth0 gso_max_segs 1")
	g.sysctl("ipv4/tcp_congestion_control=reno") // it fills a queue until something is lost, as at most homes
	if way.kind != "" {
		g.set("network.relays=" + server.serve("relay").addr)
	}
	server.part("sink")
	probe, _ := g.part("probe", server.ip4)
	meter := newMeter(probe)
	defer meter.stop()

	giver := g.grove("line", "--json")
	link, err := giver.said(45*time.Second, "link")
	w.must(err)
	at, err := pack.ParseLink(link.event.Link)
	w.must(err)
	if way.kind == "" {
		at.Peers = slices.DeleteFunc(link.event.Addrs, func(a string) bool { return way.quic != strings.Contains(a, "/quic-v1/") })
	}
	taker := other.grove("line", at.String(), "--json")
	if code := giver.exit(2 * time.Minute); code != 0 {
		w.failf("grove line ended with %d: %s", code, giver.tail(3))
	}
	if code := taker.exit(30 * time.Second); code != 0 {
		w.failf("grove line LINK ended with %d: %s", code, taker.tail(3))
	}
	var rest float64
	for _, p := range giver.matching(`{"schema":1`) {
		var said lineTested
		w.must(json.Unmarshal([]byte(p.text), &said))
		d := 15 * time.Second
		if said.Phase == "rest" {
			d = 5 * time.Second
		}
		from := p.at.Add(-d)
		waits := probe.delaysIn(from, p.at)
		switch said.Phase {
		case "":
			continue
		case "rest":
			rest = ms(waits[len(waits)/2])
			continue
		}
		left := meter.rate(from, p.at) * 8 / 1e6
		p50, p95 := ms(waits[len(waits)/2])-rest, ms(waits[len(waits)*95/100])-rest
		name := fmt.Sprintf("%s, pacer %s", way.how, said.Phase)
		t.shows(math.Abs(said.Mbit/left-1) <= 0.1, name+": given", "within 10 % of the network card's", "%.2f Mbit/s of %.2f", said.Mbit, left)
		t.shows(math.Abs(said.Median-p50) <= 5, name+": added delay", "within 5 ms of a probe's", "%.1f ms, the probe %.1f ms (95 %%: %.1f, the probe %.1f)", said.Median, p50, said.P95, p95)
	}
	said := giver.matching(`{"schema":1`)
	fmt.Fprintln(os.Stderr, said[len(said)-1].text)
	if way.kind == "" {
		_, err := os.Stat(g.data())
		none := os.IsNotExist(err)
		t.shows(none, way.how+": a data folder was made", "false", "%v", !none)
	}
}

// delaysIn are the round trips of a probe from one moment to another, the
// shortest first.
func (p *proc) delaysIn(from, to time.Time) (all []time.Duration) {
	for _, l := range p.matching("rtt ") {
		var us int64
		if _, err := fmt.Sscanf(l.text, "rtt %d", &us); err == nil && l.at.After(from) && l.at.Before(to) {
			all = append(all, time.Duration(us)*time.Microsecond)
		}
	}
	if len(all) == 0 {
		all = []time.Duration{time.Hour} // nothing came back
	}
	slices.Sort(all)
	return all
}

// meter takes down what the computer of p sends.
type meter struct {
	points []meterPoint
	quit   chan struct{}
	ended  chan struct{}
}

type meterPoint struct {
	at  time.Time
	out int64
}

func newMeter(p *proc) *meter {
	m := &meter{quit: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(m.ended)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			m.points = append(m.points, meterPoint{time.Now(), p.traffic("eth0").out})
			select {
			case <-tick.C:
			case <-m.quit:
				return
			}
		}
	}()
	return m
}

// stop may be called again.
func (m *meter) stop() {
	select {
	case <-m.quit:
	default:
		close(m.quit)
	}
	<-m.ended
}

// rate is how many bytes a second left from one moment to another. The meter has
// stopped then.
func (m *meter) rate(from, to time.Time) float64 {
	m.stop()
	at := func(t time.Time) meterPoint {
		i := slices.IndexFunc(m.points, func(p meterPoint) bool { return !p.at.Before(t) })
		if i < 0 {
			i = len(m.points) - 1
		}
		return m.points[i]
	}
	a, b := at(from), at(to)
	return float64(b.out-a.out) / b.at.Sub(a.at).Seconds()
}
