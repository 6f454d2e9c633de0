package settings

import (
	"fyne.io/fyne/v2"

	"grove/app"
	"grove/ui/host"
	"grove/ui/look"
)

// reached is the group of how others get to this computer: whether they do,
// and what helps.
func (p *Page) reached() fyne.CanvasObject {
	say := p.say.T
	what := p.told(look.Para(""), func() string {
		what, _ := p.outside.Now.Text(p.say)
		if what == "" { // nobody was asked yet
			what = say("reach.unknown")
		}
		return what
	})
	mapping := p.newCheck(say("settings.mapping.name"),
		func(s app.Settings) bool { return s.Network.Mapping },
		func(s *app.Settings, on bool) { s.Network.Mapping = on })
	relays := p.newAddresses(say("settings.relays.name"), say("settings.relays.why"), "", p.relayed,
		func(s *app.Settings) *[]string { return &s.Network.Relays })
	return p.group(say("settings.reached"),
		func(s *app.Settings, d app.Settings) {
			s.Network.Mapping, s.Network.Relays = d.Network.Mapping, d.Network.Relays
		},
		look.Stack(-1, what, p.noted(p.helps), p.noted(p.missed)),
		p.onOffNow(mapping, say("settings.mapping.why"), p.mapped),
		relays.content)
}

// helps is what would make it better.
func (p *Page) helps() string {
	_, help := p.outside.Now.Text(p.say)
	return help
}

// missed says that somebody got lost on the way.
func (p *Page) missed() string {
	if n := p.outside.Now.Missed; n > 0 {
		return p.say.N("reach.missed", n)
	}
	return ""
}

// mapped is what the router does.
func (p *Page) mapped() string {
	switch r := p.outside.Now; {
	case !p.now.Network.Mapping:
		return ""
	case p.rests(p.whole) != "":
		return p.rests(p.whole)
	case r.Mapped:
		return p.say.T("settings.mapping.done")
	case r.State == host.ReachHelped || r.State == host.ReachClosed:
		return p.say.T("settings.mapping.not_done")
	}
	return ""
}

// relayed is how many relays help.
func (p *Page) relayed() string {
	if rests := p.rests(p.near); rests != "" && len(p.now.Network.Relays) > 0 {
		return rests
	}
	if n := p.outside.Now.Relays; n > 0 {
		return p.say.N("settings.relays.now", n)
	}
	return ""
}
