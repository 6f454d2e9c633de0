package p2p

import (
	"strings"
	"testing"
	"time"

	"grove/app"
)

// TestLocalOnlyReachesNobodyElse: with everything switched on, local-only mode
// leaves the local network alone: no public hash table, no router is asked, and
// nobody to try the addresses.
func TestLocalOnlyReachesNobodyElse(t *testing.T) {
	all := func(c *Config) {
		c.Finders = app.Finders{Tracker: true, Exchange: true, DHT: true}
		c.Mapping = true
	}
	local := newNode(t, all)
	open := newNode(t, all, func(c *Config) { c.Reach.LocalOnly = false })
	for _, c := range []struct {
		n    *Node
		want bool
	}{{local, false}, {open, true}} {
		if got := c.n.outreach.mapper != nil; got != c.want {
			t.Errorf("local only %v: a router would be asked: %v", c.n.reach.LocalOnly, got)
		}
		if got := c.n.parts.seen != nil; got != c.want {
			t.Errorf("local only %v: others would try the addresses: %v", c.n.reach.LocalOnly, got)
		}
		if got := c.n.finders.DHT; got != c.want {
			t.Errorf("local only %v: the hash table would be asked: %v", c.n.reach.LocalOnly, got)
		}
	}
	own := newNode(t, all, func(c *Config) { c.DHT = app.DHT{Prefix: "/grove-test"} })
	if !own.finders.DHT {
		t.Error("a hash table of one's own is not used in local-only mode")
	}
}

// TestRouse: a place at a relay is taken without a package, and given up.
func TestRouse(t *testing.T) {
	_, sharer, _ := relayed(t, 0)
	rest := sharer.Rouse()
	settle(t, sharer)
	if idle := sharer.idleConns(time.Now().Add(idleAfter + time.Second)); len(idle) > 0 {
		t.Errorf("the relay's connection counts as idle: %v", idle)
	}
	rest()
	rest() // may be said twice
	if sharer.busy() {
		t.Error("it is still busy")
	}
}

// TestTheTableHelps: where nobody named a relay, computers of the hash table
// that offer to introduce people do.
func TestTheTableHelps(t *testing.T) {
	own := func(c *Config) { c.Finders.DHT, c.DHT.Prefix = true, "/grove-test" }
	server := newNode(t, own, func(c *Config) { c.Server = &Server{Relay: &RelayLimit{}} })
	n := newNode(t, own, listenOn([]string{}...), func(c *Config) { c.DHT.Bootstrap = server.Addrs() })
	defer n.Rouse()()
	for deadline := time.Now().Add(patience); len(n.Addrs()) == 0; {
		select {
		case <-n.outreach.moved():
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("it has no address: %+v", n.Report())
		}
	}
	if a := n.Addrs()[0]; !strings.Contains(a, "/p2p/"+server.ID()+"/p2p-circuit/") {
		t.Errorf("it is reached at %s", a)
	}
}
