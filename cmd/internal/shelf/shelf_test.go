package shelf

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
	"grove/p2p/depot"
)

// TestSenderMayGoOffline: what was pushed is got from the depot alone, from
// its node and from its web server, each by itself.
func TestSenderMayGoOffline(t *testing.T) {
	t.Parallel()
	made := film(t, 1, 5*miB)
	h := newHouse(t, Config{}, made.Key.Public())
	sender, offline := grove(t, t.TempDir(), boot.Options{})
	share(t, sender, made, nil)
	_, s := h.push(sender, made, nil)
	offline()

	place := pack.Place(made.Key.Public(), made.Package.Manifest.Hashes, nil)
	if want := h.conf.Base + "d/" + place + "/"; s.Folder != want || s.Have != made.Package.Size() {
		t.Errorf("%+v, want the folder %s", s, want)
	}
	g, _ := grove(t, t.TempDir(), boot.Options{})
	v := download(t, g, made, app.Lead{Link: pack.Link{ID: made.Package.ID, Peers: s.Peers}, Mode: app.ModePeersOnly})
	if v.Counts.Peers != made.Package.Size() || v.Counts.Origin != 0 {
		t.Errorf("by people: %+v", v.Counts)
	}
	g, _ = grove(t, t.TempDir(), boot.Options{NoPeers: true})
	link := pack.Link{ID: made.Package.ID, Manifests: []string{depot.GroveURL(h.conf.Base, place, made.Package.ID)}}
	v = download(t, g, made, app.Lead{Link: link, Typed: app.Typed{Origins: []string{s.Folder}}})
	if v.Counts.Origin != made.Package.Size() || v.Counts.Peers != 0 {
		t.Errorf("by HTTP: %+v", v.Counts)
	}
	if n := h.shelf.Stats(); n != (Stats{1, 1, made.Package.Size(), made.Package.Size()}) {
		t.Errorf("%+v", n)
	}
	snap, err := h.g.Engine.Next(t.Context(), 0)
	if err != nil || snap.Settings.Giving.Budget != 0 || !snap.Settings.Giving.On || snap.Settings.MaxActive != maxActive {
		t.Errorf("%+v, %v", snap.Settings, err)
	}
}

// TestGoesOnWhereItWas: the depot is stopped in the middle, and again has what
// it had; then the sender is.
func TestGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	made := film(t, 1, 12*miB)
	h := newHouse(t, Config{}, made.Key.Public())
	data := t.TempDir()
	sender, offline := grove(t, data, boot.Options{UploadLimit: 4 * miB})
	id := share(t, sender, made, nil)
	r := request(made, pack.Keep)
	s, err := h.order(r)
	if err != nil || s.State != depot.Fetching {
		t.Fatalf("%+v, %v", s, err)
	}
	leave := h.meet(sender, made, nil, s)
	fetched := func(least int64) {
		t.Helper()
		for late := time.Now().Add(patience); s.Have < least; time.Sleep(10 * time.Millisecond) {
			if s, err = h.order(r); err != nil || time.Now().After(late) {
				t.Fatalf("%+v, %v", s, err)
			}
		}
	}
	fetched(miB)
	leave()
	h.stop()
	if _, err := h.order(r); kindOf(err) != app.SourceBusy {
		t.Errorf("while it is stopped: %v", err)
	}
	h.start()
	s, err = h.order(r)
	if err != nil || s.State != depot.Fetching {
		t.Fatalf("started again: %+v, %v", s, err)
	}
	leave = h.meet(sender, made, nil, s)
	before := s.Have
	fetched(before + miB)
	leave()
	offline()
	sender, _ = grove(t, data, boot.Options{})
	if err := sender.Restore(t.Context()); err != nil {
		t.Fatal(err)
	}
	await(t, sender, id, app.Seeding)
	h.push(sender, made, nil)
	snap, err := h.g.Engine.Next(t.Context(), 0)
	if err != nil || len(snap.Transfers) != 1 {
		t.Fatalf("%+v, %v", snap, err)
	}
	if c := snap.Transfers[0].Counts; c.Peers != made.Package.Size() {
		t.Errorf("%d bytes came for a package of %d", c.Peers+c.Wasted, made.Package.Size())
	}
}

