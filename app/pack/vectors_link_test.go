package pack

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"
)

// linkVectors are links as they come from pages, mails and terminals.
func linkVectors(tb testing.TB) []vector {
	id := ID(sha256.Sum256([]byte("package")))
	key := urlKey(tb)
	secret := bytes.Repeat([]byte{0xfb}, 32)
	const s43 = "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s"
	const peer = "/ip4/192.0.2.1/tcp/4001/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5"
	full := Link{ID: id, Publisher: key, Manifests: []string{"https://cdn.example.org/film.grove", "http://203.0.113.7:8080/f%20m.grove?a=1&b=2"},
		Peers: []string{peer}, Name: "A film: 100% + é & more", Secret: secret}
	base := "grove:1/" + id.String()
	p := "p=" + key.linkText()
	good := func(name, comment, s, canonical string) vector {
		return vector{name: "link-good-" + name, kind: "link", expect: "ok", comment: comment, result: canonical, body: []byte(s)}
	}
	bad := func(name, comment, s string) vector {
		return vector{name: "link-" + name, kind: "link", expect: string(BadLink), comment: comment, body: []byte(s)}
	}
	newer := func(name, comment, s string) vector {
		return vector{name: "link-" + name, kind: "link", expect: string(NewerLink), comment: comment, body: []byte(s)}
	}
	all := []vector{
		good("least", "the ID alone", base, base),
		good("full", "every key", full.String(), full.String()),
		good("page", "the same in the fragment of a page", full.Page("https://example.org/film/?lang=en"), full.String()),
		good("page-bare", "an ID in the fragment of a page", "http://example.org/#"+base, base),
		good("page-secret", "a secret and nothing else in a page", "https://example.org/a#"+base+"?s="+s43, base+"#s="+s43),
		good("space-around", "white space around it, as it is pasted", "\t "+base+"\r\n", base),
		good("order", "keys in another order", base+"?n=x&"+p, base+"?"+p+"&n=x"),
		good("extension", "keys that begin with x-, once and twice", base+"?x-a=1&x-a=2&n=x&x-b-2=", base+"?n=x"),
		good("plus", "a plus is a plus", base+"?n=a+b", base+"?n=a%2Bb"),
		good("escapes", "more encoding than needed, in lower case", base+"?n=%61%c3%a9%2f", base+"?n=a%C3%A9/"),
		good("equals", "an equals sign in a value", base+"?m=https://example.org/a?b=c", base+"?m=https://example.org/a%3Fb%3Dc"),
		good("three", "three addresses and three peers", base+"?"+strings.Repeat("m=http://example.org/a&", 3)+"a="+peer+"&a="+peer+"&a="+peer,
			base+"?"+strings.Repeat("m=http://example.org/a&", 3)+"a="+peer+"&a="+peer+"&a="+peer),
		newer("newer", "version 2", "grove:2/"+id.String()),
		newer("newer-other", "version 10 with another structure", "grove:10/whatever it is#a#b"[:18]),
		newer("newer-page", "version 2 in a page", "https://example.org/#grove:2/"+id.String()),
		bad("empty", "nothing", ""),
		bad("space", "white space only", " \n "),
		bad("word", "a word", "hello"),
		bad("magnet", "a magnet link", "magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a"),
		bad("url", "a web page without a link", "https://example.org/"),
		bad("page-fragment", "a web page with another fragment", "https://example.org/#top"),
		bad("scheme-upper", "the scheme in upper case", "GROVE"+base[5:]),
		bad("slashes", "two slashes after the scheme", "grove://1/"+id.String()),
		bad("nested", "a link in a link", "grove:"+base),
		bad("version-0", "version 0", "grove:0/"+id.String()),
		bad("version-01", "version 01", "grove:01/"+id.String()),
		bad("version-minus", "version -2", "grove:-2/"+id.String()),
		bad("version-huge", "a version beyond 32 bits", "grove:99999999999/"+id.String()),
		bad("version-none", "no version", "grove:"+id.String()),
		bad("id-none", "no ID", "grove:1/"),
		bad("id-short", "51 characters", base[:len(base)-1]),
		bad("id-long", "53 characters", base+"a"),
		bad("id-upper", "the ID in upper case", "grove:1/"+strings.ToUpper(id.String())),
		bad("id-digits", "digits base32 does not have", "grove:1/"+strings.Repeat("1", 52)),
		bad("id-bits", "left-over bits that are not zero", "grove:1/"+strings.Repeat("a", 51)+"b"),
		bad("id-slash", "a slash after the ID", base+"/"),
		bad("id-escaped", "an encoded letter in the ID", "grove:1/%"+"61"+id.String()[1:]),
		bad("query-empty", "a question mark and nothing after it", base+"?"),
		bad("query-end", "an ampersand at the end", base+"?n=x&"),
		bad("query-double", "two ampersands", base+"?n=x&&"+p),
		bad("query-two", "two question marks", base+"??n=x"),
		bad("no-value", "a key without a value", base+"?n"),
		bad("unknown", "an unknown key", base+"?path=/tmp"),
		bad("start", "a wish to start at once", base+"?start=1"),
		bad("flag", "a flag", base+"?n=x --yes"),
		bad("key-upper", "a key in upper case", base+"?N=x"),
		bad("key-escaped", "an encoded key", base+"?%6e=x"),
		bad("key-extension-bare", "x- and nothing after it", base+"?x-=1"),
		bad("key-extension-escape", "an encoded control byte behind x-", base+"?x-a=%00"),
		bad("p-twice", "two publishers", base+"?"+p+"&"+p),
		bad("p-empty", "an empty publisher", base+"?p="),
		bad("p-base64", "the publisher in minisign's spelling", base+"?p="+escape(key.String(), "")),
		bad("p-short", "a publisher of 43 characters", base+"?"+p[:45]),
		bad("p-weak", "a weak key", base+"?p=RWQ"+strings.Repeat("A", 53)),
		bad("n-twice", "two names", base+"?n=a&n=b"),
		bad("n-empty", "an empty name", base+"?n="),
		bad("n-long", "a name of 201 characters", base+"?n="+strings.Repeat("n", 201)),
		bad("n-control", "an encoded line feed", base+"?n=a%0Ab"),
		bad("n-delete", "an encoded DEL", base+"?n=a%7Fb"),
		bad("n-escape", "an encoded terminal escape", base+"?n=%1B[2J"),
		bad("n-bidi", "an encoded direction character", base+"?n=a%E2%80%AEb"),
		bad("n-c1", "an encoded C1 control character", base+"?n=a%C2%9Bb"),
		bad("n-nfd", "a name in normal form D", base+"?n=e%CC%80"),
		bad("n-utf8", "bytes that are not UTF-8", base+"?n=%FF%FE"),
		bad("n-surrogate", "an encoded surrogate", base+"?n=%ED%A0%80"),
		bad("n-broken", "a broken encoding", base+"?n=%4"),
		bad("n-percent", "a bare percent sign", base+"?n=100%"),
		bad("n-quote", "an encoded quotation mark is fine, a bare one is not", base+`?n="a"`),
		bad("n-angle", "angle brackets", base+"?n=<a>"),
		bad("m-four", "four addresses", base+"?"+strings.Repeat("&m=http://example.org/a", 4)[1:]),
		bad("m-empty", "an empty address", base+"?m="),
		bad("m-folder", "the address of a folder", base+"?m=https://example.org/a/"),
		bad("a-four", "four peers", base+"?"+strings.Repeat("&a="+peer, 4)[1:]),
		bad("a-empty", "an empty peer", base+"?a="),
		bad("a-relative", "a peer address without a slash", base+"?a=ip4/192.0.2.1"),
		bad("a-space", "a peer address with a space", base+"?a=/ip4/%20"),
		bad("a-unicode", "a peer address that is not ASCII", base+"?a=/dns/%C3%A9"),
		bad("a-long", "a peer address of 257 bytes", base+"?a=/"+strings.Repeat("a", 256)),
		bad("s-query", "a secret where servers see it", base+"?s="+s43),
		bad("s-short", "a secret of 42 characters", base+"#s="+s43[1:]),
		bad("s-long", "a secret of 44 characters", base+"#s="+s43+"A"),
		bad("s-empty", "an empty secret", base+"#s="),
		bad("s-base64", "a secret in base64", base+"#s="+strings.NewReplacer("-", "+", "_", "/").Replace(s43)),
		bad("s-bits", "a secret with left-over bits", base+"#s="+s43[:42]+"t"),
		bad("s-padding", "a padded secret", base+"#s="+s43+"="),
		bad("fragment-empty", "an empty fragment", base+"#"),
		bad("fragment-other", "another fragment", base+"#x="+s43),
		bad("fragment-two", "two fragments", base+"#s="+s43+"#s="+s43),
		bad("fragment-more", "more after the secret", base+"#s="+s43+"&n=x"),
		bad("page-two-fragments", "a secret after a second # in a page", "https://example.org/#"+base+"#s="+s43),
		bad("page-s-twice", "two secrets in a page", "https://example.org/#"+base+"?s="+s43+"&s="+s43),
		bad("page-ftp", "a page that is not on the web", "ftp://example.org/#"+base),
		bad("page-file", "a page on a disk", "file:///tmp/a.html#"+base),
		bad("page-script", "a script before the fragment", "javascript:alert(1)#"+base),
		bad("page-user", "a page with a password", "https://a:b@example.org/#"+base),
		bad("page-none", "no page before the fragment", "#"+base),
		bad("inside-space", "a space inside", "grove:1/ "+id.String()),
		bad("inside-line-feed", "a line feed inside", base+"?n=a\nb"),
		bad("inside-nul", "NUL inside", base+"\x00"),
		bad("two", "two links in one line", base+" "+base),
		bad("unicode", "a letter that is not ASCII", base+"?n=é"),
		bad("quoted", "quotation marks around it", `"`+base+`"`),
		bad("option", "an option before it", "--open-link "+base),
		bad("long", "2,049 bytes", base+"?x-a="+strings.Repeat("a", MaxLink+1-len(base)-5)),
	}
	for _, u := range badURLs {
		if u.name == "folder-query" { // is refused as an origin, but may name a .grove file
			continue
		}
		all = append(all, bad("m-"+u.name, "an address: "+u.name, base+"?m="+escape(u.url, linkKeep)))
	}
	return all
}

