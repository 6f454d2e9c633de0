package look

import (
	"image"
	"image/color"
	"image/draw"

	"golang.org/x/image/vector"

	"grove/app/pack"
)

// A placeholder is a small grove: its trunks, their heights and its colours
// are read off the package's ID. It is the same in light and dark, as a
// poster is.

// airs are its grounds, with the earth below the line and two shades of trunk.
var airs = []struct{ air, earth, near, far color.RGBA }{
	{rgb(0x1B7346), rgb(0x135534), rgb(0xE4F1E8), rgb(0x7FBF9A)},
	{rgb(0x4F7A68), rgb(0x3B5E50), rgb(0xE8F0EA), rgb(0x9DBFAF)},
	{rgb(0x2E4A44), rgb(0x223833), rgb(0xBFD8CB), rgb(0x6B9484)},
	{rgb(0x7D8F86), rgb(0x63736B), rgb(0xF3F6F2), rgb(0xB6C4BC)},
	{rgb(0xB9CDBF), rgb(0x9BB3A4), rgb(0x2F5C45), rgb(0x6F9480)},
	{rgb(0xD8DDD6), rgb(0xBCC5BD), rgb(0x46544E), rgb(0x8FA197)},
	{rgb(0x3F6B4F), rgb(0x2F523C), rgb(0xCFE6BF), rgb(0x87B27F)},
	{rgb(0x5B6B66), rgb(0x47544F), rgb(0xC9E3D3), rgb(0x8CA89B)},
}

func placeholder(id pack.ID) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, pictureSide, pictureSide))
	c := airs[id[0]%8]
	const u = float32(pictureSide) / 32
	line := u * float32(23+id[1]%3)
	draw.Draw(m, m.Bounds(), image.NewUniform(c.air), image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(0, int(line), pictureSide, pictureSide), image.NewUniform(c.earth), image.Point{}, draw.Src)
	trunks := 3 + int(id[2]%4)
	pitch := 26 * u / float32(trunks)
	for i := range trunks {
		shape, shade := id[3+2*i], id[4+2*i]
		x := 3*u + pitch*(float32(i)+0.5) + pitch*(float32(shape&3)-1.5)/8
		wide := pitch * (0.34 + 0.06*float32(shape>>2&3))
		high := line * (0.3 + 0.5*float32(shape>>4)/15)
		fill := c.near
		if shade&1 != 0 {
			fill = c.far
		}
		trunk(m, x, line, wide, high, fill)
	}
	draw.Draw(m, image.Rect(int(2*u), int(line), pictureSide-int(2*u), int(line+u)), image.NewUniform(c.near), image.Point{}, draw.Src)
	return m
}

// trunk paints one with a round top.
func trunk(m *image.RGBA, x, foot, wide, high float32, c color.RGBA) {
	const round = 0.5523 // of a quarter circle as a cubic curve
	r := vector.NewRasterizer(m.Bounds().Dx(), m.Bounds().Dy())
	half, top := wide/2, foot-high
	r.MoveTo(x-half, foot)
	r.LineTo(x-half, top+half)
	r.CubeTo(x-half, top+half*(1-round), x-half*round, top, x, top)
	r.CubeTo(x+half*round, top, x+half, top+half*(1-round), x+half, top+half)
	r.LineTo(x+half, foot)
	r.ClosePath()
	r.Draw(m, m.Bounds(), image.NewUniform(c), image.Point{})
}
