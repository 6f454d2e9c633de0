package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"grove/app/pack"
)

// posterPatience is how long an offer waits for its picture.
const posterPatience = 3 * time.Second

// Inspect fetches and verifies what a lead points at: the manifest, the hash
// list and the poster, and not a byte of content. The offer stays on the list
// until Accept or Remove.
func (e *Engine) Inspect(ctx context.Context, lead Lead) (*Offer, error) {
	o := &Offer{ID: uuid.New(), Lead: lead}
	e.send(evInspect{o.ID, lead})
	err := e.resolve(ctx, o)
	if err == nil {
		o.Publisher, err = atRecords(ctx, e, func() func() (Publisher, error) {
			return func() (Publisher, error) {
				p, _, err := e.loadPublisher(o.Package.Manifest.Publisher)
				return p, err
			}
		})
	}
	r := newReply()
	// Not ctx: the list has to hear of the end even when the caller gave up.
	err = e.command(context.WithoutCancel(ctx), evResolved{o.ID, o.Described, AsProblem(err), r}, r)
	if err != nil {
		return nil, err
	}
	return o, nil
}

func (e *Engine) resolve(ctx context.Context, o *Offer) error {
	d := Description{ID: o.Lead.Link.ID, Secret: o.Lead.Link.Secret, Peers: o.Lead.Link.Peers, TypedPeers: o.Lead.Typed.Peers}
	for _, u := range o.Lead.Link.Manifests {
		d.Manifests = append(d.Manifests, Origin{URL: u})
	}
	if u := o.Lead.Manifest; u != "" {
		d.Manifests = append(d.Manifests, Origin{URL: u, Typed: true})
	}

	manifest := func(b []byte) error {
		p, err := pack.Open(b)
		if err == nil && o.Lead.Link.ID != (pack.ID{}) {
			err = o.Lead.Link.Check(p)
		}
		if err != nil {
			return FromPack(err)
		}
		o.Package = p
		return nil
	}
	if o.Lead.Grove != nil {
		if err := manifest(o.Lead.Grove); err != nil {
			return err
		}
	} else if err := e.describe(ctx, o.Lead.Mode, d, PartManifest, manifest); err != nil {
		return err
	}

	if p := o.Package; expired(p, time.Now(), e.cfg.Built) {
		return NewProblem(Expired, p.Manifest.Expires.Format("2 January 2006"), nil)
	}

	d.ID = o.Package.ID
	for _, u := range o.Package.Manifest.Origins {
		d.Origins = append(d.Origins, Origin{URL: u})
	}
	d.Trackers, d.Relays = o.Package.Manifest.Trackers, o.Package.Manifest.Relays
	for _, u := range o.Lead.Typed.Origins {
		d.Origins = append(d.Origins, Origin{URL: u, Typed: true})
	}
	hashes := func(b []byte) error {
		list, err := o.Package.CheckHashes(b)
		if err != nil {
			return FromPack(err)
		}
		o.Hashes = list
		return nil
	}
	if o.Lead.Hashes == nil || hashes(o.Lead.Hashes) != nil {
		if err := e.describe(ctx, o.Lead.Mode, d, PartHashes, hashes); err != nil {
			return err
		}
	}
	e.poster(ctx, o, d)
	return nil
}

// poster fetches the picture if there is one; an offer without it is still an
// offer.
func (e *Engine) poster(ctx context.Context, o *Offer, d Description) {
	if o.Package.Manifest.Poster == (pack.Hash{}) {
		return
	}
	check := func(b []byte) error {
		if err := o.Package.CheckPoster(b); err != nil {
			return FromPack(err)
		}
		o.Poster = b
		return nil
	}
	if o.Lead.Poster != nil && check(o.Lead.Poster) == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, posterPatience)
	defer cancel()
	_ = e.describe(ctx, o.Lead.Mode, d, PartPoster, check)
}

// describe asks everybody at once; the first answer that check accepts wins.
func (e *Engine) describe(ctx context.Context, mode Mode, d Description, part Part, check func([]byte) error) error {
	d.Part = part
	var asked []Describer
	if e.cfg.Mirrors != nil && mode != ModePeersOnly && len(d.Manifests)+len(d.Origins) > 0 {
		asked = append(asked, e.cfg.Mirrors)
	}
	if e.cfg.Swarm != nil && mode != ModeOriginOnly {
		asked = append(asked, e.cfg.Swarm)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var one once
	results := make(chan error, len(asked))
	for _, a := range asked {
		go func() {
			results <- a.Describe(ctx, d, func(b []byte) error { return one.check(check, b) })
		}()
	}
	var worst error
	for range asked { // all of them, so that nobody is left behind; the first good one ends the rest
		err := <-results
		if one.done() {
			cancel()
		}
		worst = graver(worst, err)
	}
	if one.done() {
		return nil
	}
	if worst == nil || errors.Is(worst, context.Canceled) || errors.Is(worst, context.DeadlineExceeded) {
		worst = NewProblem(NoSource, about(d), worst)
	}
	return worst
}

// once lets the first good answer through, whoever it came from.
type once struct {
	mu   sync.Mutex
	good bool // guarded by mu
}

func (o *once) check(check func([]byte) error, b []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.good {
		return nil
	}
	err := check(b)
	o.good = err == nil
	return err
}

func (o *once) done() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.good
}

// graver is the error that tells more: an answer that was refused says more
// than no answer.
func graver(a, b error) error {
	weight := func(err error) int {
		p := (*Problem)(nil)
		switch {
		case err == nil:
			return 0
		case !errors.As(err, &p):
			return 1
		case p.Kind == NoSource:
			return 2
		case p.Kind == NotFound, p.Kind == SourceFault, p.Kind == SourceBusy:
			return 3
		}
		return 4
	}
	if weight(b) > weight(a) {
		return b
	}
	return a
}

func about(d Description) string {
	if len(d.Manifests) > 0 {
		return d.Manifests[0].URL
	}
	return "package " + d.ID.Short()
}

// FromPack turns a refusal of app/pack into the problem the user is told.
func FromPack(err error) error {
	var p *pack.Error
	if !errors.As(err, &p) {
		return err
	}
	kind := map[pack.Reason]ProblemKind{
		pack.BadLink: BadLink, pack.NewerLink: NewerFormat, pack.NewerPackage: NewerFormat,
		pack.Unsigned: BadSignature, pack.BadSignature: BadSignature, pack.BadName: UnsafeName,
		pack.BadHashes: BadPackage, pack.BadManifest: BadPackage, pack.WrongPackage: WrongPackage,
		pack.BadMap: BadInput, pack.BadKey: KeyLocked, pack.WrongPass: KeyLocked,
	}[p.Reason]
	if kind == "" {
		kind = BadPackage
	}
	subject, cause := p.Subject, p.Err
	if subject == "" { // the cause says it all
		subject, cause = err.Error(), nil
	}
	return NewProblem(kind, subject, cause)
}
