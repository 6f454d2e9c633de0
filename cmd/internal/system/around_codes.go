package system

import (
	"slices"
	"strings"

	"grove/app"
)

// What Windows and macOS answer, as facts. Nothing in this file asks them, so
// that every system can test it.

// powerOf is what ACLineStatus of SYSTEM_POWER_STATUS says.
func powerOf(line byte) app.Fact {
	switch line {
	case 0:
		return app.Yes
	case 1:
		return app.No
	}
	return app.Unknown
}

// costOf is what NLM_CONNECTION_COST says.
func costOf(cost uint32) app.Fact {
	const unrestricted, fixed, variable, overLimit, roaming = 1, 2, 4, 0x10000, 0x40000
	switch {
	case cost&(fixed|variable|overLimit|roaming) != 0:
		return app.Yes
	case cost&unrestricted != 0:
		return app.No
	}
	return app.Unknown
}

// screenOf is what QUERY_USER_NOTIFICATION_STATE says.
func screenOf(state uint32) app.Fact {
	const away, busy, game, talk, free, quiet = 1, 2, 3, 4, 5, 6
	switch state {
	case busy, game, talk:
		return app.Yes
	case away, free, quiet:
		return app.No
	}
	return app.Unknown
}

// isVirtual reports whether a Windows network adapter leads into a VPN. That of
// OpenVPN's older driver says that it is Ethernet.
func isVirtual(kind uint32, description string) bool {
	const ppp, virtual, tunnel = 23, 53, 131
	return slices.Contains([]uint32{ppp, virtual, tunnel}, kind) || strings.HasPrefix(description, "TAP-")
}

// sourceOf is what pmset -g batt says.
func sourceOf(said string) app.Fact {
	switch {
	case strings.Contains(said, "'Battery Power'"):
		return app.Yes
	case strings.Contains(said, "'AC Power'"), strings.Contains(said, "'UPS Power'"):
		return app.No
	}
	return app.Unknown
}

// isMacTunnel reports whether a network interface of macOS leads into a VPN.
func isMacTunnel(name string) bool {
	return slices.ContainsFunc([]string{"utun", "ipsec", "ppp", "tun", "tap"}, func(p string) bool { return strings.HasPrefix(name, p) })
}
