package depot

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"grove/app/pack"
)

// HandlerConfig is what a depot's handler needs to know.
type HandlerConfig struct {
	Base  string // base URL, as orders name it; see CheckBase
	Shelf Shelf
	Now   func() time.Time // nil: the system's clock
	Log   *slog.Logger     // nil logs nothing
}

// Window is how far an order's time may be from the depot's clock. Twice that
// after its time nobody can use it again.
const Window = 15 * time.Minute

const (
	headTime  = 30 * time.Second // for the order, which anybody may send
	bodyTime  = 10 * time.Minute // for the rest, from whom may give orders
	atOnce    = 4                // descriptions that are read side by side: 8 MiB each
	busyAfter = 5                // seconds, after which a busy depot may be asked again
	maxBody   = pack.MaxOrder + pack.MaxGrove + pack.MaxPieces*32 + pack.MaxPoster + maxSecret + 16<<10
	maxSecret = 32 // bytes
)

// handler is a depot's HTTP side. Immutable; Go runs one goroutine a request.
type handler struct {
	conf   HandlerConfig
	folder string        // path of the base URL
	places chan struct{} // one token for each description that is read
}

// NewHandler answers orders and gives files, below the path of the base URL;
// it also works behind something that takes that path off. Everything else is
// not found.
func NewHandler(c HandlerConfig) (http.Handler, error) {
	if err := pack.CheckDepot(c.Base); err != nil {
		return nil, err
	}
	u, err := url.Parse(c.Base)
	if err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &handler{conf: c, folder: u.Path, places: make(chan struct{}, atOnce)}, nil
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, h.folder), "/")
	file, isFile := strings.CutPrefix(path, filesPath)
	switch {
	case path == ordersPath:
		if only(w, r, http.MethodPost) {
			h.order(w, r)
		}
	case isFile:
		if only(w, r, http.MethodGet, http.MethodHead) {
			h.file(w, r, file)
		}
	default:
		notFound(w)
	}
}

