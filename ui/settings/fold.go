package settings

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"grove/ui/look"
)

// fold is a part of a group that only few need, below a button that shows it.
type fold struct {
	page   *Page
	used   func() bool // it holds something, so it is shown
	button *widget.Button
	body   *fyne.Container
	told   bool // somebody opened or closed it
}

func (p *Page) folded(name string, used func() bool, rows ...fyne.CanvasObject) fyne.CanvasObject {
	f := &fold{page: p, used: used, body: look.Stack(1, rows...)}
	f.body.Hide()
	f.button = look.Button(name, theme.MenuDropDownIcon(), func() {
		f.told = true
		f.set(!f.body.Visible())
	})
	p.controls = append(p.controls, f)
	return look.Stack(1, container.NewHBox(f.button), f.body)
}

func (f *fold) show() {
	if !f.told && f.used() {
		f.set(true)
	}
}

func (f *fold) set(open bool) {
	if open == f.body.Visible() {
		return
	}
	f.body.Hidden = !open
	f.button.Icon = theme.MenuDropDownIcon()
	if open {
		f.button.Icon = theme.MenuDropUpIcon()
	}
	f.button.Refresh()
	f.page.relayout()
}
