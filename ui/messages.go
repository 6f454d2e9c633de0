package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/look"
)

// messages is the strip at the foot of the page: one message at a time. A
// sentence goes by itself, an error stays until it is closed.
type messages struct {
	win     *Window
	content *fyne.Container
	around  *fyne.Container // the page above and the strip below it
	text    *widget.Label
	advice  *widget.Label
	action  *widget.Button
	shut    *widget.Button
	number  int // of the message shown
}

// sayFor is how long a sentence stays.
const sayFor = 8 * time.Second

func newMessages(w *Window, page fyne.CanvasObject) *messages {
	m := &messages{win: w, text: look.Para(""), advice: look.QuietPara("")}
	m.action = look.Button("", nil, nil)
	m.shut = look.Link(w.host.Words.T("common.close"), m.clear)
	m.content = container.NewStack(look.Card(container.NewBorder(nil, nil, nil,
		container.NewHBox(container.NewCenter(m.action), container.NewCenter(m.shut)),
		container.NewVBox(m.text, m.advice))))
	m.content.Hide()
	m.around = container.NewBorder(nil, m.content, nil, nil, page)
	return m
}

// say shows a sentence for a while.
func (m *messages) say(text string) {
	n := m.show(text, "", "", nil)
	m.win.after(sayFor, func() {
		if m.number == n {
			m.clear()
		}
	})
}

// offer shows a sentence with something to do about it.
func (m *messages) offer(text, action string, do func()) { m.show(text, "", action, do) }

// tell shows what went wrong, and what can be done.
func (m *messages) tell(err error) {
	sentence, advice, _ := m.win.host.Words.Problem(app.AsProblem(err))
	m.show(sentence, advice, "", nil)
}

func (m *messages) show(text, advice, action string, do func()) (number int) {
	m.number++
	m.text.SetText(text)
	m.advice.SetText(advice)
	m.advice.Hidden = advice == ""
	m.action.SetText(action)
	m.action.OnTapped = func() { m.clear(); do() }
	m.action.Hidden = do == nil
	m.content.Show()
	m.around.Refresh()
	m.around.Refresh() // a text knows its height when it has its width
	return m.number
}

func (m *messages) clear() {
	m.number++
	m.content.Hide()
	m.around.Refresh()
}
