package settings

import (
	"strconv"

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
	return p.group(p.say.T("settings.downloads"),
		func(s *app.Settings, d app.Settings) { s.Folder, s.MaxActive = d.Folder, d.MaxActive },
		p.line(p.say.T("settings.folder.name"), p.say.T("settings.folder.why"),
			words.Plain(p.host.Desk.Downloads(), pathLimit), look.Stack(0, folder, container.NewHBox(choose))),
		p.line(p.say.T("settings.at_once.name"), p.say.T("settings.at_once.why"),
			strconv.Itoa(app.DefaultSettings().MaxActive), p.chosen(atOnce)))
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
