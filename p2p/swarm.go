package p2p

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"grove/app"
	"grove/app/pack"
)

// swarm is one package as this node takes part in it: shared, looked for,
// being described, or several at once. It is in Node.swarms while one of them
// is true. All fields but know are guarded by Node.mu.
type swarm struct {
	know       knowledge
	layout     *pack.Layout // nil until share or find brought it
	share      *serving     // nil: nothing is served
	find       *finder      // nil: nothing is fetched
	describing int
	lingering  int // what was described stays a moment, for what comes next
	sessions   map[peer.ID]*session
	hunt       *hunt
	// trackers and relays are those of the manifest, when it is known.
	trackers, relays []string
	// passed are the relays that links led through: they help, and content never
	// goes through them.
	passed  []string
	changed chan struct{} // closed and replaced when one of these changes
}

// swarmOf returns the swarm of k and makes it if need be. Called with mu held
// while the node is open; the caller gives it a reason to exist before letting
// go of mu.
func (n *Node) swarmOf(k knowledge) *swarm {
	sw := n.swarms[k.tag]
	if sw == nil {
		sw = &swarm{know: k, sessions: map[peer.ID]*session{}, changed: make(chan struct{})}
		n.swarms[k.tag] = sw
		sw.hunt = newHunt(n, sw)
		n.wg.Add(1)
		go sw.hunt.run()
	}
	return sw
}

// help takes over the trackers and relays of a manifest, and the relays that
// the addresses of a link lead through. Called with mu held.
func (sw *swarm) help(trackers, relays, peers []string) {
	if len(trackers)+len(relays) > 0 {
		sw.trackers, sw.relays = trackers, relays
	}
	for _, p := range peers {
		if relay, _, ok := strings.Cut(p, "/p2p-circuit/"); ok && len(sw.passed) < maxPassed && !slices.Contains(sw.passed, relay) {
			sw.passed = append(sw.passed, relay)
		}
	}
}

const maxPassed = 4

// note wakes those who wait for the swarm to change. Called with mu held.
func (sw *swarm) note() {
	close(sw.changed)
	sw.changed = make(chan struct{})
}

// touch is called, with mu held, after share, find or describing changed: it
// wakes the sessions, or ends them when no reason for the swarm is left.
func (n *Node) touch(sw *swarm) {
	sw.note()
	for _, s := range sw.sessions {
		n.askSlot(s)
	}
	n.outreach.poke()
	if sw.share != nil || sw.find != nil || sw.describing+sw.lingering > 0 {
		return
	}
	delete(n.swarms, sw.know.tag)
	sw.hunt.end()
	for _, s := range sw.sessions {
		s.end(errDone)
	}
}

// askSlot puts a session in the queue for an upload slot, or takes it out.
// Called with mu held.
func (n *Node) askSlot(s *session) {
	now := time.Now()
	if s.wanted.Load() && s.swarm.share != nil && s.swarm.sessions[s.peer] == s {
		n.turnOver(n.slots.join(s, now))
	} else {
		s.granted.Store(false)
		n.turnOver(n.slots.leave(s, now))
		s.poke()
	}
}

var (
	errDone      = errors.New("done with this package")
	errReplaced  = errors.New("another session took its place")
	errDuplicate = errors.New("there is a session already")
)

// crossing is how close two handshakes in opposite directions must be to count
// as both sides having dialled each other.
const crossing = 5 * time.Second

// admit makes s the session of its peer. Of two sessions the newer stays: the
// older one's connection may be dead without this side knowing. When both
// sides dialled at once each of them keeps the one that the lower peer ID
// dialled.
func (n *Node) admit(s *session) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return errClosed
	}
	if n.swarms[s.swarm.know.tag] != s.swarm {
		return errDone
	}
	if old := s.swarm.sessions[s.peer]; old != nil {
		crossed := old.dialer != s.dialer && s.since.Sub(old.since) < crossing
		if crossed && old.dialer < s.dialer && old.ctx.Err() == nil {
			return errDuplicate
		}
		n.drop(old)
		old.end(errReplaced)
	}
	s.swarm.sessions[s.peer] = s
	s.swarm.note()
	n.wg.Add(1) // for session.run
	n.peers.protect(s.peer, s.protection())
	return nil
}

