package mpesa

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// tunnel is a CONNECT proxy: it leads to one server, whatever host it is asked for, once refuse lets it.
func tunnel(t *testing.T, to string, refuse http.HandlerFunc) *url.URL {
	t.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			t.Errorf("the proxy was asked to %s", r.Method)
		}
		if refuse != nil {
			refuse(w, r)
			return
		}
		there, err := net.Dial("tcp", to)
		if err != nil {
			t.Error(err)
			return
		}
		here, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		if _, err := io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
			t.Error(err)
		}
		tunnel := func(to, from net.Conn) {
			_, _ = io.Copy(to, from) // until either end is closed
			_ = to.Close()
		}
		go tunnel(there, here)
		go tunnel(here, there)
	}))
	t.Cleanup(proxy.Close)
	address, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// TestPushThroughProxy: what the proxy did not connect was never sent. What went into the tunnel is as any other push.
func TestPushThroughProxy(t *testing.T) {
	var pushes atomic.Int64
	var push http.HandlerFunc
	daraja := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pushes.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		push(w, r)
	}))
	daraja.StartTLS()
	defer daraja.Close()
	roots := x509.NewCertPool()
	roots.AddCert(daraja.Certificate())
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", code) }
	}
	accept := func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, accepted) }
	lost := func(w http.ResponseWriter, _ *http.Request) { hangUp(w) }
	gone := httptest.NewServer(nil)
	gone.Close()
	for name, test := range map[string]struct {
		proxy  string // "" is the tunnel
		refuse http.HandlerFunc
		answer http.HandlerFunc
		kind   Kind // "" is success
		sent   int64
	}{
		"connects":                  {"", nil, accept, "", 1},
		"connects, the answer lost": {"", nil, lost, KindAmbiguous, 1},
		"connects, Daraja fails":    {"", nil, status(502), KindAmbiguous, 1},
		"forbids the host":          {"", status(403), accept, KindRefused, 0},
		"wants a password":          {"", status(407), accept, KindRefused, 0},
		"cannot reach the host":     {"", status(502), accept, KindRefused, 0},
		"is out of order":           {"", status(503), accept, KindRefused, 0},
		"hangs up":                  {"", lost, accept, KindRefused, 0},
		"says nothing": {"", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, accept,
			KindRefused, 0},
		"is not there": {gone.URL, nil, accept, KindRefused, 0},
		"connects, and then hangs up": {"", func(w http.ResponseWriter, _ *http.Request) {
			here, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, err = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
				err = errors.Join(err, here.Close())
			}
			if err != nil {
				t.Error(err)
			}
		}, accept, KindRefused, 0},
	} {
		t.Run(name, func(t *testing.T) {
			pushes.Store(0)
			push = test.answer
			proxy := tunnel(t, daraja.Listener.Addr().String(), test.refuse)
			if test.proxy != "" {
				proxy, _ = url.Parse(test.proxy)
			}
			proxy.User = url.UserPassword("cinema", "geheim")
			through := NewTransport()
			through.Proxy = http.ProxyURL(proxy)
			through.TLSClientConfig = daraja.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
			through.TLSClientConfig.RootCAs, through.TLSClientConfig.ServerName = roots, "example.com"
			defer through.CloseIdleConnections()
			fake := &fakeDaraja{logins: []reply{{status: 200, body: goodLogin}}}
			cfg := testConfig(split{fake, through, func(r *http.Request) {
				r.URL.Scheme, r.URL.Host = "https",
					"daraja.test"
			}})
			cfg.Timeout = time.Second
			client := newTestClient(t, cfg)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err := client.STKPush(ctx, testPush())
			if test.kind == "" && err != nil {
				t.Error(err)
			} else if test.kind != "" {
				wantKind(t, "push", err, test.kind)
			}
			if err != nil && strings.Contains(err.Error(), "geheim") {
				t.Errorf("the error has the proxy's password: %v", err)
			}
			if got := pushes.Load(); got != test.sent {
				t.Errorf("%d pushes arrived, want %d", got, test.sent)
			}
		})
	}
}
