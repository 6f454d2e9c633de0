package doctor

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
	"grove/p2p"
	"grove/p2p/mirror"
)

// world is everybody that a link may lead to, scripted.
type world struct {
	made    *apptest.Made
	problem error // of Inspect
	looks   []app.Outlook
	webs    map[string]error // by URL; what is not there gives the package
	origins map[string][]mirror.Finding
	tried   map[string][]Tried // by address
	said    p2p.Report
}

func (w *world) Inspect(context.Context, app.Lead) (*app.Offer, error) {
	if w.problem != nil {
		return nil, w.problem
	}
	return &app.Offer{Described: w.made.Described()}, nil
}

// Scout reports one look a second.
func (w *world) Scout(ctx context.Context, _ *app.Offer, found func(app.Outlook)) error {
	for _, l := range w.looks {
		found(l)
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
	<-ctx.Done()
	return nil
}

func (w *world) Describe(_ context.Context, d app.Description, check func([]byte) error) error {
	if err := w.webs[d.Manifests[0].URL]; err != nil {
		return err
	}
	return check(w.made.Grove)
}

func (w *world) Check(_ context.Context, want app.Want) (out []mirror.Report, err error) {
	for _, o := range want.Origins {
		findings := w.origins[o.URL]
		if findings == nil {
			findings = []mirror.Finding{{What: "answers", Grade: mirror.Good, Sentence: "It answers."}}
		}
		out = append(out, mirror.Report{Origin: o.URL, Findings: findings, Bytes: 1_000_000})
	}
	return out, nil
}

func (w *world) Try(_ context.Context, _ pack.ID, _ []byte, addr string) []Tried {
	return w.tried[addr]
}

func (w *world) Report() p2p.Report { return w.said }

const (
	peerA = "/ip4/192.168.1.5/tcp/4001/p2p/12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV"
	peerB = "/ip4/8.8.4.4/udp/4001/quic-v1/p2p/12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV"
	web   = "https://cdn.example.org/film.grove"
)

// examine runs an examination in virtual time and returns the steps as
// "what state: says", and the conclusion.
func examine(t *testing.T, w *world, change func(*linkExam)) (steps []string, l Link) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		x := linkExam{engine: w, mirrors: w, node: w, prober: w, limit: 20 * time.Second,
			lead: app.Lead{Link: pack.Link{ID: w.made.Package.ID, Name: "film", Manifests: []string{web}, Peers: []string{peerA, peerB}}}}
		if change != nil {
			change(&x)
		}
		began := time.Now()
		var f facts
		l, f = x.run(t.Context())
		f.finders = true
		conclude(&l, f)
		if took := time.Since(began); took > 3*x.limit {
			t.Errorf("it took %s", took)
		}
		for _, s := range l.Steps {
			steps = append(steps, s.What+" "+s.State+": "+s.Says)
		}
	})
	return steps, l
}

func newWorld(t *testing.T) *world {
	made := apptest.Package(t, apptest.Options{Name: "film", Origins: []string{"https://cdn.example.org/"},
		Change: func(m *pack.Manifest) { m.Trackers = []string{"https://tracker.example.org/"} }})
	return &world{made: made, looks: []app.Outlook{{}, {Peers: 2, Complete: 1, Near: 1, Origins: 1, Looked: true}},
		tried: map[string][]Tried{peerB: {{Name: "resolve", OK: true}, {Name: "dial", OK: true, Took: 1500 * time.Millisecond}, {Name: "package", OK: true}}},
		said:  p2p.Report{Finders: []p2p.Finding{{Name: "tracker", Where: "https://tracker.example.org/", On: true, Last: noon}}}}
}

func wantSteps(t *testing.T, got []string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains("\n"+strings.Join(got, "\n"), "\n"+w) {
			t.Errorf("no step %q in\n%s", w, strings.Join(got, "\n"))
		}
	}
}

