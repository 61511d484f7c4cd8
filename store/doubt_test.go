package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// refunds writes down that a payment was given back by hand, or asks for a Reversal where there is no reference.
func (st *stage) refunds(n store.NewRefund) {
	st.t.Helper()
	n.By = "box office"
	if _, err := st.s.Money().RequestRefund(st.t.Context(), n); err != nil {
		st.t.Fatal(err)
	}
}

func (st *stage) payments() []store.Payment {
	st.t.Helper()
	ps, err := st.s.Money().Payments(st.t.Context())
	if err != nil {
		st.t.Fatal(err)
	}
	return ps
}

// listed is the state and reason of the payments on the list.
func (st *stage) listed() string {
	st.t.Helper()
	var all []string
	for _, c := range st.cases(store.ItemPayment) {
		all = append(all, c.State+" "+cmp.Or(string(c.Doubt), string(c.Reason)))
	}
	return strings.Join(all, "; ")
}

// ends fails the test where the ticket, the list or fsck do not say this. wrong is a part of what fsck says, "" where
// the books are sound.
func (st *stage) ends(end, listed, wrong string) {
	st.t.Helper()
	if got := st.end(); got != end {
		st.t.Errorf("ends as %s\nwant    %s", got, end)
	}
	if got := st.listed(); got != listed {
		st.t.Errorf("the list has %q, want %q", got, listed)
	}
	said, err := st.s.Money().Audit(st.t.Context())
	if err != nil || (len(said) > 0) != (wrong != "") || !strings.Contains(strings.Join(said, "\n"), wrong) {
		st.t.Errorf("fsck says %q, %v, want %q", said, err, wrong)
	}
}

// reversalSent takes the refund that is due and has M-PESA answer it.
func (st *stage) reversalSent(a ...store.RefundAnswer) {
	st.t.Helper()
	ctx := st.t.Context()
	r, err := st.s.Jobs().TakeQuestion(ctx, 0, store.Reversal)
	if err != nil {
		st.t.Fatal(err)
	}
	if err := st.s.Money().RecordRefundAnswer(ctx, r.ID, store.RefundAnswer{
		ConversationID: fmt.Sprint("AG_", r.ID),
	}); err != nil {
		st.t.Fatal(err)
	}
	st.sentBy = r.ResultToken
	for _, answer := range a {
		st.reversalSays(answer)
	}
}

func (st *stage) reversalSays(a store.RefundAnswer) {
	st.t.Helper()
	cb, known, err := st.s.Money().StoreCallback(st.t.Context(), store.NewCallback{
		Kind: store.CallbackReversal, Token: st.sentBy, Body: []byte("{}"), Size: 2,
	})
	if err != nil || !known {
		st.t.Fatal(known, err)
	}
	applied, err := st.s.Money().ApplyReversal(st.t.Context(), cb, a)
	if err != nil {
		st.t.Fatal(err)
	}
	st.told = told(applied)
}

// confirms has M-PESA confirm the receipt that it is asked about next.
func (st *stage) confirms(receipt string) {
	st.t.Helper()
	asked, err := st.s.Jobs().TakeQuestion(st.t.Context(), 0, store.TransactionStatus)
	if err != nil || asked.Receipt != receipt {
		st.t.Fatalf("M-PESA is asked about %+v, %v", asked, err)
	}
	st.checked(asked, st.completed(receipt))
}

// asked is a claim that M-PESA is being asked about.
func (st *stage) asked(receipt string) store.Question {
	st.t.Helper()
	st.claim(receipt)
	c, err := st.s.Jobs().TakeQuestion(st.t.Context(), 0, store.TransactionStatus)
	if err != nil {
		st.t.Fatal(err)
	}
	return c
}

