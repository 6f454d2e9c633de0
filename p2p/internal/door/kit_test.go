package door

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/sec"
	"github.com/libp2p/go-libp2p/core/transport"
	basichost "github.com/libp2p/go-libp2p/p2p/host/basic"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	"github.com/libp2p/go-libp2p/p2p/host/peerstore/pstoremem"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/net/connmgr"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/libp2p/go-libp2p/p2p/net/upgrader"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	pb "github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/pb"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	libtls "github.com/libp2p/go-libp2p/p2p/security/tls"
	libquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/quicreuse"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"
	"github.com/quic-go/quic-go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv("GROVE_DOOR_PROCESS") != "" {
		os.Exit(process())
	}
	goleak.VerifyTestMain(m,
		// Started once in a process by libp2p's dependencies, for good.
		goleak.IgnoreTopFunction("github.com/libp2p/go-libp2p/core/peerstore.init.0.func1"),
	)
}

// patience is how long anything that should happen soon may take, on a busy
// machine.
const patience = 20 * time.Second

// newHost makes a host of TCP, QUIC and circuits on loopback, from the parts
// that p2p uses.
func newHost(t *testing.T) host.Host {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	must(err)
	id, err := peer.IDFromPrivateKey(key)
	must(err)
	store, err := pstoremem.NewPeerstore()
	must(err)
	must(errors.Join(store.AddPrivKey(id, key), store.AddPubKey(id, key.GetPublic())))
	bus := eventbus.NewBus()
	sw, err := swarm.NewSwarm(id, store, bus)
	must(err)
	muxers := []upgrader.StreamMuxer{{ID: yamux.ID, Muxer: yamux.DefaultTransport}}
	security, err := libtls.New(libtls.ID, key, muxers)
	must(err)
	limits := &network.NullResourceManager{}
	up, err := upgrader.New([]sec.SecureTransport{security}, muxers, nil, limits, nil)
	must(err)
	overTCP, err := tcp.NewTCPTransport(up, limits, nil)
	must(err)
	conns, err := quicreuse.NewConnManager(quic.StatelessResetKey{}, quic.TokenGeneratorKey{})
	must(err)
	overQUIC, err := libquic.NewTransport(key, conns, nil, nil, limits)
	must(err)
	for _, tr := range []transport.Transport{overTCP, overQUIC} {
		must(sw.AddTransport(tr))
	}
	guard, err := connmgr.NewConnManager(10, 100)
	must(err)
	h, err := basichost.NewHost(sw, &basichost.HostOpts{EventBus: bus, ConnManager: guard})
	must(err)
	h.Start()
	must(client.AddTransport(h, up))
	must(sw.Listen(ma.StringCast("/ip4/127.0.0.1/tcp/0"), ma.StringCast("/ip4/127.0.0.1/udp/0/quic-v1")))
	t.Cleanup(func() {
		if err := errors.Join(h.Close(), conns.Close(), store.Close()); err != nil {
			t.Error(err)
		}
	})
	return h
}

// harbour is a real relay.
type harbour struct {
	host.Host
	info peer.AddrInfo

	mu      sync.Mutex
	refuses bool          // guarded by mu
	asked   int           // guarded by mu; reservations asked for
	renewed int           // guarded by mu
	event   chan struct{} // closed and replaced when one of them changes
}

func newHarbour(t *testing.T, change ...func(*relay.Resources)) *harbour {
	t.Helper()
	r := &harbour{Host: newHost(t), event: make(chan struct{})}
	r.info = peer.AddrInfo{ID: r.ID(), Addrs: r.Network().ListenAddresses()}
	res := relay.DefaultResources()
	for _, f := range change {
		f(&res)
	}
	service, err := relay.New(r.Host, relay.WithResources(res), relay.WithACL(r), relay.WithMetricsTracer(tracer{r}),
		relay.WithReservationAddressFilter(func(ma.Multiaddr) bool { return true }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = service.Close() })
	return r
}

func (r *harbour) AllowReserve(peer.ID, ma.Multiaddr) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	close(r.event)
	r.event = make(chan struct{})
	return !r.refuses
}

func (r *harbour) AllowConnect(peer.ID, ma.Multiaddr, peer.ID) bool { return true }

// until waits for ok, which is called with r locked.
func (r *harbour) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		r.mu.Lock()
		done, event := ok(), r.event
		r.mu.Unlock()
		if done {
			return
		}
		select {
		case <-event:
		case <-deadline:
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// tracer counts what the relay does.
type tracer struct{ r *harbour }

func (m tracer) ReservationAllowed(renewal bool) {
	m.r.mu.Lock()
	defer m.r.mu.Unlock()
	if renewal {
		m.r.renewed++
		close(m.r.event)
		m.r.event = make(chan struct{})
	}
}
func (tracer) RelayStatus(bool)                    {}
func (tracer) ConnectionOpened()                   {}
func (tracer) ConnectionClosed(time.Duration)      {}
func (tracer) ConnectionRequestHandled(pb.Status)  {}
func (tracer) ReservationClosed(int)               {}
func (tracer) ReservationRequestHandled(pb.Status) {}
func (tracer) BytesTransferred(int)                {}

// moored is Berths and what it said.
type moored struct {
	*Berths
	host    host.Host
	changes chan struct{}
}

func newBerths(t *testing.T, most int) *moored {
	t.Helper()
	m := &moored{host: newHost(t), changes: make(chan struct{}, 1000)}
	m.Berths = NewBerths(m.host, most, func() { m.changes <- struct{}{} }, nil)
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// until waits for ok after changes of the addresses.
func (m *moored) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for !ok() {
		select {
		case <-m.changes:
		case <-deadline:
			t.Fatalf("%s: not within %v; it is %+v", what, patience, m.Report())
		}
	}
}

// at reports whether the addresses lead by way of exactly these relays.
func (m *moored) at(relays ...*harbour) func() bool {
	return func() bool {
		want := map[peer.ID]bool{}
		for _, r := range relays {
			want[r.ID()] = true
		}
		got := map[peer.ID]bool{}
		for _, a := range m.Addrs() {
			text, _ := a.ValueForProtocol(ma.P_P2P)
			id, _ := peer.Decode(text)
			if !want[id] {
				return false
			}
			got[id] = true
		}
		return len(got) == len(want)
	}
}

// gone waits until there is no connection between a and b.
func gone(t *testing.T, a host.Host, b peer.ID) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	over := make(chan struct{}, 100)
	watch := &network.NotifyBundle{DisconnectedF: func(network.Network, network.Conn) { over <- struct{}{} }}
	a.Network().Notify(watch)
	defer a.Network().StopNotify(watch)
	for len(a.Network().ConnsToPeer(b)) > 0 {
		select {
		case <-over:
		case <-ctx.Done():
			t.Fatalf("still connected: %v", a.Network().ConnsToPeer(b))
		}
	}
}
