package pack

import (
	"testing"

	"pgregory.net/rapid"
)

// TestLayout compares with cutting the files one piece after the other.
func TestLayout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const piece = 4
		sizes := rapid.SliceOfN(rapid.Int64Range(0, 4*piece+1), 0, 8).Draw(t, "sizes")
		l := NewLayout(piece, sizes)
		var spans []Span
		var total int64
		for f, n := range sizes {
			first, end := l.FilePieces(f)
			if first != len(spans) {
				t.Fatalf("file %d begins with piece %d, want %d", f, first, len(spans))
			}
			for at := int64(0); at < n; at += piece {
				spans = append(spans, Span{File: f, Offset: at, Length: min(piece, n-at)})
			}
			if end != len(spans) {
				t.Fatalf("file %d ends before piece %d, want %d", f, end, len(spans))
			}
			total += n
		}
		if l.Pieces() != len(spans) || l.Size() != total || l.Files() != len(sizes) || l.PieceSize() != piece {
			t.Fatalf("%d pieces, %d bytes, %d files", l.Pieces(), l.Size(), l.Files())
		}
		if got := l.RunBytes(len(spans), 0); got != 0 {
			t.Fatalf("an empty run at the end has %d bytes", got)
		}
		for i, want := range spans {
			if got := l.Span(i); got != want {
				t.Fatalf("piece %d: %+v, want %+v", i, got, want)
			}
			var run int64
			for n := 0; i+n <= len(spans); n++ {
				if got := l.RunBytes(i, n); got != run {
					t.Fatalf("run of %d from %d: %d bytes, want %d", n, i, got, run)
				}
				if i+n < len(spans) {
					run += spans[i+n].Length
				}
			}
		}
	})
}

func TestPieceSizeFor(t *testing.T) {
	for size, want := range map[int64]int64{
		0: MinPiece, 1: MinPiece, 16_384 * MinPiece: MinPiece, 16_384*MinPiece + 1: 2 * MinPiece,
		50 << 30: 4 << 20, 128 << 30: MaxPiece, MaxSize: MaxPiece,
	} {
		if got := PieceSizeFor(size); got != want {
			t.Errorf("%d bytes: pieces of %d, want %d", size, got, want)
		}
	}
}
