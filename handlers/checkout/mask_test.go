package checkout_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestCustomersAreKeptForMonths: the running program masks the customers of a screening once their months are over, not
// before, and never where they are kept for ever. Then the books are sound, and every callback is read as it was.
func TestCustomersAreKeptForMonths(t *testing.T) {
	t.Parallel()
	storetest.Each(t, testCustomersAreKeptForMonths)
}

func testCustomersAreKeptForMonths(t *testing.T) {
	for _, months := range []int{0, 2} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, func(w *world) { w.keep = months })
			defer w.close()
			tk := w.paid(storetest.Screening(t, w.store, 2, 4), storetest.Phone(1))
			if tk.Status != store.Paid {
				t.Fatalf("%s", tk.Status)
			}
			pass(25 * time.Hour) // the film has begun, and M-PESA has said all that it will
			w.night(30 * 24 * time.Hour)
			pass(2 * time.Hour)
			if got := w.ticket(tk.Secret); got.CustomerName != tk.CustomerName || got.Phone != tk.Phone {
				t.Errorf("%d months: after one it is %q", months, got.CustomerName)
			}
			w.night(33 * 24 * time.Hour)
			pass(2 * time.Hour)
			got := w.ticket(tk.Secret)
			if masked := got.CustomerName == store.MaskedName && store.IsMasked(got.Phone); masked != (months > 0) {
				t.Errorf("%d months: after more than two it is %q", months, got.CustomerName)
			}
			if got.Status != store.Paid || got.Receipt != tk.Receipt || got.Code != tk.Code {
				t.Errorf("%d months: the ticket is %+v", months, got)
			}
			n, err := w.store.Tickets().Find(context.Background(), store.Search{Phone: storetest.Phone(1)})
			if err != nil || (len(n) == 0) != (months > 0) {
				t.Errorf("%d months: the phone finds %d tickets, %v", months, len(n), err)
			}
			w.sound()
		})
	}
}

// TestErasedIsErasedAgain: the running program masks what M-PESA reports once more of who was erased at their wish,
// also where customers are kept for ever.
func TestErasedIsErasedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		tk := w.paid(storetest.Screening(t, w.store, 2, 4), storetest.Phone(1))
		w.night(72 * time.Hour)
		ctx := context.Background()
		if out, err := w.store.Tickets().EraseCustomer(ctx, storetest.Phone(1)); err != nil || out.Tickets != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
		payments := func() []store.Payment {
			all, err := w.store.Money().Payments(ctx)
			if err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			return all
		}
		if _, err := w.store.Money().ApplyIncoming(ctx, store.IncomingPayment{
			Receipt: tk.Receipt, Amount: store.Cents(tk.Total) * 100, Phone: store.Pattern(storetest.Phone(1)),
			LearntBy: "pull", TransactedAt: payments()[0].TransactedAt,
		}); err != nil {
			t.Fatal(err)
		}
		if p := payments()[0]; p.MaskedAt != 0 {
			t.Errorf("it counts as masked: %+v", p)
		}
		pass(2 * time.Hour)
		if p := payments()[0]; p.MaskedAt == 0 || !store.IsMasked(string(p.Phone)) {
			t.Errorf("after two hours: %+v", p)
		}
		w.sound()
	})
}
