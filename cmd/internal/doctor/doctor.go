// Package doctor finds out what keeps this computer and others apart: whether
// others can reach it and how, which finders answer, what of this computer is
// in the way, and why a link does not connect.
//
// Examine asks a running Grove and makes a Report; Text says it to people; its
// JSON form is for machines; WriteBundle puts it into an archive that tells
// nothing about who somebody is (Redactor).
//
// What a sentence says is decided by pure functions from what was found to a
// sentence. Goroutines: those of one examination, which Examine waits for.
package doctor

import (
	"time"
)

// Report is what was found out. Its JSON form is stable.
type Report struct {
	Grove    Grove     `json:"grove"`
	Settings []Setting `json:"settings"` // those that bear on the rest
	Reach    Reach     `json:"reach"`
	Finders  []Finder  `json:"finders"`
	Computer Computer  `json:"computer"`
	Link     *Link     `json:"link,omitempty"`
	Advice   []string  `json:"advice"` // what would help, the most urgent first
}

// Build is which program this is.
type Build struct {
	Version string    `json:"version"`
	Commit  string    `json:"commit,omitempty"`
	Go      string    `json:"go"`
	Libp2p  string    `json:"libp2p,omitempty"`
	System  string    `json:"system"`
	Built   time.Time `json:"built,omitzero"` // when its source was committed
}

// Grove is the program and its data folder.
type Grove struct {
	Build
	Data      string `json:"data_folder"`
	State     string `json:"data_state"` // a sentence
	Transfers int    `json:"transfers"`
	LocalOnly bool   `json:"local_only"`
}

// Setting is one that is not what most people have.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Means string `json:"means"` // a sentence
}

// Reach is how others get in.
type Reach struct {
	State    string    `json:"state"`   // the best of Ways; "off" without peers
	Summary  string    `json:"summary"` // a sentence
	Help     string    `json:"help,omitempty"`
	Ways     []Way     `json:"ways"`
	Listen   []string  `json:"listen"`
	Mapped   []string  `json:"mapped"`   // addresses that the router forwards
	Observed []string  `json:"observed"` // addresses that others saw
	Relays   []Relay   `json:"relays"`
	Conns    int       `json:"connections"`
	Missed   int       `json:"missed"` // in ten minutes, who found no direct way in
	Asked    time.Time `json:"asked"`
	// Interference is what something on the way does to connections with people, in
	// a sentence.
	Interference string `json:"interference,omitempty"`
}

// Way is one family and transport.
type Way struct {
	Family    string   `json:"family"`    // IPv4, IPv6
	Transport string   `json:"transport"` // TCP, QUIC
	State     string   `json:"state"`     // public, punched, relayed, none, unknown
	Addrs     []string `json:"addresses"`
	Why       string   `json:"why"`
}

// Relay is one that may introduce others.
type Relay struct {
	Addr  string    `json:"address"`
	Until time.Time `json:"until,omitzero"` // of the place it holds
	Error string    `json:"error,omitempty"`
}

// Finder is one way of finding others.
type Finder struct {
	Name  string    `json:"name"` // lan, tracker, exchange, dht
	Where string    `json:"where,omitempty"`
	On    bool      `json:"on"`
	Found int       `json:"found"`
	Last  time.Time `json:"last,omitzero"` // when it last worked
	Error string    `json:"error,omitempty"`
	Says  string    `json:"says"`
}

// Computer is what of it bears on Grove.
type Computer struct {
	Time       time.Time   `json:"time"`
	ClockWrong string      `json:"clock_wrong,omitempty"` // a sentence
	Disks      []Disk      `json:"disks"`
	Buffers    []Buffer    `json:"buffers"`
	OpenFiles  uint64      `json:"open_files,omitempty"` // that this program may have; 0 is not known
	IPv4       string      `json:"ipv4"`                 // global, local, none
	IPv6       string      `json:"ipv6"`
	Interfaces []Interface `json:"interfaces"`
}

// Disk is the room in a folder.
type Disk struct {
	What   string `json:"what"` // data, downloads
	Folder string `json:"folder"`
	Free   int64  `json:"free"` // bytes
	Error  string `json:"error,omitempty"`
}

// Buffer is a bound of the system on buffers of sockets.
type Buffer struct {
	Name string `json:"name"`
	Have int64  `json:"have"` // bytes
	Want int64  `json:"want"`
}

// Interface is a network interface that is up.
type Interface struct {
	Name  string   `json:"name"`
	Addrs []string `json:"addresses"`
}

// Link is what became of a link, step by step.
type Link struct {
	Package    string     `json:"package,omitempty"`
	Name       string     `json:"name,omitempty"`
	Private    bool       `json:"private"`
	Steps      []LinkStep `json:"steps"`
	Peers      int        `json:"peers"`    // that have something of it
	Complete   int        `json:"complete"` // of those, with all of it
	Near       int        `json:"near"`     // of those, on the local network
	Origins    int        `json:"origins"`  // that answered as they should
	Reached    bool       `json:"reached"`
	Conclusion string     `json:"conclusion"`
	Problem    string     `json:"problem,omitempty"` // kind, where it was not reached
}

// LinkStep is one thing that was tried.
type LinkStep struct {
	What    string `json:"what"`            // link, web, address, package, origin, tracker, people
	About   string `json:"about,omitempty"` // which
	State   string `json:"state"`           // ok, failed, skipped
	Says    string `json:"says"`
	TookMS  int64  `json:"took_ms,omitempty"`
	Problem string `json:"problem,omitempty"`
}

// The values of LinkStep.State.
const (
	StepOK      = "ok"
	StepFailed  = "failed"
	StepSkipped = "skipped"
)
