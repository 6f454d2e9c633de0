package pack

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// checkURL applies the rules for every web address in a manifest or a link:
// http or https, one spelling, and nothing that two parsers read differently.
// Whether the address may be dialled is decided where it is dialled.
func checkURL(s string) error {
	if err := checkPrintable(s, MaxURL); err != nil {
		return err
	}
	u, err := url.Parse(s)
	if err != nil {
		return fmt.Errorf("not a web address")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("only http and https addresses are allowed")
	case u.User != nil:
		return fmt.Errorf("a user name in the address is not allowed")
	case strings.Contains(s, "#"):
		return fmt.Errorf("an address with a fragment is not allowed")
	case u.ForceQuery:
		return fmt.Errorf("an empty query is not allowed")
	case !strings.HasPrefix(u.Path, "/"):
		return fmt.Errorf("the address has no path, not even /")
	case u.String() != s:
		return fmt.Errorf("the address is not in its usual spelling, %s", show(u.String()))
	}
	if err := checkAuthority(u); err != nil {
		return err
	}
	if err := checkEscapes(u.EscapedPath() + u.RawQuery); err != nil {
		return err
	}
	for e := range strings.SplitSeq(u.Path, "/") {
		if e == "." || e == ".." {
			return fmt.Errorf("the path has . or .. in it")
		}
	}
	return nil
}

// checkFolderOrFile holds for origins: a folder cannot have a query, because
// names are appended to it.
func checkFolderOrFile(s string) error {
	if err := checkURL(s); err != nil {
		return err
	}
	if path, _, query := strings.Cut(s, "?"); query && strings.HasSuffix(path, "/") {
		return fmt.Errorf("a folder address with a query is not allowed")
	}
	return nil
}

// isFolder reports whether a checked address is a folder of files.
func isFolder(s string) bool { return strings.HasSuffix(s, "/") && !strings.Contains(s, "?") }

// checkAuthority checks host and port.
func checkAuthority(u *url.URL) error {
	host := u.Hostname()
	if strings.HasPrefix(u.Host, "[") {
		a, err := netip.ParseAddr(host)
		if err != nil || !a.Is6() || a.Is4In6() || a.Zone() != "" || a.String() != host {
			return fmt.Errorf("the IPv6 address %s is not in its usual spelling", show(host))
		}
	} else if err := checkHost(host); err != nil {
		return err
	}
	port := u.Port()
	if port == "" {
		if strings.HasSuffix(u.Host, ":") {
			return fmt.Errorf("the port is empty")
		}
		return nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || strconv.FormatUint(n, 10) != port || n != 80 && n != 443 && n < 1024 {
		return fmt.Errorf("port %s: only 80, 443 and 1024 to 65535 are allowed", show(port))
	}
	return nil
}

// checkHost accepts a lower-case ASCII host name or an IPv4 address in its
// usual spelling. Names whose last label is a number are addresses in disguise
// to some resolvers.
func checkHost(host string) error {
	if host == "" || len(host) > 253 {
		return fmt.Errorf("a host name has 1 to 253 characters")
	}
	labels := strings.Split(host, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || !onlyBytes(l, "abcdefghijklmnopqrstuvwxyz0123456789-_") {
			return fmt.Errorf("%s is not a lower-case ASCII host name", show(host))
		}
	}
	last := labels[len(labels)-1]
	if onlyBytes(last, "0123456789") || strings.HasPrefix(last, "0x") {
		if a, err := netip.ParseAddr(host); err != nil || a.String() != host {
			return fmt.Errorf("%s is a number, not a host name", show(host))
		}
	}
	return nil
}

// checkDomain accepts what checkHost does but IPv4 addresses.
func checkDomain(s string) error {
	if _, err := netip.ParseAddr(s); err == nil {
		return fmt.Errorf("%s is an address, not a host name", show(s))
	}
	return checkHost(s)
}

// checkEscapes checks every percent-encoding, and that no control byte hides
// behind one.
func checkEscapes(s string) error {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%':
			b, ok := unhex(s[i+1:])
			if !ok {
				return fmt.Errorf("a broken percent-encoding")
			}
			if b < ' ' || b == 0x7f {
				return fmt.Errorf("an encoded control character (%%%02X) is not allowed", b)
			}
			i += 2
		case !isURLByte(c):
			return fmt.Errorf("the character %q must be percent-encoded", c)
		}
	}
	return nil
}

// isURLByte accepts what RFC 3986 lets stand unencoded in a path or query.
func isURLByte(c byte) bool {
	return isUnreserved(c) || strings.IndexByte("!$&'()*+,;=:@/?", c) >= 0
}

func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

func onlyBytes(s, allowed string) bool {
	for i := range len(s) {
		if strings.IndexByte(allowed, s[i]) < 0 {
			return false
		}
	}
	return true
}

// unhex reads the two digits after a percent sign.
func unhex(s string) (byte, bool) {
	if len(s) < 2 {
		return 0, false
	}
	n, err := strconv.ParseUint(s[:2], 16, 8)
	return byte(n), err == nil
}

// escape percent-encodes all of s but the unreserved characters and those in
// keep.
func escape(s, keep string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; isUnreserved(c) || strings.IndexByte(keep, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// FileURL is the address of file f at an origin URL: an origin that ends in
// "/" is a folder and the file's path is appended, percent-encoded; otherwise
// it is the file itself, allowed only when the package has one file. The
// origin is checked as one in a manifest is; Reason BadManifest.
func (p *Package) FileURL(origin string, f int) (string, error) {
	if f < 0 || f >= len(p.Manifest.Files) {
		return "", refuse(BadManifest, "files", "there is no file %d", f)
	}
	if err := checkFolderOrFile(origin); err != nil {
		return "", refuse(BadManifest, show(origin), "%w", err)
	}
	if !isFolder(origin) {
		if len(p.Manifest.Files) != 1 {
			return "", refuse(BadManifest, show(origin), "the address of one file, but the package has %d; a folder ends in /", len(p.Manifest.Files))
		}
		return origin, nil
	}
	elements := make([]string, len(p.Manifest.Files[f].Path))
	for i, e := range p.Manifest.Files[f].Path {
		elements[i] = escape(e, "")
	}
	return origin + strings.Join(elements, "/"), nil
}
