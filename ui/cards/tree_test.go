package cards

import (
	"slices"
	"strings"
	"testing"

	"grove/app/pack"
	"grove/ui/words"
)

// drawn is the tree as lines: [x] name.
func drawn(t *tree) (lines []string) {
	for _, i := range t.shown {
		r := t.rowOf(i, words.New("en"))
		lines = append(lines, strings.Repeat("  ", r.depth)+[]string{"[ ] ", "[-] ", "[x] "}[r.mark]+r.name)
	}
	return lines
}

func wantTree(t *testing.T, tr *tree, want ...string) {
	t.Helper()
	if got := drawn(tr); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// row is the branch with a path.
func (t *tree) row(path string) int {
	return slices.IndexFunc(t.branches, func(b branch) bool { return strings.Join(b.path, "/") == path })
}

// A manifest may name its files in any order.
func scattered() []pack.File {
	return []pack.File{file(5, "b", "two"), file(1, "a"), file(7, "b", "c", "deep"), file(3, "b", "one"), file(9, "d", "last")}
}

func TestTreeListsByPath(t *testing.T) {
	tr := newTree(scattered())
	wantTree(t, tr, "[x] a", "[x] b", "  [x] c", "    [x] deep", "  [x] one", "  [x] two", "[x] d", "  [x] last")
	if tr.files != 5 || tr.size != 25 || tr.taken != 5 || tr.wanted != 25 || tr.selected() != nil {
		t.Errorf("%d files of %d bytes, %d taken, %d wanted, selected %v", tr.files, tr.size, tr.taken, tr.wanted, tr.selected())
	}
	if b := tr.branches[tr.row("b")]; b.files != 3 || b.size != 15 {
		t.Errorf("b has %d files of %d bytes", b.files, b.size)
	}
}

func TestTreeToggles(t *testing.T) {
	tr := newTree(scattered())
	tr.toggle(tr.row("b/one"))
	wantTree(t, tr, "[x] a", "[-] b", "  [x] c", "    [x] deep", "  [ ] one", "  [x] two", "[x] d", "  [x] last")
	if want := []int{0, 1, 2, 4}; !slices.Equal(tr.selected(), want) || tr.wanted != 22 || tr.taken != 4 {
		t.Errorf("selected %v of %d bytes", tr.selected(), tr.wanted)
	}
	tr.toggle(tr.row("b")) // what is partly selected becomes all of it
	if tr.selected() != nil {
		t.Errorf("selected %v", tr.selected())
	}
	tr.toggle(tr.row("b"))
	wantTree(t, tr, "[x] a", "[ ] b", "  [ ] c", "    [ ] deep", "  [ ] one", "  [ ] two", "[x] d", "  [x] last")
	tr.set(false)
	if tr.taken != 0 || tr.wanted != 0 || len(tr.selected()) != 0 || tr.selected() == nil {
		t.Errorf("%d taken, %d wanted, selected %#v", tr.taken, tr.wanted, tr.selected())
	}
}

// Everything means what is listed, so that a filter serves to choose.
func TestTreeFilters(t *testing.T) {
	tr := newTree(talks().Package.Manifest.Files)
	tr.find(" MKV ")
	wantTree(t, tr, "[x] day 1 / opening.mkv", "[x] day 2 / closing.mkv")
	tr.set(false)
	tr.find("")
	wantTree(t, tr, "[-] day 1", "  [ ] opening.mkv", "  [x] slides", "    [x] opening.pdf", "[ ] day 2", "  [ ] closing.mkv", "[x] read me.txt")
	tr.find("day 1")
	if len(tr.shown) != 2 {
		t.Errorf("%v is shown for a folder's name", drawn(tr))
	}
	tr.find("nothing like it")
	if tr.set(true); len(tr.shown) != 0 || tr.taken != 2 {
		t.Errorf("%d shown, %d taken", len(tr.shown), tr.taken)
	}
}

// The deepest path that a package may have stays in view, and says what it is.
func TestTreeRows(t *testing.T) {
	w := words.New("en")
	tr := newTree([]pack.File{file(2000, strings.Split("a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p", "/")...), file(1000, "z")})
	last := tr.rowOf(tr.row("a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p"), w)
	if last.depth != deepest || last.name != "p" || last.folder {
		t.Errorf("%+v", last)
	}
	tr.toggle(tr.row("z"))
	for path, want := range map[string]string{"a": "a, 2.0 kB and selected", "z": "z, 1.0 kB and not selected"} {
		if got := tr.rowOf(tr.row(path), w); got.spoken != want {
			t.Errorf("%s is spoken as %q", path, got.spoken)
		}
	}
}

// BenchmarkTree is what a tap and a letter cost with as many files as a
// package may have.
func BenchmarkTree(b *testing.B) {
	tr := newTree(many(pack.MaxFiles).Package.Manifest.Files)
	b.ReportAllocs()
	for b.Loop() {
		tr.toggle(0)
		tr.find("99")
		tr.find("")
	}
}
