package app

import (
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"grove/app/pack"
)

const (
	// An account's lease is what it gives in leaseTime, so that a fast upload
	// costs a write a second and a crash little of the budget.
	leaseTime  = time.Second
	leastLease = 1 << 20
	mostLease  = 64 << 20
	// saveAgain is when the store is asked again after it failed.
	saveAgain = 5 * time.Second
)

// accounts hold what was given under each budget. The one that decides is here
// and not in the state: what leaves is asked for by many goroutines, piece by
// piece. What must hold: of an account with a bound, no piece is begun when as
// much was given, or will be, as the bound; and no byte leaves before the store
// knows of it, so that whatever ends the process, what the store knows is at
// least what was given.
type accounts struct {
	store  Ledger
	start  func(func()) // runs a save
	failed func(what string, err error)
	now    func() time.Time

	mu     sync.Mutex
	saved  *sync.Cond          // a save ended
	all    map[string]*account // guarded by mu
	saving bool                // guarded by mu
	err    error               // guarded by mu; of the last save
	rest   time.Time           // guarded by mu; no save before, the last one failed
	closed bool                // guarded by mu
}

// account is what was given under one budget, in bytes. Guarded by
// accounts.mu.
type account struct {
	bound int64 // 0: none
	given int64
	taken int64 // to be given as well, of pieces that have begun
	mark  int64 // in the store

	// Of the last save, or load.
	lease int64
	at    time.Time // zero: none in this run
	then  int64     // given
}

// spent: no piece may begin any more. The last goes beyond the bound, so that
// the end is not a part of a piece that nobody can use.
func (c *account) spent(bound int64) bool { return bound > 0 && c.given+c.taken >= bound }

// next is the mark that the account should have in the store. Half a lease
// ahead of need it is a lease more; what is not used has none.
func (c *account) next(now time.Time) int64 {
	if c.given <= c.mark && (c.given == c.then || c.given <= c.mark-c.lease/2) {
		return c.mark
	}
	c.lease = max(c.lease, leastLease)
	if took := now.Sub(c.at); !c.at.IsZero() && took > 0 {
		rate := float64(c.given-c.then) / took.Seconds() // of a burst, it may be
		c.lease = int64(min(max(rate*leaseTime.Seconds(), leastLease), mostLease, 2*float64(c.lease)))
	}
	c.at, c.then = now, c.given
	next := c.given + c.lease
	if c.bound > 0 {
		next = min(next, max(c.bound, c.given+c.taken))
	}
	return max(next, c.mark)
}

func newAccounts(store Ledger, start func(func()), failed func(string, error)) *accounts {
	a := &accounts{store: store, start: start, failed: failed, now: time.Now, all: map[string]*account{}}
	a.saved = sync.NewCond(&a.mu)
	return a
}

// monthOf is the month of a budget, by this computer's clock. Each has accounts
// of its own, which stay: a clock that is set back, or was ahead, finds those of
// its month as they were left, and no month begins at nothing twice.
func monthOf(now time.Time) string { return now.Format("2006-01") }

// AccountOf names the account of a transfer.
func AccountOf(id uuid.UUID) string { return "transfer " + id.String() }

func monthAccount(month string) string { return "month " + month }

func publisherAccounts(month string) string { return "publisher " + month + " " }

// outIn is what the ledger has of a month, beyond the local network.
func outIn(l Ledger, month string) (sum int64, err error) {
	rows, err := l.LoadLedger(month+"-01", month+"-31")
	for _, r := range rows {
		sum += r.Out()
	}
	return sum, err
}

// MonthSoFar is the month of now as the store knows it while no engine runs.
func MonthSoFar(l Ledger, g Giving, now time.Time) (Month, error) {
	marks, err := l.LoadMarks()
	given, known := marks[monthAccount(monthOf(now))]
	if err == nil && !known {
		given, err = outIn(l, monthOf(now))
	}
	return Month{Given: given, Budget: g.Budget}, err
}

// load takes over what the store knows. given is what the ledger has of the
// month, which counts where there is no account of it yet.
func (a *accounts) load(given int64) {
	marks, err := a.store.LoadMarks()
	a.failed("the accounts of budgets cannot be read", err)
	a.mu.Lock()
	defer a.mu.Unlock()
	for name, n := range marks {
		a.all[name] = &account{given: n, mark: n, then: n}
	}
	if name := monthAccount(monthOf(a.now())); a.all[name] == nil {
		a.all[name] = &account{given: given}
	}
}

// account is the one of a name. Called with mu held.
func (a *accounts) account(name string) *account {
	c := a.all[name]
	if c == nil {
		c = &account{}
		a.all[name] = c
	}
	return c
}

// before is what a transfer has given, of which its record knows given.
func (a *accounts) before(id uuid.UUID, given int64) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.account(AccountOf(id))
	c.given = max(c.given, given)
	return c.given
}

// tally is what was given in a month beyond the local network.
type tally struct {
	all         int64
	byPublisher map[pack.PublicKey]int64
}

// publisherSpent reports whether a publisher's own budget is used up.
func (t tally) publisherSpent(p Publisher) bool {
	return p.Budget > 0 && t.byPublisher[p.Key] >= p.Budget
}

func (a *accounts) tally() tally {
	month := monthOf(a.now())
	t := tally{byPublisher: map[pack.PublicKey]int64{}}
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.all[monthAccount(month)]; c != nil {
		t.all = c.given
	}
	for name, c := range a.all {
		if key, ok := strings.CutPrefix(name, publisherAccounts(month)); ok {
			if k, err := pack.ParsePublicKey(key); err == nil {
				t.byPublisher[k] = c.given
			}
		}
	}
	return t
}

// save has marks saved where some are due. Called with mu held.
func (a *accounts) save() {
	now := a.now()
	if a.saving || a.closed || now.Before(a.rest) {
		return
	}
	due := map[string]int64{}
	for name, c := range a.all {
		if next := c.next(now); next > c.mark {
			due[name] = next
		}
	}
	if len(due) == 0 {
		return
	}
	a.saving, a.err = true, nil
	a.start(func() {
		err := a.store.SaveMarks(due)
		a.failed("what was given cannot be saved; nothing more is given under a budget", err)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.saving, a.err = false, err
		if err != nil {
			a.rest = a.now().Add(saveAgain)
		} else {
			a.mark(due)
		}
		a.saved.Broadcast()
	})
}

// mark takes over what the store has. Called with mu held.
func (a *accounts) mark(due map[string]int64) {
	for name, n := range due {
		if c := a.all[name]; c != nil {
			c.mark = n
		}
	}
}

// forget drops the account of a transfer that is no more.
func (a *accounts) forget(id uuid.UUID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.all, AccountOf(id))
}

// stop lets nothing more leave. A save may be under way.
func (a *accounts) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
}

// close gives back what was leased and not used. No save is under way.
func (a *accounts) close() {
	due := map[string]int64{}
	a.mu.Lock()
	defer a.mu.Unlock()
	for name, c := range a.all {
		if c.mark != c.given {
			due[name] = c.given
		}
	}
	if len(due) > 0 {
		a.failed("what was given is not saved", a.store.SaveMarks(due))
	}
}
