package cards

import (
	"context"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/google/uuid"

	"grove/app"
	"grove/ui/host/hosttest"
)

// unending is a desktop whose copies are never complete: Keep ends as if
// Grove did.
type unending struct{ *hosttest.Desk }

func (d unending) Keep(ctx context.Context, id uuid.UUID, at string, progress func(have, size int64)) error {
	_ = d.Desk.Keep(ctx, id, at, progress)
	return context.Canceled
}

// A copy is asked for with one tick, at the server of the last time.
func TestShareWithACopy(t *testing.T) {
	k := hosttest.New(t)
	k.Desk.Keeper, k.Desk.Copied = "https://depot.example.org/", []int64{0, 1e9, 1e9 + 1, 4e9}
	c := sharing(k, roomy, "/home/ada/Holiday.mp4")
	if c.form.keeper.server.Visible() {
		t.Error("the server can be seen before a copy is wanted")
	}
	test.Tap(c.form.keeper.wanted)
	if got := k.Window.Canvas().Focused(); got != c.form.keeper.server || c.form.keeper.server.Text != "https://depot.example.org/" {
		t.Errorf("the focus is on %T, the server is %q", got, c.form.keeper.server.Text)
	}
	jobs := hold(k)
	c.form.keeper.server.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	jobs.one(t)
	if got := k.Desk.Shares; len(got) != 1 || got[0].KeepAt != "https://depot.example.org/" {
		t.Fatalf("shared %+v", got)
	}
	says(t, k, "Asking depot.example.org to keep a copy…")
	says(t, k, "Keep Grove open until others have it.")
	shown := 0
	k.Post = func(f func()) { shown++; f() }
	jobs.one(t)
	if shown != 3 { // nobody sees a thousandth of it
		t.Errorf("progress was shown %d times", shown)
	}
	says(t, k, "The copy at depot.example.org is complete: you may close Grove.")
	silent(t, k, "Keep Grove open")
	if !slices.Contains(k.Desk.Calls, "Keep "+sharedID.String()+" https://depot.example.org/") {
		t.Errorf("the desktop did %q", k.Desk.Calls)
	}
}

// While it grows the card says how far it is, and who shares does not depend
// on it.
func TestACopyGrows(t *testing.T) {
	k := hosttest.New(t)
	k.Host.Desk = unending{k.Desk}
	k.Desk.Keeper, k.Desk.Copied = "https://depot.example.org/", []int64{1.3e9}
	c := sharing(k, roomy, "/home/ada/Holiday.mp4")
	test.Tap(c.form.keeper.wanted)
	ctx, end := context.WithCancel(t.Context())
	k.Do = func(job func(context.Context) (func(), error)) {
		if c.made != nil {
			end() // with Grove
		}
		if then, err := job(ctx); err == nil && then != nil {
			then()
		}
	}
	press(t, k, "Share")
	says(t, k, "The copy at depot.example.org: 1.3 GB of 4.0 GB")
	if !c.made.copy.inset.Visible() {
		t.Error("there is no bar")
	}
	says(t, k, "Keep Grove open until others have it.")
}

// Why there is no copy is said on the card, while sharing goes on; and at the
// foot of the window where the card was closed.
func TestACopyFails(t *testing.T) {
	for _, closed := range []bool{false, true} {
		k := hosttest.New(t)
		refusal := app.NewProblem(app.SourceFault, "depot.example.org", nil)
		k.Desk.Keeper, k.Desk.Fails["Keep"] = "https://depot.example.org/", refusal
		c := sharing(k, roomy, "/home/ada/Holiday.mp4")
		test.Tap(c.form.keeper.wanted)
		jobs := hold(k)
		press(t, k, "Share")
		jobs.one(t)
		if closed {
			k.Dismiss()
		}
		jobs.one(t)
		if closed {
			if len(k.Told) != 1 || k.Told[0] != error(refusal) {
				t.Errorf("told %v", k.Told)
			}
			continue
		}
		says(t, k, "There is no copy at depot.example.org. depot.example.org does not answer as it should. Sharing from here goes on.")
		says(t, k, "Keep Grove open until others have it.")
		if c.made.copy.inset.Visible() {
			t.Error("the bar stays")
		}
		calls(t, k) // nothing was taken back
	}
}

// A copy that is complete after the card was closed is said at the foot of
// the window.
func TestACopyIsCompleteLater(t *testing.T) {
	k := hosttest.New(t)
	k.Desk.Keeper = "https://depot.example.org/"
	c := sharing(k, roomy, "/home/ada/Holiday.mp4")
	test.Tap(c.form.keeper.wanted)
	jobs := hold(k)
	press(t, k, "Share")
	jobs.one(t)
	k.Dismiss()
	jobs.one(t)
	if want := []string{"The copy at depot.example.org is complete: you may close Grove."}; !slices.Equal(k.Said, want) {
		t.Errorf("said %q", k.Said)
	}
}

// What is no address keeps the form open and says so there.
func TestKeeperIsNoAddress(t *testing.T) {
	k := hosttest.New(t)
	c := sharing(k, roomy, "/home/ada/Holiday.mp4")
	test.Tap(c.form.keeper.wanted)
	for _, bad := range []string{"", "ftp://depot.example.org/", "https://"} {
		c.form.keeper.server.SetText(bad)
		press(t, k, "Share")
		says(t, k, "The address of a server, such as https://server.example.org/.")
		if len(k.Desk.Shares) != 0 || k.Window.Canvas().Focused() != c.form.keeper.server {
			t.Errorf("%q: shared %+v", bad, k.Desk.Shares)
		}
	}
	test.Type(c.form.keeper.server, "depot")
	silent(t, k, "The address of a server, such as")
	test.Tap(c.form.keeper.wanted) // not wanted any more
	press(t, k, "Share")
	if len(k.Desk.Shares) != 1 || k.Desk.Shares[0].KeepAt != "" || slices.ContainsFunc(k.Desk.Calls, func(s string) bool { return strings.HasPrefix(s, "Keep") }) {
		t.Errorf("shared %+v, did %q", k.Desk.Shares, k.Desk.Calls)
	}
}

func TestKeeperOf(t *testing.T) {
	for text, want := range map[string]string{
		"https://depot.example.org/":       "https://depot.example.org/",
		" depot.example.org ":              "https://depot.example.org/",
		"http://127.0.0.1:8480":            "http://127.0.0.1:8480/",
		"https://example.org/grove":        "https://example.org/grove/",
		"":                                 "",
		"https://":                         "",
		"ftp://example.org/":               "",
		"https://ada:secret@example.org/":  "",
		"https://example.org/?place=depot": "",
		"https://exa mple.org/":            "",
		"javascript://example.org/":        "",
	} {
		if got, ok := keeperOf(text); got != want || ok != (want != "") {
			t.Errorf("%q is %q, %t", text, got, ok)
		}
	}
	if got := keeperName("https://depot\u202e.example.org:8480/a/"); got != "depot.example.org:8480" {
		t.Errorf("it is called %q", got)
	}
}
