package kad

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	dht "github.com/libp2p/go-libp2p-kad-dht"
	"github.com/libp2p/go-libp2p-kad-dht/records"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"grove/app"
)

// A key and the CID that a tracker is asked for with it: both finders must
// mean the same.
func TestKeyIsADigest(t *testing.T) {
	var key [32]byte
	for i := range key {
		key[i] = byte(i)
	}
	id, err := cidOf(key)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := hex.EncodeToString(id.Hash()), "1220"+hex.EncodeToString(key[:]); got != want {
		t.Errorf("multihash %s, want %s", got, want)
	}
	if want := "bafkreiaaaebagbafaydqqcikbmga2dqpcaireeyuculbogazdinryhi6d4"; id.String() != want {
		t.Errorf("CID %s, want %s", id, want)
	}
}

func TestProvideAndFind(t *testing.T) {
	for _, listen := range []string{loopback4, loopback6} {
		t.Run(listen[1:4], func(t *testing.T) {
			n := newTestNet(t, 6, listen)
			key := newKey()
			a, b, c := n.table(nil), n.table(nil), n.table(nil)
			mustProvide(t, a, key)
			mustProvide(t, b, key)
			found := findSoon(t, c, key, 30, a, b)
			if len(found) != 2 {
				t.Fatalf("found %v, want two", found)
			}
			for _, p := range found {
				if len(p.Addrs) == 0 || len(p.Addrs) > maxAddrs || !strings.HasPrefix(p.Addrs[0].String(), listen[:len(listen)-1]) {
					t.Errorf("%s is said to be at %v", p.ID, p.Addrs)
				}
			}
			if own := mustFind(t, a, key, 30); len(own) != 1 || !has(own, b) {
				t.Errorf("who provides finds %v, want the other one only", own)
			}
			if one := mustFind(t, c, key, 1); len(one) != 1 {
				t.Errorf("found %v, want one", one)
			}
			if none := mustFind(t, c, newKey(), 30); len(none) != 0 {
				t.Errorf("found %v under a key that nobody provides", none)
			}
			if a.Serving() || !n.servers[0].Serving() {
				t.Error("a client serves, or a server does not")
			}
		})
	}
}

// The first computer of a network has nobody to ask.
func TestFirstOfANetwork(t *testing.T) {
	n := &testNet{t: t, listen: loopback4}
	first := n.table(func(c *Config) { c.Serve = true })
	key := newKey()
	mustProvide(t, first, key)
	if found := mustFind(t, first, key, 5); len(found) != 0 {
		t.Errorf("it finds %v", found)
	}
	n.first = []string{n.address(first)}
	findSoon(t, n.table(nil), key, 5, first)
}

// Who has left is not found for good, and the network goes on without servers
// that left.
func TestGone(t *testing.T) {
	const kept = time.Second
	n := newTestNet(t, 6, loopback4, tuning{linger: linger, joinFirst: joinFirst, more: []dht.Option{
		dht.ProviderManagerOpts(records.ProvideValidity(kept), records.CleanupInterval(kept))}})
	key := newKey()
	a, c := n.table(nil), n.table(nil)
	mustProvide(t, a, key)
	told := time.Now()
	findSoon(t, c, key, 5, a)
	closeTable(t, a)
	if err := a.guest.Close(); err != nil {
		t.Fatal(err)
	}
	for found := mustFind(t, c, key, 5); len(found) > 0; found = mustFind(t, c, key, 5) {
		if time.Since(told) > patience {
			t.Fatalf("%v is still found", found)
		}
		time.Sleep(kept / 10) // the server's clock is real
	}
	for _, s := range n.servers[1:4] {
		closeTable(t, s)
		if err := s.guest.Close(); err != nil {
			t.Fatal(err)
		}
	}
	b := n.table(nil)
	mustProvide(t, b, key)
	findSoon(t, c, key, 5, b)
	waitFor(t, func() bool { // who left is struck off when it is asked
		mustFind(t, c, newKey(), 5)
		return c.Size() <= 3
	})
}

