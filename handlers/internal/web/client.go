package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// FindClient finds out who asks: the peer, or where the peer is one of the trusted proxies, the nearest address in
// front of it that is not. Where all addresses are trusted the leftmost counts: customers may be in a private network
// behind the proxy. What [ClientIP] then says is never empty, and never a customer's own choice: see choose.
//
// The log warns once of each thing by which the headers and the trusted proxies do not fit: all customers would count
// as one client.
func FindClient(trusted []netip.Prefix, log *slog.Logger) func(http.Handler) http.Handler {
	c := &clients{trusted: trusted, log: log}
	if log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ip := c.find(r)
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
	trusted []netip.Prefix
	log     *slog.Logger
	// Each is said once.
	stranger, silent, illegible, claimant, disagreed sync.Once
	// missing are headers that a trusted proxy has left out: the same, since it is not the proxy that sets it.
	missing [len(addressHeaders)]atomic.Bool
}

// addressHeaders are the headers by which proxies say for whom they ask.
var addressHeaders = [...]string{"X-Forwarded-For", "Forwarded", "X-Real-Ip"}

func (c *clients) trusts(ip netip.Addr) bool {
	return slices.ContainsFunc(c.trusted, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// find is who asks, by the peer and the headers.
func (c *clients) find(r *http.Request) string {
	peer, err := readAddress(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	if !c.trusts(peer) {
		if name := proxyHeader(r.Header); name != "" {
			c.stranger.Do(func() {
				c.log.Warn("a peer that is not in TRUSTED_PROXIES says that it asks for others, and is not believed: "+
					"if it is your proxy, add its address to TRUSTED_PROXIES, or all its customers count as one",
					"peer", peer.String(), "header", name)
			})
		}
		return peer.String()
	}
	var said [len(addressHeaders)]word
	words := 0
	for i, name := range addressHeaders {
		said[i].name, said[i].chain = name, chainOf(name, r.Header[name])
		if len(said[i].chain) > 0 {
			said[i].nearest, said[i].client, said[i].claims, said[i].err = c.follow(peer, said[i].chain)
			words++
		}
	}
	// What checks whether the program is alive reads alone, and comes without a proxy.
	if words == 0 && r.Method != http.MethodGet && r.Method != http.MethodHead {
		c.silent.Do(func() {
			c.log.Warn("a trusted proxy does not say for whom it asks, so that all its customers count as one: "+
				"let it set X-Forwarded-For", "peer", peer.String())
		})
	}
	if words == 0 {
		return peer.String()
	}
	chosen := c.choose(peer, said[:])
	c.warn(peer, chosen)
	return chosen.client.String()
}

// word is what a header says.
type word struct {
	name            string
	chain           []string
	nearest, client netip.Addr // the address that the proxy itself has seen, and who asks
	claims          bool       // the client asks for another, which is not in a network of its own
	err             error      // of an address that cannot be read
}

// choose takes the header that the proxy sets. Another may come from the customer through a proxy that does not know
// it, such as X-Forwarded-For through one that sets X-Real-IP alone, or the other way round. They mean the same where
// they lead to the same client, or both name the same as seen by the proxy itself, which is X-Real-IP. Where they do
// not, those count that the proxy has never left out: what a proxy sets it sets always. Where that leaves several, or
// none, nothing tells which is the customer's, and the proxy itself counts as the client.
func (c *clients) choose(peer netip.Addr, said []word) word {
	for i, w := range said {
		if len(w.chain) == 0 {
			c.missing[i].Store(true)
		}
	}
	var first, always []word
	for i, w := range said {
		if len(w.chain) == 0 {
			continue
		}
		first = append(first, w)
		if !c.missing[i].Load() {
			always = append(always, w)
		}
	}
	for _, words := range [][]word{first, always} {
		if len(words) > 0 && !slices.ContainsFunc(words[1:], func(w word) bool { return !agree(words[0], w) }) {
			return words[0]
		}
	}
	c.disagreed.Do(func() {
		c.log.Warn("headers from a trusted proxy name different clients, and nothing tells which of them is the "+
			"proxy's own and which a customer's, so that these count as one: let the proxy set one of them and "+
			"delete the others",
			"proxy", peer.String(), "header", first[0].name, "other", first[1].name)
	})
	return word{client: peer}
}

// agree reports whether two headers mean the same client.
func agree(a, b word) bool {
	return a.client == b.client || a.nearest == b.nearest && (len(a.chain) == 1 || len(b.chain) == 1)
}

// follow goes from the peer through a chain of addresses, up to the first that is not trusted.
func (c *clients) follow(peer netip.Addr, chain []string) (nearest, client netip.Addr, claims bool, err error) {
	client = peer
	for i, entry := range slices.Backward(chain) {
		ip, err := readAddress(entry)
		if err != nil {
			return nearest, client, false, err
		}
		if i == len(chain)-1 {
			nearest = ip
		}
		if client = ip; !c.trusts(ip) {
			if i > 0 {
				other, err := readAddress(chain[i-1])
				claims = err == nil && !other.IsPrivate() && !other.IsLoopback() && !other.IsLinkLocalUnicast()
			}
			return nearest, client, claims, nil
		}
	}
	return nearest, client, false, nil
}

// warn says what the proxy's settings do not fit.
func (c *clients) warn(peer netip.Addr, w word) {
	if w.err != nil {
		c.illegible.Do(func() {
			c.log.Warn("an address from a trusted proxy cannot be read, so that its customers count as one: "+
				"let the proxy put the customer's IP address into "+w.name, "proxy", peer.String(), "error", w.err)
		})
	}
	if w.claims {
		c.claimant.Do(func() {
			c.log.Warn("an address that is not in TRUSTED_PROXIES counts as a client, and says that it asks for "+
				"another: if it is a proxy of yours, such as the network before your own, add it to TRUSTED_PROXIES,"+
				" or all its customers count as one; if it is a customer, nothing is wrong", "address",
				w.client.String())
		})
	}
}

// proxyHeader is a header that proxies set, "" where there is none.
func proxyHeader(headers http.Header) string {
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		if len(chainOf(name, headers[name])) == 0 {
			continue
		}
		switch name {
		case "Forwarded", "X-Real-Ip", "Via", "Cf-Connecting-Ip", "Cf-Ray", "Cdn-Loop", "True-Client-Ip",
			"Fastly-Client-Ip", "Fly-Client-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "X-Original-For",
			"X-Envoy-External-Address":
			return name
		}
		if strings.HasPrefix(name, "X-Forwarded") {
			return name
		}
	}
	return ""
}

// chainOf are the addresses that a header names, from the customer's to the nearest proxy's, as they are written.
func chainOf(name string, values []string) []string {
	text := strings.Join(values, ",")
	if name == "Forwarded" {
		return forParameters(text)
	}
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",; \t", r) })
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
