package store_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// asks lets a person ask for a refund, as the step says, and tells what the person is told.
func (rf *refunding) asks(n store.NewRefund) string {
	rf.t.Helper()
	n.By = "box office"
	r, err := rf.s.Money().RequestRefund(rf.t.Context(), n)
	if refusal, is := errors.AsType[*store.Refusal](err); is {
		return string(refusal.Kind)
	}
	if errors.Is(err, store.ErrNotFound) {
		return "not found"
	}
	if err != nil {
		rf.t.Fatalf("%+v: %v", n, err)
	}
	return string(r.State)
}

// TestByHandWhereNothingMoreComes: a person may write down that the money is back, unless a Reversal may still bring it
// back.
func TestByHandWhereNothingMoreComes(t *testing.T) {
	storetest.Each(t, testByHandWhereNothingMoreComes)
}

func testByHandWhereNothingMoreComes(t *testing.T) {
	const six = "send 1 > send 2 > send 3 > send 4 > send 5 > send 6"
	for _, c := range []struct {
		steps, told, want string
		noInitiator       bool
	}{
		{"later", "refunded", "refunded: reversal failed hand refunded", false}, // never sent
		{"send 1", "refund_open", "refund_due: reversal requested", false},
		{"send 1 > accepted 1 > later", "refund_open", "refund_due: reversal requested", false},
		{"send 1 > busy", "refunded", "refunded: reversal failed hand refunded", false},
		{"send 1 > lost > send 2 > busy", "refund_open", "refund_due: reversal requested", false},
		{"send 1 > lost > send 2 > turned-down", "refund_open", "refund_due: reversal requested", false},
		{"send 1 > lost > send 2 > turned-down > later", "refunded", "refunded: reversal failed hand refunded", false},
		{six, "refund_open", "refund_due: reversal requested", false},
		{six + " > later", "refunded", "refunded: reversal failed hand refunded", false},
		{six + " > accepted 6 > later", "refunded", "refunded: reversal failed hand refunded", false},
		{"send 1", "refund_open", "refund_due: reversal requested", true}, // its answer is awaited
		{"send 1 > later", "refunded", "refunded: reversal failed hand refunded", true},
	} {
		t.Run(fmt.Sprint(c.steps, c.noInitiator), func(t *testing.T) {
			t.Parallel()
			rf := newRefunding(t)
			for step := range strings.SplitSeq(c.steps, " > ") {
				rf.step(step)
			}
			if told := rf.asks(store.NewRefund{
				Receipt: "RECEIPT1", NoInitiator: c.noInitiator,
			}); told != "refund_open" {
				t.Errorf("another Reversal: %s", told)
			}
			told := rf.asks(store.NewRefund{Receipt: "RECEIPT1", Reference: "UKO6MINE00", NoInitiator: c.noInitiator})
			if got := rf.states(); told != c.told || got != c.want {
				t.Errorf("told %q, %s; want %q, %s", told, got, c.told, c.want)
			}
			if rf.step("send 7"); c.told == "refunded" && rf.told != "nothing to send" {
				t.Error("a Reversal was sent though the money is back")
			}
			storetest.Sound(t, rf.s)
		})
	}
}

// TestByHandAfterAll: what was sent and given up brings the money back all the same.
func TestByHandAfterAll(t *testing.T) { storetest.Each(t, testByHandAfterAll) }

func testByHandAfterAll(t *testing.T) {
	for _, c := range []struct{ steps, told, want, listed string }{
		{"reversed 1", "refunded", "refunded: reversal refunded hand refunded", "refunded returned_twice"},
		// by the first one
		{"before 2", "refunded", "refunded: reversal refunded hand refunded", "refunded returned_twice"},
		{"refused 1", "duplicate", "refunded: reversal failed hand refunded", ""},
	} {
		t.Run(c.steps, func(t *testing.T) {
			rf := newRefunding(t)
			for step := range strings.SplitSeq("send 1 > accepted 1 > send 2 > accepted 2 > send 3 > turned-down > "+
				"later > hand UKO6MINE00 > "+c.steps, " > ") {
				rf.step(step)
			}
			if got := rf.states(); rf.told != c.told || got != c.want || rf.stage.listed() != c.listed {
				t.Errorf("told %q, %s, the list has %q", rf.told, got, rf.stage.listed())
			}
			if wrong, err := rf.s.Money().Audit(t.Context()); err != nil || (len(wrong) > 0) != (c.listed != "") {
				t.Errorf("fsck says %q, %v", wrong, err)
			}
		})
	}
}

