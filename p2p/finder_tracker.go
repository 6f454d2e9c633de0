package p2p

import (
	"context"
	"errors"
	"time"

	"grove/app"
	"grove/p2p/tracker"
)

// startTrackers asks the trackers of the manifest, when it becomes known.
func (h *hunt) startTrackers(m mode) {
	if !h.node.finders.Tracker {
		return
	}
	for _, url := range m.trackers {
		if !h.urls[url] {
			h.urls[url] = true
			h.turns[url] = false
			h.jobs.Go(func() { h.askTracker(url) })
		}
	}
}

const (
	// trackerNobody is the pause while there is no session, trackerSoon while there
	// are too few, and trackerFault the first one after a fault, doubling up to
	// trackerRarely.
	trackerNobody = 15 * time.Second
	trackerSoon   = time.Minute
	trackerAsk    = 10 * time.Minute // where it does not say when to come again
	// trackerFirst is the pause after the first visit, doubling: those who begin
	// together do not find each other at once, and nobody can wait long then.
	trackerFirst = time.Second
	// trackerStep is the least pause before what is shared is announced.
	trackerStep   = 100 * time.Millisecond
	trackerFault  = 15 * time.Second
	trackerRarely = 15 * time.Minute
	trackerTime   = 20 * time.Second // for one question
	trackerFloor  = 10 * time.Second // between two
	goodbyeTime   = 2 * time.Second
)

// askTracker tells a tracker what is shared here, and asks it for others,
// until the hunt ends.
func (h *hunt) askTracker(url string) {
	n := h.node
	fault, first := trackerFault, trackerFirst
	announced, unplaced := false, false
	for h.ctx.Err() == nil {
		m := h.mode()
		if !m.sharing && announced {
			h.leaveTracker(url)
			announced = false
		}
		if !m.sharing && !m.looking {
			select {
			case <-m.changed:
			case <-h.ctx.Done():
			}
			continue
		}
		moved := n.outreach.moved()
		answer, told, err := h.visitTracker(url, m, unplaced)
		if h.ctx.Err() != nil {
			break
		}
		announced = announced || told
		n.outreach.worked(fromTracker, url, err)
		h.hearInfos(fromTracker, answer.Peers, false)
		h.do(func() { h.size = max(h.size, answer.Swarm) })
		h.turned(url)
		pause := answer.Again
		if pause == 0 {
			pause = trackerAsk
		}
		if err != nil {
			n.log.Debug("tracker", "url", url, "err", err)
			if p := (*app.Problem)(nil); errors.As(err, &p) {
				fault = max(fault, p.After)
			}
			pause, fault = fault, min(2*fault, trackerRarely)
		} else {
			fault = trackerFault
			switch {
			case !m.looking:
			case m.sessions == 0:
				pause = min(pause, trackerNobody)
			case m.sessions+len(answer.Peers) < tooFew:
				pause = min(pause, trackerSoon)
			}
		}
		pause, floor := max(pause, trackerFloor), trackerFloor
		if m.sharing && !told && err == nil && !unplaced {
			// It only asked, having no address yet, which is a matter of a second.
			floor, unplaced = time.Second, true
		}
		if m.looking && m.sessions+len(answer.Peers) < tooFew && err == nil && first < trackerFloor {
			pause, floor, first = first, first, 2*first
			if !told {
				floor = trackerStep // what is shared is announced at once
			}
		}
		h.untilDue(pause, floor, m, moved)
	}
	if announced {
		h.leaveTracker(url)
	}
}

// untilDue waits for d, or until the tracker should hear of something: the
// addresses changed, everything is here, or sharing began or ended. Whatever
// changes, it is not asked again before floor.
func (h *hunt) untilDue(d, floor time.Duration, was mode, moved <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	if !h.wait(floor) {
		return
	}
	for {
		m := h.mode()
		if m.sharing != was.sharing || m.looking && !was.looking || m.sharing && m.complete && !was.complete {
			return
		}
		select {
		case <-timer.C:
			return
		case <-moved:
			return
		case <-m.changed:
		case <-h.ctx.Done():
			return
		}
	}
}

// visitTracker announces what is shared here, or only asks: where something is
// looked for as well and the ways in are not known yet, unless it did so before.
func (h *hunt) visitTracker(url string, m mode, unplaced bool) (a tracker.Answer, announced bool, err error) {
	ctx, cancel := context.WithTimeout(h.ctx, trackerTime)
	defer cancel()
	n := h.node
	if m.sharing && !m.looking {
		// An announce without the way in that is about to be there would be
		// believed for half an hour.
		settling, stop := context.WithTimeout(ctx, handshakeTimeout)
		n.Settled(settling)
		stop()
	}
	if m.sharing {
		addrs := n.outward()
		if len(addrs) > 0 && (n.placed() || unplaced || !m.looking || !isCircuit(addrs[0])) {
			a, err = n.tracker.Announce(ctx, url, false, tracker.Announce{Key: h.sw.know.tag, Addrs: addrs, Complete: m.complete})
			if err == nil || !errors.Is(err, tracker.ErrNoAnnounce) && !errors.Is(err, tracker.ErrNoAddress) {
				return a, err == nil, err
			}
		}
	}
	a, err = n.tracker.Ask(ctx, url, false, h.sw.know.tag)
	return a, false, err
}

// leaveTracker says that nothing is shared here any more. The hunt may have
// ended, and the node be about to.
func (h *hunt) leaveTracker(url string) {
	ctx, cancel := context.WithTimeout(h.node.last, goodbyeTime)
	defer cancel()
	_, err := h.node.tracker.Announce(ctx, url, false, tracker.Announce{Key: h.sw.know.tag, Gone: true})
	if err != nil {
		h.node.log.Debug("tracker: goodbye", "url", url, "err", err)
	}
}
