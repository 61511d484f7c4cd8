// Package https gets and renews the certificates of the site's names from an authority that speaks ACME, such as Let's
// Encrypt, and sends who comes by HTTP on to HTTPS.
//
// Keys are for their owner alone. It must never write a key elsewhere than into its folder, or lead anybody to an
// address that a stranger has named.
package https

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/caddyserver/certmagic"
	"github.com/mholt/acmez/v3/acme"
	"go.uber.org/zap"
)

// LetsEncrypt is the directory of the authority that is asked where no other is named.
const LetsEncrypt = certmagic.LetsEncryptProductionCA

// Config says what certificates are for, and where they come from.
type Config struct {
	Names     []string      // of the site, its own first; who comes by another one is sent to Site
	Site      string        // address of the site, such as https://cinema.co.ke
	Folder    string        // where certificates, their keys and the account at the authority are kept
	Directory string        // address of the authority's directory
	RSA       bool          // keys are RSA of 2048 bits; else ECDSA, which is quicker
	HTTPPort  int           // where the authority is answered by HTTP; 0 is nowhere
	TLSPort   int           // where it is answered by TLS; 0 is 443
	Every     time.Duration // how often is looked whether one is to be renewed; 0 is 10 minutes
	Log       *slog.Logger  // is told of each certificate, and of each that could not be had; nil drops
}

// Keeper keeps the certificates good. Make it with New, and keep Run going beside it.
type Keeper struct {
	Config
	cache  *certmagic.Cache
	magic  *certmagic.Config
	issuer *certmagic.ACMEIssuer
}

// New makes a Keeper, and its folder where that is missing. Nothing is asked for before Run.
func New(c Config) (*Keeper, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(c.folder(), 0o700); err != nil {
		return nil, fmt.Errorf("folder of certificates: %w", err)
	}
	k := &Keeper{Config: c}
	k.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return k.magic, nil },
		Logger:           zap.NewNop(), RenewCheckInterval: c.Every,
	})
	kind := certmagic.P256
	if c.RSA {
		kind = certmagic.RSA2048
	}
	k.magic = certmagic.New(k.cache, certmagic.Config{
		Storage: &certmagic.FileStorage{Path: c.folder()}, KeySource: certmagic.StandardKeyGenerator{KeyType: kind},
		DefaultServerName: c.Names[0], Logger: zap.NewNop(), OnEvent: k.event,
		OCSP: certmagic.OCSPConfig{DisableStapling: true}, // authorities have stopped answering
	})
	k.issuer = certmagic.NewACMEIssuer(k.magic, certmagic.ACMEIssuer{
		CA: c.Directory, Agreed: true, DisableHTTPChallenge: c.HTTPPort == 0, AltHTTPPort: c.HTTPPort,
		AltTLSALPNPort: c.TLSPort, Logger: zap.NewNop(), NewAccountFunc: withoutContact,
	})
	k.magic.Issuers = []certmagic.Issuer{k.issuer}
	return k, nil
}

// withoutContact leaves the contact out of a new account: Let's Encrypt sends no mails. Where two names begin
// at once, certmagic takes the name of the first one's folder for an address, which authorities refuse.
func withoutContact(_ context.Context, _ *certmagic.ACMEIssuer, a acme.Account) (acme.Account, error) {
	a.Contact = nil
	return a, nil
}

// folder is where those of one kind of key are, so that another kind asks for its own.
func (c Config) folder() string {
	if c.RSA {
		return filepath.Join(c.Folder, "rsa")
	}
	return filepath.Join(c.Folder, "ecdsa")
}

// Run gets what is missing and renews what is about to end, until ctx ends. What cannot be had is tried again after
// a while that grows.
func (k *Keeper) Run(ctx context.Context) error {
	defer k.cache.Stop()
	if err := k.magic.ManageAsync(ctx, k.Names); err != nil {
		return fmt.Errorf("certificates: %w", err)
	}
	<-ctx.Done()
	return nil
}