// completed is what M-PESA says of a receipt that the stage's phone paid the whole price with.
func (st *stage) completed(receipt string) store.Transaction {
	return store.Transaction{
		Known: true, Completed: true, ToUs: true, Receipt: receipt, Amount: store.Cents(st.pushes[0].Amount * 100),
		Phone: store.Pattern(st.pushes[0].Phone), TransactedAt: st.s.Now(),
	}
}

// TestGivenBackByHandUnderTwoRecords: what was given back before its receipt was known is the receipt's, and no
// Reversal goes out; where one is out, and is carried out, it has gone back twice, which stays on the list whatever
// becomes known.
func TestGivenBackByHandUnderTwoRecords(t *testing.T) {
	storetest.Each(t, testGivenBackByHandUnderTwoRecords)
}

func testGivenBackByHandUnderTwoRecords(t *testing.T) {
	st := newStage(t)
	st.play("accepted > c2b echo of a till > refund > query: paid")
	st.refunds(store.NewRefund{PaymentID: st.payments()[1].ID, Reference: "PORTAL1"})
	st.do("paid")
	st.ends("Failed refund_asked, held 120s; RECEIPT1 refunded", "", "")

	st = newStage(t)
	st.play("accepted > c2b echo of a till > refund")
	st.reversalSent()
	st.do("query: paid")
	st.refunds(store.NewRefund{PaymentID: st.payments()[1].ID, Reference: "PORTAL1"})
	st.play("paid")
	st.reversalSays(store.RefundAnswer{Verdict: store.RefundReversed, Code: "0", ConversationID: "AG_R"})
	st.do("c2b echo")
	st.ends("Failed refund_asked, held 120s; RECEIPT1 refunded, doubt returned_twice", "refunded returned_twice",
		"returned_twice")
}

// TestGivenBackInPartStaysListed: that a Reversal gave back less is not forgotten when the receipt is told of again,
// nor when M-PESA calls it reversed.
func TestGivenBackInPartStaysListed(t *testing.T) { storetest.Each(t, testGivenBackInPartStaysListed) }

func testGivenBackInPartStaysListed(t *testing.T) {
	st := newStage(t)
	st.play("accepted > cancelled > c2b echo of a till > refund")
	part := store.Cents(100_00)
	st.reversalSent(store.RefundAnswer{Verdict: store.RefundReversed, Code: "0", Amount: &part, ConversationID: "AG_R"})
	st.do("by hand, code in groups")
	st.clock.add(time.Minute)
	c, err := st.s.Jobs().TakeQuestion(t.Context(), 0, store.TransactionStatus)
	if err != nil {
		t.Fatal(err)
	}
	tr := st.completed("RECEIPT1")
	tr.Completed, tr.Reversed = false, true
	st.answer(c, tr)
	if got := st.listed(); got != "unmatched returned_other" {
		t.Errorf("the list has %q", got)
	}
	st.refunds(store.NewRefund{Receipt: "RECEIPT1", Reference: "REST1"})
	st.ends("Failed cancelled, held 60s; RECEIPT1 refunded to_be_confirmed", "", "")
}

// TestGivenBackInPartAfterAll: Transaction Status says that it was reversed, and the result of the Reversal, which
// comes later, that it was a part.
func TestGivenBackInPartAfterAll(t *testing.T) { storetest.Each(t, testGivenBackInPartAfterAll) }

func testGivenBackInPartAfterAll(t *testing.T) {
	st := newStage(t)
	st.play("accepted > paid > refund")
	st.reversalSent()
	k, err := st.s.Jobs().TakeQuestion(t.Context(), 0, store.TransactionStatus)
	if err != nil {
		t.Fatal(err)
	}
	st.checked(k, wentBack)
	st.ends("Paid void; RECEIPT1 refunded refund_asked", "", "")
	part := store.Cents(100_00)
	for range 2 {
		st.reversalSays(store.RefundAnswer{
			Verdict: store.RefundReversed, Code: "0", Text: "ok", Amount: &part, ConversationID: "AG_R",
		})
	}
	st.ends("Paid void; RECEIPT1 refund_due given_back_part, doubt returned_other", "refund_due returned_other",
		"returned_other")
	st.refunds(store.NewRefund{Receipt: "RECEIPT1", Reference: "REST1"})
	st.ends("Paid void; RECEIPT1 refunded refund_asked", "", "")
}

