package pack

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func fullLink(tb testing.TB) Link {
	return Link{
		ID: sha256.Sum256([]byte("x")), Publisher: fixedKey(tb, 1).Public(),
		Manifests: []string{"https://example.org/a.grove?x=1&y=%20", "http://[::1]:8080/b.grove"},
		Peers:     []string{"/ip4/192.0.2.1/tcp/4001", "/dns/example.org/udp/4001/quic-v1"},
		Name:      "Größe = 100 % & „mehr“ +#?/", Secret: bytes.Repeat([]byte{7}, 32),
	}
}

func TestLinkRoundTrip(t *testing.T) {
	full := fullLink(t)
	for _, change := range []func(*Link){
		func(*Link) {},
		func(l *Link) { l.Secret = nil },
		func(l *Link) { l.Publisher, l.Manifests, l.Peers, l.Name = PublicKey{}, nil, nil, "" },
		func(l *Link) { *l = Link{ID: l.ID} },
	} {
		l := full
		change(&l)
		for _, s := range []string{l.String(), l.Page("https://example.org/watch?lang=de"), "\n" + l.String() + " "} {
			got, err := ParseLink(s)
			if err != nil {
				t.Errorf("%s: %v", s, err)
			} else if d := cmp.Diff(l, got); d != "" {
				t.Errorf("%s:\n%s", s, d)
			}
		}
	}
}

// A person sends the common link in a chat: it should be short.
func TestCommonLinkIsShort(t *testing.T) {
	l := fullLink(t)
	l.Manifests, l.Peers, l.Name = []string{"https://cdn.example.org/films/a-film.grove"}, nil, "A film.mkv"
	if n := len(l.String()); n > 300 {
		t.Errorf("%d bytes", n)
	}
}

// The secret must not be where a server or a log sees it.
func TestSecretStaysInTheFragment(t *testing.T) {
	l := fullLink(t)
	for _, s := range []string{l.String(), l.Page("https://example.org/")} {
		before, _, _ := strings.Cut(s, "#")
		if strings.Contains(before, "s=") {
			t.Errorf("before the fragment: %s", before)
		}
	}
	secret := "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"
	for _, s := range []string{"x" + l.String(), l.String() + "x", l.String() + "&n=a",
		"grove:1/#s=" + secret, "grove:1/" + l.ID.String() + "&s=" + secret, "grove:1/" + l.ID.String() + "?" + secret,
		"grove:1/" + l.ID.String() + "?s=" + secret, "grove:9/" + secret, "grove:" + secret, l.Page("ftp://a/"), "#" + secret} {
		_, err := ParseLink(s)
		if err == nil {
			t.Errorf("accepted: %s", s)
		} else if strings.Contains(err.Error(), secret[:32]) {
			t.Errorf("the secret is in the error: %v", err)
		}
	}
}

func TestLinkCheck(t *testing.T) {
	m, _ := fixedManifest(t)
	p, err := Open(mustSign(t, m, fixedKey(t, 1)))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []Link{{ID: p.ID}, {ID: p.ID, Publisher: m.Publisher}} {
		if err := l.Check(p); err != nil {
			t.Error(err)
		}
	}
	for _, l := range []Link{{}, {ID: ID{1}, Publisher: m.Publisher}, {ID: p.ID, Publisher: fixedKey(t, 2).Public()}} {
		wantReason(t, l.Check(p), WrongPackage)
	}
}

func TestIDText(t *testing.T) {
	id := ID(sha256.Sum256([]byte("x")))
	got, err := ParseID(id.String())
	if err != nil || got != id {
		t.Fatal(err)
	}
	if len(id.String()) != 52 || id.Short() != id.String()[:8] {
		t.Errorf("%s, %s", id, id.Short())
	}
	var again struct {
		ID   ID
		Key  PublicKey
		None PublicKey
		Hash Hash
	}
	again.None[0] = 1
	b, err := json.Marshal(struct {
		ID   ID
		Key  PublicKey
		None PublicKey
		Hash Hash
	}{id, fixedKey(t, 1).Public(), PublicKey{}, Hash(id)})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &again); err != nil || again.ID != id || again.Key != fixedKey(t, 1).Public() || again.None != (PublicKey{}) || again.Hash != Hash(id) {
		t.Errorf("%s: %v", b, err)
	}
	if id.HashesName() != id.String()+".hashes" || id.PosterName() != id.String()+".poster" {
		t.Error("side file names")
	}
}
