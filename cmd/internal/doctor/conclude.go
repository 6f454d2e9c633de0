package doctor

import (
	"slices"
	"strings"

	"grove/app"
)

// Advice that more than one conclusion gives.
const (
	askSender = "Ask the sender to start Grove and share it again; it works without the sender's computer when somebody else has it, or with grove share --keep-at."
	openPath  = "It helps when either side opens a port in its router, when somebody else gets the package first, or when the sender shares it with --keep-at."
)

// aboutPackage are the problems that no way to others would solve.
var aboutPackage = []app.ProblemKind{app.Expired, app.BadPackage, app.BadSignature, app.UnsafeName, app.WrongPackage, app.NewerFormat}

// conclude says in a sentence or two whether the link connects, else why not
// and what would help.
func conclude(l *Link, f facts) {
	l.Reached, l.Problem = f.found && l.Peers+l.Origins > 0, ""
	if l.Reached {
		l.Conclusion = works(l)
		return
	}
	kind, why := f.why()
	l.Problem, l.Conclusion = string(kind), why
}

func works(l *Link) string {
	var who []string
	if l.Peers > 0 {
		who = append(who, people(l.Peers))
	}
	if l.Origins > 0 {
		who = append(who, count(l.Origins, "origin", "origins"))
	}
	s := "The link works: " + strings.Join(who, " and ") + " can be reached."
	if l.Complete+l.Origins == 0 {
		s += " Nobody of them has all of it yet."
	}
	return s
}

// why is the first of the reasons that holds, in the order in which one hides
// the next.
func (f facts) why() (app.ProblemKind, string) {
	p := f.problem
	if f.found {
		p = f.outlook.Problem
	}
	switch {
	case f.offline:
		return app.NoSource, "This computer has no network connection now."
	case p != nil && slices.Contains(aboutPackage, p.Kind):
		return p.Kind, sentence(p)
	case p != nil && p.Kind == app.NoPath, f.relayOnly():
		return app.NoPath, "The sender is there, but the networks in between allow no direct connection. " + openPath
	case !f.found && f.allRefused() && f.localOnly:
		return app.Refused, "Local-only mode asks the local network alone, and all addresses in the link are outside it."
	case !f.found && f.allRefused():
		return app.Refused, "Every address in the link is of a private network, or not allowed for another reason. Those of a network that you are in yourself count when you type them: grove get LINK --peer ADDRESS"
	case f.failed("package"):
		return app.NoSource, "The sender's computer answers, but it does not share this package now. Ask the sender to share it again."
	case f.failed("grove"):
		return app.NoSource, "Something answers at the address in the link, but it is no Grove that this one understands. Ask the sender to start Grove, or install the current version on both sides."
	case f.failed("resolve") && !f.ok("dial"):
		return app.NoSource, "The name in the link leads to no address. Check that this computer can look up names; else ask the sender for a new link."
	case len(f.origins) > 0 && f.found:
		return app.SourceFault, "The package is known, but its origins do not answer as they should and nobody else who has it was found. Tell the publisher."
	case f.found:
		return app.NoSource, "The package is known, but nobody who has it was found. " + askSender
	case f.off != "" && !f.askedWeb():
		return app.NoSource, "The link leads to people only, and they are not asked: " + f.off
	case f.failed("dial"):
		return app.NoSource, "Nobody answers at the address in the link: the sender's computer is off, Grove does not run there, or its router lets nobody in. " + askSender
	case f.webProblem() != nil:
		p := f.webProblem()
		return p.Kind, sentence(p)
	case len(f.web)+len(f.peers) == 0 && !f.finders:
		return app.NoSource, "The link names no address, and every way of finding others is off. grove config shows network.finders."
	case p != nil && p.Kind != app.NoSource && p.Kind != app.Stopped:
		return p.Kind, sentence(p)
	}
	return app.NoSource, "Nobody who has the package was found. " + askSender
}

func sentence(p *app.Problem) string { return clean(p.Sentence()) + " " + p.Meaning().Advice }

// allRefused reports whether the link names addresses, and none of them may be
// asked.
func (f facts) allRefused() bool {
	return len(f.web)+len(f.peers) > 0 &&
		!slices.ContainsFunc(f.web, func(w webFact) bool { return !w.refused }) &&
		!slices.ContainsFunc(f.peers, func(p peerFact) bool { return !p.refused })
}

func (f facts) askedWeb() bool {
	return slices.ContainsFunc(f.web, func(w webFact) bool { return !w.refused })
}

// webProblem is the problem of the first web address that was asked.
func (f facts) webProblem() *app.Problem {
	for _, w := range f.web {
		if !w.refused && w.problem != nil {
			return w.problem
		}
	}
	return nil
}

func (f facts) step(name string, ok bool) bool {
	return slices.ContainsFunc(f.peers, func(p peerFact) bool {
		return slices.ContainsFunc(p.tried, func(t Tried) bool { return t.Name == name && t.OK == ok })
	})
}

func (f facts) failed(name string) bool { return f.step(name, false) }
func (f facts) ok(name string) bool     { return f.step(name, true) }

// relayOnly: somebody is there by way of a relay, and by no other.
func (f facts) relayOnly() bool { return f.ok("relay") && f.failed("punch") && !f.ok("punch") }