// TestWordOfAPerson: what M-PESA answers about a receipt that a person has accepted is taken in, whatever the person
// said.
func TestWordOfAPerson(t *testing.T) { storetest.Each(t, testWordOfAPerson) }

func testWordOfAPerson(t *testing.T) {
	for name, c := range map[string]struct {
		events             string
		says               func(*store.Transaction)
		told               string
		end, listed, wrong string
	}{
		"as it was said": {"answer lost > hold ends > accept RECEIPT1", func(*store.Transaction) {}, "known already",
			"Paid; RECEIPT1 applied", "", ""},
		"less than the price": {"answer lost > hold ends > accept RECEIPT1",
			func(tr *store.Transaction) { tr.Amount = 10_00 }, "refund due: wrong_amount",
			"Paid void; RECEIPT1 refund_due wrong_amount, less than the price", "refund_due wrong_amount", ""},
		"no such receipt": {"answer lost > hold ends > accept RECEIPT1",
			func(tr *store.Transaction) { *tr = store.Transaction{} }, "doubt: receipt_unknown",
			"Paid; RECEIPT1 applied, doubt receipt_unknown", "applied receipt_unknown", "receipt_unknown"},
		"paid to others": {"answer lost > hold ends > accept RECEIPT1", func(tr *store.Transaction) { tr.ToUs = false },
			"doubt: paid_elsewhere",
			"Paid; RECEIPT1 applied, doubt paid_elsewhere", "applied paid_elsewhere", "paid_elsewhere"},
		"reversed": {"answer lost > hold ends > accept RECEIPT1",
			func(tr *store.Transaction) { tr.Completed, tr.Reversed = false, true }, "gone back",
			"Paid void; RECEIPT1 reversed_elsewhere", "", ""},
		"a wrong receipt of a prompt": {"accepted > query: paid > accept RECEIPT1",
			func(tr *store.Transaction) { *tr = store.Transaction{} }, "doubt: receipt_unknown",
			"Paid; RECEIPT1 applied, doubt receipt_unknown", "applied receipt_unknown", "receipt_unknown"},
		"a prompt paid meanwhile": {"accepted > hold ends > accept RECEIPT1 > query: paid", func(*store.Transaction) {},
			"known already",
			"Paid; RECEIPT1 applied;  refund_due paid_twice", "refund_due paid_twice", ""},
		"the prompt's own, by its time": {"accepted > hold ends > accept RECEIPT1 > query: paid",
			func(tr *store.Transaction) { tr.TransactedAt = tr.TransactedAt.Add(-3 * time.Minute) }, "known already",
			"Paid; RECEIPT1 applied;  unmatched may_be_same", "applied ; unmatched may_be_same", ""},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStage(t)
			st.play(c.events)
			if strings.HasPrefix(name, "a prompt") {
				st.clock.add(time.Hour)
			}
			k, err := st.s.Jobs().TakeQuestion(t.Context(), 0, store.TransactionStatus)
			if err != nil || k.Receipt != "RECEIPT1" {
				t.Fatal(k.Receipt, err)
			}
			tr := st.completed("RECEIPT1")
			c.says(&tr)
			if told := st.checked(k, tr); told != c.told {
				t.Errorf("told %s", told)
			}
			st.ends(c.end, c.listed, c.wrong)
		})
	}
}

// TestAcceptedInstead: a receipt that M-PESA does not know gives way to the one that a person finds then. Who accepts
// it for the ticket has not said that it is the prompt's: that stays a question.
func TestAcceptedInstead(t *testing.T) { storetest.Each(t, testAcceptedInstead) }

