package watch_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cinemasphere/handlers/watch"
)

// tracker is an error tracker that keeps what it is sent.
type tracker struct {
	*httptest.Server
	mu   sync.Mutex
	sent []string
}

func newTracker(t *testing.T) *tracker {
	tr := &tracker{}
	tr.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			packed, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Errorf("unpack: %v", err)
				return
			}
			body = packed
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Errorf("read: %v", err)
		}
		head := r.Header.Clone()
		head.Del("X-Sentry-Auth") // the tracker's own key
		tr.mu.Lock()
		tr.sent = append(tr.sent, fmt.Sprint(r.URL.Path, head, "\n", string(text)))
		tr.mu.Unlock()
		_, _ = w.Write([]byte(`{"id":"1"}`))
	}))
	t.Cleanup(tr.Close)
	return tr
}

func (tr *tracker) dsn() string { return strings.Replace(tr.URL, "://", "://trackerkey@", 1) + "/7" }

func (tr *tracker) all() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return strings.Join(tr.sent, "\n")
}

// TestErrorsAreSent: an error comes to the tracker with its route, and without a number, a name, a token or a secret,
// and the log has its line all the same.
func TestErrorsAreSent(t *testing.T) {
	tr := newTracker(t)
	reporter, err := watch.NewReporter(watch.ReportConfig{DSN: tr.dsn(), Environment: "sandbox", Release: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	var lines bytes.Buffer
	log := slog.New(reporter.Log(slog.NewTextHandler(&lines, nil))).With("phone", "254712345001")
	secrets := []string{
		"254712345678", "0712345679", "MFRGGZDFMZTWQ2LKNNWG23TPOA", "Achieng Otieno", "achieng@example.com",
		"bfb279f9aa9bdbcf158e97dd71a467cd",
		"ws_CO_30112026120000", "hunter2", "UKT4JL9G91", "10.9.8.7", "254712345001", "secret-path", "Wanjiku",
	}
	log.Error("request", "method", "POST", "route", "/bookings", "status", 500, "name", "Wanjiku", "error", fmt.Errorf(
		`pay: Post "https://api.safaricom.co.ke/mpesa/stkpush/secret-path": dial: user:hunter2@10.9.8.7: `+
			`for 254712345678, 0712345679, token MFRGGZDFMZTWQ2LKNNWG23TPOA, key bfb279f9aa9bdbcf158e97dd71a467cd `+
			`of "Achieng Otieno" <achieng@example.com>, ws_CO_30112026120000 and 'UKT4JL9G91': %w`,
		errors.New("disk full")))
	log.Warn("only a warning")
	reporter.Close()
	sent := tr.all()
	for _, want := range []string{
		`"/bookings"`, `"500"`, "disk full", `"sandbox"`, `"v1"`, `"POST"`, `"type":"request"`,
	} {
		if !strings.Contains(sent, want) {
			t.Errorf("%s was not sent", want)
		}
	}
	for _, secret := range secrets {
		if strings.Contains(sent, secret) {
			t.Errorf("%s was sent:\n%s", secret, sent)
		}
	}
	for _, own := range []string{"only a warning", "modules", "contexts", "hostname", "runtime", "go_version"} {
		if strings.Contains(sent, own) {
			t.Errorf("%s was sent", own)
		}
	}
	if got := lines.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "disk full") {
		t.Errorf("the log has %s", got)
	}
}

// TestErrorsAreBounded: a flood of errors is cut off, and the next minute is heard again.
func TestErrorsAreBounded(t *testing.T) {
	tr := newTracker(t)
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	reporter, err := watch.NewReporter(watch.ReportConfig{DSN: tr.dsn(), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(reporter.Log(slog.NewTextHandler(io.Discard, nil)))
	for range 500 {
		log.Error("request", "error", errors.New("disk full"))
	}
	now = now.Add(time.Minute)
	log.Error("the next minute")
	reporter.Close()
	events := 0
	for line := range strings.Lines(tr.all()) {
		var e struct{ Exception []any }
		if json.Unmarshal([]byte(line), &e) == nil && len(e.Exception) > 0 {
			events++
		}
	}
	if events < 2 || events > 31 || !strings.Contains(tr.all(), "the next minute") {
		t.Errorf("%d errors were sent", events)
	}
}

// TestScrub: what may be of a customer or a secret goes, and what says what failed stays.
func TestScrub(t *testing.T) {
	for text, want := range map[string]string{
		"write: database or disk is full (13)":          "write: database or disk is full (13)",
		`no seat "B7" for 'Otieno'`:                     `no seat "…" for "…"`,
		"GET http://u:p@10.0.0.1:80/cb/x?q=1 failed":    "GET http://10.0.0.1:80/… failed",
		"mail to a.b@c.ke bounced":                      "mail to …@… bounced",
		"after 1234 tries":                              "after 4 digits tries",
		"goroutine 7 [running]":                         "goroutine 7 [running]",
		"handlers/checkout/booking.go:57 +0x1d":         "handlers/checkout/booking.go:57 +0x1d",
		"key qwertyuiop12asdfgh in it":                  "key … in it",
		"context deadline exceeded":                     "context deadline exceeded",
		"a word like internationalisation is no secret": "a word like internationalisation is no secret",
	} {
		if got := watch.Scrub(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// TestCheckDSN: what is no DSN is refused, without being shown.
func TestCheckDSN(t *testing.T) {
	for dsn, good := range map[string]bool{
		"": true, "https://key@sentry.example/1": true, "http://key@localhost:8000/3": true,
		"https://sentry.example/1": false, "key": false, "https://key@sentry.example/": false,
		"ftp://key@host/1": false,
	} {
		err := watch.CheckDSN(dsn)
		if (err == nil) != good {
			t.Errorf("%q: %v", dsn, err)
		}
		if err != nil && strings.Contains(err.Error(), "sentry.example") {
			t.Errorf("the error shows it: %v", err)
		}
	}
}
