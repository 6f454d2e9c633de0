package main

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"grove/app"
	"grove/app/pack"
)

// offerView is what a person decides on.
type offerView struct {
	pkg       *pack.Package
	publisher app.Publisher
	selected  []int // nil is all
	folder    string
	target    string
	free      int64   // bytes in folder; negative: not known
	policy    *floors // nil where there is no choice
	sharing   string
}

// floors are rates in bytes a second below which the origin tops up; 0 is fast.
type floors struct {
	asked int64 // the publisher's
	holds int64 // after what the user chose
}

const (
	filesShown = 20
	aboutShown = 400 // characters
)

// text is the offer in lines. Whatever the publisher wrote was checked when
// the package was opened, and is cleaned once more.
func (o offerView) text() string {
	m := o.pkg.Manifest
	size := o.size()
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", foreign(m.Name))
	if m.About != "" {
		for line := range strings.SplitSeq(cut(m.About, aboutShown), "\n") {
			fmt.Fprintf(&b, "  %s\n", foreign(line))
		}
	}
	fmt.Fprintf(&b, "\nSigned by  %s\n\n", publisherText(o.publisher))
	o.files(&b)
	fmt.Fprintf(&b, "\nSize       %s in %s\n", sizeText(size), count(o.chosen(), "file", "files"))
	fmt.Fprintf(&b, "Goes to    %s\n", clean(o.target))
	fmt.Fprintf(&b, "           in %s%s\n", clean(o.folder), o.room(size))
	if o.policy != nil {
		fmt.Fprintf(&b, "\n%s\n", policySentence(o.policy.asked, o.policy.holds))
	}
	if o.sharing != "" {
		fmt.Fprintf(&b, "\n%s\n", o.sharing)
	}
	return b.String()
}

// room is what is free, before and after.
func (o offerView) room(size int64) string {
	switch {
	case o.free < 0:
		return ""
	case o.free < size:
		return fmt.Sprintf(" (%s free: %s too little)", sizeText(o.free), sizeText(size-o.free))
	}
	return fmt.Sprintf(" (%s free, %s after)", sizeText(o.free), sizeText(o.free-size))
}

func (o offerView) chosen() int {
	if o.selected == nil {
		return len(o.pkg.Manifest.Files)
	}
	return len(o.selected)
}

func (o offerView) size() int64 {
	if o.selected == nil {
		return o.pkg.Size()
	}
	var n int64
	for _, f := range o.selected {
		n += o.pkg.Manifest.Files[f].Size
	}
	return n
}

// files lists the first files, the sizes in a column.
func (o offerView) files(b *strings.Builder) {
	width, shown := 0, 0
	var rows [][2]string
	for i, f := range o.pkg.Manifest.Files {
		if o.selected != nil && !slices.Contains(o.selected, i) {
			continue
		}
		if shown++; shown > filesShown {
			continue
		}
		name := cut(foreign(f.Name()), 60)
		rows = append(rows, [2]string{name, sizeText(f.Size)})
		width = max(width, columns(name))
	}
	for _, r := range rows {
		fmt.Fprintf(b, "  %s  %s\n", pad(r[0], width), padLeft(r[1], len("999 bytes")))
	}
	if more := shown - filesShown; more > 0 {
		fmt.Fprintf(b, "  and %d more\n", more)
	}
	if left := len(o.pkg.Manifest.Files) - shown; left > 0 {
		fmt.Fprintf(b, "  (%d not selected)\n", left)
	}
}

// publisherText is the key as people compare it, and whether it was seen
// before.
func publisherText(p app.Publisher) string {
	s := p.Key.Fingerprint()
	if p.Name != "" {
		s = foreign(p.Name) + ", " + s
	}
	if p.Packages == 0 {
		return s + " (first time seen)"
	}
	return s + " (same publisher as " + count(p.Packages, "package", "packages") + " before)"
}

// sharingSentence says what the computer gives, which nobody should have to
// find out afterwards.
func sharingSentence(noShare, seed bool) string {
	switch {
	case noShare:
		return "Nothing is given to others."
	case seed:
		return "Others who download this get pieces from you, also when it is complete, until you press Ctrl-C."
	}
	return "While it downloads, others who download this get pieces from you; that stops when it is complete."
}

// selectFilesOf returns the numbers of the files that any of globs means: a
// pattern for the whole path, for its last element, or for a folder on the
// way. nil without globs. BadInput where a pattern is wrong or means nothing.
func selectFilesOf(m pack.Manifest, globs []string) ([]int, error) {
	if len(globs) == 0 {
		return nil, nil
	}
	used := make([]bool, len(globs))
	var out []int
	for i, f := range m.Files {
		any := false
		for g, glob := range globs {
			ok, err := matches(glob, f.Path)
			if err != nil {
				return nil, app.NewProblem(app.BadInput, strconv.Quote(glob)+" is not a pattern for file names", err)
			}
			used[g] = used[g] || ok
			any = any || ok
		}
		if any {
			out = append(out, i)
		}
	}
	for g, glob := range globs {
		if !used[g] {
			return nil, app.NewProblem(app.BadInput, "No file of the package is meant by --select "+strconv.Quote(glob), nil)
		}
	}
	return out, nil
}

func matches(glob string, file []string) (bool, error) {
	if ok, err := path.Match(glob, file[len(file)-1]); ok || err != nil {
		return ok, err
	}
	for n := 1; n <= len(file); n++ {
		if ok, _ := path.Match(strings.TrimSuffix(glob, "/"), strings.Join(file[:n], "/")); ok {
			return true, nil
		}
	}
	return false, nil
}

// offerJSON is the event offer.
type offerJSON struct {
	stamp
	Transfer  string        `json:"transfer"`
	Package   string        `json:"package"`
	Name      string        `json:"name"`
	About     string        `json:"about,omitempty"`
	Size      int64         `json:"size"` // of the selected files
	Files     []fileJSON    `json:"files"`
	Publisher publisherJSON `json:"publisher"`
	Folder    string        `json:"folder"`
	Target    string        `json:"target"`
	Free      int64         `json:"free"`
	Floor     *floorJSON    `json:"floor,omitempty"`
}

// floorJSON says below which rate, in bytes a second, the origin tops up; 0 is
// fast. It is left out where people or the origin are.
type floorJSON struct {
	Asked int64 `json:"asked"` // by the publisher
	Holds int64 `json:"holds"`
}

type fileJSON struct {
	Path     string    `json:"path"`
	Size     int64     `json:"size"`
	SHA256   pack.Hash `json:"sha256"`
	Selected bool      `json:"selected"`
}

type publisherJSON struct {
	Key         pack.PublicKey `json:"key"`
	Fingerprint string         `json:"fingerprint"`
	Packages    int            `json:"packages_before"`
}

func (o offerView) json(transfer string) offerJSON {
	m := o.pkg.Manifest
	j := offerJSON{
		stamp: newStamp("offer"), Transfer: transfer, Package: o.pkg.ID.String(), Name: m.Name, About: m.About, Size: o.size(),
		Publisher: publisherJSON{o.publisher.Key, o.publisher.Key.Fingerprint(), o.publisher.Packages},
		Folder:    o.folder, Target: o.target, Free: o.free,
	}
	if o.policy != nil {
		j.Floor = &floorJSON{o.policy.asked, o.policy.holds}
	}
	for i, f := range m.Files {
		j.Files = append(j.Files, fileJSON{f.Name(), f.Size, f.SHA256, o.selected == nil || slices.Contains(o.selected, i)})
	}
	return j
}
