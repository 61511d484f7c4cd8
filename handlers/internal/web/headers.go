package web

import (
	"net/http"
	"net/url"
)

// policy is the Content-Security-Policy of every page: everything from this host, nothing inline.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"

// header is one header with its value as net/http keeps it: shared between requests, and never written to.
type header struct {
	name  string
	value []string
}

// securityHeaders go with every answer, errors too.
func securityHeaders(https bool) []header {
	headers := []header{
		{"Content-Security-Policy", []string{policy}},
		{"X-Content-Type-Options", []string{"nosniff"}},
		{"Referrer-Policy", []string{"no-referrer"}},
		{"Cross-Origin-Opener-Policy", []string{"same-origin"}},
		{"Cross-Origin-Resource-Policy", []string{"same-origin"}},
		{"Permissions-Policy", []string{"camera=(), geolocation=(), microphone=(), payment=()"}},
	}
	if https {
		headers = append(headers, header{"Strict-Transport-Security", []string{"max-age=63072000; includeSubDomains"}})
	}
	return headers
}

// SameOrigin refuses what another site's page sends, with a 403 through draw. Programs, which send neither
// Sec-Fetch-Site nor Origin, pass. Base is the site's own address, for a proxy that changes the Host.
//
// With forms, a request without Sec-Fetch-Site whose Origin is null passes as well: our own pages' forms look like that
// wherever the browser is old, or the address is plain http, since their Referrer-Policy is no-referrer. What it may
// then do is what any stranger may: the session cookie is SameSite=Lax and does not come along from another site.
func (k *Kit) SameOrigin(draw Draw, base string, forms bool) func(http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	if u, err := url.Parse(base); err == nil && u.Host != "" {
		// The error is for addresses with a path, which this one has not.
		_ = guard.AddTrustedOrigin(u.Scheme + "://" + u.Host)
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			err := guard.Check(r)
			if err != nil && forms && r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "null" {
				err = nil
			}
			if err != nil {
				k.Fail(w, r, draw, &Error{Status: http.StatusForbidden, Err: err})
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
