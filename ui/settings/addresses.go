package settings

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"grove/app"
	"grove/ui/look"
	"grove/ui/words"
)

// addresses is a setting that is a list of addresses: a row for each, and a
// field for one more.
type addresses struct {
	page  *Page
	of    func(*app.Settings) *[]string
	last  string // why the last cannot be removed where settings refuse that
	shown []string

	table   *fyne.Container
	more    *field
	content fyne.CanvasObject
}

// addressExample is what one looks like, and addressHint what of it fits into
// a short line; a longer one would scroll there.
const (
	addressExample = "/dns4/relay.example.org/tcp/4001/p2p/12D3…"
	addressHint    = "/dns4/…/p2p/12D3…"
)

// newAddresses makes a list that the page keeps up to date; now is what it
// does just now.
func (p *Page) newAddresses(name, why, last string, now func() string, of func(*app.Settings) *[]string) *addresses {
	a := &addresses{page: p, of: of, last: last, table: look.Stack(-1)}
	a.more = p.newField(name, addressHint, p.say.T("settings.address_help", "example", addressExample),
		func(app.Settings) string { return "" }, a.with) // what was added is in the table
	add := look.Button(p.say.T("common.add"), look.Icon("add"), a.more.apply)
	a.content = look.Stack(0,
		look.Stack(-1, look.Line(name), p.note(why, p.say.T("common.none")), p.noted(now)),
		a.table, container.NewBorder(nil, nil, nil, add, a.more), a.more.wrong)
	p.controls = append(p.controls, a)
	a.show()
	return a
}

// with are settings with one more.
func (a *addresses) with(s app.Settings, text string) (app.Settings, bool) {
	list := a.of(&s)
	text = strings.TrimSpace(text)
	if text == "" || slices.Contains(*list, text) {
		return s, false
	}
	*list = append(slices.Clone(*list), text)
	return s, true
}

// without are settings with one less.
func (a *addresses) without(s app.Settings, address string) app.Settings {
	list := a.of(&s)
	*list = slices.DeleteFunc(slices.Clone(*list), func(x string) bool { return x == address })
	if len(*list) == 0 {
		*list = nil
	}
	return s
}

// remove takes an address off the list; the keyboard goes on at the field.
func (a *addresses) remove(address string) {
	p := a.page
	p.host.Window.Canvas().Focus(a.more)
	if a.without(p.now, address).Check() != nil {
		a.more.refuse(a.last)
		return
	}
	p.change(func(s app.Settings) app.Settings { return a.without(s, address) }, nil)
}

func (a *addresses) show() {
	now := *a.of(&a.page.now)
	if slices.Equal(now, a.shown) {
		return
	}
	a.shown = slices.Clone(now)
	a.table.Objects = nil
	for _, address := range a.shown {
		text := look.Mono(words.Plain(address, pathLimit))
		text.SizeName, text.Selectable = look.SizeSmall, true
		remove := look.Link(a.page.say.T("common.remove"), func() { a.remove(address) })
		a.table.Add(container.NewBorder(nil, nil, nil, remove, text))
	}
	a.page.relayout()
}

func (a *addresses) apply() { a.more.apply() }
func (a *addresses) drop()  { a.more.drop() }
