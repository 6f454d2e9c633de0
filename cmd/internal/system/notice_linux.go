package system

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/godbus/dbus/v5"
)

// way is the notification server of the session. One connection is kept: some
// servers take away the notices of who left the bus.
type way struct {
	mu     sync.Mutex
	bus    *dbus.Conn // guarded by mu; nil before the first notice
	markup bool       // guarded by mu; the server reads bodies as markup
}

// categories are what servers may choose a sound or a rule by.
var categories = map[NoticeKind]string{
	NoticeFinished: "transfer.complete",
	NoticeFailed:   "transfer.error",
}

func (w *way) show(ctx context.Context, app, icon string, n Notice) error {
	ctx, cancel := context.WithTimeout(ctx, busWait)
	defer cancel()
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.connect(ctx); err != nil {
		return err
	}
	body := n.withName()
	if w.markup {
		body = escapeMarkup(body)
	}
	if icon != "" {
		icon = fileURI(icon)
	}
	hints := map[string]dbus.Variant{"urgency": dbus.MakeVariant(byte(1))}
	if c := categories[n.Kind]; c != "" {
		hints["category"] = dbus.MakeVariant(c)
	}
	const replaces, serverDecides = uint32(0), int32(-1)
	return server(w.bus).CallWithContext(ctx, "org.freedesktop.Notifications.Notify", 0,
		app, replaces, icon, n.Title, body, []string{}, hints, serverDecides).Err
}

// connect finds the server, again where the connection was lost. Called with
// mu held.
func (w *way) connect(ctx context.Context) error {
	if w.bus != nil && w.bus.Connected() {
		return nil
	}
	bus, err := sessionBus(ctx)
	if err != nil {
		return err
	}
	var can []string
	if err := server(bus).CallWithContext(ctx, "org.freedesktop.Notifications.GetCapabilities", 0).Store(&can); err != nil {
		bus.Close()
		return err
	}
	w.bus, w.markup = bus, slices.Contains(can, "body-markup")
	return nil
}

func (w *way) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.bus == nil {
		return nil
	}
	bus := w.bus
	w.bus = nil
	return bus.Close()
}

func server(bus *dbus.Conn) dbus.BusObject {
	return bus.Object("org.freedesktop.Notifications", "/org/freedesktop/Notifications")
}

// escapeMarkup makes s mean itself to a reader of the markup that the
// specification allows in bodies, a subset of XML.
var escapeMarkup = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;").Replace
