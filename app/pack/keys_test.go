package pack

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"
)

// TestSmallOrderTable proves the table: under each of its points, one
// signature with S = 0 fits many messages.
func TestSmallOrderTable(t *testing.T) {
	for i, y := range smallOrder {
		for _, sign := range []byte{0, 0x80} {
			key := y
			key[31] |= sign
			fits := 0
			for n := range 40 {
				for _, r := range smallOrder { // R is a small point as well
					for _, rSign := range []byte{0, 0x80} {
						signature := make([]byte, ed25519.SignatureSize)
						copy(signature, r[:])
						signature[31] |= rSign
						if ed25519.Verify(key[:], fmt.Append(nil, n), signature) {
							fits++
						}
					}
				}
			}
			if fits < 10 {
				t.Errorf("point %d, sign %#x: only %d forged signatures fit", i, sign, fits)
			}
		}
	}
}

func TestOrdinaryKeysAreAccepted(t *testing.T) {
	for n := range 200 {
		seed := bytes.Repeat([]byte{byte(n)}, 40)
		k, err := NewKey(bytes.NewReader(seed))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{k.Public().String(), k.Public().linkText()} {
			if got, err := ParsePublicKey(s); err != nil || got != k.Public() {
				t.Errorf("%s: %v", s, err)
			}
		}
	}
}

func TestNewKey(t *testing.T) {
	a, err := NewKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	if a.Public() == b.Public() || a.Public().Fingerprint() == b.Public().Fingerprint() {
		t.Error("two keys are the same")
	}
	fault := errors.New("fault")
	if _, err := NewKey(iotest.ErrReader(fault)); !errors.Is(err, fault) {
		t.Errorf("without random bytes: %v", err)
	}
	if _, err := NewKey(strings.NewReader("short")); err == nil {
		t.Error("a key from five bytes")
	}
}

func TestKeyFileRoundTrip(t *testing.T) {
	k := fixedKey(t, 1)
	file, err := k.MarshalFile("")
	if err != nil {
		t.Fatal(err)
	}
	if protected, err := KeyFileProtected(file); err != nil || protected {
		t.Errorf("protected: %v, %v", protected, err)
	}
	again, err := OpenKeyFile(file, "ignored")
	if err != nil || again.Public() != k.Public() {
		t.Fatalf("%v", err)
	}
	m, _ := fixedManifest(t)
	if !bytes.Equal(mustSign(t, m, k), mustSign(t, m, again)) {
		t.Error("the key that was read signs differently")
	}
}

func TestFingerprint(t *testing.T) {
	k := fixedKey(t, 1).Public()
	const want = "sxxs-6oyq-tthu-ih6n-hrcx" // echo "$KEY" | base64 -d | sha256sum, the first 100 bits
	if got := k.Fingerprint(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestZeroSecretKeySignsNothing(t *testing.T) {
	m, _ := fixedManifest(t)
	m.Publisher = SecretKey{}.Public()
	_, err := Sign(m, SecretKey{})
	wantReason(t, err, BadKey)
}
