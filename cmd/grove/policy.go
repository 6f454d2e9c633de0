package main

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strconv"

	"grove/app"
)

// policyText is what a floor means, in plain words; 0 is fast.
func policyText(floor int64) string {
	if floor == 0 {
		return "as fast as the line allows"
	}
	return "at least " + floorText(floor) + ", the rest from people when they have it"
}

// policyName is policyText with the name that the flags and the setting have.
func policyName(floor int64) string {
	if floor == 0 {
		return string(app.PolicyFast) + ": " + policyText(floor)
	}
	return string(app.PolicyThrifty) + ": " + policyText(floor)
}

// policySentence says what the publisher asks for, and what holds instead
// where the user chose otherwise. Both are floors.
func policySentence(asked, holds int64) string {
	s := "The publisher asks for: " + policyText(asked) + "."
	if holds != asked {
		s += "\nYou chose: " + policyText(holds) + "."
	}
	return s
}

// floorText is a rate of bytes a second in bits, as video and lines are
// measured: "4 Mbit/s".
func floorText(n int64) string {
	v, unit := float64(n)*8, "bit/s"
	for _, larger := range []string{"kbit/s", "Mbit/s", "Gbit/s"} {
		if v < 999.5 {
			break
		}
		v, unit = v/1000, larger
	}
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) + " " + unit
}

// policy is what --fast and --thrifty ask for.
func (f *getFlags) policy() (app.Policy, error) {
	switch {
	case f.fast && f.thrifty:
		return "", app.NewProblem(app.BadInput, "--fast and --thrifty ask for opposite things",
			errors.New("give one of them, or neither for what the settings and the publisher say"))
	case f.fast:
		return app.PolicyFast, nil
	case f.thrifty:
		return app.PolicyThrifty, nil
	}
	return app.PolicyPublisher, nil
}

// askedPublisher is what config calls app.PolicyPublisher, which is empty.
const askedPublisher = "publisher"

var policyType = reflect.TypeFor[app.Policy]()

// policyWords are the values of the setting policy.
var policyWords = []string{string(app.PolicyFast), string(app.PolicyThrifty), askedPublisher}

// policyWord is p as config writes it.
func policyWord(p app.Policy) string {
	if p == app.PolicyPublisher {
		return askedPublisher
	}
	return string(p)
}

// readPolicy reads what policyWord writes.
func readPolicy(word string) (app.Policy, bool) {
	if word == askedPublisher {
		return app.PolicyPublisher, true
	}
	return app.Policy(word), slices.Contains(policyWords, word)
}
