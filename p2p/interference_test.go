package p2p

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"grove/app"
)

// scene has peers of one download meet, be cut and be dialled, in virtual time.
type scene struct {
	t   *testing.T
	i   *interference
	now time.Time
	on  map[string]time.Time // sessions, by peer and transport: when each was opened

	peers int // of TestHonestEnds
}

func newScene(t *testing.T) *scene {
	return &scene{t: t, i: newInterference(), now: time.Unix(1e9, 0), on: map[string]time.Time{}}
}

// peerAt is the address over TCP of the peer called n.
func peerAt(n int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{44, 1, byte(n), 2}), 4001)
}

func (s *scene) wait(d time.Duration) { s.now = s.now.Add(d) }

func (s *scene) id(n int) peer.ID { return peer.ID(fmt.Sprint(n)) }

// meet begins a session with n over "tcp" or "quic".
func (s *scene) meet(n int, over string) {
	s.wait(50 * time.Millisecond)
	s.on[fmt.Sprint(n, over)] = s.now
	if over == "quic" {
		defer s.i.want(s.id(n))()
		s.i.dialQUIC(s.id(n), s.now)(true, false, s.now)
	}
	s.i.met(s.id(n), peerAt(n), over == "tcp", s.now, s.now)
}

func (s *scene) end(n int, over string, reset bool) {
	s.i.left(s.id(n), s.on[fmt.Sprint(n, over)], reset, s.now)
	delete(s.on, fmt.Sprint(n, over))
}

func (s *scene) cut(all ...int) {
	for _, n := range all {
		s.end(n, "tcp", true)
	}
}

// fail is a dial over TCP that is reset in the handshake, or refused.
func (s *scene) fail(n int, refused bool) {
	defer s.i.want(s.id(n))()
	s.i.dialTCP(s.id(n), peerAt(n), s.now, refused, s.now.Add(10*time.Millisecond))
	s.wait(10 * time.Millisecond)
}

// silent is a dial over QUIC that nobody answers within d.
func (s *scene) silent(n int, d time.Duration) {
	defer s.i.want(s.id(n))()
	ended := s.i.dialQUIC(s.id(n), s.now)
	s.wait(d)
	ended(false, false, s.now)
}

func (s *scene) is(want app.Interference) {
	s.t.Helper()
	if got := s.i.believed(s.now); got != want {
		s.t.Errorf("believed is %q, want %q", got, want)
	}
}

// refused is a dial over QUIC that is answered with a no.
func (s *scene) refused(n int) {
	defer s.i.want(s.id(n))()
	s.i.dialQUIC(s.id(n), s.now)(true, false, s.now)
}

