package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"grove/app"
	"grove/storage"
)

// budget: what a giver gives is at most a piece beyond each of his budgets,
// however often he is killed. It is counted where it arrives.
func budget(t *trial) {
	t.in("budget", true, false, func(w *world) {
		seed := rand.Uint64()
		b := newBudgets(w, rand.New(rand.NewPCG(seed, 0)))
		var worst int64
		var used []float64
		kills, over, behind := 0, 0, 0
		for n := range t.lab.trials {
			r := b.trial(n)
			kills += r.kills
			worst = max(worst, r.got-r.budget)
			used = append(used, float64(r.got)/float64(r.budget))
			if r.got >= r.budget+b.piece || r.after > 0 {
				over++
			}
			if r.behind {
				behind++
			}
			fmt.Fprintf(os.Stderr, "trial %d, %s: %d of %d bytes, %d kills, %d bytes after the end\n", n+1, r.kind, r.got, r.budget, r.kills, r.after)
		}
		t.shows(over == 0, fmt.Sprintf("%d trials, %d times SIGKILL: over a budget by more than a piece", t.lab.trials, kills), "0 trials",
			"%d; the most is %+d bytes, a piece has %d (seed %d)", over, worst, b.piece, seed)
		t.shows(behind == 0, "more arrived than the killed giver's database knows of", "0 trials", "%d", behind)
		slices.Sort(used)
		t.shows(true, "of the budget, what arrives before it counts as used up", "not all: a kill costs a lease", "median %.0f %%", 100*used[len(used)/2])
	})
}

// budgets are a giver who has a package, and greedy takers.
type budgets struct {
	*world
	rng           *rand.Rand
	giver, takers *computer
	taking        *proc
	id, account   string // of the transfer
	piece         int64
}

const budgetSize = 24 * mib

// budgetUplinks are bytes a second: what a kill costs is about a second of it,
// so on the slow ones a giver has many lives.
var budgetUplinks = []int64{2_000_000, 5_000_000, 24_000_000}

func newBudgets(w *world, rng *rand.Rand) *budgets {
	b := &budgets{world: w, rng: rng}
	origin := w.outside("origin", 0)
	b.giver, b.takers = w.outside("giver", 0), w.outside("takers", 0)
	for _, c := range []*computer{origin, b.giver, b.takers} {
		c.finders = "none"
	}
	grove, _ := origin.published(origin.file("www/film.bin", budgetSize), origin.origin(origin.path("www")))
	// The giver tells his address when he shares something of his own.
	share := b.giver.share(b.giver.file("own.bin", 1000))
	share.stop()
	if get := b.giver.get(grove); get.exit(soon) != 0 {
		w.failf("the giver did not get it: %s", get.tail(3))
	}
	b.change(func(s *storage.Store) error {
		all, err := s.LoadTransfers()
		w.must(err)
		for _, rec := range all {
			if rec.Shared() {
				err = s.DeleteTransfer(rec.ID)
			} else {
				b.id, b.account = rec.ID.String(), app.AccountOf(rec.ID)
			}
		}
		return err
	})
	p, _, err := readPackage(grove)
	w.must(err)
	b.piece = p.Layout.PieceSize()
	w.must(os.CopyFS(b.giver.path("first"), os.DirFS(b.giver.data())))
	b.taking, _ = b.takers.part("takers", append([]string{grove}, share.told...)...)
	return b
}

// change opens the giver's data folder, which no program has.
func (b *budgets) change(f func(s *storage.Store) error) {
	s, err := storage.Open(b.giver.data(), storage.Options{})
	b.must(err)
	b.must(f(s))
	b.must(s.Close())
}

// budgetTrial is how one ended. All but kills are bytes.
type budgetTrial struct {
	kind               string
	budget, got, after int64
	kills              int
	behind             bool // more arrived than the store knew
}

var budgetKinds = []string{"month", "publisher", "package"}

// trial is a giver's life with one budget, from its first start to the last.
func (b *budgets) trial(n int) budgetTrial {
	r := budgetTrial{kind: budgetKinds[n%3], budget: mib + b.rng.Int64N(9*mib)}
	account := b.begin(r.kind, r.budget)
	before := b.arrived()
	for spent := false; !spent; {
		p := b.start(r.kind)
		b.wait(before + r.got)
		b.pause(time.Duration(b.rng.IntN(300)) * time.Millisecond)
		p.kill()
		r.kills++
		r.got = b.arrived() - before
		b.change(func(s *storage.Store) error {
			marks, err := s.LoadMarks()
			mark := marks[account]
			spent = mark >= r.budget
			r.behind = r.behind || r.got > mark
			return err
		})
	}
	p := b.start(r.kind) // once more, with all the time that it wants
	b.pause(600 * time.Millisecond)
	p.kill()
	r.after = b.arrived() - before - r.got
	r.got += r.after
	return r
}

// begin gives the giver a data folder as on the first day, but for a budget,
// and is the name of its account.
func (b *budgets) begin(kind string, budget int64) (account string) {
	b.must(os.RemoveAll(b.giver.data()))
	b.must(os.CopyFS(b.giver.data(), os.DirFS(b.giver.path("first"))))
	month := time.Now().Format("2006-01")
	b.change(func(s *storage.Store) error {
		all, err := s.LoadTransfers()
		b.must(err)
		rec := all[0]
		set := app.DefaultSettings()
		set.Up, set.Network.Mapping = budgetUplinks[b.rng.IntN(len(budgetUplinks))], false
		switch kind {
		case "month":
			set.Giving.Budget, account = budget, "month "+month
		case "publisher":
			account = "publisher " + month + " " + rec.Publisher.String()
			b.must(s.SavePublisher(app.Publisher{Key: rec.Publisher, Budget: budget}))
		case "package":
			account, rec.After, rec.State = b.account, true, app.Seeding
			set.Giving.AfterTimes, set.Giving.AfterHours = float64(budget)/float64(rec.Size), 1000
		}
		b.must(s.SaveTransfer(rec))
		return s.SaveSettings(set)
	})
	return account
}

// start is the giver at work: the terminal program, which shares what is
// complete until it is told to stop, or for the rule of a package an engine as
// the window has.
func (b *budgets) start(kind string) *proc {
	if kind == "package" {
		return b.giver.start(b.lab.self, "part", "giver", b.giver.data())
	}
	return b.giver.start(b.lab.grove, "resume", b.id, "--data", b.giver.data())
}

// wait returns when more than so many bytes arrived, or nothing will come any
// more.
func (b *budgets) wait(bytes int64) {
	for range 40 {
		if b.count() > bytes {
			return
		}
		b.pause(50 * time.Millisecond) // the takers' count has no event
	}
}

// arrived is what all takers received, when nothing is on its way any more.
func (b *budgets) arrived() int64 {
	for last, same := int64(-1), 0; ; {
		n := b.count()
		if same++; n != last {
			last, same = n, 0
		}
		if same == 3 {
			return n
		}
		b.pause(2 * countEvery)
	}
}

// count is what all takers received, as they said last.
func (b *budgets) count() (n int64) {
	if l := b.taking.tail(1); strings.HasPrefix(l, "got ") {
		_, err := fmt.Sscanf(l, "got %d", &n)
		b.must(err)
	}
	return n
}
