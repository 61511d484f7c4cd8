package store_test

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// lacking is the payment that a person would name for a receipt: the first of its amount that lacks one, and is alike
// where the receipt is known. 0 is none.
func (st *stage) lacking(a store.Acceptance) store.PaymentID {
	st.t.Helper()
	pairs, err := st.s.Money().Alikes(st.t.Context())
	if err != nil {
		st.t.Fatal(err)
	}
	known := slices.ContainsFunc(st.payments(), func(p store.Payment) bool { return p.Receipt == a.Receipt })
	amount := cmp.Or(a.Amount, store.Cents(st.pushes[0].Amount)*100)
	for _, p := range st.payments() {
		alike := slices.ContainsFunc(pairs, func(pair store.Alike) bool {
			return pair.Receipt == a.Receipt && pair.Pending == p.ID
		})
		if p.Receipt == "" && p.TicketID == st.pushes[0].TicketID && (p.Amount == 0 || p.Amount == amount) &&
			p.State != store.PaymentRefunded && (!known || alike) {
			return p.ID
		}
	}
	return 0
}

// accept lets a person take a receipt for the ticket of the stage, and says what the person is told: the payment's
// state and reason, or the refusal.
func (st *stage) accept(a store.Acceptance) string {
	st.t.Helper()
	if a.PaymentID == 0 && a.Ticket == "" {
		if a.PaymentID = st.lacking(a); a.PaymentID == 0 {
			a.Ticket = st.pushes[0].Code
		}
	}
	a.By = "Wanjiru"
	p, err := st.s.Money().AcceptReceipt(st.t.Context(), a)
	if refusal, is := errors.AsType[*store.Refusal](err); is {
		return string(refusal.Kind)
	}
	if errors.Is(err, store.ErrNotFound) {
		return "not found"
	}
	if err != nil {
		st.t.Fatalf("%+v: %v", a, err)
	}
	return strings.TrimSpace(string(p.State) + " " + string(p.Reason))
}

// play lets events happen. One that begins with "accept" is a person who takes the receipt that it names, with an
// amount of KSh 100 where it begins with "accept 100".
func (st *stage) play(events string) {
	st.t.Helper()
	for event := range strings.SplitSeq(events, " > ") {
		receipt, is := strings.CutPrefix(event, "accept ")
		if !is {
			st.do(event)
			continue
		}
		var a store.Acceptance
		if a.Receipt, is = strings.CutPrefix(receipt, "100 "); is {
			a.Amount = 10_000
		}
		st.told = st.accept(a)
	}
}

// TestAcceptedReceipt: what a person has found in the portal is applied as M-PESA's own word would be, and counts once,
// whatever M-PESA tells later.
func TestAcceptedReceipt(t *testing.T) { storetest.Each(t, testAcceptedReceipt) }

