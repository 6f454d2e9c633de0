package dials

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/core/sec"
	"github.com/libp2p/go-libp2p/core/transport"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	"github.com/libp2p/go-libp2p/p2p/host/peerstore/pstoremem"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/libp2p/go-libp2p/p2p/net/upgrader"
	libtls "github.com/libp2p/go-libp2p/p2p/security/tls"
	libquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/quicreuse"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	"github.com/quic-go/quic-go"
)

const patience = 20 * time.Second

func newKey(t *testing.T) (crypto.PrivKey, peer.ID) {
	t.Helper()
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id, err := peer.IDFromPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return key, id
}

// newSwarm makes a node of TCP and QUIC under the budget, as p2p does.
func newSwarm(t *testing.T, b *Budget) *swarm.Swarm {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	key, id := newKey(t)
	store, err := pstoremem.NewPeerstore()
	must(err)
	must(store.AddPrivKey(id, key))
	sw, err := swarm.NewSwarm(id, store, eventbus.NewBus())
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
		must(sw.AddTransport(b.Wrap(tr)))
	}
	t.Cleanup(func() {
		if err := errors.Join(sw.Close(), conns.Close(), store.Close()); err != nil {
			t.Error(err)
		}
	})
	return sw
}

// victim listens on ports of the loopback address and answers nothing.
type victim struct {
	tcp, udp []int // ports
	mu       sync.Mutex
	accepted int             // guarded by mu
	initials map[string]bool // guarded by mu; by connection ID: a lost packet is sent again
	seen     chan struct{}   // closed when an allowance of each has come
}

// saw is called with mu held.
func (v *victim) saw() {
	if v.accepted == perAddress && len(v.initials) >= perAddress || v.accepted >= perAddress && len(v.initials) == perAddress {
		select {
		case <-v.seen:
		default:
			close(v.seen)
		}
	}
}

func newVictim(t *testing.T, ports int) *victim {
	t.Helper()
	v := &victim{initials: map[string]bool{}, seen: make(chan struct{})}
	var readers sync.WaitGroup
	var stop []func() error
	t.Cleanup(func() {
		for _, f := range stop {
			_ = f()
		}
		readers.Wait()
	})
	for range ports {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		u, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		stop = append(stop, l.Close, u.Close)
		v.tcp = append(v.tcp, l.Addr().(*net.TCPAddr).Port)
		v.udp = append(v.udp, u.LocalAddr().(*net.UDPAddr).Port)
		readers.Go(func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				v.mu.Lock()
				v.accepted++
				v.saw()
				v.mu.Unlock()
			}
		})
		readers.Go(func() {
			b := make([]byte, 2048)
			for {
				n, _, err := u.ReadFrom(b)
				if err != nil {
					return
				}
				// RFC 9000 17.2: a long header, four bytes of version, the
				// length and the bytes of the ID that the dialler chose.
				if n < 6 || b[0]&0x80 == 0 || n < 6+int(b[5]) {
					continue
				}
				v.mu.Lock()
				v.initials[hex.EncodeToString(b[6:6+b[5]])] = true
				v.saw()
				v.mu.Unlock()
			}
		})
	}
	return v
}

// flood has 1,000 invented peers dialled that are all said to be at v, and
// returns when no dial but those of v's allowance can be under way.
func flood(t *testing.T, sw *swarm.Swarm, v *victim, under int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error)
	const peers = 1000
	for i := range peers {
		_, id := newKey(t)
		n := i % len(v.tcp)
		sw.Peerstore().AddAddr(id, tcpAddr("127.0.0.1", v.tcp[n]), peerstore.PermanentAddrTTL)
		sw.Peerstore().AddAddr(id, quicAddr("127.0.0.1", v.udp[n]), peerstore.PermanentAddrTTL)
		go func() {
			_, err := sw.DialPeer(ctx, id)
			ended <- err
		}()
	}
	deadline := time.After(patience)
	for got := range peers {
		if got == peers-under {
			select {
			case <-v.seen:
			case <-deadline:
				t.Error("the dials that are allowed have not come")
			}
			cancel()
		}
		select {
		case err := <-ended:
			if err == nil || got < peers-under && !errors.Is(err, ErrSpent) && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a dial of nobody ended in %v", err)
			}
		case <-deadline:
			t.Errorf("after %d of %d peers the others are still dialled", got, peers)
			cancel()
			deadline = nil
		}
	}
}

// TestInventedPeers is SECURITY T18: whatever a hostile finder says, its
// victim sees three dials an hour by TCP and three by QUIC.
func TestInventedPeers(t *testing.T) {
	b := NewBudget(30)
	sw := newSwarm(t, b)
	v := newVictim(t, 20)
	flood(t, sw, v, 2*perAddress)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.accepted != perAddress || len(v.initials) != perAddress {
		t.Errorf("the victim saw %d TCP connections and %d QUIC ones; want %d of each", v.accepted, len(v.initials), perAddress)
	}
}

// TestRealPeers has more peers at one address than dials are allowed: after
// the first answer all of them are reached.
func TestRealPeers(t *testing.T) {
	b := NewBudget(30)
	sw := newSwarm(t, b)
	for i := range 8 {
		other := newSwarm(t, NewBudget(30))
		addr := tcpAddr
		if i%2 == 1 {
			addr = quicAddr
		}
		if err := other.Listen(addr("127.0.0.1", 0)); err != nil {
			t.Fatal(err)
		}
		sw.Peerstore().AddAddrs(other.LocalPeer(), other.ListenAddresses(), peerstore.PermanentAddrTTL)
		if _, err := sw.DialPeer(t.Context(), other.LocalPeer()); err != nil {
			t.Fatal(fmt.Errorf("peer %d: %w", i, err))
		}
	}
	if _, ok := b.book.answered.get(netip.MustParseAddr("127.0.0.1")); !ok || b.book.silent.len() != 0 {
		t.Error("the address is not known to answer")
	}
}
