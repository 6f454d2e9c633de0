package door

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// box is a router that speaks what it is told to, for tests: it checks what it
// is asked as the RFCs say, and remembers it.
type box struct {
	pcp, pmp bool
	silent   bool          // to what it does not speak, instead of saying so
	public   netip.Addr    // its IPv4 address outside
	life     time.Duration // at most
	shift    int           // added to the ports it is asked for

	mu     sync.Mutex
	mute   bool              // guarded by mu; it answers nothing
	refuse int               // guarded by mu; result code instead of a port
	log    []string          // guarded by mu; what was asked
	nonces map[string]string // guarded by mu; of mappings there are
}

func (b *box) say(format string, a ...any) { b.log = append(b.log, fmt.Sprintf(format, a...)) }

// take is what was asked since the last call.
func (b *box) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := strings.Join(b.log, "; ")
	b.log = nil
	return out
}

func (b *box) set(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

// answer is the reply to a packet from src, or nil.
func (b *box) answer(req []byte, src netip.Addr) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case len(req) < 2:
		b.say("a short packet")
		return nil
	case b.mute:
		b.say("asked in vain")
		return nil
	case req[0] == 2 && b.pcp:
		return b.answerPCP(req, src)
	case req[0] == 0 && b.pmp && src.Is4():
		return b.answerPMP(req)
	case b.silent || req[0] != 2:
		return nil
	}
	return []byte{0, 0x80 | req[1], 0, 1, 0, 0, 0, 9} // RFC 6886 3.5
}

func (b *box) answerPCP(req []byte, src netip.Addr) []byte {
	if len(req)%4 != 0 || len(req) < 24 || netip.AddrFrom16([16]byte(req[8:24])).Unmap() != src {
		b.say("malformed: %x from %s", req, src)
		return nil
	}
	out := slices.Clone(req)
	out[1] |= 0x80
	clear(out[8:24])
	binary.BigEndian.PutUint32(out[8:], 9) // epoch
	life := time.Duration(binary.BigEndian.Uint32(req[4:])) * time.Second
	if req[1] == 0 {
		b.say("announce")
		return out
	}
	port, suggested := binary.BigEndian.Uint16(req[40:]), binary.BigEndian.Uint16(req[42:])
	ext := netip.AddrFrom16([16]byte(req[44:60])).Unmap()
	kind := map[byte]string{6: "tcp", 17: "udp"}[req[36]]
	what := fmt.Sprintf("%s %d", kind, port)
	key := what + " " + src.String()
	nonce := string(req[24:36])
	if len(req) != 60 || req[1] != 1 || kind == "" || ext.Is4() != src.Is4() || b.nonces[key] != "" && b.nonces[key] != nonce {
		b.say("malformed: %x", req)
		out[3] = 3
		return out
	}
	if b.refuse != 0 {
		b.say("refused %s", what)
		out[3] = byte(b.refuse)
		return out
	}
	if b.nonces == nil {
		b.nonces = map[string]string{}
	}
	if life == 0 {
		if suggested != 0 || !ext.IsUnspecified() || b.nonces[key] == "" {
			b.say("malformed: %x", req)
		}
		delete(b.nonces, key)
		b.say("free %s", what)
		return out
	}
	b.nonces[key] = nonce
	b.say("map %s for %v, hint %s", what, life, netip.AddrPortFrom(ext, suggested))
	at, to := port+uint16(b.shift), src.As16()
	if src.Is4() {
		to = b.public.As16()
	}
	binary.BigEndian.PutUint32(out[4:], uint32(min(life, b.life)/time.Second))
	binary.BigEndian.PutUint16(out[42:], at)
	copy(out[44:60], to[:])
	return out
}

func (b *box) answerPMP(req []byte) []byte {
	if req[1] == 0 && len(req) == 2 {
		b.say("external")
		ip := b.public.As4()
		return append([]byte{0, 0x80, 0, 0, 0, 0, 0, 9}, ip[:]...)
	}
	if len(req) != 12 || req[1] > 2 || req[2] != 0 || req[3] != 0 {
		b.say("malformed: %x", req)
		return nil
	}
	port, suggested := binary.BigEndian.Uint16(req[4:]), binary.BigEndian.Uint16(req[6:])
	life := time.Duration(binary.BigEndian.Uint32(req[8:])) * time.Second
	what := fmt.Sprintf("%s %d", []string{"", "udp", "tcp"}[req[1]], port)
	out := append([]byte{0, 0x80 | req[1], 0, byte(b.refuse), 0, 0, 0, 9}, make([]byte, 8)...)
	binary.BigEndian.PutUint16(out[8:], port)
	switch {
	case b.refuse != 0:
		b.say("refused %s", what)
		return out[:8]
	case life == 0:
		if suggested != 0 {
			b.say("malformed: %x", req)
		}
		b.say("free %s", what)
	default:
		b.say("map %s for %v, hint %d", what, life, suggested)
		binary.BigEndian.PutUint16(out[10:], port+uint16(b.shift))
		binary.BigEndian.PutUint32(out[12:], uint32(min(life, b.life)/time.Second))
	}
	return out
}

