package doctor

import (
	"net/netip"
	"regexp"
	"strings"
	"unicode"
)

var (
	isDate     = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})?)?$`).MatchString
	isClock    = regexp.MustCompile(`^\d{1,2}:\d{2}(:\d{2}(\.\d{1,9})?)?$`).MatchString
	isDuration = regexp.MustCompile(`^[-+]?(\d{1,6}(\.\d{1,9})?(ns|us|µs|ms|s|m|h)){1,3}$`).MatchString
	isNumber   = regexp.MustCompile(`^[-+]?\d{1,6}(\.\d{1,6})?$`).MatchString
	isAmount   = regexp.MustCompile(`^\d{1,6}(\.\d{1,3})?(%|B|kB|MB|GB|TB|KiB|MiB|GiB|k|M|G)?$`).MatchString
	isVersion  = regexp.MustCompile(`^v?\d{1,3}(\.\d{1,4}){1,2}$`).MatchString
	isDigits   = regexp.MustCompile(`^\d+$`).MatchString
	hasIPv4    = regexp.MustCompile(`\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}`).MatchString
	isPeerID   = regexp.MustCompile(`^(12D3Koo|16Uiu2|Qm)[1-9A-HJ-NP-Za-km-z]{20,}$|^k51[a-z0-9]{40,}$|^bafz[a-z0-9]{40,}$`).MatchString
	isPackage  = regexp.MustCompile(`^[a-z2-7]{52}$`).MatchString
	isHostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*)(\.[A-Za-z0-9_-]+)+(:\d{1,5})?$`).MatchString
	isPort     = regexp.MustCompile(`^:\d{1,5}$`).MatchString
)

// Punctuation around a word.
const around = ".,:;!?*'"

// chunk is what becomes of a text without spaces and brackets.
func (r *Redactor) chunk(s string) string {
	if c, ok := r.known(s); ok {
		return c
	}
	rest := strings.TrimRight(s, around)
	word := strings.TrimLeft(rest, around)
	if c, ok := r.known(rest); ok && rest != "" {
		return c + s[len(rest):]
	}
	before, after := rest[:len(rest)-len(word)], s[len(rest):]
	if word == "" {
		return s // only punctuation
	}
	if c, ok := r.known(word); ok {
		return before + c + after
	}
	if r.plain(word) {
		return s
	}
	return before + gone + after
}

// known is the text or the code of a word of a known kind.
func (r *Redactor) known(s string) (string, bool) {
	switch {
	case r.shown[s], s == gone, r.isCode(s), r.isCodeWith(s):
		return s, true
	case isDate(s), isClock(s), isDuration(s), isNumber(s), isAmount(s), isVersion(s), isPort(s):
		return s, true
	case isDigits(s):
		return "#", true
	case s == "#":
		return s, true
	case isPeerID(s):
		return r.peer(s), true
	case isPackage(s):
		c := r.code("package", s)
		r.codes["end "+s[:8]] = c
		return c, true
	}
	if c, ok := r.codes["end "+strings.ToLower(s)]; ok {
		return c, true
	}
	if ip := parseIP(s); ip.IsValid() {
		c := r.ip(ip)
		if ap, err := netip.ParseAddrPort(s); err == nil {
			return c + s[strings.LastIndexByte(s, ':'):], ap.IsValid()
		}
		return c, true
	}
	if isHostName(s) && !hasIPv4(s) && strings.ContainsFunc(s, unicode.IsLetter) {
		name, port, _ := strings.Cut(s, ":")
		c := r.code("host", name)
		if port != "" {
			c += ":" + port
		}
		return c, true
	}
	return "", false
}

func (r *Redactor) isCode(s string) bool { return r.issued[s] }

// isCodeWith: https:host-a and host-a:4001 are what an earlier pass wrote.
func (r *Redactor) isCodeWith(s string) bool {
	a, b, ok := strings.Cut(s, ":")
	return ok && (schemes[a] && r.isCode(b) || r.isCode(a) && isPort(":"+b))
}

// parseIP is the address in s, with or without a port or a prefix length; the
// zero Addr if there is none.
func parseIP(s string) netip.Addr {
	if ip, err := netip.ParseAddr(s); err == nil {
		return ip
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr()
	}
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Addr()
	}
	return netip.Addr{}
}

func (r *Redactor) number(s string) string {
	if isDigits(s) && len(s) <= 6 {
		return s
	}
	return "#"
}

// plain reports whether all parts of a word are harmless: words of the list,
// and at most two short numbers.
func (r *Redactor) plain(s string) bool {
	if strings.Count(s, "/") > 1 || strings.HasPrefix(s, "/") || strings.ContainsAny(s, `\`) || hasIPv4(s) || strings.Contains(s, "::") {
		return false
	}
	numbers := 0
	for part := range strings.FieldsFuncSeq(s, func(c rune) bool { return strings.ContainsRune("-_/.:'+#%&!?*~", c) }) {
		switch {
		case isDigits(part) && len(part) <= 6:
			if numbers++; numbers > 2 {
				return false
			}
		case !harmless[strings.ToLower(part)] && !isDuration(part) && !isAmount(part):
			return false
		}
	}
	return true
}
