package doctor

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
	"grove/p2p/mirror"
)

// engine and mirrors are what the examination of a link needs of those.
type engine interface {
	Inspect(ctx context.Context, lead app.Lead) (*app.Offer, error)
	Scout(ctx context.Context, o *app.Offer, found func(app.Outlook)) error
}

type mirrors interface {
	Describe(ctx context.Context, want app.Description, check func([]byte) error) error
	Check(ctx context.Context, want app.Want) ([]mirror.Report, error)
}

// linkExam examines one link. It fetches what a manifest is made of, and of
// the content a few pieces from each origin, which it throws away.
type linkExam struct {
	engine  engine
	mirrors mirrors
	node    Reporter // nil without peers
	prober  Prober
	reach   app.Reach
	off     string // why there are no peers, or ""
	lead    app.Lead
	limit   time.Duration // of each part: asking whom it names, finding the package, finding who has it

	out   Link
	facts facts
}

// facts are what the conclusion follows from.
type facts struct {
	localOnly bool
	off       string
	offline   bool // no interface has an address
	finders   bool // somebody beside the link can be asked
	web       []webFact
	peers     []peerFact
	problem   *app.Problem // of finding the package; nil where it was found
	found     bool
	outlook   app.Outlook
	origins   []originFact
}

type webFact struct {
	refused bool
	problem *app.Problem // nil: it gave the package
}

type peerFact struct {
	refused bool
	tried   []Tried
}

type originFact struct{ ok bool }

// run does everything that can be asked about the link.
func (x *linkExam) run(ctx context.Context) (Link, facts) {
	x.facts.localOnly, x.facts.off = x.reach.LocalOnly, x.off
	x.read()
	x.askNamed(ctx)
	o := x.inspect(ctx)
	if o != nil {
		x.facts.found = true
		x.askAll(ctx, o)
	}
	return x.out, x.facts
}

func (x *linkExam) step(s LinkStep) { x.out.Steps = append(x.out.Steps, s) }

// read says what the lead says.
func (x *linkExam) read() {
	l := x.lead.Link
	if p, err := pack.Open(x.lead.Grove); x.lead.Grove != nil && err == nil {
		l.ID = p.ID
		x.step(LinkStep{What: "link", State: StepOK, Says: "a package file that was signed as it is"})
	} else if x.lead.Manifest != "" {
		x.step(LinkStep{What: "link", State: StepOK, Says: "the web address of a package file"})
	} else {
		says := "it can be read: " + count(len(l.Manifests), "web address", "web addresses") + ", " + count(len(l.Peers), "address", "addresses") + " of people"
		if l.Secret != nil {
			says += ", and the secret of a private share"
		}
		x.step(LinkStep{What: "link", State: StepOK, Says: says})
	}
	x.out.Name, x.out.Private = clean(l.Name), l.Secret != nil
	if l.ID != (pack.ID{}) {
		x.out.Package = l.ID.String()
	}
}

// punchTime is how long it takes to know that no hole can be punched.
const punchTime = 20 * time.Second

// askNamed asks everybody that the link names, side by side; the addresses of
// one person after another, because he has one connection for all of them.
func (x *linkExam) askNamed(ctx context.Context) {
	var webs []app.Origin
	for _, u := range x.lead.Link.Manifests {
		webs = append(webs, app.Origin{URL: u})
	}
	if u := x.lead.Manifest; u != "" {
		webs = append(webs, app.Origin{URL: u, Typed: true})
	}
	addrs := x.lead.Link.Peers
	webSteps, peerSteps := make([]LinkStep, len(webs)), make([][]LinkStep, len(addrs))
	x.facts.web, x.facts.peers = make([]webFact, len(webs)), make([]peerFact, len(addrs))
	limit := x.limit
	if strings.Contains(strings.Join(addrs, " "), "/p2p-circuit/") {
		limit = max(limit, punchTime)
	}
	each := limit / time.Duration(max(1, len(addrs)))
	if len(addrs) > 1 {
		each = max(each, limit/2) // those of one person come one after another, and most are refused at once
	}
	ctx, cancel := context.WithTimeout(ctx, limit*time.Duration(max(1, len(addrs))))
	defer cancel()
	var all sync.WaitGroup
	for i, o := range webs {
		all.Go(func() { webSteps[i], x.facts.web[i] = x.askWeb(ctx, o) })
	}
	of := map[string][]int{} // by person
	for i, a := range addrs {
		who := a[strings.LastIndexByte(a, '/')+1:]
		of[who] = append(of[who], i)
	}
	for _, same := range of {
		all.Go(func() {
			for _, i := range same {
				ctx, cancel := context.WithTimeout(ctx, each)
				peerSteps[i], x.facts.peers[i] = x.askPeer(ctx, addrs[i])
				cancel()
			}
		})
	}
	all.Wait()
	x.out.Steps = append(x.out.Steps, webSteps...)
	x.out.Steps = append(x.out.Steps, slices.Concat(peerSteps...)...)
}

