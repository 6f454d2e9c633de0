package app

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"time"
)

// simFigures is what came of a crowd.
type simFigures struct {
	scene    simScene
	finished int
	offload  float64 // part of the content that came from peers
	copies   float64 // that left the origin
	peak     float64 // bytes a second that left the origin in its busiest minute
	p50, p95 time.Duration
	last     time.Duration
	north    time.Duration // the last of the first operator's
	bound    time.Duration
	twice    float64 // part that came twice, or for nothing
	fair     float64 // Jain's index of the receivers' rates
	inside   float64 // part of what peers gave that stayed with their operator
	crossed  float64 // copies over the link between operators, or into each home
	events   uint64
	digest   uint64 // of who was ready when, and what he got from whom
}

func (w *simWorld) figures() simFigures {
	f := simFigures{scene: w.simScene, events: w.seq}
	size := float64(w.size())
	var times []time.Duration
	var wasted, got, fromPeers, up, rates, squares float64
	h := fnv.New64a()
	for _, p := range w.peers[:w.simScene.peers] {
		if p.shares {
			up += p.up.rate / float64(len(p.home.people))
		}
		c := p.counts
		if p.t != nil {
			c = p.t.rec.Counts // it never ended
		}
		wasted += float64(c.Wasted)
		fromPeers += float64(c.Peers)
		got += float64(c.Peers + c.Origin)
		_ = binary.Write(h, binary.LittleEndian, []int64{int64(p.done), c.Peers, c.Origin, c.Wasted, p.given})
		if p.done < 0 {
			continue
		}
		f.finished++
		took := p.done - p.came
		times = append(times, took)
		if p.side == 0 {
			f.north = max(f.north, took)
		}
		r := 1 / took.Seconds()
		rates += r
		squares += r * r
	}
	f.digest = h.Sum64()
	f.bound = w.bound(up)
	f.offload = fromPeers / got
	f.copies = float64(w.server.sum) / size
	for _, n := range w.minutes {
		f.peak = max(f.peak, float64(n)/60)
	}
	f.twice = wasted / got
	f.crossed = float64(w.crossed) / size
	f.inside = 1 - float64(w.strayed)/float64(max(1, w.given))
	if w.home > 0 {
		f.crossed = float64(w.entered) / size / float64(w.homes())
	}
	if len(times) > 0 {
		slices.Sort(times)
		f.p50, f.p95, f.last = times[len(times)/2], times[len(times)*95/100], times[len(times)-1]
		f.fair = rates * rates / (float64(len(times)) * squares)
	}
	return f
}
