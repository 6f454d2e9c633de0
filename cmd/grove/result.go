package main

import (
	"fmt"
	"strings"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/local"
)

// resultText is how a complete transfer went: time, who brought what, and
// what can be compared with a published checksum, where p is at hand.
func resultText(v app.View, p *pack.Package) string {
	var b strings.Builder
	name := foreign(v.Name)
	brought := int64(0)
	for _, s := range v.Sources {
		brought += s.Bytes
	}
	switch {
	case brought == 0 && v.Counts.Peers+v.Counts.Origin > 0 || v.Elapsed == 0:
		fmt.Fprintf(&b, "%s is complete and unchanged: %s.\n", name, sizeText(v.Size))
	default:
		fmt.Fprintf(&b, "%s is complete: %s in %s, %s.\n", name, sizeText(v.Size), tookText(v.Elapsed),
			rateText(float64(brought)/max(v.Elapsed.Seconds(), 1e-3)))
	}
	b.WriteString("\n" + splitTable(v))
	if p != nil && len(p.Manifest.Files) == 1 {
		f := p.Manifest.Files[0]
		fmt.Fprintf(&b, "\nSHA-256  %s  %s\n", f.SHA256, foreign(f.Name()))
	}
	return b.String()
}

// splitTable is the bytes and the share of each source, and of the runs before
// this one.
func splitTable(v app.View) string {
	type row struct {
		who   string
		bytes int64
	}
	var rows []row
	peers, origin := v.Counts.Peers, v.Counts.Origin
	for _, s := range v.Sources {
		if s.Bytes == 0 {
			continue
		}
		rows = append(rows, row{local.KindText(s.Kind) + " " + clean(s.Label), s.Bytes})
		if s.Kind == app.KindPeer {
			peers -= s.Bytes
		} else {
			origin -= s.Bytes
		}
	}
	for _, r := range []row{{"people, earlier", peers}, {"origin, earlier", origin}, {"was here before", v.Size - v.Counts.Peers - v.Counts.Origin}} {
		if r.bytes > 0 {
			rows = append(rows, r)
		}
	}
	width := 0
	for _, r := range rows {
		width = max(width, columns(r.who))
	}
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "  %s  %s  %3d %%\n", pad(r.who, width), padLeft(sizeText(r.bytes), len("999 bytes")), share(r.bytes, v.Size))
	}
	return b.String()
}
