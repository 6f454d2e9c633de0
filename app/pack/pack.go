// Package pack is Grove's package format: the package ID, the signed
// manifest, the hash list, the link and the keys that sign.
//
// It opens no file and no socket: bytes in, values out. Every parser is total
// (it returns a value or an [*Error] for any input) and refuses what it does
// not understand; nothing is repaired on the way in. The format is written
// down in docs/FORMAT.md, and testdata/ holds vectors that any other
// implementation can run.
package pack

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
)

// Limits of format version 1. A package that exceeds one is refused, by
// every reader, before anything of that size is allocated.
const (
	MaxManifest  = 4 << 20 // bytes of the signed manifest
	MaxPieces    = 131_072 // in the whole package; the hash list is 32 bytes each
	MinPiece     = 256 << 10
	MaxPiece     = 8 << 20
	MaxSize      = 1 << 40 // bytes of all files together
	MaxFiles     = 20_000
	MaxDepth     = 16    // path elements
	MaxElement   = 120   // bytes of one path element
	MaxPath      = 220   // bytes of a path joined with slashes
	MaxOrigins   = 8     // also trackers and relays
	MaxURL       = 1_024 // bytes
	MaxText      = 200   // characters of a short text field
	MaxAbout     = 4_000 // characters of the description
	MaxPoster    = 64 << 10
	MaxLink      = 2_048 // bytes
	MaxLinkHints = 3     // manifest URLs, and peer addresses, in a link
)

// Version is the format version this package reads and writes.
const Version = 1

var idText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// ID names the exact bytes of one manifest: their SHA-256. Its text form is
// base32, lower case, 52 characters.
type ID [sha256.Size]byte

// String returns the 52-character text form.
func (id ID) String() string { return idText.EncodeToString(id[:]) }

// Short returns the first 8 characters, for people; it identifies nothing.
func (id ID) Short() string { return id.String()[:8] }

// Hash is a SHA-256 digest. Its text form, in the manifest and elsewhere, is
// lower-case hexadecimal, as sha256sum prints it.
type Hash [sha256.Size]byte

// String returns 64 hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }
