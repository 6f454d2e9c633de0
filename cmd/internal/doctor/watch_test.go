package doctor

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"grove/p2p"
)

// scripted says one thing after another, by the time since the start.
type scripted struct {
	began time.Time
	says  func(since time.Duration) p2p.Report
	asked int
}

func (s *scripted) Report() p2p.Report {
	s.asked++
	return s.says(time.Since(s.began))
}

func TestWatch(t *testing.T) {
	unknown := p2p.Report{Ways: ways(p2p.WayUnknown, p2p.WayNone)}
	known := p2p.Report{Ways: ways(p2p.WayPublic, p2p.WayNone)}
	from := func(d time.Duration, before, after p2p.Report) func(time.Duration) p2p.Report {
		return func(since time.Duration) p2p.Report {
			if since < d {
				return before
			}
			return after
		}
	}
	lan := func(f p2p.Finding) p2p.Report {
		return p2p.Report{LocalOnly: true, Finders: []p2p.Finding{f, {Name: "tracker", On: true}, {Name: "exchange", On: true}}}
	}
	relay := known
	relay.Relays = []p2p.Relay{{Addr: testRelay}}
	refused := known
	refused.Relays = []p2p.Relay{{Addr: testRelay, Err: errors.New("no")}}
	for name, c := range map[string]struct {
		says func(time.Duration) p2p.Report
		ends time.Duration // at the earliest; at the latest one look later
	}{
		"known at once":         {from(0, unknown, known), watchEvery},
		"known later":           {from(3*time.Second, unknown, known), 3*time.Second + watchEvery},
		"never known":           {from(time.Hour, unknown, known), 20 * time.Second},
		"nothing said":          {from(time.Hour, p2p.Report{}, known), 20 * time.Second},
		"local only":            {from(0, lan(p2p.Finding{}), lan(p2p.Finding{Name: "lan", On: true, Found: 1})), watchEvery},
		"a silent network":      {from(0, known, lan(p2p.Finding{Name: "lan", On: true})), silentFor + watchEvery},
		"a finder fails":        {from(0, known, lan(p2p.Finding{Name: "lan", On: true, Err: errors.New("no")})), watchEvery},
		"a finder is off":       {from(0, known, lan(p2p.Finding{Name: "lan"})), watchEvery},
		"a relay answers":       {from(2*time.Second, relay, refused), 2*time.Second + watchEvery},
		"a relay never answers": {from(time.Hour, relay, refused), 20 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				s := &scripted{began: time.Now(), says: c.says}
				watch(ctx, s)
				if took := time.Since(s.began); took < c.ends || took > c.ends+watchEvery {
					t.Errorf("it took %s, not %s", took, c.ends)
				}
			})
		})
	}
}
