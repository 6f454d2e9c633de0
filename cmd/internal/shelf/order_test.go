package shelf

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
	"grove/cmd/internal/boot"
	"grove/p2p/depot"
)

// TestDropAndReplay: what was dropped is gone, and no older order brings it
// back.
func TestDropAndReplay(t *testing.T) {
	t.Parallel()
	made := film(t, 1, miB)
	h := newHouse(t, Config{}, made.Key.Public())
	sender, _ := grove(t, t.TempDir(), boot.Options{})
	share(t, sender, made, nil)
	keep, s := h.push(sender, made, nil)
	for range 2 { // also the order that was acted on already
		if s, err := h.order(request(made, pack.Drop)); err != nil || s.State != depot.Dropped {
			t.Fatalf("%+v, %v", s, err)
		}
	}
	if resp, _ := h.get(s.Folder + "film.mkv"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("it is still given: %s", resp.Status)
	}
	if left := h.left(); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	snap, err := h.g.Engine.Next(t.Context(), 0)
	if err != nil || len(snap.Transfers) > 0 {
		t.Errorf("%+v, %v", snap.Transfers, err)
	}
	// The old order, byte for byte, from somebody who overheard it: also after
	// a restart.
	o := keep.Order
	o.Depot, o.At = h.conf.Base, h.clock.now().Add(-time.Minute)
	old, err := pack.SignOrder(o, made.Key)
	if err != nil {
		t.Fatal(err)
	}
	replay := func(what string) {
		t.Helper()
		signed := 0
		r := request(made, pack.Keep)
		r.Sign = signer(made.Key)
		sign := r.Sign
		r.Sign = func(ctx context.Context, o pack.Order) ([]byte, error) {
			if signed++; signed > 1 {
				return sign(ctx, o)
			}
			return old, nil
		}
		if s, err := h.order(r); err != nil || signed < 2 {
			t.Errorf("%s: taken as it was: %+v, %v", what, s, err)
		}
		if s, err := h.order(request(made, pack.Drop)); err != nil || s.State != depot.Dropped {
			t.Fatalf("%+v, %v", s, err)
		}
	}
	replay("at once")
	h.stop()
	h.start()
	replay("after a restart")

	// Once nobody could use it again it is forgotten.
	h.pass(3 * depot.Window)
	for late := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		left, err := os.ReadDir(filepath.Join(h.conf.Folder, ordersFolder))
		if err != nil || time.Now().After(late) {
			t.Fatalf("still remembered: %v, %v", left, err)
		}
		if len(left) == 0 {
			break
		}
	}
	if s, err := h.order(request(made, pack.Drop)); err != nil || s.State != depot.Dropped {
		t.Errorf("of what was never there: %+v, %v", s, err)
	}
}

// TestWhoMayOrder: another publisher's package is not his to keep or drop.
func TestWhoMayOrder(t *testing.T) {
	t.Parallel()
	made, other, stranger := film(t, 1, miB), film(t, 2, miB), film(t, 3, miB)
	h := newHouse(t, Config{}, made.Key.Public(), other.Key.Public())
	sender, _ := grove(t, t.TempDir(), boot.Options{})
	share(t, sender, made, nil)
	_, s := h.push(sender, made, nil)

	if _, err := h.order(request(stranger, pack.Keep)); kindOf(err) != app.BadInput || !strings.Contains(err.Error(), stranger.Key.Public().Fingerprint()) {
		t.Errorf("a key that is not allowed: %v", err)
	}
	r := request(made, pack.Drop)
	r.Order.Publisher, r.Sign = other.Key.Public(), signer(other.Key)
	if _, err := h.order(r); kindOf(err) != app.BadInput || !strings.Contains(err.Error(), "takes no packages of the key") {
		t.Errorf("dropped by another publisher: %v", err)
	}
	r = request(made, pack.Keep)
	r.Order.Publisher, r.Sign = other.Key.Public(), signer(other.Key)
	if _, err := h.order(r); kindOf(err) != app.BadInput {
		t.Errorf("kept by another publisher: %v", err)
	}
	r = request(other, pack.Keep)
	r.Order.Package = stranger.Package.ID
	if _, err := h.order(r); kindOf(err) != app.BadPackage {
		t.Errorf("an order for another package: %v", err)
	}
	if resp, _ := h.get(s.Folder + "film.mkv"); resp.StatusCode != http.StatusOK {
		t.Errorf("the copy is gone: %s", resp.Status)
	}
}

