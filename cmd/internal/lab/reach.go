package main

import (
	"fmt"
	"strings"
	"time"
)

// Scenarios of reaching each other: on a switch, through routers, and where
// that is not possible.

const (
	mib      = 1 << 20
	content  = 16 * mib
	soon     = 60 * time.Second
	forRelay = 128 << 10 // bytes: what a relay may carry is for meeting only
)

// alone: two computers on one switch that leads nowhere.
func alone(t *trial) {
	t.inEach("switch", func(w *world, fam string) {
		all := w.lan(2)
		share := all[0].share(all[0].file("film.mp4", content))
		met, whole, _ := all[1].arrived(all[1].get(w.bare(share.link)), share.file, soon)
		t.shows(met < time.Second, "a link without addresses, met on the LAN"+fam, "< 1 s from the start of the program", "%s; %d MiB complete after %s", seconds(met), content/mib, seconds(whole))
	})
}

// homes is two homes and, outside, a server for both.
type homes struct {
	w      *world
	out    *computer
	server *server
	a, b   *computer // in two homes
}

// relayRules count what the server's peer port sends, and what else.
const relayRules = `table inet lab {
 counter peers { }
 chain o { type filter hook output priority 0; oifname "lo" return;
  tcp sport ` + serverPort + ` counter name peers return; udp sport ` + serverPort + ` counter name peers return
 }
}
`

// homesWithout have no server yet.
func (w *world) homesWithout(kind nat) *homes {
	h := &homes{w: w, out: w.outside("server", 0)}
	h.out.nft(relayRules)
	h.a, h.b = w.home("a", kind, 1).in[0], w.home("b", kind, 1).in[0]
	return h
}

func (w *world) homesWithRelay(kind nat) *homes {
	h := w.homesWithout(kind)
	h.server = h.out.serveTable("tracker,relay,dht")
	return h
}

// carried is what the server has sent peers, in bytes.
func (h *homes) carried() int64 { return h.server.c.counters()["peers"].Bytes }

// relayed makes the server a relay of both, by their settings.
func (h *homes) relayed() {
	for _, c := range []*computer{h.a, h.b} {
		c.set("network.relays=" + h.server.addr)
	}
}

// punches shows what came of one download.
func (h *homes) punches(t *trial, what string, get *proc, share *shared, before int64) {
	met, whole, end := h.b.arrived(get, share.file, soon)
	carried := h.carried() - before
	ok := carried < forRelay && end.Bytes.Peers == content
	t.shows(ok, what, "direct connection; relay < 128 KiB", "first byte after %s, %d MiB complete after %s, relay sent %s",
		seconds(met), content/mib, seconds(whole), kib(carried))
}

// punching: two homes, each behind a router that lets in only who was spoken
// to; outside a relay, a tracker and a hash table.
func punching(t *trial) { punchingIn(t, true, false) }

// overIPv6: the same without IPv4.
func overIPv6(t *trial) { punchingIn(t, false, true) }

