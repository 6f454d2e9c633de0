package storage

import (
	"slices"
	"testing"
	"time"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

// benchPackage is one file of pieces pieces of 256 KiB.
func benchPackage(b *testing.B, pieces int) *apptest.Made {
	b.Helper()
	return apptest.Package(b, apptest.Options{Sizes: map[string]int64{"film.bin": int64(pieces) * pack.MinPiece}})
}

// BenchmarkWritePiece is the speed of writing pieces into a preallocated
// file, without checkpoints.
func BenchmarkWritePiece(b *testing.B) {
	made := benchPackage(b, 256)
	s := openStore(b, b.TempDir(), Options{})
	p := create(b, s, newRecord(made, b.TempDir()), made)
	b.SetBytes(pack.MinPiece)
	n := 0
	for b.Loop() {
		ok(b, p.WritePiece(n%256, made.Piece(n%256)))
		n++
	}
}

// BenchmarkReadPiece is the speed of reading pieces of finished files, which
// are watched.
func BenchmarkReadPiece(b *testing.B) {
	made := benchPackage(b, 256)
	s := openStore(b, b.TempDir(), Options{})
	rec := newRecord(made, b.TempDir())
	p := create(b, s, rec, made)
	write(b, p, made)
	_, err := p.Finish(rec)
	ok(b, err)
	buf := make([]byte, pack.MinPiece)
	b.SetBytes(pack.MinPiece)
	n := 0
	for b.Loop() {
		ok(b, p.ReadPiece(n%256, buf, 0))
		n++
	}
}

// BenchmarkCheckpoint downloads the same package in turn with a checkpoint
// each 64 MiB and with a single one at the end, and reports the median cost
// of the former over the latter in percent of time. A writer beside the
// checkpoint goes on meanwhile, as in the engine.
func BenchmarkCheckpoint(b *testing.B) {
	const pieces, every = 1024, 256
	made := benchPackage(b, pieces)
	s := openStore(b, b.TempDir(), Options{})
	var with, without []time.Duration
	for b.Loop() {
		with = append(with, benchDownload(b, s, made, every))
		without = append(without, benchDownload(b, s, made, pieces))
	}
	b.ReportMetric(100*(median(with).Seconds()/median(without).Seconds()-1), "%cost")
	b.ReportMetric(float64(pieces*pack.MinPiece)/1e6/median(with).Seconds(), "MB/s-with")
	b.ReportMetric(float64(pieces*pack.MinPiece)/1e6/median(without).Seconds(), "MB/s-without")
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// benchDownload writes every piece, with a checkpoint after each every
// pieces, and returns how long it took until all was durable.
func benchDownload(b *testing.B, s *Store, made *apptest.Made, every int) time.Duration {
	b.Helper()
	rec := newRecord(made, b.TempDir())
	p := create(b, s, rec, made)
	have := app.NewBitmap(made.Pieces())
	start := time.Now()
	due := make(chan app.Bitmap, 1)
	done := make(chan error, 1)
	go func() {
		for have := range due {
			if err := p.Checkpoint(rec, have); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for i := range made.Pieces() {
		ok(b, p.WritePiece(i, made.Piece(i)))
		have.Set(i)
		if (i+1)%every == 0 {
			due <- have.Clone()
		}
	}
	close(due)
	ok(b, <-done)
	took := time.Since(start)
	ok(b, p.Close())
	ok(b, s.Remove(rec))
	ok(b, s.DeleteTransfer(rec.ID))
	return took
}
