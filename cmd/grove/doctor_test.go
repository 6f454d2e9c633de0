package main

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"grove/app/apptest"
	"grove/app/pack"
	"grove/storage"
)

// doctorAt runs doctor on a data folder, with little patience for what is not
// there; what is there is waited for.
func doctorAt(data string, args ...string) outcome {
	return groveAt(data, append([]string{"doctor", "--for", "2s"}, args...)...)
}

// patient is for what has to be found, on a busy machine too.
const patient = "--for=20s"

// wantSays fails unless text has all words, whatever space is between them.
func wantSays(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), strings.Join(strings.Fields(w), " ")) {
			t.Errorf("it does not say %q:\n%s", w, text)
		}
	}
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	o := doctorAt(data).want(t, 0, "Looking around for up to 2 s")
	wantSays(t, o.out, data, "In order. 0 packages on the list.", "GROVE_LOCAL_ONLY", "Can others reach this computer?",
		"Only from the local network: in local-only mode nobody outside is asked", "Who answers?", "This computer", "free in "+data)
	if strings.ContainsAny(o.out, "\r\x1b") {
		t.Errorf("control codes: %q", o.out)
	}
	line := jsonLines(t, doctorAt(data, "--json").want(t, 0).out)[0]
	reach, _ := line["reach"].(map[string]any)
	grove, _ := line["grove"].(map[string]any)
	if line["event"] != "doctor" || grove["data_folder"] != data || grove["local_only"] != true || reach["state"] == "" || line["computer"] == nil || line["link"] != nil {
		t.Errorf("%v", line)
	}
}

// TestDoctorSettings: what the settings do to others is said.
func TestDoctorSettings(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	groveAt(data, "config", "set", "network.peers=off", "network.proxy=http://ann:hidden@127.0.0.1:9", "giving.on=off").want(t, 0)
	o := doctorAt(data).want(t, 0)
	wantSays(t, o.out, "network.peers", "No: peers are off. grove config set network.peers on", "http://127.0.0.1:9", "giving.on")
	if strings.Contains(o.out+o.errs, "hidden") || strings.Contains(o.out, "ann:") {
		t.Errorf("a password is shown:\n%s", o.out)
	}
	data = t.TempDir()
	groveAt(data, "config", "set", "network.bind", "grove-test0").want(t, 0)
	wantSays(t, doctorAt(data).want(t, 0).out, "network.bind", "No: The network interface grove-test0 is not there.")
}

// TestDoctorLink: a link to a Grove that shares is examined and works; the
// same link afterwards does not, and it is said why.
func TestDoctorLink(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "film.bin")
	putFile(t, apptest.Content(1, "film.bin", 600_000), path)
	link, sharer := startShare(t, path)
	o := doctorAt(t.TempDir(), patient, link).want(t, 0)
	wantSays(t, o.out, "Does the link connect?", "it can be read: 0 web addresses", "/ip4/127.0.0.1/tcp/", "ok      address  somebody answers", "ok      address  it shares the package",
		"found and verified: film.bin, 600 kB in 1 file", "1 person has something of it, 1 has all of it; 1 on the local network", "The link works: 1 person can be reached.")
	line := jsonLines(t, doctorAt(t.TempDir(), patient, link, "--json").want(t, 0).out)[0]
	if l, _ := line["link"].(map[string]any); l["reached"] != true || l["peers"] != 1.0 || l["conclusion"] == "" {
		t.Errorf("%v", line["link"])
	}
	sharer.stop()
	sharer.wait()
	data := t.TempDir()
	o = doctorAt(data, link).want(t, 6, "Nobody who has package ")
	wantSays(t, o.out, "failed  address  nobody answers", "failed  package  not found", "Nobody answers at the address in the link: the sender's computer is off")
	// Nothing of it is left.
	if o := groveAt(data, "ls").want(t, 0); o.out != "" {
		t.Errorf("%s", o.out)
	}
}

// TestDoctorNotShared: somebody is there who shares another package.
func TestDoctorNotShared(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "film.bin")
	putFile(t, []byte("film"), path)
	shared, _ := startShare(t, path)
	l, err := pack.ParseLink(shared)
	if err != nil {
		t.Fatal(err)
	}
	l.ID[0] ^= 1
	l.Name = ""
	o := doctorAt(t.TempDir(), "--for=8s", l.String()).want(t, 6)
	wantSays(t, o.out, "ok      address  it is a Grove", "failed  address  it does not share the package", "The sender's computer answers, but it does not share this package now.")
}

