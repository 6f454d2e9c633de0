package pack

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
	"testing/iotest"
)

// hashPlain is what HashFile must equal, written the slow way.
func hashPlain(b []byte, piece int) (whole Hash, pieces []byte) {
	for at := 0; at < len(b); at += piece {
		sum := sha256.Sum256(b[at:min(at+piece, len(b))])
		pieces = append(pieces, sum[:]...)
	}
	return sha256.Sum256(b), pieces
}

func TestHashFile(t *testing.T) {
	b := content("hash", 9*blockSize+12345)
	sizes := []int{0, 1, MinPiece - 1, MinPiece, MinPiece + 1, blockSize - 1, blockSize, blockSize + 1,
		ringBlocks * blockSize, ringBlocks*blockSize + 1, 8 * blockSize, len(b)}
	readers := map[string]func(io.Reader) io.Reader{
		"plain":    func(r io.Reader) io.Reader { return r },
		"half":     iotest.HalfReader,
		"data+EOF": iotest.DataErrReader,
	}
	for _, n := range sizes {
		for _, piece := range []int{MinPiece, blockSize, MaxPiece} {
			want, wantPieces := hashPlain(b[:n], piece)
			for name, wrap := range readers {
				whole, pieces, size, err := HashFile(wrap(bytes.NewReader(b[:n])), int64(piece))
				if err != nil || whole != want || size != int64(n) || !bytes.Equal(pieces, wantPieces) {
					t.Errorf("%d bytes, pieces of %d, %s reader: %v, size %d", n, piece, name, err, size)
				}
			}
		}
	}
}

func TestHashFileReportsReadErrors(t *testing.T) {
	fault := errors.New("fault")
	for _, n := range []int{0, 10, blockSize, 6*blockSize + 1} {
		for _, want := range []error{fault, io.ErrUnexpectedEOF} {
			r := io.MultiReader(bytes.NewReader(make([]byte, n)), iotest.ErrReader(want))
			if _, _, _, err := HashFile(r, MinPiece); !errors.Is(err, want) {
				t.Errorf("after %d bytes: %v, want %v", n, err, want)
			}
		}
	}
	idle := readerFunc(func([]byte) (int, error) { return 0, nil })
	if _, _, _, err := HashFile(idle, MinPiece); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a reader without progress: %v", err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func TestHashFileSurvivesAPanickingReader(t *testing.T) {
	reads := 0
	defer func() {
		if recover() == nil {
			t.Error("the panic was swallowed")
		} // goleak sees whether the hashers ended
	}()
	_, _, _, _ = HashFile(readerFunc(func(b []byte) (int, error) {
		if reads++; reads > 6 {
			panic("disk on fire")
		}
		return len(b), nil
	}), MinPiece)
}

func TestHashFileLimits(t *testing.T) {
	for _, piece := range []int64{-1, 0, 1, MinPiece - 1, MinPiece / 2, 3 * MinPiece, 2 * MaxPiece} {
		_, _, _, err := HashFile(bytes.NewReader(nil), piece)
		wantReason(t, err, BadManifest)
	}
}

// The memory must not grow with the piece size or the file.
func TestHashFileMemory(t *testing.T) {
	b := make([]byte, 64<<20)
	for _, piece := range []int64{MinPiece, MaxPiece} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		if _, _, _, err := HashFile(bytes.NewReader(b), piece); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
			t.Errorf("pieces of %d: allocated %d bytes", piece, n)
		}
	}
}

func TestMatches(t *testing.T) {
	m, b := fixedManifest(t)
	p, err := Open(mustSign(t, m, fixedKey(t, 1)))
	if err != nil {
		t.Fatal(err)
	}
	list, err := p.CheckHashes(b.List())
	if err != nil {
		t.Fatal(err)
	}
	film := content("film.mkv", MinPiece+1000)
	subtitles := content("subtitles.srt", 1234)
	for i, piece := range [][]byte{film[:MinPiece], film[MinPiece:], subtitles} {
		if span := p.Layout.Span(i); int(span.Length) != len(piece) {
			t.Fatalf("piece %d: span %+v, want %d bytes", i, span, len(piece))
		}
		if !list.Matches(i, piece) {
			t.Errorf("piece %d does not match", i)
		}
		changed := bytes.Clone(piece)
		changed[rand.IntN(len(changed))] ^= 1 << rand.IntN(8)
		if list.Matches(i, changed) || list.Matches(i, piece[:len(piece)-1]) || list.Matches((i+1)%3, piece) {
			t.Errorf("piece %d matches other bytes", i)
		}
	}
	if list.Matches(-1, nil) || list.Matches(3, nil) {
		t.Error("a piece outside the list matches")
	}
}

// patternReader gives n bytes from one block, as a file in the page cache
// does: by copying.
type patternReader struct {
	block []byte
	left  int
}

func (r *patternReader) Read(b []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), r.left)], r.block)
	r.left -= n
	return n, nil
}

// BenchmarkHashFile against BenchmarkPlainHash: two hashes on two cores
// should take little longer than one.
func BenchmarkHashFile(b *testing.B) {
	const size = 256 << 20
	block := content("pattern", 4<<20)
	b.SetBytes(size)
	for b.Loop() {
		if _, _, _, err := HashFile(&patternReader{block, size}, 1<<20); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPlainHash(b *testing.B) {
	const size = 256 << 20
	block := content("pattern", 4<<20)
	buffer := make([]byte, blockSize)
	b.SetBytes(size)
	for b.Loop() {
		h := sha256.New()
		if _, err := io.CopyBuffer(struct{ io.Writer }{h}, &patternReader{block, size}, buffer); err != nil {
			b.Fatal(err)
		}
	}
}