// TestNoReversalWithoutInitiator: nothing is written where nobody would send it, and the ticket stays what it is.
func TestNoReversalWithoutInitiator(t *testing.T) { storetest.Each(t, testNoReversalWithoutInitiator) }

func testNoReversalWithoutInitiator(t *testing.T) {
	rf := &refunding{stage: newStage(t)}
	rf.do("accepted")
	rf.do("paid")
	if told := rf.asks(store.NewRefund{Receipt: "RECEIPT1", NoInitiator: true}); told != "no_initiator" ||
		rf.end() != "Paid; RECEIPT1 applied" || rf.states() != "applied:" {
		t.Errorf("told %s, ends as %s, %s", told, rf.end(), rf.states())
	}
	if told := rf.asks(store.NewRefund{
		Receipt: "RECEIPT1", NoInitiator: true, Reference: "UKO6MINE00",
	}); told != "refunded" {
		t.Errorf("by hand: %s", told)
	}
	if told := rf.asks(store.NewRefund{Receipt: "RECEIPT1", NoInitiator: true}); told != "already_refunded" {
		t.Errorf("after that: %s", told)
	}
}

// TestRefundIsNotDueWithoutInitiator: one that was asked for while there was an initiator does not keep the program
// awake.
func TestRefundIsNotDueWithoutInitiator(t *testing.T) {
	storetest.Each(t, testRefundIsNotDueWithoutInitiator)
}

func testRefundIsNotDueWithoutInitiator(t *testing.T) {
	rf := newRefunding(t)
	for kind, want := range map[store.QuestionKind]bool{store.Reversal: true, store.PushQuery: false} {
		at, err := rf.s.Jobs().NextDue(t.Context(), kind)
		if due := at != 0 && at <= rf.s.Now(); err != nil || due != want {
			t.Errorf("%s can be sent; due: %t, %v", kind, due, err)
		}
	}
}

// TestAutomaticRefundOfADoubt: money that only a typed receipt tells of may be the payment of another prompt of the
// phone. And after an automatic refund was requested another receipt may have come to be awaited.
func TestAutomaticRefundOfADoubt(t *testing.T) { storetest.Each(t, testAutomaticRefundOfADoubt) }

func testAutomaticRefundOfADoubt(t *testing.T) {
	rf := &refunding{stage: newStage(t)}
	rf.do("accepted")
	rf.do("paid")
	rf.another()
	rf.do("query: cancelled 2")
	rf.another()
	rf.do("second typed 1")
	if rf.told != "person: unclear" {
		t.Fatal(rf.told)
	}
	if due := rf.due(); len(due) != 0 {
		t.Errorf("while a prompt of the phone has no verdict: %+v", due)
	}
	rf.do("query: cancelled 3")
	rf.confirmsAll()
	due := rf.due()
	if len(due) != 1 || due[0].Receipt != "SECOND1" {
		t.Fatalf("once it has: %+v", due)
	}
	if _, err := rf.s.Money().RequestRefund(t.Context(), store.NewRefund{
		PaymentID: due[0].ID, By: store.Automatic,
	}); err != nil {
		t.Fatal(err)
	}
	rf.do("query: paid 3")
	for range 2 {
		if r, err := rf.s.Jobs().TakeQuestion(t.Context(), 0, store.Reversal); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("while a receipt is awaited: %+v, %v", r, err)
		}
		rf.clock.add(time.Minute)
	}
	rf.do("paid 3")
	if r, err := rf.s.Jobs().TakeQuestion(t.Context(), 0, store.Reversal); err != nil || r.Receipt != "SECOND1" {
		t.Errorf("once it has come: %+v, %v", r, err)
	}
}

