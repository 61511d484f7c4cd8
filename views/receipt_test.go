package views_test

import (
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/views"
)

func TestTheReceiptIsAskedFor(t *testing.T) {
	v := tickets()["late"]
	d := doc(t, views.TicketStatus(v))
	wantText(t, d, "h2", "Have you paid already?")
	wantAttr(t, d, "form:has(textarea)", "action", "/tickets/SECRET/receipt")
	wantAttr(t, d, "form:has(textarea)", "hx-post", "/tickets/SECRET/receipt/status")
	wantAttr(t, d, "textarea[name=receipt]", "autocomplete", "off")
	wantText(t, d, "#receipt-text-hint", "10 letters and digits at the start of the message, such as UJ22T8IYOU")
	wantAttr(t, d, "form:has(textarea) [readonly]", "value", "0 KRWM TX7P")
	wantText(t, d, "form:has(textarea) button", "Check this receipt")

	v.InDialog = true
	d = doc(t, views.TicketStatus(v))
	wantAttr(t, d, "form:has(textarea)", "hx-post", "/tickets/SECRET/receipt/status?dialog=1")
	wantText(t, d, "h3", "Have you paid already?")

	d = doc(t, views.ReceiptPage(page(), v))
	wantText(t, d, "h1", "Have you paid already?")
	wantCount(t, d, "form[hx-post]", 0)
	wantAttr(t, d, "form:has(textarea)", "action", "/tickets/SECRET/receipt")
	wantAttr(t, d, ".actions a", "href", "/tickets/SECRET")
}

func TestWhatIsWrongWithAReceiptStandsAtItsField(t *testing.T) {
	for name, asks := range map[string]views.Asks{"open": views.AsksOpenly, "folded": views.AsksFolded} {
		v := tickets()["receipt wrong"]
		v.Receipt.Asks = asks
		d := doc(t, views.TicketStatus(v))
		wantAttr(t, d, "#receipt-text", "aria-invalid", "true")
		wantAttr(t, d, "#receipt-text", "aria-describedby", "receipt-text-error")
		wantText(t, d, "#receipt-text-error", "such as UJ22T8IYOU")
		wantText(t, d, "#receipt-text", "my receipt")
		wantText(t, d, ".notice", "Receipt UJ22T8IYOV is of a payment to somebody else.")
		wantText(t, d, ".notice", "no completed payment with receipt UJ22T8IYOW")
		if n := d.Find("details:not([open])").Length(); n > 0 {
			t.Errorf("%s: what is wrong is folded up", name)
		}
	}
	d := doc(t, views.TicketStatus(tickets()["receipt folded"]))
	wantCount(t, d, "details.fold:not([open]) textarea", 1)
	wantText(t, d, "summary", "I have paid already")
	d = doc(t, views.TicketStatus(tickets()["receipt refused"]))
	wantCount(t, d, "textarea", 0)
	wantText(t, d, ".notice", "5 receipts have been named already.")
	wantText(t, d, ".notice", "do not pay again: show your M-PESA message at the box office.")
}

func TestWhoWaitsForLongIsAskedQuietly(t *testing.T) {
	d := doc(t, views.TicketStatus(tickets()["waiting for long"]))
	wantAttr(t, d, ".paid-already a", "href", "/tickets/SECRET/receipt")
	wantCount(t, d, "textarea", 0)
	wantCount(t, doc(t, views.TicketStatus(ticket(store.Pending))), ".paid-already", 0)
}

func TestWhileMpesaIsAskedAboutAReceipt(t *testing.T) {
	v := tickets()["checking"]
	d := doc(t, views.TicketStatus(v))
	wantText(t, d, "h1", "Checking your payment…")
	wantText(t, d, ".lead", "Checking receipt UJ22T8IYOU with M-PESA…")
	wantText(t, d, ".lead", "do not pay again meanwhile")
	wantText(t, d, ".hold", "Seats still held for 2:52")
	wantCount(t, d, "form", 0)
	wantAttr(t, d, ".paid-already a", "href", "/tickets/SECRET/receipt")

	d = doc(t, views.TicketStatus(tickets()["checking for long"]))
	wantText(t, d, ".notice", "M-PESA has not answered yet about receipt UJ22T8IYOU.")
	wantCount(t, d, "form.retry", 1)
	for _, name := range []string{"paid, checking", "waiting, checking"} {
		wantText(t, doc(t, views.TicketStatus(tickets()[name])), ".notice", "Checking receipt UJ22T8IYOU with M-PESA…")
	}
	wantCount(t, doc(t, views.TicketStatus(tickets()["paid, checking"])), ".qr", 1)
}

