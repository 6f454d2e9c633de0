package cards

import (
	"path/filepath"
	"slices"
	"strings"

	"grove/app"
	"grove/ui/words"
)

// namesSeen is how many of the files to share are listed.
const namesSeen = 5

// namesOf is the names of what is shared, one a line, and how many more.
func namesOf(paths []string, w *words.Words) string {
	var names []string
	for _, p := range paths[:min(len(paths), namesSeen)] {
		names = append(names, words.Plain(filepath.Base(p), nameLimit))
	}
	if more := len(paths) - namesSeen; more > 0 {
		names = append(names, w.N("share.more", more))
	}
	return strings.Join(names, "\n")
}

// ownName is the title that a share has without one: that of the file or
// folder, or of the folder the files lie in.
func ownName(paths []string) string {
	if len(paths) == 1 {
		return words.Plain(filepath.Base(paths[0]), titleLimit)
	}
	return words.Plain(filepath.Base(filepath.Dir(paths[0])), titleLimit)
}

// obstacleOf is why nobody could get a share now; "" is nothing.
func obstacleOf(s app.Settings, w *words.Words) string {
	switch {
	case !s.Network.Peers:
		return w.T("share.no_people")
	case !s.Giving.On:
		return w.T("share.giving_off")
	}
	return ""
}

// without takes away what obstacleOf is about.
func without(s app.Settings) app.Settings {
	s.Network.Peers, s.Giving.On = true, true
	return s
}

// isPicture reports whether a file may be a poster.
func isPicture(path string) bool {
	return slices.Contains([]string{".png", ".jpg", ".jpeg"}, strings.ToLower(filepath.Ext(path)))
}

// readingOf is how far the reading of files to share is.
func readingOf(done, total int64, w *words.Words) (text string, part float64) {
	if total <= 0 {
		return w.T("share.preparing"), 0
	}
	return w.T("share.reading", "done", w.Size(done), "total", w.Size(total)), float64(done) / float64(total)
}

// keepOf is what matters while others fetch a share.
func keepOf(v *app.View, w *words.Words) string {
	switch {
	case v == nil || v.Serving.Peers == 0 && v.Serving.Missed <= 0:
		return w.T("share.keep_open")
	case v.Serving.Peers == 0:
		return w.T("share.missed", "missed", w.N("reason.missed", v.Serving.Missed))
	}
	if n := v.Serving.Complete; n > 0 {
		return w.N("reason.safe", n)
	}
	return w.T("share.fetching", "fetching", w.N("reason.fetching", v.Serving.Peers))
}

// expiries are the choices of how long a share holds, in days; 0 is for ever.
var expiries = []struct {
	key  string
	days int
}{{"share.never", 0}, {"share.week", 7}, {"share.month", 30}, {"share.quarter", 91}, {"share.year", 365}}
