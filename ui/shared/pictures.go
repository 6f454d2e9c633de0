package shared

import (
	"context"
	"image"

	"grove/app"
	"grove/app/pack"
	"grove/ui/host"
	"grove/ui/look"
)

// picturesKept is how many pictures are kept at a time.
const picturesKept = 256

// pictures are the pictures of packages. Posters are decoded away from the UI
// goroutine; a placeholder is shown until one has arrived.
type pictures struct {
	host    *host.Host
	known   map[pack.ID]image.Image // placeholders too
	asked   map[pack.ID]bool        // a poster is here or on its way
	arrived func()
}

func newPictures(h *host.Host, arrived func()) *pictures {
	return &pictures{host: h, known: map[pack.ID]image.Image{}, asked: map[pack.ID]bool{}, arrived: arrived}
}

// of is the picture of v; the same image each time, so that it can be told
// from another by comparing.
func (p *pictures) of(v *app.View) image.Image {
	if p.known[v.Package] == nil {
		if len(p.known) >= picturesKept { // what falls out is made again when it is seen
			clear(p.known)
			clear(p.asked)
		}
		p.known[v.Package] = look.PictureImage(nil, v.Package)
	}
	if len(v.Poster) > 0 && !p.asked[v.Package] {
		p.asked[v.Package] = true
		p.load(v.Package, v.Poster)
	}
	return p.known[v.Package]
}

func (p *pictures) load(id pack.ID, poster []byte) {
	p.host.Do(func(context.Context) (func(), error) {
		m := look.PictureImage(poster, id)
		return func() {
			p.known[id] = m
			p.arrived()
		}, nil
	})
}
