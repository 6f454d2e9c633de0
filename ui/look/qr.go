package look

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"rsc.io/qr"
)

// QR is text as a QR code, dark on light in every theme, with the quiet zone
// that readers want, in a square of side, which stays when the scale changes.
// It is empty where text does not fit into one.
func QR(text string, side float32) *canvas.Image {
	i := &canvas.Image{FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScalePixels}
	if code, err := qr.Encode(text, qr.M); err == nil {
		i.Image = qrImage(code)
	}
	i.SetMinSize(fyne.NewSquareSize(side))
	return i
}

// quietZone is the light frame of a QR code in modules, as its standard says.
const quietZone = 4

// qrImage has one pixel a module.
func qrImage(code *qr.Code) image.Image {
	side := code.Size + 2*quietZone
	m := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				m.SetColorIndex(x+quietZone, y+quietZone, 1)
			}
		}
	}
	return m
}
