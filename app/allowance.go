package app

import (
	"math"

	"github.com/google/uuid"

	"grove/app/pack"
)

// terms are the budgets that hold for what is given of a transfer, in bytes; 0
// is none. What is given counts in any case.
type terms struct {
	publisher   pack.PublicKey
	month       int64
	byPublisher int64 // in a month
	pkg         int64 // of this transfer, ever

	favour float64 // its turns, where those of others are 1
	spare  bool    // it leaves half of the line
}

// terms are those of t. What the user shares in place has none: he wants
// others to have it.
func (s *state) terms(t *transfer) terms {
	r := &t.rec
	m := terms{publisher: r.Publisher, favour: r.Give.times()}
	if !r.Shared() {
		m.month, m.byPublisher = s.settings.Giving.Budget, s.publisher(r.Publisher).Budget
	}
	if r.State == Seeding && !r.Seed {
		m.pkg, m.spare = s.settings.Giving.times(r), true
	}
	return m
}

// tell has the swarm keep to what it decides: who comes before whom, and how
// much of the line is taken.
func (m terms) tell(s Serving) {
	s.Favour(m.favour)
	s.Spare(m.spare)
}

// times is how many bytes the rule of AfterTimes lets be given of r in all.
func (g Giving) times(r *Record) int64 {
	return int64(math.Ceil(g.AfterTimes * r.Give.times() * float64(r.Size)))
}

// share is a transfer that is given, as its accounts see it.
type share struct {
	a     *accounts
	id    uuid.UUID
	terms terms // guarded by a.mu
}

func (h *share) set(t terms) {
	h.a.mu.Lock()
	defer h.a.mu.Unlock()
	h.terms = t
}

// charge is an account, and the bound that it has for one share.
type charge struct {
	*account
	bound int64
}

// charges are what a byte to somebody that near counts for. The budgets of a
// month are about the line: the local network does not count. Called with a.mu
// held.
func (h *share) charges(near Nearness, month string) []charge {
	all := []charge{{h.a.account(AccountOf(h.id)), h.terms.pkg}}
	if near != NearLAN {
		all = append(all, charge{h.a.account(monthAccount(month)), h.terms.month},
			charge{h.a.account(publisherAccounts(month) + h.terms.publisher.String()), h.terms.byPublisher})
	}
	return all
}

// tab is what one answer takes. Guarded by share.a.mu.
type tab struct {
	share   *share
	near    Nearness
	month   string // in which the piece began
	charged []charge
	left    int64 // taken, and has not left
}

// open is Share.Allow.
func (h *share) open(near Nearness) Allowance { return &tab{share: h, near: near} }

// Take implements Allowance. At the end of a month an answer ends with the
// piece that it is at, which counts for the month in which it began.
func (t *tab) Take(n int64) bool {
	a := t.share.a
	a.mu.Lock()
	defer a.mu.Unlock()
	month := monthOf(a.now())
	charges := t.share.charges(t.near, month)
	for _, c := range charges {
		if a.closed || c.spent(c.bound) {
			return false
		}
	}
	if t.left > 0 && month != t.month {
		return false
	}
	t.month, t.charged = month, charges
	for _, c := range charges {
		c.taken += n
	}
	t.left += n
	return true
}

// Leave implements Allowance.
func (t *tab) Leave(n int64) bool {
	a := t.share.a
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return false
	}
	t.left -= n
	for _, c := range t.charged {
		c.account.bound = c.bound
		c.taken -= n
		c.given += n
	}
	a.save()
	for t.unsaved() {
		if !a.saving { // it failed
			t.back(n)
			return false
		}
		if a.saved.Wait(); a.err == nil {
			a.save()
		}
	}
	return true
}

// back: n bytes did not leave after all.
func (t *tab) back(n int64) {
	for _, c := range t.charged {
		c.given -= n
	}
}

// unsaved reports whether bytes could leave that the store does not know of.
func (t *tab) unsaved() bool {
	for _, c := range t.charged {
		if c.bound > 0 && c.given > c.mark {
			return true
		}
	}
	return false
}

// Close implements Allowance.
func (t *tab) Close() {
	t.share.a.mu.Lock()
	defer t.share.a.mu.Unlock()
	for _, c := range t.charged {
		c.taken -= t.left
	}
	t.left = 0
}