// drop takes a session out of its swarm. Called with mu held.
func (n *Node) drop(s *session) {
	if s.swarm.sessions[s.peer] == s {
		delete(s.swarm.sessions, s.peer)
		s.swarm.note()
		n.peers.unprotect(s.peer, s.protection())
	}
	n.askSlot(s)
}

// sessionWith returns the session with p about t, or nil; one that is ending
// is none.
func (n *Node) sessionWith(p peer.ID, t tag) *session {
	n.mu.Lock()
	defer n.mu.Unlock()
	if sw := n.swarms[t]; sw != nil {
		if s := sw.sessions[p]; s != nil && s.ctx.Err() == nil {
			return s
		}
	}
	return nil
}

// Serve lets peers that prove they know the package read it, until Stop.
// Serving a package twice is an error.
func (n *Node) Serve(share app.Share) (app.Serving, error) {
	if have, _ := share.Have.Snapshot(); have.Len() != share.Package.Layout.Pieces() {
		return nil, fmt.Errorf("a have set over %d pieces for a package of %d", have.Len(), share.Package.Layout.Pieces())
	}
	k := knowledgeOf(share.Package.ID, share.Secret)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil, errClosed
	}
	sw := n.swarmOf(k)
	if sw.share != nil {
		return nil, errors.New("the package is being shared already")
	}
	v := &serving{node: n, swarm: sw, share: share, favour: 1}
	sw.share, sw.layout = v, share.Package.Layout
	sw.help(share.Package.Manifest.Trackers, share.Package.Manifest.Relays, nil)
	n.touch(sw)
	return v, nil
}

// serving is a package being shared: the only way from the network to bytes
// on disk.
type serving struct {
	node  *Node
	swarm *swarm
	share app.Share
	given atomic.Int64 // bytes of content sent
	// Of given, parts.
	givenLAN, givenNear atomic.Int64
	spare               atomic.Bool // leaves half of the line
	coming              app.Bitmap  // guarded by Node.mu; pieces on their way to here
	favour              float64     // guarded by Node.mu

	mu      sync.Mutex
	stopped bool           // guarded by mu
	reads   sync.WaitGroup // added to under mu while not stopped
}

var _ app.Serving = (*serving)(nil)

// begin allows one read, which ends with v.reads.Done, unless sharing stopped.
func (v *serving) begin() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.stopped {
		return false
	}
	v.reads.Add(1)
	return true
}

// halt stops sharing without waiting for reads under way.
func (v *serving) halt() {
	v.mu.Lock()
	v.stopped = true
	v.mu.Unlock()
	n := v.node
	n.mu.Lock()
	defer n.mu.Unlock()
	if v.swarm.share == v {
		v.swarm.share = nil
		n.touch(v.swarm)
	}
}

// Stop ends sharing; peers get the answer that strangers get. It returns after
// the last read of a piece has ended.
func (v *serving) Stop() {
	v.halt()
	v.reads.Wait()
}

// Stats counts what was given since Serve.
func (v *serving) Stats() app.ServeStats {
	st := app.ServeStats{Given: v.given.Load(), GivenLAN: v.givenLAN.Load(), GivenNear: v.givenNear.Load(),
		Missed: v.node.ways.missed(time.Now())}
	v.node.mu.Lock()
	defer v.node.mu.Unlock()
	if v.swarm.share != v {
		return st
	}
	for _, s := range v.swarm.sessions {
		st.Peers++
		if h := s.theirs.Load(); h != nil && h.pieces > 0 && h.bits.Full() {
			st.Complete++
		}
	}
	return st
}

// Spare implements app.Serving.
func (v *serving) Spare(on bool) { v.spare.Store(on) }

// Favour implements app.Serving.
func (v *serving) Favour(times float64) {
	v.node.mu.Lock()
	defer v.node.mu.Unlock()
	v.favour = times
}

// Tell implements app.Serving: the peers hear which pieces are coming here. It
// is forgotten when sharing stops.
func (v *serving) Tell(coming app.Bitmap) {
	n := v.node
	n.mu.Lock()
	defer n.mu.Unlock()
	if v.swarm.share == v {
		v.coming = coming
		v.swarm.note()
	}
}
