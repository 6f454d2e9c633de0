package pack

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"aead.dev/minisign"
)

// signBytes signs any bytes as if they were a manifest, with the comment Open
// expects.
func signBytes(key SecretKey, body []byte, seq uint64) []byte {
	return signWith(key, body, trustedComment(body, seq), signComment)
}

func signWith(key SecretKey, body []byte, trustedComment, untrustedComment string) []byte {
	r := minisign.NewReader(bytes.NewReader(body))
	if err := readAll(r); err != nil {
		panic(err)
	}
	return append(r.SignWithComments(key.key, trustedComment, untrustedComment), body...)
}

// signUnchecked signs a manifest whatever it holds.
func signUnchecked(tb testing.TB, m Manifest) []byte {
	tb.Helper()
	m.Type, m.V = manifestType, Version
	body := m.encode(nil)
	return signBytes(fixedKey(tb, 1), body, m.Seq)
}

// fixedBody is the canonical manifest of fixedManifest.
func fixedBody(tb testing.TB) string {
	tb.Helper()
	m, _ := fixedManifest(tb)
	m.Type, m.V = manifestType, Version
	body := m.encode(nil)
	return string(body)
}

func goodPackage(tb testing.TB, name, comment string, change func(*Manifest)) vector {
	tb.Helper()
	m, _ := fixedManifest(tb)
	change(&m)
	grove := mustSign(tb, m, fixedKey(tb, 1))
	p, err := Open(grove)
	if err != nil {
		tb.Fatal(err)
	}
	return vector{name: "package-good-" + name, kind: "package", expect: "ok", comment: comment, result: p.ID.String(), body: grove}
}

func oneFile(m *Manifest, path ...string) {
	m.Files = []File{{Path: path, Size: 5, SHA256: sha256.Sum256([]byte("hello"))}}
	m.Hashes = sha256.Sum256(m.Files[0].SHA256[:])
}

// goodPackages are accepted.
func goodPackages(tb testing.TB) []vector {
	all := []vector{
		goodPackage(tb, "plain", "three files, one of them empty, and a series", func(*Manifest) {}),
		goodPackage(tb, "least", "nothing that may be left out", func(m *Manifest) {
			m.Series, m.Seq, m.About, m.Origins = "", 0, "", nil
			oneFile(m, "a")
		}),
		goodPackage(tb, "every-field", "all fields of version 1 but sealed", func(m *Manifest) {
			m.Expires = fixedTime.AddDate(10, 0, 0)
			m.Trackers = []string{"https://tracker.example.org/routing/v1"}
			m.Relays = []string{"/dns4/relay.example.org/tcp/4001/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5"}
			m.Floor, m.Report, m.Feed = 1_000_000, "https://example.org/report", "https://example.org/feed.grovefeed?x=1"
			m.Domain, m.Poster = "example.org", sha256.Sum256([]byte("poster"))
		}),
		goodPackage(tb, "file-origin", "an origin that is the one file, with a query", func(m *Manifest) {
			oneFile(m, "film.mkv")
			m.Origins = []string{"https://cdn.example.org/a%20b/film.mkv?token=1%2F2", "http://[2001:db8::1]:8080/film.mkv"}
		}),
		goodPackage(tb, "unicode", "names and texts in other scripts, in NFC", func(m *Manifest) {
			oneFile(m, "Übung", "日本語 – фильм.mkv")
			m.Name, m.About = "Crème brûlée 🎬", "שלום <b>&amp;</b> \\ \"x\""
		}),
		goodPackage(tb, "longest-path", "16 elements, 220 bytes", func(m *Manifest) {
			path := slices.Repeat([]string{"abcdefghijkl"}, 15)
			oneFile(m, append(path, strings.Repeat("z", MaxPath-15*13))...)
		}),
		goodPackage(tb, "longest-texts", "a name of 200 and a description of 4,000 characters", func(m *Manifest) {
			m.Name, m.About = strings.Repeat("é", MaxText), strings.Repeat("é", MaxAbout)
			m.Series, m.Seq = strings.Repeat("s", 64), maxCount
		}),
		goodPackage(tb, "largest", "1 TiB in 131,072 pieces", func(m *Manifest) {
			m.Piece, m.Files = MaxPiece, []File{{Path: []string{"a"}, Size: MaxSize}}
		}),
		goodPackage(tb, "empty-file", "one file of no bytes, no piece", func(m *Manifest) {
			m.Files, m.Hashes = []File{{Path: []string{"a"}, SHA256: sha256.Sum256(nil)}}, sha256.Sum256(nil)
		}),
		goodPackage(tb, "like-names", "names that are nearly devices, nearly folders of each other", func(m *Manifest) {
			m.Files = nil
			for _, p := range [][]string{{"console"}, {"com"}, {"com10"}, {"a"}, {"a b"}, {"a.b", "a"}, {"ab", "a"}, {"...x"}, {"~x"}, {"$~"}, {".hidden"}, {"strasse"}, {"e"}, {"é"}} {
				m.Files = append(m.Files, File{Path: p})
			}
		}),
		goodPackage(tb, "ten-years", "expires a second after it was created", func(m *Manifest) { m.Expires = fixedTime.Add(time.Second) }),
	}
	body := []byte(fixedBody(tb))
	other := signWith(fixedKey(tb, 1), body, trustedComment(body, 3), "signature from minisign secret key")
	return append(all, vector{name: "package-good-other-comment", kind: "package", expect: "ok", body: other,
		comment: "the untrusted comment is free", result: ID(sha256.Sum256(body)).String()})
}