// TestPrivate: without the secret neither the place nor the package is there.
func TestPrivate(t *testing.T) {
	t.Parallel()
	made := film(t, 1, miB)
	h := newHouse(t, Config{}, made.Key.Public())
	sender, offline := grove(t, t.TempDir(), boot.Options{})
	secret := bytes.Repeat([]byte{7}, 32)
	share(t, sender, made, secret)
	_, s := h.push(sender, made, secret)
	offline()
	public := pack.Place(made.Key.Public(), made.Package.Manifest.Hashes, nil)
	if strings.Contains(s.Folder, public) {
		t.Error("it lies at the public place")
	}
	if resp, _ := h.get(s.Folder + "film.mkv"); resp.StatusCode != http.StatusOK || resp.Header.Get("Cache-Control") != "private" {
		t.Errorf("with the secret: %s", resp.Status)
	}
	nothing, page := h.get(h.conf.Base + "d/" + strings.Repeat("a", 32) + "/film.mkv")
	for _, url := range []string{
		depot.FolderURL(h.conf.Base, public) + "film.mkv", depot.GroveURL(h.conf.Base, public, made.Package.ID),
		depot.FolderURL(h.conf.Base, public), s.Folder, s.Folder + "extra", s.Folder + "film", h.conf.Base + "d/", h.conf.Base + "d",
		s.Folder + "../" + made.Package.ID.String() + "/film.mkv", h.conf.Base + "orders/",
	} {
		resp, b := h.get(url)
		if resp.StatusCode != http.StatusNotFound || !bytes.Equal(b, page) {
			t.Errorf("%s: %s %q", url, resp.Status, b)
		}
		resp.Header.Del("Date")
		nothing.Header.Del("Date")
		if len(resp.Header) != len(nothing.Header) {
			t.Errorf("%s: %v, of nothing %v", url, resp.Header, nothing.Header)
		}
	}
	stranger, _ := grove(t, t.TempDir(), boot.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := stranger.Engine.Inspect(ctx, app.Lead{Link: pack.Link{ID: made.Package.ID, Peers: s.Peers}}); err == nil {
		t.Error("a stranger was told about it")
	}
	friend, _ := grove(t, t.TempDir(), boot.Options{})
	download(t, friend, made, app.Lead{Link: pack.Link{ID: made.Package.ID, Peers: s.Peers, Secret: secret}})

	// The same package for everybody is another kind of share.
	r := request(made, pack.Keep)
	r.Order.Until = r.Order.Until.Add(time.Hour) // else it is the same order
	if _, err := h.order(r); kindOf(err) != app.BadPackage || !strings.Contains(err.Error(), "dropped first") {
		t.Errorf("public as well: %v", err)
	}
}

// TestRestartKeepsAll: copies, their ends and their room.
func TestRestartKeepsAll(t *testing.T) {
	t.Parallel()
	made, other := film(t, 1, miB), film(t, 2, 3*miB)
	quota := made.Package.Size() + other.Package.Size() - 1
	h := newHouse(t, Config{Quota: quota}, made.Key.Public(), other.Key.Public())
	sender, _ := grove(t, t.TempDir(), boot.Options{})
	share(t, sender, made, nil)
	r, s := h.push(sender, made, nil)
	_, before := h.get(s.Folder + "film.mkv")
	tag := func() string {
		t.Helper()
		resp, _ := h.get(s.Folder + "film.mkv")
		return resp.Header.Get("ETag")
	}
	was := tag()

	h.stop()
	orphan := filepath.Join(h.conf.Folder, other.Package.ID.String())
	mine := filepath.Join(h.conf.Folder, "my notes")
	for _, folder := range []string{orphan, mine} {
		if err := os.MkdirAll(filepath.Join(folder, "x"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	h.start()
	again := h.until(r, depot.Kept)
	if !again.Until.Equal(s.Until) {
		t.Errorf("until %v, was %v", again.Until, s.Until)
	}
	if _, after := h.get(s.Folder + "film.mkv"); !bytes.Equal(before, after) || tag() != was {
		t.Error("the file is another one")
	}
	if _, err := os.Stat(orphan); err == nil {
		t.Error("a folder that nobody ordered is still there")
	}
	if _, err := os.Stat(mine); err != nil {
		t.Errorf("what is not the depot's: %v", err)
	}
	if _, err := h.order(request(other, pack.Keep)); kindOf(err) != app.NoSpace {
		t.Errorf("the room was forgotten: %v", err)
	}
	// A list of transfers that was lost takes the copies with it.
	h.stop()
	h.data = t.TempDir()
	h.start()
	if left := h.left(); len(left) != 2 {
		t.Errorf("%q", left)
	}
	if s, err := h.order(r); err != nil || s.State != depot.Fetching {
		t.Errorf("ordered again: %+v, %v", s, err)
	}
}
