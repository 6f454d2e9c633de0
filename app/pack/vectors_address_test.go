package pack

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// badURLs are refused wherever a manifest or a link has a web address.
var badURLs = []struct{ name, url string }{
	{"ftp", "ftp://example.org/a"},
	{"file", "file:///etc/passwd"},
	{"javascript", "javascript:alert(1)"},
	{"no-scheme", "//example.org/a"},
	{"relative", "a/b"},
	{"opaque", "https:example.org/a"},
	{"scheme-upper", "HTTPS://example.org/a"},
	{"no-host", "https:///a"},
	{"no-path", "https://example.org"},
	{"user", "https://user@example.org/a"},
	{"password", "https://user:pass@example.org/a"},
	{"empty-user", "https://@example.org/a"},
	{"fragment", "https://example.org/a#b"},
	{"empty-fragment", "https://example.org/a#"},
	{"empty-query", "https://example.org/a?"},
	{"folder-query", "https://example.org/a/?x=1"},
	{"host-upper", "https://Example.org/a"},
	{"host-unicode", "https://exämple.org/a"},
	{"host-escaped", "https://ex%61mple.org/a"},
	{"host-dot", "https://example.org./a"},
	{"host-empty-label", "https://example..org/a"},
	{"host-hyphen", "https://-example.org/a"},
	{"host-long-label", "https://" + strings.Repeat("a", 64) + ".org/a"},
	{"host-decimal", "https://2130706433/a"},
	{"host-hex", "https://0x7f000001/a"},
	{"host-octal", "https://0177.0.0.1/a"},
	{"host-short", "https://127.1/a"},
	{"host-number-last", "https://example.1/a"},
	{"ipv6-long", "https://[0:0:0:0:0:0:0:1]/a"},
	{"ipv6-upper", "https://[2001:DB8::1]/a"},
	{"ipv6-mapped", "https://[::ffff:127.0.0.1]/a"},
	{"ipv6-zone", "https://[fe80::1%25eth0]/a"},
	{"ipv6-open", "https://[::1/a"},
	{"port-empty", "https://example.org:/a"},
	{"port-zero", "https://example.org:0/a"},
	{"port-mail", "http://example.org:25/a"},
	{"port-1023", "http://example.org:1023/a"},
	{"port-large", "http://example.org:65536/a"},
	{"port-leading-zero", "http://example.org:080/a"},
	{"port-word", "http://example.org:http/a"},
	{"space", "https://example.org/a b"},
	{"tab", "https://example.org/a\tb"},
	{"line-feed", "https://example.org/a\nHost: b"},
	{"nul", "https://example.org/a\x00"},
	{"unicode", "https://example.org/ä"},
	{"backslash", "https://example.org\\@localhost/a"},
	{"quote", "https://example.org/a\"b"},
	{"angle", "https://example.org/<a>"},
	{"brace", "https://example.org/{a}"},
	{"bracket", "https://example.org/[a]"},
	{"broken-escape", "https://example.org/%zz"},
	{"broken-escape-query", "https://example.org/a?b=%4"},
	{"escaped-nul", "https://example.org/%00"},
	{"escaped-line-feed", "https://example.org/a?b=%0a"},
	{"dots", "https://example.org/a/../b"},
	{"dot", "https://example.org/./b"},
	{"escaped-dots", "https://example.org/%2e%2e/b"},
	{"long", "https://example.org/" + strings.Repeat("a", MaxURL)},
}

