package web

import (
	"net"
	"net/http"
	"net/netip"

	"github.com/go-chi/chi/v5/middleware"
)

// FindClient finds out who asks: the peer, or where the peer is one of the trusted proxies, the nearest address in
// X-Forwarded-For that is not.
func FindClient(trusted []netip.Prefix) func(http.Handler) http.Handler {
	if len(trusted) == 0 {
		return middleware.ClientIPFromRemoteAddr
	}
	prefixes := make([]string, len(trusted))
	for i, p := range trusted {
		prefixes[i] = p.Masked().String()
	}
	return middleware.ClientIPFromXFF(prefixes...)
}

// ClientIP is the address of who asks, on routes with [FindClient]. It is the peer's where no better one is known.
func ClientIP(r *http.Request) string {
	if ip := middleware.GetClientIP(r.Context()); ip != "" {
		return ip
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// MaxBody is how many bytes a form or a JSON body may have.
const MaxBody = 64 << 10

// LimitBody lets the reading of a longer body than MaxBody fail with an *http.MaxBytesError, answered 413.
func LimitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
		next.ServeHTTP(w, r)
	})
}