func punchingIn(t *trial, v4, v6 bool) {
	t.in("the link alone", v4, v6, func(w *world) {
		h := w.homesWithRelay(portRestricted)
		h.relayed()
		h.a.finders, h.b.finders = "none", "none"
		share := h.a.share(h.a.file("film.mp4", content))
		if !strings.Contains(share.link, "p2p-circuit") {
			w.failf("the link names no relay: %s", share.link)
		}
		before := h.carried()
		h.punches(t, "a link with the relay's address, and no finder", h.b.get(share.link), share, before)
	})
	t.in("relay in the link only", v4, v6, func(w *world) {
		h := w.homesWithRelay(portRestricted)
		h.a.set("network.relays=" + h.server.addr)
		h.a.finders, h.b.finders = "none", "none"
		share := h.a.share(h.a.file("film.mp4", content))
		before := h.carried()
		h.punches(t, "the receiver has no relay of its own", h.b.get(share.link), share, before)
	})
	t.in("the tracker", v4, v6, func(w *world) {
		h := w.homesWithRelay(portRestricted)
		h.relayed()
		h.a.finders, h.b.finders = "tracker", "tracker"
		file := h.a.file("film.mp4", content)
		grove, _ := h.a.published(file, "http://"+h.server.c.host()+":9999/", "--tracker", h.server.url)
		share := h.a.share(file, "--package", grove)
		w.pause(3 * time.Second)
		before := h.carried()
		h.punches(t, "a .grove file, the tracker leads", h.b.get(grove, "--peers-only"), share, before)
	})
	t.in("the hash table", v4, v6, func(w *world) {
		h := w.homesWithRelay(portRestricted)
		h.relayed()
		h.a.finders, h.b.finders = "dht", "dht"
		h.a.table(h.server)
		h.b.table(h.server)
		share := h.a.share(h.a.file("film.mp4", content))
		link := w.bare(share.link)
		before := h.carried()
		h.punches(t, "a link without addresses, the hash table leads", h.b.get(link), share, before)
	})
}

// unpunchable: both routers use another port for every destination, so that no
// hole fits.
func unpunchable(t *trial) {
	t.in("no way", true, false, func(w *world) {
		h := w.homesWithRelay(symmetric)
		h.relayed()
		h.a.finders, h.b.finders = "none", "none"
		share := h.a.share(h.a.file("film.mp4", content))
		before := h.carried()
		get := h.b.get(share.link, "--patience", "30s")
		for _, side := range []struct {
			who string
			p   *proc
		}{{"the receiver is told", get}, {"the sharer is told", share.proc}} {
			l, err := side.p.await(time.Until(get.began.Add(40*time.Second)), noPath)
			if err != nil {
				t.shows(false, side.who, "what is wrong and what helps, within 30 s", "not at all")
				continue
			}
			at := l.at.Sub(get.began)
			t.shows(at < 30*time.Second, side.who, "what is wrong and what helps, within 30 s", "after %s: %s", seconds(at), side.p.from(l))
		}
		code := get.exit(time.Until(get.began.Add(60 * time.Second)))
		t.shows(code == 6, "get gives up", "exit code 6", "exit code %d", code)
		carried := h.carried() - before
		t.shows(carried < forRelay, "the relay carries no content", "< 128 KiB", "%s", kib(carried))
	})
	t.in("own relay", true, false, func(w *world) {
		h := w.homesWithout(symmetric)
		h.server = h.out.serve("relay", "--relay-data", "256MiB")
		h.relayed()
		h.a.finders, h.b.finders = "none", "none"
		share := h.a.share(h.a.file("film.mp4", content))
		before := h.carried()
		met, whole, _ := h.b.arrived(h.b.get(share.link), share.file, soon)
		carried := h.carried() - before
		t.shows(carried >= content, "a relay of one's own that lets content through", "complete, through the relay", "first byte after %s, complete after %s, relay sent %d MiB",
			seconds(met), seconds(whole), carried/mib)
	})
}

// noPath finds a line that says that somebody is there and cannot be reached,
// to people or in JSON.
func noPath(l line) bool {
	e := l.event
	return e.Event == "" && !strings.Contains(l.text, "level=") && strings.Contains(l.text, "no direct") ||
		e.Missed > 0 || e.Problem != nil && e.Problem.Kind == "no-path"
}

// from is what was said in l, and in the line after it where l is for people.
func (p *proc) from(l line) string {
	if pr := l.event.Problem; pr != nil {
		return pr.Text + " " + pr.Advice
	}
	if l.event.Missed > 0 {
		return fmt.Sprintf("missed: %d", l.event.Missed)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, o := range p.lines[:len(p.lines)-1] {
		if o.at == l.at && o.text == l.text {
			return short(l.text + " " + p.lines[i+1].text)
		}
	}
	return short(l.text)
}
