package publishers

import (
	"context"
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"grove/app"
	"grove/ui/host"
	"grove/ui/host/hosttest"
)

func three() []app.Publisher {
	return []app.Publisher{publisher(1, "Nordlicht Film"), publisher(2, "Open Conference"), publisher(3, "")}
}

func TestTheFirstIsShown(t *testing.T) {
	r := open(t, hosttest.New(t), wide, three(), view(1, key(1), "Film"))
	r.wants(true, "Nordlicht Film", "Open Conference", "No name yet", key(3).Fingerprint(), key(1).String(), "Film")
	if r.page.detail.entry.key != key(1) {
		t.Error("another publisher's detail is shown")
	}
	if r.page.finding.Visible() {
		t.Error("three can be searched")
	}
}

func TestChoosingAnother(t *testing.T) {
	r := open(t, hosttest.New(t), wide, three(), view(1, key(1), "Film"), view(2, key(2), "Talks"))
	r.tapRow(1)
	r.wants(true, key(2).String(), "Talks")
	talks := hosttest.All[*itemRow](r.page.Content())[0]
	test.Tap(talks)
	r.Window.Canvas().Focus(talks)
	talks.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	talks.TypedKey(&fyne.KeyEvent{Name: fyne.KeyTab})
	if d := cmp.Diff([]uuid.UUID{hosttest.ID(2), hosttest.ID(2)}, r.Selected); d != "" {
		t.Error(d)
	}
	test.Tap(r.button("Copy key"))
	if r.Copied != key(2).String() || len(r.Said) != 1 {
		t.Errorf("copied %q, said %q", r.Copied, r.Said)
	}
	r.tapRow(2)
	r.wants(true, "Nothing from this publisher is on the list now.")
}

func TestRenaming(t *testing.T) {
	r := open(t, hosttest.New(t), wide, three())
	want := func(calls ...string) {
		t.Helper()
		if d := cmp.Diff(calls, r.Engine.Calls(), cmp.Transformer("nil", func(s []string) int { return len(s) })); d != "" {
			t.Fatalf("the engine was asked %q, want %q", r.Engine.Calls(), calls)
		}
		for i, c := range calls {
			if got := r.Engine.Calls()[i]; got != c {
				t.Fatalf("call %d is %q, want %q", i, got, c)
			}
		}
	}
	r.write("  Nordlicht\u202e GmbH ")
	want()
	r.page.detail.name.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	want(fmt.Sprintf("SetPublisher %v Nordlicht GmbH false", key(1)))

	r.tapRow(2)
	r.write("Somebody")
	r.Window.Canvas().Unfocus()
	want(fmt.Sprintf("SetPublisher %v Nordlicht GmbH false", key(1)), fmt.Sprintf("SetPublisher %v Somebody false", key(3)))
}

func TestANameThatIsTakenBack(t *testing.T) {
	r := open(t, hosttest.New(t), wide, three())
	r.write("Wrong")
	r.page.detail.name.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	r.Window.Canvas().Unfocus()
	r.page.Close()
	if got := r.page.detail.name.Text; got != "Nordlicht Film" || len(r.Engine.Calls()) != 0 {
		t.Errorf("the name is %q, the engine was asked %q", got, r.Engine.Calls())
	}
}

func TestATypedNameOutlivesNews(t *testing.T) {
	r := open(t, hosttest.New(t), wide, three())
	r.write("Half a na")
	r.page.Show(r.Engine.Set(app.Snapshot{Transfers: []app.View{view(1, key(2), "New")}}))
	if got := r.page.detail.name.Text; got != "Half a na" {
		t.Errorf("what is being typed became %q", got)
	}
	r.tapRow(1) // it is kept for the publisher it was typed for
	want := fmt.Sprintf("SetPublisher %v Half a na false", key(1))
	if got := r.Engine.Calls(); len(got) != 1 || got[0] != want {
		t.Errorf("the engine was asked %q, want %q", got, want)
	}
	if got := r.page.detail.name.Text; got != "Open Conference" {
		t.Errorf("the other publisher's name shows as %q", got)
	}
}

func TestANameThatCannotBeKept(t *testing.T) {
	r := open(t, hosttest.New(t), wide, three())
	r.Engine.Fail("SetPublisher", app.NewProblem(app.DiskFault, "grove.db", nil))
	r.write("Somebody")
	r.page.detail.name.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if len(r.Told) != 1 || r.page.detail.name.Text != "Somebody" {
		t.Errorf("told %v, the field shows %q", r.Told, r.page.detail.name.Text)
	}
}

