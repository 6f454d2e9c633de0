package kad

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	pb "github.com/libp2p/go-libp2p-kad-dht/pb"
	kb "github.com/libp2p/go-libp2p-kbucket"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-msgio/pbio"
	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
)

// liar is a server of the test network that answers with what answer returns,
// and not at all where that is nil.
func liar(t *testing.T, answer func(*pb.Message) *pb.Message) host.Host {
	t.Helper()
	h, _ := newTestHost(t)
	h.SetStreamHandler(testPrefix+"/kad/1.0.0", func(st network.Stream) {
		defer st.Reset()
		in, out := pbio.NewDelimitedReader(st, 1<<20), pbio.NewDelimitedWriter(st)
		for {
			var m pb.Message
			if in.ReadMsg(&m) != nil {
				return
			}
			if a := answer(&m); a == nil || out.WriteMsg(a) != nil {
				_, _ = st.Read(make([]byte, 1)) // until the other side gives up
				return
			}
		}
	})
	return h
}

func startingAt(hosts ...host.Host) func(*Config) {
	return func(c *Config) {
		for _, h := range hosts {
			c.DHT.Bootstrap = append(c.DHT.Bootstrap, h.Addrs()[0].String()+"/p2p/"+h.ID().String())
		}
	}
}

// invented is a peer that is nobody, near key by at least cpl bits.
func invented(key string, cpl int, addrs ...ma.Multiaddr) peer.AddrInfo {
	raw := make([]byte, 34)
	raw[0], raw[1] = 0x12, 0x20 // a sha2-256, as of a long public key
	for {
		_, _ = rand.Read(raw[2:])
		if kb.CommonPrefixLen(kb.ConvertPeerID(peer.ID(raw)), kb.ConvertKey(key)) >= cpl {
			return peer.AddrInfo{ID: peer.ID(raw), Addrs: addrs}
		}
	}
}

// victim is somebody's port, and how many came to it.
func victim(t *testing.T) (ma.Multiaddr, *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var came atomic.Int32
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			came.Add(1)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-ended })
	return ma.StringCast(fmt.Sprintf("/ip4/127.0.0.1/tcp/%d", l.Addr().(*net.TCPAddr).Port)), &came
}

// A server that invents a thousand peers: no more than were asked for are
// reported, none is dialled, and it ends.
func TestInventedProviders(t *testing.T) {
	there, came := victim(t)
	var asked atomic.Int32
	h := liar(t, func(m *pb.Message) *pb.Message {
		a := pb.NewMessage(m.GetType(), m.GetKey(), 0)
		if m.GetType() == pb.Message_GET_PROVIDERS {
			asked.Add(1)
			var all []peer.AddrInfo
			for i := range 1000 {
				p := invented("", 0, there)
				switch i % 3 {
				case 0:
					p.Addrs = nil
				case 1:
					for range 5 {
						p.Addrs = append(p.Addrs, p.Addrs...) // 32 times the same
					}
				}
				all = append(all, p)
			}
			a.ProviderPeers = pb.RawPeerInfosToPBPeers(all)
		}
		return a
	})
	n := &testNet{t: t, listen: loopback4}
	chost, seen := newTestHost(t)
	c := n.tableAt(chost, startingAt(h))
	const times = 5 // the library may have one more in its hands, or not
	for range times {
		found := mustFind(t, c, newKey(), 30)
		if len(found) > 30 || len(found) < 20 {
			t.Errorf("%d were reported, of 30 asked for", len(found))
		}
		once := map[peer.ID]bool{}
		for _, p := range found {
			if len(p.Addrs) == 0 || len(p.Addrs) > maxAddrs || once[p.ID] {
				t.Errorf("%s is reported again, or at %d addresses", p.ID, len(p.Addrs))
			}
			once[p.ID] = true
		}
	}
	if asked.Load() == 0 {
		t.Error("the liar was not asked: the test shows nothing")
	}
	if came.Load() > 0 || seen.count() != 1 {
		t.Errorf("%d came to the victim; dialled %d peers, want the liar alone", came.Load(), seen.count())
	}
	if left := len(chost.Peerstore().PeersWithAddrs()); left > times*70 {
		t.Errorf("addresses of %d peers are remembered", left)
	}
}

