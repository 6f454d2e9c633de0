package app

import (
	"time"

	"github.com/google/uuid"

	"grove/app/pack"
)

// Store keeps what must outlive the process. Safe for concurrent use. Errors
// are *Problem where the user can do something about them (NoSpace, ReadOnly,
// DiskFault, TargetExists, StoreInUse).
type Store interface {
	Transfers
	Publishers
	Ledger
	Choices
	Payloads
}

// Transfers are the saved records and their logs.
type Transfers interface {
	LoadTransfers() ([]Record, error) // in the order of Record.Compare
	SaveTransfer(Record) error
	DeleteTransfer(uuid.UUID) error
	AppendLog(uuid.UUID, ...LogEntry) error // append-only; Time is set by the caller
	LoadLog(uuid.UUID) ([]LogEntry, error)
}

// Publishers are the keys seen so far.
type Publishers interface {
	LoadPublishers() ([]Publisher, error)
	SavePublisher(Publisher) error
}

// Ledger is what this computer took and gave, by day and package.
type Ledger interface {
	AddLedger(...LedgerRow) error // to the row of the same day and package; Best is the higher one
	// LoadLedger returns the rows of the days from first to last, both
	// included, by day and then by name.
	LoadLedger(first, last string) ([]LedgerRow, error)

	// SaveMarks saves, under the names of accounts, how many bytes may have been
	// given of each; durable when it returns.
	SaveMarks(map[string]int64) error
	LoadMarks() (map[string]int64, error)
}

// Choices keep the settings.
type Choices interface {
	LoadSettings() (Settings, error) // DefaultSettings where nothing was saved
	SaveSettings(Settings) error
}

// Payloads are the files of packages on disk. Every open of a package file
// goes through an os.Root.
type Payloads interface {
	// Keep saves the description of a transfer that was accepted and has to wait
	// for Create. Kept returns it, and fails once Create has made the part folder.
	Keep(Record, Described) error
	Kept(Record) (Described, error)

	// Create makes the part folder beside the target (or adopts the one that is
	// there for the same package), reserves space for the selected files and
	// writes the sidecar. Nothing exists at the target; TargetExists otherwise.
	// have is what an adopted part folder holds already; recheck asks the caller
	// to verify every piece of it because its bitmap was lost.
	Create(Record, Described) (p Payload, have Bitmap, recheck bool, err error)

	// Open opens what Create or Adopt made, after a restart: the payload and
	// the pieces known to be on disk. recheck asks the caller to verify every
	// piece because files were changed or the saved bitmap was lost.
	Open(Record) (p Payload, d Described, have Bitmap, recheck bool, err error)

	// Adopt makes a payload of files that lie at rec.Path already (sharing in
	// place) and writes the sidecar into the data folder.
	Adopt(Record, Described) (Payload, error)

	// Remove deletes the part folder and the sidecar of a transfer, never a
	// finished file.
	Remove(Record) error

	// Free is the space left for files in folder, in bytes.
	Free(folder string) (int64, error)
}

// Described is the verified description of a package, as a payload keeps
// it in its sidecar.
type Described struct {
	Package *pack.Package
	Hashes  pack.HashList
	Poster  []byte
}

// Payload is the files of one package on disk. Safe for concurrent use.
type Payload interface {
	PieceReader

	// WritePiece writes the verified bytes of piece i. Durable only after the
	// next Checkpoint.
	WritePiece(i int, b []byte) error

	// Checkpoint makes durable: first the payload is synced, then have and rec
	// are saved in one transaction. have holds only pieces whose WritePiece
	// returned before the call.
	Checkpoint(rec Record, have Bitmap) error

	// Finish syncs, renames the payload into place in one step, never over
	// something that is there (TargetExists), moves the sidecar to the data
	// folder and returns the final path. The payload stays readable.
	Finish(rec Record) (path string, err error)

	Close() error
}

// Mode says which kinds of source a transfer may use.
type Mode uint8