func TestBlocking(t *testing.T) {
	known := three()
	r := open(t, hosttest.New(t), wide, known)
	r.wants(true, "nothing new from this publisher can be downloaded. What you have stays.")
	test.Tap(r.button("Block"))
	if d := cmp.Diff([]string{"Block Nordlicht Film?"}, r.Asked); d != "" || len(r.Engine.Calls()) != 0 {
		t.Fatalf("asked %q, the engine did %q", r.Asked, r.Engine.Calls())
	}
	r.Yes = true
	known[0].Blocked = true // as the engine will say when it is asked again
	test.Tap(r.button("Block"))
	if got := r.Engine.Calls(); len(got) != 1 || got[0] != fmt.Sprintf("SetPublisher %v Nordlicht Film true", key(1)) {
		t.Fatalf("the engine was asked %q", got)
	}
	r.wants(true, "blocked")
	test.Tap(r.button("Unblock"))
	if got := r.Engine.Calls(); len(got) != 2 || got[1] != fmt.Sprintf("SetPublisher %v Nordlicht Film false", key(1)) {
		t.Errorf("the engine was asked %q", got)
	}
	if len(r.Asked) != 2 {
		t.Errorf("unblocking asked: %q", r.Asked)
	}

	r.tapRow(2)
	r.Yes = false
	test.Tap(r.button("Block"))
	if got := r.Asked[2]; got != "Block "+key(3).Fingerprint()+"?" {
		t.Errorf("without a name it asks %q", got)
	}
}

func TestOneselfIsNotBlocked(t *testing.T) {
	mine := view(1, key(2), "Summer")
	mine.Shared = true
	r := open(t, hosttest.New(t), wide, three(), mine)
	r.wants(true, "you")
	if r.page.detail.entry.key != key(2) || r.page.detail.block.Visible() || r.page.detail.meaning.Visible() {
		t.Error("one's own key can be blocked")
	}
}

func TestTheSameNameIsWarnedOf(t *testing.T) {
	known := three()
	known[2].Name = "nordlicht film"
	r := open(t, hosttest.New(t), wide, known)
	r.wants(true, "Several keys are called", key(3).Fingerprint()+" and "+key(1).Fingerprint())
	r.tapRow(2)
	r.wants(false, "Several keys are called")
}

func TestSearching(t *testing.T) {
	var known []app.Publisher
	for i := range searchFrom {
		known = append(known, publisher(i+1, fmt.Sprintf("Publisher %02d", i+1)))
	}
	r := open(t, hosttest.New(t), wide, known)
	r.Window.Canvas().Focus(r.page.search)
	test.Type(r.page.search, "13")
	if rows := hosttest.All[*row](r.page.list); len(rows) != 1 || rows[0].name.Text != "Publisher 13" {
		t.Errorf("%d rows are left", len(rows))
	}
	if r.page.detail.entry.key != key(1) {
		t.Error("searching chose another publisher")
	}
	r.tapRow(0)
	if r.page.detail.entry.key != key(13) {
		t.Error("the one that was found was not chosen")
	}
	r.page.search.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if len(r.page.shown) != searchFrom || r.page.detail.entry.key != key(13) {
		t.Errorf("%d are listed", len(r.page.shown))
	}
}

func TestWithLittleRoom(t *testing.T) {
	r := open(t, hosttest.New(t), tiny, three())
	if r.page.detail.content.Visible() || r.page.list.Size().Width < 300 {
		t.Fatal("the list is not seen alone")
	}
	for n := range 2 { // the same one, twice
		r.tapRow(0)
		if !r.page.detail.content.Visible() || !r.page.detail.back.Visible() {
			t.Fatalf("time %d: the detail is not seen", n)
		}
		test.Tap(r.button("All publishers"))
		if r.page.detail.content.Visible() {
			t.Fatalf("time %d: the list is not seen again", n)
		}
	}
	r.Window.Resize(wide)
	if !r.page.detail.content.Visible() || r.page.detail.back.Visible() || r.page.at != 0 {
		t.Error("with room for both, both are not seen")
	}
}

func TestNews(t *testing.T) {
	k := hosttest.New(t)
	r := open(t, k, wide, three())
	k.Engine.Known = append(three(), publisher(4, "Fourth"))
	r.page.Show(k.Engine.Set(app.Snapshot{})) // a tick in which nothing happened
	r.wants(false, "Fourth")
	r.page.Show(k.Engine.Set(app.Snapshot{Transfers: []app.View{view(1, key(4), "New")}}))
	r.wants(true, "Fourth")
	k.Engine.Known = three()[1:]
	r.page.Close()
	r.page.Show(k.Engine.Set(app.Snapshot{Transfers: []app.View{view(1, key(4), "New")}})) // come back
	r.wants(false, "Fourth", "Nordlicht Film")
	if r.page.detail.entry.key != key(2) {
		t.Error("the detail is of one that is gone")
	}
}

