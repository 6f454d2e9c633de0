package mirror

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"testing"
	"time"
)

// authority is a certificate authority of a test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

type certificate struct {
	host    string
	expired bool
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{key: key, pool: x509.NewCertPool()}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.pool.AddCert(a.cert)
	return a
}

func (a *authority) issue(t testing.TB, c certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: c.host},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.ParseIP(c.host)},
	}
	if c.expired {
		template.NotAfter = time.Now().Add(-time.Hour)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestTLS(t *testing.T) {
	ca := newAuthority(t)
	good := ca.issue(t, certificate{host: "127.0.0.1"})
	for _, row := range []struct {
		faultRow
		conf *tls.Config
	}{
		{faultRow{name: "good", want: []string{rightBytes}}, &tls.Config{Certificates: []tls.Certificate{good}}},
		{faultRow{name: "expired", want: []string{faulty}, text: "expired"},
			&tls.Config{Certificates: []tls.Certificate{ca.issue(t, certificate{host: "127.0.0.1", expired: true})}}},
		{faultRow{name: "another name", want: []string{faulty}, text: "127.0.0.1"},
			&tls.Config{Certificates: []tls.Certificate{ca.issue(t, certificate{host: "127.0.0.9"})}}},
		{faultRow{name: "self-signed", want: []string{faulty}, text: "unknown authority"},
			&tls.Config{Certificates: []tls.Certificate{newAuthority(t).issue(t, certificate{host: "127.0.0.1"})}}},
		{faultRow{name: "TLS 1.1", want: []string{faulty}, text: "protocol version"},
			&tls.Config{Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS11}},
		{faultRow{name: "TLS 1.2", want: []string{rightBytes}},
			&tls.Config{Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS12}},
		{faultRow{name: "HTTP/2 whatever was agreed", want: []string{faulty}, text: "malformed HTTP",
			serve: func(x *exchange) bool {
				x.Write([]byte("\x00\x00\x00\x04\x00\x00\x00\x00\x00"))
				return false
			}}, &tls.Config{Certificates: []tls.Certificate{good}, NextProtos: []string{"h2"}}},
		{faultRow{name: "both HTTP versions", want: []string{rightBytes}},
			&tls.Config{Certificates: []tls.Certificate{good}, NextProtos: []string{"h2", "http/1.1"}}},
		{faultRow{name: "alert in the body", want: []string{faulty}, text: "tls",
			serve: func(x *exchange) bool {
				x.head("206 Partial Content", x.contentRange(), fmt.Sprint("Content-Length: ", x.end-x.first))
				x.Write(x.body()[:100_000])
				raw := x.Conn.(*tls.Conn).NetConn()
				raw.Write([]byte{21, 3, 3, 0, 2, 2, 80})
				return false
			}}, &tls.Config{Certificates: []tls.Certificate{good}}},
		{faultRow{name: "redirect to http", want: []string{faulty}, text: "from https to http",
			serve: func(x *exchange) bool { return x.status("302 Found", "Location: http://127.0.0.1:8080/") }},
			&tls.Config{Certificates: []tls.Certificate{good}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			made := oneFile(t)
			if row.serve == nil {
				row.serve = func(x *exchange) bool { return x.right() }
			}
			srv := serveRaw(t, "127.0.0.1:0", row.conf, made.Content[0], row.serve)
			row.check(t, Config{RootCAs: ca.pool}, made, "https://"+srv.addr+"/file.bin")
		})
	}
	t.Run("handshake that never ends", func(t *testing.T) {
		made := oneFile(t)
		l, err := net.Listen("tcp", "127.0.0.1:0") // the kernel accepts, nobody answers
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		row := faultRow{want: []string{faulty}, text: "TLS handshake timeout"}
		c := Config{RootCAs: ca.pool, limits: defaultLimits}
		c.limits.tls = 200 * time.Millisecond
		row.check(t, c, made, "https://"+l.Addr().String()+"/file.bin")
	})
}
