package https_test

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cinemasphere/handlers/https"
	"cinemasphere/handlers/https/acmetest"
)

// site is a site that keeps its certificates, with an authority of its own.
type site struct {
	https.Config
	authority *acmetest.Authority
	tls       string // where it listens
	stop      func() // stops what keeps them; the site answers on
}

// open serves a site by HTTP and HTTPS. Change is what its settings are otherwise.
func open(t *testing.T, seconds uint64, change func(*https.Config, *acmetest.Authority)) site {
	t.Helper()
	plain, secure := listen(t), listen(t)
	port := func(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }
	a := acmetest.Start(t, port(plain), port(secure), seconds)
	t.Setenv("SSL_CERT_FILE", a.Own) // the first to look at it in this process
	c := https.Config{
		Names: []string{"cinema.test", "www.cinema.test"}, Site: "https://cinema.test", Folder: t.TempDir(),
		Directory: a.Directory, HTTPPort: port(plain), TLSPort: port(secure), Every: time.Second,
	}
	change(&c, a)
	k, err := https.New(c)
	if err != nil {
		t.Fatal(err)
	}
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.Method)) })
	quiet := log.New(io.Discard, "", 0) // of hands that are shaken before there is a certificate
	servers := []*http.Server{
		{Handler: k.Plain()}, {Handler: k.ByName(hello), TLSConfig: k.TLS(), ErrorLog: quiet},
	}
	go func() { _ = servers[0].Serve(plain) }()
	go func() { _ = servers[1].ServeTLS(secure, "", "") }()
	stop := run(t, k)
	t.Cleanup(func() {
		stop()
		for _, s := range servers {
			_ = s.Close()
		}
	})
	return site{c, a, secure.Addr().String(), stop}
}

// run keeps certificates until it is stopped.
func run(t *testing.T, k *https.Keeper) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- k.Run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// shake shakes hands by a name, "" for none, and returns the certificate that was shown.
func (s site) shake(name string) (*x509.Certificate, error) {
	c := &tls.Config{ServerName: name, RootCAs: s.authority.Roots, MaxVersion: tls.VersionTLS12}
	c.InsecureSkipVerify = name == "" // what is shown is looked at by the test
	conn, err := tls.Dial("tcp", s.tls, c)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }() // nothing was written
	return conn.ConnectionState().PeerCertificates[0], nil
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	end := time.After(60 * time.Second)
	for !is() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// TestRenewed: certificates come by themselves and are renewed before they end; an answer is never without one.
func TestRenewed(t *testing.T) {
	s := open(t, 12, func(*https.Config, *acmetest.Authority) {})
	var first *x509.Certificate
	eventually(t, "a certificate", func() bool {
		c, err := s.shake("cinema.test")
		first = c
		return err == nil
	})
	if nameless, err := s.shake(""); err != nil || nameless.VerifyHostname("cinema.test") != nil {
		t.Errorf("a client that names no host: %v", err)
	}
	eventually(t, "another one", func() bool {
		c, err := s.shake("cinema.test")
		if err != nil {
			t.Fatalf("the site shows no good certificate: %v", err)
		}
		return c.SerialNumber.Cmp(first.SerialNumber) != 0
	})
	if ends := s.Look()[0].Ends; !ends.After(first.NotAfter) {
		t.Errorf("it ends at %v, and the one before at %v", ends, first.NotAfter)
	}
}

// TestRSA: keys are of the kind that was asked for, and for their owner alone. The authority is content with an answer
// by TLS.
func TestRSA(t *testing.T) {
	s := open(t, 0, func(c *https.Config, _ *acmetest.Authority) { c.RSA, c.HTTPPort = true, 0 })
	eventually(t, "certificates for both names", func() bool { _, err := s.Ends(); return err == nil })
	var shown *x509.Certificate
	eventually(t, "the site shows one", func() bool {
		c, err := s.shake("www.cinema.test")
		shown = c
		return err == nil
	})
	if _, is := shown.PublicKey.(*rsa.PublicKey); !is {
		t.Errorf("the key is a %T", shown.PublicKey)
	}
	keys := 0
	err := filepath.WalkDir(s.Folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || path == s.Folder {
			return err
		}
		info, err := d.Info()
		isLock := strings.HasSuffix(path, ".lock") // with a time in it, in a folder that is closed to others
		if err == nil && info.Mode().Perm()&0o077 != 0 && !isLock {
			t.Errorf("%s is %s", path, info.Mode())
		}
		if strings.HasSuffix(path, ".key") {
			keys++
		}
		return err
	})
	if err != nil || keys < 3 {
		t.Errorf("%d keys, %v", keys, err)
	}
}

