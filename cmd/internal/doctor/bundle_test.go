package doctor

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
	"grove/cmd/internal/boot"
)

// planted are private texts in all the places that a bundle is made from. The
// title is made of harmless words, which must not help it.
var planted = map[string]string{
	"title": "Free Open Source", "link name": "Read This First", "file": "zebra-crossing.mkv", "folder": "/srv/quokka/media", "user": "quentin",
	"host name": "oryx.example.org", "web host": "cdn.yak.example", "publisher": "Wombat Pictures", "password": "hunter22",
	"IPv4": "84.23.17.201", "private IPv4": "192.168.77.13", "IPv6": "2a02:8109:9ab0:1e5c::77", "peer": testPeer, "package": testID,
	"key": testKey, "secret": "c2VjcmV0LXNlY3JldC1zZWNyZXQ", "interface": "tun-ocelot", "prefix": "ibexnet", "MAC": "9c:b6:d0:e1:f2:03",
}

// wantClean fails where one of planted, or a part of it that would do, is in
// text.
func wantClean(t *testing.T, where, text string) {
	t.Helper()
	low := strings.ToLower(text)
	for what, s := range planted {
		parts := append(strings.FieldsFunc(s, func(c rune) bool { return !isWordRune(c) }), s)
		for _, p := range parts {
			p = strings.ToLower(p)
			// A short number or a harmless word alone says nothing.
			if len(p) < 4 || harmless[p] || isDigits(p) {
				continue
			}
			if strings.Contains(low, p) {
				t.Errorf("%s: the %s %q is in\n%s", where, what, p, text)
			}
		}
	}
}

// TestBundle: of what is planted in the report, the settings, the list, the
// event logs and the log nothing is in the archive, and the rest is.
func TestBundle(t *testing.T) {
	data := t.TempDir()
	p := planted
	store, err := boot.OpenStore(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	set := app.DefaultSettings()
	set.Folder = p["folder"]
	set.Network.Proxy = "http://" + p["user"] + ":" + p["password"] + "@" + p["web host"] + ":3128"
	set.Network.Bind = p["interface"]
	set.Network.Relays = []string{"/ip4/" + p["IPv4"] + "/tcp/4001/p2p/" + p["peer"]}
	set.Network.DHT = app.DHT{Prefix: "/" + p["prefix"], Bootstrap: []string{"/dns4/" + p["host name"] + "/tcp/4001/p2p/" + p["peer"]}}
	made := apptest.Package(t, apptest.Options{Name: p["title"], Files: map[string][]byte{p["file"]: []byte("x")}})
	rec := app.Record{ID: uuid.New(), Package: made.Package.ID, Name: p["title"], State: app.Failed, Problem: string(app.NoSource), Folder: p["folder"],
		Target: p["file"], Created: noon, Secret: []byte(p["secret"])}
	err = errors.Join(store.SaveSettings(set), store.SaveTransfer(rec),
		store.SavePublisher(app.Publisher{Key: made.Package.Publisher(), Name: p["publisher"]}),
		store.AppendLog(rec.ID, app.LogEntry{Time: noon, Event: "accepted", Text: p["title"] + ", into " + p["folder"]},
			app.LogEntry{Time: noon, Event: "source_found", Text: p["IPv4"] + " and " + p["peer"]}), store.Close())
	if err != nil {
		t.Fatal(err)
	}
	journal := NewJournal()
	log := slog.New(journal).With("peer", p["peer"][len(p["peer"])-8:]).WithGroup("from")
	log.Debug("no session", "err", errors.New("dial tcp4 192.168.77.13:4001: connect: connection refused"), "size", 5, "url", "https://"+p["web host"]+"/"+p["file"])
	log.Warn("cannot read "+p["folder"]+"/"+p["file"], p["user"], true, "secret", []byte(p["secret"]), slog.Group("more", "name", p["title"]))
	g, err := boot.Start(t.Context(), boot.Options{Data: data, LocalOnly: true, NoPeers: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	}()
	link := pack.Link{ID: made.Package.ID, Publisher: made.Package.Publisher(), Name: p["link name"], Secret: []byte(strings.Repeat("s", 32)),
		Manifests: []string{"https://" + p["web host"] + "/" + url.PathEscape(p["file"]) + ".grove"}, Peers: []string{"/ip6/" + p["IPv6"] + "/tcp/4001/p2p/" + p["peer"]}}
	o := Options{Build: Build{Version: "v1.2.3-rc.4", Commit: "0123456789abcdef0123", Go: "go1.26.8", System: "linux/amd64"}, Downloads: p["folder"], For: time.Millisecond,
		Lead: &app.Lead{Link: link}}
	r := Examine(t.Context(), g, o)
	r.Computer.Interfaces = append(r.Computer.Interfaces, Interface{p["interface"], []string{p["private IPv4"] + "/24", p["IPv6"] + "/64"}})
	r.Link.Steps = append(r.Link.Steps, LinkStep{What: "address", State: StepFailed, Says: `Something went wrong: "` + p["publisher"] + `" at ` + p["MAC"] + " signed with " + p["key"] + ", " + link.String()})
	b, err := NewBundle(g, r, o, journal)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "report.zip")
	if err := b.Write(path); err != nil {
		t.Fatal(err)
	}
	all := unzip(t, path)
	for name, text := range all {
		wantClean(t, name, text)
		for _, s := range []string{data, "99 50 86", "(link)…", strings.Repeat("s", 32), link.String(), made.Package.ID.String(), made.Package.ID.Short(), made.Package.Publisher().String()} {
			if strings.Contains(text, s) {
				t.Errorf("%s: %q is in\n%s", name, s, text)
			}
		}
		if u, err := user.Current(); err == nil && len(u.Username) > 4 && strings.Contains(text, u.Username) {
			t.Errorf("%s: the user is in\n%s", name, text)
		}
	}
	for name, wants := range map[string][]string{
		"doctor.txt":    {"Grove v1.2.3-rc.4 (01234567), go1.26.8 linux/amd64", "1 package on the list", "Can others reach this computer?", "Does the link connect?", "network.bind", "(http:host-"},
		"doctor.json":   {`"state": "failed"`, `"version": "v1.2.3-rc.4"`, "ip-", "(IPv6,public)", "(link)"},
		"settings.json": {`"folder": "set"`, `"bind": "set"`, `"proxy": "(http:host-`, `"/ip4/ip-`, `(IPv4,public)/tcp/4001/p2p/peer-`, `"prefix": "set"`},
		"versions.json": {"v1.2.3-rc.4"},
		"runtime.json":  {`"goroutines": `, `"heap_bytes": `},
		"events.jsonl":  {`"transfer":1`, `"event":"accepted"`, `"problem":"no-source"`, "2026-03-04T12:00:00Z", "peer-"},
		"log.jsonl":     {`"message":"no session"`, `"from_size":5`, "(IPv4,private):4001: connect: connection refused", `"level":"WARN"`},
	} {
		for _, w := range wants {
			if !strings.Contains(all[name], w) {
				t.Errorf("%s lacks %q:\n%s", name, w, all[name])
			}
		}
		if strings.HasSuffix(name, ".json") && !json.Valid([]byte(all[name])) {
			t.Errorf("%s is not JSON:\n%s", name, all[name])
		}
	}
	if len(all) != 7 {
		t.Errorf("%d files", len(all))
	}
	// One that is there is never written over.
	before := getBytes(t, path)
	if err := b.Write(path); app.AsProblem(err).Kind != app.TargetExists || getBytes(t, path) != before {
		t.Errorf("%v", err)
	}
	if i, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && i.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", i.Mode(), err)
	}
}

