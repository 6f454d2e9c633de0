package main

import (
	"strings"
	"testing"

	"grove/app"
)

const (
	asksYes  = "[y/N]"
	asksGive = "Give to others? [Y/n]"
)

// The first download asks once what others may get, when it is clear that it
// is wanted and before anything is fetched; what was said holds from then on.
func TestWelcome(t *testing.T) {
	t.Setenv("TERM", "xterm")
	s, made := startCDN(t, film(2*mib))
	get := func(t *testing.T, data string, answers []typing, more ...string) (int, string) {
		t.Helper()
		code, _, shown := atScreen(t, answers, append([]string{"get", s.grove(made), "-d", t.TempDir(), "--data", data}, more...)...)
		return code, shown
	}
	for name, c := range map[string]struct {
		typed    string
		code     int
		on, said bool // Giving.On and Welcomed afterwards
	}{
		"yes":    {"y\r", 0, true, true},
		"enter":  {"\r", 0, true, true},
		"no":     {"n\r", 0, false, true},
		"NO":     {"NO\r", 0, false, true},
		"twice":  {"maybe\rno\r", 0, false, true},
		"Ctrl-C": {"\x03", 1, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			data, sent := t.TempDir(), int64(0)
			sent, _ = s.counts()
			code, shown := get(t, data, []typing{{asksYes, "y\r"}, {asksGive, c.typed}})
			if code != c.code || strings.Count(shown, "While it downloads, others") != 1 || !strings.Contains(shown, "at most 20.0 GB a month, and that ends with this command; grove config changes all of this.") {
				t.Fatalf("exit code %d:\n%s", code, shown)
			}
			if now, _ := s.counts(); code != 0 && now != sent {
				t.Errorf("%d bytes were fetched", now-sent)
			}
			if set := savedSettings(t, data); set.Giving.On != c.on || set.Welcomed != c.said {
				t.Errorf("%+v, welcomed %v", set.Giving, set.Welcomed)
			}
			if !c.said {
				return
			}
			code, shown = get(t, data, []typing{{asksYes, "y\r"}})
			if says := strings.Contains(shown, "others who download this get pieces from you"); code != 0 || strings.Contains(shown, asksGive) || says != c.on ||
				strings.Contains(shown, "Nothing is given to others.") == c.on {
				t.Errorf("the second time, exit code %d:\n%s", code, shown)
			}
		})
	}
	t.Run("not wanted", func(t *testing.T) {
		data := t.TempDir()
		if _, shown := get(t, data, []typing{{asksYes, "n\r"}}); strings.Contains(shown, asksGive) || savedSettings(t, data).Welcomed {
			t.Errorf("it asks about what is not downloaded:\n%s", shown)
		}
	})
	for name, flags := range map[string][]string{"not given": {"--no-share"}, "from the origin": {"--origin-only"}} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			if code, shown := get(t, data, []typing{{asksYes, "y\r"}}, flags...); code != 0 || strings.Contains(shown, asksGive) ||
				!strings.Contains(shown, "Nothing is given to others.") || savedSettings(t, data).Welcomed {
				t.Errorf("exit code %d:\n%s", code, shown)
			}
		})
	}
	t.Run("--yes at a terminal", func(t *testing.T) {
		data := t.TempDir()
		if code, shown := get(t, data, nil, "--yes"); code != 0 || strings.Contains(shown, asksGive) || savedSettings(t, data).Welcomed {
			t.Errorf("exit code %d:\n%s", code, shown)
		}
	})
	t.Run("--quiet", func(t *testing.T) {
		if code, shown := get(t, t.TempDir(), []typing{{asksYes, "y\r"}, {asksGive, "n\r"}}, "-q"); code != 0 || !strings.Contains(shown, "others who download the same get") {
			t.Errorf("a question without what it is about, exit code %d:\n%s", code, shown)
		}
	})
}

