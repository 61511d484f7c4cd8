package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/PuerkitoBio/goquery"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// confirmed has M-PESA confirm money that names no ticket, and waits until it is on the list.
func (o *office) confirmed(receipt, amount string) {
	o.Helper()
	token, err := o.store.Money().C2BToken(o.Context())
	if err != nil {
		o.Fatal(err)
	}
	w := o.send(request{method: "POST", path: "/cb/paid/" + token, body: fmt.Sprintf(`{"TransID":%q,"TransAmount":%q,`+
		`"TransTime":"20261129101112","BillRefNumber":"POPCORN","MSISDN":"254712345126"}`, receipt, amount)})
	if w.Code != http.StatusOK {
		o.Fatalf("confirmation: %d", w.Code)
	}
	for len(o.items(receipt)) == 0 {
		<-time.After(10 * time.Millisecond)
	}
}

// items are the open items about a receipt.
func (o *office) items(receipt string) []store.OpenItem {
	o.Helper()
	items, err := o.store.Money().OpenItems(o.Context(), store.ItemFilter{Receipt: receipt})
	if err != nil {
		o.Fatal(err)
	}
	return items
}

// action is the form of the list that does this, filled in.
func action(t *testing.T, d *goquery.Document, verb string, filled ...string) url.Values {
	t.Helper()
	form := d.Find(fmt.Sprintf(`form:has(input[name=do][value=%s])`, verb)).First()
	if form.Length() != 1 {
		t.Fatalf("the list offers no %s: %s", verb, d.Find("main").Text())
	}
	f := url.Values{}
	for _, in := range form.Find("input[name]").EachIter() {
		f.Set(in.AttrOr("name", ""), in.AttrOr("value", ""))
	}
	for i := 0; i < len(filled); i += 2 {
		if !f.Has(filled[i]) {
			t.Errorf("%s does not ask for %s", verb, filled[i])
		}
		f.Set(filled[i], filled[i+1])
	}
	return f
}

// logged counts the entries of the audit log with the action.
func (o *office) logged(action string) (n int) {
	o.Helper()
	log, err := o.store.Staff().Log(o.Context(), store.LogFilter{Limit: 1000})
	if err != nil {
		o.Fatal(err)
	}
	for _, e := range log {
		if e.Action == action {
			n++
		}
	}
	return n
}

func TestToDoListIsWorkedOff(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	if d := page(t, m.get("/admin/to-do")); d.Find(".sheet").Length() != 0 || d.Find(".count").Length() != 0 {
		t.Errorf("with nothing to do: %s", d.Find("main").Text())
	}
	o.confirmed("UKO4JL9G9Q", "1300.00")
	o.confirmed("UKO4JL9H8R", "700.00")
	m = o.staffed(store.RoleManager) // the number in the menu may be some seconds old
	list := func() *goquery.Document { return page(t, m.get("/admin/to-do")) }
	if got := list().Find(".sheet").Length(); got != 2 {
		t.Fatalf("%d entries", got)
	}
	first := func() url.Values { return action(t, list(), "resolve") }

	empty := first()
	w := m.postAs("/admin/to-do", empty)
	if d := page(t, w); w.Code != http.StatusUnprocessableEntity ||
		d.Find("details[open] .field-error").Length() != 1 {
		t.Errorf("without a note: %d, %s", w.Code, d.Find("main").Text())
	}
	ticketless := action(t, list(), "accept", "ticket", "NOSUCHTK")
	w = m.postAs("/admin/to-do", ticketless)
	if d := page(t, w); w.Code != http.StatusUnprocessableEntity ||
		d.Find("details[open] input[name=ticket]").AttrOr("value", "") != "NOSUCHTK" {
		t.Errorf("for a ticket that there is not: %d, %s", w.Code, d.Find("main").Text())
	}
	if o.logged("payment.resolve")+o.logged("payment.accept") != 0 {
		t.Error("what was not done is in the log")
	}

	f := first()
	f.Set("note", "popcorn")
	for i := range 3 {
		if w := m.postAs("/admin/to-do", f); w.Code != http.StatusSeeOther {
			t.Fatalf("press %d: %d %s", i+1, w.Code, w.Body)
		}
	}
	if n := o.logged("payment.resolve"); n != 1 || list().Find(".sheet").Length() != 1 {
		t.Errorf("pressed thrice: %d entries in the log, and on the list %s", n, list().Find("main").Text())
	}
	entries, err := o.store.Staff().Log(t.Context(), store.LogFilter{Text: "popcorn"})
	if err != nil || len(entries) != 1 || entries[0].Who != m.operator.Name || entries[0].Subject != "UKO4JL9G9Q" {
		t.Errorf("the log has %+v, %v", entries, err)
	}
	if d := page(t, m.get("/admin/to-do?receipt=UKO4JL9G9Q")); !strings.Contains(d.Find(".sheet").Text(), "popcorn") {
		t.Errorf("with what is done: %s", d.Find("main").Text())
	}
}

