package lan

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

// fakeNet is a network whose packets a test reads and makes.
type fakeNet struct {
	mu    sync.Mutex
	segs  []segment            // guarded by mu
	socks []*fakeSocket        // guarded by mu
	deny  func(six bool) error // guarded by mu; of open
	mute  error                // guarded by mu; of Send
	opens int                  // guarded by mu
	gate  chan struct{}        // guarded by mu; segments waits for it
}

type fakeSocket struct {
	net     *fakeNet
	six     bool
	hear    func(netip.Addr, []byte)
	hearing sync.WaitGroup
	sent    []sent // guarded by net.mu
	closed  bool   // guarded by net.mu
}

type sent struct {
	at   time.Time
	what string // "?", "!" or "bye"
	b    []byte
}

func (n *fakeNet) segments() ([]segment, error) {
	n.mu.Lock()
	gate := n.gate
	n.mu.Unlock()
	if gate != nil {
		<-gate
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.segs), nil
}

func (n *fakeNet) open(seg segment, six bool, hear func(netip.Addr, []byte)) (socket, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.opens++
	if n.deny != nil {
		if err := n.deny(six); err != nil {
			return nil, err
		}
	}
	s := &fakeSocket{net: n, six: six}
	s.hear = func(from netip.Addr, b []byte) {
		s.hearing.Add(1)
		defer s.hearing.Done()
		hear(from, b)
	}
	n.socks = append(n.socks, s)
	return s, nil
}

func (s *fakeSocket) Send(b []byte) error {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	if s.closed {
		return errors.New("sent after Close")
	}
	if s.net.mute != nil {
		return s.net.mute
	}
	what := "?"
	if m, _ := hear(b, me); len(m.told) > 0 {
		what = "!"
		if m.told[0].life == 0 {
			what = "bye"
		}
	}
	s.sent = append(s.sent, sent{time.Now(), what, slices.Clone(b)})
	return nil
}

func (s *fakeSocket) Close() error {
	s.net.mu.Lock()
	s.closed = true
	s.net.mu.Unlock()
	s.hearing.Wait()
	return nil
}

// took returns what all sockets sent since the last time, with the seconds
// since start, and forgets it.
func (n *fakeNet) took(start time.Time) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []string
	for _, s := range n.socks {
		for _, p := range s.sent {
			out = append(out, fmt.Sprintf("%.0f%s%s", p.at.Sub(start).Truncate(time.Second).Seconds(), map[bool]string{true: "six"}[s.six], p.what))
		}
		s.sent = nil
	}
	return strings.Join(out, " ")
}

func (n *fakeNet) set(segs ...segment) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.segs = segs
}

// last is the socket that was opened last.
func (n *fakeNet) last() *fakeSocket {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.socks[len(n.socks)-1]
}

// rig is a service on a fake network in a bubble of virtual time.
type rig struct {
	*testing.T
	net   *fakeNet
	start time.Time
	*Service
	listen atomic.Pointer[[]ma.Multiaddr]
	found  chan peer.AddrInfo
}

var lan4 = segmentOf("192.168.1.5/24")

func bubble(t *testing.T, segs []segment, f func(*rig)) {
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t, net: &fakeNet{segs: segs}, start: time.Now(), found: make(chan peer.AddrInfo, 1000)}
		r.listenOn("/ip4/0.0.0.0/tcp/4001", "/ip6/::/tcp/4001")
		var err error
		r.Service, err = start(Config{
			ID:    newID(t),
			Addrs: func() []ma.Multiaddr { return *r.listen.Load() },
			Found: func(info peer.AddrInfo) { r.found <- info },
			Log:   slog.New(slog.DiscardHandler),
		}, r.net, lookEvery)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		synctest.Wait()
		f(r)
	})
}

func (r *rig) listenOn(addrs ...string) {
	listen := multiaddrs(r, addrs...)
	r.listen.Store(&listen)
}

func (r *rig) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (r *rig) want(what string) {
	r.Helper()
	if got := r.net.took(r.start); got != what {
		r.Errorf("after %s sent %q, want %q", time.Since(r.start), got, what)
	}
}

var neighbour = netip.MustParseAddr("192.168.1.9")

