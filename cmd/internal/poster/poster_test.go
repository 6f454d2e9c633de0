package poster

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"grove/app"
	"grove/app/pack"
)

func kindOf(err error) app.ProblemKind {
	if err == nil {
		return ""
	}
	return app.AsProblem(err).Kind
}

func put(t *testing.T, b []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "picture")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// quarters is a picture of four colours: red, green over blue, black; with
// noise, which no encoder makes small.
func quarters(w, h, noise int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	rng := rand.New(rand.NewPCG(1, 2))
	n := func(c int) uint8 { return uint8(min(255, max(0, c+rng.IntN(2*noise+1)-noise))) }
	for y := range h {
		for x := range w {
			c := [3]int{}
			switch {
			case y < h/2 && x < w/2:
				c[0] = 220
			case y < h/2:
				c[1] = 220
			case x < w/2:
				c[2] = 220
			}
			m.SetNRGBA(x, y, color.NRGBA{n(c[0]), n(c[1]), n(c[2]), 255})
		}
	}
	return m
}

func asPNG(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// corners are the colours of the four quarters, as letters, row by row.
func corners(t *testing.T, b []byte) (s string, size image.Point) {
	t.Helper()
	m, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	for _, p := range []image.Point{{w / 4, h / 4}, {w * 3 / 4, h / 4}, {w / 4, h * 3 / 4}, {w * 3 / 4, h * 3 / 4}} {
		r, g, b, _ := m.At(p.X, p.Y).RGBA()
		letter := "k"
		switch limit := uint32(0x7fff); {
		case r > limit && g > limit && b > limit:
			letter = "w"
		case r > limit:
			letter = "r"
		case g > limit:
			letter = "g"
		case b > limit:
			letter = "b"
		}
		s += letter
	}
	return s, image.Pt(w, h)
}

func TestSmallPicturesStayAsTheyAre(t *testing.T) {
	var b bytes.Buffer
	if err := gif.Encode(&b, image.NewPaletted(image.Rect(0, 0, 9, 9), color.Palette{color.Black}), nil); err != nil {
		t.Fatal(err)
	}
	for name, picture := range map[string][]byte{
		"png": asPNG(t, quarters(20, 20, 0)), "jpeg": asJPEG(t, quarters(20, 20, 0)), "gif": b.Bytes(),
		"webp": []byte("RIFF\x10\x00\x00\x00WEBPVP8 "),
	} {
		if got, err := Read(put(t, picture)); err != nil || !bytes.Equal(got, picture) {
			t.Errorf("%s: %d bytes of %d, %v", name, len(got), len(picture), err)
		}
	}
}

func TestLargePicturesBecomeSmaller(t *testing.T) {
	hole := quarters(700, 500, 90)
	for y := range 250 { // where red was, nothing
		for x := range 350 {
			hole.SetNRGBA(x, y, color.NRGBA{})
		}
	}
	for name, c := range map[string]struct {
		picture []byte
		want    string
		shape   image.Point
	}{
		"photo":       {asJPEG(t, quarters(1500, 1000, 60)), "rgbk", image.Pt(3, 2)},
		"upright":     {asJPEG(t, quarters(500, 1000, 60)), "rgbk", image.Pt(1, 2)},
		"png":         {asPNG(t, quarters(900, 600, 90)), "rgbk", image.Pt(3, 2)},
		"transparent": {asPNG(t, hole), "wgbk", image.Pt(7, 5)},
		"noise":       {asPNG(t, quarters(600, 600, 255)), "", image.Pt(1, 1)},
		"a line":      {asPNG(t, quarters(40000, 2, 90)), "", image.Pt(960, 1)},
	} {
		if len(c.picture) <= pack.MaxPoster {
			t.Fatalf("%s has only %d bytes", name, len(c.picture))
		}
		small, err := Read(put(t, c.picture))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, size := corners(t, small)
		skew := float64(size.X*c.shape.Y) / float64(size.Y*c.shape.X)
		if len(small) > pack.MaxPoster || c.want != "" && got != c.want || skew < 0.97 || skew > 1.03 || size.X > firstSide || size.Y > firstSide {
			t.Errorf("%s: %d bytes, %s, %v", name, len(small), got, size)
		}
		if c.want != "" && max(size.X, size.Y) < 300 {
			t.Errorf("%s: only %v is left", name, size)
		}
	}
}

func TestRefused(t *testing.T) {
	// Its head promises more pixels than are read; nothing more of it is there.
	bomb := asPNG(t, quarters(20, 20, 0))
	binary.BigEndian.PutUint32(bomb[16:], 60_000)
	binary.BigEndian.PutUint32(bomb[20:], 60_000)
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	large := make([]byte, pack.MaxPoster)
	cut := asJPEG(t, quarters(800, 400, 60))
	for name, c := range map[string]struct {
		b    []byte
		says string
	}{
		"text":        {[]byte("hello"), "not a picture"},
		"large text":  {bytes.Repeat([]byte("hello "), 20_000), "not a picture"},
		"empty":       {nil, "not a picture"},
		"large gif":   {append([]byte("GIF89a"), large...), "only a PNG or a JPEG"},
		"large webp":  {append([]byte("RIFF\x10\x00\x00\x00WEBPVP8 "), large...), "only a PNG or a JPEG"},
		"cut":         {cut[:len(cut)/2], "cannot be made smaller"},
		"only a head": {append([]byte("\x89PNG\r\n\x1a\n"), large...), "cannot be made smaller"},
		"bomb":        {append(bomb, large...), "60000 x 60000 pixels"},
	} {
		if _, err := Read(put(t, c.b)); kindOf(err) != app.BadInput || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none")); kindOf(err) != app.NotFound {
		t.Errorf("not there: %v", err)
	}
	huge := put(t, nil)
	if err := os.Truncate(huge, maxFile+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(huge); kindOf(err) != app.BadInput || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("a huge file: %v", err)
	}
}