func TestInterference(t *testing.T) {
	for name, f := range map[string]func(s *scene){
		"cut together, then once more": func(s *scene) {
			for n := range 4 {
				s.meet(n, "tcp")
			}
			s.wait(5 * time.Second)
			s.cut(0, 1, 2, 3)
			s.is(app.Undisturbed)
			s.meet(0, "tcp")
			s.meet(1, "quic")
			s.is(app.Undisturbed)
			s.cut(0)
			s.meet(0, "quic")
			s.is(app.Resets)
		},
		"the same without UDP": func(s *scene) {
			for n := range 4 {
				s.meet(n, "tcp")
			}
			s.cut(0, 1, 2, 3)
			s.meet(0, "tcp")
			s.silent(1, 1500*time.Millisecond)
			s.meet(1, "tcp")
			s.cut(0, 1)
			s.silent(0, 1500*time.Millisecond)
			s.meet(0, "tcp")
			s.is(app.CutOff)
			s.meet(1, "quic")
			s.is(app.Resets)
		},
		"one peer, and it lasts over QUIC": func(s *scene) {
			s.meet(0, "tcp")
			s.cut(0)
			s.meet(0, "tcp")
			s.cut(0)
			s.meet(0, "quic")
			s.wait(lastsFor - time.Millisecond)
			s.is(app.Undisturbed)
			s.wait(time.Millisecond)
			s.is(app.Resets)
		},
		"three never secured": func(s *scene) {
			for n := range 3 {
				s.is(app.Undisturbed)
				s.fail(n, false)
				s.meet(n, "quic")
			}
			s.is(app.Resets)
		},
		"three never secured, and no UDP": func(s *scene) {
			for n := range 3 {
				s.is(app.Undisturbed)
				s.fail(n, false)
				s.silent(n, time.Second)
			}
			s.is(app.CutOff)
		},
		"three are gone": func(s *scene) {
			for n := range 3 {
				s.fail(n, true)
				s.silent(n, 5*time.Second)
			}
			s.is(app.Undisturbed)
		},
		"three are full": func(s *scene) {
			for n := range 3 {
				s.fail(n, false)
				s.refused(n)
			}
			s.is(app.Undisturbed)
		},
		"others are left alone": func(s *scene) {
			for n := range 4 {
				s.meet(n, "tcp")
			}
			for range 2 {
				s.wait(time.Second)
				s.cut(0, 1)
				s.meet(0, "tcp")
				s.meet(1, "tcp")
			}
			s.is(app.Undisturbed)
			s.end(2, "tcp", false)
			s.is(app.Resets)
		},
		"TCP got through to a fourth": func(s *scene) {
			for n := range 3 {
				s.fail(n, false)
				s.meet(n, "quic")
				s.meet(3, "tcp")
				s.end(3, "tcp", false)
			}
			s.is(app.Undisturbed)
		},
		"three refused that answer over QUIC": func(s *scene) {
			for n := range 3 {
				s.is(app.Undisturbed)
				s.fail(n, true)
				s.meet(n, "quic")
			}
			s.is(app.Resets)
		},
		"cut together and refused since, and no UDP": func(s *scene) {
			for n := range 3 {
				s.meet(n, "tcp")
			}
			s.cut(0, 1, 2)
			for n := range 3 {
				s.is(app.Undisturbed)
				s.fail(n, true)
			}
			s.is(app.Resets)
			s.silent(0, time.Second)
			s.silent(1, time.Second)
			s.is(app.CutOff)
		},
		"UDP is dropped later": func(s *scene) {
			for n := range 3 {
				s.fail(n, false)
				s.meet(n, "quic")
			}
			s.silent(1, 2*time.Second)
			s.silent(2, 2*time.Second)
			s.i.overQUIC(0, s.now)
			s.is(app.Resets) // two may be dead, one is not
			s.wait(silentFor)
			s.i.overQUIC(silentFor-1, s.now)
			s.is(app.Resets)
			s.i.overQUIC(silentFor, s.now)
			s.is(app.CutOff)
			s.i.overQUIC(0, s.now)
			s.is(app.Resets)
		},
		"it ends": func(s *scene) {
			for n := range 3 {
				s.fail(n, false)
				s.meet(n, "quic")
			}
			s.is(app.Resets)
			s.wait(believedFor - 100*time.Millisecond)
			s.is(app.Resets)
			s.wait(100 * time.Millisecond)
			s.is(app.Undisturbed)
		},
		"another network": func(s *scene) {
			for n := range 3 {
				s.fail(n, false)
				s.meet(n, "quic")
			}
			s.is(app.Resets)
			s.i.anew()
			s.is(app.Undisturbed)
		},
	} {
		t.Run(name, func(t *testing.T) { f(newScene(t)) })
	}
}