// TestDoctorOrigin: web addresses and origins are asked, and compared.
func TestDoctorOrigin(t *testing.T) {
	t.Parallel()
	s, made := startCDN(t, film(2*mib))
	file := putFile(t, made.Grove, s.folder, "film.grove")
	url := s.URL + "/film.grove"
	o := doctorAt(t.TempDir(), patient, url).want(t, 0)
	wantSays(t, o.out, "ok web allowed, and gives the package", "ok origin answers as it should; ", "nobody beside the origin", "The link works: 1 origin can be reached.")
	wantSays(t, doctorAt(t.TempDir(), patient, file).want(t, 0).out, "a package file that was signed as it is", "The link works: 1 origin can be reached.")
	s.mu.Lock()
	s.twist = true
	s.mu.Unlock()
	o = doctorAt(t.TempDir(), "--for=8s", url).want(t, 6)
	wantSays(t, o.out, "failed origin ", "are not what was signed", "its origins do not answer as they should")
	o = doctorAt(t.TempDir(), s.URL+"/gone.grove").want(t, 6)
	wantSays(t, o.out, "failed web asked in vain: ", "404", "Nothing was found at")
}

// TestDoctorOutside: local-only mode asks nobody outside, and says so.
func TestDoctorOutside(t *testing.T) {
	t.Parallel()
	link := pack.Link{ID: pack.ID{7}, Manifests: []string{"https://cdn.example.org/a.grove"},
		Peers: []string{"/ip4/8.8.8.8/tcp/1/p2p/12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV"}}.String()
	o := doctorAt(t.TempDir(), link).want(t, 6)
	wantSays(t, o.out, "local-only mode: not on this computer or its local network", "Local-only mode asks the local network alone")
}

func TestDoctorRefuses(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	doctorAt(data, "grove:1/abc").want(t, 2, "not a Grove link")
	doctorAt(data, "--for", "0s").want(t, 2, "--for")
	doctorAt(data, filepath.Join(data, "none.grove")).want(t, 3)
	there := filepath.Join(data, "there.zip")
	putFile(t, []byte("mine"), there)
	if o := doctorAt(data, "--bundle", there).want(t, 13, "already something"); strings.Contains(o.errs, "Looking around") {
		t.Errorf("it is said after the work:\n%s", o.errs)
	}
	if got := getFile(t, there); string(got) != "mine" {
		t.Errorf("%q", got)
	}
	s, err := storage.Open(data, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	doctorAt(data).want(t, 11, "Another Grove is using")
}

// TestDoctorInterrupted: Ctrl-C ends it at once.
func TestDoctorInterrupted(t *testing.T) {
	t.Parallel()
	r := begin(t, "doctor", "--for", "10m", pack.Link{ID: pack.ID{7}}.String(), "--data", t.TempDir())
	r.errs.await(t, "Looking around")
	r.stop()
	r.wait().want(t, 7)
}

// TestDoctorBundle: the archive has everything but who and what. What is in it
// is tested in cmd/internal/doctor.
func TestDoctorBundle(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "Zanzibar holiday.bin")
	putFile(t, []byte("film"), path)
	link, _ := startShare(t, path, "--name", "Zanzibar in spring")
	data, out := t.TempDir(), filepath.Join(t.TempDir(), "report.zip")
	o := doctorAt(data, patient, link, "--bundle", out, "-vv").want(t, 0, "doctor.json", "log.jsonl", "unzip -p", out)
	wantSays(t, o.out, "Zanzibar", "The link works")
	if i, err := os.Stat(out); err != nil || runtime.GOOS != "windows" && i.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", i, err)
	}
	l, err := pack.ParseLink(link)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(out)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"anzibar", data, "127.0.0.1", l.ID.String(), l.ID.Short(), l.Publisher.String(), "12D3Koo", link} {
			if strings.Contains(string(b), secret) {
				t.Errorf("%s: %q is in\n%s", f.Name, secret, b)
			}
		}
		if f.Name == "doctor.txt" {
			wantSays(t, string(b), "The link works: 1 person can be reached.", "(IPv4,loopback)", "package", "somebody answers")
		}
	}
}

func TestUnicodeTerminal(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems do not say by these variables")
	}
	for _, c := range []struct {
		all, ctype, lang string
		want             bool
	}{{"", "", "", false}, {"", "", "de_DE.UTF-8", true}, {"C", "", "de_DE.UTF-8", false}, {"", "en_US.utf8", "C", true}, {"POSIX", "", "", false}} {
		t.Setenv("LC_ALL", c.all)
		t.Setenv("LC_CTYPE", c.ctype)
		t.Setenv("LANG", c.lang)
		if got := unicodeTerminal(); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	data := t.TempDir()
	t.Setenv("LC_ALL", "C")
	o := doctorAt(data, pack.Link{ID: pack.ID{7}, Manifests: []string{"https://cdn.example.org/a.grove"}}.String()).want(t, 6)
	wantSays(t, o.out, "x failed  web", "+ ok      link")
	if strings.ContainsFunc(o.out, func(c rune) bool { return c > 0x7f }) {
		t.Errorf("not ASCII:\n%s", o.out)
	}
}
