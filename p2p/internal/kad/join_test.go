package kad

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/peer"
	blankhost "github.com/libp2p/go-libp2p/p2p/host/blank"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	"github.com/libp2p/go-libp2p/p2p/host/peerstore/pstoremem"
	libswarm "github.com/libp2p/go-libp2p/p2p/net/swarm"
	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
)

// Nothing is dialled that Resolve has not allowed: not a name, and not the
// public network's numeric address either.
func TestResolveIsAskedFirst(t *testing.T) {
	for name, d := range map[string]app.DHT{
		"public": {},
		"own":    {Prefix: testPrefix, Bootstrap: []string{dead}},
	} {
		t.Run(name, func(t *testing.T) {
			h, seen := newTestHost(t)
			asked := make(chan string, 100)
			table, err := Start(Config{Host: h, DHT: d, Log: slog.New(slog.DiscardHandler),
				Resolve: func(_ context.Context, a ma.Multiaddr) ([]ma.Multiaddr, error) {
					asked <- a.String()
					return nil, errors.New("refused")
				}})
			if err != nil {
				t.Fatal(err)
			}
			var want, numeric, names int
			want = len(table.targets)
			for range want {
				select {
				case a := <-asked:
					if strings.HasPrefix(a, "/ip4/") {
						numeric++
					} else {
						names++
					}
				case <-soon(t).Done():
					t.Fatal("not everybody to begin with was asked about")
				}
			}
			if numeric != 1 || name == "public" && names == 0 {
				t.Errorf("asked about %d numeric addresses and %d names", numeric, names)
			}
			closeTable(t, table)
			if seen.count() > 0 {
				t.Errorf("dialled %v", seen.peers)
			}
		})
	}
}

// Names are resolved by Resolve, and what it answers for another peer, or as a
// name again, is not dialled.
func TestNamesToBeginWith(t *testing.T) {
	n := newTestNet(t, 2, loopback4)
	s := n.servers[0]
	stranger := peer.AddrInfo{ID: n.servers[1].guest.ID(), Addrs: n.servers[1].guest.Addrs()}
	h, seen := newTestHost(t)
	c := n.tableAt(h, func(c *Config) {
		c.DHT.Bootstrap = []string{"/dnsaddr/bootstrap.example.org/p2p/" + s.guest.ID().String()}
		c.Resolve = func(_ context.Context, a ma.Multiaddr) ([]ma.Multiaddr, error) {
			if a.String() != c.DHT.Bootstrap[0] {
				t.Errorf("asked about %s", a)
			}
			return []ma.Multiaddr{
				ma.StringCast("/ip4/127.0.0.1/tcp/9/p2p/" + stranger.ID.String()),
				ma.StringCast("/dns4/other.example.org/tcp/9/p2p/" + s.guest.ID().String()),
				ma.StringCast(n.address(s)),
			}, nil
		}
	})
	n.knows(c, 1)
	seen.mu.Lock()
	defer seen.mu.Unlock()
	if len(seen.names) > 0 {
		t.Errorf("libp2p was given the names %v", seen.names)
	}
	for _, a := range seen.addrs {
		if strings.Contains(a, "/tcp/9") {
			t.Errorf("dialled %s", a)
		}
	}
}

// A network that cannot be entered is knocked at less and less often, until
// this computer has moved.
func TestJoinPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, err := pstoremem.NewPeerstore()
		if err != nil {
			t.Fatal(err)
		}
		key, _, err := crypto.GenerateEd25519Key(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		self, err := peer.IDFromPrivateKey(key)
		if err := errors.Join(err, store.AddPrivKey(self, key), store.AddPubKey(self, key.GetPublic())); err != nil {
			t.Fatal(err)
		}
		bus := eventbus.NewBus()
		sw, err := libswarm.NewSwarm(self, store, bus)
		if err != nil {
			t.Fatal(err)
		}
		h := blankhost.NewBlankHost(sw, blankhost.WithEventBus(bus))
		var mu sync.Mutex
		var at []time.Duration
		began := time.Now()
		table, err := Start(Config{Host: h, Log: slog.New(slog.DiscardHandler),
			DHT: app.DHT{Prefix: testPrefix, Bootstrap: []string{"/dns4/x.example.org/tcp/9/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"}},
			Resolve: func(context.Context, ma.Multiaddr) ([]ma.Multiaddr, error) {
				mu.Lock()
				defer mu.Unlock()
				at = append(at, time.Since(began))
				return nil, errors.New("refused")
			}})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		mu.Lock()
		if at[0] != 0 {
			t.Errorf("the first knock came after %v", at[0])
		}
		want := joinFirst
		for i := range at[1:] {
			if pause := at[i+1] - at[i]; pause < want || pause > want+want/2 {
				t.Errorf("pause %d was %v, want %v and up to half of it more", i, pause, want)
			}
			want = min(2*want, joinLast)
		}
		if len(at) < 12 || len(at) > 19 {
			t.Errorf("%d knocks in an hour", len(at))
		}
		before := len(at)
		mu.Unlock()

		emit, err := bus.Emitter(new(event.EvtLocalAddressesUpdated))
		if err != nil {
			t.Fatal(err)
		}
		if err := emit.Emit(event.EvtLocalAddressesUpdated{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(joinFirst + time.Second)
		mu.Lock()
		if len(at) != before+1 {
			t.Errorf("%d knocks after this computer moved, want 1", len(at)-before)
		}
		mu.Unlock()
		if err := errors.Join(emit.Close(), table.Close(), h.Close(), store.Close()); err != nil {
			t.Error(err)
		}
	})
}

// Who knows nobody any more begins anew.
func TestJoinsAgain(t *testing.T) {
	n := newTestNet(t, 2, loopback4)
	c := n.table(nil, tuning{linger: linger, joinFirst: 10 * time.Millisecond})
	mustFind(t, c, newKey(), 1)
	n.knows(c, 2)
	c.letGo(true) // or the library would take those who are still connected
	for _, s := range n.servers {
		c.dht.RoutingTable().RemovePeer(s.guest.ID())
	}
	n.knows(c, 1)
}
