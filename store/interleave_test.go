package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// moreEvents are those that other sources than the push's own callback bring. They are about the stage's nth push,
// whose payment has receipt RECEIPTn.
func (st *stage) moreEvents(event string, n int) (err error) {
	push := st.pushes[n-1]
	ctx, checkout, receipt := st.t.Context(), fmt.Sprint("ws_CO_", n), fmt.Sprint("RECEIPT", n)
	amount := store.Cents(push.Amount * 100)
	paidAt := st.made[n-1] // M-PESA took the money of a prompt at once
	query := func(v store.Verdict) error {
		v.LearntBy, v.CheckoutRequestID = "query", checkout
		applied, err := st.s.Money().ApplyQuery(ctx, push.PushID, v)
		st.told = told(applied)
		return err
	}
	switch event {
	case "query: paid":
		return query(store.Verdict{Class: store.Success, Code: "0"})
	case "query: cancelled":
		return query(store.Verdict{Class: store.FinalFailure, Code: "1032", Reason: "cancelled"})
	case "query: nothing":
		return query(store.Verdict{Class: store.Unclear})
	case "query, then receipt":
		if err := query(store.Verdict{Class: store.Success, Code: "0"}); err != nil {
			return err
		}
		return st.callback(push.CallbackToken, checkout, n, store.Verdict{Class: store.Success, Amount: &amount})
	case "paid, told twice":
		for range 2 {
			if err := st.callback(push.CallbackToken, checkout, n, store.Verdict{
				Class: store.Success, Amount: &amount,
			}); err != nil {
				return err
			}
		}
		return nil
	case "late success":
		st.clock.add(3*time.Minute + time.Second)
		if _, err := st.s.Tickets().EndHolds(ctx); err != nil {
			return err
		}
		return st.callback(push.CallbackToken, checkout, n, store.Verdict{Class: store.Success, Amount: &amount})
	case "retried by another phone": // the prompt fails, and the customer tries again
		if err := st.callback(push.CallbackToken, checkout, n, store.Verdict{
			Class: store.SoftFailure, Reason: "timeout", Code: "1037",
		}); err != nil {
			return err
		}
		st.clock.add(2 * time.Minute)
		return st.retry(storetest.Phone(2))
	case "c2b echo", "c2b echo of a till", "by hand, code in groups", "c2b echo, too little", "c2b, no amount",
		"c2b echo of a till, too little":
		h := store.IncomingPayment{
			Receipt: receipt, Amount: amount, Phone: store.Pattern(push.Phone[:4] + "*****" + push.Phone[9:]),
			Account: push.Reference, TransactedAt: paidAt, LearntBy: "c2b",
		}
		switch event {
		case "c2b echo of a till":
			h.Account = ""
		case "by hand, code in groups": // as the ticket's page shows it
			h.Account = push.Code[:1] + " " + push.Code[1:5] + " " + push.Code[5:]
		case "c2b echo, too little":
			h.Amount -= 100
		case "c2b echo of a till, too little":
			h.Account, h.Amount = "", h.Amount-100
		case "c2b, no amount":
			h.Amount, h.Account = 0, ""
		}
		applied, err := st.s.Money().ApplyIncoming(ctx, h)
		st.told = told(applied)
		return err
	case "paid by hand":
		applied, err := st.s.Money().ApplyIncoming(ctx, store.IncomingPayment{
			Receipt: fmt.Sprint("BYHAND", n), Amount: amount,
			Phone: store.Pattern(push.Phone[:4] + "*****" + push.Phone[9:]), Account: push.Code,
			TransactedAt: st.s.Now(), LearntBy: "c2b",
		})
		st.told = told(applied)
		return err
	case "by hand, typed":
		receipt = fmt.Sprint("BYHAND", n)
		return st.typed(push.Secret, receipt, store.Transaction{
			Known: true, Completed: true, ToUs: true, Receipt: receipt, Amount: amount,
			Phone:        store.Pattern(push.Phone),
			TransactedAt: st.s.Now(),
		})
	case "typed older", "typed, paid to others", "typed, unknown": // what is of no use to the ticket
		tr := store.Transaction{
			Known: event != "typed, unknown", Completed: true, ToUs: event == "typed older", Receipt: receipt,
			Amount: amount, Phone: store.Pattern(push.Phone), TransactedAt: paidAt,
		}
		if event == "typed older" {
			tr.TransactedAt = paidAt.Add(-time.Minute)
		}
		return st.typed(push.Secret, receipt, tr)
	case "typed, went back", "typed, others got it back":
		return st.typed(push.Secret, receipt, store.Transaction{
			Known: true, Reversed: true, ToUs: event == "typed, went back", Receipt: receipt, Amount: amount,
			Phone:        store.Pattern(push.Phone),
			TransactedAt: paidAt,
		})
	case "second typed": // another payment of the phone, which nothing else tells of
		receipt = fmt.Sprint("SECOND", n)
		return st.typed(push.Secret, receipt, store.Transaction{
			Known: true, Completed: true, ToUs: true, Receipt: receipt, Amount: amount,
			Phone:        store.Pattern(push.Phone),
			TransactedAt: st.s.Now(),
		})
	case "claimed": // and M-PESA is still to answer
		return st.s.Money().ClaimReceipt(ctx, push.Secret, receipt, "")
	case "typed late": // it was paid a moment ago
		return st.typed(push.Secret, receipt, store.Transaction{
			Known: true, Completed: true, ToUs: true, Receipt: receipt, Amount: amount,
			Phone:        store.Pattern(push.Phone),
			TransactedAt: st.s.Now(),
		})
	case "typed":
		return st.typed(push.Secret, receipt, store.Transaction{
			Known: true, Completed: true, ToUs: true, Receipt: receipt, Amount: amount,
			Phone:        store.Pattern(push.Phone),
			TransactedAt: paidAt,
		})
	case "another ticket":
		sent, _, err := st.s.Tickets().Book(ctx,
			storetest.Booking(storetest.Screening(st.t, st.s, 2, 2), storetest.Phone(90), 2))
		if err != nil {
			return err
		}
		st.other = sent.Secret
		return st.s.Tickets().RecordAnswer(ctx, sent, store.Answer{Kind: store.Refused})
	case "typed for another ticket of the phone":
		st.clock.add(5 * time.Minute)
		if _, err := st.s.Tickets().EndHolds(ctx); err != nil {
			return err
		}
		if _, err := st.s.Tickets().Retry(ctx, store.NewRetry{Secret: st.other, Phone: push.Phone}); err != nil {
			return err
		}
		return st.typed(st.other, receipt, store.Transaction{
			Known: true, Completed: true, ToUs: true, Receipt: receipt, Amount: amount,
			Phone:        store.Pattern(push.Phone),
			TransactedAt: paidAt,
		})
	case "typed by a stranger":
		if st.stranger == "" {
			id := storetest.Screening(st.t, st.s, 2, 2)
			sent, _, err := st.s.Tickets().Book(ctx, storetest.Booking(id, storetest.Phone(77), 2))
			if err != nil {
				return err
			}
			st.stranger = sent.Secret
		}
		return st.typed(st.stranger, receipt, store.Transaction{
			Known: true, Completed: true, ToUs: true, Receipt: receipt, Amount: amount,
			Phone:        store.Pattern(push.Phone),
			TransactedAt: paidAt,
		})
	case "refund":
		_, err := st.s.Money().RequestRefund(ctx, store.NewRefund{Receipt: receipt, By: "box office"})
		st.told = "refund requested"
		if err != nil {
			st.told = "no refund"
		}
		return ignore(err, store.ErrNotFound)
	case "refund of what the portal says", "given back by hand":
		n := store.NewRefund{Receipt: receipt, By: "box office", Amount: amount}
		if event == "given back by hand" {
			n.Reference = "PORTAL1"
		}
		_, err := st.s.Money().RequestRefund(ctx, n)
		return err
	case "reversed", "reversed before", "reversal refused", "reversal timed out":
		return st.reversal(map[string]store.RefundVerdict{
			"reversed": store.RefundReversed, "reversed before": store.RefundReversedBefore,
			"reversal refused": store.RefundRefused, "reversal timed out": store.RefundUnclear,
		}[event])
	case "10 min":
		st.clock.add(10 * time.Minute)
		return nil
	}
	st.t.Fatalf("no such event: %q", event)
	return nil
}

