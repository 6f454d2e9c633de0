package p2p

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peerstore"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"grove/app"
	"grove/app/apptest"
	"grove/p2p/internal/bind"
)

func bindTo(local string) func(*Config) { return func(c *Config) { c.Bind = local } }

// TestBoundNodeDialsFromItsAddress: the other side is asked where a peer
// comes from, over both transports, with and without a port to reuse.
func TestBoundNodeDialsFromItsAddress(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	for name, transport := range map[string]string{"TCP": overTCP, "QUIC": overQUIC} {
		seed := newNode(t, listenOn(transport))
		serve(t, seed, made.Share())
		for local, listen := range map[string][]string{"127.0.0.2": nil, "127.0.0.3": {}} {
			t.Run(name+" from "+local, func(t *testing.T) {
				leech := newNode(t, listenOn(listen...), bindTo(local))
				r, _ := find(t, leech, made, seed.Addrs()...)
				if _, err := fetch(t.Context(), r.source(t, seed.ID()), made.Whole()); err != nil {
					t.Fatal(err)
				}
				conns := seed.parts.swarm.ConnsToPeer(leech.id)
				if len(conns) == 0 {
					t.Fatal("the seed has no connection")
				}
				for _, c := range conns {
					if from := ipOf(c.RemoteMultiaddr()).String(); from != local {
						t.Errorf("the seed is called from %s", from)
					}
				}
			})
		}
	}
}

// TestBoundNodeListensThereOnly: listening on everything becomes listening on
// one address, and others reach the node there.
func TestBoundNodeListensThereOnly(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	seed := newNode(t, listenOn(listenAll...), bindTo("127.0.0.2"))
	serve(t, seed, made.Share())
	addrs := seed.Addrs()
	if len(addrs) != 2 {
		t.Fatalf("it listens on %v", addrs)
	}
	for _, a := range addrs {
		if !strings.HasPrefix(a, "/ip4/127.0.0.2/") {
			t.Errorf("it listens on %s", a)
		}
		leech := newNode(t, listenOn())
		r, _ := find(t, leech, made, a)
		r.source(t, seed.ID())
		if err := isFree("127.0.0.1", addrOf(t, a)); err != nil {
			t.Errorf("%s listens elsewhere too: %v", a, err)
		}
	}
}

// isFree reports whether the port of a can be listened on at host.
func isFree(host string, a ma.Multiaddr) error {
	network, at, err := manet.DialArgs(a)
	if err != nil {
		return err
	}
	_, port, _ := strings.Cut(at, ":")
	var l io.Closer
	if strings.HasPrefix(network, "tcp") {
		l, err = net.Listen(network, host+":"+port)
	} else {
		l, err = net.ListenPacket(network, host+":"+port)
	}
	if err != nil {
		return err
	}
	return l.Close()
}

