package handlers_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cinemasphere/handlers"
	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/fairuse"
	"cinemasphere/store/storetest"
	"cinemasphere/views/wording"
)

// moving is a clock that a test moves.
type moving struct {
	mu  sync.Mutex
	now time.Time
}

func (m *moving) option(o *store.Options) { o.Now = m.read }

func (m *moving) read() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

func (m *moving) add(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}

func newMoving() *moving { return &moving{now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)} }

// TestAnAddressThatPaysNothing: whatever numbers and sessions it makes up, it leaves most seats to others.
func TestAnAddressThatPaysNothing(t *testing.T) {
	o := openOn(t, books(t, fair(100)))
	hall := storetest.Screening(t, o.store, 9, 20)
	seats, phone := 0, 0
	book := func(from string, id store.ScreeningID, n int) *httptest.ResponseRecorder {
		phone++
		w := o.payAs(payment(id, storetest.Phone(phone), n), from, nil)
		switch {
		case w.Code == 200:
			seats += n
		case w.Code != 429 || w.Header().Get("Retry-After") != "15" || decode(t, w)["error"] == "":
			t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
		}
		return w
	}
	for range 30 {
		for _, n := range []int{10, 7, 1} {
			book("192.0.2.1", hall, n)
		}
	}
	if seats != 27 {
		t.Errorf("%d seats of 180 are held by one address", seats)
	}
	for range 10 {
		book("192.0.2.1", storetest.Screening(t, o.store, 9, 20), 6)
		book("192.0.2.1", storetest.Screening(t, o.store, 9, 20), 1)
	}
	if seats != 40 {
		t.Errorf("%d seats are held by one address", seats)
	}
	if w := book("192.0.2.2", hall, 10); w.Code != 200 {
		t.Errorf("another address: %d %s", w.Code, w.Body)
	}
	// one customer of a provider
	for _, from := range []string{"2001:db8:1::1", "2001:db8:1:9::2", "2001:db8:1:ffff::3"} {
		seats = 0
		for range 6 {
			book(from, hall, 10)
		}
		if want := map[bool]int{true: 20}[from == "2001:db8:1::1"]; seats != want {
			t.Errorf("%s got %d seats more, want %d", from, seats, want)
		}
	}
	if w := book("2001:db8:2::1", hall, 10); w.Code != 200 {
		t.Errorf("another /48: %d %s", w.Code, w.Body)
	}
}

// TestWhatAStrangersRefusalSays: nobody can tell from it whether a number is paying at this moment.
func TestWhatAStrangersRefusalSays(t *testing.T) {
	clock := newMoving()
	o := openOn(t, books(t, fair(100), clock.option), func(d *handlers.Deps) { d.Now = clock.read })
	id := storetest.Screening(t, o.store, 10, 20)
	paying, resting := storetest.Phone(1), storetest.Phone(2)
	o.daraja.SetScript(resting, sim.Script{Result: "1032"})
	for range 2 {
		o.until(bookedSecret(t, o.bookAs(form(id, resting, 1), "192.0.2.7", nil)), "failed", failed)
	}
	owner := o.bookAs(form(id, paying, 1), "192.0.2.1", nil)
	if owner.Code != 303 {
		t.Fatal(owner.Code)
	}
	seen := map[string]string{}
	for _, after := range []time.Duration{0, 20 * time.Second, 70 * time.Second} {
		clock.add(after)
		for what, phone := range map[string]string{"paying": paying, "resting": resting} {
			w := o.payAs(payment(id, phone, 1), "192.0.2.7", nil)
			page := o.bookAs(form(id, phone, 1), "192.0.2.7", nil)
			if !strings.Contains(page.Body.String(), wording.PhoneTaken) ||
				strings.Contains(page.Body.String(), "already on this phone") {
				t.Errorf("%s: the form says something else: %d", what, page.Code)
			}
			said := fmt.Sprintf("%d %s %s %d %s", w.Code, w.Header().Get("Retry-After"), w.Body, page.Code,
				page.Header().Get("Retry-After"))
			seen[said] = what
		}
	}
	if len(seen) != 1 {
		t.Errorf("what is said differs: %v", seen)
	}
	// The prompt's own browser is told as much as ever.
	w := o.bookAs(form(id, paying, 1), "192.0.2.1", sessionCookie(owner))
	if w.Code != 409 || !strings.Contains(w.Body.String(), "A payment prompt is already on this phone") ||
		!strings.Contains(w.Body.String(), owner.Header().Get("Location")) {
		t.Errorf("its own browser: %d", w.Code)
	}
}

func bookedSecret(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	if w.Code != 303 {
		t.Fatalf("booking: %d %s", w.Code, w.Body)
	}
	return strings.TrimPrefix(w.Header().Get("Location"), "/tickets/")
}