func getBytes(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func unzip(t *testing.T, path string) map[string]string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	all := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name] = string(b)
		if f.Comment != "" || len(f.Extra) > 0 || z.Comment != "" {
			t.Errorf("%s has more than its content", f.Name)
		}
	}
	return all
}

func TestJournal(t *testing.T) {
	j := NewJournal()
	l := slog.New(j)
	l.With("a", 1).WithGroup("g").With("b", 2.5).Info("one", "c", true, slog.Group("d", "e", time.Second), "f", uint64(7))
	l.WithGroup("").Debug("two")
	got := j.Entries()
	if len(got) != 2 || got[0].Message != "one" || got[1].Level != "DEBUG" || got[1].Attrs != nil {
		t.Fatalf("%+v", got)
	}
	for key, want := range map[string]any{"a": 1.0, "g_b": 2.5, "g_c": true, "g_d_e": "1s", "g_f": 7.0} {
		if got[0].Attrs[key] != want {
			t.Errorf("%s is %v in %v", key, got[0].Attrs[key], got[0].Attrs)
		}
	}
	// The beginning and the end are what tells most.
	for i := range 3 * maxEntries {
		l.Info("more", "i", i)
	}
	all := j.Entries()
	last := all[len(all)-1]
	if len(all) > maxEntries+1 || all[0].Message != "one" || last.Attrs["i"] != float64(3*maxEntries-1) || all[firstEntries].Dropped == 0 {
		t.Errorf("%d entries, the last %+v, %+v", len(all), last, all[firstEntries])
	}
	if n := all[firstEntries].Dropped + len(all) - 1; n != 3*maxEntries+2 {
		t.Errorf("%d of %d entries are accounted for", n, 3*maxEntries+2)
	}
}