// TLS is how the site is served: by TLS 1.2 too, since nobody knows what Safaricom speaks, and with the site's own
// certificate for clients that name none.
func (k *Keeper) TLS() *tls.Config {
	c := k.magic.TLSConfig()
	c.MinVersion = tls.VersionTLS12
	c.NextProtos = append([]string{"h2", "http/1.1"}, c.NextProtos...)
	return c
}

// Plain answers by HTTP: to the authority what it asks for, to everybody else where the site is.
func (k *Keeper) Plain() http.Handler {
	return k.issuer.HTTPChallengeHandler(http.HandlerFunc(k.toSite))
}

// ByName answers who comes by the site's own name with next, and sends others to that name. Callbacks are taken by
// each: Safaricom does not follow.
func (k *Keeper) ByName(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		for _, other := range k.Names[1:] {
			if strings.EqualFold(host, other) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
				k.toSite(w, r)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func (k *Keeper) toSite(w http.ResponseWriter, r *http.Request) {
	status := http.StatusMovedPermanently
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		status = http.StatusPermanentRedirect // the form is sent once more
	}
	w.Header().Set("Connection", "close")
	http.Redirect(w, r, k.Site+"/"+strings.TrimLeft(r.URL.RequestURI(), "/"), status)
}

// event tells of certificates that came, and of those that did not, which it also writes down for Look.
func (k *Keeper) event(_ context.Context, event string, data map[string]any) error {
	name, _ := data["identifier"].(string)
	switch event {
	case "cert_obtained":
		k.Log.Info("certificate obtained", "name", name, "renewal", data["renewal"])
		if err := os.Remove(k.failure(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			k.Log.Warn("certificates: what failed before cannot be removed", "error", err)
		}
	case "cert_failed":
		err, _ := data["error"].(error)
		says := reason(err)
		k.Log.Error("no certificate; it is tried again", "name", name, "renewal", data["renewal"], "reason", says)
		if err := os.WriteFile(k.failure(name), []byte(says), 0o600); err != nil {
			k.Log.Warn("certificates: what failed cannot be kept", "error", err)
		}
	}
	return nil
}

// reason is what the authority says, where it says something.
func reason(err error) string {
	problem, is := errors.AsType[acme.Problem](err)
	switch {
	case err == nil:
		return "not known"
	case !is:
		return err.Error()
	}
	says := problem.Detail
	for _, sub := range problem.Subproblems {
		says += "; " + sub.Detail
	}
	return says
}

func (c Config) failure(name string) string {
	return filepath.Join(c.folder(), certmagic.StorageKeys.Safe(name)+".failed")
}

// State is how it stands with the certificate of a name.
type State struct {
	Name   string
	Ends   time.Time // of the one that there is; zero where there is none
	Key    string    // the file of its key
	Failed string    // what the authority said when the last try failed; "" where that did not
	At     time.Time // when
}

// Look reads how it stands with each name, without asking anybody: also while another process keeps them.
func (c Config) Look() (all []State) {
	authority := (&certmagic.ACMEIssuer{CA: c.Directory}).IssuerKey()
	for _, name := range c.Names {
		s := State{Name: name}
		if info, err := os.Stat(c.failure(name)); err == nil {
			if text, err := os.ReadFile(c.failure(name)); err == nil {
				s.Failed, s.At = string(text), info.ModTime()
			}
		}
		s.Key = filepath.Join(c.folder(), filepath.FromSlash(certmagic.StorageKeys.SitePrivateKey(authority, name)))
		s.Ends = ends(filepath.Join(c.folder(), filepath.FromSlash(certmagic.StorageKeys.SiteCert(authority, name))))
		all = append(all, s)
	}
	return all
}

// ends is when the first certificate of a file ends, zero where there is none.
func ends(path string) time.Time {
	text, err := os.ReadFile(path)
	if err != nil {
		return time.Time{}
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return time.Time{}
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return time.Time{}
	}
	return c.NotAfter
}

// Ends is when the first of the certificates ends.
func (c Config) Ends() (first time.Time, err error) {
	for _, s := range c.Look() {
		switch {
		case s.Ends.IsZero():
			return time.Time{}, fmt.Errorf("there is no certificate for %s yet", s.Name)
		case first.IsZero() || s.Ends.Before(first):
			first = s.Ends
		}
	}
	return first, nil
}
