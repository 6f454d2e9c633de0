package p2p

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"golang.org/x/time/rate"

	"grove/app"
	"grove/app/apptest"
)

// TestDescribe: a link and an address are enough to get the description.
func TestDescribe(t *testing.T) {
	made := apptest.Package(t, apptest.Options{Poster: []byte("a picture")})
	seed, asker := newNode(t), newNode(t)
	share := made.Share()
	share.Secret = bytes.Repeat([]byte{5}, 32)
	v := serve(t, seed, share)
	want := app.Description{ID: made.Package.ID, Secret: share.Secret, Peers: seed.Addrs()}
	for part, b := range map[app.Part][]byte{
		app.PartManifest: made.Grove, app.PartHashes: made.List, app.PartPoster: made.Poster,
	} {
		want.Part = part
		err := asker.Describe(t.Context(), want, func(got []byte) error {
			if !bytes.Equal(got, b) {
				return errors.New("other bytes")
			}
			return nil
		})
		if err != nil {
			t.Errorf("part %d: %v", part, err)
		}
	}
	if g := v.Stats().Given; g != 0 {
		t.Errorf("a description counts as %d bytes of content", g)
	}
	refuse := errors.New("not this one")
	if err := asker.Describe(t.Context(), want, func([]byte) error { return refuse }); !errors.Is(err, refuse) || app.AsProblem(err).Kind != app.NoSource {
		t.Errorf("when check refuses everything: %v; want NoSource with the reason in it", err)
	}
	want.Secret = nil
	if err := asker.Describe(t.Context(), want, func([]byte) error { return nil }); !errors.Is(err, errRefused) {
		t.Errorf("without the secret: %v; want the refusal", err)
	}
	want.TypedPeers = []string{"/ip4/127.0.0.1/tcp/1"}
	if err := asker.Describe(t.Context(), want, nil); app.AsProblem(err).Kind != app.BadInput {
		t.Errorf("a typed address without a peer: %v; want BadInput", err)
	}
}

// TestDescribeGoesOn: an answer that check refuses is not the last word.
func TestDescribeGoesOn(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	good, asker, liar := newNode(t), newNode(t), newNode(t)
	serve(t, good, made.Share())
	share := made.Share()
	share.Hashes = bytes.Repeat([]byte{1}, len(share.Hashes))
	serve(t, liar, share)
	err := asker.Describe(t.Context(), app.Description{
		ID: made.Package.ID, Part: app.PartHashes, Peers: append(liar.Addrs(), good.Addrs()...),
	}, func(b []byte) error { _, err := made.Package.CheckHashes(b); return err })
	if err != nil {
		t.Error(err)
	}
}

// TestStop: after Stop nobody is served, and no read is under way.
func TestStop(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	seed, leech := newNode(t), newNode(t)
	share := made.Share()
	pieces := newStallable(share.Pieces)
	share.Pieces = pieces
	v := serve(t, seed, share)
	r, _ := find(t, leech, made, seed.Addrs()...)
	s := r.source(t, seed.ID())
	pieces.stall()
	rd, err := s.Open(t.Context(), made.Whole())
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Close()
	<-pieces.waiting
	stopped := make(chan struct{})
	go func() { v.Stop(); close(stopped) }()
	r.until(t, "the source to go", func() bool { return len(r.sources) == 0 })
	select {
	case <-stopped:
		t.Error("Stop returned while a piece was being read")
	default:
	}
	pieces.kill()
	<-stopped
	if st := v.Stats(); st.Peers != 0 {
		t.Errorf("after Stop there are %d peers", st.Peers)
	}
	// It can be shared again, and the finder comes back by itself.
	share.Pieces = made
	serve(t, seed, share)
	r.source(t, seed.ID())
}

