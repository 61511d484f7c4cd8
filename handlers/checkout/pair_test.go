package checkout_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
	"cinemasphere/views/wording"
)

// press does what the list advises: the action with these words, on the first entry that has it. The receipt is typed
// where the action asks for one.
func (w *world) press(t *testing.T, when, receipt string) {
	t.Helper()
	items, err := w.store.Money().OpenItems(t.Context(), store.ItemFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		for _, a := range wording.Advise(item, true).Actions {
			if a.When != when {
				continue
			}
			switch a.Verb {
			case wording.Accept:
				if a.Named != "" {
					receipt = a.Named
				}
				_, err = w.store.Money().AcceptReceipt(t.Context(),
					checkout.AcceptFor(store.Acceptance{Receipt: receipt, By: "Wanjiru"}, a.For))
			case wording.Resolve:
				var named []store.OpenItem
				if named, err = checkout.NamedItems(t.Context(), w.store, a.Named); err == nil {
					err = w.store.Money().ResolveItems(t.Context(), named, "looked up", "Wanjiru")
				}
			default:
				t.Fatalf("%s is to %s", when, a.Verb)
			}
			if err != nil {
				t.Errorf("%s %s %s: %v", a.Verb, a.Named, a.For, err)
			}
			return
		}
	}
	t.Errorf("the list of %d entries does not advise what to do %s", len(items), when)
}

// took checks what fsck says that M-PESA took, in whole shillings.
func (w *world) took(t *testing.T, least, most store.Cents) {
	t.Helper()
	if b, err := w.store.Money().Bounds(t.Context()); err != nil || b.Least != least*100 || b.Most != most*100 {
		t.Errorf("fsck says %d to %d, want %d to %d (%v)", b.Least/100, b.Most/100, least, most, err)
	}
}

// lost is a prompt that is paid, whose callback never comes, and whose query says paid; delta is what M-PESA takes
// besides what was asked for.
func (w *world) lost(t *testing.T, id store.ScreeningID, echo sim.Echo, delta int) (secret, receipt string) {
	t.Helper()
	phone := storetest.Phone(1)
	w.daraja.SetScript(phone, sim.Script{
		Result: "0", ResultAfter: 4 * time.Second, Callbacks: sim.NoCallback, Echo: echo, AmountDelta: delta,
	})
	placed, err := w.service.Book(t.Context(), booking(id, phone, 1, "a"))
	if err != nil {
		t.Fatal(err)
	}
	pass(90 * time.Minute)
	return placed.Ticket.Secret, w.daraja.Ledger()[0].Receipt
}

func (w *world) givesBack(t *testing.T, n store.NewRefund) {
	t.Helper()
	n.By = "Wanjiru"
	if _, err := w.store.Money().RequestRefund(t.Context(), n); err != nil {
		t.Fatal(err)
	}
}

// TestOneOfARefundedPair: staff refund the receipt of a ticket, of which M-PESA has confirmed the prompt too. That they
// are one is still taken, and ends it: KSh 1,350 came, and went back.
func TestOneOfARefundedPair(t *testing.T) {
	for _, till := range []bool{false, true} {
		for _, mistaken := range []bool{false, true} {
			t.Run(fmt.Sprint("till ", till, ", two first ", mistaken), func(t *testing.T) {
				inBubble(t, func(w *world) { w.till = till }, func(t *testing.T, w *world, id store.ScreeningID) {
					w.registered()
					secret, receipt := w.lost(t, id, sim.EchoAfter, 0)
					w.took(t, 1350, 2700)
					w.givesBack(t, store.NewRefund{Receipt: receipt})
					pass(48 * time.Hour)
					one := "if they are one"
					if mistaken { // and taken back
						w.press(t, "if they are two", "")
						w.took(t, 2700, 2700)
						one = "if it is there"
					}
					w.press(t, one, receipt)
					w.took(t, 1350, 1350)
					if tk := w.ticket(secret); tk.VoidReason != store.ReasonRefundAsked {
						t.Errorf("the ticket is %s, void: %q", tk.Status, tk.VoidReason)
					}
					w.sound()
				})
			})
		}
	}
}

