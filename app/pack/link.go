package pack

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Link is what a person clicks. It says what and where, never what to do.
type Link struct {
	ID        ID
	Publisher PublicKey // zero: not in the link
	Manifests []string  // http or https URLs of the .grove file
	Peers     []string  // multiaddrs ending in /p2p/<peer>; syntax is checked by p2p
	Name      string    // a hint, unverified
	Secret    []byte    // nil, or 32 bytes: a private share
}

const (
	scheme     = "grove:"
	linkSecret = 32  // bytes of Secret
	maxPeer    = 256 // bytes of one of Peers
	linkKeep   = ":/@,"
)

// ParseLink reads "grove:1/..." or a web page's address with the link in its
// fragment. White space around it is dropped, because people paste; nothing
// else is. Reasons: BadLink, NewerLink.
func ParseLink(s string) (Link, error) {
	s = strings.Trim(s, " \t\r\n\v\f")
	if err := checkPrintable(s, MaxLink); err != nil {
		return Link{}, refuse(BadLink, "", "%w", err)
	}
	rest, direct := strings.CutPrefix(s, scheme)
	if !direct {
		page, fragment, _ := strings.Cut(s, "#")
		inside, ok := strings.CutPrefix(fragment, scheme)
		if !ok {
			return Link{}, refuse(BadLink, showStart(s), "it does not begin with grove:1/, and is no web page's address with #grove:1/")
		}
		if err := checkURL(page); err != nil {
			return Link{}, refuse(BadLink, "page", "%w", err)
		}
		rest = inside
	}
	rest, err := cutVersion(rest)
	if err != nil {
		return Link{}, err
	}
	p := linkParser{inPage: !direct}
	if err := p.parse(rest); err != nil {
		return Link{}, err
	}
	return p.link, nil
}

// cutVersion takes "1/" off.
func cutVersion(s string) (string, error) {
	version, rest, ok := strings.Cut(s, "/")
	n, err := strconv.ParseUint(version, 10, 32)
	switch {
	case !ok || err != nil || strconv.FormatUint(n, 10) != version || n == 0:
		return "", refuse(BadLink, showStart(scheme+s), "grove:1/ and a package ID are expected")
	case n > Version:
		return "", refuse(NewerLink, showStart(scheme+version), "this program reads version %d", Version)
	}
	return rest, nil
}

// linkParser fills one link.
type linkParser struct {
	link   Link
	inPage bool // the link is a page's fragment: the secret is a key s, not a fragment
}

func (p *linkParser) parse(s string) error {
	s, fragment, hasFragment := strings.Cut(s, "#")
	if hasFragment {
		secret, ok := strings.CutPrefix(fragment, "s=")
		if !ok || p.inPage {
			return refuse(BadLink, "#", "only a secret may follow #, once")
		}
		if err := p.secret(secret); err != nil {
			return err
		}
	}
	id, query, hasQuery := strings.Cut(s, "?")
	var err error
	if p.link.ID, err = ParseID(id); err != nil {
		return err
	}
	if !hasQuery {
		return nil
	}
	for pair := range strings.SplitSeq(query, "&") {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			return refuse(BadLink, showStart(pair), "key=value is expected")
		}
		value, err := unescape(value)
		if err == nil {
			err = p.set(key, value)
		}
		if err != nil {
			return refuse(BadLink, showStart(key), "%w", err)
		}
	}
	return nil
}

// set applies one key. Only keys that begin with x- may be unknown.
func (p *linkParser) set(key, value string) error {
	l := &p.link
	switch key {
	case "p":
		if l.Publisher != (PublicKey{}) {
			return errTwice
		}
		k, err := ParsePublicKey(value)
		if err == nil && k.linkText() != value {
			err = errSpelling
		}
		l.Publisher = k
		return err
	case "m":
		if len(l.Manifests) == MaxLinkHints {
			return errTooMany
		}
		l.Manifests = append(l.Manifests, value)
		return checkFile(value)
	case "a":
		if len(l.Peers) == MaxLinkHints {
			return errTooMany
		}
		l.Peers = append(l.Peers, value)
		return checkPeer(value)
	case "n":
		if l.Name != "" {
			return errTwice
		}
		if value == "" {
			return errEmpty
		}
		l.Name = value
		return checkText(value, MaxText, "")
	case "s":
		if !p.inPage {
			return errSecretPlace
		}
		if l.Secret != nil {
			return errTwice
		}
		return p.secret(value)
	}
	if name, ok := strings.CutPrefix(key, "x-"); ok && name != "" && onlyBytes(name, "abcdefghijklmnopqrstuvwxyz0123456789-") {
		return nil
	}
	return errUnknownKey
}

