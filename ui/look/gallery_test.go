package look_test

import (
	"fmt"
	"image"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/app/pack"
	"grove/ui/chart"
	"grove/ui/host/hosttest"
	"grove/ui/look"
)

// TestGallery shows every widget in its states, so that they are seen side by
// side and do not change unseen.
func TestGallery(t *testing.T) {
	for _, in := range []struct {
		name, appearance string
		scale            float64
		only             string
	}{
		{"light", app.AppearanceLight, 1, ""},
		{"dark", app.AppearanceDark, 1, ""},
		{"large", app.AppearanceLight, 1.5, "widgets"},
	} {
		for name, page := range galleries {
			if in.only != "" && in.only != name {
				continue
			}
			t.Run(in.name+"/"+name, func(t *testing.T) {
				a := test.NewTempApp(t)
				a.Settings().SetTheme(look.New(in.appearance, in.scale))
				w := a.NewWindow("Grove")
				w.SetContent(page(w))
				w.Resize(fyne.NewSize(960, 640))
				hosttest.ImageOf(t, name+"-"+in.name, capture(w))
			})
		}
	}
}

// capture is what the window shows once its lines have found their breaks.
func capture(w fyne.Window) image.Image {
	size := w.Canvas().Size()
	w.Resize(size.AddWidthHeight(1, 1))
	w.Resize(size)
	return w.Canvas().Capture()
}

var galleries = map[string]func(fyne.Window) fyne.CanvasObject{
	"widgets": widgetsGallery, "inputs": inputsGallery, "plots": plotsGallery, "empty": emptyGallery, "dialog": dialogGallery,
}

func nothing() {}

// buttonRow are the four buttons, each after something was done to it.
func buttonRow(done func(*widget.Button)) fyne.CanvasObject {
	row := look.Flow()
	for _, b := range []*widget.Button{look.Main("Download", look.Icon("downloads"), nothing), look.Button("Share", look.Icon("shared"), nothing),
		look.Danger("Delete", look.Icon("trash"), nothing), look.Link("Later", nothing)} {
		done(b)
		row.Add(b)
	}
	return row
}

func widgetsGallery(fyne.Window) fyne.CanvasObject {
	buttons := look.Stack(1,
		buttonRow(func(*widget.Button) {}),
		buttonRow(func(b *widget.Button) { b.MouseIn(&desktop.MouseEvent{}) }),
		buttonRow(func(b *widget.Button) { b.FocusGained() }),
		buttonRow(func(b *widget.Button) { b.Disable() }))
	bars := look.Stack(1)
	for _, part := range [][3]float64{{0, 0, 0}, {0.001, 0, 0}, {0.42, 0.2, 0}, {0.3, 0.1, 0.25}, {0, 0.5, 0}, {0.8, 0.2, 0}} {
		b := look.NewBar()
		b.Set(part[0], part[1], part[2])
		bars.Add(b)
	}
	pictures := look.Flow()
	for i := range 5 {
		pictures.Add(look.Picture(nil, someID(i), look.Units(7)))
	}
	down, up := look.NewMeter("Incoming", "down", 10), look.NewMeter("Given", "up", 10)
	down.Set("11.2 MB/s")
	up.Set("0.6 MB/s")
	texts := look.Stack(-0.5, look.Big("Downloads"), look.Title("Feature film"), look.Strong("1.9 GB of 4.2 GB"),
		look.Line("9 people and the origin"), look.Quiet("second in line, about 3 minutes"), look.Mono("7f3a 90c1 55de 0b12"))
	rows := look.Stack(0, look.Title("Network"), look.Field("Folder", look.Line("/home/ada/Downloads")), look.Inset(look.Rule()),
		look.Field("How much is given to others in a month", look.Line("20 GB")),
		look.Field("Publisher", look.Inset(look.Flow(look.NewBadge("first time seen", true), look.NewBadge("signed", false)))))
	return container.NewPadded(look.Columns(look.Units(44),
		look.Stack(2, look.Card(texts), look.Card(look.Inset(buttons)), look.Card(container.NewBorder(nil, nil, look.Stack(0, down, up), nil, look.Inset(pictures)))),
		look.Stack(2, look.Card(look.Inset(bars)), look.Card(rows))))
}

func someID(i int) (id pack.ID) {
	for j := range id {
		id[j] = byte((i + 2) * (j + 5) * 37)
	}
	return id
}

