package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

// cdn is the publisher's HTTP server with a folder of files. It counts what
// it sends of the content, and can be told to misbehave.
type cdn struct {
	*httptest.Server
	folder string

	mu      sync.Mutex
	sent    int64         // guarded by mu; bytes of content
	spans   [][2]int64    // guarded by mu; of content that was sent, from and to
	asked   int           // guarded by mu; requests for content
	pauseAt int64         // guarded by mu; bytes after which nothing more is sent; 0 is never
	paused  chan struct{} // guarded by mu; closed when that happens
	twist   bool          // guarded by mu; the content is wrong
}

// startCDN serves a package whose content lies in the folder it returns.
// prepare sees the address before the package is made.
func startCDN(t *testing.T, o apptest.Options) (*cdn, *apptest.Made) {
	t.Helper()
	s := &cdn{folder: t.TempDir(), paused: make(chan struct{})}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	o.Origins = append(o.Origins, s.URL+"/")
	made := apptest.Package(t, o)
	made.WriteFiles(t, s.folder)
	made.WriteSide(t, s.folder)
	return s, made
}

func (s *cdn) serve(w http.ResponseWriter, r *http.Request) {
	content := !strings.HasSuffix(r.URL.Path, ".grove") && !strings.HasSuffix(r.URL.Path, ".hashes")
	if content {
		s.mu.Lock()
		s.asked++
		s.mu.Unlock()
		c := &counted{ResponseWriter: w, s: s, ctx: r.Context()}
		_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &c.at) // 0 for the whole file
		w = c
	}
	http.ServeFile(w, r, filepath.Join(s.folder, filepath.FromSlash(r.URL.Path)))
}

// counted counts what goes out, and stops where the origin was told to.
type counted struct {
	http.ResponseWriter
	s   *cdn
	ctx context.Context
	at  int64 // offset in the file
}

func (c *counted) Write(b []byte) (int, error) {
	s := c.s
	s.mu.Lock()
	if s.pauseAt > 0 && s.sent+int64(len(b)) > s.pauseAt {
		select {
		case <-s.paused:
		default:
			close(s.paused)
		}
		s.mu.Unlock()
		if f, ok := c.ResponseWriter.(http.Flusher); ok {
			f.Flush()
		}
		<-c.ctx.Done()
		return 0, c.ctx.Err()
	}
	s.sent += int64(len(b))
	s.spans = append(s.spans, [2]int64{c.at, c.at + int64(len(b))})
	c.at += int64(len(b))
	if s.twist {
		b = bytes.Clone(b)
		b[0] ^= 1
	}
	s.mu.Unlock()
	return c.ResponseWriter.Write(b)
}

// pause makes the origin hang after n bytes of content in all, and returns
// the channel that is closed when it does. 0 is never.
func (s *cdn) pause(n int64) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pauseAt, s.paused = n, make(chan struct{})
	return s.paused
}

func (s *cdn) counts() (sent int64, asked int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent, s.asked
}

// grove is the path of the .grove file.
func (s *cdn) grove(made *apptest.Made) string {
	return filepath.Join(s.folder, made.Package.Manifest.Name+".grove")
}

func (s *cdn) link(made *apptest.Made) string {
	return pack.Link{ID: made.Package.ID, Publisher: made.Package.Publisher(),
		Manifests: []string{s.URL + "/" + made.Package.Manifest.Name + ".grove"}}.String()
}

// wantFresh fails if a piece in have, of a package of one file, was sent
// since the first n spans.
func (s *cdn) wantFresh(t *testing.T, made *apptest.Made, have app.Bitmap, n int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, span := range s.spans[n:] {
		for i := span[0] / made.Package.Manifest.Piece; i*made.Package.Manifest.Piece < span[1]; i++ {
			if have.Has(int(i)) {
				t.Fatalf("piece %d was here and was fetched again", i)
			}
		}
	}
}

// spansSent is how many spans were sent so far.
func (s *cdn) spansSent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.spans)
}
