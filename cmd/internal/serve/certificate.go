package serve

import (
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certLook is how often the files of a certificate are looked at, at most.
const certLook = 10 * time.Second

// certificate is a pair of files that somebody else renews. A pair that cannot
// be used, because one file is still the old one, leaves the last in use.
type certificate struct {
	cert, key string
	log       *slog.Logger

	mu     sync.Mutex
	pair   *tls.Certificate // guarded by mu
	looked time.Time        // guarded by mu
	seen   [2]fileStamp     // guarded by mu; of the files when they were last read
}

type fileStamp struct {
	size int64
	time time.Time
}

func openCertificate(cert, key string, log *slog.Logger) (*certificate, error) {
	c := &certificate{cert: cert, key: key, log: log}
	c.seen = c.stamps()
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, badInput("--tls-cert %s and --tls-key %s cannot be used: %w", cert, key, err)
	}
	c.pair, c.looked = &pair, time.Now()
	return c, nil
}

func (c *certificate) stamps() (all [2]fileStamp) {
	for i, path := range []string{c.cert, c.key} {
		if info, err := os.Stat(path); err == nil {
			all[i] = fileStamp{info.Size(), info.ModTime()}
		}
	}
	return all
}

// get is for tls.Config.GetCertificate.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.at(time.Now()), nil
}

// at is the certificate of now.
func (c *certificate) at(now time.Time) *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.looked) < certLook {
		return c.pair
	}
	c.looked = now
	seen := c.stamps()
	if seen == c.seen {
		return c.pair
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		// Not remembered as seen: the other file may come, with the same stamp.
		c.log.Warn("the new certificate cannot be used; the old one stays", "err", err)
		return c.pair
	}
	c.seen, c.pair = seen, &pair
	c.log.Info("new certificate", "until", pair.Leaf.NotAfter.UTC().Format(time.DateOnly))
	return c.pair
}

// until is when the certificate ends.
func (c *certificate) until() time.Time { return c.at(time.Now()).Leaf.NotAfter }

// config is TLS as this server speaks it.
func (c *certificate) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}
}
