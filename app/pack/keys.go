package pack

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"aead.dev/minisign"
)

// PublicKey is a publisher's key: minisign's 42 bytes (2 algorithm, 8 key
// number, 32 Ed25519 key). Comparable.
type PublicKey [42]byte

// ParsePublicKey reads minisign's 56-character base64 form or the base64url
// form used in links. Weak keys, with which one signature can fit many
// messages, are refused: Reason BadKey.
func ParsePublicKey(s string) (PublicKey, error) {
	encoding := base64.StdEncoding
	if strings.ContainsAny(s, "-_") {
		encoding = base64.URLEncoding
	}
	var k PublicKey
	if len(s) != encoding.EncodedLen(len(k)) {
		return PublicKey{}, refuse(BadKey, show(s), "a public key has %d characters", encoding.EncodedLen(len(k)))
	}
	b, err := encoding.Strict().DecodeString(s)
	if err != nil || len(b) != len(k) {
		return PublicKey{}, refuse(BadKey, show(s), "not base64")
	}
	copy(k[:], b)
	if err := k.check(); err != nil {
		return PublicKey{}, &Error{Reason: BadKey, Subject: show(s), Err: err}
	}
	return k, nil
}

// smallOrder are the y coordinates of the eight points whose order divides 8,
// as they are encoded, the sign bit cleared. Ed25519 signatures under such a
// key bind nothing.
var smallOrder = [][32]byte{
	{},
	{0: 1},
	{0: 0xec, 1: 0xff, 2: 0xff, 3: 0xff, 4: 0xff, 5: 0xff, 6: 0xff, 7: 0xff, 8: 0xff, 9: 0xff, 10: 0xff,
		11: 0xff, 12: 0xff, 13: 0xff, 14: 0xff, 15: 0xff, 16: 0xff, 17: 0xff, 18: 0xff, 19: 0xff, 20: 0xff, 21: 0xff,
		22: 0xff, 23: 0xff, 24: 0xff, 25: 0xff, 26: 0xff, 27: 0xff, 28: 0xff, 29: 0xff, 30: 0xff, 31: 0x7f},
	{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
		0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
	{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
		0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
}

// check refuses what no honest key generator makes.
func (k PublicKey) check() error {
	if string(k[:2]) != "Ed" {
		return fmt.Errorf("the key is not an Ed25519 key of minisign")
	}
	y := [32]byte(k[10:])
	y[31] &= 0x7f
	for _, weak := range smallOrder {
		if y == weak {
			return fmt.Errorf("a weak key: its signatures fit many messages")
		}
	}
	// y must be below 2^255-19; the 19 values above have a second spelling.
	for i := 30; i >= 0 && y[31] == 0x7f; i-- {
		if i == 0 && y[0] >= 0xed {
			return fmt.Errorf("a key in another spelling than its own")
		}
		if y[i] != 0xff {
			break
		}
	}
	return nil
}

// String is minisign's text form (56 characters, base64).
func (k PublicKey) String() string { return base64.StdEncoding.EncodeToString(k[:]) }

// linkText is the form used in links (56 characters, base64url).
func (k PublicKey) linkText() string { return base64.URLEncoding.EncodeToString(k[:]) }

// Fingerprint is for people: five groups of four base32 characters of
// SHA-256(key), e.g. "k7qd-2f3m-....". 100 bits: enough to compare by eye.
func (k PublicKey) Fingerprint() string {
	sum := sha256.Sum256(k[:])
	s := idText.EncodeToString(sum[:])
	return s[:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20]
}

// FileText is the contents of minisign's public key file.
func (k PublicKey) FileText() string {
	return fmt.Sprintf("untrusted comment: minisign public key %016X\n%s\n", k.number(), k)
}

// MarshalText gives String's form, and nothing for the zero key, so that
// records without a key can be kept.
func (k PublicKey) MarshalText() ([]byte, error) {
	if k == (PublicKey{}) {
		return nil, nil
	}
	return []byte(k.String()), nil
}

// UnmarshalText takes what MarshalText gives only.
func (k *PublicKey) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*k = PublicKey{}
		return nil
	}
	read, err := ParsePublicKey(string(b))
	if err != nil {
		return err
	}
	if read.String() != string(b) {
		return refuse(BadKey, show(string(b)), "not in minisign's spelling")
	}
	*k = read
	return nil
}

// number is the key number, as minisign prints it.
func (k PublicKey) number() uint64 {
	var n uint64
	for i := 9; i >= 2; i-- {
		n = n<<8 | uint64(k[i])
	}
	return n
}

// minisign is the key as the signing module wants it.
func (k PublicKey) minisign() (minisign.PublicKey, error) {
	var p minisign.PublicKey
	err := p.UnmarshalText([]byte(k.String()))
	return p, err
}