// addrOf is a peer's multiaddr without the peer.
func addrOf(t *testing.T, s string) ma.Multiaddr {
	t.Helper()
	_, a, err := parsePeer(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestBoundListen(t *testing.T) {
	for _, row := range []struct {
		local  bind.Local
		listen []string
		want   []string
		bad    string
	}{
		{"", listenAll, listenAll, ""},
		{"127.0.0.2", listenAll, []string{"/ip4/127.0.0.2/tcp/0", "/ip4/127.0.0.2/udp/0/quic-v1"}, ""},
		{"::1", []string{"/ip4/0.0.0.0/tcp/7", "/ip6/::/tcp/7"}, []string{"/ip6/::1/tcp/7"}, ""},
		{"127.0.0.2", []string{"/ip4/127.0.0.2/tcp/7"}, []string{"/ip4/127.0.0.2/tcp/7"}, ""},
		{"127.0.0.2", []string{"nonsense"}, []string{"nonsense"}, ""},
		{"127.0.0.2", []string{}, []string{}, ""},
		{"127.0.0.2", []string{"/ip4/127.0.0.1/tcp/7"}, nil, "/ip4/127.0.0.1/tcp/7"},
		{"127.0.0.2", []string{"/ip6/::/tcp/7"}, nil, "127.0.0.2"},
		{"nosuch0", listenAll, nil, "nosuch0"},
	} {
		got, err := boundListen(row.local, row.listen)
		if row.bad != "" {
			if p := app.AsProblem(err); p == nil || (p.Kind == app.NoInterface) != (row.bad == "nosuch0") || !strings.Contains(p.Sentence(), row.bad) {
				t.Errorf("%q, %v: %v", row.local, row.listen, err)
			}
			continue
		}
		if err != nil || strings.Join(got, " ") != strings.Join(row.want, " ") {
			t.Errorf("%q, %v: %v, %v", row.local, row.listen, got, err)
		}
	}
}

// TestBoundGate: a family that cannot be left from is not dialled, however
// the address came here.
func TestBoundGate(t *testing.T) {
	for _, row := range []struct {
		local, addr string
		want        bool
	}{
		{"", "/ip4/127.0.0.1/tcp/7", true},
		{"", "/ip6/::1/tcp/7", true},
		{"127.0.0.2", "/ip4/127.0.0.1/tcp/7", true},
		{"127.0.0.2", "/ip6/::1/tcp/7", false},
		{"127.0.0.2", "/ip6/::1/udp/7/quic-v1", false},
		{"::1", "/ip4/127.0.0.1/tcp/7", false},
		{"nosuch0", "/ip4/127.0.0.1/tcp/7", false},
	} {
		g := &gate{reach: app.Reach{LocalOnly: true}, local: bind.Local(row.local), permits: &permits{}, bans: newBans()}
		if got := g.InterceptAddrDial(peerName(1), ma.StringCast(row.addr)); got != row.want {
			t.Errorf("%s from %q: %v", row.addr, row.local, got)
		}
	}
}

func TestBindToWhatIsNotThere(t *testing.T) {
	for bad, kind := range map[string]app.ProblemKind{"nosuch0": app.NoInterface, "192.0.2.1": app.NoInterface, "0.0.0.0": app.BadInput} {
		n, err := New(Config{Bind: bad, Reach: app.Reach{LocalOnly: true}})
		switch {
		case kind == app.BadInput:
			if p := app.AsProblem(err); p == nil || p.Kind != kind || !strings.Contains(p.Sentence(), bad) {
				t.Errorf("%s: %v", bad, err)
			}
		case err != nil:
			t.Errorf("%s: no node waits for it: %v", bad, err)
		case len(n.Addrs()) > 0:
			t.Errorf("%s: it listens on %v", bad, n.Addrs())
		}
		if err == nil {
			n.Close()
		}
		if p := app.AsProblem(CheckBind(bad)); p == nil || p.Kind != kind {
			t.Errorf("CheckBind(%s): %v", bad, p)
		}
	}
	if err := errors.Join(CheckBind(""), CheckBind("127.0.0.2")); err != nil {
		t.Error(err)
	}
}

// TestNothingLeavesWhenTheInterfaceIsGone: below the gate too, both
// transports fail rather than take another way.
func TestNothingLeavesWhenTheInterfaceIsGone(t *testing.T) {
	seed := newNode(t, listenOn(overTCP, overQUIC))
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	open := &gate{reach: app.Reach{LocalOnly: true}, permits: &permits{}, bans: newBans()}
	parts, err := newHost(hostConfig{key: key, local: "gone0", gate: open})
	if err != nil {
		t.Fatal(err)
	}
	defer parts.Close()
	for _, a := range seed.Addrs() {
		parts.swarm.Peerstore().ClearAddrs(seed.id)
		parts.swarm.Peerstore().AddAddrs(seed.id, []ma.Multiaddr{addrOf(t, a)}, peerstore.TempAddrTTL)
		parts.swarm.Backoff().Clear(seed.id)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		_, err := parts.swarm.DialPeer(ctx, seed.id)
		cancel()
		if err == nil || !strings.Contains(err.Error(), "gone0") {
			t.Errorf("%s was dialled: %v", a, err)
		}
	}
	if c := seed.parts.swarm.ConnsToPeer(parts.host.ID()); len(c) > 0 {
		t.Errorf("the seed was called from %s", c[0].RemoteMultiaddr())
	}
}

// TestNobodyIsTriedWhileItIsGone: what would fail says nothing of those who are
// tried, and costs them their place.
func TestNobodyIsTriedWhileItIsGone(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	seed := newNode(t, listenOn(overTCP))
	serve(t, seed, made.Share())
	leech := newNode(t, listenOn(listenAll...), bindTo("nosuch0"))
	find(t, leech, made, seed.Addrs()...)
	time.Sleep(200 * time.Millisecond) // nothing is to happen
	for _, h := range leech.hunts() {
		if o := h.outlook(); o.failed > 0 {
			t.Errorf("%d were tried: %v", o.failed, o.errs)
		}
	}
	if len(leech.hunts()) != 1 {
		t.Errorf("%d hunts", len(leech.hunts()))
	}
}

// TestNothingIsLookedUpWhileItIsGone: a name is asked of nobody.
func TestNothingIsLookedUpWhileItIsGone(t *testing.T) {
	r := newResolver(app.Reach{}, "nosuch0")
	_, err := r.lookup(t.Context(), "ip", "example.org")
	if p := app.AsProblem(err); p == nil || p.Kind != app.NoInterface {
		t.Errorf("a name: %v", err)
	}
	_, err = r.texts(t.Context(), "_dnsaddr.example.org")
	if p := app.AsProblem(err); p == nil || p.Kind != app.NoInterface {
		t.Errorf("texts: %v", err)
	}
}