func testAcceptedReceipt(t *testing.T) {
	const (
		three = "accepted > no answer > 120 s > retry > accepted > no answer > 120 s > retry > accepted > query: " +
			"paid 1 > query: paid 2 > query: paid 3"
		two = "accepted > no answer > 120 s > retry > accepted"
	)
	for _, c := range []struct{ events, told, want string }{
		// Of a push without a verdict.
		{"accepted > accept RECEIPT1", "applied", "Paid; RECEIPT1 applied"},
		{"answer lost > hold ends > accept RECEIPT1", "applied", "Paid; RECEIPT1 applied"},
		{"answer lost > hold ends > accept RECEIPT1 > accept RECEIPT1", "applied", "Paid; RECEIPT1 applied"},
		{"answer lost > hold ends > accept RECEIPT1 > paid", "known already", "Paid; RECEIPT1 applied"},
		{"accepted > hold ends > accept RECEIPT1 > query: paid", "unmatched: may_be_same",
			"Paid; RECEIPT1 applied;  unmatched may_be_same"},
		{"accepted > hold ends > accept RECEIPT1 > query: paid > paid", "known already", "Paid; RECEIPT1 applied"},
		{"accepted > hold ends > accept RECEIPT1 > paid > query: paid", "known already", "Paid; RECEIPT1 applied"},
		{"accepted > hold ends > accept RECEIPT1 > cancelled", "failed", "Paid; RECEIPT1 applied"},
		{"accepted > hold ends > accept RECEIPT1 > c2b echo > query: paid", "unmatched: may_be_same",
			"Paid; RECEIPT1 applied;  unmatched may_be_same"},
		{"accepted > hold ends > accept OTHER00001 > paid", "refund due: paid_twice",
			"Paid; OTHER00001 applied; RECEIPT1 refund_due paid_twice"},
		{"accepted > accept RECEIPT1 > refund > query: paid", "unmatched: may_be_same",
			"Paid void; RECEIPT1 refund_due refund_asked;  unmatched may_be_same"},
		// Which of two pushes it was cannot be told, until the other has failed.
		{two + " > accept RECEIPT1 > query: paid 2", "unmatched: may_be_same",
			"Paid; RECEIPT1 applied;  unmatched may_be_same"},
		{two + " > accept RECEIPT1 > query: paid 2 > cancelled 1", "failed",
			"Paid; RECEIPT1 applied;  unmatched may_be_same"},
		{two + " > accept RECEIPT1 > paid 1 > query: paid 2", "refund due: paid_twice",
			"Paid; RECEIPT1 applied;  refund_due paid_twice"},
		// Of payments that M-PESA confirmed without a receipt.
		{"accepted > query: paid > accept RECEIPT1", "applied", "Paid; RECEIPT1 applied"},
		{"accepted > query: paid > accept RECEIPT1 > paid", "known already", "Paid; RECEIPT1 applied"},
		{three + " > accept RECEIPT2", "applied",
			"Paid; RECEIPT2 applied;  refund_due paid_twice;  refund_due paid_twice"},
		{three + " > accept RECEIPT1 > accept RECEIPT2 > accept RECEIPT3", "refund_due paid_twice",
			"Paid; RECEIPT1 applied; RECEIPT2 refund_due paid_twice; RECEIPT3 refund_due paid_twice"},
		{three + " > accept RECEIPT2 > paid 2", "refund due: paid_twice",
			"Paid;  applied; RECEIPT2 refund_due paid_twice;  refund_due paid_twice"},
		// Of money that was told of.
		{"accepted > c2b echo of a till > hold ends > accept RECEIPT1", "applied", "Paid; RECEIPT1 applied"},
		{"accepted > typed by a stranger > accept RECEIPT1", "applied", "Paid; RECEIPT1 applied"},
		{"accepted > paid by hand > accept BYHAND1", "applied", "Paid; BYHAND1 applied"},
		{"accepted > query: paid > another ticket > accept BYHAND1 > paid by hand", "unmatched: to_be_confirmed",
			"Paid;  applied; BYHAND1 unmatched to_be_confirmed | the other ticket: Failed"},
		{"accepted > query: paid > c2b echo of a till > accept RECEIPT1", "applied", "Paid; RECEIPT1 applied"},
		{"accepted > query: paid > 120 s > paid by hand > accept BYHAND1", "refund_due paid_twice",
			"Paid;  applied; BYHAND1 refund_due paid_twice"},
		// What is no ticket.
		{"answer lost > hold ends > others take all > accept RECEIPT1", "refund_due seats_gone",
			"Failed unconfirmed; RECEIPT1 refund_due seats_gone"},
		{"accepted > paid > accept OTHER00001", "refund_due paid_twice",
			"Paid; RECEIPT1 applied; OTHER00001 refund_due paid_twice"},
		{"answer lost > hold ends > accept 100 RECEIPT1", "refund_due wrong_amount",
			"Failed unconfirmed; RECEIPT1 refund_due wrong_amount, less than the price"},
		{"answer lost > hold ends > screening cancelled > accept RECEIPT1", "refund_due screening_cancelled",
			"Failed unconfirmed; RECEIPT1 refund_due screening_cancelled"},
		// Refusals.
		{"accepted > paid too little > accept RECEIPT1", "amount_known",
			"Failed wrong_amount, held 120s; RECEIPT1 refund_due wrong_amount, less than the price"},
		{"accepted > paid > refund > accept RECEIPT1", "already_refunded",
			"Paid void; RECEIPT1 refund_due refund_asked"},
		{"accepted > paid > refund > reversed > accept RECEIPT1", "already_refunded",
			"Paid void; RECEIPT1 refunded refund_asked"},
	} {
		t.Run(c.events, func(t *testing.T) {
			t.Parallel()
			st := newStage(t)
			st.play(c.events)
			if got := st.end(); got != c.want || st.told != c.told {
				t.Errorf("told %q, %s\nwant %q, %s", st.told, got, c.told, c.want)
			}
			storetest.Sound(t, st.s)
		})
	}
}

