package publishers

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"grove/app"
	"grove/app/pack"
	"grove/ui/words"
)

// nameLimit is how many characters of a name are shown and kept.
const nameLimit = 60

// entry is a publisher as the page shows it.
type entry struct {
	key         pack.PublicKey
	name        string // as it is kept; "" is none yet
	fingerprint string
	packages    int
	first       time.Time // seen
	newest      time.Time // signed date
	blocked     bool
	budget      int64    // bytes a month; 0: none of its own
	given       int64    // of it
	you         bool     // packages shared from here are signed with it
	same        []string // fingerprints of other keys with this name
}

// entries are the known publishers by name, those without one last and the
// latest first.
func entries(known []app.Publisher, transfers []app.View) []entry {
	own := map[pack.PublicKey]bool{}
	for i := range transfers {
		if transfers[i].Shared {
			own[transfers[i].Publisher.Key] = true
		}
	}
	all := make([]entry, 0, len(known))
	named := map[string][]string{} // fingerprints by name
	for _, p := range known {
		e := entry{key: p.Key, name: kept(p.Name), fingerprint: p.Key.Fingerprint(),
			packages: p.Packages, first: p.FirstSeen, newest: p.Newest, blocked: p.Blocked, budget: p.Budget, given: p.Given, you: own[p.Key]}
		if e.name != "" {
			named[fold(e.name)] = append(named[fold(e.name)], e.fingerprint)
		}
		all = append(all, e)
	}
	for i, e := range all {
		for _, f := range named[fold(e.name)] {
			if f != e.fingerprint {
				all[i].same = append(all[i].same, f)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b entry) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(fold(a.name), fold(b.name)),
			b.first.Compare(a.first), strings.Compare(a.fingerprint, b.fingerprint))
	})
	return all
}

// kept is a name as it is kept: without what cannot be seen, and without the
// marks that showing it may need. "" is none.
func kept(name string) string {
	shown := strings.Trim(words.Plain(name, nameLimit), "\u2068\u2069")
	if shown == "?" && !strings.Contains(name, "?") {
		return "" // nothing is left of it
	}
	return shown
}

// called is how a publisher is called in a sentence.
func (e entry) called() string {
	if e.name == "" {
		return e.fingerprint
	}
	return words.Plain(e.name, nameLimit)
}

// rank puts one's own key first, and keys without a name last.
func rank(e entry) int {
	switch {
	case e.you:
		return 0
	case e.name != "":
		return 1
	}
	return 2
}

// fold is a name as it is compared: what looks the same but for upper and
// lower case is the same.
func fold(name string) string { return cases.Fold().String(norm.NFKC.String(name)) }

// searchFrom is how many publishers there are before they can be searched.
const searchFrom = 13

// matching are the entries with text in their name or fingerprint, or that
// have it as their key.
func matching(all []entry, text string) []entry {
	text = fold(strings.TrimSpace(text))
	if text == "" {
		return all
	}
	var found []entry
	for _, e := range all {
		if strings.Contains(fold(e.name), text) || strings.Contains(e.fingerprint, text) || fold(e.key.String()) == text {
			found = append(found, e)
		}
	}
	return found
}

// place is where the entry of a key is, -1 without one.
func place(all []entry, key pack.PublicKey) int {
	return slices.IndexFunc(all, func(e entry) bool { return e.key == key })
}

// item is a package of a publisher that is on this computer.
type item struct {
	id   uuid.UUID
	name string
}

// mostItems is how many packages of a publisher are listed.
const mostItems = 50

// items are the packages of a key, in the order of the list, at most
// mostItems of them; more is how many there are besides.
func items(transfers []app.View, key pack.PublicKey) (some []item, more int) {
	for i := range transfers {
		if transfers[i].Publisher.Key != key {
			continue
		}
		if len(some) == mostItems {
			more++
			continue
		}
		some = append(some, item{transfers[i].ID, words.Plain(transfers[i].Name, 80)})
	}
	return some, more
}

// mark is what of a transfer says that the publishers may have changed.
type mark struct {
	id        uuid.UUID
	publisher app.Publisher
	shared    bool
}

func markOf(v *app.View) mark {
	p := v.Publisher
	p.Given -= p.Given % givenStep
	return mark{v.ID, p, v.Shared}
}

// givenStep is how much more was given, in bytes, before the page says so.
const givenStep = 10_000_000

func marks(transfers []app.View) []mark {
	all := make([]mark, len(transfers))
	for i := range transfers {
		all[i] = markOf(&transfers[i])
	}
	return all
}

// unchanged reports whether the transfers have these marks.
func unchanged(old []mark, transfers []app.View) bool {
	if len(old) != len(transfers) {
		return false
	}
	for i := range transfers {
		if old[i] != markOf(&transfers[i]) {
			return false
		}
	}
	return true
}
