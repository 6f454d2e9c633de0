package tracker

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"grove/app"
)

// TestAnswersToAnnounce: what each status and reason becomes.
func TestAnswersToAnnounce(t *testing.T) {
	for _, c := range []struct {
		status int
		header string // of Retry-After
		body   string
		kind   app.ProblemKind
		is     error
		after  time.Duration
		ask    app.ProblemKind // of asking; "" is no error
	}{
		{200, "", `{}`, "", nil, 0, ""},
		{200, "", `[]`, app.SourceFault, nil, 0, app.SourceFault},
		{200, "", `<html>`, app.SourceFault, nil, 0, app.SourceFault},
		{200, "", ``, app.SourceFault, nil, 0, app.SourceFault},
		{204, "", ``, app.SourceFault, nil, 0, app.SourceFault},
		{301, "", ``, app.SourceFault, nil, 0, app.SourceFault},
		{400, "", `{"Error":"form"}`, app.SourceFault, nil, 0, app.SourceFault},
		{400, "", `{"Error":"path"}`, app.SourceFault, ErrNoAnnounce, 0, app.SourceFault},
		{404, "", `not found`, app.SourceFault, ErrNoAnnounce, 0, ""},
		{405, "", ``, app.SourceFault, ErrNoAnnounce, 0, app.SourceFault},
		{501, "", ``, app.SourceFault, ErrNoAnnounce, 0, app.SourceFault},
		{422, "", `{"Error":"address"}`, app.SourceFault, ErrNoAddress, 0, app.SourceFault},
		{421, "", `{"Error":"audience"}`, app.SourceFault, nil, 0, app.SourceFault},
		{409, "", `{"Error":"clock"}`, app.SourceFault, nil, 0, app.SourceFault},
		{429, "7", `{"Error":"rate"}`, app.SourceBusy, nil, 7 * time.Second, app.SourceBusy},
		{503, "999999999", ``, app.SourceBusy, nil, time.Hour, app.SourceBusy},
		{503, "-5", ``, app.SourceBusy, nil, 0, app.SourceBusy},
		{500, "", `{"Error":"\u001b[2J` + strings.Repeat("x", 1000) + `"}`, app.SourceFault, nil, 0, app.SourceFault},
	} {
		t.Run(fmt.Sprint(c.status, c.body[:min(len(c.body), 20)]), func(t *testing.T) {
			requests := 0
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests++
				if r.Header.Get("User-Agent") != "Grove/test" || len(r.Cookies()) != 0 {
					t.Errorf("sent %v", r.Header)
				}
				if c.header != "" {
					w.Header().Set("Retry-After", c.header)
				}
				if c.status == 301 {
					w.Header().Set("Location", "/elsewhere")
				}
				w.WriteHeader(c.status)
				if c.status != 204 {
					_, _ = io.WriteString(w, c.body)
				}
			})
			port := listen(t, h, "127.0.0.1:0")
			base := "http://127.0.0.1:" + port + "/tracker/"
			p := anyone(t, 1, "127.0.0.1")
			cl := newClient(t, p)
			_, err := cl.Announce(t.Context(), base, false, Announce{Key: testKey, Addrs: addrs(at(p.ip))})
			if problemKind(err) != c.kind || c.is != nil && !errors.Is(err, c.is) || requests != 1 {
				t.Errorf("announce: %v (%d requests)", err, requests)
			}
			if pr, ok := errors.AsType[*app.Problem](err); ok && (pr.After != c.after || pr.Subject != "127.0.0.1:"+port || strings.ContainsAny(err.Error(), "\x1b\n") || len(err.Error()) > 300) {
				t.Errorf("%+v: %s", pr, err)
			}
			if _, err := cl.Ask(t.Context(), base, false, testKey); problemKind(err) != c.ask || errors.Is(err, ErrNoAnnounce) {
				t.Errorf("ask: %v", err)
			}
		})
	}
}