func TestOneQuestionAtATime(t *testing.T) {
	k := hosttest.New(t)
	r := open(t, k, wide, three())
	var jobs []func(context.Context) (func(), error)
	r.Host.Do = func(job func(context.Context) (func(), error)) { jobs = append(jobs, job) }
	for n := range 3 {
		r.page.Show(k.Engine.Set(app.Snapshot{Transfers: []app.View{view(n, key(n), "")}}))
	}
	if len(jobs) != 1 {
		t.Fatalf("%d questions are under way", len(jobs))
	}
	then, _ := jobs[0](t.Context())
	k.Engine.Known = nil
	then()
	if len(jobs) != 2 {
		t.Fatalf("%d questions were asked", len(jobs))
	}
	then, _ = jobs[1](t.Context())
	then()
	r.wants(true, "No publishers yet")
}

func TestEmpty(t *testing.T) {
	r := open(t, hosttest.New(t), wide, nil)
	r.wants(true, "No publishers yet", "Every package is signed.")
	test.Tap(r.button("Go to downloads"))
	if len(r.Went) != 1 || r.Went[0] != host.Downloads {
		t.Errorf("it went to %v", r.Went)
	}
	for _, c := range r.page.Commands() {
		if c.Enabled() {
			t.Errorf("%s can be done", c.Text)
		}
	}
}

func TestAFailure(t *testing.T) {
	k := hosttest.New(t)
	k.Engine.Fail("Publishers", app.NewProblem(app.DiskFault, "grove.db", nil))
	r := open(t, k, wide, three())
	r.wants(true, "grove.db")
	if len(r.Told) != 0 {
		t.Errorf("told %v besides", r.Told)
	}
	k.Engine.Fail("Publishers", nil)
	test.Tap(r.button("Try again"))
	r.wants(true, "Nordlicht Film")
	r.wants(false, "grove.db")
}

func TestCommands(t *testing.T) {
	var known []app.Publisher
	for i := range searchFrom {
		known = append(known, publisher(i+1, ""))
	}
	r := open(t, hosttest.New(t), wide, known)
	did := map[string]func(){}
	can := map[string]bool{}
	for _, c := range r.page.Commands() {
		if c.Shortcut == nil {
			t.Errorf("%s has no keys", c.Text)
		}
		did[c.Text], can[c.Text] = c.Do, c.Enabled()
	}
	want := map[string]bool{"Search by name or fingerprint": true, "Rename": true, "Copy key": true, "Block": true, "Unblock": false}
	if d := cmp.Diff(want, can); d != "" {
		t.Error(d)
	}
	did["Search by name or fingerprint"]()
	if r.Window.Canvas().Focused() != r.page.search {
		t.Errorf("focused %T", r.Window.Canvas().Focused())
	}
	did["Rename"]()
	if r.Window.Canvas().Focused() != r.page.detail.name {
		t.Errorf("focused %T", r.Window.Canvas().Focused())
	}
	did["Copy key"]()
	did["Block"]()
	if r.Copied != key(searchFrom).String() || len(r.Asked) != 1 {
		t.Errorf("copied %q, asked %q", r.Copied, r.Asked)
	}
}

// TestBudget: what was given is said, a choice is sent once, and one that
// somebody made elsewhere is not.
func TestBudget(t *testing.T) {
	all := three()
	all[0].Budget, all[0].Given = 3e9, 1.3e9
	r := open(t, hosttest.New(t), wide, all, view(1, key(1), "Film"))
	b := r.page.detail.budget
	r.wants(true, "1.3 GB given this month to others outside your local network.")
	if b.chosen.Selected != "At most 3.0 GB" || len(r.Engine.Calls()) != 0 {
		t.Fatalf("%q, %q", b.chosen.Selected, r.Engine.Calls())
	}
	b.chosen.SetSelected("At most 2.0 GB")
	if want := []string{fmt.Sprintf("SetPublisherBudget %v 2000000000", key(1))}; !cmp.Equal(r.Engine.Calls(), want) {
		t.Errorf("%q", r.Engine.Calls())
	}
	r.tapRow(1)
	if b.chosen.Selected != "No limit of its own" || len(r.Engine.Calls()) != 1 {
		t.Errorf("of another: %q, %q", b.chosen.Selected, r.Engine.Calls())
	}
	r.wants(true, "0 bytes given this month to others outside your local network.")
}
