package main

import (
	"crypto/sha1"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// What a crowd downloads with: Grove, or libtorrent.

// groves are Groves.
type groves struct{}

func (groves) name() string { return "Grove" }

func (groves) complete(l line) bool { return l.event.Event == "complete" }

// publish signs the file, with a tracker and a relay at the server.
func (groves) publish(l *lines, c swarm, file, url string) fetch {
	server := l.server.serve("tracker,relay", "--log-level", "info")
	args := []string{"--tracker", server.url, "--relay", server.addr}
	if !c.fast {
		args = append(args, "--floor", "4Mbit")
	}
	grove, link := l.origin.published(file, url, args...)
	if l.seed != nil {
		p := l.seed.start(l.lab.grove, "share", file, "--package", grove, "--json", "--data", l.seed.data())
		_, err := p.said(setupLimit, "sharing")
		l.must(err)
	}
	set := "giving.budget=0"
	if c.mapped {
		set += " " + l.chart(filepath.Dir(file), strings.TrimSuffix(url, filepath.Base(file)))
	}
	return func(client *computer, gives bool) *proc {
		give := "--seed"
		if !gives {
			give = "--no-share"
		}
		return client.start("/bin/sh", "-c", openHanded, l.lab.grove, client.data(), link, client.path("in"), give, set)
	}
}

// openHanded is a first download by somebody who has no bound on giving: the
// settings are part of what he does. Eight of these do not begin within the
// same millisecond, as people do not.
const openHanded = `"$0" config set $5 --data "$1" --quiet >&2 && exec "$0" get "$2" -d "$3" --yes "$4" --json --data "$1"`

// torrents are libtorrent's clients, as Debian packs it, with the web server
// as a web seed.
type torrents struct{}

func (torrents) name() string { return "libtorrent" }

func (torrents) complete(l line) bool { return l.text == "complete" }

// python is Debian's, which python3-libtorrent is for.
const python = "/usr/bin/python3"

//go:embed crowd_torrent.py
var torrentClient []byte

func (torrents) publish(l *lines, c swarm, file, url string) fetch {
	if c.seed > 0 {
		l.failf("libtorrent has no seed here")
	}
	l.server.part("torrents")
	script, torrent := filepath.Join(l.ram, "client.py"), filepath.Join(l.ram, "video.torrent")
	l.must(os.WriteFile(script, torrentClient, 0o644))
	b, err := torrentOf(file, "http://"+l.server.host()+":"+torrentPort+"/announce", url)
	l.must(err)
	l.must(os.WriteFile(torrent, b, 0o644))
	return func(client *computer, gives bool) *proc {
		role := "gives"
		if !gives {
			role = "takes"
		}
		l.must(os.MkdirAll(client.path("in"), 0o755))
		return client.start(python, "-u", script, torrent, client.path("in"), role)
	}
}

// torrentPiece is what most torrents of this size have.
const torrentPiece = 256 << 10

// torrentOf describes a file to torrent programs.
func torrentOf(file, tracker, webSeed string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var hashes []byte
	var size int64
	for piece := make([]byte, torrentPiece); ; {
		n, err := io.ReadFull(f, piece)
		if n > 0 {
			h := sha1.Sum(piece[:n])
			hashes = append(hashes, h[:]...)
			size += int64(n)
		}
		if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	return bencode(dict{
		"announce": tracker,
		"info":     dict{"length": size, "name": filepath.Base(file), "piece length": int64(torrentPiece), "pieces": string(hashes)},
		"url-list": []string{webSeed},
	}), nil
}

type dict map[string]any

// bencode writes strings, numbers, lists of strings and dictionaries of these.
func bencode(v any) []byte {
	var b strings.Builder
	var write func(v any)
	write = func(v any) {
		switch v := v.(type) {
		case string:
			fmt.Fprintf(&b, "%d:%s", len(v), v)
		case int64:
			fmt.Fprintf(&b, "i%de", v)
		case []string:
			b.WriteByte('l')
			for _, s := range v {
				write(s)
			}
			b.WriteByte('e')
		case dict:
			b.WriteByte('d')
			var keys []string
			for k := range v {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			for _, k := range keys {
				write(k)
				write(v[k])
			}
			b.WriteByte('e')
		default:
			panic(fmt.Sprintf("no bencoding of %T", v))
		}
	}
	write(v)
	return []byte(b.String())
}

const (
	torrentPort  = "6969"
	announceEach = 30 * time.Second
)
