package store_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// names has the box office name a receipt for the stage's first push that was paid.
func (st *stage) names(receipt string) {
	st.t.Helper()
	payments := st.payments()
	i := slices.IndexFunc(payments, func(p store.Payment) bool { return p.PushID != 0 })
	if _, err := st.s.Money().AcceptReceipt(st.t.Context(), store.Acceptance{
		Receipt: receipt, PaymentID: payments[i].ID, By: "Wanjiru",
	}); err != nil {
		st.t.Fatal(err)
	}
}

// forgets has it take off the list what it sees of a receipt: it takes back what it said.
func (st *stage) forgets(receipt string) {
	st.t.Helper()
	seen, err := st.s.Money().OpenItems(st.t.Context(), store.ItemFilter{All: true, Receipt: receipt})
	if err != nil || len(seen) != 1 {
		st.t.Fatal(seen, err)
	}
	if err := st.s.Money().ResolveItems(st.t.Context(), seen, "it was another", "Wanjiru"); err != nil {
		st.t.Fatal(err)
	}
}

// between checks what fsck says that M-PESA took in all, in shillings.
func (st *stage) between(least, most store.Cents) {
	st.t.Helper()
	if b, err := st.s.Money().Bounds(st.t.Context()); err != nil || b.Least != least*100 || b.Most != most*100 {
		st.t.Errorf("M-PESA took %d to %d, want %d to %d (%v)", b.Least/100, b.Most/100, least, most, err)
	}
}

// anotherPrompt books for another customer and has the prompt paid by query, without a receipt.
func (st *stage) anotherPrompt(phone string) store.PushOrder {
	st.t.Helper()
	ctx := st.t.Context()
	other, _, err := st.s.Tickets().Book(ctx, storetest.Booking(storetest.Screening(st.t, st.s, 2, 2), phone, 2))
	if err != nil {
		st.t.Fatal(err)
	}
	if err := st.s.Tickets().RecordAnswer(ctx, other, store.Answer{CheckoutRequestID: "ws_CO_9"}); err != nil {
		st.t.Fatal(err)
	}
	return other
}

func (st *stage) statusOf(of store.PushOrder) store.Status {
	st.t.Helper()
	tk, err := st.s.Tickets().TicketBySecret(st.t.Context(), of.Secret)
	if err != nil {
		st.t.Fatal(err)
	}
	if tk.VoidedAt != 0 {
		return "void"
	}
	return tk.Status
}

// TestRefundOfTheRightMoney: the box office names one customer's receipt for another's prompt, and a refund of that is
// asked for. M-PESA's callbacks say whose each receipt is: the refund is of the money of who is to get it.
func TestRefundOfTheRightMoney(t *testing.T) { storetest.Each(t, testRefundOfTheRightMoney) }

func testRefundOfTheRightMoney(t *testing.T) {
	for _, refundFirst := range []bool{false, true} {
		st := newStage(t) // Ben's ticket
		ctx := t.Context()
		st.do("accepted")
		ben := st.pushes[0]
		ada := st.anotherPrompt("254799999999")
		if _, err := st.s.Money().ApplyQuery(ctx, ada.PushID, store.Verdict{
			Class: store.Success, Code: "0", LearntBy: "query", CheckoutRequestID: "ws_CO_9",
		}); err != nil {
			t.Fatal(err)
		}
		if !refundFirst {
			st.names("RECEIPT1")
		}
		st.refunds(store.NewRefund{PaymentID: st.payments()[0].ID, By: "Wanjiru"})
		if refundFirst {
			st.names("RECEIPT1")
		}
		st.do("paid") // Ben's callback, with RECEIPT1
		if got := st.statusOf(ben); got != store.Paid {
			t.Errorf("Ben's ticket is %s", got)
		}
		st.sound()
		amount := store.Cents(ada.Amount * 100)
		if err := st.callbackWith(ada.CallbackToken, "ws_CO_9", "ADAS000001", store.Verdict{
			Class: store.Success, Amount: &amount, TransactedAt: st.s.Now(),
		}); err != nil {
			t.Fatal(err)
		}
		if a, b := st.statusOf(ada), st.statusOf(ben); a != "void" || b != store.Paid {
			t.Errorf("Ada's ticket is %s, Ben's %s", a, b)
		}
		st.sound()
		q, err := st.s.Jobs().TakeQuestion(ctx, 0, store.Reversal)
		if err != nil || q.Receipt != "ADAS000001" {
			t.Errorf("a Reversal of %q goes out: %v", q.Receipt, err)
		}
		if q, err := st.s.Jobs().TakeQuestion(ctx, 0, store.Reversal); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("and one of %q: %v", q.Receipt, err)
		}
	}
}

