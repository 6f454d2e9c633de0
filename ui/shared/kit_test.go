package shared

import (
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
	"grove/ui/host/hosttest"
)

var (
	roomy = fyne.NewSize(840, 700) // what the sidebar leaves of a common window
	tiny  = fyne.NewSize(430, 360) // and of the smallest
)

const aLink = "grove:1/k5ukdmqmiygx2sbi4u5buqc5hkmvtyb5fdv6dxfnh6y3iwqrmyja?p=RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3&a=/ip4/192.0.2.7/tcp/41001/p2p/12D3KooWBmwkafWE2fqfzS96VoTZgpGp6aJsF4N6aqNnPtbhX3YT&n=Holiday"

// someKey is a publisher's key that is the same in every run.
func someKey() (k pack.PublicKey) {
	copy(k[:], "Ed12345678a key that nobody holds, for tests")
	return k
}

func number(n int) uuid.UUID {
	return uuid.MustParse(fmt.Sprintf("6f1e0f9a-0000-4000-8000-%012d", n))
}

// holiday is a share that nobody has yet.
func holiday() app.View {
	return app.View{ID: number(1), Package: pack.ID{1, 2, 3}, Name: "Holiday in the north", State: app.Seeding, Shared: true, Seed: true,
		Size: 4_000_000_000, Have: 4_000_000_000, Files: 1, Path: "/home/ada/Videos/Holiday.mp4", Folder: "/home/ada/Videos",
		Created: time.Date(2026, 11, 20, 10, 0, 0, 0, time.Local), Publisher: app.Publisher{Key: someKey()}}
}

// popular is a share that many have.
func popular() app.View {
	v := holiday()
	v.ID, v.Package, v.Name = number(2), pack.ID{4, 5, 6}, "Field recordings"
	v.Counts.Given = 12_400_000_000
	v.Serving = app.ServeStats{Peers: 5, Complete: 2}
	v.Rates.Given = 1.2e6
	v.Private = true
	v.Expires = time.Date(2027, 3, 1, 12, 0, 0, 0, time.Local)
	return v
}

// downloaded is a finished download that is still given.
func downloaded() app.View {
	v := holiday()
	v.ID, v.Package, v.Name, v.Shared, v.Seed = number(3), pack.ID{7, 8, 9}, "Feature film", false, false
	v.Publisher.Name = "Nordlicht Film"
	v.Serving = app.ServeStats{Peers: 1}
	return v
}

// stopped, changed: shares that nobody can get.
func stopped() app.View {
	v := popular()
	v.ID, v.Package, v.Name, v.State = number(4), pack.ID{10, 11}, "Old maps", app.Done
	v.Serving, v.Rates = app.ServeStats{}, app.Rates{}
	return v
}

func changed() app.View {
	v := holiday()
	v.ID, v.Package, v.Name, v.State = number(5), pack.ID{12, 13}, "Thesis", app.Failed
	v.Problem = app.NewProblem(app.FileChanged, "Thesis.pdf", nil)
	return v
}

func several() []app.View {
	return []app.View{holiday(), popular(), downloaded(), stopped(), changed()}
}

// many are n shares that differ.
func many(n int) []app.View {
	all := make([]app.View, n)
	for i := range all {
		all[i] = popular()
		all[i].ID, all[i].Package, all[i].Name = number(i), pack.ID{byte(i), byte(i >> 8), 1}, fmt.Sprintf("Share %05d", i)
		all[i].Counts.Given = int64(i) * 1e7
	}
	return all
}

func snapshot(views ...app.View) *app.Snapshot {
	return &app.Snapshot{Version: 1, Settings: app.DefaultSettings(), Transfers: views}
}

// place puts the page into the window.
func place(k *hosttest.Kit, size fyne.Size, views ...app.View) *Page {
	for _, v := range views {
		k.Desk.Links[v.ID] = aLink
	}
	p := New(k.Host)
	k.Put(p, size, snapshot(views...))
	return p
}

// press taps the button with a text.
func press(t *testing.T, k *hosttest.Kit, text string) {
	t.Helper()
	var found fyne.Tappable
	hosttest.Walk(k.Window.Content(), func(o fyne.CanvasObject) {
		switch b := o.(type) {
		case *button:
			if b.Text == text {
				found = b
			}
		case *widget.Button:
			if b.Text == text {
				found = b
			}
		}
	})
	if found == nil {
		t.Fatalf("there is no button %q to press", text)
	}
	test.Tap(found)
}

// tap taps the row of a share.
func tap(t *testing.T, k *hosttest.Kit, name string) {
	t.Helper()
	var found *rowView
	hosttest.Walk(k.Window.Content(), func(o fyne.CanvasObject) {
		if v, ok := o.(*rowView); ok && v.shown.Name == name {
			found = v
		}
	})
	if found == nil {
		t.Fatalf("there is no row %q to tap", name)
	}
	test.Tap(found)
}

// texts are all texts that are seen.
func texts(k *hosttest.Kit) (all []string) {
	hosttest.Walk(k.Window.Content(), func(o fyne.CanvasObject) {
		switch o := o.(type) {
		case *widget.Label:
			all = append(all, o.Text)
		case *canvas.Text:
			all = append(all, o.Text)
		}
	})
	return all
}
