package tracker

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// refusal is why a request was refused: a closed list, in answers and in
// metrics.
type refusal string

const (
	refusedPath      refusal = "path"           // not an address of a tracker
	refusedMethod    refusal = "method"         // something a tracker does not do
	refusedCID       refusal = "cid"            // not a key
	refusedOrigin    refusal = "origin"         // it cannot be seen where it came from
	refusedRate      refusal = "rate"           // too many requests from one address
	refusedSize      refusal = "size"           // over 4 KiB
	refusedForm      refusal = "form"           // not an announce
	refusedVersion   refusal = "version"        // an announce of another version
	refusedSignature refusal = "signature"      // does not fit
	refusedAudience  refusal = "audience"       // announced to another tracker
	refusedClock     refusal = "clock"          // over 15 minutes off
	refusedOlder     refusal = "older"          // not later than the last one
	refusedAddress   refusal = "address"        // none that the tracker sees
	refusedCrowded   refusal = "crowded"        // too many announces from one address
	refusedFull      refusal = "full"           // no room
	maxClock                 = 15 * time.Minute // that a peer's clock may be off
	bodyTimeout              = 10 * time.Second // for 4 KiB
)

// problem is the answer to a refused request.
type problem struct {
	Error   refusal `json:"Error"`
	Message string  `json:"Message,omitempty"`
	// Time is what the peer should have said, in Unix seconds, where its clock
	// was the reason.
	Time int64 `json:"Time,omitempty"`

	status int
	after  time.Duration // for Retry-After; 0 is none
}

// ServeHTTP answers GET routing/v1/providers/<cid> and POST grove/v1/announce.
// As HTTP Routing V1 has it, another path is a 400, another method a 501, and
// browsers of all sites may ask.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	if cid, ok := strings.CutPrefix(path, askPath); ok {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		switch r.Method {
		case http.MethodGet:
			s.serveAsk(w, r, cid)
		case http.MethodOptions:
			w.Header().Set("Access-Control-Allow-Methods", "GET, OPTIONS")
			w.WriteHeader(http.StatusNoContent)
		default:
			s.refuse(w, problem{Error: refusedMethod, status: http.StatusNotImplemented})
		}
		return
	}
	switch {
	case path == announcePath && r.Method == http.MethodPost:
		s.serveAnnounce(w, r)
	case path == announcePath, strings.HasPrefix(path, "routing/v1/"):
		s.refuse(w, problem{Error: refusedMethod, status: http.StatusNotImplemented})
	default:
		s.refuse(w, problem{Error: refusedPath, status: http.StatusBadRequest})
	}
}

func (s *Server) serveAsk(w http.ResponseWriter, r *http.Request, cid string) {
	now := time.Now()
	from, ok := s.admit(w, r, now)
	if !ok {
		return
	}
	key, ok := parseCID(cid)
	if !ok {
		s.refuse(w, problem{Error: refusedCID, status: http.StatusUnprocessableEntity,
			Message: "Only a CIDv1 in base32 with a sha2-256 multihash is known here."})
		return
	}
	s.counts.asks.Inc()
	peers, all, complete := s.peers(key, asker{from: from}, now)
	// Private, since the answer is one asker's; short, since a list must not
	// outlive the announces in it.
	h := w.Header()
	h.Set("Cache-Control", "private, max-age=15")
	h.Set("Vary", "Accept")
	if accepts(r, "application/x-ndjson") {
		h.Set("Content-Type", "application/x-ndjson")
		var b []byte
		for _, p := range peers {
			b = append(append(b, p...), '\n')
		}
		_, _ = w.Write(b)
		return
	}
	writeAnswer(w, peers, tail{Swarm: all, Complete: complete})
}

func (s *Server) serveAnnounce(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	w.Header().Set("Cache-Control", "no-store")
	from, ok := s.admit(w, r, now)
	if !ok {
		return
	}
	st, p := s.readAnnounce(w, r, now)
	if p.Error != "" {
		s.refuse(w, p)
		return
	}
	peers, all, complete, err := s.announce(st, from, now)
	if err != nil {
		s.refuse(w, problemOf(err))
		return
	}
	s.counts.announces.Inc()
	writeAnswer(w, peers, tail{Swarm: all, Complete: complete,
		Again: int64(s.limits.again() / time.Second), Life: int64(s.limits.Life / time.Second)})
}