// typed lets a customer name a receipt, and M-PESA answer what it is asked about it.
func (st *stage) typed(secret, receipt string, tr store.Transaction) error {
	ctx := st.t.Context()
	if err := st.s.Money().ClaimReceipt(ctx, secret, receipt, ""); err != nil {
		return err
	}
	c, err := st.s.Jobs().TakeQuestion(ctx, 0, store.TransactionStatus)
	for err == nil && c.Receipt != receipt {
		c, err = st.s.Jobs().TakeQuestion(ctx, 0, store.TransactionStatus)
	}
	if err != nil {
		st.told = "nothing to ask"
		return errors.Join(ignore(ignore(err, store.ErrNotFound), store.ErrGivenOver), st.judged(secret, receipt))
	}
	id, known, err := st.s.Money().StoreCallback(ctx, store.NewCallback{
		Kind: store.CallbackStatus, Token: c.ResultToken, Body: []byte("{}"), Size: 2,
	})
	if err != nil || !known {
		return fmt.Errorf("keep: known %v, %w", known, err)
	}
	applied, err := st.s.Money().ApplyStatus(ctx, id, tr)
	st.told = told(applied)
	if err != nil || applied.Outcome.NotUnderstood() {
		return err
	}
	return st.judged(secret, receipt)
}

