package dials

import (
	"container/list"
	"net/netip"
	"slices"
	"time"
)

// book is who was dialled and who answered. Pure: time is passed in, and
// Budget.mu guards it.
//
// What holds: an address is in at most one of answered and silent; a block is
// there as long as one silent address in it is, and its windows hold the dials
// of exactly those.
type book struct {
	answered recent[time.Time] // when it last did
	silent   recent[*record]   // ordered by the last dial
	blocks   map[netip.Prefix]*block
}

// record is an address that did not answer.
type record struct {
	left   [lanes]window
	blocks []*block // that it lies in
}

// block is a network around such addresses.
type block struct {
	prefix  netip.Prefix
	most    int
	members int // silent addresses in it
	left    [lanes]window
}

func newBook() book {
	return book{answered: newRecent[time.Time](), silent: newRecent[*record](), blocks: map[netip.Prefix]*block{}}
}

// check reports whether ip answered before, or else whether it may be dialled
// now.
func (b *book) check(ip netip.Addr, l lane, now time.Time) (known bool, err error) {
	if at, ok := b.answered.get(ip); ok {
		if now.Sub(at) < remembered {
			return true, nil
		}
		b.answered.drop(ip)
	}
	b.forgetOld(now)
	spent := &SpentError{Addr: ip, lane: l}
	if r, ok := b.silent.get(ip); !ok {
		if b.silent.len() >= maxAddresses {
			_, oldest := b.silent.oldest()
			spent.Next = oldest.last().Add(period)
		}
	} else if next := r.left[l].next(perAddress, now); !next.IsZero() {
		spent.Within, spent.Dials, spent.Next = netip.PrefixFrom(ip, ip.BitLen()), perAddress, next
	}
	for _, p := range prefixesOf(ip) {
		blk := b.blocks[p.prefix]
		if blk == nil {
			continue
		}
		if next := blk.left[l].next(p.most, now); next.After(spent.Next) {
			spent.Within, spent.Dials, spent.Next = p.prefix, p.most, next
		}
	}
	if spent.Next.IsZero() {
		return false, nil
	}
	return false, spent
}

// charge is check, and counts the dial unless it is free.
func (b *book) charge(ip netip.Addr, l lane, now time.Time) (known bool, err error) {
	if known, err = b.check(ip, l, now); known || err != nil {
		return known, err
	}
	r, ok := b.silent.get(ip)
	if !ok {
		r = &record{}
		for _, p := range prefixesOf(ip) {
			blk := b.blocks[p.prefix]
			if blk == nil {
				blk = &block{prefix: p.prefix, most: p.most}
				b.blocks[p.prefix] = blk
			}
			blk.members++
			r.blocks = append(r.blocks, blk)
		}
	}
	r.left[l] = append(r.left[l], now)
	for _, blk := range r.blocks {
		blk.left[l] = append(blk.left[l], now)
	}
	b.silent.put(ip, r)
	return false, nil
}

// answer makes ip free from now on, and takes its dials back from the networks
// around it.
func (b *book) answer(ip netip.Addr, now time.Time) {
	b.forget(ip)
	b.answered.put(ip, now)
	if b.answered.len() > maxAddresses {
		oldest, _ := b.answered.oldest()
		b.answered.drop(oldest)
	}
}

func (b *book) forget(ip netip.Addr) {
	r, ok := b.silent.get(ip)
	if !ok {
		return
	}
	b.silent.drop(ip)
	for _, blk := range r.blocks {
		for l := range lanes {
			for _, at := range r.left[l] {
				blk.left[l].takeBack(at)
			}
		}
		if blk.members--; blk.members == 0 {
			delete(b.blocks, blk.prefix)
		}
	}
}

func (b *book) forgetAll() {
	b.silent = newRecent[*record]()
	clear(b.blocks)
}

// forgetOld drops the addresses whose dials no longer count.
func (b *book) forgetOld(now time.Time) {
	for b.silent.len() > 0 {
		ip, r := b.silent.oldest()
		if now.Sub(r.last()) < period {
			return
		}
		b.forget(ip)
	}
}

// last is when the last dial left.
func (r *record) last() time.Time {
	var last time.Time
	for _, w := range r.left {
		if n := len(w); n > 0 && w[n-1].After(last) {
			last = w[n-1]
		}
	}
	return last
}

type prefixLimit struct {
	prefix netip.Prefix
	most   int
}

// prefixesOf are the networks around ip that are counted.
func prefixesOf(ip netip.Addr) []prefixLimit {
	var out []prefixLimit
	for _, a := range around {
		bits := a.v6
		if ip.Is4() {
			bits = a.v4
		}
		if bits == 0 {
			continue
		}
		if p, err := ip.Prefix(bits); err == nil {
			out = append(out, prefixLimit{p, a.most})
		}
	}
	return out
}

// window is when dials left, in the order they did.
type window []time.Time

// next is when one more may leave if most may in a period, or zero for now. It
// forgets dials that no longer count.
func (w *window) next(most int, now time.Time) time.Time {
	i := 0
	for i < len(*w) && now.Sub((*w)[i]) >= period {
		i++
	}
	*w = slices.Delete(*w, 0, i)
	if len(*w) < most {
		return time.Time{}
	}
	return (*w)[len(*w)-most].Add(period)
}

func (w *window) takeBack(at time.Time) {
	if i := slices.IndexFunc(*w, at.Equal); i >= 0 {
		*w = slices.Delete(*w, i, i+1)
	}
}

// recent is a map that knows which entry was put in longest ago.
type recent[V any] struct {
	at    map[netip.Addr]*list.Element
	order *list.List // of *entry[V], the most recent first
}

type entry[V any] struct {
	ip netip.Addr
	v  V
}

func newRecent[V any]() recent[V] {
	return recent[V]{at: map[netip.Addr]*list.Element{}, order: list.New()}
}

func (r *recent[V]) len() int { return len(r.at) }

func (r *recent[V]) get(ip netip.Addr) (V, bool) {
	if e, ok := r.at[ip]; ok {
		return e.Value.(*entry[V]).v, true
	}
	var none V
	return none, false
}

func (r *recent[V]) put(ip netip.Addr, v V) {
	if e, ok := r.at[ip]; ok {
		e.Value.(*entry[V]).v = v
		r.order.MoveToFront(e)
		return
	}
	r.at[ip] = r.order.PushFront(&entry[V]{ip, v})
}

func (r *recent[V]) drop(ip netip.Addr) {
	if e, ok := r.at[ip]; ok {
		delete(r.at, ip)
		r.order.Remove(e)
	}
}

// oldest is the entry put in longest ago. There is one.
func (r *recent[V]) oldest() (netip.Addr, V) {
	e := r.order.Back().Value.(*entry[V])
	return e.ip, e.v
}