// pathVectors are file paths; the body has one element a line.
func pathVectors() []vector {
	v := func(name, expect, comment string, path ...string) vector {
		body := ""
		for _, e := range path {
			body += e + "\n"
		}
		return vector{name: "path-" + name, kind: "path", expect: expect, comment: comment, body: []byte(body)}
	}
	all := []vector{
		v("good", "ok", "a file in two folders", "a", "b", "c.txt"),
		v("good-longest-element", "ok", "120 bytes", strings.Repeat("é", 60)),
		v("good-punctuation", "ok", "what is allowed of ASCII", "!#$%&'()+,-.;=@[]^_`{}~ 1"),
		v("good-dots", "ok", "dots that are not at the end", "...a", "a..b", ".a"),
		v("good-unicode", "ok", "NFC, composed and not composable", "é", "日本語", "q\u0308", "🎬"),
		v("good-near-devices", "ok", "nearly device names", "con1", "com", "com10", "lpt¹0", "nula", "xnul", "conin", "aux_"),
		v("none", string(BadName), "no element"),
		v("deep", string(BadName), "17 elements", strings.Split(strings.Repeat("a ", 17), " ")[:17]...),
		v("long", string(BadName), "221 bytes", strings.Repeat("a", 110), strings.Repeat("b", 110)),
		v("utf8", string(BadName), "a byte that is not UTF-8", "a\xff"),
		v("utf8-surrogate", string(BadName), "a surrogate in UTF-8", "a\xed\xa0\x80"),
		v("utf8-overlong", string(BadName), "a slash in two bytes", "a\xc0\xaf"),
		v("utf8-above", string(BadName), "above U+10FFFF", "\xf4\x90\x80\x80"),
		v("second-element", string(BadName), "the fault is in the last element", "a", "b", ".."),
	}
	for _, e := range []struct{ name, comment, element string }{
		{"empty", "an empty element", ""},
		{"long-element", "121 bytes", strings.Repeat("é", 60) + "a"},
		{"dot", "this folder", "."},
		{"parent", "the folder above", ".."},
		{"root", "a slash first", "/etc"},
		{"slash", "a slash inside", "a/b"},
		{"backslash", "a backslash", `..\a`},
		{"drive", "a drive", "C:"},
		{"stream", "an alternate stream", "a.txt:b"},
		{"less", "<", "a<b"}, {"greater", ">", "a>b"}, {"quote", "a quotation mark", `a"b`}, {"pipe", "|", "a|b"},
		{"question", "?", "a?b"}, {"star", "*", "a*b"},
		{"nul-byte", "NUL", "a\x00b"}, {"tab", "a tab", "a\tb"}, {"return", "a carriage return", "a\rb"},
		{"escape", "a terminal's escape", "\x1b[2J"}, {"delete", "DEL", "a\x7f"}, {"c1", "a C1 control character", "a\u0085b"},
		{"soft-hyphen", "a soft hyphen", "a\u00adb"}, {"zero-width", "a zero width space", "a\u200bb"}, {"joiner", "a zero width joiner", "a\u200db"},
		{"left-mark", "a left-to-right mark", "a\u200eb"}, {"bidi", "right-to-left override", "a\u202etxt.exe"}, {"isolate", "an isolate", "a\u2069b"},
		{"bom", "a byte order mark", "\ufeffa"}, {"arabic-mark", "the Arabic letter mark", "a\u061cb"}, {"annotation", "an interlinear anchor", "a\ufff9b"},
		{"line-separator", "a line separator", "a\u2028b"}, {"paragraph-separator", "a paragraph separator", "a\u2029b"}, {"tag", "a tag character", "a\U000e0041"},
		{"noncharacter", "a noncharacter", "a\ufdd0"}, {"nfd", "normal form D", "e\u0301"}, {"singleton", "the Angstrom sign, not in NFC", "\u212b"}, {"kelvin", "the Kelvin sign, not in NFC", "\u212a"},
		{"space-first", "a space first", " a"}, {"space-last", "a space last", "a "}, {"space-only", "a space", " "},
		{"wide-space", "an ideographic space last", "a\u3000"}, {"no-break-space", "a no-break space first", "\u00a0a"},
		{"dot-last", "a dot last", "a."}, {"dots", "three dots", "..."},
		{"con", "CON", "CON"}, {"con-lower", "con with an extension", "con.txt"}, {"con-two", "con with two extensions", "Con.tar.gz"},
		{"con-space", "CON and a space before the extension", "CON .txt"}, {"prn", "PRN", "prn"}, {"aux", "AUX", "aux.c"}, {"nul", "NUL", "NUL"},
		{"conin", "CONIN$", "conin$"}, {"conout", "CONOUT$", "CONOUT$.x"}, {"com0", "COM0", "com0"}, {"com1", "COM1", "COM1.log"}, {"com9", "COM9", "com9"},
		{"com-superscript", "COM and a superscript digit", "COM¹"}, {"lpt1", "LPT1", "lpt1"}, {"lpt-superscript", "LPT and a superscript digit", "lpt³.x"},
		{"office", "an office program's lock", "~$report.docx"}, {"desktop-ini", "desktop.ini", "Desktop.INI"}, {"autorun", "autorun.inf", "autorun.inf"},
		{"ds-store", ".DS_Store", ".DS_Store"}, {"thumbs", "Thumbs.db", "thumbs.db"},
	} {
		all = append(all, v(e.name, string(BadName), e.comment, e.element))
	}
	return all
}
