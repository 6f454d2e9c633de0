package serve

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// writePair makes a certificate for 127.0.0.1 with a serial number and writes
// it, with a time of its own, since two writes can fall on one tick.
func writePair(t *testing.T, certFile, keyFile string, serial int64) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Duration(serial) * time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		if path == "" {
			continue
		}
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Unix(1_700_000_000+serial, 0)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestCertificateIsReadAgain(t *testing.T) {
	folder := t.TempDir()
	cert, key := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	writePair(t, cert, key, 1)
	logs := &journal{}
	c, err := openCertificate(cert, key, slog.New(slog.NewTextHandler(logs, nil)))
	if err != nil {
		t.Fatal(err)
	}
	now := c.looked
	serial := func(after time.Duration) int64 { now = now.Add(after); return c.at(now).Leaf.SerialNumber.Int64() }
	writePair(t, cert, key, 2)
	if n := serial(certLook / 2); n != 1 {
		t.Errorf("looked at once: %d", n)
	}
	if n := serial(certLook); n != 2 {
		t.Errorf("not read again: %d", n)
	}
	writePair(t, cert, "", 3) // its key comes later
	if n := serial(certLook); n != 2 || !strings.Contains(logs.String(), "the old one stays") {
		t.Errorf("half a pair is in use: %d\n%s", n, logs)
	}
	if err := os.Remove(cert); err != nil {
		t.Fatal(err)
	}
	if n := serial(certLook); n != 2 {
		t.Errorf("no file: %d", n)
	}
	// A key that fits comes in the place of one that does not, and looks alike.
	writePair(t, cert, key, 4)
	right, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	writePair(t, filepath.Join(folder, "other.pem"), key, 4)
	if n := serial(certLook); n != 2 {
		t.Errorf("half a pair is in use: %d", n)
	}
	info, err := os.Stat(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(key, right, 0o600), os.Chtimes(key, info.ModTime(), info.ModTime())); err != nil {
		t.Fatal(err)
	}
	if n := serial(certLook); n != 4 {
		t.Errorf("not read again: %d", n)
	}
}

// HTTPS with a certificate of one's own, over both versions of HTTP; and a new
// one while it runs.
func TestHTTPS(t *testing.T) {
	folder := t.TempDir()
	cert, key := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	pool := x509.NewCertPool()
	pool.AddCert(writePair(t, cert, key, 5))
	s := start(t, onLoopback(t, "tracker", "tls-cert", cert, "tls-key", key))
	if !strings.HasPrefix(s.base, "https://127.0.0.1:") {
		t.Fatal(s.base)
	}
	see := func(h2 bool) (proto string, serial int64) {
		tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: h2}
		defer tr.CloseIdleConnections()
		res, err := (&http.Client{Transport: tr}).Get(s.base + "grove/v1/about")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.Proto, res.TLS.PeerCertificates[0].SerialNumber.Int64()
	}
	for h2, want := range map[bool]string{true: "HTTP/2.0", false: "HTTP/1.1"} {
		if proto, serial := see(h2); proto != want || serial != 5 {
			t.Errorf("%s, %d", proto, serial)
		}
	}
	if v := s.value("grove_tls_certificate_until_seconds"); v == "0" {
		t.Error(v)
	}
	pool.AddCert(writePair(t, cert, key, 6))
	s.cert.mu.Lock()
	s.cert.looked = time.Time{}
	s.cert.mu.Unlock()
	if _, serial := see(false); serial != 6 {
		t.Errorf("the new one is not used: %d", serial)
	}
	// The address that others use must be https.
	_, err := Load(Given{Flags: onLoopback(t, "tracker", "tls-cert", cert, "tls-key", key, "url", "http://example.org/")})
	wantProblem(t, err, "https is what others must use")
}
