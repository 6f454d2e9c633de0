package app

import (
	"errors"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"grove/app/pack"
)

// vault is a store of marks alone, whose saves take a while. Its clock is set
// by hand.
type vault struct {
	Ledger
	took time.Duration
	now  time.Time

	mu    sync.Mutex
	err   error
	marks map[string]int64
	saves int
}

func (v *vault) SaveMarks(m map[string]int64) error {
	time.Sleep(v.took)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.err == nil {
		maps.Copy(v.marks, m)
		v.saves++
	}
	return v.err
}

func (v *vault) LoadMarks() (map[string]int64, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return maps.Clone(v.marks), nil
}

func (v *vault) mark(name string) int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.marks[name]
}

func (v *vault) fail(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.err = err
}

func newVault(now time.Time) *vault { return &vault{marks: map[string]int64{}, now: now} }

// open is what a process that starts over v has.
func (v *vault) open() *accounts {
	a := newAccounts(v, func(f func()) { go f() }, func(string, error) {})
	if !v.now.IsZero() {
		a.now = func() time.Time { return v.now }
	}
	a.load(0)
	return a
}

// given is what has left, of one account.
func (a *accounts) given(name string) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.account(name).given
}

func (a *accounts) shareOf(t terms) *share { return &share{a: a, id: uuid.Nil, terms: t} }

// give sends one piece and reports whether it was allowed.
func (h *share) give(near Nearness, n int64) bool {
	t := h.open(near)
	defer t.Close()
	return t.Take(n) && t.Leave(n)
}

// TestNothingLeavesBeforeItIsSaved: thirty take at once, some change their
// minds, and whenever one may send, the store knows of all that may. In the end
// it is one piece at most beyond the bound.
func TestNothingLeavesBeforeItIsSaved(t *testing.T) {
	const piece, bound = 256 << 10, 100<<20 + 1
	for name, at := range map[string]struct {
		account string
		terms   terms
	}{
		"month":     {"month 2000-01", terms{month: bound}},
		"publisher": {"publisher 2000-01 " + pack.PublicKey{}.String(), terms{byPublisher: bound}},
		"package":   {AccountOf(uuid.Nil), terms{pkg: bound, month: 1 << 40}},
	} {
		synctest.Test(t, func(t *testing.T) {
			v := newVault(time.Time{})
			v.took = 20 * time.Millisecond
			a := v.open()
			h := a.shareOf(at.terms)
			var mu sync.Mutex
			var sent int64
			var all sync.WaitGroup
			for i := range 30 {
				all.Go(func() {
					for n := i; ; n++ {
						tab := h.open(NearFar)
						if !tab.Take(piece) {
							tab.Close()
							if a.given(at.account) >= bound {
								return
							}
							time.Sleep(time.Millisecond)
							continue
						}
						time.Sleep(time.Duration(n%7) * time.Millisecond)
						if n%5 > 0 {
							if !tab.Leave(piece) {
								t.Errorf("%s: what was taken must not leave", name)
							}
							mu.Lock()
							sent += piece
							if m := v.mark(at.account); m < sent {
								t.Errorf("%s: %d bytes left, and the store knows of %d", name, sent, m)
							}
							mu.Unlock()
						}
						tab.Close()
					}
				})
			}
			all.Wait()
			if sent < bound || sent >= bound+piece {
				t.Errorf("%s: %d bytes of %d", name, sent, bound)
			}
			if m := v.mark(at.account); m != sent {
				t.Errorf("%s: the store knows of %d of %d", name, m, sent)
			}
		})
	}
}

// TestLeaseDoesNotStall: 100 MB/s and a disk that takes 50 ms for each write.
func TestLeaseDoesNotStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVault(time.Time{})
		v.took = 50 * time.Millisecond
		h := v.open().shareOf(terms{month: 1 << 50})
		const piece = 1 << 20
		begun := time.Now()
		for range 1000 {
			if !h.give(NearFar, piece) {
				t.Fatal("refused")
			}
			time.Sleep(10 * time.Millisecond)
		}
		took := time.Since(begun)
		v.mu.Lock()
		defer v.mu.Unlock()
		if took > 10500*time.Millisecond {
			t.Errorf("10 s of giving took %s", took)
		}
		if v.saves > 60 {
			t.Errorf("%d writes in %s", v.saves, took)
		}
		if over := v.marks["month 2000-01"] - 1000*piece; over < 0 || over > mostLease {
			t.Errorf("a crash would cost %d bytes", over)
		}
	})
}

// TestSlowGivingCostsLittle: a crash loses a small part of the budget, and an
// orderly end nothing.
func TestSlowGivingCostsLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVault(time.Time{})
		a := v.open()
		h := a.shareOf(terms{month: 1 << 40})
		for range 100 {
			h.give(NearFar, 10_000)
			time.Sleep(time.Second)
		}
		if over := v.mark("month 2000-01") - 1_000_000; over < 0 || over > leastLease {
			t.Errorf("a crash would cost %d bytes", over)
		}
		a.stop()
		a.close()
		if m := v.mark("month 2000-01"); m != 1_000_000 {
			t.Errorf("an orderly end left %d", m)
		}
		if h.give(NearFar, 1) {
			t.Error("given after the end")
		}
		if b := v.open(); b.tally().all != 1_000_000 || len(b.all) != 3 {
			t.Errorf("then %+v", b.tally())
		}
	})
}

