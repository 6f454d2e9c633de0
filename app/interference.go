package app

import "time"

// Interference is what something on the way does to connections with other
// people, as far as that was noticed. Downloads go on another way.
type Interference string

// The closed list; disturbances holds what each means.
const (
	Undisturbed Interference = ""
	Resets      Interference = "resets"
	CutOff      Interference = "cut-off"
	SlowTCP     Interference = "slow-tcp"
)

var disturbances = map[Interference]string{
	Resets:  "Something on the way resets connections to other people. Grove goes on over QUIC.",
	CutOff:  "Something on the way resets connections to other people, and nobody answers over UDP. Grove goes on with the publisher's server where there is one, and keeps trying.",
	SlowTCP: "Something on the way slows down connections to other people over TCP. Grove goes on over QUIC.",
}

// Sentence is what is noticed and what Grove does; "" for Undisturbed.
func (i Interference) Sentence() string { return disturbances[i] }

// interference is what concerns t of it: connections with people, while it
// downloads from them.
func (t *transfer) interference(s *state) Interference {
	if t.rec.State != Downloading || t.rec.Mode == ModeOriginOnly {
		return Undisturbed
	}
	return s.interference
}

// tellInterference logs it when it changed.
func (t *transfer) tellInterference(s *state, now time.Time) []effect {
	is := t.interference(s)
	if t.leaving || is == t.disturbed {
		return nil
	}
	if t.disturbed = is; is == Undisturbed {
		return nil
	}
	return []effect{t.log(now, "interference", is.Sentence())}
}
