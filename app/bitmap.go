package app

import (
	"fmt"
	"math/bits"
)

// Bitmap is a set of piece numbers [0, Len). Dense and small: 16,384 pieces
// are 2 KiB. The zero value is an empty set of length 0. A Bitmap that was
// handed to another goroutine is not changed any more; Clone first.
type Bitmap struct {
	n     int
	words []uint64
}

// NewBitmap returns an empty set over n pieces.
func NewBitmap(n int) Bitmap { return Bitmap{n: n, words: make([]uint64, (n+63)/64)} }

// FullBitmap returns the set of all n pieces.
func FullBitmap(n int) Bitmap {
	b := NewBitmap(n)
	for i := range b.words {
		b.words[i] = ^uint64(0)
	}
	b.trim()
	return b
}

func (b Bitmap) trim() {
	if r := b.n % 64; r != 0 {
		b.words[len(b.words)-1] &= 1<<r - 1
	}
}

// Len is the number of pieces the set is over, not the number in it.
func (b Bitmap) Len() int { return b.n }

// Has reports whether piece i is in the set; false outside [0, Len).
func (b Bitmap) Has(i int) bool {
	return i >= 0 && i < b.n && b.words[i/64]>>(i%64)&1 == 1
}

// Set adds piece i, which must be in [0, Len).
func (b Bitmap) Set(i int) { b.words[i/64] |= 1 << (i % 64) }

// Clear removes piece i, which must be in [0, Len).
func (b Bitmap) Clear(i int) { b.words[i/64] &^= 1 << (i % 64) }

// Count is the number of pieces in the set.
func (b Bitmap) Count() int {
	n := 0
	for _, w := range b.words {
		n += bits.OnesCount64(w)
	}
	return n
}

// Full reports whether every piece is in the set.
func (b Bitmap) Full() bool { return b.Count() == b.n }

// Contains reports whether every piece of o (of the same length) is in b.
func (b Bitmap) Contains(o Bitmap) bool {
	for i, w := range o.words {
		if w&^b.words[i] != 0 {
			return false
		}
	}
	return true
}

// Clone returns a copy that may be changed.
func (b Bitmap) Clone() Bitmap {
	return Bitmap{n: b.n, words: append([]uint64(nil), b.words...)}
}

// Each calls f for every piece in the set, in rising order, until f returns
// false.
func (b Bitmap) Each(f func(i int) bool) {
	for w, word := range b.words {
		for word != 0 {
			i := w*64 + bits.TrailingZeros64(word)
			if !f(i) {
				return
			}
			word &= word - 1
		}
	}
}

// Bytes is the wire and disk form: piece i is bit i%8 (least significant
// first) of byte i/8; (Len+7)/8 bytes; unused bits are zero.
func (b Bitmap) Bytes() []byte {
	out := make([]byte, (b.n+7)/8)
	for i := range out {
		out[i] = byte(b.words[i/8] >> (i % 8 * 8))
	}
	return out
}

// ParseBitmap reads the form that Bytes gives, for n pieces. A wrong length
// or a set bit beyond n is an error.
func ParseBitmap(n int, p []byte) (Bitmap, error) {
	if len(p) != (n+7)/8 {
		return Bitmap{}, fmt.Errorf("bitmap of %d bytes for %d pieces", len(p), n)
	}
	b := NewBitmap(n)
	for i, c := range p {
		b.words[i/8] |= uint64(c) << (i % 8 * 8)
	}
	if n%8 != 0 && p[len(p)-1]>>(n%8) != 0 {
		return Bitmap{}, fmt.Errorf("bitmap has bits beyond piece %d", n-1)
	}
	return b, nil
}

// Union returns the pieces that are in b, in o, or in both; the sets are over
// the same number of pieces, or one of them is the zero value.
func (b Bitmap) Union(o Bitmap) Bitmap {
	if b.n == 0 {
		b, o = o, b
	}
	if o.n == 0 {
		return b
	}
	u := b.Clone()
	for i, w := range o.words {
		u.words[i] |= w
	}
	return u
}

// Minus returns the pieces of b that are not in o.
func (b Bitmap) Minus(o Bitmap) Bitmap {
	m := b.Clone()
	for i := range min(len(m.words), len(o.words)) {
		m.words[i] &^= o.words[i]
	}
	return m
}

// Equal reports whether both hold the same pieces. The zero value equals every
// empty set.
func (b Bitmap) Equal(o Bitmap) bool {
	for i := range max(len(b.words), len(o.words)) {
		var x, y uint64
		if i < len(b.words) {
			x = b.words[i]
		}
		if i < len(o.words) {
			y = o.words[i]
		}
		if x != y {
			return false
		}
	}
	return true
}
