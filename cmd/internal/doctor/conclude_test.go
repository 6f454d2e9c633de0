package doctor

import (
	"errors"
	"strings"
	"testing"

	"grove/app"
)

func TestConclude(t *testing.T) {
	problem := func(k app.ProblemKind) *app.Problem { return app.NewProblem(k, "it", nil) }
	tried := func(names ...string) []peerFact { // "dial", "-package": a step that failed
		var p peerFact
		for _, n := range names {
			name, failed := strings.CutPrefix(n, "-")
			one := Tried{Name: name, OK: !failed}
			if failed {
				one.Err = errors.New("no")
			}
			p.tried = append(p.tried, one)
		}
		return []peerFact{p}
	}
	for name, c := range map[string]struct {
		l    Link
		f    facts
		kind app.ProblemKind
		says string
	}{
		"works":                {Link{Peers: 2, Complete: 1, Origins: 1}, facts{found: true}, "", "The link works: 2 people and 1 origin can be reached."},
		"origin only":          {Link{Origins: 1}, facts{found: true}, "", "1 origin can be reached."},
		"nobody has all of it": {Link{Peers: 1}, facts{found: true}, "", "Nobody of them has all of it yet."},
		"peers, not found":     {Link{Peers: 1}, facts{problem: problem(app.Expired)}, app.Expired, "let this package expire"},
		"offline":              {Link{}, facts{offline: true, peers: tried("-dial")}, app.NoSource, "no network connection"},
		"expired":              {Link{}, facts{problem: problem(app.Expired), peers: tried("package")}, app.Expired, "expire on it. Ask the publisher"},
		"forged":               {Link{}, facts{problem: problem(app.BadSignature)}, app.BadSignature, "signature does not fit"},
		"no path":              {Link{}, facts{problem: problem(app.NoPath)}, app.NoPath, "allow no direct connection"},
		"no path to people":    {Link{}, facts{found: true, outlook: app.Outlook{Problem: problem(app.NoPath)}}, app.NoPath, "opens a port in its router"},
		"relay, no hole":       {Link{}, facts{problem: problem(app.NoSource), peers: tried("-dial", "relay", "-punch")}, app.NoPath, "opens a port in its router"},
		"local-only":           {Link{}, facts{localOnly: true, problem: problem(app.Refused), peers: []peerFact{{refused: true}}}, app.Refused, "Local-only mode"},
		"private":              {Link{}, facts{problem: problem(app.Refused), web: []webFact{{refused: true}}, peers: []peerFact{{refused: true}}}, app.Refused, "grove get LINK --peer ADDRESS"},
		"not shared now":       {Link{}, facts{problem: problem(app.NoSource), peers: tried("dial", "grove", "-package")}, app.NoSource, "does not share this package now"},
		"no Grove":             {Link{}, facts{problem: problem(app.NoSource), peers: tried("dial", "-grove")}, app.NoSource, "no Grove that this one understands"},
		"no name":              {Link{}, facts{problem: problem(app.NoSource), peers: tried("-resolve")}, app.NoSource, "leads to no address"},
		"bad origins":          {Link{}, facts{found: true, origins: []originFact{{false}}}, app.SourceFault, "Tell the publisher"},
		"known, nobody":        {Link{}, facts{found: true}, app.NoSource, "nobody who has it was found. Ask the sender"},
		"peers are off":        {Link{}, facts{off: "peers are off.", problem: problem(app.NoSource), peers: []peerFact{{}}}, app.NoSource, "they are not asked: peers are off."},
		"nobody answers":       {Link{}, facts{problem: problem(app.NoSource), peers: tried("-dial")}, app.NoSource, "Nobody answers at the address"},
		"gone from the web":    {Link{}, facts{problem: problem(app.NotFound), web: []webFact{{problem: problem(app.NotFound)}}}, app.NotFound, "Nothing was found at it. Check how"},
		"no address":           {Link{}, facts{problem: problem(app.NoSource)}, app.NoSource, "every way of finding others is off"},
		"no address, finders":  {Link{}, facts{finders: true, problem: problem(app.NoSource)}, app.NoSource, "Nobody who has the package was found."},
		"something else":       {Link{}, facts{finders: true, problem: problem(app.DiskFault)}, app.DiskFault, "The disk reported"},
	} {
		conclude(&c.l, c.f)
		if c.l.Problem != string(c.kind) || c.l.Reached != (c.kind == "") || !strings.Contains(c.l.Conclusion, c.says) {
			t.Errorf("%s: %q, %s", name, c.l.Problem, c.l.Conclusion)
		}
		r := &Report{Link: &c.l}
		if err := r.Err(); (err == nil) != c.l.Reached || err != nil && app.AsProblem(err).Meaning().Exit != 6 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (&Report{}).Err(); err != nil {
		t.Error(err)
	}
}