// signatureVectors are wrong in their first four lines.
func signatureVectors(tb testing.TB) []vector {
	body := []byte(fixedBody(tb))
	key := fixedKey(tb, 1)
	good := signBytes(key, body, 3)
	sig := func(change func(lines []string)) []byte {
		lines := strings.SplitAfterN(string(good), "\n", 5)
		change(lines)
		return []byte(strings.Join(lines, ""))
	}
	raw := func(line *string, change func(b []byte)) {
		b, err := base64.StdEncoding.DecodeString(*line)
		if err != nil {
			tb.Fatal(err)
		}
		change(b)
		*line = base64.StdEncoding.EncodeToString(b) + "\n"
	}
	addOrder := func(s []byte) { // S + L, the other scalar for the same signature
		order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
		slices.Reverse(s)
		new(big.Int).Add(new(big.Int).SetBytes(s), order).FillBytes(s)
		slices.Reverse(s)
	}
	comment := func(c string) []byte { return signWith(key, body, c, signComment) }
	id := ID(sha256.Sum256(body)).String()
	bad := func(name string, why Reason, comment string, b []byte) vector {
		return vector{name: "package-signature-" + name, kind: "package", expect: string(why), comment: comment, body: b}
	}
	legacy := minisign.SignWithComments(key.key, body, trustedComment(body, 3), signComment)
	return []vector{
		bad("none", Unsigned, "the manifest alone", body),
		bad("empty", Unsigned, "no bytes at all", nil),
		bad("web-page", Unsigned, "a login page instead of a package", []byte("<!doctype html>\n<title>Log in</title>\n\n\n\n")),
		bad("bom", Unsigned, "a byte order mark before the lines", append([]byte("\ufeff"), good...)),
		bad("only", BadSignature, "four lines and no manifest", good[:bytes.IndexByte(good, '{')]),
		bad("three-lines", BadSignature, "the file ends in the third line", good[:bytes.Index(good, []byte("seq="))]),
		bad("long", BadSignature, "lines of more than 1,024 bytes", signWith(key, body, trustedComment(body, 3), strings.Repeat("x", 1000))),
		bad("crlf", BadSignature, "lines that end with CR LF", sig(func(l []string) {
			for i := range 4 {
				l[i] = strings.TrimSuffix(l[i], "\n") + "\r\n"
			}
		})),
		bad("space", BadSignature, "a space after the signature", sig(func(l []string) { l[1] = strings.TrimSuffix(l[1], "\n") + " \n" })),
		bad("cr-inside", BadSignature, "a carriage return inside the base64", sig(func(l []string) { l[1] = l[1][:20] + "\r" + l[1][20:] })),
		bad("left-over-bits", BadSignature, "base64 whose unused bits are not zero", sig(func(l []string) {
			l[3] = strings.Replace(l[3], l[3][len(l[3])-4:], string(l[3][len(l[3])-4]+1)+"==\n", 1)
		})),
		bad("short", BadSignature, "a signature one byte short", sig(func(l []string) {
			b, _ := base64.StdEncoding.DecodeString(l[1])
			l[1] = base64.StdEncoding.EncodeToString(b[:len(b)-1]) + "\n"
		})),
		bad("legacy", BadSignature, "tag Ed: not prehashed, but valid for minisign", append(legacy, body...)),
		bad("unknown-tag", BadSignature, "an algorithm tag nobody knows", sig(func(l []string) { raw(&l[1], func(b []byte) { b[1] = 'X' }) })),
		bad("wrong", BadSignature, "one bit of the signature changed", sig(func(l []string) { raw(&l[1], func(b []byte) { b[20] ^= 1 }) })),
		bad("wrong-global", BadSignature, "one bit of the second signature changed", sig(func(l []string) { raw(&l[3], func(b []byte) { b[20] ^= 1 }) })),
		bad("plus-order", BadSignature, "S + L instead of S", sig(func(l []string) { raw(&l[1], func(b []byte) { addOrder(b[42:]) }) })),
		bad("plus-order-global", BadSignature, "S + L in the second signature", sig(func(l []string) { raw(&l[3], func(b []byte) { addOrder(b[32:]) }) })),
		bad("key-number", BadSignature, "another key number than the publisher's", sig(func(l []string) { raw(&l[1], func(b []byte) { b[2] ^= 1 }) })),
		bad("other-key", BadSignature, "signed with a key that is not the publisher's", signBytes(fixedKey(tb, 2), body, 3)),
		bad("altered", BadSignature, "one letter of the manifest changed", bytes.Replace(good, []byte("A film"), []byte("B film"), 1)),
		bad("cut", BadSignature, "the last byte of the manifest is missing", good[:len(good)-1]),
		bad("swapped-comment", BadSignature, "a trusted comment that was not signed", bytes.Replace(good, []byte("seq=3"), []byte("seq=4"), 1)),
		bad("other-package", BadSignature, "signature and comment of another package", comment(strings.Replace(trustedComment(body, 3), id, ID{}.String(), 1))),
		bad("timestamp", BadSignature, "minisign's own trusted comment", comment("timestamp:1795348800")),
		bad("seq-differs", BadSignature, "the comment says 4, the manifest 3", comment(trustedComment(body, 4))),
		bad("seq-zero-first", BadSignature, "seq=03", comment("grove1 "+id+" seq=03")),
		bad("seq-missing", BadSignature, "no seq in the comment", comment("grove1 "+id)),
		bad("comment-more", BadSignature, "more after seq", comment(trustedComment(body, 3)+" x")),
		bad("comment-2", BadSignature, "grove2 in the comment of version 1", comment("grove2 "+id+" seq=3")),
		bad("comment-upper", BadSignature, "the ID in upper case", comment("grove1 "+strings.ToUpper(id)+" seq=3")),
		bad("untrusted-escape", BadSignature, "a control sequence in the untrusted comment", signWith(key, body, trustedComment(body, 3), "\x1b[2J")),
		bad("untrusted-unicode", BadSignature, "the untrusted comment is not ASCII", signWith(key, body, trustedComment(body, 3), "é")),
		bad("blank-line", BadSignature, "a blank line before the manifest", bytes.Replace(good, []byte("\n{"), []byte("\n\n{"), 1)),
		bad("two", BadSignature, "two sets of signature lines", append(slices.Clone(good[:bytes.IndexByte(good, '{')]), good...)),
	}
}
