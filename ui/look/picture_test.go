package look

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"
	"time"

	"grove/app/pack"
)

func encodedPNG(t testing.TB, w, h int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = 0xff
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encodedJPEG(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withSize writes another size into the head of a PNG.
func withSize(b []byte, w, h uint32) []byte {
	b = bytes.Clone(b)
	binary.BigEndian.PutUint32(b[16:], w)
	binary.BigEndian.PutUint32(b[20:], h)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

// moving is a PNG with the mark of an animation.
func moving(b []byte) []byte {
	chunk := append([]byte("\x00\x00\x00\x08acTL"), 0, 0, 0, 2, 0, 0, 0, 0)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	return append(append(bytes.Clone(b[:33]), chunk...), b[33:]...)
}

// progressive is a grey JPEG that goes over all of its blocks so many times
// after the first, each in a few bytes.
func progressive(w, h uint16, scans int) []byte {
	b := []byte{0xff, 0xd8, 0xff, 0xdb, 0, 67, 0}
	b = append(b, bytes.Repeat([]byte{1}, 64)...)
	b = append(b, 0xff, 0xc2, 0, 11, 8)
	b = binary.BigEndian.AppendUint16(b, h)
	b = binary.BigEndian.AppendUint16(b, w)
	b = append(b, 1, 1, 0x11, 0)
	for _, table := range [][2]byte{{0x00, 0x00}, {0x10, 0xe0}} { // class, and the one symbol: no difference; a run of 16,384 ended blocks
		b = append(b, 0xff, 0xc4, 0, 20, table[0], 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, table[1])
	}
	b = append(b, 0xff, 0xda, 0, 8, 1, 1, 0x00, 0, 0, 0)
	b = append(b, make([]byte, int(w)*int(h)/64/8+1)...)
	for range scans {
		b = append(b, 0xff, 0xda, 0, 8, 1, 1, 0x00, 1, 63, 0)
		b = append(b, make([]byte, int(w)*int(h)/64>>14*15/8+2)...)
	}
	return append(b, 0xff, 0xd9)
}

func encodedGIF(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gif.Encode(&b, image.NewGray(image.Rect(0, 0, 9, 9)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPostersAreScaledDown(t *testing.T) {
	for _, c := range []struct {
		poster []byte
		want   image.Point
	}{
		{encodedPNG(t, 600, 900), image.Pt(170, 256)},
		{encodedJPEG(t, 1200, 300), image.Pt(256, 64)},
		{encodedPNG(t, 40, 60), image.Pt(40, 60)},
		{encodedPNG(t, 4000, 1), image.Pt(256, 1)},
		{encodedPNG(t, 256, 256), image.Pt(256, 256)},
	} {
		m := decode(c.poster)
		if m == nil {
			t.Errorf("a poster for %v is not decoded", c.want)
			continue
		}
		if got := m.Bounds().Size(); got != c.want {
			t.Errorf("a poster is %v, want %v", got, c.want)
		}
	}
	if m := decode(progressive(64, 64, 20)); m == nil {
		t.Error("a JPEG of twenty scans is refused")
	}
	if m := decode(encodedPNG(t, 600, 900)); m.At(80, 80) != (color.RGBA{255, 255, 255, 255}) {
		t.Errorf("a white poster is %v", m.At(80, 80))
	}
}

// TestHostilePostersAreAsNone gives pictures that cost too much or are none,
// each of which has to be refused before a second has passed.
func TestHostilePostersAreAsNone(t *testing.T) {
	small := encodedPNG(t, 64, 64)
	photo := encodedJPEG(t, 64, 64)
	for name, poster := range map[string][]byte{
		"none":                  nil,
		"text":                  []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"),
		"GIF":                   encodedGIF(t),
		"a head alone":          small[:33],
		"truncated PNG":         small[:len(small)-20],
		"truncated JPEG":        photo[:len(photo)/2],
		"64 KiB of pixels":      encodedPNG(t, 4000, 4000),
		"huge by its head":      withSize(small, 1<<31-1, 1<<31-1),
		"too wide":              withSize(small, 1<<20, 1),
		"nothing wide":          withSize(small, 0, 64),
		"moving":                moving(small),
		"a JPEG of many scans":  progressive(1024, 2048, 3000),
		"larger than is stored": append(bytes.Clone(small), make([]byte, pack.MaxPoster)...),
		"another kind's head":   append([]byte("\x89PNG\r\n\x1a\n"), photo...),
	} {
		start := time.Now()
		if m := decode(poster); m != nil {
			t.Errorf("%s is shown, as %v", name, m.Bounds())
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s took %v", name, took)
		}
		if m := PictureImage(poster, pack.ID{7}); m.Bounds().Dx() != pictureSide {
			t.Errorf("%s has no picture in its place", name)
		}
	}
}

// TestLargestPosterIsQuick decodes the largest that is allowed.
func TestLargestPosterIsQuick(t *testing.T) {
	poster := encodedPNG(t, 2048, 1024)
	start := time.Now()
	if decode(poster) == nil {
		t.Fatal("it is not decoded")
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestPlaceholdersFollowFromTheID(t *testing.T) {
	seen := map[string]int{}
	for i := range 64 {
		id := pack.ID{byte(i), byte(i * 7), byte(i * 13), byte(i * 29), byte(i * 31), byte(i * 3), byte(i * 11)}
		a, b := PictureImage(nil, id).(*image.RGBA), PictureImage([]byte("no picture"), id).(*image.RGBA)
		if !bytes.Equal(a.Pix, b.Pix) {
			t.Fatal("the same ID has two pictures")
		}
		seen[string(a.Pix)]++
		for at := 3; at < len(a.Pix); at += 4 {
			if a.Pix[at] != 0xff {
				t.Fatal("a placeholder is not opaque")
			}
		}
	}
	if bytes.Equal(placeholder(pack.ID{0, 0, 0, 9}).Pix, placeholder(pack.ID{0, 0, 0, 200}).Pix) {
		t.Error("the trunks do not follow from the ID")
	}
	if len(seen) < 60 {
		t.Errorf("64 packages have %d pictures", len(seen))
	}
}

func FuzzDecode(f *testing.F) {
	small, photo := encodedPNG(f, 16, 16), encodedJPEG(f, 16, 16)
	for _, b := range [][]byte{small, photo, small[:40], photo[:40], withSize(small, 5000, 5), moving(small), encodedGIF(f)} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, poster []byte) {
		m := decode(poster)
		if m == nil {
			return
		}
		if s := m.Bounds().Size(); s.X < 1 || s.Y < 1 || s.X > pictureSide || s.Y > pictureSide {
			t.Errorf("a picture of %v", s)
		}
	})
}

func BenchmarkPlaceholder(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		placeholder(pack.ID{3, 1, 4, 1, 5, 9, 2, 6})
	}
}

func BenchmarkPoster(b *testing.B) {
	poster := encodedJPEG(b, 600, 900)
	b.ReportAllocs()
	for b.Loop() {
		decode(poster)
	}
}
