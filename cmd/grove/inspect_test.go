package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"grove/app/pack"
)

func TestInspect(t *testing.T) {
	data, _, grove := publishedMedia(t)
	p, err := readPackage(grove)
	if err != nil {
		t.Fatal(err)
	}
	o := groveAt(data, "inspect", grove).want(t, 0)
	for _, w := range []string{p.ID.String(), p.Publisher().String(), p.Publisher().Fingerprint(), "https://cdn.example.org/film/",
		"in 3 files", "extra/untertitel & mehr.srt", p.Manifest.Files[2].SHA256.String(), p.Manifest.Hashes.String()} {
		if !strings.Contains(o.out, w) {
			t.Errorf("lacks %s:\n%s", w, o.out)
		}
	}
	line := jsonLines(t, groveAt(data, "inspect", grove, "--json").want(t, 0).out)[0]
	files, _ := line["files"].([]any)
	if line["package"] != p.ID.String() || line["expired"] != false || len(files) != 3 || files[2].(map[string]any)["pieces"] != 3.0 {
		t.Errorf("%v", line)
	}
}

func TestInspectLink(t *testing.T) {
	data := t.TempDir()
	link := pack.Link{
		ID: pack.ID{7}, Name: "a film", Secret: []byte(strings.Repeat("s", 32)),
		Manifests: []string{"https://cdn.example.org/a.grove"}, Peers: []string{"/ip4/192.0.2.1/tcp/1/p2p/x"},
	}
	for _, s := range []string{link.String(), link.Page("https://cdn.example.org/a.html")} {
		o := groveAt(data, "inspect", s).want(t, 0)
		for _, w := range []string{link.ID.String(), "a film", "not signed", "https://cdn.example.org/a.grove", "/ip4/192.0.2.1", "private"} {
			if !strings.Contains(o.out, w) {
				t.Errorf("lacks %s:\n%s", w, o.out)
			}
		}
		j := groveAt(data, "inspect", s, "--json").want(t, 0)
		if line := jsonLines(t, j.out)[0]; line["event"] != "link" || line["private"] != true {
			t.Errorf("%v", line)
		}
		if strings.Contains(o.out+j.out, "c3Nz") {
			t.Errorf("the secret is shown:\n%s%s", o.out, j.out)
		}
	}
}

func TestInspectBareLink(t *testing.T) {
	link := pack.Link{ID: pack.ID{7}}
	if o := groveAt(t.TempDir(), "inspect", link.String()).want(t, 0); !strings.Contains(o.out, link.ID.String()) {
		t.Errorf("%s", o.out)
	}
}

func TestInspectBadInput(t *testing.T) {
	data, _, grove := publishedMedia(t)
	site := origin(t, http.FileServer(http.Dir(filepath.Dir(grove))))
	other := pack.Link{ID: pack.ID{7}, Manifests: []string{site + "Feature%20film.grove"}}.String()
	gone := pack.Link{ID: pack.ID{7}, Manifests: []string{site + "gone.grove"}}.String()
	for _, c := range []struct {
		args []string
		code int
		word string
	}{
		{[]string{"grove:1/abc"}, 2, "not a Grove link"},
		{[]string{"grove:2/" + strings.Repeat("a", 52)}, 2, "newer"},
		{[]string{"https://cdn.example.org/a.grove"}, 2, "--fetch"},
		{[]string{filepath.Join(data, "nothing.grove")}, 3, "nothing.grove"},
		{[]string{filepath.Join(data, "keys", "publisher.key")}, 33, "signature"},
		{[]string{other, "--fetch"}, 33, "not what was asked for"},
		{[]string{gone, "--fetch"}, 3, "404"},
		{[]string{pack.Link{ID: pack.ID{7}}.String(), "--fetch"}, 6, "no web address"},
		{[]string{"https://cdn.example.org/a.grove", "--fetch"}, 34, "local-only"},
	} {
		groveAt(data, append([]string{"inspect"}, c.args...)...).want(t, c.code, c.word)
	}
	if o := groveAt(data, "inspect", "--fetch", site+"Feature%20film.grove").want(t, 0); !strings.Contains(o.out, "Feature film") {
		t.Errorf("%s", o.out)
	}
}