// TestReceiptOfOnePayment: a person may say which of several payments without a receipt a receipt is of, also where it
// has been accepted for their ticket before.
func TestReceiptOfOnePayment(t *testing.T) { storetest.Each(t, testReceiptOfOnePayment) }

func testReceiptOfOnePayment(t *testing.T) {
	st := newStage(t)
	st.play("accepted > no answer > 120 s > retry > accepted > accept RECEIPT1 > query: paid 2")
	payments, err := st.s.Money().Payments(t.Context())
	if err != nil || len(payments) != 2 {
		t.Fatal(payments, err)
	}
	known, nameless := payments[0].ID, payments[1].ID
	for _, c := range []struct {
		a          store.Acceptance
		told, want string
	}{
		{store.Acceptance{Receipt: "OTHER00001", PaymentID: known}, "receipt_known",
			"Paid; RECEIPT1 applied;  unmatched may_be_same"},
		{store.Acceptance{Receipt: "OTHER00001", PaymentID: 1}, "not found",
			"Paid; RECEIPT1 applied;  unmatched may_be_same"},
		{store.Acceptance{Receipt: "RECEIPT1", PaymentID: nameless, Amount: 100}, "amount_known",
			"Paid; RECEIPT1 applied;  unmatched may_be_same"},
		{store.Acceptance{Receipt: "RECEIPT1", PaymentID: nameless}, "applied", "Paid; RECEIPT1 applied"},
	} {
		if told := st.accept(c.a); told != c.told || st.end() != c.want {
			t.Errorf("%+v: told %q, %s; want %q, %s", c.a, told, st.end(), c.told, c.want)
		}
	}
	storetest.Sound(t, st.s)
}

// TestAcceptedOfAnother: a receipt that is another ticket's money is not taken, and nothing is written.
func TestAcceptedOfAnother(t *testing.T) { storetest.Each(t, testAcceptedOfAnother) }

func testAcceptedOfAnother(t *testing.T) {
	st := newStage(t)
	st.play("accepted > paid > another ticket")
	other, err := st.s.Tickets().TicketBySecret(t.Context(), st.other)
	if err != nil {
		t.Fatal(err)
	}
	for code, want := range map[string]string{other.Code: "receipt_used", "0NOSUCH": "not found"} {
		if told := st.accept(store.Acceptance{Receipt: "RECEIPT1", Ticket: code}); told != want {
			t.Errorf("%s: %s", code, told)
		}
	}
	if got := st.end(); got != "Paid; RECEIPT1 applied | the other ticket: Failed" {
		t.Error(got)
	}
	storetest.Sound(t, st.s)
}

// TestAcceptanceEndsClaims: a receipt that waited for a person has its answer, and one that nobody had named is written
// down.
func TestAcceptanceEndsClaims(t *testing.T) { storetest.Each(t, testAcceptanceEndsClaims) }

