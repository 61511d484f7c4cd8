package watch_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"cinemasphere/handlers/watch"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// scrape reads the metrics as Prometheus does.
func scrape(t *testing.T, m *watch.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// expect looks for lines.
func expect(t *testing.T, when, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, "\n"+line+"\n") {
			name, _, _ := strings.Cut(line, "{")
			name, _, _ = strings.Cut(name, " ")
			t.Errorf("%s: no %q among\n%s", when, line,
				strings.Join(regexp.MustCompile("(?m)^"+name+".*$").FindAllString(text, -1), "\n"))
		}
	}
}

// TestMetricsOfTheBooks: what stands in the books is in the metrics, after it has settled, and each callback once.
func TestMetricsOfTheBooks(t *testing.T) {
	s := newScene(t)
	m := watch.NewMetrics(watch.MetricsConfig{Version: "1", Now: func() time.Time { return s.now }})
	m.Read(s.store, s.watch)
	s.watch.Look(t.Context())
	expect(t, "empty books", scrape(t, m),
		"cinemasphere_books_readable 1", "cinemasphere_refunds_due 0", "cinemasphere_held_seats 0",
		`cinemasphere_pushes{state="paid"} 0`, `cinemasphere_ready{check="daraja"} 1`, "cinemasphere_disk_free_bytes 2",
		`cinemasphere_write_queue{lane="urgent"} 0`, `cinemasphere_build_info{version="1"} 1`,
		"cinemasphere_daraja_breaker_open 0",
	)
	storetest.Sell(t, s.store, storetest.Screening(t, s.store, 4, 8))
	expect(t, "within five seconds", scrape(t, m), "cinemasphere_held_seats 0")
	s.now = s.now.Add(10 * time.Second)
	text := scrape(t, m)
	expect(t, "a sale", text, "cinemasphere_held_seats 1", "cinemasphere_held_tickets 1",
		`cinemasphere_pushes{state="paid"} 1`, `cinemasphere_pushes{state="sending"} 1`)
	if strings.Contains(text, `cinemasphere_callbacks_total{`) {
		t.Error("a callback was counted before it had settled")
	}
	if _, err := s.store.Money().RequestRefund(t.Context(), store.NewRefund{
		Receipt: "UKT4JL9G91", By: "box office",
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.store.Jobs().RecordBackup(t.Context(), store.BackupState{
		Place: "/backups", Name: "one", GoodAt: store.At(s.now.Add(-time.Hour)),
	}); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(50 * time.Second)
	for range 2 {
		s.now = s.now.Add(10 * time.Second)
		text = scrape(t, m)
		expect(t, "a refund", text, "cinemasphere_refunds_due 1", "cinemasphere_refunds_due_shillings 2700",
			`cinemasphere_callbacks_total{kind="stk",outcome="paid"} 1`, "cinemasphere_callback_delay_seconds_count 1",
			"cinemasphere_callback_apply_seconds_count 1", `cinemasphere_callback_delay_seconds_bucket{le="1"} 1`)
	}
	expect(t, "ages", text, "cinemasphere_refunds_due_seconds 70", "cinemasphere_backup_age_seconds 3670")
	s.disk.Free = 0
	s.watch.Look(t.Context())
	s.now = s.now.Add(10 * time.Second)
	expect(t, "an alarm", scrape(t, m), `cinemasphere_alarm{kind="disk_low"} 1`, `cinemasphere_ready{check="disk"} 0`)
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(10 * time.Second)
	expect(t, "closed books", scrape(t, m), "cinemasphere_books_readable 0")
}

// TestMetricsOfTheEdges: requests and calls to Daraja are counted as they come.
func TestMetricsOfTheEdges(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	m := watch.NewMetrics(watch.MetricsConfig{Version: "1", Now: func() time.Time { return now }})
	m.Request("GET", "/movies/{id}", 200, 30*time.Millisecond)
	m.Request("GET", "/movies/{id}", 404, 3*time.Second)
	daraja := m.Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
		now = now.Add(2 * time.Second)
		if strings.Contains(r.URL.Path, "stkpush/") {
			return nil, errors.New("no answer")
		}
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("{}"))}, nil
	}))
	for _, path := range []string{
		"/oauth/v1/generate", "/mpesa/stkpush/v1/processrequest", "/mpesa/stkpushquery/v1/query",
		"/mpesa/reversal/v1/request", "/mpesa/transactionstatus/v1/query", "/mpesa/c2b/v2/registerurl",
		"/pulltransactions/v1/query", "/254712345678",
	} {
		r := httptest.NewRequest("POST", "https://daraja.test"+path, nil)
		if resp, err := daraja.RoundTrip(r); err == nil {
			_ = resp.Body.Close() // a text in memory
		}
	}
	text := scrape(t, m)
	expect(t, "requests", text, `cinemasphere_requests_total{method="GET",route="/movies/{id}",status="200"} 1`,
		`cinemasphere_requests_total{method="GET",route="/movies/{id}",status="404"} 1`,
		`cinemasphere_request_seconds_bucket{route="/movies/{id}",le="0.05"} 1`,
		`cinemasphere_request_seconds_count{route="/movies/{id}"} 2`)
	expect(t, "calls", text, `cinemasphere_daraja_calls_total{answer="none",call="push"} 1`,
		`cinemasphere_daraja_calls_total{answer="200",call="push_query"} 1`,
		`cinemasphere_daraja_calls_total{answer="200",call="log_in"} 1`,
		`cinemasphere_daraja_calls_total{answer="200",call="status"} 1`,
		`cinemasphere_daraja_calls_total{answer="200",call="reversal"} 1`,
		`cinemasphere_daraja_calls_total{answer="200",call="register"} 1`,
		`cinemasphere_daraja_calls_total{answer="200",call="pull"} 1`,
		`cinemasphere_daraja_calls_total{answer="200",call="other"} 1`,
		`cinemasphere_daraja_call_seconds_sum{call="push"} 2`)
	if strings.Contains(text, "254712345678") {
		t.Error("a path is in the metrics")
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip answers a request.
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestMetricsAreWellMade: names, units and explanations are as Prometheus wants them, and Names lists all.
func TestMetricsAreWellMade(t *testing.T) {
	s := newScene(t)
	defer func() { _ = s.store.Close() }() // the last look has told all
	m := watch.NewMetrics(watch.MetricsConfig{Version: "1"})
	m.Read(s.store, s.watch)
	text := scrape(t, m)
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "cinemasphere_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
	names := map[string]bool{}
	for _, name := range watch.Names() {
		names[name] = true
	}
	for _, found := range regexp.MustCompile(`(?m)^# TYPE (cinemasphere_\w+) `).FindAllStringSubmatch(text, -1) {
		if !names[found[1]] {
			t.Errorf("%s is not among the names", found[1])
		}
	}
}
