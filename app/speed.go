package app

import (
	"math"
	"time"
)

// speed estimates bytes a second by exponential decay: a sample loses half its
// weight in half. The zero value has seen nothing and uses rateHalf.
type speed struct {
	half  time.Duration // 0 is rateHalf
	value float64       // bytes a second
	seen  time.Duration // how long it has watched
}

const (
	// rateHalf rides over one slow piece and still notices within two seconds
	// that a source went away.
	rateHalf = 2 * time.Second
	// leftHalf is for the time left, which must not dance.
	leftHalf = 15 * time.Second
)

// add counts n bytes that arrived in the dt before now; dt must be positive.
func (r *speed) add(dt time.Duration, n int64) {
	r.seen += dt
	half := r.half
	if half == 0 {
		half = rateHalf
	}
	keep := math.Exp2(-dt.Seconds() / half.Seconds())
	// Until it has watched for a few half lives a plain mean is the better
	// estimate than one that starts from zero.
	if w := dt.Seconds() / r.seen.Seconds(); 1-keep < w {
		keep = 1 - w
	}
	r.value = r.value*keep + float64(n)/dt.Seconds()*(1-keep)
}

// known reports whether it watched long enough to be used.
func (r *speed) known() bool { return r.seen >= 500*time.Millisecond }
