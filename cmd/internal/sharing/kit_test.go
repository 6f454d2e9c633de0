package sharing

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
	"grove/cmd/internal/boot"
)

func TestMain(m *testing.M) {
	os.Setenv("GROVE_LOCAL_ONLY", "1")
	os.Setenv("GROVE_FINDERS", "none") // what else is on the local network is nothing to a test
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for something that must happen.
const patience = 20 * time.Second

func kindOf(err error) app.ProblemKind {
	if err == nil {
		return ""
	}
	return app.AsProblem(err).Kind
}

// filler is n bytes that differ with name; the same in every run.
func filler(name string, n int64) string { return string(apptest.Content(0, name, n)) }

// put writes a file and returns its path.
func put(t *testing.T, text string, elements ...string) string {
	t.Helper()
	path := filepath.Join(elements...)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// media is a folder of a film: two pieces and a bit, a small and an empty file.
func media(t *testing.T) (folder string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "Feature film")
	put(t, filler("film", 2*pack.MinPiece+777), folder, "film.mkv")
	put(t, filler("subtitles", 1234), folder, "extra", "untertitel & mehr.srt")
	put(t, "", folder, "extra", "empty.txt")
	return folder
}

// node is a whole Grove on a data folder, until the test ends.
func node(t *testing.T, data string) *boot.Grove {
	t.Helper()
	g, err := boot.Start(t.Context(), boot.Options{Data: data, LocalOnly: true, Listen: []string{"/ip4/127.0.0.1/tcp/0"}})
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

// begin shares r from g and returns what was done for it.
func begin(t *testing.T, g *boot.Grove, r Request) Started {
	t.Helper()
	j, err := Prepare(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	s, err := j.Start(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// share shares r from g and returns the transfer and its link.
func share(t *testing.T, g *boot.Grove, r Request) (uuid.UUID, pack.Link) {
	t.Helper()
	id, err := Share(t.Context(), g, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	await(t, g, id, app.Seeding)
	return id, linkOf(t, g, id)
}

func linkOf(t *testing.T, g *boot.Grove, id uuid.UUID) pack.Link {
	t.Helper()
	text, err := Link(t.Context(), g, id)
	if err != nil {
		t.Fatal(err)
	}
	link, err := pack.ParseLink(text)
	if err != nil || len(link.Peers) == 0 {
		t.Fatalf("%s: %v", text, err)
	}
	return link
}

// await waits until a transfer is in a state.
func await(t *testing.T, g *boot.Grove, id uuid.UUID, want app.State) *app.View {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var since uint64
	var v *app.View
	for {
		snap, err := g.Engine.Next(ctx, since)
		if err != nil {
			t.Fatalf("waiting for %s: %v; %+v", want, err, v)
		}
		since = snap.Version
		if v = snap.Transfer(id); v != nil && v.State == want {
			return v
		}
	}
}

// viewOf is a transfer as the engine has it now, or nil.
func viewOf(t *testing.T, g *boot.Grove, id uuid.UUID) *app.View {
	t.Helper()
	snap, err := g.Engine.Next(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return snap.Transfer(id)
}

// offer has g look up a link, for a moment.
func offer(t *testing.T, g *boot.Grove, link pack.Link, patience time.Duration) (*app.Offer, error) {
	t.Helper()
	lead, err := ReadLead(link.String())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return g.Engine.Inspect(ctx, lead)
}

// get downloads a link to a folder of its own and returns where it is.
func get(t *testing.T, g *boot.Grove, link pack.Link) (path string) {
	t.Helper()
	return getAs(t, g, link, app.Choice{}, app.Done).Path
}

// getAs downloads a link on the terms of c, to a folder of its own.
func getAs(t *testing.T, g *boot.Grove, link pack.Link, c app.Choice, until app.State) *app.View {
	t.Helper()
	o, err := offer(t, g, link, patience)
	if err != nil {
		t.Fatal(err)
	}
	c.Folder = t.TempDir()
	if err := g.Engine.Accept(t.Context(), o, c); err != nil {
		t.Fatal(err)
	}
	return await(t, g, o.ID, until)
}

// same fails the test unless two files or folders hold the same.
func same(t *testing.T, a, b string) {
	t.Helper()
	info, err := os.Stat(a)
	if err != nil {
		t.Fatal(err)
	}
	if !info.IsDir() {
		one, err := os.ReadFile(a)
		other, err2 := os.ReadFile(b)
		if err != nil || err2 != nil || string(one) != string(other) {
			t.Errorf("%s and %s differ: %v, %v", a, b, err, err2)
		}
		return
	}
	inA, err := os.ReadDir(a)
	inB, err2 := os.ReadDir(b)
	if err != nil || err2 != nil || len(inA) != len(inB) {
		t.Fatalf("%v, %v; %v, %v", inA, inB, err, err2)
	}
	for _, e := range inA {
		same(t, filepath.Join(a, e.Name()), filepath.Join(b, e.Name()))
	}
}
