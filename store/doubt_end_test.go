package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// unknown lets M-PESA say of the receipt that it is asked about that it knows no such payment.
func (st *stage) unknown() store.Question {
	st.t.Helper()
	k, err := st.s.Jobs().TakeQuestion(st.t.Context(), 0, store.TransactionStatus)
	if err != nil {
		st.t.Fatal(err)
	}
	if told := st.checked(k, store.Transaction{}); told != "doubt: receipt_unknown" {
		st.t.Fatal(told)
	}
	return k
}

// TestDoubtEnds: what ends a doubt about a receipt that M-PESA does not know, and what becomes of the money that was
// there all the same.
func TestDoubtEnds(t *testing.T) { storetest.Each(t, testDoubtEnds) }

func testDoubtEnds(t *testing.T) {
	const typo, paid = "Paid; TYPO000001 applied", "Paid; RECEIPT1 applied"
	for name, c := range map[string]struct {
		before             string // until M-PESA is asked
		after              func(*stage)
		end, listed, wrong string
	}{
		"its own callback": {"answer lost > hold ends > accept RECEIPT1", func(st *stage) { st.do("paid") }, paid,
			"", ""},
		"the callback, which corrects it": {"accepted > query: paid > accept TYPO000001",
			func(st *stage) { st.do("paid") },
			paid + "; TYPO000001 unmatched also_told, doubt receipt_unknown", "unmatched receipt_unknown",
			"receipt_unknown"},
		"the right one, told before it is accepted": {"accepted > accept TYPO000001",
			func(st *stage) { st.play("paid > accept RECEIPT1 > paid") },
			"Paid; RECEIPT1 applied", "", ""},
		"nothing was paid": {"accepted > accept TYPO000001",
			func(st *stage) { st.refunds(store.NewRefund{Receipt: "TYPO000001", Reference: "NOTHING-PAID"}) },
			"Paid void", "", ""},
		"nothing was paid under it, but the prompt was": {"accepted > query: paid > accept TYPO000001",
			func(st *stage) {
				st.refunds(store.NewRefund{Receipt: "TYPO000001", Reference: "NOTHING-PAID"})
				// M-PESA says that the prompt was paid, and not under that receipt
				st.ends("Paid;  applied", "applied ", "")
				st.do("paid")
			}, paid, "", ""},
		"what is due back may be its money": {"accepted > accept TYPO000001", func(st *stage) {
			st.do("paid")
			st.confirmsAll()
			if due, err := st.s.Money().RefundsDue(st.t.Context(), 10); err != nil || len(due) > 0 {
				st.t.Errorf("goes back by itself: %+v, %v", due, err)
			}
			if err := st.s.Money().ResolveItems(st.t.Context(), st.cases(store.ItemPayment)[:1], "two payments",
				"Wanjiru"); err != nil {
				st.t.Error(err)
			}
			if due, err := st.s.Money().RefundsDue(st.t.Context(), 10); err != nil || len(due) != 1 {
				st.t.Errorf("resolved: %+v, %v", due, err)
			}
		}, typo + "; RECEIPT1 refund_due paid_twice", "refund_due paid_twice", ""},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStage(t)
			st.play(c.before)
			st.unknown()
			c.after(st)
			st.ends(c.end, c.listed, c.wrong)
			tk, err := st.s.Tickets().TicketBySecret(t.Context(), st.pushes[0].Secret)
			if never := name == "nothing was paid"; err != nil || never != (tk.VoidReason == store.ReasonNeverPaid) {
				t.Errorf("void as %q, %v", tk.VoidReason, err)
			}
		})
	}
}

// TestTwoPromptsAndADoubt: a receipt that is another prompt's stays that one's, whatever is accepted for the ticket.
func TestTwoPromptsAndADoubt(t *testing.T) { storetest.Each(t, testTwoPromptsAndADoubt) }

func testTwoPromptsAndADoubt(t *testing.T) {
	st := newStage(t)
	st.play("accepted > no answer > 120 s > retry > accepted > query: paid 1 > accept TYPO000001")
	st.unknown()
	st.do("paid 2")
	if told := st.accept(store.Acceptance{Receipt: "RECEIPT2"}); told != "refund_due paid_twice" {
		t.Error(told)
	}
	st.ends("Paid; TYPO000001 applied, doubt receipt_unknown; RECEIPT2 refund_due paid_twice",
		"applied receipt_unknown; refund_due paid_twice", "receipt_unknown")
	st.do("paid 1")
	st.ends(
		"Paid; RECEIPT1 applied; RECEIPT2 refund_due paid_twice; TYPO000001 unmatched also_told, doubt receipt_unknown",
		"refund_due paid_twice; unmatched receipt_unknown", "receipt_unknown")
}

