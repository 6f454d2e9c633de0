package pack

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"time"

	"aead.dev/minisign"
)

const signComment = "Grove package, check with minisign"

// Sign makes .grove bytes of m with key, which must be m.Publisher's. Type
// and V are filled in, and times are cut to whole seconds of UTC; m is
// checked by the same rules as Open.
func Sign(m Manifest, key SecretKey) ([]byte, error) {
	if key.Public() != m.Publisher {
		return nil, refuse(BadKey, "publisher", "the signing key is not the publisher's")
	}
	if m.Sealed != "" {
		return nil, refuse(NewerPackage, "sealed", "%s", show(m.Sealed))
	}
	m.Type, m.V = manifestType, Version
	m.Created = m.Created.UTC().Truncate(time.Second)
	if !m.Expires.IsZero() {
		m.Expires = m.Expires.UTC().Truncate(time.Second)
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	body := m.encode(nil)
	if len(body) > MaxManifest {
		return nil, refuse(BadManifest, "", "%d bytes, at most %d are allowed: fewer files or shorter texts are needed", len(body), MaxManifest)
	}
	grove, err := signed(body, key, trustedComment(body, m.Seq), signComment)
	if err != nil {
		return nil, err
	}
	// What leaves this function is readable by Open, whatever m held.
	if _, err := Open(grove); err != nil {
		return nil, err
	}
	return grove, nil
}

// signed is body behind its four signature lines.
func signed(body []byte, key SecretKey, trustedComment, untrustedComment string) ([]byte, error) {
	r := minisign.NewReader(bytes.NewReader(body))
	if err := readAll(r); err != nil {
		return nil, err
	}
	return append(r.SignWithComments(key.key, trustedComment, untrustedComment), body...), nil
}

// trustedComment is what minisign's second signature covers.
func trustedComment(body []byte, seq uint64) string {
	return fmt.Sprintf("grove1 %s seq=%d", ID(sha256.Sum256(body)), seq)
}

// readAll lets minisign hash what r reads.
func readAll(r *minisign.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}
