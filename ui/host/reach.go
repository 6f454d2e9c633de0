package host

import (
	"context"

	"grove/ui/words"
)

// Reach is how others get to this computer and how it finds them, now.
type Reach struct {
	State   ReachState
	Mapped  bool // the router lets connections in
	Relays  int  // that let others meet this computer
	Missed  int  // who came in the last ten minutes and found no way through
	Finders Finders
}

// ReachState is a closed list. The zero value is that nobody was asked yet.
type ReachState string

// The states, the best first.
const (
	ReachOpen    ReachState = "open"    // others can connect
	ReachHelped  ReachState = "helped"  // only with the help of a relay
	ReachClosed  ReachState = "closed"  // nobody outside gets in
	ReachUnknown ReachState = "unknown" // nobody was there to find out
	ReachLocal   ReachState = "local"   // nothing outside the local network is tried
	ReachOff     ReachState = "off"     // there are no connections to people
)

// Finders are the ways of finding others, as in the settings.
type Finders struct{ LAN, Tracker, Exchange, DHT Finding }

// Finding is what one way of finding others brings.
type Finding struct {
	On     bool
	Found  int  // people since the start
	Silent bool // it is on, and does not answer now
}

// Text is what r means for whoever shares something, and what would help or
// is known besides, where there is such a thing.
func (r Reach) Text(w *words.Words) (what, help string) {
	switch r.State {
	case ReachOpen:
		if r.Mapped {
			help = w.T("reach.open_mapped")
		}
		return w.T("reach.open"), help
	case ReachHelped:
		return w.T("reach.helped"), w.T("reach.helped_help")
	case ReachClosed:
		return w.T("reach.closed"), w.T("reach.help")
	case ReachUnknown:
		return w.T("reach.unknown"), w.T("reach.unknown_help")
	case ReachLocal:
		return w.T("reach.local"), w.T("reach.local_help")
	case ReachOff:
		return w.T("reach.off"), w.T("reach.off_help")
	}
	return "", ""
}

// Outside follows how others reach this computer while a page is seen. It is
// used on the UI goroutine.
type Outside struct {
	Now Reach

	end context.CancelFunc // nil: nobody follows
}

// Open begins to follow, unless it does already, and calls changed when Now
// is another.
func (o *Outside) Open(h *Host, changed func()) {
	if o.end != nil {
		return
	}
	ctx, end := context.WithCancel(context.Background())
	o.end = end
	h.Do(func(job context.Context) (func(), error) {
		defer context.AfterFunc(job, end)()
		h.Desk.Reach(ctx, func(r Reach) {
			h.Post(func() {
				if ctx.Err() == nil {
					o.Now = r
					changed()
				}
			})
		})
		return nil, nil
	})
}

// Close ends it.
func (o *Outside) Close() {
	if o.end != nil {
		o.end()
		o.end = nil
	}
}
