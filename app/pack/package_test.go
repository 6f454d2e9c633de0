package pack

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"testing"
	"time"
)

func TestSignAndOpen(t *testing.T) {
	m, b := fixedManifest(t)
	// What callers have at hand: local time with fractions.
	m.Created = fixedTime.Add(999 * time.Millisecond).In(time.FixedZone("x", 3600))
	m.Expires = m.Created.AddDate(1, 0, 0)
	grove := mustSign(t, m, fixedKey(t, 1))
	p, err := Open(grove)
	if err != nil {
		t.Fatal(err)
	}
	switch body := grove[bytes.IndexByte(grove, '{'):]; {
	case p.ID != sha256.Sum256(body):
		t.Error("the ID is not the hash of the manifest")
	case p.Publisher() != m.Publisher:
		t.Error("another publisher")
	case p.Size() != MinPiece+1000+1234 || p.Layout.Pieces() != 3 || p.Layout.Files() != 3:
		t.Errorf("%d bytes, %d pieces, %d files", p.Size(), p.Layout.Pieces(), p.Layout.Files())
	case !p.Manifest.Created.Equal(fixedTime) || p.Manifest.Type != manifestType || p.Manifest.V != 1:
		t.Errorf("%+v", p.Manifest)
	case p.Manifest.Files[1].Name() != "extra/subtitles.srt":
		t.Errorf("name %s", p.Manifest.Files[1].Name())
	}
	if _, err := p.CheckHashes(b.List()); err != nil {
		t.Error(err)
	}
	for _, at := range []struct {
		time time.Time
		want bool
	}{{fixedTime, false}, {p.Manifest.Expires.Add(-time.Second), false}, {p.Manifest.Expires, true}} {
		if p.Expired(at.time) != at.want {
			t.Errorf("expired at %v: %v", at.time, !at.want)
		}
	}
	// The caller's buffer stays the caller's.
	clear(grove)
	if _, err := Open(p.Bytes()); err != nil {
		t.Error(err)
	}
}

// TestEveryBitCounts changes each bit of a package: none may go unnoticed,
// but in the untrusted comment.
func TestEveryBitCounts(t *testing.T) {
	m, _ := fixedManifest(t)
	m.Files, m.About = m.Files[:1], ""
	grove := mustSign(t, m, fixedKey(t, 1))
	free := bytes.IndexByte(grove, '\n')
	for i := range grove {
		for bit := range 8 {
			if i >= len(untrusted) && i < free {
				continue
			}
			grove[i] ^= 1 << bit
			if _, err := Open(grove); err == nil {
				t.Errorf("byte %d, bit %d: accepted", i, bit)
			}
			grove[i] ^= 1 << bit
		}
	}
	for n := range grove {
		if _, err := Open(grove[:n]); err == nil {
			t.Errorf("accepted when cut to %d bytes", n)
		}
	}
}

func TestSignRefuses(t *testing.T) {
	key := fixedKey(t, 1)
	for name, c := range map[string]struct {
		want   Reason
		change func(*Manifest)
	}{
		"other key":   {BadKey, func(m *Manifest) { m.Publisher = fixedKey(t, 2).Public() }},
		"sealed":      {NewerPackage, func(m *Manifest) { m.Sealed = "x" }},
		"bad UTF-8":   {BadManifest, func(m *Manifest) { m.Name = "\xff" }},
		"no name":     {BadManifest, func(m *Manifest) { m.Name = "" }},
		"bad path":    {BadName, func(m *Manifest) { m.Files[0].Path = []string{"a\xff"} }},
		"no path":     {BadName, func(m *Manifest) { m.Files[0].Path = nil }},
		"year 10000":  {BadManifest, func(m *Manifest) { m.Created = m.Created.AddDate(9000, 0, 0) }},
		"bad origin":  {BadManifest, func(m *Manifest) { m.Origins = []string{"x"} }},
		"no creation": {BadManifest, func(m *Manifest) { m.Created = time.Time{} }},
	} {
		t.Run(name, func(t *testing.T) {
			m, _ := fixedManifest(t)
			c.change(&m)
			_, err := Sign(m, key)
			wantReason(t, err, c.want)
		})
	}
}

func TestFileURL(t *testing.T) {
	m, _ := fixedManifest(t)
	m.Files[0].Path = []string{"Bücher & mehr", "100% +#.txt"}
	many, err := Open(mustSign(t, m, fixedKey(t, 1)))
	if err != nil {
		t.Fatal(err)
	}
	oneFile(&m, "film.mkv")
	one, err := Open(mustSign(t, m, fixedKey(t, 1)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		p            *Package
		origin, want string
	}{
		{many, "https://cdn.example.org/x/", "https://cdn.example.org/x/B%C3%BCcher%20%26%20mehr/100%25%20%2B%23.txt"},
		{many, "https://cdn.example.org/x", ""},
		{many, "https://cdn.example.org/x/?a", ""},
		{many, "ftp://cdn.example.org/x/", ""},
		{one, "http://127.0.0.1:8080/", "http://127.0.0.1:8080/film.mkv"},
		{one, "https://cdn.example.org/other.mkv?t=/", "https://cdn.example.org/other.mkv?t=/"},
	} {
		got, err := c.p.FileURL(c.origin, 0)
		if c.want == "" {
			wantReason(t, err, BadManifest)
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%s: %s, %v, want %s", c.origin, got, err, c.want)
		}
	}
	for _, f := range []int{-1, 1} {
		_, err := one.FileURL("http://127.0.0.1:8080/", f)
		wantReason(t, err, BadManifest)
	}
}

func TestPosterLimit(t *testing.T) {
	for n, ok := range map[int]bool{0: true, MaxPoster: true, MaxPoster + 1: false} {
		m, _ := fixedManifest(t)
		m.Poster = sha256.Sum256(make([]byte, n))
		p, err := Open(mustSign(t, m, fixedKey(t, 1)))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.CheckPoster(make([]byte, n)); (err == nil) != ok {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestBuild(t *testing.T) {
	b := NewBuild(MinPiece)
	wantReason(t, b.Add([]string{".."}, Hash{}, nil, 0), BadName)
	wantReason(t, b.Add([]string{"a"}, Hash{}, make([]byte, 31), 1), BadHashes)
	wantReason(t, b.Add([]string{"a"}, Hash{}, make([]byte, 32), MinPiece+1), BadHashes)
	if len(b.List()) != 0 {
		t.Error("a refused file left hashes behind")
	}
	path := []string{"a"}
	if err := b.Add(path, Hash{1}, make([]byte, 64), MinPiece+1); err != nil {
		t.Fatal(err)
	}
	path[0] = "changed later"
	var m Manifest
	b.Fill(&m)
	if m.Piece != MinPiece || len(m.Files) != 1 || m.Files[0].Name() != "a" || m.Hashes != sha256.Sum256(make([]byte, 64)) {
		t.Errorf("%+v", m)
	}
}

func TestReasonsHaveText(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Reasons() {
		text := r.text()
		if text == string(r) || seen[text] {
			t.Errorf("%s has no text of its own", r)
		}
		seen[text] = true
	}
	cause := errors.New("cause")
	if err := refuse(BadKey, "x", "%w", cause); !errors.Is(err, cause) || err.Error() != "not a usable key: x: cause" {
		t.Errorf("%v", err)
	}
}
