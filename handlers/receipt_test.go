package handlers_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

const (
	noReceipt = "We found no M-PESA receipt in this."
	stranger  = "QJ22T8IYOU" // a receipt that M-PESA knows nothing of
)

// missed books one seat with a prompt that the phone does not answer, and returns the failed ticket's secret.
func (o *office) missed(id store.ScreeningID, phone string) string {
	o.Helper()
	o.daraja.SetScript(phone, sim.Script{Result: "1037", ResultAfter: time.Second})
	secret := o.book(id, phone, 1)
	o.until(secret, "failed", failed)
	return secret
}

// byHand pays without a prompt and returns the receipt.
func (o *office) byHand(phone string, amount int) string {
	o.Helper()
	receipt, err := o.daraja.PayByHand(sim.HandPayment{
		Phone: phone, To: shortcode, Account: "TICKET", Amount: amount, PIN: "1234",
	})
	if err != nil {
		o.Fatal(err)
	}
	return receipt
}

// claim names a receipt on a ticket's page.
func (o *office) claim(secret, text string) *httptest.ResponseRecorder {
	o.Helper()
	return o.post("/tickets/"+secret+"/receipt", url.Values{"receipt": {text}})
}

// claimed waits until M-PESA has said what it makes of a ticket's newest receipt.
func (o *office) claimed(secret string) store.ReceiptClaim {
	o.Helper()
	var c store.ReceiptClaim
	o.until(secret, "told about its receipt", func(t *store.Ticket) bool {
		cs, err := o.store.Money().ReceiptClaims(o.Context(), t.ID)
		if err != nil || len(cs) == 0 {
			o.Fatalf("%d receipts: %v", len(cs), err)
		}
		c = cs[0]
		return c.State != store.ClaimAsking
	})
	return c
}

func TestWhoHasPaidNamesTheReceipt(t *testing.T) {
	for _, fragment := range []bool{false, true} {
		t.Run(map[bool]string{false: "page", true: "fragment"}[fragment], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := open(t)
				id, phone := storetest.Screening(t, o.store, 10, 20), storetest.Phone(1)
				secret := o.missed(id, phone)
				d := page(t, o.get("/tickets/"+secret))
				if warn := d.Find(".notice").Text(); d.Find("textarea").Length() != 1 ||
					!strings.Contains(warn, "If you have paid already, do not pay again: type the receipt below.") {
					t.Errorf("the failed ticket asks %d times and warns %q", d.Find("textarea").Length(), warn)
				}
				receipt := o.byHand(phone, 1350)
				o.daraja.SetScript(phone, sim.Script{Status: sim.Call{ResultAfter: 5 * time.Second}})
				sms := receipt +
					" Confirmed. Ksh1,350.00 paid to CINEMASPHERE.\non 23/11/26 at 7:00 PM. New M-PESA balance is " +
					"Ksh2,040.50."
				if fragment {
					w := o.post("/tickets/"+secret+"/receipt/status?dialog=1", url.Values{
						"receipt": {sms}, "booking": {"x"},
					})
					d = page(t, w)
					if w.Code != 200 || strings.Contains(w.Body.String(), "<html") ||
						!strings.Contains(d.Find("#status").AttrOr("data-poll", ""), "&dialog=1") {
						t.Errorf("fragment: %d polls %q", w.Code, d.Find("#status").AttrOr("data-poll", ""))
					}
				} else {
					if w := o.claim(secret, sms); w.Code != http.StatusSeeOther ||
						w.Header().Get("Location") != "/tickets/"+secret {
						t.Fatalf("%d to %q: %s", w.Code, w.Header().Get("Location"), w.Body)
					}
					w := o.get("/tickets/" + secret)
					if d = page(t, w); w.Header().Get("Refresh") != "5; url=/tickets/"+secret {
						t.Errorf("Refresh is %q", w.Header().Get("Refresh"))
					}
				}
				text := d.Find("#status").Text()
				if !strings.Contains(text, "Checking receipt "+receipt+" with M-PESA…") ||
					d.Find("#status textarea, #status [name=phone]").Length() != 0 {
					t.Errorf("while M-PESA is asked: %q", text)
				}
				tk := o.until(secret, "paid", paid)
				if w := o.get("/tickets/" + secret); tk.Receipt != receipt ||
					!strings.Contains(w.Body.String(), receipt) || w.Header().Get("Refresh") != "" ||
					page(t, w).Find(".notice, textarea, [data-poll]").Length() != 0 {
					t.Errorf("paid with %q: %s", tk.Receipt, w.Body)
				}
				if w := o.claim(secret, receipt); w.Code != http.StatusOK && w.Code != http.StatusSeeOther {
					t.Errorf("the ticket's own receipt once more: %d", w.Code)
				}
				o.paysTwice(secret, phone)
			})
		})
	}
}

