package ui

import "sync"

// mailbox is the way onto the UI goroutine: functions are kept until it comes
// by, and one visit runs them all. However fast they come, at most one visit
// is asked for at a time.
type mailbox struct {
	enter func(func()) // runs a function on the UI goroutine, later

	mu      sync.Mutex
	waiting []func() // guarded by mu
	asked   bool     // guarded by mu: a visit is on its way
}

func newMailbox(enter func(func())) *mailbox { return &mailbox{enter: enter} }

// post leaves f to be run on the UI goroutine. Any goroutine.
func (b *mailbox) post(f func()) {
	b.mu.Lock()
	b.waiting = append(b.waiting, f)
	ask := !b.asked
	b.asked = true
	b.mu.Unlock()
	if ask {
		b.enter(b.visit)
	}
}

func (b *mailbox) visit() {
	b.mu.Lock()
	run := b.waiting
	b.waiting, b.asked = nil, false
	b.mu.Unlock()
	for _, f := range run {
		f()
	}
}
