package depot

import (
	"net/http"
	"time"

	"grove/app/pack"
)

// Reason is a closed list of why an order is not carried out.
type Reason string

const (
	BadRequest Reason = "request"   // not the form that an order comes in
	BadOrder   Reason = "order"     // not a valid order, or not signed by the key that it names
	BadKey     Reason = "key"       // a key that may give no orders here
	Elsewhere  Reason = "elsewhere" // an order to another depot
	Clock      Reason = "clock"     // given too long ago, or in the future
	Stale      Reason = "stale"     // a newer order was acted on
	Quota      Reason = "quota"     // no room
	BadPackage Reason = "package"   // not a valid package, or not the one of the order
	Expired    Reason = "expired"   // the package's time, or the order's, is over
	Busy       Reason = "busy"      // too much to do, or closing
	Fault      Reason = "fault"     // of the server
)

// statuses is what HTTP calls them.
var statuses = map[Reason]int{
	BadRequest: http.StatusBadRequest,
	BadOrder:   http.StatusUnauthorized,
	BadKey:     http.StatusForbidden,
	Elsewhere:  http.StatusForbidden,
	Clock:      http.StatusConflict,
	Stale:      http.StatusConflict,
	Quota:      http.StatusRequestEntityTooLarge,
	BadPackage: http.StatusUnprocessableEntity,
	Expired:    http.StatusUnprocessableEntity,
	Busy:       http.StatusServiceUnavailable,
	Fault:      http.StatusInternalServerError,
}

// Refusal is why an order is not carried out: the answer's JSON.
type Refusal struct {
	Reason Reason `json:"reason"`
	Text   string `json:"text"` // one sentence, for people without a client

	Key    string    `json:"key,omitempty"`     // BadOrder, BadKey, Quota: fingerprint of the key
	Depot  string    `json:"depot,omitempty"`   // Elsewhere: the base URL here
	Now    time.Time `json:"now,omitzero"`      // Clock: the time here
	Newest time.Time `json:"newest,omitzero"`   // Stale: the time of the order that was acted on
	Free   int64     `json:"free,omitempty"`    // Quota: bytes that are left
	Need   int64     `json:"need,omitempty"`    // Quota: bytes of the package
	After  int       `json:"seconds,omitempty"` // Busy: not before
}

func (r *Refusal) Error() string { return r.Text }

func refuse(reason Reason, text string) *Refusal { return &Refusal{Reason: reason, Text: text} }

// Refuse makes a refusal that concerns a key.
func Refuse(reason Reason, key pack.PublicKey, text string) *Refusal {
	return &Refusal{Reason: reason, Text: text, Key: key.Fingerprint()}
}
