package door

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/proto"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	ma "github.com/multiformats/go-multiaddr"
)

// A stranger gets in by way of the relay.
func TestBerth(t *testing.T) {
	r, m := newHarbour(t), newBerths(t, 2)
	if m.Addrs() != nil || len(m.host.Network().Peers()) != 0 {
		t.Fatal("something was done before there was a list")
	}
	m.Set([]peer.AddrInfo{{ID: m.host.ID()}, r.info, r.info})
	m.until(t, "a reservation", m.at(r))
	addrs := m.Addrs()
	tail := "/p2p/" + r.ID().String() + "/p2p-circuit"
	if len(addrs) != 2 || !strings.HasSuffix(addrs[0].String(), tail) || !has(addrs[0], ma.P_TCP) || !has(addrs[1], ma.P_QUIC_V1) {
		t.Errorf("%v", addrs)
	}
	report := m.Report()
	if len(report) != 1 || report[0].Err != nil || report[0].Data != 1<<17 || report[0].Duration != 2*time.Minute || report[0].Info.ID != r.ID() ||
		time.Until(report[0].Until) < 55*time.Minute {
		t.Errorf("%+v", report)
	}
	if !m.host.ConnManager().IsProtected(r.ID(), protection) {
		t.Error("the connection to the relay is not protected")
	}

	m.host.SetStreamHandler("/hello", func(s network.Stream) {
		_, _ = s.Write([]byte("hello"))
		_ = s.Close()
	})
	for _, a := range addrs {
		stranger := newHost(t)
		ctx, cancel := context.WithTimeout(network.WithAllowLimitedConn(t.Context(), "test"), patience)
		defer cancel()
		if err := stranger.Connect(ctx, peer.AddrInfo{ID: m.host.ID(), Addrs: []ma.Multiaddr{a}}); err != nil {
			t.Fatal(err)
		}
		s, err := stranger.NewStream(ctx, m.host.ID(), "/hello")
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 5)
		if _, err := s.Read(b); string(b) != "hello" || !has(s.Conn().RemoteMultiaddr(), ma.P_CIRCUIT) {
			t.Errorf("%q by way of %s: %v", b, s.Conn().RemoteMultiaddr(), err)
		}
		if err := stranger.Close(); err != nil {
			t.Error(err)
		}
		gone(t, m.host, stranger.ID())
	}

	m.Set(nil)
	if a := m.Addrs(); a != nil {
		t.Errorf("given up and yet %v", a)
	}
	gone(t, m.host, r.ID())
	if m.host.ConnManager().IsProtected(r.ID(), "") {
		t.Error("still protected")
	}
	m.until(t, "word of it", m.at())
}

func TestRelayDies(t *testing.T) {
	a, b, c := newHarbour(t), newHarbour(t), newHarbour(t)
	m := newBerths(t, 2)
	m.Set([]peer.AddrInfo{a.info, b.info, c.info})
	m.until(t, "the first two", m.at(a, b))
	if len(c.Network().Peers()) != 0 {
		t.Error("a third relay was connected")
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	m.until(t, "the third in place of the first", m.at(b, c))
	if rep := m.Report(); rep[0].Err == nil || !rep[0].Until.IsZero() {
		t.Errorf("%+v", rep[0])
	}
	// A list without them keeps what is on both.
	m.Set([]peer.AddrInfo{c.info})
	m.until(t, "the third alone", m.at(c))
	gone(t, m.host, b.ID())
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked != 1 {
		t.Errorf("the relay that stayed was asked %d times", c.asked)
	}
}

// The relay forgets this computer; it comes back at once.
func TestConnectionLost(t *testing.T) {
	r, m := newHarbour(t), newBerths(t, 1)
	m.Set([]peer.AddrInfo{r.info})
	m.until(t, "a reservation", m.at(r))
	m.mu.Lock()
	m.Berths.at[r.ID()].since = time.Now().Add(-settled) // it was no failure
	m.mu.Unlock()
	if err := r.Network().ClosePeer(m.host.ID()); err != nil {
		t.Fatal(err)
	}
	r.until(t, "another reservation", func() bool { return r.asked == 2 })
	m.until(t, "another reservation", m.at(r))
}

func TestRenewal(t *testing.T) {
	r := newHarbour(t, func(res *relay.Resources) { res.ReservationTTL = 2 * time.Second })
	m := newBerths(t, 1)
	m.Set([]peer.AddrInfo{r.info})
	m.until(t, "a reservation", m.at(r))
	first := m.Report()[0].Until
	r.until(t, "two renewals", func() bool { return r.renewed == 2 })
	if now := m.Report()[0]; !now.Until.After(first) || now.Err != nil {
		t.Errorf("%+v after %v", now, first)
	}
	// A renewal that is refused is no loss until the time is up.
	r.mu.Lock()
	r.refuses = true
	asked := r.asked
	r.mu.Unlock()
	r.until(t, "a refusal", func() bool { return r.asked > asked })
	m.until(t, "the end", m.at())
	gone(t, m.host, r.ID())
	if err := m.Report()[0].Err; err == nil {
		t.Error("no reason is given")
	}
}

// A relay that refuses, one that is none and one that is not there are passed
// over; the first is gone back to when it changes its mind.
func TestRefusal(t *testing.T) {
	refuses, none, works := newHarbour(t), newHost(t), newHarbour(t)
	refuses.refuses = true
	absent := newHost(t)
	// By TCP alone: it takes QUIC five seconds to see that nobody is there.
	nowhere := peer.AddrInfo{ID: absent.ID(), Addrs: slices.DeleteFunc(absent.Addrs(), func(a ma.Multiaddr) bool { return !has(a, ma.P_TCP) })}
	if err := absent.Close(); err != nil {
		t.Fatal(err)
	}
	m := newBerths(t, 1)
	m.Set([]peer.AddrInfo{refuses.info, {ID: none.ID(), Addrs: none.Addrs()}, nowhere, works.info})
	m.until(t, "the one that works", m.at(works))
	for i, want := range []string{"does not serve everybody", "is no relay", "was not reached", ""} {
		got := ""
		if err := m.Report()[i].Err; err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("relay %d: %q; want %q", i, got, want)
		}
	}
	for _, id := range []peer.ID{refuses.ID(), none.ID()} {
		gone(t, m.host, id)
	}
	refuses.mu.Lock()
	refuses.refuses = false
	refuses.mu.Unlock()
	m.Again()
	m.until(t, "the better one", m.at(refuses))
	gone(t, m.host, works.ID())
}

