package storage

import (
	"fmt"
	"sync"
	"testing"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

// diskEvent is something that happened to the disk, in order.
type diskEvent struct {
	what string // "write" when it had returned, "sync" when it began, "synced" when it had returned, "closed", "saved"
	file int
	off  int64
	have app.Bitmap
}

// recorder takes down the order of writes, syncs and saved bitmaps.
type recorder struct {
	mu     sync.Mutex
	events []diskEvent // guarded by mu
}

func (r *recorder) add(e diskEvent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

type recordedFile struct {
	file
	n int
	r *recorder
}

func (f recordedFile) WriteAt(b []byte, off int64) (int, error) {
	n, err := f.file.WriteAt(b, off)
	f.r.add(diskEvent{what: "write", file: f.n, off: off})
	return n, err
}

func (f recordedFile) Sync() error {
	f.r.add(diskEvent{what: "sync", file: f.n})
	err := f.file.Sync()
	f.r.add(diskEvent{what: "synced", file: f.n})
	return err
}

func (f recordedFile) Close() error {
	f.r.add(diskEvent{what: "closed", file: f.n})
	return f.file.Close()
}

// lies returns the pieces that a crash at some moment would find claimed by
// the last saved bitmap although no sync began after their write and ended
// before. It also names those whose file was closed before they were synced,
// for an error of the disk would have been lost with it.
func lies(events []diskEvent, l *pack.Layout) (wrong []string) {
	type place struct {
		file int
		off  int64
	}
	written, caught, durable := map[place]bool{}, map[int][]place{}, map[place]bool{}
	claimed := app.NewBitmap(l.Pieces())
	for at, e := range events {
		switch e.what {
		case "write":
			written[place{e.file, e.off}] = true
		case "sync":
			caught[e.file] = nil
			for p := range written {
				if p.file == e.file {
					caught[e.file] = append(caught[e.file], p)
				}
			}
		case "synced":
			for _, p := range caught[e.file] {
				durable[p] = true
			}
		case "closed":
			for p := range written {
				if p.file == e.file && !durable[p] {
					wrong = append(wrong, fmt.Sprintf("file %d closed by event %d", e.file, at))
				}
			}
		case "saved":
			claimed = e.have
		}
		claimed.Each(func(i int) bool { // the crash comes right after event at
			if s := l.Span(i); !durable[place{s.File, s.Offset}] {
				wrong = append(wrong, fmt.Sprintf("piece %d after event %d", i, at))
			}
			return true
		})
	}
	return wrong
}

// TestOrderOfWrites takes down what a busy payload of very many files does
// and looks at every moment a crash could come at.
func TestOrderOfWrites(t *testing.T) {
	sizes := map[string]int64{"big.bin": 6 * pack.MinPiece}
	for n := range maxDirty + maxOpen { // more than may be dirty or open
		sizes[fmt.Sprintf("small/%d", n)] = int64(1 + n)
	}
	made := apptest.Package(t, apptest.Options{Sizes: sizes})
	rec := &recorder{}
	s := openStore(t, t.TempDir(), Options{hooks: hooks{
		wrap:  func(n int, f file) file { return recordedFile{f, n, rec} },
		saved: func(have app.Bitmap) error { rec.add(diskEvent{what: "saved", have: have}); return nil },
	}})
	transfer := newRecord(made, t.TempDir())
	p := create(t, s, transfer, made)
	have := app.NewHaveSet(app.NewBitmap(made.Pieces()))
	var writers sync.WaitGroup
	for w := range 2 {
		writers.Go(func() {
			for i := w; i < made.Pieces(); i += 2 {
				if err := p.WritePiece(i, made.Piece(i)); err != nil {
					t.Error(err)
				}
				have.Add(i)
			}
		})
	}
	writers.Go(func() {
		for {
			now, _ := have.Snapshot()
			if err := p.Checkpoint(transfer, now); err != nil {
				t.Error(err)
			}
			if now.Full() || t.Failed() {
				return
			}
		}
	})
	writers.Wait()
	if n := len(p.tree.open); n > maxOpen+maxDirty {
		t.Errorf("%d files are open", n)
	}
	if wrong := lies(rec.events, made.Package.Layout); len(wrong) > 0 {
		t.Errorf("%d moments at which a crash would find false claims: %.5v", len(wrong), wrong)
	}
	for i, e := range rec.events { // the check itself must be able to fail
		if e.what == "synced" && e.file == 0 {
			rec.events[i].what = "failed"
		}
	}
	if len(lies(rec.events, made.Package.Layout)) == 0 {
		t.Error("without the syncs of a file nothing is noticed")
	}
}
