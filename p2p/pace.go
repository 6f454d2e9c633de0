package p2p

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-yamux/v5"
	"github.com/quic-go/quic-go"
)

const (
	minWindow = 4 << 20  // bytes asked for at once of a peer just met
	maxWindow = 16 << 20 // and of the fastest one
	paceEvery = 200 * time.Millisecond
)

// pace measures how fast content comes from one peer.
type pace struct {
	got  atomic.Int64 // bytes
	last atomic.Int64 // when some came, in Unix nanoseconds
	// least is the shortest round trip so far, in nanoseconds; 0: none.
	least atomic.Int64

	mu     sync.Mutex
	at     time.Time // guarded by mu; of the last measurement
	seen   int64     // guarded by mu; got, then
	rate   float64   // guarded by mu; bytes a second, smoothed
	window int64     // guarded by mu; what the engine was told
}

func (p *pace) count(n int) {
	p.got.Add(int64(n))
	p.last.Store(time.Now().UnixNano())
}

// measure takes a measurement if one is due. It returns the window for a round
// trip of rtt, and whether it is new enough to be told.
func (p *pace) measure(now time.Time, rtt time.Duration) (window int64, news bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.window == 0 {
		p.window, p.at = minWindow, now
	}
	span := now.Sub(p.at)
	if span < paceEvery {
		return p.window, false
	}
	got := p.got.Load()
	r := float64(got-p.seen) / span.Seconds()
	if span > 5*paceEvery || p.rate == 0 {
		p.rate = r // it was idle in between: the past says nothing
	} else {
		p.rate += (r - p.rate) / 2
	}
	p.at, p.seen = now, got
	w := min(maxWindow, max(minWindow, int64(2*p.rate*rtt.Seconds())))
	if d := w - p.window; d > p.window/4 || -d > p.window/4 {
		p.window = w
		return w, true
	}
	return p.window, false
}

// tick is called now and then while content arrives.
func (s *session) tick() {
	if _, news := s.pace.measure(time.Now(), roundTrip(s.conn)); news {
		s.tell()
	}
}

// shortest takes a round trip. Longer ones wait for content.
func (p *pace) shortest(took time.Duration) {
	for {
		old := p.least.Load()
		if old != 0 && old <= int64(took) || p.least.CompareAndSwap(old, int64(took)) {
			return
		}
	}
}

// roundTrip asks the transport for its round-trip time, or guesses.
func roundTrip(c network.Conn) time.Duration {
	if took, ok := tripOf(c); ok {
		return took
	}
	return 100 * time.Millisecond
}

// tripOf is the round-trip time that the transport knows. As is marked
// experimental in libp2p; a test holds that it works.
func tripOf(c network.Conn) (took time.Duration, ok bool) {
	var mux *yamux.Session
	if c.As(&mux) {
		if rtt := mux.RTT(); rtt > 0 {
			return rtt, true
		}
	}
	var q *quic.Conn
	if c.As(&q) {
		if rtt := q.ConnectionStats().SmoothedRTT; rtt > 0 {
			return rtt, true
		}
	}
	return 0, false
}
