package web_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"cinemasphere/handlers/internal/web"
)

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

// whoAsks sends requests through one FindClient and returns who asked in each, and the warnings.
func whoAsks(trusted []netip.Prefix, requests ...*http.Request) (clients []string, warnings string) {
	var log strings.Builder
	find := web.FindClient(trusted, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})))
	h := find(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		clients = append(clients, web.ClientIP(r))
	}))
	for _, r := range requests {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	return clients, log.String()
}

// from is a request from a peer with headers, name and value by turns.
func from(peer string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/bookings", nil)
	r.RemoteAddr = peer
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func TestFindClient(t *testing.T) {
	const proxy, xff = "10.0.0.1:4000", "X-Forwarded-For"
	inside := prefixes("10.0.0.0/8", "fd00::/8", "127.0.0.0/8")
	for _, tt := range []struct {
		name    string
		trusted []netip.Prefix
		request *http.Request
		want    string
		warns   string // part of the warning; "" is none
	}{
		{"plain", inside, from(proxy, xff, "192.0.2.7"), "192.0.2.7", ""},
		{"port", inside, from(proxy, xff, "192.0.2.7:4711"), "192.0.2.7", ""},
		{"brackets and port", inside, from(proxy, xff, "[2001:db8::1]:443"), "2001:db8::1", ""},
		{"brackets", inside, from(proxy, xff, "[2001:db8::1]"), "2001:db8::1", ""},
		{"IPv6", inside, from(proxy, xff, "2001:db8::1"), "2001:db8::1", ""},
		{"upper case, long form", inside, from(proxy, xff, "2001:0DB8:0000:0000:0000:0000:0000:00AB"),
			"2001:db8::ab", ""},
		{"long form with a port and no brackets", inside, from(proxy, xff, "2001:db8:0:0:0:0:0:1:4711"),
			"2001:db8::1", ""},
		{"IPv4 in IPv6", inside, from(proxy, xff, "::ffff:192.0.2.7"), "192.0.2.7", ""},
		{"IPv4 in IPv6, port", inside, from(proxy, xff, "[::FFFF:192.0.2.7]:80"), "192.0.2.7", ""},
		{"IPv4 in IPv6, port, no brackets", inside, from(proxy, xff, "::ffff:192.0.2.7:80"), "192.0.2.7", ""},
		{"zone", inside, from(proxy, xff, "fe80::1%eth0"), "fe80::1", ""},
		{"zone, brackets, port", inside, from(proxy, xff, "[fe80::1%25eth0]:9"), "fe80::1", ""},
		{"quotes", inside, from(proxy, xff, `"192.0.2.7"`), "192.0.2.7", ""},
		{"quotes and port", inside, from(proxy, xff, `"[2001:db8::1]:443"`), "2001:db8::1", ""},
		{"spaces", inside, from(proxy, xff, "  192.0.2.7\t "), "192.0.2.7", ""},
		{"empty entries", inside, from(proxy, xff, ", ,192.0.2.7, ,"), "192.0.2.7", ""},
		{"several lines", inside, from(proxy, xff, "198.51.100.9", xff, "192.0.2.7", xff, "10.0.0.2"), "192.0.2.7",
			"address=192.0.2.7"},
		{"spoofed in front", inside, from(proxy, xff, "198.51.100.9, 192.0.2.7:99"), "192.0.2.7", "address=192.0.2.7"},
		{"a customer's own proxy", inside, from(proxy, xff, "192.168.1.9, 192.0.2.7"), "192.0.2.7", ""},
		{"a network of proxies that is not listed", prefixes("127.0.0.1/32"), from("127.0.0.1:9", xff,
			"192.0.2.7, 173.245.48.9"), "173.245.48.9", "address=173.245.48.9"},
		{"and listed", prefixes("127.0.0.1/32", "173.245.48.0/20"), from("127.0.0.1:9", xff,
			"192.0.2.7, 173.245.48.9"), "192.0.2.7", ""},
		{"nonsense in front", inside, from(proxy, xff, "'; DROP TABLE ticket, 192.0.2.7"), "192.0.2.7", ""},
		{"two proxies with ports", inside, from(proxy, xff, "192.0.2.7:1234, 10.1.2.3:80, [fd00::1]:80"),
			"192.0.2.7", ""},
		{"peer in IPv6 form", inside, from("[::ffff:10.0.0.1]:4000", xff, "192.0.2.7"), "192.0.2.7", ""},
		{"proxy by IPv6 with a zone", prefixes("fe80::/10"), from("[fe80::2%eth1]:4000", xff, "192.0.2.7"),
			"192.0.2.7", ""},

		{"customers inside", inside, from(proxy, xff, "10.20.30.40"), "10.20.30.40", ""},
		{"customers inside, two proxies", inside, from(proxy, xff, "10.20.30.40:5, 10.0.0.9"), "10.20.30.40", ""},
		{"all the world is trusted", prefixes("0.0.0.0/0", "::/0"), from(proxy, xff, "192.0.2.7, 198.51.100.9"),
			"192.0.2.7", ""},

		{"Forwarded", inside, from(proxy, "Forwarded", `for=192.0.2.7;proto=https;by=10.0.0.1`), "192.0.2.7", ""},
		{"Forwarded, IPv6", inside, from(proxy, "Forwarded", `proto=https; For="[2001:DB8::1]:4711"`),
			"2001:db8::1", ""},
		{"Forwarded, two proxies", inside, from(proxy, "Forwarded", `for=198.51.100.9, for=192.0.2.7, for=10.0.0.8`),
			"192.0.2.7", "address=192.0.2.7"},
		{"Forwarded, hidden", inside, from(proxy, "Forwarded", `for=_hidden`), "10.0.0.1", "_hidden"},
		{"Forwarded without for", inside, from(proxy, "Forwarded", `proto=https`), "10.0.0.1", "cannot be read"},
		{"X-Forwarded-For and another Forwarded", inside, from(proxy, xff, "192.0.2.7", "Forwarded",
			"for=198.51.100.9"), "10.0.0.1", "different clients"},
		{"X-Forwarded-For and Forwarded", inside, from(proxy, xff, "192.0.2.7", "Forwarded", `for="192.0.2.7:80"`),
			"192.0.2.7", ""},
		{"X-Real-IP", inside, from(proxy, "X-Real-IP", "192.0.2.7:80"), "192.0.2.7", ""},
		{"X-Forwarded-For and another X-Real-IP", inside, from(proxy, xff, "192.0.2.7", "X-Real-IP", "198.51.100.9"),
			"10.0.0.1", "different clients"},
		{"X-Forwarded-For and another X-Real-IP in front", inside, from(proxy, xff, "198.51.100.9, 192.0.2.7",
			"X-Real-IP", "198.51.100.9"), "10.0.0.1", "different clients"},
		{"X-Forwarded-For and X-Real-IP", inside, from(proxy, xff, "192.0.2.7", "X-Real-IP", "192.0.2.7"),
			"192.0.2.7", ""},
		{"both behind two proxies", inside, from(proxy, xff, "192.0.2.7, 10.0.0.9", "X-Real-IP", "10.0.0.9"),
			"192.0.2.7", ""},
		{"both of a customer inside", inside, from(proxy, xff, "10.20.30.40", "X-Real-IP", "10.20.30.40"),
			"10.20.30.40", ""},
		{"X-Real-IP that cannot be read", inside, from(proxy, xff, "192.0.2.7", "X-Real-IP", "unknown"), "10.0.0.1",
			"different clients"},
		{"empty X-Forwarded-For, X-Real-IP", inside, from(proxy, xff, " , ", "X-Real-IP", "192.0.2.7"),
			"192.0.2.7", ""},

		{"unknown", inside, from(proxy, xff, "unknown"), "10.0.0.1", "unknown"},
		{"unknown behind a proxy", inside, from(proxy, xff, "192.0.2.7, unknown, 10.0.0.9"), "10.0.0.9", "unknown"},
		{"hidden", inside, from(proxy, xff, "_hidden"), "10.0.0.1", "_hidden"},
		{"no address at all", inside, from(proxy, xff, "0.0.0.0"), "10.0.0.1", "0.0.0.0"},
		{"a name", inside, from(proxy, xff, "cgnat-7.example:80"), "10.0.0.1", "cgnat-7"},
		{"too many octets", inside, from(proxy, xff, "192.0.2.7.1"), "10.0.0.1", "192.0.2.7.1"},
		{"silent proxy", inside, from(proxy), "10.0.0.1", "does not say"},
		{"silent proxy, empty header", inside, from(proxy, xff, ""), "10.0.0.1", "does not say"},

		{"stranger", inside, from("203.0.113.7:9", xff, "192.0.2.7"), "203.0.113.7", "peer=203.0.113.7"},
		{"stranger, Forwarded", nil, from("[2001:db8::9]:9", "Forwarded", "for=192.0.2.7"), "2001:db8::9",
			"TRUSTED_PROXIES"},
		{"nobody is trusted", nil, from("127.0.0.1:9", xff, "192.0.2.7"), "127.0.0.1", "TRUSTED_PROXIES"},
		{"nobody is between", nil, from("203.0.113.7:9"), "203.0.113.7", ""},
		{"a Unix socket", inside, from("@", xff, "192.0.2.7"), "@", ""},
	} {
		clients, warnings := whoAsks(tt.trusted, tt.request)
		if clients[0] != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, clients[0], tt.want)
		}
		if (warnings != "") != (tt.warns != "") || !strings.Contains(warnings, tt.warns) {
			t.Errorf("%s: warnings %q, want %q", tt.name, warnings, tt.warns)
		}
	}
}

