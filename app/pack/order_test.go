package pack

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

// fixedOrder is a small valid order.
func fixedOrder(tb testing.TB) Order {
	tb.Helper()
	return Order{Type: orderType, V: Version, Do: Keep, Depot: "https://depot.example.org/", Package: ID{1, 2, 3},
		Publisher: fixedKey(tb, 1).Public(), Until: fixedTime.AddDate(0, 1, 0), At: fixedTime}
}

func mustSignOrder(tb testing.TB, o Order) []byte {
	tb.Helper()
	b, err := SignOrder(o, fixedKey(tb, 1))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// signOrderBytes signs any bytes as if they were an order.
func signOrderBytes(key SecretKey, body []byte) []byte {
	return signWith(key, body, orderComment(body), orderSignComment)
}

// orderVectors are orders that every depot takes, and some that none does.
func orderVectors(tb testing.TB) []vector {
	key := fixedKey(tb, 1)
	good := func(name, comment string, change func(*Order)) vector {
		o := fixedOrder(tb)
		change(&o)
		return vector{name: "order-good-" + name, kind: "order", expect: "ok", comment: comment,
			result: o.Digest().String(), body: mustSignOrder(tb, o)}
	}
	bad := func(name string, why Reason, comment string, b []byte) vector {
		return vector{name: "order-" + name, kind: "order", expect: string(why), comment: comment, body: b}
	}
	rule := func(name, comment string, change func(*Order)) vector {
		o := fixedOrder(tb)
		change(&o)
		return bad("rule-"+name, BadManifest, comment, signOrderBytes(key, o.encode()))
	}
	body := fixedOrder(tb).encode()
	text := func(name, comment, old, new string) vector {
		return bad("json-"+name, BadManifest, comment, signOrderBytes(key, bytes.Replace(body, []byte(old), []byte(new), 1)))
	}
	whole := signOrderBytes(key, body)
	m, _ := fixedManifest(tb)
	grove := mustSign(tb, m, key)
	manifest := afterSignature(grove)
	weak := fixedOrder(tb)
	weak.Publisher = PublicKey([]byte("Ed" + string(make([]byte, 40))))
	return []vector{
		good("keep", "keep a package for a month", func(*Order) {}),
		good("drop", "an order to delete has no until", func(o *Order) { o.Do, o.Until = Drop, time.Time{} }),
		good("path", "a depot below a path, on a port, by address", func(o *Order) { o.Depot = "http://[2001:db8::1]:8080/a%20b/" }),

		bad("none", Unsigned, "the order alone", body),
		bad("package", BadSignature, "a package is no order", grove),
		bad("package-comment", BadSignature, "an order under the comment of a package", signWith(key, body, trustedComment(body, 0), signComment)),
		bad("manifest", BadManifest, "a manifest under the comment of an order", signOrderBytes(key, manifest)),
		bad("altered", BadSignature, "one letter of the depot changed", bytes.Replace(whole, []byte("depot.example"), []byte("depos.example"), 1)),
		bad("other-key", BadSignature, "signed with a key that is not the publisher's", signOrderBytes(fixedKey(tb, 2), body)),
		bad("other-order", BadSignature, "the comment of another order", signWith(key, body, orderComment([]byte("{}\n")), orderSignComment)),
		bad("cut", BadSignature, "the last byte is missing", whole[:len(whole)-1]),
		bad("weak-key", BadKey, "a weak key as publisher", signOrderBytes(key, weak.encode())),
		bad("long", BadManifest, "more than 4,096 bytes", signOrderBytes(key, append(bytes.Clone(body), make([]byte, MaxOrder)...))),

		text("field", "an unknown field", `,"at"`, `,"x":1,"at"`),
		text("space", "white space", `,"at"`, `, "at"`),
		text("order", "fields in another order", `{"type":"grove-order","v":1`, `{"v":1,"type":"grove-order"`),
		text("twice", "a field given twice", `"v":1,`, `"v":1,"v":1,`),
		text("case", "a field in capitals", `"do"`, `"Do"`),
		text("zone", "a time that is not in UTC", "12:00:00Z\"}", "13:00:00+01:00\"}"),
		text("id", "a package ID in capitals", ID{1, 2, 3}.String(), strings.ToUpper(ID{1, 2, 3}.String())),
		text("no-at", "no time", `,"at":"2026-11-22T12:00:00Z"`, ""),

		rule("version", "a newer version", func(o *Order) { o.V = 2 }),
		rule("type", "the type of a package", func(o *Order) { o.Type = manifestType }),
		rule("do", "an unknown deed", func(o *Order) { o.Do = "sell" }),
		rule("keep-until", "keep without an end", func(o *Order) { o.Until = time.Time{} }),
		rule("keep-past", "an end that is not after the order", func(o *Order) { o.Until = o.At }),
		rule("keep-long", "more than ten years", func(o *Order) { o.Until = o.At.AddDate(10, 0, 1) }),
		rule("drop-until", "drop with an end", func(o *Order) { o.Do = Drop }),
		rule("year", "the year 1999", func(o *Order) { o.At = o.At.AddDate(-27, 0, 0); o.Until = o.At.Add(time.Hour) }),
		rule("fraction", "half a second", func(o *Order) { o.At = o.At.Add(time.Second / 2) }),
		rule("depot-file", "a depot's address that does not end in /", func(o *Order) { o.Depot = "https://depot.example.org/d" }),
		rule("depot-query", "a depot's address with a query", func(o *Order) { o.Depot = "https://depot.example.org/?a=/" }),
		rule("depot-scheme", "neither http nor https", func(o *Order) { o.Depot = "ftp://depot.example.org/" }),
		rule("depot-long", "so long that no file fits behind it", func(o *Order) { o.Depot = "https://example.org/" + strings.Repeat("a", 320) + "/" }),
	}
}

// placeVectors: the body is the 42 bytes of the key, the 32 of the manifest's
// hashes, and the secret.
func placeVectors(tb testing.TB) []vector {
	m, _ := fixedManifest(tb)
	place := func(name, comment string, secret []byte) vector {
		b := append(append(m.Publisher[:], m.Hashes[:]...), secret...)
		return vector{name: "place-" + name, kind: "place", expect: "ok", comment: comment,
			result: Place(m.Publisher, m.Hashes, secret), body: b}
	}
	return []vector{
		place("public", "a package for everybody", nil),
		place("private", "a private share: its secret behind the rest", bytes.Repeat([]byte{7}, linkSecret)),
	}
}

func testOrderVector(t *testing.T, v vector) {
	o, err := OpenOrder(v.body)
	v.judge(t, err)
	if err != nil {
		if o != (Order{}) {
			t.Error("an order and an error")
		}
		return
	}
	if o.Digest().String() != v.result {
		t.Errorf("digest %s, want %s", o.Digest(), v.result)
	}
	again := o.encode()
	if !bytes.HasSuffix(v.body, append([]byte("\n"), again...)) {
		t.Errorf("encoded again:\n%s", again)
	}
	if other, err := json.Marshal(o); err != nil || !equalJSON(t, other, again) {
		t.Errorf("encoding/json writes something else, %v:\n%s", err, other)
	}
}

func testPlaceVector(t *testing.T, v vector) {
	var key PublicKey
	var hashes Hash
	rest := v.body[copy(key[:], v.body):]
	rest = rest[copy(hashes[:], rest):]
	if got := Place(key, hashes, rest); got != v.result || len(got) != placeLength {
		t.Errorf("%s, want %s", got, v.result)
	}
}

// TestPlaceNeedsTheSecret: the public place, and the private one, say nothing
// of each other.
func TestPlaceNeedsTheSecret(t *testing.T) {
	m, _ := fixedManifest(t)
	a, b := bytes.Repeat([]byte{1}, linkSecret), bytes.Repeat([]byte{2}, linkSecret)
	seen := map[string]bool{}
	for _, p := range []string{
		Place(m.Publisher, m.Hashes, nil), Place(m.Publisher, m.Hashes, a), Place(m.Publisher, m.Hashes, b),
		Place(m.Publisher, Hash{1}, nil), Place(fixedKey(t, 2).Public(), m.Hashes, nil),
	} {
		if seen[p] || strings.Trim(p, "abcdefghijklmnopqrstuvwxyz234567") != "" {
			t.Errorf("%s", p)
		}
		seen[p] = true
	}
}

// TestSignOrder: the caller says what counts, the rest is filled in.
func TestSignOrder(t *testing.T) {
	o := fixedOrder(t)
	zone := time.FixedZone("", 3600)
	loose := Order{Do: o.Do, Depot: o.Depot, Package: o.Package, Publisher: o.Publisher,
		Until: o.Until.In(zone).Add(time.Millisecond), At: o.At.In(zone).Add(time.Millisecond)}
	got, err := OpenOrder(mustSignOrder(t, loose))
	if err != nil || got != o {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = SignOrder(o, fixedKey(t, 2))
	wantReason(t, err, BadKey)
	o.Do = "sell"
	_, err = SignOrder(o, fixedKey(t, 1))
	wantReason(t, err, BadManifest)
}

// TestOrderIsNoPackage: whoever holds a signed order cannot pass it off as a
// package, and the other way round.
func TestOrderIsNoPackage(t *testing.T) {
	_, err := Open(mustSignOrder(t, fixedOrder(t)))
	wantReason(t, err, BadSignature)
	m, _ := fixedManifest(t)
	_, err = OpenOrder(mustSign(t, m, fixedKey(t, 1)))
	wantReason(t, err, BadSignature)
}

func TestCheckDepot(t *testing.T) {
	longest := "https://example.org/" + strings.Repeat("a", maxDepot-len("https://example.org//")) + "/"
	for base, ok := range map[string]bool{
		"https://depot.example.org/": true, "http://127.0.0.1:8080/": true, longest: true, longest + "/": false,
		"https://depot.example.org": false, "": false, "https://Depot.example.org/": false, "https://u@example.org/": false,
	} {
		err := CheckDepot(base)
		var refused *Error
		if (err == nil) != ok || err != nil && !errors.As(err, &refused) {
			t.Errorf("%q: %v", base, err)
		}
	}
}

func FuzzOrder(f *testing.F) {
	seed(f, "order")
	key := fixedKey(f, 1)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, order := range [][]byte{b, signOrderBytes(key, afterSignature(b))} {
			o, err := OpenOrder(order)
			if err != nil {
				wantRefusal(t, err)
				continue
			}
			if !bytes.HasSuffix(order, o.encode()) || len(order) > MaxOrder {
				t.Fatal("encoded again, it differs")
			}
			if err := o.check(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