// another lets the customer book another screening of the same price, and be prompted.
func (rf *refunding) another() {
	rf.t.Helper()
	sent, _, err := rf.s.Tickets().Book(rf.t.Context(),
		storetest.Booking(storetest.Screening(rf.t, rf.s, 2, 2), storetest.Phone(1), 2))
	if err != nil {
		rf.t.Fatal(err)
	}
	rf.pushes, rf.made = append(rf.pushes, sent), append(rf.made, rf.s.Now())
	rf.do("accepted")
}

func (rf *refunding) due() []store.Payment {
	rf.t.Helper()
	due, err := rf.s.Money().RefundsDue(rf.t.Context(), 10)
	if err != nil {
		rf.t.Fatal(err)
	}
	return due
}

// TestGivenBackBeforeTheAmountIsKnown: a query confirms a payment, and does not say how much it is of. It is given back
// by hand, and then M-PESA says that it took something else.
func TestGivenBackBeforeTheAmountIsKnown(t *testing.T) {
	storetest.Each(t, testGivenBackBeforeTheAmountIsKnown)
}

func testGivenBackBeforeTheAmountIsKnown(t *testing.T) {
	for name, c := range map[string]struct {
		said, took store.Cents // by the operator, and by M-PESA, besides what was asked
		state      store.PaymentState
		listed     bool
		rest       string
	}{
		"as asked":           {0, 0, store.PaymentRefunded, false, "already_refunded"},
		"more":               {0, 100_00, store.PaymentRefundDue, true, "refunded"},
		"less":               {0, -100_00, store.PaymentRefunded, true, "already_refunded"},
		"more, and as said":  {100_00, 100_00, store.PaymentRefunded, false, "already_refunded"},
		"not what was said":  {200_00, 100_00, store.PaymentRefunded, true, "already_refunded"},
		"more than was said": {100_00, 200_00, store.PaymentRefundDue, true, "refunded"},
	} {
		t.Run(name, func(t *testing.T) {
			rf := &refunding{stage: newStage(t)}
			rf.do("accepted")
			rf.do("query: paid")
			push := rf.pushes[0]
			asked := store.Cents(push.Amount * 100)
			ask := store.NewRefund{Ticket: push.Code, Reference: "CASH1"}
			if c.said != 0 {
				ask.Amount = asked + c.said
			}
			if told := rf.asks(ask); told != "refunded" {
				t.Errorf("by hand: %s", told)
			}
			took := asked + c.took
			if err := rf.callback(push.CallbackToken, "ws_CO_1", 1, store.Verdict{
				Class: store.Success, Amount: &took,
			}); err != nil {
				t.Fatal(err)
			}
			ps, err := rf.s.Money().Payments(t.Context())
			if err != nil || len(ps) != 1 || ps[0].Amount != took || ps[0].State != c.state {
				t.Errorf("%+v, %v", ps, err)
			}
			rf.listed(c.listed)
			if told := rf.asks(store.NewRefund{
				Receipt: "RECEIPT1", Reference: "CASH2", Amount: took,
			}); told != "already_refunded" {
				t.Errorf("all of it once more: %s", told)
			}
			if told := rf.asks(store.NewRefund{Receipt: "RECEIPT1", Reference: "CASH2"}); told != c.rest {
				t.Errorf("the rest: %s", told)
			}
			rf.listed(c.listed && c.rest != "refunded")
		})
	}
}

// listed fails the test where the list of money, or fsck, does not say that something is wrong, or says so of what is
// right.
func (rf *refunding) listed(want bool) {
	rf.t.Helper()
	cases, err := rf.s.Money().OpenItems(rf.t.Context(), store.ItemFilter{})
	if err != nil || (len(cases) > 0) != want {
		rf.t.Errorf("listed: %+v, %v", cases, err)
	}
	wrong, err := rf.s.Money().Audit(rf.t.Context())
	if err != nil || (len(wrong) > 0) != want {
		rf.t.Errorf("fsck: %v, %v", wrong, err)
	}
}

