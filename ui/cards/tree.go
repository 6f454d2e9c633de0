package cards

import (
	"slices"
	"strings"

	"grove/app/pack"
)

// tree is the files of a package as the card lists them: a branch for each
// folder and, below it, what is in it. It knows which files are selected.
type tree struct {
	branches []branch
	files    int   // all of them
	size     int64 // bytes of all of them
	taken    int   // files selected
	wanted   int64 // bytes of those
	shown    []int // branches that are listed
	filter   string
}

// branch is a folder or a file.
type branch struct {
	path   []string
	folded string // the path as the filter compares it; of files only
	depth  int
	parent int   // the folder it is in, or -1
	file   int   // its number in the manifest, or -1 for a folder
	end    int   // of a folder: the first branch behind what is in it
	files  int   // 1, or how many are in the folder
	taken  int   // of those, how many are selected
	size   int64 // bytes
}

// newTree lists files by path, all of them selected.
func newTree(files []pack.File) *tree {
	order := make([]int, len(files))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return slices.Compare(files[a].Path, files[b].Path) })
	t := &tree{files: len(files)}
	var open []int // the folders around the file before
	for _, f := range order {
		path := files[f].Path
		same := t.shared(open, path)
		t.close(open[same:])
		open = open[:same]
		for depth := same; depth < len(path)-1; depth++ {
			t.branches = append(t.branches, branch{path: path[:depth+1], depth: depth, parent: last(open), file: -1})
			open = append(open, len(t.branches)-1)
		}
		t.branches = append(t.branches, branch{path: path, folded: strings.ToLower(files[f].Name()),
			depth: len(path) - 1, parent: last(open), file: f, files: 1, size: files[f].Size})
		for _, o := range open {
			t.branches[o].files++
			t.branches[o].size += files[f].Size
		}
		t.size += files[f].Size
	}
	t.close(open)
	t.find("")
	t.set(true)
	return t
}

// shared is how many of the open folders path lies in as well.
func (t *tree) shared(open []int, path []string) int {
	for n, o := range open {
		if n >= len(path)-1 || t.branches[o].path[n] != path[n] {
			return n
		}
	}
	return len(open)
}

func (t *tree) close(folders []int) {
	for _, f := range folders {
		t.branches[f].end = len(t.branches)
	}
}

func last(folders []int) int {
	if len(folders) == 0 {
		return -1
	}
	return folders[len(folders)-1]
}

// find lists what has text in its path: files only, or everything for "".
func (t *tree) find(text string) {
	t.filter = strings.ToLower(strings.TrimSpace(text))
	t.shown = t.shown[:0]
	for i, b := range t.branches {
		if t.filter == "" || b.file >= 0 && strings.Contains(b.folded, t.filter) {
			t.shown = append(t.shown, i)
		}
	}
}

// toggle selects branch i, or what is in it, unless all of that is.
func (t *tree) toggle(i int) {
	b := t.branches[i]
	on := b.taken < b.files
	if b.file >= 0 {
		t.take(i, on)
		return
	}
	for j := i + 1; j < b.end; j++ {
		t.take(j, on)
	}
}

// set selects everything that is listed, or nothing of it.
func (t *tree) set(on bool) {
	for _, i := range t.shown {
		t.take(i, on)
	}
}

// take selects a file, or not; a folder follows from its files.
func (t *tree) take(i int, on bool) {
	b := &t.branches[i]
	if b.file < 0 || on == (b.taken == 1) {
		return
	}
	step := 1
	if !on {
		step = -1
	}
	b.taken += step
	for p := b.parent; p >= 0; p = t.branches[p].parent {
		t.branches[p].taken += step
	}
	t.taken += step
	t.wanted += int64(step) * b.size
}

// selected are the numbers of the selected files, rising; nil is all.
func (t *tree) selected() []int {
	if t.taken == t.files {
		return nil
	}
	files := make([]int, 0, t.taken)
	for _, b := range t.branches {
		if b.file >= 0 && b.taken == 1 {
			files = append(files, b.file)
		}
	}
	slices.Sort(files)
	return files
}
