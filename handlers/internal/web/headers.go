package web

import (
	"net/http"
	"net/url"
)

// policy is the Content-Security-Policy of every page: everything from this host, nothing inline.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"

// For whom Strict-Transport-Security speaks: browsers then ask for two years by https alone, whatever else is served
// there.
const (
	HSTSHost       = "host"       // this host
	HSTSSubdomains = "subdomains" // this host and every host below it
)

// header is one header with its value as net/http keeps it: shared between requests, and never written to.
type header struct {
	name  string
	value []string
}

// securityHeaders go with every answer, errors too. The address of a ticket's page is its key: no other site learns it.
// Our own forms do say where they come from, which SameOrigin looks at.
func securityHeaders(hsts string) []header {
	headers := []header{
		{"Content-Security-Policy", []string{policy}},
		{"X-Content-Type-Options", []string{"nosniff"}},
		{"Referrer-Policy", []string{"same-origin"}},
		{"Cross-Origin-Opener-Policy", []string{"same-origin"}},
		{"Cross-Origin-Resource-Policy", []string{"same-origin"}},
		{"Permissions-Policy", []string{"camera=(), geolocation=(), microphone=(), payment=()"}},
	}
	switch hsts {
	case HSTSHost:
		headers = append(headers, header{"Strict-Transport-Security", []string{"max-age=63072000"}})
	case HSTSSubdomains:
		headers = append(headers, header{"Strict-Transport-Security", []string{"max-age=63072000; includeSubDomains"}})
	}
	return headers
}

// Secured puts the headers of every answer on the answers of a handler that is not behind a [Responder]. For hsts see
// [Config].
func Secured(hsts string, next http.Handler) http.Handler {
	headers := securityHeaders(hsts)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, h := range headers {
			w.Header()[h.name] = h.value
		}
		next.ServeHTTP(w, r)
	})
}

// SameOrigin refuses what another site's page sends, with a 403 through draw. Programs, which send neither
// Sec-Fetch-Site nor Origin, pass. Base is the site's own address, for a proxy that changes the Host.
//
// Origin: null is another site's as well. Browsers send it for a form on a page whose Referrer-Policy is no-referrer,
// in a sandboxed frame, or after a redirect from elsewhere. Our pages are none of these: with same-origin every
// browser that knows Referrer-Policy sends our own address, by http too, and browsers that do not know it send the
// address or nothing.
func (k *Responder) SameOrigin(draw Renderer, base string) func(http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	if u, err := url.Parse(base); err == nil && u.Host != "" {
		// The error is for addresses with a path, which this one has not.
		_ = guard.AddTrustedOrigin(u.Scheme + "://" + u.Host)
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := guard.Check(r); err != nil {
				k.Fail(w, r, draw, &Error{Status: http.StatusForbidden, Err: err})
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
