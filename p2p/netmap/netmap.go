// Package netmap keeps a network map (pack.Map): it is fetched from where the
// user said, believed only under the key that he gave, and kept in a file, so
// that it holds without a network too. It asks once a day at most while that
// works, and sooner where the map ends before.
package netmap

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"grove/app"
	"grove/app/pack"
	"grove/p2p/internal/web"
)

const (
	// fresh is how long a map is not asked for again, or half of what it has left.
	fresh = 24 * time.Hour
	// againFirst is after a failure, doubled up to againLast.
	againFirst = time.Minute
	againLast  = time.Hour
	patience   = 30 * time.Second // for a server
)

// Config says which map, and where to keep it.
type Config struct {
	Where     string         // a web address, or the path of a file
	Key       pack.PublicKey // whose it must be
	File      string         // where it is kept
	Reach     app.Reach
	Proxy     *url.URL // as mirror.Config has it
	Bind      string
	UserAgent string       // default "Grove"
	Log       *slog.Logger // nil is none
	// Use is called with each map that is to hold from now on.
	Use func(*pack.Map)
}

// Keep uses the map that is kept, and then every newer one, until ctx ends.
func Keep(ctx context.Context, c Config) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	k := keeper{Config: c}
	wait := k.load(time.Now())
	again := againFirst
	for {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		switch err := k.renew(ctx); {
		case ctx.Err() != nil:
			return
		case err != nil:
			c.Log.Warn("the network map was not renewed", "from", place(c.Where), "err", err)
			wait, again = again, min(2*again, againLast)
		default:
			wait, again = k.rest(time.Now(), time.Now()), againFirst
		}
	}
}

type keeper struct {
	Config
	has *pack.Map // the newest by the key, which may have expired; or nil
}

// load takes what is kept, and returns when to renew it.
func (k *keeper) load(now time.Time) time.Duration {
	b, err := readMap(k.File)
	if err != nil {
		return 0
	}
	m, err := pack.OpenMap(b)
	if err != nil || m.Publisher != k.Key {
		return 0
	}
	k.use(m, now)
	info, err := os.Stat(k.File)
	if err != nil || info.ModTime().After(now) {
		return 0
	}
	return k.rest(info.ModTime(), now)
}

func (k *keeper) use(m *pack.Map, now time.Time) {
	if k.has = m; !m.Expired(now) {
		k.Use(m)
	}
}

// rest is how long the map that came at then need not be renewed.
func (k *keeper) rest(then, now time.Time) time.Duration {
	after := min(fresh, k.has.Expires.Sub(then)/2)
	return max(0, then.Add(max(after, againFirst)).Sub(now))
}

// renew brings the map as it is now, and uses and keeps it where it is newer. One
// with a lower number than what there was is refused: somebody shows an old one.
func (k *keeper) renew(ctx context.Context) error {
	b, err := k.fetch(ctx)
	if err != nil {
		return err
	}
	m, err := Open(b, k.Key, time.Now())
	if err != nil {
		return err
	}
	if k.has != nil && m.Seq < k.has.Seq {
		return fmt.Errorf("it has number %d, and number %d was here", m.Seq, k.has.Seq)
	}
	if err := keep(k.File, b); err != nil {
		k.Log.Warn("the network map cannot be kept", "file", k.File, "err", err)
	}
	if k.has == nil || m.Seq > k.has.Seq || k.has.Expired(time.Now()) {
		k.use(m, time.Now())
	}
	return nil
}

// Open reads a map that holds at now and is by key.
func Open(b []byte, key pack.PublicKey, now time.Time) (*pack.Map, error) {
	m, err := pack.OpenMap(b)
	switch {
	case err != nil:
		return nil, err
	case m.Publisher != key:
		return nil, fmt.Errorf("it is by %s, not by %s", m.Publisher.Fingerprint(), key.Fingerprint())
	case m.Expired(now):
		return nil, fmt.Errorf("it expired at %s", m.Expires.Format(time.RFC3339))
	}
	return m, nil
}

// IsURL reports whether where is a web address, and not a path.
func IsURL(where string) bool {
	return strings.HasPrefix(where, "http://") || strings.HasPrefix(where, "https://")
}

// Fetch reads the signed bytes of the map, which nobody has verified.
func Fetch(ctx context.Context, c Config) ([]byte, error) { return (&keeper{Config: c}).fetch(ctx) }

func (k *keeper) fetch(ctx context.Context) ([]byte, error) {
	if !IsURL(k.Where) {
		return readMap(k.Where)
	}
	u, err := url.Parse(k.Where)
	if err != nil {
		return nil, err
	}
	w := web.Config{Reach: k.Reach, Proxy: k.Proxy, Bind: k.Bind, Dial: patience, TLS: patience, Header: patience, PerHost: 1}
	if err := w.CheckURL(u, true); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", cmp.Or(k.UserAgent, "Grove"))
	t := w.Transport(true)
	defer t.CloseIdleConnections()
	resp, err := t.RoundTrip(req) // which follows no redirect: the user typed this address and no other
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %d", u.Host, resp.StatusCode)
	}
	return readAtMost(resp.Body)
}

func readMap(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAtMost(f)
}

func readAtMost(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, pack.MaxMap+1))
	if err == nil && len(b) > pack.MaxMap {
		err = fmt.Errorf("more than %d bytes", pack.MaxMap)
	}
	return b, err
}

// keep puts b at file in one step. What is there already gets a new time.
func keep(file string, b []byte) (err error) {
	if old, readErr := readMap(file); readErr == nil && bytes.Equal(old, b) {
		now := time.Now()
		return os.Chtimes(file, now, now)
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".map-*") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if e := os.Remove(tmp.Name()); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}()
	_, err = tmp.Write(b)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}

// place is where without what may be a secret in its query.
func place(where string) string {
	if !IsURL(where) {
		return where
	}
	before, _, _ := strings.Cut(where, "?")
	return before
}
