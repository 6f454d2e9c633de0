//go:build linux

package bustest

import (
	"strings"
	"sync/atomic"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
)

const (
	watcherName = "org.kde.StatusNotifierWatcher"
	watcherPath = "/StatusNotifierWatcher"
	serverName  = "org.freedesktop.Notifications"
	serverPath  = "/org/freedesktop/Notifications"
	managerName = "org.freedesktop.FileManager1"
	managerPath = "/org/freedesktop/FileManager1"
)

// serve puts on the bus what the options have. A name is taken last, when all
// behind it is there.
func (d *Desktop) serve() {
	d.t.Helper()
	if !d.options.NoWatcher {
		d.check(d.bus.Export(watcher{d}, watcherPath, watcherName))
		_, err := prop.Export(d.bus, watcherPath, prop.Map{watcherName: {
			"IsStatusNotifierHostRegistered": {Value: !d.options.NoHost},
			"RegisteredStatusNotifierItems":  {Value: []string{}},
			"ProtocolVersion":                {Value: int32(0)},
		}})
		d.check(err)
		d.own(watcherName)
	}
	if !d.options.NoNotifications {
		d.check(d.bus.Export(&server{d: d}, serverPath, serverName))
		d.own(serverName)
	}
	if !d.options.NoFileManager {
		d.check(d.bus.Export(manager{d}, managerPath, managerName))
		d.own(managerName)
	}
}

func (d *Desktop) check(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatalf("bustest: %v", err)
	}
}

func (d *Desktop) own(name string) {
	d.t.Helper()
	reply, err := d.bus.RequestName(name, dbus.NameFlagDoNotQueue)
	d.check(err)
	if reply != dbus.RequestNameReplyPrimaryOwner {
		d.t.Fatalf("bustest: %s is taken", name)
	}
}

// watcher is org.kde.StatusNotifierWatcher.
type watcher struct{ d *Desktop }

// RegisterStatusNotifierItem is called with a bus name, or with the path of
// the item on the caller's connection.
func (w watcher) RegisterStatusNotifierItem(sender dbus.Sender, item string) *dbus.Error {
	it := &Item{bus: w.d.bus, Service: item, Path: "/StatusNotifierItem"}
	if strings.HasPrefix(item, "/") {
		it.Service, it.Path = string(sender), dbus.ObjectPath(item)
	}
	send(w.d.t, w.d.items, it)
	_ = w.d.bus.Emit(watcherPath, watcherName+".StatusNotifierItemRegistered", it.Service+string(it.Path)) // the bus may be ending
	return nil
}

// RegisterStatusNotifierHost is there because items may look for it.
func (w watcher) RegisterStatusNotifierHost(string) *dbus.Error { return nil }

// server is org.freedesktop.Notifications.
type server struct {
	d    *Desktop
	last atomic.Uint32
}

func (s *server) GetCapabilities() ([]string, *dbus.Error) {
	can := []string{"body", "persistence"}
	if s.d.options.Markup {
		can = append(can, "body-markup")
	}
	return can, nil
}

func (s *server) GetServerInformation() (name, vendor, version, spec string, err *dbus.Error) {
	return "bustest", "grove", "1", "1.2", nil
}

func (s *server) Notify(app string, _ uint32, icon, summary, body string, _ []string, hints map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	send(s.d.t, s.d.notices, Notice{App: app, Icon: icon, Summary: summary, Body: body, Hints: hints})
	return s.last.Add(1), nil
}

func (s *server) CloseNotification(uint32) *dbus.Error { return nil }

// manager is org.freedesktop.FileManager1.
type manager struct{ d *Desktop }

func (m manager) ShowItems(uris []string, _ string) *dbus.Error {
	send(m.d.t, m.d.shown, uris)
	return nil
}

func (m manager) ShowFolders(uris []string, _ string) *dbus.Error { return m.ShowItems(uris, "") }
