package look_test

import (
	"bytes"
	"encoding/xml"
	"image/png"
	"io"
	"io/fs"
	"path"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"grove/app"
	"grove/assets"
	"grove/ui/look"
)

func iconNames(t *testing.T) []string {
	t.Helper()
	files, err := fs.ReadDir(assets.Icons, "icons")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(f.Name(), path.Ext(f.Name())))
	}
	return names
}

// TestIcons draws each icon, which has to be seen in the colour of the text
// in both appearances and to have no colour of its own.
func TestIcons(t *testing.T) {
	for _, appearance := range []string{app.AppearanceLight, app.AppearanceDark} {
		begin(t, appearance, 1)
		for _, name := range iconNames(t) {
			b, err := assets.Icons.ReadFile("icons/" + name + ".svg")
			if err != nil {
				t.Fatal(err)
			}
			d := xml.NewDecoder(bytes.NewReader(b))
			for err == nil {
				_, err = d.Token()
			}
			if err != io.EOF {
				t.Errorf("%s is no XML: %v", name, err)
			}
			for _, word := range []string{"#", "rgb", "style", "stroke", "fill", "href"} {
				if bytes.Contains(b, []byte(word)) {
					t.Errorf("%s has a %q", name, word)
				}
			}
			i := canvas.NewImageFromResource(look.Icon(name))
			i.SetMinSize(fyne.NewSquareSize(48))
			w := test.NewWindow(i)
			if m := w.Canvas().Capture(); !has(m, look.Now().Text) {
				t.Errorf("%s is not seen in the %s appearance", name, appearance)
			}
			w.Close()
		}
	}
}

// TestIconsTakeAButtonsColour puts icons where their colour is not that of
// text.
func TestIconsTakeAButtonsColour(t *testing.T) {
	lightApp(t)
	for _, c := range []struct {
		resource fyne.Resource
		want     fyne.ThemeColorName
	}{
		{theme.NewColoredResource(look.Icon("trash"), theme.ColorNameForegroundOnError), theme.ColorNameForegroundOnError},
		{theme.NewDisabledResource(look.Icon("pause")), theme.ColorNameDisabled},
		{theme.NewColoredResource(look.Mark(), look.ColorPeers), look.ColorPeers},
	} {
		r, g, b, _ := theme.Color(c.want).RGBA()
		hex := []byte{'#'}
		for _, v := range []uint32{r, g, b} {
			hex = append(hex, "0123456789abcdef"[v>>12], "0123456789abcdef"[v>>8&15])
		}
		if !bytes.Contains(bytes.ToLower(c.resource.Content()), hex) {
			t.Errorf("%s is not in %s", c.resource.Name(), hex)
		}
	}
}

func TestIconsThatPagesNeed(t *testing.T) {
	for _, name := range strings.Fields("downloads shared publishers insights settings pause resume up down folder link qr trash people origin shield signed clock copy close mark") {
		look.Icon(name)
	}
	defer func() {
		if recover() == nil {
			t.Error("an icon that is not there is given")
		}
	}()
	look.Icon("no such icon")
}

func TestProgramIcons(t *testing.T) {
	for _, c := range []struct {
		resource fyne.Resource
		side     int
	}{{look.AppIcon(), 256}} {
		m, err := png.Decode(bytes.NewReader(c.resource.Content()))
		if err != nil {
			t.Errorf("%s: %v", c.resource.Name(), err)
			continue
		}
		if s := m.Bounds().Size(); s.X != c.side || s.Y != c.side {
			t.Errorf("%s is %v, want %d", c.resource.Name(), s, c.side)
		}
	}
}

// TestWidgetsHaveGrovesIcons asks the theme for icons as the toolkit does.
func TestWidgetsHaveGrovesIcons(t *testing.T) {
	lightApp(t)
	g := look.New(app.AppearanceLight, 1)
	for name, want := range map[fyne.ThemeIconName]string{
		theme.IconNameArrowDropDown: "drop", theme.IconNameDelete: "trash", theme.IconNameMediaPause: "pause", theme.IconNameFolderOpen: "folder",
	} {
		if !bytes.Equal(g.Icon(name).Content(), look.Icon(want).Content()) {
			t.Errorf("%s is %s", name, g.Icon(name).Name())
		}
	}
	for _, name := range []fyne.ThemeIconName{theme.IconNameCheckButtonChecked, theme.IconNameVisibility} {
		if !bytes.Equal(g.Icon(name).Content(), theme.DefaultTheme().Icon(name).Content()) {
			t.Errorf("%s is %s", name, g.Icon(name).Name())
		}
	}
}
