package app

import (
	"errors"
	"fmt"
	"time"
)

// Problem is an error with a kind the user can be told. Every error that
// reaches a user is one; errors.As finds it.
type Problem struct {
	Kind    ProblemKind
	Subject string        // which file, address or name; shown
	After   time.Duration // SourceBusy: not before
	Err     error         // the cause, for the log
}

// ProblemKind is a closed list; kinds holds what each means.
type ProblemKind string

const (
	BadLink      ProblemKind = "bad-link"
	NewerFormat  ProblemKind = "newer-format"
	NotFound     ProblemKind = "not-found"
	Expired      ProblemKind = "expired"
	BadPackage   ProblemKind = "bad-package"
	BadSignature ProblemKind = "bad-signature"
	UnsafeName   ProblemKind = "unsafe-name"
	WrongPackage ProblemKind = "wrong-package"
	KeyLocked    ProblemKind = "key-locked"
	NoSource     ProblemKind = "no-source"
	NoPath       ProblemKind = "no-path"
	NoInterface  ProblemKind = "no-interface"
	SourceGone   ProblemKind = "source-gone"
	SourceBusy   ProblemKind = "source-busy"
	SourceFault  ProblemKind = "source-fault"
	WrongBytes   ProblemKind = "wrong-bytes"
	Differs      ProblemKind = "differs"
	Refused      ProblemKind = "refused"
	UnsafeFile   ProblemKind = "unsafe-file"
	Stopped      ProblemKind = "stopped"
	NoSpace      ProblemKind = "no-space"
	StoreInUse   ProblemKind = "store-in-use"
	StoreDamaged ProblemKind = "store-damaged"
	TargetExists ProblemKind = "target-exists"
	ReadOnly     ProblemKind = "read-only"
	DiskFault    ProblemKind = "disk-fault"
	FileChanged  ProblemKind = "file-changed"
	BadInput     ProblemKind = "bad-input"
	Internal     ProblemKind = "internal"
)

// Actor is who has to do something about a problem.
type Actor uint8

const (
	ActUser Actor = iota + 1
	ActPublisher
	ActGrove // it goes on by itself
)

// RetryRule is what the engine does by itself.
type RetryRule uint8

const (
	RetryNever  RetryRule = iota + 1 // wait for the user
	RetryLater                       // again after a growing pause
	RetryOnRoom                      // when the disk has room again
	RetryOther                       // at once, from another source
)

// Meaning is one row of the closed list.
type Meaning struct {
	Actor    Actor
	Retry    RetryRule
	Exit     int    // exit code of the terminal program, PRODUCTS (c)
	Sentence string // what happened; %s is the subject
	Advice   string // what to do, or what Grove does
	Button   string // one word or two for a window
}

