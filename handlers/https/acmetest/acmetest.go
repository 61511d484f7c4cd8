// Package acmetest is an authority of certificates for tests: Pebble, which is Let's Encrypt's own for that, with a DNS
// of its own, both in the test's process.
//
// It must never be part of the program, or trusted by anything but a test.
package acmetest

import (
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/letsencrypt/challtestsrv"
	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
)

// Authority gives certificates to whoever answers at a name.
type Authority struct {
	Directory string         // its address
	Own       string         // file with the certificate that its own address is trusted by
	Roots     *x509.CertPool // of what it gives
	names     *challtestsrv.ChallSrv
}

// Start starts an authority that comes to names at two ports, and gives certificates for some seconds; 0 is 90 days.
// All names lead to this machine until Lead says otherwise.
func Start(t *testing.T, httpPort, tlsPort int, seconds uint64) *Authority {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	quiet := log.New(io.Discard, "", 0)
	dns := freeAddr(t)
	names, err := challtestsrv.New(challtestsrv.Config{DNSAddrs: []string{dns}, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	names.SetDefaultDNSIPv4("127.0.0.1")
	names.SetDefaultDNSIPv6("")
	names.Run()
	t.Cleanup(names.Shutdown)
	books := db.NewMemoryStore()
	signs := ca.New(quiet, books, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {ValidityPeriod: seconds}})
	asks := va.New(quiet, httpPort, tlsPort, true, dns, books)
	front := wfe.New(quiet, books, asks, signs, []string{"authority.test"}, true, false, 0, 1)
	server := httptest.NewTLSServer(front.Handler())
	server.Config.ErrorLog = quiet
	t.Cleanup(server.Close)
	a := &Authority{Directory: server.URL + wfe.DirectoryPath, names: names, Roots: x509.NewCertPool()}
	a.Roots.AppendCertsFromPEM(signs.GetRootCert(0).PEM())
	a.Own = filepath.Join(t.TempDir(), "authority.pem")
	own := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(a.Own, own, 0o600); err != nil {
		t.Fatal(err)
	}
	client := server.Client() // it answers before anybody asks
	client.Transport.(*http.Transport).DisableKeepAlives = true
	resp, err := client.Get(a.Directory)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return a
}

// Lead lets a name lead to an address, and to no other.
func (a *Authority) Lead(name, to string) {
	a.names.DeleteDNSARecord(name)
	a.names.AddDNSARecord(name, []string{to})
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // it was never used
	return l.Addr().String()
}
