package main

import (
	"fmt"
	"strings"
	"time"
)

// A network that cuts what computers say to each other, and leaves the origin
// alone: connections over TCP are reset, and then UDP is dropped as well.

var meddled = []scenario{
	{"interference", "a network that resets what computers say to each other, and drops UDP", 20 * time.Minute, interference, false, false},
	{"throttled", "a network that slows down what they say over TCP", 5 * time.Minute, throttled, false, false},
}

const (
	meddledSize = 64 * mib
	meddledLine = 40 // Mbit/s, of who downloads; the origin and the seeds together have more each
	meddledSeed = 15
	seedCount   = 4
)

// meddling is what the network does to packets between seeds and others.
type meddling struct {
	what string
	tcp  string // nft: what of TCP is reset, to whoever sends it
	udp  bool   // is dropped
	// late: it begins when a third of the download is here; of all, or of UDP
	// alone, as udpLate has it.
	late, udpLate bool
}

// payload is a packet that carries something; content300 is one of a connection
// that carried so much.
const (
	payload    = "meta length > 100"
	content300 = "ct bytes > 300000"
)

// rules are those of the router in between: at first, and those that are added.
func (m meddling) rules(seeds []*computer) (first, later string) {
	tcp, udp := chain(seeds, "tcp", "meta l4proto tcp "+m.tcp+" reject with tcp reset"), chain(seeds, "udp", "meta l4proto udp drop")
	switch {
	case m.udpLate:
		return tcp, udp
	case m.udp:
		tcp += udp
	}
	if m.late {
		return "", tcp
	}
	return tcp, ""
}

// chain has a router do something to what comes from seeds or goes to them.
func chain(seeds []*computer, name, what string) string {
	var all []string
	for _, s := range seeds {
		all = append(all, s.ip4)
	}
	set := strings.Join(all, ", ")
	return fmt.Sprintf("table inet meddle {\n chain over_%s { type filter hook forward priority 0\n  ip saddr { %s } %s\n  ip daddr { %s } %s\n }\n}\n", name, set, what, set, what)
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
	named, known time.Duration // from the first rules until something was named, and from the last until all was
	said         string        // at last
	end          event
}

// get downloads while the router in between has the rules first, and from a third
// of the download on also those of later; "" is none.
func (st *stage) get(first, later string, args ...string) (o fetched) {
	st.gets++
	name := fmt.Sprintf("film-%d.mp4", st.gets)
	if first != "" {
		st.core.nft(first)
	}
	p := st.down.get(st.grove, append(args, "-o", name)...)
	began, changed := p.began, p.began
	if later != "" {
		_, err := p.await(soon, func(l line) bool { return l.event.Have > meddledSize/3 })
		st.must(err)
		changed = time.Now()
		st.core.nft(later)
	}
	if first == "" {
		began = changed
	}
	_, o.took, o.end = st.down.arrivedAs(p, st.file, name, 2*soon)
	p.exit(soon)
	for _, l := range p.lines {
		if strings.HasPrefix(l.text, "Something on the way") {
			if o.said == "" {
				o.named = l.at.Sub(began)
			}
			o.known, o.said = l.at.Sub(changed), l.text
		}
	}
	if first+later != "" {
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
			clean := st.get("", "", kind.args...)
			t.shows(clean.named == 0, kind.name+", left alone", "nothing is named", "%s, %d %% from people; named: %q", seconds(clean.took), clean.people(), clean.said)
			for _, m := range []meddling{
				{what: "each flow is reset at its first packet of content", tcp: payload},
				{what: "each flow is reset after 300 kB", tcp: content300},
				{what: "each flow is reset after 300 kB, from a third of the download on", tcp: content300, late: true},
				{what: "no flow comes about"},
				{what: "no flow comes about, from a third on", late: true},
				{what: "reset at the first packet, UDP dropped", tcp: payload, udp: true},
				{what: "reset at the first packet, UDP dropped, from a third on", tcp: payload, udp: true, late: true},
				{what: "reset after 300 kB, UDP dropped", tcp: content300, udp: true},
				{what: "reset after 300 kB, UDP dropped, from a third on", tcp: content300, udp: true, late: true},
				{what: "no flow comes about, UDP dropped, from a third on", udp: true, late: true},
				{what: "reset at the first packet, and UDP dropped from a third on", tcp: payload, udp: true, udpLate: true},
				{what: "reset after 300 kB, and UDP dropped from a third on", tcp: content300, udp: true, udpLate: true},
			} {
				if m.udp && kind.name == "people only" {
					continue
				}
				first, later := m.rules(st.seeds)
				o := st.get(first, later, kind.args...)
				ratio := o.took.Seconds() / clean.took.Seconds()
				right := o.said != "" && strings.Contains(o.said, "UDP") == m.udp
				t.shows(ratio <= 1.1 && right && o.known <= 10*time.Second, kind.name+": "+m.what, "time at most 1.10 of that, rightly named within 10 s",
					"%.2f (%s), %d %% from people; named after %s, and at last after %s: %s", ratio, seconds(o.took), o.people(), seconds(o.named), seconds(o.known), o.said)
			}
		}
	})
}

// throttled: TCP between each seed and others gets a part of the line, QUIC all.
func throttled(t *trial) {
	t.in("throttled", true, false, func(w *world) {
		const slow = 120 // kB/s, of each seed
		st := newStage(w)
		var rules strings.Builder
		for i, s := range st.seeds {
			fmt.Fprintf(&rules, "table inet meddle {\n chain slow%d { type filter hook forward priority 0\n  ip saddr %s meta l4proto tcp limit rate over %d kbytes/second burst 64 kbytes drop\n }\n}\n", i, s.ip4, slow)
		}
		o := st.get(rules.String(), "", "--peers-only")
		const over = meddledSize / (slow * 1000 * seedCount) * time.Second
		t.shows(strings.Contains(o.said, "slows down") && o.known <= 10*time.Second && o.took < over/3, "people only: TCP is held to 120 kB/s a seed",
			"named within 10 s; done in a third of the time that TCP takes, "+seconds(over), "%s; named after %s: %s", seconds(o.took), seconds(o.known), o.said)
	})
}

// people is how much came from people, in percent.
func (o fetched) people() int64 {
	b := o.end.Bytes
	return 100 * b.Peers / max(1, b.Peers+b.Origin)
}
