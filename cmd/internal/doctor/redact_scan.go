package doctor

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"grove/app"
)

var (
	wholeURL  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://[^\s"<>]*$`)
	wholePath = regexp.MustCompile(`^(?:[A-Za-z]:)?[/\\][^\s"<>|]*`)
)

// Characters that stand between words and say nothing.
const between = " \t\n()[]{}<>,;=|@·→✓✗—"

// scan writes a text that has nothing hidden in it.
func (r *Redactor) scan(b *strings.Builder, s string) {
	for word := true; s != ""; {
		// word: something may begin here.
		if word {
			if n := r.wholePath(b, s); n > 0 {
				s = s[n:]
				continue
			}
		}
		c, size := utf8.DecodeRuneInString(s)
		switch {
		case strings.ContainsRune(between, c):
			b.WriteRune(c)
			s, word = s[size:], true
		case c == '"':
			n, quoted := quotedEnd(s)
			if n == 1 {
				b.WriteByte('"')
			} else {
				b.WriteString(r.quote(quoted))
			}
			s, word = s[n:], true
		default:
			n := strings.IndexAny(s, between+`"`)
			if n < 0 {
				n = len(s)
			}
			b.WriteString(r.chunk(s[:n]))
			s, word = s[n:], true
		}
	}
}

// one writes what stands for a text that whole found, and returns how much of
// it that is: not the punctuation behind it.
func (r *Redactor) one(b *strings.Builder, s string) int {
	switch {
	case strings.Contains(strings.ToLower(s), "grove:"):
		b.WriteString("(link)")
		return len(s)
	case strings.Contains(s, "://"):
		if t := strings.TrimRight(s, `.,:;!?)]}'`); wholeURL.MatchString(t) {
			s = t
		}
		b.WriteString(r.url(s))
		return len(s)
	}
	b.WriteString("#")
	return len(s)
}

// wholePath writes what stands for a path at the beginning of s, and returns
// how long that is; 0 if there is none.
func (r *Redactor) wholePath(b *strings.Builder, s string) int {
	m := strings.TrimRight(wholePath.FindString(s), `.,:;!?)]}'`)
	if len(m) < 2 {
		return 0
	}
	b.WriteString(r.path(m))
	return len(m)
}

// schemes are those that say nothing about who uses them.
var schemes = map[string]bool{"http": true, "https": true, "socks5": true, "tcp": true, "udp": true, "file": true}

// url keeps the scheme and what kind of host it is.
func (r *Redactor) url(s string) string {
	scheme, _, _ := strings.Cut(strings.ToLower(s), "://")
	if !schemes[scheme] {
		return "(address)"
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" {
		return "(" + scheme + ")"
	}
	return "(" + scheme + ":" + r.host(u.Hostname()) + ")"
}

// host is the code of a host: an IP address, or a name.
func (r *Redactor) host(s string) string {
	if ip, err := netip.ParseAddr(s); err == nil {
		return r.ip(ip)
	}
	return r.code("host", strings.TrimSuffix(s, "."))
}

// ip is the code of an address, with its family and class.
func (r *Redactor) ip(ip netip.Addr) string {
	ip = ip.Unmap().WithZone("")
	family := "IPv6"
	if ip.Is4() {
		family = "IPv4"
	}
	return r.code("ip", ip.String()) + "(" + family + "," + classOf(ip) + ")"
}

func classOf(ip netip.Addr) string {
	switch {
	case ip.IsLoopback():
		return "loopback"
	case ip.IsUnspecified():
		return "any"
	case app.IsLocal(ip):
		return "private"
	case (app.Reach{}).Check(ip, false) == nil:
		return "public"
	}
	return "reserved"
}

// path hides all of a path, but keeps the shape of a multiaddr.
func (r *Redactor) path(s string) string {
	if r.shown[s] {
		return s
	}
	if a, ok := r.multiaddr(s); ok {
		return a
	}
	return "(path)"
}

// plainProtocols have a value that is kept, or none; the others' is hidden.
var plainProtocols = map[string]bool{"quic-v1": true, "quic": true, "p2p-circuit": true, "tls": true, "noise": true, "ws": true, "wss": true, "webtransport": true, "http": true, "https": true}

// multiaddr keeps the protocols and ports.
func (r *Redactor) multiaddr(s string) (string, bool) {
	parts := strings.Split(strings.TrimSuffix(s, "/"), "/")[1:]
	var b strings.Builder
	for i := 0; i < len(parts); i++ {
		p := parts[i]
		if plainProtocols[p] {
			b.WriteString("/" + p)
			continue
		}
		if i+1 == len(parts) {
			return "", false
		}
		value := parts[i+1]
		i++
		b.WriteString("/" + p + "/")
		switch p {
		case "ip4", "ip6":
			// A code that an earlier pass wrote has a comma and brackets in it.
			code, _, _ := strings.Cut(value, "(")
			ip, err := netip.ParseAddr(value)
			switch {
			case err == nil:
				b.WriteString(r.ip(ip))
			case r.isCode(code) && codeClass(value[len(code):]):
				b.WriteString(value)
			default:
				return "", false
			}
		case "ip6zone":
			b.WriteString(gone)
		case "ipcidr":
			b.WriteString(r.number(value))
		case "tcp", "udp":
			if port := r.number(value); port != value || len(value) > 5 {
				return "", false
			}
			b.WriteString(value)
		case "dns", "dns4", "dns6", "dnsaddr":
			b.WriteString(r.ownCode("host", value))
		case "p2p", "ipfs":
			b.WriteString(r.peer(value))
		case "certhash":
			b.WriteString(gone)
		default:
			return "", false
		}
	}
	return b.String(), b.Len() > 0
}

var codeClass = regexp.MustCompile(`^(\((IPv4|IPv6),(public|private|loopback|any|reserved)\))?$`).MatchString

// ownCode is the code of a text, or the text where it is one.
func (r *Redactor) ownCode(kind, s string) string {
	if r.isCode(s) {
		return s
	}
	return r.code(kind, s)
}

func (r *Redactor) peer(id string) string {
	if r.isCode(id) {
		return id
	}
	c := r.code("peer", id)
	if len(id) > 8 { // how p2p names it for people
		r.codes["end "+strings.ToLower(id[len(id)-8:])] = c
	}
	return c
}

// quotedEnd is the length of a quoted text at the beginning of s, and what is
// in it. A quote that does not end is one character.
func quotedEnd(s string) (n int, in string) {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '\n':
			return 1, ""
		case '"':
			return i + 1, s[1:i]
		}
	}
	return 1, ""
}

// quote: what is quoted was written by somebody. Of that, only what became a
// code is kept. A quoted URL was taken before.
func (r *Redactor) quote(in string) string {
	switch {
	case in == "", in == gone, r.shown[in]:
		return `"` + in + `"`
	case !strings.ContainsFunc(in, unicode.IsSpace):
		var b strings.Builder
		r.scan(&b, in)
		if out := b.String(); isCoded(out) {
			return `"` + out + `"`
		}
	}
	return `"` + gone + `"`
}

var isCoded = regexp.MustCompile(`^((ip|host|peer|package)-[a-z]{1,3}(\([A-Za-z0-9,]*\))?(:\d{1,5})?|/(ip4|ip6|dns|dns4|dns6)/.*|\((link|path|https?:.*|socks5:.*)\))$`).MatchString
