package depot

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"grove/app"
	"grove/p2p/internal/web"
)

// target is a depot that is asked.
type target struct {
	base  string // in the spelling of orders
	url   *url.URL
	typed bool
}

// target judges the text of an address.
func (c *Client) target(base string, typed bool) (target, error) {
	base, err := CheckBase(base)
	if err != nil {
		return target{}, err
	}
	u, err := url.Parse(base)
	if err != nil {
		return target{}, app.NewProblem(app.BadInput, base+" is not a web address", err)
	}
	return target{base, u, typed}, c.web.CheckURL(u, typed)
}

// spelled is an address as people type it in the spelling of the format, as
// far as that is a matter of spelling.
func spelled(typed string) string {
	u, err := url.Parse(strings.TrimSpace(typed))
	if err != nil || u.Host == "" {
		return typed
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if u.RawQuery == "" && u.Fragment == "" && !strings.HasSuffix(u.Path, "/") {
		u = u.JoinPath("/")
	}
	return u.String()
}

// mayHear refuses to send a secret where others can read it on its way.
func (t target) mayHear(secret []byte) error {
	local := app.Reach{LocalOnly: true}.CheckHost(t.url.Hostname(), true) == nil
	if secret == nil || t.url.Scheme == "https" || local {
		return nil
	}
	return app.NewProblem(app.BadInput, "The secret of a private share is sent over https only; "+t.base+" is not encrypted", nil)
}

// name of the depot in sentences.
func (t target) name() string { return "The depot at " + t.url.Host }

func (t target) fault(cause error) error { return app.NewProblem(app.SourceFault, t.name(), cause) }

// unexpected is an answer that a Grove server does not give.
func (t target) unexpected(status int, path string) error {
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone, http.StatusOK:
		return app.NewProblem(app.NotFound, t.base+path, errors.New("what answers there is no depot of Grove"))
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return app.NewProblem(app.SourceBusy, t.name(), nil)
	}
	if status >= 300 && status < 400 {
		return t.fault(fmt.Errorf("it answered %d: it has moved", status))
	}
	return t.fault(fmt.Errorf("it answered %d", status))
}

// read reads the answer to an order.
func (t target) read(status int, body []byte) (Status, error) {
	if status != http.StatusOK {
		var no Refusal
		if json.Unmarshal(body, &no) != nil || statuses[no.Reason] != status {
			return Status{}, t.unexpected(status, ordersPath)
		}
		return Status{}, &no
	}
	var s Status
	if err := json.Unmarshal(body, &s); err != nil {
		return Status{}, t.unexpected(status, ordersPath)
	}
	switch s.State {
	case Wanted, Fetching, Kept, Dropped, Failed:
	default:
		return Status{}, t.fault(errors.New("it gave an answer that this version does not know"))
	}
	if s.Have < 0 || s.Have > s.Size {
		return Status{}, t.fault(errors.New("it has more of the package than there is"))
	}
	s.Peers, s.Folder, s.Why = addrs(s.Peers), "", web.Clip(s.Why, 200)
	return s, nil
}

// problem is a refusal in the words of this program: those of a server are
// not to be trusted, and in one language.
func (t target) problem(no *Refusal) error {
	bad := func(format string, args ...any) error {
		return app.NewProblem(app.BadInput, t.name()+" "+fmt.Sprintf(format, args...), nil)
	}
	switch no.Reason {
	case BadKey:
		return bad("takes no packages of the key %s. Who runs it can allow the key", web.Clip(no.Key, 200))
	case Elsewhere:
		return bad("calls itself %s. Use that address, if you trust it", web.Clip(no.Depot, 200))
	case Clock:
		return bad("has another time than this computer. Set the clock that is wrong")
	case Stale:
		return bad("was told something newer about this package")
	case Expired:
		return bad("takes no package whose time is over")
	case Quota:
		return app.NewProblem(app.NoSpace, fmt.Sprintf("this package at %s: it has %s, and %s are left there", t.url.Host, sizeText(no.Need), sizeText(no.Free)), nil)
	case BadPackage:
		return app.NewProblem(app.BadPackage, "the depot at "+t.url.Host+" does not take it", errors.New(web.Clip(no.Text, 200)))
	case Busy:
		p := app.NewProblem(app.SourceBusy, t.name(), nil)
		p.After = time.Duration(max(0, min(no.After, 600))) * time.Second
		return p
	}
	return t.fault(errors.New(web.Clip(no.Text, 200)))
}

func sizeText(n int64) string {
	if n < 1e6 {
		return fmt.Sprintf("%d bytes", max(n, 0))
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
