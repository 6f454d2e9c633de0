package main

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"grove/app"
	"grove/app/apptest"
	"grove/storage"
)

func TestFloorText(t *testing.T) {
	for n, want := range map[int64]string{
		1: "8 bit/s", 125: "1 kbit/s", 64_000: "512 kbit/s", 500_000: "4 Mbit/s", 2_500_000: "20 Mbit/s",
		312_500: "2.5 Mbit/s", 125_000: "1 Mbit/s", 124_999: "1 Mbit/s", 124_000: "992 kbit/s", 1_250_000_000: "10 Gbit/s",
	} {
		if got := floorText(n); got != want {
			t.Errorf("%d: %q, not %q", n, got, want)
		}
	}
}

func TestPolicySentence(t *testing.T) {
	const fast, four = "as fast as the line allows.", "at least 4 Mbit/s, the rest from people when they have it."
	for _, c := range []struct {
		asked, holds int64
		want         string
	}{
		{0, 0, "The publisher asks for: " + fast},
		{500_000, 500_000, "The publisher asks for: " + four},
		{500_000, 0, "The publisher asks for: " + four + "\nYou chose: " + fast},
		{0, 500_000, "The publisher asks for: " + fast + "\nYou chose: " + four},
	} {
		if got := policySentence(c.asked, c.holds); got != c.want {
			t.Errorf("%d, %d: %q, not %q", c.asked, c.holds, got, c.want)
		}
	}
}

// policySaved is the policy of the only transfer in a data folder.
func policySaved(t *testing.T, data string) app.Policy {
	t.Helper()
	s, err := storage.Open(data, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.LoadTransfers()
	if cerr := s.Close(); err != nil || cerr != nil || len(all) != 1 {
		t.Fatalf("%d transfers, %v, %v", len(all), err, cerr)
	}
	return all[0].Policy
}

// TestGetPolicy: the offer says what the publisher asks for and what holds,
// the flag is kept with the download, and the same get without it takes it
// back.
func TestGetPolicy(t *testing.T) {
	t.Parallel()
	o := film(mib)
	o.Floor = 2_500_000
	s, made := startCDN(t, o)
	dir, data := t.TempDir(), t.TempDir()
	get := func(more ...string) ran {
		t.Helper()
		return grove(t, append([]string{"get", s.grove(made), "-d", dir, "--data", data, "--yes"}, more...)...)
	}
	const asks = "The publisher asks for: at least 20 Mbit/s, the rest from people when they have it.\n"
	get("--fast", "--thrifty").want(t, 2, "--fast and --thrifty ask for opposite things", "give one of them")
	r := get("--fast", "--json").want(t, 0, asks+"You chose: as fast as the line allows.\n")
	if got, want := r.lines(t)[0]["floor"], map[string]any{"asked": 2.5e6, "holds": 0.0}; !reflect.DeepEqual(got, want) {
		t.Errorf("the offer's floor is %v, not %v", got, want)
	}
	if got := policySaved(t, data); got != app.PolicyFast {
		t.Errorf("saved %q", got)
	}
	if line := grove(t, "ls", "--json", "--data", data).want(t, 0).lines(t)[0]; line["policy"] != "fast" {
		t.Errorf("ls: %v", line)
	}
	get().want(t, 0)
	if got := policySaved(t, data); got != app.PolicyPublisher {
		t.Errorf("without the flag %q is saved", got)
	}
	get("--thrifty").want(t, 0)
	if got := policySaved(t, data); got != app.PolicyThrifty {
		t.Errorf("with another flag %q is saved", got)
	}

	grove(t, "config", "set", "policy=fast", "--data", data).want(t, 0, "policy is fast now; it was publisher.")
	get("-o", "b.bin").want(t, 0, asks+"You chose: as fast as the line allows.\n")
	if r := get("-o", "c.bin", "--thrifty").want(t, 0, asks); strings.Contains(r.errs, "You chose") {
		t.Errorf("what the publisher asks for is called a choice:\n%s", r.errs)
	}
	if r := get("-o", "d.bin", "--origin-only").want(t, 0); strings.Contains(r.errs, "The publisher asks for") {
		t.Errorf("without people there is no choice:\n%s", r.errs)
	}
}

// Where the publisher named no floor, thrifty has the usual one.
func TestThriftyWithoutAFloor(t *testing.T) {
	t.Parallel()
	s, made := startCDN(t, film(mib))
	grove(t, "get", s.grove(made), "-d", t.TempDir(), "--data", t.TempDir(), "--yes", "--thrifty").
		want(t, 0, "The publisher asks for: as fast as the line allows.\nYou chose: at least 4 Mbit/s, the rest from people when they have it.\n")
}

// A package that only people have leaves no choice.
func TestOfferOfNoOrigin(t *testing.T) {
	made := apptest.Package(t, film(mib))
	text := offerView{pkg: made.Package, sharing: "Nothing is given to others."}.text()
	if strings.Contains(text, "asks for") || !strings.HasSuffix(text, "\n\nNothing is given to others.\n") {
		t.Error(text)
	}
}

func TestInspectPolicy(t *testing.T) {
	for _, c := range []struct {
		floor   int64
		origins []string
		want    string
	}{
		{2_500_000, []string{"https://cdn.example.org/"}, "thrifty: at least 20 Mbit/s, the rest from people when they have it"},
		{0, []string{"https://cdn.example.org/"}, "fast: as fast as the line allows"},
		{0, nil, ""},
	} {
		o := film(mib)
		o.Floor, o.Origins = c.floor, c.origins
		file := putFile(t, apptest.Package(t, o).Grove, t.TempDir(), "film.grove")
		out := groveAt(t.TempDir(), "inspect", filepath.Clean(file)).want(t, 0).out
		line := ""
		for l := range strings.Lines(out) {
			if rest, ok := strings.CutPrefix(l, "policy "); ok {
				line = strings.TrimSpace(rest)
			}
		}
		if line != c.want {
			t.Errorf("floor %d: %q, not %q", c.floor, line, c.want)
		}
	}
}
