package tracker

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
)

// Entry is a value with an end.
type Entry = struct {
	Until      time.Time
	Key, Value []byte
}

// Book keeps announces over a restart, and none of them much longer than its
// end. Its methods are called by one goroutine at a time.
type Book interface {
	// Each calls f for what was put and has not ended, in no order, and perhaps
	// for several values of one key. f keeps nothing of what it is given.
	Each(f func(Entry)) error
	// Put keeps entries. They need not survive a loss of power.
	Put(entries []Entry) error
	// Expire destroys what ended before now, or a few minutes before.
	Expire(now time.Time) error
}

// A key in the book is the swarm's key, 0 for IPv4, 1 for IPv6 or 2 for having
// left, and the peer ID. A value is a version, flags, the time of the announce, the length of an
// address and the address, and the addresses as in part.
const (
	bookVersion = 1

	flagComplete = 1
	flagGone     = 2 // no address follows; it ends all earlier ones of the peer

	keyGone = 2 // in the place of the family

	bookHead = 2 + 8 + 1 // bytes of a value before the address
)

// maxPending bounds what waits for a book that does not take it: some ten
// seconds at the highest rate. Then the oldest are lost, which costs nothing
// until a restart.
const maxPending = 32 << 10

// keepAfter is how much the end of an announce moves on before a repetition
// of it is written down. So what one peer makes the book write is bounded, and
// a restart forgets it at most this much too early.
const keepAfter = 5 * time.Minute

// journal is what the book has yet to be told.
type journal struct {
	on      bool
	pending []Entry
}

func (j *journal) add(e Entry) {
	if !j.on {
		return
	}
	if len(j.pending) >= maxPending {
		j.pending = slices.Delete(j.pending, 0, maxPending/4)
	}
	j.pending = append(j.pending, e)
}

// put writes p down, unless the book has nearly the same.
func (j *journal) put(p *part, changed bool) {
	if !j.on || !changed && p.until.Sub(p.kept) < keepAfter {
		return
	}
	p.kept = p.until
	var flags byte
	if p.entry.complete {
		flags = flagComplete
	}
	from := p.from.AsSlice()
	v := make([]byte, 0, bookHead+len(from)+len(p.addrs))
	v = bookHeadOf(v, flags, p.entry.time)
	v = append(append(append(v, byte(len(from))), from...), p.addrs...)
	j.add(Entry{p.until, bookKey(p.entry.swarm.key, byte(family(p.from)), p.entry.id), v})
}

// gone writes down that a peer left; until is when the last would have ended
// that the book may have of it.
func (j *journal) gone(key [32]byte, id peer.ID, time int64, until time.Time) {
	v := append(bookHeadOf(nil, flagGone, time), 0)
	j.add(Entry{until, bookKey(key, keyGone, id), v})
}

func bookKey(key [32]byte, family byte, id peer.ID) []byte {
	return append(append(slices.Clip(key[:]), family), id...)
}

func bookHeadOf(b []byte, flags byte, time int64) []byte {
	return binary.BigEndian.AppendUint64(append(b, bookVersion, flags), uint64(time))
}

// written is an entry of the book, read again.
type written struct {
	update
	gone bool
}

var errBook = errors.New("not an entry of this book")

func readEntry(e Entry) (w written, err error) {
	k, v := e.Key, e.Value
	if len(k) < 34 || len(v) < bookHead || v[0] != bookVersion || len(v) < bookHead+int(v[bookHead-1]) {
		return w, errBook
	}
	id, err := peer.IDFromBytes(k[33:])
	if err != nil {
		return w, errBook
	}
	w.update = update{key: [32]byte(k), id: id, until: e.Until,
		time: int64(binary.BigEndian.Uint64(v[2:])), complete: v[1]&flagComplete != 0}
	if w.gone = v[1]&flagGone != 0; w.gone {
		return w, nil
	}
	from, ok := netip.AddrFromSlice(v[bookHead:][:v[bookHead-1]])
	if !ok || from.Is4In6() || byte(family(from)) != k[32] {
		return w, errBook
	}
	w.from, w.addrs = from, slices.Clone(v[bookHead+len(from.AsSlice()):])
	return w, nil
}

// recall fills t with what the book has: of each peer and family the latest
// that was not ended by its leaving. What is no longer believed, because the
// settings have changed or the disk is broken, is left out.
func (t *table) recall(book Book, d doubt, now time.Time) error {
	latest := map[string]written{}
	left := map[string]int64{}
	err := book.Each(func(e Entry) {
		w, err := readEntry(e)
		if err != nil || !e.Until.After(now) {
			return
		}
		if end := now.Add(t.limits.Life); w.until.After(end) {
			w.until = end // it was told when the limits or the clock were others
		}
		k := string(e.Key)
		if w.gone {
			whose := k[:32] + k[33:]
			left[whose] = max(left[whose], w.time)
		} else if old, ok := latest[k]; !ok || old.time < w.time {
			latest[k] = w
		}
	})
	var order []written
	for k, w := range latest {
		if gone, ok := left[k[:32]+k[33:]]; !ok || gone < w.time {
			order = append(order, w)
		}
	}
	slices.SortFunc(order, func(a, b written) int { return a.until.Compare(b.until) })
	for _, w := range order {
		if !d.stillBelieved(w) {
			continue
		}
		if p, _, err := t.put(w.update, now); err == nil {
			p.kept = p.until
		}
	}
	return err
}

func (d doubt) stillBelieved(w written) bool {
	var addrs []string
	if json.Unmarshal([]byte("["+string(w.addrs)+"]"), &addrs) != nil || len(addrs) == 0 {
		return false
	}
	return string(joinAddrs(d.believe(addrs, w.id, w.from))) == string(w.addrs)
}

// joinAddrs makes what part.addrs is: addresses have nothing that JSON escapes.
func joinAddrs(addrs []string) []byte {
	return []byte(`"` + strings.Join(addrs, `","`) + `"`)
}
