package p2p

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"grove/app"
	"grove/app/apptest"
	"grove/p2p/internal/wire"
)

// TestSlowGivers: a peer that stalls, or sends a byte now and then, holds up
// nobody who gives up waiting for it.
func TestSlowGivers(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	stop := make(chan struct{})
	r, n := newRaw(t), newNode(t)
	t.Cleanup(func() { close(stop) })
	r.lie(made, func(st network.Stream, next func() (wire.Request, bool)) {
		q, _ := next()
		_, _ = st.Write(reply(wire.StatusData, uint16(q.ID), 1000, []byte{1}))
		<-stop
	})
	rec, _ := find(t, n, made, r.addr())
	s := rec.source(t, r.id.String())
	for range 4 { // on both lanes, and behind each other
		ctx, cancel := context.WithCancelCause(t.Context())
		rd, err := s.Open(ctx, app.Run{First: 0, Count: 1})
		if err != nil {
			t.Fatal(err)
		}
		given := errors.New("given up")
		time.AfterFunc(time.Millisecond, func() { cancel(given) })
		if _, err := io.ReadAll(rd); !errors.Is(err, given) {
			t.Errorf("the reader ended with %v; want the cause of its context", err)
		}
		if err := rd.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestBan: the engine's word is final, for this run of the program.
func TestBan(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	seed, leech := newNode(t), newNode(t)
	serve(t, seed, made.Share())
	r, _ := find(t, leech, made, seed.Addrs()...)
	r.source(t, seed.ID())
	wrong := app.NewProblem(app.WrongBytes, "peer", nil)
	leech.Ban(seed.ID(), wrong)
	r.until(t, "the source to go", func() bool { return len(r.sources) == 0 })
	if err := r.gone[seed.ID()]; !errors.Is(err, wrong) {
		t.Errorf("Gone said %v; want the reason of the ban", err)
	}
	targets, _ := parseTargets(seed.Addrs(), nil)
	if _, err := leech.dial(t.Context(), targets[0]); err == nil {
		t.Error("a banned peer was dialled")
	}
	leech.Ban("not a peer", wrong)
}

// TestBans: the list is bounded, and who was met least recently is forgotten.
func TestBans(t *testing.T) {
	b := newBans()
	b.ban("first")
	b.ban("second")
	for i := range maxBans - 2 {
		b.ban(peerName(i))
	}
	if !b.has("first") {
		t.Fatal("forgotten too early")
	}
	b.ban("one more")
	if b.has("second") || !b.has("first") || !b.has("one more") || b.order.Len() != maxBans || len(b.of) != maxBans {
		t.Errorf("of %d bans second is %v, first %v", b.order.Len(), b.has("second"), b.has("first"))
	}
	now := time.Unix(0, 0)
	for range 3 * maxStrikes { // now and then, as races happen
		now = now.Add(strikesCount + 1)
		if b.strike("unlucky", now) {
			t.Fatal("banned for strikes far apart")
		}
	}
	for i := range maxStrikes {
		if b.has("striker") || b.strike("striker", now) != (i == maxStrikes-1) {
			t.Errorf("strike %d: banned is %v", i+1, b.has("striker"))
		}
	}
}

// TestFileChanged: a piece that cannot be read as it was verified ends the
// sharing, for this peer and for others.
func TestFileChanged(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	seed, leech := newNode(t), newNode(t)
	share := made.Share()
	changed := app.NewProblem(app.FileChanged, "a-long.bin", nil)
	share.Pieces = readerFunc(func(i int, b []byte, off int64) error {
		if i == 3 {
			return changed
		}
		return made.ReadPiece(i, b, off)
	})
	serve(t, seed, share)
	r, _ := find(t, leech, made, seed.Addrs()...)
	b, err := fetch(t.Context(), r.source(t, seed.ID()), made.Whole())
	var p *app.Problem
	if !errors.As(err, &p) || p.Kind != app.SourceGone {
		t.Errorf("the reader ended with %v; want SourceGone", err)
	}
	if before := made.Run(app.Run{First: 0, Count: 3}); !bytes.HasPrefix(before, b) {
		t.Errorf("%d bytes came that are not those before the changed piece", len(b))
	}
	k := knowledgeOf(made.Package.ID, nil)
	if _, ok := seed.shared(k.tag); ok {
		t.Error("the package is still shared")
	}
}

type readerFunc func(i int, b []byte, off int64) error

func (f readerFunc) ReadPiece(i int, b []byte, off int64) error { return f(i, b, off) }

func peerName(i int) peer.ID { return peer.ID(fmt.Sprint("peer ", i)) }