// TestProxyWarningsComeOnce: each of the three mistakes is said once in a process, however many requests meet it.
func TestProxyWarningsComeOnce(t *testing.T) {
	var requests []*http.Request
	for range 50 {
		requests = append(requests, from("10.0.0.1:1", "X-Forwarded-For", "unknown"), from("10.0.0.1:1"),
			from("203.0.113.7:1", "X-Forwarded-For", "192.0.2.7"),
			from("203.0.113.8:1", "X-Forwarded-For", "192.0.2.7"))
	}
	if _, warnings := whoAsks(prefixes("10.0.0.0/8"), requests...); strings.Count(warnings, "\n") != 3 {
		t.Errorf("warnings:\n%s", warnings)
	}
}

// TestChoiceOfHeaders: a customer does not choose his address, whichever of the headers the proxy sets, and as soon as
// one customer came without the others his own counts again.
func TestChoiceOfHeaders(t *testing.T) {
	const xff, real, other = "X-Forwarded-For", "X-Real-Ip", "Forwarded"
	for _, sets := range []string{xff, real, other} {
		for _, spoofs := range []string{xff, real, other} {
			if spoofs == sets {
				continue
			}
			own := func(address string) string {
				if sets == other {
					return "for=" + address
				}
				return address
			}
			spoofed := "198.51.100.9"
			if spoofs == other {
				spoofed = "for=198.51.100.9"
			}
			both := from("10.0.0.1:1", sets, own("192.0.2.7"), spoofs, spoofed)
			clients, warnings := whoAsks(prefixes("10.0.0.0/8"), both, from("10.0.0.1:1", sets, own("192.0.2.8")), both,
				both, from("10.0.0.1:1"), both)
			want := "10.0.0.1 192.0.2.8 192.0.2.7 192.0.2.7 10.0.0.1 192.0.2.7"
			if got := strings.Join(clients, " "); got != want {
				t.Errorf("%s is set and %s spoofed: %s, want %s", sets, spoofs, got, want)
			}
			if strings.Count(warnings, "different clients") != 1 {
				t.Errorf("%s is set and %s spoofed: %s", sets, spoofs, warnings)
			}
		}
	}
}

