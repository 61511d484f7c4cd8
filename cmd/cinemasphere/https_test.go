package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"cinemasphere/handlers/doctor"
	"cinemasphere/handlers/https/acmetest"
)

// secured is the program with DOMAIN, and an authority that gives it certificates. Its sockets are held by the test, so
// that nobody else gets their ports.
type secured struct {
	*process
	systemd     *systemd
	authority   *acmetest.Authority
	addr, plain string
	env         []string
}

// secure starts the program with DOMAIN.
func secure(t *testing.T) secured {
	t.Helper()
	var s secured
	var addrs []string
	s.systemd, addrs = newSystemd(t, t.TempDir(), "site", "http")
	s.addr, s.plain = addrs[0], addrs[1]
	s.authority = acmetest.Start(t, port(t, s.plain), port(t, s.addr), 0)
	s.env = []string{
		"MPESA_ENV=simulator", "DOMAIN=cinema.test www.cinema.test", "ADDR=" + s.addr, "HTTP_ADDR=" + s.plain,
		"BASE_URL=https://cinema.test:" + strconv.Itoa(port(t, s.addr)), "ACME_DIRECTORY=" + s.authority.Directory,
		"SSL_CERT_FILE=" + s.authority.Own,
	}
	s.open(t)
	return s
}

// open starts it, and waits until it answers by HTTPS.
func (s *secured) open(t *testing.T) {
	t.Helper()
	s.process = s.systemd.start(s.env...)
	s.base = "https://cinema.test:" + strconv.Itoa(port(t, s.addr))
	client := &http.Client{Transport: s.through(0)}
	eventually(t, 30*time.Second, "it answers by HTTPS", func() bool {
		resp, err := client.Get(s.base + "/healthz")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

func port(t *testing.T, addr string) int {
	t.Helper()
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return tcp.Port
}

// through leads every name to this machine, at most by a version of TLS.
func (s *secured) through(newest uint16) *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(addr)
			if err != nil {
				return nil, err
			}
			return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
		},
		TLSClientConfig:   &tls.Config{RootCAs: s.authority.Roots, MaxVersion: newest},
		ForceAttemptHTTP2: true,
	}
}

// TestHTTPSByItself: with DOMAIN the program gets its certificate, sells by HTTPS, and keeps the certificate over a
// restart. Who comes by HTTP is sent on.
func TestHTTPSByItself(t *testing.T) {
	s := secure(t)
	c := s.customer()
	c.http.Transport = s.through(0)
	ticket := c.book("0712345001", 2) // who pays by itself
	eventually(t, 10*time.Second, "M-PESA's callback makes the ticket paid", func() bool {
		return strings.Contains(c.get(ticket.url.Path).Find("main").Text(), "Show this at the door")
	})
	shown := func(newest uint16) (*http.Response, string) {
		client := &http.Client{Transport: s.through(newest)}
		resp, err := client.Get(s.base + "/")
		if err != nil {
			t.Fatal(err)
		}
		defer shut(t, resp.Body)
		return resp, resp.TLS.PeerCertificates[0].SerialNumber.String()
	}
	resp, serial := shown(0)
	if resp.Proto != "HTTP/2.0" || !strings.HasPrefix(resp.Header.Get("Strict-Transport-Security"), "max-age=") {
		t.Errorf("%s, HSTS %q", resp.Proto, resp.Header.Get("Strict-Transport-Security"))
	}
	if resp, _ := shown(tls.VersionTLS12); resp.TLS.Version != tls.VersionTLS12 {
		t.Errorf("TLS %x", resp.TLS.Version)
	}
	client := &http.Client{
		Transport:     s.through(0),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for from, to := range map[string]string{
		"http://" + s.plain + "/films?day=1":                                     s.base + "/films?day=1",
		"http://evil.example:" + strconv.Itoa(port(t, s.plain)) + "/":            s.base + "/",
		"https://www.cinema.test:" + strconv.Itoa(port(t, s.addr)) + "/movies/1": s.base + "/movies/1",
	} {
		resp, err := client.Get(from)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusMovedPermanently || resp.Header.Get("Location") != to {
			t.Errorf("%s: %d to %s, want %s", from, resp.StatusCode, resp.Header.Get("Location"), to)
		}
		for _, name := range []string{
			"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy",
			"Cross-Origin-Resource-Policy",
		} {
			if resp.Header.Get(name) == "" {
				t.Errorf("%s: without %s", from, name)
			}
		}
		if byTLS := strings.HasPrefix(from, "https:"); (resp.Header.Get("Strict-Transport-Security") != "") != byTLS {
			t.Errorf("%s: HSTS %q", from, resp.Header.Get("Strict-Transport-Security"))
		}
	}
	s.doctorSays(t, doctor.OK)
	if out, err := subcommandWith(t, s.dir, s.env, "healthcheck"); err != nil || !strings.Contains(out, "ok\n") {
		t.Errorf("healthcheck: %v, %s", err, out)
	}
	if err := s.end(15); err != nil {
		t.Errorf("ended with %v", err)
	}
	s.systemd.told("STOPPING=1")
	s.open(t)
	if _, again := shown(0); again != serial {
		t.Errorf("the certificate %s is another after a restart, %s", again, serial)
	}
}

// doctorSays looks what the examination says of the certificates, beside the running program.
func (s *secured) doctorSays(t *testing.T, want doctor.Grade) {
	t.Helper()
	out, _ := subcommandWith(t, s.dir, s.env, "doctor", "--json") // what else it finds may make it fail
	var found struct{ Findings []doctor.Finding }
	if err := json.Unmarshal([]byte(out[strings.Index(out, "{"):strings.LastIndex(out, "}")+1]), &found); err != nil {
		t.Fatal(err, out)
	}
	lines := 0
	for _, f := range found.Findings {
		if f.Name == "HTTPS" {
			if lines++; f.Grade != want {
				t.Errorf("%+v, want %s", f, want)
			}
		}
	}
	if lines != 2 {
		t.Errorf("%d lines of certificates:\n%s", lines, out)
	}
}

// TestPortTaken: where a port cannot be had, the program says in one sentence which setting is meant and what to do.
func TestPortTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, taken)
	addr := taken.Addr().String()
	for name, env := range map[string][]string{
		"ADDR":      {"ADDR=" + addr},
		"HTTP_ADDR": {"ADDR=" + freeAddr(t), "HTTP_ADDR=" + addr, "DOMAIN=cinema.test"},
	} {
		out, err := subcommandWith(t, t.TempDir(), append(env, "MPESA_ENV=simulator"))
		if err == nil || !strings.Contains(out, name+" is "+addr) || !strings.Contains(out, "another program") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// TestHealthcheck: it succeeds where the program of these settings answers, and fails where it does not.
func TestHealthcheck(t *testing.T) {
	p := start(t, "")
	if out, err := subcommandWith(t, p.dir, p.cmd.Env, "healthcheck"); err != nil || !strings.Contains(out, "ok\n") {
		t.Errorf("%v, %s", err, out)
	}
	other := "ADDR=" + freeAddr(t)
	if out, err := subcommandWith(t, p.dir, []string{other}, "healthcheck"); err == nil {
		t.Errorf("nobody is there: %s", out)
	}
	if err := os.Remove(filepath.Join(p.dir, "demo.db")); err != nil {
		t.Fatal(err)
	}
	p.checked = true
	out, err := subcommandWith(t, p.dir, p.cmd.Env, "healthcheck")
	if err == nil || !strings.Contains(out, "503") {
		t.Errorf("the database is gone: %v, %s", err, out)
	}
}
