package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"grove/app/pack"
)

// publishedMedia is a folder of media and the .grove file of it elsewhere.
func publishedMedia(t *testing.T) (data, folder, grove string) {
	t.Helper()
	data, folder = withKey(t), media(t)
	out := t.TempDir()
	groveAt(data, "publish", folder, "--origin", "https://cdn.example.org/film/", "--out", out).want(t, 0)
	return data, folder, filepath.Join(out, "Feature film.grove")
}

func TestVerify(t *testing.T) {
	data, folder, grove := publishedMedia(t)
	film := filepath.Join(folder, "film.mkv")
	good := getFile(t, film)
	verify := func() outcome { return groveAt(data, "verify", folder, "--package", grove) }
	verify().want(t, 0, "All of")

	// Files are in the order of their names: empty, subtitles (piece 0), film
	// (pieces 1 to 3).
	bad := append([]byte(nil), good...)
	bad[0] ^= 1
	bad[2*pack.MinPiece+5] ^= 1
	putFile(t, bad, film)
	o := verify().want(t, 32, "1 file differs", "262921 of 526299 bytes")
	if !strings.Contains(o.out, "differs     film.mkv  pieces 1, 3, 263 kB") || !strings.Contains(o.out, "same        extra/empty.txt") {
		t.Errorf("%s", o.out)
	}

	putFile(t, good[:pack.MinPiece], film)
	o = verify().want(t, 32, "1 file differs")
	if !strings.Contains(o.out, "262144 bytes instead of 525065  pieces 2-3") {
		t.Errorf("%s", o.out)
	}
	if err := os.Remove(film); err != nil {
		t.Fatal(err)
	}
	if o = verify().want(t, 32, "1 file is missing"); !strings.Contains(o.out, "missing     film.mkv") {
		t.Errorf("%s", o.out)
	}
	lines := jsonLines(t, groveAt(data, "verify", folder, "--package", grove, "--json").want(t, 32).out)
	if last := lines[len(lines)-1]; last["event"] != "summary" || last["files_missing"] != 1.0 || last["bytes_differing"] != float64(len(good)) {
		t.Errorf("%v", last)
	}
	// A link out of the folder is not followed, even to the right bytes.
	outside := putFile(t, good, t.TempDir(), "film.mkv")
	if err := os.Symlink(outside, film); err != nil {
		t.Skip(err)
	}
	if o = verify().want(t, 32, "1 file differs"); !strings.Contains(o.out, "unreadable  film.mkv  not a plain file") {
		t.Errorf("%s", o.out)
	}
}

func TestVerifyWithoutHashList(t *testing.T) {
	data, folder, grove := publishedMedia(t)
	p, err := readPackage(grove)
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(filepath.Dir(grove), p.ID.HashesName())
	putFile(t, []byte("not the list"), list)
	groveAt(data, "verify", folder, "--package", grove).want(t, 33, "hash list")
	if err := os.Remove(list); err != nil {
		t.Fatal(err)
	}
	groveAt(data, "verify", folder, "--package", grove).want(t, 0, "only whole files are compared")
	film := filepath.Join(folder, "film.mkv")
	b := getFile(t, film)
	b[7] ^= 1
	putFile(t, b, film)
	if o := groveAt(data, "verify", folder, "--package", grove).want(t, 32); strings.Contains(o.out, "piece") {
		t.Errorf("%s", o.out)
	}
}

func TestVerifySingleFile(t *testing.T) {
	data, folder := withKey(t), media(t)
	film, out := filepath.Join(folder, "film.mkv"), t.TempDir()
	groveAt(data, "publish", film, "--origin", "https://cdn.example.org/", "--out", out).want(t, 0)
	grove := filepath.Join(out, "film.mkv.grove")
	groveAt(data, "verify", film, "--package", grove).want(t, 0)
	groveAt(data, "verify", folder, "--package", grove).want(t, 0)
	renamed := putFile(t, getFile(t, film), t.TempDir(), "another name.mkv")
	groveAt(data, "verify", renamed, "--package", grove).want(t, 0)
}

func TestVerifyBadInput(t *testing.T) {
	data, folder, grove := publishedMedia(t)
	altered := getFile(t, grove)
	altered[len(altered)-20] ^= 1
	bad := putFile(t, altered, t.TempDir(), "altered.grove")
	empty := putFile(t, nil, t.TempDir(), "empty.grove")
	for _, c := range []struct {
		args []string
		code int
		word string
	}{
		{[]string{folder}, 2, "package"},
		{[]string{"--package", grove}, 2, "arg"},
		{[]string{filepath.Join(folder, "nothing"), "--package", grove}, 3, "nothing"},
		{[]string{folder, "--package", filepath.Join(folder, "nothing.grove")}, 3, "nothing.grove"},
		{[]string{folder, "--package", bad}, 33, "altered"},
		{[]string{folder, "--package", empty}, 33, "not signed"},
		{[]string{filepath.Join(folder, "film.mkv"), "--package", grove}, 2, "has 3 files"},
	} {
		groveAt(data, append([]string{"verify"}, c.args...)...).want(t, c.code, c.word)
	}
}

func TestPieceRanges(t *testing.T) {
	for want, pieces := range map[string][]int{
		"piece 3":          {3},
		"pieces 3, 7-9":    {3, 7, 8, 9},
		"pieces 0-1":       {0, 1},
		"pieces 0, 2, 4-5": {0, 2, 4, 5},
		"pieces 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, and more": {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26},
	} {
		if got := pieceRanges(pieces); got != want {
			t.Errorf("%v: %q, want %q", pieces, got, want)
		}
	}
}
