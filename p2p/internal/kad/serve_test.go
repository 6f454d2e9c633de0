package kad

import (
	"slices"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
)

var public = []ma.Multiaddr{ma.StringCast("/ip4/8.8.8.8/tcp/1")}

// A server of the network that all share begins when AutoNAT v2 says that it
// is reachable, and ends when it no longer is.
func TestServesWhenReachable(t *testing.T) {
	n := newTestNet(t, 1, loopback4)
	h, _ := newTestHost(t)
	s := n.tableAt(h, func(c *Config) {
		c.DHT = app.DHT{Bootstrap: n.first} // not of the same network: it stays alone
		c.Serve = true
	})
	emit, err := h.EventBus().Emitter(new(event.EvtHostReachableAddrsChanged), eventbus.Stateful)
	if err != nil {
		t.Fatal(err)
	}
	defer emit.Close()
	for i, step := range []struct {
		e    event.EvtHostReachableAddrsChanged
		want bool
	}{
		{event.EvtHostReachableAddrsChanged{}, false},
		{event.EvtHostReachableAddrsChanged{Unknown: public}, false},
		{event.EvtHostReachableAddrsChanged{Reachable: public}, true},
		{event.EvtHostReachableAddrsChanged{Unreachable: public}, false},
		{event.EvtHostReachableAddrsChanged{Reachable: public, Unreachable: public}, true},
	} {
		if err := emit.Emit(step.e); err != nil {
			t.Fatal(err)
		}
		err := s.guest.await(soon(t), func() bool { return s.guest.open == step.want })
		if err != nil {
			t.Fatalf("step %d: serving is %v", i, !step.want)
		}
	}
	waitFor(t, func() bool { return slices.Contains(h.Mux().Protocols(), s.net.proto()) })
	if s.net.proto() != "/ipfs/kad/1.0.0" {
		t.Errorf("the protocol is %s", s.net.proto())
	}
	if err := emit.Emit(event.EvtHostReachableAddrsChanged{}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return !slices.Contains(h.Mux().Protocols(), s.net.proto()) })
}

// In a network of its own it serves at once, until none of its public
// addresses works; others strike it off then.
func TestServesItsOwnNetwork(t *testing.T) {
	n := newTestNet(t, 2, loopback4)
	s := n.servers[1]
	c := n.table(nil)
	mustFind(t, c, newKey(), 1)
	n.knows(c, 2)
	emit, err := s.cfg.Host.EventBus().Emitter(new(event.EvtHostReachableAddrsChanged), eventbus.Stateful)
	if err != nil {
		t.Fatal(err)
	}
	defer emit.Close()
	if err := emit.Emit(event.EvtHostReachableAddrsChanged{Unreachable: public}); err != nil {
		t.Fatal(err)
	}
	id := s.guest.ID()
	if err := c.guest.await(soon(t), func() bool { _, in := c.guest.known[id]; return !in }); err != nil {
		t.Error("a client still asks a server that no longer serves")
	}
	if err := emit.Emit(event.EvtHostReachableAddrsChanged{Unreachable: public, Unknown: public}); err != nil {
		t.Fatal(err)
	}
	if err := c.guest.await(soon(t), func() bool { _, in := c.guest.known[id]; return in }); err != nil {
		t.Error("a client does not ask a server that serves again")
	}
}

// What a server tells about others in the public network has nothing of the
// local network in it.
func TestTellsNothingLocal(t *testing.T) {
	h, _ := newTestHost(t)
	other := peer.ID("QmOther")
	h.Peerstore().AddAddrs(other, []ma.Multiaddr{
		ma.StringCast("/ip4/192.168.1.5/tcp/1"), ma.StringCast("/ip4/8.8.8.8/tcp/1"), ma.StringCast("/ip6/fe80::1/tcp/1"),
	}, time.Hour)
	g := newGuest(h, overlayOf(app.DHT{}), nil)
	if got := g.Peerstore().PeerInfo(other).Addrs; len(got) != 1 || !got[0].Equal(public[0]) {
		t.Errorf("told %v", got)
	}
	g = newGuest(h, overlayOf(app.DHT{Prefix: testPrefix}), nil)
	if got := g.Peerstore().PeerInfo(other).Addrs; len(got) != 3 {
		t.Errorf("a network of its own, which may be local, is told %v", got)
	}
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come about")
		}
	}
}
