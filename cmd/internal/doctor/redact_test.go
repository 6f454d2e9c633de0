package doctor

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

const (
	testPeer = "12D3KooWJ1qUQ6vXkVJ3gRkQZzXkVJ3gRkQZzXkVJ3gRkQZzX"
	testID   = "mzxw6ytboi3dcmjqgezdgnbvgy3tqojqmfrggzdfmztwq2lknnwg"
	testKey  = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"
)

// testRedactor knows what a bundle's would.
func testRedactor() *Redactor {
	r := NewRedactor()
	r.Hide("name", "Summer of the file", "no such file")
	r.Hide("user", "reader")
	r.Hide("host", "window")
	r.Hide("path", "/data/of/reader")
	r.Show("settings.json", "v0.51.0-rc.1")
	return r
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		// Addresses: the code, family and class, and the port.
		"dial tcp4 192.168.1.4:4001: connect: connection refused": "dial tcp4 ip-a(IPv4,private):4001: connect: connection refused",
		"192.168.1.4, 8.8.8.8 and 192.168.1.4 again":              "ip-a(IPv4,private), ip-b(IPv4,public) and ip-a(IPv4,private) again",
		"dial [2001:4860:4860::8888]:443 from ::1":                "dial [ip-a(IPv6,public)]:443 from ip-b(IPv6,loopback)",
		"fe80::1%eth0 and ::ffff:10.0.0.1/104, 100.64.1.1":        "ip-a(IPv6,private) and ip-b(IPv4,private), ip-c(IPv4,reserved)",
		"(127.0.0.1)": "(ip-a(IPv4,loopback))",
		"x10.1.2.3y 10.1.2.3.4 ip-10-1-2-3 0x7f000001 2130706433":   "… … … … #",
		"00:11:22:33:44:55 de:ad:be:ef:00:11":                       "… …",
		"/ip4/10.0.0.1/tcp/4001/p2p/" + testPeer + " is refused":    "/ip4/ip-a(IPv4,private)/tcp/4001/p2p/peer-a is refused",
		"/ip6/::1/udp/9/quic-v1":                                    "/ip6/ip-a(IPv6,loopback)/udp/9/quic-v1",
		"/dns4/cdn.example.org/tcp/1/p2p/Qm1/p2p-circuit/p2p/Qm2":   "/dns4/host-a/tcp/1/p2p/peer-a/p2p-circuit/p2p/peer-b",
		"/ip4/not.an.address/tcp/1 /ip4/1.2.3.4/secret/5 /ip4":      "(path) (path) (path)",
		"lookup cdn.example.org on 10.0.0.1:53: no such host":       "lookup host-a on ip-a(IPv4,private):53: no such host",
		"listen udp relay.example.org:9: cdn.example.org.":          "listen udp host-a:9: host-b.",
		"https://u:pw@cdn.example.org/film?a=file is not allowed":   "(https:host-a) is not allowed",
		"http://[::1]:8080/x, ftp://a.b/c!":                         "(http:ip-a(IPv6,loopback)), (address)!",
		"https://page.example.org/#grove:1/" + testID + "?n=x#s=ab": "(link)",
		"grove:1/" + testID + "?n=name,of(file)&a=/ip4/1.2.3.4":     "(link)",
		"GROVE:1/ab and web+grove:1/" + testID:                      "(link) and web+(link)",

		// Who and what.
		testPeer + " ends in " + testPeer[len(testPeer)-8:]: "peer-a ends in peer-a",
		"package " + testID + " is " + testID[:8] + ".":     "package package-a is package-a.",
		testKey + " deadbeef RWQ Zm9vYmFyCg==":              "… … … …==",
		"summer of the FILE, 4213221004 bytes of 34 GB":     "name-a, # bytes of 34 GB",
		"reader@window: readers, windows; the reader":       "user-a@host-a: readers, windows; the user-a",
		"annika@example.org wrote":                          "…@host-a wrote",
		`the package "name" by “name” and "8.8.8.8"`:        `the package "…" by … and "ip-a(IPv4,public)"`,
		`"a \"b\" c" "" "unfinished`:                        `"…" "" "unfinished`,
		"Ünïcode ŉ \u202e\x00 tab\tand\nline":               "… … … …\tand\nline",

		// Paths.
		"open /home/ann/film.mkv: permission denied":   "open (path): permission denied",
		`C:\Users\ann\x.mkv, \\server\share and ./a/b`: "(path), (path) and .…",
		"/data/of/reader/settings.json in /data/of/":   "path-a(path) in (path)",
		"linux/amd64 is read/write, a/b/c is not":      "linux/amd64 is read/write, … is not",

		"[99 50 86 106 99 109] 1, 2, 3, 4, 5, 6, 7 and 1 2 3": "[#] # and 1 2 3",
		"https://a.b/x, \"https://c.d/y\" at https://a.b.":    "(https:host-a), \"(https:host-b)\" at (https:host-a).",

		// What is kept.
		"2026-11-03T12:00:00.25Z 2026-11-03 12:05:06 1.5s 1h2m3s 34 % of 20GB": "2026-11-03T12:00:00.25Z 2026-11-03 12:05:06 1.5s 1h2m3s 34 % of 20GB",
		"v0.51.0-rc.1 1.26.8 settings.json HTTP/2: no route to host":           "v0.51.0-rc.1 1.26.8 settings.json HTTP/2: no route to host",
		"the publisher's server doesn't answer (404), retry-after=5":           "the publisher's server doesn't answer (404), retry-after=5",
	} {
		r := testRedactor()
		got := r.Text(in)
		if got != want {
			t.Errorf("%q\nis  %q\nnot %q", in, got, want)
		}
		if again := r.Text(got); again != got {
			t.Errorf("%q changes to %q", got, again)
		}
	}
}

