package pack

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// jsonVectors are signed as they should be, but are not the canonical JSON of
// a manifest.
func jsonVectors(tb testing.TB) []vector {
	body, key := fixedBody(tb), fixedKey(tb, 1)
	signed := func(name string, why Reason, comment, body string) vector {
		return vector{name: "package-json-" + name, kind: "package", expect: string(why), comment: comment, body: signBytes(key, []byte(body), 3)}
	}
	edit := func(name, comment, old, new string) vector {
		if !strings.Contains(body, old) {
			tb.Fatalf("%s: %s is not in the manifest", name, old)
		}
		return signed(name, BadManifest, comment, strings.Replace(body, old, new, 1))
	}
	all := []vector{
		signed("nothing", BadManifest, "only a newline", "\n"),
		signed("null", BadManifest, "null", "null\n"),
		signed("list", BadManifest, "a list around it", "["+strings.TrimSpace(body)+"]\n"),
		signed("empty", BadManifest, "an empty object", "{}\n"),
		signed("two", BadManifest, "two manifests", body+body),
		signed("trailing", BadManifest, "bytes after the end", body+"x"),
		signed("no-newline", BadManifest, "no newline at the end", strings.TrimSpace(body)),
		signed("two-newlines", BadManifest, "two newlines at the end", body+"\n"),
		signed("crlf", BadManifest, "CR LF at the end", strings.TrimSpace(body)+"\r\n"),
		signed("bom", BadManifest, "a byte order mark", "\ufeff"+body),
		signed("deep", BadManifest, "nested 5,000 deep", strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+"\n"),
		signed("closing", BadManifest, "more closing than opening brackets", "]]]]\n"),
		signed("unclosed", BadManifest, "an object that never ends", strings.TrimSuffix(body, "}\n")),
		edit("space", "a space after a comma", `,"v":1`, `, "v":1`),
		edit("order", "two fields in another order", `"type":"grove-package","v":1`, `"v":1,"type":"grove-package"`),
		edit("unknown-field", "a field version 1 does not have", `"v":1,`, `"v":1,"path":"/tmp",`),
		edit("unknown-field-inside", "a file with a field version 1 does not have", `"size":0,`, `"size":0,"mode":511,`),
		edit("twice", "a field given twice", `"piece":262144`, `"piece":262144,"piece":262144`),
		edit("twice-differently", "a field given twice, the second time in another case", `"piece":262144`, `"piece":1,"PIECE":262144`),
		edit("case", "a field in upper case", `"piece"`, `"Piece"`),
		edit("escape", "a letter written as an escape", `"A film"`, `"\u0041 film"`),
		edit("escaped-slash", "a slash written as an escape", `"https://`, `"https:\/\/`),
		edit("escaped-html", "a quotation mark that need not be escaped", `“quotes”`, `\u201cquotes\u201d`),
		edit("surrogate", "half a surrogate pair", `"A film"`, `"A \ud800 film"`),
		edit("bad-utf8", "a byte that is not UTF-8", `"A film"`, "\"A \xff film\""),
		edit("line-feed", "a line feed inside a string", `lines,\nthe`, "lines,\nthe"),
		edit("fraction", "a number with a fraction of zero", `262144`, `262144.0`),
		edit("exponent", "a number with an exponent", `"v":1`, `"v":1e0`),
		edit("minus-zero", "minus zero", `"size":0`, `"size":-0`),
		edit("leading-zero", "a number with a leading zero", `262144`, `0262144`),
		edit("overflow", "a number beyond 64 bits", `"size":1234`, `"size":18446744073709551616`),
		edit("number-as-text", "a number in quotation marks", `"size":1234`, `"size":"1234"`),
		edit("text-as-number", "a number instead of text", `"A film"`, `1`),
		edit("null-name", "null instead of text", `"A film"`, `null`),
		edit("null-path", "null instead of a path", `["film.mkv"]`, `null`),
		edit("null-files", "null instead of the files", body[strings.Index(body, `[{`):strings.Index(body, `,"hashes"`)], `null`),
		edit("empty-list", "an empty list that should be left out", `"origins":["https://cdn.example.org/film/"]`, `"origins":[]`),
		edit("empty-text", "an empty text that should be left out", `"about":"Two lines,\nthe second with “quotes”."`, `"about":""`),
		edit("zero-poster", "a poster hash of zeros, which should be left out", `}`+"\n", `,"poster":"`+Hash{}.String()+`"}`+"\n"),
		edit("hash-upper", "a hash in upper case", sumText("film.mkv"), strings.ToUpper(sumText("film.mkv"))),
		edit("hash-short", "a hash of 62 digits", sumText("film.mkv"), sumText("film.mkv")[2:]),
		edit("hash-letters", "a hash that is not hexadecimal", sumText("film.mkv"), strings.Repeat("g", 64)),
		edit("time-offset", "a time with an offset", `12:00:00Z`, `13:00:00+01:00`),
		edit("time-zero-offset", "UTC in its other spelling", `12:00:00Z`, `12:00:00+00:00`),
		edit("time-fraction", "a time with half a second", `12:00:00Z`, `12:00:00.5Z`),
		edit("time-zero-fraction", "a time with a fraction of zero", `12:00:00Z`, `12:00:00.0Z`),
		edit("time-lower", "a time with small letters", `2026-11-22T12:00:00Z`, `2026-11-22t12:00:00z`),
		edit("time-no-day", "the 30th of February", `2026-11-22T`, `2026-02-30T`),
		edit("path-text", "a path as one text", `["film.mkv"]`, `"film.mkv"`),
		edit("version-0", "version 0", `"v":1`, `"v":0`),
		edit("version-text", "a version as text", `"v":1`, `"v":"2"`),
		edit("version-late", "version 2 that is not where every version has it", `"v":1,`, `"V":2,`),
		edit("type", "another type", `grove-package`, `grove-feed`),
		edit("publisher-empty", "no publisher", key.Public().String(), ""),
		signed("publisher-url-form", BadKey, "the publisher in the form used in links", strings.Replace(body, key.Public().String(), urlKey(tb).linkText(), 1)),
		signed("version-2", NewerPackage, "version 2", strings.Replace(body, `"v":1`, `"v":2`, 1)),
		signed("version-2-other", NewerPackage, "version 2 with another structure", `{"type":"grove-package","v":2,"parts":[[[[[[[1]]]]]]]}`+"\n"),
		signed("version-far", NewerPackage, "version 999999999", strings.Replace(body, `"v":1`, `"v":999999999`, 1)),
		signed("version-too-far", BadManifest, "a version beyond nine digits", strings.Replace(body, `"v":1`, `"v":9999999999`, 1)),
	}
	for _, field := range []string{"type", "v", "publisher", "created", "name", "piece", "files", "hashes"} {
		end := map[string]string{"type": `"v"`, "v": `"publisher"`, "publisher": `"series"`, "created": `"name"`, "name": `"about"`,
			"piece": `"files"`, "files": `"hashes"`, "hashes": `"origins"`}[field]
		from := strings.Index(body, `"`+field+`":`)
		all = append(all, edit("without-"+field, field+" is missing", body[from:strings.Index(body, end)], ""))
	}
	return all
}