// only reports whether the method is one of methods, and answers if it is not.
func only(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	if slices.Contains(methods, r.Method) {
		return true
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	http.Error(w, "This address takes "+strings.Join(methods, " and ")+".", http.StatusMethodNotAllowed)
	return false
}

func notFound(w http.ResponseWriter) { http.Error(w, "There is nothing here.", http.StatusNotFound) }

// order answers one order.
func (h *handler) order(w http.ResponseWriter, r *http.Request) {
	status, err := h.judge(w, r)
	if err == nil {
		status.Peers = addrs(status.Peers)
		writeJSON(w, http.StatusOK, status)
		return
	}
	var no *Refusal
	if !errors.As(err, &no) {
		h.conf.Log.Error("an order could not be carried out", "err", err)
		no = refuse(Fault, "The depot has a trouble of its own, which its log names.")
	}
	h.conf.Log.Info("order refused", "reason", no.Reason, "key", no.Key, "why", no.Text)
	if no.Reason == Busy {
		no.After = busyAfter
		w.Header().Set("Retry-After", strconv.Itoa(busyAfter))
	}
	writeJSON(w, statuses[no.Reason], no)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // whoever asked may have gone away
}

// judge reads the order, which comes first, and only if somebody gave it who
// may, the rest.
func (h *handler) judge(w http.ResponseWriter, r *http.Request) (Status, error) {
	limit := http.NewResponseController(w)
	_ = limit.SetReadDeadline(time.Now().Add(headTime)) // a test's writer has none
	// The deadline would hold for the next request of the connection too.
	defer func() { _ = limit.SetReadDeadline(time.Time{}) }()
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	parts, err := r.MultipartReader()
	if err != nil {
		return Status{}, refuse(BadRequest, "An order comes as multipart/form-data.")
	}
	b, err := part(parts, "order", pack.MaxOrder)
	if err != nil {
		return Status{}, err
	}
	order, err := pack.OpenOrder(b)
	if err != nil {
		no := refuse(BadOrder, "The order is not valid: "+err.Error()+".")
		return Status{}, no
	}
	if err := h.mayOrder(order); err != nil {
		return Status{}, err
	}
	status, known, err := h.conf.Shelf.Status(r.Context(), order)
	if known || err != nil {
		return status, err
	}
	if now := h.conf.Now(); order.At.Before(now.Add(-Window)) || order.At.After(now.Add(Window)) {
		return Status{}, &Refusal{Reason: Clock, Now: now.UTC().Truncate(time.Second),
			Text: "The order was given at " + order.At.Format(time.RFC3339) + ", too far from the time here."}
	}
	if order.Do == pack.Drop {
		h.conf.Log.Info("order", "do", order.Do, "package", order.Package.Short(), "key", order.Publisher.Fingerprint())
		return h.conf.Shelf.Drop(r.Context(), order)
	}
	_ = limit.SetReadDeadline(time.Now().Add(bodyTime))
	return h.keep(r, order, parts)
}

// mayOrder judges who gave the order, and to whom.
func (h *handler) mayOrder(o pack.Order) error {
	switch {
	case o.Depot != h.conf.Base:
		return &Refusal{Reason: Elsewhere, Depot: h.conf.Base, Text: "The order is for another depot; this one is " + h.conf.Base + "."}
	case !h.conf.Shelf.Allowed(o.Publisher):
		return Refuse(BadKey, o.Publisher, "The key "+o.Publisher.Fingerprint()+" may give no orders here.")
	}
	return nil
}

// keep reads the description of a package and hands it to the shelf. Without
// one the answer says that it is wanted.
func (h *handler) keep(r *http.Request, order pack.Order, parts *multipart.Reader) (Status, error) {
	select {
	case h.places <- struct{}{}:
		defer func() { <-h.places }()
	default:
		return Status{}, refuse(Busy, "The depot reads as many packages as it can.")
	}
	body, err := readRest(parts)
	if err != nil {
		return Status{}, err
	}
	if body["grove"] == nil && body["hashes"] == nil {
		return Status{State: Wanted}, nil
	}
	p, err := parcel(order, body)
	if err != nil {
		return Status{}, err
	}
	h.conf.Log.Info("order", "do", order.Do, "package", p.Package.ID.Short(), "key", order.Publisher.Fingerprint(),
		"size", p.Package.Size(), "until", order.Until)
	return h.conf.Shelf.Keep(r.Context(), p)
}

// parcel verifies what came with an order.
func parcel(order pack.Order, body map[string][]byte) (Parcel, error) {
	p := Parcel{Order: order, Poster: body["poster"], Secret: body["secret"]}
	bad := func(err error) error { return refuse(BadPackage, "The package is not valid: "+err.Error()+".") }
	var err error
	if p.Package, err = pack.Open(body["grove"]); err != nil {
		return p, bad(err)
	}
	if p.Package.ID != order.Package || p.Package.Publisher() != order.Publisher {
		return p, refuse(BadPackage, "The order is for another package, or for another publisher's.")
	}
	if p.Hashes, err = p.Package.CheckHashes(body["hashes"]); err != nil {
		return p, bad(err)
	}
	if p.Poster != nil {
		if err := p.Package.CheckPoster(p.Poster); err != nil {
			return p, bad(err)
		}
	}
	if p.Secret != nil && len(p.Secret) != maxSecret {
		return p, refuse(BadRequest, fmt.Sprintf("A secret has %d bytes.", maxSecret))
	}
	return p, nil
}

// partLimits are the parts behind the order, and how long each may be.
var partLimits = map[string]int64{
	"grove": pack.MaxGrove, "hashes": pack.MaxPieces * 32, "poster": pack.MaxPoster, "secret": maxSecret,
}

// readRest reads what may follow an order.
func readRest(parts *multipart.Reader) (map[string][]byte, error) {
	body := map[string][]byte{}
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return body, nil
		}
		if err != nil {
			return nil, badBody(err)
		}
		name := p.FormName()
		limit, ok := partLimits[name]
		if !ok || body[name] != nil {
			return nil, refuse(BadRequest, fmt.Sprintf("A part %q is not expected there.", name))
		}
		if body[name], err = readPart(p, name, limit); err != nil {
			return nil, err
		}
	}
}

// part reads the next part, which must be called name.
func part(parts *multipart.Reader, name string, limit int64) ([]byte, error) {
	p, err := parts.NextPart()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, badBody(err)
	}
	if err != nil || p.FormName() != name {
		return nil, refuse(BadRequest, "The part "+name+" comes first.")
	}
	return readPart(p, name, limit)
}

// readPart reads a part of at most limit bytes; it is never nil without an
// error.
func readPart(p *multipart.Part, name string, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(p, limit+1))
	if err != nil {
		return nil, badBody(err)
	}
	if int64(len(b)) > limit {
		return nil, refuse(BadRequest, fmt.Sprintf("The part %s has more than %d bytes.", name, limit))
	}
	return b, nil
}

func badBody(err error) error {
	return refuse(BadRequest, "The request could not be read: "+err.Error()+".")
}
