package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// RefundState says how far a refund has come.
type RefundState string

// A refund is requested until M-PESA, or the person who paid it back by hand, says that the money is back.
const (
	RefundRequested RefundState = "requested"
	RefundDone      RefundState = "refunded"
	RefundFailed    RefundState = "failed"
)

// Automatic is who requests a refund that no person asked for.
const Automatic = "automatic"

// Refund is money on its way back.
type Refund struct {
	ID           int64       `db:"id"`
	PaymentID    PaymentID   `db:"payment_id"`
	Receipt      string      `db:"receipt"` // of the payment
	Amount       Cents       `db:"amount_cents"`
	Paid         Cents       `db:"paid_cents"` // what M-PESA took
	Method       string      `db:"method"`     // reversal or hand
	State        RefundState `db:"state"`
	RequestedBy  string      `db:"requested_by"`
	Reason       string      `db:"reason"`
	Reference    string      `db:"reference"`     // what a person wrote down of a refund by hand
	ResultToken  string      `db:"result_token"`  // the last segment of its ResultURL
	TimeoutToken string      `db:"timeout_token"` // and of its time-out URL
	Sent         int         `db:"sent"`          // how often a Reversal has been sent
	Undone       int         `db:"undone"`        // of how many of these M-PESA has said that nothing came of it
	UndoneIDs    string      `db:"undone_ids"`    // their conversations, where a result said it
	NextAt       Instant     `db:"next_at"`       // when it is sent next; 0 is never
	LeaseUntil   Instant     `db:"lease_until"`   // until then the answer to the last one sent is awaited
	ResultText   string      `db:"result_text"`
	TicketCode   string      `db:"ticket_code"`
	CreatedAt    Instant     `db:"created_at"`
}

const refundSelect = `SELECT r.id, r.payment_id, COALESCE(y.receipt, '') AS receipt, r.amount_cents, COALESCE(y.amount_cents, 0) AS paid_cents, r.method, r.state, r.requested_by, r.reason, r.reference,
	r.result_token, r.timeout_token, r.sent, r.undone, r.undone_ids, COALESCE(r.next_at, 0) AS next_at, r.lease_until, r.result_text, COALESCE((SELECT code FROM ticket WHERE id = y.ticket_id), '') AS ticket_code, r.created_at
	FROM refund r JOIN payment y ON y.id = r.payment_id`

// out is how many Reversals M-PESA may have carried out, or may carry out yet.
func (r Refund) out() int { return r.Sent - r.Undone }

// told reports whether a result of this conversation has said already that nothing came of it.
func (r Refund) told(conversation string) bool {
	return conversation != "" && slices.Contains(strings.Fields(r.UndoneIDs), conversation)
}

// stuck reports whether nothing more comes of the refund by itself: no Reversal of it is out, or none will be sent again and the
// answer to the last one has been awaited for long enough.
func (r Refund) stuck(now Instant, noInitiator bool) bool {
	return r.out() == 0 || (r.NextAt == 0 || noInitiator) && r.LeaseUntil <= now
}

// NewRefund asks for the money of a payment to go back.
type NewRefund struct {
	Receipt     string
	Ticket      string    // its code, in place of the receipt
	PaymentID   PaymentID // in place of both
	By          string    // who asks
	Reason      string
	Reference   string // of a refund that a person has made by hand; "" is a Reversal
	Amount      Cents  // of what M-PESA took, where it did not say
	NoInitiator bool   // there is none to send a Reversal with
}

