package depot

import (
	"errors"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// media are the kinds of file that a browser may show by itself. Nothing that
// can hold a script is among them: who keeps packages here must not be able to
// act in the name of this server. Anything else is to be saved.
var media = map[string]string{
	".avi": "video/x-msvideo", ".m4v": "video/x-m4v", ".mkv": "video/x-matroska", ".mov": "video/quicktime",
	".mp4": "video/mp4", ".mpeg": "video/mpeg", ".mpg": "video/mpeg", ".ogv": "video/ogg", ".webm": "video/webm",
	".aac": "audio/aac", ".flac": "audio/flac", ".m4a": "audio/mp4", ".mp3": "audio/mpeg", ".oga": "audio/ogg",
	".ogg": "audio/ogg", ".opus": "audio/ogg", ".wav": "audio/wav",
	".avif": "image/avif", ".gif": "image/gif", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".png": "image/png",
	".webp": "image/webp",
}

// others are worth a name; every browser is told to save them all the same.
var others = map[string]string{
	".pdf": "application/pdf", ".srt": "text/plain; charset=utf-8", ".txt": "text/plain; charset=utf-8",
	".vtt": "text/vtt; charset=utf-8", ".zip": "application/zip",
}

// file gives one file. Whether it is the place or the file that is not there
// cannot be told from outside.
func (h *handler) file(w http.ResponseWriter, r *http.Request, name string) {
	place, name, _ := strings.Cut(name, "/")
	f, err := h.conf.Shelf.Open(place, name)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			h.conf.Log.Error("a file cannot be given", "place", place, "err", err)
		}
		notFound(w)
		return
	}
	defer f.Close()
	head := w.Header()
	ending := strings.ToLower(path.Ext(name))
	kind, shown := media[ending]
	if !shown {
		if kind = others[ending]; kind == "" {
			kind = "application/octet-stream"
		}
		head.Set("Content-Disposition", "attachment")
	}
	head.Set("Content-Type", kind)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("X-Robots-Tag", "noindex")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("ETag", `"`+f.Tag+`"`)
	if f.Private {
		head.Set("Cache-Control", "private")
	}
	http.ServeContent(w, r, "", f.Modified, f)
}