// TestDroppedReceiptIsThere: M-PESA knows after all a receipt that has given way to another.
func TestDroppedReceiptIsThere(t *testing.T) { storetest.Each(t, testDroppedReceiptIsThere) }

func testDroppedReceiptIsThere(t *testing.T) {
	st := newStage(t)
	st.play("answer lost > hold ends > accept FIRST00001")
	k := st.unknown()
	st.play("accept RECEIPT1")
	st.checked(k, st.completed("FIRST00001"))
	st.ends("Paid; RECEIPT1 applied; FIRST00001 unmatched names_no_ticket", "unmatched names_no_ticket", "")
}

// TestTicketOfAnAnswerStays: a callback that is told again does not take back what M-PESA's answer has decided.
func TestTicketOfAnAnswerStays(t *testing.T) { storetest.Each(t, testTicketOfAnAnswerStays) }

func testTicketOfAnAnswerStays(t *testing.T) {
	st := newStage(t)
	st.play("accepted > paid too little")
	k, err := st.s.Jobs().TakeQuestion(t.Context(), 0, store.TransactionStatus)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		st.checked(k, st.completed("RECEIPT1"))
		st.ends("Paid; RECEIPT1 applied", "", "")
		st.do("paid too little")
		st.ends("Paid; RECEIPT1 applied", "", "")
	}
	if k, err := st.s.Jobs().TakeQuestion(t.Context(), 0, store.TransactionStatus); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("asked once more: %+v, %v", k, err)
	}
}

// TestDueWithoutItsDoubt: money that is due back stays on the list once a person has looked into what M-PESA
// contradicts itself on.
func TestDueWithoutItsDoubt(t *testing.T) { storetest.Each(t, testDueWithoutItsDoubt) }

func testDueWithoutItsDoubt(t *testing.T) {
	st := newStage(t)
	st.play("accepted > hold ends > others take all > c2b echo > paid too little")
	const end = "Failed wrong_amount; RECEIPT1 refund_due wrong_amount, less than the price"
	st.ends(end+", doubt amount_differs", "refund_due amount_differs", "amount_differs")
	if due, err := st.s.Money().RefundsDue(t.Context(), 10); err != nil || len(due) > 0 {
		t.Errorf("goes back by itself: %+v, %v", due, err)
	}
	due := func() []store.OpenItem {
		return slices.DeleteFunc(st.cases(store.ItemPayment), func(c store.OpenItem) bool {
			return c.Receipt != "RECEIPT1"
		})
	}
	if err := st.s.Money().ResolveItems(t.Context(), due(), "as the portal has it", "Wanjiru"); err != nil {
		t.Error(err)
	}
	st.ends(end, "refund_due wrong_amount", "")
	err := st.s.Money().ResolveItems(t.Context(), due(), "let it be", "Wanjiru")
	if refusal, is := errors.AsType[*store.Refusal](err); !is || refusal.Kind != store.MoneyDue {
		t.Errorf("taken off the list: %v", err)
	}
	st.confirmsAll() // how much goes back is M-PESA's to say
	if due, err := st.s.Money().RefundsDue(t.Context(), 10); err != nil || len(due) != 1 {
		t.Errorf("does not go back by itself: %+v, %v", due, err)
	}
}

// TestReversedBesidesByHand: what a Reversal gave back of money that was given back by hand as well is listed, a part
// too; and that M-PESA has told of two amounts of what has gone back.
func TestReversedBesidesByHand(t *testing.T) { storetest.Each(t, testReversedBesidesByHand) }

