package main

import (
	"fmt"
	"net/url"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"

	"grove/app"
	"grove/app/pack"
)

// parseExpiry reads a day (its last second, UTC), an RFC 3339 time, or a time
// from now: 90d, 12w, or what time.ParseDuration takes.
func parseExpiry(s string, now time.Time) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		if at, err = time.Parse(time.DateOnly, s); err == nil {
			at = at.AddDate(0, 0, 1).Add(-time.Second)
		}
	}
	if err != nil {
		var d time.Duration
		if d, err = parseDays(s); err == nil {
			at = now.Add(d)
		}
	}
	switch {
	case err != nil:
		return at, app.NewProblem(app.BadInput, strconv.Quote(s)+" is no date such as 2027-01-31, and no time such as 90d, 12w or 36h", nil)
	case !at.After(now):
		return at, app.NewProblem(app.BadInput, "The package would expire on "+dateText(at)+", which is in the past", nil)
	}
	return at.UTC().Truncate(time.Second), nil
}

func parseDays(s string) (time.Duration, error) {
	for unit, days := range map[string]int64{"d": 1, "w": 7} {
		if digits, ok := strings.CutSuffix(s, unit); ok {
			n, err := strconv.ParseInt(digits, 10, 32)
			if err == nil && n > 100_000/days {
				err = strconv.ErrRange
			}
			return time.Duration(n*days*24) * time.Hour, err
		}
	}
	return time.ParseDuration(s)
}

// dateText is a time for people.
func dateText(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// fileStem is what the written files are called: the title if that is a safe
// file name, else the first file's or folder's.
func fileStem(title, first string) (string, error) {
	for _, s := range []string{title, first} {
		if pack.CheckPath([]string{s + ".sha256"}) == nil {
			return s, nil
		}
	}
	return "", app.NewProblem(app.BadInput, "No file can be called "+strconv.Quote(title)+"; --name gives another title", nil)
}

// originFolder is the folder of an origin that the format accepted.
func originFolder(origin string) string {
	path, _, _ := strings.Cut(origin, "?")
	return path[:strings.LastIndexByte(path, '/')+1]
}

func escapeElement(name string) string { return url.PathEscape(name) }

func equalManifests(a, b pack.Manifest) bool { return reflect.DeepEqual(a, b) }

// published is the result for --json.
type published struct {
	stamp
	ID          pack.ID        `json:"package"`
	Name        string         `json:"name"`
	Publisher   pack.PublicKey `json:"publisher"`
	Fingerprint string         `json:"fingerprint"`
	Size        int64          `json:"size"`
	Files       int            `json:"files"`
	Link        string         `json:"link"`
	Page        string         `json:"page"`
	Manifest    string         `json:"manifest_url"`
	Written     []string       `json:"written"`
}

// tell prints the link, and says what goes where.
func (p *publishing) tell() error {
	written := []string{p.outPath(".grove"), p.outPath(".html"), p.outPath(".sha256")}
	side := []string{p.pack.ID.HashesName()}
	if p.poster != nil {
		side = append(side, p.pack.ID.PosterName())
	}
	for _, s := range side {
		written = append(written, filepath.Join(p.out, s))
	}
	page := p.link.Page(p.page)
	if p.json {
		return p.t.printJSON(published{
			newStamp("published"), p.pack.ID, p.pack.Manifest.Name, p.pack.Publisher(), p.pack.Publisher().Fingerprint(),
			p.pack.Size(), len(p.pack.Manifest.Files), p.link.String(), page, p.manifestURL, written,
		})
	}
	t := p.t
	t.say("%s, %s in %s, signed by %s", foreign(p.pack.Manifest.Name), sizeText(p.pack.Size()),
		count(len(p.pack.Manifest.Files), "file", "files"), p.pack.Publisher().Fingerprint())
	t.say("")
	t.say("Put these %d files beside the media at %s", len(written), originFolder(p.origins[0]))
	for _, w := range written {
		t.say("  %s", w)
	}
	if folder := originFolder(p.manifestURL); folder != originFolder(p.origins[0]) {
		t.say("The first one goes to %s; the link looks for it there.", folder)
	}
	t.say("")
	for i, o := range p.origins {
		u, err := p.pack.FileURL(o, 0)
		if err != nil {
			return app.FromPack(err)
		}
		if i == 0 {
			t.say("The first file is expected at")
		}
		t.say("  %s", u)
	}
	t.say("")
	t.say("The page for people, with the link in it:")
	t.say("%s", page)
	t.say("")
	t.say("The link:")
	_, err := fmt.Fprintln(t.out, p.link.String())
	return err
}
