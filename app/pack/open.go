package pack

import (
	"bytes"
	"crypto/sha256"
	"strconv"
	"strings"
	"time"

	"aead.dev/minisign"
)

// MaxGrove is the largest .grove file in bytes: signature lines and manifest.
const MaxGrove = MaxManifest + maxSignature

// maxSignature bounds the four signature lines, in bytes.
const maxSignature = 1 << 10

const (
	untrusted = "untrusted comment: "
	trusted   = "trusted comment: "
)

// Package is a manifest whose signature was verified. Open is the only
// function that makes one. It is not changed after that and may be shared.
type Package struct {
	ID       ID
	Manifest Manifest
	Layout   *Layout
	raw      []byte
}

// Bytes are the .grove bytes it was opened from. Not to be changed.
func (p *Package) Bytes() []byte { return p.raw }

// Publisher is the key that the package is signed with.
func (p *Package) Publisher() PublicKey { return p.Manifest.Publisher }

// Size is the number of bytes in all files.
func (p *Package) Size() int64 { return p.Layout.Size() }

// Expired reports whether the publisher's date for it has passed. An expired
// package is valid; what to do about it is not decided here.
func (p *Package) Expired(now time.Time) bool {
	return !p.Manifest.Expires.IsZero() && !now.Before(p.Manifest.Expires)
}

// Open verifies .grove bytes: signature, canonical form, every limit and
// every name. It is the one function that verifies. Reasons: Unsigned,
// BadSignature, BadManifest, BadName, BadKey, NewerPackage.
func Open(grove []byte) (*Package, error) {
	if len(grove) > MaxGrove {
		return nil, refuse(BadManifest, "", "%d bytes, at most %d are allowed", len(grove), MaxGrove)
	}
	lines, body, err := splitSignature(grove)
	if err != nil {
		return nil, err
	}
	if len(body) > MaxManifest {
		return nil, refuse(BadManifest, "", "%d bytes, at most %d are allowed", len(body), MaxManifest)
	}
	if v := versionOf(body); v > Version {
		return nil, refuse(NewerPackage, "v", "format version %d, this program reads %d", v, Version)
	}
	id := ID(sha256.Sum256(body))
	seq, err := checkSignatureLines(lines, id)
	if err != nil {
		return nil, err
	}
	m, err := decodeManifest(body)
	if err != nil {
		return nil, err
	}
	if err := verify(m.Publisher, lines, body); err != nil {
		return nil, err
	}
	if m.Sealed != "" {
		return nil, refuse(NewerPackage, "sealed", "%s", show(m.Sealed))
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	if seq != m.Seq {
		return nil, refuse(BadSignature, "trusted comment", "seq=%d, but the package is number %d", seq, m.Seq)
	}
	sizes := make([]int64, len(m.Files))
	for i, f := range m.Files {
		sizes[i] = f.Size
	}
	return &Package{ID: id, Manifest: m, Layout: NewLayout(m.Piece, sizes), raw: bytes.Clone(grove)}, nil
}

// splitSignature cuts .grove bytes after the fourth line.
func splitSignature(grove []byte) (lines, body []byte, err error) {
	if !bytes.HasPrefix(grove, []byte(untrusted)) {
		return nil, nil, refuse(Unsigned, "", "there are no signature lines")
	}
	end := 0
	for range 4 {
		head := grove[end:min(len(grove), maxSignature)]
		n := bytes.IndexByte(head, '\n')
		if n < 0 {
			return nil, nil, refuse(BadSignature, "", "four signature lines of at most %d bytes in all are expected", maxSignature)
		}
		end += n + 1
	}
	return grove[:end], grove[end:], nil
}

// versionOf reads the format version from the first bytes of a manifest,
// which are the same in every version; 0 where they are not there.
func versionOf(body []byte) uint64 {
	rest, ok := bytes.CutPrefix(body, []byte(`{"type":"`+manifestType+`","v":`))
	if !ok {
		return 0
	}
	n := bytes.IndexAny(rest, ",}")
	if n < 1 || n > 9 || rest[0] == '0' || !onlyBytes(string(rest[:n]), "0123456789") {
		return 0
	}
	v, err := strconv.ParseUint(string(rest[:n]), 10, 32)
	if err != nil {
		return 0
	}
	return v
}

// checkSignatureLines checks all that can be checked without a key, and that
// the comment names these very bytes. It returns the comment's seq.
func checkSignatureLines(lines []byte, id ID) (seq uint64, err error) {
	comment, err := readSignatureLines(lines)
	if err != nil {
		return 0, err
	}
	about, number, ok := strings.Cut(comment, " seq=")
	if !ok || !strings.HasPrefix(about, "grove1 ") {
		return 0, refuse(BadSignature, "trusted comment", "it does not say which package was signed")
	}
	if about != "grove1 "+id.String() {
		return 0, refuse(BadSignature, "", "the package was altered, or the signature is another package's")
	}
	seq, err = strconv.ParseUint(number, 10, 64)
	if err != nil || strconv.FormatUint(seq, 10) != number {
		return 0, refuse(BadSignature, "trusted comment", "%s is not a number", show(number))
	}
	return seq, nil
}

// readSignatureLines checks the one form of the lines and the algorithm, and
// returns the trusted comment, which is not proved yet.
func readSignatureLines(lines []byte) (comment string, err error) {
	var s minisign.Signature
	if err := s.UnmarshalText(lines); err != nil {
		return "", refuse(BadSignature, "", "the lines are not a minisign signature")
	}
	if s.Algorithm != minisign.HashEdDSA {
		return "", refuse(BadSignature, "", "only prehashed signatures (tag ED) are read")
	}
	if again, err := s.MarshalText(); err != nil || !bytes.Equal(again, lines) {
		return "", refuse(BadSignature, "", "the signature lines are not in canonical form")
	}
	for i := range len(s.UntrustedComment) {
		if c := s.UntrustedComment[i]; c < ' ' || c >= 0x7f {
			return "", refuse(BadSignature, "untrusted comment", "only printable ASCII is allowed")
		}
	}
	return s.TrustedComment, nil
}

// verify checks both signatures, over the manifest and over the comment.
// Key numbers are compared by minisign too.
func verify(key PublicKey, lines, body []byte) error {
	k, err := key.minisign()
	if err != nil {
		return refuse(BadKey, "publisher", "%w", err)
	}
	r := minisign.NewReader(bytes.NewReader(body))
	if err := readAll(r); err != nil {
		return refuse(BadSignature, "", "%w", err)
	}
	if !r.Verify(k, lines) {
		return refuse(BadSignature, "", "not signed by the publisher %s", key.Fingerprint())
	}
	return nil
}