// paysTwice lets whoever has a paid ticket name the receipt of another payment for it, which is then due back.
func (o *office) paysTwice(secret, phone string) {
	o.Helper()
	link := page(o, o.get("/tickets/"+secret)).Find(`a[href="/tickets/` + secret + `/receipt"]`).Text()
	if link != "Paid more than once?" {
		o.Errorf("the paid ticket's page leads by %q", link)
	}
	d := page(o, o.get("/tickets/"+secret+"/receipt"))
	if title := d.Find("h1").Text(); title != "Have you paid more than once?" || d.Find("textarea").Length() != 1 {
		o.Errorf("the page is %q", title)
	}
	if w := o.claim(secret, o.byHand(phone, 1350)); w.Code != http.StatusSeeOther {
		o.Errorf("the second receipt: %d %s", w.Code, w.Body)
	}
	o.until(secret, "owed", func(tk *store.Ticket) bool { return tk.RefundDue == 135000 })
	text := page(o, o.get("/tickets/"+secret)).Find("main").Text()
	if !strings.Contains(text, "M-PESA took a second payment of KSh 1,350 for this booking. It is due back to you.") {
		o.Errorf("the ticket's page says: %s", text)
	}
}

// TestWhatMpesaSaysOfAReceipt looks at what the page says, and whether another receipt can be named.
func TestWhatMpesaSaysOfAReceipt(t *testing.T) {
	for _, tt := range []struct {
		what    string
		receipt func(o *office, id store.ScreeningID, phone string) string
		state   store.ClaimState
		reason  store.Reason
		says    string
	}{
		{"too little", func(o *office, _ store.ScreeningID, phone string) string { return o.byHand(phone, 1000) },
			store.ClaimPerson, store.ReasonOtherAmount,
			"is of another amount than the KSh 1,350 of this booking. A person at the box office will look at it"},
		{"another phone",
			func(o *office, _ store.ScreeningID, _ string) string { return o.byHand(storetest.Phone(300), 1350) },
			store.ClaimPerson, store.ReasonOtherPhone,
			"was paid from a phone that we sent no prompt to. A person"},
		{"another ticket's", func(o *office, id store.ScreeningID, _ string) string {
			o.daraja.SetScript(storetest.Phone(301), sim.Script{Result: "0"})
			return o.until(o.book(id, storetest.Phone(301), 1), "paid", paid).Receipt
		}, store.ClaimRefused, store.ReasonUsed, "has paid for another booking."},
		{"reversed", func(o *office, _ store.ScreeningID, phone string) string {
			receipt := o.byHand(phone, 1350)
			if !o.daraja.Reverse(receipt) {
				o.Fatal("not reversed")
			}
			return receipt
		}, store.ClaimRefused, store.ReasonReversed, "has been reversed: the money has gone back"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := open(t)
				id, phone := storetest.Screening(t, o.store, 10, 20), storetest.Phone(1)
				secret := o.missed(id, phone)
				receipt := tt.receipt(o, id, phone)
				if w := o.claim(secret, strings.ToLower(receipt)); w.Code != http.StatusSeeOther {
					t.Fatalf("%d %s", w.Code, w.Body)
				}
				if c := o.claimed(secret); c.State != tt.state || c.Reason != tt.reason {
					t.Errorf("%s, %s; want %s, %s", c.State, c.Reason, tt.state, tt.reason)
				}
				w := o.get("/tickets/" + secret)
				d := page(t, w)
				if text := d.Find(".notice").Text(); !strings.Contains(text, tt.says) ||
					!strings.Contains(text, receipt) {
					t.Errorf("the page says %q, want %q", text, tt.says)
				}
				if d.Find("textarea").Length() != 1 || d.Find("[data-poll]").Length() != 0 ||
					w.Header().Get("Refresh") != "" {
					t.Error("another receipt cannot be named in peace")
				}
			})
		})
	}
}