// askWeb asks one web address for the package.
func (x *linkExam) askWeb(ctx context.Context, o app.Origin) (LinkStep, webFact) {
	s := LinkStep{What: "web", About: clean(o.URL), State: StepOK, Says: "allowed, and gives the package"}
	u, err := url.Parse(o.URL)
	if err == nil {
		err = x.reach.CheckURL(u, o.Typed)
	}
	if err != nil {
		s.fail("not asked", err)
		return s, webFact{refused: true, problem: app.AsProblem(err)}
	}
	began := time.Now()
	id := x.lead.Link.ID
	err = x.mirrors.Describe(ctx, app.Description{ID: id, Part: app.PartManifest, Manifests: []app.Origin{o}}, func(b []byte) error {
		p, err := pack.Open(b)
		if err == nil && id != (pack.ID{}) {
			err = x.lead.Link.Check(p)
		}
		return app.FromPack(err)
	})
	s.TookMS = since(began)
	if err != nil {
		s.fail("asked in vain", err)
	}
	p := app.AsProblem(err)
	return s, webFact{problem: p, refused: p != nil && p.Kind == app.Refused}
}

func since(began time.Time) int64 { return max(1, time.Since(began).Milliseconds()) }

// fail makes s a failed step.
func (s *LinkStep) fail(what string, err error) {
	s.State, s.Says = StepFailed, what+": "+cut(clean(err.Error()))
	if p := (*app.Problem)(nil); errors.As(err, &p) {
		s.Problem = string(p.Kind)
	}
}

// cut keeps the beginning of what a library says: enough to know the cause.
func cut(s string) string {
	const most = 300
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// askPeer tries one address of a person.
func (x *linkExam) askPeer(ctx context.Context, addr string) ([]LinkStep, peerFact) {
	s := LinkStep{What: "address", About: clean(addr)}
	err := boot.CheckPeer(addr)
	if err == nil {
		err = x.reach.CheckHost(hostOf(addr), false)
	}
	switch {
	case err != nil:
		s.fail("not asked", err)
		return []LinkStep{s}, peerFact{refused: true}
	case x.prober == nil:
		s.State, s.Says = StepSkipped, "not asked: "+x.off
		return []LinkStep{s}, peerFact{}
	}
	tried := x.prober.Try(ctx, x.lead.Link.ID, x.lead.Link.Secret, addr)
	var steps []LinkStep
	for _, t := range tried {
		if _, err := netip.ParseAddr(hostOf(addr)); err == nil && t.Name == "resolve" && t.OK {
			continue // there was no name
		}
		steps = append(steps, stepOf(addr, t))
	}
	return steps, peerFact{tried: tried}
}

// hostOf is the name or IP address that a multiaddr begins with.
func hostOf(addr string) string {
	parts := strings.Split(addr, "/")
	if len(parts) < 3 {
		return ""
	}
	return parts[2]
}

// triedWords is what each step means, when it worked and when not.
var triedWords = map[string][2]string{
	"rules":   {"the rules allow it", "the rules do not allow it"},
	"resolve": {"its name leads to an address", "its name leads nowhere"},
	"dial":    {"somebody answers", "nobody answers"},
	"grove":   {"it is a Grove", "it is no Grove that this one understands"},
	"package": {"it shares the package", "it does not share the package"},
	"relay":   {"the relay leads there", "the relay does not lead there"},
	"punch":   {"the relay helped to a direct connection", "the relay did not help to a direct connection"},
}

func stepOf(addr string, t Tried) LinkStep {
	s := LinkStep{What: "address", About: clean(addr), State: StepOK, TookMS: t.Took.Milliseconds()}
	words, ok := triedWords[t.Name]
	if !ok {
		words = [2]string{clean(t.Name), clean(t.Name) + " failed"}
	}
	s.Says = words[0]
	switch {
	case !t.OK && t.Err != nil:
		s.fail(words[1], t.Err)
	case !t.OK:
		s.State, s.Says = StepFailed, words[1]
	}
	return s
}

// inspect fetches the description, from whoever has it.
func (x *linkExam) inspect(ctx context.Context) *app.Offer {
	ctx, cancel := context.WithTimeout(ctx, x.limit)
	defer cancel()
	s := LinkStep{What: "package", State: StepOK}
	began := time.Now()
	o, err := x.engine.Inspect(ctx, x.lead)
	s.TookMS = since(began)
	if err != nil {
		x.facts.problem = app.AsProblem(err)
		s.fail("not found", err)
		x.step(s)
		return nil
	}
	x.out.Package, x.out.Name = o.Package.ID.String(), clean(o.Package.Manifest.Name)
	s.Says = "found and verified: " + x.out.Name + ", " + size(o.Package.Size()) + " in " + count(len(o.Package.Manifest.Files), "file", "files")
	x.step(s)
	return o
}
