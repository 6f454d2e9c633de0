package linetest

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"grove/app"
	"grove/app/pack"
	"grove/p2p"
)

const (
	// takesAtOnce runs of runPieces are asked for: enough for a quick line.
	takesAtOnce = 4
	runPieces   = 8
	// comeTime is how long the giver may take to be found, backTime how long he may
	// be away, and idleTime how long nothing may come.
	comeTime = time.Minute
	backTime = 5 * time.Second
	idleTime = 2 * time.Minute
)

// taker is the test at the other computer. It is the app.Sink of its node.
type taker struct {
	want  app.Want
	other string // the ID of this computer's second node
	taken atomic.Int64
	next  atomic.Int64 // run

	mu      sync.Mutex
	sources map[string]app.Source // guarded by mu
	came    bool                  // guarded by mu; somebody did
	missed  bool                  // guarded by mu; he was tried in vain since he went
	changed chan struct{}         // guarded by mu; closed and replaced when one of these changes
}

// Take takes what the giver of link gives over n and throws it away, until he
// has done. Over second goes nothing, so that the giver sees what others feel.
// told hears once a second how many bytes came. BadInput for a link of something
// else, NoSource and the like where the giver is not found, Stopped where ctx ends.
func Take(ctx context.Context, n, second *p2p.Node, link pack.Link, told func(taken int64)) (taken int64, err error) {
	k := &taker{other: second.ID(), sources: map[string]app.Source{}, changed: make(chan struct{})}
	if err := k.describe(ctx, n, link); err != nil {
		return 0, stopped(ctx, err)
	}
	inner, cancel := context.WithCancelCause(ctx)
	var work sync.WaitGroup
	// Find fails for addresses that are none.
	work.Go(func() { k.end(cancel, n.Find(inner, k.want, k)) })
	work.Go(func() { k.end(cancel, second.Find(inner, k.want, nobody{})) })
	for range takesAtOnce {
		work.Go(func() { k.end(cancel, k.take(inner, n)) })
	}
	err = k.watch(inner, told)
	cancel(nil)
	work.Wait()
	if cause := context.Cause(inner); err == nil && cause != context.Canceled {
		err = cause
	}
	return k.taken.Load(), stopped(ctx, err)
}

func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return app.NewProblem(app.Stopped, "The test of the line", nil)
	}
	return err
}

// end ends everything where err is not nil.
func (k *taker) end(cancel context.CancelCauseFunc, err error) {
	if err != nil {
		cancel(err)
	}
}

// describe fetches what the link means, and no content.
func (k *taker) describe(ctx context.Context, n *p2p.Node, link pack.Link) error {
	d := app.Description{ID: link.ID, Secret: link.Secret, Peers: link.Peers, Part: app.PartManifest}
	err := n.Describe(ctx, d, func(b []byte) error {
		p, err := pack.Open(b)
		if err == nil {
			err = link.Check(p)
		}
		k.want = app.Want{Package: p, Secret: link.Secret, Peers: link.Peers}
		return app.FromPack(err)
	})
	if err != nil {
		return err
	}
	if !isTest(k.want.Package) {
		return app.NewProblem(app.BadInput, "That link is of something else than a test of a line; grove get downloads it", nil)
	}
	d.Part = app.PartHashes
	return n.Describe(ctx, d, func(b []byte) error {
		var err error
		k.want.Hashes, err = k.want.Package.CheckHashes(b)
		return app.FromPack(err)
	})
}

// watch waits for the end: nil where the giver has done.
func (k *taker) watch(ctx context.Context, told func(int64)) error {
	began, moved, last, away := time.Now(), time.Now(), int64(0), time.Time{}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		k.mu.Lock()
		changed, there, came, missed := k.changed, len(k.sources) > 0, k.came, k.missed
		k.mu.Unlock()
		switch {
		case there:
			away = time.Time{}
		case away.IsZero():
			away = time.Now()
		}
		if n := k.taken.Load(); n != last {
			last, moved = n, time.Now()
		}
		switch now := time.Now(); {
		case !came && now.Sub(began) > comeTime:
			return app.NewProblem(app.SourceGone, "The other computer", nil)
		case came && !there && (missed || now.Sub(away) > backTime):
			return nil
		case came && now.Sub(moved) > idleTime:
			return app.NewProblem(app.SourceGone, "The other computer", nil)
		}
		select {
		case <-changed:
		case <-tick.C:
			told(k.taken.Load())
		case <-ctx.Done():
			return nil
		}
	}
}

// take asks for one run after the other.
func (k *taker) take(ctx context.Context, n *p2p.Node) error {
	b := make([]byte, pieceSize)
	pieces := k.want.Package.Layout.Pieces()
	for ctx.Err() == nil {
		src, changed := k.ready()
		if src == nil {
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		first := int(k.next.Add(1)-1) * runPieces % pieces
		err := k.run(ctx, src, app.Run{First: first, Count: runPieces}, b)
		if p := app.AsProblem(err); p != nil && p.Kind == app.WrongBytes {
			n.Ban(src.Info().ID, err)
			return err
		}
		if err != nil && pause(ctx, 100*time.Millisecond) != nil { // he stopped giving, for now or for good
			return nil
		}
	}
	return nil
}

// run takes one run; every piece is compared, as in a download.
func (k *taker) run(ctx context.Context, src app.Source, run app.Run, b []byte) error {
	r, err := src.Open(ctx, run)
	if err != nil {
		return err
	}
	defer r.Close()
	for i := run.First; i < run.End(); i++ {
		if _, err := io.ReadFull(counted{r, &k.taken}, b); err != nil {
			return err
		}
		if !k.want.Hashes.Matches(i, b) {
			return app.NewProblem(app.WrongBytes, src.Info().Label, nil)
		}
	}
	return nil
}

// counted counts what is read.
type counted struct {
	io.Reader
	n *atomic.Int64
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n.Add(int64(n))
	return n, err
}

// ready is somebody who gives now, or nil and what to wait for.
func (k *taker) ready() (app.Source, <-chan struct{}) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range k.sources {
		if s.Window() > 0 && s.Have().Full() {
			return s, nil
		}
	}
	return nil, k.changed
}

// Found implements app.Sink, and so do those below.
func (k *taker) Found(s app.Source) {
	if id := s.Info().ID; id != k.other {
		k.note(func() { k.sources[id], k.came, k.missed = s, true, false })
	}
}

func (k *taker) Changed(app.Source) { k.note(func() {}) }

func (k *taker) Gone(id string, _ error) { k.note(func() { delete(k.sources, id) }) }

func (k *taker) Missed(id string, _ error) {
	if id != k.other {
		k.note(func() { k.missed = true })
	}
}

func (k *taker) note(change func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	change()
	close(k.changed)
	k.changed = make(chan struct{})
}

// nobody is the app.Sink of a node that takes nothing.
type nobody struct{}

func (nobody) Found(app.Source)     {}
func (nobody) Changed(app.Source)   {}
func (nobody) Gone(string, error)   {}
func (nobody) Missed(string, error) {}
