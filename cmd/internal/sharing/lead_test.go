package sharing

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

func TestReadLead(t *testing.T) {
	made := apptest.Package(t, apptest.Options{Poster: []byte("picture")})
	folder := t.TempDir()
	grove := made.WriteSide(t, folder)
	alone := filepath.Join(t.TempDir(), "alone.grove")
	put(t, string(made.Grove), alone)
	link := pack.Link{ID: made.Package.ID, Peers: []string{"/ip4/127.0.0.1/tcp/1/p2p/x"}, Secret: make([]byte, 32)}
	const page = "https://www.example.org/kit.html"
	for name, c := range map[string]struct {
		text string
		fits func(app.Lead) bool
	}{
		"link":    {" " + link.String() + "\n", func(l app.Lead) bool { return l.Link.String() == link.String() }},
		"page":    {link.Page(page) + "\r\n", func(l app.Lead) bool { return l.Link.String() == link.String() && l.Manifest == "" }},
		"address": {"\thttps://www.example.org/kit.grove", func(l app.Lead) bool { return l.Manifest == "https://www.example.org/kit.grove" }},
		"file": {grove, func(l app.Lead) bool {
			return bytes.Equal(l.Grove, made.Grove) && bytes.Equal(l.Hashes, made.List) && bytes.Equal(l.Poster, made.Poster)
		}},
		"file alone": {alone, func(l app.Lead) bool { return bytes.Equal(l.Grove, made.Grove) && l.Hashes == nil && l.Poster == nil }},
	} {
		if lead, err := ReadLead(c.text); err != nil || !c.fits(lead) {
			t.Errorf("%s: %+v, %v", name, lead, err)
		}
	}
	junk := put(t, "{}", t.TempDir(), "junk.grove")
	large := filepath.Join(t.TempDir(), "large.grove")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, pack.MaxGrove+1); err != nil {
		t.Fatal(err)
	}
	for text, kind := range map[string]app.ProblemKind{
		"": app.NotFound, "hello": app.NotFound, "grove:1/hello": app.BadLink, "grove:2/x": app.NewerFormat,
		page + "#grove:1/x": app.BadLink, junk: app.BadSignature, large: app.BadInput, folder: app.DiskFault,
	} {
		if _, err := ReadLead(text); kindOf(err) != kind {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestIsLink(t *testing.T) {
	link := pack.Link{ID: pack.ID{7}}
	for text, want := range map[string]bool{
		link.String(): true, " " + link.String() + "\n": true, link.Page("https://example.org/"): true,
		"": false, "hello": false, "grove:": false, "https://example.org/": false, "see " + link.String(): false, "/etc/passwd": false,
	} {
		if IsLink(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}