func testReversedBesidesByHand(t *testing.T) {
	st := newStage(t)
	st.play("accepted > paid > refund")
	st.reversalSent()
	for range 5 { // no answer comes
		st.clock.add(24 * time.Hour)
		st.reversalSent()
	}
	st.clock.add(time.Hour)
	st.refunds(store.NewRefund{Receipt: "RECEIPT1", Reference: "PORTAL1"})
	part := store.Cents(100_00)
	for range 2 {
		st.reversalSays(store.RefundAnswer{
			Verdict: store.RefundReversed, Code: "0", Text: "ok", Amount: &part, ConversationID: "AG_R",
		})
	}
	st.ends("Paid void; RECEIPT1 refunded refund_asked, doubt returned_twice", "refunded returned_twice",
		"returned_twice")

	st = newStage(t)
	st.play("accepted > paid > refund")
	st.reversalSent()
	k, err := st.s.Jobs().TakeQuestion(t.Context(), 0, store.TransactionStatus)
	if err != nil {
		t.Fatal(err)
	}
	less := st.completed("RECEIPT1")
	less.Amount -= 100_00
	st.checked(k, less)
	zero := store.Cents(0) // a result that says nothing of use about how much
	st.reversalSays(store.RefundAnswer{
		Verdict: store.RefundReversed, Code: "0", Text: "ok", Amount: &zero, ConversationID: "AG_R",
	})
	st.ends("Paid void; RECEIPT1 refunded refund_asked, doubt amount_differs", "refunded amount_differs",
		"amount_differs")
}

// TestMovedByItsPayersWord: a receipt that two customers typed can be moved to the one whose it is, and a doubt that
// comes after a resolved one is listed.
func TestMovedByItsPayersWord(t *testing.T) { storetest.Each(t, testMovedByItsPayersWord) }

func testMovedByItsPayersWord(t *testing.T) {
	st := newStage(t)
	st.play("accepted > cancelled")
	if err := st.typed(st.pushes[0].Secret, "BYHAND7", st.completed("BYHAND7")); err != nil {
		t.Fatal(err)
	}
	st.ends("Paid; BYHAND7 applied", "", "")
	other, _, err := st.s.Tickets().Book(t.Context(),
		storetest.Booking(storetest.Screening(t, st.s, 2, 2), storetest.Phone(90), 2))
	if err != nil {
		t.Fatal(err)
	}
	if told := st.accept(store.Acceptance{Receipt: "BYHAND7", Ticket: other.Code}); told != "accepted_elsewhere" {
		t.Error(told)
	}
	st.accept(store.Acceptance{Receipt: "BYHAND7", Ticket: other.Code, Move: true})
	if p := st.payments()[0]; p.TicketID != other.TicketID || p.State != store.PaymentApplied {
		t.Errorf("%+v", p)
	}

	// What was moved by mistake is moved back as easily. A ticket that was void meanwhile stays so: its seats may be
	// others'.
	if told := st.accept(store.Acceptance{Receipt: "BYHAND7", Move: true}); told != "refund_due voided" {
		t.Error(told)
	}
	st.ends("Paid void; BYHAND7 refund_due voided", "refund_due voided", "")
	if tk, err := st.s.Tickets().TicketBySecret(t.Context(), other.Secret); err != nil ||
		tk.VoidReason != store.ReasonTakenOver {
		t.Errorf("the other ticket: %+v, %v", tk, err)
	}
	if told := st.accept(store.Acceptance{
		Receipt: "BYHAND7", Ticket: other.Code, Move: true,
	}); told != "refund_due voided" {
		t.Errorf("and there once more: %s", told)
	}
	storetest.Sound(t, st.s)

	// Moving it does not change how much M-PESA said that it is of.
	st = newStage(t)
	st.play("accepted > paid by hand > accept BYHAND1")
	dear, _, err := st.s.Tickets().Book(t.Context(),
		storetest.Booking(storetest.Screening(t, st.s, 2, 2), storetest.Phone(90), 1))
	if err != nil {
		t.Fatal(err)
	}
	if told := st.accept(store.Acceptance{Receipt: "BYHAND1", Ticket: dear.Code, Move: true}); told != "amount_known" {
		t.Errorf("of another amount than the ticket's: %s", told)
	}
	st.ends("Paid; BYHAND1 applied", "", "")

	st = newStage(t)
	st.play("accepted > paid")
	hint := store.IncomingPayment{
		Receipt: "RECEIPT1", Phone: store.Pattern(st.pushes[0].Phone), TransactedAt: st.s.Now(), LearntBy: "c2b",
	}
	for _, amount := range []store.Cents{100_00, 50_00} {
		hint.Amount = amount
		if _, err := st.s.Money().ApplyIncoming(t.Context(), hint); err != nil {
			t.Fatal(err)
		}
		if st.listed() == "" {
			t.Errorf("the list has nothing of %d cents", amount)
		}
		if err := st.s.Money().ResolveItems(t.Context(), st.cases(store.ItemPayment), "as the portal has it",
			"Wanjiru"); err != nil {
			t.Error(err)
		}
	}
}
