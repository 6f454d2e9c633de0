package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grove/app/pack"
	"grove/cmd/internal/keyring"
)

// published is a folder with a film of size bytes and its .grove file, signed
// by the key of data.
func publishedFilm(t *testing.T, data string, size int) (folder, groveFile string) {
	t.Helper()
	folder = t.TempDir()
	putFile(t, filler("film", size), folder, "film.mkv")
	groveAt(data, "publish", filepath.Join(folder, "film.mkv"), "--origin", "https://cdn.example.org/", "--out", folder, "--name", "A film").want(t, 0)
	return folder, filepath.Join(folder, "A film.grove")
}

func publicKey(t *testing.T, data, name string) pack.PublicKey {
	t.Helper()
	path, err := keyring.Path(data, name)
	if err != nil {
		t.Fatal(err)
	}
	k, err := keyring.ReadPublic(path)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestPush: from a .grove file to a link that works without the sender, and
// back to nothing.
func TestPush(t *testing.T) {
	t.Parallel()
	base := startDepot(t, 0)
	data := withKey(t)
	folder, file := publishedFilm(t, data, 2*mib)
	o := groveAt(data, "push", file, "--to", strings.TrimSuffix(base, "/"), "--for", "7d").want(t, 0, "A film: 2.1 MB in 1 file", "this computer may go offline", "Its files: "+base+"d/")
	link, err := pack.ParseLink(o.out)
	if err != nil || strings.Count(o.out, "\n") != 1 || len(link.Manifests) != 1 || len(link.Peers) == 0 {
		t.Fatalf("%q, %v", o.out, err)
	}
	if out := groveAt(data, "ls").want(t, 0).out; out != "" {
		t.Errorf("it is on the list:\n%s", out)
	}
	dir := t.TempDir()
	grove(t, "get", strings.TrimSpace(o.out), "-d", dir, "--data", t.TempDir(), "--yes").want(t, 0)
	if string(getFile(t, filepath.Join(dir, "film.mkv"))) != string(filler("film", 2*mib)) {
		t.Error("other bytes")
	}
	// Again, from elsewhere: it is there, and kept for longer.
	moved := t.TempDir()
	if err := os.Rename(filepath.Join(folder, "film.mkv"), filepath.Join(moved, "film.mkv")); err != nil {
		t.Fatal(err)
	}
	groveAt(data, "push", file, "--to", base).want(t, 3, "--files says where")
	again := groveAt(data, "push", file, "--files", moved, "--to", base, "--json").want(t, 0)
	lines := jsonLines(t, again.out)
	last := lines[len(lines)-1]
	until, err := time.Parse(time.RFC3339, last["until"].(string))
	if last["event"] != "summary" || last["state"] != "kept" || last["link"] != strings.TrimSpace(o.out) || err != nil || time.Until(until) < 29*24*time.Hour || len(lines) < 2 || lines[0]["event"] != "copy" {
		t.Errorf("%v, %v", lines, err)
	}
	groveAt(data, "push", file, "--to", base, "--drop").want(t, 0, "no copy of A film any more")
	resp, err := http.Get(last["folder"].(string) + "film.mkv")
	if err != nil || resp.StatusCode != http.StatusNotFound {
		t.Errorf("after --drop: %v, %v", resp, err)
	}
	resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	groveAt(data, "push", o.out, "--to", base, "--drop").want(t, 0, "no copy")
}

// TestPushGoesOn: Ctrl-C in the middle, and the same command again; by the ID
// of what is on the list, too.
func TestPushGoesOn(t *testing.T) {
	t.Parallel()
	base := startDepot(t, 0)
	data := withKey(t)
	_, file := publishedFilm(t, data, 3*mib)
	args := []string{"push", file, "--to", base, "--data", data, "--json"}
	r := begin(t, append(args, "--limit", "1M")...)
	have := func() int64 {
		text := strings.TrimSpace(r.out.String())
		var line struct{ Have int64 }
		if err := json.Unmarshal([]byte(text[strings.LastIndexByte(text, '\n')+1:]), &line); err != nil && text != "" {
			return 0 // half a line
		}
		return line.Have
	}
	for late := time.Now().Add(testPatience); have() == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("nothing comes:\n%s\n%s", r.out, r.errs)
		}
	}
	before := have()
	r.stop()
	r.wait().want(t, 7, "was stopped", "The same command")
	done := grove(t, args...).want(t, 0)
	first := done.lines(t)[0]
	if n := int64(first["have"].(float64)); n < before {
		t.Errorf("%d bytes were there, and %d when it went on", before, n)
	}
	var summary struct{ Link string }
	if err := json.Unmarshal([]byte(done.out[strings.LastIndexByte(strings.TrimSpace(done.out), '\n')+1:]), &summary); err != nil {
		t.Fatal(err)
	}
	link, err := pack.ParseLink(summary.Link)
	if err != nil {
		t.Fatal(err)
	}
	// It is on the list since the first run.
	linkFile := putFile(t, []byte(summary.Link+"\n"), t.TempDir(), "link")
	for _, what := range []string{link.ID.Short(), summary.Link, linkFile} {
		if o := grove(t, "push", what, "--to", base, "--data", data, "--quiet").want(t, 0); strings.TrimSpace(o.out) != summary.Link {
			t.Errorf("%.20s: %s", what, o.out)
		}
	}
}

