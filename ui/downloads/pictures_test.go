package downloads

import (
	"image"
	"testing"

	"grove/app"
	"grove/ui/host/hosttest"
)

// TestPosters decodes a poster once, makes it small, and shows a placeholder
// where there is none or it is no picture.
func TestPosters(t *testing.T) {
	seen := hosttest.New(t)
	jobs := holdJobs(seen)
	shown := film()
	shown.Poster = poster(t, 400, 200)
	page := place(t, seen, wide, shown)
	page.tapped(shown.ID)
	first := page.detail.overview().picture.Image
	jobs.finish(t)
	if m := page.detail.overview().picture.Image; m == first || m.Bounds().Dx() != picturePixels {
		t.Error("the poster is not shown when it arrives")
	}

	k := hosttest.New(t)
	w := holdJobs(k)
	v, plain, broken := film(), done(), in(3, "x", app.Queued)
	v.Poster, broken.Poster = poster(t, 400, 200), []byte("no picture")
	p := New(k.Host)
	before := p.pictures.of(&v)
	if before == nil || p.pictures.of(&v) != before || len(w.jobs) != 1 {
		t.Fatalf("%v, %d jobs", before, len(w.jobs))
	}
	w.finish(t)
	if m := p.pictures.of(&v); m == before || m.Bounds() != image.Rect(0, 0, picturePixels, picturePixels/2) || len(w.jobs) != 0 {
		t.Errorf("%v, %d jobs", p.pictures.of(&v).Bounds(), len(w.jobs))
	}
	if m := p.pictures.of(&plain); m == nil || m != p.pictures.of(&plain) || len(w.jobs) != 0 {
		t.Error("a placeholder is drawn again")
	}
	p.pictures.of(&broken)
	w.finish(t)
	if p.pictures.of(&broken) == nil {
		t.Error("no picture")
	}
	for i := range 2 * pictureLimit {
		v.Package = packageID(i)
		v.Package[20], v.Package[21] = byte(i), byte(i>>8)
		v.Poster = nil
		p.pictures.of(&v)
	}
	if n := len(p.pictures.drawn); n > pictureLimit {
		t.Errorf("%d pictures are kept", n)
	}
}