// TestRefundOfAnUnknownAmount: M-PESA did not say what it took, and the person who asks does.
func TestRefundOfAnUnknownAmount(t *testing.T) { storetest.Each(t, testRefundOfAnUnknownAmount) }

func testRefundOfAnUnknownAmount(t *testing.T) {
	for _, reference := range []string{"", "UKO6MINE00"} {
		rf := &refunding{stage: newStage(t)}
		rf.do("c2b, no amount")
		n := store.NewRefund{Receipt: "RECEIPT1", Reference: reference}
		if told := rf.asks(n); told != "amount_unknown" {
			t.Errorf("without it: %s", told)
		}
		n.Amount = 120_000
		if told, want := rf.asks(n),
			map[string]string{"": "requested", "UKO6MINE00": "refunded"}[reference]; told != want {
			t.Errorf("with it: %s", told)
		}
		ps, err := rf.s.Money().Payments(t.Context())
		if err != nil || len(ps) != 1 || ps[0].Amount != 120_000 {
			t.Errorf("%+v, %v", ps, err)
		}
		storetest.Sound(t, rf.s)
	}
	rf := &refunding{stage: newStage(t)}
	rf.do("accepted")
	rf.do("paid")
	if told := rf.asks(store.NewRefund{Receipt: "RECEIPT1", Amount: 100}); told != "amount_known" {
		t.Errorf("another amount than M-PESA's: %s", told)
	}
}

// TestRefundByTicket: a ticket's code names its payment, whose receipt may not be known. Its refund is sent once it is.
func TestRefundByTicket(t *testing.T) { storetest.Each(t, testRefundByTicket) }

func testRefundByTicket(t *testing.T) {
	const twice = "accepted > no answer > 120 s > retry > accepted > "
	for _, c := range []struct{ events, told, want string }{
		{"accepted > paid > CODE", "requested", "Paid void; RECEIPT1 refund_due refund_asked"},
		{"accepted > paid > CODE > CODE", "refund_open", "Paid void; RECEIPT1 refund_due refund_asked"},
		{"accepted > CODE", "not found", "Pending, held 180s"},
		{"accepted > paid > HAND > CODE", "already_refunded", "Paid void; RECEIPT1 refunded refund_asked"},
		{"accepted > query: paid > CODE", "requested", "Paid void;  refund_due refund_asked"},
		{"accepted > query: paid > CODE > reversed", "nothing to reverse", "Paid void;  refund_due refund_asked"},
		{"accepted > query: paid > CODE > paid > reversed", "refunded", "Paid void; RECEIPT1 refunded refund_asked"},
		{"accepted > query: paid > CODE > c2b echo of a till > reversed", "nothing to reverse",
			"Paid void;  refund_due refund_asked; RECEIPT1 unmatched names_no_ticket"},
		{"accepted > query: paid > CODE > typed > reversed", "nothing to reverse",
			"Paid void;  refund_due refund_asked; RECEIPT1 unmatched may_be_same"},
		{"accepted > query: paid > CODE > paid too little > reversed", "refunded",
			"Paid void; RECEIPT1 refunded wrong_amount, less than the price"},
		{"accepted > query: paid > HAND", "refunded", "Paid void;  refunded refund_asked"},
		{"accepted > query: paid > CODE > HAND", "refunded", "Paid void;  refunded refund_asked"},
		{"accepted > query: paid > HAND > paid", "known already", "Paid void; RECEIPT1 refunded refund_asked"},
		// Of several it is the one that is due back and has no other name.
		{twice + "paid 1 > paid 2 > CODE", "several_payments",
			"Paid; RECEIPT1 applied; RECEIPT2 refund_due paid_twice"},
		{twice + "paid 1 > query: paid 2 > CODE", "requested", "Paid; RECEIPT1 applied;  refund_due paid_twice"},
		{twice + "paid 1 > query: paid 2 > CODE > paid 2 > reversed", "refunded",
			"Paid; RECEIPT1 applied; RECEIPT2 refunded paid_twice"},
		{twice + "query: paid 1 > paid 2 > CODE", "several_payments", "Paid;  applied; RECEIPT2 refund_due paid_twice"},
		// It turns out that there were no two payments.
		{twice + "typed 2 > query: paid 2 > CODE > query: cancelled 1 > reversed", "nothing to reverse",
			"Paid; RECEIPT2 applied;  refund_due refund_asked"},
		{twice + "typed 2 > query: paid 2 > HAND > query: cancelled 1", "failed",
			"Paid; RECEIPT2 applied;  refunded may_be_same"},
	} {
		t.Run(c.events, func(t *testing.T) {
			t.Parallel()
			rf := &refunding{stage: newStage(t)}
			for event := range strings.SplitSeq(c.events, " > ") {
				switch event {
				case "CODE":
					rf.told = rf.asks(store.NewRefund{Ticket: rf.pushes[0].Code})
				case "HAND":
					rf.told = rf.asks(store.NewRefund{Ticket: rf.pushes[0].Code, Reference: "UKO6MINE00"})
				default:
					rf.do(event)
				}
			}
			if got := rf.end(); got != c.want || rf.told != c.told {
				t.Errorf("ends as  %s, told %q\nwant     %s, told %q", got, rf.told, c.want, c.told)
			}
			storetest.Sound(t, rf.s)
		})
	}
}

