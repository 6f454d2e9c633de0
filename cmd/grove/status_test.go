package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"grove/app"
	"grove/cmd/internal/local"
)

// given waits until a Grove gives something, and returns what it says then.
func given(t *testing.T, data string) *local.Status {
	t.Helper()
	var found *local.Status
	enough := errors.New("enough")
	err := local.NewClient(data).Events(t.Context(), func(s *local.Status) error {
		if s.Giving.Rate > 1 && len(s.Transfers) > 0 && s.Transfers[0].Bytes.Given > mib {
			found = s
			return enough
		}
		return nil
	})
	if err != enough {
		t.Fatalf("nothing is given: %v", err)
	}
	return found
}

// Beside a share that gives, status and ls ask it; a follower sees its end; and
// afterwards the month is read from the disk. It has nothing of what goes to this
// computer itself.
func TestStatus(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	film := filepath.Join(t.TempDir(), "film.mkv")
	if err := os.WriteFile(film, make([]byte, 4*mib), 0o644); err != nil {
		t.Fatal(err)
	}
	link, share := startShare(t, film, "--data", data, "--limit", "500K")
	follow := begin(t, "status", "--follow", "--data", data)
	stream := begin(t, "status", "--follow", "--json", "--data", data)
	begin(t, "get", link, "-d", t.TempDir(), "--data", t.TempDir(), "--yes", "--peers-only")
	given(t, data)

	text := grove(t, "status", "--data", data).want(t, 0).out
	for _, want := range []string{"Grove       runs since ", "B/s to 1 computer\n", "given, 20.0 GB of 20.0 GB left", "Held back   nothing", "up 0.5 MB/s, down none", "film.mkv  sharing"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	var doc local.Status
	if out := grove(t, "status", "--json", "--data", data).want(t, 0).out; json.Unmarshal([]byte(out), &doc) != nil ||
		strings.Count(out, "\n") != 1 || !doc.Running || len(doc.Transfers) != 1 || doc.Giving.Fetching != 1 {
		t.Errorf("%s", out)
	}
	if ls := grove(t, "ls", "--data", data).want(t, 0).out; !strings.Contains(ls, "film.mkv  4.2 MB, 100 %  shared") || !strings.HasSuffix(ls, film+"\n") {
		t.Errorf("the list:\n%s", ls)
	}
	beside := grove(t, "ls", "--json", "--data", data).want(t, 0).lines(t)

	share.stop()
	share.wait().want(t, 0)
	follow.wait().want(t, 0, "Grove has ended.")
	if out := follow.out.String(); !strings.Contains(out, "  giving ") || !strings.Contains(out, "; this month ") {
		t.Errorf("it followed\n%s", out)
	}
	if n := len(stream.wait().want(t, 0).lines(t)); n < 2 {
		t.Errorf("%d lines while it gave", n)
	}
	text = grove(t, "status", "--data", data).want(t, 0).out
	if !strings.Contains(text, "is not running, so nothing is given") || !strings.Contains(text, "This month  0 bytes given, 20.0 GB of 20.0 GB left") || strings.Contains(text, "film") {
		t.Errorf("afterwards:\n%s", text)
	}
	alone := grove(t, "ls", "--json", "--data", data).want(t, 0).lines(t)
	for _, key := range []string{"transfer", "package", "name", "state", "size", "have", "path", "created"} {
		if beside[0][key] != alone[0][key] || alone[0][key] == nil {
			t.Errorf("%s: ls says %v beside the share, %v without", key, beside[0][key], alone[0][key])
		}
	}
}

// Following ends with Ctrl-C, which is no fault, and where nobody runs at once.
func TestStatusFollowEnds(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if r := grove(t, "status", "--follow", "--data", data).want(t, 0); !strings.Contains(r.out, "is not running") {
		t.Errorf("%s", r.out)
	}
	film := filepath.Join(t.TempDir(), "film.mkv")
	write(t, film, "film")
	startShare(t, film, "--data", data)
	r := begin(t, "status", "-f", "--json", "--data", data)
	r.out.await(t, `"running":true`)
	r.stop()
	r.wait().want(t, 0)
	if r.errs.String() != "" {
		t.Errorf("it says %s", r.errs)
	}
}

// A Grove that has the folder and does not answer is named.
func TestStatusOfOneThatIsSilent(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	film := filepath.Join(t.TempDir(), "film.mkv")
	write(t, film, "film")
	startShare(t, film, "--data", data)
	if err := os.Remove(filepath.Join(data, "grove.sock")); err != nil {
		t.Fatal(err)
	}
	defer write(t, filepath.Join(data, "grove.sock"), "for the end, which takes it away")
	grove(t, "status", "--data", data).want(t, 11, "Another Grove is using", "held by pid")
	grove(t, "ls", "--data", data).want(t, 11, "held by pid")
}

func TestStatusText(t *testing.T) {
	left := int64(1e9)
	busy := local.Status{Running: true, Peers: true, Program: &local.Program{Name: "grove\x1b", PID: 7},
		Giving: local.Giving{On: true, Rate: 2e6, Fetching: 3, Month: local.Month{Given: 19e9, Budget: 20e9, Left: &left}},
		Limits: local.Limits{Up: 1e6}, Transfers: []local.Transfer{
			{Transfer: "1b9d6bcd-bbfd", Name: "a\x1b[2Jfilm", State: app.Downloading, Rates: local.Rates{Peers: 3e6, Origin: 1e6, Given: 2e6}, Fetching: 3, Bytes: app.Counts{Given: 5e6}},
			{Transfer: "2", Name: "b", State: app.Seeding, NotGiving: "battery"},
			{Transfer: "3", Name: "c", State: app.Failed, Problem: &local.Problem{Text: "c was changed."}},
			{Transfer: "4", Name: "d", State: app.Done},
		}}
	for name, c := range map[string]struct {
		change func(*local.Status)
		want   []string
		not    string
	}{
		"busy": {func(*local.Status) {}, []string{"2.0 MB/s to 3 computers", "19.0 GB given, 1.0 GB of 20.0 GB left", "Held back   nothing", "up 1.0 MB/s, down none",
			"1b9d6bcd", "4.0 MB/s  2.0 MB/s  3   5.0 MB", "held back: this computer runs on battery", "c was changed.", "1 other"}, "\x1b"},
		"idle":      {func(s *local.Status) { s.Giving.Rate, s.Giving.Fetching = 0, 0 }, []string{"Giving now  nothing\n"}, "connected"},
		"one waits": {func(s *local.Status) { s.Giving.Rate, s.Giving.Fetching = 0, 1 }, []string{"nothing; connected: 1 computer\n"}, ""},
		"no budget": {func(s *local.Status) { s.Giving.Month = local.Month{Given: 5} }, []string{"5 bytes given, without a budget"}, " left"},
		"held": {func(s *local.Status) { s.Peers, s.Giving.HeldBack = false, []string{"off", "budget", "soft_rain"} },
			[]string{"no connections to other people; giving is switched off (grove config set giving.on on); the month's budget is used up", "; soft rain\n"}, "Held back   nothing"},
		"line": {func(s *local.Status) { s.Line = &local.Line{Takes: 1.225e6} }, []string{"Line        takes 9.8 Mbit/s up\n"}, "gives way"},
		"full": {func(s *local.Status) { s.Line = &local.Line{Takes: 1.225e6, Yields: true} },
			[]string{"takes 9.8 Mbit/s up; others fill it now, so Grove gives way\n"}, ""},
		"filled": {func(s *local.Status) { s.Line = &local.Line{Yields: true} }, []string{"Line        others fill"}, "takes"},
		"ended":  {func(s *local.Status) { s.Running, s.Transfers = false, nil }, []string{"is not running", "19.0 GB given"}, "Giving now"},
	} {
		s := busy
		c.change(&s)
		text, line := statusText(&s), statusLine(&s)
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", name, want, text)
			}
		}
		if c.not != "" && strings.Contains(text+line, c.not) {
			t.Errorf("%s: %q in\n%s", name, c.not, text)
		}
		if strings.Contains(line, "\n") || s.Running && !strings.Contains(line, "giving ") {
			t.Errorf("%s: %q", name, line)
		}
	}
}

// On a screen a status is written over the one before, and is never higher
// than the screen, where nothing above it could be reached any more.
func TestStatusScreen(t *testing.T) {
	var b strings.Builder
	c := statusScreen{out: &b}
	s := local.Status{Running: true, Transfers: make([]local.Transfer, 100)}
	for range 2 {
		if err := c.show(&s); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(b.String(), "\n"); n != 2*22 || !strings.Contains(b.String(), "\x1b[22A\rGrove") || !strings.Contains(b.String(), "and 86 more lines") {
		t.Errorf("%d lines: %q", n, b.String())
	}
	b.Reset()
	s.Transfers = nil
	if err := c.show(&s); err != nil || !strings.HasSuffix(b.String(), "\n\x1b[J") {
		t.Errorf("what was longer before stays: %q", b.String())
	}
	for l := range strings.SplitSeq(b.String(), "\n") {
		if columns(strings.TrimPrefix(l, "\x1b[22A")) > 80+len("\r\x1b[K") {
			t.Errorf("a line of %d cells: %q", columns(l), l)
		}
	}
}
