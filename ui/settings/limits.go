package settings

import (
	"fyne.io/fyne/v2"

	"grove/app"
)

func (p *Page) limits() fyne.CanvasObject {
	none := p.say.T("settings.no_limit")
	down, up := p.say.T("settings.down.name"), p.say.T("settings.up.name")
	yield := p.newCheck(p.say.T("settings.yield.name"),
		func(s app.Settings) bool { return !s.Network.Unpaced },
		func(s *app.Settings, on bool) { s.Network.Unpaced = !on })
	gentle := p.newCheck(p.say.T("settings.gentle.name"),
		func(s app.Settings) bool { return s.Network.Gentle },
		func(s *app.Settings, on bool) { s.Network.Gentle = on })
	p.hours = p.newTimetable()
	return p.group(p.say.T("settings.limits"),
		func(s *app.Settings, d app.Settings) {
			s.Down, s.Up, s.Timetable = d.Down, d.Up, d.Timetable
			s.Network.Unpaced, s.Network.Gentle = d.Network.Unpaced, d.Network.Gentle
		},
		p.line(down, p.say.T("settings.down.why"), none,
			p.typed(p.newRate(down, func(s *app.Settings) *int64 { return &s.Down }))),
		p.line(up, p.say.T("settings.up.why"), none,
			p.typed(p.newRate(up, func(s *app.Settings) *int64 { return &s.Up }))),
		p.onOff(yield, p.say.T("settings.yield.why")),
		p.onOff(gentle, p.say.T("settings.gentle.why")),
		p.hours.content)
}

// newRate makes a field for a limit; no text is none.
func (p *Page) newRate(name string, of func(*app.Settings) *int64) *field {
	bits := p.now.Window.Bits
	help := p.say.T("settings.rate_help", "example", p.rate(1_500_000, bits), "least", p.rate(1000, bits))
	return p.newField(name, p.say.T("settings.no_limit"), help,
		func(s app.Settings) string { return p.rate(*of(&s), s.Window.Bits) },
		func(s app.Settings, text string) (app.Settings, bool) {
			n, ok := p.readRate(text, s.Window.Bits)
			*of(&s) = n
			return s, ok
		})
}