func TestLinkWorks(t *testing.T) {
	steps, l := examine(t, newWorld(t), nil)
	wantSteps(t, steps, "link ok: it can be read: 1 web address, 2 addresses of people",
		"web ok: allowed, and gives the package", "address failed: not asked: 192.168.1.5 is not allowed here. (an address of this computer",
		"address ok: somebody answers", "address ok: it shares the package", "package ok: found and verified: film, ",
		"origin ok: answers as it should; 1.0 MB were fetched", "tracker ok: answers", "people ok: 2 people have something of it, 1 has all of it; 1 on the local network")
	if !l.Reached || l.Conclusion != "The link works: 2 people and 1 origin can be reached." || l.Package == "" {
		t.Errorf("%+v", l)
	}
	if strings.Contains(strings.Join(steps, " "), "its name") {
		t.Errorf("an IP address has no name: %q", steps)
	}
	golden(t, "link.txt", linkText(l))
}

func linkText(l Link) string {
	for i := range l.Steps { // virtual time, but not that of every step
		if l.Steps[i].TookMS != 1500 {
			l.Steps[i].TookMS = 0
		}
	}
	var b strings.Builder
	l.text(&b)
	return b.String()
}

func TestLinkFails(t *testing.T) {
	refused := errors.New("dial tcp4 8.8.4.4:4001: connect: connection refused")
	for name, c := range map[string]struct {
		change func(*world, *linkExam)
		steps  []string
		says   string
	}{
		"nobody answers": {func(w *world, _ *linkExam) {
			w.webs = map[string]error{web: app.NewProblem(app.NoSource, web, errors.New("timeout"))}
			w.tried[peerB] = []Tried{{Name: "dial", Err: refused}}
			w.problem = app.NewProblem(app.NoSource, "it", nil)
		}, []string{"web failed: asked in vain: ", "address failed: nobody answers: dial tcp4", "package failed: not found: "}, "Nobody answers at the address"},
		"another package": {func(w *world, x *linkExam) {
			x.lead.Link.ID = pack.ID{1}
			w.problem = app.NewProblem(app.WrongPackage, "it", nil)
		}, []string{"web failed: asked in vain: What came is not"}, "What came is not what was asked for"},
		"local-only": {func(w *world, x *linkExam) {
			x.reach.LocalOnly = true
			x.lead.Link.Peers = []string{peerB}
			w.problem = app.NewProblem(app.Refused, "it", nil)
		}, []string{"web failed: not asked: ", "address failed: not asked: 8.8.4.4 is not allowed here. (local-only mode"}, "Local-only mode asks the local network alone"},
		"no peers": {func(w *world, x *linkExam) {
			x.node, x.prober, x.off = nil, nil, "peers are off."
			x.lead.Link.Manifests = nil
			w.problem = app.NewProblem(app.NoSource, "it", nil)
		}, []string{"address skipped: not asked: peers are off."}, "The link leads to people only, and they are not asked: peers are off."},
		"a hostile address": {func(w *world, x *linkExam) {
			x.lead.Link.Peers = []string{"/ip4/8.8.4.4/tcp/1\x1b[31m", "/"}
			x.lead.Link.Manifests = nil
			w.problem = app.NewProblem(app.NoSource, "it", nil)
		}, []string{"address failed: not asked: "}, "not allowed for another reason"},
		"wrong bytes": {func(w *world, _ *linkExam) {
			w.looks = []app.Outlook{{Looked: true, Origins: 1}}
			w.origins = map[string][]mirror.Finding{"https://cdn.example.org/": {{What: "answers", Grade: mirror.Good}, {What: "bytes", Grade: mirror.Bad, Sentence: "These are other files."}}}
		}, []string{"origin failed: These are other files.", "people failed: nobody who has it was found"}, "its origins do not answer as they should"},
		"a tracker is silent": {func(w *world, _ *linkExam) {
			w.said.Finders = []p2p.Finding{{Name: "tracker", Where: "https://tracker.example.org/", On: true, Err: errors.New("no such host")}}
		}, []string{"tracker failed: asked in vain: "}, "The link works"},
		"trackers are off": {func(w *world, _ *linkExam) {
			w.said.Finders = []p2p.Finding{{Name: "tracker", Where: "https://tracker.example.org/"}}
		}, []string{"tracker skipped: not asked: trackers are off."}, "The link works"},
		"a notable origin": {func(w *world, _ *linkExam) {
			w.origins = map[string][]mirror.Finding{"https://cdn.example.org/": {{What: "validator", Grade: mirror.Note, Sentence: "It sends a weak ETag only."}}}
		}, []string{"origin ok: answers as it should; 1.0 MB were fetched and compared. It sends a weak ETag only"}, "The link works"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			steps, l := examine(t, w, func(x *linkExam) { c.change(w, x) })
			wantSteps(t, steps, c.steps...)
			if !strings.Contains(l.Conclusion, c.says) {
				t.Errorf("%s\n%s", l.Conclusion, strings.Join(steps, "\n"))
			}
			for _, s := range l.Steps {
				if strings.ContainsRune(s.About+s.Says, 0x1b) {
					t.Errorf("a control code is shown: %q", s.About+s.Says)
				}
			}
		})
	}
}

