package depot

import (
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// aboutVersion is the V that this program writes.
const aboutVersion = 1

// About is what a server says of itself.
type About struct {
	V       int      `json:"v"` // 1
	Depot   bool     `json:"depot"`
	Tracker bool     `json:"tracker"`
	Relay   bool     `json:"relay"`
	Peers   []string `json:"peers,omitempty"`  // multiaddrs of its node
	Relays  []string `json:"relays,omitempty"` // multiaddrs of relays that it offers
	Name    string   `json:"name,omitempty"`   // for people
}

// What is read of the lists and the name; the rest is left out.
const (
	maxAddrs = 16
	maxAddr  = 256 // bytes
	maxName  = 200 // characters
)

// AboutHandler answers with what about returns; V is filled in.
func AboutHandler(about func() About) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !only(w, r, http.MethodGet, http.MethodHead) {
			return
		}
		a := about()
		a.V = aboutVersion
		w.Header().Set("Cache-Control", "no-cache")
		writeJSON(w, http.StatusOK, a)
	})
}

// plain is a with only what is fit to be used and shown.
func (a About) plain() About {
	a.Peers, a.Relays = addrs(a.Peers), addrs(a.Relays)
	if utf8.RuneCountInString(a.Name) > maxName || !printable(a.Name) {
		a.Name = ""
	}
	return a
}

// addrs keeps what may be multiaddrs that end in a peer ID; p2p parses them.
func addrs(all []string) []string {
	var out []string
	for _, a := range all {
		if len(a) <= maxAddr && len(out) < maxAddrs && strings.HasPrefix(a, "/") && strings.Contains(a, "/p2p/") &&
			!strings.ContainsFunc(a, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			out = append(out, a)
		}
	}
	return out
}

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}
