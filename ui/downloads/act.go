package downloads

import (
	"path/filepath"

	"fyne.io/fyne/v2"

	"grove/app"
	"grove/ui/look"
)

// act is something to do with one download.
type act uint8

const (
	actNone act = iota
	actPause
	actResume
	actUp
	actDown
	actTop
	actLimit
	actPolicy
	actOpen
	actReveal
	actStop // giving it to others
	actGive
	actRemove
	actTrash // remove with its files
)

// every is all there is to do, in the order of menus and buttons.
var every = []act{actPause, actResume, actOpen, actReveal, actUp, actDown, actTop, actLimit, actPolicy, actStop, actGive, actRemove, actTrash}

// key is the act's text, and icon its picture beside that.
func (a act) key() string {
	return "downloads.act." + [...]string{"none", "pause", "resume", "up", "down", "top", "limit", "policy", "open", "reveal", "stop", "give", "remove", "trash"}[a]
}

func (a act) icon() fyne.Resource {
	switch a {
	case actPause, actStop:
		return look.Icon("pause")
	case actResume:
		return look.Icon("resume")
	case actUp, actTop:
		return look.Icon("up")
	case actDown:
		return look.Icon("down")
	case actLimit:
		return look.Icon("settings")
	case actPolicy:
		return look.Icon("origin")
	case actOpen:
		return look.Icon("open")
	case actReveal:
		return look.Icon("folder")
	case actGive:
		return look.Icon("shared")
	case actRemove:
		return look.Icon("close")
	}
	return look.Icon("trash")
}

// can reports whether an act makes sense for a download in this state. first
// and last say that it is at an end of the list.
func can(a act, v *app.View, first, last bool, canOpen func(name string) bool) bool {
	switch a {
	case actPause:
		return v.State == app.Queued && !complete(v) || v.State == app.Checking || v.State == app.Downloading
	case actResume:
		return v.State == app.Paused || v.State == app.Failed
	case actUp, actTop:
		return !first
	case actDown:
		return !last
	case actLimit, actPolicy:
		return v.State != app.Resolving && !complete(v)
	case actOpen:
		return opens(v, canOpen)
	case actReveal:
		return complete(v)
	case actStop:
		return v.State == app.Seeding
	case actGive:
		return v.State == app.Done
	case actRemove:
		return true
	case actTrash:
		return v.State != app.Resolving
	}
	return false
}

// opens reports whether v is one finished file of a kind that is safe to open.
func opens(v *app.View, canOpen func(name string) bool) bool {
	return complete(v) && v.Files == 1 && canOpen(filepath.Base(v.Path))
}

// mainAct is the act of the one button in a row.
func mainAct(v *app.View, canOpen func(name string) bool) act {
	for _, a := range []act{actPause, actResume, actOpen, actReveal} {
		if can(a, v, true, true, canOpen) {
			return a
		}
	}
	return actRemove
}
