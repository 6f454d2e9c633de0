package sharing

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/keyring"
	"grove/p2p/depot"
)

// KeepFor is how long a depot is asked to keep a copy, unless the user says.
const KeepFor = 30 * 24 * time.Hour

// aboutTime is how long sharing waits for a depot to say what it is.
const aboutTime = 10 * time.Second

// draftPlace is as long as any place, for rules that are applied before the
// files are read.
var draftPlace = pack.Place(pack.PublicKey{}, pack.Hash{}, nil)

// ask asks the depot what it is, before anything is signed that names it. Where
// no depot answers, there is no copy and the sharing goes on without it; one
// that does not answer now is named all the same, and asked again by Keep.
func (j *Job) ask(ctx context.Context, s *Started) error {
	if j.depot == "" {
		return nil
	}
	client, err := depots(j.g)
	if err != nil {
		return err
	}
	defer client.Close()
	limited, cancel := context.WithTimeout(ctx, aboutTime)
	defer cancel()
	j.about, err = client.About(limited, j.depot, true)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		err = app.NewProblem(app.SourceFault, "The depot at "+host(j.depot), errors.New("it has not answered yet"))
	}
	if err == nil && !j.about.Depot {
		err = app.NewProblem(app.BadInput, "The server at "+host(j.depot)+" keeps no copies", nil)
	}
	s.DepotTrouble = app.AsProblem(err)
	if err != nil && !passing(err) {
		j.depot = ""
	}
	s.Depot = j.depot
	s.DepotLocal = j.depot != "" && !j.g.Reach.LocalOnly && isLocal(j.depot)
	return nil
}

// depots is a client as g reaches the web.
func depots(g *boot.Grove) (*depot.Client, error) {
	// The engine says in its log why settings cannot be used.
	set, _ := app.LoadSettings(g.Store)
	proxy, err := set.Network.ProxyURL()
	if err != nil {
		return nil, err
	}
	return depot.New(depot.Config{Reach: g.Reach, Proxy: proxy, Bind: set.Network.Bind}), nil
}

// passing reports whether trying again may help.
func passing(err error) bool {
	switch app.AsProblem(err).Kind {
	case app.SourceFault, app.SourceBusy:
		return true
	}
	return false
}

func host(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	return u.Host
}

func isLocal(base string) bool {
	u, err := url.Parse(base)
	return err == nil && app.Reach{LocalOnly: true}.CheckHost(u.Hostname(), true) == nil
}

// place has m name the depot: its folder as an origin, and what else it is for
// others.
func (j *Job) place(ctx context.Context, m *pack.Manifest) error {
	if j.depot == "" {
		return nil
	}
	publisher, err := j.signer.Public(ctx)
	if err != nil {
		return err
	}
	if j.r.Private {
		j.secret = newSecret()
	}
	j.name(m, pack.Place(publisher, m.Hashes, j.secret))
	return nil
}

func (j *Job) name(m *pack.Manifest, place string) {
	if j.depot == "" {
		return
	}
	m.Origins = []string{depot.FolderURL(j.depot, place)}
	if j.about.Tracker {
		m.Trackers = []string{j.depot}
	}
	if j.about.Relay {
		m.Relays = j.about.Relays[:min(len(j.about.Relays), pack.MaxOrigins)]
	}
}

// Keep has the depot of the Request make its copy of what Start has started,
// and returns when the copy is complete. progress is told how much of it is
// there, in bytes; nil is nobody. A depot that goes away is waited for. An
// error is why there will be no copy; the sharing goes on.
func (j *Job) Keep(ctx context.Context, g *boot.Grove, s Started, progress func(have, size int64)) error {
	if s.Depot == "" {
		if s.DepotTrouble != nil {
			return s.DepotTrouble
		}
		return app.NewProblem(app.BadInput, "No depot was named to keep a copy", nil)
	}
	c, err := NewCopy(g, s, s.Depot, j.r.For)
	if err != nil {
		return err
	}
	c.signer = j.signer
	if progress != nil {
		c.Progress = func(s depot.Status) { progress(s.Have, s.Size) }
	}
	_, err = c.Make(ctx)
	return err
}

// openSigner opens the key for the depot's order while the user is still there
// to be asked for a passphrase. Without it there is no copy.
func (j *Job) openSigner(s *Started) {
	if j.depot == "" || j.signer != nil {
		return
	}
	var err error
	if j.signer, err = SignerFor(j.g.Data, s.Package.Publisher(), j.Ask); err != nil {
		s.Depot, s.DepotTrouble, s.DepotLocal = "", app.AsProblem(err), false
	}
}

// SignerFor opens the key in the data folder data that signed what publisher
// published. NotFound with keyring.ErrNone where it is not there.
func SignerFor(data string, publisher pack.PublicKey, ask keyring.Ask) (*keyring.Signer, error) {
	path, err := keyring.Find(data, publisher)
	if err != nil {
		return nil, err
	}
	return keyring.Open(path, ask)
}

// secretOf is the secret of a transfer, or nil.
func secretOf(g *boot.Grove, id uuid.UUID) ([]byte, error) {
	all, err := g.Store.LoadTransfers()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(r app.Record) bool { return r.ID == id })
	if i < 0 {
		return nil, app.NewProblem(app.NotFound, id.String(), nil)
	}
	return all[i].Secret, nil
}

// untilFor is the end of a copy that is kept for d from now on: that of its
// package, if that is sooner.
func untilFor(p *pack.Package, d time.Duration, now time.Time) (time.Time, error) {
	if d == 0 {
		d = KeepFor
	}
	until := now.Add(d)
	if e := p.Manifest.Expires; !e.IsZero() && until.After(e) {
		until = e
	}
	if until.After(now.AddDate(10, 0, -1)) || !until.After(now) {
		return until, app.NewProblem(app.BadInput, "A copy is kept for at most ten years, and not for a time that is over", nil)
	}
	return until, nil
}

// failed is why a depot gave a copy up.
func failed(base string, s depot.Status) error {
	why := strings.TrimSpace(s.Why)
	if why == "" {
		why = "it did not say why"
	}
	return app.NewProblem(app.SourceFault, "The depot at "+host(base), errors.New(why))
}
