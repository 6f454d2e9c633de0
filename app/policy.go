package app

import (
	"cmp"
	"time"

	"github.com/google/uuid"
)

// Policy is how much of a package the origin sends where people have it too.
// The publisher chooses by the manifest's floor, and the user may choose
// otherwise: for everything in Settings, and for one transfer, which wins.
type Policy string

const (
	// PolicyPublisher leaves the choice to the manifest; in a transfer, to the
	// settings.
	PolicyPublisher Policy = ""
	// PolicyFast has no floor: the origin is always asked flat out, and the
	// download is complete as early as the line allows.
	PolicyFast Policy = "fast"
	// PolicyThrifty has a floor: the origin tops up what people give to the
	// floor, and otherwise sends what no peer can. The floor is the manifest's,
	// or usualFloor where it names none.
	PolicyThrifty Policy = "thrifty"
)

// usualFloor is the floor, in bytes a second, where the user wants one and the
// publisher named none. It is 4 Mbit/s: standard-definition video plays at it.
const usualFloor = 500_000

// check refuses what is no policy; field says where it was found.
func (p Policy) check(field string) error {
	switch p {
	case PolicyPublisher, PolicyFast, PolicyThrifty:
		return nil
	}
	return badInput("%s must be %s, %s, or empty for what the publisher asks for, not %q", field, PolicyFast, PolicyThrifty, string(p))
}

// floorOf is the rate, in bytes a second, below which the origin tops up, of a
// package whose manifest names such a rate or 0; 0 is fast. A policy that this
// version does not know, in a record of a later one, is the publisher's.
func floorOf(manifest int64, settings, transfer Policy) int64 {
	switch cmp.Or(transfer, settings) {
	case PolicyFast:
		return 0
	case PolicyThrifty:
		return cmp.Or(manifest, usualFloor)
	}
	return manifest
}

// Floor is the rate, in bytes a second, below which the origin tops up a
// package under these settings; 0 is fast. manifest is the floor that the
// publisher named, transfer the policy of the one download.
func (s Settings) Floor(manifest int64, transfer Policy) int64 {
	return floorOf(manifest, s.Policy, transfer)
}

// floor is the one that holds for t, whose description is known.
func (t *transfer) floor(s *state) int64 {
	return s.settings.Floor(t.desc.Package.Manifest.Floor, t.rec.Policy)
}

// evPolicy gives one transfer another policy.
type evPolicy struct {
	id     uuid.UUID
	policy Policy
	reply  reply
}

func (e evPolicy) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil || !t.saved() {
		return []effect{fxReply{e.reply, noTransfer(e.id)}}
	}
	t.rec.Policy = e.policy
	return []effect{fxSave{t.rec}, fxReply{e.reply, nil}}
}
