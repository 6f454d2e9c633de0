package kad

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/connmgr"
	libcontrol "github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	libconnmgr "github.com/libp2p/go-libp2p/p2p/net/connmgr"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"
	"go.uber.org/goleak"

	"grove/app"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// Started once in a process by libp2p's dependencies, for good.
		goleak.IgnoreTopFunction("github.com/libp2p/go-libp2p/core/peerstore.init.0.func1"),
	)
}

// patience is how long anything that should happen soon may take, on a busy
// machine.
const patience = 20 * time.Second

func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// dialled counts what a host dials, and lets everything through.
type dialled struct {
	mu    sync.Mutex
	peers map[peer.ID]int // guarded by mu
	addrs []string        // guarded by mu
	names []string        // guarded by mu
}

var _ connmgr.ConnectionGater = (*dialled)(nil)

func (d *dialled) InterceptPeerDial(id peer.ID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.peers[id]++
	return true
}

func (d *dialled) InterceptAddrDial(_ peer.ID, a ma.Multiaddr) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.addrs = append(d.addrs, a.String())
	return true
}

func (d *dialled) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.peers)
}

func (d *dialled) InterceptAccept(network.ConnMultiaddrs) bool { return true }
func (d *dialled) InterceptSecured(network.Direction, peer.ID, network.ConnMultiaddrs) bool {
	return true
}
func (d *dialled) InterceptUpgraded(network.Conn) (bool, libcontrol.DisconnectReason) {
	return true, 0
}

func refuse(context.Context, ma.Multiaddr) ([]ma.Multiaddr, error) {
	return nil, errors.New("refused")
}

const (
	nowhere   = "/dns4/nowhere.invalid/tcp/1"                                                   // a host that does not listen
	dead      = "/ip4/127.0.0.1/tcp/9/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN" // nobody is there
	loopback4 = "/ip4/127.0.0.1/tcp/0"
	loopback6 = "/ip6/::1/tcp/0"
)

// ResolveDNSAddr and ResolveDNSComponent are how Grove's own host answers
// libp2p's wish to look up a name.
func (d *dialled) ResolveDNSAddr(_ context.Context, _ peer.ID, a ma.Multiaddr, _, _ int) ([]ma.Multiaddr, error) {
	return d.ResolveDNSComponent(context.Background(), a, 0)
}

func (d *dialled) ResolveDNSComponent(_ context.Context, a ma.Multiaddr, _ int) ([]ma.Multiaddr, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.names = append(d.names, a.String())
	return nil, errors.New("names are resolved before dialling")
}

// newTestHost is a host on loopback, and what it dials.
func newTestHost(t testing.TB, listen ...string) (host.Host, *dialled) {
	t.Helper()
	if len(listen) == 0 {
		listen = []string{loopback4}
	}
	seen := &dialled{peers: map[peer.ID]int{}}
	conns, err := libconnmgr.NewConnManager(100, 200)
	if err != nil {
		t.Fatal(err)
	}
	where := libp2p.ListenAddrStrings(listen...)
	if listen[0] == nowhere {
		where = libp2p.NoListenAddrs
	}
	h, err := libp2p.New(
		where,
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.ConnectionGater(seen),
		libp2p.ConnectionManager(conns),
		libp2p.ResourceManager(&network.NullResourceManager{}),
		libp2p.MultiaddrResolver(seen),
		libp2p.DisableRelay(),
		libp2p.DisableMetrics(),
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Errorf("closing a host: %v", err)
		}
	})
	return h, seen
}

// itself resolves a numeric address, and nothing else.
func itself(_ context.Context, a ma.Multiaddr) ([]ma.Multiaddr, error) {
	if !strings.HasPrefix(a.String(), "/ip") {
		return nil, errors.New("not numeric")
	}
	return []ma.Multiaddr{a}, nil
}

const testPrefix = "/grove-test"

// testNet is a network of its own on loopback.
type testNet struct {
	t       testing.TB
	listen  string
	first   []string // addresses to begin with
	servers []*Table
}

