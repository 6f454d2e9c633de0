package pack

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/vectors again")

const vectorFolder = "testdata/vectors"

// vector is one input with the outcome that every implementation must have.
type vector struct {
	name    string
	kind    string // package, link, path, key, keyfile, hashes, poster, order, place, map
	expect  string // ok, or a Reason
	comment string
	of      string // hashes, poster: the name of the package vector they are for
	result  string // ok only: a package's ID, a link's canonical spelling, a key's fingerprint, the digest of an order or a map, a place
	body    []byte
}

// text is the vector as a file: header lines, a blank line, the body.
func (v vector) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "expect: %s\nkind: %s\ncomment: %s\n", v.expect, v.kind, v.comment)
	if v.of != "" {
		fmt.Fprintf(&b, "of: %s\n", v.of)
	}
	if v.result != "" {
		fmt.Fprintf(&b, "result: %s\n", v.result)
	}
	body, encoding := string(v.body), "text"
	switch {
	case v.kind == "path":
		encoding, body = "percent", escape(body, " \n<>:\"/\\|?*$()'+,;=@[]^`{}!&#")
	case v.kind != "link" && v.kind != "key" || strings.ContainsFunc(body, func(r rune) bool { return r < ' ' || r > '~' }):
		encoding, body = "base64", lines(base64.StdEncoding.EncodeToString(v.body))
	}
	fmt.Fprintf(&b, "encoding: %s\n\n%s\n", encoding, body)
	return b.String()
}

func lines(s string) string {
	var b strings.Builder
	for len(s) > 76 {
		b.WriteString(s[:76] + "\n")
		s = s[76:]
	}
	return b.String() + s
}

// parseVector reads a vector file.
func parseVector(name, s string) (vector, error) {
	v := vector{name: name}
	head, body, ok := strings.Cut(s, "\n\n")
	if !ok {
		return v, fmt.Errorf("%s: no blank line", name)
	}
	encoding := ""
	for line := range strings.SplitSeq(head, "\n") {
		key, value, _ := strings.Cut(line, ": ")
		field := map[string]*string{"expect": &v.expect, "kind": &v.kind, "comment": &v.comment, "of": &v.of, "result": &v.result, "encoding": &encoding}[key]
		if field == nil {
			return v, fmt.Errorf("%s: header %q", name, line)
		}
		*field = value
	}
	body = strings.TrimSuffix(body, "\n")
	var err error
	switch encoding {
	case "text":
		v.body = []byte(body)
	case "base64":
		v.body, err = base64.StdEncoding.DecodeString(body)
	case "percent":
		for i := 0; i < len(body); i++ {
			c := body[i]
			if c == '%' {
				c, _ = unhex(body[i+1:])
				i += 2
			}
			v.body = append(v.body, c)
		}
	default:
		err = fmt.Errorf("encoding %q", encoding)
	}
	return v, err
}

// path is the body of a path vector: each element ends with a line feed.
func (v vector) path() []string {
	if len(v.body) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(v.body), "\n"), "\n")
}

// loadVectors reads all vector files.
func loadVectors(tb testing.TB) map[string]vector {
	tb.Helper()
	files, err := filepath.Glob(vectorFolder + "/*.txt")
	if err != nil || len(files) == 0 {
		tb.Fatalf("no vectors: %v", err)
	}
	all := map[string]vector{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			tb.Fatal(err)
		}
		v, err := parseVector(strings.TrimSuffix(filepath.Base(f), ".txt"), string(b))
		if err != nil {
			tb.Fatal(err)
		}
		all[v.name] = v
	}
	return all
}

