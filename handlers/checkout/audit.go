package checkout

import (
	"context"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// Audit is the result of an audit of all the books.
type Audit struct {
	Wrong     []string        // what must never be, a line each; empty in sound books
	Undecided []store.Push    // pushes without a final verdict: each may hide money
	Pending   []store.Payment // payments that M-PESA confirmed without a receipt
	Bounds    store.Bounds    // the least and most that M-PESA took, and what is uncertain
	Sums      []store.Sum     // all money, by state
}

// AuditBooks recomputes from raw facts what the books contain, without trusting earlier decisions. It also reads every
// stored callback again: its report must be among the facts.
func AuditBooks(ctx context.Context, st *store.Store) (a Audit, err error) {
	if a.Wrong, err = st.Money().Audit(ctx); err != nil {
		return a, err
	}
	again, err := st.Money().Reread(ctx, reread)
	if err != nil {
		return a, err
	}
	for _, line := range again.Wrong {
		a.Wrong = append(a.Wrong, "what M-PESA reported is recorded: "+line)
	}
	payments, err := st.Money().Payments(ctx)
	if err != nil {
		return a, err
	}
	for _, p := range payments {
		if p.Receipt == "" {
			a.Pending = append(a.Pending, p)
		}
	}
	if a.Undecided, err = st.Money().UndecidedPushes(ctx); err != nil {
		return a, err
	}
	if a.Bounds, err = st.Money().Bounds(ctx); err != nil {
		return a, err
	}
	a.Sums, err = st.Money().Sums(ctx)
	return a, err
}

// reread parses a stored callback again. An unreadable one is an open item by itself.
func reread(r *store.Reread, cb store.Callback) {
	switch cb.Kind {
	case store.CallbackSTK:
		if got, err := mpesa.ParseCallback(cb.Body); err == nil {
			r.Push(cb, verdict(got))
		}
	case store.CallbackC2B:
		h, _ := incomingPayment(cb.Body)
		r.Incoming(cb, h)
	case store.CallbackStatus:
		result, err := mpesa.ParseResult(cb.Body)
		if err != nil {
			return
		}
		if tr, is := result.Transaction(); is &&
			(tr.State == mpesa.StateCompleted && tr.HasAmount || reversedState(tr.State)) {
			r.Status(cb, store.Transaction{
				Known: true, Completed: tr.State == mpesa.StateCompleted, Reversed: reversedState(tr.State),
				Receipt: tr.Receipt,
				Amount:  store.Cents(tr.Amount),
			})
		}
	case store.CallbackReversal:
		result, err := mpesa.ParseResult(cb.Body)
		if err != nil {
			return
		}
		switch result.Verdict().Outcome {
		case mpesa.OutcomeDone, mpesa.OutcomeAlreadyReversed:
			r.GaveBack(cb)
		default:
		}
	default:
	}
}