// addressVectors are signed canonical manifests with one address that is
// refused.
func addressVectors(tb testing.TB) []vector {
	refused := func(name, comment string, change func(*Manifest)) vector {
		m, _ := fixedManifest(tb)
		change(&m)
		return vector{name: "package-address-" + name, kind: "package", expect: string(BadManifest), comment: comment, body: signUnchecked(tb, m)}
	}
	const good = "https://cdn.example.org/film/"
	all := []vector{
		refused("origins-many", "nine origins", func(m *Manifest) { m.Origins = slices.Repeat([]string{good}, 9) }),
		refused("origins-huge", "1,000 origins", func(m *Manifest) { m.Origins = slices.Repeat([]string{"x"}, 1000) }),
		refused("origins-empty", "an empty origin", func(m *Manifest) { m.Origins = []string{""} }),
		refused("origins-file", "the address of a file for a package of three", func(m *Manifest) { m.Origins = []string{"https://example.org/film.mkv"} }),
		refused("trackers-many", "nine trackers", func(m *Manifest) { m.Trackers = slices.Repeat([]string{good}, 9) }),
		refused("trackers-user", "a tracker with a password", func(m *Manifest) { m.Trackers = []string{"https://a:b@example.org/"} }),
		refused("relays-many", "nine relays", func(m *Manifest) { m.Relays = slices.Repeat([]string{"/ip4/192.0.2.1"}, 9) }),
		refused("relays-empty", "an empty relay", func(m *Manifest) { m.Relays = []string{""} }),
		refused("relays-space", "a relay with a space", func(m *Manifest) { m.Relays = []string{"/dns4/a b"} }),
		refused("relays-long", "a relay of 1,025 bytes", func(m *Manifest) { m.Relays = []string{"/" + strings.Repeat("a", 1024)} }),
		refused("report-file", "a report to a file", func(m *Manifest) { m.Report = "file:///tmp/x" }),
		refused("feed-fragment", "a feed with a fragment", func(m *Manifest) { m.Feed = "https://example.org/feed#x" }),
		refused("domain-upper", "a domain in upper case", func(m *Manifest) { m.Domain = "Example.org" }),
		refused("domain-unicode", "a domain that is not ASCII", func(m *Manifest) { m.Domain = "exämple.org" }),
		refused("domain-url", "a domain that is an address", func(m *Manifest) { m.Domain = "https://example.org" }),
		refused("domain-port", "a domain with a port", func(m *Manifest) { m.Domain = "example.org:443" }),
		refused("domain-ip", "a domain that is an IPv4 address", func(m *Manifest) { m.Domain = "192.0.2.1" }),
		refused("domain-dot", "a domain that ends with a dot", func(m *Manifest) { m.Domain = "example.org." }),
		refused("floor-large", "a floor above 2^53-1", func(m *Manifest) { m.Floor = 1 << 53 }),
	}
	for _, u := range badURLs {
		if u.name == "no-path" { // for an origin another rule comes first; the link has it too
			continue
		}
		all = append(all, refused("origin-"+u.name, "an origin: "+u.name, func(m *Manifest) {
			oneFile(m, "film.mkv")
			m.Origins = []string{u.url}
		}))
	}
	return all
}

// keyVectors are public keys and key files.
func keyVectors(tb testing.TB) []vector {
	key := fixedKey(tb, 1)
	public := key.Public()
	bad := func(name, comment, s string) vector {
		return vector{name: "key-" + name, kind: "key", expect: string(BadKey), comment: comment, body: []byte(s)}
	}
	with := func(change func(k *PublicKey)) string {
		k := public
		change(&k)
		return k.String()
	}
	text := public.String()
	all := []vector{
		{name: "key-good", kind: "key", expect: "ok", comment: "minisign's spelling", result: public.Fingerprint(), body: []byte(text)},
		{name: "key-good-link", kind: "key", expect: "ok", comment: "the spelling used in links", result: urlKey(tb).Fingerprint(), body: []byte(urlKey(tb).linkText())},
		bad("empty", "no key", ""),
		bad("short", "55 characters", text[:55]),
		bad("long", "57 characters", text+"A"),
		bad("line-feed", "a line feed inside", text[:20]+"\n"+text[21:]),
		bad("letters", "characters that are not base64", text[:20]+"*"+text[21:]),
		bad("mixed", "both spellings in one", "+-"+text[2:]),
		bad("algorithm", "another algorithm than Ed", with(func(k *PublicKey) { k[1] = 'D' })),
		bad("file", "a whole public key file", public.FileText()),
		bad("other-spelling", "y is p + 3", with(func(k *PublicKey) {
			copy(k[10:], bytes.Repeat([]byte{0xff}, 32))
			k[10], k[41] = 0xf0, 0x7f
		})),
		bad("other-spelling-last", "y is 2^255 - 1, with the sign bit", with(func(k *PublicKey) { copy(k[10:], bytes.Repeat([]byte{0xff}, 32)) })),
		bad("other-spelling-zero", "y is p, another spelling of 0", with(func(k *PublicKey) {
			copy(k[10:], bytes.Repeat([]byte{0xff}, 32))
			k[10], k[41] = 0xed, 0x7f
		})),
	}
	for i, order := range []string{"4", "1", "2", "8a", "8b"} {
		for _, sign := range []byte{0, 0x80} {
			s := map[byte]string{0: "", 0x80: "-sign"}[sign]
			all = append(all, bad("small-order-"+order+s, "a point of order "+order[:1], with(func(k *PublicKey) {
				copy(k[10:], smallOrder[i][:])
				k[41] |= sign
			})))
		}
	}
	return append(all, keyFileVectors(tb, key)...)
}

