package main

import (
	"bytes"
	"encoding/binary"
	"image"
	"slices"
)

// ico is a Windows icon of some pictures. Up to 48 pixels they are bitmaps,
// which every reader of the format knows; above, PNG.
func ico(pictures []*image.RGBA) ([]byte, error) {
	le := binary.LittleEndian
	var head, body bytes.Buffer
	_ = binary.Write(&head, le, []uint16{0, 1, uint16(len(pictures))})
	offset := 6 + 16*len(pictures)
	for _, m := range pictures {
		content := bitmap(m)
		if m.Bounds().Dx() > 48 {
			var err error
			if content, err = encode(m); err != nil {
				return nil, err
			}
		}
		side := uint8(m.Bounds().Dx()) // 256 is written as 0
		head.Write([]byte{side, side, 0, 0, 1, 0, 32, 0})
		_ = binary.Write(&head, le, []uint32{uint32(len(content)), uint32(offset + body.Len())})
		body.Write(content)
	}
	return slices.Concat(head.Bytes(), body.Bytes()), nil
}

// bitmap is a picture as an icon's bitmap: rows from below, BGRA, and then a
// mask nobody reads where there is alpha.
func bitmap(m *image.RGBA) []byte {
	side := m.Bounds().Dx()
	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, []uint32{40, uint32(side), uint32(2 * side), 1 | 32<<16, 0, 0, 0, 0, 0, 0})
	for y := side - 1; y >= 0; y-- {
		for x := range side {
			p := m.RGBAAt(x, y)
			straight := func(v uint8) byte {
				if p.A == 0 {
					return 0
				}
				return byte(min(255, (int(v)*255+int(p.A)/2)/int(p.A)))
			}
			b.Write([]byte{straight(p.B), straight(p.G), straight(p.R), p.A})
		}
	}
	b.Write(make([]byte, (side+31)/32*4*side))
	return b.Bytes()
}