// newTestNet is a network of n servers that all know each other.
func newTestNet(t testing.TB, n int, listen string, tune ...tuning) *testNet {
	t.Helper()
	net := &testNet{t: t, listen: listen}
	for i := range n {
		s := net.table(func(c *Config) { c.Serve = true }, tune...)
		if i == 0 {
			net.first = append(net.first, net.address(s))
		}
		net.servers = append(net.servers, s)
	}
	net.meet()
	return net
}

// meet waits until all servers know each other. Two that begin at the same
// time miss each other until the next refresh.
func (n *testNet) meet() {
	n.t.Helper()
	others := len(n.servers) - 1
	deadline := soon(n.t)
	for _, s := range n.servers {
		n.knows(s, min(1, others))
		for s.Size() < others {
			select {
			case <-s.dht.ForceRefresh():
			case <-deadline.Done():
				n.t.Fatalf("a computer knows %d others, not %d", s.Size(), others)
			}
		}
	}
}

func (n *testNet) address(t *Table) string {
	return t.guest.Addrs()[0].String() + "/p2p/" + t.guest.ID().String()
}

// table is one more computer of the network, a client unless change says so.
func (n *testNet) table(change func(*Config), tune ...tuning) *Table {
	n.t.Helper()
	h, _ := newTestHost(n.t, n.listen)
	return n.tableAt(h, change, tune...)
}

func (n *testNet) tableAt(h host.Host, change func(*Config), tune ...tuning) *Table {
	n.t.Helper()
	cfg := Config{
		Host:    h,
		DHT:     app.DHT{Prefix: testPrefix, Bootstrap: n.first},
		Resolve: itself,
		Log:     slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&cfg)
	}
	tune = append(tune, usual)
	t, err := start(cfg, tune[0])
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { closeTable(n.t, t) })
	return t
}

func closeTable(t testing.TB, table *Table) {
	t.Helper()
	if err := table.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// knows waits until t knows at least count computers.
func (n *testNet) knows(t *Table, count int) {
	n.t.Helper()
	if err := t.guest.await(soon(n.t), func() bool { return len(t.guest.known) >= count }); err != nil {
		n.t.Fatalf("a computer knows %d others, not %d: %v", t.Size(), count, err)
	}
}

func newKey() (key [32]byte) {
	_, _ = rand.Read(key[:])
	return key
}

// tagOf is what p2p names a package by.
func tagOf(id [32]byte, secret []byte) [32]byte {
	return sha256.Sum256(append(append([]byte("grove-find-1"), id[:]...), secret...))
}

// findAll returns whom t finds.
func findAll(t testing.TB, ctx context.Context, table *Table, key [32]byte, count int) ([]peer.AddrInfo, error) {
	t.Helper()
	var out []peer.AddrInfo // without a mutex: the race detector sees a second goroutine
	err := table.Find(ctx, key, count, func(p peer.AddrInfo) { out = append(out, p) })
	return out, err
}

func mustFind(t testing.TB, table *Table, key [32]byte, count int) []peer.AddrInfo {
	t.Helper()
	out, err := findAll(t, soon(t), table, key, count)
	if err != nil {
		t.Fatalf("Find: %v", err)
	}
	return out
}

func mustProvide(t testing.TB, table *Table, key [32]byte) {
	t.Helper()
	if err := table.Provide(soon(t), key); err != nil {
		t.Fatalf("Provide: %v", err)
	}
}

// findSoon asks until all of want are found. That one was told is known before
// it has kept it.
func findSoon(t testing.TB, table *Table, key [32]byte, count int, want ...*Table) []peer.AddrInfo {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		found := mustFind(t, table, key, count)
		if !slices.ContainsFunc(want, func(w *Table) bool { return !has(found, w) }) {
			return found
		}
		if time.Now().After(deadline) {
			t.Fatalf("found %v only", found)
		}
	}
}

func has(found []peer.AddrInfo, t *Table) bool {
	for _, p := range found {
		if p.ID == t.guest.ID() {
			return true
		}
	}
	return false
}
