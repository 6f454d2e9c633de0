package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"grove/app/pack"
)

// TestMap: a draft becomes a signed map, which says whose it is, and which the
// settings take.
func TestMap(t *testing.T) {
	data, dir := withKey(t), t.TempDir()
	draft, made := filepath.Join(dir, "our.json"), filepath.Join(dir, "our.grovemap")
	putFile(t, []byte(groveAt(data, "map", "new").want(t, 0).out), draft)
	public := strings.TrimSpace(groveAt(data, "keys", "show", "--json").want(t, 0).out)
	signed := groveAt(data, "map", "sign", draft, made).want(t, 0).out
	m, err := pack.OpenMap(getFile(t, made))
	if err != nil {
		t.Fatal(err)
	}
	key := m.Publisher.String()
	if !strings.Contains(public, key) || len(m.Groups) != 3 || m.Cost("north", "south") != 100 || m.Expires.Sub(m.Created).Hours() < 89*24 {
		t.Errorf("%+v by %s", m, public)
	}
	setting := made + "#" + key
	if !strings.Contains(signed, m.Publisher.Fingerprint()) || !strings.Contains(signed, setting) {
		t.Errorf("signed:\n%s", signed)
	}
	groveAt(data, "config", "set", "network.map", setting).want(t, 0)
	groveAt(data, "config", "set", "network.map", made).want(t, 2, "public key")

	web := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer web.Close()
	for _, at := range []string{made, setting, web.URL + "/our.grovemap", web.URL + "/our.grovemap#" + key} {
		if got := groveAt(data, "map", "check", at).want(t, 0).out; !strings.Contains(got, m.Publisher.Fingerprint()) {
			t.Errorf("%s:\n%s", at, got)
		}
	}
	other, err := pack.NewKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	groveAt(data, "map", "check", made+"#"+other.Public().String()).want(t, 2, "not by "+other.Public().Fingerprint())
	groveAt(data, "map", "check", filepath.Join(dir, "none")).want(t, 3, "none")
	groveAt(data, "map", "check", web.URL+"/none").want(t, 3, "404")
	groveAt(data, "map", "check", draft).want(t, 2, "not signed")

	for change, want := range map[string]string{
		`"days": 90` + "\x00" + `"days": 900`:       "a year",
		`"south": 100` + "\x00" + `"south": -1`:     "cost",
		`"south": 100` + "\x00" + `"west": 100`:     "west",
		`"default"` + "\x00" + `"defualt"`:          "defualt",
		`192.0.2.0/24` + "\x00" + `198.51.100.0/24`: "already",
		`192.0.2.0/24` + "\x00" + `192.0.2.1/24`:    "bits",
	} {
		old, new, _ := strings.Cut(change, "\x00")
		bad := filepath.Join(dir, "bad.json")
		putFile(t, []byte(strings.Replace(firstDraft, old, new, 1)), bad)
		groveAt(data, "map", "sign", bad, filepath.Join(dir, "bad.grovemap")).want(t, 2, want)
		if _, err := os.Stat(filepath.Join(dir, "bad.grovemap")); err == nil {
			t.Errorf("%s was signed", new)
		}
	}
}
