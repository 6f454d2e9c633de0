package main

import (
	"strings"

	"rsc.io/qr"
)

// qrText draws text as a QR code, two modules a character. The light modules
// are drawn: with colour in white on black, whatever the terminal's own colours
// are, and without it in the terminal's own, which are light on dark mostly.
func qrText(text string, colour bool) (string, error) {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return "", err
	}
	const border = 4 // modules that a reader needs around it
	light := func(x, y int) bool {
		return x < 0 || y < 0 || x >= code.Size || y >= code.Size || !code.Black(x, y)
	}
	on, off := "", ""
	if colour {
		on, off = "\x1b[97;40m", plain
	}
	var b strings.Builder
	for y := -border; y < code.Size+border; y += 2 {
		b.WriteString(on)
		for x := -border; x < code.Size+border; x++ {
			switch up, down := light(x, y), light(x, y+1); {
			case up && down:
				b.WriteRune('█')
			case up:
				b.WriteRune('▀')
			case down:
				b.WriteRune('▄')
			default:
				b.WriteByte(' ')
			}
		}
		b.WriteString(off + "\n")
	}
	return b.String(), nil
}
