package downloads

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"grove/ui/words"
)

// finderFrom is how many downloads there are when narrowing the list begins to
// be worth a line.
const finderFrom = 13

// finder is the line that narrows the list.
type finder struct {
	words   *words.Words
	want    wanted
	kinds   *choice
	name    *widget.Entry
	changed func(wanted)
	content *fyne.Container
}

func newFinder(w *words.Words, changed func(wanted), leave func()) *finder {
	f := &finder{words: w, changed: changed, name: widget.NewEntry()}
	f.kinds = newChoice(make([]string, kinds), func(i int) {
		f.want.kind = kind(i)
		f.changed(f.want)
	}, leave)
	f.name.SetPlaceHolder(w.T("downloads.filter.name"))
	f.name.OnChanged = func(s string) {
		if f.want.name != s {
			f.want.name = s
			f.changed(f.want)
		}
	}
	f.content = container.New(&beside{right: 24}, container.NewHScroll(f.kinds.content), f.name)
	return f
}

// show writes how many there are of each kind.
func (f *finder) show(count [kinds]int) {
	for k := kindAll; k < kinds; k++ {
		f.kinds.setText(int(k), f.words.T(k.key(), "n", f.words.Count(int64(count[k]))))
	}
}

// reset wants everything again, without saying so.
func (f *finder) reset() {
	f.want = wanted{}
	f.name.SetText("")
	f.kinds.set(0)
}

// setNarrow says whether there is little room.
func (f *finder) setNarrow(narrow bool) (changed bool) {
	l := f.content.Layout.(*beside)
	changed = l.stacked != narrow
	l.stacked = narrow
	return changed
}
