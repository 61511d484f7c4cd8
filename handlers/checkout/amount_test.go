package checkout_test

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// said is what fsck and the list say, in one text.
func (w *world) said() string {
	w.t.Helper()
	audit, err := checkout.AuditBooks(context.Background(), w.store)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	cases, err := w.store.Money().OpenItems(context.Background(), store.ItemFilter{})
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	for _, c := range cases {
		audit.Wrong = append(audit.Wrong,
			fmt.Sprintf("listed: %s %s", c.State, cmp.Or(string(c.Doubt), string(c.Reason))))
	}
	return strings.Join(audit.Wrong, "\n")
}

// calledBack sends a callback of the only prompt, in which M-PESA says that it was paid, and no more than the items.
func (w *world) calledBack(items string) {
	w.t.Helper()
	w.calledBackNow(items)
	pass(time.Minute)
}

func (w *world) calledBackNow(items string) {
	w.t.Helper()
	e := w.daraja.Ledger()[0]
	body := fmt.Sprintf(
		`{"Body":{"stkCallback":{"MerchantRequestID":%q,"CheckoutRequestID":%q,"ResultCode":0,"ResultDesc":"ok"%s}}}`,
		e.MerchantRequestID, e.CheckoutRequestID, items)
	if known, err := w.service.Receive(context.Background(), checkout.Delivery{
		Token: path.Base(e.CallbackURL), Body: []byte(body),
	}); err != nil || !known {
		w.t.Fatalf("known %v, %v", known, err)
	}
}

// TestBareSuccess: a callback that says no more than that a prompt was paid is confirmed by asking M-PESA, and what it
// adds later is taken in.
func TestBareSuccess(t *testing.T) {
	bubble(t, func(t *testing.T, w *world, id store.ScreeningID) {
		w.daraja.SetScript("*", sim.Script{
			Result: "0", ResultAfter: time.Second, Callbacks: sim.NoCallback, Query: sim.AnswerInFlight, QueryTimes: 2,
		})
		placed, err := w.service.Book(t.Context(), booking(id, storetest.Phone(1), 2, "bare"))
		if err != nil {
			t.Fatal(err)
		}
		pass(5 * time.Second)
		w.calledBackNow("")
		pass(2 * time.Second)
		if tk := w.ticket(placed.Ticket.Secret); state(tk) != "Pending, held" || !tk.Confirming() ||
			w.daraja.Totals().Queries == 0 {
			t.Errorf("%s, after %d questions", state(tk), w.daraja.Totals().Queries)
		}
		pass(time.Minute)
		if got := state(w.ticket(placed.Ticket.Secret)); got != "Paid" {
			t.Error(got)
		}
		w.calledBack(fmt.Sprintf(`,"CallbackMetadata":{"Item":[{"Name":"MpesaReceiptNumber","Value":%q}]}`,
			w.daraja.Ledger()[0].Receipt))
		if tk := w.ticket(placed.Ticket.Secret); tk.Receipt != w.daraja.Ledger()[0].Receipt {
			t.Errorf("the ticket shows receipt %q", tk.Receipt)
		}
		w.sound()
	})
}

// TestAmountIsAsked: how much M-PESA took, where its callback does not say, it says when it is asked about the receipt.
func TestAmountIsAsked(t *testing.T) {
	bubble(t, func(t *testing.T, w *world, id store.ScreeningID) {
		w.daraja.SetScript("*", sim.Script{
			Result: "0", ResultAfter: time.Second, Callbacks: sim.NoCallback, Query: sim.AnswerInFlight,
			QueryTimes: 100,
		})
		placed, err := w.service.Book(t.Context(), booking(id, storetest.Phone(1), 2, "no amount"))
		if err != nil {
			t.Fatal(err)
		}
		pass(5 * time.Second)
		w.calledBack(fmt.Sprintf(`,"CallbackMetadata":{"Item":[{"Name":"MpesaReceiptNumber","Value":%q}]}`,
			w.daraja.Ledger()[0].Receipt))
		if got := state(w.ticket(placed.Ticket.Secret)); got != "Paid" || w.statusAsked() != 1 {
			t.Errorf("%s, asked %d times", got, w.statusAsked())
		}
		w.sound()
	})
}

// TestMpesaContradictsItself: M-PESA takes one amount and its callback tells another. What is due back goes back as
// what was taken; a ticket that was given for it is a person's to look into, and fsck says so until then.
func TestMpesaContradictsItself(t *testing.T) {
	for name, c := range map[string]struct {
		script       sim.Script
		ticket, said string
	}{
		"the price, and took less": {sim.Script{AmountDelta: -100, ReportDelta: 100}, "Paid",
			string(store.DoubtAmount)},
		"the price, and took more": {sim.Script{AmountDelta: 100, ReportDelta: -100}, "Paid",
			string(store.DoubtAmount)},
		"less, and took the price": {sim.Script{ReportDelta: -1}, "Paid", ""},
		"more, and took less":      {sim.Script{AmountDelta: -1, ReportDelta: 2}, "Failed wrong_amount", ""},
	} {
		t.Run(name, func(t *testing.T) {
			stories(t, func(w *world) { w.autoRefund = true }, func(t *testing.T, w *world, id store.ScreeningID) {
				c.script.Result, c.script.ResultAfter = "0", time.Second
				w.daraja.SetScript("*", c.script)
				placed, err := w.service.Book(t.Context(), booking(id, storetest.Phone(1), 2, "lie"))
				if err != nil {
					t.Fatal(err)
				}
				pass(beforeFilm)
				w.night(25 * time.Hour)
				pass(time.Hour)
				if got := state(w.ticket(placed.Ticket.Secret)); got != c.ticket {
					t.Errorf("the ticket is %s", got)
				}
				got := w.said()
				if c.said == "" {
					w.sound()
				} else if !strings.Contains(got, "M-PESA contradicts no payment") ||
					!strings.Contains(got, "listed: applied "+c.said) {
					t.Errorf("fsck and the list say %s", got)
				}
				if e := w.daraja.Ledger()[0]; e.Reversed != (c.ticket != "Paid") {
					t.Errorf("M-PESA has %+v", e)
				}
			})
		})
	}
}
