package tracker

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
)

// table is what the server knows now. It is not safe for concurrent use: the
// server's mutex guards it, for microseconds a request.
type table struct {
	limits  Limits
	sources sources
	rand    *rand.Rand

	swarms      map[[32]byte]*swarm
	first, last *part // all parts, in the order in which they end
	live        int   // how many
}

// swarm is the peers of one key.
type swarm struct {
	key   [32]byte
	peers map[peer.ID]*entry
	// The same peers in no order, so that some can be drawn at random.
	complete, partial []*entry
	near              map[block][]*part // all parts by block; nil while the swarm is small
}

// entry is one peer of one key.
type entry struct {
	swarm    *swarm
	id       peer.ID
	time     int64 // of its latest announce, by its own clock
	complete bool
	at       int      // place in swarm.complete or swarm.partial
	parts    [2]*part // what was announced over IPv4 and over IPv6, nil for not
	json     []byte   // as answers have it; replaced, never changed
}

// part is what one announce over one family left. It ends on its own.
type part struct {
	entry      *entry
	from       netip.Addr
	addrs      []byte // JSON strings between commas
	until      time.Time
	kept       time.Time // the end that the book has
	at         [levels]int
	prev, next *part // in table's order of ends
}

func newTable(l Limits, r *rand.Rand) *table {
	return &table{limits: l, sources: sources{limits: l, at: map[block]*source{}}, rand: r, swarms: map[[32]byte]*swarm{}}
}

// family is the place of what came from ip in entry.parts.
func family(ip netip.Addr) int {
	if ip.Is4() {
		return 0
	}
	return 1
}

// update is one announce that was found to be sound.
type update struct {
	key      [32]byte
	id       peer.ID
	time     int64
	complete bool
	from     netip.Addr
	addrs    []byte // as in part
	until    time.Time
}

// lateError refuses an announce that is not later than the last one.
type lateError struct{ stored int64 }

func (lateError) Error() string { return "not later than the last announce" }

var (
	errCrowded = errors.New("too many announces from this address")
	errFull    = errors.New("the tracker has no room for more announces")
)

// newest fails with a lateError if there is an announce that is not older
// than t.
func (t *table) newest(key [32]byte, id peer.ID, time int64) error {
	if sw := t.swarms[key]; sw != nil {
		if e := sw.peers[id]; e != nil && e.time >= time {
			return lateError{e.time}
		}
	}
	return nil
}

// put takes an announce in, which is later than those before it. It returns
// the part, and whether anything but its end is new.
func (t *table) put(u update, now time.Time) (p *part, changed bool, err error) {
	sw := t.swarms[u.key]
	var e *entry
	if sw != nil {
		e = sw.peers[u.id]
	}
	var old *part
	if e != nil {
		old = e.parts[family(u.from)]
	}
	moved := old == nil || blockOf(old.from, 0) != blockOf(u.from, 0)
	switch {
	case moved && !t.sources.room(u.from):
		return nil, false, errCrowded
	case old == nil && t.live >= t.limits.Announces:
		return nil, false, errFull
	}
	if sw == nil {
		sw = &swarm{key: u.key, peers: map[peer.ID]*entry{}}
		t.swarms[u.key] = sw
	}
	changed = moved || e.complete != u.complete || string(old.addrs) != string(u.addrs)
	p = &part{from: u.from, addrs: u.addrs, until: u.until}
	if old != nil {
		p.kept = old.kept
		t.drop(old)
	}
	if e == nil {
		e = &entry{swarm: sw, id: u.id, complete: u.complete}
		sw.add(e)
	} else if e.complete != u.complete {
		sw.unlist(e)
		e.complete = u.complete
		sw.list(e)
	}
	e.time = u.time
	p.entry, e.parts[family(u.from)] = e, p
	t.append(p)
	t.live++
	t.sources.count(u.from, 1, now)
	sw.index(p)
	e.render()
	return p, changed, nil
}

// gone forgets a peer of a key; until is when the last of it would have ended,
// zero if it was not there.
func (t *table) gone(key [32]byte, id peer.ID, now time.Time) (until time.Time) {
	sw := t.swarms[key]
	if sw == nil || sw.peers[id] == nil {
		return until
	}
	e := sw.peers[id]
	for _, p := range e.parts {
		if p != nil {
			if p.until.After(until) {
				until = p.until
			}
			t.remove(p, now)
		}
	}
	return until
}

// expire forgets what has ended.
func (t *table) expire(now time.Time) {
	for t.first != nil && !t.first.until.After(now) {
		t.remove(t.first, now)
	}
}

// remove forgets p, and its peer and swarm if it was the last of them.
func (t *table) remove(p *part, now time.Time) {
	e := p.entry
	t.drop(p)
	e.parts[family(p.from)] = nil
	if e.parts != [2]*part{} {
		e.render()
		return
	}
	e.swarm.unlist(e)
	delete(e.swarm.peers, e.id)
	e.swarm.shrink()
	if len(e.swarm.peers) == 0 {
		delete(t.swarms, e.swarm.key)
	}
}

// drop takes p out of everything but its entry.
func (t *table) drop(p *part) {
	t.unlink(p)
	t.live--
	for level := range counted(p.from) {
		t.sources.at[blockOf(p.from, level)].live--
	}
	p.entry.swarm.unindex(p)
}

// append puts p where its end belongs, which is last: all live equally long.
// Only a changed Life and a clock set back between runs make it look further.
func (t *table) append(p *part) {
	after := t.last
	for after != nil && after.until.After(p.until) {
		after = after.prev
	}
	p.prev = after
	if after == nil {
		p.next, t.first = t.first, p
	} else {
		p.next, after.next = after.next, p
	}
	if p.next == nil {
		t.last = p
	} else {
		p.next.prev = p
	}
}

func (t *table) unlink(p *part) {
	if p.prev == nil {
		t.first = p.next
	} else {
		p.prev.next = p.next
	}
	if p.next == nil {
		t.last = p.prev
	} else {
		p.next.prev = p.prev
	}
	p.prev, p.next = nil, nil
}

// add makes e one of the peers.
func (sw *swarm) add(e *entry) {
	sw.peers[e.id] = e
	sw.list(e)
}

func (sw *swarm) side(e *entry) *[]*entry {
	if e.complete {
		return &sw.complete
	}
	return &sw.partial
}

func (sw *swarm) list(e *entry) {
	side := sw.side(e)
	e.at = len(*side)
	*side = append(*side, e)
}

func (sw *swarm) unlist(e *entry) {
	side := sw.side(e)
	last := (*side)[len(*side)-1]
	(*side)[e.at], last.at = last, e.at
	(*side)[len(*side)-1] = nil
	*side = (*side)[:len(*side)-1]
}

// render makes the JSON of e. It has nothing in it that JSON would escape.
func (e *entry) render() {
	b := append([]byte(`{"Schema":"peer","ID":"`), e.id.String()...)
	b = append(b, `","Addrs":[`...)
	for i, p := range e.parts {
		if p == nil {
			continue
		}
		if i > 0 && e.parts[0] != nil {
			b = append(b, ',')
		}
		b = append(b, p.addrs...)
	}
	e.json = append(b, "]}"...)
}
