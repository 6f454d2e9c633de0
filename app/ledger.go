package app

import "grove/app/pack"

// LedgerRow is what one package took and gave on one day. Rows of the same
// day and package add up.
type LedgerRow struct {
	Day     string  `json:"day"` // of this computer's clock: 2006-01-02
	Package pack.ID `json:"package"`
	Name    string  `json:"name"`
	Counts
	// Best is the highest 30-second average of the rate down, bytes a second.
	Best float64 `json:"best"`
}

// Plus is the sum of two rows of the same day and package, with r's name.
func (r LedgerRow) Plus(o LedgerRow) LedgerRow {
	r.Counts = r.Counts.Plus(o.Counts)
	r.Best = max(r.Best, o.Best)
	return r
}

// Plus is the sum of both.
func (c Counts) Plus(o Counts) Counts { return c.with(o, func(a, b int64) int64 { return a + b }) }

// Most has the larger of each.
func (c Counts) Most(o Counts) Counts { return c.with(o, func(a, b int64) int64 { return max(a, b) }) }

func (c Counts) minus(o Counts) Counts { return c.with(o, func(a, b int64) int64 { return a - b }) }

func (c Counts) with(o Counts, f func(a, b int64) int64) Counts {
	return Counts{Peers: f(c.Peers, o.Peers), Origin: f(c.Origin, o.Origin), Wasted: f(c.Wasted, o.Wasted), Given: f(c.Given, o.Given),
		PeersLAN: f(c.PeersLAN, o.PeersLAN), PeersNear: f(c.PeersNear, o.PeersNear), Mirrors: f(c.Mirrors, o.Mirrors),
		GivenLAN: f(c.GivenLAN, o.GivenLAN), GivenNear: f(c.GivenNear, o.GivenNear)}
}

// take counts n verified bytes from a source.
func (c *Counts) take(from SourceInfo, n int64) {
	switch {
	case from.Kind == KindMirror:
		c.Mirrors += n
		fallthrough
	case from.Kind == KindOrigin:
		c.Origin += n
		return
	case from.Near == NearLAN:
		c.PeersLAN += n
	case from.Near == NearNet:
		c.PeersNear += n
	}
	c.Peers += n
}

// PeersFar is what came from peers neither on the local network nor near.
func (c Counts) PeersFar() int64 { return c.Peers - c.PeersLAN - c.PeersNear }

// GivenFar is what went to peers neither on the local network nor near.
func (c Counts) GivenFar() int64 { return c.Given - c.GivenLAN - c.GivenNear }

// FromOrigin is what came from the publisher's own servers.
func (c Counts) FromOrigin() int64 { return c.Origin - c.Mirrors }

// Out is what was given beyond the local network, which budgets of a month
// count.
func (c Counts) Out() int64 { return c.Given - c.GivenLAN }

// Month is what was given in this calendar month beyond the local network.
type Month struct {
	Given  int64 // bytes
	Budget int64 // bytes; 0 is no bound
}

// Spent reports whether the budget is used up.
func (m Month) Spent() bool { return m.Budget > 0 && m.Given >= m.Budget }

// Left is how much may still be given; 0 when it is spent, and meaningless
// without a bound.
func (m Month) Left() int64 { return max(m.Budget-m.Given, 0) }
