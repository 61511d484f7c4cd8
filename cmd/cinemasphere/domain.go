package main

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cinemasphere/handlers/https"
	"cinemasphere/store"
)

// hostName is the name of a host that an authority gives a certificate for.
var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`)

// fillDomain fills in what follows from DOMAIN, and where the program listens without it.
func (p *plan) fillDomain(fail func(string, ...any)) {
	if len(p.Domain) == 0 {
		setDefault(&p.Addr, "localhost:8080")
		return
	}
	p.Domain = slices.Clone(p.Domain)
	for i, name := range p.Domain {
		name = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(name)), ".")
		p.Domain[i] = name
		switch _, err := netip.ParseAddr(name); {
		case err == nil:
			fail("DOMAIN has the address %s: it must be a name, which you have registered", name)
		case strings.Contains(name, "*"):
			fail("DOMAIN has a star in it: write each name, such as cinema.co.ke,www.cinema.co.ke")
		case strings.ContainsAny(name, ":/"):
			fail("DOMAIN must be a name alone, such as cinema.co.ke, without https://, port and path")
		case !hostName.MatchString(name):
			fail("DOMAIN has %q, which is no name such as cinema.co.ke", name)
		case slices.Contains(p.Domain[:i], name):
			fail("DOMAIN names %s twice", name)
		}
	}
	setDefault(&p.Addr, ":443")
	setDefault(&p.HTTPAddr, ":80")
	setDefault(&p.ACMEDirectory, https.LetsEncrypt)
	setDefault(&p.BaseURL, "https://"+p.Domain[0])
}

// checkDomain looks at what goes with DOMAIN, and says how its certificates are had.
func (p *plan) checkDomain(fail func(string, ...any)) {
	if len(p.Domain) == 0 {
		for _, s := range []struct{ name, value string }{
			{"HTTP_ADDR", p.HTTPAddr}, {"ACME_DIRECTORY", p.ACMEDirectory}, {"CERTIFICATE_DIR", p.CertificateDir},
		} {
			if s.value != "" {
				fail("%s is set, but DOMAIN is not: the program has certificates for the names in it alone", s.name)
			}
		}
		return
	}
	site, err := url.Parse(p.BaseURL)
	if err == nil && (site.Scheme != "https" || site.Hostname() != p.Domain[0]) {
		fail("BASE_URL must be https://%s, the first name of DOMAIN, or be left out", p.Domain[0])
	}
	directory, err := url.Parse(p.ACMEDirectory)
	if err != nil || directory.Scheme != "https" || directory.Host == "" {
		fail("ACME_DIRECTORY must be an address that begins with https://")
	}
	c := &https.Config{
		Names: p.Domain, Site: p.BaseURL, Folder: p.certificateFolder(), Directory: p.ACMEDirectory,
		RSA: p.CertificateKey == "rsa",
	}
	var problem string
	if c.TLSPort, problem = portOf(p.Addr); problem != "" {
		fail("ADDR %s", problem)
	}
	if p.HTTPAddr != "off" {
		if c.HTTPPort, problem = portOf(p.HTTPAddr); problem != "" {
			fail("HTTP_ADDR %s, or off", problem)
		} else if c.HTTPPort == c.TLSPort && c.HTTPPort != 0 {
			fail("ADDR and HTTP_ADDR have one port: HTTPS and HTTP need one each")
		}
	}
	if loopback(p.Addr) && p.env != store.Simulator {
		p.warnings = append(p.warnings, "DOMAIN is set, but ADDR is "+p.Addr+", where nobody comes from outside: "+
			"leave ADDR out")
	}
	if len(p.TrustedProxies) > 0 {
		p.warnings = append(p.warnings, "DOMAIN and TRUSTED_PROXIES are both set: behind a proxy that has the "+
			"certificate leave DOMAIN out, and set BASE_URL")
	}
	p.https = c
}

// portOf is the port of an address to listen on, and what is wrong with it.
func portOf(addr string) (port int, problem string) {
	_, text, err := net.SplitHostPort(addr)
	n, err2 := strconv.ParseUint(text, 10, 16)
	if errors.Join(err, err2) != nil {
		return 0, "must be a host and a port, such as :443"
	}
	return int(n), ""
}

// certificateFolder is where certificates and keys are: beside the database, where that is a file.
func (p *plan) certificateFolder() string {
	switch {
	case p.CertificateDir != "":
		return p.CertificateDir
	case !store.IsPostgres(p.DatabaseURL):
		return filepath.Join(filepath.Dir(store.PathName(p.DatabaseURL)), "certificates")
	}
	return filepath.Join(filepath.Dir(p.defaultDatabase()), "certificates")
}