// TestThePageOfALockedPhone: a booking that Daraja refused since another prompt is on the phone says no more than a
// refusal.
func TestThePageOfALockedPhone(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 10, 20)
	o.daraja.SetScript("*", sim.Script{Answer: sim.AnswerLocked})
	secret := o.book(id, storetest.Phone(1), 1)
	o.until(secret, "failed", failed)
	body := o.get("/tickets/" + secret).Body.String()
	told := o.get("/api/tickets/" + secret).Body.String()
	for _, text := range []string{body, told} {
		if !strings.Contains(text, wording.PhoneTaken) || strings.Contains(text, "locked") ||
			strings.Contains(text, "A prompt is") {
			t.Errorf("it says: %s", text[max(0, strings.Index(text, "<main")):])
		}
	}
}

// TestAPranksterAndTheOwner: one stranger's prompts grow rare, and its owner books meanwhile, from elsewhere or by a
// browser that has paid with the number before.
func TestAPranksterAndTheOwner(t *testing.T) {
	clock := newMoving()
	o := openOn(t, books(t, fair(10), clock.option), func(d *handlers.Deps) { d.Now = clock.read })
	hall := func() store.ScreeningID {
		return storetest.Screening(t, o.store, 10, 20, func(s *store.Screening) {
			s.SalesCloseAt = s.StartsAt.Add(-time.Minute)
		})
	}
	id, phone := hall(), storetest.Phone(1)
	o.daraja.SetScript(phone, sim.Script{Result: "0", Times: 1})
	paid1 := o.bookAs(form(id, phone, 1), "192.0.2.7", nil)
	known := sessionCookie(paid1)
	o.until(bookedSecret(t, paid1), "paid", paid)
	o.daraja.SetScript(phone, sim.Script{Result: "1032"})
	clock.add(fairuse.Day)
	prompts := 0
	var mine *http.Cookie
	for step := range 23 * 60 {
		if step%600 == 0 {
			id = hall()
		}
		if w := o.bookAs(form(id, phone, 1), "192.0.2.7", mine); w.Code == 303 {
			prompts++
			mine = sessionCookie(w)
			o.until(bookedSecret(t, w), "failed", failed)
		}
		switch step {
		case 10:
			if prompts > 3 {
				t.Errorf("%d prompts in ten minutes", prompts)
			}
			o.until(bookedSecret(t, o.bookAs(form(id, phone, 1), "198.51.100.1", nil)), "failed", failed)
			o.until(bookedSecret(t, o.bookAs(form(id, phone, 1), "192.0.2.7", known)), "failed", failed)
		case 60:
			if prompts > 4 {
				t.Errorf("%d prompts in an hour", prompts)
			}
		}
		clock.add(time.Minute)
	}
	if prompts > 27 {
		t.Errorf("%d prompts in a day", prompts)
	}
}

// TestKeysOfOthers: who repeats somebody else's request gets nothing of it.
func TestKeysOfOthers(t *testing.T) {
	o := openOn(t, books(t, fair(100)), func(d *handlers.Deps) {
		d.Partners = map[string]string{"one": strings.Repeat("1", 24), "two": strings.Repeat("2", 24)}
	})
	id := storetest.Screening(t, o.store, 20, 20)
	key := []string{"Idempotency-Key", "the-same-key-for-all"}
	bearer := func(c string) []string {
		return append([]string{"Authorization", "Bearer " + strings.Repeat(c, 24)}, key...)
	}
	body := payment(id, storetest.Phone(1), 1)
	first := o.payAs(body, "192.0.2.1", nil, key...)
	secret, _ := decode(t, first)["ticketSecret"].(string)
	other := o.payAs(payment(id, storetest.Phone(2), 1), "192.0.2.9", nil)
	for _, tt := range []struct {
		who     string
		from    string
		cookie  *http.Cookie
		headers []string
		own     bool
	}{
		{"it again, its answer lost", "192.0.2.1", nil, key, true},
		{"it again, with its session", "192.0.2.1", sessionCookie(first), key, true},
		{"another address", "192.0.2.2", nil, key, false},
		{"another session", "192.0.2.1", sessionCookie(other), key, false},
		{"a partner", "192.0.2.1", nil, bearer("1"), false},
	} {
		w := o.payAs(body, tt.from, tt.cookie, tt.headers...)
		if strings.Contains(w.Body.String(), secret) != tt.own || (w.Code == 200) != tt.own {
			t.Errorf("%s: %d %s", tt.who, w.Code, w.Body)
		}
	}
	if w := o.payAs(payment(id, storetest.Phone(3), 1), "192.0.2.1", nil, key...); w.Code != 422 ||
		strings.Contains(w.Body.String(), secret) {
		t.Errorf("other content: %d", w.Code)
	}
	one := o.payAs(payment(id, storetest.Phone(4), 1), "192.0.2.1", nil, bearer("1")...)
	again := o.payAs(payment(id, storetest.Phone(4), 1), "198.51.100.3", nil, bearer("1")...)
	two := o.payAs(payment(id, storetest.Phone(5), 1), "192.0.2.1", nil, bearer("2")...)
	if one.Code != 200 || decode(t, again)["ticketSecret"] != decode(t, one)["ticketSecret"] || two.Code != 200 ||
		sessionCookie(one) != nil {
		t.Errorf("partners: %d, %d, %d", one.Code, again.Code, two.Code)
	}
	if w := o.payAs(body, "192.0.2.1", nil, bearer("3")...); w.Code != 401 {
		t.Errorf("a key that nobody has: %d", w.Code)
	}

	f := form(id, storetest.Phone(7), 1)
	mine := o.bookAs(f, "192.0.2.1", nil)
	for who, w := range map[string]*httptest.ResponseRecorder{
		"another address": o.bookAs(f, "192.0.2.2", nil),
		"another browser": o.bookAs(f, "192.0.2.1", sessionCookie(other)),
	} {
		if w.Code != 409 || strings.Contains(w.Body.String()+w.Header().Get("Location"), bookedSecret(t, mine)) {
			t.Errorf("the form from %s: %d", who, w.Code)
		}
	}
	for who, w := range map[string]*httptest.ResponseRecorder{
		"twice":                    o.bookAs(f, "192.0.2.1", nil),
		"by its browser elsewhere": o.bookAs(f, "198.51.100.3", sessionCookie(mine)),
	} {
		if w.Code != 303 || w.Header().Get("Location") != mine.Header().Get("Location") {
			t.Errorf("the form %s: %d", who, w.Code)
		}
	}
}

