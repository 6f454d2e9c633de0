package pack

import "fmt"

// Error is every refusal of this package. Reason is one of a closed list.
// Nothing in its text can move the cursor or turn the writing direction:
// whatever came from the input is quoted.
type Error struct {
	Reason  Reason
	Subject string // what was wrong: a field, a name, a line; safe to show
	Err     error
}

// Error is one line: the reason in words, what it concerns, and which rule.
func (e *Error) Error() string {
	s := e.Reason.text()
	if e.Subject != "" {
		s += ": " + e.Subject
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Reason is a closed list of why bytes were refused.
type Reason string

const (
	BadLink      Reason = "bad-link"      // not a Grove link
	NewerLink    Reason = "newer-link"    // grove:2/...
	NewerPackage Reason = "newer-package" // "v" above 1, or a sealed scheme unknown to this version
	Unsigned     Reason = "unsigned"      // no signature lines
	BadSignature Reason = "bad-signature" // altered, or signed by another key than the publisher's
	BadManifest  Reason = "bad-manifest"  // not canonical strict JSON, a missing or unknown field, a limit
	BadName      Reason = "bad-name"      // a path that is unsafe somewhere
	BadHashes    Reason = "bad-hashes"    // hash list or poster does not belong to the manifest
	WrongPackage Reason = "wrong-package" // valid, but not the package or publisher that was asked for
	BadMap       Reason = "bad-map"       // not the canonical JSON of a network map, or a rule of one
	BadKey       Reason = "bad-key"       // malformed or weak public key, or unreadable key file
	WrongPass    Reason = "wrong-passphrase"
)

// Reasons lists every Reason there is.
func Reasons() []Reason {
	return []Reason{
		BadLink, NewerLink, NewerPackage, Unsigned, BadSignature, BadManifest,
		BadName, BadHashes, WrongPackage, BadMap, BadKey, WrongPass,
	}
}

func (r Reason) text() string {
	switch r {
	case BadLink:
		return "not a valid Grove link"
	case NewerLink:
		return "the link needs a newer Grove"
	case NewerPackage:
		return "the package needs a newer Grove"
	case Unsigned:
		return "the package is not signed"
	case BadSignature:
		return "the signature does not match"
	case BadManifest:
		return "the package description is not valid"
	case BadName:
		return "unsafe file name"
	case BadHashes:
		return "the hashes do not belong to the package"
	case WrongPackage:
		return "this is another package"
	case BadMap:
		return "the network map is not valid"
	case BadKey:
		return "not a usable key"
	case WrongPass:
		return "wrong passphrase"
	}
	return string(r)
}

// refuse makes an Error whose cause is formatted; %w keeps a cause askable.
func refuse(r Reason, subject, format string, args ...any) error {
	return &Error{Reason: r, Subject: subject, Err: fmt.Errorf(format, args...)}
}
