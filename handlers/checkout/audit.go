package checkout

import (
	"context"
	"fmt"

	"cinemasphere/store"
)

// Audit is what a look through all the books has found.
type Audit struct {
	Wrong     []string        // what must never be, a line each; empty in sound books
	Undecided []store.Push    // pushes without M-PESA's final word: money may lie behind each
	Pending   []store.Payment // payments that M-PESA confirmed without a receipt; another one may be the same money
	Sums      []store.Sum     // all money, by what has become of it
}

// receipt is what a kept callback says of one.
type receipt struct {
	callback store.CallbackID
	amount   *store.Cents // nil where it does not say
}

// Check recomputes from raw facts what the books say, without trusting what was once decided: every kept callback is read again.
func Check(ctx context.Context, st *store.Store) (a Audit, err error) {
	if a.Wrong, err = st.Check(ctx); err != nil {
		return a, err
	}
	told := map[string]receipt{}
	wrong := func(id store.CallbackID, what string) {
		a.Wrong = append(a.Wrong, fmt.Sprintf("every success that was called back has its payment: callback %d %s", id, what))
	}
	err = st.EachPushCallback(ctx, func(c store.KeptSuccess) {
		switch v := verdict(c.Body); {
		case v.Class != store.Success:
		case v.CheckoutRequestID != c.CheckoutRequestID:
			wrong(c.ID, "speaks of another CheckoutRequestID than its push's, and was not taken: look in the M-PESA portal for receipt "+v.Receipt)
		case c.Payments != 1:
			wrong(c.ID, fmt.Sprintf("has %d", c.Payments))
		case v.Receipt != "":
			told[v.Receipt] = receipt{c.ID, v.Amount}
		}
	})
	if err != nil {
		return a, err
	}
	payments, err := st.Payments(ctx) // after the callbacks: what is applied meanwhile is there
	if err != nil {
		return a, err
	}
	for _, p := range payments {
		if r, is := told[p.Receipt]; is && r.amount != nil && *r.amount != p.Amount {
			wrong(r.callback, fmt.Sprintf("says that receipt %s is of KSh %s, and the books say KSh %s", p.Receipt, cents(*r.amount), cents(p.Amount)))
		}
		delete(told, p.Receipt)
		if p.Receipt == "" && p.State != store.PaymentSuperseded {
			a.Pending = append(a.Pending, p)
		}
	}
	for named, r := range told {
		wrong(r.callback, "has another than that of receipt "+named)
	}
	if a.Undecided, err = st.UndecidedPushes(ctx); err != nil {
		return a, err
	}
	a.Sums, err = st.Sums(ctx)
	return a, err
}
