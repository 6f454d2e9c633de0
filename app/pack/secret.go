package pack

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"aead.dev/minisign"
)

// SecretKey signs. Made by NewKey or opened from a key file; the zero value
// signs nothing.
type SecretKey struct {
	key minisign.PrivateKey
}

// Minisign's secret key file: a comment line, and in base64 algorithm (2),
// key derivation (2), checksum kind (2), salt (32), operations (8), memory
// (8), then key number (8), seed (32), public key (32), checksum (32), those
// four encrypted when there is a passphrase.
const (
	secretSize = 158
	secretAt   = 54
	seedAt     = secretAt + 8
	publicAt   = seedAt + ed25519.SeedSize
	checksumAt = publicAt + ed25519.PublicKeySize

	maxKeyFile = 4 << 10 // bytes
	// The highest costs minisign itself writes: a key file must not be able
	// to ask for more memory (bytes) or work than that.
	maxScryptOps    = 0x2000000
	maxScryptMemory = 0x40000000
)

const secretComment = "untrusted comment: minisign encrypted secret key\n"

// NewKey makes a key from 40 bytes of random; nil means the system's source.
func NewKey(random io.Reader) (SecretKey, error) {
	if random == nil {
		random = rand.Reader
	}
	var b [40]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return SecretKey{}, fmt.Errorf("random bytes for a key: %w", err)
	}
	// The key is made from the seed here because ed25519.GenerateKey no
	// longer reads from the source it is given.
	pair := ed25519.NewKeyFromSeed(b[8:])
	raw := make([]byte, secretSize)
	copy(raw, "Ed\x00\x00B2")
	copy(raw[secretAt:], b[:8])
	copy(raw[seedAt:], pair)
	return secretFromRaw(raw)
}

// secretFromRaw checks the decrypted contents of a key file. A public half
// that does not belong to the seed would make every signature give the seed
// away, so it is refused.
func secretFromRaw(raw []byte) (SecretKey, error) {
	pair := ed25519.NewKeyFromSeed(raw[seedAt:publicAt])
	if !bytes.Equal(pair[ed25519.SeedSize:], raw[publicAt:checksumAt]) {
		return SecretKey{}, refuse(BadKey, "key file", "the two halves of the key do not belong together")
	}
	var k SecretKey
	if err := k.key.UnmarshalText([]byte(base64.StdEncoding.EncodeToString(raw))); err != nil {
		return SecretKey{}, refuse(BadKey, "key file", "%w", err)
	}
	if err := k.Public().check(); err != nil {
		return SecretKey{}, &Error{Reason: BadKey, Subject: "key file", Err: err}
	}
	return k, nil
}

// Public is the key that checks what k signs.
func (k SecretKey) Public() PublicKey {
	var p PublicKey
	public := k.key.Public().(minisign.PublicKey)
	b, err := base64.StdEncoding.DecodeString(public.String())
	if err != nil || len(b) != len(p) {
		panic("pack: minisign gave a public key of another size")
	}
	copy(p[:], b)
	return p
}

// MarshalFile gives the key in minisign's file format, encrypted with the
// passphrase unless that is empty. Encrypting takes 1 GiB of memory and about
// a second: the price that a thief pays a guess.
func (k SecretKey) MarshalFile(passphrase string) ([]byte, error) {
	if passphrase == "" {
		text, err := k.key.MarshalText()
		if err != nil {
			return nil, err
		}
		return append(text, '\n'), nil
	}
	text, err := minisign.EncryptKey(passphrase, k.key)
	if err != nil {
		return nil, fmt.Errorf("encrypting the key: %w", err)
	}
	return append(text, '\n'), nil
}

// OpenKeyFile reads minisign's secret key file. The passphrase of an
// unprotected file is ignored. Reasons: BadKey, WrongPass.
func OpenKeyFile(b []byte, passphrase string) (SecretKey, error) {
	raw, err := readKeyFile(b)
	if err != nil {
		return SecretKey{}, err
	}
	if !isProtected(raw) {
		return secretFromRaw(raw)
	}
	if passphrase == "" {
		return SecretKey{}, refuse(WrongPass, "key file", "the key is protected by a passphrase")
	}
	key, err := minisign.DecryptKey(passphrase, []byte(base64.StdEncoding.EncodeToString(raw)))
	if err != nil {
		return SecretKey{}, refuse(WrongPass, "key file", "the passphrase does not open the key")
	}
	open, err := key.MarshalText()
	if err != nil {
		return SecretKey{}, refuse(BadKey, "key file", "%w", err)
	}
	return OpenKeyFile(open, "")
}

// KeyFileProtected reports whether a key file needs a passphrase.
func KeyFileProtected(b []byte) (bool, error) {
	raw, err := readKeyFile(b)
	if err != nil {
		return false, err
	}
	return isProtected(raw), nil
}

func isProtected(raw []byte) bool { return string(raw[2:4]) == "Sc" }

// readKeyFile decodes a key file and checks everything outside the secret.
func readKeyFile(b []byte) ([]byte, error) {
	if len(b) > maxKeyFile {
		return nil, refuse(BadKey, "key file", "%d bytes, at most %d are allowed", len(b), maxKeyFile)
	}
	text := strings.ReplaceAll(string(b), "\r\n", "\n")
	comment, line, _ := strings.Cut(strings.TrimSuffix(text, "\n"), "\n")
	if !strings.HasPrefix(comment, "untrusted comment: ") {
		return nil, refuse(BadKey, "key file", "not a secret key file of minisign")
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(line)
	if err != nil || strings.ContainsAny(line, "\r\n") || len(raw) != secretSize {
		return nil, refuse(BadKey, "key file", "not a secret key file of minisign")
	}
	switch {
	case string(raw[:2]) != "Ed" || string(raw[4:6]) != "B2":
		return nil, refuse(BadKey, "key file", "another kind of key than minisign's Ed25519")
	case isProtected(raw):
		ops := binary.LittleEndian.Uint64(raw[38:])
		memory := binary.LittleEndian.Uint64(raw[46:])
		if ops > maxScryptOps || memory > maxScryptMemory {
			return nil, refuse(BadKey, "key file", "opening it would take more memory than minisign ever asks for")
		}
	case string(raw[2:4]) != "\x00\x00":
		return nil, refuse(BadKey, "key file", "protected in a way this version does not know")
	}
	return raw, nil
}