// cable is a socket of src, connected to the box, which answers at once.
type cable struct {
	net.Conn // nil
	box      *box
	src      netip.Addr
	in       chan []byte

	mu       sync.Mutex
	deadline time.Time     // guarded by mu
	changed  chan struct{} // guarded by mu; closed and replaced with deadline
	closed   bool          // guarded by mu
}

func (b *box) plug(src netip.Addr) *cable {
	return &cable{box: b, src: src, in: make(chan []byte, 1000), changed: make(chan struct{})}
}

// Write gets an answer, after rubbish.
func (c *cable) Write(req []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, net.ErrClosed
	}
	if reply := c.box.answer(req, c.src); reply != nil {
		for _, rubbish := range [][]byte{{}, {0}, {2, 0x81}, {0, 0x81, 0, 0}, make([]byte, 60), append([]byte{2, 0x81, 0, 0}, make([]byte, 56)...)} {
			c.in <- rubbish
		}
		if len(reply) == pcpMapSize { // of somebody who did not see the question
			forged := slices.Clone(reply)
			forged[24]++
			forged[42]++
			c.in <- forged
		}
		c.in <- reply
	}
	return len(req), nil
}

func (c *cable) Read(p []byte) (int, error) {
	for {
		c.mu.Lock()
		deadline, changed, closed := c.deadline, c.changed, c.closed
		c.mu.Unlock()
		if closed {
			return 0, net.ErrClosed
		}
		if !deadline.IsZero() && !time.Now().Before(deadline) {
			return 0, os.ErrDeadlineExceeded
		}
		timer := time.NewTimer(time.Until(deadline))
		select {
		case got := <-c.in:
			timer.Stop()
			return copy(p, got), nil
		case <-timer.C:
		case <-changed:
			timer.Stop()
		}
	}
}

func (c *cable) SetReadDeadline(at time.Time) error {
	c.change(func() { c.deadline = at })
	return nil
}

func (c *cable) Close() error {
	c.change(func() { c.closed = true })
	return nil
}

func (c *cable) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	close(c.changed)
	c.changed = make(chan struct{})
}

var (
	own4    = netip.MustParseAddr("192.168.1.7")
	own6    = netip.MustParseAddr("2001:db8::7")
	router4 = netip.MustParseAddr("192.168.1.1")
	public  = netip.MustParseAddr("198.51.100.9")
)

