package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/look"
	"grove/ui/words"
)

// ShowFailure says in a small window why Grove could not start, until it is
// closed.
func ShowFailure(a fyne.App, err error, language []string) {
	a.Settings().SetTheme(look.New(app.AppearanceSystem, 1))
	w := a.NewWindow("Grove")
	content, shut := failure(err, words.New(language...), a.Quit)
	w.SetContent(content)
	w.Canvas().Focus(shut)
	w.Resize(fyne.NewSize(look.Units(60), look.Units(24)))
	w.CenterOnScreen()
	w.SetMaster()
	w.ShowAndRun()
}

func failure(err error, say *words.Words, quit func()) (content fyne.CanvasObject, shut *widget.Button) {
	sentence, advice, _ := say.Problem(app.AsProblem(err))
	shut = look.Main(say.T("common.close"), nil, quit)
	foot := container.NewHBox(layout.NewSpacer(), shut)
	return container.NewPadded(container.NewBorder(look.Title(say.T("window.not_started")), foot, nil, nil,
		container.NewVScroll(container.NewVBox(look.Para(sentence), look.QuietPara(advice))))), shut
}
