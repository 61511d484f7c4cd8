package handlers_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestUnknownCodeIsShown: the customer reads with which code M-PESA answered, and is not sent to look for a prompt;
// once the hold is over there is another try.
func TestUnknownCodeIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		id := storetest.Screening(t, o.store, 10, 20)
		o.daraja.SetScript("*", sim.Script{
			Result: "1101", ResultDesc: "A new thing for 254712345678", ResultAfter: time.Second,
		})
		secret := o.book(id, storetest.Phone(1), 1)
		o.until(secret, "answered", func(tk *store.Ticket) bool { return tk.Push.State == store.PushUnknown })
		text := page(t, o.get("/tickets/"+secret)).Find("main").Text()
		if !strings.Contains(text, "M-PESA answered with code 1101, A new thing for 2547*****678") {
			t.Errorf("the page says %s", text)
		}
		for _, prompt := range []string{
			"No prompt on your phone?", "Check your phone", "Enter your M-PESA PIN", "prompt may be on your phone",
		} {
			if strings.Contains(text, prompt) {
				t.Errorf("it says %q", prompt)
			}
		}
		ticket, _ := decode(t, o.get("/api/tickets/"+secret))["ticket"].(map[string]any)
		if message, _ := ticket["failureMessage"].(string); ticket["paymentStatus"] != "Pending" ||
			!strings.Contains(message, "1101") {
			t.Errorf("the API says %v", ticket)
		}
		time.Sleep(4 * time.Minute) // the hold
		o.until(secret, "failed", failed)
		d := page(t, o.get("/tickets/"+secret))
		if text := d.Find("main").Text(); !strings.Contains(text, "code 1101") ||
			d.Find("#retry-button").Length() != 1 {
			t.Errorf("after the hold the page says %s", text)
		}
	})
}

// TestConfirmingIsShown: while M-PESA is asked to confirm a payment whose amount it has not told, the page says so, and
// nothing of money that is due back.
func TestConfirmingIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		id := storetest.Screening(t, o.store, 10, 20)
		o.daraja.SetScript("*", sim.Script{
			Result: "0", ResultAfter: time.Second, Callbacks: sim.NoCallback, Query: sim.AnswerProcessing,
			QueryTimes: 1,
		})
		secret := o.book(id, storetest.Phone(1), 1)
		o.until(secret, "prompted", func(tk *store.Ticket) bool { return tk.Push.State == store.PushPrompted })
		time.Sleep(2 * time.Second)
		took := o.daraja.Ledger()[0]
		body := `{"Body":{"stkCallback":{"CheckoutRequestID":"` + took.CheckoutRequestID +
			`","ResultCode":0,"ResultDesc":"ok","CallbackMetadata":{"Item":[{"Name":"MpesaReceiptNumber","Value":"` +
			took.Receipt + `"}]}}}}`
		if w := o.call(strings.TrimPrefix(took.CallbackURL, baseURL), body); w.Code != 200 {
			t.Fatal(w.Code)
		}
		o.until(secret, "confirming", func(tk *store.Ticket) bool { return tk.Push.Reason == store.FailureConfirming })
		text := page(t, o.get("/tickets/"+secret)).Find("main").Text()
		if !strings.Contains(text, "Confirming your payment") || !strings.Contains(text, "Do not pay again") ||
			strings.Contains(text, "No prompt on your phone?") || strings.Contains(strings.ToLower(text), "refund") {
			t.Errorf("the page says %s", text)
		}
		if tk := o.until(secret, "paid", paid); tk.Receipt != took.Receipt {
			t.Errorf("paid with receipt %q", tk.Receipt)
		}
	})
}
