package local

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"grove/app"
)

// Stamp begins every document and every line.
type Stamp struct {
	Schema int       `json:"schema"`
	Time   time.Time `json:"time"`
	Event  string    `json:"event"`
}

// NewStamp is the stamp of this moment.
func NewStamp(event string) Stamp {
	return Stamp{Schema: 1, Time: time.Now().UTC().Truncate(time.Millisecond), Event: event}
}

// Status is what a Grove does, at one moment. docs/API.md explains it.
type Status struct {
	Stamp
	Version   uint64     `json:"version"` // of the engine's snapshot; rises while it runs
	Running   bool       `json:"running"` // false: what follows is what was saved
	Program   *Program   `json:"program,omitempty"`
	Peers     bool       `json:"peers"` // it connects to other people at all
	Giving    Giving     `json:"giving"`
	Down      float64    `json:"down"` // bytes a second that come now
	Limits    Limits     `json:"limits"`
	Line      *Line      `json:"line,omitempty"` // left out where nothing is known of it
	Transfers []Transfer `json:"transfers"`      // in the order of the list
}

// Program is the process that a Grove runs in.
type Program struct {
	Name  string    `json:"name"`
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
}

// Giving is what this computer gives to others, now and this month.
type Giving struct {
	On     bool    `json:"on"`     // the settings let it
	Chosen bool    `json:"chosen"` // a person was asked, or set it
	Rate   float64 `json:"rate"`   // bytes a second now
	// Fetching is how many computers are connected that want something; one that
	// wants two packages counts twice.
	Fetching   int      `json:"fetching"`
	HeldBack   []string `json:"held_back"` // why something is not given, a word each
	Month      Month    `json:"month"`
	AfterTimes float64  `json:"after_times"` // as in the settings
	AfterHours float64  `json:"after_hours"`
}

// Month is the budget of a calendar month, in bytes.
type Month struct {
	Given  int64  `json:"given"`
	Budget int64  `json:"budget"`         // 0 is no bound
	Left   *int64 `json:"left,omitempty"` // left out without a bound
}

// Limits are the bytes a second that hold now; 0 is none.
type Limits struct {
	Down int64 `json:"down"`
	Up   int64 `json:"up"`
}

// Line is what is known of the line, while what is given leaves room on it for
// others.
type Line struct {
	Takes  float64 `json:"takes,omitempty"` // bytes a second up, when nobody else uses it
	Yields bool    `json:"yields"`          // others fill it now, and Grove gives way
}

// List is every transfer that was saved, in the order of the list: a command
// at work, such as grove get, has only its own in its Status.
type List struct {
	Stamp
	Transfers []Transfer `json:"transfers"`
}

// listOf is the saved transfers, those that the engine has as they are now.
func listOf(saved []app.Record, snap *app.Snapshot) *List {
	l := &List{NewStamp("transfers"), make([]Transfer, len(saved))}
	for i, r := range saved {
		if v := snap.Transfer(r.ID); v != nil {
			l.Transfers[i] = TransferOf(*v)
		} else {
			l.Transfers[i] = transferOf(r)
		}
	}
	return l
}

// statusOf says what a snapshot says.
func statusOf(s *app.Snapshot, p *Program, peers bool, l Line) *Status {
	st := &Status{
		Stamp: NewStamp("status"), Version: s.Version, Running: true, Program: p, Peers: peers,
		Giving: givingOf(s.Settings.Giving, s.Month, s.Settings.Welcomed),
		Limits: Limits{s.Down, s.Up}, Transfers: make([]Transfer, len(s.Transfers)),
	}
	for i, v := range s.Transfers {
		t := TransferOf(v)
		st.Transfers[i] = t
		st.Down += v.Rates.Down()
		st.Giving.Rate += t.Rates.Given
		st.Giving.Fetching += t.Fetching
		st.Giving.heldBack(t.NotGiving)
	}
	l.Yields = l.Yields && st.Giving.Fetching > 0 // those who fetch tell; without them it is of long ago
	if l != (Line{}) {
		st.Line = &l
	}
	return st
}

// Saved is the status where no Grove runs: the settings and the month as they
// are in the store.
func Saved(s app.Store) (*Status, error) {
	set, _ := app.LoadSettings(s) // the defaults where they cannot be used, as in the engine
	month, err := app.MonthSoFar(s, set.Giving, time.Now())
	if err != nil {
		return nil, err
	}
	down, up := set.Limits(time.Now())
	return &Status{Stamp: NewStamp("status"), Peers: set.Network.Peers, Transfers: []Transfer{},
		Giving: givingOf(set.Giving, month, set.Welcomed), Limits: Limits{down, up}}, nil
}

func givingOf(g app.Giving, m app.Month, chosen bool) Giving {
	out := Giving{On: g.On, Chosen: chosen, HeldBack: []string{}, AfterTimes: g.AfterTimes, AfterHours: g.AfterHours, Month: monthOf(m)}
	if !g.On {
		out.heldBack(app.GivingOff)
	}
	if m.Spent() {
		out.heldBack(app.GivingOverspent)
	}
	return out
}

func monthOf(m app.Month) Month {
	out := Month{Given: m.Given, Budget: m.Budget}
	if m.Budget > 0 {
		left := m.Left()
		out.Left = &left
	}
	return out
}

func (g *Giving) heldBack(why app.NotGiving) {
	if why != "" && !slices.Contains(g.HeldBack, string(why)) {
		g.HeldBack = append(g.HeldBack, string(why))
	}
}

// thisProgram is the process that asks.
func thisProgram() *Program {
	return &Program{Name: strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe"), PID: os.Getpid(),
		Since: time.Now().UTC().Truncate(time.Second)}
}
