package boot

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"grove/app"
	"grove/app/apptest"
	"grove/cmd/internal/local"
	"grove/storage"
)

// TestMain is the child's side where boot runs this binary again.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "internal" && os.Args[2] == "probe" {
		switch os.Getenv("PROBE_DIES") {
		case "panic":
			panic("as a damaged database can make it")
		case "interrupt":
			self, err := os.FindProcess(os.Getpid())
			if err == nil {
				err = self.Signal(os.Interrupt)
			}
			if err == nil {
				select {}
			}
		}
		if p := app.AsProblem(Probe(os.Args[3])); p != nil {
			os.Exit(p.Meaning().Exit)
		}
		os.Exit(0)
	}
	os.Setenv("GROVE_FINDERS", "none") // what else is on the local network is nothing to a test
	goleak.VerifyTestMain(m)
}

func start(t *testing.T, o Options) *Grove {
	t.Helper()
	o.LocalOnly = true
	if o.Data == "" {
		o.Data = t.TempDir()
	}
	g, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// A package goes from one Grove to another, through everything that boot
// joins; both limits hold nothing up.
func TestTwoGroves(t *testing.T) {
	made := apptest.Package(t, apptest.Options{Name: "kit"})
	src := t.TempDir()
	made.WriteFiles(t, src)
	a := start(t, Options{Listen: []string{"/ip4/127.0.0.1/tcp/0"}, UploadLimit: 1 << 30})
	if _, err := a.Engine.Share(t.Context(), app.Sharing{Described: made.Described(), Path: src}, false); err != nil {
		t.Fatal(err)
	}
	b := start(t, Options{DownloadLimit: 1 << 30})
	o, err := b.Engine.Inspect(t.Context(), app.Lead{Grove: made.Grove, Hashes: made.List, Typed: app.Typed{Peers: a.Node.Addrs()}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := b.Engine.Accept(t.Context(), o, app.Choice{Folder: dir}); err != nil {
		t.Fatal(err)
	}
	var since uint64
	for {
		s, err := b.Engine.Next(t.Context(), since)
		if err != nil {
			t.Fatal(err)
		}
		since = s.Version
		if v := s.Transfer(o.ID); v.State == app.Done {
			break
		} else if v.State == app.Failed {
			t.Fatal(v.Problem)
		}
	}
	for i, f := range made.Package.Manifest.Files {
		got, err := os.ReadFile(filepath.Join(append([]string{dir, "kit"}, f.Path...)...))
		if err != nil || !bytes.Equal(got, made.Content[i]) {
			t.Errorf("%s: %v", f.Name(), err)
		}
	}
}

func TestCloseGivesTheFolderUp(t *testing.T) {
	data := t.TempDir()
	g := start(t, Options{Data: data, NoPeers: true})
	if g.Node != nil || !g.Reach.LocalOnly || g.Data != data {
		t.Errorf("%+v", g)
	}
	if _, err := Start(t.Context(), Options{Data: data, NoPeers: true}); app.AsProblem(err).Kind != app.StoreInUse {
		t.Errorf("a second instance: %v", err)
	}
	if s, err := local.NewClient(data).Status(t.Context()); err != nil || !s.Running || s.Peers {
		t.Errorf("asked from outside: %+v, %v", s, err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Join(data, "grove.sock")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
	if _, err := g.Engine.Next(t.Context(), 0); app.AsProblem(err).Kind != app.Stopped {
		t.Errorf("after Close: %v", err)
	}
	again := start(t, Options{Data: data, NoPeers: true})
	if again.Store.Notice() != nil {
		t.Errorf("after a clean end: %v", again.Store.Notice())
	}
}

// Where there can be no socket everything else runs, and the log says so.
func TestNoSocket(t *testing.T) {
	data := t.TempDir()
	if err := os.MkdirAll(filepath.Join(data, "grove.sock", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	g := start(t, Options{Data: data, NoPeers: true, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if _, err := g.Engine.Next(t.Context(), 0); err != nil || !strings.Contains(log.String(), "no local API") {
		t.Errorf("%v, the log: %s", err, &log)
	}
}

// A link stays good after a restart: peer ID and port are the same.
func TestSameAddressesAgain(t *testing.T) {
	data := t.TempDir()
	addrs := func() []string {
		g := start(t, Options{Data: data})
		a := g.Node.Addrs()
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
		slices.Sort(a)
		return a
	}
	first := addrs()
	if again := addrs(); len(first) == 0 || !slices.Equal(first, again) {
		t.Errorf("%v, then %v", first, again)
	}
	// Somebody else has the port: another will do, and the number stays.
	port, err := os.ReadFile(filepath.Join(data, portFile))
	if err != nil {
		t.Fatal(err)
	}
	other := start(t, Options{Listen: []string{"/ip4/0.0.0.0/tcp/" + strings.TrimSpace(string(port)), "/ip6/::/tcp/" + strings.TrimSpace(string(port))}})
	g := start(t, Options{Data: data})
	if len(g.Node.Addrs()) == 0 {
		t.Error("it listens nowhere")
	}
	if now, err := os.ReadFile(filepath.Join(data, portFile)); err != nil || !bytes.Equal(now, port) {
		t.Errorf("the port was %s, now %s, %v", port, now, err)
	}
	_ = other
}

func TestBadListenAddress(t *testing.T) {
	data := t.TempDir()
	_, err := Start(t.Context(), Options{Data: data, Listen: []string{"/ip4/127.0.0.1"}})
	if app.AsProblem(err).Kind != app.BadInput {
		t.Fatal(err)
	}
	s, err := OpenStore(t.Context(), data) // it was given up
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestFolder(t *testing.T) {
	abs := t.TempDir()
	t.Setenv("GROVE_DATA", filepath.Join(abs, "env"))
	for given, want := range map[string]string{"": filepath.Join(abs, "env"), abs: abs} {
		if got, err := Folder(given); err != nil || got != want {
			t.Errorf("%q: %s, %v", given, got, err)
		}
	}
	t.Setenv("GROVE_DATA", "")
	if got, err := Folder(""); err != nil || !filepath.IsAbs(got) || filepath.Base(got) != "grove" {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := Folder("here"); err != nil || !filepath.IsAbs(got) {
		t.Errorf("%s, %v", got, err)
	}
}

func TestLocalOnlyFromEnvironment(t *testing.T) {
	for value, want := range map[string]bool{"1": true, "0": false, "": false} {
		t.Setenv("GROVE_LOCAL_ONLY", value)
		if LocalOnly() != want {
			t.Errorf("GROVE_LOCAL_ONLY=%q: %v", value, LocalOnly())
		}
	}
}

// unclean leaves a database behind as after a crash.
func unclean(t *testing.T) (data, db string) {
	t.Helper()
	data = t.TempDir()
	s, err := OpenStore(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SavePublisher(app.Publisher{Key: apptest.Package(t, apptest.Options{}).Package.Publisher(), Packages: 7}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(data, "clean")); err != nil {
		t.Fatal(err)
	}
	return data, filepath.Join(data, "grove.db")
}

func reopen(t *testing.T, data string) (*storage.Store, error) {
	t.Helper()
	s, err := OpenStore(t.Context(), data)
	if err == nil {
		t.Cleanup(func() { _ = s.Close() }) // closed by then, or not: nothing else is open
	}
	return s, err
}

func TestProbeInChild(t *testing.T) {
	data, db := unclean(t)
	if err := probeInChild(t.Context(), db); err != nil {
		t.Errorf("a sound database: %v", err)
	}
	s, err := reopen(t, data)
	if err != nil {
		t.Fatal(err)
	}
	if err := probeInChild(t.Context(), db); app.AsProblem(err).Kind != app.StoreInUse {
		t.Errorf("one in use: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(db, b[:len(b)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := probeInChild(t.Context(), db); err == nil {
		t.Error("half a database is sound")
	}
}

// A child that dies is damage, and nothing worse: the list is rebuilt.
func TestProbeDies(t *testing.T) {
	data, db := unclean(t)
	t.Setenv("PROBE_DIES", "panic")
	if err := probeInChild(t.Context(), db); err == nil || !strings.Contains(err.Error(), "as a damaged database") {
		t.Errorf("%v", err)
	}
	s, err := reopen(t, data)
	if err != nil {
		t.Fatal(err)
	}
	if s.Notice() == nil {
		t.Error("nobody is told")
	}
}

// Ctrl-C reaches the child as well, and says nothing about the file.
func TestProbeInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process there cannot interrupt itself")
	}
	_, db := unclean(t)
	t.Setenv("PROBE_DIES", "interrupt")
	if err := probeInChild(t.Context(), db); err != nil {
		t.Error(err)
	}
}

func TestStartInterrupted(t *testing.T) {
	data, _ := unclean(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, Options{Data: data, LocalOnly: true, NoPeers: true}); app.AsProblem(err).Kind != app.Stopped {
		t.Fatal(err)
	}
	s, err := reopen(t, data)
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.LoadPublishers()
	if err != nil || len(all) != 1 || all[0].Packages != 7 || s.Notice() != nil {
		t.Errorf("an interrupt is no damage: %v, %v, %v", all, err, s.Notice())
	}
}

func TestTail(t *testing.T) {
	var b tail
	for range 10 {
		if n, err := b.Write(bytes.Repeat([]byte("x"), 99)); n != 99 || err != nil {
			t.Fatal(n, err)
		}
	}
	if b.Len() != 400 {
		t.Error(b.Len())
	}
}

func TestNodeProblem(t *testing.T) {
	for err, want := range map[error]app.ProblemKind{
		app.NewProblem(app.ReadOnly, "key", nil): app.ReadOnly, errors.New("address in use"): app.BadInput,
	} {
		if got := app.AsProblem(nodeProblem(err)).Kind; got != want {
			t.Errorf("%v: %s", err, got)
		}
	}
}
