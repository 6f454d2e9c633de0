package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// parts are what this program does inside a namespace, until it is
// interrupted. Each prints a line with "ready" in it when it is at work.
var parts = map[string]func(ctx context.Context, args []string) error{
	"origin":   playOrigin,
	"tracker":  playTracker,
	"table":    playTable,
	"idler":    playIdler,
	"torrents": playTorrents,
	"useless":  playUseless,
	"sink":     playSink,
	"flow":     playFlow,
	"probe":    playProbe,
	"source":   playSource,
	"pull":     playPull,
	"giver":    playGiver,
	"takers":   playTakers,
}

func play(part string, args []string) error {
	f, ok := parts[part]
	if !ok {
		return fmt.Errorf("no part %q", part)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return f(ctx, args)
}

// part starts a part in c's space and waits until it is at work.
func (c *computer) part(name string, args ...string) (p *proc, ready string) {
	p = c.start(c.w.lab.self, append([]string{"part", name}, args...)...)
	l, err := p.await(30*time.Second, func(l line) bool { return len(l.text) >= 5 && l.text[:5] == "ready" })
	c.w.must(err)
	return p, l.text[5:]
}

const originPort = "8081"

// playOrigin serves the folder args[0] over HTTP.
func playOrigin(ctx context.Context, args []string) error {
	return serveHTTP(ctx, ":"+originPort, http.FileServer(http.Dir(args[0])))
}

func serveHTTP(ctx context.Context, addr string, h http.Handler) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	s := &http.Server{Handler: h}
	defer context.AfterFunc(ctx, func() { _ = s.Close() })()
	fmt.Println("ready")
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// origin serves folder at c, and is the address of it.
func (c *computer) origin(folder string) string {
	c.part("origin", folder)
	return "http://" + c.host() + ":" + originPort + "/"
}
