package apptest

import (
	"context"
	"maps"
	"slices"
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

// Give lets every share give so many bytes more to somebody far away, in one
// piece, if it may.
func (n *Net) Give(bytes int64) { n.GiveTo(app.NearFar, bytes) }

// GiveTo is Give to somebody that near. It returns how many shares gave.
func (n *Net) GiveTo(near app.Nearness, bytes int64) (gave int) {
	n.mu.Lock()
	all := slices.Collect(maps.Keys(n.shares))
	n.mu.Unlock()
	for _, v := range all {
		tab := v.share.Allow(near)
		if tab.Take(bytes) && tab.Leave(bytes) {
			n.mu.Lock()
			v.gave(near, bytes)
			n.mu.Unlock()
			gave++
		}
		tab.Close()
	}
	return gave
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
	given  app.ServeStats // guarded by net.mu
	coming app.Bitmap     // guarded by net.mu
	favour float64        // guarded by net.mu
	spare  bool           // guarded by net.mu
}

func (v *serving) Stats() app.ServeStats {
	v.net.mu.Lock()
	defer v.net.mu.Unlock()
	return v.given
}

// gave counts. Called with net.mu held.
func (v *serving) gave(near app.Nearness, n int64) {
	v.given.Given += n
	switch near {
	case app.NearLAN:
		v.given.GivenLAN += n
	case app.NearNet:
		v.given.GivenNear += n
	}
}

// Tell implements app.Serving.
func (v *serving) Tell(coming app.Bitmap) {
	v.net.mu.Lock()
	defer v.net.mu.Unlock()
	v.coming = coming
}

// Favour implements app.Serving.
func (v *serving) Favour(times float64) {
	v.net.mu.Lock()
	defer v.net.mu.Unlock()
	v.favour = times
}

// Spare implements app.Serving.
func (v *serving) Spare(on bool) {
	v.net.mu.Lock()
	defer v.net.mu.Unlock()
	v.spare = on
}

// Spare reports whether the first share leaves half of the line.
func (n *Net) Spare() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for v := range n.shares {
		return v.spare
	}
	return false
}

// Favour is that of the first share.
func (n *Net) Favour() float64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	for v := range n.shares {
		return v.favour
	}
	return 0
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