// judged lets the customer who named a receipt be told what became of that, unless it was confirmed: then what it is
// for has been told.
func (st *stage) judged(secret, receipt string) error {
	tk, err := st.s.Tickets().TicketBySecret(st.t.Context(), secret)
	if err != nil {
		return err
	}
	claims, err := st.s.Money().ReceiptClaims(st.t.Context(), tk.ID)
	for _, c := range claims {
		if c.Receipt == receipt && c.State != store.ClaimConfirmed {
			st.told = strings.TrimSuffix(fmt.Sprintf("%s: %s", c.State, c.Reason), ": ")
		}
	}
	return err
}

// reversal sends the refund that is due, where there is one, and lets M-PESA answer.
func (st *stage) reversal(v store.RefundVerdict) error {
	ctx := st.t.Context()
	r, err := st.s.Jobs().TakeQuestion(ctx, 0, store.Reversal)
	if err != nil {
		st.told = "nothing to reverse"
		return ignore(err, store.ErrNotFound)
	}
	if err := st.s.Money().RecordRefundAnswer(ctx, r.ID, store.RefundAnswer{
		ConversationID: fmt.Sprint("AG_", r.ID, r.Sent),
	}); err != nil {
		return err
	}
	id, known, err := st.s.Money().StoreCallback(ctx, store.NewCallback{
		Kind: store.CallbackReversal, Token: r.ResultToken, Body: []byte("{}"), Size: 2,
	})
	if err != nil || !known {
		return fmt.Errorf("keep: known %v, %w", known, err)
	}
	applied, err := st.s.Money().ApplyReversal(ctx, id, store.RefundAnswer{Verdict: v, Code: "0"})
	st.told = told(applied)
	return err
}

func ignore(err, ignored error) error {
	if strings.Contains(fmt.Sprint(err), ignored.Error()) {
		return nil
	}
	return err
}

// fewer is how much less of the tables is played with -short, which is for the race detector: one thing after the other
// has few races.
const fewer = 5

// TestPairs plays every pair of eleven events on one ticket, in both orders.
func TestPairs(t *testing.T) { storetest.Each(t, testPairs) }

