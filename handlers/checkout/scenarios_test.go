package checkout_test

import (
	"cmp"
	"fmt"
	"testing"
	"time"

	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
)

// TestScenarios books once with every scenario the simulator has, and looks at the ticket after 10 seconds, when most
// customers have answered, and after 20 minutes, when everything that can be known is.
func TestScenarios(t *testing.T) {
	want := map[string]struct{ soon, end string }{
		"001": {"Paid", "Paid"},
		"032": {"Failed cancelled, held", "Failed cancelled"},
		"201": {"Failed wrong_pin, held", "Failed wrong_pin"},
		"100": {"Failed no_funds, held", "Failed no_funds"},
		"037": {"Failed timeout, held", "Failed timeout"},
		"404": {"Pending, held", "Paid"},
		"002": {"Paid", "Paid"},
		"003": {"Paid", "Paid"},
		"300": {"Pending, held", "Paid"},
		"408": {"Paid", "Paid"},
		"429": {"Failed mpesa_busy, held", "Failed mpesa_busy"},
		"423": {"Failed phone_locked, held", "Failed phone_locked"},
		"403": {"Pending, held", "Failed unconfirmed"},
		"913": {"Failed config, held", "Failed config"},
		"999": {"Failed wrong_amount, held", "Failed wrong_amount"},
		"210": {"Failed timeout, held", "Paid"},
	}
	for _, sc := range sim.Scenarios() {
		t.Run(sc.Suffix+" "+sc.Name, func(t *testing.T) {
			expected, known := want[sc.Suffix]
			if !known {
				t.Fatalf("scenario %s has no expected end", sc.Suffix)
			}
			bubble(t, func(t *testing.T, w *world, id store.ScreeningID) {
				placed, err := w.service.Book(t.Context(), booking(id, sc.Example(), 2, sc.Suffix))
				if err != nil {
					t.Fatal(err)
				}
				pass(10 * time.Second)
				if got := state(w.ticket(placed.Ticket.Secret)); got != expected.soon {
					t.Errorf("after 10 s: %s, want %s", got, expected.soon)
				}
				pass(20 * time.Minute)
				if got := state(w.ticket(placed.Ticket.Secret)); got != expected.end {
					t.Errorf("after 20 min: %s, want %s", got, expected.end)
				}
				w.sound()
			})
		})
	}
	if len(sim.Scenarios()) != len(want) {
		t.Errorf("%d scenarios, %d expected ends", len(sim.Scenarios()), len(want))
	}
}

func state(t *store.Ticket) string {
	out := string(t.Status)
	if why := cmp.Or(string(t.Owed), string(t.Reason)); why != "" {
		out += " " + why
	}
	if t.Held() {
		out += ", held"
	}
	return out
}

// TestSlowDaraja: the customer waits three seconds for Daraja's answer, the push goes on by itself.
func TestSlowDaraja(t *testing.T) {
	bubble(t, func(t *testing.T, w *world, id store.ScreeningID) {
		phone := "254712345678"
		w.daraja.SetScript(phone, sim.Script{AnswerAfter: 8 * time.Second, Result: "0", ResultAfter: 12 * time.Second})
		began := time.Now()
		placed, err := w.service.Book(t.Context(), booking(id, phone, 1, "slow"))
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 3*time.Second || placed.Answered ||
			placed.Ticket.Push.State != store.PushSending {
			t.Errorf("after %v: answered %v, push %s", took, placed.Answered, placed.Ticket.Push.State)
		}
		pass(6 * time.Second)
		if got := w.ticket(placed.Ticket.Secret).Push.State; got != store.PushPrompted {
			t.Errorf("push is %s once Daraja has answered", got)
		}
		pass(5 * time.Second)
		if got := state(w.ticket(placed.Ticket.Secret)); got != "Paid" {
			t.Error(got)
		}
		w.sound()
	})
}

// TestCustomerLeaves: a customer whose connection ends during the push does not cut it short.
func TestCustomerLeaves(t *testing.T) {
	bubble(t, func(t *testing.T, w *world, id store.ScreeningID) {
		phone := "254712345678"
		w.daraja.SetScript(phone, sim.Script{AnswerAfter: 2 * time.Second, Result: "0", ResultAfter: 3 * time.Second})
		ctx, leave := withLeaving(t.Context(), time.Second)
		defer leave()
		placed, err := w.service.Book(ctx, booking(id, phone, 1, "leaves"))
		if err != nil {
			t.Fatal(err)
		}
		pass(5 * time.Second)
		if got := state(w.ticket(placed.Ticket.Secret)); got != "Paid" {
			t.Error(got)
		}
		w.sound()
	})
}

// TestRestart kills the process at every second of a booking that is paid after five: what the new one finds is enough.
func TestRestart(t *testing.T) {
	for after := range 8 {
		t.Run(fmt.Sprint("after ", after, " s"), func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world, id store.ScreeningID) {
				phone := "254712345678"
				w.daraja.SetScript(phone, sim.Script{
					AnswerAfter: 2 * time.Second, Result: "0", ResultAfter: 5 * time.Second,
				})
				placed, err := w.service.Book(t.Context(), booking(id, phone, 1, "restart"))
				if err != nil {
					t.Fatal(err)
				}
				pass(time.Duration(after) * time.Second)
				w.restart()
				pass(10 * time.Second)
				if got := state(w.ticket(placed.Ticket.Secret)); got != "Paid" {
					t.Error(got)
				}
				w.sound()
			})
		})
	}
}

// TestCallbackThatWaits: a callback that was kept but not applied when the process died is applied by the next one.
func TestCallbackThatWaits(t *testing.T) {
	bubble(t, func(t *testing.T, w *world, id store.ScreeningID) {
		phone := "254712345678"
		w.daraja.SetScript(phone, sim.Script{Result: "0", ResultAfter: time.Second, Callbacks: sim.NoCallback})
		placed, err := w.service.Book(t.Context(), booking(id, phone, 1, "waits"))
		if err != nil {
			t.Fatal(err)
		}
		pass(2 * time.Second)
		undecided, err := w.store.Money().UndecidedPushes(t.Context())
		if err != nil || len(undecided) != 1 {
			t.Fatal(undecided, err)
		}
		took := w.daraja.Ledger()[0]
		body := fmt.Appendf(nil,
			`{"Body":{"stkCallback":{"MerchantRequestID":%q,"CheckoutRequestID":%q,"ResultCode":0,"ResultDesc":"ok",
			"CallbackMetadata":{"Item":[{"Name":"Amount","Value":%d.00},{"Name":"MpesaReceiptNumber","Value":%q}]}}}}`,
			undecided[0].MerchantRequestID, undecided[0].CheckoutRequestID, took.Amount, took.Receipt)
		if _, known, err := w.store.Money().StoreCallback(t.Context(), store.NewCallback{
			Kind: "stk", Token: undecided[0].CallbackToken, Body: body,
		}); err != nil || !known {
			t.Fatal(known, err)
		}
		if got := state(w.ticket(placed.Ticket.Secret)); got != "Pending, held" {
			t.Errorf("before: %s", got)
		}
		w.restart()
		if w.store.Shared() {
			pass(30 * time.Second) // until the work of the process that died is somebody else's
		}
		if got := state(w.ticket(placed.Ticket.Secret)); got != "Paid" {
			t.Errorf("after: %s", got)
		}
		w.sound()
	})
}
