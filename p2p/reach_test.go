package p2p

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/network"
	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
	"grove/app/apptest"
)

const somebody = "/p2p/12D3KooWJdFB5MJZYgqfNCCL18xVYupgh3xBXzZSk2TR6suzt35w"

func TestCheckPeer(t *testing.T) {
	for _, s := range []string{
		"/ip4/192.0.2.1/tcp/4001" + somebody,
		"/ip6/2001:db8::1/tcp/1" + somebody,
		"/ip4/192.0.2.1/udp/4001/quic-v1" + somebody,
		"/dns4/seed.example.org/tcp/4001" + somebody,
		"/dns/seed.example.org/udp/1/quic-v1" + somebody,
		"/ip4/192.0.2.1/tcp/4001" + somebody + "/p2p-circuit" + somebody,
	} {
		if err := CheckPeer(s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, s := range []string{
		"", "hello", somebody, "/ip4/192.0.2.1/tcp/4001", "/ip4/192.0.2.1/tcp/4001/p2p/x",
		"/ip4/192.0.2.1" + somebody,
		"/ip4/192.0.2.1/udp/4001" + somebody,
		"/ip4/192.0.2.1/tcp/4001/ws" + somebody,
		"/ip4/192.0.2.1/udp/4001/quic-v1/webtransport" + somebody,
		"/ip4/192.0.2.1/tcp/4001/p2p-circuit" + somebody,
		"/ip4/192.0.2.1/tcp/4001" + somebody + "/p2p-circuit" + somebody + "/p2p-circuit" + somebody,
		"/ip6zone/eth0/ip6/fe80::1/tcp/1" + somebody,
		"/unix/tmp/socket" + somebody,
		"/dnsaddr/example.org" + somebody,
		"/ip4/192.0.2.1/tcp/4001" + somebody + strings.Repeat("/", 600),
	} {
		if err := CheckPeer(s); err == nil || app.AsProblem(err).Kind != app.BadInput {
			t.Errorf("%q: %v; want BadInput", s, err)
		}
	}
}

// TestReach: what may be dialled, by where the address came from.
func TestReach(t *testing.T) {
	names := map[string][]string{
		"public.example.org": {"93.184.215.14"}, "sly.example.org": {"127.0.0.1"},
		"nas": {"192.168.1.5"}, "liar.local": {"93.184.215.14"},
	}
	for _, row := range []struct {
		addr                      string
		hint, typed, local, never bool // never: not even looked up in local-only mode
	}{
		{addr: "/ip4/93.184.215.14/tcp/1", hint: true, typed: true},
		{addr: "/ip4/93.184.215.14/udp/1/quic-v1", hint: true, typed: true},
		{addr: "/ip6/2606:4700::1111/tcp/1", hint: true, typed: true},
		{addr: "/ip4/127.0.0.1/tcp/1", typed: true, local: true},
		{addr: "/ip4/192.168.1.5/tcp/1", typed: true, local: true},
		{addr: "/ip6/::ffff:10.0.0.1/tcp/1", typed: true, local: true},
		{addr: "/ip4/0.0.0.0/tcp/1"},
		{addr: "/ip4/224.0.0.1/tcp/1"},
		{addr: "/dns4/public.example.org/tcp/1", hint: true, typed: true, never: true},
		{addr: "/dns4/sly.example.org/tcp/1", typed: true, never: true},
		{addr: "/dns/localhost/tcp/1", typed: true, local: true},
		{addr: "/dns4/nas/tcp/1", typed: true, local: true},
		{addr: "/dns4/liar.local/tcp/1", hint: false, typed: true},
	} {
		for _, way := range []struct {
			name         string
			local, typed bool
			want         bool
		}{
			{"hint", false, false, row.hint}, {"typed", false, true, row.typed},
			{"local only", true, false, row.local}, {"local only, typed", true, true, row.local},
		} {
			r := newResolver(app.Reach{LocalOnly: way.local}, "")
			var asked []string
			r.lookup = func(_ context.Context, _, host string) (ips []netip.Addr, err error) {
				asked = append(asked, host)
				for _, s := range names[host] {
					ips = append(ips, netip.MustParseAddr(s))
				}
				return ips, nil
			}
			m := ma.StringCast(row.addr)
			got, err := r.resolve(t.Context(), target{addrs: []typedAddr{{addr: m, typed: way.typed}}})
			if ok := len(got) > 0; ok != way.want || ok != (err == nil) {
				t.Errorf("%s, %s: %v, %v; want allowed %v", row.addr, way.name, got, err, way.want)
			}
			if way.local && row.never && len(asked) > 0 {
				t.Errorf("%s: looked up %v in local-only mode", row.addr, asked)
			}
		}
	}
}

// TestGate: the last word before a packet leaves is about the address itself.
func TestGate(t *testing.T) {
	g := &gate{reach: app.Reach{LocalOnly: true}, permits: &permits{open: map[permit]int{}}, bans: newBans()}
	for _, s := range []string{"/ip4/93.184.215.14/tcp/1", "/ip4/127.0.0.1/tcp/1/ws", "/dns4/localhost/tcp/1", "/ip4/127.0.0.1/udp/1"} {
		if g.InterceptAddrDial("p", ma.StringCast(s)) {
			t.Errorf("%s may be dialled in local-only mode", s)
		}
	}
	if !g.InterceptAddrDial("p", ma.StringCast("/ip4/127.0.0.1/tcp/1")) {
		t.Error("loopback may not be dialled in local-only mode")
	}
	from := func(s string) network.ConnMultiaddrs { return fromAddr{ma.StringCast(s)} }
	if g.InterceptAccept(from("/ip4/93.184.215.14/tcp/1")) || !g.InterceptAccept(from("/ip4/192.168.1.7/tcp/1")) {
		t.Error("in local-only mode a public address gets in, or a private one does not")
	}
	g.reach.LocalOnly = false
	if !g.InterceptAccept(from("/ip4/93.184.215.14/tcp/1")) {
		t.Error("a public address does not get in")
	}
	private := typedAddr{addr: ma.StringCast("/ip4/192.168.1.5/tcp/1"), typed: true}
	if g.InterceptAddrDial("p", private.addr) {
		t.Error("a private address may be dialled though nobody typed it")
	}
	revoke := g.permits.grant("p", []typedAddr{private})
	if !g.InterceptAddrDial("p", private.addr) || g.InterceptAddrDial("q", private.addr) ||
		g.InterceptAddrDial("p", ma.StringCast("/ip4/192.168.1.6/tcp/1")) {
		t.Error("a typed address allows something else, or not what was typed")
	}
	revoke()
	if g.InterceptAddrDial("p", private.addr) || len(g.permits.open) != 0 {
		t.Error("the permission outlives the dial")
	}
}

type fromAddr struct{ addr ma.Multiaddr }

func (f fromAddr) LocalMultiaddr() ma.Multiaddr  { return f.addr }
func (f fromAddr) RemoteMultiaddr() ma.Multiaddr { return f.addr }

// TestLocalOnlyDials: a node in local-only mode sends nothing to a public
// address, whoever gave it.
func TestLocalOnlyDials(t *testing.T) {
	n := newNode(t)
	for _, typed := range []bool{false, true} {
		targets, err := parseTargets([]string{"/ip4/93.184.215.14/tcp/4001" + somebody}, nil)
		if err != nil {
			t.Fatal(err)
		}
		targets[0].addrs[0].typed = typed
		if _, err := n.dial(t.Context(), targets[0]); err == nil || app.AsProblem(err).Kind != app.Refused {
			t.Errorf("typed %v: %v; want Refused", typed, err)
		}
		// Past the first check, the gate holds.
		n.parts.swarm.Peerstore().AddAddr(targets[0].id, targets[0].addrs[0].addr, time.Hour)
		if _, err := n.parts.swarm.DialPeer(t.Context(), targets[0].id); err == nil || !strings.Contains(err.Error(), "gater") {
			t.Errorf("libp2p dialled: %v", err)
		}
	}
	err := n.Describe(t.Context(), app.Description{Part: app.PartHashes, Peers: []string{"/ip4/93.184.215.14/tcp/4001" + somebody}}, nil)
	if app.AsProblem(err).Kind != app.Refused {
		t.Errorf("Describe: %v; want Refused", err)
	}
}

// TestOnlyGivenAddresses: what else is known about where a peer listens is
// not dialled, and a dial that failed does not stand in the way of the next.
func TestOnlyGivenAddresses(t *testing.T) {
	n, seed := newNode(t), newNode(t)
	rumour := ma.StringCast("/ip4/127.0.0.9/tcp/9")
	n.parts.swarm.Peerstore().AddAddr(seed.id, rumour, time.Hour)
	for _, addr := range []string{"/ip4/127.0.0.1/tcp/1/p2p/" + seed.ID(), seed.Addrs()[0]} {
		targets, err := parseTargets([]string{addr}, nil)
		if err != nil {
			t.Fatal(err)
		}
		// The first address is closed; the second time it must be tried again.
		for range 2 {
			_, err = n.dial(t.Context(), targets[0])
			if err != nil && (strings.Contains(err.Error(), "backoff") || strings.Contains(err.Error(), "127.0.0.9")) {
				t.Errorf("dial of %s: %v", addr, err)
			}
		}
		if open := addr == seed.Addrs()[0]; open != (err == nil) {
			t.Errorf("dial of %s: %v", addr, err)
		}
	}
}

// TestIdentify: a stranger on the public network learns nothing of the local
// one; a peer in local-only mode does.
func TestIdentify(t *testing.T) {
	for _, localOnly := range []bool{false, true} {
		n := newNode(t, func(c *Config) { c.Reach.LocalOnly = localOnly })
		r := newRaw(t)
		sub, err := r.parts.host.EventBus().Subscribe(new(event.EvtPeerIdentificationCompleted))
		if err != nil {
			t.Fatal(err)
		}
		defer sub.Close()
		addrs := n.interfaceAddrs()
		if len(addrs) == 0 {
			t.Fatal("the node does not listen")
		}
		r.parts.swarm.Peerstore().AddAddr(n.id, addrs[0], time.Hour)
		if _, err := r.parts.swarm.DialPeer(t.Context(), n.id); err != nil {
			t.Fatal(err)
		}
		var said event.EvtPeerIdentificationCompleted
		select {
		case e := <-sub.Out():
			said = e.(event.EvtPeerIdentificationCompleted)
		case <-time.After(patience):
			t.Fatal("it did not identify itself")
		}
		if got := len(said.ListenAddrs) > 0; got != localOnly {
			t.Errorf("local only %v: it tells the addresses %v", localOnly, said.ListenAddrs)
		}
		if got := len(n.Addrs()) > 0; got != localOnly {
			t.Errorf("local only %v: for a link there are %v", localOnly, n.Addrs())
		}
		if said.AgentVersion != "grove" {
			t.Errorf("it calls itself %q", said.AgentVersion)
		}
		for _, p := range said.Protocols {
			if !slices.Contains([]string{"/grove/control/1", "/grove/data/1", "/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0",
				// It may be called by way of a relay, and have its own addresses
				// tried; it relays for nobody and tries nobody's.
				"/libp2p/circuit/relay/0.2.0/stop", "/libp2p/autonat/2/dial-back"}, string(p)) {
				t.Errorf("it offers %s", p)
			}
		}
	}
}

// TestTwentyFromOneAddress: an office behind one address gets in, over both
// transports.
func TestTwentyFromOneAddress(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	for name, listen := range map[string]string{"TCP": overTCP, "QUIC": overQUIC} {
		t.Run(name, func(t *testing.T) {
			seed := newNode(t, listenOn(listen), func(c *Config) { c.Slots = 20 })
			serve(t, seed, made.Share())
			var wg sync.WaitGroup
			for range 20 {
				leech := newNode(t, listenOn())
				r, _ := find(t, leech, made, seed.Addrs()...)
				wg.Go(func() {
					if _, err := fetch(t.Context(), r.source(t, seed.ID()), app.Run{First: 0, Count: 1}); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if s := seed.Stats(); s.Conns < 20 || s.Sessions != 20 {
				t.Errorf("the seed has %+v", s)
			}
		})
	}
}

// TestOneAddressIsBounded: the limit for one address is there on loopback too.
func TestOneAddressIsBounded(t *testing.T) {
	limits, err := newLimits(desktop)
	if err != nil {
		t.Fatal(err)
	}
	defer limits.Close()
	from := ma.StringCast("/ip4/127.0.0.1/tcp/5")
	var scopes []network.ConnManagementScope
	for len(scopes) <= desktop.perAddress {
		s, err := limits.OpenConnection(network.DirInbound, true, from)
		if err != nil {
			break
		}
		defer s.Done()
		scopes = append(scopes, s)
		if err := s.SetPeer(peerName(len(scopes))); err != nil {
			t.Fatal(err)
		}
	}
	if len(scopes) != desktop.perAddress {
		t.Errorf("%d connections from one address; want %d", len(scopes), desktop.perAddress)
	}
	for i := 0; ; i++ {
		s, err := limits.OpenConnection(network.DirInbound, true, ma.StringCast("/ip4/10.0."+netip.AddrFrom4([4]byte{0, 0, byte(i / 200), byte(i%200 + 1)}).String()[4:]+"/tcp/5"))
		if err != nil {
			break
		}
		defer s.Done()
		if err := s.SetPeer(peerName(1000 + i)); err != nil {
			t.Fatal(err)
		}
		scopes = append(scopes, s)
	}
	if len(scopes) != desktop.inbound {
		t.Errorf("%d inbound connections at once; want %d", len(scopes), desktop.inbound)
	}
}

func TestRankDials(t *testing.T) {
	addrs := []ma.Multiaddr{
		ma.StringCast("/ip4/93.184.215.14/udp/1/quic-v1"), ma.StringCast("/ip4/93.184.215.14/tcp/1"),
		ma.StringCast("/ip6/2606:4700::1111/udp/1/quic-v1"), ma.StringCast("/ip6/2606:4700::1111/tcp/1"),
		ma.StringCast("/ip4/192.168.1.5/udp/1/quic-v1"), ma.StringCast("/ip4/192.168.1.5/tcp/1"),
	}
	var got []string
	for _, d := range rankDials(addrs, true) {
		got = append(got, d.Delay.String()+" "+d.Addr.String())
	}
	want := []string{
		"0s /ip6/2606:4700::1111/tcp/1", "50ms /ip4/93.184.215.14/tcp/1", "50ms /ip4/192.168.1.5/tcp/1",
		"350ms /ip4/192.168.1.5/udp/1/quic-v1",
		"1.5s /ip6/2606:4700::1111/udp/1/quic-v1", "1.55s /ip4/93.184.215.14/udp/1/quic-v1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the order is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, d := range rankDials(addrs[:1], true) {
		if d.Delay != 0 {
			t.Errorf("QUIC alone waits %v", d.Delay)
		}
	}
}

// TestTCPFirst: of a peer that offers both, TCP is used, and QUIC when TCP
// does not answer; round-trip times are known on both.
func TestTCPFirst(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	seed := newNode(t, listenOn(overTCP, overQUIC))
	serve(t, seed, made.Share())
	for _, row := range []struct {
		name  string
		addrs []string
		code  int
	}{
		{"both", seed.Addrs(), ma.P_TCP},
		{"TCP is closed", append([]string{"/ip4/127.0.0.1/tcp/1/p2p/" + seed.ID()}, only(seed.Addrs(), "quic")...), ma.P_QUIC_V1},
	} {
		t.Run(row.name, func(t *testing.T) {
			n := newNode(t)
			r, _ := find(t, n, made, row.addrs...)
			r.source(t, seed.ID())
			s := n.sessionWith(seed.id, knowledgeOf(made.Package.ID, nil).tag)
			if !hasProtocol(s.conn.RemoteMultiaddr(), row.code) {
				t.Errorf("the connection is %s", s.conn.RemoteMultiaddr())
			}
			if _, err := fetch(t.Context(), r.source(t, seed.ID()), made.Whole()); err != nil {
				t.Error(err)
			}
			if rtt := roundTrip(s.conn); rtt <= 0 || rtt >= 100*time.Millisecond {
				t.Errorf("the round trip is %v: it was not measured", rtt)
			}
		})
	}
}

func only(addrs []string, part string) (out []string) {
	for _, a := range addrs {
		if strings.Contains(a, part) {
			out = append(out, a)
		}
	}
	return out
}
