package store

import (
	"context"
	"errors"
	"fmt"
	"time"
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

const (
	refundLease = time.Minute
	// refundSends is how often a Reversal is sent before it is a person's work.
	refundSends = 6
)

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
	ResultText  string      `db:"result_text"`
	TicketCode  string      `db:"ticket_code"`
	CreatedAt   Instant     `db:"created_at"`
}

const refundSelect = `SELECT r.id, r.payment_id, COALESCE(y.receipt, '') AS receipt, r.amount_cents, r.method, r.state, r.requested_by, r.reason, r.reference,
	r.result_token, r.sent, r.result_text, COALESCE((SELECT code FROM ticket WHERE id = y.ticket_id), '') AS ticket_code, r.created_at
	FROM refund r JOIN payment y ON y.id = r.payment_id`

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

// TakeRefund takes a refund whose Reversal is to be sent now, and counts it as sent before it is: from then on M-PESA may
// have it. Nobody else gets it until the lease is over. ErrNotFound means that there is none.
func (s *Store) TakeRefund(ctx context.Context) (Refund, error) {
	var r Refund
	err := s.read(ctx, &r, refundSelect+` WHERE r.next_at <= $1 AND r.lease_until <= $1 ORDER BY r.next_at, r.id LIMIT 1`, s.Now())
	if err != nil {
		return r, fmt.Errorf("look for refunds: %w", err)
	}
	err = s.write(ctx, urgent, func(t *tx) error {
		// No answer: once more, ever later. A Reversal that M-PESA has done already is answered as such.
		again := any(t.now.Add(5 * time.Minute << (2 * r.Sent)))
		if r.Sent+1 >= refundSends {
			again = nil
		}
		n, err := t.exec(`UPDATE refund SET sent = sent + 1, lease_until = $1, next_at = $2, updated_at = $3 WHERE id = $4 AND state = 'requested' AND next_at <= $3 AND lease_until <= $3`,
			t.now.Add(refundLease), again, t.now, r.ID)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return r, fmt.Errorf("take refund: %w", err)
	}
	r.Sent++
	return r, nil
}

// RefundVerdict is M-PESA's word on a Reversal.
type RefundVerdict int

// What M-PESA says of a Reversal: nothing yet, done, done before, refused for good, or to be tried again.
const (
	RefundUnclear RefundVerdict = iota
	RefundReversed
	RefundReversedBefore
	RefundRefused
	RefundTryAgain
)

// RefundAnswer is an answer of M-PESA to a Reversal: at once, or by its result.
type RefundAnswer struct {
	Verdict                                  RefundVerdict
	ConversationID, OriginatorConversationID string // where it was taken
	Code, Text                               string // Safaricom's own, for the operator
}

// RecordRefundAnswer writes down what Daraja answered to a Reversal when it was sent.
func (s *Store) RecordRefundAnswer(ctx context.Context, id int64, a RefundAnswer) error {
	err := s.write(ctx, urgent, func(t *tx) error {
		var r Refund
		if err := t.get(&r, refundSelect+` WHERE r.id = $1`, id); err != nil {
			return err
		}
		_, err := t.refundAnswered(r, a)
		return err
	})
	if err != nil {
		return fmt.Errorf("record refund answer: %w", err)
	}
	return nil
}

// ApplyReversal makes of a kept result of a Reversal what it says.
func (s *Store) ApplyReversal(ctx context.Context, cb Callback, a RefundAnswer) (Applied, error) {
	return s.decideCallback(ctx, cb, func(t *tx, token string) (Applied, error) {
		var r Refund
		err := t.get(&r, refundSelect+` WHERE r.result_token = $1`, token)
		if errors.Is(err, ErrNotFound) {
			return Applied{Outcome: "stranger"}, nil
		}
		if err != nil {
			return Applied{}, err
		}
		outcome, err := t.refundAnswered(r, a)
		return Applied{Outcome: outcome, Code: r.TicketCode}, err
	})
}

func (t *tx) refundAnswered(r Refund, a RefundAnswer) (string, error) {
	have, err := t.paymentWithTicket(`id = $1`, r.PaymentID)
	if err == nil && t.shared() {
		err = t.get(&r, refundSelect+` WHERE r.id = $1`, r.ID) // it may have been answered a moment ago
	}
	if err != nil {
		return "", err
	}
	if err := t.run(`UPDATE refund SET lease_until = 0, result_code = CASE WHEN $1 = '' THEN result_code ELSE $1 END, result_text = CASE WHEN $2 = '' THEN result_text ELSE $2 END,
		conversation_id = COALESCE(conversation_id, $3), originator_conversation_id = COALESCE(originator_conversation_id, $4), updated_at = $5 WHERE id = $6`,
		a.Code, a.Text, orNull(a.ConversationID), orNull(a.OriginatorConversationID), t.now, r.ID); err != nil {
		return "", err
	}
	switch a.Verdict {
	case RefundReversed:
		if r.State == RefundDone || have.State == PaymentRefunded {
			return "duplicate", nil
		}
		return "refunded", t.refunded(r, have, a.Code, a.Text)
	case RefundReversedBefore:
		switch {
		case r.State != RefundRequested:
			return "duplicate", nil
		case r.Sent > 1: // the one that was sent before this one did it
			return "refunded", t.refunded(r, have, a.Code, a.Text)
		}
		if err := t.refundFailed(r); err != nil {
			return "", err
		}
		return "reversed by somebody else", t.goneBack(have, PaymentReversed, "reversed at M-PESA")
	case RefundRefused:
		if r.State != RefundRequested {
			return "duplicate", nil
		}
		return "refund failed", errors.Join(t.refundFailed(r), t.touch(have.TicketID))
	case RefundTryAgain:
		if r.State != RefundRequested || r.Sent >= refundSends {
			return "to be tried by a person", nil
		}
		err := t.run(`UPDATE refund SET next_at = $1 WHERE id = $2`, t.now.Add(time.Minute<<r.Sent), r.ID)
		return "to be tried again", err
	}
	return "unclear", nil
}

func (t *tx) refundFailed(r Refund) error {
	err := t.run(`UPDATE refund SET state = 'failed', next_at = NULL, updated_at = $1 WHERE id = $2`, t.now, r.ID)
	return err
}

func (t *tx) refunded(r Refund, have Payment, code, text string) error {
	if err := t.run(`UPDATE refund SET state = 'refunded', next_at = NULL, result_code = $1, result_text = $2, updated_at = $3 WHERE id = $4`, code, text, t.now, r.ID); err != nil {
		return err
	}
	return t.goneBack(have, PaymentRefunded, have.Reason)
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
