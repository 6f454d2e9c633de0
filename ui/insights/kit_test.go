package insights

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/app/pack"
	"grove/ui/host/hosttest"
)

var (
	wide = fyne.NewSize(840, 620)
	now  = time.Date(2026, 11, 22, 20, 15, 0, 0, time.Local)
)

// row is what a package took and gave, so many days before now.
func row(ago, id int, name string, peers, origin, given int64) app.LedgerRow {
	return app.LedgerRow{Day: now.AddDate(0, 0, -ago).Format(time.DateOnly), Package: pack.ID{byte(id), byte(id >> 8)}, Name: name,
		Counts: app.Counts{Peers: peers, Origin: origin, Given: given}}
}

// room is a kit with the page in it.
type room struct {
	*hosttest.Kit
	t    *testing.T
	page *Page
}

func open(t *testing.T, k *hosttest.Kit, size fyne.Size, month app.Month, rows ...app.LedgerRow) *room {
	t.Helper()
	r := &room{k, t, New(k.Host)}
	k.Engine.Rows = rows
	k.Put(r.page, size, k.Engine.Set(app.Snapshot{At: now, Month: month}))
	return r
}

// later shows a snapshot that was made d after now.
func (r *room) later(d time.Duration) {
	r.page.Show(r.Engine.Set(app.Snapshot{At: now.Add(d)}))
}

// texts are the texts of all labels that can be seen, a line each.
func (r *room) texts() string {
	var lines []string
	for _, l := range hosttest.All[*widget.Label](r.page.Content()) {
		lines = append(lines, l.Text)
	}
	return strings.Join(lines, "\n")
}

func (r *room) wants(says bool, texts ...string) {
	r.t.Helper()
	for _, text := range texts {
		if strings.Contains(r.texts(), text) != says {
			r.t.Errorf("it says %q: %v; it says:\n%s", text, !says, r.texts())
		}
	}
}

func (r *room) choice(name string) *choice {
	r.t.Helper()
	for _, c := range hosttest.All[*choice](r.page.Content()) {
		if c.name == name {
			return c
		}
	}
	r.t.Fatalf("there is no choice %q", name)
	return nil
}

func (r *room) tap(name string) {
	r.t.Helper()
	for _, b := range hosttest.All[*widget.Button](r.page.Content()) {
		if b.Text == name {
			test.Tap(b)
			return
		}
	}
	r.t.Fatalf("there is no button %q", name)
}

// names are the packages in the table, in its order.
func (r *room) names() (names []string) {
	for _, l := range r.page.table.lines {
		if l.content.Visible() {
			names = append(names, l.name.Text)
		}
	}
	return names
}
