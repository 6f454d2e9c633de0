package mirror

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"grove/app"
	"grove/app/pack"
	"grove/p2p/internal/web"
)

// hedgeAfter is how long one address may keep the next one waiting.
const hedgeAfter = 2 * time.Second

// Describe implements app.Describer. Addresses are asked in order, the next
// one as soon as the one before failed or kept it waiting; check is called
// from one goroutine. Where nothing verifies, the error is the one that tells
// most: what check said of an answer, else why the first address gave none.
func (c *Client) Describe(ctx context.Context, want app.Description, check func([]byte) error) error {
	addresses, limit, err := sideAddresses(want)
	if err != nil {
		return err
	}
	if len(addresses) == 0 {
		return app.NewProblem(app.NotFound, "no web address", errors.New("none was given"))
	}
	ctx, cancel := context.WithCancel(ctx)
	answers := make(chan answer)
	var asking sync.WaitGroup
	defer asking.Wait()
	defer cancel()

	var first, refused error
	asked, open := 0, 0
	hedge := time.NewTimer(0)
	defer hedge.Stop()
	for asked < len(addresses) || open > 0 {
		select {
		case <-hedge.C:
			if asked < len(addresses) {
				a := addresses[asked]
				asking.Go(func() {
					body, err := c.fetch(ctx, a, limit)
					select {
					case answers <- answer{body, err}:
					case <-ctx.Done():
					}
				})
				asked++
				open++
				hedge.Reset(hedgeAfter)
			}
		case got := <-answers:
			open--
			if got.err == nil {
				if got.err = check(got.body); got.err == nil {
					return nil
				}
				refused = got.err
			}
			if first == nil {
				first = got.err
			}
			hedge.Reset(0)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if refused != nil {
		return refused
	}
	return first
}

type answer struct {
	body []byte
	err  error
}

// sideAddresses lists where a part may lie, without repeats, and how long it
// may be in bytes.
func sideAddresses(want app.Description) ([]app.Origin, int64, error) {
	var name string
	var limit int64
	switch want.Part {
	case app.PartManifest:
		return unique(want.Manifests), pack.MaxGrove, nil
	case app.PartHashes:
		name, limit = want.ID.HashesName(), pack.MaxPieces*32
	case app.PartPoster:
		name, limit = want.ID.PosterName(), pack.MaxPoster
	default:
		return nil, 0, app.NewProblem(app.Internal, fmt.Sprintf("part %d of a description", want.Part), nil)
	}
	var out []app.Origin
	for _, o := range append(append([]app.Origin(nil), want.Manifests...), want.Origins...) {
		if u, err := url.Parse(o.URL); err == nil {
			out = append(out, app.Origin{URL: beside(u, name), Typed: o.Typed})
		}
	}
	return unique(out), limit, nil
}

// beside is the address of name in the folder of u.
func beside(u *url.URL, name string) string {
	folder := u.EscapedPath()
	folder = folder[:strings.LastIndexByte(folder, '/')+1]
	if folder == "" {
		folder = "/"
	}
	return u.Scheme + "://" + u.Host + folder + name
}

// fetch gets a whole small file of at most limit bytes.
func (c *Client) fetch(ctx context.Context, o app.Origin, limit int64) ([]byte, error) {
	t, err := c.newTarget(o.URL, o.Typed)
	if err != nil {
		return nil, err
	}
	free, err := c.slot(ctx, t.url.Host)
	if err != nil {
		return nil, err
	}
	defer free()
	w := newWatch(ctx, c.conf.limits.idle, c.conf.limits.budget(limit))
	defer w.stop()
	resp, err := c.do(w.ctx, http.MethodGet, t, http.Header{})
	w.end()
	if err != nil {
		return nil, explain(ctx, t.url, w.cause(err))
	}
	defer resp.Body.Close()
	if err := checkWhole(t.url, resp, limit); err != nil {
		return nil, explain(ctx, t.url, err)
	}
	body, err := readAll(w, resp.Body, limit)
	if err != nil {
		return nil, explain(ctx, t.url, w.cause(err))
	}
	return body, nil
}

// checkWhole judges the head of an answer that should be a whole file.
func checkWhole(u *url.URL, resp *http.Response, limit int64) error {
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusGone:
		return app.NewProblem(app.NotFound, place(u), fmt.Errorf("answered %s", statusText(resp.StatusCode)))
	default:
		return refusal(u, resp, time.Now())
	}
	if e := resp.Header.Values("Content-Encoding"); len(e) > 0 {
		return faultf(ofAnswer, "sent the file encoded (Content-Encoding: %s), unasked", web.Clip(e[0], 80))
	}
	if resp.ContentLength > limit {
		return faultf(ofLength, "has a file of %d bytes where %d are the most allowed", resp.ContentLength, limit)
	}
	return nil
}

// readAll reads a body of at most limit bytes under w.
func readAll(w *watch, body io.Reader, limit int64) ([]byte, error) {
	var out []byte
	buf := make([]byte, 64<<10)
	for {
		w.begin()
		n, err := body.Read(buf)
		w.end()
		out = append(out, buf[:n]...)
		switch {
		case int64(len(out)) > limit:
			return nil, faultf(ofLength, "sent more than the %d bytes that are the most allowed", limit)
		case err == io.EOF:
			return out, nil
		case err != nil:
			return nil, err
		}
	}
}