func testAcceptanceEndsClaims(t *testing.T) {
	const sound = "Paid; RECEIPT1 applied"
	for name, named := range map[string]func(*stage){
		"named by nobody": func(*stage) {},
		"to be asked":     func(st *stage) { st.claim("RECEIPT1") },
		"for a person":    func(st *stage) { st.forPerson("RECEIPT1") },
		"refused": func(st *stage) {
			if err := st.typed(st.pushes[0].Secret, "RECEIPT1", store.Transaction{}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStage(t)
			st.do("answer lost")
			named(st)
			if told := st.accept(store.Acceptance{Receipt: "RECEIPT1"}); told != "applied" {
				t.Error(told)
			}
			claims, err := st.s.Money().ReceiptClaims(t.Context(), st.pushes[0].TicketID)
			if want := map[bool]int{true: 0, false: 1}[name == "named by nobody"]; err != nil || len(claims) != want ||
				want > 0 && claims[0].State != store.ClaimConfirmed {
				t.Errorf("%+v %v", claims, err)
			}
			if said, err := st.s.Texts(`SELECT DISTINCT said_by FROM fact WHERE source = 'operator'`); err != nil || len(said) != 1 || said[0] != "Wanjiru" {
				t.Errorf("%q %v", said, err)
			}
			if name == "refused" { // M-PESA has said that it does not know it, and a person says that it does
				st.ends(sound+", doubt receipt_unknown", "applied receipt_unknown", "receipt_unknown")
			} else {
				st.ends(sound, "", "")
			}
		})
	}
}

// TestReversedReceiptIsNotAccepted: M-PESA has said that its money has gone back.
func TestReversedReceiptIsNotAccepted(t *testing.T) {
	storetest.Each(t, testReversedReceiptIsNotAccepted)
}

func testReversedReceiptIsNotAccepted(t *testing.T) {
	st := newStage(t)
	st.do("answer lost")
	if err := st.typed(st.pushes[0].Secret, "RECEIPT1", store.Transaction{
		Known: true, Reversed: true, Receipt: "RECEIPT1",
	}); err != nil {
		t.Fatal(err)
	}
	if told := st.accept(store.Acceptance{Receipt: "RECEIPT1"}); told != "already_refunded" {
		t.Error(told)
	}
}

// claim lets the customer type a receipt.
func (st *stage) claim(receipt string) {
	st.t.Helper()
	if err := st.s.Money().ClaimReceipt(st.t.Context(), st.pushes[0].Secret, receipt, ""); err != nil {
		st.t.Fatal(err)
	}
}

// forPerson lets the customer type a receipt where there is no initiator to ask M-PESA with.
func (st *stage) forPerson(receipt string) {
	st.t.Helper()
	st.claim(receipt)
	c, err := st.s.Jobs().TakeQuestion(st.t.Context(), 0, store.TransactionStatus)
	if err == nil {
		err = st.s.Money().EndReceipt(st.t.Context(), c.Receipt)
	}
	if err != nil {
		st.t.Fatal(err)
	}
}

// TestAcceptedAtOnce: a person's word, M-PESA's callback and its C2B confirmation of one receipt, all at once, are one
// payment.
func TestAcceptedAtOnce(t *testing.T) { storetest.Each(t, testAcceptedAtOnce) }

func testAcceptedAtOnce(t *testing.T) {
	for _, before := range []string{"accepted", "accepted > query: paid", "accepted > hold ends"} {
		for range 4 {
			st := newStage(t)
			st.play(before)
			push := st.pushes[0]
			amount := store.Cents(push.Amount * 100)
			atOnce(t,
				func() error {
					_, err := st.s.Money().AcceptReceipt(t.Context(), store.Acceptance{
						Receipt: "RECEIPT1", Ticket: push.Code,
					})
					return err
				},
				func() error {
					return st.callback(push.CallbackToken, "ws_CO_1", 1, store.Verdict{
						Class: store.Success, Amount: &amount,
					})
				},
				func() error {
					_, err := st.s.Money().ApplyIncoming(t.Context(), store.IncomingPayment{
						Receipt: "RECEIPT1", Amount: amount, Phone: store.Pattern(push.Phone), Account: push.Reference,
						TransactedAt: st.made[0], LearntBy: "c2b",
					})
					return err
				})
			if got := strings.TrimSuffix(st.end(), ""); got != "Paid; RECEIPT1 applied" {
				t.Errorf("%s: %s", before, got)
			}
			storetest.Sound(t, st.s)
		}
	}
}

// atOnce runs writes that do not wait for each other.
func atOnce(t *testing.T, writes ...func() error) {
	t.Helper()
	all := make(chan error, len(writes))
	for _, w := range writes {
		go func() { all <- w() }()
	}
	for range writes {
		if err := <-all; err != nil {
			t.Error(err)
		}
	}
}
