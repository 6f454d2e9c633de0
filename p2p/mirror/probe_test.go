package mirror

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"grove/app"
)

func TestProbe(t *testing.T) {
	made := oneFile(t)
	size := len(made.Content[0])
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter)
		want   app.ProblemKind
	}{
		"right":          {func(w http.ResponseWriter) { w.Header().Set("Content-Length", strconv.Itoa(size)) }, ""},
		"no length":      {func(w http.ResponseWriter) { w.Header().Set("Transfer-Encoding", "chunked") }, ""},
		"does not know":  {func(w http.ResponseWriter) { w.WriteHeader(http.StatusMethodNotAllowed) }, ""},
		"another length": {func(w http.ResponseWriter) { w.Header().Set("Content-Length", strconv.Itoa(size-1)) }, app.SourceFault},
		"not there":      {func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) }, app.SourceFault},
		"busy":           {func(w http.ResponseWriter) { w.WriteHeader(http.StatusTooManyRequests) }, app.SourceBusy},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.Method+" "+r.URL.Path)
				c.answer(w)
			}))
			defer srv.Close()
			err := typedSource(t, newClient(t, Config{}), made, srv.URL+"/file.bin").Probe(t.Context())
			var kind app.ProblemKind
			if err != nil {
				kind = app.AsProblem(err).Kind
			}
			if kind != c.want {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if len(asked) != 1 || asked[0] != "HEAD /file.bin" {
				t.Errorf("asked %q", asked)
			}
		})
	}
}

func TestProbeRefusesAndEnds(t *testing.T) {
	made := oneFile(t)
	c := newClient(t, Config{})
	s, err := c.newSource(made.Package, app.Origin{URL: "http://192.168.0.9/file.bin"})
	if err == nil {
		t.Fatal("a private address in a manifest is a source")
	}
	if err := s.Probe(t.Context()); app.AsProblem(err).Kind != app.Refused {
		t.Errorf("a private address: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := typedSource(t, c, made, "http://127.0.0.1:9999/file.bin").Probe(ctx); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}