func TestAReceiptThatNobodyCanAskAbout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := openCounter(t, books(t), checkout.Config{})
		secret := o.missed(storetest.Screening(t, o.store, 10, 20), storetest.Phone(1))
		o.claim(secret, stranger)
		o.claimed(secret)
		text := page(t, o.get("/tickets/"+secret)).Find(".notice").Text()
		if !strings.Contains(text,
			"We could not ask M-PESA about receipt "+stranger+". A person at the box office will look at it") {
			t.Errorf("the page says %q", text)
		}
	})
}

func TestMpesaTakesLongOverAReceipt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		secret := o.missed(storetest.Screening(t, o.store, 10, 20), storetest.Phone(1))
		receipt := o.byHand(storetest.Phone(1), 1350)
		o.daraja.SetScript(storetest.Phone(1), sim.Script{Status: sim.Call{Undone: true}})
		o.claim(secret, receipt)
		poll := page(t, o.get("/tickets/"+secret)).Find("#status").AttrOr("data-poll", "")
		if w := o.get(poll); w.Code != http.StatusNoContent {
			t.Errorf("at once: %d", w.Code)
		}
		time.Sleep(2*time.Minute + time.Second)
		d := page(t, o.get(poll))
		text := d.Find(".notice").Text()
		if !strings.Contains(text, "M-PESA has not answered yet about receipt "+receipt) {
			t.Errorf("after two minutes: %q", text)
		}
		if d.Find("textarea").Length() != 1 || d.Find("[name=phone]").Length() != 1 ||
			d.Find("[data-poll]").Length() != 1 {
			t.Error("nothing else can be done meanwhile, or nobody hears of the answer")
		}
		if w := o.get("/tickets/" + secret); w.Header().Get("Refresh") != "" {
			t.Error("the page loads itself again while one types")
		}
	})
}

func TestABadReceipt(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 10, 20)
	o.daraja.SetScript(storetest.Phone(2), sim.Script{Result: "1032"})
	waits, not := o.book(id, storetest.Phone(1), 1), o.book(id, storetest.Phone(2), 1)
	o.until(not, "failed", failed)
	for _, secret := range []string{waits, not} {
		for _, typed := range []string{
			"", " ", "\x00", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "UJ22T8IYO", "UJ22T8IYOUX", "UJ22 T8IYO",
			"0712345678", "I have paid", "<b>UJ22T8IYO</b>", "\xff\xfe",
			"UJ22T8IYOU or TK60708BHZ", strings.Repeat("x", 10_000), strings.Repeat("UJ22T8IYOU ", 1000),
			strings.Repeat("é", 3000),
		} {
			for _, path := range []string{"/receipt", "/receipt/status"} {
				w := o.post("/tickets/"+secret+path, url.Values{"receipt": {typed}})
				d := page(t, w)
				if w.Code != 422 || !strings.Contains(d.Find("#receipt-text-error").Text(), noReceipt) ||
					d.Find("#receipt-text").AttrOr("aria-invalid", "") != "true" {
					t.Errorf("%s %.20q: %d %q", path, typed, w.Code, d.Find("#receipt-text-error").Text())
				}
				if got := d.Find("#receipt-text").Text(); len([]rune(got)) > 1000 || strings.Contains(got, "\x00") {
					t.Errorf("%s %.20q: %d characters come back", path, typed, len(got))
				}
				if w.Header().Get("Refresh") != "" || d.Find("details:not([open]) #receipt-text").Length() > 0 {
					t.Errorf("%s %.20q: the field is reloaded or folded up", path, typed)
				}
			}
		}
		if w := o.post("/tickets/"+secret+"/receipt", url.Values{}); w.Code != 422 {
			t.Errorf("no field: %d", w.Code)
		}
		if cs, err := o.store.Money().ReceiptClaims(t.Context(), o.ticket(secret).ID); err != nil || len(cs) != 0 {
			t.Errorf("%d receipts were taken down: %v", len(cs), err)
		}
	}
	for _, path := range []string{"/receipt", "/receipt/status"} {
		if w := o.post("/tickets/NOSUCHSECRETNOSUCHSECRET22"+path, url.Values{"receipt": {stranger}}); w.Code != 404 {
			t.Errorf("unknown ticket %s: %d", path, w.Code)
		}
	}
	o.oneLineEach()
}

