package app

import (
	"time"

	"github.com/google/uuid"

	"grove/app/pack"
)

// effect is something to be done outside the state. Each leads to at most one
// kind of event, named in its comment. Effects on one transfer's files (open,
// check, save, checkpoint, finish, close, forget) are carried out one after
// another in the order they were returned.
type effect interface{ effect() }

type (
	// fxOpen opens the payload: evOpened.
	fxOpen struct {
		rec          Record
		desc         *Described // nil after a restart: the sidecar has it
		fresh, adopt bool
		verify       bool // check every piece, whatever the store says
	}
	// fxKeep saves the description of what waits to be opened.
	fxKeep struct {
		rec  Record
		desc *Described
	}
	// fxCheck verifies every piece on disk: evChecking, evChecked.
	fxCheck struct{ id uuid.UUID }
	// fxFind looks for sources until fxUnfind or fxClose: evFound, evChanged, evGone.
	fxFind struct {
		rec  Record
		want Want
	}
	// fxUnfind ends that: who is complete waits for others to come.
	fxUnfind struct{ id uuid.UUID }
	// fxRun fetches a run from a source: evPiece and evRunEnd.
	fxRun struct {
		id     uuid.UUID
		flight flightID
		source string
		run    Run
		spare  bool // others ask the source too
	}
	// fxTrim makes a flight end before piece end, when the piece that is being
	// read is here: evRunEnd. An end of 0 ends it at once.
	fxTrim struct {
		id     uuid.UUID
		flight flightID
		end    int
	}
	// fxBan tells the finder that a source sent wrong bytes.
	fxBan struct {
		id     uuid.UUID
		source string
	}
	// fxCheckpoint makes the verified pieces durable: evSaved.
	fxCheckpoint struct{ rec Record }
	// fxFinish moves the complete payload into place: evFinished.
	fxFinish struct{ rec Record }
	// fxServe lets the swarm read the package until fxUnserve or fxClose.
	fxServe struct {
		id    uuid.UUID
		terms terms
	}
	// fxTerms changes the budgets that hold for what is served.
	fxTerms struct {
		id    uuid.UUID
		terms terms
	}
	// fxTell lets the peers know which pieces are coming here.
	fxTell struct {
		id     uuid.UUID
		coming Bitmap
	}
	// fxUnserve ends that: evUnserved.
	fxUnserve struct{ id uuid.UUID }
	// fxLimits sets the limits over everything.
	fxLimits struct{ limits Limits }
	// fxLimit sets the limit of one transfer, if it is open.
	fxLimit struct {
		id    uuid.UUID
		limit int64
	}
	// fxRoom asks how much room there is for the payload: evRoom.
	fxRoom struct{ rec Record }
	// fxClose ends flights, finding and serving, makes everything durable and
	// closes the payload: evClosed.
	fxClose struct{ rec Record }
	// fxSave saves the record.
	fxSave struct{ rec Record }
	// fxSeen remembers that a publisher's package was accepted: evPublisher.
	fxSeen struct {
		key pack.PublicKey
		at  time.Time
		// created is the package's signed date.
		created time.Time
	}
	// fxBook adds rows to the ledger: evUnbooked if that fails.
	fxBook struct{ rows []LedgerRow }
	// fxForget deletes record, log, part folder and sidecar.
	fxForget struct{ rec Record }
	// fxLog appends to the transfer's event log.
	fxLog struct {
		id    uuid.UUID
		entry LogEntry
	}
	// fxReply answers the caller of a command.
	fxReply struct {
		to  reply
		err error
	}
)

func (fxOpen) effect()       {}
func (fxKeep) effect()       {}
func (fxCheck) effect()      {}
func (fxFind) effect()       {}
func (fxUnfind) effect()     {}
func (fxRun) effect()        {}
func (fxTrim) effect()       {}
func (fxBan) effect()        {}
func (fxCheckpoint) effect() {}
func (fxFinish) effect()     {}
func (fxServe) effect()      {}
func (fxTerms) effect()      {}
func (fxRoom) effect()       {}
func (fxClose) effect()      {}
func (fxSave) effect()       {}
func (fxSeen) effect()       {}
func (fxBook) effect()       {}
func (fxTell) effect()       {}
func (fxUnserve) effect()    {}
func (fxLimits) effect()     {}
func (fxLimit) effect()      {}
func (fxForget) effect()     {}
func (fxLog) effect()        {}
func (fxReply) effect()      {}
