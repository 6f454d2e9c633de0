package poster

import (
	"bytes"
	"encoding/binary"

	"image"
	"testing"
)

// withExif puts an orientation behind the first marker of a JPEG, as cameras
// do, after a segment of another kind.
func withExif(photo []byte, order binary.AppendByteOrder, o uint16) []byte {
	mark := "II*\x00"
	if order == binary.AppendByteOrder(binary.BigEndian) {
		mark = "MM\x00*"
	}
	tiff := order.AppendUint32([]byte(mark), 8)
	tiff = order.AppendUint16(tiff, 2)
	for _, entry := range [][2]uint16{{0x010f, 7}, {0x0112, o}} {
		tiff = order.AppendUint16(tiff, entry[0])
		tiff = order.AppendUint16(tiff, 3) // SHORT
		tiff = order.AppendUint32(tiff, 1)
		tiff = order.AppendUint16(tiff, entry[1])
		tiff = order.AppendUint16(tiff, 0)
	}
	segment := func(kind byte, body []byte) []byte {
		return append(binary.BigEndian.AppendUint16([]byte{0xff, kind}, uint16(len(body)+2)), body...)
	}
	out := append([]byte(nil), photo[:2]...)
	out = append(out, segment(0xe0, []byte("JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"))...)
	out = append(out, segment(0xe1, append([]byte("Exif\x00\x00"), tiff...))...)
	return append(out, photo[2:]...)
}

// TestPhotosStandUpright: however the camera was held, the picture is the
// right way up. The quarters of what the sensor saw are red, green over blue,
// black.
func TestPhotosStandUpright(t *testing.T) {
	photo := asJPEG(t, quarters(750, 500, 60))
	for o, want := range map[uint16]string{
		1: "rgbk", 2: "grkb", 3: "kbgr", 4: "bkrg", 5: "rbgk", 6: "brkg", 7: "kgbr", 8: "gkrb",
		0: "rgbk", 9: "rgbk",
	} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			small, err := Read(put(t, withExif(photo, order, o)))
			if err != nil {
				t.Fatal(err)
			}
			got, size := corners(t, small)
			if turned := 5 <= o && o <= 8; got != want || (size.Y > size.X) != turned {
				t.Errorf("%v %d: %s %v, want %s", order, o, got, size, want)
			}
		}
	}
}

// FuzzOrientation: whatever is written beside a picture, it is read without
// going astray.
func FuzzOrientation(f *testing.F) {
	f.Add(withExif([]byte{0xff, 0xd8, 0xff, 0xda, 0, 0}, binary.LittleEndian, 6))
	f.Add(withExif([]byte{0xff, 0xd8, 0xff, 0xda, 0, 0}, binary.BigEndian, 3))
	f.Add([]byte{0xff, 0xd8})
	f.Add(bytes.Repeat([]byte{0xff}, 40))
	f.Fuzz(func(t *testing.T, b []byte) {
		o := orientation(b)
		if o < 1 || o > 8 {
			t.Fatal(o)
		}
		if m := upright(image.NewRGBA(image.Rect(0, 0, 2, 3)), o); m.Rect.Dx()*m.Rect.Dy() != 6 {
			t.Fatal(m.Rect)
		}
	})
}
