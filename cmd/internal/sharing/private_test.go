package sharing

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"grove/app"
)

// TestPrivate: only who has the secret finds a private share and gets it, and
// it is another one than the public share of the same files.
func TestPrivate(t *testing.T) {
	t.Parallel()
	folder, data := media(t), t.TempDir()
	a, b := node(t, data), node(t, t.TempDir())
	id, link := share(t, a, Request{Paths: []string{folder}, Private: true})
	if len(link.Secret) != secretSize || bytes.Equal(link.Secret, make([]byte, secretSize)) {
		t.Fatalf("the secret is %x", link.Secret)
	}
	other := slices.Clone(link.Secret)
	other[0]++
	for name, secret := range map[string][]byte{"no secret": nil, "another secret": other} {
		stranger := link
		stranger.Secret = secret
		o, err := offer(t, node(t, t.TempDir()), stranger, 2*time.Second)
		if kindOf(err) != app.NoSource {
			t.Errorf("%s: %+v, %v", name, o, err)
		}
		for _, word := range []string{"film", "untertitel"} {
			if err != nil && strings.Contains(err.Error(), word) {
				t.Errorf("%s: it was told %q", name, err)
			}
		}
	}
	if v := await(t, a, id, app.Seeding); v.Serving != (app.ServeStats{}) {
		t.Errorf("strangers were let in: %+v", v.Serving)
	}
	same(t, folder, get(t, b, link))

	publicID, public := share(t, a, Request{Paths: []string{folder}})
	if publicID == id || public.Secret != nil {
		t.Errorf("public: %s", public)
	}
	await(t, a, id, app.Seeding) // both at once
	same(t, folder, get(t, node(t, t.TempDir()), public))
	if again, l := share(t, a, Request{Paths: []string{folder}, Private: true}); again != id || l.String() != link.String() {
		t.Errorf("again: %s, then %s", link, l)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	a = node(t, data)
	if again, l := share(t, a, Request{Paths: []string{folder}, Private: true}); again != id || !bytes.Equal(l.Secret, link.Secret) || l.ID != link.ID {
		t.Errorf("after a restart: %s, then %s", link, l)
	}
	if again, l := share(t, a, Request{Paths: []string{folder}}); again != publicID || l.ID != public.ID || l.Secret != nil {
		t.Errorf("public after a restart: %s, then %s", public, l)
	}
}

// TestPrivatePassedOn: what was got with a private link and is shared again is
// as private as before, or a package of its own.
func TestPrivatePassedOn(t *testing.T) {
	t.Parallel()
	path := put(t, filler("a", 1000), t.TempDir(), "film.mkv")
	a, b := node(t, t.TempDir()), node(t, t.TempDir())
	_, link := share(t, a, Request{Paths: []string{path}, Private: true})
	got := get(t, b, link)
	_, private := share(t, b, Request{Paths: []string{got}, Private: true})
	if private.ID != link.ID || !bytes.Equal(private.Secret, link.Secret) {
		t.Errorf("%s became %s", link, private)
	}
	same(t, path, get(t, node(t, t.TempDir()), private))
	if _, public := share(t, b, Request{Paths: []string{got}}); public.ID == link.ID || public.Secret != nil {
		t.Errorf("%s became public as %s", link, public)
	}
}
