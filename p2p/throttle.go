package p2p

import (
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
)

// throttle finds out whether peers are slow because something on the way slows
// TCP down. Where three or more over TCP are equally slow, two of them are moved
// to QUIC. Only when both are twice as fast there, while those left behind went on
// as before, it is the transport: then the others are moved as well. Pure: time is
// passed in.
type throttle struct {
	rates map[peer.ID]*tempo
	trial *trial    // nil: none
	after time.Time // no trial before
}

// flow is a peer that content is asked of, as it is at one moment.
type flow struct {
	peer peer.ID
	tcp  bool
	got  int64 // bytes so far
}

// tempo is how fast content comes, measured again and again.
type tempo struct {
	since time.Time
	got   int64
	rate  float64 // bytes a second; 0 is not known
}

// trial is some peers moved to QUIC, and others that stay.
type trial struct {
	began          time.Time
	moved, control map[peer.ID]float64 // bytes a second before
	rates          map[peer.ID]*tempo
}

const (
	throttleLook = 500 * time.Millisecond
	// tempoTime is how long a rate is measured, and settleTime how long a new
	// connection has before.
	tempoTime  = 3 * time.Second
	settleTime = time.Second
	trialTime  = 20 * time.Second
	// slowFlow is a rate, in bytes a second, from which on nobody asks why it is not
	// more.
	slowFlow = 512 << 10
	// alike is how many times as fast as the slowest of them equally slow peers are.
	alike = 1.5
	// moved is how many times as fast a peer is to be over QUIC, and the others
	// are to go on within these parts of what they were.
	muchFaster                = 2
	leastControl, mostControl = 0.8, 1.25
)

// look takes the flows of now, where content is being waited for. It returns the
// peers to move to QUIC, and whether that is because TCP is slowed down.
func (t *throttle) look(now time.Time, flows []flow) (move []peer.ID, slowed bool) {
	if t.trial != nil {
		return t.watch(now, flows)
	}
	t.rates = measure(t.rates, now, flows, func(f flow) bool { return f.tcp })
	if now.Before(t.after) {
		return nil, false
	}
	slow := t.slowest()
	if len(slow) < severalPeers {
		return nil, false
	}
	t.trial = &trial{began: now, moved: map[peer.ID]float64{}, control: map[peer.ID]float64{}}
	for i, p := range slow {
		if i < 2 {
			t.trial.moved[p] = t.rates[p].rate
			move = append(move, p)
		} else {
			t.trial.control[p] = t.rates[p].rate
		}
	}
	return move, false
}

// measure keeps the tempo of those flows that count.
func measure(old map[peer.ID]*tempo, now time.Time, flows []flow, counts func(flow) bool) map[peer.ID]*tempo {
	all := map[peer.ID]*tempo{}
	for _, f := range flows {
		if !counts(f) {
			continue
		}
		m := old[f.peer]
		if m == nil || f.got < m.got {
			m = &tempo{since: now, got: f.got}
		}
		if d := now.Sub(m.since); d >= tempoTime {
			m = &tempo{since: now, got: f.got, rate: float64(f.got-m.got) / d.Seconds()}
		}
		all[f.peer] = m
	}
	return all
}

// slowest are the peers over TCP that are equally slow, if those whose rate is
// known all are.
func (t *throttle) slowest() (slow []peer.ID) {
	for p, m := range t.rates {
		if m.rate > 0 {
			slow = append(slow, p)
		}
	}
	slices.Sort(slow)
	least, most := float64(slowFlow), 0.0
	for _, p := range slow {
		least, most = min(least, t.rates[p].rate), max(most, t.rates[p].rate)
	}
	if most >= slowFlow || most > alike*least {
		return nil
	}
	return slow
}

// watch is look while there is a trial.
func (t *throttle) watch(now time.Time, flows []flow) (move []peer.ID, slowed bool) {
	tr := t.trial
	over := map[peer.ID]bool{} // over TCP, by peer
	for _, f := range flows {
		over[f.peer] = f.tcp
	}
	began := !now.Before(tr.began.Add(settleTime))
	for p := range tr.moved {
		tcp, there := over[p]
		began = began && there && !tcp
	}
	switch {
	case began:
		tr.rates = measure(tr.rates, now, flows, func(f flow) bool { return tr.moved[f.peer] > 0 || tr.control[f.peer] > 0 && f.tcp })
	case now.Sub(tr.began) <= trialTime:
		tr.rates = nil
		return nil, false
	}
	known := true
	for p := range tr.moved {
		known = known && tr.rates[p] != nil && tr.rates[p].rate > 0
	}
	if !known && now.Sub(tr.began) <= trialTime {
		return nil, false
	}
	t.trial, t.rates, t.after = nil, nil, now.Add(believedFor)
	if !known || !tr.proven() {
		return nil, false
	}
	for p := range tr.control {
		if over[p] {
			move = append(move, p)
		}
	}
	return move, true
}

// proven reports whether all that were moved are much faster, and somebody who
// was not is as fast as before, and nobody is not.
func (tr *trial) proven() bool {
	for p, before := range tr.moved {
		if tr.rates[p].rate < muchFaster*before {
			return false
		}
	}
	stayed := 0
	for p, before := range tr.control {
		m := tr.rates[p]
		if m == nil || m.rate == 0 {
			continue
		}
		if m.rate < leastControl*before || m.rate > mostControl*before {
			return false
		}
		stayed++
	}
	return stayed > 0
}
