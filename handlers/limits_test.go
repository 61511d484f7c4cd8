package handlers_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/fairuse"
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
		if w.Code != 503 || w.Header().Get("Retry-After") == "" ||
			!strings.Contains(w.Body.String(), "The box office is restarting") {
			t.Errorf("%s: %d Retry-After %q", path, w.Code, w.Header().Get("Retry-After"))
		}
		if got := page(t, w).Find(`input[name="nonce"]`).AttrOr("value", ""); got != f.Get("nonce") {
			t.Errorf("%s: the nonce was lost", path)
		}
	}
	if w := o.call("/api/make-payment", payment(id, storetest.Phone(72), 1)); w.Code != 503 ||
		w.Header().Get("Retry-After") == "" {
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

// fair makes books that keep to the policy, with so many bookings a minute for one browser.
func fair(perMinute int) func(*store.Options) {
	return func(o *store.Options) { o.FairUse = fairuse.Policy{PerMinute: perMinute} }
}

// bookAs books by the form, from an address, with what a browser has as its cookie.
func (o *office) bookAs(f url.Values, from string, cookie *http.Cookie) *httptest.ResponseRecorder {
	o.Helper()
	return o.send(request{
		method: "POST", path: "/bookings", body: f.Encode(), from: from, cookie: cookie,
		headers: []string{"Content-Type", "application/x-www-form-urlencoded"},
	})
}

// payAs books by the API, with headers of its own.
func (o *office) payAs(body, from string, cookie *http.Cookie, headers ...string) *httptest.ResponseRecorder {
	o.Helper()
	return o.send(request{
		method: "POST", path: "/api/make-payment", body: body, from: from, cookie: cookie,
		headers: append([]string{"Content-Type", "application/json"}, headers...),
	})
}

// TestBookingsAMinute: what counts is what was booked, by whom it was booked.
func TestBookingsAMinute(t *testing.T) {
	o := openOn(t, books(t, fair(4)))
	id := storetest.Screening(t, o.store, 20, 20)
	f := form(id, storetest.Phone(80), 1)
	var cookie *http.Cookie
	for range 6 { // the same booking again is not another one
		w := o.bookAs(f, "192.0.2.1", cookie)
		if w.Code != 303 {
			t.Fatalf("booking: %d %s", w.Code, w.Body)
		}
		if c := sessionCookie(w); c != nil {
			cookie = c
		}
	}
	for i := range 30 { // nor is what is refused
		if w := o.bookAs(with(form(id, storetest.Phone(900+i), 1), "total", "1"), "192.0.2.1", cookie); w.Code != 409 {
			t.Fatalf("another price: %d", w.Code)
		}
		if w := o.bookAs(form(id, "12", 1), "192.0.2.1", cookie); w.Code != 422 {
			t.Fatalf("no number: %d", w.Code)
		}
	}
	for i := range 3 {
		if w := o.bookAs(form(id, storetest.Phone(81+i), 1), "192.0.2.1", cookie); w.Code != 303 {
			t.Fatalf("booking %d of the session: %d %s", i+2, w.Code, w.Body)
		}
	}
	w := o.bookAs(form(id, storetest.Phone(85), 1), "192.0.2.1", cookie)
	if w.Code != 429 || w.Header().Get("Retry-After") != "60" ||
		!strings.Contains(w.Body.String(), "many bookings in a minute") ||
		!strings.Contains(w.Body.String(), "Achieng Otieno") {
		t.Errorf("the fifth booking of the session: %d Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	// Others behind the same address are not held responsible, up to five times as many that are not paid for.
	allowed := 0
	for i := range 20 {
		if o.bookAs(form(id, storetest.Phone(100+i), 1), "192.0.2.1", nil).Code == 303 {
			allowed++
		}
	}
	if allowed != 16 {
		t.Errorf("%d new customers of the address were let in", allowed)
	}
	if w := o.bookAs(form(id, storetest.Phone(86), 1), "192.0.2.2", nil); w.Code != 303 {
		t.Errorf("another address: %d", w.Code)
	}
	for i := range 21 {
		w := o.payAs(payment(id, storetest.Phone(140+i), 1), "192.0.2.3", nil)
		if i == 20 &&
			(w.Code != 429 || w.Header().Get("Retry-After") != "15" ||
				w.Header().Get("Content-Type") != "application/json") {
			t.Errorf("the API's last: %d %v", w.Code, w.Header())
		} else if i < 20 && w.Code != 200 {
			t.Errorf("the API's number %d: %d %s", i, w.Code, w.Body)
		}
	}
}