// admit finds out where a request came from and whether it may make one.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, now time.Time) (from netip.Addr, ok bool) {
	from, err := s.proxies.origin(r)
	if err != nil {
		s.refuse(w, problem{Error: refusedOrigin, status: http.StatusBadRequest, Message: err.Error()})
		return from, false
	}
	if after, ok := s.request(from, now); !ok {
		s.refuse(w, problem{Error: refusedRate, status: http.StatusTooManyRequests, after: after})
		return from, false
	}
	return from, true
}

// readAnnounce reads and checks all of an announce but its addresses and
// whether it is the latest. A problem without an Error is none.
func (s *Server) readAnnounce(w http.ResponseWriter, r *http.Request, now time.Time) (*statement, problem) {
	_ = http.NewResponseController(w).SetReadDeadline(now.Add(bodyTimeout)) // net/http takes it back before the next request
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if _, big := errors.AsType[*http.MaxBytesError](err); big {
			return nil, problem{Error: refusedSize, status: http.StatusRequestEntityTooLarge}
		}
		return nil, problem{Error: refusedForm, status: http.StatusBadRequest, Message: "The announce did not arrive."}
	}
	st, err := open(b)
	switch {
	case errors.Is(err, errSignature):
		return nil, problem{Error: refusedSignature, status: http.StatusForbidden}
	case errors.Is(err, errNewer):
		return nil, problem{Error: refusedVersion, status: http.StatusBadRequest}
	case err != nil:
		return nil, problem{Error: refusedForm, status: http.StatusBadRequest, Message: err.Error()}
	case !s.isBase(st.To):
		return nil, problem{Error: refusedAudience, status: http.StatusMisdirectedRequest, Message: "This tracker has another name."}
	}
	if off := st.Time - now.Unix(); off > int64(maxClock/time.Second) || off < -int64(maxClock/time.Second) {
		return nil, problem{Error: refusedClock, status: http.StatusConflict, Time: now.Unix()}
	}
	return st, problem{}
}

// problemOf is the answer to an announce that is sound and not taken.
func problemOf(err error) problem {
	if late, ok := errors.AsType[lateError](err); ok {
		return problem{Error: refusedOlder, status: http.StatusConflict, Time: late.stored + 1}
	}
	switch {
	case errors.Is(err, ErrNoAddress):
		return problem{Error: refusedAddress, status: http.StatusUnprocessableEntity,
			Message: "None of the addresses is one that the announce came from."}
	case errors.Is(err, errCrowded):
		return problem{Error: refusedCrowded, status: http.StatusTooManyRequests, after: 10 * time.Minute}
	default: // errFull
		return problem{Error: refusedFull, status: http.StatusServiceUnavailable, after: 10 * time.Minute}
	}
}

func (s *Server) refuse(w http.ResponseWriter, p problem) {
	s.counts.refusals.WithLabelValues(string(p.Error)).Inc()
	b, _ := json.Marshal(p) // strings and numbers
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	if p.after > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64((p.after+time.Second-1)/time.Second), 10))
	}
	w.WriteHeader(p.status)
	_, _ = w.Write(b)
}

// tail is what an answer has beside what HTTP Routing V1 asks for.
type tail struct {
	Swarm, Complete int
	Again, Life     int64 `json:",omitempty"` // seconds
}

// writeAnswer puts peers, which are JSON already, together.
func writeAnswer(w http.ResponseWriter, peers [][]byte, t tail) {
	n := 128
	for _, p := range peers {
		n += len(p) + 1
	}
	b := append(make([]byte, 0, n), `{"Providers":[`...)
	for i, p := range peers {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, p...)
	}
	b = append(b, `],"Grove":`...)
	end, _ := json.Marshal(t) // numbers
	b = append(append(b, end...), '}')
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b)
}

// accepts reports whether the asker named a media type, without weighing it:
// the only other one is the default.
func accepts(r *http.Request, media string) bool {
	for _, line := range r.Header.Values("Accept") {
		for one := range strings.SplitSeq(line, ",") {
			one, _, _ = strings.Cut(one, ";")
			if strings.EqualFold(strings.TrimSpace(one), media) {
				return true
			}
		}
	}
	return false
}
