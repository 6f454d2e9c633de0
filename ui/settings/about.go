package settings

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"grove/ui/look"
	"grove/ui/words"
)

func (p *Page) about() fyne.CanvasObject {
	folder := look.Line(words.Plain(p.host.Desk.DataFolder(), pathLimit))
	reveal := look.Button(p.say.T("common.show_in_folder"), look.Icon("folder"), p.revealData)
	return p.group(p.say.T("settings.about"), nil,
		p.line(p.say.T("settings.data.name"), p.say.T("settings.data.why"), "", look.Stack(0, folder, container.NewHBox(reveal))),
		p.report(),
		p.line(p.say.T("settings.version.name"), "", "", look.Line(words.Plain(p.host.Desk.Version(), 60))))
}

func (p *Page) revealData() {
	p.host.Do(func(ctx context.Context) (func(), error) {
		return nil, p.host.Desk.Reveal(ctx, p.host.Desk.DataFolder())
	})
}

// report is what a report of a fault needs, made when it is asked for.
func (p *Page) report() fyne.CanvasObject {
	text := look.Mono("")
	text.Selectable, text.Truncation = true, fyne.TextTruncateOff
	view := container.NewScroll(text)
	view.SetMinSize(fyne.NewSize(look.Units(controlUnits), look.Units(20)))
	show := look.Stack(1, view, container.NewHBox(look.Button(p.say.T("common.copy"), look.Icon("copy"), func() {
		p.host.Copy(text.Text)
		p.host.Say(p.say.T("common.copied"))
	})))
	show.Hide()
	p.reporter = look.Button(p.say.T("settings.report.make"), look.Icon("file"), func() {
		p.reporter.Disable()
		p.host.Do(func(ctx context.Context) (func(), error) {
			found, err := p.host.Desk.Diagnose(ctx)
			return func() {
				p.reporter.Enable()
				if err != nil {
					return
				}
				text.SetText(plainLines(found))
				show.Show()
				p.relayout()
			}, err
		})
	})
	return look.Stack(1, p.line(p.say.T("settings.report.name"), p.say.T("settings.report.why"), "", container.NewHBox(p.reporter)), show)
}

// plainLines is text of many lines as it may be shown.
func plainLines(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, words.Plain(strings.TrimRight(line, "\r\n"), 1000))
	}
	return strings.Join(lines, "\n")
}