// TestAPartnersServer: it books for many, up to bounds of its own.
func TestAPartnersServer(t *testing.T) {
	o := openOn(t, books(t, fair(10)), func(d *handlers.Deps) {
		d.Partners = map[string]string{"agency": strings.Repeat("k", 24)}
	})
	seats := 0
	for i := range 130 {
		w := o.payAs(payment(storetest.Screening(t, o.store, 2, 20), storetest.Phone(i), 2), "192.0.2.1", nil,
			"Authorization", "Bearer "+strings.Repeat("k", 24))
		if w.Code == 200 {
			seats += 2
		} else if w.Code != 429 || w.Header().Get("Retry-After") == "" {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	if seats != 200 {
		t.Errorf("%d seats", seats)
	}
}

// TestQuestionsToDaraja: about what the books know Daraja is not asked, and about the rest no more than all may
// together.
func TestQuestionsToDaraja(t *testing.T) {
	o := openCounter(t, books(t), checkout.Config{QueryGap: time.Hour})
	id := storetest.Screening(t, o.store, 20, 20)
	ask := func(secret, from string) *httptest.ResponseRecorder {
		return o.send(request{
			method: "POST", path: "/api/query-payment-status", from: from,
			headers: []string{"Content-Type", "application/json"},
			body:    fmt.Sprintf(`{"checkoutRequestId":%q}`, o.ticket(secret).Push.CheckoutRequestID),
		})
	}
	for i, code := range []string{"0", "1032", "2001", "1037", "1", "1019"} {
		o.daraja.SetScript("*", sim.Script{Result: code})
		secret := o.book(id, storetest.Phone(i), 1)
		tk := o.until(secret, "told", func(t *store.Ticket) bool { return t.Status != store.Pending })
		for range 20 {
			w := ask(secret, "192.0.2.1")
			body := decode(t, w)
			if w.Code != 200 || body["ResultCode"] != code || body["ResponseCode"] != "0" ||
				body["CheckoutRequestID"] != tk.Push.CheckoutRequestID || body["ResultDesc"] == "" {
				t.Fatalf("%s: %d %s", code, w.Code, w.Body)
			}
		}
	}
	if n := o.daraja.Totals().Queries; n != 0 {
		t.Errorf("%d questions about what the books know", n)
	}
	o.daraja.SetScript("*", sim.Script{})
	first, second := o.book(id, storetest.Phone(20), 1), o.book(id, storetest.Phone(21), 1)
	if w := ask(first, "192.0.2.1"); w.Code != 200 {
		t.Errorf("the first turn: %d %s", w.Code, w.Body)
	}
	if w := ask(second, "192.0.2.1"); w.Code != 503 || w.Header().Get("Retry-After") != "5" {
		t.Errorf("no turn: %d %s", w.Code, w.Body)
	}
	refused := 0
	for range 40 {
		if w := ask(second, "192.0.2.1"); w.Code == 429 && w.Header().Get("Retry-After") == "60" {
			refused++
		}
	}
	if n := o.daraja.Totals().Queries; n != 1 || refused != 12 {
		t.Errorf("%d questions, %d refused", n, refused)
	}
	if w := ask(second, "192.0.2.2"); w.Code != 503 {
		t.Errorf("another client: %d", w.Code)
	}
}
