package handlers_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

func TestWrongPINThenTryAgain(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 10, 20)
	phone := storetest.Phone(40)
	o.daraja.SetScript(phone, sim.Script{Result: "2001", Times: 1})
	secret := o.book(id, phone, 2)
	tk := o.until(secret, "failed", failed)
	w := o.get("/tickets/" + secret)
	if w.Code != 200 || !strings.Contains(w.Body.String(), "Wrong M-PESA PIN") ||
		strings.Contains(w.Body.String(), tk.Push.ResultText) {
		t.Errorf("failed ticket's page: %d, or it has Safaricom's words", w.Code)
	}
	for _, typed := range []string{"", "12345", "+44 20 7946 0958"} {
		w := o.post("/tickets/"+secret+"/retry", map[string][]string{"phone": {typed}})
		if w.Code != 422 || !strings.Contains(w.Body.String(), "Please enter a Safaricom number") {
			t.Errorf("retry with %q: %d", typed, w.Code)
		}
	}
	o.daraja.SetScript(storetest.Phone(41), sim.Script{Result: "0"})
	w = o.post("/tickets/"+secret+"/retry/status?dialog=1", map[string][]string{"phone": {storetest.Phone(41)}})
	if w.Code != 200 || strings.Contains(w.Body.String(), "<html") {
		t.Fatalf("retry: %d %s", w.Code, w.Body)
	}
	again := o.until(secret, "paid", paid)
	if again.Phone != storetest.Phone(41) || strings.Join(again.Seats, " ") != strings.Join(tk.Seats, " ") {
		t.Errorf("paid by %s for %v, want %v", again.Phone, again.Seats, tk.Seats)
	}
	if w := o.post("/tickets/"+secret+"/retry", map[string][]string{"phone": {phone}}); w.Code != http.StatusSeeOther {
		t.Errorf("retry of a paid ticket: %d", w.Code)
	}
	if n := len(o.daraja.Ledger()); n != 1 {
		t.Errorf("%d payments", n)
	}
}

func TestGivingUp(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 10, 20)
	secret := o.book(id, storetest.Phone(50), 3)
	if w := o.post("/tickets/"+secret+"/give-up", nil); w.Code != http.StatusSeeOther ||
		w.Header().Get("Location") != "/tickets/"+secret {
		t.Fatalf("give up: %d to %s", w.Code, w.Header().Get("Location"))
	}
	if n := o.seatsTaken(id); n != 0 {
		t.Errorf("%d seats still held", n)
	}
	w := o.post("/tickets/"+secret+"/give-up/status", nil)
	if w.Code != 200 || !strings.Contains(w.Body.String(), "Booking given up") {
		t.Errorf("given up twice: %d %s", w.Code, w.Body)
	}
	if w := o.post("/tickets/NOSUCHSECRETNOSUCHSECRET22/give-up", nil); w.Code != 404 {
		t.Errorf("unknown ticket: %d", w.Code)
	}
}

func TestARefusedPushIsExplainedOnTheTicket(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 10, 20)
	o.daraja.SetScript("*", sim.Script{Answer: sim.AnswerBusy})
	secret := o.book(id, storetest.Phone(55), 1)
	if w := o.get("/tickets/" + secret); w.Code != 200 ||
		!strings.Contains(w.Body.String(), "No prompt was sent and you have not been charged.") {
		t.Errorf("refused: %d %s", w.Code, w.Body)
	}
}

func TestABookingIsFoundAgain(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 10, 20)
	w := o.post("/bookings", form(id, storetest.Phone(60), 1))
	link, cookie := w.Header().Get("Location"), sessionCookie(w)
	for _, path := range []string{"/", "/screenings/" + strconv.FormatInt(int64(id), 10) + "/book"} {
		w := o.send(request{method: "GET", path: path, cookie: cookie})
		if w.Code != 200 || !strings.Contains(w.Body.String(), link) {
			t.Errorf("%s: %d, without the waiting booking", path, w.Code)
		}
		if !strings.Contains(w.Header().Get("Cache-Control"), "private") {
			t.Errorf("%s: Cache-Control %q", path, w.Header().Get("Cache-Control"))
		}
		if w := o.get(path); strings.Contains(w.Body.String(), link) {
			t.Errorf("%s shows the booking to anyone", path)
		}
	}
	forged := *cookie
	forged.Value = strings.Repeat("A", 43)
	if w := o.send(request{method: "GET", path: "/", cookie: &forged}); w.Code != 200 ||
		strings.Contains(w.Body.String(), link) {
		t.Errorf("forged cookie: %d", w.Code)
	}
}

func TestDarajaTakesLongToAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		id := storetest.Screening(t, o.store, 10, 20)
		o.daraja.SetScript("*", sim.Script{AnswerAfter: 10 * time.Second, Result: "0", ResultAfter: 20 * time.Second})
		started := time.Now()
		w := o.call("/api/make-payment", payment(id, storetest.Phone(1), 1))
		if body := decode(t, w); w.Code != 202 || body["checkoutRequestId"] != nil ||
			time.Since(started) > 4*time.Second {
			t.Errorf("API: %d %v after %v", w.Code, body, time.Since(started))
		}
		w = o.post("/bookings/dialog", form(id, storetest.Phone(2), 1))
		secret := strings.TrimPrefix(w.Header().Get("HX-Push-Url"), "/tickets/")
		if w.Code != 200 || o.ticket(secret).Push.State != store.PushSending {
			t.Errorf("dialog: %d, the push is %s", w.Code, o.ticket(secret).Push.State)
		}
		if tk := o.until(secret, "paid", paid); tk.Push.CheckoutRequestID == "" {
			t.Error("the answer was never recorded")
		}
	})
}

func TestAHoldThatEndsLetsTheCustomerTryAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		id := storetest.Screening(t, o.store, 10, 20)
		o.daraja.SetScript("*", sim.Script{Result: "1037", ResultAfter: time.Second})
		secret := o.book(id, storetest.Phone(1), 1)
		o.until(secret, "failed", failed)
		w := o.post("/tickets/"+secret+"/retry", map[string][]string{"phone": {storetest.Phone(1)}})
		if w.Code != 409 ||
			!strings.Contains(w.Body.String(), "A payment prompt is already on this phone") &&
				!strings.Contains(w.Body.String(), "The last prompt may still be answered") {
			t.Errorf("while the prompt may still be answered: %d", w.Code)
		}
		time.Sleep(2 * time.Minute) // the bubble's clock: the prompt is over now
		o.pays()
		if w := o.post("/tickets/"+secret+"/retry", map[string][]string{"phone": {storetest.Phone(1)}}); w.Code != 303 {
			t.Errorf("after it: %d %s", w.Code, w.Body)
		}
		o.until(secret, "paid", paid)
	})
}

func TestAPaidTicketIsNotGivenUp(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 10, 20)
	o.pays()
	tk := o.until(o.book(id, storetest.Phone(1), 1), "paid", paid)
	if w := o.post("/tickets/"+tk.Secret+"/give-up", nil); w.Code != http.StatusSeeOther {
		t.Errorf("give up: %d", w.Code)
	}
	if w := o.post("/tickets/"+tk.Secret+"/give-up/status?dialog=1", nil); w.Code != 200 ||
		!strings.Contains(w.Body.String(), tk.Receipt) {
		t.Errorf("give up in the dialog: %d", w.Code)
	}
	if again := o.ticket(tk.Secret); again.Status != store.Paid || o.seatsTaken(id) != 1 {
		t.Errorf("the ticket is %s", again.Status)
	}
}

func TestOnlyPaidTicketsHaveAQRCode(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 10, 20)
	secret := o.book(id, storetest.Phone(1), 1)
	qr := func() int { return page(t, o.get("/tickets/"+secret)).Find(`svg[aria-label^="QR code"]`).Length() }
	if n := qr(); n != 0 {
		t.Errorf("%d codes on a pending ticket", n)
	}
	if err := o.daraja.PIN(storetest.Phone(1), "1234"); err != nil {
		t.Fatal(err)
	}
	o.until(secret, "paid", paid)
	if n := qr(); n != 1 {
		t.Errorf("%d codes on a paid ticket", n)
	}
}

func TestTooManySeatsForOneBrowser(t *testing.T) {
	o := openOn(t, books(t, fair(100)))
	id := storetest.Screening(t, o.store, 10, 20)
	w := o.post("/bookings", form(id, storetest.Phone(1), 10))
	again := func(phone string, n int) (int, string) {
		w := o.send(request{
			method: "POST", path: "/bookings", body: form(id, phone, n).Encode(), cookie: sessionCookie(w),
			headers: []string{"Content-Type", "application/x-www-form-urlencoded"},
		})
		return w.Code, w.Body.String()
	}
	if code, body := again(storetest.Phone(2), 8); code != 303 {
		t.Fatalf("18 seats: %d %s", code, body)
	}
	if code, body := again(storetest.Phone(3), 3); code != 409 ||
		!strings.Contains(body, "You may hold 20 seats at once. You can book 2 more.") {
		t.Errorf("21 seats: %d", code)
	}
}