func TestFiveReceipts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := openCounter(t, books(t), checkout.Config{})
		secret := o.missed(storetest.Screening(t, o.store, 10, 20), storetest.Phone(1))
		name := func(i int) *httptest.ResponseRecorder { return o.claim(secret, fmt.Sprintf("UJ22T8IYA%d", i)) }
		for i := range 5 {
			for range 2 { // the same again is not another one
				if w := name(i); w.Code != http.StatusSeeOther {
					t.Fatalf("receipt %d: %d", i+1, w.Code)
				}
			}
		}
		const says = "5 receipts have been named already. Please show your M-PESA message at the box office."
		if w := name(5); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), says) ||
			page(t, w).Find("textarea").Length() != 0 {
			t.Errorf("the sixth: %d %s", w.Code, w.Body)
		}
		w := o.post("/tickets/"+secret+"/receipt/status", url.Values{"receipt": {"UJ22T8IYA6"}})
		if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), says) {
			t.Errorf("the seventh: %d", w.Code)
		}
		o.until(secret, "told about all", func(tk *store.Ticket) bool {
			cs, err := o.store.Money().ReceiptClaims(t.Context(), tk.ID)
			asking := 0
			for _, c := range cs {
				if c.State == store.ClaimAsking {
					asking++
				}
			}
			return err == nil && asking == 0
		})
		d := page(t, o.get("/tickets/"+secret))
		if d.Find("textarea").Length() != 0 || !strings.Contains(d.Find(".notice").Text(), says) ||
			!strings.Contains(d.Find(".notice").Text(),
				"do not pay again: show your M-PESA message at the box office.") {
			t.Errorf("the page says %q", d.Find(".notice").Text())
		}
	})
}

func TestWhoWaitsForAMinuteIsAskedQuietly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		o.daraja.SetScript("*", sim.Script{Result: "0", ResultAfter: 10 * time.Minute})
		secret := o.book(storetest.Screening(t, o.store, 10, 20), storetest.Phone(1), 1)
		link := `a[href="/tickets/` + secret + `/receipt"]`
		d := page(t, o.get("/tickets/"+secret))
		poll := d.Find("#status").AttrOr("data-poll", "")
		time.Sleep(30 * time.Second)
		if w := o.get(poll); d.Find(link).Length() != 0 || w.Code != http.StatusNoContent {
			t.Errorf("after half a minute: %d with %d links", w.Code, d.Find(link).Length())
		}
		time.Sleep(31 * time.Second)
		d = page(t, o.get(poll))
		if d.Find(link).Length() != 1 || d.Find("textarea").Length() != 0 {
			t.Errorf("after a minute: %d links", d.Find(link).Length())
		}
		if w := o.get(d.Find("#status").AttrOr("data-poll", "")); w.Code != http.StatusNoContent {
			t.Errorf("and then: %d", w.Code)
		}
		w := o.get("/tickets/" + secret + "/receipt")
		if d := page(t, w); w.Code != 200 || d.Find("textarea").Length() != 1 || w.Header().Get("Refresh") != "" ||
			strings.Contains(w.Body.String(), `http-equiv="refresh"`) {
			t.Errorf("the form: %d", w.Code)
		}
	})
}