func testPairs(t *testing.T) {
	pairs := []struct{ events, want string }{
		{"accepted > hold ends", "Failed unconfirmed"},
		{"accepted > paid", "Paid; RECEIPT1 applied"},
		{"accepted > paid, told twice", "Paid; RECEIPT1 applied"},
		{"accepted > late success", "Paid; RECEIPT1 applied"},
		{"accepted > retried by another phone", "Pending, held 180s"},
		{"accepted > query, then receipt", "Paid; RECEIPT1 applied"},
		{"accepted > refund", "Pending, held 180s"},
		{"accepted > c2b echo", "Paid; RECEIPT1 applied"},
		{"accepted > typed by a stranger", "Pending, held 180s; RECEIPT1 unmatched other_phone"},
		{"accepted > screening cancelled", "Pending, held 180s"},
		{"hold ends > accepted", "Failed unconfirmed"},
		{"hold ends > paid", "Paid; RECEIPT1 applied"},
		{"hold ends > paid, told twice", "Paid; RECEIPT1 applied"},
		{"hold ends > late success", "Paid; RECEIPT1 applied"},
		{"hold ends > retried by another phone", "Pending, held 180s"},
		{"hold ends > query, then receipt", "Paid; RECEIPT1 applied"},
		{"hold ends > refund", "Failed unconfirmed"},
		{"hold ends > c2b echo", "Paid; RECEIPT1 applied"},
		{"hold ends > typed by a stranger", "Failed unconfirmed; RECEIPT1 unmatched older"},
		{"hold ends > screening cancelled", "Failed unconfirmed"},
		{"paid > accepted", "Paid; RECEIPT1 applied"},
		{"paid > hold ends", "Paid; RECEIPT1 applied"},
		{"paid > paid, told twice", "Paid; RECEIPT1 applied"},
		{"paid > late success", "Paid; RECEIPT1 applied"},
		{"paid > retried by another phone", "Paid; RECEIPT1 applied"},
		{"paid > query, then receipt", "Paid; RECEIPT1 applied"},
		{"paid > refund", "Paid void; RECEIPT1 refund_due refund_asked"},
		{"paid > c2b echo", "Paid; RECEIPT1 applied"},
		{"paid > typed by a stranger", "Paid; RECEIPT1 applied"},
		{"paid > screening cancelled", "Paid void; RECEIPT1 refund_due screening_cancelled"},
		{"paid, told twice > accepted", "Paid; RECEIPT1 applied"},
		{"paid, told twice > hold ends", "Paid; RECEIPT1 applied"},
		{"paid, told twice > paid", "Paid; RECEIPT1 applied"},
		{"paid, told twice > late success", "Paid; RECEIPT1 applied"},
		{"paid, told twice > retried by another phone", "Paid; RECEIPT1 applied"},
		{"paid, told twice > query, then receipt", "Paid; RECEIPT1 applied"},
		{"paid, told twice > refund", "Paid void; RECEIPT1 refund_due refund_asked"},
		{"paid, told twice > c2b echo", "Paid; RECEIPT1 applied"},
		{"paid, told twice > typed by a stranger", "Paid; RECEIPT1 applied"},
		{"paid, told twice > screening cancelled", "Paid void; RECEIPT1 refund_due screening_cancelled"},
		{"late success > accepted", "Paid; RECEIPT1 applied"},
		{"late success > hold ends", "Paid; RECEIPT1 applied"},
		{"late success > paid", "Paid; RECEIPT1 applied"},
		{"late success > paid, told twice", "Paid; RECEIPT1 applied"},
		{"late success > retried by another phone", "Paid; RECEIPT1 applied"},
		{"late success > query, then receipt", "Paid; RECEIPT1 applied"},
		{"late success > refund", "Paid void; RECEIPT1 refund_due refund_asked"},
		{"late success > c2b echo", "Paid; RECEIPT1 applied"},
		{"late success > typed by a stranger", "Paid; RECEIPT1 applied"},
		{"late success > screening cancelled", "Paid void; RECEIPT1 refund_due screening_cancelled"},
		{"retried by another phone > accepted", "Pending, held 180s"},
		{"retried by another phone > hold ends", "Failed unconfirmed"},
		{"retried by another phone > paid", "Paid; RECEIPT2 applied"},
		{"retried by another phone > paid, told twice", "Paid; RECEIPT2 applied"},
		{"retried by another phone > late success", "Paid; RECEIPT2 applied"},
		{"retried by another phone > query, then receipt", "Paid; RECEIPT2 applied"},
		{"retried by another phone > refund", "Pending, held 180s"},
		{"retried by another phone > c2b echo", "Paid; RECEIPT2 applied"},
		{"retried by another phone > typed by a stranger", "Pending, held 180s; RECEIPT2 unmatched other_phone"},
		{"retried by another phone > screening cancelled", "Pending, held 180s"},
		{"query, then receipt > accepted", "Paid; RECEIPT1 applied"},
		{"query, then receipt > hold ends", "Paid; RECEIPT1 applied"},
		{"query, then receipt > paid", "Paid; RECEIPT1 applied"},
		{"query, then receipt > paid, told twice", "Paid; RECEIPT1 applied"},
		{"query, then receipt > late success", "Paid; RECEIPT1 applied"},
		{"query, then receipt > retried by another phone", "Paid; RECEIPT1 applied"},
		{"query, then receipt > refund", "Paid void; RECEIPT1 refund_due refund_asked"},
		{"query, then receipt > c2b echo", "Paid; RECEIPT1 applied"},
		{"query, then receipt > typed by a stranger", "Paid; RECEIPT1 applied"},
		{"query, then receipt > screening cancelled", "Paid void; RECEIPT1 refund_due screening_cancelled"},
		{"refund > accepted", "Pending, held 180s"},
		{"refund > hold ends", "Failed unconfirmed"},
		{"refund > paid", "Paid; RECEIPT1 applied"},
		{"refund > paid, told twice", "Paid; RECEIPT1 applied"},
		{"refund > late success", "Paid; RECEIPT1 applied"},
		{"refund > retried by another phone", "Pending, held 180s"},
		{"refund > query, then receipt", "Paid; RECEIPT1 applied"},
		{"refund > c2b echo", "Paid; RECEIPT1 applied"},
		{"refund > typed by a stranger", "Pending, held 180s; RECEIPT1 unmatched other_phone"},
		{"refund > screening cancelled", "Pending, held 180s"},
		{"c2b echo > accepted", "Paid; RECEIPT1 applied"},
		{"c2b echo > hold ends", "Paid; RECEIPT1 applied"},
		{"c2b echo > paid", "Paid; RECEIPT1 applied"},
		{"c2b echo > paid, told twice", "Paid; RECEIPT1 applied"},
		{"c2b echo > late success", "Paid; RECEIPT1 applied"},
		{"c2b echo > retried by another phone", "Paid; RECEIPT1 applied"},
		{"c2b echo > query, then receipt", "Paid; RECEIPT1 applied"},
		{"c2b echo > refund", "Paid void; RECEIPT1 refund_due refund_asked"},
		{"c2b echo > typed by a stranger", "Paid; RECEIPT1 applied"},
		{"c2b echo > screening cancelled", "Paid void; RECEIPT1 refund_due screening_cancelled"},
		{"typed by a stranger > accepted", "Pending, held 180s; RECEIPT1 unmatched other_phone"},
		{"typed by a stranger > hold ends", "Failed unconfirmed; RECEIPT1 unmatched other_phone"},
		{"typed by a stranger > paid", "Paid; RECEIPT1 applied"},
		{"typed by a stranger > paid, told twice", "Paid; RECEIPT1 applied"},
		{"typed by a stranger > late success", "Paid; RECEIPT1 applied"},
		{"typed by a stranger > retried by another phone", "Pending, held 180s; RECEIPT1 unmatched other_phone"},
		{"typed by a stranger > query, then receipt", "Paid; RECEIPT1 applied"},
		{"typed by a stranger > refund", "Pending, held 180s; RECEIPT1 unmatched other_phone"},
		{"typed by a stranger > c2b echo", "Paid; RECEIPT1 applied"},
		{"typed by a stranger > screening cancelled", "Pending, held 180s; RECEIPT1 unmatched other_phone"},
		{"screening cancelled > accepted", "Pending, held 180s"},
		{"screening cancelled > hold ends", "Failed unconfirmed"},
		{"screening cancelled > paid",
			"Failed screening_cancelled, held 120s; RECEIPT1 refund_due screening_cancelled"},
		{"screening cancelled > paid, told twice",
			"Failed screening_cancelled, held 120s; RECEIPT1 refund_due screening_cancelled"},
		{"screening cancelled > late success", "Failed screening_cancelled; RECEIPT1 refund_due screening_cancelled"},
		{"screening cancelled > retried by another phone", "Failed timeout, held 60s"},
		{"screening cancelled > query, then receipt",
			"Failed screening_cancelled, held 120s; RECEIPT1 refund_due screening_cancelled"},
		{"screening cancelled > refund", "Pending, held 180s"},
		{"screening cancelled > c2b echo",
			"Pending, held 180s; RECEIPT1 refund_due screening_cancelled"},
		{"screening cancelled > typed by a stranger", "Pending, held 180s; RECEIPT1 unmatched other_phone"},
	}
	events, played := map[string]bool{}, map[string]int{}
	for i, p := range pairs {
		a, b, _ := strings.Cut(p.events, " > ")
		events[a], events[b] = true, true
		played[p.events]++
		if testing.Short() && i%fewer != 0 {
			continue
		}
		t.Run(p.events, func(t *testing.T) {
			t.Parallel()
			st := newStage(t)
			st.do(a)
			st.do(b)
			if got := st.end(); got != p.want {
				t.Errorf("ends as  %s\nwant     %s", got, p.want)
			}
			st.sound()
		})
	}
	if len(events) != 11 {
		t.Errorf("%d events", len(events))
	}
	for a := range events {
		for b := range events {
			if order := a + " > " + b; a != b && played[order] != 1 {
				t.Errorf("%s is there %d times", order, played[order])
			}
		}
	}
}

