//go:build cgo || ci

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2/lang"
	"go.uber.org/goleak"

	"grove/app"
	"grove/app/apptest"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/local"
	"grove/ui/host"
)

func TestMain(m *testing.M) {
	if code, done := child(os.Args[1:], os.Stdin, os.Stdout, os.Stderr); done {
		os.Exit(code)
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/godbus/dbus/v5.(*Conn).inWorker"))
}

// begin starts a backend on a fresh data folder, on this computer only.
func begin(t *testing.T) *backend {
	t.Helper()
	t.Setenv("GROVE_LOCAL_ONLY", "1")
	t.Setenv("GROVE_FINDERS", "none") // what else is on the local network is nothing to a test
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	b, err := startBackend(t.Context(), boot.Options{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// newest waits for a snapshot above since.
func (b *backend) newest(t *testing.T, since uint64) *app.Snapshot {
	t.Helper()
	s, err := b.Next(t.Context(), since)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// share shares a small file and returns the view once it is seeded.
func share(t *testing.T, b *backend, r host.Share) app.View {
	t.Helper()
	if r.Paths == nil {
		path := filepath.Join(t.TempDir(), "film.mkv")
		if err := os.WriteFile(path, apptest.Content(1, "film", 300_000), 0o644); err != nil {
			t.Fatal(err)
		}
		r.Paths = []string{path}
	}
	d := newDesk(b)
	t.Cleanup(d.close)
	id, err := d.Share(t.Context(), r, func(int64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	for since := uint64(0); ; {
		s := b.newest(t, since)
		if v := s.Transfer(id); v != nil && v.State == app.Seeding {
			return *v
		}
		since = s.Version
	}
}

// Another way of reaching the network takes effect at once; what was shared
// goes on, and whoever follows the snapshots sees versions that only rise.
func TestNetworkAtOnce(t *testing.T) {
	b := begin(t)
	v := share(t, b, host.Share{})
	before := b.newest(t, 0)

	set := before.Settings
	set.Network.Peers = false
	if err := b.SetSettings(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	g, err := b.now()
	if err != nil || g.Node != nil {
		t.Fatalf("a node runs: %v", err)
	}
	after := b.newest(t, before.Version)
	if after.Version <= before.Version || after.Settings.Network.Peers {
		t.Errorf("version %d after %d, %+v", after.Version, before.Version, after.Settings.Network)
	}
	if s, err := local.NewClient(b.dataFolder()).Status(t.Context()); err != nil || s.Peers || len(s.Transfers) != 1 {
		t.Errorf("the terminal is told %+v, %v", s, err)
	}

	set.Network.Peers = true
	if err := b.SetSettings(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	for since := after.Version; ; {
		s := b.newest(t, since)
		if w := s.Transfer(v.ID); w != nil && w.State == app.Seeding {
			break
		}
		since = s.Version
	}
}

// Somebody who waits for a snapshot goes on waiting over a restart.
func TestNextOverRestart(t *testing.T) {
	b := begin(t)
	since := b.newest(t, 0).Version
	got := make(chan error, 1)
	go func() {
		for {
			s, err := b.Next(t.Context(), since)
			if err != nil || !s.Settings.Network.Peers {
				got <- err
				return
			}
			since = s.Version
		}
	}()
	set := app.DefaultSettings()
	set.Network.Peers = false
	if err := b.SetSettings(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Error(err)
	}
}

// A network that cannot be had leaves everything as it was.
func TestBadNetworkIsTakenBack(t *testing.T) {
	b := begin(t)
	v := share(t, b, host.Share{})
	set, err := b.settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	set.Network.Bind = "nosuch0"
	if p := app.AsProblem(b.SetSettings(t.Context(), set)); p == nil || !strings.Contains(p.Error(), "nosuch0") {
		t.Fatalf("%v", p)
	}
	now, err := b.settings(t.Context())
	if err != nil || now.Network.Bind != "" {
		t.Errorf("%+v, %v", now.Network, err)
	}
	for since := uint64(0); ; {
		s := b.newest(t, since)
		if w := s.Transfer(v.ID); w != nil && w.State == app.Seeding {
			break
		}
		since = s.Version
	}
}

// A private share's link has the secret, a public one's has not.
func TestShareAndLink(t *testing.T) {
	b := begin(t)
	d := newDesk(b)
	defer d.close()
	for private, want := range map[bool]string{true: "#s=", false: "grove:1/"} {
		v := share(t, b, host.Share{Private: private, Title: "a title", Days: 7})
		link, err := d.Link(t.Context(), v.ID)
		if err != nil || !strings.Contains(link, want) || strings.Contains(link, "#s=") != private || !d.IsLink(link) {
			t.Errorf("private %t: %q, %v", private, link, err)
		}
		if v.Name != "a title" || v.Expires.IsZero() || v.Private != private {
			t.Errorf("%+v", v)
		}
	}
}

func TestReadLead(t *testing.T) {
	b := begin(t)
	d := newDesk(b)
	defer d.close()
	made := apptest.Package(t, apptest.Options{Name: "kit"})
	grove := made.WriteSide(t, t.TempDir())
	for text, want := range map[string]app.ProblemKind{
		grove:                                 "",
		"https://example.org/film.grove":      "",
		"hello":                               app.BadLink,
		"":                                    app.BadLink,
		"grove:1/nonsense":                    app.BadLink,
		"grove:2/" + made.Package.ID.String(): app.NewerFormat,
		filepath.Join(t.TempDir(), "none"):    app.NotFound,
	} {
		_, err := d.ReadLead(t.Context(), text)
		if got := app.AsProblem(err); (got == nil) != (want == "") || got != nil && got.Kind != want {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// A report of a fault names nobody and nothing.
func TestDiagnoseNamesNothing(t *testing.T) {
	b := begin(t)
	v := share(t, b, host.Share{Title: "A secret title"})
	d := newDesk(b)
	defer d.close()
	text, err := d.Diagnose(t.Context())
	if err != nil || !strings.Contains(text, "transfer 1: seeding") {
		t.Fatalf("%s, %v", text, err)
	}
	for _, name := range []string{v.Name, v.Path, b.dataFolder(), v.Package.String(), v.Publisher.Key.String(), "127.0.0.1"} {
		if strings.Contains(text, name) {
			t.Errorf("%q is in %s", name, text)
		}
	}
}

func TestArguments(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("film.grove", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var help strings.Builder
	f, err := parse([]string{"--data", "d", "--hidden", "grove:1/abc", "film.grove"}, &help)
	if err != nil || f.data != "d" || !f.hidden || len(f.open) != 2 || f.open[0] != "grove:1/abc" || f.open[1] != filepath.Join(dir, "film.grove") {
		t.Errorf("%+v, %v", f, err)
	}
	var out, errs strings.Builder
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--version"}, 0, "grove-desktop " + version},
		{[]string{"--help"}, 0, "Usage: grove-desktop"},
		{[]string{"--nonsense"}, 2, "nonsense"},
		{nil, 2, "grove get LINK"},
		{[]string{"internal", "probe", filepath.Join(dir, "film.grove")}, 1, "film.grove"},
		{[]string{"internal", "key"}, 2, "internal"},
	} {
		out.Reset()
		errs.Reset()
		if code := run(c.args, strings.NewReader(""), &out, &errs); code != c.code || !strings.Contains(out.String()+errs.String(), c.says) {
			t.Errorf("%q: %d, %s%s", c.args, code, out.String(), errs.String())
		}
	}
}

// The toolkit's own texts follow the choice, and the environment that other
// programs inherit does not.
func TestSpeak(t *testing.T) {
	t.Setenv("LC_ALL", "en_GB.UTF-8")
	for tag, want := range map[string]string{"de": "Abbrechen", "fr": "Annuler", "pt": "Cancelar"} {
		if err := speak(tag); err != nil {
			t.Fatal(err)
		}
		if got := lang.L("Cancel"); got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
		if v := os.Getenv("LC_ALL"); v != "en_GB.UTF-8" {
			t.Errorf("LC_ALL is %s", v)
		}
	}
}
