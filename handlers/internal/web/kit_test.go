package web_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
)

// serve answers one request by h on the route /tickets/{secret}, and returns the log line too.
func serve(t *testing.T, req *http.Request, h web.HandlerFunc) (*httptest.ResponseRecorder, string) {
	t.Helper()
	var log strings.Builder
	responder := web.NewResponder(web.Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	draw := func(w http.ResponseWriter, r *http.Request, p web.Problem) {
		if err := web.WriteText(w, p.Status, p.Sentence); err != nil {
			t.Error(err)
		}
	}
	r := chi.NewRouter()
	r.Use(responder.Wrap(draw))
	r.Get("/tickets/{secret}", responder.Handle(draw, h))
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w, log.String()
}

func TestErrorsAreAnsweredByTheTable(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
		says   string
		retry  string
	}{
		{store.ErrNotFound, 404, "nothing at this address", ""},
		{fmt.Errorf("read ticket: %w", store.ErrNotFound), 404, "nothing at this address", ""},
		{store.ErrBusy, 503, "Nothing was booked", "5"},
		{store.ErrUnknown, 503, "We do not know yet whether your booking was written. Do not pay twice", "30"},
		{&store.Refusal{Kind: store.SoldOut}, 409, "Something has changed", ""},
		{&http.MaxBytesError{Limit: 1}, 413, "larger than any of our forms", ""},
		{&web.Error{Status: 429, Public: "Slowly.", RetryAfter: 60}, 429, "Slowly.", "60"},
		{errors.New("disk I/O error"), 500, "it has been noted", ""},
	} {
		w, log := serve(t, httptest.NewRequest("GET", "/tickets/SECRETSECRET", nil),
			func(http.ResponseWriter, *http.Request) error { return tt.err })
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.says) ||
			w.Header().Get("Retry-After") != tt.retry {
			t.Errorf("%v: %d %q Retry-After %q, want %d %q %q", tt.err, w.Code, w.Body, w.Header().Get("Retry-After"),
				tt.status, tt.says, tt.retry)
		}
		if strings.Contains(w.Body.String(), "disk") {
			t.Errorf("the customer reads the operator's words: %s", w.Body)
		}
		if strings.Count(log, "\n") != 1 || !strings.Contains(log, "route=/tickets/{secret}") ||
			strings.Contains(log, "SECRETSECRET") {
			t.Errorf("log line: %s", log)
		}
	}
}

func TestPanicsAreAnsweredAndLogged(t *testing.T) {
	w, log := serve(t, httptest.NewRequest("GET", "/tickets/x", nil), func(http.ResponseWriter, *http.Request) error {
		panic("seat plan of 254712345678")
	})
	if w.Code != 500 || strings.Contains(w.Body.String(), "seat plan") {
		t.Errorf("answer: %d %s", w.Code, w.Body)
	}
	if strings.Count(log, "\n") != 1 || !strings.Contains(log, "seat plan of 2547*****678") ||
		!strings.Contains(log, "status=500") {
		t.Errorf("log: %s", log)
	}
}

func TestAPanicHalfWayEndsTheConnection(t *testing.T) {
	defer func() {
		if v := recover(); v != http.ErrAbortHandler {
			t.Errorf("recovered %v, want http.ErrAbortHandler", v)
		}
	}()
	serve(t, httptest.NewRequest("GET", "/tickets/x", nil), func(w http.ResponseWriter, _ *http.Request) error {
		w.WriteHeader(200)
		panic(http.ErrAbortHandler)
	})
}

func TestAClientThatLeftIsLoggedAs499(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req := httptest.NewRequest("GET", "/tickets/x", nil).WithContext(ctx)
	w, log := serve(t, req, func(_ http.ResponseWriter, r *http.Request) error { return r.Context().Err() })
	if !strings.Contains(log, "status=499") || w.Body.Len() != 0 {
		t.Errorf("log %s, body %q", log, w.Body)
	}
}

func TestSecurityHeadersStandOnErrorsToo(t *testing.T) {
	for _, path := range []string{"/tickets/x", "/nowhere"} {
		w, _ := serve(t, httptest.NewRequest("GET", path, nil), func(http.ResponseWriter, *http.Request) error {
			panic(1)
		})
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'", "X-Content-Type-Options": "nosniff",
			"Referrer-Policy":            "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			"Permissions-Policy": "payment=()",
		} {
			if got := w.Header().Get(name); !strings.Contains(got, want) {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		if w.Header().Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: HSTS over plain http", path)
		}
	}
}