// What is hidden stays hidden whatever it is made of, and says the same each
// time.
func TestRedactHidden(t *testing.T) {
	r := testRedactor()
	if a, b := r.Text("no such file"), r.Text("open: No Such File!"); a != "name-a" || b != "open: name-a!" {
		t.Errorf("%q, %q", a, b)
	}
	r.Hide("name", "a", "", " ", "77", "read this\nfirst line")
	if got := r.Text("read this, first line"); got != "name-b, name-c" {
		t.Errorf("%q: a text of two lines", got)
	}
	if got := r.Text(strings.Repeat("file ", maxLine)); len(got) > maxLine+2*len(gone) || !strings.HasSuffix(got, gone) {
		t.Errorf("%d bytes of a long line", len(got))
	}
	if got := r.Text("a 77"); got != "a 77" {
		t.Errorf("%q: what says nothing riddles the text", got)
	}
	if got := r.Text("name-bob name-a"); got != "… name-a" {
		t.Errorf("%q: a text that looks like a code is none", got)
	}
}

func TestRedactValue(t *testing.T) {
	type inner struct {
		Addr string         `json:"addr"`
		N    int64          `json:"n"`
		More map[string]any `json:"more"`
		List []string       `json:"list"`
	}
	in := struct {
		One *inner `json:"one"`
	}{&inner{"8.8.8.8", 4213221004, map[string]any{"summerhouse": "ann", "size": 5, "deep": map[string]any{"a": "ann"}}, []string{"/home/ann", "file"}}}
	out, err := Redacted(testRedactor(), in)
	if err != nil {
		t.Fatal(err)
	}
	o := out.One
	if o.Addr != "ip-a(IPv4,public)" || o.N != 4213221004 || o.List[0] != "(path)" || o.List[1] != "file" ||
		len(o.More) != 2 || o.More["…"] != "…" || o.More["size"] != 5.0 {
		t.Errorf("%+v", o)
	}
	if in.One.Addr != "8.8.8.8" {
		t.Error("the original was changed")
	}
}

