package store

import (
	"context"
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
	ID          int64       `db:"id"`
	PaymentID   PaymentID   `db:"payment_id"`
	Receipt     string      `db:"receipt"` // of the payment
	Amount      Cents       `db:"amount_cents"`
	Method      string      `db:"method"` // reversal or hand
	State       RefundState `db:"state"`
	RequestedBy string      `db:"requested_by"`
	Reason      string      `db:"reason"`
	Reference   string      `db:"reference"`    // what a person wrote down of a refund by hand
	ResultToken string      `db:"result_token"` // the last segment of its ResultURL
	Sent        int         `db:"sent"`         // how often a Reversal has been sent
	Undone      int         `db:"undone"`       // of how many of these M-PESA has said that nothing came of it
	UndoneIDs   string      `db:"undone_ids"`   // their conversations, where a result said it
	NextAt      Instant     `db:"next_at"`      // when it is sent next; 0 is never
	LeaseUntil  Instant     `db:"lease_until"`  // until then the answer to the last one sent is awaited
	ResultText  string      `db:"result_text"`
	TicketCode  string      `db:"ticket_code"`
	CreatedAt   Instant     `db:"created_at"`
}

const refundSelect = `SELECT r.id, r.payment_id, COALESCE(y.receipt, '') AS receipt, r.amount_cents, r.method, r.state, r.requested_by, r.reason, r.reference,
	r.result_token, r.sent, r.undone, r.undone_ids, COALESCE(r.next_at, 0) AS next_at, r.lease_until, r.result_text, COALESCE((SELECT code FROM ticket WHERE id = y.ticket_id), '') AS ticket_code, r.created_at
	FROM refund r JOIN payment y ON y.id = r.payment_id`

// out is how many Reversals M-PESA may have carried out, or may carry out yet.
func (r Refund) out() int { return r.Sent - r.Undone }

// told reports whether a result of this conversation has said already that nothing came of it.
func (r Refund) told(conversation string) bool {
	return conversation != "" && slices.Contains(strings.Fields(r.UndoneIDs), conversation)
}

// NewRefund asks for the money of a payment to go back.
type NewRefund struct {
	Receipt   string
	PaymentID PaymentID // in place of the receipt
	By        string    // who asks
	Reason    string
	Reference string // of a refund that a person has made by hand; "" is a Reversal
}

// RequestRefund takes a refund down. A ticket that the money had paid for is void at once, and its seats are free when the
// money is back. A refund by hand is done with this. It refuses with ReceiptPending, RefundOpen, AlreadyRefunded, NotOurs.
func (s *Store) RequestRefund(ctx context.Context, n NewRefund) (Refund, error) {
	var out Refund
	err := s.write(ctx, urgent, func(t *tx) error {
		have, err := t.refundable(n)
		if err != nil {
			return err
		}
		id := s.ids.next(t.now.Time())
		method, next := "reversal", any(t.now)
		if n.Reference != "" {
			method, next = "hand", nil
		}
		if err := t.run(`INSERT INTO refund (id, payment_id, amount_cents, seats, method, state, requested_by, reason, reference, result_token, sent, next_at, lease_until,
			result_code, result_text, created_at, updated_at) VALUES ($1,$2,$3,'',$4,'requested',$5,$6,$7,$8,0,$9,0,'','',$10,$10)`,
			id, have.ID, have.Amount, method, n.By, n.Reason, n.Reference, newSecret(), next, t.now); err != nil {
			return err
		}
		if have.State == PaymentApplied {
			if err := t.run(`UPDATE payment SET state = 'refund_due', reason = $1, updated_at = $2 WHERE id = $3`, ReasonRefundAsked, t.now, have.ID); err != nil {
				return err
			}
			if err := t.void(have.TicketID, ReasonRefundAsked, false); err != nil {
				return err
			}
		}
		if err := t.touch(have.TicketID); err != nil {
			return err
		}
		if err := t.get(&out, refundSelect+` WHERE r.id = $1`, id); err != nil || method != "hand" {
			return err
		}
		out.State = RefundDone
		return t.refunded(out, have, "by hand", n.Reference)
	})
	if err != nil {
		return Refund{}, fmt.Errorf("request refund: %w", err)
	}
	return out, nil
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

// refundable finds the payment and says why it cannot be refunded.
func (t *tx) refundable(n NewRefund) (Payment, error) {
	have, err := t.paymentWithTicket(`receipt = $1 OR id = $2`, orNull(n.Receipt), n.PaymentID)
	if err != nil {
		return have, err
	}
	var open, pending int
	err = t.scan([]any{&open, &pending}, `SELECT (SELECT count(*) FROM refund WHERE payment_id = $1 AND state = 'requested'),
		(SELECT count(*) FROM payment WHERE receipt IS NULL AND state <> 'superseded' AND (ticket_id = $2 OR phone = $3 AND phone <> ''))`, have.ID, have.TicketID, have.Phone)
	switch {
	case err != nil:
		return have, err
	case open > 0:
		return have, &Refusal{Kind: RefundOpen}
	case have.State == PaymentRefunded, have.State == PaymentReversed, have.State == PaymentSuperseded:
		return have, &Refusal{Kind: AlreadyRefunded}
	case have.Receipt == "" && n.Reference == "", n.By == Automatic && pending > 0:
		return have, &Refusal{Kind: ReceiptPending}
	case n.By == Automatic && have.State != PaymentRefundDue, have.Amount <= 0:
		return have, &Refusal{Kind: NotOurs}
	}
	return have, nil
}

// RefundsDue lists the payments that are due back, have a receipt and have no refund yet, oldest first.
func (s *Store) RefundsDue(ctx context.Context, limit int) ([]Payment, error) {
	var ps []Payment
	err := s.list(ctx, &ps, `SELECT `+paymentColumns+` FROM payment WHERE state = 'refund_due' AND receipt IS NOT NULL AND amount_cents > 0
		AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.payment_id = payment.id) ORDER BY id LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("look for refunds that are due: %w", err)
	}
	return ps, nil
}

// goneBack writes that a payment's money is with its payer again. A ticket that it had paid for is void and its seats are free.
func (t *tx) goneBack(have Payment, state PaymentState, reason string) error {
	if err := t.run(`UPDATE payment SET state = $1, reason = $2, updated_at = $3 WHERE id = $4`, state, reason, t.now, have.ID); err != nil {
		return err
	}
	if have.TicketID == 0 {
		return nil
	}
	if have.State == PaymentApplied {
		if err := t.void(have.TicketID, reason, false); err != nil {
			return err
		}
	}
	var voided Instant
	var applied int
	err := t.scan([]any{&voided, &applied}, `SELECT COALESCE(voided_at, 0), (SELECT count(*) FROM payment WHERE ticket_id = ticket.id AND state = 'applied') FROM ticket WHERE id = $1`, have.TicketID)
	if err != nil {
		return err
	}
	if voided != 0 && applied == 0 {
		if err := t.freeSeats(have.TicketID); err != nil {
			return err
		}
	}
	return t.touch(have.TicketID)
}

// Refunds lists the refunds of a payment, newest first.
func (s *Store) Refunds(ctx context.Context, id PaymentID) ([]Refund, error) {
	var rs []Refund
	if err := s.list(ctx, &rs, refundSelect+` WHERE r.payment_id = $1 ORDER BY r.id DESC`, id); err != nil {
		return nil, fmt.Errorf("read refunds: %w", err)
	}
	return rs, nil
}
