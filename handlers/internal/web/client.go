package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// FindClient finds out who asks: the peer, or where the peer is one of the trusted proxies, the nearest address in
// front of it that is not. Where all addresses are trusted the leftmost counts: customers may be in a private network
// behind the proxy. What [ClientIP] then says is never empty.
//
// The log warns once where the headers and the trusted proxies do not fit: all customers would count as one client.
func FindClient(trusted []netip.Prefix, log *slog.Logger) func(http.Handler) http.Handler {
	c := &clients{trusted: trusted, log: log}
	if log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ip := c.find(r.RemoteAddr, r.Header)
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), clientKey{}, ip)))
		})
	}
}

type clientKey struct{}

// ClientIP is the address of who asks: an IPv4 address as IPv4 however it was written, an IPv6 address without its
// zone. On routes without [FindClient] it is the peer's.
func ClientIP(r *http.Request) string {
	if ip, found := r.Context().Value(clientKey{}).(string); found {
		return ip
	}
	return peerOf(r.RemoteAddr)
}

// peerOf is the address at the other end of the connection. A peer without an address, such as one at a Unix socket, is
// its own text.
func peerOf(remote string) string {
	if ip, err := readAddress(remote); err == nil {
		return ip.String()
	}
	return remote
}

// clients tells clients apart by the peer and what proxies say of it.
type clients struct {
	trusted                     []netip.Prefix
	log                         *slog.Logger
	stranger, silent, illegible sync.Once // each is said once
}

func (c *clients) trusts(ip netip.Addr) bool {
	return slices.ContainsFunc(c.trusted, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// find is who asks, by the peer and the headers.
func (c *clients) find(remote string, headers http.Header) string {
	peer, err := readAddress(remote)
	if err != nil {
		return remote
	}
	name, chain := forwarded(headers)
	if !c.trusts(peer) {
		if name != "" {
			c.stranger.Do(func() {
				c.log.Warn("a peer that is not in TRUSTED_PROXIES says for whom it asks, and is not believed: "+
					"if it is your proxy, add its address to TRUSTED_PROXIES, or all its customers count as one",
					"peer", peer.String(), "header", name)
			})
		}
		return peer.String()
	}
	if name == "" {
		c.silent.Do(func() {
			c.log.Warn("a trusted proxy does not say for whom it asks, so that all its customers count as one: "+
				"let it set X-Forwarded-For", "peer", peer.String())
		})
	}
	for _, entry := range slices.Backward(chain) {
		ip, err := readAddress(entry)
		if err != nil {
			c.illegible.Do(func() {
				c.log.Warn("an address from a trusted proxy cannot be read, so that its customers count as one: "+
					"let the proxy put the customer's IP address into "+name, "proxy", peer.String(), "error", err)
			})
			break
		}
		if peer = ip; !c.trusts(ip) {
			break
		}
	}
	return peer.String()
}

// forwarded is what proxies say in the first header that says anything: its name, and the addresses from the customer's
// to the nearest proxy's, as they are written. X-Forwarded-For goes first: nearly every proxy adds to it, while others
// may come through from a customer as they are.
func forwarded(headers http.Header) (name string, chain []string) {
	for _, name := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip"} {
		values := headers[name]
		if len(values) == 0 {
			continue
		}
		text := strings.Join(values, ",")
		if name == "Forwarded" {
			chain = forParameters(text)
		} else {
			chain = strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",; \t", r) })
		}
		if len(chain) > 0 {
			return name, chain
		}
	}
	return "", nil
}

// forParameters are the values of the for parameters of a Forwarded header (RFC 7239), one for each proxy. A proxy that
// gives none does not say for whom it asks.
func forParameters(header string) (chain []string) {
	for element := range strings.SplitSeq(header, ",") {
		said := ""
		for pair := range strings.SplitSeq(element, ";") {
			if key, value, is := strings.Cut(pair, "="); is && strings.EqualFold(strings.TrimSpace(key), "for") {
				said = strings.TrimSpace(value)
			}
		}
		if said != "" || strings.TrimSpace(element) != "" {
			chain = append(chain, said)
		}
	}
	return chain
}

var errNoAddress = errors.New("not an IP address")

// readAddress reads an address as proxies write it: with or without a port, brackets, quotes and a zone, IPv4 within
// IPv6. An address that stands for none, such as 0.0.0.0, is none.
func readAddress(text string) (netip.Addr, error) {
	host := strings.Trim(strings.TrimSpace(text), `"'`)
	if inner, is := strings.CutPrefix(host, "["); is {
		host, _, _ = strings.Cut(inner, "]")
	} else if before, _, is := strings.Cut(host, ":"); is && strings.Count(host, ":") == 1 {
		host = before
	}
	ip, err := netip.ParseAddr(host)
	// An IPv6 address with a port needs brackets, and does not always have them.
	if last := strings.LastIndexByte(host, ':'); err != nil && last > 0 {
		ip, err = netip.ParseAddr(host[:last])
	}
	if ip = ip.Unmap().WithZone(""); err != nil || ip.IsUnspecified() {
		return netip.Addr{}, fmt.Errorf("%.60q: %w", text, errNoAddress)
	}
	return ip, nil
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