// TestWordsAreHarmless: what is kept is lower case, once each, and no word of
// the kind that titles and people are called.
func TestWordsAreHarmless(t *testing.T) {
	if len(harmless) < 1000 {
		t.Fatalf("%d words", len(harmless))
	}
	for w := range harmless {
		if strings.ToLower(w) != w || strings.ContainsFunc(w, func(c rune) bool { return c > unicode.MaxASCII || !isWordRune(c) }) {
			t.Errorf("%q", w)
		}
	}
	for w := range strings.FieldsSeq("ann anna bob alice ben eve film holiday birthday wedding invoice salary summer beach music song concert contract lawyer nude party war mother father") {
		if harmless[w] {
			t.Errorf("%q is in the list", w)
		}
	}
}

// leaked is a word in out that is neither harmless nor a code.
func leaked(out string) string {
	for _, w := range strings.FieldsFunc(out, func(c rune) bool { return !unicode.IsLetter(c) }) {
		if !harmless[strings.ToLower(w)] && utf8.RuneCountInString(w) > 3 && w != "IPv" {
			return w
		}
	}
	return ""
}

// FuzzRedact: whatever comes in, only harmless words and codes come out.
func FuzzRedact(f *testing.F) {
	for _, s := range []string{
		"dial tcp4 192.168.1.4:4001: connect: connection refused", `"a \"b\" c" "`, "/ip4/10.0.0.1/tcp/4001/p2p/" + testPeer,
		"https://user:pw@cdn.example.org/film/file?a=part(1).", "grove:1/" + testID + "#s=x", `C:\Users\ann`, "fe80::1%eth0", "1.5s of ann's 20GB",
		"Summer of the file", "=\"=/\\'\n", "/p2p/name-a", "ip-a(IPv4,public)", "http://[", testKey, "\xff\xfe", "a.b.c:1", "K\u212A reader",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := testRedactor()
		out := r.Text(s)
		if w := leaked(out); w != "" {
			t.Errorf("%q became %q, with %q in it", s, out, w)
		}
		if w := leaked(r.Text(out)); w != "" {
			t.Errorf("%q became %q, and that has %q in it", s, out, w)
		}
	})
}

// FuzzPlanted: a secret in the middle of a message does not come out, in
// whatever form it is written.
func FuzzPlanted(f *testing.F) {
	f.Add("hunter", uint8(0))
	f.Add("Nordlicht", uint8(3))
	f.Add("zq7", uint8(9))
	frames := []string{
		"open %s: no such file", "open /home/%s/x: permission denied", `"%s" is not the address of a peer`, "https://%s.example.org/%s?x=%s is refused",
		"user %s, host %s, name=%s", "/dns4/%s/tcp/1/p2p/%s", "grove:1/%s?n=%s#s=%s", "https://a.org/x#grove:1/%s", "proxy http://ann:%s@127.0.0.1:9",
		"dial tcp: lookup %s: no such host", "key %s.", "(%s)", "[%s]:80", "peer %s banned: reason=%s", "a/%s", `C:\%s\x`, "%s", "x%sx", `Get "https://%s.org/%s": dial tcp: lookup %s on 10.0.0.1:53: no such host`, "%s=%s", "--%s", "1.2.3.4%%%s", "/ip6zone/%s/ip6/fe80::1",
	}
	f.Fuzz(func(t *testing.T, secret string, frame uint8) {
		// Letters of which at least four in a row make no harmless word.
		secret = strings.Map(func(c rune) rune {
			if c > unicode.MaxASCII || !isWordRune(c) {
				return -1
			}
			return c
		}, secret)
		if len(secret) < 4 || len(secret) > 40 || harmless[strings.ToLower(secret)] || isDigits(secret) || isDuration(secret) || isAmount(secret) {
			return
		}
		text := strings.ReplaceAll(frames[int(frame)%len(frames)], "%s", secret)
		r := testRedactor()
		out := r.Text(text)
		if strings.Contains(strings.ToLower(strings.ReplaceAll(out, "…", " ")), strings.ToLower(secret)) && !strings.Contains(strings.ToLower(strings.ReplaceAll(frames[int(frame)%len(frames)], "%s", " ")), strings.ToLower(secret)) {
			t.Errorf("%q became %q", text, out)
		}
	})
}
