package mirror

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

func typed(urls ...string) []app.Origin {
	var out []app.Origin
	for _, u := range urls {
		out = append(out, app.Origin{URL: u, Typed: true})
	}
	return out
}

// expect is a check that takes only b, and counts what it was offered.
func expect(b []byte, offered *int) func([]byte) error {
	return func(got []byte) error {
		*offered++
		if !bytes.Equal(got, b) {
			return app.NewProblem(app.BadSignature, "what came", nil)
		}
		return nil
	}
}

func TestDescribe(t *testing.T) {
	made := apptest.Package(t, apptest.Options{Poster: []byte("a picture")})
	o := newOrigin(t, made)
	wrong := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "else") }))
	defer wrong.Close()
	for _, row := range []struct {
		name    string
		want    app.Description
		right   []byte
		offered int
		kind    app.ProblemKind // "" is success
	}{
		{"manifest", app.Description{Part: app.PartManifest, Manifests: typed(o.URL + "/kit.grove")}, made.Grove, 1, ""},
		{"hashes beside the manifest", app.Description{Part: app.PartHashes, Manifests: typed(o.URL + "/kit.grove?token=1")}, made.List, 1, ""},
		{"hashes in the origin's folder", app.Description{Part: app.PartHashes, Origins: typed(o.URL + "/")}, made.List, 1, ""},
		{"hashes beside the origin's file", app.Description{Part: app.PartHashes, Origins: typed(o.URL + "/file.bin")}, made.List, 1, ""},
		{"poster", app.Description{Part: app.PartPoster, Origins: typed(o.URL + "/")}, made.Poster, 1, ""},
		{"the first answers with something else", app.Description{Part: app.PartManifest,
			Manifests: typed(wrong.URL+"/kit.grove", o.URL+"/kit.grove")}, made.Grove, 2, ""},
		{"the first has nothing", app.Description{Part: app.PartManifest,
			Manifests: typed(o.URL+"/nothing", o.URL+"/kit.grove")}, made.Grove, 1, ""},
		{"the first is refused", app.Description{Part: app.PartManifest,
			Manifests: append([]app.Origin{{URL: wrong.URL}}, typed(o.URL+"/kit.grove")...)}, made.Grove, 1, ""},
		{"nobody has it", app.Description{Part: app.PartManifest, Manifests: typed(o.URL + "/nothing")}, made.Grove, 0, app.NotFound},
		{"nobody is named", app.Description{Part: app.PartManifest}, made.Grove, 0, app.NotFound},
		{"what check says comes first", app.Description{Part: app.PartManifest,
			Manifests: typed(o.URL+"/nothing", wrong.URL+"/kit.grove")}, made.Grove, 1, app.BadSignature},
		{"all are refused", app.Description{Part: app.PartManifest,
			Manifests: []app.Origin{{URL: o.URL + "/kit.grove"}}}, made.Grove, 0, app.Refused},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.want.ID = made.Package.ID
			offered := 0
			err := newClient(t, Config{}).Describe(t.Context(), row.want, expect(row.right, &offered))
			if p := app.AsProblem(err); (p == nil) != (row.kind == "") || p != nil && p.Kind != row.kind {
				t.Errorf("%v; want kind %q", err, row.kind)
			}
			if offered != row.offered {
				t.Errorf("%d answers were offered, want %d", offered, row.offered)
			}
		})
	}
}

func TestDescribeLimitsSize(t *testing.T) {
	made := oneFile(t)
	for _, part := range []struct {
		part  app.Part
		limit int
	}{{app.PartManifest, pack.MaxGrove}, {app.PartHashes, pack.MaxPieces * 32}, {app.PartPoster, pack.MaxPoster}} {
		for _, announced := range []bool{false, true} {
			for _, extra := range []int{0, 1} {
				srv := serveRaw(t, "127.0.0.1:0", nil, make([]byte, part.limit+extra), func(x *exchange) bool {
					if announced {
						x.head("200 OK", fmt.Sprint("Content-Length: ", len(x.content)))
					} else {
						x.head("200 OK")
					}
					x.Write(x.content)
					return false
				})
				err := newClient(t, Config{}).Describe(t.Context(), app.Description{
					ID: made.Package.ID, Part: part.part, Manifests: typed("http://" + srv.addr + "/x.grove"),
				}, func(b []byte) error {
					if len(b) != part.limit {
						t.Errorf("%d bytes came", len(b))
					}
					return nil
				})
				if (err == nil) != (extra == 0) || err != nil && !strings.Contains(err.Error(), "most allowed") {
					t.Errorf("part %d, %d bytes beyond the limit, announced %v: %v", part.part, extra, announced, err)
				}
			}
		}
	}
}

func TestDescribeFaults(t *testing.T) {
	made := oneFile(t)
	for _, row := range []struct {
		name  string
		serve func(x *exchange) bool
		kind  app.ProblemKind
		text  string
	}{
		{"encoded", func(x *exchange) bool { return x.status("200 OK", "Content-Encoding: br") }, app.SourceFault, "br"},
		{"a part of it", func(x *exchange) bool { return x.status("206 Partial") }, app.SourceFault, "206"},
		{"busy", func(x *exchange) bool { return x.status("429 No", "Retry-After: 3") }, app.SourceBusy, "429"},
		{"gone", func(x *exchange) bool { return x.status("410 Gone") }, app.NotFound, "410"},
		{"forbidden", func(x *exchange) bool { return x.status("403 No") }, app.SourceFault, "403"},
		{"short", func(x *exchange) bool {
			x.head("200 OK", "Content-Length: 100")
			return false
		}, app.SourceFault, "EOF"},
		{"stops", func(x *exchange) bool {
			x.head("200 OK", "Content-Length: 100")
			return x.hold()
		}, app.SourceFault, errIdle.Error()},
		{"drips", func(x *exchange) bool {
			x.head("200 OK")
			return x.drip([]byte("x"), 10*time.Millisecond)
		}, app.SourceFault, errSlow.Error()},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			srv := serveRaw(t, "127.0.0.1:0", nil, nil, row.serve)
			err := newClient(t, Config{limits: shortLimits}).Describe(t.Context(), app.Description{
				ID: made.Package.ID, Part: app.PartManifest, Manifests: typed("http://" + srv.addr + "/x.grove"),
			}, func(b []byte) error { return errors.New("offered") })
			p := app.AsProblem(err)
			if p == nil || p.Kind != row.kind || !strings.Contains(err.Error(), row.text) {
				t.Errorf("%v; want %s, %q", err, row.kind, row.text)
			}
		})
	}
}

// TestDescribeDoesNotWaitForTheFirst: an address that says nothing holds the
// others up for hedgeAfter only.
func TestDescribeDoesNotWaitForTheFirst(t *testing.T) {
	t.Parallel()
	made := apptest.Package(t, apptest.Options{})
	o := newOrigin(t, made)
	mute := serveRaw(t, "127.0.0.1:0", nil, nil, func(x *exchange) bool { return x.hold() })
	start, offered := time.Now(), 0
	err := newClient(t, Config{}).Describe(t.Context(), app.Description{
		Part: app.PartManifest, Manifests: typed("http://"+mute.addr+"/kit.grove", o.URL+"/kit.grove"),
	}, expect(made.Grove, &offered))
	if err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > hedgeAfter+3*time.Second {
		t.Errorf("it took %v", took)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = newClient(t, Config{}).Describe(ctx, app.Description{
		Part: app.PartManifest, Manifests: typed("http://" + mute.addr + "/kit.grove"),
	}, expect(made.Grove, &offered))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v; want the end of the context", err)
	}
}