func inputsGallery(w fyne.Window) fyne.CanvasObject {
	fill := func(card bool) fyne.CanvasObject {
		empty, full, focused, off := widget.NewEntry(), widget.NewEntry(), widget.NewEntry(), widget.NewEntry()
		empty.SetPlaceHolder("Paste a link or drop a file")
		full.SetText("grove:1/7f3a90c155de0b12")
		focused.SetText("focused")
		focused.FocusGained()
		off.SetText("disabled")
		off.Disable()
		choice, lit, dim := widget.NewSelect([]string{"English", "Deutsch"}, nil), widget.NewSelect([]string{"English"}, nil), widget.NewSelect([]string{"English"}, nil)
		choice.SetSelected("English")
		lit.SetSelected("English")
		lit.FocusGained()
		dim.SetSelected("English")
		dim.Disable()
		checks := container.NewHBox()
		for i, name := range []string{"on", "off", "lit", "dim"} {
			c := widget.NewCheck(name, nil)
			c.SetChecked(i != 1)
			checks.Add(c)
			if i == 2 {
				c.FocusGained()
			}
			if i == 3 {
				c.Disable()
			}
		}
		radio := widget.NewRadioGroup([]string{"System", "Light", "Dark"}, nil)
		radio.Horizontal = true
		radio.SetSelected("Light")
		slider, shining := widget.NewSlider(0, 10), widget.NewSlider(0, 10)
		slider.SetValue(4)
		shining.SetValue(7)
		shining.FocusGained()
		progress := widget.NewProgressBar()
		progress.SetValue(0.4)
		link := widget.NewHyperlink("A link", nil)
		box := container.NewVBox(empty, full, focused, off, choice, lit, dim, checks, radio, slider, shining, progress, link)
		if card {
			return look.Card(look.Inset(box))
		}
		return look.Inset(box)
	}
	list := widget.NewList(func() int { return 40 }, func() fyne.CanvasObject { return look.Line("") },
		func(i int, o fyne.CanvasObject) { look.SetText(o.(*widget.Label), fmt.Sprintf("Row %d", i+1)) })
	list.Select(1)
	tabs := container.NewAppTabs(container.NewTabItem("Files", list), container.NewTabItem("Sources", look.Line("")), container.NewTabItem("Log", look.Line("")))
	menu := widget.NewMenu(fyne.NewMenu("", fyne.NewMenuItem("Pause", nil), fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Remove from list", nil)))
	return look.Columns(200, fill(false), fill(true), container.NewBorder(nil, container.NewVBox(menu), nil, nil, tabs))
}

func plotsGallery(fyne.Window) fyne.CanvasObject {
	rate := func(v float64) string { return fmt.Sprintf("%.1f MB/s", v/1e6) }
	speed := look.NewSpeedPlot("Speed")
	speed.Set(speedPoints(200), rate, [3]string{"People", "Origin", "Given"})
	pieces := look.NewPieceMap("Pieces")
	pieces.Set(pieceCells(1024))
	days := look.NewDayPlot("Days")
	d, dates := dayBars(30)
	days.Set(d, dates, func(v float64) string { return fmt.Sprintf("%.0f GB", v/1e9) })
	ring := look.NewRing("Share")
	ring.Set(62, 20, "76 %", "from people")
	none := look.NewRing("Share")
	none.Set(0, 0, "–", "from people")
	return container.NewPadded(look.Stack(2,
		look.Card(look.Stack(0, look.Title("Speed"), look.Inset(look.Tall(140, speed)))),
		look.Card(look.Stack(-0.5, look.Title("Pieces"), look.Quiet("612 of 1,024 pieces checked"), look.Inset(look.Tall(98, pieces)))),
		container.NewBorder(nil, nil, nil, look.Card(container.NewHBox(look.Inset(ring), look.Inset(none))),
			look.Card(look.Inset(look.Tall(144, days))))))
}

func emptyGallery(fyne.Window) fyne.CanvasObject {
	return look.Empty("Nothing here yet", "Paste a link or drop a .grove file, and Grove asks the people who have it. What comes is checked piece by piece.", "Paste a link", nothing)
}

func dialogGallery(w fyne.Window) fyne.CanvasObject {
	d := dialog.NewConfirm("Delete the files?", "“Feature film” goes to the trash. 2 people still need it.", func(bool) {}, w)
	d.SetConfirmText("Delete")
	d.SetConfirmImportance(widget.DangerImportance)
	d.SetDismissText("Keep")
	d.Show()
	return plotsGallery(w)
}

func speedPoints(n int) []chart.Point {
	points := make([]chart.Point, n)
	for i := range points {
		x := float64(i) / 12
		points[i] = chart.Point{Peers: 7e6 + 2.5e6*math.Sin(x)*math.Sin(x/3), Origin: 1.5e6 + 1.2e6*math.Cos(x/2), Given: 6e5 + 3e5*math.Sin(x*2)}
	}
	return points
}

func pieceCells(n int) []chart.Cell {
	cells := make([]chart.Cell, n)
	for i := range cells {
		switch {
		case i%97 == 3:
			cells[i] = chart.CellWrong
		case i < n/8:
			cells[i] = chart.CellBefore
		case i < n/2 && i%5 != 0:
			cells[i] = chart.CellPeers
		case i < n*3/5:
			cells[i] = chart.CellOrigin
		case i < n*3/5+9:
			cells[i] = chart.CellAsked
		case i > n*15/16:
			cells[i] = chart.CellSkipped
		default:
			cells[i] = chart.CellMissing
		}
	}
	return cells
}

func dayBars(n int) ([]chart.Day, []string) {
	days, dates := make([]chart.Day, n), make([]string, n)
	for i := range days {
		days[i] = chart.Day{Peers: float64(i*7%11) * 4e8, Origin: float64(i*5%7) * 1.5e8, Given: float64(i*3%8) * 2e8}
		dates[i] = fmt.Sprintf("%d Nov", i+1)
	}
	return days, dates
}