// TestPushPrivate: a private share's copy is behind its secret, and its link
// has it.
func TestPushPrivate(t *testing.T) {
	t.Parallel()
	base := startDepot(t, 0)
	data := t.TempDir()
	path := putFile(t, filler("film", mib), t.TempDir(), "film.mkv")
	id, shared := sharedOnce(t, data, path, "--private")
	o := groveAt(data, "push", id.Short(), "--to", base).want(t, 0)
	link, err := pack.ParseLink(o.out)
	public := pack.Place(link.Publisher, pack.Hash{}, nil)
	if err != nil || link.ID != id || len(link.Secret) != 32 || !strings.Contains(shared.out, "#s=") || strings.Contains(o.out, public) {
		t.Fatalf("%q, %v", o.out, err)
	}
	grove(t, "get", strings.TrimSpace(o.out), "-d", t.TempDir(), "--data", t.TempDir(), "--yes").want(t, 0)
	link.Secret, link.Manifests = nil, nil
	grove(t, "get", link.String(), "-d", t.TempDir(), "--data", t.TempDir(), "--yes", "--patience", "2s").want(t, 6)
}

// TestPushFails: each failure has its exit code and a sentence.
func TestPushFails(t *testing.T) {
	t.Parallel()
	data, other := withKey(t), withKey(t)
	base := startDepot(t, mib, publicKey(t, other, defaultKey))
	folder, file := publishedFilm(t, data, 2*mib)
	_, strange := publishedFilm(t, other, 1000)
	groveAt(data, "keys", "new", "--no-passphrase", "--name", "second").want(t, 0)
	page := origin(t, http.NotFoundHandler())
	nobody := "http://127.0.0.1:9/"
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"too large":        {[]string{file, "--to", base}, 9, "it has 2.1 MB, and 1.0 MB are left"},
		"no address":       {[]string{file}, 2, `"to" not set`},
		"a bad address":    {[]string{file, "--to", "depot"}, 2, "is not the web address of a depot"},
		"no depot":         {[]string{file, "--to", page}, 3, "no depot of Grove"},
		"a port":           {[]string{file, "--to", nobody}, 2, "port"},
		"outside":          {[]string{file, "--to", "https://depot.example.org"}, 34, "local-only"},
		"no such file":     {[]string{file + "x.grove", "--to", base}, 3, "x.grove"},
		"no such ID":       {[]string{"abcdefgh", "--to", base}, 3, "in the list"},
		"another key":      {[]string{file, "--to", base, "--key", "second"}, 2, "only its publisher"},
		"no such key":      {[]string{file, "--to", base, "--key", "third"}, 3, "grove keys new"},
		"not ours":         {[]string{strange, "--to", base}, 3, "grove keys import"},
		"a time in past":   {[]string{file, "--to", base, "--for", "2020-01-01"}, 2, "in the past"},
		"a time too long":  {[]string{file, "--to", base, "--for", "5000d"}, 2, "ten years"},
		"drop and for":     {[]string{file, "--to", base, "--drop", "--for", "1d"}, 2, "none of the others can be"},
		"an unlisted link": {[]string{"grove:1/" + pack.ID{1}.String(), "--to", base}, 2, "does not name its publisher"},
	} {
		o := groveAt(data, append([]string{"push"}, c.args...)...)
		if o.code != c.code || !strings.Contains(o.errs, c.says) || o.out != "" {
			t.Errorf("%s: exit %d\n%s%s", name, o.code, o.out, o.errs)
		}
	}
	groveAt(other, "push", strange, "--to", base).want(t, 2, "takes no packages of the key", publicKey(t, other, defaultKey).Fingerprint())
	putFile(t, filler("other", 2*mib), folder, "film.mkv")
	groveAt(data, "push", file, "--to", startDepot(t, 0)).want(t, 17, "not what the package says")
	if out := groveAt(data, "ls").want(t, 0).out; out != "" {
		t.Errorf("left on the list:\n%s", out)
	}
}

