package main

import (
	"fmt"
	"strings"
	"time"
)

// A network that cuts what computers say to each other, and leaves the origin
// alone: connections over TCP are reset, and then UDP is dropped as well.

const (
	meddledSize = 64 * mib
	meddledLine = 40 // Mbit/s, of who downloads; the origin and the seeds together have more each
	meddledSeed = 15
	seedCount   = 4
)

// meddling is what the network does to packets between seeds and others.
type meddling struct {
	what string
	tcp  string // nft: what of TCP is reset, to both ends
	udp  bool   // is dropped
	late bool   // begins in the middle of the download
}

// payload is a packet that carries something; content300 is one of a connection
// that carried so much.
const (
	payload    = "meta length > 100"
	content300 = "ct bytes > 300000"
)

// rules are those of the router in between. The kernel counts a connection's
// bytes where that is switched on.
func (m meddling) rules(seeds []*computer) string {
	var all []string
	for _, s := range seeds {
		all = append(all, s.ip4)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "table inet meddle {\n set seeds { type ipv4_addr; elements = { %s } }\n chain f { type filter hook forward priority 0\n", strings.Join(all, ", "))
	for _, end := range []string{"ip saddr @seeds", "ip daddr @seeds"} {
		fmt.Fprintf(&b, "  %s meta l4proto tcp %s reject with tcp reset\n", end, m.tcp)
		if m.udp {
			fmt.Fprintf(&b, "  %s meta l4proto udp drop\n", end)
		}
	}
	b.WriteString(" }\n}\n")
	return b.String()
}

// stage is who takes part.
type stage struct {
	*world
	down  *computer
	seeds []*computer
	file  string
	grove string
	gets  int
}

func newStage(w *world) *stage {
	st := &stage{world: w, down: w.outside("down", 0)}
	w.core.shape("p1", meddledLine)
	w.core.sysctl("netfilter/nf_conntrack_acct=1")
	origin := w.outside("origin", 1.5*meddledLine)
	st.file = origin.file("www/film.mp4", meddledSize)
	tracker := w.outside("tracker", 0).serve("tracker")
	st.grove, _ = origin.published(st.file, origin.origin(origin.path("www")), "--tracker", tracker.url)
	for i := range seedCount {
		s := w.outside(fmt.Sprintf("seed%d", i+1), meddledSeed)
		s.finders = "tracker"
		s.share(st.file, "--package", st.grove)
		st.seeds = append(st.seeds, s)
	}
	st.down.finders = "tracker"
	w.pause(3 * time.Second) // they announce themselves
	return st
}

// fetched is how a download went.
type fetched struct {
	took         time.Duration
	named, known time.Duration // from the beginning of the meddling until it was first named, and last
	said         string        // at last
	end          event
}

// get downloads while m is done, or nothing where it is nil.
func (st *stage) get(m *meddling, args ...string) fetched {
	if m == nil {
		return st.getUnder("", false, args...)
	}
	return st.getUnder(m.rules(st.seeds), m.late, args...)
}

// getUnder downloads under rules of the router in between, late from a third of
// the download on.
func (st *stage) getUnder(rules string, late bool, args ...string) (o fetched) {
	st.gets++
	name := fmt.Sprintf("film-%d.mp4", st.gets)
	if rules != "" && !late {
		st.core.nft(rules)
	}
	p := st.down.get(st.grove, append(args, "-o", name)...)
	began := p.began
	if late {
		_, err := p.await(soon, func(l line) bool { return l.event.Have > meddledSize/3 })
		st.must(err)
		began = time.Now()
		st.core.nft(rules)
	}
	_, o.took, o.end = st.down.arrivedAs(p, st.file, name, 2*soon)
	p.exit(soon)
	for _, l := range p.lines {
		if strings.HasPrefix(l.text, "Something on the way") {
			if o.said == "" {
				o.named = l.at.Sub(began)
			}
			o.known, o.said = l.at.Sub(began), l.text
		}
	}
	if rules != "" {
		st.core.nft("delete table inet meddle")
	}
	return o
}

// interference: the same download again and again, while the network does one
// thing or another.
func interference(t *trial) {
	t.in("interference", true, false, func(w *world) {
		st := newStage(w)
		for _, kind := range []struct {
			name string
			args []string
		}{{"people and an origin", nil}, {"thrifty", []string{"--thrifty"}}, {"people only", []string{"--peers-only"}}} {
			clean := st.get(nil, kind.args...)
			t.shows(clean.named == 0, kind.name+", left alone", "nothing is named", "%s, %d %% from people; named: %q", seconds(clean.took), clean.people(), clean.said)
			for _, m := range []meddling{
				{"each flow is reset at its first packet of content", payload, false, false},
				{"each flow is reset after 300 kB", content300, false, false},
				{"the same, from a third of the download on", content300, false, true},
				{"no flow comes about", "", false, false},
				{"no flow comes about, from a third of the download on", "", false, true},
				{"reset at the first packet, all UDP dropped", payload, true, false},
				{"reset after 300 kB, all UDP dropped", content300, true, false},
				{"the same, from a third of the download on, all UDP dropped", content300, true, true},
				{"reset at the first packet, all UDP dropped, from a third on", payload, true, true},
				{"no flow comes about, all UDP dropped, from a third on", "", true, true},
			} {
				if m.udp && kind.name == "people only" {
					continue
				}
				o := st.get(&m, kind.args...)
				ratio := o.took.Seconds() / clean.took.Seconds()
				right := o.said != "" && strings.Contains(o.said, "UDP") == m.udp
				t.shows(ratio <= 1.1 && right && o.known <= 10*time.Second, kind.name+": "+m.what, "time at most 1.10 of that, rightly named within 10 s",
					"%.2f (%s), %d %% from people; named after %s, and at last after %s: %s", ratio, seconds(o.took), o.people(), seconds(o.named), seconds(o.known), o.said)
			}
		}
		throttled(st, t)
	})
}

// throttled: TCP between each seed and others gets a part of the line, QUIC all.
func throttled(st *stage, t *trial) {
	const slow = 120 // kB/s, of each seed
	rules := "table inet meddle {\n chain f { type filter hook forward priority 0\n"
	for _, s := range st.seeds {
		rules += fmt.Sprintf("  ip saddr %s meta l4proto tcp limit rate over %d kbytes/second burst 64 kbytes drop\n", s.ip4, slow)
	}
	o := st.getUnder(rules+" }\n}\n", false, "--peers-only")
	over := meddledSize / (slow * 1000 * seedCount) * time.Second
	t.shows(strings.Contains(o.said, "slows down") && o.known <= 15*time.Second && o.took < over/3, "people only: TCP is held to 120 kB/s a seed",
		"named within 15 s; done in a third of the time that TCP takes, "+seconds(over), "%s; named after %s: %s", seconds(o.took), seconds(o.known), o.said)
}

// people is how much came from people, in percent.
func (o fetched) people() int64 {
	b := o.end.Bytes
	return 100 * b.Peers / max(1, b.Peers+b.Origin)
}
