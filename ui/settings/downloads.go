package settings

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"grove/app"
	"grove/ui/look"
	"grove/ui/words"
)

// pathLimit is how many characters of a path are shown.
const pathLimit = 200

func (p *Page) downloads() fyne.CanvasObject {
	folder := p.told(look.Line(""), func() string { return words.Plain(p.folder(), pathLimit) })
	choose := look.Button(p.say.T("settings.folder.choose"), look.Icon("folder"), p.chooseFolder)
	atOnce := p.newChoice(p.say.T("settings.at_once.name"), counts(10),
		func(s app.Settings) string { return strconv.Itoa(s.MaxActive) },
		func(s *app.Settings, v string) { s.MaxActive, _ = strconv.Atoi(v) })
	policy := p.newChoice(p.say.T("settings.policy.name"), []option{
		{string(app.PolicyPublisher), p.say.T("policy.publisher")},
		{string(app.PolicyFast), p.say.T("policy.fast")},
		{string(app.PolicyThrifty), p.say.T("policy.thrifty")}},
		func(s app.Settings) string { return string(s.Policy) },
		func(s *app.Settings, v string) { s.Policy = app.Policy(v) })
	return p.group(p.say.T("settings.downloads"),
		func(s *app.Settings, d app.Settings) {
			s.Folder, s.MaxActive, s.Policy = d.Folder, d.MaxActive, d.Policy
		},
		p.line(p.say.T("settings.folder.name"), p.say.T("settings.folder.why"),
			words.Plain(p.host.Desk.Downloads(), pathLimit), look.Stack(0, folder, container.NewHBox(choose))),
		p.line(p.say.T("settings.at_once.name"), p.say.T("settings.at_once.why"),
			strconv.Itoa(app.DefaultSettings().MaxActive), p.chosen(atOnce)),
		p.line(p.say.T("settings.policy.name"), p.policies(), p.say.T("policy.publisher"), p.chosen(policy)))
}

// policies says a sentence of each policy.
func (p *Page) policies() string {
	usual := app.Settings{Policy: app.PolicyThrifty}.Floor(0, app.PolicyPublisher) // where the publisher named no floor
	return strings.Join([]string{p.say.T("settings.policy.why_publisher"), p.say.T("settings.policy.why_fast"),
		p.say.T("settings.policy.why_thrifty", "rate", p.say.Rate(float64(usual)))}, "\n")
}

// counts are the options 1 to n.
func counts(n int) (options []option) {
	for i := range n {
		text := strconv.Itoa(i + 1)
		options = append(options, option{text, text})
	}
	return options
}

// folder is where downloads go.
func (p *Page) folder() string {
	if p.now.Folder == "" {
		return p.host.Desk.Downloads()
	}
	return p.now.Folder
}

func (p *Page) chooseFolder() {
	p.host.ChooseFolder(p.folder(), func(path string) {
		p.change(func(s app.Settings) app.Settings { s.Folder = path; return s }, nil)
	})
}