// A relay that takes the connection and then says nothing holds nobody up.
func TestSilentRelay(t *testing.T) {
	silent := newHost(t)
	opened := make(chan network.Stream, 10)
	silent.SetStreamHandler(proto.ProtoIDv2Hop, func(s network.Stream) { opened <- s })
	m := newBerths(t, 1)
	m.Set([]peer.AddrInfo{{ID: silent.ID(), Addrs: silent.Addrs()}})
	select {
	case <-opened:
	case <-time.After(patience):
		t.Fatal("the relay was not asked")
	}
	closed := make(chan error)
	go func() { closed <- m.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("Close waits for the relay")
	}
	if m.Addrs() != nil || len(m.Report()) != 0 {
		t.Error("something is left")
	}
	m.Set([]peer.AddrInfo{{ID: silent.ID()}}) // no harm
}

// A connection that was there before is nobody's to close, nor one that
// somebody else protects.
func TestWhatIsNotOursStays(t *testing.T) {
	a, b, m := newHarbour(t), newHarbour(t), newBerths(t, 2)
	if err := m.host.Connect(t.Context(), a.info); err != nil {
		t.Fatal(err)
	}
	m.host.ConnManager().Protect(b.ID(), "another")
	m.Set([]peer.AddrInfo{a.info, b.info})
	m.until(t, "both", m.at(a, b))
	m.Set(nil)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	for _, r := range []*harbour{a, b} {
		if m.host.Network().Connectedness(r.ID()) != network.Connected {
			t.Error("closed")
		}
		if m.host.ConnManager().IsProtected(r.ID(), protection) {
			t.Error("still protected")
		}
	}
}

func TestPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &Berths{log: discard}
		w := &berth{}
		pauses := func(n int) string {
			var got []string
			for range n {
				b.ended(w, errors.New("no"), false)
				got = append(got, time.Until(w.retry).String())
			}
			return strings.Join(got, " ")
		}
		if got, want := pauses(9), "5s 10s 20s 40s 1m20s 2m40s 5m20s 10m0s 10m0s"; got != want {
			t.Errorf("%s; want %s", got, want)
		}
		w.since = time.Now().Add(-settled)
		if got, want := pauses(3), "0s 5s 10s"; got != want {
			t.Errorf("after a loss: %s; want %s", got, want)
		}
		w.since = time.Now().Add(-settled / 2)
		if got, want := pauses(1), "20s"; got != want {
			t.Errorf("after one too soon: %s; want %s", got, want)
		}
	})
}

// conn is a connection as far as circuits asks.
type conn struct {
	network.Conn
	remote string
	dir    network.Direction
}

