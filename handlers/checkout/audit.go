package checkout

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// Audit is what a look through all the books has found.
type Audit struct {
	Wrong     []string        // what must never be, a line each; empty in sound books
	Undecided []store.Push    // pushes without M-PESA's final word: money may lie behind each
	Pending   []store.Payment // payments that M-PESA confirmed without a receipt
	Alike     []store.Alike   // payments that may be the same money, pair by pair; see [store.Between]
	Sums      []store.Sum     // all money, by what has become of it
}

// Check recomputes from raw facts what the books say, without trusting what was once decided: every kept callback is
// read again.
func Check(ctx context.Context, st *store.Store) (a Audit, err error) {
	if a.Wrong, err = st.Check(ctx); err != nil {
		return a, err
	}
	r := rereading{words: map[source]word{}, gone: map[string]store.CallbackID{}}
	for kind, see := range map[store.CallbackKind]func(store.Kept){
		store.CallbackSTK: r.push, store.CallbackReversal: r.reversal, store.CallbackC2B: r.c2b,
		store.CallbackStatus: r.status,
	} {
		if err := st.EachKept(ctx, kind, see); err != nil {
			return a, err
		}
	}
	payments, err := st.Payments(ctx) // after the callbacks: what is applied meanwhile is there
	if err != nil {
		return a, err
	}
	r.compare(payments)
	a.Wrong = append(a.Wrong, r.wrong...)
	for _, p := range payments {
		if p.Receipt == "" && p.State != store.PaymentSuperseded {
			a.Pending = append(a.Pending, p)
		}
	}
	if a.Undecided, err = st.UndecidedPushes(ctx); err != nil {
		return a, err
	}
	if a.Alike, err = st.Alikes(ctx); err != nil {
		return a, err
	}
	a.Sums, err = st.Sums(ctx)
	return a, err
}

// rereading is what kept callbacks say when they are read again, and what of that is wrong by itself.
type rereading struct {
	words map[source]word
	gone  map[string]store.CallbackID // receipts of which Transaction Status has said that they were reversed
	wrong []string
}

// source is where something is said of a receipt.
type source struct {
	kind    store.CallbackKind
	receipt string
}

// otherID is the source of what was told for another CheckoutRequestID than the push's: the payment may be known by any
// other proof.
const otherID store.CallbackKind = "other id"

// word is what a kept callback says of a receipt.
type word struct {
	callback store.CallbackID
	amount   *store.Cents // nil where it does not say
	missing  string       // what is wrong where the books have no such receipt, "" where they need not
}

func (r *rereading) say(id store.CallbackID, what string) {
	r.wrong = append(r.wrong,
		fmt.Sprintf("every success that was called back has its payment: callback %d %s", id, what))
}

// push reads the verdict on a push.
func (r *rereading) push(c store.Kept) {
	got, err := mpesa.ParseCallback(c.Body)
	if err != nil { // the books say themselves what was not understood
		return
	}
	switch v := verdict(got); {
	case v.Class != store.Success, c.Unread && (c.Payments == 0 || v.CheckoutRequestID != c.CheckoutRequestID):
	case v.CheckoutRequestID != c.CheckoutRequestID && v.Receipt == "":
		r.say(c.ID, "speaks of another CheckoutRequestID than its push's, and names no receipt")
	case v.CheckoutRequestID != c.CheckoutRequestID:
		r.words[source{otherID, v.Receipt}] = word{c.ID, nil,
			"speaks of another CheckoutRequestID than its push's, and was not taken: look in the M-PESA portal for " +
				"receipt " + v.Receipt}
	case c.Payments != 1:
		r.say(c.ID, fmt.Sprintf("has %d", c.Payments))
	case v.Receipt != "":
		r.words[source{store.CallbackSTK, v.Receipt}] = word{c.ID, v.Amount,
			"has another than that of receipt " + v.Receipt}
	}
}

// c2b reads a C2B confirmation.
func (r *rereading) c2b(c store.Kept) {
	from := source{kind: store.CallbackC2B}
	h, _ := hint(c.Body)
	if from.receipt = h.Receipt; h.Receipt == "" {
		return
	}
	if _, told := r.words[from]; !told { // what is told again is known already
		w := word{c.ID, nil, "has none: C2B told of receipt " + h.Receipt}
		if h.Amount > 0 {
			w.amount = &h.Amount
		}
		r.words[from] = w
	}
}

// status reads what Transaction Status says of a receipt: how much it is of, and whether it was reversed. Whom it was
// paid to is not looked at, so that the books need not have it.
func (r *rereading) status(c store.Kept) {
	result, err := mpesa.ParseResult(c.Body)
	if err != nil {
		return
	}
	tr, ok := result.Transaction()
	switch amount := store.Cents(tr.Amount); {
	case !ok || tr.Receipt != c.Receipt || c.Receipt == "":
	case reversedState(tr.State):
		r.gone[c.Receipt] = c.ID
	case tr.State == mpesa.StateCompleted && tr.HasAmount:
		r.words[source{store.CallbackStatus, c.Receipt}] = word{c.ID, &amount, ""}
	}
}

// reversal reads the result of a Reversal: money that M-PESA has given back, by this one or before it, is given back in
// the books.
func (r *rereading) reversal(c store.Kept) {
	result, err := mpesa.ParseResult(c.Body)
	if err != nil {
		return
	}
	before := false
	switch result.Verdict().Outcome {
	case mpesa.OutcomeDone:
	case mpesa.OutcomeAlreadyReversed:
		before = true
	default:
		return
	}
	if c.Doubt == store.DoubtReturnedShort || c.Doubt == store.DoubtReturnedTwice { // the list has it
		return
	}
	if c.State != store.PaymentRefunded && !(before && c.State == store.PaymentReversed) {
		r.wrong = append(r.wrong,
			fmt.Sprintf(
				"money that M-PESA has given back is given back in the books: callback %d says so of receipt %s, and "+
					"the books say %s",
				c.ID, cmp.Or(c.Receipt, "unknown"), cmp.Or(string(c.State), "nothing")))
	}
}

// compare looks for what the callbacks have told among the payments.
func (r *rereading) compare(payments []store.Payment) {
	have := map[string]store.Payment{}
	for _, p := range payments {
		have[p.Receipt] = p
	}
	for from, w := range r.words {
		if _, asked := r.words[source{store.CallbackStatus, from.receipt}]; asked && from.kind != store.CallbackStatus {
			w.amount = nil // its answer counts, not what M-PESA told before
		}
		switch p, is := have[from.receipt]; {
		case !is && w.missing != "":
			r.say(w.callback, w.missing)
		case !is, p.Settled > 0: // a person has looked into it
		case w.amount != nil && *w.amount != p.Amount:
			r.say(w.callback,
				fmt.Sprintf("says that receipt %s is of KSh %s, and the books say KSh %s", p.Receipt, cents(*w.amount),
					cents(p.Amount)))
		}
	}
	for receipt, callback := range r.gone {
		if p := have[receipt]; p.State == store.PaymentApplied ||
			p.State == store.PaymentRefundDue && p.Doubt != store.DoubtReturnedShort {
			r.wrong = append(r.wrong,
				fmt.Sprintf(
					"money that M-PESA has given back is given back in the books: callback %d says so of receipt %s, "+
						"and the books say %s", callback, receipt, p.State))
		}
	}
	slices.Sort(r.wrong)
}