// RequestRefund takes a refund down. A ticket that the money had paid for is void at once, and its seats are free when the
// money is back. A Reversal waits for the payment's receipt, where that is not known. A refund by hand is done with this, also
// where a Reversal was asked for of which nothing comes any more; of what M-PESA does not know as ours no refund is written: it was never paid.
// It refuses with ReceiptPending, RefundOpen, AlreadyRefunded,
// NotOurs, SeveralPayments, AmountUnknown, AmountKnown, NoInitiator, AmountInCents.
func (s *Store) RequestRefund(ctx context.Context, n NewRefund) (Refund, error) {
	var out Refund
	err := s.write(ctx, urgent, func(t *tx) error {
		have, open, err := t.refundable(n)
		if err == nil && open.ID == 0 && have.neverPaid(n) {
			out, err = t.disown(have, n)
			return err
		}
		if err == nil && open.ID != 0 {
			err = t.giveUp(open)
		}
		if err == nil && n.Amount != 0 && n.Amount != have.Amount {
			have.Amount = n.Amount
			err = t.run(`UPDATE payment SET amount_cents = $1, updated_at = $2 WHERE id = $3`, n.Amount, t.now, have.ID)
		}
		if err == nil {
			out, err = t.insertRefund(s, have, n)
		}
		if err == nil && have.LearntBy != "typed" && (n.Reference == "" || n.Amount != 0) {
			err = t.checkSoon(have.Receipt)
		}
		if err != nil {
			return err
		}
		if have.State == PaymentApplied {
			have.Reason = ReasonRefundAsked
			if err := t.run(`UPDATE payment SET state = 'refund_due', reason = $1, updated_at = $2 WHERE id = $3`, have.Reason, t.now, have.ID); err != nil {
				return err
			}
			if err := t.void(have.TicketID, ReasonRefundAsked, false); err != nil {
				return err
			}
		}
		if err := t.touch(have.TicketID); err != nil || n.Reference == "" {
			return err
		}
		out.State = RefundDone
		if err := t.run(`UPDATE payment SET doubt = '' WHERE id = $1 AND doubt IN ($2, $3)`, have.ID, DoubtReturnedShort, DoubtReturnedOther); err != nil {
			return err
		}
		return t.refunded(out, have, "by hand", n.Reference)
	})
	if err != nil {
		return Refund{}, fmt.Errorf("request refund: %w", err)
	}
	return out, nil
}

// neverPaid reports whether what is written down as given back by hand is what was never there: a receipt that M-PESA does not know as ours.
func (p Payment) neverPaid(n NewRefund) bool {
	if n.Reference == "" || p.State != PaymentApplied {
		return false
	}
	return p.Doubt == DoubtNoSuchReceipt || p.Doubt == DoubtPaidOthers
}

// disown lets go of money that was never there. The ticket that it had paid for is void, and its seats are free.
func (t *tx) disown(have Payment, n NewRefund) (r Refund, err error) {
	if err := t.scan([]any{&r.TicketCode}, `SELECT code FROM ticket WHERE id = $1`, have.TicketID); err != nil {
		return r, err
	}
	r.PaymentID, r.Receipt, r.Amount, r.Method, r.State = have.ID, have.Receipt, have.Amount, "hand", RefundDone
	if err := t.supersede(have); err != nil {
		return r, err
	}
	if err := t.run(`UPDATE payment SET reason = $1, doubt = '' WHERE id = $2`, "never paid: "+n.Reference, have.ID); err != nil {
		return r, err
	}
	if err := t.run(`UPDATE claim SET state = 'refused', reason = $1, updated_at = $2 WHERE receipt = $3 AND ticket_id = $4`, ReasonNoSuchReceipt, t.now, have.Receipt, have.TicketID); err != nil {
		return r, err
	}
	return r, t.void(have.TicketID, ReasonNeverPaid, true)
}

func (t *tx) insertRefund(s *Store, have Payment, n NewRefund) (r Refund, err error) {
	id, method, next := s.ids.next(t.now.Time()), "reversal", any(t.now)
	if n.Reference != "" {
		method = "hand"
	}
	if n.Reference != "" || have.Receipt == "" {
		next = nil
	}
	if err := t.run(`INSERT INTO refund (id, payment_id, amount_cents, seats, method, state, requested_by, reason, reference, result_token, timeout_token, sent, next_at,
		lease_until, result_code, result_text, created_at, updated_at) VALUES ($1,$2,$3,'',$4,'requested',$5,$6,$7,$8,$9,0,$10,0,'','',$11,$11)`,
		id, have.ID, have.Amount, method, n.By, n.Reason, n.Reference, newSecret(), newSecret(), next, t.now); err != nil {
		return r, err
	}
	return r, t.get(&r, refundSelect+` WHERE r.id = $1`, id)
}

