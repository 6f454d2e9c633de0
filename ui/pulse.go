package ui

import (
	"sync"
	"time"

	"grove/app"
)

// attention is how closely the window is looked at.
type attention int

const (
	inFront attention = iota
	behind            // another program has the focus
	hidden            // in the tray
)

// every is the time between two ticks; 0 is none.
func (a attention) every() time.Duration {
	switch a {
	case inFront:
		return 500 * time.Millisecond
	case behind:
		return time.Second
	}
	return 0
}

// noticeEvery is how often a hidden window looks for something to tell.
const noticeEvery = time.Second

// pulse tells the goroutine that follows the engine how closely to do so.
type pulse struct {
	mu      sync.Mutex
	now     attention     // guarded by mu
	changed chan struct{} // guarded by mu; closed and replaced at each change

	soon chan struct{} // has room for one: the next tick need not be waited for
}

func newPulse() *pulse {
	return &pulse{changed: make(chan struct{}), soon: make(chan struct{}, 1)}
}

// hurry brings the next tick forward: the user did something and wants to see
// it.
func (p *pulse) hurry() {
	select {
	case p.soon <- struct{}{}:
	default:
	}
}

func (p *pulse) set(a attention) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now != a {
		p.now = a
		close(p.changed)
		p.changed = make(chan struct{})
	}
}

func (p *pulse) get() (attention, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now, p.changed
}

// follow brings snapshots to the UI goroutine: the newest, at most once a
// tick, none but the first while the window is hidden. What there is to tell
// is told all the same.
func (w *Window) follow() {
	var since uint64
	var shown trayState
	first := true
	for {
		s, err := w.cfg.Engine.Next(w.ctx, since)
		if err != nil {
			if w.ctx.Err() == nil {
				w.box.post(func() { w.messages.tell(err) })
			}
			return
		}
		since = s.Version
		for _, n := range w.watch.notices(s) {
			w.cfg.Desk.Notify(w.worded(n))
		}
		w.newest.keep(s) // before looking, so that whoever reveals the window finds it
		seen, changed := w.pulse.get()
		pause := noticeEvery
		if seen != hidden || first {
			w.newest.deliver(w.box, w.showing)
		}
		if seen != hidden {
			pause = seen.every()
		} else if now := trayOf(s); now != shown { // the tray is seen all the same
			w.box.post(func() { w.tray.show(now) })
		}
		first, shown = false, trayOf(s)
		if !w.rest(pause, seen, changed) {
			return
		}
	}
}

// rest waits for a tick, or until the user did something or looks at the
// window again; it reports false when the window is closed.
func (w *Window) rest(d time.Duration, seen attention, changed <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return true
		case <-w.pulse.soon:
			return true
		case <-w.ctx.Done():
			return false
		case <-changed:
			now, next := w.pulse.get()
			if now < seen { // looked at more closely than before
				return true
			}
			changed = next
		}
	}
}

// newest is the last snapshot on its way to the UI goroutine; one that was
// not fetched yet is replaced.
type newest struct {
	mu   sync.Mutex
	snap *app.Snapshot // guarded by mu; nil: fetched
	sent bool          // guarded by mu: somebody is on the way to fetch it
}

func (n *newest) keep(s *app.Snapshot) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.snap = s
}

// deliver lets the UI goroutine fetch it.
func (n *newest) deliver(box *mailbox, show func(*app.Snapshot)) {
	n.mu.Lock()
	send := !n.sent && n.snap != nil
	n.sent = n.sent || send
	n.mu.Unlock()
	if !send {
		return
	}
	box.post(func() {
		n.mu.Lock()
		s := n.snap
		n.snap, n.sent = nil, false
		n.mu.Unlock()
		show(s)
	})
}

// after runs f on the UI goroutine when d has passed.
func (w *Window) after(d time.Duration, f func()) {
	w.jobs.Go(func() {
		select {
		case <-time.After(d):
			w.box.post(f)
		case <-w.ctx.Done():
		}
	})
}
