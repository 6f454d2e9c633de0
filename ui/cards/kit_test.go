package cards

import (
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
	"grove/ui/host"
	"grove/ui/host/hosttest"
)

var (
	roomy = fyne.NewSize(840, 700) // what the sidebar leaves of a common window
	tiny  = fyne.NewSize(430, 360) // and of the smallest
)

var offerID = uuid.MustParse("6f1e0f9a-0000-4000-8000-000000000001")

// someKey is a publisher's key that is the same in every run.
func someKey() (k pack.PublicKey) {
	copy(k[:], "Ed12345678a key that nobody holds, for tests")
	return k
}

// offered is an offer of files by path with their sizes.
func offered(name string, files ...pack.File) *app.Offer {
	sizes := make([]int64, len(files))
	for i, f := range files {
		sizes[i] = f.Size
	}
	return &app.Offer{ID: offerID, Described: app.Described{Package: &pack.Package{
		ID: pack.ID{1, 2, 3, 4, 5, 6, 7, 8},
		Manifest: pack.Manifest{Publisher: someKey(), Name: name, Files: files,
			Created: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)},
		Layout: pack.NewLayout(pack.MaxPiece, sizes)}},
		Publisher: app.Publisher{Key: someKey()}}
}

func file(size int64, path ...string) pack.File { return pack.File{Path: path, Size: size} }

// film is an offer of one file.
func film() *app.Offer {
	o := offered("Feature film", file(4_200_000_000, "Feature film.mkv"))
	o.Package.Manifest.About = "A film about a forest in the north.\nWith subtitles in six languages."
	return o
}

// talks is an offer of a few files in folders.
func talks() *app.Offer {
	return offered("Conference talks 2026",
		file(900_000_000, "day 1", "opening.mkv"), file(1_100_000_000, "day 1", "slides", "opening.pdf"),
		file(700_000_000, "day 2", "closing.mkv"), file(12_000, "read me.txt"))
}

// many is an offer of n files.
func many(n int) *app.Offer {
	files := make([]pack.File, n)
	for i := range files {
		files[i] = file(int64(i)*1000, fmt.Sprintf("folder %03d", i/100), fmt.Sprintf("file %05d.dat", i))
	}
	return offered("A thousand things", files...)
}

// snapshot is what the engine shows with the settings of a fresh start.
func snapshot() *app.Snapshot {
	s := app.DefaultSettings()
	s.Welcomed = true
	return &app.Snapshot{Version: 1, Settings: s, Month: app.Month{Budget: s.Giving.Budget}}
}

// put presents a card and shows it.
func put(k *hosttest.Kit, p host.Page, size fyne.Size) {
	k.Present(p)
	k.Put(p, size, snapshot())
}

// show puts an offer on a card in front of the window.
func show(t *testing.T, k *hosttest.Kit, o *app.Offer) *Offer {
	t.Helper()
	k.Engine.Offer = o
	c := NewOffer(k.Host, app.Lead{Link: pack.Link{ID: pack.ID{1}, Name: "Feature film"}})
	put(k, c, roomy)
	return c
}

// press taps the button with a text.
func press(t *testing.T, k *hosttest.Kit, text string) {
	t.Helper()
	var found fyne.Tappable
	hosttest.Walk(k.Window.Content(), func(o fyne.CanvasObject) {
		switch b := o.(type) {
		case *button:
			if b.Text == text && !b.Disabled() {
				found = b
			}
		case *widget.Button:
			if b.Text == text && !b.Disabled() {
				found = b
			}
		}
	})
	if found == nil {
		t.Fatalf("there is no button %q to press", text)
	}
	test.Tap(found)
}

// texts are all labels that are seen.
func texts(k *hosttest.Kit) (all []string) {
	hosttest.Walk(k.Window.Content(), func(o fyne.CanvasObject) {
		if l, ok := o.(*widget.Label); ok && l.Text != "" {
			all = append(all, l.Text)
		}
	})
	return all
}