// TestNoAutomaticRefundOfWhatMayBeTheSame: as a prompt's payment without a receipt, by a phone of which M-PESA may have
// told only some digits.
func TestNoAutomaticRefundOfWhatMayBeTheSame(t *testing.T) {
	storetest.Each(t, testNoAutomaticRefundOfWhatMayBeTheSame)
}

func testNoAutomaticRefundOfWhatMayBeTheSame(t *testing.T) {
	const sha = "SHA-256 of it"
	for phone, waits := range map[string]bool{
		storetest.Phone(1): true, "2547*****" + storetest.Phone(1)[9:]: true, "": true, sha: true,
		storetest.Phone(2): false, "2547*****999": false,
	} {
		t.Run(phone, func(t *testing.T) {
			rf := &refunding{stage: newStage(t)}
			rf.play("accepted > cancelled")
			if phone == sha {
				phone = fmt.Sprintf("%x", sha256.Sum256([]byte(storetest.Phone(1))))
			}
			sent, _, err := rf.s.Tickets().Book(t.Context(),
				storetest.Booking(storetest.Screening(t, rf.s, 2, 2), storetest.Phone(1), 1))
			if err != nil {
				t.Fatal(err)
			}
			rf.pushes, rf.made = append(rf.pushes, sent), append(rf.made, rf.s.Now())
			rf.do("accepted")
			rf.found("RECEIPT1", rf.pushes[0].Code, 1350_00, phone)
			rf.do("query: paid")
			due, err := rf.s.Money().RefundsDue(t.Context(), 10)
			if err != nil || (len(due) == 0) != waits {
				t.Errorf("due: %+v, %v", due, err)
			}
			_, err = rf.s.Money().RequestRefund(t.Context(), store.NewRefund{Receipt: "RECEIPT1", By: store.Automatic})
			refusal, is := errors.AsType[*store.Refusal](err)
			if is != waits || is && refusal.Kind != store.ReceiptPending {
				t.Errorf("requested: %v", err)
			}
		})
	}
}

// found lets an operator find that a receipt was paid for a ticket that costs something else, and M-PESA say who paid
// it.
func (st *stage) found(receipt, code string, amount store.Cents, payer string) {
	st.t.Helper()
	if told := st.accept(store.Acceptance{
		Receipt: receipt, Ticket: code, Amount: amount,
	}); told != "refund_due wrong_amount" {
		st.t.Fatal(told)
	}
	k, err := st.s.Jobs().TakeQuestion(st.t.Context(), 0, store.TransactionStatus)
	if err != nil || k.Receipt != receipt {
		st.t.Fatal(k.Receipt, err)
	}
	tr := st.completed(receipt)
	tr.Amount, tr.Phone = amount, store.Pattern(payer)
	if told := st.checked(k, tr); told != "refund due: wrong_amount" {
		st.t.Fatal(told)
	}
}