// kinds is the closed list. A test walks it.
var kinds = map[ProblemKind]Meaning{
	BadLink:      {ActUser, RetryNever, 2, "This is not a Grove link: %s.", "Copy the whole link again; it begins with grove:1/.", "Paste again"},
	NewerFormat:  {ActUser, RetryNever, 2, "This was made by a newer Grove (%s).", "Install the current version and open it again.", "Get update"},
	NotFound:     {ActUser, RetryNever, 3, "Nothing was found at %s.", "Check how it is written; if it came from somebody, ask whether it is still there.", "Try again"},
	Expired:      {ActPublisher, RetryNever, 3, "The publisher let this package expire on %s.", "Ask the publisher for a current one.", "Close"},
	BadPackage:   {ActPublisher, RetryNever, 33, "The package is not well formed: %s.", "Grove does not use it. Fetch it again, or tell the publisher.", "Close"},
	BadSignature: {ActPublisher, RetryNever, 33, "The signature does not fit: %s.", "Somebody changed this package after it was signed, or another key signed it. Grove does not use it.", "Close"},
	UnsafeName:   {ActPublisher, RetryNever, 33, "The package has a file name that is not safe on every computer: %s.", "Grove does not use it; the publisher has to rename the file.", "Close"},
	WrongPackage: {ActUser, RetryNever, 33, "What came is not what was asked for: %s.", "Check the link with the person who sent it.", "Close"},
	KeyLocked:    {ActUser, RetryNever, 33, "The key %s could not be opened.", "Check the passphrase (GROVE_PASSPHRASE, or the prompt).", "Try again"},
	NoSource:     {ActGrove, RetryLater, 6, "Nobody who has %s answers.", "Grove keeps trying. Ask the sender to start Grove, or the publisher to check the origin.", "Try now"},
	NoPath:       {ActUser, RetryLater, 6, "Somebody who has %s is there, but the networks in between allow no direct connection.", "Grove keeps trying. It helps when either side opens a port in its router, when somebody else gets the package first, or when the sender shares it with --keep-at.", "Try now"},
	NoInterface:  {ActUser, RetryLater, 6, "The network interface %s is not there.", "Grove sends and gets nothing without it, and goes on when it is back. Connect it, or name another one: grove config set network.bind.", "Settings"},
	SourceGone:   {ActGrove, RetryOther, 6, "%s went away.", "Grove goes on with the others.", "Details"},
	SourceBusy:   {ActGrove, RetryLater, 29, "%s is busy and asked to be left alone for a while.", "Grove tries it again later.", "Details"},
	SourceFault:  {ActPublisher, RetryLater, 6, "%s does not answer as it should.", "Grove goes on with the others and tries it again later.", "Details"},
	WrongBytes:   {ActPublisher, RetryOther, 32, "%s sent other bytes than the publisher signed.", "Grove threw them away and no longer uses it.", "Details"},
	Differs:      {ActUser, RetryNever, 32, "%s is not what the publisher signed.", "Nothing was changed. Get the package again in another folder; if it is your own, publish it anew.", "Details"},
	Refused:      {ActUser, RetryNever, 34, "%s is not allowed here.", "Local-only mode and the address rules in docs/DESIGN.md say what is.", "Settings"},
	UnsafeFile:   {ActUser, RetryNever, 34, "%s is not a kind of file that Grove opens.", "Look at it in its folder, and open it yourself if you trust who made it.", "Show in folder"},
	Stopped:      {ActUser, RetryNever, 7, "%s was stopped; everything checked so far is kept.", "The same command, or grove resume, goes on from here.", "Go on"},
	NoSpace:      {ActUser, RetryOnRoom, 9, "There is not enough room for %s.", "Make room on that disk; Grove goes on by itself, and nothing is lost.", "Choose folder"},
	StoreInUse:   {ActUser, RetryNever, 11, "Another Grove is using the data folder %s.", "Close it, or give this one a folder of its own with --data.", "Show it"},
	StoreDamaged: {ActGrove, RetryNever, 1, "The database in %s was damaged.", "Grove moved it aside and rebuilt the list from the packages themselves.", "Details"},
	TargetExists: {ActUser, RetryNever, 13, "There is already something at %s.", "Choose another name or another folder; Grove never overwrites anything.", "Rename"},
	ReadOnly:     {ActUser, RetryNever, 17, "Grove may not write to %s.", "Choose another folder, or change its permissions.", "Choose folder"},
	DiskFault:    {ActUser, RetryNever, 17, "The disk reported an error at %s.", "What was checked before is kept. Check the disk, then go on with grove resume.", "Try again"},
	FileChanged:  {ActUser, RetryNever, 17, "%s was changed since it was checked.", "Grove stopped sharing it. Share it again to make a new package of what it is now.", "Share again"},
	BadInput:     {ActUser, RetryNever, 2, "%s.", "See --help.", "Back"},
	Internal:     {ActGrove, RetryNever, 1, "Something went wrong inside Grove: %s.", "Nothing that was checked is lost. Please report it with the log.", "Report"},
}

// savedKind is the kind a record names; Internal for one that a newer or an
// older Grove wrote.
func savedKind(s string) ProblemKind {
	if _, ok := kinds[ProblemKind(s)]; ok {
		return ProblemKind(s)
	}
	return Internal
}

// Meaning returns the row of the problem's kind.
func (p *Problem) Meaning() Meaning { return kinds[p.Kind] }

// Sentence is what happened, in one sentence without advice.
func (p *Problem) Sentence() string { return fmt.Sprintf(kinds[p.Kind].Sentence, p.Subject) }

func (p *Problem) Error() string {
	s := p.Sentence()
	if p.Err != nil {
		s += " (" + p.Err.Error() + ")"
	}
	return s
}

func (p *Problem) Unwrap() error { return p.Err }

// NewProblem makes a problem of kind about subject; cause may be nil.
func NewProblem(kind ProblemKind, subject string, cause error) *Problem {
	return &Problem{Kind: kind, Subject: subject, Err: cause}
}

// AsProblem returns the problem in err's chain, or err as Internal; nil for
// nil.
func AsProblem(err error) *Problem {
	if err == nil {
		return nil
	}
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	return NewProblem(Internal, "unexpected error", err)
}

// roomError says how much room is missing.
type roomError struct{ need, free int64 }

func (r roomError) Error() string {
	return fmt.Sprintf("%d bytes are needed, %d are free", r.need, r.free)
}