// TestRefundEndsWithAMistake: a refund of a receipt that was accepted for the wrong ticket ends, unsent, once the right
// ticket's callback names it.
func TestRefundEndsWithAMistake(t *testing.T) { storetest.Each(t, testRefundEndsWithAMistake) }

func testRefundEndsWithAMistake(t *testing.T) {
	st := newStage(t)
	ctx := t.Context()
	st.do("accepted")
	ada := st.others("254799999999")[0]
	accepted := store.Acceptance{Receipt: "RECEIPT1", Ticket: ada.Code, By: "Wanjiru"}
	if _, err := st.s.Money().AcceptReceipt(ctx, accepted); err != nil {
		t.Fatal(err)
	}
	st.refunds(store.NewRefund{Receipt: "RECEIPT1", By: "W"})
	st.do("paid")
	if got := st.statusOf(st.pushes[0]); got != store.Paid {
		t.Errorf("the ticket is %s", got)
	}
	st.sound()
	if q, err := st.s.Jobs().TakeQuestion(ctx, 0, store.Reversal); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a Reversal of %q goes out: %v", q.Receipt, err)
	}
}

// TestReversedMistake: what was given back of a receipt that an operator named by mistake was taken all the same.
func TestReversedMistake(t *testing.T) { storetest.Each(t, testReversedMistake) }

func testReversedMistake(t *testing.T) {
	st := newStage(t)
	st.do("accepted")
	st.do("query: paid")
	st.names("OTHERS0001")
	st.refunds(store.NewRefund{Receipt: "OTHERS0001", By: "W"})
	st.confirms("OTHERS0001")
	st.do("reversed")
	st.forgets("OTHERS0001")
	st.sound()
	st.do("paid")
	st.sound()
	st.between(5400, 5400)
	var states []store.PaymentState
	for _, p := range st.payments() {
		states = append(states, p.State)
	}
	slices.Sort(states)
	if !slices.Equal(states, []store.PaymentState{store.PaymentRefundDue, store.PaymentRefunded}) {
		t.Errorf("the payments are %v", states)
	}
}

// TestPromptOfAnotherAmount: M-PESA reports a prompt as paid with less than it asked for, without a receipt, and that
// receipt comes by itself. It is one payment or two until an operator says so.
func TestPromptOfAnotherAmount(t *testing.T) { storetest.Each(t, testPromptOfAnotherAmount) }

func testPromptOfAnotherAmount(t *testing.T) {
	for _, receiptFirst := range []bool{false, true} {
		st := newStage(t)
		st.do("accepted")
		p, hundred := st.pushes[0], store.Cents(100_00)
		reports := []func() error{
			func() error {
				paid := store.Verdict{Class: store.Success, Amount: &hundred}
				return st.callbackWith(p.CallbackToken, "ws_CO_1", "", paid)
			},
			func() error {
				_, err := st.s.Money().ApplyIncoming(t.Context(), store.IncomingPayment{
					Receipt: "RECEIPT1", Amount: hundred, Phone: store.Pattern(p.Phone), TransactedAt: st.made[0],
					LearntBy: "c2b",
				})
				return err
			},
		}
		if receiptFirst {
			slices.Reverse(reports)
		}
		for _, report := range reports {
			if err := report(); err != nil {
				t.Fatal(err)
			}
		}
		st.between(100, 200)
		st.names("RECEIPT1")
		st.between(100, 100)
		st.sound()
	}
}

// TestLaterNameCounts: of two receipts that the box office names for a prompt, the later one is the prompt's. Once that
// is taken back, the earlier one is again.
func TestLaterNameCounts(t *testing.T) { storetest.Each(t, testLaterNameCounts) }

func testLaterNameCounts(t *testing.T) {
	st := newStage(t)
	st.do("accepted")
	st.do("query: paid")
	for _, receipt := range []string{"RECEIPT1", "BYHAND01"} {
		if _, err := st.s.Money().ApplyIncoming(t.Context(), store.IncomingPayment{
			Receipt: receipt, Amount: store.Cents(st.pushes[0].Amount * 100), Phone: store.Pattern(st.pushes[0].Phone),
			TransactedAt: st.made[0], LearntBy: "c2b",
		}); err != nil {
			t.Fatal(err)
		}
	}
	st.between(5400, 8100)
	st.names("RECEIPT1")
	st.between(2700, 5400) // the other may be the prompt's
	st.names("BYHAND01")
	st.forgets("BYHAND01")
	st.between(5400, 5400)
	st.sound()
}

// TestNamedAgainstMPESA: a receipt that M-PESA reports as paid from another phone is not accepted as that of a prompt,
// and nothing of the attempt is kept.
func TestNamedAgainstMPESA(t *testing.T) { storetest.Each(t, testNamedAgainstMPESA) }

