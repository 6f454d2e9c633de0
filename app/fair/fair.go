// Package fair decides whose turn is next where several want the same thing: of
// those that wait, whoever was given least (start-time fair queueing: Goyal, Vin,
// Cheng, 1996). How much somebody asks for at a time, or how often, gains nothing.
package fair

import (
	"iter"
	"slices"
)

// Flow is one of those among whom is divided. The zero value was given nothing.
type Flow struct {
	end int64 // given so far, so to speak
}

// Queue holds those that wait. T names one request. The zero value is empty, and
// is not safe for concurrent use.
type Queue[T comparable] struct {
	now     int64 // the start of the last one whose turn came
	waiting []request[T]
}

type request[T comparable] struct {
	start int64 // what its flow had been given, or the least one that wanted any
	name  T
}

// Charge counts cost for f without a turn, and returns what f had been given.
func (q *Queue[T]) Charge(f *Flow, cost int64) (start int64) {
	start = max(f.end, q.now) // who wanted nothing for a while has saved nothing up
	f.end = start + cost
	return start
}

// Add has a request of f wait for its turn.
func (q *Queue[T]) Add(f *Flow, cost int64, name T) {
	q.waiting = append(q.waiting, request[T]{q.Charge(f, cost), name})
}

// Next takes out the one whose turn it is; of equals, the first that came.
func (q *Queue[T]) Next() (name T, ok bool) {
	if len(q.waiting) == 0 {
		return name, false
	}
	least := 0
	for i, w := range q.waiting {
		if w.start < q.waiting[least].start {
			least = i
		}
	}
	w := q.waiting[least]
	q.waiting = slices.Delete(q.waiting, least, least+1)
	q.now = max(q.now, w.start)
	return w.name, true
}

// Drop takes out one that waits no longer, if it is there.
func (q *Queue[T]) Drop(name T) {
	q.waiting = slices.DeleteFunc(q.waiting, func(w request[T]) bool { return w.name == name })
}

// Len is how many wait.
func (q *Queue[T]) Len() int { return len(q.waiting) }

// Weight is how much a byte counts for who has part of a package where those who
// want it have mean of it on average, both of 1: one in eighty more is half as much
// again. So who is behind gets up to twice his part, who is ahead down to half,
// and a crowd ends together.
func Weight(part, mean float64) float64 { return min(2, max(0.5, 1+40*(part-mean))) }

// Place is where somebody was among those who want a package when he came. The
// zero value came now.
type Place struct {
	late   float64
	placed bool
}

// lateFrom is how much of a package the first may be ahead of who comes at the
// same time: of a crowd that begins at once not all meet in the same second.
const lateFrom = 0.08

// Part is part of a package as Weight compares it, where top is the most that
// anybody's counts as. Who comes late counts from there: he is not behind, and
// those who came before him would wait for him until the end.
func (p *Place) Part(part, top float64) float64 {
	if !p.placed {
		p.placed = true
		if ahead := top - part; ahead > lateFrom {
			p.late = ahead
		}
	}
	return part + p.late
}

// Parts are the mean and the most of what those have of a package who want it, as
// Weight compares it; some is false where there is nobody. Who came is placed.
func Parts(all iter.Seq2[*Place, float64]) (mean, top float64, some bool) {
	for p, part := range all {
		top = max(top, part+p.late)
	}
	n := 0
	for p, part := range all {
		mean += p.Part(part, top)
		n++
	}
	return mean / float64(max(1, n)), top, n > 0
}

const (
	dear   = 8    // as much as a byte counts for those to avoid
	behind = 0.05 // of a package: who is so far behind the others waits no longer for where he is
)

// Avoid is what Weight is multiplied by for who is to be avoided: he gets what
// others leave, but is not left behind.
func Avoid(part, mean float64) float64 {
	return 1 + (dear-1)*min(1, max(0, 1-(mean-part)/behind))
}
