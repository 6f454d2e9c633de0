package main

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const assets = "../.."

var once = sync.OnceValues(files)

// drawn are all pictures as they are drawn now.
func drawn(t *testing.T) map[string][]byte {
	t.Helper()
	all, err := once()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestPicturesAreNotStale draws everything again. Soft edges may differ by the
// processor's way to round, so pictures are compared by what is seen.
func TestPicturesAreNotStale(t *testing.T) {
	want := drawn(t)
	for name, content := range want {
		got, err := os.ReadFile(filepath.Join(assets, name))
		if err != nil {
			t.Errorf("%v; go generate ./assets draws it", err)
			continue
		}
		if alike := path.Ext(name) == ".png" && samePicture(t, got, content); !alike && path.Ext(name) != ".ico" && !bytes.Equal(got, content) {
			t.Errorf("%s is not what is drawn now; go generate ./assets", name)
		}
	}
	for _, folder := range []string{"icons", "icon"} {
		there, err := fs.ReadDir(os.DirFS(assets), folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range there {
			if _, ok := want[folder+"/"+f.Name()]; !ok {
				t.Errorf("%s/%s is drawn by nobody", folder, f.Name())
			}
		}
	}
}

func samePicture(t *testing.T, a, b []byte) bool {
	t.Helper()
	x, y := decoded(t, a), decoded(t, b)
	if x.Bounds() != y.Bounds() {
		return false
	}
	for py := range x.Bounds().Dy() {
		for px := range x.Bounds().Dx() {
			p, q := color.RGBAModel.Convert(x.At(px, py)).(color.RGBA), color.RGBAModel.Convert(y.At(px, py)).(color.RGBA)
			for _, d := range []int{int(p.R) - int(q.R), int(p.G) - int(q.G), int(p.B) - int(q.B), int(p.A) - int(q.A)} {
				if d < -3 || d > 3 {
					return false
				}
			}
		}
	}
	return true
}

func decoded(t *testing.T, b []byte) image.Image {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPicturesAreSmall(t *testing.T) {
	all := drawn(t)
	for name, content := range all {
		limit := 5 << 10
		switch {
		case name == "icon/grove.ico":
			limit = 32 << 10
		case strings.HasPrefix(name, "icon/"):
			limit = 16 << 10
		}
		if len(content) > limit {
			t.Errorf("%s has %d bytes, at most %d are wanted", name, len(content), limit)
		}
	}
}

// TestIconIsReadAtSixteenPixels looks for three trunks of different height,
// each whole pixels wide, on one line.
func TestIconIsReadAtSixteenPixels(t *testing.T) {
	all := drawn(t)
	m := decoded(t, all["icon/16.png"])
	runs := func(y int) (n int) {
		was := false
		for x := range 16 {
			r, g, b, _ := m.At(x, y).RGBA()
			is := r == uint32(paper.R)*257 && g == uint32(paper.G)*257 && b == uint32(paper.B)*257
			if is && !was {
				n++
			}
			was = is
		}
		return n
	}
	for y, want := range map[int]int{4: 1, 7: 2, 9: 3, 10: 3, 12: 1} {
		if got := runs(y); got != want {
			t.Errorf("in row %d there are %d light strokes, want %d", y, got, want)
		}
	}
}

func TestMarkIsTheOneOfThePage(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(assets, "mark.svg"))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := parse(markStrokes)
	if err != nil {
		t.Fatal(err)
	}
	_, data, _ := strings.Cut(string(b), ` d="`)
	data, _, _ = strings.Cut(data, `"`)
	page, err := parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(lines, page, func(a, b polyline) bool { return slices.Equal(a.points, b.points) }) {
		t.Errorf("the mark of the icons is %v and that of the page %v", lines, page)
	}
}

// TestOutlineCoversStrokes compares areas with what geometry says.
func TestOutlineCoversStrokes(t *testing.T) {
	for d, want := range map[string]float64{
		"M4 12H20":                             16*2 + math.Pi,            // a line with round ends
		"M12 4A8 8 0 0 1 12 20A8 8 0 0 1 12 4": math.Pi * (9*9 - 7*7),     // a ring
		"M12 12":                               math.Pi,                   // a dot
		"M4 4V14H14":                           2*10*2 - 1 + 1.25*math.Pi, // a corner
		"M4 4h10v-0":                           10*2 + math.Pi,
	} {
		s, err := outline(d, 2)
		if err != nil {
			t.Errorf("%s: %v", d, err)
			continue
		}
		m, got := paint([]layer{{s, earth}}, 24, 96), 0.0
		for i := 3; i < len(m.Pix); i += 4 {
			got += float64(m.Pix[i]) / 255 / 16
		}
		if math.Abs(got-want) > want*0.03 {
			t.Errorf("%s covers %.2f, want %.2f", d, got, want)
		}
	}
	for _, wrong := range []string{"M1", "L", "Q1 1 2 2", "M1 x", "12 4"} {
		if _, err := outline(wrong, 2); err == nil {
			t.Errorf("%q is a path", wrong)
		}
	}
}

func TestICOHasEverySize(t *testing.T) {
	all := drawn(t)
	b := all["icon/grove.ico"]
	var sizes []int
	for i := range int(binary.LittleEndian.Uint16(b[4:])) {
		entry := b[6+16*i:]
		length, offset := binary.LittleEndian.Uint32(entry[8:]), binary.LittleEndian.Uint32(entry[12:])
		content := b[offset : offset+length]
		side := int(entry[0])
		if side == 0 {
			side = decoded(t, content).Bounds().Dx()
		} else if got := int(binary.LittleEndian.Uint32(content[4:])); got != side {
			t.Errorf("the entry for %d pixels has %d", side, got)
		}
		sizes = append(sizes, side)
	}
	if want := []int{16, 24, 32, 48, 256}; !slices.Equal(sizes, want) {
		t.Errorf("the sizes are %v, want %v", sizes, want)
	}
}