const (
	ModeAll Mode = iota
	ModePeersOnly
	ModeOriginOnly
)

// Record is what is saved of a transfer. Its JSON form is stored.
type Record struct {
	ID       uuid.UUID `json:"id"`
	Package  pack.ID   `json:"package"`
	Name     string    `json:"name"` // of the package, for lists
	State    State     `json:"state"`
	Problem  string    `json:"problem,omitempty"` // kind, when Failed
	Folder   string    `json:"folder"`            // absolute; the target lies in it
	Target   string    `json:"target"`            // one name in Folder
	Path     string    `json:"path,omitempty"`    // absolute, once finished or shared in place
	Selected []int     `json:"selected,omitempty"`
	Secret   []byte    `json:"secret,omitempty"`
	Peers    []string  `json:"peers,omitempty"`
	Typed    Typed     `json:"typed,omitzero"`
	Mode     Mode      `json:"mode,omitempty"`
	Seed     bool      `json:"seed,omitempty"`  // when complete, share until the user says stop
	After    bool      `json:"after,omitempty"` // when complete, share by the rule of Settings.Giving
	NoShare  bool      `json:"no_share,omitempty"`
	Give     Give      `json:"give,omitempty"`  // GiveMore or GiveLess than the rule says, or empty
	Limit    int64     `json:"limit,omitempty"` // bytes a second down; 0 is none
	Policy   Policy    `json:"policy,omitempty"`
	Created  time.Time `json:"created"`
	Finished time.Time `json:"finished,omitzero"`
	Counts   Counts    `json:"counts"`
	Held     bool      `json:"held,omitempty"`  // Paused by PauseAll
	Order    int64     `json:"order,omitempty"` // place in the list; 0 for what was never moved

	// What a list shows of the package while nobody has read its description.
	// Files is 0 in records of versions that did not save it.
	Size      int64          `json:"size,omitempty"`  // of the selected files, bytes
	Have      int64          `json:"have,omitempty"`  // verified, of those
	Files     int            `json:"files,omitempty"` // selected
	Publisher pack.PublicKey `json:"publisher,omitzero"`
	Expires   time.Time      `json:"expires,omitzero"`
}

// Typed are addresses the user gave by hand; they may be private ones.
type Typed struct {
	Peers   []string `json:"peers,omitempty"`
	Origins []string `json:"origins,omitempty"`
}

// Counts are the bytes of a transfer, all in bytes.
type Counts struct {
	Peers  int64 `json:"peers"`  // verified, from peers
	Origin int64 `json:"origin"` // verified, from the origin and mirrors
	Wasted int64 `json:"wasted"` // arrived and thrown away
	Given  int64 `json:"given"`  // sent to peers

	// Parts of these. What is in none is of peers far away, or of the origin:
	// earlier versions wrote no parts.
	PeersLAN  int64 `json:"peers_lan,omitempty"`
	PeersNear int64 `json:"peers_near,omitempty"`
	Mirrors   int64 `json:"mirrors,omitempty"`
	GivenLAN  int64 `json:"given_lan,omitempty"`
	GivenNear int64 `json:"given_near,omitempty"`
}

// LogEntry is one line of a transfer's event log.
type LogEntry struct {
	Time    time.Time `json:"time"`
	Session uuid.UUID `json:"session"` // the run of the engine it happened in
	Event   string    `json:"event"`   // snake_case
	Text    string    `json:"text"`
}

// Publisher is a key this computer has seen.
type Publisher struct {
	Key       pack.PublicKey `json:"key"`
	Name      string         `json:"name,omitempty"` // given by the user
	FirstSeen time.Time      `json:"first_seen"`
	Packages  int            `json:"packages"` // accepted so far
	Newest    time.Time      `json:"newest"`   // newest signed date seen
	Blocked   bool           `json:"blocked,omitempty"`
	Budget    int64          `json:"budget,omitempty"` // of his packages, bytes a calendar month; 0 is no bound of its own
	Given     int64          `json:"-"`                // of these, in this month
}