// TestHonestEnds: nothing that ends for reasons of its own is taken for
// interference, in a thousand ends of each kind.
func TestHonestEnds(t *testing.T) {
	for name, end := range map[string]func(s *scene, r *rand.Rand, n int){
		"quits": func(s *scene, r *rand.Rand, n int) {
			s.end(n, "tcp", false)
			s.fail(n, true)
		},
		"is killed": func(s *scene, r *rand.Rand, n int) {
			s.cut(n)
			s.fail(n, true)
			s.silent(n, time.Duration(r.IntN(5000))*time.Millisecond)
		},
		"is killed and starts again": func(s *scene, r *rand.Rand, n int) {
			s.cut(n)
			s.fail(n, true)
			s.wait(aliveWithin + time.Duration(r.IntN(3000))*time.Millisecond)
		},
		"is killed and is back at once": func(s *scene, r *rand.Rand, n int) {
			s.cut(n)
			s.fail(n, true)
			s.wait(time.Duration(100+r.IntN(500)) * time.Millisecond)
			s.meet(n, "quic")
			s.wait(20 * time.Second)
			s.end(n, "quic", false)
		},
		"all are forgotten by the router at once": func(s *scene, r *rand.Rand, n int) {
			for p := range s.peers {
				s.cut(p)
			}
			for p := range s.peers {
				s.meet(p, []string{"tcp", "quic"}[r.IntN(2)])
			}
			s.wait(cutCounts)
			for p := range s.peers {
				s.end(p, "tcp", false)
				s.end(p, "quic", false)
				s.meet(p, "tcp")
			}
		},
		"is idle and forgotten by the router": func(s *scene, r *rand.Rand, n int) {
			s.wait(time.Minute) // no router forgets sooner
			s.cut(n)
			s.meet(n, "tcp")
		},
		"is killed, and comes again by itself": func(s *scene, r *rand.Rand, n int) {
			s.cut(n)
			s.wait(aliveWithin + time.Duration(1+r.IntN(3000))*time.Millisecond)
		},
		"is full": func(s *scene, r *rand.Rand, n int) {
			s.end(n, "tcp", false)
			s.fail(n, false)
			s.refused(n)
		},
		"has UDP alone forwarded": func(s *scene, r *rand.Rand, n int) {
			s.end(n, "tcp", false)
			s.fail(n, true)
			s.meet(n, "quic")
			s.wait(time.Minute)
			s.end(n, "quic", false)
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, peers := range []int{1, 2, 3, 8} {
				s, r := newScene(t), rand.New(rand.NewPCG(1, 0))
				s.peers = peers
				for p := range peers {
					s.meet(p, "tcp")
				}
				for range 1000 {
					n := r.IntN(peers)
					end(s, r, n)
					if s.is(app.Undisturbed); t.Failed() {
						t.Fatalf("of %d peers", peers)
					}
					s.wait(time.Duration(r.IntN(4000)) * time.Millisecond)
					if _, there := s.on[fmt.Sprint(n, "tcp")]; !there {
						s.meet(n, "tcp")
					}
				}
			}
		})
	}
}

// TestCrashLoop: the only peer dies again and again, and its supervisor starts
// it at once.
func TestCrashLoop(t *testing.T) {
	s := newScene(t)
	for range 100 {
		s.meet(0, "tcp")
		s.wait(5 * time.Second)
		s.cut(0)
		s.fail(0, true)
		s.wait(500 * time.Millisecond)
		s.is(app.Undisturbed)
	}
}

// TestTrial: of the peers that were cut one is dialled over TCP, the others over
// QUIC, and all of them once it is known.
func TestTrial(t *testing.T) {
	s := newScene(t)
	order := func() string {
		var all []string
		for n := range 3 {
			all = append(all, fmt.Sprint(s.i.quicFirst(s.now, peerAt(n))))
		}
		return strings.Join(all, " ")
	}
	for n := range 2 {
		s.meet(n, "tcp")
	}
	if got, want := order(), "false false false"; got != want {
		t.Fatalf("QUIC goes first: %s, want %s", got, want)
	}
	s.wait(time.Second)
	s.cut(0, 1)
	if got, want := order(), "false true false"; got != want {
		t.Fatalf("after the first cuts QUIC goes first: %s, want %s", got, want)
	}
	s.meet(0, "tcp")
	s.meet(1, "quic")
	s.cut(0)
	if got, want := order(), "true true false"; got != want {
		t.Fatalf("after the trial QUIC goes first: %s, want %s", got, want)
	}
	s.meet(0, "quic")
	if got, want := order(), "true true true"; got != want {
		t.Fatalf("once it is known QUIC goes first: %s, want %s", got, want)
	}
}