// TestRefundsThatWaitDelayNoOthers: however many payments wait for a receipt, the others are due.
func TestRefundsThatWaitDelayNoOthers(t *testing.T) {
	storetest.Each(t, testRefundsThatWaitDelayNoOthers)
}

func testRefundsThatWaitDelayNoOthers(t *testing.T) {
	rf := &refunding{stage: newStage(t)}
	id, n := storetest.Screening(t, rf.s, 5, 10), 0
	book := func(phone, tickets int, event string, before ...func()) (code, receipt string) {
		n++
		sent, _, err := rf.s.Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(phone), tickets))
		if err == nil {
			err = rf.s.Tickets().RecordAnswer(t.Context(), sent, store.Answer{
				CheckoutRequestID: fmt.Sprint("ws_CO_", n),
			})
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, happens := range before {
			happens()
		}
		switch event {
		case "query: paid":
			_, err = rf.s.Money().ApplyQuery(t.Context(), sent.PushID, store.Verdict{
				Class: store.Success, LearntBy: "query", CheckoutRequestID: fmt.Sprint("ws_CO_", n), Code: "0",
			})
		case "cancelled":
			err = rf.callback(sent.CallbackToken, fmt.Sprint("ws_CO_", n), n, store.Verdict{
				Class: store.FinalFailure, Reason: "cancelled", Code: "1032",
			})
		default:
			less := store.Cents(100)
			err = rf.callback(sent.CallbackToken, fmt.Sprint("ws_CO_", n), n, store.Verdict{
				Class: store.Success, Amount: &less,
			})
		}
		if err != nil {
			t.Fatal(err)
		}
		rf.clock.add(time.Second)
		return sent.Code, fmt.Sprint("RECEIPT", n)
	}
	for phone := range 4 {
		code, receipt := book(10+phone, 2, "cancelled")
		book(10+phone, 1, "query: paid", func() { // which may be the same money
			rf.found(receipt, code, 1350_00, storetest.Phone(10+phone))
		})
	}
	book(20, 1, "paid too little")
	if due, err := rf.s.Money().RefundsDue(t.Context(), 3); err != nil || len(due) != 0 {
		t.Errorf("due while M-PESA is asked how much it took: %+v, %v", due, err)
	}
	rf.confirmsAll()
	if due, err := rf.s.Money().RefundsDue(t.Context(), 3); err != nil || len(due) != 1 ||
		due[0].Receipt != "RECEIPT9" {
		t.Errorf("due: %+v, %v", due, err)
	}
}

// TestByHandWhileAReversalGoesOut: of a person who writes down that the money is back, and the program that takes the
// refund to send it, one is too late.
func TestByHandWhileAReversalGoesOut(t *testing.T) {
	storetest.OnPostgres(t, testByHandWhileAReversalGoesOut)
}

func testByHandWhileAReversalGoesOut(t *testing.T) {
	for range 5 {
		rf := newRefunding(t)
		sent, byHand := false, false
		race(t, rf.s, func() error {
			_, err := rf.s.Jobs().TakeQuestion(t.Context(), 0, store.Reversal)
			sent = err == nil
			return ignore(err, store.ErrNotFound)
		}, func() error {
			_, err := rf.s.Money().RequestRefund(t.Context(), store.NewRefund{
				Receipt: "RECEIPT1", By: "box office", Reference: "UKO6MINE00",
			})
			if refusal, is := errors.AsType[*store.Refusal](err); is && refusal.Kind == store.RefundOpen {
				return nil
			}
			byHand = err == nil
			return err
		})
		if sent == byHand {
			t.Errorf("sent %v, by hand %v", sent, byHand)
		}
		storetest.Sound(t, rf.s)
	}
}

// TestAnswerWhileTheNextReversalGoesOut: what a result says of the first Reversal is decided with the second one in
// mind.
func TestAnswerWhileTheNextReversalGoesOut(t *testing.T) {
	storetest.OnPostgres(t, testAnswerWhileTheNextReversalGoesOut)
}

