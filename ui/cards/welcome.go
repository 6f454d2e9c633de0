package cards

import (
	"context"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/host"
	"grove/ui/look"
	"grove/ui/words"
)

// Welcome is the card of the first start: where files go, and what others get
// from this computer. Begin remembers that it was answered; closing it
// another way does not.
type Welcome struct {
	h        *host.Host
	settings app.Settings
	path     string // where downloads go
	sheet    *sheet

	folder *widget.Label
	share  *widget.RadioGroup
	begin  *button
}

// NewWelcome makes the card for the settings of a first start.
func NewWelcome(h *host.Host, s app.Settings) *Welcome {
	c := &Welcome{h: h, settings: s, path: s.Folder, folder: look.Line("")}
	if c.path == "" {
		c.path = h.Desk.Downloads()
	}
	w := h.Words
	t := welcomeOf(s, w)
	c.share = widget.NewRadioGroup([]string{w.T("welcome.share"), w.T("welcome.share_nothing")}, nil)
	c.share.Required = true
	c.share.SetSelected(c.share.Options[0])
	if !s.Giving.On {
		c.share.SetSelected(c.share.Options[1])
	}
	c.begin = newYes(w.T("welcome.begin"), c.start, h.Dismiss)
	choose := newButton(w.T("common.browse"), c.chooseFolder, h.Dismiss)
	title := look.Big(w.T("welcome.title"))
	title.Truncation, title.Wrapping = fyne.TextTruncateOff, fyne.TextWrapWord
	c.sheet = newSheet(look.Stack(1,
		container.New(pictured{pictureUnits},
			look.MarkPicture(look.Units(pictureUnits)),
			look.Stack(-1, title, look.Para(w.T("welcome.what")))),
		newField(w.T("welcome.folder"), container.NewBorder(nil, nil, nil, choose, c.folder)),
		newField(w.T("welcome.sharing"), look.Para(t.Giving), c.share, look.QuietPara(t.Budget)),
	), newActions(c.begin), nil)
	c.showFolder()
	return c
}

// welcomeText is what the card says about sharing.
type welcomeText struct{ Giving, Budget string }

// welcomeOf is what the settings of a first start mean.
func welcomeOf(s app.Settings, w *words.Words) welcomeText {
	t := welcomeText{Giving: w.T("welcome.give_meanwhile"), Budget: w.T("welcome.no_budget")}
	if g := s.Giving; g.AfterTimes > 0 && g.AfterHours > 0 {
		t.Giving = w.T("welcome.give_after", "times", w.N("offer.times", int(math.Ceil(g.AfterTimes))),
			"time", hoursOf(g.AfterHours, w))
	}
	if b := s.Giving.Budget; b > 0 {
		t.Budget = w.T("welcome.budget", "size", w.Size(b))
	}
	return t
}

// Content implements host.Page.
func (c *Welcome) Content() fyne.CanvasObject { return c.sheet.root }

// Show implements host.Page.
func (c *Welcome) Show(s *app.Snapshot) {
	c.settings = s.Settings
	if c.h.Window.Canvas().Focused() == nil {
		c.h.Window.Canvas().Focus(c.begin)
	}
}

// Commands implements host.Page.
func (c *Welcome) Commands() []host.Command {
	return []host.Command{
		{Text: c.h.Words.T("welcome.begin"), Shortcut: ctrl(fyne.KeyReturn), Do: c.start},
		{Text: c.h.Words.T("offer.other_folder"), Shortcut: ctrl(fyne.KeyD), Do: c.chooseFolder},
	}
}

// Close implements host.Page.
func (c *Welcome) Close() {}

func (c *Welcome) chooseFolder() {
	c.h.ChooseFolder(c.path, func(path string) {
		c.path = path
		c.showFolder()
	})
}

func (c *Welcome) showFolder() { look.SetText(c.folder, words.Plain(c.path, 2*titleLimit)) }

// start keeps the answers.
func (c *Welcome) start() {
	if c.begin.Disabled() {
		return
	}
	c.begin.Disable()
	s := c.settings
	s.Welcomed, s.Folder = true, c.path
	s.Giving.On = c.share.Selected == c.share.Options[0]
	c.h.Do(func(ctx context.Context) (func(), error) {
		if err := c.h.Engine.SetSettings(ctx, s); err != nil {
			return c.begin.Enable, err
		}
		return c.h.Dismiss, nil
	})
}

var _ host.Page = (*Welcome)(nil)