// TestToDoAccepts: a receipt that names no ticket pays for the one whose code a manager types.
func TestToDoAccepts(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleOwner)
	id := storetest.Screening(t, o.store, 5, 5)
	ticket := o.ticket(o.missed(id, storetest.Phone(1)))
	o.confirmed("UKO4JL9G9Q", "1350.00")
	code := strings.ToLower(ticket.Code[:4] + " " + ticket.Code[4:])
	f := action(t, page(t, m.get("/admin/to-do")), "accept", "ticket", code)
	if w := m.postAs("/admin/to-do", f); w.Code != http.StatusSeeOther {
		t.Fatalf("accept: %d %s", w.Code, w.Body)
	}
	if got := o.ticket(ticket.Secret); got.Status != store.Paid || got.Receipt != "UKO4JL9G9Q" {
		t.Errorf("the ticket is %s with %q", got.Status, got.Receipt)
	}
	if w := m.postAs("/admin/to-do", f); w.Code != http.StatusSeeOther || o.logged("payment.accept") != 1 {
		t.Errorf("again: %d, %d in the log", w.Code, o.logged("payment.accept"))
	}
}

// TestToDoRefunds: what is due back is sent back once, however often the button is pressed.
func TestToDoRefunds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		m := o.staffed(store.RoleManager)
		id, phone := storetest.Screening(t, o.store, 10, 20), storetest.Phone(1)
		o.daraja.SetScript(phone, sim.Script{Result: "1037", ResultAfter: time.Second, PaidLater: 5 * time.Minute})
		secret := o.book(id, phone, 1)
		o.until(secret, "failed", failed)
		time.Sleep(2 * time.Minute)
		o.daraja.SetScript(phone, sim.Script{Result: "0"})
		if w := o.post("/tickets/"+secret+"/retry", url.Values{"phone": {phone}}); w.Code != 303 {
			t.Fatalf("retry: %d %s", w.Code, w.Body)
		}
		o.until(secret, "paid", paid)
		time.Sleep(5 * time.Minute)
		o.until(secret, "paid twice", func(tk *store.Ticket) bool { return tk.RefundDue > 0 })
		m = o.session(m.operator)
		d := page(t, m.get("/admin/to-do"))
		if got := d.Find(".menu-wide .count").Text(); !strings.HasPrefix(got, "1") {
			t.Errorf("the menu counts %q", got)
		}
		f := action(t, d, "refund")
		for range 3 {
			if w := m.postAs("/admin/to-do", f); w.Code != http.StatusSeeOther {
				t.Fatalf("refund: %d %s", w.Code, w.Body)
			}
		}
		time.Sleep(time.Minute)
		if n := o.daraja.Totals().Reversed; n != 1 || o.logged("payment.refund") != 1 {
			t.Errorf("%d reversed, %d in the log", n, o.logged("payment.refund"))
		}
		if d := page(t, m.get("/admin/to-do")); d.Find(".sheet").Length() != 0 {
			t.Errorf("when it has gone back: %s", d.Find("main").Text())
		}
	})
}