func TestStartsThenIsSilent(t *testing.T) {
	bubble(t, []segment{lan4, segmentOf("fd00::2/64")}, func(r *rig) {
		r.wait(200 * time.Millisecond)
		r.want("0? 0! 0six? 0six!")
		r.wait(24 * time.Hour)
		r.want("1? 1! 3? 3! 1six? 1six! 3six? 3six!")
		r.Close()
		r.want("86400bye 86400sixbye")
		r.Close()
		r.want("")
	})
}

func TestListensNowhere(t *testing.T) {
	bubble(t, []segment{lan4}, func(r *rig) {
		r.wait(time.Minute)
		r.net.took(r.start)
		r.listenOn()
		r.wait(time.Minute)
		r.want("75bye 75? 76? 78?")
		r.net.last().hear(neighbour, question(service, typePTR, classIN))
		r.wait(time.Minute)
		r.want("")
		r.Close()
		r.want("")
	})
}

func TestAnswers(t *testing.T) {
	bubble(t, []segment{lan4}, func(r *rig) {
		r.wait(time.Minute)
		r.net.took(r.start)
		sock := r.net.last()
		ask := func() { sock.hear(neighbour, question(service, typePTR, classIN)) }
		ask()
		r.wait(20*time.Millisecond - 1)
		r.want("")
		r.wait(101 * time.Millisecond)
		r.want("60!")

		// Who floods it with questions gets four answers a second.
		for range 1000 {
			ask()
			r.wait(10 * time.Millisecond)
		}
		r.wait(time.Minute)
		if n := len(strings.Fields(r.net.took(r.start))); n < 25 || n > 41 {
			t.Errorf("%d answers in ten seconds", n)
		}

		sock.hear(neighbour, question(service, typePTR, classIN, r.name(sock)))
		sock.hear(neighbour, question("_p2p._udp.local", typePTR, classIN))
		sock.hear(neighbour, []byte("garbage that is longer than a header"))
		r.wait(time.Minute)
		r.want("")
	})
}

// name is the name the service goes by.
func (r *rig) name(s *fakeSocket) string {
	s.hear(neighbour, question(service, typePTR, classIN))
	r.wait(time.Minute)
	r.net.mu.Lock()
	defer r.net.mu.Unlock()
	b := s.sent[len(s.sent)-1].b
	s.sent = nil
	in := reader{b: b, at: 0x29} // see TestAnswerBytes
	name, _, _ := strings.Cut(string(in.name()), ".")
	return name
}

// groves makes a packet that announces one peer.
func groves(t testing.TB, id peer.ID, alive bool, addrs ...string) []byte {
	t.Helper()
	return self{"other", id, multiaddrs(t, addrs...)}.answer(alive)
}

func (r *rig) wantFound(want ...peer.ID) {
	r.Helper()
	synctest.Wait()
	var got []peer.ID
	for len(r.found) > 0 {
		got = append(got, (<-r.found).ID)
	}
	if !slices.Equal(got, want) {
		r.Errorf("after %s found %v, want %v", time.Since(r.start), got, want)
	}
}

func TestFinds(t *testing.T) {
	bubble(t, []segment{lan4}, func(r *rig) {
		sock := r.net.last()
		a, b := newID(t), newID(t)
		hear := func(id peer.ID, alive bool, addrs ...string) {
			sock.hear(neighbour, groves(t, id, alive, addrs...))
		}
		hear(a, true, "/ip4/192.168.1.9/tcp/1")
		r.wantFound(a)
		hear(a, true, "/ip4/192.168.1.9/tcp/1")
		r.wantFound() // the same within a second
		hear(a, true, "/ip4/192.168.1.9/tcp/2")
		r.wantFound(a) // with another address
		r.wait(time.Second)
		hear(a, true, "/ip4/192.168.1.9/tcp/2")
		r.wantFound(a)
		hear(a, true, "/ip4/8.8.8.8/tcp/2")
		hear(b, true, "/ip4/127.0.0.1/tcp/2")
		r.wantFound()

		// Ask tells of all again, but not of one who left.
		r.wait(time.Second)
		hear(b, true, "/ip4/192.168.1.9/tcp/3")
		r.wantFound(b)
		r.Ask()
		r.wantFound(b, a)
		r.wait(time.Second)
		hear(b, false, "/ip4/192.168.1.9/tcp/3")
		r.wantFound()
		r.Ask()
		r.wantFound(a)
		r.wait(76 * time.Minute)
		r.Ask()
		r.wantFound()
	})
}

