package cards

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"grove/app"
	"grove/ui/host/hosttest"
	"grove/ui/words"
)

// welcome puts the card of a first start into a window.
func welcome(k *hosttest.Kit, size fyne.Size) *Welcome {
	s := app.DefaultSettings()
	c := NewWelcome(k.Host, s)
	k.Present(c)
	k.Put(c, size, &app.Snapshot{Version: 1, Settings: s})
	return c
}

// Begin keeps what was there to be chosen; Enter is enough.
func TestWelcomeBegins(t *testing.T) {
	k := hosttest.New(t)
	c := welcome(k, roomy)
	says(t, k, "Grove downloads from the publisher and from other people at the same time, and checks every byte.")
	says(t, k, "/home/ada/Downloads")
	says(t, k, "At most 20.0 GB a month are given of what you download. Settings can change all of this.")
	if k.Window.Canvas().Focused() != c.begin {
		t.Errorf("the focus is on %T", k.Window.Canvas().Focused())
	}
	c.begin.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	got := k.Engine.Settings
	if !got.Welcomed || got.Folder != "/home/ada/Downloads" || !got.Giving.On || got.Giving.Budget != 20e9 {
		t.Errorf("settings are %+v", got)
	}
	if len(k.Presented) != 0 {
		t.Error("the card is still there")
	}
}

// What is chosen is what is kept, beside settings that changed meanwhile.
func TestWelcomeChoices(t *testing.T) {
	k := hosttest.New(t)
	c := welcome(k, roomy)
	k.Folder = "/media/disk"
	press(t, k, "Browse…")
	says(t, k, "/media/disk")
	c.share.SetSelected("Share nothing")
	s := snapshot()
	s.Settings.Window.Scale = 1.25
	c.Show(s)
	press(t, k, "Begin")
	if got := k.Engine.Settings; got.Folder != "/media/disk" || got.Giving.On || got.Window.Scale != 1.25 {
		t.Errorf("settings are %+v", got)
	}
}

// A folder that was chosen before (in the terminal program) stays chosen.
func TestWelcomeKnowsSettings(t *testing.T) {
	k := hosttest.New(t)
	s := app.DefaultSettings()
	s.Folder, s.Giving.On = "/srv/grove", false
	c := NewWelcome(k.Host, s)
	put(k, c, roomy)
	says(t, k, "/srv/grove")
	if c.share.Selected != "Share nothing" {
		t.Errorf("%q is selected", c.share.Selected)
	}
	for _, command := range c.Commands() {
		command.Do()
	}
	if got := k.Engine.Settings; got.Folder != "/srv/grove" || got.Giving.On {
		t.Errorf("settings are %+v", got)
	}
}

// What cannot be kept is said, and can be tried again.
func TestWelcomeFails(t *testing.T) {
	k := hosttest.New(t)
	welcome(k, roomy)
	k.Engine.Fail("SetSettings", app.NewProblem(app.DiskFault, "sda", nil))
	press(t, k, "Begin")
	if len(k.Told) != 1 || len(k.Presented) != 1 {
		t.Errorf("told %v, %d cards", k.Told, len(k.Presented))
	}
	k.Engine.Fail("SetSettings", nil)
	press(t, k, "Begin")
	if len(k.Presented) != 0 {
		t.Error("the card is still there")
	}
}

// A tap while the answer is being kept does nothing.
func TestWelcomeOnce(t *testing.T) {
	k := hosttest.New(t)
	c := welcome(k, roomy)
	jobs := hold(k)
	test.Tap(c.begin)
	c.start()
	if n := len(jobs.jobs); n != 1 {
		t.Errorf("%d times", n)
	}
	c.begin.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if len(k.Presented) != 0 {
		t.Error("Esc does not leave")
	}
}

func TestWelcomeTexts(t *testing.T) {
	w := words.New("en")
	for _, c := range []struct {
		name   string
		giving app.Giving
		want   welcomeText
	}{
		{"defaults", app.DefaultSettings().Giving, welcomeText{
			"While you download something, others get pieces of it from you, and then until you have given it once, for 2 hours at most.",
			"At most 20.0 GB a month are given of what you download. Settings can change all of this."}},
		{"more than once", app.Giving{AfterTimes: 1.5, AfterHours: 24}, welcomeText{
			"While you download something, others get pieces of it from you, and then until you have given it 2 times, for 24 hours at most.",
			"Settings can change all of this."}},
		{"not after", app.Giving{AfterHours: 2, Budget: 1e9}, welcomeText{
			"While you download something, others get pieces of it from you.",
			"At most 1.0 GB a month are given of what you download. Settings can change all of this."}},
	} {
		if got := welcomeOf(app.Settings{Giving: c.giving}, w); got != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

// The states of the card as they are drawn.
func TestWelcomeStates(t *testing.T) {
	for _, c := range []struct {
		name, language, appearance string
		scale                      float64
		size                       fyne.Size
	}{
		{"light", "en", app.AppearanceLight, 1, roomy},
		{"german", "de", app.AppearanceDark, 1, roomy},
		{"tiny", "fr", app.AppearanceLight, 1, tiny},
		{"large", "en", app.AppearanceLight, 1.5, roomy},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := hosttest.In(t, c.language, c.appearance, c.scale)
			welcome(k, c.size)
			k.Markup(t, "welcome-"+c.name)
			if c.name == "light" || c.name == "german" {
				k.Image(t, "welcome-"+c.name)
			}
		})
	}
}