// TestToDoChangedMeanwhile: an entry that is taken off the list after it came to look like another payment is refused,
// since the person did not see that; the page then shows both, and the same press goes through.
func TestToDoChangedMeanwhile(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	id, phone := storetest.Screening(t, o.store, 5, 5), "254712345126"
	books := o.store.Money()
	sent, _, err := o.store.Tickets().Book(t.Context(), storetest.Booking(id, phone, 1))
	if err != nil {
		t.Fatal(err)
	}
	answer := store.Answer{CheckoutRequestID: "ws_CO_9"}
	if err := o.store.Tickets().RecordAnswer(t.Context(), sent, answer); err != nil {
		t.Fatal(err)
	}
	if _, err := books.ApplyIncoming(t.Context(), store.IncomingPayment{
		Receipt: "UKO4JL9G9Q", Amount: 135_000, Phone: store.Pattern(phone), TransactedAt: o.store.Now(),
		LearntBy: "c2b",
	}); err != nil {
		t.Fatal(err)
	}
	seen := action(t, page(t, m.get("/admin/to-do")), "resolve", "note", "popcorn")
	if _, err := books.ApplyQuery(t.Context(), sent.PushID, store.Verdict{
		Class: store.Success, Code: "0", LearntBy: "query", CheckoutRequestID: "ws_CO_9",
	}); err != nil {
		t.Fatal(err)
	}
	w := m.postAs("/admin/to-do", seen)
	if w.Code != http.StatusConflict || o.logged("payment.resolve") != 0 {
		t.Fatalf("what was not seen: %d, %d in the log", w.Code, o.logged("payment.resolve"))
	}
	now := action(t, page(t, w), "resolve")
	if now.Get("note") != "popcorn" || now.Get("item") == seen.Get("item") {
		t.Errorf("the form was %v, is %v", seen, now)
	}
	if w := m.postAs("/admin/to-do", now); w.Code != http.StatusSeeOther || o.logged("payment.resolve") != 1 {
		t.Errorf("what was seen: %d, %d in the log", w.Code, o.logged("payment.resolve"))
	}
}

// TestToDoPressedAtOnce: several presses that reach the program together give the money back once.
func TestToDoPressedAtOnce(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	o.confirmed("UKO4JL9G9Q", "1300.00")
	f := action(t, page(t, m.get("/admin/to-do")), "refund")
	var g sync.WaitGroup
	codes := make(chan int, 8)
	for range cap(codes) {
		g.Go(func() { codes <- m.postAs("/admin/to-do", f).Code })
	}
	g.Wait()
	close(codes)
	for code := range codes {
		if code != http.StatusSeeOther && code != http.StatusConflict {
			t.Errorf("answered %d", code)
		}
	}
	if n := o.logged("payment.refund"); n != 1 {
		t.Errorf("%d refunds", n)
	}
}

// TestToDoByHand: without an initiator money goes back by hand, with a reference, and whole shillings where M-PESA did
// not say how much it was.
func TestToDoByHand(t *testing.T) {
	o := openCounter(t, books(t), checkout.Config{})
	m := o.staffed(store.RoleManager)
	o.confirmed("UKO4JL9G9Q", "1300.00")
	list := func() *goquery.Document { return page(t, m.get("/admin/to-do")) }
	if list().Find("input[name=do][value=refund]").Length() != 0 {
		t.Error("a Reversal is offered without an initiator")
	}
	for _, reference := range []string{"", "  "} {
		w := m.postAs("/admin/to-do", action(t, list(), "give_back", "reference", reference))
		if w.Code != http.StatusUnprocessableEntity || o.logged("payment.refund") != 0 {
			t.Errorf("reference %q: %d", reference, w.Code)
		}
	}
	f := action(t, list(), "give_back", "reference", "UKO5AAAAAA")
	for range 2 {
		if w := m.postAs("/admin/to-do", f); w.Code != http.StatusSeeOther {
			t.Fatalf("give back: %d %s", w.Code, w.Body)
		}
	}
	items, err := o.store.Money().OpenItems(t.Context(), store.ItemFilter{All: true, Receipt: "UKO4JL9G9Q"})
	if err != nil || len(items) != 1 || items[0].Refund != store.RefundDone || o.logged("payment.refund") != 1 {
		t.Errorf("%+v, %v", items, err)
	}
}

// TestToDoTakesOnlyWhatItOffers: a form with another verb, entry or name does nothing. One of an entry that is on the
// list comes back with that entry as it is.
func TestToDoTakesOnlyWhatItOffers(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleOwner)
	o.confirmed("UKO4JL9G9Q", "1300.00")
	good := action(t, page(t, m.get("/admin/to-do")), "refund")
	for field, values := range map[string][]string{
		"do": {"", "move", "nothing_paid", "show", "resolve_all"}, "item": {"", "payment:1", "push:1", "x"},
		"named": {"", "UKO4JL9H8R", "payment:1"}, "for": {"0ABCDEFGH"},
	} {
		for _, value := range values {
			f, want := with(good, field, value), http.StatusSeeOther
			if field == "named" || field == "for" {
				want = http.StatusConflict
			}
			if w := m.postAs("/admin/to-do", f); w.Code != want {
				t.Errorf("%s=%q: %d", field, value, w.Code)
			}
		}
	}
	if n := o.logged("payment.refund") + o.logged("payment.accept") + o.logged("payment.resolve"); n != 0 {
		t.Errorf("%d things were done", n)
	}
}
