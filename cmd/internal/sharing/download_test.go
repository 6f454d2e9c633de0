package sharing

import (
	"errors"
	"testing"

	"grove/app"
)

// TestSharingADownload: what was downloaded, on whatever terms and under
// whatever name, is shared as the package it was until the user says stop.
func TestSharingADownload(t *testing.T) {
	t.Parallel()
	path := put(t, filler("a", 1000), t.TempDir(), "film.mkv")
	_, link := share(t, node(t, t.TempDir()), Request{Paths: []string{path}})
	for name, c := range map[string]struct {
		choice app.Choice
		until  app.State
	}{
		"done":            {app.Choice{}, app.Done},
		"never shared":    {app.Choice{NoShare: true, Target: "mine.mkv"}, app.Done},
		"shared for now":  {app.Choice{After: true}, app.Seeding},
		"shared till now": {app.Choice{Seed: true}, app.Seeding},
	} {
		data := t.TempDir()
		g := node(t, data)
		got := getAs(t, g, link, c.choice, c.until)
		for _, state := range []string{"as it is", "paused", "after a restart"} {
			switch state {
			case "paused":
				if err := errors.Join(g.Engine.StopSharing(t.Context(), got.ID), g.Engine.Resume(t.Context(), got.ID), g.Engine.Pause(t.Context(), got.ID)); err != nil {
					t.Fatal(err)
				}
			case "after a restart":
				if err := g.Close(); err != nil {
					t.Fatal(err)
				}
				g = node(t, data)
			}
			id, again := share(t, g, Request{Paths: []string{got.Path}})
			if v := viewOf(t, g, id); id != got.ID || again.ID != link.ID || again.Publisher != link.Publisher || !v.Seed {
				t.Errorf("%s, %s: %s became %s, %+v", name, state, link, again, v)
			}
		}
	}
}

// TestDownloadOfOtherContents: what was downloaded and is something else now
// is a package of one's own, and the download stays on the list.
func TestDownloadOfOtherContents(t *testing.T) {
	t.Parallel()
	path := put(t, filler("a", 1000), t.TempDir(), "film.mkv")
	_, link := share(t, node(t, t.TempDir()), Request{Paths: []string{path}})
	g := node(t, t.TempDir())
	got := getAs(t, g, link, app.Choice{}, app.Done)
	put(t, filler("b", 1000), got.Path)
	if own, l := share(t, g, Request{Paths: []string{got.Path}}); own == got.ID || l.ID == link.ID || l.Publisher == link.Publisher {
		t.Errorf("it is still %s", l)
	}
	if viewOf(t, g, got.ID) == nil {
		t.Error("the download is no longer on the list")
	}
}
