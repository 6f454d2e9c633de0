package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"

	"golang.org/x/image/vector"
)

// layer is one shape of a picture in its colour.
type layer struct {
	shape shape
	color color.RGBA
}

// finer is by how much a picture is painted larger before it is scaled down:
// where outlines overlap, soft edges painted at once would be too dark.
const finer = 8

// paint draws layers, made for a square of box, as a square of side pixels.
func paint(layers []layer, box float64, side int) *image.RGBA {
	large := image.NewRGBA(image.Rect(0, 0, side*finer, side*finer))
	scale := float64(side*finer) / box
	for _, l := range layers {
		r := vector.NewRasterizer(side*finer, side*finer)
		for _, p := range l.shape {
			for i, q := range p {
				if i == 0 {
					r.MoveTo(float32(q.x*scale), float32(q.y*scale))
					continue
				}
				r.LineTo(float32(q.x*scale), float32(q.y*scale))
			}
			r.ClosePath()
		}
		r.Draw(large, large.Bounds(), image.NewUniform(l.color), image.Point{})
	}
	return smaller(large)
}

// smaller is the picture with the mean of finer times finer pixels as one.
func smaller(large *image.RGBA) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, large.Bounds().Dx()/finer, large.Bounds().Dy()/finer))
	for i := range m.Pix {
		x, y := i%m.Stride, i/m.Stride
		sum := 0
		for dy := range finer {
			for dx := range finer {
				sum += int(large.Pix[(y*finer+dy)*large.Stride+(x/4*finer+dx)*4+x%4])
			}
		}
		m.Pix[i] = uint8((sum + finer*finer/2) / (finer * finer))
	}
	return m
}

func encode(m image.Image) ([]byte, error) {
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestCompression}
	err := e.Encode(&b, m)
	return b.Bytes(), err
}
