package fair

import (
	"maps"
	"slices"
	"testing"
)

// TestEven: each flow gets the same, however much one asks for at a time or
// keeps waiting; what counts twice is half; and nobody saves up a turn.
func TestEven(t *testing.T) {
	var q Queue[int] // the place in flows, and nothing else
	flows := make([]Flow, 4)
	got := make([]int, len(flows))
	cost := []int{100, 300, 100, 100}
	weight := []int64{1, 1, 2, 1}
	add := func(i int) { q.Add(&flows[i], weight[i]*int64(cost[i]), i) }
	for range 20 {
		add(0)
	}
	add(1)
	add(2)
	for n := range 10_000 {
		if n == 5_000 {
			add(3)
		}
		i, ok := q.Next()
		if !ok {
			t.Fatal("nobody waits")
		}
		got[i] += cost[i]
		add(i)
	}
	if d := got[0] - got[1]; d < -1000 || d > 1000 {
		t.Errorf("given %v; the first two should have the same", got)
	}
	if d := got[0] - 2*got[2]; d < -1000 || d > 1000 {
		t.Errorf("given %v; the third should have half", got)
	}
	if share := float64(got[3]) / float64(got[0]); share > 0.5 {
		t.Errorf("given %v; the last came half way", got)
	}
}

// TestDrop: who no longer waits gets no turn, and of equals the first is first.
func TestDrop(t *testing.T) {
	var q Queue[string]
	flows := make([]Flow, 4)
	for i, name := range []string{"a", "b", "c", "d"} {
		q.Add(&flows[i], 1, name)
	}
	q.Drop("b")
	q.Drop("x")
	var got []string
	for q.Len() > 0 {
		name, _ := q.Next()
		got = append(got, name)
	}
	if _, ok := q.Next(); ok || !slices.Equal(got, []string{"a", "c", "d"}) {
		t.Errorf("%q", got)
	}
}

func TestWeight(t *testing.T) {
	for _, c := range []struct{ part, mean, want float64 }{{0.5, 0.5, 1}, {0.5125, 0.5, 1.5}, {1, 0.5, 2}, {0, 0.5, 0.5}} {
		if got := Weight(c.part, c.mean); got < c.want-1e-9 || got > c.want+1e-9 {
			t.Errorf("Weight(%v, %v) = %v, want %v", c.part, c.mean, got, c.want)
		}
	}
}

// TestAvoid: who is to be avoided gets what others leave, unless he is left
// behind.
func TestAvoid(t *testing.T) {
	for _, c := range []struct{ part, mean, want float64 }{{0.5, 0.5, 8}, {1, 0.5, 8}, {0.475, 0.5, 4.5}, {0.45, 0.5, 1}, {0, 0.5, 1}} {
		if got := Avoid(c.part, c.mean); got < c.want-1e-9 || got > c.want+1e-9 {
			t.Errorf("Avoid(%v, %v) = %v, want %v", c.part, c.mean, got, c.want)
		}
	}
}

// TestPlace: who comes late counts from where the first is, who comes with the
// others from where he is.
func TestPlace(t *testing.T) {
	for _, c := range []struct{ first, top, then, want float64 }{
		{0, 0, .3, .3}, {.2, .25, .3, .3}, {0, .5, .1, .6}, {.3, .9, .3, .9}, {.5, .5, .4, .4},
	} {
		var p Place
		p.Part(c.first, c.top)
		if got := p.Part(c.then, 1); got < c.want-1e-9 || got > c.want+1e-9 {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// TestParts: who comes late changes neither the mean nor the most.
func TestParts(t *testing.T) {
	have := map[*Place]float64{}
	all := maps.All(have)
	if mean, top, any := Parts(all); mean != 0 || top != 0 || any {
		t.Errorf("nobody: %v, %v, %v", mean, top, any)
	}
	first, late := &Place{}, &Place{}
	have[first] = .5
	Parts(all)
	have[late] = .1
	if mean, top, any := Parts(all); mean != .5 || top != .5 || !any {
		t.Errorf("%v, %v, %v", mean, top, any)
	}
	have[late] = .3
	if mean, top, _ := Parts(all); mean < .6-1e-9 || mean > .6+1e-9 || top < .7-1e-9 || top > .7+1e-9 {
		t.Errorf("%v, %v", mean, top)
	}
}
