package settings

import (
	"math"
	"strconv"

	"fyne.io/fyne/v2"

	"grove/app"
	"grove/ui/look"
	"grove/ui/words"
)

func (p *Page) window() fyne.CanvasObject {
	system := p.say.T("settings.as_system")
	language := p.newChoice(p.say.T("settings.language.name"), languages(system),
		func(s app.Settings) string { return s.Window.Language },
		func(s *app.Settings, v string) { s.Window.Language = v })
	appearance := p.newChoice(p.say.T("settings.appearance.name"), []option{
		{app.AppearanceSystem, system},
		{app.AppearanceLight, p.say.T("settings.appearance.light")},
		{app.AppearanceDark, p.say.T("settings.appearance.dark")}},
		func(s app.Settings) string { return s.Window.Appearance },
		func(s *app.Settings, v string) { s.Window.Appearance = v })
	scale := p.newChoice(p.say.T("settings.scale.name"), p.scales(),
		func(s app.Settings) string { return scaleValue(s.Window.Scale) },
		func(s *app.Settings, v string) { n, _ := strconv.Atoi(v); s.Window.Scale = float64(n) / 100 })
	bits := p.newCheck(p.say.T("settings.bits.name"),
		func(s app.Settings) bool { return s.Window.Bits },
		func(s *app.Settings, on bool) { s.Window.Bits = on })
	return p.group(p.say.T("settings.window"),
		func(s *app.Settings, d app.Settings) {
			s.Window.Language, s.Window.Appearance, s.Window.Scale, s.Window.Bits =
				d.Window.Language, d.Window.Appearance, d.Window.Scale, d.Window.Bits
		},
		p.line(p.say.T("settings.language.name"), p.say.T("settings.language.why"), system, p.chosen(language)),
		p.line(p.say.T("settings.appearance.name"), "", system, p.chosen(appearance)),
		p.line(p.say.T("settings.scale.name"), "", p.percent(100), p.chosen(scale)),
		p.onOff(bits, p.say.T("settings.bits.why")))
}

// languages are the system's and those there are translations for, each by
// its own name.
func languages(system string) []option {
	options := []option{{"", system}}
	for _, tag := range words.Languages {
		options = append(options, option{tag, words.Name(tag)})
	}
	return options
}

func (p *Page) scales() (options []option) {
	for _, n := range []int{90, 100, 110, 125, 150, 175, 200} {
		options = append(options, option{strconv.Itoa(n), p.percent(n)})
	}
	return options
}

// scaleValue is a scale in whole percent.
func scaleValue(scale float64) string { return strconv.Itoa(int(math.Round(scale * 100))) }

func (p *Page) percent(n int) string { return p.say.T("unit.percent", "v", strconv.Itoa(n)) }

func (p *Page) desktop() fyne.CanvasObject {
	notify := p.newCheck(p.say.T("settings.notify.name"),
		func(s app.Settings) bool { return s.Window.Notify },
		func(s *app.Settings, on bool) { s.Window.Notify = on })
	clipboard := p.newCheck(p.say.T("settings.clipboard.name"),
		func(s app.Settings) bool { return s.Window.Clipboard },
		func(s *app.Settings, on bool) { s.Window.Clipboard = on })
	autostart := p.newCheck(p.say.T("settings.autostart.name"),
		func(s app.Settings) bool { return s.Window.Autostart },
		func(s *app.Settings, on bool) { s.Window.Autostart = on })
	return p.group(p.say.T("settings.desktop"),
		func(s *app.Settings, d app.Settings) {
			s.Window.Tray, s.Window.Notify, s.Window.Clipboard, s.Window.Autostart =
				d.Window.Tray, d.Window.Notify, d.Window.Clipboard, d.Window.Autostart
		},
		p.tray(),
		p.onOff(notify, ""),
		p.onOff(clipboard, p.say.T("settings.clipboard.why")),
		p.onOff(autostart, p.say.T("settings.autostart.why")))
}

// tray is the choice, or why there is none.
func (p *Page) tray() fyne.CanvasObject {
	if !p.host.Desk.HasTray() {
		return look.Stack(-1, look.Line(p.say.T("settings.tray.name")), look.QuietPara(p.say.T("settings.tray.missing")))
	}
	return p.onOff(p.newCheck(p.say.T("settings.tray.name"),
		func(s app.Settings) bool { return s.Window.Tray },
		func(s *app.Settings, on bool) { s.Window.Tray = on }), p.say.T("settings.tray.why"))
}