var (
	errTwice       = errors.New("given twice")
	errTooMany     = fmt.Errorf("given more than %d times", MaxLinkHints)
	errEmpty       = errors.New("empty")
	errSpelling    = errors.New("not in the spelling used in links")
	errUnknownKey  = errors.New("a key this version does not know")
	errSecretPlace = errors.New("a secret belongs after #, where no server sees it")
)

// unescape undoes percent-encoding; a plus is a plus.
func unescape(s string) (string, error) {
	if err := checkEscapes(s); err != nil {
		return "", err
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			c, _ = unhex(s[i+1:])
			i += 2
		}
		b = append(b, c)
	}
	if !utf8.Valid(b) {
		return "", errors.New("not valid UTF-8")
	}
	return string(b), nil
}

// checkFile holds for the address of a .grove file.
func checkFile(s string) error {
	if isFolder(s) {
		return errors.New("the address of a folder, not of a file")
	}
	return checkFolderOrFile(s)
}

// checkPeer holds for a peer's address; p2p parses it.
func checkPeer(s string) error {
	if !strings.HasPrefix(s, "/") {
		return errors.New("a peer address begins with /")
	}
	return checkPrintable(s, maxPeer)
}

func (p *linkParser) secret(s string) error {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != linkSecret {
		// The text is left out: a damaged secret is still nearly the secret.
		return refuse(BadLink, "s", "the secret is not 43 characters of base64url")
	}
	p.link.Secret = b
	return nil
}

// Check reports whether p is the package the link means, from the publisher it
// names. Reason WrongPackage.
func (l Link) Check(p *Package) error {
	if p.ID != l.ID {
		return refuse(WrongPackage, "", "the link means %s, this is %s", l.ID.Short(), p.ID.Short())
	}
	if l.Publisher != (PublicKey{}) && l.Publisher != p.Publisher() {
		return refuse(WrongPackage, "publisher", "the link names %s, the package is signed by %s", l.Publisher.Fingerprint(), p.Publisher().Fingerprint())
	}
	return nil
}

// String is the link in its one canonical spelling. ParseLink reads it when
// every field is valid and the whole is at most MaxLink bytes.
func (l Link) String() string {
	s := l.text()
	if l.Secret != nil {
		s += "#s=" + base64.RawURLEncoding.EncodeToString(l.Secret)
	}
	return s
}

// Page is the link as the fragment of a landing page. A fragment cannot have
// another inside, so the secret is one more key there; it still stays out of
// the server's log.
func (l Link) Page(page string) string {
	s := l.text()
	if l.Secret != nil {
		join := "?"
		if strings.Contains(s, "?") {
			join = "&"
		}
		s += join + "s=" + base64.RawURLEncoding.EncodeToString(l.Secret)
	}
	return page + "#" + s
}

// text is the link without its secret.
func (l Link) text() string {
	var query []string
	if l.Publisher != (PublicKey{}) {
		query = append(query, "p="+l.Publisher.linkText())
	}
	for _, m := range l.Manifests {
		query = append(query, "m="+escape(m, linkKeep))
	}
	for _, a := range l.Peers {
		query = append(query, "a="+escape(a, linkKeep))
	}
	if l.Name != "" {
		query = append(query, "n="+escape(l.Name, linkKeep))
	}
	s := scheme + strconv.Itoa(Version) + "/" + l.ID.String()
	if len(query) > 0 {
		s += "?" + strings.Join(query, "&")
	}
	return s
}
