package doctor

import (
	"net/url"
	"strings"

	"grove/app"
)

// settingsOf lists the settings that bear on who is reached, where they are
// not what most people have. env says that the environment asks for local-only
// mode.
func settingsOf(set app.Settings, env bool) []Setting {
	out := []Setting{}
	add := func(name, value, means string) { out = append(out, Setting{name, value, means}) }
	n := set.Network
	switch {
	case env:
		add("GROVE_LOCAL_ONLY", "1", "Local-only mode: nothing outside this computer and its local network is looked up or dialled.")
	case n.LocalOnly:
		add("network.local_only", "on", "Local-only mode: nothing outside this computer and its local network is looked up or dialled.")
	}
	if !n.Peers {
		add("network.peers", "off", "There are no other people: downloads come from web servers only, and nothing is shared.")
	}
	if n.Bind != "" {
		add("network.bind", n.Bind, "Everything goes through this interface or address, and through nothing else.")
	}
	if n.Proxy != "" {
		means := "The web is reached through this proxy; people are not asked, because their connections would not go through it."
		if n.PeersPastProxy {
			means = "The web is reached through this proxy; connections to people do not go through it."
		}
		add("network.proxy", proxyText(n.Proxy), means)
	}
	if where, _, err := n.MapSource(); err == nil && where != "" {
		where, _, _ = strings.Cut(where, "?") // which may be a secret
		add("network.map", where, "Where it knows this network, this map says who is near and who is to be avoided.")
	}
	if !set.Giving.On {
		add("giving.on", "off", "Nothing is given to others, shares in place included.")
	}
	if !n.Mapping {
		add("network.mapping", "off", "The router is not asked to let others in.")
	}
	for _, f := range []struct {
		name, means string
		on          bool
	}{
		{"lan", "Groves on the local network are not looked for.", n.Finders.LAN},
		{"tracker", "The trackers that packages name are not asked.", n.Finders.Tracker},
		{"exchange", "People do not tell each other of others.", n.Finders.Exchange},
		{"dht", "The hash table is not asked.", n.Finders.DHT},
	} {
		if !f.on {
			add("network.finders."+f.name, "off", f.means)
		}
	}
	if n.DHT.Prefix != "" {
		add("network.dht.prefix", n.DHT.Prefix, "A private hash table is asked instead of the public one.")
	}
	return out
}

// proxyText is a proxy without the user and password in it.
func proxyText(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "set"
	}
	u.User = nil
	return u.String()
}

// without is why there are no peers, as the end of a sentence; "" with them.
func without(set app.Network, alone *app.Problem) string {
	switch {
	case alone != nil:
		return clean(alone.Sentence())
	case !set.Peers:
		return "peers are off. grove config set network.peers on"
	case set.Proxy != "" && !set.PeersPastProxy:
		return "with a proxy there are no peers. grove config set network.peers_past_proxy on"
	}
	return ""
}
