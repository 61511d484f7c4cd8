package mpesa

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// server is a Daraja on the loopback that logs in, and leaves the rest to push.
func server(t *testing.T, push http.HandlerFunc) (*httptest.Server, *atomic.Int64) {
	var pushes atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/oauth/") {
			io.WriteString(w, goodLogin)
			return
		}
		pushes.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		push(w, r)
	}))
	t.Cleanup(s.Close)
	return s, &pushes
}

func clientOf(t *testing.T, base string) *Client {
	cfg := testConfig(NewTransport())
	cfg.BaseURL = base
	return newTestClient(t, cfg)
}

func hangUp(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

func TestAnswerLost(t *testing.T) {
	for name, push := range map[string]http.HandlerFunc{
		"reset": func(w http.ResponseWriter, _ *http.Request) { hangUp(w) },
		"cut in the body": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, accepted)
			w.(http.Flusher).Flush()
			hangUp(w)
		},
		"cut in a refusal": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(400)
			io.WriteString(w, errorBody("400.002.02", "Bad Request - Invalid PhoneNumber"))
			w.(http.Flusher).Flush()
			hangUp(w)
		},
		"endless": func(w http.ResponseWriter, r *http.Request) {
			page := []byte(strings.Repeat("x", 64<<10))
			for r.Context().Err() == nil {
				if _, err := w.Write(page); err != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, pushes := server(t, push)
			client := clientOf(t, s.URL)
			_, err := client.STKPush(t.Context(), testPush())
			wantKind(t, "push", err, KindAmbiguous)
			if got := pushes.Load(); got != 1 {
				t.Errorf("the push was sent %d times", got)
			}
			_, err = client.STKQuery(t.Context(), askedID)
			wantKind(t, "query", err, KindNoAnswer)
		})
	}
}

// A server may close a kept connection at any time. The push that meets this is
// ambiguous, and is not sent again behind the caller's back.
func TestKeptConnectionThatDies(t *testing.T) {
	var pushes *atomic.Int64
	var s *httptest.Server
	s, pushes = server(t, func(w http.ResponseWriter, _ *http.Request) {
		if pushes.Load() > 1 {
			hangUp(w)
			return
		}
		io.WriteString(w, accepted)
	})
	client := clientOf(t, s.URL)
	if _, err := client.STKPush(t.Context(), testPush()); err != nil {
		t.Fatal(err)
	}
	_, err := client.STKPush(t.Context(), testPush())
	wantKind(t, "second push", err, KindAmbiguous)
	if got := pushes.Load(); got != 2 {
		t.Errorf("%d pushes arrived, want 2", got)
	}
}

func TestNoAnswerInTime(t *testing.T) {
	release := make(chan struct{})
	s, _ := server(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	cfg := testConfig(NewTransport())
	cfg.BaseURL, cfg.Timeout = s.URL, 300*time.Millisecond
	client := newTestClient(t, cfg)
	_, err := client.STKPush(t.Context(), testPush())
	wantKind(t, "push", err, KindAmbiguous)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestCallerGivesUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, pushes := server(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	client := clientOf(t, s.URL)
	_, err := client.STKPush(ctx, testPush())
	wantKind(t, "during", err, KindAmbiguous)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	_, err = client.STKPush(ctx, testPush())
	wantKind(t, "before", err, KindRefused)
	if got := pushes.Load(); got != 1 {
		t.Errorf("%d pushes arrived", got)
	}
}

// split logs in at one place and sends all else to another.
type split struct {
	login http.RoundTripper
	rest  *http.Transport
	to    func(*http.Request)
}

func (s split) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasPrefix(req.URL.Path, "/oauth/") {
		return s.login.RoundTrip(req)
	}
	s.to(req)
	return s.rest.RoundTrip(req)
}

func TestPushThatNeverLeft(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = nil
	secure.StartTLS()
	defer secure.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	deaf := NewTransport()
	deaf.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	unresolved := NewTransport()
	unresolved.DialContext = func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{
			Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "daraja.example", IsNotFound: true},
		}
	}
	for name, test := range map[string]struct {
		scheme, host string
		rest         *http.Transport
	}{
		"connection refused":  {"http", closed.Addr().String(), NewTransport()},
		"no such host":        {"http", "daraja.example", unresolved},
		"nobody picks up":     {"http", "daraja.example", deaf},
		"unknown certificate": {"https", secure.Listener.Addr().String(), NewTransport()},
		"no TLS there":        {"https", plain.Listener.Addr().String(), NewTransport()},
	} {
		t.Run(name, func(t *testing.T) {
			fake := &fakeDaraja{logins: []reply{{status: 200, body: goodLogin}}}
			cfg := testConfig(split{fake, test.rest,
				func(r *http.Request) { r.URL.Scheme, r.URL.Host = test.scheme, test.host }})
			cfg.Timeout = time.Second
			client := newTestClient(t, cfg)
			_, err := client.STKPush(t.Context(), testPush())
			wantKind(t, "push", err, KindRefused)
			_, err = client.STKQuery(t.Context(), askedID)
			wantKind(t, "query", err, KindNoAnswer)
		})
	}
}

// A transport that tells nothing of its connections is believed only where its
// error is one of connecting.
func TestErrorsOfOtherTransports(t *testing.T) {
	for _, test := range []struct {
		err  error
		kind Kind
	}{
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, KindRefused},
		{&net.DNSError{Err: "no such host"}, KindRefused},
		{&net.OpError{Op: "read", Err: errors.New("reset")}, KindAmbiguous},
		{io.ErrUnexpectedEOF, KindAmbiguous},
		{errors.New("anything"), KindAmbiguous},
		{context.DeadlineExceeded, KindAmbiguous},
	} {
		client, _ := answering(t, reply{err: test.err})
		_, err := client.STKPush(t.Context(), testPush())
		wantKind(t, test.err.Error(), err, test.kind)
		if !errors.Is(err, test.err) {
			t.Errorf("%v does not wrap %v", err, test.err)
		}
	}
}