// giveUp ends a refund of which nothing more comes, since a person has given the money back. It may be going out at this moment.
func (t *tx) giveUp(r Refund) error {
	n, err := t.exec(`UPDATE refund SET state = 'failed', next_at = NULL, result_text = CASE WHEN result_text = '' THEN 'given back by hand' ELSE result_text END, updated_at = $1
		WHERE id = $2 AND state = 'requested' AND sent = $3`, t.now, r.ID, r.Sent)
	if err == nil && n == 0 {
		err = ErrRetry
	}
	return err
}

// paymentWithTicket reads a payment and locks it, and its ticket, if it is a ticket's.
func (t *tx) paymentWithTicket(where string, args ...any) (Payment, error) {
	if !t.shared() {
		return t.payment(where, args...)
	}
	var first Payment
	err := t.get(&first, `SELECT `+paymentColumns+` FROM payment WHERE `+where, args...)
	if err == nil && first.TicketID != 0 {
		err = t.lock(first.TicketID)
	}
	if err != nil {
		return first, err
	}
	have, err := t.payment(where, args...)
	if err == nil && have.TicketID != first.TicketID {
		err = ErrRetry
	}
	return have, err
}

// refundable finds the payment, and the refund of it that is open already and may be given up for this one, or says why it cannot
// be refunded.
func (t *tx) refundable(n NewRefund) (have Payment, open Refund, err error) {
	if have, err = t.refundedPayment(n); err != nil {
		return have, open, err
	}
	err = t.get(&open, refundSelect+` WHERE r.payment_id = $1 AND r.state = 'requested'`, have.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return have, open, err
	}
	rest, err := t.rest(have, n)
	if err != nil {
		return have, open, err
	}
	kind := RefusalKind("")
	switch {
	case rest > 0 && (n.Amount == 0 || n.Amount == rest):
		have.Amount, have.Reason = rest, ReasonRefundAsked
	case have.State == PaymentRefunded, have.State == PaymentReversed, have.State == PaymentSuperseded:
		kind = AlreadyRefunded
	case n.Reference == "" && have.Doubt == DoubtReturnedShort, open.ID != 0 && (n.Reference == "" || !open.stuck(t.now, n.NoInitiator)):
		kind = RefundOpen
	case n.By == Automatic && (have.State != PaymentRefundDue || have.Amount == 0):
		kind = NotOurs
	case have.Amount == 0 && n.Amount <= 0:
		kind = AmountUnknown
	case have.Amount != 0 && n.Amount != 0 && n.Amount != have.Amount && !have.assumed():
		kind = AmountKnown
	case n.Reference == "" && have.Amount%100 != 0:
		kind = AmountInCents
	case n.Reference == "" && n.NoInitiator:
		kind = NoInitiator
	case n.By == Automatic:
		sure, err := surelyDue([]Payment{have}, t.list)
		if err != nil {
			return have, open, err
		}
		if have.Receipt == "" || len(sure) == 0 {
			kind = ReceiptPending
		}
	}
	if kind != "" {
		return have, open, &Refusal{Kind: kind}
	}
	return have, open, nil
}

// rest is what is still to be given back by hand of money that was given back before its amount was known.
func (t *tx) rest(have Payment, n NewRefund) (Cents, error) {
	if have.Doubt != DoubtReturnedOther || n.Reference == "" {
		return 0, nil
	}
	var returned Cents
	err := t.scan([]any{&returned}, `SELECT CAST(COALESCE(sum(amount_cents), 0) AS BIGINT) FROM refund WHERE payment_id = $1 AND state = 'refunded'`, have.ID)
	return have.Amount - returned, err
}

// refundedPayment finds the payment that a refund is asked of, and locks it.
func (t *tx) refundedPayment(n NewRefund) (Payment, error) {
	if n.Ticket == "" {
		return t.paymentWithTicket(`receipt = $1 OR id = $2`, orNull(n.Receipt), n.PaymentID)
	}
	const ticket = `SELECT id FROM ticket WHERE code = $1`
	if err := t.lockFor(ticket, n.Ticket); err != nil {
		return Payment{}, err
	}
	var rows []Payment
	if err := t.list(&rows, `SELECT `+paymentColumns+` FROM payment WHERE ticket_id = (`+ticket+`) AND state <> 'superseded' ORDER BY id`+t.rowLock(), n.Ticket); err != nil {
		return Payment{}, err
	}
	return paymentOfTicket(rows)
}

