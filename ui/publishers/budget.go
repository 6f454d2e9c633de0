package publishers

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"grove/ui/look"
)

// budgets are what a publisher's is chosen from, bytes a month; 0 is none of
// its own.
var budgets = []int64{0, 1e9, 2e9, 5e9, 10e9, 20e9, 50e9, 100e9}

// budget says how much is given of a publisher's packages, and changes how
// much may be.
type budget struct {
	page    *Page
	entry   entry
	offered []int64
	chosen  *widget.Select
	given   *widget.Label
	content fyne.CanvasObject
	filling bool
}

func newBudget(p *Page) *budget {
	b := &budget{page: p, given: look.QuietPara("")}
	b.chosen = widget.NewSelect(nil, func(string) { b.choose(b.chosen.SelectedIndex()) })
	b.content = container.NewVBox(b.chosen, b.given)
	return b
}

func (b *budget) show(e entry) {
	b.entry = e
	offered := slices.Clone(budgets)
	if at, known := slices.BinarySearch(offered, e.budget); !known {
		offered = slices.Insert(offered, at, e.budget)
	}
	if !slices.Equal(offered, b.offered) {
		b.offered = offered
		var texts []string
		for _, n := range offered {
			texts = append(texts, b.text(n))
		}
		b.chosen.SetOptions(texts)
	}
	if at := slices.Index(offered, e.budget); at != b.chosen.SelectedIndex() {
		b.filling = true
		b.chosen.SetSelectedIndex(at)
		b.filling = false
	}
	look.SetText(b.given, b.page.say.T("publishers.given", "size", b.page.say.Size(e.given)))
}

func (b *budget) text(n int64) string {
	if n == 0 {
		return b.page.say.T("publishers.no_budget")
	}
	return b.page.say.T("publishers.at_most", "size", b.page.say.Size(n))
}

// choose takes option i.
func (b *budget) choose(i int) {
	if b.filling || i < 0 || b.offered[i] == b.entry.budget {
		return
	}
	key, n := b.entry.key, b.offered[i]
	b.page.host.Do(func(ctx context.Context) (func(), error) {
		err := b.page.host.Engine.SetPublisherBudget(ctx, key, n)
		return b.page.load, err
	})
}
