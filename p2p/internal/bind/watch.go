package bind

import (
	"context"
	"fmt"
	"net/netip"
	"time"
)

// lookEvery is how often Watch looks. It is a question to the system and no
// more, and only asked where the user binds Grove.
const lookEvery = 2 * time.Second

// Watch calls f with what Addrs returns, now and whenever that or the interface
// has become another one, until ctx ends. Where f returns false, it is called
// again at the next look.
func (l Local) Watch(ctx context.Context, f func(addrs []netip.Addr, err error) bool) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	last := "nothing was seen yet"
	for ctx.Err() == nil {
		addrs, err := l.Addrs()
		if now := l.mark(addrs, err); now != last {
			if last = now; !f(addrs, err) {
				last = "it is not done"
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// mark tells one state from another. An interface that was made anew is another
// one, under the same name.
func (l Local) mark(addrs []netip.Addr, err error) string {
	if err != nil {
		return "gone"
	}
	itf, _, err := l.find()
	if err != nil || itf == nil {
		return fmt.Sprint(addrs)
	}
	return fmt.Sprint(itf.Index, addrs)
}
