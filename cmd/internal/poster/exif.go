package poster

import (
	"bytes"
	"encoding/binary"
	"image"
)

// A camera writes the picture as its sensor saw it, and beside it how it was
// held: the EXIF orientation, 1 to 8.

// orientation reads the orientation of a JPEG; 1, upright, where it says none.
func orientation(b []byte) int {
	const (
		startOfScan = 0xda
		app1        = 0xe1
	)
	for at := 2; at+4 <= len(b) && b[at] == 0xff && b[at+1] != startOfScan; {
		size := int(binary.BigEndian.Uint16(b[at+2:])) // with its own two bytes
		end := at + 2 + size
		if size < 2 || end > len(b) {
			break
		}
		if body, ok := bytes.CutPrefix(b[at+4:end], []byte("Exif\x00\x00")); ok && b[at+1] == app1 {
			return tiffOrientation(body)
		}
		at = end
	}
	return 1
}

// tiffOrientation finds the orientation in the first directory of b.
func tiffOrientation(b []byte) int {
	const (
		head  = 8  // bytes before the first directory at the earliest
		entry = 12 // bytes of one
		tag   = 0x0112
	)
	var order binary.ByteOrder
	switch {
	case len(b) < head:
		return 1
	case bytes.HasPrefix(b, []byte("II*\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(b, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return 1
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return 1
	}
	rest := b[at+2:]
	for range order.Uint16(b[at:]) {
		if len(rest) < entry {
			break
		}
		if o := int(order.Uint16(rest[8:])); order.Uint16(rest) == tag && 1 <= o && o <= 8 {
			return o
		}
		rest = rest[entry:]
	}
	return 1
}

// upright turns m, which lies as orientation o says, the right way up.
func upright(m *image.RGBA, o int) *image.RGBA {
	if o == 1 {
		return m
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	size := image.Rect(0, 0, w, h)
	if o >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewRGBA(size)
	for y := range h {
		for x := range w {
			to := [...]image.Point{
				2: {w - 1 - x, y},
				3: {w - 1 - x, h - 1 - y},
				4: {x, h - 1 - y},
				5: {y, x},
				6: {h - 1 - y, x},
				7: {h - 1 - y, w - 1 - x},
				8: {y, w - 1 - x},
			}[o]
			out.SetRGBA(to.X, to.Y, m.RGBAAt(x, y))
		}
	}
	return out
}