func testAnswerWhileTheNextReversalGoesOut(t *testing.T) {
	for range 5 {
		rf := newRefunding(t)
		rf.step("send 1")
		rf.step("accepted 1")
		rf.clock.add(48 * time.Hour)
		sent := false
		race(t, rf.s, func() error {
			_, err := rf.s.Jobs().TakeQuestion(t.Context(), 0, store.Reversal)
			sent = err == nil
			return ignore(err, store.ErrNotFound)
		}, func() error {
			return rf.s.Money().RecordRefundAnswer(t.Context(), rf.sent.ID, store.RefundAnswer{
				Verdict: store.RefundRefused, ConversationID: "AG_1",
			})
		})
		if got, want := rf.states(),
			map[bool]string{
				true: "refund_due: reversal requested", false: "refund_due: reversal failed",
			}[sent]; got != want {
			t.Errorf("the second was sent: %v, and it is %s", sent, got)
		}
	}
}

// TestAmountWithCents: a Reversal takes whole shillings, so that what M-PESA took with cents is given back by hand
// alone, and never in part.
func TestAmountWithCents(t *testing.T) { storetest.Each(t, testAmountWithCents) }

func testAmountWithCents(t *testing.T) {
	rf := &refunding{stage: newStage(t), sends: map[string]store.Question{}}
	rf.do("accepted")
	amount := store.Cents(rf.pushes[0].Amount*100) + 50
	if err := rf.callback(rf.pushes[0].CallbackToken, "ws_CO_1", 1, store.Verdict{
		Class: store.Success, Amount: &amount,
	}); err != nil {
		t.Fatal(err)
	}
	if due, err := rf.s.Money().RefundsDue(t.Context(), 10); err != nil || len(due) != 0 {
		t.Errorf("goes back by itself: %+v, %v", due, err)
	}
	for _, by := range []string{"box office", store.Automatic} {
		_, err := rf.s.Money().RequestRefund(t.Context(), store.NewRefund{Receipt: "RECEIPT1", By: by})
		if refusal, is := errors.AsType[*store.Refusal](err); !is || refusal.Kind != store.AmountInCents {
			t.Errorf("%s: %v", by, err)
		}
	}
	if told := rf.asks(store.NewRefund{Receipt: "RECEIPT1", Reference: "UKO6MINE00"}); told != "refunded" {
		t.Errorf("by hand: %s", told)
	}
	if got := rf.states(); got != "refunded: hand refunded" {
		t.Error(got)
	}
	storetest.Sound(t, rf.s)
}

// TestReversalOfTheWholeAlone: a refund that was taken down before M-PESA told the cents is not sent, but a person's.
func TestReversalOfTheWholeAlone(t *testing.T) {
	storetest.Each(t, testReversalOfTheWholeAlone)
}

func testReversalOfTheWholeAlone(t *testing.T) {
	rf := &refunding{stage: newStage(t), sends: map[string]store.Question{}}
	rf.do("accepted")
	rf.do("query: paid")
	if told := rf.asks(store.NewRefund{Ticket: rf.pushes[0].Code}); told != "requested" {
		t.Fatal(told)
	}
	amount := store.Cents(rf.pushes[0].Amount*100) + 50
	if err := rf.callback(rf.pushes[0].CallbackToken, "ws_CO_1", 1, store.Verdict{
		Class: store.Success, Amount: &amount,
	}); err != nil {
		t.Fatal(err)
	}
	if r, err := rf.s.Jobs().TakeQuestion(t.Context(), 0, store.Reversal); !errors.Is(err, store.ErrGivenOver) {
		t.Errorf("sent: %+v, %v", r, err)
	}
	if got := rf.states(); got != "refund_due: reversal failed" {
		t.Error(got)
	}
	cs, err := rf.s.Money().OpenItems(t.Context(), store.ItemFilter{})
	if err != nil || len(cs) != 1 || cs[0].RefundEnd != store.RefundEndCents || cs[0].Amount != amount {
		t.Errorf("the list: %+v, %v", cs, err)
	}
	if told := rf.asks(store.NewRefund{Receipt: "RECEIPT1", Reference: "UKO6MINE00"}); told != "refunded" {
		t.Errorf("by hand: %s", told)
	}
	storetest.Sound(t, rf.s)
}
