package app

import "testing"

// TestFloorOf: the choice for one transfer wins over the settings, which win
// over the manifest; its floor is kept wherever there is one.
func TestFloorOf(t *testing.T) {
	const named = 2_500_000
	for _, c := range []struct {
		settings, transfer Policy
		fast, thrifty      int64 // where the manifest names no floor, and where it names one
	}{
		{PolicyPublisher, PolicyPublisher, 0, named},
		{PolicyFast, PolicyPublisher, 0, 0},
		{PolicyThrifty, PolicyPublisher, usualFloor, named},
		{PolicyPublisher, PolicyFast, 0, 0},
		{PolicyPublisher, PolicyThrifty, usualFloor, named},
		{PolicyFast, PolicyFast, 0, 0},
		{PolicyFast, PolicyThrifty, usualFloor, named},
		{PolicyThrifty, PolicyFast, 0, 0},
		{PolicyThrifty, PolicyThrifty, usualFloor, named},
		{"of a later version", PolicyPublisher, 0, named},
		{PolicyFast, "of a later version", 0, named},
	} {
		if got := floorOf(0, c.settings, c.transfer); got != c.fast {
			t.Errorf("settings %q, transfer %q, no floor named: %d, not %d", c.settings, c.transfer, got, c.fast)
		}
		if got := floorOf(named, c.settings, c.transfer); got != c.thrifty {
			t.Errorf("settings %q, transfer %q, a floor named: %d, not %d", c.settings, c.transfer, got, c.thrifty)
		}
	}
}

// TestFloorFollowsItsChoices: each of the three is heard at once, and a refused
// one changes nothing.
func TestFloorFollowsItsChoices(t *testing.T) {
	d := described(t)
	s, id, now := stage(t, d, Downloading)
	tr := s.find(id)
	holds := func(what string, want int64) {
		t.Helper()
		if got := tr.floor(s); got != want {
			t.Errorf("%s: %d, not %d", what, got, want)
		}
	}
	holds("a fast package", 0)
	d.Package.Manifest.Floor = 70_000
	holds("a thrifty package", 70_000)
	fast := s.settings
	fast.Policy = PolicyFast
	s.step(now, evSettings{settings: fast})
	holds("fast in the settings", 0)
	for _, c := range []struct {
		policy Policy
		want   int64
	}{{PolicyThrifty, 70_000}, {PolicyFast, 0}, {PolicyThrifty, 70_000}, {PolicyPublisher, 0}} {
		s.step(now, evPolicy{id: id, policy: c.policy})
		holds("this one "+string(c.policy), c.want)
	}
}

// TestAPolicyIsOneOfThree, wherever one comes in.
func TestAPolicyIsOneOfThree(t *testing.T) {
	d := described(t)
	s, id, now := stage(t, d, Offered)
	for _, c := range []struct {
		policy Policy
		to     State
	}{{"cheap", Offered}, {PolicyThrifty, Checking}} {
		fx := s.step(now, evAccept{id: id, choice: Choice{Folder: "/f", Policy: c.policy}})
		refused := false
		for _, e := range fx {
			r, ok := e.(fxReply)
			refused = refused || ok && AsProblem(r.err) != nil && AsProblem(r.err).Kind == BadInput
		}
		if r := s.find(id).rec; r.State != c.to || refused != (c.to == Offered) || !refused && r.Policy != c.policy {
			t.Errorf("%q: %s, refused %v, policy %q", c.policy, r.State, refused, r.Policy)
		}
	}
}
