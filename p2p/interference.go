package p2p

import (
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"grove/app"
)

// interference judges, from how connections with peers end, whether something
// on the way cuts them. A false alarm is worse than silence, and a reset alone
// says nothing: a process that is killed, a router that forgot its table, and
// libp2p itself when it closes a connection all send one. What says something:
//
//   - again: after a connection was cut a new one is cut as well, and whenever
//     it happens the peer is there. Who quits is gone, and a router forgets once.
//   - never: TCP gets through to nobody, and three peers or more that answer over
//     QUIC refuse TCP or accept a connection that is reset before it is secured; or
//     accept it, and QUIC is not answered (who is full refuses both); or were cut
//     together, and refuse since.
//
// As many sessions that are left alone outweigh both. It is pure: time is passed
// in. Safe for concurrent use.
type interference struct {
	mu        sync.Mutex
	wanted    map[peer.ID]int              // guarded by mu; dialled now as peers of a package
	cuts      []*cut                       // guarded by mu; of the last minute, in the order they ended
	tries     []*quicTry                   // guarded by mu; of the last minute
	sessions  map[sessionKey]contact       // guarded by mu; those there are now
	tcpMet    time.Time                    // guarded by mu; when a session last began over TCP
	quicMet   time.Time                    // guarded by mu; when somebody last answered over QUIC
	trial     netip.AddrPort               // guarded by mu; dialled over TCP first although it was cut
	trialAt   time.Time                    // guarded by mu
	until     time.Time                    // guarded by mu; how long TCP is believed to be cut
	slow      time.Time                    // guarded by mu; how long TCP is believed to be slowed down
	preferred map[netip.AddrPort]time.Time // guarded by mu; who is tried over QUIC, since when
	udpLost   time.Time                    // guarded by mu; when QUIC was last seen to reach nobody
}

// cut is a connection over TCP that was reset, or a dial that came to nothing.
type cut struct {
	peer         peer.ID
	at           netip.AddrPort
	began, ended time.Time
	made         bool // it carried a session; else it was a dial
	refused      bool // a dial that nobody accepted, or such a one followed
	alive        bool // the peer was there right after
}

// quicTry is a dial over QUIC that nobody has answered.
type quicTry struct {
	peer         peer.ID
	began, ended time.Time // ended is zero while it goes on
}

// silent reports whether it was waited for long enough.
func (t *quicTry) silent(now time.Time) bool {
	return !t.ended.IsZero() || now.Sub(t.began) >= 2*unanswered
}

// sessionKey and contact are a session: over TCP or QUIC, opened when.
type sessionKey struct {
	peer   peer.ID
	opened time.Time
}

type contact struct {
	at  netip.AddrPort
	tcp bool
}

const (
	// cutCounts is how long a cut says something.
	cutCounts = time.Minute
	// aliveWithin is how soon a peer must answer to have been there all the time.
	aliveWithin = 3 * time.Second
	// together is how close the ends of connections are that one cause cut.
	together = 3 * time.Second
	// severalPeers is how many peers, at as many addresses, TCP has to fail with.
	severalPeers = 3
	// lastsFor is how long a session over QUIC has to last to show that a peer
	// whose connections over TCP end does not itself end.
	lastsFor = 3 * time.Second
	// trialFor is how long a peer that was cut is dialled over TCP first, to see
	// whether it happens again, and how long a connection must live to say that it
	// does not.
	trialFor = 10 * time.Second
	// believedFor is how long QUIC goes first after the last cut.
	believedFor = 10 * time.Minute
	// unanswered is how long a dial over QUIC was waited for before it counts: TCP
	// is dialled later than QUIC then, needs more round trips, and ends its dials
	// when it is answered.
	unanswered = time.Second
	// silentFor is how long all who are asked over QUIC may bring nothing.
	silentFor = 4 * time.Second
	// maxCuts bounds what is remembered of one minute.
	maxCuts = 200
)

func newInterference() *interference {
	return &interference{wanted: map[peer.ID]int{}, sessions: map[sessionKey]contact{}, preferred: map[netip.AddrPort]time.Time{}}
}

// want has dials of p count, as those of a peer of a package, until the
// returned function is called. Strangers close connections for reasons of
// their own.
func (i *interference) want(p peer.ID) (done func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.wanted[p]++
	return func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.wanted[p]--; i.wanted[p] == 0 {
			delete(i.wanted, p)
		}
	}
}

// met: a session with p began, on a connection opened then.
func (i *interference) met(p peer.ID, at netip.AddrPort, tcp bool, opened, now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.prune(now)
	i.sessions[sessionKey{p, opened}] = contact{at, tcp}
	for _, c := range i.cuts {
		if c.peer == p && now.Sub(c.ended) <= aliveWithin {
			c.alive = c.alive || !tcp || c.made && !c.refused
		}
	}
	if tcp {
		i.tcpMet = now
	} else {
		i.quicMet = now
	}
}