func TestAsk(t *testing.T) {
	bubble(t, []segment{lan4}, func(r *rig) {
		r.wait(30 * time.Second)
		r.want("0? 0! 1? 1! 3? 3!")
		r.Ask()
		r.wait(40 * time.Second)
		r.want("") // it asked at the start
		for range 240 {
			r.Ask()
			r.wait(time.Second / 2)
		}
		r.want("70? 70! 71? 71! 73? 73! 130? 130! 131? 131! 133? 133!")
	})
}

func TestInterfacesComeAndGo(t *testing.T) {
	bubble(t, nil, func(r *rig) {
		r.wait(time.Hour)
		r.want("")

		r.net.set(lan4)
		r.wait(20 * time.Second)
		r.want("3615? 3615! 3616? 3616! 3618? 3618!")
		first := r.net.last()
		home := newID(t)
		first.hear(neighbour, groves(t, home, true, "/ip4/192.168.1.9/tcp/1"))
		r.wantFound(home)

		// Another address: a new socket, and who was there before is forgotten.
		r.net.set(segmentOf("192.168.7.5/24"))
		r.wait(15 * time.Second)
		r.want("3630? 3630! 3631? 3631! 3633? 3633!")
		if m, _ := hear(r.net.answer(), me); !slices.ContainsFunc(m.told[0].txt, func(s string) bool { return strings.Contains(s, "/192.168.7.5/") }) {
			t.Errorf("announced %q", m.told[0].txt)
		}
		r.Ask()
		r.wantFound()
		if !first.closed || r.net.last().closed {
			t.Errorf("closed %v, %v", first.closed, r.net.last().closed)
		}

		r.wait(time.Minute)
		r.net.took(r.start)
		r.net.set()
		r.wait(time.Hour)
		r.want("")
		if !r.net.last().closed {
			t.Error("a socket is open on an interface that is gone")
		}
		r.Close()
		r.want("")
	})
}

// answer is what the last socket would answer.
func (n *fakeNet) answer() []byte {
	s := n.last()
	s.hear(neighbour, question(service, typePTR, classIN))
	time.Sleep(time.Second)
	synctest.Wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	return s.sent[len(s.sent)-1].b
}

func TestListenAddressesChange(t *testing.T) {
	bubble(t, []segment{lan4}, func(r *rig) {
		r.wait(time.Minute)
		r.net.took(r.start)
		r.listenOn("/ip4/192.168.1.5/tcp/7777")
		r.wait(time.Minute)
		r.want("75? 75! 76? 76! 78? 78!")
		if m, _ := hear(r.net.answer(), me); len(m.told[0].txt) != 1 || !strings.Contains(m.told[0].txt[0], "/tcp/7777/") {
			t.Errorf("announced %q", m.told[0].txt)
		}
	})
}

// TestNoSocket: what cannot be opened or sent is tried again, and the other
// family works meanwhile.
func TestNoSocket(t *testing.T) {
	bubble(t, nil, func(r *rig) {
		r.net.mu.Lock()
		r.net.deny = func(six bool) error {
			if six {
				return errors.New("no IPv6")
			}
			return nil
		}
		r.net.segs = []segment{segmentOf("192.168.1.5/24", "fd00::2/64")}
		r.net.mute = errors.New("no route")
		r.net.mu.Unlock()
		r.wait(time.Minute)
		r.want("")
		r.net.mu.Lock()
		r.net.deny, r.net.mute = nil, nil
		if r.net.opens != 1+4 {
			t.Errorf("%d sockets tried", r.net.opens)
		}
		r.net.mu.Unlock()
		r.wait(time.Hour)
		r.want("60? 60! 61? 61! 63? 63! 75six? 75six! 76six? 76six! 78six? 78six!")
	})
}

// TestInterfaceGoesWhilePacketsCome: a socket that has something to hand over
// is closed all the same.
func TestInterfaceGoesWhilePacketsCome(t *testing.T) {
	bubble(t, []segment{lan4}, func(r *rig) {
		gate := make(chan struct{})
		r.net.mu.Lock()
		r.net.gate, r.net.segs = gate, nil
		r.net.mu.Unlock()
		r.wait(lookEvery)
		go r.net.last().hear(neighbour, groves(t, newID(t), true, "/ip4/192.168.1.9/tcp/1"))
		synctest.Wait()
		close(gate)
		synctest.Wait()
		if !r.net.last().closed {
			t.Error("not closed")
		}
		r.wantFound()
	})
}