func (c conn) RemoteMultiaddr() ma.Multiaddr { return ma.StringCast(c.remote) }
func (c conn) Stat() network.ConnStats {
	return network.ConnStats{Stats: network.Stats{Direction: c.dir}}
}

func TestCircuits(t *testing.T) {
	const id = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"
	const other = "12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo"
	relayID, err := peer.Decode(id)
	if err != nil {
		t.Fatal(err)
	}
	out := func(a string) conn { return conn{remote: a, dir: network.DirOutbound} }
	for _, row := range []struct {
		what  string
		conns []conn
		given []string
		said  []string
		want  string
	}{
		{"nothing", nil, nil, nil, ""},
		{"as given", nil, []string{"/ip4/8.8.8.8/tcp/1", "/ip4/8.8.8.8/udp/1/quic-v1"}, nil, "/ip4/8.8.8.8/tcp/1 /ip4/8.8.8.8/udp/1/quic-v1"},
		{"TCP first, and one of each", nil, []string{"/ip4/8.8.8.8/udp/1/quic-v1", "/ip4/8.8.8.8/udp/2/quic-v1", "/ip4/8.8.8.8/tcp/3"}, nil, "/ip4/8.8.8.8/tcp/3 /ip4/8.8.8.8/udp/1/quic-v1"},
		{"two of one", nil, []string{"/ip4/8.8.8.8/tcp/1", "/ip6/2600::1/tcp/2", "/ip4/8.8.8.8/tcp/3"}, nil, "/ip4/8.8.8.8/tcp/1 /ip6/2600::1/tcp/2"},
		{"connected by comes first", []conn{out("/ip4/9.9.9.9/tcp/9")}, []string{"/ip4/8.8.8.8/tcp/1", "/ip4/8.8.8.8/udp/1/quic-v1"}, nil, "/ip4/9.9.9.9/tcp/9 /ip4/8.8.8.8/udp/1/quic-v1"},
		{"not by its way to us", []conn{{remote: "/ip4/9.9.9.9/tcp/50000", dir: network.DirInbound}}, []string{"/ip4/8.8.8.8/tcp/1"}, nil, "/ip4/8.8.8.8/tcp/1"},
		{"public before local", []conn{out("/ip4/10.0.0.1/tcp/9")}, []string{"/ip4/8.8.8.8/udp/1/quic-v1"}, nil, "/ip4/8.8.8.8/udp/1/quic-v1"},
		{"local where there is no other", []conn{out("/ip4/10.0.0.1/tcp/9")}, []string{"/ip4/127.0.0.1/udp/1/quic-v1"}, nil, "/ip4/10.0.0.1/tcp/9 /ip4/127.0.0.1/udp/1/quic-v1"},
		{"the relay's word last", nil, []string{"/ip4/8.8.8.8/tcp/1"}, []string{"/ip4/7.7.7.7/tcp/1", "/ip4/7.7.7.7/udp/1/quic-v1/p2p/" + id}, "/ip4/8.8.8.8/tcp/1 /ip4/7.7.7.7/udp/1/quic-v1"},
		{"and not of a local network", nil, []string{"/ip4/10.0.0.1/tcp/1"}, []string{"/ip4/10.0.0.2/udp/1/quic-v1"}, "/ip4/10.0.0.1/tcp/1"},
		{"once each", []conn{out("/ip4/8.8.8.8/tcp/1")}, []string{"/ip4/8.8.8.8/tcp/1/p2p/" + id}, []string{"/ip4/8.8.8.8/tcp/1"}, "/ip4/8.8.8.8/tcp/1"},
		{"nothing else", []conn{out("/ip4/8.8.8.8/tcp/1/p2p/" + other + "/p2p-circuit")}, []string{"/ip4/8.8.8.8/tcp/1/ws", "/ip4/8.8.8.8/udp/1/quic-v1/webtransport", "/ip4/8.8.8.8/tcp/1/p2p/" + other}, nil, ""},
	} {
		var conns []network.Conn
		for _, c := range row.conns {
			conns = append(conns, c)
		}
		parse := func(in []string) (out []ma.Multiaddr) {
			for _, a := range in {
				out = append(out, ma.StringCast(a))
			}
			return out
		}
		var got []string
		for _, a := range circuits(peer.AddrInfo{ID: relayID, Addrs: parse(row.given)}, conns, parse(row.said)) {
			text, ok := strings.CutSuffix(a.String(), "/p2p/"+id+"/p2p-circuit")
			if !ok {
				t.Errorf("%s: %s", row.what, a)
			}
			got = append(got, text)
		}
		if strings.Join(got, " ") != row.want {
			t.Errorf("%s: %v; want %s", row.what, got, row.want)
		}
	}
}
