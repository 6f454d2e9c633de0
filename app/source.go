package app

import (
	"context"
	"fmt"
	"io"
	"sync"

	"grove/app/pack"
)

// Run is a range of consecutive pieces that are asked for together.
type Run struct {
	First int
	Count int // at least 1
}

// End is the number of the first piece behind the run.
func (r Run) End() int { return r.First + r.Count }

func (r Run) String() string { return fmt.Sprintf("%d+%d", r.First, r.Count) }

// Kind tells where bytes are counted: from people or from HTTP servers.
type Kind uint8

const (
	KindPeer   Kind = iota + 1 // another Grove
	KindOrigin                 // the publisher's HTTP server
	KindMirror                 // any other HTTP server with the same bytes
)

// Nearness is the cost of a byte from a source, cheapest first.
type Nearness uint8

const (
	NearLAN Nearness = iota + 1 // same household or office
	NearNet                     // same network or region
	NearFar                     // anywhere else
	// NearAvoid is where a network map says that a byte is dear: a peer there is
	// asked for what nobody nearer can give, or not as quickly.
	NearAvoid
)

// SourceInfo says who a source is. It does not change, but for how near it is: a
// connection tells of an HTTP server, and a network map may come.
type SourceInfo struct {
	ID    string // unique within a transfer: a peer ID or a URL
	Kind  Kind
	Near  Nearness
	Label string // for people: the host of a URL, the end of a peer ID
}

// Source is a peer or an HTTP server that has pieces of one package. All
// methods are safe for concurrent use.
type Source interface {
	Info() SourceInfo

	// Have is the set of pieces it can give now. The value is immutable.
	Have() Bitmap

	// Window is how many bytes the source wants to have asked of it and not
	// yet delivered; 0 means "do not ask now" (no upload slot, back-off).
	Window() int64

	// Open asks for the pieces of run and returns without waiting for them
	// where it can, so that several runs may be under way at once. The reader
	// yields exactly the bytes of the run in order, then io.EOF; any other end
	// is an error, an *Problem where the cause is known (SourceBusy and
	// SourceGone among them) and never io.EOF early. Bytes are not verified.
	// The reader ends with ctx; the caller always closes it, and closing early
	// tells the source to stop sending.
	Open(ctx context.Context, run Run) (io.ReadCloser, error)
}

// Fetcher is a Source that tells what it is getting itself, and will have soon.
type Fetcher interface {
	// Fetching is the set of those pieces. The value is immutable.
	Fetching() Bitmap
}

// Sparing is a Source that can be asked so that others who ask it for the same
// at the same time keep their part of its line.
type Sparing interface {
	// OpenSparing is Open in that way, which is slower where nobody else asks.
	OpenSparing(ctx context.Context, run Run) (io.ReadCloser, error)
}

// Prober is a Source that can tell whether it would answer without giving any
// of the content. Others are known by being found.
type Prober interface {
	// Probe returns nil where an answer can be hoped for, a problem where not.
	Probe(ctx context.Context) error
}

// Want is what a Finder looks for.
type Want struct {
	Package *pack.Package
	Hashes  pack.HashList
	Secret  []byte   // of a private share, or nil
	Peers   []string // addresses from the link, and those the user typed
	// Origins are the URLs to try: those of the manifest, and those the user
	// typed himself. Only typed ones may lie on a private network.
	Origins []Origin
	// TypedPeers were given by the user with --peer and may be private.
	TypedPeers []string
}

// Origin is an HTTP address of a package's files (pack.Package.FileURL says
// how a file's own URL follows from it).
type Origin struct {
	URL   string
	Typed bool // by the user on this computer, not from a manifest or link
}

// Sink receives what a Finder finds. Its methods do not block for long and
// may be called from any goroutine, but for one source in this order: Found,
// Changed any number of times, Gone.
type Sink interface {
	Found(Source)
	Changed(Source)            // Have or Window changed
	Gone(id string, err error) // SourceInfo.ID; err says why, or nil
	// Missed says why somebody who is said to have the package could not be
	// reached; a problem where the user should be told. id is what SourceInfo.ID
	// would have been. Found takes it back.
	Missed(id string, err error)
}

// Finder brings the sources of one package. Find blocks until ctx ends or
// nothing more can be found, and every source it reported is Gone before it
// returns.
type Finder interface {
	Find(ctx context.Context, want Want, sink Sink) error
}

// Part names what Inspect may fetch before anybody accepted anything.
type Part uint8

const (
	PartManifest Part = iota + 1 // the .grove bytes
	PartHashes                   // the hash list
	PartPoster                   // the poster blob
)

