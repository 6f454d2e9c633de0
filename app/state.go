package app

import (
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"grove/app/pack"
)

// State is where a transfer is. "No source now, trying again" is a problem on
// Downloading, not a state.
type State string

const (
	Resolving   State = "resolving"   // fetching the signed description
	Offered     State = "offered"     // verified, waiting for the user's yes
	Queued      State = "queued"      // accepted, waiting for its turn
	Checking    State = "checking"    // opening, and comparing the disk with the hash list
	Downloading State = "downloading" // pieces move
	Seeding     State = "seeding"     // complete and shared
	Done        State = "done"        // complete, not shared
	Paused      State = "paused"
	Failed      State = "failed" // needs the user
)

// state is everything the engine decides with. step is its only writer; it
// does no I/O, starts no goroutine and reads no clock.
type state struct {
	list       []*transfer // in the order of the queue, by Record.place
	settings   Settings
	fixed      Limits // hold in the settings' place where they are not 0
	peers      bool   // there is a swarm
	self       string // what others call this computer
	limits     Limits // hold now
	around     around
	publishers map[pack.PublicKey]Publisher
	book       book
	month      tally
	stopping   bool     // no transfer starts any more
	flights    flightID // the last one given out
	// interference is what something on the way does to connections with peers.
	interference Interference
	yields       bool // others fill the line on the way here
	rng          *rand.Rand
	lastTick     time.Time
}

// transfer is one local job.
type transfer struct {
	rec       Record
	lead      Lead
	desc      *Described // nil while Resolving, and before the first open after a restart
	problem   *Problem
	checked   float64   // 0..1 while Checking
	adopt     bool      // shared in place: open adopts instead of creating
	fresh     bool      // accepted in this run: open creates the part folder
	kept      bool      // the description is saved until then
	verify    bool      // open checks every piece
	open      bool      // payload is open, or being opened or closed
	down      *download // while pieces move, and after the end to be looked at
	leaving   bool      // pause, failure or removal under way: close follows
	forget    bool      // delete the record once closed
	removers  []reply   // wait for that
	serve     servePhase
	serving   ServeStats
	before    Counts // rec.Counts, before what is being served was given
	terms     terms  // by which it is served
	givenRate speed
	booked    Counts       // of rec.Counts, in the book already
	pieces    []PieceState // of this run; nil until the first open
	disturbed Interference // as the log has it
	past      history
}

func newState(seed uint64, s Settings) *state {
	return &state{settings: s, publishers: map[pack.PublicKey]Publisher{}, book: newBook(),
		rng: rand.New(rand.NewPCG(seed, 0))}
}

func (s *state) find(id uuid.UUID) *transfer {
	for _, t := range s.list {
		if t.rec.ID == id {
			return t
		}
	}
	return nil
}

func (s *state) drop(t *transfer) {
	for i, o := range s.list {
		if o == t {
			s.list = append(s.list[:i], s.list[i+1:]...)
			return
		}
	}
}

// step applies one event at a time and returns what must be done about it.
func (s *state) step(now time.Time, ev event) []effect {
	fx := ev.apply(s, now)
	fx = append(fx, s.startQueued()...)
	for _, t := range s.list {
		fx = append(fx, t.keep()...)
		fx = append(fx, t.give(s)...)
		if t.down != nil && t.rec.State == Downloading {
			fx = append(fx, t.down.advance(t, s, now)...)
		}
	}
	return fx
}

// startQueued opens the next transfers in the order of the list. One without
// any source does not hold up the others.
func (s *state) startQueued() []effect {
	if s.stopping {
		return nil
	}
	active := 0
	for _, t := range s.list {
		if t.active() {
			active++
		}
	}
	var fx []effect
	for _, t := range s.list {
		// A transfer that is still closing starts when it is closed. What is
		// complete waits for nobody: it only goes on being shared.
		if t.rec.State == Queued && !t.open && (t.complete() || active < s.settings.MaxActive) {
			if !t.complete() {
				active++
			}
			t.enter(Checking)
			t.open, t.past = true, history{}
			fx = append(fx, fxOpen{t.rec, t.desc, t.fresh, t.adopt, t.verify})
		}
	}
	return fx
}

// keep saves the description of what has no part folder yet and has to wait for
// one, so that it can begin after a restart too.
func (t *transfer) keep() []effect {
	if !t.fresh || t.kept || t.open {
		return nil
	}
	t.kept = true
	return []effect{fxKeep{t.rec, t.desc}}
}

// active reports whether t takes one of the places of Settings.MaxActive.
func (t *transfer) active() bool {
	return (t.rec.State == Checking || t.rec.State == Downloading) && !t.complete() &&
		(t.problem == nil || t.problem.Kind != NoSource)
}

// requeue sends the last ones back into the queue where more are active than
// may be.
func (s *state) requeue(now time.Time) []effect {
	var fx []effect
	active := 0
	for _, t := range s.list {
		if !t.active() {
			continue
		}
		if active++; active > s.settings.MaxActive {
			t.enter(Queued)
			fx = append(append(fx, t.close()...), fxSave{t.rec}, t.log(now, "queued", "fewer downloads at a time"))
		}
	}
	return fx
}

// enter is the one place that assigns a transfer's state.
func (t *transfer) enter(st State) {
	t.rec.State = st
	t.rec.Problem = ""
	if st == Failed && t.problem != nil {
		t.rec.Problem = string(t.problem.Kind)
	}
	if st != Failed && st != Downloading {
		t.problem = nil
	}
}

// fail stops a transfer that needs the user; what was verified stays.
func (t *transfer) fail(now time.Time, p *Problem) []effect {
	t.problem = p
	t.enter(Failed)
	return append(t.close(), fxSave{t.rec}, t.log(now, "failed", p.Error()))
}

// close begins to close an open payload; evClosed follows. Flights end first,
// so that no verified piece is lost.
func (t *transfer) close() []effect {
	if !t.open || t.leaving {
		return nil
	}
	t.leaving = true
	return []effect{fxClose{t.rec}}
}

func (t *transfer) log(now time.Time, event, text string) effect {
	return fxLog{t.rec.ID, LogEntry{Time: now, Event: event, Text: text}} // the loop adds the session
}

func (t *transfer) complete() bool { return t.rec.Path != "" }