// TestHostileAnswers are bounded in size, in time and in number.
func TestHostileAnswers(t *testing.T) {
	p := anyone(t, 1, "127.0.0.1")
	one := func(n int) string {
		return fmt.Sprintf(`{"Schema":"peer","ID":%q,"Addrs":["/ip4/9.1.1.1/tcp/4001"]}`, anyone(t, n, "9.1.1.1").id)
	}
	var many []string
	for i := range 400 {
		many = append(many, one(100+i))
	}
	for name, c := range map[string]struct {
		body  string
		peers int // -1 for a SourceFault
	}{
		"400 peers":       {`{"Providers":[` + strings.Join(many, ",") + `]}`, MaxPeers},
		"one peer 400×":   {`{"Providers":[` + strings.Repeat(one(100)+",", 399) + one(100) + `]}`, 1},
		"oneself":         {`{"Providers":[` + one(1) + "," + one(2) + `]}`, 1},
		"too long":        {`{"Providers":[` + one(100) + `]` + strings.Repeat(" ", maxAnswer) + `}`, -1},
		"deep":            {strings.Repeat(`{"Providers":`, 20_000), -1},
		"deep record":     {`{"Providers":[` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + "," + one(5) + `]}`, 1},
		"cut":             {`{"Providers":[` + one(100), -1},
		"trailing":        {`{"Providers":[` + one(100) + `]}{}`, -1},
		"null":            {`null`, 0},
		"wrong types":     {`{"Providers":[1,"x",null,{},[],{"Schema":"peer","ID":5},{"Schema":"peer","ID":"x"},{"Schema":"peer","ID":"","Addrs":{}},{"Schema":"bitswap","ID":"x"},` + one(5) + `]}`, 1},
		"wrong list":      {`{"Providers":{"a":1}}`, -1},
		"foreign Grove":   {`{"Providers":[` + one(5) + `],"Grove":"tree"}`, 1},
		"bad addresses":   {`{"Providers":[{"Schema":"peer","ID":"` + anyone(t, 7, "9.1.1.1").id.String() + `","Addrs":["/ip4/9.9/tcp/1","","/p2p/x","` + strings.Repeat("/ip4/9.1.1.1", 100) + `","/p2p/` + p.id.String() + `"]}]}`, 0},
		"numbers":         {`{"Providers":[],"Grove":{"Swarm":-5,"Complete":9223372036854775807,"Again":9223372036854775807,"Life":-1}}`, 0},
		"a CIDv1 peer ID": {`{"Providers":[{"Schema":"peer","ID":"` + peer.ToCid(anyone(t, 8, "9.1.1.1").id).String() + `","Addrs":["/ip4/9.1.1.1/tcp/4001"]}]}`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, c.body) })
			base := "http://127.0.0.1:" + listen(t, h, "127.0.0.1:0") + "/"
			a, err := newClient(t, p).Announce(t.Context(), base, false, Announce{Key: testKey, Addrs: addrs(at(p.ip))})
			if c.peers < 0 && problemKind(err) != app.SourceFault || c.peers >= 0 && (err != nil || len(a.Peers) != c.peers) {
				t.Fatalf("%d peers, %v", len(a.Peers), err)
			}
			if err == nil && (a.Swarm < 0 || a.Complete > mostSwarm || a.Again < leastAgain || a.Again > mostAgain || a.Life < leastAgain || a.Life > mostAgain) {
				t.Errorf("%+v", a)
			}
		})
	}
	many = many[:0]
	for i := range 20 {
		many = append(many, fmt.Sprintf("/ip4/9.1.1.%d/tcp/4001", i))
	}
	list, _ := json.Marshal(many)
	a, err := parseAnswer([]byte(`{"Providers":[{"Schema":"peer","ID":"`+anyone(t, 7, "9.1.1.1").id.String()+`","Addrs":`+string(list)+`}]}`), p.id)
	if err != nil || len(a.Peers) != 1 || len(a.Peers[0].Addrs) != MaxAddrs {
		t.Errorf("of twenty addresses: %+v, %v", a, err)
	}
}

// TestSlowAnswers end by themselves. In virtual time, over a pipe.
func TestSlowAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		serve func(conn net.Conn, stop <-chan struct{})
		took  time.Duration
	}{
		"silent":  {func(net.Conn, <-chan struct{}) {}, 15 * time.Second},
		"drip":    {drip("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", " "), 30 * time.Second},
		"endless": {drip("HTTP/1.1 200 OK\r\n\r\n", strings.Repeat(" ", 60<<10)), 5 * time.Second},
		"head":    {drip("HTTP/1.1 200 OK\r\n", "X: y\r\n"), 15 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := anyone(t, 1, "127.0.0.1")
				cl := newClient(t, p)
				stop := make(chan struct{})
				var work sync.WaitGroup
				for _, pool := range cl.pools {
					for _, tr := range pool {
						tr.DialContext = func(context.Context, string, string) (net.Conn, error) {
							here, there := net.Pipe()
							work.Go(func() {
								defer there.Close()
								_, _ = http.ReadRequest(bufio.NewReader(there))
								c.serve(there, stop)
								<-stop
							})
							return here, nil
						}
					}
				}
				began := time.Now()
				_, err := cl.Ask(t.Context(), "http://127.0.0.1:8080/", false, testKey)
				if took := time.Since(began); problemKind(err) != app.SourceFault || took != c.took {
					t.Errorf("%v after %v, want %v", err, took, c.took)
				}
				// Who gives up does not wait.
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if _, err := cl.Ask(ctx, "http://127.0.0.1:8080/", false, testKey); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("given up: %v", err)
				}
				close(stop)
				work.Wait()
			})
		})
	}
}

// TestIdle: ten seconds after an answer its connection is closed.
func TestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl := newClient(t, anyone(t, 1, "127.0.0.1"))
		var closed time.Time
		var work sync.WaitGroup
		cl.pools[0][overAny].DialContext = func(context.Context, string, string) (net.Conn, error) {
			here, there := net.Pipe()
			work.Go(func() {
				defer there.Close()
				r := bufio.NewReader(there)
				_, _ = http.ReadRequest(r)
				_, _ = io.WriteString(there, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
				_, _ = r.ReadByte()
				closed = time.Now()
			})
			return here, nil
		}
		began := time.Now()
		if _, err := cl.Ask(t.Context(), "http://127.0.0.1:8080/", false, testKey); err != nil {
			t.Error(err)
		}
		work.Wait()
		if d := closed.Sub(began); d != 10*time.Second {
			t.Errorf("closed after %v", d)
		}
	})
}

// drip sends a head, and then more each second.
func drip(head, more string) func(net.Conn, <-chan struct{}) {
	return func(conn net.Conn, stop <-chan struct{}) {
		_, err := io.WriteString(conn, head)
		for err == nil {
			select {
			case <-time.After(time.Second):
				_, err = io.WriteString(conn, more)
			case <-stop:
				return
			}
		}
	}
}
