package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"grove/app/pack"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/shelf"
	"grove/p2p/depot"
)

// startDepot is a depot, open to every key but those that are not allowed,
// until the test ends.
func startDepot(t *testing.T, quota int64, banned ...pack.PublicKey) (base string) {
	t.Helper()
	g, err := boot.Start(t.Context(), boot.Options{Data: t.TempDir(), LocalOnly: true, Listen: []string{"/ip4/127.0.0.1/tcp/0"}})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	s, err := shelf.Open(t.Context(), g, shelf.Config{Folder: filepath.Join(t.TempDir(), "depot"), Base: server.URL + "/", Quota: quota,
		Allow: func(k pack.PublicKey) (int64, bool) {
			for _, b := range banned {
				if k == b {
					return 0, false
				}
			}
			return 0, true
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	h, err := depot.NewHandler(depot.HandlerConfig{Base: server.URL + "/", Shelf: s})
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("/", h)
	mux.Handle("/grove/v1/about", depot.AboutHandler(func() depot.About { return depot.About{Depot: true, Peers: g.Node.Addrs()} }))
	return server.URL + "/"
}
