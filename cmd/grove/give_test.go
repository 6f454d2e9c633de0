package main

import (
	"crypto/rand"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
	"grove/storage"
)

// someGiven is a data folder with a film that was downloaded, and its publisher.
func someGiven(t *testing.T, key pack.PublicKey) (data string) {
	return prepared(t, func(s *storage.Store) error {
		if err := s.SavePublisher(app.Publisher{Key: key, Name: "Example Films"}); err != nil {
			return err
		}
		return s.SaveTransfer(app.Record{ID: uuid.MustParse("1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"), Name: "film", State: app.Done,
			Folder: "/f", Target: "film", Path: "/f/film", After: true, Files: 1})
	})
}

func someKey(t *testing.T) pack.PublicKey {
	t.Helper()
	k, err := pack.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k.Public()
}

func TestGive(t *testing.T) {
	t.Parallel()
	key := someKey(t)
	data := someGiven(t, key)
	look := func(f func(s *storage.Store) error) {
		t.Helper()
		s, err := storage.Open(data, storage.Options{})
		if err == nil {
			if err = f(s); err == nil {
				err = s.Close()
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		word  string
		gives app.Give
		state app.State
		says  string
	}{
		{"more", app.GiveMore, app.Done, "twice"}, {"always", app.GiveAlways, app.Seeding, "until"}, {"less", app.GiveLess, app.Seeding, "half"},
		{"none", app.GiveNone, app.Done, "not given"}, {"default", app.GiveUsual, app.Done, "settings"},
	} {
		grove(t, "give", "1b9d", c.word, "--data", data).want(t, 0, "film: ", c.says)
		look(func(s *storage.Store) error {
			all, err := s.LoadTransfers()
			if err == nil && (all[0].Gives() != c.gives || all[0].State != c.state) {
				t.Errorf("%s: %q, %s", c.word, all[0].Gives(), all[0].State)
			}
			return err
		})
	}
	grove(t, "give", "1b9d", "plenty", "--data", data).want(t, 2, "more, less, none, always")
	grove(t, "give", "2", "more", "--data", data).want(t, 3)
	for who, size := range map[string]string{"Example Films": "2GB", key.Fingerprint()[:6]: "0"} {
		grove(t, "give", "--publisher", who, size, "--data", data).want(t, 0, "Example Films")
		look(func(s *storage.Store) error {
			all, err := s.LoadPublishers()
			if want, _ := parseSize(size); err == nil && (all[0].Budget != want || all[0].Name != "Example Films") {
				t.Errorf("%s %s: %+v", who, size, all[0])
			}
			return err
		})
	}
	grove(t, "give", "--publisher", "Nobody", "1GB", "--data", data).want(t, 3)
	grove(t, "give", "--publisher", "Example Films", "lots", "--data", data).want(t, 2, "bytes such as 20GB")
}

// TestGiveBeside: a Grove that has the data folder does it, for what it has at
// work and for the rest, and says and saves the same.
func TestGiveBeside(t *testing.T) {
	t.Parallel()
	key := someKey(t)
	alone, beside := someGiven(t, key), someGiven(t, key)
	shared := filepath.Join(t.TempDir(), "song.ogg")
	write(t, shared, "song")
	sharedOnce(t, alone, shared)
	_, share := startShare(t, shared, "--data", beside)
	for _, args := range [][]string{
		{"1b9d6bcd", "more"}, {"1b9d6bcd", "always"}, {"1b9d6bcd", "none"}, {"1b9d6bcd", "default"}, {"1b9d6bcd", "plenty"}, {"1b9d6bcd", "less"}, {"no such", "more"}, {"", "more"},
		{"--publisher", "Example Films", "2GB"}, {"--publisher", key.Fingerprint()[:6], "0"}, {"--publisher", "Example Films", "3GB"},
		{"--publisher", "Nobody", "1GB"}, {"--publisher", "Example Films", "lots"},
	} {
		do := func(data string) ran { return grove(t, append(append([]string{"give"}, args...), "--data", data)...) }
		if diff := cmp.Diff(do(alone), do(beside), cmp.AllowUnexported(ran{})); diff != "" {
			t.Errorf("%q beside a Grove: %s", args, diff)
		}
	}
	listed := grove(t, "ls", "--json", "--data", beside).want(t, 0).lines(t)
	if len(listed) != 3 || listed[0]["give"] != "less" || listed[1]["give"] != "always" {
		t.Errorf("beside a Grove the list is %v", listed)
	}
	live, _ := listed[1]["transfer"].(string)
	grove(t, "give", live, "more", "--data", beside).want(t, 0, "song.ogg: given twice as much as others.")
	if again := grove(t, "ls", "--json", "--data", beside).want(t, 0).lines(t); again[1]["give"] != "more" {
		t.Errorf("what is at work does not go by it: %v", again[1])
	}
	share.stop()
	share.wait().want(t, 0)
	s, err := storage.Open(beside, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all, err := s.LoadTransfers()
	if err != nil || all[0].Gives() != app.GiveLess || all[0].State != app.Done || all[1].Gives() != app.GiveMore {
		t.Errorf("%+v, %v", all, err)
	}
	known, err := s.LoadPublishers()
	i := slices.IndexFunc(known, func(p app.Publisher) bool { return p.Key == key })
	if err != nil || i < 0 || known[i].Name != "Example Films" || known[i].Budget != 3e9 {
		t.Errorf("%+v, %v", known, err)
	}
}