// urlKey is a key that base64 and base64url spell differently.
func urlKey(tb testing.TB) PublicKey {
	for n := byte(1); ; n++ {
		if k := fixedKey(tb, n).Public(); k.linkText() != k.String() {
			return k
		}
	}
}

func sumText(name string) string {
	n := map[string]int{"film.mkv": MinPiece + 1000}[name]
	return Hash(sha256.Sum256(content(name, n))).String()
}

// ruleVectors are signed canonical manifests that break one rule.
func ruleVectors(tb testing.TB) []vector {
	rule := func(name string, why Reason, comment string, change func(*Manifest)) vector {
		m, _ := fixedManifest(tb)
		change(&m)
		return vector{name: "package-rule-" + name, kind: "package", expect: string(why), comment: comment, body: signUnchecked(tb, m)}
	}
	files := func(paths ...[]string) func(*Manifest) {
		return func(m *Manifest) {
			m.Files = nil
			for _, p := range paths {
				m.Files = append(m.Files, File{Path: p})
			}
		}
	}
	sizes := func(piece int64, sizes ...int64) func(*Manifest) {
		return func(m *Manifest) {
			m.Piece, m.Files = piece, nil
			for i, s := range sizes {
				m.Files = append(m.Files, File{Path: []string{fmt.Sprint("f", i)}, Size: s})
			}
		}
	}
	all := []vector{
		rule("seq-alone", BadManifest, "seq without series", func(m *Manifest) { m.Series = "" }),
		rule("series-alone", BadManifest, "series without seq", func(m *Manifest) { m.Seq = 0 }),
		rule("seq-large", BadManifest, "seq above 2^53-1", func(m *Manifest) { m.Seq = 1 << 53 }),
		rule("series-letters", BadManifest, "a series in upper case", func(m *Manifest) { m.Series = "Film" }),
		rule("series-long", BadManifest, "a series of 65 characters", func(m *Manifest) { m.Series = strings.Repeat("a", 65) }),
		rule("created-early", BadManifest, "created in 1999", func(m *Manifest) { m.Created = m.Created.AddDate(-27, 0, 0) }),
		rule("created-late", BadManifest, "created in 3000", func(m *Manifest) { m.Created = time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC) }),
		rule("created-never", BadManifest, "created in the year 1", func(m *Manifest) { m.Created = time.Time{} }),
		rule("expires-before", BadManifest, "expires before it was created", func(m *Manifest) { m.Expires = m.Created.Add(-time.Second) }),
		rule("expires-at-once", BadManifest, "expires when it was created", func(m *Manifest) { m.Expires = m.Created }),
		rule("expires-late", BadManifest, "expires ten years and a second later", func(m *Manifest) { m.Expires = m.Created.AddDate(10, 0, 0).Add(time.Second) }),
		rule("name-empty", BadManifest, "an empty name", func(m *Manifest) { m.Name = "" }),
		rule("name-long", BadManifest, "a name of 201 characters", func(m *Manifest) { m.Name = strings.Repeat("é", 201) }),
		rule("name-line-feed", BadManifest, "a name of two lines", func(m *Manifest) { m.Name = "a\nb" }),
		rule("name-escape", BadManifest, "a terminal's escape in the name", func(m *Manifest) { m.Name = "a\x1b[31mb" }),
		rule("name-bidi", BadManifest, "a name that turns the direction", func(m *Manifest) { m.Name = "invoice\u202efdp.exe" }),
		rule("name-isolate", BadManifest, "a direction isolate in the name", func(m *Manifest) { m.Name = "a\u2066b" }),
		rule("name-nfd", BadManifest, "a name in normal form D", func(m *Manifest) { m.Name = "Cre\u0300me" }),
		rule("name-c1", BadManifest, "a C1 control character in the name", func(m *Manifest) { m.Name = "a\u009bb" }),
		rule("name-delete", BadManifest, "DEL in the name", func(m *Manifest) { m.Name = "a\x7fb" }),
		rule("name-noncharacter", BadManifest, "a noncharacter in the name", func(m *Manifest) { m.Name = "a\uffffb" }),
		rule("about-long", BadManifest, "a description of 4,001 characters", func(m *Manifest) { m.About = strings.Repeat("x", 4001) }),
		rule("about-tab", BadManifest, "a tab in the description", func(m *Manifest) { m.About = "a\tb" }),
		rule("about-return", BadManifest, "a carriage return in the description", func(m *Manifest) { m.About = "a\r\nb" }),
		rule("about-line-separator", BadManifest, "a line separator in the description", func(m *Manifest) { m.About = "a\u2028b" }),
		rule("about-invisible", BadManifest, "a zero width space in the description", func(m *Manifest) { m.About = "a\u200bb" }),
		rule("piece-odd", BadManifest, "a piece size that is no power of two", sizes(300_000, 1)),
		rule("piece-small", BadManifest, "pieces of 128 KiB", sizes(128<<10, 1)),
		rule("piece-large", BadManifest, "pieces of 16 MiB", sizes(16<<20, 1)),
		rule("piece-zero", BadManifest, "pieces of no bytes", sizes(0, 1)),
		rule("piece-negative", BadManifest, "pieces of a negative size", sizes(-1<<63, 1)),
		rule("files-none", BadManifest, "no file", func(m *Manifest) { m.Files = []File{} }),
		rule("size-negative", BadManifest, "a file of -1 bytes", sizes(MinPiece, -1)),
		rule("size-large", BadManifest, "a file of 1 TiB and a byte", sizes(MaxPiece, MaxSize+1)),
		rule("size-largest", BadManifest, "a file of 2^63-1 bytes", sizes(MaxPiece, 1<<63-1)),
		rule("size-sum", BadManifest, "two files of 1 TiB", sizes(MaxPiece, MaxSize, MaxSize)),
		rule("size-sum-overflow", BadManifest, "sizes whose sum is 5 in 64 bits", sizes(MaxPiece, slices.Concat(slices.Repeat([]int64{1<<63 - 1}, 2), []int64{7})...)),
		rule("pieces-many", BadManifest, "131,073 pieces", sizes(MinPiece, MaxPieces*MinPiece, 1)),
		rule("floor-negative", BadManifest, "a negative floor", func(m *Manifest) { m.Floor = -1 }),
		rule("sealed", NewerPackage, "a sealed package", func(m *Manifest) { m.Sealed = "age" }),
		rule("path-none", BadName, "a file without a path", files([]string{})),

		rule("path-parent", BadName, "a path that leaves the folder", files([]string{"..", "a"})),
		rule("path-slash", BadName, "a slash inside an element", files([]string{"../a"})),
		rule("path-device", BadName, "a device name", files([]string{"sub", "NUL.txt"})),
		rule("path-deep", BadManifest, "17 elements: refused before it is decoded", files(slices.Repeat([]string{"a"}, 17))),
		rule("path-long", BadName, "221 bytes", files([]string{strings.Repeat("a", 110), strings.Repeat("b", 110)})),
		rule("same-path", BadName, "a path twice", files([]string{"a", "b"}, []string{"c"}, []string{"a", "b"})),
		rule("same-folded", BadName, "paths that differ in case", files([]string{"A", "b"}, []string{"a", "B"})),
		rule("same-folded-unicode", BadName, "paths that differ in the case of é", files([]string{"É"}, []string{"é"})),
		rule("same-folded-sharp", BadName, "ß and ss", files([]string{"straße"}, []string{"STRASSE"})),
		rule("same-folded-sigma", BadName, "the two small sigmas", files([]string{"λόγος"}, []string{"λόγοσ"})),
		rule("same-folded-long-s", BadName, "s and long s", files([]string{"so"}, []string{"ſo"})),
		rule("file-is-folder", BadName, "a file that is a folder too", files([]string{"a"}, []string{"a", "b"})),
		rule("folder-is-file", BadName, "the same, the other way round and further apart", files([]string{"a", "b", "c"}, []string{"a b"}, []string{"a-b"}, []string{"A"})),
	}
	return append(all, publisherVectors(tb)...)
}

// publisherVectors carry keys that must not be accepted as a publisher's.
func publisherVectors(tb testing.TB) []vector {
	var all []vector
	for _, v := range keyVectors(tb) {
		if v.kind != "key" || v.expect == "ok" || len(v.body) != 56 || strings.ContainsAny(string(v.body), "\"\\\n\x00") {
			continue
		}
		body := strings.Replace(fixedBody(tb), fixedKey(tb, 1).Public().String(), string(v.body), 1)
		all = append(all, vector{name: "package-publisher-" + strings.TrimPrefix(v.name, "key-"), kind: "package", expect: string(BadKey),
			comment: "publisher: " + v.comment, body: signBytes(fixedKey(tb, 1), []byte(body), 3)})
	}
	return all
}
