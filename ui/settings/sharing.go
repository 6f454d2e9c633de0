package settings

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"grove/app"
	"grove/ui/look"
)

func (p *Page) sharing() fyne.CanvasObject {
	d := app.DefaultSettings().Giving
	give := p.newCheck(p.say.T("settings.give.name"),
		func(s app.Settings) bool { return s.Giving.On },
		func(s *app.Settings, on bool) { s.Giving.On = on })
	times := p.newNumber(p.say.T("settings.after_times.name"), func(s *app.Settings) *float64 { return &s.Giving.AfterTimes })
	hours := p.newNumber(p.say.T("settings.after_hours.name"), func(s *app.Settings) *float64 { return &s.Giving.AfterHours })
	budget := p.newField(p.say.T("settings.budget.name"), p.say.T("settings.no_limit"), p.say.T("settings.budget.help", "example", p.size(d.Budget)),
		func(s app.Settings) string { return p.size(s.Giving.Budget) },
		func(s app.Settings, text string) (app.Settings, bool) {
			n, ok := p.readSize(text)
			s.Giving.Budget = n
			return s, ok
		})
	return p.group(p.say.T("settings.sharing"),
		func(s *app.Settings, d app.Settings) { s.Giving = d.Giving },
		p.onOff(give, p.say.T("settings.give.why")),
		p.line(p.say.T("settings.after_times.name"), p.say.T("settings.after_times.why"),
			p.say.T("settings.after_times.value", "v", p.number(d.AfterTimes)),
			p.withUnit(times, p.say.T("settings.after_times.unit"))),
		p.line(p.say.T("settings.after_hours.name"), p.say.T("settings.after_hours.why"),
			p.say.T("settings.after_hours.value", "v", p.number(d.AfterHours)),
			p.withUnit(hours, p.say.T("settings.after_hours.unit"))),
		p.line(p.say.T("settings.budget.name"), p.say.T("settings.budget.why"),
			p.say.T("settings.budget.value", "v", p.size(d.Budget)), look.Stack(0.5, p.typed(budget), p.spent())),
		p.around())
}

// around is a check mark for everything around the computer that keeps Grove
// from giving.
func (p *Page) around() fyne.CanvasObject {
	var checks []fyne.CanvasObject
	for _, c := range []struct {
		name string
		of   func(*app.Giving) *bool
	}{
		{p.say.T("settings.around.battery"), func(g *app.Giving) *bool { return &g.OnBattery }},
		{p.say.T("settings.around.metered"), func(g *app.Giving) *bool { return &g.OnMetered }},
		{p.say.T("settings.around.vpn"), func(g *app.Giving) *bool { return &g.OnVPN }},
		{p.say.T("settings.around.full_screen"), func(g *app.Giving) *bool { return &g.OnFullScreen }},
	} {
		mark := p.newCheck(c.name,
			func(s app.Settings) bool { return *c.of(&s.Giving) },
			func(s *app.Settings, on bool) { *c.of(&s.Giving) = on })
		p.controls = append(p.controls, mark)
		checks = append(checks, mark)
	}
	return p.line(p.say.T("settings.around.name"), p.say.T("settings.around.why"), p.say.T("common.off"), look.Stack(-1, checks...))
}

// newNumber makes a field for a number; no text is 0.
func (p *Page) newNumber(name string, of func(*app.Settings) *float64) *field {
	return p.newField(name, p.number(0), p.say.T("settings.number_help"),
		func(s app.Settings) string { return p.number(*of(&s)) },
		func(s app.Settings, text string) (app.Settings, bool) {
			v, ok := p.readNumber(text)
			*of(&s) = v
			return s, ok
		})
}

// withUnit is a short field with what it counts after it.
func (p *Page) withUnit(f *field, unit string) fyne.CanvasObject {
	p.controls = append(p.controls, f)
	return look.Stack(0, container.New(short{}, f, look.Line(unit)), f.wrong)
}

// short gives a field a third of the room, and the text after it the rest.
type short struct{}

// Layout implements fyne.Layout.
func (short) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	w := size.Width / 3
	objects[0].Resize(fyne.NewSize(w, size.Height))
	objects[1].Resize(fyne.NewSize(size.Width-w, size.Height))
	objects[1].Move(fyne.NewPos(w, 0))
}

// MinSize implements fyne.Layout.
func (short) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(a.Width+b.Width, max(a.Height, b.Height))
}

// spent is a bar of how much of the month's budget was given, with the
// numbers below it.
func (p *Page) spent() fyne.CanvasObject {
	bar := look.NewBar()
	p.controls = append(p.controls, meter{p, bar})
	return look.Stack(0, bar, p.told(look.QuietPara(""), func() string { return p.used(p.month) }))
}

type meter struct {
	page *Page
	bar  *look.Bar
}

func (m meter) show() {
	part := 0.0
	if b := m.page.month.Budget; b > 0 {
		part = min(float64(m.page.month.Given)/float64(b), 1)
	}
	m.bar.Set(0, 0, part)
}
