package p2p

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"grove/p2p/internal/kad"
)

const (
	// The hash table comes last: it is made of other people's computers. When
	// nobody is left to try, nobody waits longer than the first of these.
	dhtFirst, dhtLast = 5 * time.Second, 30 * time.Second
	// dhtCount is how many peers it is asked for, and dhtTime how long.
	dhtCount = 30
	dhtTime  = 25 * time.Second
	// dhtAgain is the pause between two questions while there are too few,
	// doubling up to dhtRarely.
	dhtAgain, dhtRarely = 2 * time.Minute, 30 * time.Minute
	// dhtRecords is how many records of one package the table should hold: those
	// who hold them are other people too, and a thousand peers are no better to
	// find than these.
	dhtRecords = 200
	// dhtRenew is how long before the table forgets that a record is renewed.
	dhtRenew = 22 * time.Hour
	// dhtRetry is the pause after nobody could be told, or there was no address
	// to tell yet; half a minute where the addresses have changed since.
	dhtRetry, dhtMoved = 5 * time.Minute, 30 * time.Second
)

// askDHT asks the hash table while there are too few peers, and tells it what
// is shared here.
func (h *hunt) askDHT() {
	again := dhtAgain
	first := dhtFirst + rand.N(dhtLast-dhtFirst)
	began := time.Now()
	var asked time.Time
	tellAt, told := began.Add(dhtFirst), false
	for {
		m := h.mode()
		look, moved := h.outlook(), h.node.outreach.moved()
		now := time.Now()
		due := dhtDue(m, asked, tellAt, began, first, again, h.othersTurned(), now)
		switch {
		case due.find:
			err := h.findDHT()
			h.node.outreach.worked(fromDHT, "", err)
			if asked.IsZero() {
				h.turned("dht")
			} else {
				again = min(2*again, dhtRarely)
			}
			asked = time.Now()
			continue
		case due.tell:
			pause := dhtRetry
			if told = h.tellDHT(); told {
				pause = dhtRenew
			}
			tellAt = time.Now().Add(pause)
			continue
		}
		timer := time.NewTimer(due.wait)
		select {
		case <-timer.C:
		case <-m.changed:
		case <-look.changed:
		case <-moved:
			if soon := time.Now().Add(dhtMoved); !told && soon.Before(tellAt) {
				tellAt = soon
			}
		case <-h.ctx.Done():
		}
		timer.Stop()
		if h.ctx.Err() != nil {
			return
		}
	}
}

// dhtPlan is what to do about the hash table, or how long to wait at most.
type dhtPlan struct {
	find, tell bool
	wait       time.Duration
}

// dhtDue decides. othersDone says that nobody else is left to ask or to dial.
func dhtDue(m mode, asked, tellAt, began time.Time, first, again time.Duration, othersDone bool, now time.Time) dhtPlan {
	wait := time.Hour
	if m.looking && m.sessions < tooFew {
		at := asked.Add(again)
		if asked.IsZero() {
			at = began.Add(first)
			if othersDone && m.sessions == 0 {
				at = began.Add(dhtFirst)
			}
		}
		if !at.After(now) {
			return dhtPlan{find: true}
		}
		wait = min(wait, at.Sub(now))
	}
	if m.sharing {
		if !tellAt.After(now) {
			return dhtPlan{tell: true}
		}
		wait = min(wait, tellAt.Sub(now))
	}
	return dhtPlan{wait: wait}
}

// othersTurned reports whether all candidates were tried and all finders but
// the hash table had their turn.
func (h *hunt) othersTurned() bool {
	left := false
	ran := h.done(func() {
		for name, turned := range h.turns {
			left = left || name != "dht" && !turned
		}
		left = left || h.untried(func(*candidate) bool { return true })
	})
	return !ran || !left
}

func (h *hunt) findDHT() error {
	ctx, cancel := context.WithTimeout(h.ctx, dhtTime)
	defer cancel()
	table, release, err := h.node.outreach.useTable()
	if err != nil {
		return err
	}
	defer release()
	return table.Find(ctx, h.sw.know.tag, dhtCount, func(i peer.AddrInfo) {
		h.hearInfos(fromDHT, []peer.AddrInfo{i}, false)
	})
}

// tells reports whether one of swarm peers announces itself, by a random number
// below 1: so that about dhtRecords of them do.
func tells(swarm int, random float64) bool { return random*float64(swarm) < dhtRecords }

// tellDHT announces the package, with the probability that leaves about
// dhtRecords of them in the table. It reports whether that is done for now.
func (h *hunt) tellDHT() bool {
	var swarm int
	if !h.done(func() { swarm = max(h.size, len(h.known)) }) {
		return false
	}
	if !tells(swarm, rand.Float64()) {
		return true
	}
	ctx, cancel := context.WithTimeout(h.ctx, time.Minute)
	defer cancel()
	table, release, err := h.node.outreach.useTable()
	if err == nil {
		defer release()
		h.meetHelpers(ctx, table)
		if len(h.node.outward()) == 0 {
			return false // nobody could come
		}
		err = table.Provide(ctx, h.sw.know.tag)
	}
	if h.ctx.Err() == nil {
		h.node.outreach.worked(fromDHT, "", err)
	}
	return err == nil
}

// helpTime is how long a place at a relay of the hash table may take.
const helpTime = 15 * time.Second

// meetHelpers meets computers of the hash table where nobody could come here
// otherwise: some of them pass first messages on, and outreach asks those it
// meets for a place.
func (h *hunt) meetHelpers(ctx context.Context, table *kad.Table) {
	n := h.node
	if len(n.outward()) > 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, helpTime)
	defer cancel()
	_ = table.Find(ctx, h.sw.know.tag, 1, func(peer.AddrInfo) {}) // for whom it meets on the way
	for ctx.Err() == nil {
		moved := n.outreach.moved()
		if len(n.outward()) > 0 {
			break
		}
		select {
		case <-moved:
		case <-ctx.Done():
		}
	}
	n.awaitPunch(ctx, punchReady)
}