// Without addresses there is nothing that others could be told.
func TestProvideWithoutAddress(t *testing.T) {
	n := newTestNet(t, 2, loopback4)
	h, _ := newTestHost(t, nowhere)
	if err := n.tableAt(h, nil).Provide(soon(t), newKey()); err == nil {
		t.Error("it was announced where there is nothing")
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	n := newTestNet(t, 5, loopback4)
	h, _ := newTestHost(t)
	c := n.tableAt(h, nil)
	key := newKey()
	mustProvide(t, c, key)
	if c.guest.held() == 0 {
		t.Fatal("the walk left no connection: the test shows nothing")
	}
	closeTable(t, c)
	for _, id := range h.Peerstore().Peers() {
		if h.ConnManager().IsProtected(id, "") || h.ConnManager().GetTagInfo(id) != nil && len(h.ConnManager().GetTagInfo(id).Tags) > 0 {
			t.Errorf("%s is still marked in the connection manager", id)
		}
	}
	if conns := h.Network().Conns(); len(conns) > 0 {
		t.Errorf("%d connections are open", len(conns))
	}
	if err := c.Provide(t.Context(), key); !errors.Is(err, errClosed) {
		t.Errorf("Provide after Close: %v", err)
	}
	if _, err := findAll(t, t.Context(), c, key, 1); !errors.Is(err, errClosed) {
		t.Errorf("Find after Close: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}

// A server that leaves takes its streams and its protocol with it, and the
// host goes on.
func TestServerCloses(t *testing.T) {
	n := newTestNet(t, 3, loopback4)
	c := n.table(nil)
	mustFind(t, c, newKey(), 1)
	s := n.servers[0]
	closeTable(t, s)
	for _, p := range s.cfg.Host.Mux().Protocols() {
		if p == s.net.proto() {
			t.Error("the host still speaks the protocol")
		}
	}
	for _, conn := range s.cfg.Host.Network().Conns() {
		for _, st := range conn.GetStreams() {
			if st.Protocol() == s.net.proto() {
				t.Errorf("a stream is open, %v", st.Stat().Direction)
			}
		}
	}
}

// listened is a ctx that tells when somebody first waits for its end.
type listened struct {
	context.Context
	once sync.Once
	to   chan struct{}
}

func (l *listened) Done() <-chan struct{} {
	l.once.Do(func() { close(l.to) })
	return l.Context.Done()
}

func TestCloseEndsAFind(t *testing.T) {
	n := &testNet{t: t, listen: loopback4, first: []string{dead}}
	c := n.table(nil)
	ctx := &listened{Context: t.Context(), to: make(chan struct{})}
	ended := make(chan error, 1)
	go func() { ended <- c.Find(ctx, newKey(), 1, func(peer.AddrInfo) {}) }()
	<-ctx.to
	closeTable(t, c)
	if err := <-ended; !errors.Is(err, errClosed) {
		t.Errorf("Find: %v", err)
	}
}

func TestCloseWaits(t *testing.T) {
	n := &testNet{t: t, listen: loopback4, first: []string{dead}}
	c := n.table(nil)
	ctx, done, err := c.during(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	closed := make(chan error, 1)
	go func() { closed <- c.Close() }()
	<-ctx.Done()
	select {
	case <-closed:
		t.Fatal("Close did not wait for what was under way")
	case <-time.After(100 * time.Millisecond):
	}
	done()
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
}

// Connections are there while they are used, and others' are left alone.
func TestTidy(t *testing.T) {
	n := newTestNet(t, 6, loopback4)
	h, _ := newTestHost(t)
	c := n.tableAt(h, nil)
	mustFind(t, c, newKey(), 1)
	before := len(h.Network().Peers())
	if before < 2 {
		t.Fatalf("%d connections after a walk: the test shows nothing", before)
	}
	kept := h.Network().Peers()[0]
	h.ConnManager().Protect(kept, "somebody")
	if err := c.turn(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.letGo(false)
	if got := len(h.Network().Peers()); got < before {
		t.Errorf("under a walk all but %d connections were closed", got)
	}
	c.turned()
	size := c.Size()
	waitFor(t, func() bool { // a question of the library's own may be under way
		c.letGo(true)
		return len(h.Network().Peers()) <= 1
	})
	if got := h.Network().Peers(); len(got) != 1 || got[0] != kept {
		t.Errorf("connected to %v, want %s, which somebody else protects", got, kept)
	}
	if c.Size() < size {
		t.Errorf("the table forgot some of its %d computers with the connections: %d", size, c.Size())
	}
	if found := mustFind(t, c, newKey(), 1); len(found) != 0 {
		t.Errorf("found %v", found)
	}
}

// A table that rests lets go by itself.
func TestTidyAtRest(t *testing.T) {
	n := newTestNet(t, 3, loopback4)
	h, _ := newTestHost(t)
	gone := make(chan struct{}, 16)
	h.Network().Notify(&network.NotifyBundle{DisconnectedF: func(network.Network, network.Conn) { gone <- struct{}{} }})
	c := n.tableAt(h, nil, tuning{linger: 50 * time.Millisecond, joinFirst: joinFirst})
	mustFind(t, c, newKey(), 1)
	for deadline := soon(t); len(h.Network().Peers()) > 0; {
		select {
		case <-gone:
		case <-deadline.Done():
			t.Fatalf("%d connections are open at rest", len(h.Network().Peers()))
		}
	}
}

// The public network's rules are the library's, and it starts under them.
func TestPublicNetworkIsValid(t *testing.T) {
	for _, serve := range []bool{false, true} {
		h, _ := newTestHost(t)
		table, err := Start(Config{Host: h, Serve: serve, Log: slog.New(slog.DiscardHandler), Resolve: refuse})
		if err != nil {
			t.Fatal(err)
		}
		if table.Serving() {
			t.Error("it serves a public network before anybody said that it is reachable")
		}
		closeTable(t, table)
	}
	h, _ := newTestHost(t)
	var problem *app.Problem
	_, err := Start(Config{Host: h, DHT: app.DHT{Bootstrap: []string{"/ip4/127.0.0.1/tcp/1"}}, Log: slog.New(slog.DiscardHandler), Resolve: refuse})
	if !errors.As(err, &problem) || problem.Kind != app.BadInput {
		t.Errorf("an address without a peer: %v", err)
	}
}
