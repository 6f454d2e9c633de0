package main

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Scenarios of finding each other: a household, a sharer who goes, a crowd,
// and a depot.

// household: two computers of one home download the same from outside, one
// after the other.
func household(t *trial) {
	t.inEach("household", func(w *world, fam string) {
		const size = 32 * mib
		origin := w.outside("origin", 20)
		base := origin.origin(origin.path("www"))
		file := origin.file("www/film.mp4", size)
		_, link := origin.published(file, base)
		h := w.home("a", portRestricted, 2)
		first := h.in[0].get(link, "--seed")
		_, whole, _ := h.in[0].arrived(first, file, soon)
		before := h.router.counters()["from_outside"].Bytes
		_, second, end := h.in[1].arrived(h.in[1].get(link), file, soon)
		outside := h.router.counters()["from_outside"].Bytes - before
		t.shows(end.Bytes.Origin == 0 && outside < size/100, "the second download of a household, from outside"+fam, "no content: origin 0, < 1 % of the package",
			"origin %d bytes, %s in all of %d MiB (%.2f %%); %s after %s for the first", end.Bytes.Origin, kib(outside), size/mib, 100*float64(outside)/size, seconds(second), seconds(whole))
	})
}

// keepalive: the sharer goes when one other has the package; a third finds
// that one.
func keepalive(t *trial) {
	for _, how := range []string{"tracker", "dht"} {
		t.inEach(how, func(w *world, fam string) {
			h := w.homesWithRelay(portRestricted)
			third := w.home("c", portRestricted, 1).in[0]
			h.relayed()
			third.set("network.relays=" + h.server.addr)
			for _, c := range []*computer{h.a, h.b, third} {
				c.finders = how
				if how == "dht" {
					c.table(h.server)
				}
			}
			file := h.a.file("film.mp4", content)
			var share *shared
			var what string
			var more []string
			if how == "dht" {
				share = h.a.share(file)
				what = w.bare(share.link)
			} else {
				grove, _ := h.a.published(file, "http://"+h.server.c.host()+":9999/", "--tracker", h.server.url)
				share = h.a.share(file, "--package", grove)
				what, more = grove, []string{"--peers-only"}
			}
			h.b.arrived(h.b.get(what, append(more, "--seed")...), file, soon)
			share.stop()
			w.pause(2 * time.Second) // the next one comes later, and the tracker knows who is left
			met, whole, _ := third.arrived(third.get(what, more...), file, 2*soon)
			t.shows(true, "the sharer is gone, the "+how+" leads to another"+fam, "complete", "met after %s, complete after %s", seconds(met), seconds(whole))
		})
	}
	t.in("exchange", true, false, func(w *world) {
		// Public computers: what is shown is who tells whom.
		a, b, c := w.outside("a", 0), w.outside("b", 0), w.outside("c", 0)
		for _, x := range []*computer{a, b, c} {
			x.finders = "exchange"
		}
		share := a.share(a.file("film.mp4", 2*content), "--limit", "4M")
		b.arrived(b.get(share.link, "--seed"), share.file, soon)
		get := c.get(share.link, "--limit", "2M")
		two, err := get.await(soon, func(l line) bool { return l.event.Event == "progress" && l.event.People >= 2 })
		w.must(err)
		share.kill()
		_, whole, _ := c.arrived(get, share.file, soon)
		t.shows(true, "the sharer dies in the middle, exchange led to another", "complete", "told of the other after %s, complete after %s", seconds(two.at.Sub(get.began)), seconds(whole))
	})
}

const crowd = 40

// table: computers with a hash table of their own, and links that name no
// address.
func table(t *trial) {
	t.in("table", true, false, func(w *world) {
		first := w.outside("t1", 0)
		server := first.serveTable("dht")
		all := make([]*computer, crowd)
		all[0] = first
		for i := range all[1:] {
			all[i+1] = w.outside(fmt.Sprintf("t%d", i+2), 0)
		}
		var group sync.WaitGroup
		errs := make(chan fault, crowd)
		for _, c := range all[1:] {
			group.Add(1)
			go func() {
				defer group.Done()
				defer func() {
					switch p := recover().(type) {
					case nil:
					case fault:
						errs <- p
					default:
						panic(p)
					}
				}()
				c.serve("dht", "--dht-prefix", tablePrefix, "--dht-bootstrap", server.addr)
			}()
		}
		group.Wait()
		select {
		case f := <-errs:
			panic(f)
		default:
		}
		const rounds = 5
		meet := func(c *computer, i int) {
			c.finders = "dht"
			c.set("network.dht.prefix="+tablePrefix, "network.dht.bootstrap="+server.addr, "network.dht.bootstrap="+w.serverAt(all[i%crowd]))
		}
		var shares []*shared
		for i := range rounds {
			c := w.outside("a"+strconv.Itoa(i), 0)
			meet(c, 7*i)
			shares = append(shares, c.share(c.file("film.mp4", mib)))
		}
		w.pause(8 * time.Second) // the table is told five seconds after the start
		var took []time.Duration
		for i, share := range shares {
			c := w.outside("b"+strconv.Itoa(i), 0)
			meet(c, 7*i+13)
			get := c.get(w.bare(share.link))
			met, _, _ := c.arrived(get, share.file, soon)
			took = append(took, met)
			get.exit(soon)
		}
		slices.Sort(took)
		t.shows(took[rounds-1] < 20*time.Second, fmt.Sprintf("a link without addresses, %d computers in the table", crowd), "met within 20 s (the table is asked after 5 s)",
			"%d of %d; median %s, most %s", len(took), rounds, seconds(took[rounds/2]), seconds(took[rounds-1]))
	})
}

// serverAt is the address of the server at c.
func (w *world) serverAt(c *computer) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range slices.Backward(w.servers) {
		if s.c == c {
			return s.addr
		}
	}
	return ""
}

// depot: the sender pushes to a depot and goes.
func depot(t *trial) {
	t.inEach("depot", func(w *world, fam string) {
		h := w.homesWithout(portRestricted)
		h.a.run("keys", "new", "--name", "sharing", "--no-passphrase")
		h.server = h.out.serve("depot,tracker,relay", "--allow", h.a.path("data", "keys", "sharing.pub"))
		h.relayed()
		file := h.a.file("film.mp4", content)
		share := h.a.share(file, "--keep-at", h.server.url)
		kept, err := share.said(soon, "kept")
		w.must(err)
		stored := kept.at.Sub(share.began)
		share.stop()
		link := share.link
		met, whole, end := h.b.arrived(h.b.get(link), file, soon)
		t.shows(true, "the sender is offline, a depot has a copy"+fam, "complete", "copied after %s; met after %s, complete after %s, %d MiB from peers and %d MiB over HTTP",
			seconds(stored), seconds(met), seconds(whole), end.Bytes.Peers/mib, end.Bytes.Origin/mib)
	})
}

// pause waits for d.
func (w *world) pause(d time.Duration) {
	select {
	case <-time.After(d):
	case <-w.ctx.Done():
		w.must(w.ctx.Err())
	}
}
