// Package linetest is the self-test of a line: what Grove's uploading does to it, with
// the pacer off and on. One computer gives made-up content to another one, which
// throws it away, over the same road that any content takes.
//
// Delays are measured on a connection of their own, which nothing is given over,
// because that is what other programs feel: on the one that content leaves by,
// what waits in this computer counts as well.
package linetest

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"time"

	"grove/app"
	"grove/app/pack"
)

// The content is one piece again and again, so that there is no end of it and it
// takes no time to hash.
const (
	pieceSize = pack.MinPiece
	fileSize  = 32 << 20
	files     = 128
	// Name is that of every package of a self-test.
	Name = "Grove line test"
)

// content is a package of made-up content.
type content struct {
	pkg    *pack.Package
	hashes pack.HashList
	secret []byte
	piece  []byte
}

// ReadPiece implements app.PieceReader.
func (c *content) ReadPiece(_ int, b []byte, off int64) error {
	copy(b, c.piece[off:])
	return nil
}

// newContent makes a package that nobody else has: its key and secret are new.
func newContent(now time.Time) (*content, error) {
	c := &content{piece: make([]byte, pieceSize), secret: make([]byte, 32)}
	_, _ = mathrand.NewChaCha8(sha256.Sum256([]byte(Name))).Read(c.piece) // never fails
	if _, err := rand.Read(c.secret); err != nil {
		return nil, err
	}
	key, err := pack.NewKey(nil)
	if err != nil {
		return nil, err
	}
	whole, pieces, size, err := pack.HashFile(io.LimitReader(&again{c.piece, 0}, fileSize), pieceSize)
	if err != nil {
		return nil, err
	}
	b := pack.NewBuild(pieceSize)
	for i := range files {
		if err := b.Add([]string{fmt.Sprintf("%03d", i+1)}, whole, pieces, size); err != nil {
			return nil, err
		}
	}
	m := pack.Manifest{Publisher: key.Public(), Created: now, Name: Name}
	b.Fill(&m)
	grove, err := pack.Sign(m, key)
	if err != nil {
		return nil, err
	}
	if c.pkg, err = pack.Open(grove); err != nil {
		return nil, err
	}
	c.hashes, err = c.pkg.CheckHashes(b.List())
	return c, err
}

// again yields the same bytes for ever.
type again struct {
	b  []byte
	at int
}

func (a *again) Read(b []byte) (int, error) {
	n := copy(b, a.b[a.at:])
	a.at = (a.at + n) % len(a.b)
	return n, nil
}

// isTest reports whether p is of a self-test, whose content is worth nothing.
func isTest(p *pack.Package) bool {
	return p.Manifest.Name == Name && p.Layout.Pieces() == files*fileSize/pieceSize
}

// share is c with the pieces of have.
func (c *content) share(have *app.HaveSet) app.Share {
	return app.Share{Package: c.pkg, Hashes: c.hashes, Secret: bytes.Clone(c.secret), Have: have, Pieces: c}
}
