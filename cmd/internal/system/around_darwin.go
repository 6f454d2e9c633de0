package system

import (
	"context"
	"os/exec"
	"time"

	"grove/app"
)

const (
	// powerEvery is how often pmset is asked, which takes a process.
	powerEvery = time.Minute
	powerWait  = 5 * time.Second
)

// Whether the line is metered, and what fills the screen, nothing tells that is
// reached without C.
func watchers() []watcher {
	return []watcher{
		every(powerEvery, func(ctx context.Context) func(*app.Surroundings) {
			battery := askPower(ctx)
			return func(a *app.Surroundings) { a.Battery = battery }
		}),
		every(lookEvery, func(context.Context) func(*app.Surroundings) {
			vpn := askVPN()
			return func(a *app.Surroundings) { a.VPN = vpn }
		}),
	}
}

func askVPN() app.Fact {
	itf := wayOut()
	if itf == nil {
		return app.Unknown
	}
	return app.FactOf(isMacTunnel(itf.Name))
}

func askPower(ctx context.Context) app.Fact {
	ctx, cancel := context.WithTimeout(ctx, powerWait)
	defer cancel()
	said, err := exec.CommandContext(ctx, "/usr/bin/pmset", "-g", "batt").Output()
	if err != nil {
		return app.Unknown
	}
	return sourceOf(string(said))
}
