package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"grove/app/pack"
)

// signed makes a package of files with the given paths, all empty but the
// first.
func signed(t *testing.T, m pack.Manifest, paths ...string) *pack.Package {
	t.Helper()
	key, err := pack.NewKey(bytes.NewReader(make([]byte, 40)))
	if err != nil {
		t.Fatal(err)
	}
	b := pack.NewBuild(pack.MinPiece)
	for i, path := range paths {
		content := filler(path, max(0, 4000-4000*i))
		whole, pieces, size, err := pack.HashFile(bytes.NewReader(content), pack.MinPiece)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Add(strings.Split(path, "/"), whole, pieces, size); err != nil {
			t.Fatal(err)
		}
	}
	b.Fill(&m)
	m.Publisher, m.Created = key.Public(), time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	grove, err := pack.Sign(m, key)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pack.Open(grove)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func pageOf(t *testing.T, p *pack.Package, poster []byte) string {
	t.Helper()
	stem, err := fileStem(p.Manifest.Name, p.Manifest.Files[0].Path[0])
	if err != nil {
		t.Fatal(err)
	}
	folder := originFolder(p.Manifest.Origins[0])
	link := pack.Link{ID: p.ID, Publisher: p.Publisher(), Manifests: []string{folder + escapeElement(stem+".grove")}, Name: p.Manifest.Name}
	page, err := landingPage(landing{Package: p, Poster: poster, Link: link, Page: folder + escapeElement(stem+".html"), Grove: link.Manifests[0], Stem: stem})
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// codeBlocks are the commands on a page.
func codeBlocks(page string) (blocks []string) {
	for _, m := range regexp.MustCompile(`(?s)<pre><code>(.*?)</code></pre>`).FindAllStringSubmatch(page, -1) {
		blocks = append(blocks, html.UnescapeString(m[1]))
	}
	return blocks
}

func TestLandingPage(t *testing.T) {
	p := signed(t, pack.Manifest{
		Name: "Feature film", About: "A film.\nIn two lines.", Expires: time.Date(2027, 5, 3, 0, 0, 0, 0, time.UTC),
		Origins: []string{"https://cdn.example.org/films/", "https://mirror.example.net/f/"},
	}, "film.mkv", "extra/sub titles #1 100%.srt")
	page := pageOf(t, p, onePixel)
	for _, want := range []string{
		`<html lang="en">`,
		`<title>Feature film</title>`,
		`4.0 kB in 2 files`,
		`until 3 May 2027`,
		p.Publisher().Fingerprint(),
		`href="grove:1/` + p.ID.String() + `?p=`,
		`href="https://cdn.example.org/films/film.mkv" download`,
		`href="https://cdn.example.org/films/extra/sub%20titles%20%231%20100%25.srt"`,
		`href="https://mirror.example.net/f/film.mkv"`,
		p.Manifest.Files[0].SHA256.String(),
		`href="Feature%20film.sha256"`,
		`sha256sum --check &#39;Feature film.sha256&#39;`,
		`href="https://cdn.example.org/films/Feature%20film.html#grove:1/` + p.ID.String(),
		`src="data:image/png;base64,`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if again := pageOf(t, p, onePixel); again != page {
		t.Error("the same package makes two pages")
	}
	if bare := pageOf(t, p, nil); strings.Contains(bare, "<img") {
		t.Error("a picture without a poster")
	}
}

// TestLandingPageLoadsNothing holds the policy to the style it names, and the
// page to the policy.
func TestLandingPageLoadsNothing(t *testing.T) {
	page := pageOf(t, signed(t, pack.Manifest{Name: "F", Origins: []string{"https://cdn.example.org/"}}, "film.mkv"), onePixel)
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(page)
	sum := sha256.Sum256([]byte(style[1]))
	if want := "style-src &#39;sha256-" + html.EscapeString(base64.StdEncoding.EncodeToString(sum[:])) + "&#39;"; !strings.Contains(page, want) {
		t.Errorf("the policy does not allow the page's own style: %s", want)
	}
	if strings.Contains(style[1], "url(") || strings.Contains(style[1], "@import") {
		t.Error("the style loads something")
	}
	for _, bad := range []string{"<script", "<link", "<iframe", "<form", " style=", " onclick", "javascript:", "ZgotmplZ"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	for _, src := range regexp.MustCompile(`src="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(src[1], "data:image/png;base64,") {
			t.Errorf("the page loads %s", src[1])
		}
	}
}

// TestLandingPageOfHostileNames: what a stranger wrote stays text.
func TestLandingPageOfHostileNames(t *testing.T) {
	for _, name := range []string{
		`<script>alert(1)</script>`,
		`"><img src=x onerror=alert(1)>`,
		`'; alert(1); //`,
		`{{.Style}} & </title></style>`,
		`javascript:alert(1)`,
		"`${alert(1)}`",
		`'"; rm -rf ~ #`,
		"日本語 עברית",
	} {
		// What a file may be called is less than what a title may say.
		file := strings.Trim(strings.NewReplacer("<", "(", ">", ")", `"`, "'", ":", ";", "/", "-", `\`, "-", "|", "-", "?", "!", "*", "x").Replace(name), ". ")
		p := signed(t, pack.Manifest{Name: name, About: name + "\n" + name, Origins: []string{"https://cdn.example.org/a'b&c/"}}, file+".mkv", file+"/"+file)
		page := pageOf(t, p, nil)
		for _, bad := range []string{"<script", "<img", "onerror=alert(1)>", "</title></style>"} {
			if strings.Contains(page, bad) {
				t.Errorf("%q became %s", name, bad)
			}
		}
		if !strings.Contains(page, "<title>"+html.EscapeString(name)+"</title>") && !strings.Contains(html.UnescapeString(page), "<title>"+name+"</title>") {
			t.Errorf("%q is not the title", name)
		}
		tags := regexp.MustCompile(`<[a-z]`).FindAllString(page, -1)
		if plain := pageOf(t, signed(t, pack.Manifest{Name: "F", About: "A", Origins: p.Manifest.Origins}, "a.mkv", "b/c"), nil); len(tags) != len(regexp.MustCompile(`<[a-z]`).FindAllString(plain, -1)) {
			t.Errorf("%q changes how many tags there are", name)
		}
		if _, err := exec.LookPath("sh"); err == nil {
			checkShell(t, p, page)
		}
	}
}

// checkShell lets a shell read the names in the commands on the page.
func checkShell(t *testing.T, p *pack.Package, page string) {
	t.Helper()
	stem, err := fileStem(p.Manifest.Name, p.Manifest.Files[0].Path[0])
	if err != nil {
		t.Fatal(err)
	}
	first := codeBlocks(page)[0]
	got := shell(t, t.TempDir(), "printf %s "+strings.TrimPrefix(first, "sha256sum --check "), "")
	if strings.TrimPrefix(got, "./") != stem+".sha256" {
		t.Errorf("a shell reads %q for %q", got, stem+".sha256")
	}
}

func TestLandingPageOfManyFiles(t *testing.T) {
	var paths []string
	for i := range 700 {
		paths = append(paths, fmt.Sprintf("f%03d.txt", i))
	}
	page := pageOf(t, signed(t, pack.Manifest{Name: "Many", Origins: []string{"https://cdn.example.org/"}}, paths...), nil)
	if n := strings.Count(page, "<li>"); n != pageFiles {
		t.Errorf("%d files are listed", n)
	}
	if !strings.Contains(page, "and 200 more") {
		t.Error("the rest is not mentioned")
	}
}
