package handlers_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"cinemasphere/handlers"
	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

const (
	baseURL   = "https://cinema.test"
	shortcode = "174379"
)

// office is the whole box office in one process: real books, the real checkout and a simulated Daraja.
type office struct {
	*testing.T
	store   *store.Store
	service *checkout.Service
	daraja  *sim.Sim
	handler http.Handler
	log     *syncBuffer
	served  atomic.Int64 // requests
	stop    func()
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// morning is a clock that runs on from ten in the morning of today in Nairobi: what a test says of today holds whatever
// the hour at which it is run.
func morning() func() time.Time {
	now := time.Now()
	ahead := store.BusinessDayOf(store.At(now)).At(10 * 60).Time().Sub(now)
	return func() time.Time { return time.Now().Add(ahead) }
}

// books opens new books whose clock is [morning], where no option says otherwise.
func books(t testing.TB, options ...func(*store.Options)) *store.Store {
	t.Helper()
	now := morning()
	return storetest.New(t, append([]func(*store.Options){func(o *store.Options) { o.Now = now }}, options...)...)
}

// open opens a box office. It has no rate limit unless change sets one.
func open(t *testing.T, change ...func(*handlers.Deps)) *office {
	t.Helper()
	return openOn(t, books(t), change...)
}

// openOn opens a box office on books that somebody else closes, after stop. It can ask M-PESA about receipts and send
// money back.
func openOn(t *testing.T, st *store.Store, change ...func(*handlers.Deps)) *office {
	t.Helper()
	return openCounter(t, st, checkout.Config{Initiator: true}, change...)
}

// openCounter opens one whose counter does as the configuration says. All of it goes by the clock of the books.
func openCounter(t *testing.T, st *store.Store, cfg checkout.Config, change ...func(*handlers.Deps)) *office {
	t.Helper()
	o := &office{T: t, log: &syncBuffer{}, store: st}
	now := func() time.Time { return st.Now().Time() }
	log := slog.New(slog.NewJSONHandler(o.log, &slog.HandlerOptions{
		Level: slog.LevelDebug, ReplaceAttr: handlers.MaskAttr,
	}))
	o.daraja = sim.New(sim.Config{
		ConsumerKey: "consumer-key", ConsumerSecret: "consumer-secret", Passkey: "the-passkey", Shortcode: shortcode,
		Now: now,
		Callback: sim.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			o.handler.ServeHTTP(w, r)
		})),
	})
	client, err := mpesa.New(mpesa.Config{
		BaseURL: "https://daraja.test", ConsumerKey: "consumer-key", ConsumerSecret: "consumer-secret",
		Passkey: "the-passkey", Shortcode: shortcode, Transport: sim.InProcess(o.daraja.Daraja()),
		InitiatorName: "initiator", SecurityCredential: "c2VhbGVk", Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Now = now
	cfg.CallbackURL, cfg.Signing, cfg.Shortcode, cfg.Log = baseURL+"/cb", "the-signing-key", shortcode, log
	o.service = checkout.New(st, client, cfg)
	deps := handlers.Deps{Store: st, Checkout: o.service, Log: log, BaseURL: baseURL, Now: now}
	for _, f := range change {
		f(&deps)
	}
	site, err := handlers.New(deps)
	if err != nil {
		t.Fatal(err)
	}
	o.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site.ServeHTTP(w, r)
		o.served.Add(1)
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- o.service.Run(ctx) }()
	o.stop = sync.OnceFunc(func() {
		// Prompts that are out stay unanswered here: nobody waits for them.
		closing, done := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer done()
		if err := o.service.Close(closing); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("close checkout: %v", err)
		}
		o.daraja.Close()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run checkout: %v", err)
		}
	})
	t.Cleanup(o.stop)
	return o
}

// request is one request to the box office.
type request struct {
	method, path, body string
	headers            []string // name, value, …
	cookie             *http.Cookie
	from               string // the peer's address
}