// paymentOfTicket is the payment that a ticket's code names: the only one that has not gone back, or of several the only one that
// is due back and cannot be named by a receipt.
func paymentOfTicket(rows []Payment) (Payment, error) {
	if len(rows) == 0 {
		return Payment{}, ErrNotFound
	}
	var open, nameless []Payment
	for _, p := range rows {
		switch {
		case p.State == PaymentRefunded, p.State == PaymentReversed, p.Reason == receiptElsewhere:
		case p.Receipt == "" && p.State != PaymentApplied:
			nameless = append(nameless, p)
			fallthrough
		default:
			open = append(open, p)
		}
	}
	switch {
	case len(open) == 0:
		return rows[len(rows)-1], nil
	case len(open) == 1:
		return open[0], nil
	case len(nameless) == 1:
		return nameless[0], nil
	}
	return Payment{}, &Refusal{Kind: SeveralPayments}
}

// assumed reports whether M-PESA has not said how much a payment is of, and it is taken to be what was asked.
func (p Payment) assumed() bool { return p.Receipt == "" && p.LearntBy == "query" }

// receiptForRefund lets a refund that has waited for its payment's receipt be sent, of what M-PESA says now that it took. Where the
// money is back already, and was another amount, that is for a person to put right.
func (t *tx) receiptForRefund(have Payment, m money) error {
	if have.State == PaymentRefunded && m.amount != nil && *m.amount != have.Amount {
		if err := t.doubt(have.ID, DoubtReturnedOther); err != nil {
			return err
		}
	}
	amount := have.Amount
	if m.amount != nil && *m.amount > 0 {
		amount = *m.amount
	}
	return t.run(`UPDATE refund SET amount_cents = $1, next_at = $2, updated_at = $2 WHERE payment_id = $3 AND state = 'requested' AND sent = 0`, amount, t.now, have.ID)
}

// dropRefund ends the refund of a payment that has turned out to be the same money as another one. What was given back of it by hand
// is the other one's: no Reversal of that is sent any more. Where one has been carried out already, that is for a person to look into.
func (t *tx) dropRefund(drop, keep Payment) error {
	const end = `UPDATE refund SET state = 'failed', next_at = NULL, result_text = $1, updated_at = $2 WHERE payment_id = $3 AND state = 'requested'`
	if err := t.run(end, "same money as "+keep.Receipt, t.now, drop.ID); err != nil || drop.State != PaymentRefunded {
		return err
	}
	if keep.State == PaymentRefunded || keep.State == PaymentReversed {
		return t.doubt(keep.ID, DoubtReturnedTwice)
	}
	if err := t.run(end, "given back by hand", t.now, keep.ID); err != nil {
		return err
	}
	if err := t.run(`UPDATE refund SET payment_id = $1, updated_at = $2 WHERE payment_id = $3 AND state = 'refunded'`, keep.ID, t.now, drop.ID); err != nil {
		return err
	}
	doubt := ""
	if drop.Amount != keep.Amount {
		doubt = DoubtReturnedOther
	}
	if keep.Doubt == DoubtReturnedShort {
		doubt = DoubtReturnedTwice
	}
	if doubt != "" {
		if err := t.doubt(keep.ID, doubt); err != nil {
			return err
		}
	}
	return t.goneBack(keep, PaymentRefunded, keep.Reason)
}

// Refunds lists the refunds of a payment, newest first.
func (s *Store) Refunds(ctx context.Context, id PaymentID) ([]Refund, error) {
	var rs []Refund
	if err := s.list(ctx, &rs, refundSelect+` WHERE r.payment_id = $1 ORDER BY r.id DESC`, id); err != nil {
		return nil, fmt.Errorf("read refunds: %w", err)
	}
	return rs, nil
}
