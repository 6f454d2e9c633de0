package apptest

import (
	"context"
	"sync"

	"grove/app"
	"grove/app/pack"
)

// Net is the network of a test in memory: a Finder of scripted sources that
// also describes the packages it is given, and, as an app.Swarm, remembers
// what it was asked to serve and to ban.
type Net struct {
	*Finder
	made []*Made // immutable

	mu       sync.Mutex
	shares   map[*serving]bool // guarded by mu
	banned   map[string]bool   // guarded by mu
	describe error             // guarded by mu; what Describe fails with
	serves   int               // guarded by mu; calls of Serve
	hold     chan struct{}     // guarded by mu; Stop waits for its end, nil: for nothing
	asking   chan struct{}     // guarded by mu; AskNear waits for its end, nil: for nothing

	interference app.Interference // guarded by mu
}

// NewNet makes a network that can describe made.
func NewNet(made []*Made, sources ...*Source) *Net {
	return &Net{Finder: NewFinder(sources...), made: made, shares: map[*serving]bool{}, banned: map[string]bool{}}
}

// SetDescribe makes Describe fail with err, until nil.
func (n *Net) SetDescribe(err error) { n.mu.Lock(); defer n.mu.Unlock(); n.describe = err }

// Describe implements app.Describer.
func (n *Net) Describe(ctx context.Context, d app.Description, check func([]byte) error) error {
	n.mu.Lock()
	fail := n.describe
	n.mu.Unlock()
	if fail != nil {
		return fail
	}
	err := error(app.NewProblem(app.NotFound, d.ID.Short(), nil))
	for _, m := range n.made {
		b := map[app.Part][]byte{app.PartManifest: m.Grove, app.PartHashes: m.List, app.PartPoster: m.Poster}[d.Part]
		if err = check(b); err == nil {
			return nil
		}
	}
	return err
}

// Serve implements app.Swarm.
func (n *Net) Serve(s app.Share) (app.Serving, error) {
	v := &serving{net: n, share: s}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.shares[v] = true
	n.serves++
	return v, nil
}

// Serves is how often Serve was called.
func (n *Net) Serves() int { n.mu.Lock(); defer n.mu.Unlock(); return n.serves }

// Give lets every share have given so many bytes more.
func (n *Net) Give(bytes int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for v := range n.shares {
		v.given += bytes
	}
}

// HoldStop makes every Serving.Stop wait, as for a last read, until release.
func (n *Net) HoldStop() (release func()) {
	hold := make(chan struct{})
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hold = hold
	return func() { close(hold) }
}

// Shares is what is being served now.
func (n *Net) Shares() []app.Share {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []app.Share
	for v := range n.shares {
		out = append(out, v.share)
	}
	return out
}

// Ban implements app.Swarm: the source is gone.
func (n *Net) Ban(id string, reason error) {
	n.mu.Lock()
	n.banned[id] = true
	n.mu.Unlock()
}

// Banned reports whether id was banned.
func (n *Net) Banned(id string) bool { n.mu.Lock(); defer n.mu.Unlock(); return n.banned[id] }

// AskNear implements app.Swarm: it returns at once, or after HoldNear.
func (n *Net) AskNear(ctx context.Context, _ pack.ID, _ []byte) {
	n.mu.Lock()
	asking := n.asking
	n.mu.Unlock()
	if asking != nil {
		select {
		case <-asking:
		case <-ctx.Done():
		}
	}
}

// HoldNear makes every AskNear wait until release.
func (n *Net) HoldNear() (release func()) {
	asking := make(chan struct{})
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asking = asking
	return func() { close(asking) }
}

// Interference implements app.Swarm.
func (n *Net) Interference() app.Interference {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.interference
}

// Interfere lets connections with peers be disturbed so.
func (n *Net) Interfere(how app.Interference) { n.mu.Lock(); defer n.mu.Unlock(); n.interference = how }

// ID implements app.Swarm.
func (n *Net) ID() string { return "self" }

// Addrs implements app.Swarm.
func (n *Net) Addrs() []string { return nil }

type serving struct {
	net    *Net
	share  app.Share
	given  int64      // guarded by net.mu
	coming app.Bitmap // guarded by net.mu
}

func (v *serving) Stats() app.ServeStats {
	v.net.mu.Lock()
	defer v.net.mu.Unlock()
	return app.ServeStats{Given: v.given}
}

// Tell implements app.Serving.
func (v *serving) Tell(coming app.Bitmap) {
	v.net.mu.Lock()
	defer v.net.mu.Unlock()
	v.coming = coming
}

// Coming is what the first share told its peers is on its way.
func (n *Net) Coming() app.Bitmap {
	n.mu.Lock()
	defer n.mu.Unlock()
	for v := range n.shares {
		return v.coming
	}
	return app.Bitmap{}
}

func (v *serving) Stop() {
	v.net.mu.Lock()
	hold := v.net.hold
	delete(v.net.shares, v)
	v.net.mu.Unlock()
	if hold != nil {
		<-hold
	}
}
