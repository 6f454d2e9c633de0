package settings

import (
	"strings"

	"fyne.io/fyne/v2"

	"grove/app"
	"grove/ui/host"
)

// finding is the group of how this computer and others find each other.
func (p *Page) finding() fyne.CanvasObject {
	say := p.say.T
	finders := []struct {
		name, why string
		of        func(*app.Finders) *bool
		brings    func(host.Finders) host.Finding
		local     func() string // what is so in local-only mode
	}{
		{say("settings.lan.name"), say("settings.lan.why"), func(f *app.Finders) *bool { return &f.LAN },
			func(f host.Finders) host.Finding { return f.LAN }, nothing},
		{say("settings.tracker.name"), say("settings.tracker.why"), func(f *app.Finders) *bool { return &f.Tracker },
			func(f host.Finders) host.Finding { return f.Tracker }, p.near},
		{say("settings.exchange.name"), say("settings.exchange.why"), func(f *app.Finders) *bool { return &f.Exchange },
			func(f host.Finders) host.Finding { return f.Exchange }, p.near},
		{say("settings.dht.name"), say("settings.dht.why"), func(f *app.Finders) *bool { return &f.DHT },
			func(f host.Finders) host.Finding { return f.DHT }, p.ownDirectory},
	}
	var rows []fyne.CanvasObject
	for _, f := range finders {
		c := p.newCheck(f.name,
			func(s app.Settings) bool { return *f.of(&s.Network.Finders) },
			func(s *app.Settings, on bool) { *f.of(&s.Network.Finders) = on })
		rows = append(rows, p.onOffNow(c, f.why, func() string {
			if !*f.of(&p.now.Network.Finders) {
				return ""
			}
			return p.brings(f.brings(p.outside.Now.Finders), p.rests(f.local))
		}))
	}
	rows = append(rows, p.directory())
	return p.group(say("settings.finding"),
		func(s *app.Settings, d app.Settings) {
			s.Network.Finders, s.Network.DHT = d.Network.Finders, d.Network.DHT
		}, rows...)
}

// brings is what a way of finding does just now; rests why it does less than
// it could.
func (p *Page) brings(f host.Finding, rests string) string {
	switch {
	case rests != "":
		return rests
	case f.Silent:
		return p.say.T("settings.finder_silent")
	case f.Found > 0:
		return p.say.N("settings.finder_found", f.Found)
	}
	return ""
}

// rests says why something of the network rests or does less than it could;
// local is what is so in local-only mode. "" is nothing.
func (p *Page) rests(local func() string) string {
	switch n := p.now.Network; {
	case !n.Peers || n.Proxy != "" && !n.PeersPastProxy || p.outside.Now.State == host.ReachOff:
		return p.say.T("settings.rests_servers")
	case n.LocalOnly || p.outside.Now.State == host.ReachLocal: // the environment may ask for it too
		return local()
	}
	return ""
}

func nothing() string         { return "" }
func (p *Page) near() string  { return p.say.T("settings.rests_near") }
func (p *Page) whole() string { return p.say.T("settings.rests_local") }

// ownDirectory: the public one is outside.
func (p *Page) ownDirectory() string {
	if len(p.now.Network.DHT.Bootstrap) > 0 {
		return p.near()
	}
	return p.whole()
}

// directory is which hash table is asked: the public one, or another for those
// who know what that is.
func (p *Page) directory() fyne.CanvasObject {
	say := p.say.T
	begin := p.newAddresses(say("settings.begin.name"), say("settings.begin.why"), say("settings.begin.last"), nothing,
		func(s *app.Settings) *[]string { return &s.Network.DHT.Bootstrap })
	prefix := p.newField(say("settings.prefix.name"), say("settings.prefix.public"), say("settings.prefix.help"),
		func(s app.Settings) string { return s.Network.DHT.Prefix },
		func(s app.Settings, text string) (app.Settings, bool) {
			s.Network.DHT.Prefix = strings.TrimSpace(text)
			return s, true
		})
	return p.folded(say("settings.directory"), func() bool { return len(p.now.Network.DHT.Bootstrap) > 0 },
		begin.content, p.line(say("settings.prefix.name"), say("settings.prefix.why"), say("settings.prefix.public"), p.typed(prefix)))
}
