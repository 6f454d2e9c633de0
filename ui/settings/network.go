package settings

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"grove/app"
	"grove/ui/look"
	"grove/ui/words"
)

func (p *Page) network() fyne.CanvasObject {
	none := p.say.T("common.none")
	peers := p.newCheck(p.say.T("settings.peers.name"),
		func(s app.Settings) bool { return s.Network.Peers },
		func(s *app.Settings, on bool) { s.Network.Peers = on })
	past := p.newCheck(p.say.T("settings.past.name"),
		func(s app.Settings) bool { return s.Network.PeersPastProxy },
		func(s *app.Settings, on bool) { s.Network.PeersPastProxy = on })
	local := p.newCheck(p.say.T("settings.local.name"),
		func(s app.Settings) bool { return s.Network.LocalOnly },
		func(s *app.Settings, on bool) { s.Network.LocalOnly = on })
	p.binds = p.newChoice(p.say.T("settings.bind.name"), p.bindOptions(nil),
		func(s app.Settings) string { return s.Network.Bind },
		func(s *app.Settings, v string) { s.Network.Bind = v })
	proxy := p.newField(p.say.T("settings.proxy.name"), p.say.T("common.none"), p.say.T("settings.proxy.help"),
		func(s app.Settings) string { return s.Network.Proxy },
		func(s app.Settings, text string) (app.Settings, bool) {
			s.Network.Proxy = strings.TrimSpace(text)
			return s, true
		})
	netmap := p.newField(p.say.T("settings.map.name"), none, p.say.T("settings.map.help"),
		func(s app.Settings) string { return s.Network.Map },
		func(s app.Settings, text string) (app.Settings, bool) {
			s.Network.Map = strings.TrimSpace(text)
			return s, true
		})
	return p.group(p.say.T("settings.network"),
		func(s *app.Settings, d app.Settings) {
			n := &s.Network
			n.Peers, n.Bind, n.Proxy, n.PeersPastProxy, n.Map, n.LocalOnly =
				d.Network.Peers, d.Network.Bind, d.Network.Proxy, d.Network.PeersPastProxy, d.Network.Map, d.Network.LocalOnly
		},
		look.QuietPara(p.say.T("settings.network_why")),
		p.onOff(peers, p.say.T("settings.peers.why")),
		p.line(p.say.T("settings.bind.name"), p.say.T("settings.bind.why"), p.say.T("settings.bind.any"), p.chosen(p.binds)),
		p.line(p.say.T("settings.proxy.name"), p.say.T("settings.proxy.why"), none, p.typed(proxy)),
		p.onOff(past, p.say.T("settings.past.why")),
		p.line(p.say.T("settings.map.name"), p.say.T("settings.map.why"), none, p.typed(netmap)),
		p.onOff(local, p.say.T("settings.local.why")))
}

// bindOptions are any network and those with these names.
func (p *Page) bindOptions(names []string) []option {
	options := []option{{"", p.say.T("settings.bind.any")}}
	for _, n := range slices.Sorted(slices.Values(names)) {
		options = append(options, option{n, words.Plain(n, 40)})
	}
	return options
}