// TestMoneyFromElsewhere plays what other sources than the callback bring, in the orders in which they can bring it.
func TestMoneyFromElsewhere(t *testing.T) { storetest.Each(t, testMoneyFromElsewhere) }

func testMoneyFromElsewhere(t *testing.T) {
	for i, c := range []struct{ events, told, want string }{
		{"accepted > query: paid", "paid", "Paid;  applied"},
		{"accepted > query: nothing > query: cancelled", "failed", "Failed cancelled, held 120s"},
		{"accepted > query: paid > c2b echo", "unmatched: may_be_same",
			"Paid;  applied; RECEIPT1 unmatched may_be_same"},
		{"accepted > query: paid > c2b echo of a till", "unmatched: names_no_ticket",
			"Paid;  applied; RECEIPT1 unmatched names_no_ticket"},
		{"accepted > query: paid > by hand, code in groups", "unmatched: to_be_confirmed",
			"Paid;  applied; RECEIPT1 unmatched to_be_confirmed"},
		{"accepted > by hand, code in groups > query: paid", "paid",
			"Paid; RECEIPT1 unmatched to_be_confirmed;  applied"},
		{"accepted > hold ends > by hand, code in groups", "unmatched: to_be_confirmed",
			"Failed unconfirmed; RECEIPT1 unmatched to_be_confirmed"},
		{"accepted > query: paid > c2b echo > paid", "known already", "Paid; RECEIPT1 applied"},
		{"accepted > c2b echo > query: paid", "unmatched: may_be_same",
			"Paid; RECEIPT1 applied;  unmatched may_be_same"},
		{"accepted > c2b echo of a till > query: paid", "paid", "Paid; RECEIPT1 unmatched names_no_ticket;  applied"},
		{"accepted > c2b echo > query: paid > paid", "known already", "Paid; RECEIPT1 applied"},
		{"accepted > c2b echo > paid > query: paid", "known already", "Paid; RECEIPT1 applied"},
		{"accepted > paid > c2b echo > query: paid", "known already", "Paid; RECEIPT1 applied"},
		{"accepted > query: paid > paid too little", "refund due: wrong_amount",
			"Paid void; RECEIPT1 refund_due wrong_amount, less than the price"},
		{"accepted > paid, no amount > c2b echo", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > c2b echo > paid, no amount", "known already", "Paid; RECEIPT1 applied"},
		{"accepted > paid, no amount > c2b echo of a till > c2b echo", "known already", "Paid; RECEIPT1 applied"},
		{"accepted > paid, no amount > c2b echo, too little", "refund due: wrong_amount",
			"Failed wrong_amount, held 120s; RECEIPT1 refund_due wrong_amount, less than the price"},
		{"accepted > paid, no amount > hold ends > others take all > c2b echo", "refund due: seats_gone",
			"Failed seats_gone; RECEIPT1 refund_due seats_gone"},
		{"accepted > c2b, no amount", "unmatched: names_no_ticket",
			"Pending, held 180s; RECEIPT1 unmatched names_no_ticket"},
		{"accepted > c2b, no amount > paid", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > paid > c2b, no amount", "known already", "Paid; RECEIPT1 applied"},
		{"accepted > c2b, no amount > c2b echo of a till", "unmatched: names_no_ticket",
			"Pending, held 180s; RECEIPT1 unmatched names_no_ticket"},
		{"accepted > c2b, no amount > query: paid > c2b echo of a till", "unmatched: names_no_ticket",
			"Paid; RECEIPT1 unmatched names_no_ticket;  applied"},
		{"accepted > c2b, no amount > paid, no amount > query: paid", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > paid, no amount > c2b, no amount > query: paid", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > paid > query: cancelled", "failure late", "Paid; RECEIPT1 applied"},
		{"accepted > query: cancelled > paid", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > query: paid > typed", "unmatched: may_be_same", "Paid;  applied; RECEIPT1 unmatched may_be_same"},
		{"accepted > query: paid > hold ends > typed > paid", "known already", "Paid; RECEIPT1 applied"},
		{"accepted > hold ends > typed", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > hold ends > typed > paid", "known already", "Paid; RECEIPT1 applied"},
		{"accepted > hold ends > typed > query: paid", "unmatched: may_be_same",
			"Paid; RECEIPT1 applied;  unmatched may_be_same"},
		{"accepted > hold ends > typed > query: paid > paid", "known already", "Paid; RECEIPT1 applied"},
		{"accepted > hold ends > others take all > typed", "refund due: seats_gone",
			"Failed unconfirmed; RECEIPT1 refund_due seats_gone"},
		{"accepted > no answer > 120 s > retry > accepted > typed 1 > query: paid 2", "refund due: paid_twice",
			"Paid; RECEIPT1 applied;  refund_due paid_twice"},
		{"accepted > no answer > 120 s > retry > accepted > query: paid 1 > query: paid 2", "refund due: paid_twice",
			"Paid;  applied;  refund_due paid_twice"},
		{"accepted > no answer > 120 s > retry > accepted > query: paid 1 > query: paid 2 > paid 2 > paid 1",
			"known already", "Paid; RECEIPT1 applied; RECEIPT2 refund_due paid_twice"},
		{"another ticket > accepted > hold ends > typed for another ticket of the phone", "person: unclear",
			"Failed unconfirmed; RECEIPT1 unmatched unclear | the other ticket: Pending"},
		{"another ticket > accepted > hold ends > typed for another ticket of the phone > paid", "paid",
			"Paid; RECEIPT1 applied | the other ticket: Pending"},
		{"another ticket > accepted > hold ends > typed for another ticket of the phone > query: paid > paid",
			"known already", "Paid; RECEIPT1 applied | the other ticket: Pending"},
		{"another ticket > accepted > query: paid > typed for another ticket of the phone", "person: unclear",
			"Paid;  applied; RECEIPT1 unmatched unclear | the other ticket: Pending"},
		{"another ticket > accepted > paid > typed for another ticket of the phone", "refused: named_twice",
			"Paid; RECEIPT1 applied | the other ticket: Pending"},
		{"accepted > paid > refund > reversed", "refunded", "Paid void; RECEIPT1 refunded refund_asked"},
		{"accepted > paid > refund > reversed > paid", "duplicate", "Paid void; RECEIPT1 refunded refund_asked"},
		{"accepted > paid > refund > refund", "refund_open", "Paid void; RECEIPT1 refund_due refund_asked"},
		{"accepted > paid > refund > reversed > refund", "already_refunded",
			"Paid void; RECEIPT1 refunded refund_asked"},
		{"accepted > paid > refund > reversed before", "reversed by others",
			"Paid void; RECEIPT1 reversed_elsewhere"},
		{"accepted > paid > refund > reversal timed out > 10 min > reversed before", "refunded",
			"Paid void; RECEIPT1 refunded refund_asked"},
		{"accepted > paid > refund > reversal refused", "refund failed", "Paid void; RECEIPT1 refund_due refund_asked"},
		{"accepted > paid > refund > reversal refused > refund > reversed", "refunded",
			"Paid void; RECEIPT1 refunded refund_asked"},
		{"accepted > paid > refund > retry", "not_failed", "Paid void; RECEIPT1 refund_due refund_asked"},
		{"accepted > query: paid > refund", "no refund", "Paid;  applied"},
		{"accepted > paid too little > refund > reversed", "refunded",
			"Failed wrong_amount, held 120s; RECEIPT1 refunded wrong_amount, less than the price"},
		{"accepted > hold ends > others take all > paid > refund > reversed", "refunded",
			"Failed seats_gone; RECEIPT1 refunded"},
		{"accepted > no answer > 120 s > retry > accepted > typed 1 > query: paid 2 > paid 2", "refund due: paid_twice",
			"Paid; RECEIPT1 applied; RECEIPT2 refund_due paid_twice"},
		{"accepted > no answer > 120 s > retry > accepted > typed 1 > query: paid 2 > paid 2 > paid 1", "known already",
			"Paid; RECEIPT1 applied; RECEIPT2 refund_due paid_twice"},
		{"accepted > no answer > 120 s > retry > accepted > typed 1 > query: paid 2 > query: cancelled 1 > paid 2",
			"refund due: paid_twice", "Paid; RECEIPT1 applied; RECEIPT2 refund_due paid_twice"},
		{"accepted > no answer > 120 s > retry > accepted > typed 2 > query: paid 2", "unmatched: may_be_same",
			"Paid; RECEIPT2 applied;  unmatched may_be_same"},
		{"accepted > no answer > 120 s > retry > accepted > typed 2 > query: paid 2 > query: cancelled 1", "failed",
			"Paid; RECEIPT2 applied;  unmatched may_be_same"},
		{"accepted > no answer > 120 s > retry > accepted > c2b echo 1 > query: paid 2 > paid 1", "known already",
			"Paid; RECEIPT1 applied;  refund_due paid_twice"},
		{"accepted > query: paid > paid by hand", "unmatched: to_be_confirmed",
			"Paid;  applied; BYHAND1 unmatched to_be_confirmed"},
		{"accepted > query: paid > paid by hand > paid", "known already",
			"Paid; RECEIPT1 applied; BYHAND1 unmatched to_be_confirmed"},
		{"accepted > query: paid > by hand, typed > paid", "known already",
			"Paid; RECEIPT1 applied; BYHAND1 refund_due paid_twice"},
		{"accepted > hold ends > by hand, typed", "paid", "Paid; BYHAND1 applied"},
		{"accepted > hold ends > by hand, typed > paid", "refund due: paid_twice",
			"Paid; BYHAND1 applied; RECEIPT1 refund_due paid_twice"},
		{"accepted > hold ends > by hand, typed > query: paid > paid", "refund due: paid_twice",
			"Paid; BYHAND1 applied; RECEIPT1 refund_due paid_twice"},
		{"accepted > cancelled > by hand, typed", "paid", "Paid; BYHAND1 applied"},
		{"accepted > query: paid > paid by hand > c2b echo > paid", "known already",
			"Paid; RECEIPT1 applied; BYHAND1 unmatched to_be_confirmed"},
		{"accepted > c2b echo > refund > query: paid", "unmatched: may_be_same",
			"Paid void; RECEIPT1 refund_due refund_asked;  unmatched may_be_same"},
		{"accepted > c2b echo > refund > query: paid > paid", "refund due: refund_asked",
			"Paid void; RECEIPT1 refund_due refund_asked"},
		{"accepted > c2b echo > refund > paid", "refund due: refund_asked",
			"Paid void; RECEIPT1 refund_due refund_asked"},
		{"accepted > c2b echo > refund > reversed > query: paid", "unmatched: may_be_same",
			"Paid void; RECEIPT1 refunded refund_asked;  unmatched may_be_same"},
		{"accepted > c2b echo > refund > reversed > query: paid > paid", "gone back",
			"Paid void; RECEIPT1 refunded refund_asked"},
		{"accepted > c2b echo of a till > refund > reversed > query: paid > receipt of 2 again", "paid",
			"Paid; RECEIPT1 refunded names_no_ticket; RECEIPT2 applied"},
		{"accepted > c2b echo > refund > reversed > paid", "known already",
			"Paid void; RECEIPT1 refunded refund_asked"},
		{"accepted > no answer > 120 s > retry > accepted > query: paid 2 > typed 1", "refund due: paid_twice",
			"Paid;  applied; RECEIPT1 refund_due paid_twice"},
		{"accepted > no answer > 120 s > retry > accepted > query: paid 2 > typed 1 > query: paid 1",
			"unmatched: may_be_same", "Paid;  applied; RECEIPT1 refund_due paid_twice;  unmatched may_be_same"},
		{"accepted > paid > receipt of 2 again", "unmatched: also_told",
			"Paid; RECEIPT1 applied; RECEIPT2 unmatched also_told"},
		{"accepted > no answer > 120 s > retry > accepted > query: paid 2 > paid 2 > query: paid 1 > paid by hand 1 " +
			"> paid too little 1", "refund due: wrong_amount",
			"Paid; RECEIPT2 applied; RECEIPT1 refund_due wrong_amount, less than the price; BYHAND1 unmatched " +
				"to_be_confirmed"},
		{"accepted > hold ends > others take all > query: paid > c2b echo > paid too little", "doubt: amount_differs",
			"Failed wrong_amount; RECEIPT1 refund_due wrong_amount, less than the price, doubt amount_differs"},
		{"accepted > hold ends > others take all > query: paid > c2b echo > paid too little > query: paid", "duplicate",
			"Failed wrong_amount; RECEIPT1 refund_due wrong_amount, less than the price, doubt amount_differs"},
		{"accepted > hold ends > others take all > query: paid > c2b echo > refund > reversed > paid too little",
			"doubt: amount_differs",
			"Failed wrong_amount; RECEIPT1 refunded wrong_amount, less than the price, doubt amount_differs"},
		{"accepted > no answer > 120 s > retry > accepted > query: paid 2 > typed late 1", "unmatched: may_be_same",
			"Paid;  applied; RECEIPT1 unmatched may_be_same"},
		{"accepted > no answer > 120 s > retry > accepted > query: paid 2 > typed late 1 > paid 1",
			"refund due: paid_twice", "Paid;  applied; RECEIPT1 refund_due paid_twice"},
		{"accepted > no answer > 120 s > retry > accepted > query: paid 2 > typed late 1 > paid 1 > paid 2",
			"known already", "Paid; RECEIPT2 applied; RECEIPT1 refund_due paid_twice"},
		{"accepted > no answer > 120 s > retry > accepted > query: paid 2 > typed late 1 > query: paid 1 > paid 1",
			"refund due: paid_twice", "Paid;  applied; RECEIPT1 refund_due paid_twice"},
		{"accepted > no answer > 120 s > retry > accepted > query: paid 2 > typed late 1 > query: paid 1 > paid by " +
			"hand 1 > paid 1", "refund due: paid_twice",
			"Paid;  applied; RECEIPT1 refund_due paid_twice; BYHAND1 unmatched to_be_confirmed"},
		{"accepted > no answer > 120 s > retry > accepted > query: paid 2 > typed late 1 > refund 1 > paid 1",
			"refund due: paid_twice", "Paid;  applied; RECEIPT1 refund_due paid_twice"},
		{"accepted > hold ends > typed older", "person: older", "Failed unconfirmed; RECEIPT1 unmatched older"},
		{"accepted > hold ends > typed, paid to others", "person: paid_to_others", "Failed unconfirmed"},
		{"accepted > hold ends > typed, went back", "refused: gone_back",
			"Failed unconfirmed; RECEIPT1 reversed_elsewhere to_be_confirmed"},
		{"accepted > hold ends > typed, went back > query: paid", "unmatched: may_be_same",
			"Failed unconfirmed; RECEIPT1 reversed_elsewhere to_be_confirmed;  unmatched may_be_same"},
		{"accepted > hold ends > typed, others got it back", "refused: gone_back", "Failed unconfirmed"},
		{"accepted > hold ends > typed, unknown", "refused: no_such_receipt", "Failed unconfirmed"},
		{"accepted > paid > second typed", "refund due: paid_twice",
			"Paid; RECEIPT1 applied; SECOND1 refund_due paid_twice"},
		{"accepted > by hand, typed > query: paid > typed", "refund due: paid_twice",
			"Paid; BYHAND1 applied;  unmatched may_be_same; RECEIPT1 refund_due paid_twice"},
		{"accepted > by hand, typed > query: paid > typed > paid", "refund due: paid_twice",
			"Paid; BYHAND1 applied; RECEIPT1 refund_due paid_twice"},
		{"accepted > paid > typed", "not_failed", "Paid; RECEIPT1 applied"},
		{"accepted > paid > refund > reversed > second typed", "refund due: voided",
			"Paid void; RECEIPT1 refunded refund_asked; SECOND1 refund_due voided"},
		{"accepted > paid > refund > reversed > typed", "not_failed", "Paid void; RECEIPT1 refunded refund_asked"},
		{"accepted > hold ends > others take all > paid > second typed", "refund due: seats_gone",
			"Failed seats_gone; RECEIPT1 refund_due seats_gone; SECOND1 refund_due seats_gone"},
		{"accepted > hold ends > by hand, typed > query: paid > paid too little", "refund due: wrong_amount",
			"Paid; BYHAND1 applied; RECEIPT1 refund_due wrong_amount, less than the price"},
		{"accepted > query: paid > paid by hand > paid too little", "refund due: wrong_amount",
			"Paid void; RECEIPT1 refund_due wrong_amount, less than the price; BYHAND1 unmatched to_be_confirmed"},
		{"accepted > hold ends > others take all > paid > same callback again", "refund due",
			"Failed seats_gone; RECEIPT1 refund_due seats_gone"},
	} {
		if testing.Short() && i%fewer != 0 {
			continue
		}
		t.Run(c.events, func(t *testing.T) {
			t.Parallel()
			st := newStage(t)
			for event := range strings.SplitSeq(c.events, " > ") {
				st.do(event)
			}
			if got := st.end(); got != c.want {
				t.Errorf("ends as  %s\nwant     %s", got, c.want)
			}
			if st.told != c.told {
				t.Errorf("told %q, want %q", st.told, c.told)
			}
			st.sound()
		})
	}
}
