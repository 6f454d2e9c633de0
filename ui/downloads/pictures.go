package downloads

import (
	"context"
	"image"

	"golang.org/x/image/draw"

	"grove/app"
	"grove/app/pack"
	"grove/ui/host"
	"grove/ui/look"
)

// pictureLimit is how many pictures of a sort are kept. picturePixels is the
// longer side of one: twice that of its place, for fine screens.
const (
	pictureLimit  = 256
	picturePixels = 2 * pictureSide * look.Grid
)

// pictures are the small pictures of packages. Posters are decoded away from
// the UI goroutine; a placeholder is shown until one has arrived.
type pictures struct {
	host    *host.Host
	drawn   map[pack.ID]image.Image // placeholders
	posters map[pack.ID]image.Image // nil: on its way
	arrived func()
}

func newPictures(h *host.Host, arrived func()) *pictures {
	return &pictures{host: h, drawn: map[pack.ID]image.Image{}, posters: map[pack.ID]image.Image{}, arrived: arrived}
}

// of is the picture of v; the same image each time, so that it can be told
// from another by comparing.
func (p *pictures) of(v *app.View) image.Image {
	if len(v.Poster) > 0 {
		if _, asked := p.posters[v.Package]; !asked {
			p.load(v.Package, v.Poster)
		}
		if m := p.posters[v.Package]; m != nil {
			return m
		}
	}
	m := p.drawn[v.Package]
	if m == nil {
		m = look.PictureImage(nil, v.Package)
		keep(p.drawn, v.Package, m)
	}
	return m
}

func (p *pictures) load(id pack.ID, poster []byte) {
	keep(p.posters, id, nil)
	p.host.Do(func(context.Context) (func(), error) {
		m := small(look.PictureImage(poster, id))
		return func() {
			keep(p.posters, id, m)
			p.arrived()
		}, nil
	})
}

// keep puts m into a map of bounded size. What falls out is made again when
// it is seen again.
func keep(all map[pack.ID]image.Image, id pack.ID, m image.Image) {
	if _, known := all[id]; !known && len(all) >= pictureLimit {
		clear(all)
	}
	all[id] = m
}

// small is m with its longer side picturePixels long, or m itself where it is
// not longer than that.
func small(m image.Image) image.Image {
	b := m.Bounds()
	longer := max(b.Dx(), b.Dy())
	if longer <= picturePixels {
		return m
	}
	out := image.NewRGBA(image.Rect(0, 0, max(b.Dx()*picturePixels/longer, 1), max(b.Dy()*picturePixels/longer, 1)))
	draw.BiLinear.Scale(out, out.Bounds(), m, b, draw.Src, nil)
	return out
}
