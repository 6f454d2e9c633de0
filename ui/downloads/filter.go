package downloads

import (
	"strings"

	"grove/app"
)

// kind is a sort of download to narrow the list to.
type kind uint8

const (
	kindAll kind = iota
	kindActive
	kindFinished
	kindNeeds // the user has to do something
	kinds     // how many there are
)

func (k kind) key() string {
	return "downloads.filter." + [...]string{"all", "active", "finished", "needs"}[k]
}

// has reports whether v is of the kind.
func (k kind) has(v *app.View) bool {
	switch k {
	case kindActive:
		return v.State == app.Resolving || can(actPause, v, true, true, nil)
	case kindFinished:
		return complete(v) && v.State != app.Failed
	case kindNeeds:
		return needsUser(v)
	}
	return true
}

// entry is a download in the list: its number in the snapshot, and its place
// in the line of those that wait, 1 being next (0: it does not wait).
type entry struct{ view, place int }

// wanted is what the list is narrowed to.
type wanted struct {
	kind kind
	name string // part of the name, in any case
}

// listed reports whether v is a download. An offer becomes one by the user's
// yes, and what is shared from here has a place of its own.
func listed(v *app.View) bool { return !v.Shared && v.State != app.Offered }

// filter appends to into what of the snapshot's downloads is wanted, in the
// order of the list, and counts those of each kind.
func filter(s *app.Snapshot, want wanted, into []entry) (found []entry, count [kinds]int) {
	part := strings.ToLower(strings.TrimSpace(want.name))
	waiting := 0
	for i := range s.Transfers {
		v := &s.Transfers[i]
		e := entry{view: i}
		if v.State == app.Queued {
			waiting++
			e.place = waiting
		}
		if !listed(v) {
			continue
		}
		for k := kindAll; k < kinds; k++ {
			if k.has(v) {
				count[k]++
			}
		}
		if want.kind.has(v) && (part == "" || strings.Contains(strings.ToLower(v.Name), part)) {
			into = append(into, e)
		}
	}
	return into, count
}
