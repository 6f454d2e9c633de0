// Package poster reads the picture of a package from a file, and makes one
// small enough of a photo that is not.
package poster

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	_ "image/png" // decoded as well
	"net/http"

	"golang.org/x/image/draw"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/files"
)

const (
	maxFile   = 64 << 20   // bytes of a picture that is made smaller
	maxPixels = 50_000_000 // of one; decoded it takes up to 8 bytes each
	firstSide = 960        // pixels of the longer side of what is made
)

// qualities are those of JPEG that are tried at each size.
var qualities = []int{85, 75, 65}

// Read reads a PNG, JPEG, GIF or WebP from path. What is larger than
// pack.MaxPoster, if it is a PNG or a JPEG, becomes a smaller JPEG of the same
// picture. BadInput for anything else.
func Read(path string) ([]byte, error) {
	b, err := files.Read(path, maxFile)
	if err != nil {
		return nil, err
	}
	kind := MediaType(b)
	switch {
	case kind == "":
		return nil, app.NewProblem(app.BadInput, path+" is not a picture; PNG, JPEG, GIF and WebP are", nil)
	case len(b) <= pack.MaxPoster:
		return b, nil
	case kind != "image/png" && kind != "image/jpeg":
		return nil, app.NewProblem(app.BadInput, fmt.Sprintf("%s is larger than %d KiB; only a PNG or a JPEG is made smaller", path, pack.MaxPoster>>10), nil)
	}
	small, err := shrink(b)
	if err != nil {
		return nil, app.NewProblem(app.BadInput, path+" cannot be made smaller", err)
	}
	return small, nil
}

// MediaType is the media type of a picture that every browser shows; "" for
// anything else.
func MediaType(b []byte) string {
	switch t := http.DetectContentType(b); t {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return t
	}
	return ""
}

// shrink makes a JPEG of at most pack.MaxPoster bytes of the picture in b, on
// white where that is transparent.
func shrink(b []byte) ([]byte, error) {
	head, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	if n := int64(head.Width) * int64(head.Height); n < 1 || n > maxPixels {
		return nil, fmt.Errorf("it has %d x %d pixels; up to %d million are read", head.Width, head.Height, maxPixels/1_000_000)
	}
	full, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	m := upright(scaled(full, firstSide), orientation(b))
	for {
		for _, q := range qualities {
			var out bytes.Buffer
			if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: q}); err != nil {
				return nil, err
			}
			if out.Len() <= pack.MaxPoster {
				return out.Bytes(), nil
			}
		}
		m = scaled(m, max(m.Rect.Dx(), m.Rect.Dy())*3/4)
	}
}

// scaled is m with at most side pixels on its longer side, on white.
func scaled(m image.Image, side int) *image.RGBA {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	if longer := max(w, h); longer > side {
		w, h = max(1, w*side/longer), max(1, h*side/longer)
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.CatmullRom.Scale(out, out.Rect, m, m.Bounds(), draw.Over, nil)
	return out
}