// TestARefundOnThePage follows money from a ticket that is refunded to the payer: the page says each time where it is.
func TestARefundOnThePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		id := storetest.Screening(t, o.store, 10, 20)
		refund := func(phone string, call sim.Call) string {
			o.daraja.SetScript(phone, sim.Script{Result: "0", Reversal: call})
			tk := o.until(o.book(id, phone, 1), "paid", paid)
			if _, err := o.store.Money().RequestRefund(t.Context(), store.NewRefund{
				Receipt: tk.Receipt, By: "test", Reason: "asked",
			}); err != nil {
				t.Fatal(err)
			}
			return tk.Secret
		}
		says := func(secret, want string) {
			t.Helper()
			w := o.get("/tickets/" + secret)
			d := page(t, w)
			if text := d.Find(".notice").Text(); !strings.Contains(text, want) || strings.Count(text, "KSh") != 1 {
				t.Errorf("the page says %q, want %q", text, want)
			}
			if d.Find(`svg[aria-label^="QR code"]`).Length() != 0 || d.Find(".stub-void").Length() != 1 ||
				!strings.Contains(w.Body.String(), "A refund of this ticket was asked for") {
				t.Error("the ticket does not look void")
			}
			if title := d.Find("title").Text(); !strings.HasPrefix(title, "Ticket no longer valid") {
				t.Errorf("its title is %q", title)
			}
		}
		done := refund(storetest.Phone(1), sim.Call{ResultAfter: time.Minute})
		says(done, "KSh 1,350 is on its way back to you.")
		time.Sleep(2 * time.Minute)
		o.until(done, "refunded", func(tk *store.Ticket) bool { return tk.Refunded > 0 })
		says(done, "KSh 1,350 has been paid back to you.")
		not := refund(storetest.Phone(2), sim.Call{Result: "1"})
		o.until(not, "refused", func(tk *store.Ticket) bool {
			rs, err := o.store.Money().TicketRefunds(t.Context(), tk.ID)
			return err == nil && len(rs) == 1 && rs[0].Refund == store.RefundFailed
		})
		says(not,
			"KSh 1,350 is due back to you, and M-PESA refused to send it. Please show this page and your M-PESA "+
				"message at the box office.")
	})
}

// TestARefundThatWaitsForItsReceipt: the page of a ticket that is void asks for the receipt, and the money goes back
// once it is known.
func TestARefundThatWaitsForItsReceipt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		phone := storetest.Phone(1)
		o.daraja.SetScript(phone, sim.Script{Result: "0", Callbacks: sim.NoCallback})
		secret := o.book(storetest.Screening(t, o.store, 10, 20), phone, 1)
		time.Sleep(time.Minute)
		tk := o.until(secret, "paid", paid)
		if tk.Receipt != "" {
			t.Fatalf("its receipt is known: %s", tk.Receipt)
		}
		if _, err := o.store.Money().RequestRefund(t.Context(), store.NewRefund{
			Ticket: tk.Code, By: "test", Reason: "asked",
		}); err != nil {
			t.Fatal(err)
		}
		d := page(t, o.get("/tickets/"+secret))
		if text := d.Find("#status").Text(); !strings.Contains(text,
			"KSh 1,350 is due back to you. We need the receipt from your M-PESA message to send the money back.") ||
			d.Find("textarea").Length() != 1 || d.Find(".stub-void").Length() != 1 {
			t.Fatalf("the page says %q", text)
		}
		time.Sleep(time.Hour)
		if e := o.daraja.Ledger()[0]; e.Reversed {
			t.Error("it was reversed without its receipt")
		}
		o.claim(secret, o.daraja.Ledger()[0].Receipt)
		o.claimed(secret)
		o.isOne(secret, o.daraja.Ledger()[0].Receipt)
		o.until(secret, "refunded", func(tk *store.Ticket) bool { return tk.Refunded > 0 })
		d = page(t, o.get("/tickets/"+secret))
		if text := d.Find(".notice").Text(); !strings.Contains(text, "KSh 1,350 has been paid back to you.") ||
			d.Find("textarea").Length() != 0 || !o.daraja.Ledger()[0].Reversed {
			t.Errorf("with its receipt the page says %q", text)
		}
		requests, tokens := o.daraja.Requests(), map[string]bool{}
		for _, q := range requests {
			tokens[path.Base(q.ResultURL)], tokens[path.Base(q.QueueTimeOutURL)] = true, true
		}
		if len(requests) < 2 || len(tokens) != 2*len(requests) {
			t.Errorf("%d requests have %d tokens", len(requests), len(tokens))
		}
	})
}