func testAcceptedInstead(t *testing.T) {
	const instead, open = "Paid; RECEIPT1 applied", "Paid;  applied; RECEIPT1 unmatched may_be_same"
	for _, c := range []struct {
		events      string
		payment     bool // it is accepted for the prompt's payment, not for the ticket
		end, listed string
	}{
		{"answer lost > hold ends > accept TYPO000001", false, instead, ""},
		{"accepted > query: paid > accept TYPO000001", false, open, "applied ; unmatched may_be_same"},
		{"accepted > query: paid > accept TYPO000001", true, instead, ""},
	} {
		st := newStage(t)
		st.play(c.events)
		for range st.payments() {
			k, err := st.s.Jobs().TakeQuestion(t.Context(), 0, store.TransactionStatus)
			if err != nil {
				t.Fatal(err)
			}
			st.checked(k, store.Transaction{})
		}
		a := store.Acceptance{Receipt: "RECEIPT1", Ticket: st.pushes[0].Code}
		if c.payment {
			a.Ticket, a.PaymentID = "", st.payments()[0].ID
		}
		st.accept(a)
		st.ends(c.end, c.listed, "")
		if tk, err := st.s.Tickets().TicketBySecret(t.Context(), st.pushes[0].Secret); err != nil ||
			(tk.Receipt == "RECEIPT1") != (c.end == instead) {
			t.Errorf("the ticket shows %s, %v", tk.Receipt, err)
		}
	}
}

// TestAcceptedAndAPrompt: what a person accepts may be the money of a prompt that was made before, and never of one
// that was made after it.
func TestAcceptedAndAPrompt(t *testing.T) { storetest.Each(t, testAcceptedAndAPrompt) }

func testAcceptedAndAPrompt(t *testing.T) {
	st := newStage(t)
	st.do("accepted")
	st.do("hold ends")
	st.clock.add(8 * time.Hour)
	st.play("accept BYHAND9 > query: paid")
	st.ends("Paid; BYHAND9 applied;  unmatched may_be_same", "applied ; unmatched may_be_same", "")
	pending := slices.DeleteFunc(st.cases(store.ItemPayment), func(c store.OpenItem) bool { return c.Receipt != "" })
	if err := st.s.Money().ResolveItems(t.Context(), pending, "it is the same", "Wanjiru"); err != nil {
		t.Error(err)
	}
	st.ends("Paid; BYHAND9 applied", "", "")
	sums, err := st.s.Money().Sums(t.Context())
	if err != nil || len(sums) != 1 || sums[0].Payments != 1 {
		t.Errorf("sums %+v, %v", sums, err)
	}

	st = newStage(t)
	st.play("accepted > hold ends > accept RECEIPT1 > cancelled 1")
	st.refunds(store.NewRefund{Receipt: "RECEIPT1", Reference: "PORTAL1"})
	other, _, err := st.s.Tickets().Book(t.Context(),
		storetest.Booking(storetest.Screening(t, st.s, 2, 2), storetest.Phone(1), 2))
	if err != nil {
		t.Fatal(err)
	}
	st.pushes, st.made = append(st.pushes, other), append(st.made, st.s.Now())
	st.play("accepted > query: paid 2")
	if st.told != "paid" {
		t.Errorf("another booking, after the first one's money has gone back: %s", st.told)
	}
}

// TestAnswersAfterTheDecision: what M-PESA says of a receipt that has been decided about is not thrown away.
func TestAnswersAfterTheDecision(t *testing.T) { storetest.Each(t, testAnswersAfterTheDecision) }

