// Package apptest is the test kit around the engine's ports: small signed
// packages with known content, scripted sources and finders that keep virtual
// time, and (in its sub-packages) the contract suites that every
// implementation of a port has to pass.
//
// Nothing here opens a socket. Nothing here starts a goroutine that outlives
// the call, but for Finder.Find, which runs in the caller's.
package apptest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"grove/app"
	"grove/app/pack"
)

// Options say what Package makes. The zero value is a package of four files
// and 11 pieces of 256 KiB: one with a short last piece, an empty one, one of
// a few bytes and one that ends on a piece border.
type Options struct {
	// Files is the content by path, with slashes. Sizes are further files whose
	// content follows from Seed, in bytes.
	Files map[string][]byte
	Sizes map[string]int64
	Seed  uint64

	Name    string // default "kit"
	Piece   int64  // bytes; default pack.MinPiece
	Origins []string
	Floor   int64 // bytes a second
	Expires time.Time
	Poster  []byte

	// Key signs; a new one when nil, which follows from Seed as far as the
	// crypto library lets it.
	Key *pack.SecretKey
	// Change, if set, edits the manifest before it is signed.
	Change func(*pack.Manifest)
}

// Made is a small signed package with everything that belongs to it. It is
// not changed after it was made and is safe for concurrent use.
type Made struct {
	Package *pack.Package
	Hashes  pack.HashList
	Key     pack.SecretKey
	Grove   []byte // the .grove file
	List    []byte // the hash list file
	Poster  []byte
	Content [][]byte // of each file, in manifest order
}

// Package makes and signs a package and fails t if that does not work.
func Package(t testing.TB, o Options) *Made {
	t.Helper()
	m, err := build(o)
	if err != nil {
		t.Fatalf("apptest: %v", err)
	}
	return m
}

func build(o Options) (*Made, error) {
	if o.Files == nil && o.Sizes == nil {
		o.Sizes = map[string]int64{
			"a-long.bin":        5*pack.MinPiece + 12_345,
			"b-empty.txt":       0,
			"folder/c-tiny.txt": 7,
			"folder/d-even.bin": 4 * pack.MinPiece,
		}
	}
	if o.Name == "" {
		o.Name = "kit"
	}
	if o.Piece == 0 {
		o.Piece = pack.MinPiece
	}
	content := map[string][]byte{}
	for path, b := range o.Files {
		content[path] = b
	}
	for path, n := range o.Sizes {
		content[path] = Content(o.Seed, path, n)
	}
	made := &Made{Poster: o.Poster}
	if o.Key != nil {
		made.Key = *o.Key
	} else {
		key, err := pack.NewKey(rand.NewChaCha8(seed(o.Seed, "key")))
		if err != nil {
			return nil, err
		}
		made.Key = key
	}
	m := pack.Manifest{
		Publisher: made.Key.Public(),
		Created:   time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Expires:   o.Expires,
		Name:      o.Name,
		Piece:     o.Piece,
		Origins:   o.Origins,
		Floor:     o.Floor,
	}
	if o.Poster != nil {
		m.Poster = sha256.Sum256(o.Poster)
	}
	if err := made.hash(&m, content); err != nil {
		return nil, err
	}
	if o.Change != nil {
		o.Change(&m)
	}
	return made, made.sign(m)
}

func (m *Made) hash(man *pack.Manifest, content map[string][]byte) error {
	paths := make([]string, 0, len(content))
	for p := range content {
		paths = append(paths, p)
	}
	sort.Strings(paths)
	for _, p := range paths {
		whole, pieces, size, err := pack.HashFile(bytes.NewReader(content[p]), man.Piece)
		if err != nil {
			return fmt.Errorf("hash %s: %w", p, err)
		}
		man.Files = append(man.Files, pack.File{Path: strings.Split(p, "/"), Size: size, SHA256: whole})
		m.List = append(m.List, pieces...)
		m.Content = append(m.Content, content[p])
	}
	man.Hashes = sha256.Sum256(m.List)
	return nil
}

func (m *Made) sign(man pack.Manifest) (err error) {
	if m.Grove, err = pack.Sign(man, m.Key); err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	if m.Package, err = pack.Open(m.Grove); err != nil {
		return fmt.Errorf("open: %w", err)
	}
	m.Hashes, err = m.Package.CheckHashes(m.List)
	return err
}

// Content is n bytes that follow from the seed and the path and repeat
// nowhere.
func Content(s uint64, path string, n int64) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8(seed(s, path)).Read(b)
	return b
}

func seed(s uint64, what string) [32]byte {
	return sha256.Sum256(append(binary.BigEndian.AppendUint64(nil, s), what...))
}

// Pieces is the number of pieces in the package.
func (m *Made) Pieces() int { return m.Package.Layout.Pieces() }

// Piece returns the right bytes of piece i; not to be changed.
func (m *Made) Piece(i int) []byte {
	s := m.Package.Layout.Span(i)
	return m.Content[s.File][s.Offset : s.Offset+s.Length]
}

// Run returns the right bytes of a run, in a buffer of its own.
func (m *Made) Run(r app.Run) []byte {
	b := make([]byte, 0, m.Package.Layout.RunBytes(r.First, r.Count))
	for i := r.First; i < r.End(); i++ {
		b = append(b, m.Piece(i)...)
	}
	return b
}

// Whole is the run of all pieces.
func (m *Made) Whole() app.Run { return app.Run{First: 0, Count: m.Pieces()} }

// ReadPiece makes a Made an app.PieceReader.
func (m *Made) ReadPiece(i int, b []byte, off int64) error {
	p := m.Piece(i)
	if off < 0 || off+int64(len(b)) > int64(len(p)) {
		return fmt.Errorf("piece %d has %d bytes; asked for %d from %d", i, len(p), len(b), off)
	}
	copy(b, p[off:])
	return nil
}

// Described is the package as Inspect would have it.
func (m *Made) Described() app.Described {
	return app.Described{Package: m.Package, Hashes: m.Hashes, Poster: m.Poster}
}

// Share is the package as the swarm would serve it, with every piece.
func (m *Made) Share() app.Share {
	return app.Share{
		Package: m.Package, Hashes: m.Hashes, Poster: m.Poster,
		Have: app.NewHaveSet(app.FullBitmap(m.Pieces())), Pieces: m,
	}
}

// WriteFiles writes the content below folder, which exists, under the paths
// of the manifest, and fails t if that does not work.
func (m *Made) WriteFiles(t testing.TB, folder string) {
	t.Helper()
	for f, file := range m.Package.Manifest.Files {
		name := filepath.Join(append([]string{folder}, file.Path...)...)
		write(t, name, m.Content[f])
	}
}

// WriteSide writes name.grove, the hash list and the poster into folder as
// publishing does, and returns the path of the .grove file.
func (m *Made) WriteSide(t testing.TB, folder string) string {
	t.Helper()
	grove := filepath.Join(folder, m.Package.Manifest.Name+".grove")
	write(t, grove, m.Grove)
	write(t, filepath.Join(folder, m.Package.ID.HashesName()), m.List)
	if m.Poster != nil {
		write(t, filepath.Join(folder, m.Package.ID.PosterName()), m.Poster)
	}
	return grove
}

func write(t testing.TB, name string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b, 0o644); err != nil {
		t.Fatal(err)
	}
}
