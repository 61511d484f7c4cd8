package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseProxies(t *testing.T) {
	for _, tt := range []struct {
		in    string
		want  string // ranges with spaces between
		wrong string // entries with spaces between
	}{
		{"", "", ""}, {" , ,", "", ""},
		{"10.0.0.1", "10.0.0.1/32", ""}, {"::1", "::1/128", ""}, {"[::1]", "::1/128", ""},
		{"10.0.0.0/8, ::1/128", "10.0.0.0/8 ::1/128", ""}, {"10.0.0.1 192.0.2.7", "10.0.0.1/32 192.0.2.7/32", ""},
		{"10.0.0.1;192.0.2.7", "10.0.0.1/32 192.0.2.7/32", ""}, {"10.0.0.5/8", "10.0.0.0/8", ""},
		{"2001:DB8::9/32", "2001:db8::/32", ""},
		{"[2001:db8::]/32", "2001:db8::/32", ""}, {"::ffff:192.0.2.7", "192.0.2.7/32", ""},
		{"::ffff:10.0.0.0/104", "10.0.0.0/8", ""},
		{"fe80::1%eth0", "fe80::1/128", ""}, {"0.0.0.0/0 ::/0", "0.0.0.0/0 ::/0", ""},
		{"loopback", "127.0.0.0/8 ::1/128", ""}, {"Localhost", "127.0.0.0/8 ::1/128", ""},
		{"PRIVATE,192.0.2.7", proxyRanges["private"] + " 192.0.2.7/32", ""},
		{"nginx", "", "nginx"}, {"*", "", "*"}, {"10.0.0.1:80", "", "10.0.0.1:80"},
		{"10.0.0.0/33", "", "10.0.0.0/33"}, {"10.0.0/8", "", "10.0.0/8"},
		{"10.0.0.0/255.0.0.0", "", "10.0.0.0/255.0.0.0"}, {"[::1]:443", "", "[::1]:443"}, {"::1]", "", "::1]"},
		{"10.0.0.1-10.0.0.9", "", "10.0.0.1-10.0.0.9"},
		{"10.0.0.1, 300.1.1.1, ::g", "10.0.0.1/32", "300.1.1.1 ::g"}, {"/8", "", "/8"},
	} {
		got, wrong := parseProxies(strings.Split(tt.in, ","))
		if strings.Join(wrong, " ") != tt.wrong || !slices.Equal(got, rangesOf(tt.want)) {
			t.Errorf("%q: %v, wrong %v", tt.in, got, wrong)
		}
	}
}

func rangesOf(text string) (list []netip.Prefix) {
	for field := range strings.FieldsSeq(text) {
		list = append(list, netip.MustParsePrefix(field))
	}
	return list
}

// TestSixtyCustomersBehindOneProxy: the running program takes 60 customers behind a proxy for 60, however the proxy
// writes their addresses, at the limit that it has by default; and says so once where it cannot.
func TestSixtyCustomersBehindOneProxy(t *testing.T) {
	for _, spelling := range []string{"%s:4711", "%s", "::ffff:%s", `"[::ffff:%s]:99"`, "10.0.0.3, %s , 127.0.0.1"} {
		t.Run(spelling, func(t *testing.T) {
			t.Parallel()
			p := start(t, "", "TRUSTED_PROXIES=127.0.0.1", "BOOKING_RATE=10")
			if refused := sixtyBookings(t, p, spelling); refused != 0 {
				t.Errorf("%d of 60 customers were refused", refused)
			}
			if strings.Contains(p.log.String(), "WARN") {
				t.Error("the log warns")
			}
		})
	}
	t.Run("a proxy that hides them", func(t *testing.T) {
		t.Parallel()
		p := start(t, "", "TRUSTED_PROXIES=127.0.0.1", "BOOKING_RATE=10")
		sixtyBookings(t, p, "unknown%.0s")
		if n := strings.Count(p.log.String(), "cannot be read"); n != 1 {
			t.Errorf("%d warnings", n)
		}
	})
	t.Run("a proxy that is not trusted", func(t *testing.T) {
		t.Parallel()
		p := start(t, "", "BOOKING_RATE=10")
		sixtyBookings(t, p, "%s")
		if n := strings.Count(p.log.String(), "add its address to TRUSTED_PROXIES"); n != 1 {
			t.Errorf("%d warnings", n)
		}
	})
}

// sixtyBookings books one seat for each of 60 customers behind a proxy that writes their addresses in its own way, and
// returns how many were refused.
func sixtyBookings(t *testing.T, p *process, spelling string) (refused int) {
	t.Helper()
	customer := ""
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(mustURL(t, p.base))
		r.Out.Host = r.In.Host
		r.Out.Header.Set("X-Forwarded-For", fmt.Sprintf(spelling, customer))
	}})
	defer proxy.Close()
	var films struct {
		Movies []struct{ MovieID int64 }
	}
	resp, err := http.Get(p.base + "/api/movies")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&films); err != nil || len(films.Movies) == 0 {
		t.Fatalf("%d films, %v", len(films.Movies), err)
	}
	for i := range 60 {
		customer = net.IPv4(198, 51, 100, byte(i)).String()
		order := fmt.Sprintf(`{"movieId":%d,"customerName":"Wanjiku","phoneNumber":"07123%05d","quantity":1}`,
			films.Movies[i%len(films.Movies)].MovieID, i*10+5)
		resp, err := http.Post(proxy.URL+"/api/make-payment", "application/json", strings.NewReader(order))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusAccepted {
			refused++
		}
	}
	eventually(t, 10*time.Second, "all bookings are in the log", func() bool {
		return strings.Count(p.log.String(), "/api/make-payment") == 60
	})
	return refused
}
