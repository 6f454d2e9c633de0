package system

import (
	"context"

	"github.com/godbus/dbus/v5"
)

// HasTray reports whether an icon in a tray would be seen: somebody keeps the
// list of such icons, and somebody shows them. Nothing is started to find out.
func HasTray(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, busWait)
	defer cancel()
	bus, err := sessionBus(ctx)
	if err != nil {
		return false
	}
	defer bus.Close()
	const watcher = "org.kde.StatusNotifierWatcher"
	var owned bool
	if err := bus.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, watcher).Store(&owned); err != nil || !owned {
		return false
	}
	var shown bool
	err = bus.Object(watcher, "/StatusNotifierWatcher").
		CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", dbus.FlagNoAutoStart, watcher, "IsStatusNotifierHostRegistered").
		Store(&shown)
	return err == nil && shown
}
