package handlers_test

import (
	"fmt"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"cinemasphere/handlers"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
	"cinemasphere/views/wording"
)

// TestTheAnswerIsLostWithTheNetwork: who sends a request again over another network, without the session that its lost
// answer brought, gets no secret, makes no second booking and is not warned of himself; once the first has ended, he
// can book anew.
func TestTheAnswerIsLostWithTheNetwork(t *testing.T) {
	o := openOn(t, books(t, fair(100)))
	id := storetest.Screening(t, o.store, 20, 20)
	key := []string{"Idempotency-Key", "a-name-of-this-request"}
	pushes := func() int {
		n, err := o.store.Tickets().LivePushes(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	told := func(what string, w *httptest.ResponseRecorder, secret string) {
		t.Helper()
		if body := w.Body.String(); w.Code != 409 || !strings.Contains(body, "has been made already") ||
			strings.Contains(body, wording.PhoneTaken) ||
			strings.Contains(body, secret) || w.Header().Get("Location") != "" {
			t.Errorf("%s: %d %s", what, w.Code, body)
		}
	}
	body, f := payment(id, storetest.Phone(1), 1), form(id, storetest.Phone(2), 1)
	first := o.payAs(body, "192.0.2.1", nil, key...)
	secret, _ := decode(t, first)["ticketSecret"].(string)
	byForm := o.bookAs(f, "192.0.2.1", nil)
	for _, from := range []string{"198.51.100.1", "2001:db8::7", "203.0.113.9"} {
		told("the API from "+from, o.payAs(body, from, nil, key...), secret)
		told("the form from "+from, o.bookAs(f, from, nil), bookedSecret(t, byForm))
	}
	if n := pushes(); n != 2 {
		t.Errorf("%d prompts are out", n)
	}
	// Whoever does not know the key is a stranger.
	for what, headers := range map[string][]string{
		"without a key": nil, "with another": {"Idempotency-Key", "another-name-of-a-request"},
	} {
		if w := o.payAs(body, "198.51.100.1", nil, headers...); w.Code != 409 ||
			!strings.Contains(w.Body.String(), wording.PhoneTaken) {
			t.Errorf("%s: %d %s", what, w.Code, w.Body)
		}
	}
	for _, s := range []string{secret, bookedSecret(t, byForm)} {
		if err := o.store.Tickets().GiveUp(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	// The prompts are still on the phones; on others nothing is in the way.
	o.daraja.SetScript(storetest.Phone(3), sim.Script{Result: "1032"})
	o.daraja.SetScript(storetest.Phone(4), sim.Script{Result: "1032"})
	body, f = payment(id, storetest.Phone(3), 1), form(id, storetest.Phone(4), 1)
	first, byForm = o.payAs(body, "192.0.2.2", nil, key...), o.bookAs(f, "192.0.2.2", nil)
	secret, _ = decode(t, first)["ticketSecret"].(string)
	o.until(secret, "failed", failed)
	o.until(bookedSecret(t, byForm), "failed", failed)
	if w := o.payAs(body, "198.51.100.2", nil, key...); w.Code != 200 || decode(t, w)["ticketSecret"] == secret {
		t.Errorf("the API, once the first has ended: %d %s", w.Code, w.Body)
	}
	w := o.bookAs(f, "198.51.100.2", nil)
	nonce := regexp.MustCompile(`name="nonce" value="([^"]+)"`).FindStringSubmatch(w.Body.String())
	if w.Code != 409 || len(nonce) == 0 || nonce[1] == f.Get("nonce") ||
		!strings.Contains(w.Body.String(), "Send the form again") {
		t.Fatalf("the form, once the first has ended: %d, nonce %v", w.Code, nonce)
	}
	f.Set("nonce", nonce[1])
	if w := o.bookAs(f, "198.51.100.2", nil); w.Code != 303 {
		t.Errorf("the form, sent again: %d", w.Code)
	}
}

// TestOtherSchemesOfAuthorization are of a proxy in front, and no key; a wrong key stays wrong.
func TestOtherSchemesOfAuthorization(t *testing.T) {
	o := openOn(t, books(t, fair(100)), func(d *handlers.Deps) {
		d.Partners = map[string]string{"one": strings.Repeat("1", 24)}
	})
	id := storetest.Screening(t, o.store, 20, 20)
	for i, tt := range []struct {
		said string
		want int
	}{
		{"", 200},
		{"Basic c3RhZ2luZzpzZWNyZXQ=", 200},
		{"basic " + strings.Repeat("1", 24), 200},
		{"Digest username=\"a\"", 200},
		{"Negotiate x", 200},
		{strings.Repeat("1", 24), 401},
		{"Bearer " + strings.Repeat("1", 24), 200},
		{"bearer  " + strings.Repeat("1", 24) + " ", 200},
		{"Bearer", 401},
		{"Bearer " + strings.Repeat("2", 24), 401},
		{"BEARER x", 401},
	} {
		w := o.payAs(payment(id, storetest.Phone(100+i), 1), "192.0.2.1", nil, "Authorization", tt.said)
		if w.Code != tt.want {
			t.Errorf("%q: %d %s", tt.said, w.Code, w.Body)
		}
	}
}

// TestAQuestionAboutALockedPhone says as little of the phone as a refusal, from the books or from Daraja.
func TestAQuestionAboutALockedPhone(t *testing.T) {
	for i, script := range []sim.Script{
		{Result: "1001"},
		{Result: "1001", Callbacks: sim.NoCallback},
		{Result: "1001", ResultDesc: "Something else of this phone", Callbacks: sim.NoCallback},
		{
			Result:     "1037",
			ResultDesc: "Unable to LOCK subscriber, a transaction is already in process for the current subscriber",
			Callbacks:  sim.NoCallback,
		},
		{Result: "1037", ResultDesc: "unable to lock subscriber"},
	} {
		o := open(t) // whose turn to ask nobody else has taken
		id := storetest.Screening(t, o.store, 10, 20)
		phone := storetest.Phone(170 + i)
		o.daraja.SetScript(phone, script)
		secret := o.book(id, phone, 1)
		ended := failed
		if script.Callbacks == sim.NoCallback {
			ended = func(tk *store.Ticket) bool {
				return tk.Push.CheckoutRequestID != "" && o.daraja.Totals().Waiting == 0
			}
		}
		tk := o.until(secret, "at its end", ended)
		w := o.call("/api/query-payment-status", fmt.Sprintf(`{"checkoutRequestId":%q}`, tk.Push.CheckoutRequestID))
		said := decode(t, w)
		// The ids hold the time of day, which may be 10:01.
		ids := strings.NewReplacer(tk.Push.CheckoutRequestID, "", tk.Push.MerchantRequestID, "")
		body := strings.ToLower(ids.Replace(w.Body.String()))
		if w.Code != 200 || said["ResultDesc"] != wording.PhoneTaken || strings.Contains(body, "1001") ||
			strings.Contains(body, "subscriber") || strings.Contains(body, "something") {
			t.Errorf("%+v: %d %s", script, w.Code, w.Body)
		}
	}
}
