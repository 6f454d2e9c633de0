package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestShareOnBattery: who shares is told that nobody gets it, and what helps;
// nothing is given until then.
func TestShareOnBattery(t *testing.T) {
	t.Setenv("GROVE_AROUND", "battery, full-screen")
	file, data, dir := filepath.Join(t.TempDir(), "talk.txt"), t.TempDir(), t.TempDir()
	write(t, file, strings.Repeat("talk ", 1000))
	share := []string{"share", "--data", data, "--listen", "/ip4/127.0.0.1/tcp/0", file}
	link := func(r *running) string {
		t.Helper()
		r.errs.await(t, "Send this link")
		return strings.TrimSpace(r.out.String())
	}
	r := begin(t, share...)
	at := link(r)
	r.errs.await(t, "talk.txt: not given to others while this computer runs on battery (--give-always, or grove config set giving.on_battery on).")
	get := groveAt(t.TempDir(), "get", "--yes", "--patience", "2s", "-d", dir, at)
	get.want(t, 6)
	r.stop()
	r.wait().want(t, 0)

	r = begin(t, append(share, "--give-always")...)
	groveAt(t.TempDir(), "get", "--yes", "-d", dir, link(r)).want(t, 0)
	r.stop()
	if o := r.wait().want(t, 0); strings.Contains(o.errs, "battery") {
		t.Errorf("with --give-always:\n%s", o.errs)
	}

	groveAt(data, "config", "set", "giving.on_battery", "on").want(t, 0)
	r = begin(t, append(share, "--json")...)
	r.errs.await(t, "talk.txt: not given to others while a program fills the screen")
	r.out.await(t, `"event":"sharing"`) // before, to stop is to give up
	r.stop()
	o := r.wait().want(t, 0)
	last := ""
	for _, line := range jsonLines(t, o.out) {
		if why, ok := line["not_giving"].(string); ok {
			last = why
		}
	}
	if last != "full-screen" {
		t.Errorf("not_giving is %q:\n%s", last, o.out)
	}
}

func TestBadAround(t *testing.T) {
	t.Setenv("GROVE_AROUND", "batery")
	file := filepath.Join(t.TempDir(), "talk.txt")
	write(t, file, "talk")
	groveAt(t.TempDir(), "share", file).want(t, 2, `GROVE_AROUND is "batery", not some of battery, metered, vpn and full-screen`)
}
