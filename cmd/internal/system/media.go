package system

import (
	"path/filepath"
	"strings"

	"grove/app/pack"
)

// media are the extensions of what a player or a viewer shows and nothing
// more happens. Left out although they are films or pictures: what fetches
// something from elsewhere or has scripts in it (wmv, asf, swf, svg, playlists),
// and what also means something else (smi, a disk image; sub, not always text).
var media = set(
	// video
	"mp4", "m4v", "mkv", "webm", "mov", "avi", "mpg", "mpeg", "m2v", "ts", "m2ts", "mts", "vob", "ogv", "3gp", "3g2", "flv",
	// audio
	"mp3", "m4a", "m4b", "aac", "flac", "ogg", "oga", "opus", "wav", "aif", "aiff", "mka", "ac3",
	// pictures
	"jpg", "jpeg", "png", "gif", "webp", "bmp", "tif", "tiff", "avif", "heic", "heif", "jxl",
	// subtitles
	"srt", "vtt", "ass", "ssa",
)

func set(words ...string) map[string]bool {
	m := map[string]bool{}
	for _, w := range words {
		m[w] = true
	}
	return m
}

// CanOpen reports whether a file of this name, or at this path, is of a kind
// that is safe to open: video, sound, a picture or subtitles, by its last
// extension, with a name that means the same file on every system.
func CanOpen(name string) bool {
	base := filepath.Base(filepath.FromSlash(name))
	if pack.CheckPath([]string{base}) != nil {
		return false
	}
	ext := filepath.Ext(base)
	return ext != "" && ext != base && media[strings.ToLower(ext[1:])]
}
