package cards

import (
	"grove/app/pack"
	"grove/ui/host"
	"grove/ui/words"
)

// leadsHere reports whether a link says where the package can be had.
func leadsHere(link string) bool {
	l, err := pack.ParseLink(link)
	return err != nil || len(l.Peers)+len(l.Manifests) > 0
}

// wayOf is what stands between whoever has the link and this computer; "" is
// nothing. led is that the link says where the package can be had, warn that
// it does not lead here for everybody.
func wayOf(led bool, r host.Reach, w *words.Words) (text string, warn bool) {
	lan, directory := r.Finders.LAN.On, r.Finders.DHT.On
	switch r.State {
	case "", host.ReachOff:
		return "", false // not asked yet; and without connections there is no link
	case host.ReachLocal:
		if led || lan {
			return w.T("share.way_local"), false
		}
		return w.T("share.way_none"), true
	}
	switch {
	case led:
		return fromElsewhere(r.State, w)
	case !directory && lan:
		return w.T("share.way_near"), true
	case !directory:
		return w.T("share.way_none"), true
	}
	text, warn = fromElsewhere(r.State, w)
	switch r.State {
	case host.ReachOpen:
		text = w.T("share.way_directory")
	case host.ReachUnknown:
		text = w.T("share.way_unknown")
	}
	if lan {
		text = w.T("share.way_lan") + " " + text
	}
	return text, warn
}

// fromElsewhere is how others get here who have found this computer.
func fromElsewhere(r host.ReachState, w *words.Words) (text string, warn bool) {
	switch r {
	case host.ReachHelped:
		return w.T("share.way_helped"), false
	case host.ReachClosed:
		return w.T("share.way_closed"), true
	}
	return "", false
}
