//go:build linux

package bustest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"
)

// Item is an icon in the tray.
type Item struct {
	Service string // name on the bus
	Path    dbus.ObjectPath

	bus *dbus.Conn
}

// Entry is one line of a tray icon's menu.
type Entry struct {
	Label    string // without the marks of access keys; "" for a line between
	Enabled  bool
	Checked  bool
	Children []Entry

	id int32
}

const menuName = "com.canonical.dbusmenu"

// Get reads a property of the item, such as Title or IconPixmap.
func (it *Item) Get(ctx context.Context, property string) (dbus.Variant, error) {
	var v dbus.Variant
	err := it.bus.Object(it.Service, it.Path).
		CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, "org.kde.StatusNotifierItem", property).Store(&v)
	return v, err
}

// Activate presses the icon.
func (it *Item) Activate(ctx context.Context) error {
	return it.bus.Object(it.Service, it.Path).
		CallWithContext(ctx, "org.kde.StatusNotifierItem.Activate", 0, int32(0), int32(0)).Err
}

// Menu reads the item's menu.
func (it *Item) Menu(ctx context.Context) ([]Entry, error) {
	menu, err := it.menu(ctx)
	if err != nil {
		return nil, err
	}
	return readMenu(ctx, menu)
}

// Click presses the menu's entry with this label, also in a submenu. It waits
// until there is one that can be pressed, or ctx ends.
func (it *Item) Click(ctx context.Context, label string) error {
	menu, err := it.menu(ctx)
	if err != nil {
		return err
	}
	changed, stop, err := it.watch(menu)
	if err != nil {
		return err
	}
	defer stop()
	for {
		entries, err := readMenu(ctx, menu)
		if err != nil {
			return err
		}
		if e := find(entries, label); e != nil && e.Enabled {
			return menu.CallWithContext(ctx, menuName+".Event", 0, e.id, "clicked", dbus.MakeVariant(int32(0)), uint32(0)).Err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("no entry %q to press in %s: %w", label, labels(entries), ctx.Err())
		}
	}
}

// menu is the object that the item says is its menu.
func (it *Item) menu(ctx context.Context) (dbus.BusObject, error) {
	v, err := it.Get(ctx, "Menu")
	if err != nil {
		return nil, err
	}
	path, ok := v.Value().(dbus.ObjectPath)
	if !ok {
		return nil, fmt.Errorf("the Menu property is %s", v)
	}
	return it.bus.Object(it.Service, path), nil
}

// watch tells of changes of the menu from now on.
func (it *Item) watch(menu dbus.BusObject) (changed <-chan *dbus.Signal, stop func(), err error) {
	match := []dbus.MatchOption{dbus.WithMatchObjectPath(menu.Path()), dbus.WithMatchInterface(menuName)}
	if err := it.bus.AddMatchSignal(match...); err != nil {
		return nil, nil, err
	}
	signals := make(chan *dbus.Signal, capacity)
	it.bus.Signal(signals)
	return signals, func() {
		it.bus.RemoveSignal(signals)
		_ = it.bus.RemoveMatchSignal(match...) // the bus may be ending
	}, nil
}

// layout is a part of a menu as it comes over the bus.
type layout struct {
	ID         int32
	Properties map[string]dbus.Variant
	Children   []dbus.Variant
}

func readMenu(ctx context.Context, menu dbus.BusObject) ([]Entry, error) {
	const root, everything = int32(0), int32(-1)
	var revision uint32
	var top layout
	if err := menu.CallWithContext(ctx, menuName+".GetLayout", 0, root, everything, []string{}).Store(&revision, &top); err != nil {
		return nil, err
	}
	return entriesOf(top)
}

// entriesOf leaves out what is not shown.
func entriesOf(l layout) ([]Entry, error) {
	var out []Entry
	for _, v := range l.Children {
		var c layout
		if err := dbus.Store([]any{v.Value()}, &c); err != nil {
			return nil, err
		}
		if shown, ok := c.Properties["visible"].Value().(bool); ok && !shown {
			continue
		}
		label, _ := c.Properties["label"].Value().(string)
		enabled, given := c.Properties["enabled"].Value().(bool)
		state, _ := c.Properties["toggle-state"].Value().(int32)
		children, err := entriesOf(c)
		if err != nil {
			return nil, err
		}
		out = append(out, Entry{Label: withoutMarks(label), Enabled: enabled || !given, Checked: state == 1, Children: children, id: c.ID})
	}
	return out, nil
}

// withoutMarks takes away the underscores that mark access keys; two of them
// are one in the text.
func withoutMarks(label string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(label, "__", "\x00"), "_", ""), "\x00", "_")
}

func find(entries []Entry, label string) *Entry {
	for i, e := range entries {
		if e.Label == label {
			return &entries[i]
		}
		if c := find(e.Children, label); c != nil {
			return c
		}
	}
	return nil
}

func labels(entries []Entry) string {
	var out []string
	for _, e := range entries {
		out = append(out, fmt.Sprintf("%q", e.Label))
	}
	return strings.Join(slices.DeleteFunc(out, func(s string) bool { return s == `""` }), ", ")
}