// TestBothWays: two nodes that share and look for the same package are sources
// of each other over one session, whoever dialled.
func TestBothWays(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	half := func(first, end int) app.Share {
		s := made.Share()
		have := app.NewBitmap(made.Pieces())
		for i := first; i < end; i++ {
			have.Set(i)
		}
		s.Have = app.NewHaveSet(have)
		return s
	}
	a, b := newNode(t), newNode(t)
	mid := made.Pieces() / 2
	shareA, shareB := half(0, mid), half(mid, made.Pieces())
	servedA := serve(t, a, shareA)
	serve(t, b, shareB)
	fromB, _ := find(t, a, made) // a dials nobody
	fromA, _ := find(t, b, made, a.Addrs()...)
	for _, x := range []struct {
		s   app.Source
		run app.Run
	}{
		{fromA.source(t, a.ID()), app.Run{First: 0, Count: mid}},
		{fromB.source(t, b.ID()), app.Run{First: mid, Count: made.Pieces() - mid}},
	} {
		got, err := fetch(t.Context(), x.s, x.run)
		if err != nil || !bytes.Equal(got, made.Run(x.run)) {
			t.Errorf("%d bytes and %v came of run %v", len(got), err, x.run)
		}
		if _, err := fetch(t.Context(), x.s, made.Whole()); app.AsProblem(err).Kind != app.SourceGone {
			t.Errorf("a run the peer does not have: %v; want SourceGone", err)
		}
	}
	shareA.Have.Add(mid)
	fromA.until(t, "the new piece", func() bool { return fromA.sources[a.ID()].Have().Has(mid) })
	fetching := app.NewBitmap(made.Pieces())
	fetching.Set(mid + 2)
	servedA.Tell(fetching)
	fromA.until(t, "what a fetches", func() bool { return fromA.sources[a.ID()].(*source).Fetching().Has(mid + 2) })
}

// TestNotSharing: a download without a share lets nobody in and serves
// nothing, also not to the peer it downloads from.
func TestNotSharing(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	seed, leech := newNode(t), newNode(t)
	serve(t, seed, made.Share())
	r, _ := find(t, leech, made, seed.Addrs()...)
	r.source(t, seed.ID())
	back, _ := find(t, seed, made)
	back.until(t, "the seed to see its peer", func() bool { return back.sources[leech.ID()] != nil })
	if n := back.sources[leech.ID()].Have().Count(); n != 0 {
		t.Errorf("it says it has %d pieces", n)
	}
	err := newNode(t).Describe(t.Context(), app.Description{ID: made.Package.ID, Part: app.PartHashes, Peers: leech.Addrs()}, nil)
	if !errors.Is(err, errRefused) {
		t.Errorf("a stranger was told %v; want the refusal", err)
	}
}

// TestCrossing: when both sides dial at once, one session is left.
func TestCrossing(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	a, b := newNode(t), newNode(t)
	serve(t, a, made.Share())
	serve(t, b, made.Share())
	fromB, _ := find(t, a, made, b.Addrs()...)
	fromA, _ := find(t, b, made, a.Addrs()...)
	// Whichever handshake stays, both must end with a working source.
	var wg sync.WaitGroup
	for r, id := range map[*recorder]string{fromA: a.ID(), fromB: b.ID()} {
		wg.Go(func() {
			for range 20 {
				s := r.source(t, id)
				if _, err := fetch(t.Context(), s, made.Whole()); err == nil {
					return
				}
			}
			t.Error("no session stayed long enough for one run")
		})
	}
	wg.Wait()
	if n := a.Stats().Sessions; n != 1 {
		t.Errorf("there are %d sessions", n)
	}
}