// TestShareKeepAt: share and push at once, until the copy is complete.
func TestShareKeepAt(t *testing.T) {
	t.Parallel()
	base := startDepot(t, 0)
	data := t.TempDir()
	path := putFile(t, filler("film", mib), t.TempDir(), "film.mkv")
	for _, private := range []bool{false, true} {
		args := []string{"share", path, "--keep-at", base, "--data", data, "--listen", "/ip4/127.0.0.1/tcp/0"}
		if private {
			args = append(args, "--private")
		}
		r := begin(t, args...)
		r.errs.await(t, "The copy at "+strings.TrimSuffix(strings.TrimPrefix(base, "http://"), "/")+" is complete: you may close this.")
		link := strings.TrimSpace(r.out.String())
		if !strings.Contains(link, "?") || !strings.Contains(link, "m="+base+"d/") || strings.Contains(link, "#s=") != private {
			t.Errorf("the link is %s", link)
		}
		r.stop()
		if errs := r.wait().want(t, 0, "Stopped sharing film.mkv. Given: 1.0 MB").errs; strings.Contains(errs, "No copy") {
			t.Error(errs)
		}
		dir := t.TempDir()
		grove(t, "get", link, "-d", dir, "--data", t.TempDir(), "--yes").want(t, 0)
		if string(getFile(t, filepath.Join(dir, "film.mkv"))) != string(filler("film", mib)) {
			t.Error("other bytes")
		}
	}
	// A depot that is none: sharing goes on.
	r := begin(t, "share", path, "--keep-at", origin(t, http.NotFoundHandler()), "--data", data, "--listen", "/ip4/127.0.0.1/tcp/0", "--json")
	r.out.await(t, `"event":"sharing"`)
	r.errs.await(t, "No copy is made")
	r.stop()
	r.wait().want(t, 0)
	banned := startDepot(t, 0, publicKey(t, data, "sharing"))
	r = begin(t, "share", path, "--keep-at", banned, "--data", data, "--listen", "/ip4/127.0.0.1/tcp/0")
	r.errs.await(t, "No copy is made at")
	r.stop()
	r.wait().want(t, 0, "takes no packages of the key", "Stopped sharing")
	grove(t, "share", path, "--keep-at", "depot", "--data", data).want(t, 2, "is not the web address of a depot")
}