// Servers that invent ever nearer ones at somebody's address: the walk dials
// no more than it may, and ends.
func TestInventedServers(t *testing.T) {
	there, came := victim(t)
	var friends []peer.AddrInfo
	var hosts []host.Host
	for range 5 {
		h := liar(t, func(m *pb.Message) *pb.Message {
			a := pb.NewMessage(m.GetType(), m.GetKey(), 0)
			closer := friends
			for range 35 {
				closer = append(closer[:len(closer):len(closer)], invented(string(m.GetKey()), 6, there))
			}
			a.CloserPeers = pb.RawPeerInfosToPBPeers(closer)
			return a
		})
		hosts = append(hosts, h)
	}
	for _, h := range hosts {
		friends = append(friends, peer.AddrInfo{ID: h.ID(), Addrs: h.Addrs()})
	}
	n := &testNet{t: t, listen: loopback4}
	chost, seen := newTestHost(t)
	c := n.tableAt(chost, startingAt(hosts...))
	if found := mustFind(t, c, newKey(), 30); len(found) != 0 {
		t.Errorf("found %v", found)
	}
	if got := came.Load(); got > maxWalkDials {
		t.Errorf("%d connections were made to the victim", got)
	} else if got < 40 {
		t.Errorf("%d connections were made to the victim: the test shows nothing", got)
	}
	if got := seen.count(); got > maxWalkDials+doors {
		t.Errorf("%d peers were dialled", got)
	}
}

// The last dial that is not allowed ends the walk: were it only refused, the
// library would strike who could not be dialled off the table.
func TestEndOfTheBudget(t *testing.T) {
	h, seen := newTestHost(t)
	g := newGuest(h, overlayOf(app.DHT{}), func() {})
	ctx, b := withBudget(t.Context())
	defer b.cancel(nil)
	b.left.Store(0)
	err := g.Connect(ctx, invented("", 0, ma.StringCast("/ip4/127.0.0.1/tcp/9")))
	if !errors.Is(err, errFar) || !errors.Is(context.Cause(ctx), errFar) || seen.count() > 0 {
		t.Errorf("%v, ctx %v, dialled %d", err, context.Cause(ctx), seen.count())
	}
}

// An answer may not be longer than any honest one.
func TestLongAnswer(t *testing.T) {
	var sent atomic.Int64
	long := func(m *pb.Message) *pb.Message {
		a := pb.NewMessage(m.GetType(), m.GetKey(), 0)
		if m.GetType() == pb.Message_GET_PROVIDERS {
			for range 20_000 { // some 800 KB
				a.ProviderPeers = append(a.ProviderPeers, &pb.Message_Peer{Id: []byte(invented("", 0).ID)})
			}
			sent.Add(1)
		}
		return a
	}
	n := &testNet{t: t, listen: loopback4}
	c := n.table(startingAt(liar(t, long)))
	n.knows(c, 1)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	go func() {
		_ = c.guest.await(ctx, c.guest.empty) // struck off
		cancel()
	}()
	found, err := findAll(t, ctx, c, newKey(), 5)
	if len(found) > 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("found %v, %v", found, err)
	}
	if sent.Load() == 0 {
		t.Error("nothing was asked: the test shows nothing")
	}
}

// Nobody is there, or nobody says anything: Find and Provide end with ctx.
func TestNobodyAnswers(t *testing.T) {
	silent := liar(t, func(*pb.Message) *pb.Message { return nil })
	turned := liar(t, func(m *pb.Message) *pb.Message {
		if string(m.GetKey()) == "" || m.GetType() != pb.Message_FIND_NODE || len(m.GetKey()) == 34 {
			return nil
		}
		return pb.NewMessage(m.GetType(), m.GetKey(), 0)
	})
	for name, change := range map[string]func(*Config){
		"nobody is there":       func(c *Config) { c.DHT.Bootstrap = []string{dead} },
		"they say nothing":      startingAt(silent),
		"they let in, no more":  startingAt(turned),
		"Resolve allows nobody": func(c *Config) { c.DHT.Bootstrap, c.Resolve = []string{dead}, refuse },
	} {
		t.Run(name, func(t *testing.T) {
			n := &testNet{t: t, listen: loopback4}
			c := n.table(change)
			if name == "they let in, no more" {
				n.knows(c, 1)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			found, err := findAll(t, ctx, c, newKey(), 5)
			if len(found) > 0 || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Find: %v, %v", found, err)
			}
			if err := c.Provide(ctx, newKey()); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Provide: %v", err)
			}
		})
	}
}

// Everybody who was known is gone: nothing is claimed to have been asked or
// told.
func TestEverybodyLeft(t *testing.T) {
	n := newTestNet(t, 3, loopback4)
	c := n.table(nil)
	mustFind(t, c, newKey(), 5)
	for _, s := range n.servers {
		closeTable(t, s)
		if err := s.guest.Close(); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := c.Provide(ctx, newKey()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Provide: %v", err)
	}
	if found, err := findAll(t, ctx, c, newKey(), 5); len(found) > 0 || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Find: %v, %v", found, err)
	}
}