func (o *office) send(q request) *httptest.ResponseRecorder {
	o.Helper()
	var body io.Reader
	if q.body != "" {
		body = strings.NewReader(q.body)
	}
	r := httptest.NewRequest(q.method, baseURL+q.path, body)
	for i := 0; i < len(q.headers); i += 2 {
		r.Header.Set(q.headers[i], q.headers[i+1])
	}
	if q.cookie != nil {
		r.AddCookie(q.cookie)
	}
	if q.from != "" {
		r.RemoteAddr = q.from + ":4000"
	}
	w := httptest.NewRecorder()
	o.handler.ServeHTTP(w, r)
	return w
}

func (o *office) get(path string, headers ...string) *httptest.ResponseRecorder {
	o.Helper()
	return o.send(request{method: "GET", path: path, headers: headers})
}

// post sends a form.
func (o *office) post(path string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	o.Helper()
	return o.send(request{
		method: "POST", path: path, body: form.Encode(),
		headers: append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...),
	})
}

// call sends JSON.
func (o *office) call(path, body string, headers ...string) *httptest.ResponseRecorder {
	o.Helper()
	return o.send(request{
		method: "POST", path: path, body: body,
		headers: append([]string{"Content-Type", "application/json"}, headers...),
	})
}

// form is a booking form for n tickets as a browser sends it, confirmed.
func form(id store.ScreeningID, phone string, n int) url.Values {
	return url.Values{
		"screening": {strconv.FormatInt(int64(id), 10)}, "name": {"Achieng Otieno"}, "phone": {phone},
		"quantity": {strconv.Itoa(n)},
		"total":    {strconv.Itoa(1350 * n)}, "nonce": {nonce()}, "confirmed": {"1"},
	}
}

// nonce is new each time.
func nonce() string { return rand.Text() }

// with is the form with one field changed; "" takes it out.
func with(f url.Values, name, value string) url.Values {
	changed := url.Values{}
	for k, v := range f {
		changed[k] = v
	}
	changed.Del(name)
	if value != "" {
		changed.Set(name, value)
	}
	return changed
}

// book books n tickets without JavaScript and returns the ticket's secret.
func (o *office) book(id store.ScreeningID, phone string, n int) string {
	o.Helper()
	w := o.post("/bookings", form(id, phone, n))
	if w.Code != http.StatusSeeOther {
		o.Fatalf("booking: %d %s", w.Code, w.Body)
	}
	return strings.TrimPrefix(w.Header().Get("Location"), "/tickets/")
}

func (o *office) ticket(secret string) *store.Ticket {
	o.Helper()
	t, err := o.store.Tickets().TicketBySecret(o.Context(), secret)
	if err != nil {
		o.Fatal(err)
	}
	return t
}

// until waits for a condition on a ticket.
func (o *office) until(secret string, what string, is func(*store.Ticket) bool) *store.Ticket {
	o.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		t := o.ticket(secret)
		if is(t) {
			return t
		}
		if time.Now().After(deadline) {
			o.Fatalf("ticket is never %s: %s %s", what, t.Status, t.Reason)
		}
		<-time.After(10 * time.Millisecond)
	}
}

func paid(t *store.Ticket) bool   { return t.Status == store.Paid }
func failed(t *store.Ticket) bool { return t.Status == store.Failed }

// pays lets every phone's prompt be answered with the right PIN at once.
func (o *office) pays() { o.daraja.SetScript("*", sim.Script{Result: "0"}) }

func page(t testing.TB, w *httptest.ResponseRecorder) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func sessionCookie(w *httptest.ResponseRecorder) *http.Cookie {
	for _, c := range w.Result().Cookies() {
		if strings.HasSuffix(c.Name, "cinemasphere") {
			return c
		}
	}
	return nil
}

// seatsTaken says how many seats of the screening are held or paid for.
func (o *office) seatsTaken(id store.ScreeningID) int {
	o.Helper()
	sc, _, err := o.store.Catalogue().Screening(o.Context(), id)
	if err != nil {
		o.Fatal(err)
	}
	return sc.Capacity - sc.Left
}

func tempFile(t *testing.T) string { return filepath.Join(t.TempDir(), "books.db") }