func keyFileVectors(tb testing.TB, key SecretKey) []vector {
	file, err := key.MarshalFile("")
	if err != nil {
		tb.Fatal(err)
	}
	raw, err := readKeyFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	with := func(change func(b []byte)) []byte {
		b := slices.Clone(raw)
		change(b)
		return []byte(secretComment + base64.StdEncoding.EncodeToString(b) + "\n")
	}
	protected := func(ops, memory uint64) []byte {
		return with(func(b []byte) {
			copy(b[2:], "Sc")
			binary.LittleEndian.PutUint64(b[38:], ops)
			binary.LittleEndian.PutUint64(b[46:], memory)
		})
	}
	v := func(name string, expect Reason, comment string, b []byte) vector {
		return vector{name: "keyfile-" + name, kind: "keyfile", expect: string(expect), comment: comment, body: b}
	}
	return []vector{
		v("good", "ok", "not protected", file),
		v("good-crlf", "ok", "line ends of Windows", bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n"))),
		v("protected", WrongPass, "protected, opened without a passphrase", protected(maxScryptOps, maxScryptMemory)),
		v("costs-memory", BadKey, "asks for 2 GiB", protected(maxScryptOps, 2*maxScryptMemory)),
		v("costs-time", BadKey, "asks for endless work", protected(1<<63, maxScryptMemory)),
		v("empty", BadKey, "no bytes", nil),
		v("public", BadKey, "a public key file", []byte(key.Public().FileText())),
		v("no-comment", BadKey, "no comment line", file[len(secretComment):]),
		v("short", BadKey, "157 bytes", []byte(secretComment+base64.StdEncoding.EncodeToString(raw[:157])+"\n")),
		v("halves", BadKey, "the public half of another key", with(func(b []byte) {
			other := fixedKey(tb, 2).Public()
			copy(b[publicAt:], other[10:])
		})),
		v("kind", BadKey, "another kind of key", with(func(b []byte) { b[0] = 'X' })),
		v("derivation", BadKey, "an unknown key derivation", with(func(b []byte) { b[2] = 'X' })),
		v("checksum-kind", BadKey, "an unknown checksum", with(func(b []byte) { b[4] = 'X' })),
		v("large", BadKey, "more than 4 KiB", append(slices.Clone(file), make([]byte, maxKeyFile)...)),
		v("more-lines", BadKey, "a third line", append(slices.Clone(file), "x\n"...)),
	}
}

// hashVectors are hash lists and posters of two of the good packages.
func hashVectors(tb testing.TB) []vector {
	_, b := fixedManifest(tb)
	list := b.List()
	v := func(kind, name string, expect Reason, comment, of string, body []byte) vector {
		return vector{name: kind + "-" + name, kind: kind, expect: string(expect), comment: comment, of: "package-good-" + of, body: body}
	}
	changed := slices.Clone(list)
	changed[40] ^= 1
	swapped := slices.Concat(list[32:64], list[:32], list[64:])
	return []vector{
		v("hashes", "good", "ok", "three pieces", "plain", list),
		v("hashes", "good-none", "ok", "no pieces", "empty-file", nil),
		v("hashes", "empty", BadHashes, "no bytes", "plain", nil),
		v("hashes", "short", BadHashes, "a byte is missing", "plain", list[:95]),
		v("hashes", "few", BadHashes, "a piece is missing", "plain", list[:64]),
		v("hashes", "many", BadHashes, "a piece too many", "plain", append(slices.Clone(list), make([]byte, 32)...)),
		v("hashes", "changed", BadHashes, "one bit changed", "plain", changed),
		v("hashes", "swapped", BadHashes, "two pieces in the other order", "plain", swapped),
		v("hashes", "some", BadHashes, "pieces for a package without", "empty-file", list[:32]),
		v("hashes", "text", BadHashes, "the hashes as text", "plain", []byte(Hash(sha256.Sum256(list)).String())),
		v("poster", "good", "ok", "the poster", "every-field", []byte("poster")),
		v("poster", "other", BadHashes, "another poster", "every-field", []byte("postes")),
		v("poster", "none", BadHashes, "a package without one", "plain", []byte("poster")),
		v("poster", "large", BadHashes, "more than 64 KiB", "every-field", make([]byte, MaxPoster+1)),
	}
}