func testAnswersAfterTheDecision(t *testing.T) {
	t.Run("resolved", func(t *testing.T) {
		st := newStage(t)
		st.play("accepted > cancelled")
		c := st.asked("BYHAND7")
		if err := st.s.Money().EndReceipt(t.Context(), c.Receipt); err != nil {
			t.Fatal(err)
		}
		if told := st.resolve(store.ItemClaim); told != "resolved" {
			t.Error(told)
		}
		st.answer(c, st.completed("BYHAND7"))
		st.ends("Failed cancelled, held 120s; BYHAND7 unmatched names_no_ticket", "unmatched names_no_ticket", "")
	})
	t.Run("known the second time", func(t *testing.T) {
		st := newStage(t)
		st.play("accepted > cancelled")
		c := st.asked("BYHAND7")
		st.answer(c, store.Transaction{})
		st.answer(c, st.completed("BYHAND7"))
		st.ends("Paid; BYHAND7 applied", "", "")
	})
	t.Run("reversed", func(t *testing.T) {
		st := newStage(t)
		st.play("accepted > cancelled")
		c := st.asked("BYHAND7")
		st.play("accept BYHAND7")
		tr := st.completed("BYHAND7")
		tr.Completed, tr.Reversed = false, true
		st.answer(c, tr)
		st.ends("Paid void; BYHAND7 reversed_elsewhere", "", "")
	})
	t.Run("another amount", func(t *testing.T) {
		st := newStage(t)
		st.play("accepted > cancelled")
		c := st.asked("BYHAND7")
		st.play("accept BYHAND7")
		tr := st.completed("BYHAND7")
		tr.Amount = 100_00
		st.answer(c, tr)
		st.ends("Paid void; BYHAND7 refund_due wrong_amount, less than the price", "refund_due wrong_amount", "")
	})
}

// TestPromptLikeWhatHasGoneBack: what may be the money that has gone back makes no ticket, until a fact says that it is
// not.
func TestPromptLikeWhatHasGoneBack(t *testing.T) {
	storetest.Each(t, testPromptLikeWhatHasGoneBack)
}

func testPromptLikeWhatHasGoneBack(t *testing.T) {
	st := newStage(t)
	st.play("accepted > no answer > 120 s > retry > accepted")
	push := st.pushes[1]
	hint := store.IncomingPayment{
		Receipt: "POPCORN1", Amount: store.Cents(push.Amount * 100),
		Phone: store.Pattern(push.Phone[:4] + "*****" + push.Phone[9:]), TransactedAt: st.s.Now(), LearntBy: "c2b",
	}
	if _, err := st.s.Money().ApplyIncoming(t.Context(), hint); err != nil {
		t.Fatal(err)
	}
	st.refunds(store.NewRefund{Receipt: "POPCORN1", Reference: "PORTAL1"})
	st.play("query: paid 2 > cancelled 1")
	st.ends("Pending, held 120s; POPCORN1 refunded names_no_ticket;  unmatched may_be_same",
		"refunded names_no_ticket; unmatched may_be_same", "")
	st.do("paid 2") // with a receipt of its own
	st.ends("Paid; POPCORN1 refunded names_no_ticket; RECEIPT2 applied", "", "")
}

// TestAcceptedForTheWrongTicket: a person who has mistaken the ticket says the right one, and M-PESA's word for another
// ticket goes before a person's.
func TestAcceptedForTheWrongTicket(t *testing.T) { storetest.Each(t, testAcceptedForTheWrongTicket) }

func testAcceptedForTheWrongTicket(t *testing.T) {
	for name, rights := range map[string]func(st *stage){
		"by a person": func(st *stage) {
			if told := st.accept(store.Acceptance{Receipt: "RECEIPT1"}); told != "accepted_elsewhere" {
				t.Error(told)
			}
			if told := st.accept(store.Acceptance{Receipt: "RECEIPT1", Move: true}); told != "applied" {
				t.Error(told)
			}
		},
		"by M-PESA": func(st *stage) {
			st.clock.add(time.Minute)
			tr := st.completed("RECEIPT1")
			tr.TransactedAt = st.made[0]
			if err := st.typed(st.pushes[0].Secret, "RECEIPT1", tr); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStage(t)
			st.play("accepted > hold ends")
			wrong, _, err := st.s.Tickets().Book(t.Context(),
				storetest.Booking(storetest.Screening(t, st.s, 2, 2), storetest.Phone(90), 2))
			if err != nil {
				t.Fatal(err)
			}
			if told := st.accept(store.Acceptance{Receipt: "RECEIPT1", Ticket: wrong.Code}); told != "applied" {
				t.Error(told)
			}
			rights(st)
			st.ends("Paid; RECEIPT1 applied", "", "")
			if tk, err := st.s.Tickets().TicketBySecret(t.Context(), wrong.Secret); err != nil ||
				tk.VoidReason != store.ReasonTakenOver {
				t.Errorf("the wrong ticket: %+v, %v", tk, err)
			}
		})
	}
}

