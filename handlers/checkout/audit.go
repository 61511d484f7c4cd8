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

// Check recomputes from raw facts what the books say, without trusting what was once decided: every kept callback is read again.
func Check(ctx context.Context, st *store.Store) (a Audit, err error) {
	if a.Wrong, err = st.Check(ctx); err != nil {
		return a, err
	}
	err = st.EachPushCallback(ctx, func(c store.KeptSuccess) {
		v := verdict(c.Body)
		if v.Class == store.Success && v.CheckoutRequestID == c.CheckoutRequestID && c.Payments != 1 {
			a.Wrong = append(a.Wrong, fmt.Sprintf("every success that was called back has its payment: callback %d has %d", c.ID, c.Payments))
		}
	})
	if err != nil {
		return a, err
	}
	payments, err := st.Payments(ctx)
	if err != nil {
		return a, err
	}
	for _, p := range payments {
		if p.Receipt == "" && p.State != store.PaymentSuperseded {
			a.Pending = append(a.Pending, p)
		}
	}
	if a.Undecided, err = st.UndecidedPushes(ctx); err != nil {
		return a, err
	}
	a.Sums, err = st.Sums(ctx)
	return a, err
}
