package storage

import (
	"bytes"
	"testing"

	"github.com/google/uuid"

	"grove/app"
)

// FuzzSaved feeds the decoders of what is read back from disk: they refuse or
// return what encodes to the same bytes, and never panic.
func FuzzSaved(f *testing.F) {
	have := app.NewBitmap(11)
	have.Set(10)
	good := savedBitmap{number: 7, have: have}.encode()
	id := uuid.UUID{1}
	f.Add(good, 11)
	f.Add(seal(id[:], good), 11)
	f.Add(seal(id[:], []byte(`{"id":"01000000-0000-0000-0000-000000000000"}`)), 0)
	f.Fuzz(func(t *testing.T, b []byte, pieces int) {
		if pieces >= 0 && pieces < 1<<20 {
			if m, err := decodeBitmap(b, pieces); err == nil && !bytes.Equal(m.encode(), b) {
				t.Errorf("%x reads as another bitmap", b)
			}
		}
		if payload, err := unseal(id[:], b); err == nil && !bytes.Equal(seal(id[:], payload), b) {
			t.Errorf("%x reads as another value", b)
		}
		if rec, err := decodeRecord(id[:], b); err == nil && rec.ID != id {
			t.Errorf("%x reads as another transfer's", b)
		}
	})
}
