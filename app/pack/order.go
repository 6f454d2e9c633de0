package pack

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// MaxOrder is the largest signed order in bytes.
const MaxOrder = 4 << 10

// orderType is the "type" of every order.
const orderType = "grove-order"

const (
	orderSignComment = "Grove order to a depot"
	orderTrusted     = "grove1-order " // and the digest of the body
)

// Deed is what an order asks for.
type Deed string

const (
	Keep Deed = "keep" // fetch the package, keep it until Until and give it to others
	Drop Deed = "drop" // delete it
)

// Order is a publisher's word to one depot about one of his packages. The
// order of fields is the order in the signed JSON.
type Order struct {
	Type      string    `json:"type"` // "grove-order"
	V         int       `json:"v"`
	Do        Deed      `json:"do"`
	Depot     string    `json:"depot"` // its base URL, so that no other depot obeys
	Package   ID        `json:"package"`
	Publisher PublicKey `json:"publisher"`
	Until     time.Time `json:"until,omitzero"` // of Keep; zero for Drop
	At        time.Time `json:"at"`             // when it was given; a newer order overrides an older one
}

// Digest names the exact bytes of an order: two orders with one digest are one
// order.
func (o Order) Digest() Hash { return sha256.Sum256(o.encode()) }

// SignOrder makes order bytes of o with key, which must be o.Publisher's. Type
// and V are filled in and times are cut to whole seconds of UTC; o is checked
// by the same rules as OpenOrder.
func SignOrder(o Order, key SecretKey) ([]byte, error) {
	if key.Public() != o.Publisher {
		return nil, refuse(BadKey, "publisher", "the signing key is not the publisher's")
	}
	o.Type, o.V = orderType, Version
	o.At = o.At.UTC().Truncate(time.Second)
	if !o.Until.IsZero() {
		o.Until = o.Until.UTC().Truncate(time.Second)
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	body := o.encode()
	b, err := signed(body, key, orderComment(body), orderSignComment)
	if err != nil {
		return nil, err
	}
	// What leaves this function is readable by OpenOrder, whatever o held.
	if _, err := OpenOrder(b); err != nil {
		return nil, err
	}
	return b, nil
}

// orderComment differs from the one of a package in its first word, and in
// what the rest must be: neither signature can pass for the other.
func orderComment(body []byte) string { return orderTrusted + ID(sha256.Sum256(body)).String() }

// OpenOrder verifies order bytes: signature, canonical form and every rule.
// Whether the publisher may give orders, and whether it is the package's, is
// for the depot to say. Reasons: Unsigned, BadSignature, BadManifest (the
// order itself), BadKey.
func OpenOrder(b []byte) (Order, error) {
	if len(b) > MaxOrder {
		return Order{}, refuse(BadManifest, "order", "%d bytes, at most %d are allowed", len(b), MaxOrder)
	}
	lines, body, err := splitSignature(b)
	if err != nil {
		return Order{}, err
	}
	comment, err := readSignatureLines(lines)
	switch {
	case err != nil:
		return Order{}, err
	case !strings.HasPrefix(comment, orderTrusted):
		return Order{}, refuse(BadSignature, "trusted comment", "it does not say that an order was signed")
	case comment != orderComment(body):
		return Order{}, refuse(BadSignature, "", "the order was altered, or the signature is another order's")
	}
	o, err := decodeOrder(body)
	if err != nil {
		return Order{}, err
	}
	if err := verify(o.Publisher, lines, body); err != nil {
		return Order{}, err
	}
	if err := o.check(); err != nil {
		return Order{}, err
	}
	return o, nil
}

// encode is the canonical form, by the rules of the manifest's.
func (o Order) encode() []byte {
	e := encoder{[]byte{'{'}}
	e.text("type", o.Type)
	e.number("v", int64(o.V))
	e.text("do", string(o.Do))
	e.text("depot", o.Depot)
	e.text("package", o.Package.String())
	e.text("publisher", o.Publisher.String())
	if !o.Until.IsZero() {
		e.time("until", o.Until)
	}
	e.time("at", o.At)
	return append(e.b, "}\n"...)
}

// decodeOrder reads the canonical form and nothing else, as decodeManifest
// does.
func decodeOrder(b []byte) (Order, error) {
	var o Order
	if err := json.Unmarshal(b, &o); err != nil {
		var own *Error // the publisher's key was refused
		if errors.As(err, &own) && own.Reason == BadKey {
			return Order{}, own
		}
		return Order{}, refuse(BadManifest, "order", "it is not the JSON of an order")
	}
	if string(o.encode()) != string(b) {
		return Order{}, refuse(BadManifest, "order", "an unknown field, or not in canonical form")
	}
	return o, nil
}

// check applies every rule that concerns the contents of an order.
func (o Order) check() error {
	bad := func(field, format string, args ...any) error {
		return refuse(BadManifest, "order "+field, format, args...)
	}
	if o.Type != orderType || o.V != Version {
		return bad("type, v", "not an order of version %d", Version)
	}
	if err := o.Publisher.check(); err != nil {
		return &Error{Reason: BadKey, Subject: "publisher", Err: err}
	}
	if err := CheckDepot(o.Depot); err != nil {
		return err
	}
	for _, t := range []time.Time{o.At, o.Until} {
		if _, offset := t.Zone(); t.Nanosecond() != 0 || offset != 0 {
			return bad("at, until", "not in UTC and whole seconds")
		}
	}
	if year := o.At.Year(); year < 2000 || year > 2999 {
		return bad("at", "the year %d is not from 2000 to 2999", year)
	}
	switch o.Do {
	case Drop:
		if !o.Until.IsZero() {
			return bad("until", "what is dropped is not kept until then")
		}
	case Keep:
		if !o.Until.After(o.At) || o.Until.After(o.At.AddDate(10, 0, 0)) {
			return bad("until", "not after the order, or more than ten years after it")
		}
	default:
		return bad("do", "%s is neither %q nor %q", show(string(o.Do)), Keep, Drop)
	}
	return nil
}

// CheckDepot applies the rules for the base URL of a depot: a web address by
// the rules of a manifest that ends in "/", without a query. Reason
// BadManifest.
func CheckDepot(base string) error {
	err := checkURL(base)
	if err == nil && !isFolder(base) {
		err = errNoFolder
	}
	// A depot's addresses begin with this, and have to be addresses too.
	if err == nil && len(base) > maxDepot {
		err = errLongDepot
	}
	if err != nil {
		return refuse(BadManifest, "depot "+show(base), "%w", err)
	}
	return nil
}
