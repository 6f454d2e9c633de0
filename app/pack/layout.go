package pack

import "sort"

// Layout says where each piece lies: pieces are numbered through the files in
// manifest order, each file is cut on its own, and no piece crosses a file
// border. The last piece of a file may be shorter; an empty file has none.
type Layout struct {
	piece int64
	first []int   // first[f] is the number of file f's first piece; one extra entry: the count
	sizes []int64 // bytes of each file
}

// Span is the place of one piece: file index, offset in that file, length,
// all in bytes.
type Span struct {
	File   int
	Offset int64
	Length int64
}

// NewLayout cuts files of the given sizes (bytes, none negative) into pieces
// of piece bytes (positive).
func NewLayout(piece int64, sizes []int64) *Layout {
	l := &Layout{piece: piece, sizes: sizes, first: make([]int, len(sizes)+1)}
	for f, n := range sizes {
		l.first[f+1] = l.first[f] + int((n+piece-1)/piece)
	}
	return l
}

// Pieces is the number of pieces in the package.
func (l *Layout) Pieces() int { return l.first[len(l.sizes)] }

// PieceSize is the nominal size of a piece in bytes; no piece is longer.
func (l *Layout) PieceSize() int64 { return l.piece }

// Files is the number of files.
func (l *Layout) Files() int { return len(l.sizes) }

// Size is the number of bytes in all files.
func (l *Layout) Size() int64 {
	var n int64
	for _, s := range l.sizes {
		n += s
	}
	return n
}

// Span returns the place of piece i, 0 <= i < Pieces().
func (l *Layout) Span(i int) Span {
	f := sort.SearchInts(l.first, i+1) - 1
	off := int64(i-l.first[f]) * l.piece
	return Span{File: f, Offset: off, Length: min(l.piece, l.sizes[f]-off)}
}

// FilePieces returns the half-open range of pieces [first, end) that file f
// consists of.
func (l *Layout) FilePieces(f int) (first, end int) { return l.first[f], l.first[f+1] }

// RunBytes is the number of bytes in pieces [first, first+count); first may be
// Pieces() where count is 0.
func (l *Layout) RunBytes(first, count int) int64 {
	if count == 0 {
		return 0
	}
	var n int64
	for f := l.Span(first).File; count > 0; f++ {
		end := min(first+count, l.first[f+1])
		if end <= first {
			continue
		}
		k := end - first
		n += int64(k) * l.piece
		if end == l.first[f+1] { // the file's last piece is in the run
			n -= int64(l.first[f+1]-l.first[f])*l.piece - l.sizes[f]
		}
		first, count = end, count-k
	}
	return n
}

// PieceSizeFor returns the piece size that publishing chooses for a package
// of size bytes: the smallest power of two that is at least size/16384,
// between MinPiece and MaxPiece.
func PieceSizeFor(size int64) int64 {
	piece := int64(MinPiece)
	for piece < MaxPiece && piece*16_384 < size {
		piece *= 2
	}
	return piece
}
