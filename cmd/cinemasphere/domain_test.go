package main

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDomain: what follows from DOMAIN, and what does not go with it.
func TestDomain(t *testing.T) {
	live := []string{
		"MPESA_ENV=production", "MPESA_CONSUMER_KEY=key", "MPESA_CONSUMER_SECRET=secret", "MPESA_PASSKEY=passkey",
		"MPESA_BUSINESS_SHORT_CODE=600100",
	}
	for _, tt := range []struct {
		env  []string
		want string // in the error; "" is none
	}{
		{[]string{"DOMAIN=cinema.co.ke"}, ""},
		{[]string{"DOMAIN= Cinema.CO.KE. , www.cinema.co.ke"}, ""},
		{[]string{"DOMAIN=cinema.co.ke", "BASE_URL=https://cinema.co.ke"}, ""},
		{[]string{"DOMAIN=cinema.co.ke", "BASE_URL=https://cinema.co.ke:8443", "ADDR=:8443"}, ""},
		{[]string{"DOMAIN=cinema.co.ke", "HTTP_ADDR=off"}, ""},
		{[]string{"DOMAIN=xn--bcher-kva.co.ke"}, ""},
		{[]string{"DOMAIN=https://cinema.co.ke"}, "must be a name alone"},
		{[]string{"DOMAIN=cinema.co.ke/tickets"}, "must be a name alone"},
		{[]string{"DOMAIN=cinema.co.ke:443"}, "must be a name alone"},
		{[]string{"DOMAIN=41.90.1.1"}, "has the address 41.90.1.1"},
		{[]string{"DOMAIN=2c0f:fe38::1"}, "has the address"},
		{[]string{"DOMAIN=*.cinema.co.ke"}, "has a star"},
		{[]string{"DOMAIN=cinema"}, "is no name"},
		{[]string{"DOMAIN=localhost"}, "is no name"},
		{[]string{"DOMAIN=kino-é.example"}, "is no name"},
		{[]string{"DOMAIN=-a.example"}, "is no name"},
		{[]string{"DOMAIN=cinema.co.ke,cinema.co.ke"}, "twice"},
		{[]string{"DOMAIN=mpesa.cinema.co.ke"}, "DOMAIN is the address that Safaricom sends to, but"},
		{[]string{"DOMAIN=cinema.co.ke", "BASE_URL=https://other.co.ke"}, "BASE_URL must be https://cinema.co.ke"},
		{[]string{"DOMAIN=cinema.co.ke,www.cinema.co.ke", "BASE_URL=https://www.cinema.co.ke"}, "BASE_URL must be"},
		{[]string{"DOMAIN=cinema.co.ke", "ADDR=:80"}, "one port"},
		{[]string{"DOMAIN=cinema.co.ke", "HTTP_ADDR=80"}, "HTTP_ADDR must be"},
		{[]string{"DOMAIN=cinema.co.ke", "ACME_DIRECTORY=http://ca.example/dir"}, "ACME_DIRECTORY must be"},
		{[]string{"DOMAIN=cinema.co.ke", "CERTIFICATE_KEY=ed25519"}, "CERTIFICATE_KEY"},
		{[]string{"BASE_URL=https://cinema.co.ke", "HTTP_ADDR=:80"}, "HTTP_ADDR is set, but DOMAIN is not"},
		{[]string{"BASE_URL=https://cinema.co.ke", "CERTIFICATE_DIR=x"}, "CERTIFICATE_DIR is set, but DOMAIN is not"},
		{[]string{"BASE_URL=https://cinema.co.ke", "ACME_DIRECTORY=https://x"}, "ACME_DIRECTORY is set, but DOMAIN"},
		{[]string{"MPESA_ENV=", "MPESA_CONSUMER_KEY=", "MPESA_CONSUMER_SECRET=", "MPESA_PASSKEY=",
			"MPESA_BUSINESS_SHORT_CODE=", "DOMAIN=cinema.co.ke"}, "MPESA_ENV is not set, but DOMAIN is"},
	} {
		p, err := planOf(t, append(append([]string{}, live...), tt.env...))
		if tt.want == "" {
			if err != nil {
				t.Errorf("%v: %v", tt.env, err)
			} else if p.https == nil || p.https.Names[0] != strings.ToLower(p.https.Names[0]) {
				t.Errorf("%v: %+v", tt.env, p.https)
			}
		} else if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %v, want %q", tt.env, err, tt.want)
		}
	}
}

// TestDomainFills: with DOMAIN alone the rest is right for a machine on the Internet.
func TestDomainFills(t *testing.T) {
	p, err := planOf(t, []string{
		"MPESA_ENV=production", "MPESA_CONSUMER_KEY=key", "MPESA_CONSUMER_SECRET=secret", "MPESA_PASSKEY=passkey",
		"MPESA_BUSINESS_SHORT_CODE=600100", "DATABASE_URL=/var/lib/cinemasphere/books.db",
		"DOMAIN=cinema.co.ke,www.cinema.co.ke",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ got, want string }{
		{p.Addr, ":443"}, {p.HTTPAddr, ":80"}, {p.BaseURL, "https://cinema.co.ke"},
		{p.callback, "https://cinema.co.ke/cb"}, {p.https.Site, "https://cinema.co.ke"},
		{p.https.Folder, filepath.Join("/var/lib/cinemasphere", "certificates")},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
	for _, w := range p.warnings {
		if strings.Contains(w, "TRUSTED_PROXIES") {
			t.Errorf("there is no proxy, and the program asks for one: %s", w)
		}
	}
}

// TestSiteEnds: the alarm of an ending certificate reads the program's own, and asks nobody.
func TestSiteEnds(t *testing.T) {
	p, err := planOf(t, []string{"MPESA_ENV=simulator", "DOMAIN=cinema.co.ke", "CERTIFICATE_DIR=" + t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.siteEnds()(t.Context()); err == nil {
		t.Error("there is none, and it has an end")
	}
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	key := p.https.Look()[0].Key
	if err := os.MkdirAll(filepath.Dir(key), 0o700); err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	write(t, strings.TrimSuffix(key, ".key")+".crt", string(text))
	if ends, err := p.siteEnds()(t.Context()); err != nil || !ends.Equal(server.Certificate().NotAfter) {
		t.Errorf("%v, %v", ends, err)
	}
}

// planOf is what follows from an environment.
func planOf(t *testing.T, env []string) (plan, error) {
	t.Helper()
	c, err := configOf(t, env, "", "")
	if err != nil {
		return plan{}, err
	}
	return c.check()
}