// TestStartTouchesNoOtherAccount: what is not used has no lease, which a crash
// would lose each time.
func TestStartTouchesNoOtherAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVault(time.Time{})
		v.marks["transfer x"], v.marks["month 1999-12"] = 5, 6
		h := v.open().shareOf(terms{month: 100})
		h.give(NearFar, 1)
		synctest.Wait()
		if v.mark("transfer x") != 5 || v.mark("month 1999-12") != 6 || v.mark("month 2000-01") != 100 {
			m, _ := v.LoadMarks()
			t.Errorf("%v", m)
		}
	})
}

// TestStoreThatFails: nothing more is given under a budget than was saved; what
// has no bound goes on; and so does everything when the store does.
func TestStoreThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVault(time.Time{})
		a := v.open()
		bound, free := a.shareOf(terms{month: 1 << 40}), a.shareOf(terms{})
		v.fail(errors.New("disk full"))
		for range 2 {
			if bound.give(NearFar, 1000) {
				t.Error("given, and nobody knows")
			}
		}
		if !free.give(NearFar, 1000) {
			t.Error("what has no bound was not given")
		}
		if g := a.tally().all; g != 1000 {
			t.Errorf("%d bytes in the account", g)
		}
		v.fail(nil)
		time.Sleep(saveAgain)
		if !bound.give(NearFar, 1000) || a.tally().all != 2000 {
			t.Error("not given although the store is well again")
		}
	})
}

// TestMonthsEndAndStay: each month has its budget, once, however the clock is
// set.
func TestMonthsEndAndStay(t *testing.T) {
	inMonth := func(m time.Month, day int) time.Time { return time.Date(2026, m, day, 12, 0, 0, 0, time.Local) }
	v := newVault(inMonth(3, 31))
	spend := func(a *accounts) (n int) {
		for h := a.shareOf(terms{month: 10}); h.give(NearFar, 1); n++ {
		}
		return n
	}
	a := v.open()
	for _, c := range []struct {
		what string
		now  time.Time
		may  int
	}{
		{"a month", inMonth(3, 31), 10}, {"it is used up", inMonth(3, 31), 0}, {"a new one", inMonth(4, 1), 10},
		{"the clock is set back", inMonth(3, 1), 0}, {"and forth", inMonth(4, 2), 0},
		{"a clock of years ahead", inMonth(4, 2).AddDate(9, 0, 0), 10}, {"is set right", inMonth(4, 3), 0},
		{"a clock that begins at 2000", time.Date(2000, 1, 1, 0, 0, 0, 0, time.Local), 10}, {"and again", time.Date(2000, 1, 1, 0, 0, 0, 0, time.Local), 0},
		{"May", inMonth(5, 1), 10},
	} {
		v.now = c.now
		if n := spend(a); n != c.may {
			t.Errorf("%s: %d bytes given, not %d", c.what, n, c.may)
		}
		a = v.open() // as after a crash
		if n := spend(a); n != 0 {
			t.Errorf("%s, and a crash: %d bytes more", c.what, n)
		}
	}
}

// TestPieceCountsForTheMonthItBeganIn, and takes nothing of the next.
func TestPieceCountsForTheMonthItBeganIn(t *testing.T) {
	v := newVault(time.Date(2026, 3, 31, 23, 59, 59, 0, time.Local))
	a := v.open()
	tab := a.shareOf(terms{month: 100}).open(NearFar)
	tab.Take(50)
	v.now = v.now.Add(2 * time.Second)
	if tab.Take(7) {
		t.Error("one answer takes of two months")
	}
	if !tab.Leave(30) || !tab.Leave(20) || !tab.Take(7) {
		t.Error("it does not go on")
	}
	tab.Close()
	if april, march := a.tally().all, a.account("month 2026-03"); april != 0 || march.given != 50 || march.taken != 0 {
		t.Errorf("April %d, March %+v", april, march)
	}
}

// TestLocalNetworkIsFree of the budgets of a month; the rule counts it.
func TestLocalNetworkIsFree(t *testing.T) {
	v := newVault(time.Date(2026, 3, 1, 0, 0, 0, 0, time.Local))
	a := v.open()
	h := a.shareOf(terms{month: 10, byPublisher: 10, pkg: 100})
	for range 100 {
		h.give(NearLAN, 1)
	}
	if h.give(NearLAN, 1) {
		t.Error("the rule does not count what stays on the local network")
	}
	h.set(terms{month: 10, byPublisher: 10})
	if g := a.tally().all; g != 0 || !h.give(NearLAN, 1) {
		t.Errorf("%d bytes of the month", g)
	}
	if !h.give(NearNet, 9) || !h.give(NearFar, 1) || h.give(NearFar, 1) || h.give(NearNet, 1) {
		t.Error("near and far do not count as they should")
	}
}
