package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/cards"
	"grove/ui/host"
	"grove/ui/host/hosttest"
)

// TestScreenshots draws the pictures of docs/TOUR.md and the README, and fails
// where the window no longer looks like them.
func TestScreenshots(t *testing.T) {
	for name, look := range map[string]struct {
		appearance, language string
		size                 fyne.Size
		scale                float64
		show                 func(r *rig)
	}{
		"downloads-dark":   {app.AppearanceDark, "en", openSize, 1, func(r *rig) { r.selectTransfer(hosttest.ID(1)) }},
		"speed-light":      {app.AppearanceLight, "en", openSize, 1, func(r *rig) { r.selectTransfer(hosttest.ID(1)); r.finish(); r.tap("Speed") }},
		"pieces-dark":      {app.AppearanceDark, "en", openSize, 1, func(r *rig) { r.selectTransfer(hosttest.ID(1)); r.finish(); r.tap("Pieces") }},
		"offer-light":      {app.AppearanceLight, "en", openSize, 1, showOffer},
		"offer-dark":       {app.AppearanceDark, "en", openSize, 1, showOffer},
		"share-light":      {app.AppearanceLight, "en", openSize, 1, func(r *rig) { r.host.Share([]string{"/home/ada/Videos/summer.mp4"}) }},
		"shared-light":     {app.AppearanceLight, "en", openSize, 1, func(r *rig) { r.selectTransfer(hosttest.ID(6)) }},
		"publishers-light": {app.AppearanceLight, "en", openSize, 1, func(r *rig) { r.go_(host.Publishers) }},
		"insights-light":   {app.AppearanceLight, "en", openSize, 1, func(r *rig) { r.go_(host.Insights) }},
		"insights-dark":    {app.AppearanceDark, "en", openSize, 1, func(r *rig) { r.go_(host.Insights) }},
		"settings-light":   {app.AppearanceLight, "en", openSize, 1, func(r *rig) { r.go_(host.Settings) }},
		"network-light":    {app.AppearanceLight, "en", openSize, 1, showNetwork},
		"welcome-light":    {app.AppearanceLight, "en", openSize, 1, func(r *rig) { r.present(cards.NewWelcome(r.host, r.snap.Settings)) }},
		"narrow-german":    {app.AppearanceDark, "de", fyne.NewSize(620, 560), 1.25, func(r *rig) {}},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, func(c *Config, s *hosttest.Scene) {
				c.Language = []string{look.language}
				s.Snapshot.Settings.Window.Appearance, s.Snapshot.Settings.Window.Scale = look.appearance, look.scale
				c.Settings = s.Snapshot.Settings
			})
			r.desk.Links[hosttest.ID(6)] = r.link()
			r.desk.Seen = []host.Reach{{State: host.ReachOpen, Mapped: true, Finders: host.Finders{LAN: host.Finding{On: true, Found: 2}, Exchange: host.Finding{On: true, Found: 14}}}}
			r.win.Resize(look.size)
			look.show(r)
			for range 3 { // what a job brought may ask for more
				r.finish()
				r.set(func(*app.Snapshot) {})
			}
			r.finish()
			hosttest.ImageOf(t, "../../docs/pictures/"+name, r.win.Canvas().Capture())
		})
	}
}

// showOffer looks at the offered film until everything is known of it.
func showOffer(r *rig) {
	r.get(r.link())
	r.until(func() bool { return offerInFront(r) })
	r.until(func() bool { b := r.button("Download"); return b != nil && !b.Disabled() })
}

// showNetwork scrolls the settings to how others are found.
func showNetwork(r *rig) {
	r.go_(host.Settings)
	r.finish()
	page := r.pages[host.Settings].Content()
	scroll := hosttest.All[*container.Scroll](page)[0] // fields have one of their own
	for _, l := range hosttest.All[*widget.Label](page) {
		if l.Text == r.host.Words.T("settings.finding") {
			at := fyne.CurrentApp().Driver().AbsolutePositionForObject
			scroll.ScrollToOffset(fyne.NewPos(0, at(l).Y-at(scroll.Content).Y-10))
		}
	}
}