// TestReturn: a seed that goes and comes back at the same address is found
// again.
func TestReturn(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	file := t.TempDir() + "/device.key"
	seed := newNode(t, func(c *Config) { c.KeyFile = file })
	serve(t, seed, made.Share())
	r, _ := find(t, newNode(t), made, seed.Addrs()...)
	r.source(t, seed.ID())
	targets, err := parseTargets(seed.Addrs(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := seed.Close(); err != nil {
		t.Fatal(err)
	}
	r.until(t, "the seed to go", func() bool { return len(r.sources) == 0 })
	if p := app.AsProblem(r.gone[seed.ID()]); p == nil || p.Kind != app.SourceGone {
		t.Errorf("Gone said %v; want SourceGone", p)
	}
	again := newNode(t, func(c *Config) { c.KeyFile = file }, listenOn(targets[0].addrs[0].addr.String()))
	if again.ID() != seed.ID() {
		t.Fatal("the key file gave another identity")
	}
	serve(t, again, made.Share())
	r.source(t, seed.ID())
}

// TestUploadLimit: content leaves no faster than the bucket fills.
func TestUploadLimit(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	const burst = 64 << 10
	lim := rate.NewLimiter(4<<20, burst)
	seed, leech := newNode(t, func(c *Config) { c.Upload = lim }), newNode(t)
	serve(t, seed, made.Share())
	r, _ := find(t, leech, made, seed.Addrs()...)
	s := r.source(t, seed.ID())
	run := app.Run{First: 0, Count: 6}
	began := time.Now()
	b, err := fetch(t.Context(), s, run)
	if err != nil || !bytes.Equal(b, made.Run(run)) {
		t.Fatalf("%d bytes and %v came", len(b), err)
	}
	least := time.Duration(float64(len(b)-burst) / (4 << 20) * float64(time.Second))
	if took := time.Since(began); took < least*9/10 {
		t.Errorf("%d bytes took %v; the limit allows them in %v", len(b), took, least)
	}
}

// TestCloseNode: everything that runs ends with the node.
func TestCloseNode(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	seed, leech := newNode(t), newNode(t)
	serve(t, seed, made.Share())
	r := newRecorder()
	ended := make(chan error, 1)
	go func() {
		ended <- leech.Find(context.Background(), app.Want{Package: made.Package, Peers: seed.Addrs()}, r)
	}()
	r.source(t, seed.ID())
	if err := leech.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("Find: %v", err)
	}
	if _, err := leech.Serve(made.Share()); !errors.Is(err, errClosed) {
		t.Errorf("Serve on a closed node: %v", err)
	}
	if err := leech.Find(context.Background(), app.Want{Package: made.Package}, r); !errors.Is(err, errClosed) {
		t.Errorf("Find on a closed node: %v", err)
	}
	if err := leech.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}

// TestCancelStops: a run that is given up is not sent to its end.
func TestCancelStops(t *testing.T) {
	made := apptest.Package(t, apptest.Options{Sizes: map[string]int64{"long.bin": 64 << 18}})
	seed, leech := newNode(t, func(c *Config) { c.Upload = rate.NewLimiter(8<<20, 64<<10) }), newNode(t)
	v := serve(t, seed, made.Share())
	r, _ := find(t, leech, made, seed.Addrs()...)
	s := r.source(t, seed.ID())
	rd, err := s.Open(t.Context(), made.Whole())
	if err == nil {
		_, err = rd.Read(make([]byte, 1))
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := rd.Close(); err != nil {
		t.Error(err)
	}
	// Both lanes: one of the two runs is behind the one given up.
	for range 2 {
		if _, err := fetch(t.Context(), s, app.Run{First: 0, Count: 1}); err != nil {
			t.Error(err)
		}
	}
	if g := v.Stats().Given; g > made.Package.Layout.Size()/4 {
		t.Errorf("%d of %d bytes were sent for a run that was given up at once", g, made.Package.Layout.Size())
	}
}

// TestStranger: a libp2p host that is no Grove is told apart from one that
// refuses. It may say so or just reset the stream, which overtakes what it said.
func TestStranger(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	err := newNode(t).Describe(t.Context(), app.Description{ID: made.Package.ID, Part: app.PartHashes, Peers: []string{newRaw(t).addr()}}, nil)
	var reset *network.StreamError
	if !errors.Is(err, errProtocol) && !errors.As(err, &reset) {
		t.Errorf("the error is %v; want no common protocol, or a reset", err)
	}
}

// TestServeWrong: a share that does not fit its package is refused here, not
// on the wire.
func TestServeWrong(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	n := newNode(t)
	share := made.Share()
	share.Have = app.NewHaveSet(app.NewBitmap(made.Pieces() + 1))
	if _, err := n.Serve(share); err == nil {
		t.Error("a have set over other pieces was taken")
	}
	serve(t, n, made.Share())
	if _, err := n.Serve(made.Share()); err == nil {
		t.Error("the same package was shared twice")
	}
}