// left: a session ended, because its connection was reset or otherwise.
func (i *interference) left(p peer.ID, opened time.Time, reset bool, now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	c, there := i.sessions[sessionKey{p, opened}]
	delete(i.sessions, sessionKey{p, opened})
	if !there || !c.tcp || !reset {
		return
	}
	i.note(&cut{peer: p, at: c.at, began: opened, ended: now, made: true}, now)
}

// dialTCP: a dial of p over TCP was reset, or refused.
func (i *interference) dialTCP(p peer.ID, at netip.AddrPort, began time.Time, refused bool, now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.wanted[p] == 0 {
		return
	}
	for _, c := range i.cuts {
		c.refused = c.refused || refused && c.peer == p && !c.alive
	}
	i.note(&cut{peer: p, at: at, began: began, ended: now, refused: refused}, now)
}

func (i *interference) note(c *cut, now time.Time) {
	i.prune(now)
	if len(i.cuts) == maxCuts {
		i.cuts = slices.Delete(i.cuts, 0, 1)
	}
	i.cuts = append(i.cuts, c)
}

// dialQUIC: p is dialled over QUIC. The returned function says how it went;
// answered is that a connection was made, broken that none can be made here.
func (i *interference) dialQUIC(p peer.ID, now time.Time) (ended func(answered, broken bool, now time.Time)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.prune(now)
	try := &quicTry{peer: p, began: now}
	if i.wanted[p] > 0 && len(i.tries) < maxCuts {
		i.tries = append(i.tries, try)
	}
	return func(answered, broken bool, now time.Time) {
		i.mu.Lock()
		defer i.mu.Unlock()
		try.ended = now
		if answered {
			i.quicMet = now
		}
		if answered || !broken && now.Sub(try.began) < unanswered {
			i.tries = slices.DeleteFunc(i.tries, func(t *quicTry) bool { return t == try })
		}
	}
}

// prune forgets what says nothing any more.
func (i *interference) prune(now time.Time) {
	i.cuts = slices.DeleteFunc(i.cuts, func(c *cut) bool { return now.Sub(c.ended) > cutCounts })
	i.tries = slices.DeleteFunc(i.tries, func(t *quicTry) bool { return now.Sub(t.began) > cutCounts })
	maps.DeleteFunc(i.preferred, func(_ netip.AddrPort, since time.Time) bool { return now.Sub(since) > cutCounts })
}

// anew forgets everything: this may be another network.
func (i *interference) anew() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.cuts, i.tries, i.trial = nil, nil, netip.AddrPort{}
	i.until, i.slow, i.udpLost = time.Time{}, time.Time{}, time.Time{}
	clear(i.preferred)
}

// slowed: it was found that TCP is slowed down.
func (i *interference) slowed(now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.slow = now.Add(believedFor)
}

// overQUIC: content was waited for over QUIC that long; 0 is that some came.
func (i *interference) overQUIC(waited time.Duration, now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case waited == 0:
		i.quicMet = now
	case waited >= silentFor && now.Sub(i.quicMet) >= silentFor:
		i.udpLost = now
	}
}

// prefer has the peer at this address of TCP dialled over QUIC first for a while.
func (i *interference) prefer(at netip.AddrPort, now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.preferred[at] = now
}

// believed is what is done to connections here, as far as it is known.
func (i *interference) believed(now time.Time) app.Interference {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.look(now)
	i.lookUDP(now)
	switch {
	case !now.Before(i.until) && now.Before(i.slow):
		return app.SlowTCP
	case !now.Before(i.until):
		return app.Undisturbed
	case i.udpLost.After(i.quicMet):
		return app.CutOff
	default:
		return app.Resets
	}
}

// quicFirst reports whether a peer with these addresses of TCP is to be dialled
// over QUIC first. Of those whose connections were cut, and while it is not
// clear why, one is dialled over TCP: it shows whether that happens again.
func (i *interference) quicFirst(now time.Time, tcp ...netip.AddrPort) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.look(now); now.Before(i.until) || now.Before(i.slow) {
		return true
	}
	if slices.ContainsFunc(tcp, func(at netip.AddrPort) bool { return !i.preferred[at].IsZero() }) {
		return true
	}
	for _, c := range i.cuts {
		if !c.made || !slices.Contains(tcp, c.at) {
			continue
		}
		if now.Sub(i.trialAt) > trialFor {
			i.trial, i.trialAt = c.at, now
		}
		return i.trial != c.at || slices.ContainsFunc(i.cuts, func(o *cut) bool { return o.at == c.at && o.ended.After(i.trialAt) })
	}
	return false
}

// lookUDP judges whether nobody answers over QUIC either. Called with mu held.
func (i *interference) lookUDP(now time.Time) {
	for _, c := range i.sessions {
		if !c.tcp {
			return // overQUIC hears when it brings nothing
		}
	}
	lost := 0
	for _, t := range i.tries {
		if t.began.After(i.quicMet) && t.silent(now) {
			lost++
		}
	}
	if lost > 1 {
		i.udpLost = now
	}
}
