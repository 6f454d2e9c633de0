package tracker

import (
	"net/netip"
	"time"
)

// Limits are what a server takes and how long it keeps it. A field that is
// zero has the default.
type Limits struct {
	// Life is how long an announce is kept: 40 minutes. Again is when the peer
	// is asked to renew it: after 30 minutes, up to a tenth earlier at random
	// so that a crowd does not come back at once. What is between is for a
	// tracker that is being restarted, and for one try that failed. Half the
	// life would double the load of a crowd, and a peer that vanished is soon
	// found out by those who dial it. Life is at most a day.
	Life, Again time.Duration

	// Announces is how many are kept in all, those of IPv4 and IPv6 counted
	// apart: 200,000, which is about 200 MiB of heap.
	Announces int
	// PerAddress is how many are kept from one household (an IPv4 address, an
	// IPv6 /64): 500. An office or a campus is one address; 100 computers with
	// five packages each are 500. Four times as many are kept from one IPv6
	// /48, since one customer often has all of it.
	PerAddress int
	// Rate and Burst bound the requests from one household: 20 a second, 100 at
	// once. 500 announces renewed every 30 minutes are 0.3 a second; a lecture
	// hall that opens one link at the same moment is a hundred at once.
	Rate  float64
	Burst int
}

func (l Limits) withDefaults() Limits {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&l.Life, 40*time.Minute)
	l.Life = min(l.Life, 24*time.Hour)
	def(&l.Again, min(30*time.Minute, l.Life*3/4))
	if l.Announces <= 0 {
		l.Announces = 200_000
	}
	if l.PerAddress <= 0 {
		l.PerAddress = 500
	}
	if l.Rate <= 0 {
		l.Rate = 20
	}
	if l.Burst <= 0 {
		l.Burst = 100
	}
	return l
}

// wide48 is how many households' worth one IPv6 /48 may have.
const wide48 = 4

// sources counts what comes from each block that has a limit.
type sources struct {
	limits Limits
	at     map[block]*source
	swept  time.Time
}

type source struct {
	live   int       // announces kept
	tokens float64   // requests it may make now; of households only
	filled time.Time // when tokens was right
}

// request takes a token of from's household; if there is none, after says when
// there will be.
func (s *sources) request(from netip.Addr, now time.Time) (after time.Duration, ok bool) {
	s.sweep(now)
	src := s.of(blockOf(from, 0), now)
	src.fill(s.limits, now)
	if src.tokens < 1 {
		return time.Duration((1 - src.tokens) / s.limits.Rate * float64(time.Second)), false
	}
	src.tokens--
	return 0, true
}

// room reports whether one more announce from that address can be kept.
func (s *sources) room(from netip.Addr) bool {
	for level := range counted(from) {
		if src := s.at[blockOf(from, level)]; src != nil && src.live >= s.most(level) {
			return false
		}
	}
	return true
}

func (s *sources) most(level int) int {
	if level == 0 {
		return s.limits.PerAddress
	}
	return wide48 * s.limits.PerAddress
}

// counted is how many levels, from 0, announces of ip's family are counted at.
func counted(ip netip.Addr) int {
	if ip.Is4() {
		return 1 // a /24 is many customers
	}
	return 2
}

// count notes that n announces more are kept from that address.
func (s *sources) count(from netip.Addr, n int, now time.Time) {
	for level := range counted(from) {
		s.of(blockOf(from, level), now).live += n
	}
}

func (s *sources) of(b block, now time.Time) *source {
	src := s.at[b]
	if src == nil {
		src = &source{tokens: float64(s.limits.Burst), filled: now}
		s.at[b] = src
	}
	return src
}

func (src *source) fill(l Limits, now time.Time) {
	if d := now.Sub(src.filled); d > 0 {
		src.tokens = min(float64(l.Burst), src.tokens+d.Seconds()*l.Rate)
		src.filled = now
	}
}

// sweepEvery is the least time between two sweeps, which look at all sources.
const sweepEvery = 10 * time.Second

// sweep forgets the sources that nothing is kept from and whose tokens are all
// back, so that who only asked is not remembered longer than that.
func (s *sources) sweep(now time.Time) {
	full := time.Duration(float64(s.limits.Burst) / s.limits.Rate * float64(time.Second))
	if now.Sub(s.swept) < max(full, sweepEvery) {
		return
	}
	s.swept = now
	for b, src := range s.at {
		if src.live == 0 && now.Sub(src.filled) >= full {
			delete(s.at, b)
		}
	}
}
