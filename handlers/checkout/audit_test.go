package checkout_test

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// unsound fails the test where no line about the books has the text.
func (w *world) unsound(text string) {
	w.t.Helper()
	audit, err := checkout.AuditBooks(context.Background(), w.store)
	if err != nil || !strings.Contains(strings.Join(audit.Wrong, "\n"), text) {
		w.t.Errorf("not found: %s\nfound %q, %v", text, audit.Wrong, err)
	}
}

// paid books a ticket that is paid at once.
func (w *world) paid(id store.ScreeningID, phone string) *store.Ticket {
	w.t.Helper()
	w.daraja.SetScript(phone, sim.Script{Result: "0", ResultAfter: time.Second})
	placed, err := w.service.Book(context.Background(), booking(id, phone, 1, phone))
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	pass(5 * time.Second)
	return w.ticket(placed.Ticket.Secret)
}

// TestReversalsAreReadAgain: money that M-PESA has said to have given back is not to be given back again.
func TestReversalsAreReadAgain(t *testing.T) {
	const rule = "what M-PESA reported is recorded: "
	for name, tt := range map[string]struct {
		before bool // somebody else has given it back
		books  []string
	}{
		"by us":            {false, []string{`DELETE FROM fact WHERE source = 'reversal'`}},
		"by somebody else": {true, []string{`DELETE FROM fact WHERE source = 'reversal'`}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world, id store.ScreeningID) {
				tk := w.paid(id, storetest.Phone(1))
				if tt.before {
					w.daraja.Reverse(tk.Receipt)
				}
				if _, err := w.store.Money().RequestRefund(t.Context(), store.NewRefund{
					Receipt: tk.Receipt, By: "test",
				}); err != nil {
					t.Fatal(err)
				}
				pass(2 * time.Minute)
				w.sound()
				for _, query := range tt.books {
					storetest.Exec(t, w.path, query)
				}
				w.unsound(rule)
			})
		})
	}
}

// TestConfirmationsAreReadAgain: what a C2B confirmation has told of is in the books, with the amount that it told.
func TestConfirmationsAreReadAgain(t *testing.T) {
	const rule = "what M-PESA reported is recorded: "
	for query, want := range map[string]string{
		`DELETE FROM fact`: "confirmation paid", `UPDATE fact SET amount_cents = 1`: "confirmation paid, push 0",
	} {
		t.Run(want, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world, id store.ScreeningID) {
				w.registered()
				receipt, err := w.daraja.PayByHand(sim.HandPayment{
					Phone: storetest.Phone(1), To: "174379", Account: "POPCORN", Amount: 100, PIN: "1234",
				})
				if err != nil {
					t.Fatal(err)
				}
				pass(time.Minute)
				w.sound()
				storetest.Exec(t, w.path, query)
				w.unsound(rule)
				w.unsound(want)
				w.unsound(receipt)
			})
		})
	}
}

// TestSupersededConfirmation: the receipt of a confirmation that turned out to be a prompt's own money stands on the
// payment that was kept.
func TestSupersededConfirmation(t *testing.T) {
	bubbleWith(t, func(w *world) { w.till = true }, func(t *testing.T, w *world, id store.ScreeningID) {
		w.registered()
		w.daraja.SetEcho(sim.EchoBefore)
		// Two prompts of one phone are confirmed without receipts; whose the echoes are only the late callbacks tell.
		for _, key := range []string{"one", "two"} {
			w.daraja.SetScript(storetest.Phone(1), sim.Script{
				Result: "0", ResultAfter: time.Second, CallbackAfter: 20 * time.Minute,
				ConfirmationAfter: 5 * time.Minute,
			})
			if _, err := w.service.Book(t.Context(), booking(id, storetest.Phone(1), 1, key)); err != nil {
				t.Fatal(err)
			}
			pass(40 * time.Second)
		}
		pass(time.Hour)
		w.sound()
		storetest.Exec(t, w.path, `DELETE FROM fact WHERE source = 'confirmation'`)
		w.unsound("what M-PESA reported is recorded: ")
	})
}