func testNamedAgainstMPESA(t *testing.T) {
	st := newStage(t)
	st.do("accepted")
	st.do("query: paid")
	if _, err := st.s.Money().ApplyIncoming(t.Context(), store.IncomingPayment{
		Receipt: "RECEIPT1", Amount: store.Cents(st.pushes[0].Amount * 100), Phone: "254799999999",
		TransactedAt: st.made[0], LearntBy: "c2b",
	}); err != nil {
		t.Fatal(err)
	}
	before := st.payments()
	prompt := before[slices.IndexFunc(before, func(p store.Payment) bool { return p.PushID != 0 })]
	_, err := st.s.Money().AcceptReceipt(t.Context(), store.Acceptance{
		Receipt: "RECEIPT1", PaymentID: prompt.ID, By: "Wanjiru",
	})
	if refused := new(store.Refusal); !errors.As(err, &refused) || refused.Kind != store.ReceiptUsed {
		t.Errorf("accepted: %v", err)
	}
	if after := st.payments(); !reflect.DeepEqual(after, before) {
		t.Errorf("payments were %+v, are %+v", before, after)
	}
	st.between(5400, 5400)
	st.sound()
}

// TestResolvedAsSeen: nobody declares two payments of what the list did not show as alike.
func TestResolvedAsSeen(t *testing.T) { storetest.Each(t, testResolvedAsSeen) }

func testResolvedAsSeen(t *testing.T) {
	st := newStage(t)
	ctx := t.Context()
	st.do("accepted")
	if _, err := st.s.Money().ApplyIncoming(ctx, store.IncomingPayment{
		Receipt: "RECEIPT1", Amount: store.Cents(st.pushes[0].Amount * 100), Phone: store.Pattern(st.pushes[0].Phone),
		TransactedAt: st.made[0].Add(time.Minute), LearntBy: "c2b",
	}); err != nil {
		t.Fatal(err)
	}
	seen, err := st.s.Money().OpenItems(ctx, store.ItemFilter{Receipt: "RECEIPT1"})
	if err != nil {
		t.Fatal(err)
	}
	st.do("query: paid")
	err = st.s.Money().ResolveItems(ctx, seen, "a taking of the till", "Wanjiru")
	if refusal, is := errors.AsType[*store.Refusal](err); !is || refusal.Kind != store.ItemChanged {
		t.Errorf("it is not refused: %v", err)
	}
	st.between(2700, 5400)
	st.forgets("RECEIPT1") // seen anew, it is
	st.between(5400, 5400)
}

// TestByHandBeforeTheReceipt: money that was given back by hand before its receipt was known stays the prompt's,
// whatever receipt an operator names for that meanwhile.
func TestByHandBeforeTheReceipt(t *testing.T) { storetest.Each(t, testByHandBeforeTheReceipt) }

func testByHandBeforeTheReceipt(t *testing.T) {
	st := newStage(t)
	st.do("accepted")
	st.do("query: paid")
	st.refunds(store.NewRefund{PaymentID: st.payments()[0].ID, Reference: "CASH"})
	st.names("TYPO000001")
	st.do("paid")
	st.sound()
	for _, p := range st.payments() {
		refunds, err := st.s.Money().Refunds(t.Context(), p.ID)
		isPrompt, isBack := p.PushID != 0, p.State == store.PaymentRefunded
		if err != nil || isPrompt != isBack || isPrompt != (len(refunds) == 1) {
			t.Errorf("%s is %s, with the refunds %+v (%v)", p.Receipt, p.State, refunds, err)
		}
	}
}

// TestRefundsOfOneMoney: two entries of the list, each with a refund, turn out to be one payment. Both refunds are its.
func TestRefundsOfOneMoney(t *testing.T) { storetest.Each(t, testRefundsOfOneMoney) }

func testRefundsOfOneMoney(t *testing.T) {
	st := newStage(t)
	st.do("accepted")
	st.do("query: paid")
	if _, err := st.s.Money().ApplyIncoming(t.Context(), store.IncomingPayment{
		Receipt: "RECEIPT1", Amount: store.Cents(st.pushes[0].Amount * 100), Phone: store.Pattern(st.pushes[0].Phone),
		TransactedAt: st.made[0], LearntBy: "c2b",
	}); err != nil {
		t.Fatal(err)
	}
	for _, p := range st.payments() {
		n := store.NewRefund{PaymentID: p.ID}
		if p.Receipt != "" {
			n.Reference = "CASH"
		}
		st.refunds(n)
	}
	st.do("paid") // with RECEIPT1
	st.sound()
	payments := st.payments()
	refunds, err := st.s.Money().Refunds(t.Context(), payments[0].ID)
	if err != nil || len(payments) != 1 || len(refunds) != 2 {
		t.Errorf("%d payments, refunds %+v (%v)", len(payments), refunds, err)
	}
}