// Describer fetches a part of a package's description. It returns at the
// first answer that verifies, which only check can tell: a describer offers
// it each answer it gets and goes on to its next address when check refuses.
// The size of an answer is limited by the part's limit in app/pack.
type Describer interface {
	Describe(ctx context.Context, want Description, check func([]byte) error) error
}

// Description is what a Describer looks for, and where.
type Description struct {
	ID        pack.ID
	Secret    []byte
	Part      Part
	Manifests []Origin // URLs of the .grove file; side files lie in the same folder
	Origins   []Origin // origins of the manifest, when it is known; the same folders may hold side files
	// Trackers and Relays are those of the manifest, when it is known.
	Trackers, Relays []string
	Peers            []string
	// TypedPeers were given by the user with --peer and may be private.
	TypedPeers []string
}

// Share is a package the swarm may read from this computer: the only thing
// the network can reach. Serve gets one; there is no other way in.
type Share struct {
	Package *pack.Package
	Hashes  pack.HashList
	Poster  []byte // nil if there is none
	Secret  []byte // of a private share, or nil
	Have    *HaveSet
	Pieces  PieceReader
	// Allow opens an allowance for one answer to somebody that near; nil: there
	// are no budgets.
	Allow func(near Nearness) Allowance
}

// Allowance is what budgets let leave. Every piece is asked for before its
// first byte leaves. It is used by one goroutine.
type Allowance interface {
	// Take asks for n bytes, those of one piece; false: a budget is used up.
	Take(n int64) bool
	// Leave comes before n of these leave, and may wait for the disk; false: they
	// must not.
	Leave(n int64) bool
	Close() // the rest never leaves
}

// PieceReader reads verified pieces. Safe for concurrent use.
type PieceReader interface {
	// ReadPiece fills b with the bytes of piece i from offset off within the
	// piece. It fails when the file changed since it was verified.
	ReadPiece(i int, b []byte, off int64) error
}

// Serving is a package being shared.
type Serving interface {
	Stats() ServeStats
	// Tell lets the peers know which pieces are coming to this computer. The set
	// replaces the one before, and is not changed any more.
	Tell(coming Bitmap)
	// Favour gives the peers so many times the turns that those of other packages
	// have; 1 at first.
	Favour(times float64)
	// Spare has it take no more than half of what the line takes, or all there is
	// room for again.
	Spare(on bool)
	Stop() // returns after the last read of a piece has ended
}

// ServeStats counts what one package gave since it was shared in this run.
type ServeStats struct {
	Peers    int   // connected now and proved to know the package
	Complete int   // of those, with every piece
	Given    int64 // bytes of content sent
	// GivenLAN and GivenNear are parts of Given; the rest went far.
	GivenLAN, GivenNear int64
	// Missed is how many computers asked for this one in the last ten minutes
	// and found no way through to it. Which package they wanted is not known.
	Missed int
}

// Swarm is the peer-to-peer node as the engine sees it.
type Swarm interface {
	Finder
	Describer
	// Serve lets peers that prove they know the package read it, until Stop.
	Serve(Share) (Serving, error)
	// Ban ends every connection to a peer that sent wrong bytes, and refuses
	// it for the rest of the run.
	Ban(id string, reason error)
	// ID is what SourceInfo.ID calls this computer elsewhere.
	ID() string
	// Addrs are the addresses other computers may dial, for a link.
	Addrs() []string
	// AskNear returns when those on the local network were asked for the package,
	// as far as they are known, or half a second has passed: who has it there
	// costs nobody anything.
	AskNear(ctx context.Context, id pack.ID, secret []byte)
	// Interference is what something on the way does to connections with peers
	// now. It is asked a few times a second.
	Interference() Interference
}

// HaveSet is a growing set of verified pieces that several goroutines watch.
type HaveSet struct {
	mu      sync.Mutex
	bits    Bitmap        // guarded by mu
	changed chan struct{} // guarded by mu; closed and replaced at each change
}

// NewHaveSet starts from have, which the set owns from now on.
func NewHaveSet(have Bitmap) *HaveSet {
	return &HaveSet{bits: have, changed: make(chan struct{})}
}

// Add adds piece i.
func (h *HaveSet) Add(i int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.bits.Has(i) {
		h.bits.Set(i)
		h.wake()
	}
}

// Remove takes piece i out again: its bytes on disk turned out to be wrong.
func (h *HaveSet) Remove(i int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.bits.Has(i) {
		h.bits.Clear(i)
		h.wake()
	}
}

func (h *HaveSet) wake() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// Has reports whether piece i is in the set.
func (h *HaveSet) Has(i int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.bits.Has(i)
}

// Snapshot returns the set as it is, and a channel that is closed at the next
// change.
func (h *HaveSet) Snapshot() (Bitmap, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.bits.Clone(), h.changed
}
