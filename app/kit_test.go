package app_test

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"
	"time"

	"grove/app"
	"grove/app/apptest"
)

const (
	kiB = 1 << 10
	miB = 1 << 20
)

// world is an engine in a bubble of virtual time, with everything around it
// scripted.
type world struct {
	t       *testing.T
	made    *apptest.Made
	all     []*apptest.Made // in inCrowd
	store   *apptest.Store
	peers   *apptest.Net
	servers *apptest.Net
	engine  *app.Engine
	stop    func() // ends the engine and waits
	around  port[app.Surroundings]
	room    app.Room
	line    port[*app.Problem]
	begun   time.Time
}

// inWorld runs f in a bubble around a package of one file of size bytes.
func inWorld(t *testing.T, size int64, f func(w *world)) {
	t.Helper()
	made := apptest.Package(t, apptest.Options{Sizes: map[string]int64{"film.mp4": size}})
	inWorldOf(t, made, f)
}

func inWorldOf(t *testing.T, made *apptest.Made, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, made: made, store: apptest.NewStore(), begun: time.Now(),
			peers: apptest.NewNet([]*apptest.Made{made}), servers: apptest.NewNet([]*apptest.Made{made})}
		w.start()
		defer func() { w.stop() }()
		f(w)
	})
}

func (w *world) start() {
	ctx, cancel := context.WithCancel(context.Background())
	cfg := app.Config{Store: w.store, Swarm: w.peers, Mirrors: w.servers, Seed: 1, Down: app.NewLimiter(0), Room: w.room,
		Built: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	if w.around != nil {
		cfg.Around, cfg.Line = w.around.run, w.line.run
	}
	w.engine = app.New(cfg)
	done := make(chan struct{})
	go func() { w.engine.Run(ctx); close(done) }()
	w.stop = func() { cancel(); <-done }
}

func (w *world) peer(id string, b apptest.Behaviour) *apptest.Source {
	b.ID, b.Kind = id, app.KindPeer
	s := apptest.NewSource(w.made, b)
	w.peers.Add(s)
	return s
}

func (w *world) origin(id string, b apptest.Behaviour) *apptest.Source {
	b.ID, b.Kind = id, app.KindOrigin
	s := apptest.NewSource(w.made, b)
	w.servers.Add(s)
	return s
}

func (w *world) inspect() *app.Offer {
	w.t.Helper()
	o, err := w.engine.Inspect(w.t.Context(), app.Lead{Grove: w.made.Grove})
	if err != nil {
		w.t.Fatalf("inspect: %v", err)
	}
	return o
}

func (w *world) accept(c app.Choice) *app.Offer {
	w.t.Helper()
	o := w.inspect()
	if c.Folder == "" {
		c.Folder = "/downloads"
	}
	if err := w.engine.Accept(w.t.Context(), o, c); err != nil {
		w.t.Fatalf("accept: %v", err)
	}
	return o
}

// until reads snapshots until ok says so of the transfer, and fails after a
// virtual hour.
func (w *world) until(o *app.Offer, ok func(v *app.View) bool) *app.View {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Hour)
	defer cancel()
	for since := uint64(0); ; {
		s, err := w.engine.Next(ctx, since)
		if err != nil {
			w.t.Fatalf("waiting: %v; log: %v", err, w.log(o))
		}
		since = s.Version
		if v := s.Transfer(o.ID); v != nil && ok(v) {
			return v
		}
	}
}

func in(st app.State) func(*app.View) bool {
	return func(v *app.View) bool { return v.State == st }
}

func (w *world) log(o *app.Offer) []app.LogEntry {
	l, _ := w.store.LoadLog(o.ID)
	return l
}

// complete checks that every byte is there and right.
func (w *world) complete(o *app.Offer) {
	w.t.Helper()
	p := w.store.Payload(o.ID)
	for i := range w.made.Pieces() {
		if !bytes.Equal(p.Piece(i), w.made.Piece(i)) {
			w.t.Fatalf("piece %d is not what was signed", i)
		}
	}
}

func seconds(d time.Duration) float64 { return d.Seconds() }
