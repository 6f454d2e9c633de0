package cards

import (
	"fmt"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"grove/app"
	"grove/app/pack"
	"grove/ui/host/hosttest"
)

// rows are the rows that are drawn, by name.
func rows(k *hosttest.Kit) map[string]*fileRow {
	all := map[string]*fileRow{}
	hosttest.Walk(k.Window.Content(), func(o fyne.CanvasObject) {
		if r, ok := o.(*fileRow); ok {
			all[r.shown.name] = r
		}
	})
	return all
}

// listOf is the list on a card.
func listOf(t *testing.T, k *hosttest.Kit) (found *fileList) {
	t.Helper()
	hosttest.Walk(k.Window.Content(), func(o fyne.CanvasObject) {
		if l, ok := o.(*fileList); ok {
			found = l
		}
	})
	if found == nil {
		t.Fatal("there is no list of files")
	}
	return found
}

// filterOf is where a name is looked for, or nil.
func filterOf(k *hosttest.Kit) (found *entry) {
	hosttest.Walk(k.Window.Content(), func(o fyne.CanvasObject) {
		if e, ok := o.(*entry); ok && e.PlaceHolder == "Find a file" {
			found = e
		}
	})
	return found
}

// tapRow taps where the row of that name is drawn.
func tapRow(t *testing.T, k *hosttest.Kit, name string) {
	t.Helper()
	r := rows(k)[name]
	if r == nil {
		t.Fatalf("%q is not listed", name)
	}
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(r)
	test.TapCanvas(k.Window.Canvas(), at.AddXY(20, 12))
}

// Files and folders are chosen by taps; what is left is what is accepted, and
// the room is asked for again.
func TestFilesAreChosen(t *testing.T) {
	k := hosttest.New(t)
	c := show(t, k, talks())
	if filterOf(k) != nil {
		t.Error("there is a filter for four files")
	}
	tapRow(t, k, "day 1")
	says(t, k, "2 of 4 files, 700 MB of 2.7 GB")
	tapRow(t, k, "opening.pdf")
	if got := rows(k)["day 1"].shown.mark; got != markSome {
		t.Errorf("the folder is marked %d", got)
	}
	press(t, k, "Download")
	var names []string
	for _, f := range k.Engine.Choice.Selected {
		names = append(names, c.now.Offer.Package.Manifest.Files[f].Name())
	}
	if want := []string{"day 1/slides/opening.pdf", "day 2/closing.mkv", "read me.txt"}; !slices.Equal(names, want) {
		t.Errorf("accepted %q", names)
	}
}

// Nothing selected is nothing to download.
func TestFilesNone(t *testing.T) {
	k := hosttest.New(t)
	c := show(t, k, talks())
	press(t, k, "Select none")
	says(t, k, "Select at least one file.")
	if c.ready() {
		t.Error("nothing can be downloaded")
	}
	press(t, k, "Select all")
	says(t, k, "4 files, 2.7 GB")
	if !c.ready() {
		t.Error("everything cannot be downloaded")
	}
}

// The filter lists files by their path, and choosing means those.
func TestFilesFilter(t *testing.T) {
	k := hosttest.New(t)
	c := show(t, k, many(300))
	filter := filterOf(k)
	if filter == nil {
		t.Fatal("there is no filter for 300 files")
	}
	test.Type(filter, "file 0002")
	press(t, k, "Leave out these")
	says(t, k, "290 of 300 files")
	if rows(k)["folder 000 / file 00020.dat"] == nil {
		t.Errorf("the list shows %v", rows(k))
	}
	test.Type(filter, "x")
	says(t, k, "No file has this in its name.")
	filter.SetText("")
	press(t, k, "Select all")
	if c.tree.selected() != nil {
		t.Error("not everything is selected")
	}
	filter.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if len(k.Presented) != 0 {
		t.Error("Esc does not leave")
	}
}

// The keyboard moves through the list, chooses, accepts and leaves.
func TestFilesKeys(t *testing.T) {
	k := hosttest.New(t)
	c := show(t, k, talks())
	l := listOf(t, k)
	k.Window.Canvas().Focus(l)
	for _, press := range []struct {
		key  fyne.KeyName
		want []int // nil is all
	}{{fyne.KeyDown, nil}, {fyne.KeySpace, []int{1, 2, 3}}, {fyne.KeySpace, nil}, {fyne.KeySpace, []int{1, 2, 3}}} {
		if l.TypedKey(&fyne.KeyEvent{Name: press.key}); !slices.Equal(c.tree.selected(), press.want) {
			t.Errorf("%s: selected %v, not %v", press.key, c.tree.selected(), press.want)
		}
	}
	l.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if got := k.Engine.Choice.Selected; !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("accepted %v", got)
	}
	k.Engine.Offer = talks()
	show(t, k, talks())
	listOf(t, k).TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if len(k.Presented) != 0 {
		t.Error("Esc does not leave")
	}
}

// With as many files as a package may have, as few rows are made as are seen.
func TestFilesManyAreFewRows(t *testing.T) {
	k := hosttest.New(t)
	show(t, k, many(pack.MaxFiles))
	l := listOf(t, k)
	if n := len(rows(k)); n > l.seen()+2 {
		t.Errorf("%d rows are made, %d seen", n, l.seen())
	}
	l.ScrollToBottom()
	last := fmt.Sprintf("file %05d.dat", pack.MaxFiles-1)
	if rows(k)[last] == nil {
		t.Errorf("the end shows %v", rows(k))
	}
	if got := rows(k)[last].AccessibilityLabel(); got != last+", 20.0 MB and selected" {
		t.Errorf("spoken as %q", got)
	}
}

// BenchmarkFilesRefresh is a tap on a card with as many files as there may be.
func BenchmarkFilesRefresh(b *testing.B) {
	k := hosttest.New(b)
	k.Engine.Offer = many(pack.MaxFiles)
	c := NewOffer(k.Host, app.Lead{})
	put(k, c, roomy)
	b.ReportAllocs()
	for b.Loop() {
		c.tree.toggle(1)
		c.chosen()
	}
}