func TestWhoMayHavePaidIsWarned(t *testing.T) {
	d := doc(t, views.TicketStatus(tickets()["late"]))
	wantText(t, d, ".notice-warn", "If you have paid already, do not pay again: type the receipt below.")
	wantText(t, d, ".notice-warn", "the second payment is due back to you")
	html := render(t, views.TicketStatus(tickets()["late"]))
	if warn, retry, ask := strings.Index(html, "do not pay again"), strings.Index(html, "/retry"),
		strings.Index(html, "<textarea"); warn > retry || retry > ask {
		t.Errorf("the warning is at %d, the button at %d, the receipt at %d", warn, retry, ask)
	}
	wantCount(t, doc(t, views.TicketStatus(ticket(store.Failed))), ".notice", 0)
}

func TestMoneyThatGoesBack(t *testing.T) {
	d := doc(t, views.TicketStatus(tickets()["paid twice"]))
	wantText(t, d, ".notice", "M-PESA took a second payment of KSh 2,700 for this booking. It is due back to you.")
	wantCount(t, d, ".qr", 1)
	wantText(t, d, "h2", "The receipt of this payment")
	d = doc(t, views.TicketStatus(tickets()["owed, receipt missing"]))
	wantText(t, d, ".notice", "We need the receipt from your M-PESA message to send the money back.")
	wantCount(t, d, "textarea", 1)
	d = doc(t, views.TicketStatus(tickets()["returned"]))
	wantText(t, d, "h1", "Your money is back")
	wantCount(t, d, ".tone-late", 1)
	d = doc(t, views.TicketStatus(tickets()["paid, receipt pending"]))
	wantText(t, d, ".stub", "receipt pending")
	wantText(t, d, ".stub", "The first seats had gone")
	wantText(t, d, "summary", "Add the M-PESA receipt")
}

func TestPayingWithoutAPrompt(t *testing.T) {
	d := doc(t, views.TicketStatus(tickets()["by hand to a paybill"]))
	wantText(t, d, ".steps",
		"Lipa na M-PESA, then Pay Bill Business number 600983 Account number 0KRWMTX7P Amount KSh 2,700 Then type "+
			"the receipt below.")
	wantText(t, d, ".part .hint", "Your seats are held until 18:32.")
	d = doc(t, views.TicketStatus(tickets()["by hand to a till, not held"]))
	wantText(t, d, ".steps",
		"Lipa na M-PESA, then Buy Goods and Services Till number 5551234 Amount KSh 2,700 Then type the receipt below.")
	wantText(t, d, ".part .hint", "Your seats are not held any more.")
	wantText(t, d, ".part .hint", "If the film is full by then, the money is due back to you.")
	wantCount(t, doc(t, views.TicketStatus(ticket(store.Failed))), ".steps", 0)
}

func TestClosedBookings(t *testing.T) {
	for _, name := range []string{"home, bookings closed", "film, bookings closed"} {
		d := doc(t, pages()[name])
		wantText(t, d, "main > .shut[role=status]", "bookings are closed for the moment")
		if d.Find("a[data-dialog]").Length() == 0 {
			t.Errorf("%s: no links to book", name)
		}
	}
	wantCount(t, doc(t, pages()["home"]), ".shut", 0)
	d := doc(t, pages()["bookings closed"])
	wantCount(t, d, "form", 0)
	wantText(t, d, ".notice", "bookings are closed for the moment")
	wantAttr(t, d, ".sheet .btn-red", "href", "/screenings/12/book")
}