// isOne has a person say that a receipt which a customer has typed is that of the ticket's prompt. Until then the page
// says that a person will look at it, and nothing goes back by itself: it may be another payment of the same phone.
func (o *office) isOne(secret, receipt string) {
	o.Helper()
	time.Sleep(time.Hour)
	text := page(o.T, o.get("/tickets/"+secret)).Find("#status").Text()
	if !strings.Contains(text, "A person at the box office will look at it") {
		o.Errorf("with a receipt that may be the prompt's the page says %q", text)
	}
	if slices.ContainsFunc(o.daraja.Ledger(), func(e sim.Entry) bool { return e.Reversed }) {
		o.Error("it was reversed without a word of whose it is")
	}
	pairs, err := o.store.Money().Alikes(o.Context())
	if err != nil || len(pairs) != 1 || pairs[0].Receipt != receipt {
		o.Fatalf("alike: %+v, %v", pairs, err)
	}
	if _, err := o.store.Money().AcceptReceipt(o.Context(), store.Acceptance{
		Receipt: receipt, PaymentID: pairs[0].Pending, By: "box office",
	}); err != nil {
		o.Fatal(err)
	}
}

// TestPaidTwice: the first prompt is paid after all, and so is the second one.
func TestPaidTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
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
		d := page(t, o.get("/tickets/"+secret))
		text := d.Find(".notice").Text()
		if !strings.Contains(text,
			"M-PESA took a second payment of KSh 1,350 for this booking. It is due back to you.") {
			t.Errorf("the page says %q", text)
		}
		if d.Find(`svg[aria-label^="QR code"]`).Length() != 1 || d.Find("textarea").Length() != 0 {
			t.Error("the ticket is not shown, or its receipts are asked for though they are known")
		}
	})
}

// TestMoneyThatCannotGoBackWithoutItsReceipt: M-PESA confirmed it by a query alone, after the seat had gone.
func TestMoneyThatCannotGoBackWithoutItsReceipt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		id, phone := storetest.Screening(t, o.store, 1, 1), storetest.Phone(1)
		o.daraja.SetScript(phone, sim.Script{
			Result: "1037", ResultAfter: time.Second, PaidLater: 8 * time.Minute, Callbacks: sim.NoCallback,
		})
		secret := o.book(id, phone, 1)
		time.Sleep(5 * time.Minute)
		o.daraja.SetScript(storetest.Phone(2), sim.Script{Result: "0"})
		o.until(o.book(id, storetest.Phone(2), 1), "paid", paid) // the seat is gone
		time.Sleep(3 * time.Hour)
		o.until(secret, "owed", func(tk *store.Ticket) bool { return tk.RefundDue > 0 })
		w := o.get("/tickets/" + secret)
		d := page(t, w)
		if text := d.Find("#status").Text(); !strings.Contains(text,
			"KSh 1,350 is due back to you. We need the receipt from your M-PESA message to send the money back.") ||
			d.Find("textarea").Length() != 1 {
			t.Fatalf("the page says %q", text)
		}
		o.claim(secret, o.daraja.Ledger()[1].Receipt)
		o.claimed(secret)
		o.isOne(secret, o.daraja.Ledger()[1].Receipt)
		d = page(t, o.get("/tickets/"+secret))
		if text := d.Find("#status").Text(); !strings.Contains(text, "KSh 1,350 is due back to you. Keep this page") ||
			d.Find("textarea").Length() != 0 {
			t.Errorf("with its receipt the page says %q", text)
		}
	})
}
