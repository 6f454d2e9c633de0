package p2p

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
)

// route has peers bring content in virtual time, at rates that depend on the
// transport.
type route struct {
	t    throttle
	now  time.Time
	got  map[peer.ID]float64
	quic map[peer.ID]bool
}

func newRoute() *route {
	return &route{now: time.Unix(1e9, 0), got: map[peer.ID]float64{}, quic: map[peer.ID]bool{}}
}

// pass lets d pass, and reports whether TCP was found to be slowed down.
func (r *route) pass(d time.Duration, peers int, rate func(n int, quic bool) float64) (slowed bool) {
	for end := r.now.Add(d); r.now.Before(end); r.now = r.now.Add(throttleLook) {
		var flows []flow
		for n := range peers {
			id := peer.ID(fmt.Sprint(n))
			r.got[id] += rate(n, r.quic[id]) * throttleLook.Seconds()
			flows = append(flows, flow{peer: id, tcp: !r.quic[id], got: int64(r.got[id])})
		}
		move, is := r.t.look(r.now, flows)
		for _, id := range move {
			r.quic[id], r.got[id] = true, 0
		}
		slowed = slowed || is
	}
	return slowed
}

func (r *route) moved() (all []peer.ID) {
	for id := range r.quic {
		all = append(all, id)
	}
	slices.Sort(all)
	return all
}

func TestThrottle(t *testing.T) {
	const slow = 100 << 10
	for name, row := range map[string]struct {
		peers  int
		rate   func(n int, quic bool) float64
		slowed bool
		moved  int
	}{
		"TCP is slowed down": {4, func(_ int, quic bool) float64 {
			if quic {
				return 8 * slow
			}
			return slow
		}, true, 4},
		"all are slow": {4, func(int, bool) float64 { return slow }, false, 2},
		"one is twice as fast over QUIC": {4, func(n int, quic bool) float64 {
			if quic && n == 0 {
				return 3 * slow
			}
			return slow
		}, false, 2},
		"two are not enough":   {2, func(int, bool) float64 { return slow }, false, 0},
		"they are not alike":   {4, func(n int, _ bool) float64 { return slow * float64(n+1) }, false, 0},
		"they are fast enough": {4, func(int, bool) float64 { return 10 * slow }, false, 0},
		"nothing comes":        {4, func(int, bool) float64 { return 0 }, false, 0},
	} {
		r := newRoute()
		if got := r.pass(time.Minute, row.peers, row.rate); got != row.slowed || len(r.moved()) != row.moved {
			t.Errorf("%s: slowed is %v, and %v were moved", name, got, r.moved())
		}
	}
}

// TestThrottleTime: it is known ten seconds after the first byte.
func TestThrottleTime(t *testing.T) {
	r := newRoute()
	if !r.pass(10*time.Second, 3, func(_ int, quic bool) float64 {
		if quic {
			return 1 << 20
		}
		return 64 << 10
	}) {
		t.Error("it is not known after ten seconds")
	}
}

// TestThrottleLine: where QUIC only takes from TCP on a line that is full, or
// everybody becomes faster, nothing is named.
func TestThrottleLine(t *testing.T) {
	r := newRoute()
	if r.pass(time.Minute, 4, func(_ int, quic bool) float64 {
		if quic {
			return 200 << 10
		}
		left := 4 - len(r.quic)
		return float64(400<<10-200<<10*len(r.quic)) / float64(left)
	}) {
		t.Error("a line that is full was named")
	}
	r = newRoute()
	began := r.now
	if r.pass(time.Minute, 4, func(int, bool) float64 {
		if r.now.Sub(began) > 5*time.Second {
			return 300 << 10
		}
		return 100 << 10
	}) {
		t.Error("a line that became faster was named")
	}
}

// TestThrottleHonest: rates that go up and down for reasons of their own, a
// thousand downloads long.
func TestThrottleHonest(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 0))
	for range 1000 {
		base := 50e3 + 200e3*rng.Float64()
		r, own := newRoute(), make([]float64, 6)
		var until time.Time
		slowed := r.pass(30*time.Second, len(own), func(n int, _ bool) float64 {
			if n == 0 && r.now.After(until) { // each has others to give to, or fewer
				for i := range own {
					own[i] = base * (0.7 + 0.6*rng.Float64())
				}
				until = r.now.Add(time.Duration(1+rng.IntN(5)) * time.Second)
			}
			return own[n]
		})
		if slowed {
			t.Fatal("honest rates were named")
		}
	}
}
