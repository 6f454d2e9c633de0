package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// diagnosis is what the lab reads of grove doctor --json.
type diagnosis struct {
	Reach struct {
		State   string `json:"state"`
		Summary string `json:"summary"`
	} `json:"reach"`
	Link struct {
		Reached    bool   `json:"reached"`
		Problem    string `json:"problem"`
		Conclusion string `json:"conclusion"`
	} `json:"link"`
}

// doctor runs grove doctor and returns what it says, and its exit code.
func (c *computer) doctor(args ...string) (d diagnosis, code int) {
	p := c.grove(append([]string{"doctor", "--json"}, args...)...)
	code = p.exit(90 * time.Second)
	text := p.all()
	if i := strings.Index(text, `{"`); i >= 0 {
		text = text[i:]
	}
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&d); err != nil {
		c.w.failf("%s: exit %d, %v: %s", p.name, code, err, p.tail(2))
	}
	return d, code
}

// doctors: what each computer is told of its own place, and of a link.
func doctors(t *trial) {
	for _, c := range []struct {
		name string
		v4   bool // else IPv6
		kind nat
		code int // for the link
		want string
	}{
		{"port-restricted routers", true, portRestricted, 0, ""},
		{"symmetric routers", true, symmetric, 6, "no-path"},
		{"walls, IPv6 only", false, portRestricted, 0, ""},
	} {
		t.in(c.name, c.v4, !c.v4, func(w *world) {
			h := w.homesWithRelay(c.kind)
			h.relayed()
			h.a.finders, h.b.finders = "lan,tracker,exchange", "lan,tracker,exchange"
			share := h.a.share(h.a.file("film.mp4", mib))
			d, code := h.b.doctor(share.link)
			t.shows(code == c.code && d.Link.Problem == c.want, "grove doctor LINK, both behind "+c.name, strings.TrimSpace(fmt.Sprintf("exit code %d %s", c.code, c.want)),
				"exit code %d: %s", code, d.Link.Conclusion)
			d, _ = h.b.doctor()
			t.shows(d.Reach.State == "relayed", "grove doctor behind "+c.name+", with a relay", "relayed", "%s: %s", d.Reach.State, d.Reach.Summary)
		})
	}
	t.in("without help", true, false, func(w *world) {
		home := w.home("a", portRestricted, 1).in[0]
		home.finders = "lan,tracker,exchange"
		d, _ := home.doctor()
		t.shows(d.Reach.State == "none", "grove doctor behind a router, with nobody's help", "none", "%s: %s", d.Reach.State, d.Reach.Summary)
	})
	t.in("public", true, false, func(w *world) {
		server, public := w.outside("server", 0).serve("relay"), w.outside("public", 0)
		public.finders = "lan,tracker,exchange"
		public.set("network.relays=" + server.addr)
		began := time.Now()
		d, _ := public.doctor()
		t.shows(d.Reach.State == "public", "grove doctor at a public address", "public", "%s after %s: %s", d.Reach.State, seconds(time.Since(began)), d.Reach.Summary)
	})
}