func TestAPanicAfterTheAnswerBeganIsLoggedAndEndsTheConnection(t *testing.T) {
	var log strings.Builder
	responder := web.NewResponder(web.Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	r := chi.NewRouter()
	r.Use(responder.Wrap(func(http.ResponseWriter, *http.Request, web.Problem) {
		t.Error("a second answer was begun")
	}))
	r.Get("/half", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		panic("half a page")
	})
	defer func() {
		if v := recover(); v != http.ErrAbortHandler {
			t.Errorf("recovered %v, want http.ErrAbortHandler", v)
		}
		if !strings.Contains(log.String(), "half a page") || !strings.Contains(log.String(), "route=/half") {
			t.Errorf("log: %s", log.String())
		}
	}()
	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/half", nil))
}

func TestAPanicOutsideOfHandlersGetsTheLastPage(t *testing.T) {
	var log strings.Builder
	responder := web.NewResponder(web.Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	r := chi.NewRouter()
	r.Use(responder.Wrap(func(w http.ResponseWriter, _ *http.Request, p web.Problem) {
		if err := web.WriteText(w, p.Status, p.Sentence); err != nil {
			t.Error(err)
		}
	}))
	r.Get("/file", func(http.ResponseWriter, *http.Request) { panic("no such file") })
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/file", nil))
	if w.Code != 500 || strings.Contains(w.Body.String(), "file") || strings.Count(log.String(), "\n") != 1 ||
		!strings.Contains(log.String(), "no such file") {
		t.Errorf("%d %s, log %s", w.Code, w.Body, log.String())
	}
}

func TestQuestionsAreBoundedByClient(t *testing.T) {
	w := httptest.NewRecorder()
	asks := func(q *web.Questions, c store.Client, times int) (refused int) {
		for range times {
			err := q.Allow(w, httptest.NewRequest("POST", "/api/query-payment-status", nil), c)
			if e, is := errors.AsType[*web.Error](err); is && e.Status == 429 && e.RetryAfter == 60 {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		return refused
	}
	if n := asks(nil, store.Client{Address: "192.0.2.1"}, 50); n != 0 {
		t.Errorf("%d refused where nothing is bounded", n)
	}
	q := web.NewQuestions()
	for _, c := range []store.Client{
		{Address: "192.0.2.1"}, {Address: "192.0.2.2"}, {Address: "2001:db8:1::1"},
		{Partner: "p", Address: "192.0.2.1"},
	} {
		if n := asks(q, c, 40); n != 10 {
			t.Errorf("%+v: %d of 40 refused, want 10", c, n)
		}
	}
	for _, same := range []store.Client{{Address: "::ffff:192.0.2.1"}, {Address: "2001:db8:1:ffff::9"}} {
		if n := asks(q, same, 1); n != 1 {
			t.Errorf("%+v is not the client it was", same)
		}
	}
	if len(w.Header()) != 0 {
		t.Errorf("headers: %v", w.Header())
	}
}

func TestPartnersAreKnownByTheirKeys(t *testing.T) {
	p := web.NewPartners(map[string]string{"one": strings.Repeat("k", 24), "two": strings.Repeat("q", 30)})
	for said, want := range map[string]string{
		"": "", "Bearer " + strings.Repeat("k", 24): "one", "bearer  " + strings.Repeat("q", 30): "two",
		"Bearer": "401", "Bearer ": "401", "Bearer " + strings.Repeat("k", 23): "401",
		"Basic " + strings.Repeat("k", 24): "", strings.Repeat("k", 24): "401", "Bearer one": "401",
	} {
		r, w := httptest.NewRequest("POST", "/api/make-payment", nil), httptest.NewRecorder()
		r.Header.Set("Authorization", said)
		got, err := p.Of(w, r)
		if e, is := errors.AsType[*web.Error](err); is && e.Status == 401 &&
			w.Header().Get("WWW-Authenticate") == "Bearer" {
			got = "401"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", said, got, want)
		}
	}
}
