package main

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"grove/app"
	"grove/app/pack"
)

// onePixel is a PNG.
var onePixel = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU\x00\x00\x00\nIDATx\x9cc\xf8\x0f\x00\x01\x01\x01\x00\x1b\xb6\xeeV\x00\x00\x00\x00IEND\xaeB`\x82")

// media is a folder of a film: two pieces and a bit, a small and an empty file.
func media(t *testing.T) (folder string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "Feature film")
	putFile(t, filler("film", 2*pack.MinPiece+777), folder, "film.mkv")
	putFile(t, filler("subtitles", 1234), folder, "extra", "untertitel & mehr.srt")
	putFile(t, nil, folder, "extra", "empty.txt")
	return folder
}

func TestPublishRoundTrip(t *testing.T) {
	data, folder := withKey(t), media(t)
	site := origin(t, http.FileServer(http.Dir(filepath.Dir(folder))))
	at := site + "Feature%20film/"
	out := filepath.Join(t.TempDir(), "new", "out")
	poster := putFile(t, onePixel, t.TempDir(), "poster.png")
	linkFile := filepath.Join(t.TempDir(), "link")
	args := []string{"publish", folder, "--origin", at, "--out", out, "--poster", poster, "--floor", "20Mbit",
		"--about", "Two lines,\nof text.", "--expires", "90d", "--series", "film", "--seq", "3", "--link-out", linkFile}
	first := groveAt(data, args...).want(t, 0, "Put these 5 files beside the media at "+at)
	link, err := pack.ParseLink(first.out)
	if err != nil {
		t.Fatal(err)
	}
	if len(link.Manifests) != 1 || link.Manifests[0] != at+"Feature%20film.grove" || link.Name != "Feature film" {
		t.Errorf("%+v", link)
	}
	if string(getFile(t, linkFile)) != first.out {
		t.Error("--link-out wrote something else")
	}
	names := []string{"Feature film.grove", "Feature film.html", "Feature film.sha256", link.ID.HashesName(), link.ID.PosterName()}
	slices.Sort(names)
	if got := filesIn(t, out); !slices.Equal(got, names) {
		t.Fatalf("wrote %v", got)
	}

	// The same again is the same package.
	before := getFile(t, filepath.Join(out, "Feature film.grove"))
	if again := groveAt(data, args...).want(t, 0); again.out != first.out {
		t.Errorf("again: %s", again.out)
	}
	if !bytes.Equal(getFile(t, filepath.Join(out, "Feature film.grove")), before) {
		t.Error("the package changed")
	}

	// As a publisher copies them.
	for _, n := range filesIn(t, out) {
		putFile(t, getFile(t, filepath.Join(out, n)), folder, n)
	}
	grove := filepath.Join(folder, "Feature film.grove")
	fetched := groveAt(data, "inspect", "--fetch", strings.TrimSpace(first.out)).want(t, 0)
	if local := groveAt(data, "inspect", grove).want(t, 0); local.out != fetched.out {
		t.Errorf("the link leads to\n%s\nthe file holds\n%s", fetched.out, local.out)
	}
	p, err := readPackage(grove)
	if err != nil {
		t.Fatal(err)
	}
	if m := p.Manifest; m.Floor != 2_500_000 || m.Seq != 3 || m.Expires.Sub(m.Created) != 90*24*time.Hour || p.CheckPoster(onePixel) != nil {
		t.Errorf("%+v", m)
	}
	groveAt(data, "verify", folder, "--package", grove).want(t, 0, "All of")
}

// TestPublishPoster: a picture that is too large is made smaller, and the same
// one gives the same package again.
func TestPublishPoster(t *testing.T) {
	data, folder := withKey(t), media(t)
	out := t.TempDir()
	args := []string{"publish", folder, "--origin", "https://cdn.example.org/", "--out", out, "--poster", putFile(t, photo(t), t.TempDir(), "photo.png")}
	first := groveAt(data, args...).want(t, 0)
	link, err := pack.ParseLink(first.out)
	if err != nil {
		t.Fatal(err)
	}
	if b := getFile(t, filepath.Join(out, link.ID.PosterName())); len(b) > pack.MaxPoster || !bytes.HasPrefix(b, []byte("\xff\xd8")) {
		t.Errorf("the poster has %d bytes: %.9q", len(b), b)
	}
	if again := groveAt(data, args...).want(t, 0); again.out != first.out {
		t.Errorf("again: %s", again.out)
	}
}

// TestPublishAgainLater: the same files and words are the same package a day
// later, and other words are another.
func TestPublishAgainLater(t *testing.T) {
	data, folder := withKey(t), media(t)
	out := t.TempDir()
	publish := func(about string, now time.Time) error {
		tt := silent()
		tt.data = data
		p := &publishing{t: tt, publishFlags: publishFlags{
			origins: []string{"https://cdn.example.org/"}, about: about, expires: "90d", out: out, key: defaultKey,
		}}
		return p.run(context.Background(), []string{folder}, now)
	}
	now := time.Now()
	if err := publish("a film", now); err != nil {
		t.Fatal(err)
	}
	grove := filepath.Join(out, "Feature film.grove")
	before := getFile(t, grove)
	if err := publish("a film", now.AddDate(0, 0, 1)); err != nil {
		t.Fatal(err)
	}
	if err := publish("another film", now.AddDate(0, 0, 1)); kindOf(err) != app.TargetExists {
		t.Fatalf("another package over this one: %v", err)
	}
	if !bytes.Equal(getFile(t, grove), before) || len(filesIn(t, out)) != 4 {
		t.Fatalf("the package changed: %v", filesIn(t, out))
	}
}

// TestPublishedCanBeCheckedWithoutGrove runs the commands on the landing page.
func TestPublishedCanBeCheckedWithoutGrove(t *testing.T) {
	program(t, "minisign")
	data, folder := withKey(t), media(t)
	groveAt(data, "publish", folder, "--origin", "https://cdn.example.org/film/", "--out", filepath.Dir(folder)).want(t, 0)
	for _, n := range filesIn(t, filepath.Dir(folder)) {
		if n != "Feature film" {
			putFile(t, getFile(t, filepath.Join(filepath.Dir(folder), n)), folder, n)
		}
	}
	page := string(getFile(t, filepath.Join(folder, "Feature film.html")))
	for _, commands := range codeBlocks(page) {
		shell(t, folder, "set -e\n"+commands, "")
	}
	putFile(t, filler("other", 2*pack.MinPiece+777), folder, "film.mkv")
	if out := shell(t, folder, codeBlocks(page)[0]+" 2>&1 || true", ""); !strings.Contains(out, "film.mkv: FAILED") {
		t.Errorf("an altered file passed: %s", out)
	}
}

func TestPublishCheck(t *testing.T) {
	data, folder := withKey(t), media(t)
	out := t.TempDir()
	files := http.FileServer(http.Dir(folder))
	good := origin(t, files)
	stale := origin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Unix(1e9, 0), bytes.NewReader(filler("other", 2*pack.MinPiece+777)))
	}))
	plain := origin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Range")
		files.ServeHTTP(w, r)
	}))
	film := filepath.Join(folder, "film.mkv")
	check := func(o string) outcome {
		return groveAt(data, "publish", film, "--origin", o, "--out", out, "--check", "--overwrite")
	}
	check(good).want(t, 0, "ranges", "validator", "are what was signed")
	check(stale+"film.mkv").want(t, 32, "are not what was signed")
	check(plain).want(t, 6, "ranges", "bad")
	lines := jsonLines(t, groveAt(data, "publish", film, "--origin", good, "--out", out, "--check", "--overwrite", "--json").want(t, 0).out)
	if lines[0]["event"] != "published" || len(lines) < 4 || lines[1]["event"] != "checked" || lines[1]["grade"] != "good" {
		t.Errorf("%v", lines)
	}
}

func TestPublishKeepsWhatIsThere(t *testing.T) {
	data, folder := withKey(t), media(t)
	out := t.TempDir()
	film := filepath.Join(folder, "film.mkv")
	taken := putFile(t, []byte("mine"), out, "film.mkv.html")
	args := []string{"publish", film, "--origin", "https://cdn.example.org/", "--out", out}
	groveAt(data, args...).want(t, 13, "film.mkv.html", "--overwrite")
	if got := filesIn(t, out); len(got) != 1 || string(getFile(t, taken)) != "mine" {
		t.Errorf("%v", got)
	}
	groveAt(data, append(args, "--overwrite")...).want(t, 0)
	if string(getFile(t, taken)) == "mine" {
		t.Error("--overwrite did nothing")
	}
	// Not even then over the media itself.
	before := getFile(t, film)
	clash := putFile(t, before, folder, "film.mkv.sha256")
	groveAt(data, "publish", film, clash, "--name", "film.mkv", "--origin", "https://cdn.example.org/", "--out", folder, "--overwrite").
		want(t, 2, "one of the files to publish")
	if !bytes.Equal(getFile(t, clash), before) {
		t.Error("media was written over")
	}
}

func TestPublishBadInput(t *testing.T) {
	data, folder := withKey(t), media(t)
	film := filepath.Join(folder, "film.mkv")
	const cdn = "https://cdn.example.org/"
	bad := t.TempDir()
	putFile(t, nil, bad, "nested", "what?.txt")
	text := putFile(t, []byte("text"), t.TempDir(), "poster.png")
	large := putFile(t, append([]byte("GIF89a"), make([]byte, pack.MaxPoster)...), t.TempDir(), "poster.gif")
	for _, c := range []struct {
		args []string
		code int
		word string
	}{
		{[]string{film}, 2, "--origin"},
		{[]string{"--origin", cdn}, 2, "arg"},
		{[]string{filepath.Join(folder, "nothing.mkv"), "--origin", cdn}, 3, "nothing.mkv"},
		{[]string{t.TempDir(), "--origin", cdn}, 2, "no file in"},
		{[]string{film, "--origin", "https://cdn.example.org"}, 2, "no path, not even /"},
		{[]string{folder, "--origin", "https://cdn.example.org/film"}, 2, "a folder ends in /"},
		{[]string{film, "--origin", "ftp://cdn.example.org/"}, 2, "only http and https"},
		{[]string{film, "--origin", "https://me:secret@cdn.example.org/"}, 2, "user name"},
		{[]string{film, "--origin", cdn, "--floor", "fast"}, 2, "is not a rate"},
		{[]string{film, "--origin", cdn, "--floor", "0"}, 2, "at least one byte"},
		{[]string{film, "--origin", cdn, "--expires", "2020-01-31"}, 2, "in the past"},
		{[]string{film, "--origin", cdn, "--expires", "-3d"}, 2, "in the past"},
		{[]string{film, "--origin", cdn, "--expires", "soon"}, 2, "no date"},
		{[]string{film, "--origin", cdn, "--expires", "999999999d"}, 2, "no date"},
		{[]string{film, "--origin", cdn, "--expires", "2999-01-01"}, 2, "ten years"},
		{[]string{film, "--origin", cdn, "--series", "Film!", "--seq", "1"}, 2, "series"},
		{[]string{film, "--origin", cdn, "--series", "film"}, 2, "seq"},
		{[]string{film, "--origin", cdn, "--name", "a\x1b[2Jb"}, 2, "control"},
		{[]string{film, "--origin", cdn, "--tracker", "udp://t.example.org"}, 2, "trackers"},
		{[]string{film, "--origin", cdn, "--relay", "relay.example.org:4001"}, 2, "not the address of a peer"},
		{[]string{film, "--origin", cdn, "--poster", text}, 2, "not a picture"},
		{[]string{film, "--origin", cdn, "--poster", large}, 2, "larger than 64 KiB"},
		{[]string{film, "--origin", cdn, "--manifest-url", cdn}, 2, "--manifest-url"},
		{[]string{film, "--origin", cdn, "--key", "other"}, 3, "grove keys new"},
		{[]string{bad, "--origin", cdn}, 33, "what?.txt"},
		{[]string{film, filepath.Join(folder, "extra"), "--origin", cdn}, 2, "--name"},
		{[]string{folder, "--origin", cdn, "--out", filepath.Join(folder, "extra")}, 2, "lies in the package itself"},
		{[]string{film, "--origin", cdn, "--out", film}, 2, "not a folder"},
	} {
		out := t.TempDir()
		o := groveAt(data, append([]string{"publish", "--out", out}, c.args...)...).want(t, c.code, c.word)
		if o.out != "" {
			t.Errorf("%v printed %s", c.args, o.out)
		}
		if strings.Contains(o.errs, "\x1b") {
			t.Errorf("%v printed a control code: %q", c.args, o.errs)
		}
		if got := filesIn(t, out); len(got) > 0 {
			t.Errorf("%v wrote %v", c.args, got)
		}
	}
}

func TestPublishToAReadOnlyFolder(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("nothing is read-only for root")
	}
	data, folder := withKey(t), media(t)
	out := t.TempDir()
	if err := os.Chmod(out, 0o500); err != nil {
		t.Fatal(err)
	}
	groveAt(data, "publish", folder, "--origin", "https://cdn.example.org/", "--out", out).want(t, 17, "may not write")
}

func TestParseExpiry(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for s, want := range map[string]string{
		"2027-01-31":                "2027-01-31T23:59:59Z",
		"2027-01-31T10:00:00+02:00": "2027-01-31T08:00:00Z",
		"90d":                       "2027-02-20T12:00:00Z",
		"2w":                        "2026-12-06T12:00:00Z",
		"36h":                       "2026-11-24T00:00:00Z",
	} {
		got, err := parseExpiry(s, now)
		if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%s: %v %v", s, got, err)
		}
	}
}
