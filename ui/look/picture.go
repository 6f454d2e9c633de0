package look

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"golang.org/x/image/draw"

	"grove/app/pack"
)

// Picture is a package's poster, or a drawn placeholder that follows from its
// ID, in a square of side, which stays when the scale changes.
func Picture(poster []byte, id pack.ID, side float32) *canvas.Image {
	i := canvas.NewImageFromImage(PictureImage(poster, id))
	i.FillMode, i.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleSmooth
	i.CornerRadius = Units(0.5)
	i.SetMinSize(fyne.NewSquareSize(side))
	return i
}

// pictureSide is the larger side of what PictureImage returns, at most.
const pictureSide = 256

// PictureImage is the image of Picture, which follows from its arguments
// alone. A poster is a stranger's: one that is no still PNG or JPEG, or too
// large to decode at once, is as none.
func PictureImage(poster []byte, id pack.ID) image.Image {
	if m := decode(poster); m != nil {
		return m
	}
	return placeholder(id)
}

// What decoding a poster may cost: its pixels, and how often a JPEG goes over
// them all again to refine them.
const (
	maxPixels = 2 << 20
	maxSide   = 4096
	maxScans  = 32
)

// decode is a poster scaled down to what is shown, or nil.
func decode(poster []byte) image.Image {
	if len(poster) > pack.MaxPoster {
		return nil
	}
	read, config := png.Decode, png.DecodeConfig
	switch {
	case bytes.HasPrefix(poster, []byte("\x89PNG\r\n\x1a\n")):
		if bytes.Contains(poster, []byte("acTL")) { // it moves
			return nil
		}
	case bytes.HasPrefix(poster, []byte("\xff\xd8\xff")):
		read, config = jpeg.Decode, jpeg.DecodeConfig
		if bytes.Count(poster, []byte("\xff\xda")) > maxScans {
			return nil
		}
	default:
		return nil
	}
	c, err := config(bytes.NewReader(poster))
	if err != nil || c.Width < 1 || c.Height < 1 || c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > maxPixels {
		return nil
	}
	m, err := read(bytes.NewReader(poster))
	if err != nil {
		return nil
	}
	return fit(m)
}

// fit is m no larger than pictureSide, as the toolkit paints it fastest.
func fit(m image.Image) *image.RGBA {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	if larger := max(w, h); larger > pictureSide {
		w, h = max(1, w*pictureSide/larger), max(1, h*pictureSide/larger)
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.BiLinear.Scale(out, out.Bounds(), m, m.Bounds(), draw.Src, nil)
	return out
}