// TestRefused: what the authority says is kept for whoever looks, and gone once there is a certificate. Nobody else has
// to ask for one.
func TestRefused(t *testing.T) {
	var lead func(string)
	s := open(t, 0, func(c *https.Config, a *acmetest.Authority) {
		c.Names = c.Names[:1]
		lead = func(to string) { a.Lead("cinema.test", to) }
		lead("127.9.9.9") // where nothing answers
	})
	eventually(t, "what went wrong", func() bool { return s.Look()[0].Failed != "" })
	found := s.Look()[0]
	if !found.Ends.IsZero() || found.At.IsZero() || !strings.Contains(found.Failed, "127.9.9.9") {
		t.Errorf("%+v", found)
	}
	if _, err := s.Ends(); err == nil {
		t.Error("there is no certificate, and it has an end")
	}
	s.stop()
	lead("127.0.0.1")
	k, err := https.New(s.Config)
	if err != nil {
		t.Fatal(err)
	}
	defer run(t, k)()
	eventually(t, "a certificate", func() bool { _, err := s.Ends(); return err == nil })
	eventually(t, "the failure is forgotten", func() bool { return s.Look()[0].Failed == "" })
}

// TestPlain: who comes by HTTP or by another name is sent to the site, and to nowhere else.
func TestPlain(t *testing.T) {
	k, err := https.New(https.Config{
		Names: []string{"cinema.test", "www.cinema.test"}, Site: "https://cinema.test", Folder: t.TempDir(),
		Directory: "https://localhost/dir",
	})
	if err != nil {
		t.Fatal(err)
	}
	var answered atomic.Bool
	byName := k.ByName(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { answered.Store(true) }))
	for _, tt := range []struct {
		by           http.Handler
		method, host string
		path         string
		status       int
		to           string // "" is answered here
	}{
		{k.Plain(), "GET", "cinema.test", "/", 301, "https://cinema.test/"},
		{k.Plain(), "HEAD", "cinema.test", "/films?day=1", 301, "https://cinema.test/films?day=1"},
		{k.Plain(), "GET", "evil.example", "/a", 301, "https://cinema.test/a"},
		{k.Plain(), "GET", "cinema.test", "//evil.example/a", 301, "https://cinema.test/evil.example/a"},
		{k.Plain(), "GET", "cinema.test", "http://evil.example/a", 301, "https://cinema.test/a"},
		{k.Plain(), "GET", "cinema.test", "/%2f%2fevil.example", 301, "https://cinema.test/%2f%2fevil.example"},
		{k.Plain(), "POST", "cinema.test", "/bookings", 308, "https://cinema.test/bookings"},
		{k.Plain(), "GET", "cinema.test", "/.well-known/acme-challenge/", 301,
			"https://cinema.test/.well-known/acme-challenge/"},
		{byName, "GET", "www.cinema.test", "/films", 301, "https://cinema.test/films"},
		{byName, "GET", "WWW.cinema.test:443", "/films", 301, "https://cinema.test/films"},
		{byName, "GET", "cinema.test", "/films", 200, ""},
		{byName, "GET", "127.0.0.1", "/films", 200, ""},
		{byName, "POST", "www.cinema.test", "/cb/x", 200, ""},
	} {
		answered.Store(false)
		r := httptest.NewRequest(tt.method, tt.path, nil)
		r.Host = tt.host
		w := httptest.NewRecorder()
		tt.by.ServeHTTP(w, r)
		if w.Code != tt.status || w.Header().Get("Location") != tt.to || answered.Load() != (tt.to == "") {
			t.Errorf("%s %s%s: %d to %q", tt.method, tt.host, tt.path, w.Code, w.Header().Get("Location"))
		}
	}
}
