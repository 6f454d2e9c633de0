package kad

import "time"

const (
	// linger is how long connections stay after the last walk or dial: long
	// enough for the next package's walk to use them, short enough that a
	// program at rest holds none.
	linger = 20 * time.Second
	// maxHeld is how many are kept while walk follows walk, of the 160 that the
	// whole program may have.
	maxHeld = 48
)

// tidy closes the connections that walks opened: all of them when nobody has
// walked for a while, and between two walks when they have become many. It
// never does under one, because a computer that does not answer is struck off
// the table.
func (t *Table) tidy() {
	timer := time.NewTimer(t.tuning.linger)
	defer timer.Stop()
	for {
		select {
		case <-t.touched:
			timer.Reset(t.tuning.linger)
			if t.guest.held() > maxHeld {
				t.letGo(true)
			}
		case <-timer.C:
			if t.letGo(false) > 0 {
				timer.Reset(t.tuning.linger)
			}
		case <-t.ctx.Done():
			return
		}
	}
}

// used tells tidy that connections were used.
func (t *Table) used() {
	select {
	case t.touched <- struct{}{}:
	default:
	}
}

// letGo closes what nobody uses, with no walk under way. If there is one it
// waits for its end, or leaves it to the next time, which that walk brings
// about.
func (t *Table) letGo(wait bool) (busy int) {
	var turns int
	defer func() {
		for range turns {
			<-t.walks
		}
	}()
	for range maxWalks {
		if wait {
			if t.turn(t.ctx) != nil {
				return 0
			}
		} else {
			select {
			case t.walks <- struct{}{}:
			default:
				return 0
			}
		}
		turns++
	}
	return t.guest.letGo()
}