// What an older Grove began asks as a first download does, by get and resume.
func TestWelcomeOnGoingOn(t *testing.T) {
	t.Setenv("TERM", "xterm")
	for _, how := range []string{"get", "resume"} {
		t.Run(how, func(t *testing.T) {
			s, made := startCDN(t, film(6*mib))
			dir, data := t.TempDir(), t.TempDir()
			interrupted(t, s, made, dir, data)
			args := []string{"resume", "--data", data}
			if how == "get" {
				args = []string{"get", s.grove(made), "-d", dir, "--data", data}
			}
			code, _, shown := atScreen(t, []typing{{asksGive, "n\r"}}, args...)
			if set := savedSettings(t, data); code != 0 || !set.Welcomed || set.Giving.On {
				t.Errorf("exit code %d, %+v:\n%s", code, set.Giving, shown)
			}
			code, _, shown = atScreen(t, nil, "resume", "--data", data)
			if code != 0 || strings.Contains(shown, asksGive) {
				t.Errorf("asked again, exit code %d:\n%s", code, shown)
			}
		})
	}
}

// A complete download that is named is there to be given; so the answer says
// what becomes of that.
func TestWelcomeThenNothingIsShared(t *testing.T) {
	t.Setenv("TERM", "xterm")
	s, made := startCDN(t, film(mib))
	dir, data := t.TempDir(), t.TempDir()
	grove(t, "get", s.grove(made), "-d", dir, "--data", data, "--yes").want(t, 0)
	grove(t, "config", "set", "giving.on", "off", "--data", data).want(t, 0)
	r := begin(t, "resume", made.Package.ID.String()[:9], "--data", data)
	r.errs.await(t, "The settings say that nothing is given to others.")
	r.stop()
	if done := r.wait().want(t, 0); strings.Contains(done.errs, "Sharing") {
		t.Errorf("%s", done.errs)
	}
}

// Without anybody to ask nothing is decided: every command says what holds,
// until somebody chose with grove config.
func TestWelcomeOfScripts(t *testing.T) {
	t.Parallel()
	s, made := startCDN(t, film(mib))
	data := t.TempDir()
	get := func() string {
		return grove(t, "get", s.grove(made), "-d", t.TempDir(), "--data", data, "--yes").want(t, 0).errs
	}
	const line = "While it downloads, others who download the same get pieces from you, at most 20.0 GB a month, and that ends with this command; grove config set giving.on, with on or off, is where you choose.\n"
	for range 2 {
		if said := get(); strings.Count(said, line) != 1 || savedSettings(t, data).Welcomed {
			t.Fatalf("%s", said)
		}
	}
	grove(t, "config", "set", "up", "2M", "--data", data).want(t, 0) // another choice
	if said := get(); !strings.Contains(said, line) {
		t.Errorf("%s", said)
	}
	grove(t, "config", "set", "giving.on", "yes", "--data", data).want(t, 0, "giving.on is on, as it was.")
	if said := get(); strings.Contains(said, "is where you choose") || !strings.Contains(said, "others who download this get pieces from you") || !savedSettings(t, data).Welcomed {
		t.Errorf("%s", said)
	}
	grove(t, "config", "set", "giving.on", "no", "--data", data).want(t, 0)
	if said := get(); !strings.Contains(said, "Nothing is given to others.") {
		t.Errorf("%s", said)
	}
}

func TestWelcomeText(t *testing.T) {
	for want, c := range map[string]struct {
		g    app.Giving
		seed bool
	}{
		"Nothing is given to others": {app.Giving{Budget: 20e9}, true},
		"While it downloads, others who download the same get pieces from you, and that ends with this command":                         {app.Giving{On: true}, false},
		"While it downloads, others who download the same get pieces from you, at most 5.0 GB a month, and then until you press Ctrl-C": {app.Giving{On: true, Budget: 5e9}, true},
	} {
		if got := welcomeText(c.g, c.seed); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
