package checkout_test

import (
	"context"
	"crypto/rand"
	"errors"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
	"cinemasphere/views/wording"
)

// backup copies the books as they are now, and returns what brings them back later.
func (w *world) backup() (restore func()) {
	w.t.Helper()
	file := filepath.Join(filepath.Dir(w.path), "copy.db")
	if err := w.store.Jobs().Copy(context.Background(), file); err != nil {
		w.t.Fatalf("%v", err)
	}
	return func() {
		w.t.Helper()
		w.stop()
		_, err := store.Restore(context.Background(), store.Restoring{
			Options: store.Options{Path: w.path}, File: file, Name: "copy.db", Replace: true,
		}, func(*store.Store) error { return nil })
		if err != nil {
			w.t.Fatalf("%v", err)
		}
		w.open()
	}
}

// inTheGap plays a story in which a prompt goes out after the backup, and the books are restored before M-PESA reports
// on it.
func inTheGap(t *testing.T, script sim.Script, f func(t *testing.T, w *world, id store.ScreeningID, push sim.Push)) {
	t.Helper()
	inBubble(t, func(w *world) { w.autoRefund = true }, func(t *testing.T, w *world, id store.ScreeningID) {
		w.paid(id, storetest.Phone(1))
		restore := w.backup()
		phone := storetest.Phone(2)
		w.daraja.SetScript(phone, script)
		if _, err := w.service.Book(t.Context(), booking(id, phone, 2, "gap")); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		restore()
		f(t, w, id, w.daraja.Pushes(phone)[0])
	})
}

// TestPaidInTheGap: money of a push that restored books have lost is unmatched money, of which nothing goes back by
// itself. Sales are paused until somebody resumes them. What is there of before stays.
func TestPaidInTheGap(t *testing.T) {
	inTheGap(t, sim.Script{Result: "0", ResultAfter: 10 * time.Second},
		func(t *testing.T, w *world, id store.ScreeningID, _ sim.Push) {
			pass(2 * time.Minute)
			c := w.onlyCase(t)
			e := w.daraja.Ledger()[1]
			if c.Kind != store.ItemPayment || store.PaymentState(c.State) != store.PaymentUnmatched ||
				c.Receipt != e.Receipt || c.Amount != store.Cents(e.Amount)*100 ||
				string(c.Phone) != storetest.Phone(2) {
				t.Errorf("the list has %+v", c)
			}
			if advice := wording.Advise(c, true); len(advice.Actions) == 0 || advice.Why == "" {
				t.Errorf("nothing can be done: %+v", advice)
			}
			sales, err := w.store.Tickets().Sales(t.Context())
			if err != nil || sales.Paused == "" || sales.Gap.Since == 0 || sales.Gap.Until <= sales.Gap.Since {
				t.Errorf("sales: %+v, %v", sales, err)
			}
			_, err = w.service.Book(t.Context(), booking(id, storetest.Phone(3), 1, "after"))
			if refusal, is := errors.AsType[*store.Refusal](err); !is || refusal.Kind != store.SalesPaused {
				t.Errorf("booked: %v", err)
			}
			if w.reversals(e.Receipt) > 0 {
				t.Error("it went back by itself")
			}
			w.sound()
			if err := w.store.Tickets().ResumeSales(t.Context()); err != nil {
				t.Fatal(err)
			}
			if tk := w.paid(id, storetest.Phone(3)); tk.Status != store.Paid {
				t.Errorf("after that: %s", state(tk))
			}
			if sales, err := w.store.Tickets().Sales(t.Context()); err != nil || sales != (store.Sales{}) {
				t.Errorf("sales: %+v, %v", sales, err)
			}
			w.sound()
		})
}

// TestRefundsWaitForTheGap: what is due back, and may have gone back by hand in the gap, does not go back by itself
// until sales are resumed.
func TestRefundsWaitForTheGap(t *testing.T) {
	inBubble(t, func(w *world) { w.autoRefund = true }, func(t *testing.T, w *world, id store.ScreeningID) {
		tk := w.paid(id, storetest.Phone(1))
		if _, err := w.store.Catalogue().CancelScreening(t.Context(), id, "The projector is broken."); err != nil {
			t.Fatal(err)
		}
		w.backup()()
		pass(5 * time.Minute)
		if n := w.reversals(tk.Receipt); n != 0 {
			t.Errorf("%d Reversals in the gap", n)
		}
		if err := w.store.Tickets().ResumeSales(t.Context()); err != nil {
			t.Fatal(err)
		}
		pass(5 * time.Minute)
		if n := w.reversals(tk.Receipt); n != 1 {
			t.Errorf("%d Reversals after it", n)
		}
		w.sound()
	})
}

// TestAutomaticRefundsOfBefore: one that was requested before the backup, and not sent yet, waits as well.
func TestAutomaticRefundsOfBefore(t *testing.T) {
	inBubble(t, func(*world) {}, func(t *testing.T, w *world, id store.ScreeningID) {
		tk := w.paid(id, storetest.Phone(1))
		if _, err := w.store.Catalogue().CancelScreening(t.Context(), id, "The projector is broken."); err != nil {
			t.Fatal(err)
		}
		pass(2 * time.Minute) // M-PESA is asked about it first
		due, err := w.store.Money().RefundsDue(t.Context(), 1)
		if err != nil || len(due) != 1 {
			t.Fatalf("due: %+v, %v", due, err)
		}
		if _, err := w.store.Money().RequestRefund(t.Context(), store.NewRefund{
			PaymentID: due[0].ID, By: store.Automatic,
		}); err != nil {
			t.Fatal(err)
		}
		w.backup()()
		pass(5 * time.Minute)
		if n := w.reversals(tk.Receipt); n != 0 {
			t.Errorf("%d Reversals in the gap", n)
		}
		if err := w.store.Tickets().ResumeSales(t.Context()); err != nil {
			t.Fatal(err)
		}
		pass(5 * time.Minute)
		if n := w.reversals(tk.Receipt); n != 1 {
			t.Errorf("%d Reversals after it", n)
		}
		w.sound()
	})
}

