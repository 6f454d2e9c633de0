package pack

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// manifestType is the "type" of every manifest.
const manifestType = "grove-package"

// maxCount is the largest number that every JSON reader takes exactly.
const maxCount = 1<<53 - 1

// File is one file of a package.
type File struct {
	Path   []string `json:"path"`
	Size   int64    `json:"size"`
	SHA256 Hash     `json:"sha256"`
}

// Name is the path joined with slashes, for lists and lines of text.
func (f File) Name() string { return strings.Join(f.Path, "/") }

// Manifest describes one package. The order of fields is the order in the
// signed JSON. Fields with omitempty are left out when empty.
type Manifest struct {
	Type      string    `json:"type"` // "grove-package"
	V         int       `json:"v"`
	Publisher PublicKey `json:"publisher"`
	Series    string    `json:"series,omitempty"`
	Seq       uint64    `json:"seq,omitempty"`
	Created   time.Time `json:"created"` // RFC 3339, UTC, whole seconds
	Expires   time.Time `json:"expires,omitzero"`
	Name      string    `json:"name"`
	About     string    `json:"about,omitempty"`
	Piece     int64     `json:"piece"`
	Files     []File    `json:"files"`
	Hashes    Hash      `json:"hashes"`
	Origins   []string  `json:"origins,omitempty"`
	Trackers  []string  `json:"trackers,omitempty"`
	Relays    []string  `json:"relays,omitempty"`
	Floor     int64     `json:"floor,omitempty"` // bytes a second
	Report    string    `json:"report,omitempty"`
	Feed      string    `json:"feed,omitempty"`
	Domain    string    `json:"domain,omitempty"`
	Poster    Hash      `json:"poster,omitzero"`
	Sealed    string    `json:"sealed,omitempty"`
}

// fieldCount is the number of fields above.
const fieldCount = 21

