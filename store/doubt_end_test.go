package store_test

import (
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// unknown lets M-PESA say of the receipt that it is asked about that it knows no such payment.
func (st *stage) unknown() store.PaidCheck {
	st.t.Helper()
	k, err := st.s.TakeCheck(st.t.Context(), 0)
	if err != nil {
		st.t.Fatal(err)
	}
	if told := st.checked(k, store.Transaction{}); told != "no such receipt" {
		st.t.Fatal(told)
	}
	return k
}

// TestDoubtEnds: what ends a doubt about a receipt that M-PESA does not know, and what becomes of the money that was there all the same.
func TestDoubtEnds(t *testing.T) { storetest.Each(t, testDoubtEnds) }

func testDoubtEnds(t *testing.T) {
	const typo, paid = "Paid; TYPO000001 applied", "Paid; RECEIPT1 applied"
	for name, c := range map[string]struct {
		before             string // until M-PESA is asked
		after              func(*stage)
		end, listed, wrong string
	}{
		"its own callback": {"answer lost > hold ends > accept RECEIPT1", func(st *stage) { st.do("paid") }, paid, "", ""},
		"the callback, which corrects it": {"accepted > query: paid > accept TYPO000001", func(st *stage) { st.do("paid") },
			paid + "; TYPO000001 unmatched accepted_instead", "unmatched accepted_instead", ""},
		"the right one, told before it is accepted": {"accepted > accept TYPO000001", func(st *stage) { st.play("paid > accept RECEIPT1 > paid") },
			"Paid;  superseded same money as TYPO000001; RECEIPT1 applied", "", ""},
		"nothing was paid": {"accepted > accept TYPO000001", func(st *stage) { st.refunds(store.NewRefund{Receipt: "TYPO000001", Reference: "NOTHING-PAID"}) },
			"Paid void;  superseded never paid: NOTHING-PAID", "", ""},
		"nothing was paid, and it was after all": {"accepted > query: paid > accept TYPO000001", func(st *stage) {
			st.refunds(store.NewRefund{Receipt: "TYPO000001", Reference: "NOTHING-PAID"})
			st.do("paid")
		}, "Paid void; RECEIPT1 refund_due voided", "refund_due voided", ""},
		"what is due back may be its money": {"accepted > accept TYPO000001", func(st *stage) {
			st.do("paid")
			st.confirmsAll()
			if due, err := st.s.RefundsDue(st.t.Context(), 10); err != nil || len(due) > 0 {
				st.t.Errorf("goes back by itself: %+v, %v", due, err)
			}
			if err := st.s.SettleCases(st.t.Context(), st.cases(store.CasePayment)[:1], "two payments", "Wanjiru"); err != nil {
				st.t.Error(err)
			}
			if due, err := st.s.RefundsDue(st.t.Context(), 10); err != nil || len(due) != 1 {
				st.t.Errorf("settled: %+v, %v", due, err)
			}
		}, typo + "; RECEIPT1 refund_due paid_twice", "refund_due paid_twice", ""},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStage(t)
			st.play(c.before)
			st.unknown()
			c.after(st)
			st.ends(c.end, c.listed, c.wrong)
			tk, err := st.s.TicketBySecret(t.Context(), st.pushes[0].Secret)
			if never := strings.HasPrefix(name, "nothing was paid"); err != nil || never != (tk.VoidReason == store.ReasonNeverPaid) {
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
	st.ends("Paid; TYPO000001 applied; RECEIPT2 refund_due paid_twice", "applied unknown_receipt; refund_due paid_twice", "unknown_receipt")
	st.do("paid 1")
	st.ends("Paid; RECEIPT1 applied; RECEIPT2 refund_due paid_twice; TYPO000001 unmatched accepted_instead", "refund_due paid_twice; unmatched accepted_instead", "")
}

// TestDroppedReceiptIsThere: M-PESA knows after all a receipt that has given way to another.
func TestDroppedReceiptIsThere(t *testing.T) { storetest.Each(t, testDroppedReceiptIsThere) }

func testDroppedReceiptIsThere(t *testing.T) {
	st := newStage(t)
	st.play("answer lost > hold ends > accept FIRST00001")
	k := st.unknown()
	st.play("accept RECEIPT1")
	st.checked(k, st.completed("FIRST00001"))
	st.ends("Paid; RECEIPT1 applied; FIRST00001 unmatched names no ticket", "unmatched names no ticket", "")
}

// TestTicketOfAnAnswerStays: a callback that is told again does not take back what M-PESA's answer has decided.
func TestTicketOfAnAnswerStays(t *testing.T) { storetest.Each(t, testTicketOfAnAnswerStays) }

func testTicketOfAnAnswerStays(t *testing.T) {
	st := newStage(t)
	st.play("accepted > paid too little")
	k, err := st.s.TakeCheck(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	st.checked(k, st.completed("RECEIPT1"))
	st.ends("Paid; RECEIPT1 applied", "", "")
	st.do("paid too little")
	if got := st.end(); got != "Paid; RECEIPT1 applied" {
		t.Error(got)
	}
	if k, err = st.s.TakeCheck(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	st.checked(k, st.completed("RECEIPT1"))
	st.ends("Paid; RECEIPT1 applied", "", "")
}

// TestReversedBesidesByHand: what a Reversal gave back of money that was given back by hand as well is listed, a part too; and what it gave back
// more than M-PESA took.
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
		st.reversalSays(store.RefundAnswer{Verdict: store.RefundReversed, Code: "0", Text: "ok", Amount: &part, ConversationID: "AG_R"})
	}
	st.ends("Paid void; RECEIPT1 refunded refund_asked", "refunded returned_twice", "")

	st = newStage(t)
	st.play("accepted > paid > refund")
	st.reversalSent()
	k, err := st.s.TakeCheck(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	less := st.completed("RECEIPT1")
	less.Amount -= 100_00
	st.checked(k, less)
	zero := store.Cents(0) // a result that says nothing of use about how much
	st.reversalSays(store.RefundAnswer{Verdict: store.RefundReversed, Code: "0", Text: "ok", Amount: &zero, ConversationID: "AG_R"})
	if got := st.listed(); got != "refunded returned_other" {
		t.Errorf("the list has %q", got)
	}
}

// TestMovedByItsPayersWord: a receipt that two customers typed can be moved to the one whose it is, and a doubt that comes after a settled one is listed.
func TestMovedByItsPayersWord(t *testing.T) { storetest.Each(t, testMovedByItsPayersWord) }

func testMovedByItsPayersWord(t *testing.T) {
	st := newStage(t)
	st.play("accepted > cancelled")
	if err := st.typed(st.pushes[0].Secret, "BYHAND7", st.completed("BYHAND7")); err != nil {
		t.Fatal(err)
	}
	st.ends("Paid; BYHAND7 applied", "", "")
	other, _, err := st.s.Book(t.Context(), storetest.Booking(storetest.Screening(t, st.s, 2, 2), storetest.Phone(90), 2))
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

	// Moving it does not change how much M-PESA said that it is of.
	st = newStage(t)
	st.play("accepted > paid by hand > accept BYHAND1")
	dear, _, err := st.s.Book(t.Context(), storetest.Booking(storetest.Screening(t, st.s, 2, 2), storetest.Phone(90), 1))
	if err != nil {
		t.Fatal(err)
	}
	if told := st.accept(store.Acceptance{Receipt: "BYHAND1", Ticket: dear.Code, Move: true}); told != "amount_known" {
		t.Errorf("of another amount than the ticket's: %s", told)
	}
	st.ends("Paid; BYHAND1 applied", "", "")

	st = newStage(t)
	st.play("accepted > paid")
	hint := store.Hint{Receipt: "RECEIPT1", Phone: st.pushes[0].Phone, TransactedAt: st.s.Now(), LearntBy: "c2b"}
	for _, amount := range []store.Cents{100_00, 50_00} {
		hint.Amount = amount
		if _, err := st.s.ApplyHint(t.Context(), hint); err != nil {
			t.Fatal(err)
		}
		if st.listed() == "" {
			t.Errorf("the list has nothing of %d cents", amount)
		}
		if err := st.s.SettleCases(t.Context(), st.cases(store.CasePayment), "as the portal has it", "Wanjiru"); err != nil {
			t.Error(err)
		}
	}
}
