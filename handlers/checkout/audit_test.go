package checkout_test

import (
	"context"
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
	audit, err := checkout.Check(context.Background(), w.store)
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
	const rule = "money that M-PESA has given back is given back in the books: "
	for name, tt := range map[string]struct {
		before bool // somebody else has given it back
		books  []string
	}{
		"due again":             {false, []string{`UPDATE payment SET state = 'unmatched'`, `UPDATE refund SET state = 'failed'`}},
		"by somebody else":      {false, []string{`UPDATE payment SET state = 'reversed_elsewhere'`, `UPDATE refund SET state = 'failed'`}},
		"no refund":             {false, []string{`UPDATE payment SET state = 'unmatched'`, `DELETE FROM refund`}},
		"due again, was before": {true, []string{`UPDATE payment SET state = 'unmatched'`}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world, id store.ScreeningID) {
				tk := w.paid(id, storetest.Phone(1))
				if tt.before {
					w.daraja.Reverse(tk.Receipt)
				}
				if _, err := w.store.RequestRefund(t.Context(), store.NewRefund{Receipt: tk.Receipt, By: "test"}); err != nil {
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