// TestVectorFiles holds the files to the generator: go test -run TestVectorFiles
// -update writes them.
func TestVectorFiles(t *testing.T) {
	want := map[string]string{}
	for _, v := range slices.Concat(goodPackages(t), signatureVectors(t), jsonVectors(t), ruleVectors(t), addressVectors(t),
		linkVectors(t), pathVectors(), keyVectors(t), hashVectors(t), orderVectors(t), placeVectors(t), mapVectors(t)) {
		name := filepath.Join(vectorFolder, v.name+".txt")
		if want[name] != "" {
			t.Fatalf("two vectors named %s", v.name)
		}
		want[name] = v.text()
	}
	if *update {
		if err := os.RemoveAll(vectorFolder); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(vectorFolder, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range want {
			if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	have, err := filepath.Glob(vectorFolder + "/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	if len(have) != len(want) {
		t.Errorf("%d files, the generator makes %d", len(have), len(want))
	}
	for name, text := range want {
		if b, err := os.ReadFile(name); err != nil || string(b) != text {
			t.Errorf("%s is not what the generator makes (%v)", name, err)
		}
	}
}

// TestVectors puts every vector through every entry point that takes its kind.
func TestVectors(t *testing.T) {
	all := loadVectors(t)
	good, bad := map[string]int{}, map[string]int{}
	for name, v := range all {
		t.Run(name, func(t *testing.T) {
			switch v.kind {
			case "package":
				testPackageVector(t, v)
			case "link":
				testLinkVector(t, v)
			case "path":
				testPathVector(t, v)
			case "key":
				testKeyVector(t, v)
			case "keyfile":
				_, err := OpenKeyFile(v.body, "")
				v.judge(t, err)
			case "hashes":
				p, err := Open(all[v.of].body)
				if err != nil {
					t.Fatal(err)
				}
				_, err = p.CheckHashes(v.body)
				v.judge(t, err)
			case "poster":
				p, err := Open(all[v.of].body)
				if err != nil {
					t.Fatal(err)
				}
				v.judge(t, p.CheckPoster(v.body))
			case "order":
				testOrderVector(t, v)
			case "place":
				testPlaceVector(t, v)
			case "map":
				testMapVector(t, v)
			default:
				t.Fatalf("kind %q", v.kind)
			}
		})
		if v.expect == "ok" {
			good[v.kind]++
		} else {
			bad[v.kind]++
		}
	}
	t.Logf("accepted %v, refused %v", good, bad)
	if bad["package"] < 100 || bad["link"] < 40 || bad["path"] < 40 {
		t.Errorf("too few bad vectors: %v", bad)
	}
}

// judge compares the outcome with the header, and looks at the error's text:
// it goes to terminals and windows.
func (v vector) judge(t *testing.T, err error) {
	t.Helper()
	if v.expect == "ok" {
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	wantReason(t, err, Reason(v.expect))
	t.Log(err)
	if checkCharacters(err.Error(), "") != nil || len(err.Error()) > 1000 {
		t.Errorf("error text is not safe to show: %q", err)
	}
}

func testPackageVector(t *testing.T, v vector) {
	p, err := Open(v.body)
	v.judge(t, err)
	if err != nil {
		if p != nil {
			t.Error("a package and an error")
		}
		return
	}
	if p.ID.String() != v.result {
		t.Errorf("ID %s, want %s", p.ID, v.result)
	}
	if !bytes.Equal(p.Bytes(), v.body) {
		t.Error("Bytes differs from the input")
	}
	again := p.Manifest.encode(nil)
	if !bytes.HasSuffix(v.body, append([]byte("\n"), again...)) {
		t.Errorf("encoded again:\n%s", again)
	}
	if other, err := json.Marshal(p.Manifest); err != nil || !equalJSON(t, other, again) {
		t.Errorf("encoding/json writes something else, %v:\n%s", err, other)
	}
}

// equalJSON compares two spellings of one value.
func equalJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := errors.Join(json.Unmarshal(a, &x), json.Unmarshal(b, &y)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

func testLinkVector(t *testing.T, v vector) {
	l, err := ParseLink(string(v.body))
	v.judge(t, err)
	if err == nil && l.String() != v.result {
		t.Errorf("canonical %s, want %s", l, v.result)
	}
}

// testPathVector also has the path signed, as the only file of a package.
func testPathVector(t *testing.T, v vector) {
	v.judge(t, CheckPath(v.path()))
	m, _ := fixedManifest(t)
	m.Files = []File{{Path: v.path()}}
	m.Hashes = Hash{}
	_, err := Sign(m, fixedKey(t, 1))
	v.judge(t, err)
}

// testKeyVector also reads the key as a manifest's publisher would be.
func testKeyVector(t *testing.T, v vector) {
	k, err := ParsePublicKey(string(v.body))
	v.judge(t, err)
	var text PublicKey
	if textErr := text.UnmarshalText(v.body); len(v.body) > 0 && (err == nil && k.String() == string(v.body)) != (textErr == nil) {
		t.Errorf("as text: %v", textErr)
	}
	if err == nil && k.Fingerprint() != v.result {
		t.Errorf("fingerprint %s, want %s", k.Fingerprint(), v.result)
	}
}