// TestWrongReceiptsOwner: a receipt that a person had accepted, and that the callback then corrected, waits for whose
// it is.
func TestWrongReceiptsOwner(t *testing.T) { storetest.Each(t, testWrongReceiptsOwner) }

func testWrongReceiptsOwner(t *testing.T) {
	st := newStage(t)
	st.play("accepted > query: paid > accept OWNERS0001 > paid")
	st.ends("Paid; RECEIPT1 applied; OWNERS0001 unmatched also_told", "unmatched also_told", "")
	if due, err := st.s.Money().RefundsDue(t.Context(), 10); err != nil || len(due) > 0 {
		t.Errorf("due by itself: %+v, %v", due, err)
	}
	owner, _, err := st.s.Tickets().Book(t.Context(),
		storetest.Booking(storetest.Screening(t, st.s, 2, 2), storetest.Phone(90), 2))
	if err != nil {
		t.Fatal(err)
	}
	st.clock.add(time.Minute)
	tr := st.completed("OWNERS0001")
	tr.Phone = store.Pattern(storetest.Phone(90))
	if err := st.typed(owner.Secret, "OWNERS0001", tr); err != nil || st.told != "paid" {
		t.Errorf("told %s, %v", st.told, err)
	}
	st.ends("Paid; RECEIPT1 applied; OWNERS0001 applied", "", "")
}

// TestAmountOfAPrompt: what a query was taken to mean is not known, and a receipt of its own gives a payment a chance
// of its own.
func TestAmountOfAPrompt(t *testing.T) { storetest.Each(t, testAmountOfAPrompt) }

func testAmountOfAPrompt(t *testing.T) {
	st := newStage(t)
	st.play("accepted > query: paid")
	if told := st.accept(store.Acceptance{
		Receipt: "RECEIPT1", PaymentID: st.payments()[0].ID, Amount: 100_00,
	}); told != "refund_due wrong_amount" {
		t.Errorf("another amount than was asked: %s", told)
	}

	st = newStage(t)
	st.play("accepted > no answer > 120 s > retry > accepted > paid 2 > refund 2 > reversed > receipt of 2 again 1")
	for _, p := range st.payments() {
		if p.Receipt != "" {
			continue
		}
		if told := st.accept(store.Acceptance{Receipt: "RECEIPT1", PaymentID: p.ID}); told != "refund_due voided" {
			t.Errorf("a receipt of its own: %s", told)
		}
	}
}

// TestResolvedAgain: an entry that was resolved comes back when another refund of it fails, and one whose money cannot
// be made whole can be resolved.
func TestResolvedAgain(t *testing.T) { storetest.Each(t, testResolvedAgain) }

