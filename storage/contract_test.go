package storage

import (
	"testing"

	"grove/app"
	"grove/app/apptest/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) app.Store { return openStore(t, t.TempDir(), Options{}) })
}

// openStore opens a store and closes it with the test.
func openStore(t testing.TB, dir string, opts Options) *Store {
	t.Helper()
	s, err := Open(dir, opts)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}