// TestToldForAnotherID: what was told for another CheckoutRequestID than the prompt's is no ticket, goes back by
// nobody's hand but a person's, and is on the list of money as long as that has not been done.
func TestToldForAnotherID(t *testing.T) {
	bubbleWith(t, func(w *world) { w.autoRefund = true }, func(t *testing.T, w *world, id store.ScreeningID) {
		phone := storetest.Phone(1)
		w.daraja.SetScript(phone, sim.Script{Result: "1037", ResultAfter: time.Minute, Callbacks: sim.NoCallback})
		placed, err := w.service.Book(t.Context(), booking(id, phone, 1, "stray"))
		if err != nil {
			t.Fatal(err)
		}
		tell := func(receipt string) {
			body := `{"Body":{"stkCallback":{"MerchantRequestID":"1","CheckoutRequestID":"ws_CO_other","ResultCode":0,
				"ResultDesc":"ok","CallbackMetadata":{"Item":[
				{"Name":"Amount","Value":1350},{"Name":"MpesaReceiptNumber","Value":"` + receipt +
				`"},{"Name":"PhoneNumber","Value":` + phone + `}]}}}}`
			token := path.Base(w.daraja.Pushes(phone)[0].CallbackURL)
			if known, err := w.service.Receive(t.Context(), checkout.Delivery{
				Token: token, Source: "test", Body: []byte(body),
			}); err != nil || !known {
				t.Fatal(known, err)
			}
			pass(time.Second)
		}
		tell("UKO4STRAY1")
		tell("UKO4STRAY1")
		pass(time.Hour)
		if got := state(w.ticket(placed.Ticket.Secret)); got != "Failed timeout" {
			t.Error(got)
		}
		listed, err := w.store.Money().OpenItems(t.Context(), store.ItemFilter{
			Ticket: placed.Ticket.Code, Phone: phone, Receipt: "UKO4STRAY1",
		})
		if err != nil || len(listed) != 1 || listed[0].State != "unmatched" || listed[0].Amount != 135_000 ||
			listed[0].Refund != "" {
			t.Errorf("the list has %+v, %v", listed, err)
		}
		audit, err := checkout.AuditBooks(t.Context(), w.store)
		if err != nil || len(audit.Wrong) > 0 {
			t.Error(audit.Wrong, err)
		}
		if _, err := w.store.Money().RequestRefund(t.Context(), store.NewRefund{
			Receipt: "UKO4STRAY1", By: "box office", Reference: "UKO5BACK01",
		}); err != nil {
			t.Error(err)
		}
		if listed, err = w.store.Money().OpenItems(t.Context(), store.ItemFilter{Receipt: "UKO4STRAY1"}); err != nil ||
			len(listed) > 0 {
			t.Errorf("given back, it is still listed: %+v, %v", listed, err)
		}
		storetest.Exec(t, w.path, `UPDATE fact SET receipt = 'UKO4OTHER1'`)
		w.unsound("what M-PESA reported is recorded: ")
		tell("")
		w.unsound("a callback is understood whole, or an operator has resolved it")
	})
}

func (w *world) registered() {
	w.t.Helper()
	confirmation, validation, err := w.service.C2BURLs(context.Background())
	if err == nil {
		err = register(w.client, confirmation, validation)
	}
	if err != nil {
		w.t.Fatalf("%v", err)
	}
}

// TestAuditFinds breaks, by hand, what the books say of each thing that callbacks have told, and sees it found when
// they are read again.
func TestAuditFinds(t *testing.T) {
	storetest.Each(t, func(t *testing.T) {
		for i, b := range storetest.AuditBreaks() {
			t.Run(fmt.Sprint(i, " ", b.Says), func(t *testing.T) {
				t.Parallel()
				path := storetest.Path(t)
				s := storetest.New(t, func(o *store.Options) { o.Path = path })
				storetest.Sell(t, s, storetest.Screening(t, s, 5, 10))
				if audit, err := checkout.AuditBooks(t.Context(), s); err != nil || len(audit.Wrong) > 0 {
					t.Fatalf("before: %q, %v", audit.Wrong, err)
				}
				for _, query := range b.Queries {
					storetest.Exec(t, path, query)
				}
				audit, err := checkout.AuditBooks(t.Context(), s)
				if err != nil ||
					!slices.ContainsFunc(audit.Wrong, func(line string) bool {
						return strings.HasPrefix(line, b.Rule+": ") && strings.Contains(line, b.Says)
					}) {
					t.Errorf("found %q, %v", audit.Wrong, err)
				}
			})
		}
	})
}