func testResolvedAgain(t *testing.T) {
	st := newStage(t)
	st.play("accepted > hold ends > paid by hand")
	fails := func() {
		st.refunds(store.NewRefund{Receipt: "BYHAND1"})
		st.reversalSent(store.RefundAnswer{
			Verdict: store.RefundRefused, Code: "1", ConversationID: fmt.Sprint("AG_", st.s.Now()),
		})
	}
	fails()
	if told := st.resolve(store.ItemPayment); told != "resolved" || st.listed() != "" {
		t.Error(told, st.listed())
	}
	st.clock.add(time.Hour)
	fails()
	if st.listed() == "" {
		t.Error("a refund has failed, and the list has nothing")
	}

	st = newStage(t)
	st.play("accepted > query: paid")
	st.refunds(store.NewRefund{PaymentID: st.payments()[0].ID, Reference: "PORTAL1"})
	st.do("paid too little")
	if got := st.listed(); got != "refunded returned_other" {
		t.Errorf("the list has %q", got)
	}
	if told := st.resolve(store.ItemPayment); told != "resolved" {
		t.Error(told)
	}
	if got, err := st.s.Money().Audit(t.Context()); err != nil || len(got) > 0 || st.listed() != "" {
		t.Errorf("resolved: %q, %v, the list has %q", got, err, st.listed())
	}
}

// TestChecksOfMovedReceipt: a receipt that is another ticket's now is asked about before that one's film.
func TestChecksOfMovedReceipt(t *testing.T) { storetest.Each(t, testChecksOfMovedReceipt) }

func testChecksOfMovedReceipt(t *testing.T) {
	st := newStage(t)
	soon := storetest.Screening(t, st.s, 2, 2, func(sc *store.Screening) {
		sc.StartsAt, sc.SalesCloseAt = st.s.Now().Add(30*time.Minute), st.s.Now().Add(30*time.Minute)
	})
	st.do("accepted")
	other, _, err := st.s.Tickets().Book(t.Context(), storetest.Booking(soon, storetest.Phone(90), 2))
	if err != nil {
		t.Fatal(err)
	}
	st.accept(store.Acceptance{Receipt: "RECEIPT1", Ticket: other.Code})
	st.queues("before the other's film", 1)
	st.confirmsAll()
	st.do("paid")
	sc, _, err := st.s.Catalogue().Screening(t.Context(), st.screening)
	if err != nil {
		t.Fatal(err)
	}
	st.clock.add(sc.StartsAt.Time().Sub(st.s.Now().Time()) - 30*time.Minute)
	st.queues("before its own film", 1)
}

// TestRefundOfTheReceipt: a receipt that an operator gave to a push turns out not to be the push's, while a refund of
// it is asked for, sent, or made by hand. What was only asked for is of the push's own payment. What may have gone back
// is of the receipt that it was asked for.
func TestRefundOfTheReceipt(t *testing.T) { storetest.Each(t, testRefundOfTheReceipt) }

func testRefundOfTheReceipt(t *testing.T) {
	const given = "OWNERS0001"
	for name, c := range map[string]struct {
		reference string
		sent      bool
		of        string // the receipt whose payment has the refund
		state     store.RefundState
	}{
		"asked for": {"", false, "RECEIPT1", store.RefundRequested},
		"sent":      {"", true, given, store.RefundDone},
		"by hand":   {"PORTAL1", false, given, store.RefundDone},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStage(t)
			st.play("accepted > query: paid > accept " + given)
			st.refunds(store.NewRefund{Receipt: given, Reference: c.reference})
			if c.sent {
				q, err := st.s.Jobs().TakeQuestion(t.Context(), 0, store.Reversal)
				if !errors.Is(err, store.ErrNotFound) {
					t.Errorf("M-PESA has not confirmed the receipt, and a Reversal goes out: %+v, %v", q, err)
				}
				st.confirms(given)
				st.reversalSent()
			}
			st.play("paid")
			if c.sent {
				st.reversalSays(store.RefundAnswer{Verdict: store.RefundReversed, Code: "0"})
			}
			for _, p := range st.payments() {
				refunds, err := st.s.Money().Refunds(t.Context(), p.ID)
				if err != nil || len(refunds) != map[bool]int{true: 1}[p.Receipt == c.of] ||
					len(refunds) == 1 && refunds[0].State != c.state {
					t.Errorf("%s has %+v, %v", p.Receipt, refunds, err)
				}
			}
			storetest.Sound(t, st.s)
		})
	}
}