// TestRoom: quotas count whole packages from the moment they are taken in, and
// say how much is left.
func TestRoom(t *testing.T) {
	t.Parallel()
	small, large := film(t, 1, miB), film(t, 1, 2*miB)
	size := func(n ...int64) (sum int64) {
		for _, b := range n {
			sum += b + 1234
		}
		return sum
	}
	other := film(t, 2, miB)
	h := newHouse(t, Config{Quota: size(miB, 2*miB), Allow: func(k pack.PublicKey) (int64, bool) {
		return map[pack.PublicKey]int64{small.Key.Public(): size(2 * miB)}[k], true
	}})
	if s, err := h.order(request(small, pack.Keep)); err != nil || s.State != depot.Fetching || s.Size != size(miB) {
		t.Fatalf("%+v, %v", s, err)
	}
	if s, err := h.order(request(small, pack.Keep)); err != nil || s.State != depot.Fetching {
		t.Fatalf("again: %+v, %v", s, err) // it does not count twice
	}
	if _, err := h.order(request(large, pack.Keep)); kindOf(err) != app.NoSpace || !strings.Contains(err.Error(), "it has 2.1 MB, and 1.0 MB are left") {
		t.Errorf("over the key's quota: %v", err)
	}
	if _, err := h.order(request(other, pack.Keep)); err != nil {
		t.Errorf("another key: %v", err)
	}
	if _, err := h.order(request(film(t, 3, miB), pack.Keep)); kindOf(err) != app.NoSpace {
		t.Errorf("over the quota of all: %v", err)
	}
	if _, err := h.order(request(small, pack.Drop)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.order(request(film(t, 3, miB), pack.Keep)); err != nil {
		t.Errorf("where there is room again: %v", err)
	}
}

// TestNothingToFetch: a package of one empty file is complete at once.
func TestNothingToFetch(t *testing.T) {
	t.Parallel()
	made := apptest.Package(t, apptest.Options{Sizes: map[string]int64{"empty.txt": 0}})
	h := newHouse(t, Config{}, made.Key.Public())
	r := request(made, pack.Keep)
	if s := h.until(r, depot.Kept); s.Size != 0 {
		t.Errorf("%+v", s)
	} else if resp, b := h.get(s.Folder + "empty.txt"); resp.StatusCode != http.StatusOK || len(b) > 0 {
		t.Errorf("%s, %q", resp.Status, b)
	}
}

// TestTime: a copy ends when it was to, the depot's longest time or the
// package's own end is over; a newer order changes it.
func TestTime(t *testing.T) {
	t.Parallel()
	made := film(t, 1, miB)
	h := newHouse(t, Config{KeepMost: 10 * 24 * time.Hour}, made.Key.Public())
	sender, _ := grove(t, t.TempDir(), boot.Options{})
	share(t, sender, made, nil)
	r, s := h.push(sender, made, nil)
	if d := time.Until(s.Until); d > h.conf.KeepMost || d < h.conf.KeepMost-time.Minute {
		t.Errorf("kept for %v, at most %v were agreed", d, h.conf.KeepMost)
	}
	short := request(made, pack.Keep)
	short.Order.Until = time.Now().Add(time.Hour)
	s, err := h.order(short)
	if err != nil || s.State != depot.Kept || time.Until(s.Until) > time.Hour {
		t.Errorf("shortened: %+v, %v", s, err)
	}
	h.pass(59 * time.Minute)
	if s, err = h.order(short); err != nil || s.State != depot.Kept {
		t.Errorf("before its time is over: %+v, %v", s, err)
	}
	h.pass(2 * time.Minute)
	for late := time.Now().Add(patience); len(h.left()) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("left: %q", h.left())
		}
	}
	if resp, _ := h.get(s.Folder + "film.mkv"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("its time is over: %s", resp.Status)
	}
	// The first order again is too old, and what replaces it a new one.
	if s, err := h.order(r); err != nil || s.State != depot.Fetching {
		t.Errorf("ordered again: %+v, %v", s, err)
	}
	over := request(made, pack.Keep)
	over.Order.Until = time.Now().Add(time.Minute) // of a clock that is behind
	if _, err := h.order(over); kindOf(err) != app.BadInput || !strings.Contains(err.Error(), "whose time is over") {
		t.Errorf("an order whose time is over: %v", err)
	}
}