// TestPairGivenBackTwice: the half without a receipt is written down as given back by hand, and M-PESA has reversed the
// receipt. The list still asks whether they are one.
func TestPairGivenBackTwice(t *testing.T) {
	inBubble(t, func(*world) {}, func(t *testing.T, w *world, id store.ScreeningID) {
		w.registered()
		_, receipt := w.lost(t, id, sim.EchoAfter, 0)
		payments, err := w.store.Money().Payments(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range payments {
			if p.Receipt == "" {
				w.givesBack(t, store.NewRefund{PaymentID: p.ID, Reference: "PORTAL"})
			}
		}
		w.daraja.Reverse(receipt)
		pass(48 * time.Hour)
		w.press(t, "if they are one", "")
		w.took(t, 1350, 1350)
		w.sound()
	})
}

// TestPairOfTwoAmounts: M-PESA took another amount than the prompt asked for, and tells so with the receipt alone. One
// or two, each is taken as advised.
func TestPairOfTwoAmounts(t *testing.T) {
	for _, till := range []bool{false, true} {
		for when, total := range map[string]store.Cents{"if they are one": 1340, "if they are two": 2690} {
			t.Run(fmt.Sprint("till ", till, ", ", when), func(t *testing.T) {
				inBubble(t, func(w *world) { w.till = till }, func(t *testing.T, w *world, id store.ScreeningID) {
					w.registered()
					_, receipt := w.lost(t, id, sim.EchoAfter, -10)
					w.took(t, 1340, 2690)
					if when == "if they are two" && !till { // the receipt's own entry advises to refund it
						items, err := checkout.NamedItems(t.Context(), w.store, receipt)
						if err == nil {
							err = w.store.Money().ResolveItems(t.Context(), items, "looked up", "Wanjiru")
						}
						if err != nil {
							t.Error(err)
						}
					} else {
						w.press(t, when, "")
					}
					w.took(t, total, total)
				})
			})
		}
	}
}

// TestPairOfAHiddenPhone: the receipt was paid to the prompt's own account number, with another amount, and M-PESA
// hides who paid. That the two are one is taken.
func TestPairOfAHiddenPhone(t *testing.T) {
	inBubble(t, func(w *world) { w.noInitiator = true }, func(t *testing.T, w *world, id store.ScreeningID) {
		w.registered()
		phone := storetest.Phone(1)
		w.setGarble(func(_ store.CallbackKind, body []byte) []byte {
			return bytes.ReplaceAll(body, []byte(phone[:4]+" ***** "+phone[9:]), []byte("************"))
		})
		w.lost(t, id, sim.EchoAfter, -10)
		w.took(t, 1340, 2690)
		w.press(t, "if they are one", "")
		w.took(t, 1340, 1340)
		w.sound()
	})
}

// TestRefundWaitsForTheAmount: a refund of a payment without a receipt, to which an operator gives one, is sent once
// M-PESA has said what that receipt took.
func TestRefundWaitsForTheAmount(t *testing.T) {
	inBubble(t, func(*world) {}, func(t *testing.T, w *world, id store.ScreeningID) {
		secret, receipt := w.lost(t, id, sim.EchoNever, -10)
		w.givesBack(t, store.NewRefund{Ticket: w.ticket(secret).Code})
		pass(time.Minute)
		w.press(t, "if it is there", receipt)
		pass(3 * time.Hour)
		for _, r := range w.daraja.Requests() {
			if r.CommandID == "TransactionReversal" && r.Amount != 1340 {
				t.Errorf("a Reversal of KSh %d went out", r.Amount)
			}
		}
		if e := w.daraja.Ledger()[0]; !e.Reversed {
			t.Errorf("the ledger has %+v", e)
		}
		w.took(t, 1340, 1340)
		w.sound()
	})
}

// TestReceiptOfAnUndecidedPrompt: M-PESA never says what became of a prompt, and an operator finds its receipt.
func TestReceiptOfAnUndecidedPrompt(t *testing.T) {
	inBubble(t, func(w *world) {
		w.till, w.noInitiator = true, true
		w.queries = store.Schedule{25 * time.Second, 75 * time.Second}
	}, func(t *testing.T, w *world, id store.ScreeningID) {
		phone := storetest.Phone(1)
		w.daraja.SetScript(phone, sim.Script{
			Result: "0", ResultAfter: 4 * time.Second, Callbacks: sim.NoCallback, Echo: sim.EchoNever,
			Query: sim.AnswerInFlight, QueryTimes: 100,
		})
		if _, err := w.service.Book(t.Context(), booking(id, phone, 1, "a")); err != nil {
			t.Fatal(err)
		}
		pass(9 * 24 * time.Hour)
		w.took(t, 0, 1350)
		w.press(t, "if it was paid", w.daraja.Ledger()[0].Receipt)
		w.took(t, 0, 1350) // by word alone
		payments, err := w.store.Money().Payments(t.Context())
		if err != nil || len(payments) != 1 || payments[0].PushID == 0 {
			t.Errorf("%+v, %v", payments, err)
		}
		w.sound()
	})
}

// TestPaidFromAnHiddenPhone: a friend pays under the account number of a cancelled prompt, and M-PESA hides the number.
// The ticket is shown as paid, and stays so when M-PESA says which phone it was.
func TestPaidFromAnHiddenPhone(t *testing.T) {
	inBubble(t, func(*world) {}, func(t *testing.T, w *world, id store.ScreeningID) {
		w.registered()
		phone, friend := storetest.Phone(1), storetest.Phone(2)
		w.setGarble(func(kind store.CallbackKind, body []byte) []byte {
			if kind != store.CallbackC2B {
				return body
			}
			return bytes.ReplaceAll(body, []byte(friend[:4]+" ***** "+friend[9:]),
				fmt.Appendf(nil, "%x", sha256.Sum256([]byte(friend))))
		})
		w.daraja.SetScript(phone, sim.Script{Result: "1032", ResultAfter: 20 * time.Second, Echo: sim.EchoNever})
		placed, err := w.service.Book(t.Context(), booking(id, phone, 1, "typed"))
		if err != nil {
			t.Fatal(err)
		}
		pass(30 * time.Second)
		receipt := w.payByHand(placed.Ticket, friend, "a prompt's")
		for _, wait := range []time.Duration{time.Minute, 48 * time.Hour} {
			pass(wait)
			tk := w.ticket(placed.Ticket.Secret)
			if tk.Status != store.Paid || tk.Receipt != receipt || tk.VoidedAt != 0 {
				t.Errorf("%s later the ticket is %s with %q, void: %q", wait, tk.Status, tk.Receipt, tk.VoidReason)
			}
		}
		known := false
		payments, err := w.store.Money().Payments(t.Context())
		for _, p := range payments {
			known = known || p.Phone == store.Pattern(mpesa.MSISDN(friend))
		}
		if err != nil || !known {
			t.Errorf("M-PESA was not asked who paid: %+v, %v", payments, err)
		}
		w.sound()
	})
}
