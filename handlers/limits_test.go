package handlers_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cinemasphere/handlers"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store/storetest"
)

func TestNoBookingsWhileClosing(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 10, 20)
	secret := o.book(id, storetest.Phone(70), 1)
	brief, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := o.service.Close(brief); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	for _, path := range []string{"/bookings", "/bookings/dialog"} {
		f := form(id, storetest.Phone(71), 1)
		w := o.post(path, f)
		if w.Code != 503 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "The box office is restarting") {
			t.Errorf("%s: %d Retry-After %q", path, w.Code, w.Header().Get("Retry-After"))
		}
		if got := page(t, w).Find(`input[name="nonce"]`).AttrOr("value", ""); got != f.Get("nonce") {
			t.Errorf("%s: the nonce was lost", path)
		}
	}
	if w := o.call("/api/make-payment", payment(id, storetest.Phone(72), 1)); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("API: %d", w.Code)
	}
	if w := o.get("/tickets/" + secret); w.Code != 200 {
		t.Errorf("tickets are not served while closing: %d", w.Code)
	}
	if err := o.daraja.PIN(storetest.Phone(70), "1234"); err != nil {
		t.Fatal(err)
	}
	o.until(secret, "paid", paid)
}

func TestRateLimits(t *testing.T) {
	o := open(t, func(d *handlers.Deps) { d.BookingRate = 4 })
	id := storetest.Screening(t, o.store, 10, 20)
	post := func(f map[string][]string, from string) (int, string, string) {
		w := o.send(request{
			method: "POST", path: "/bookings", body: with(f, "", "").Encode(), from: from,
			headers: []string{"Content-Type", "application/x-www-form-urlencoded"},
		})
		return w.Code, w.Header().Get("Retry-After"), w.Body.String()
	}
	f := form(id, storetest.Phone(80), 1)
	var cookie *http.Cookie
	for range 6 { // the same booking again is not another one
		w := o.send(request{method: "POST", path: "/bookings", body: f.Encode(), from: "192.0.2.1", headers: []string{"Content-Type", "application/x-www-form-urlencoded"}, cookie: cookie})
		if w.Code != 303 {
			t.Fatalf("booking: %d %s", w.Code, w.Body)
		}
		if c := sessionCookie(w); c != nil {
			cookie = c
		}
	}
	as := func(phone int, cookie *http.Cookie) *httptest.ResponseRecorder {
		return o.send(request{
			method: "POST", path: "/bookings", body: form(id, storetest.Phone(phone), 1).Encode(), from: "192.0.2.1",
			headers: []string{"Content-Type", "application/x-www-form-urlencoded"}, cookie: cookie,
		})
	}
	for i := range 4 {
		if w := as(81+i, cookie); w.Code != 303 {
			t.Fatalf("booking %d of the session: %d %s", i+1, w.Code, w.Body)
		}
	}
	if w := as(85, cookie); w.Code != 429 || w.Header().Get("Retry-After") != "60" || !strings.Contains(w.Body.String(), "many times in a minute") {
		t.Errorf("the fifth booking of the session: %d Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	// Others behind the same address are not held responsible, up to five times as many.
	allowed := 0
	for i := range 20 {
		if as(100+i, nil).Code == 303 {
			allowed++
		}
	}
	if allowed < 13 || allowed > 15 {
		t.Errorf("%d new customers of the address were let in", allowed)
	}
	if code, _, _ := post(form(id, storetest.Phone(86), 1), "192.0.2.2"); code != 303 {
		t.Errorf("another address: %d", code)
	}
	for i := range 5 {
		w := o.send(request{method: "POST", path: "/api/make-payment", from: "192.0.2.3", body: payment(id, storetest.Phone(140+i), 1), headers: []string{"Content-Type", "application/json"}})
		if want := 429; i == 4 && (w.Code != want || w.Header().Get("Retry-After") != "60" || w.Header().Get("Content-Type") != "application/json") {
			t.Errorf("the API's fifth: %d %v", w.Code, w.Header())
		} else if i < 4 && w.Code != 200 {
			t.Errorf("the API's number %d: %d", i+1, w.Code)
		}
	}
}

func TestThreePromptsForAPhone(t *testing.T) {
	o := open(t, func(d *handlers.Deps) { d.BookingRate = 100 })
	id := storetest.Screening(t, o.store, 10, 20)
	o.daraja.SetScript("*", sim.Script{Result: "1032"})
	phone := storetest.Phone(90)
	for range 3 {
		o.until(o.book(id, phone, 1), "failed", failed)
	}
	for _, path := range []string{"/bookings", "/bookings/dialog"} {
		w := o.post(path, form(id, phone, 1))
		if w.Code != 429 || w.Header().Get("Retry-After") != "300" || !strings.Contains(w.Body.String(), "Three prompts have gone to this number") {
			t.Errorf("%s: %d Retry-After %q", path, w.Code, w.Header().Get("Retry-After"))
		}
	}
	if n := o.daraja.Totals().Accepted; n != 3 {
		t.Errorf("%d prompts", n)
	}
	o.book(id, storetest.Phone(91), 1)
}