// TestHealthChecksUseUpNoWarning: what reads without a proxy, from the proxy's own machine, says nothing of the proxy.
func TestHealthChecksUseUpNoWarning(t *testing.T) {
	check := func(method string) *http.Request {
		r := httptest.NewRequest(method, "/healthz", nil)
		r.RemoteAddr = "10.0.0.1:9"
		return r
	}
	inside := prefixes("10.0.0.0/8")
	if _, warnings := whoAsks(inside, check(http.MethodGet), check(http.MethodHead)); warnings != "" {
		t.Errorf("health checks: %s", warnings)
	}
	if _, warnings := whoAsks(inside, check(http.MethodGet), from("10.0.0.1:9")); !strings.Contains(warnings,
		"does not say") {
		t.Error("a booking through a silent proxy is not said any more")
	}
}

func TestClientIPWithoutFindClient(t *testing.T) {
	for peer, want := range map[string]string{
		"192.0.2.7:80": "192.0.2.7", "[2001:db8::1]:80": "2001:db8::1", "[::ffff:192.0.2.7]:80": "192.0.2.7",
		"@": "@", "": "",
	} {
		if got := web.ClientIP(from(peer, "X-Forwarded-For", "198.51.100.9")); got != want {
			t.Errorf("%q: %q, want %q", peer, got, want)
		}
	}
}

func FuzzFindClient(f *testing.F) {
	for _, seed := range []string{"192.0.2.7", "[2001:db8::1]:443", "unknown, 192.0.2.7", `for="[::1]:4"`,
		"fe80::1%eth0", ",,", "::ffff:1.2.3.4:80"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		for _, name := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip"} {
			r := from("10.0.0.1:1")
			r.Header[name] = []string{header}
			clients, _ := whoAsks(prefixes("10.0.0.0/8"), r)
			ip, err := netip.ParseAddr(clients[0])
			if err != nil || ip.String() != clients[0] || ip.Is4In6() || ip.Zone() != "" {
				t.Errorf("%s %q: %q", name, header, clients[0])
			}
			// What the nearest proxy has seen for itself stands, whatever was there before.
			r.Header[name] = []string{header + ", 192.0.2.7:80"}
			if name == "Forwarded" {
				r.Header[name] = []string{header, "for=192.0.2.7"}
			}
			if clients, _ := whoAsks(prefixes("10.0.0.0/8"), r); clients[0] != "192.0.2.7" {
				t.Errorf("%s %q, 192.0.2.7: %q", name, header, clients[0])
			}
		}
	})
}