// TestVerdictsOnLostPushes: what a callback of a push says that restored books have lost. One that reports no money
// leaves nothing; one that may, and is not understood whole, is on the list.
func TestVerdictsOnLostPushes(t *testing.T) {
	const id = `"MerchantRequestID":"m","CheckoutRequestID":"ws_CO_30112026120000123712345678",`
	items := func(list string) string { return `,"CallbackMetadata":{"Item":[` + list + `]}` }
	receipt := `{"Name":"MpesaReceiptNumber","Value":"UKU4JL9G91"}`
	amount := `{"Name":"Amount","Value":2700}`
	for name, c := range map[string]struct {
		body string // of stkCallback
		kind store.ItemKind
		// of what is on the list; "" is an empty list
		state, receipt string
		sound          bool
	}{
		"paid": {id + `"ResultCode":0,"ResultDesc":"ok"` + items(receipt+","+amount), store.ItemPayment, "unmatched",
			"UKU4JL9G91", true},
		"paid, as a text": {id + `"ResultCode":"0","ResultDesc":"ok"` + items(receipt+","+amount), store.ItemPayment,
			"unmatched", "UKU4JL9G91", true},
		"cancelled":   {id + `"ResultCode":1032,"ResultDesc":"Request cancelled by user"`, "", "", "", true},
		"too little":  {id + `"ResultCode":1,"ResultDesc":"The balance is insufficient"`, "", "", "", true},
		"no answer":   {id + `"ResultCode":1037,"ResultDesc":"DS timeout"`, "", "", "", true},
		"an odd code": {id + `"ResultCode":"SFC_IC0003","ResultDesc":"no"`, "", "", "", true},
		"paid, without a receipt": {id + `"ResultCode":0,"ResultDesc":"ok"` + items(amount), store.ItemCallback,
			"unread", "", false},
		"paid, and nothing more": {id + `"ResultCode":0,"ResultDesc":"ok"`, store.ItemCallback, "unread", "", false},
		"cut off":                {id + `"ResultCode":0,"ResultDe`, store.ItemCallback, "unread", "", false},
		"an unknown code with a receipt": {id + `"ResultCode":7777,"ResultDesc":"new"` + items(receipt+","+amount),
			store.ItemCallback, "unread", "UKU4JL9G91", false},
	} {
		t.Run(name, func(t *testing.T) {
			inTheGap(t, sim.Script{Result: "0", ResultAfter: time.Hour, Callbacks: sim.NoCallback},
				func(t *testing.T, w *world, _ store.ScreeningID, push sim.Push) {
					body := []byte(`{"Body":{"stkCallback":{` + c.body + `}}}`)
					for range 2 { // M-PESA may say it twice
						if known, err := w.service.Receive(t.Context(), checkout.Delivery{
							Token: path.Base(push.CallbackURL), Body: body,
						}); err != nil || !known {
							t.Fatalf("known %v, %v", known, err)
						}
						pass(time.Minute)
					}
					all, err := w.store.Money().OpenItems(t.Context(), store.ItemFilter{})
					if err != nil || (len(all) > 0) != (c.state != "") {
						t.Fatalf("the list has %+v, %v", all, err)
					}
					for _, item := range all {
						if item.Kind != c.kind || item.State != c.state || item.Receipt != c.receipt {
							t.Errorf("the list has %s, %s, %q", item.Kind, item.State, item.Receipt)
						}
						wording.Advise(item, true)
					}
					audit, err := checkout.AuditBooks(t.Context(), w.store)
					if err != nil || (len(audit.Wrong) == 0) != c.sound {
						t.Errorf("fsck: %q, %v", audit.Wrong, err)
					}
				})
		})
	}
}

// TestForgedTokensStayForged: who has a token of a push cannot make another one, and what comes with a token that these
// books have not made is noise, also while they have a gap.
func TestForgedTokensStayForged(t *testing.T) {
	inTheGap(t, sim.Script{Result: "0", ResultAfter: time.Hour, Callbacks: sim.NoCallback},
		func(t *testing.T, w *world, _ store.ScreeningID, push sim.Push) {
			token := path.Base(push.CallbackURL)
			forged := []string{"", token[:25], token + "A", strings.ToLower(token), token[13:] + token[:13],
				strings.Repeat("A", 26), rand.Text()}
			for i := range token {
				changed := []byte(token)
				if changed[i]++; changed[i] > 'Z' || changed[i] == '8' {
					changed[i] = 'A'
				}
				forged = append(forged, string(changed))
			}
			for _, other := range forged {
				body := (`{"Body":{"stkCallback":{"MerchantRequestID":"m","CheckoutRequestID":"x","ResultCode":0,` +
					`"ResultDesc":"ok","CallbackMetadata":{"Item":[{"Name":"Amount","Value":2700},` +
					`{"Name":"MpesaReceiptNumber","Value":"UKU4JL9G91"}]}}}}`)
				known, err := w.service.Receive(t.Context(), checkout.Delivery{Token: other, Body: []byte(body)})
				if known || err != nil {
					t.Errorf("%q: known %v, %v", other, known, err)
				}
			}
			pass(time.Minute)
			if all, err := w.store.Money().OpenItems(t.Context(), store.ItemFilter{}); err != nil || len(all) != 0 {
				t.Errorf("the list has %+v, %v", all, err)
			}
			w.sound()
		})
}