// TestChangedOnDisk: a file that is not what was signed any more is not given,
// neither from its beginning nor to its end; a new order brings it back.
func TestChangedOnDisk(t *testing.T) {
	t.Parallel()
	made := film(t, 1, 3*miB)
	h := newHouse(t, Config{}, made.Key.Public())
	sender, _ := grove(t, t.TempDir(), boot.Options{})
	share(t, sender, made, nil)
	r, s := h.push(sender, made, nil)
	resp, _ := h.get(s.Folder + "film.mkv")
	tag := resp.Header.Get("ETag")

	path := filepath.Join(h.conf.Folder, made.Package.ID.String(), "A film", "film.mkv")
	open, err := h.shelf.Open(strings.Split(s.Folder, "/")[4], "film.mkv")
	if err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 1000)
	if _, err := open.Read(buffer); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, make([]byte, 3*miB), 0o600); err != nil {
		t.Fatal(err)
	}
	time.Sleep(checkEvery)
	if n, err := open.Read(buffer); err == nil {
		t.Errorf("%d bytes of another file were read", n)
	}
	if err := open.Close(); err != nil {
		t.Fatal(err)
	}
	resp, _ = h.get(s.Folder+"film.mkv", "Range", "bytes=0-9", "If-Range", tag)
	if resp.StatusCode != http.StatusNotFound || resp.Header.Get("ETag") != "" {
		t.Errorf("%s with the tag %s", resp.Status, resp.Header.Get("ETag"))
	}
	if s := h.until(r, depot.Failed); !strings.Contains(s.Why, "changed") || strings.Contains(s.Why, h.conf.Folder) {
		t.Errorf("%+v", s)
	}
	r, s = h.push(sender, made, nil)
	if resp, b := h.get(s.Folder + "film.mkv"); resp.Header.Get("ETag") != tag || len(b) != 3*miB || b[0] != made.Content[2][0] && b[0] != made.Content[0][0] {
		t.Errorf("pushed again: %s", resp.Status)
	}
	// Another file in its place is another one, however much it looks like it.
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	twin := filepath.Join(t.TempDir(), "twin")
	if err := errors.Join(os.WriteFile(twin, make([]byte, 3*miB), 0o600), os.Chtimes(twin, time.Time{}, info.ModTime()), os.Rename(path, path+".away"), os.Rename(twin, path)); err != nil {
		t.Fatal(err)
	}
	if resp, _ := h.get(s.Folder + "film.mkv"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("a twin: %s", resp.Status)
	}
	h.until(r, depot.Failed)
	_, s = h.push(sender, made, nil)
	// One that was only touched is the same file.
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	for late := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		resp, _ := h.get(s.Folder + "film.mkv")
		if resp.StatusCode == http.StatusOK && resp.Header.Get("ETag") == tag {
			break
		}
		if time.Now().After(late) {
			t.Fatalf("a touched file stays away: %s", resp.Status)
		}
	}
}

// TestTwoAtOnePlace: the same files under another title are another package,
// and lie at the same place.
func TestTwoAtOnePlace(t *testing.T) {
	t.Parallel()
	one := film(t, 1, miB)
	m := one.Package.Manifest
	m.Name, m.Created = "Another title", m.Created.Add(time.Hour)
	grove2, err := pack.Sign(m, one.Key)
	if err != nil {
		t.Fatal(err)
	}
	two := *one
	two.Grove = grove2
	if two.Package, err = pack.Open(grove2); err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, Config{}, one.Key.Public())
	sender, _ := grove(t, t.TempDir(), boot.Options{})
	share(t, sender, one, nil)
	share(t, sender, &two, nil)
	_, a := h.push(sender, one, nil)
	_, b := h.push(sender, &two, nil)
	if a.Folder != b.Folder {
		t.Fatalf("%s, %s", a.Folder, b.Folder)
	}
	names := func(want ...string) {
		t.Helper()
		for _, name := range []string{"film.mkv", one.Package.ID.String() + ".grove", two.Package.ID.String() + ".grove",
			one.Package.ID.HashesName(), two.Package.ID.HashesName(), "A%20film.grove", "Another%20title.grove"} {
			resp, _ := h.get(a.Folder + name)
			there := false
			for _, w := range want {
				there = there || w == name
			}
			if there != (resp.StatusCode == http.StatusOK) {
				t.Errorf("%s: %s", name, resp.Status)
			}
		}
	}
	id := one.Package.ID
	names("film.mkv", id.String()+".grove", two.Package.ID.String()+".grove", id.HashesName(), two.Package.ID.HashesName(), "A%20film.grove", "Another%20title.grove")
	if _, err := h.order(request(&two, pack.Drop)); err != nil {
		t.Fatal(err)
	}
	names("film.mkv", id.String()+".grove", id.HashesName(), "A%20film.grove")
}