// TestSleep: a timer stands still while a computer sleeps, its clock does not.
func TestSleep(t *testing.T) {
	net := &fakeNet{segs: []segment{lan4}}
	l := &loop{
		cfg: Config{ID: newID(t), Addrs: func() []ma.Multiaddr { return nil }, Log: slog.New(slog.DiscardHandler)},
		net: net, every: lookEvery, peers: newPeers(),
	}
	now := time.Now()
	l.look(now)
	defer l.bye()
	v := l.voices[0]
	v.round, v.got = len(rounds), true
	if l.look(now.Add(lookEvery)); !v.due().IsZero() {
		t.Error("asks again without a reason")
	}
	if l.look(now.Add(time.Hour)); v.due().IsZero() || l.voices[0] != v {
		t.Error("does not ask again after it slept")
	}
}

// TestFlood: a thousand inventions leave nothing behind, and one of them does
// not keep out the others.
func TestFlood(t *testing.T) {
	ids := make([]peer.ID, 1000)
	for i := range ids {
		ids[i] = newID(t)
	}
	bubble(t, []segment{lan4}, func(r *rig) {
		sock := r.net.last()
		before := runtime.NumGoroutine()
		told := func() (n int) {
			for len(r.found) > 0 {
				<-r.found
				n++
			}
			return n
		}
		for _, id := range ids {
			sock.hear(neighbour, groves(t, id, true, "/ip4/192.168.1.9/tcp/1"))
		}
		synctest.Wait()
		if n := told(); n != maxShare {
			t.Errorf("one address brought %d peers", n)
		}
		honest := newID(t)
		sock.hear(netip.MustParseAddr("192.168.1.10"), groves(t, honest, true, "/ip4/192.168.1.10/tcp/1"))
		r.wantFound(honest)
		for i, id := range ids {
			sock.hear(netip.AddrFrom4([4]byte{192, 168, 1, byte(i)}), groves(t, id, true, "/ip4/192.168.1.9/tcp/1"))
		}
		synctest.Wait()
		if n := told(); n > maxPeers {
			t.Errorf("%d peers found", n)
		}
		r.Ask()
		synctest.Wait()
		if n := told(); n != maxPeers {
			t.Errorf("%d peers remembered", n)
		}
		// After a minute the last newcomer takes a place.
		r.wait(minStay)
		late := newID(t)
		sock.hear(netip.MustParseAddr("192.168.1.200"), groves(t, late, true, "/ip4/192.168.1.200/tcp/1"))
		r.wantFound(late)
		if n := runtime.NumGoroutine(); n != before {
			t.Errorf("%d goroutines, %d before", n, before)
		}
	})
}

// TestSlowFound: who is slow to take what is found is not waited for, and
// hears the rest later.
func TestSlowFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		calls := make(chan peer.AddrInfo, 1000)
		net := &fakeNet{segs: []segment{lan4}}
		s, err := start(Config{
			ID: newID(t), Addrs: func() []ma.Multiaddr { return multiaddrs(t, "/ip4/192.168.1.5/tcp/1") },
			Found: func(info peer.AddrInfo) { calls <- info; <-release },
			Log:   slog.New(slog.DiscardHandler),
		}, net, lookEvery)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		synctest.Wait()
		for i := range 60 {
			net.last().hear(netip.AddrFrom4([4]byte{192, 168, 1, byte(i)}), groves(t, newID(t), true, "/ip4/192.168.1.9/tcp/1"))
		}
		s.Ask()
		synctest.Wait()
		net.took(time.Now())
		net.answer()
		if len(calls) != 1 {
			t.Errorf("%d calls at once", len(calls))
		}
		close(release)
		s.Ask()
		synctest.Wait()
		if len(calls) < 60 {
			t.Errorf("%d calls", len(calls))
		}
	})
}

func TestStartNeedsItsConfig(t *testing.T) {
	if s, err := Start(Config{}); err == nil {
		s.Close()
		t.Error("started with nothing")
	}
}
