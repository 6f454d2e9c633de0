package p2p

import "grove/app"

// gave counts n bytes of content to somebody that near.
func (v *serving) gave(near app.Nearness, n int64) {
	v.given.Add(n)
	switch near {
	case app.NearLAN:
		v.givenLAN.Add(n)
	case app.NearNet:
		v.givenNear.Add(n)
	}
	v.node.stats.given.Add(n)
}

// allowance is that of one answer.
func (v *serving) allowance(near app.Nearness) app.Allowance {
	if v.share.Allow == nil {
		return unbounded{}
	}
	return v.share.Allow(near)
}

// unbounded is the allowance where there is no budget.
type unbounded struct{}

func (unbounded) Take(int64) bool  { return true }
func (unbounded) Leave(int64) bool { return true }
func (unbounded) Close()           {}