func TestGateway(t *testing.T) {
	for _, row := range []struct {
		name  string
		box   *box
		own   netip.Addr
		speak string
		probe string
		first string // asked for
		at    string // given
		again string // renewed
		free  string
	}{
		{"PCP", &box{pcp: true, shift: 1000}, own4, "PCP", "announce",
			"map tcp 4001 for 2h0m0s, hint 0.0.0.0:4001", "198.51.100.9:5001",
			"map tcp 4001 for 2h0m0s, hint 198.51.100.9:5001", "free tcp 4001"},
		{"PCP and NAT-PMP", &box{pcp: true, pmp: true}, own4, "PCP", "announce",
			"map tcp 4001 for 2h0m0s, hint 0.0.0.0:4001", "198.51.100.9:4001",
			"map tcp 4001 for 2h0m0s, hint 198.51.100.9:4001", "free tcp 4001"},
		{"PCP for IPv6", &box{pcp: true}, own6, "PCP", "announce",
			"map tcp 4001 for 2h0m0s, hint [::]:4001", "[2001:db8::7]:4001",
			"map tcp 4001 for 2h0m0s, hint [2001:db8::7]:4001", "free tcp 4001"},
		{"NAT-PMP", &box{pmp: true, shift: 7}, own4, "NAT-PMP", "external",
			"external; map tcp 4001 for 2h0m0s, hint 4001", "198.51.100.9:4008",
			"external; map tcp 4001 for 2h0m0s, hint 4008", "free tcp 4001"},
		{"NAT-PMP, silent to PCP", &box{pmp: true, silent: true}, own4, "NAT-PMP", "external; external; external",
			"external; map tcp 4001 for 2h0m0s, hint 4001", "198.51.100.9:4001",
			"external; map tcp 4001 for 2h0m0s, hint 4001", "free tcp 4001"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := row.box
				b.public, b.life = public, time.Hour
				asked := func(what, want string) {
					t.Helper()
					synctest.Wait()
					if got := b.take(); got != want {
						t.Errorf("%s: %s\nwant %s", what, got, want)
					}
				}
				g, err := probe(t.Context(), b.plug(row.own), row.own)
				if err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if got := b.take(); !strings.HasPrefix(got, row.probe) || g.name() != row.speak {
					t.Errorf("%s by %s", g.name(), got)
				}
				if err := g.AddMapping(t.Context(), "tcp", 4001); err != nil {
					t.Fatal(err)
				}
				asked("asked for", row.first)
				if to, ok := g.GetMapping("tcp", 4001); !ok || to.String() != row.at {
					t.Errorf("%s, %v; want %s", to, ok, row.at)
				}
				if _, ok := g.GetMapping("udp", 4001); ok {
					t.Error("a port that was not asked for")
				}
				// It gives an hour, so it is asked every half hour.
				time.Sleep(30*time.Minute - time.Second)
				asked("before half of the time", "")
				time.Sleep(time.Second)
				asked("at half of the time", row.again)
				time.Sleep(30 * time.Minute)
				asked("another half hour later", row.again)
				g.Again()
				asked("renewed on request", row.again)
				if err := g.Close(); err != nil {
					t.Error(err)
				}
				asked("given back", row.free)
			})
		})
	}
}

// TestGatewayGone has the router stop answering: the port is kept for what
// was given, then forgotten.
func TestGatewayGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &box{pcp: true, public: public, life: time.Hour}
		g, err := probe(t.Context(), b.plug(own4), own4)
		if err != nil {
			t.Fatal(err)
		}
		if err := g.AddMapping(t.Context(), "udp", 1); err != nil {
			t.Fatal(err)
		}
		b.set(func() { b.mute = true })
		time.Sleep(time.Hour - time.Second)
		if _, ok := g.GetMapping("udp", 1); !ok {
			t.Error("forgotten before its time")
		}
		time.Sleep(2 * time.Second)
		if _, ok := g.GetMapping("udp", 1); ok {
			t.Error("not forgotten")
		}
		time.Sleep(time.Minute)
		b.take()
		time.Sleep(24 * time.Hour)
		if got := b.take(); got != "" {
			t.Errorf("a router that is gone is still asked: %s", got)
		}
		began := time.Now()
		if err := g.Close(); err != nil || time.Since(began) > 2*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// TestShortLease is a router that gives next to no time: it is not asked more
// often than every four seconds.
func TestShortLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &box{pcp: true, public: public, life: time.Second}
		g, err := probe(t.Context(), b.plug(own4), own4)
		if err != nil {
			t.Fatal(err)
		}
		if err := g.AddMapping(t.Context(), "udp", 1); err != nil {
			t.Fatal(err)
		}
		b.take()
		time.Sleep(time.Minute + time.Second)
		if n := strings.Count(b.take(), "map"); n != 15 {
			t.Errorf("asked %d times in a minute; want 15", n)
		}
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestGatewayRefuses(t *testing.T) {
	for _, pmp := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := &box{pcp: !pmp, pmp: pmp, public: public, life: time.Hour, refuse: 2}
			g, err := probe(t.Context(), b.plug(own4), own4)
			if err != nil {
				t.Fatal(err)
			}
			if err := g.AddMapping(t.Context(), "udp", 1); err == nil || !strings.Contains(err.Error(), "not authorised") {
				t.Error(err)
			}
			// What a router says that makes no sense is not believed.
			b.set(func() { b.refuse, b.public = 0, netip.MustParseAddr("0.0.0.0") })
			if err := g.AddMapping(t.Context(), "udp", 1); err == nil {
				t.Error("0.0.0.0 was believed")
			}
			if _, ok := g.GetMapping("udp", 1); ok {
				t.Error("a port that was not given")
			}
			b.take()
			if err := g.Close(); err != nil || strings.Contains(b.take(), "free") {
				t.Errorf("%v, or something was given back", err)
			}
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &box{silent: true}
		began := time.Now()
		if _, err := probe(t.Context(), b.plug(own4), own4); !errors.Is(err, errNoAnswer) || time.Since(began) != 1750*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began = time.Now()
		if _, err := probe(ctx, b.plug(own4), own4); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}