// TestLinkOfFile: a package file, and the address of one, are examined too.
func TestLinkOfFile(t *testing.T) {
	w := newWorld(t)
	steps, l := examine(t, w, func(x *linkExam) { x.lead = app.Lead{Grove: w.made.Grove} })
	wantSteps(t, steps, "link ok: a package file that was signed as it is", "package ok")
	if l.Package != w.made.Package.ID.String() || !l.Reached {
		t.Errorf("%+v", l)
	}
	steps, l = examine(t, w, func(x *linkExam) { x.lead = app.Lead{Manifest: web} })
	wantSteps(t, steps, "link ok: the web address of a package file", "web ok", "package ok")
	if !l.Reached {
		t.Errorf("%+v", l)
	}
}

// TestScoutEnds: when somebody was found and nobody else comes, that is enough;
// while nobody was found, all the time there is goes into looking.
func TestScoutEnds(t *testing.T) {
	for want, looks := range map[time.Duration][]app.Outlook{
		stillFor:                 {{Peers: 1}},
		3*time.Second + stillFor: {{}, {Peers: 1}, {Peers: 2}, {Peers: 3}},
		20 * time.Second:         {{}, {Looked: true}},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			x := linkExam{engine: &world{looks: looks}}
			began := time.Now()
			x.scout(ctx, nil)
			if took := time.Since(began); took != want || x.facts.outlook != looks[len(looks)-1] {
				t.Errorf("%s, not %s: %+v", took, want, x.facts.outlook)
			}
		})
	}
}

// TestTriedWords: a step that nobody here knows is shown as it is named.
func TestTriedWords(t *testing.T) {
	for _, c := range []struct {
		tried Tried
		want  string
	}{
		{Tried{Name: "punch", OK: true}, "ok: the relay helped to a direct connection"},
		{Tried{Name: "punch"}, "failed: the relay did not help to a direct connection"},
		{Tried{Name: "dial", Err: errors.New("no route\nto host")}, "failed: nobody answers: no route to host"},
		{Tried{Name: "carrier", OK: true}, "ok: carrier"},
		{Tried{Name: "carrier", Err: errors.New("lost")}, "failed: carrier failed: lost"},
	} {
		if s := stepOf(peerB, c.tried); s.State+": "+s.Says != c.want || s.Problem != "" {
			t.Errorf("%+v, want %s", s, c.want)
		}
	}
}

// TestLinkTakesItsTime: addresses that nobody answers at leave time for the
// rest.
func TestLinkTakesItsTime(t *testing.T) {
	w := newWorld(t)
	var tried []string
	_, l := examine(t, w, func(x *linkExam) {
		x.lead.Link.Peers = []string{peerB, strings.Replace(peerB, "4001", "4002", 1), "/ip4/8.8.8.8/tcp/1/p2p/12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV"}
		x.prober = prober(func(ctx context.Context, addr string) []Tried {
			if ctx.Err() == nil {
				tried = append(tried, addr) // all of one person: one after another
			}
			<-ctx.Done()
			return []Tried{{Name: "dial", Err: ctx.Err()}}
		})
	})
	if len(tried) != 3 || !l.Reached {
		t.Errorf("%q, %+v", tried, l)
	}
}

type prober func(ctx context.Context, addr string) []Tried

func (p prober) Try(ctx context.Context, _ pack.ID, _ []byte, addr string) []Tried {
	return p(ctx, addr)
}
