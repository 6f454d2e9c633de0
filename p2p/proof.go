package p2p

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"

	"github.com/libp2p/go-libp2p/core/peer"

	"grove/app/pack"
)

// A peer shows that it knows a package without telling the package to one who
// does not: the tag names it, and a MAC under a key made from the package ID
// and the secret of a private share, over both nonces and both peer IDs,
// proves it. The peer IDs are those of the encrypted connection, so a proof
// cannot be passed on to, or through, anybody else.

const (
	nonceSize = 32
	macSize   = sha256.Size
)

// tag names a package to those who know it. A 256-bit hash: who knows only
// the tag learns nothing of the package.
type tag [sha256.Size]byte

// knowledge is what only those know who have the link.
type knowledge struct {
	tag tag
	key [sha256.Size]byte
}

func knowledgeOf(id pack.ID, secret []byte) knowledge {
	return knowledge{tag: tag(labelled("grove-find-1", id, secret)), key: labelled("grove-know-1", id, secret)}
}

func labelled(label string, id pack.ID, secret []byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write([]byte(label))
	h.Write(id[:])
	h.Write(secret)
	h.Sum(sum[:0])
	return sum
}

// role is who speaks: both sides use the same key, and neither may be able to
// answer with what it was sent.
type role string

const (
	roleDialer   role = "dialer"
	roleListener role = "listener"
)

// meeting is what both sides of one handshake have in common.
type meeting struct {
	dialer, listener           peer.ID
	dialerNonce, listenerNonce []byte
}

// proof is HMAC-SHA256 over the role, the peer IDs with a length byte each,
// and the nonces.
func (m meeting) proof(key [sha256.Size]byte, who role) []byte {
	h := hmac.New(sha256.New, key[:])
	h.Write([]byte(who))
	for _, id := range []peer.ID{m.dialer, m.listener} {
		h.Write([]byte{byte(len(id))})
		h.Write([]byte(id))
	}
	h.Write(m.dialerNonce)
	h.Write(m.listenerNonce)
	return h.Sum(nil)
}

func (m meeting) verify(key [sha256.Size]byte, who role, mac []byte) bool {
	return hmac.Equal(mac, m.proof(key, who))
}

func newNonce() []byte {
	b := make([]byte, nonceSize)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
	return b
}