// MarshalText gives String's form.
func (h Hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText takes String's form only.
func (h *Hash) UnmarshalText(b []byte) error {
	var read Hash
	if len(b) != hex.EncodedLen(len(read)) {
		return fmt.Errorf("a SHA-256 hash has %d digits", hex.EncodedLen(len(read)))
	}
	if _, err := hex.Decode(read[:], b); err != nil || bytes.ContainsAny(b, "ABCDEF") {
		return fmt.Errorf("a hash is written in lower-case hexadecimal digits")
	}
	*h = read
	return nil
}

// check applies every rule that concerns the contents of a manifest.
func (m *Manifest) check() error {
	for _, step := range []func() error{m.checkHead, m.checkTexts, m.checkFiles, m.checkPaths, m.checkAddresses} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// checkHead checks what says whose package this is and when.
func (m *Manifest) checkHead() error {
	if m.Type != manifestType || m.V != Version {
		return refuse(BadManifest, "type, v", "not a package description of version %d", Version)
	}
	if err := m.Publisher.check(); err != nil {
		return &Error{Reason: BadKey, Subject: "publisher", Err: err}
	}
	switch {
	case m.Series == "" && m.Seq != 0:
		return refuse(BadManifest, "seq", "a number in a series without a series")
	case m.Series != "" && (m.Seq == 0 || m.Seq > maxCount):
		return refuse(BadManifest, "seq", "the number in a series is from 1 to %d", uint64(maxCount))
	case len(m.Series) > 64 || !onlyBytes(m.Series, "abcdefghijklmnopqrstuvwxyz0123456789-"):
		return refuse(BadManifest, "series", "1 to 64 of a-z, 0-9 and - are allowed")
	}
	for _, t := range []struct {
		field string
		time.Time
	}{{"created", m.Created}, {"expires", m.Expires}} {
		_, offset := t.Zone()
		if t.Nanosecond() != 0 || offset != 0 {
			return refuse(BadManifest, t.field, "not in UTC and whole seconds")
		}
	}
	switch year := m.Created.Year(); {
	case year < 2000 || year > 2999:
		return refuse(BadManifest, "created", "the year %d is not from 2000 to 2999", year)
	case m.Expires.IsZero():
	case !m.Expires.After(m.Created):
		return refuse(BadManifest, "expires", "not after the package was created")
	case m.Expires.After(m.Created.AddDate(10, 0, 0)):
		return refuse(BadManifest, "expires", "more than ten years after the package was created")
	}
	return nil
}

// checkTexts checks what is shown to people.
func (m *Manifest) checkTexts() error {
	if m.Name == "" {
		return refuse(BadManifest, "name", "the package has no name")
	}
	if err := checkText(m.Name, MaxText, ""); err != nil {
		return refuse(BadManifest, "name", "%w", err)
	}
	if err := checkText(m.About, MaxAbout, "\n"); err != nil {
		return refuse(BadManifest, "about", "%w", err)
	}
	return nil
}

// checkFiles checks sizes and counts. No sum can overflow: each part is at
// most MaxSize, and the sum is compared after every part.
func (m *Manifest) checkFiles() error {
	if m.Piece < MinPiece || m.Piece > MaxPiece || m.Piece&(m.Piece-1) != 0 {
		return refuse(BadManifest, "piece", "%d is not a power of two from %d to %d", m.Piece, MinPiece, MaxPiece)
	}
	if n := len(m.Files); n == 0 || n > MaxFiles {
		return refuse(BadManifest, "files", "%d files, from 1 to %d are allowed", n, MaxFiles)
	}
	var size, pieces int64
	for i, f := range m.Files {
		if f.Size < 0 || f.Size > MaxSize {
			return refuse(BadManifest, "files", "file %d: a size of %d bytes is not allowed", i, f.Size)
		}
		size += f.Size
		pieces += (f.Size + m.Piece - 1) / m.Piece
		if size > MaxSize {
			return refuse(BadManifest, "files", "more than %d bytes in all", int64(MaxSize))
		}
		if pieces > MaxPieces {
			return refuse(BadManifest, "piece", "more than %d pieces in all; choose larger ones", MaxPieces)
		}
	}
	return nil
}

// checkPaths checks every path and all of them together: sorted by folded
// path, an equal one and everything inside a folder of the same name come
// next to a file.
func (m *Manifest) checkPaths() error {
	type folded struct {
		key  string
		file int
	}
	all := make([]folded, len(m.Files))
	fold := newFolder()
	for i, f := range m.Files {
		if err := CheckPath(f.Path); err != nil {
			return err
		}
		all[i] = folded{fold.path(f.Path), i}
	}
	slices.SortFunc(all, func(a, b folded) int {
		return cmp.Or(strings.Compare(a.key, b.key), a.file-b.file)
	})
	for i := 1; i < len(all); i++ {
		rest, within := strings.CutPrefix(all[i].key, all[i-1].key)
		if !within || rest != "" && rest[0] != 0 {
			continue
		}
		one, two := show(m.Files[all[i-1].file].Name()), show(m.Files[all[i].file].Name())
		if rest == "" {
			return refuse(BadName, two, "some computers cannot tell it from %s", one)
		}
		return refuse(BadName, two, "%s is a file, so it cannot be a folder too", one)
	}
	return nil
}

// checkAddresses checks origins, hints and the small rest.
func (m *Manifest) checkAddresses() error {
	for _, l := range []struct {
		field string
		list  []string
		check func(string) error
	}{
		{"origins", m.Origins, m.checkOrigin},
		{"trackers", m.Trackers, checkURL},
		{"relays", m.Relays, func(s string) error { return checkPrintable(s, MaxURL) }},
		{"report", optional(m.Report), checkURL},
		{"feed", optional(m.Feed), checkURL},
		{"domain", optional(m.Domain), checkDomain},
	} {
		if len(l.list) > MaxOrigins {
			return refuse(BadManifest, l.field, "%d entries, at most %d are allowed", len(l.list), MaxOrigins)
		}
		for _, s := range l.list {
			if err := l.check(s); err != nil {
				return refuse(BadManifest, l.field+" "+show(s), "%w", err)
			}
		}
	}
	if m.Floor < 0 || m.Floor > maxCount {
		return refuse(BadManifest, "floor", "a rate of %d bytes a second is not allowed", m.Floor)
	}
	return nil
}

func optional(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func (m *Manifest) checkOrigin(s string) error {
	if err := checkFolderOrFile(s); err != nil {
		return err
	}
	if !isFolder(s) && len(m.Files) != 1 {
		return fmt.Errorf("the address of one file, but the package has %d; a folder ends in /", len(m.Files))
	}
	return nil
}
