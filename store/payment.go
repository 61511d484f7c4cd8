package store

import (
	"context"
	"errors"
	"fmt"
)

// PaymentState says what has become of money that M-PESA took.
type PaymentState string

// Money is applied to a ticket, due back, or names no ticket of ours.
const (
	PaymentApplied   PaymentState = "applied"
	PaymentRefundDue PaymentState = "refund_due"
	PaymentUnmatched PaymentState = "unmatched"
)

// Payment is a receipt of money.
type Payment struct {
	ID           PaymentID    `db:"id"`
	Receipt      string       `db:"receipt"` // "" while pending
	TicketID     TicketID     `db:"ticket_id"`
	PushID       PushID       `db:"push_id"`
	Amount       Cents        `db:"amount_cents"` // 0 where M-PESA did not say
	Phone        string       `db:"phone"`
	TransactedAt Instant      `db:"transacted_at"`
	LearntBy     string       `db:"learnt_by"`
	State        PaymentState `db:"state"`
	Reason       string       `db:"reason"` // why a refund is due
	CreatedAt    Instant      `db:"created_at"`
}

// Payments lists every receipt of money, oldest first.
func (s *Store) Payments(ctx context.Context) ([]Payment, error) {
	var ps []Payment
	err := s.list(ctx, &ps, `SELECT id, COALESCE(receipt, '') AS receipt, COALESCE(ticket_id, 0) AS ticket_id,
		COALESCE(push_id, 0) AS push_id, COALESCE(amount_cents, 0) AS amount_cents, phone, COALESCE(transacted_at, 0) AS transacted_at,
		learnt_by, state, reason, created_at FROM payment ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("read payments: %w", err)
	}
	return ps, nil
}

// pay applies a success. The payment is recorded in its own right first, whatever becomes of the ticket.
func (t *tx) pay(s *Store, p Push, v Verdict) (string, error) {
	outcome, err := t.paidBefore(p, v)
	if err != nil || outcome != "" && outcome != receiptElsewhere {
		return outcome, err
	}
	tk, err := t.ticketForPayment(p.TicketID)
	if err != nil {
		return "", err
	}
	var reason string
	state := PaymentApplied
	if outcome == receiptElsewhere {
		// One receipt cannot pay twice. What this one is about is for a person to find out.
		state, reason, v.Receipt = PaymentUnmatched, receiptElsewhere, ""
	} else if reason, err = t.decide(&tk, p, v); err != nil {
		return "", err
	} else if reason != "" {
		state = PaymentRefundDue
	}
	_, err = t.exec(`INSERT INTO payment (id, receipt, push_id, ticket_id, amount_cents, phone, account, transacted_at, learnt_by, state, reason, created_at, updated_at)
		VALUES ($1,$2,$3,$4,$5,$6,'',$7,$8,$9,$10,$11,$11)`, s.ids.next(t.now.Time()), orNull(v.Receipt), p.ID, p.TicketID, v.Amount,
		p.Phone, orNone(v.TransactedAt), v.LearntBy, state, reason, t.now)
	if err != nil {
		return "", err
	}
	p.State, p.Live, p.ResultCode, p.ResultText, p.Reason = PushPaid, false, v.Code, v.Text, reason
	if err := t.savePush(p); err != nil {
		return "", err
	}
	switch state {
	case PaymentApplied:
		return "paid", t.ticketPaid(tk, v)
	case PaymentUnmatched:
		return reason, t.touch(tk.ID)
	}
	return "refund due: " + reason, t.ticketOwed(s, tk, reason)
}

const receiptElsewhere = "receipt of another payment"

// paidBefore looks whether this push, or this receipt, has its payment already, and adds what is newly known.
func (t *tx) paidBefore(p Push, v Verdict) (string, error) {
	var have []struct {
		ID       PaymentID
		Receipt  string
		PushID   PushID   `db:"push_id"`
		TicketID TicketID `db:"ticket_id"`
	}
	err := t.list(&have, `SELECT id, COALESCE(receipt, '') AS receipt, COALESCE(push_id, 0) AS push_id, COALESCE(ticket_id, 0) AS ticket_id
		FROM payment WHERE push_id = $1 OR receipt = $2`, p.ID, orNull(v.Receipt))
	if err != nil || len(have) == 0 {
		return "", err
	}
	for _, h := range have {
		switch {
		case h.PushID != p.ID && h.Receipt == v.Receipt:
			return receiptElsewhere, nil
		case h.Receipt != "" || v.Receipt == "":
			return "duplicate", nil
		}
	}
	if _, err := t.exec(`UPDATE payment SET receipt = $1, transacted_at = $2, updated_at = $3 WHERE id = $4`,
		v.Receipt, orNone(v.TransactedAt), t.now, have[0].ID); err != nil {
		return "", err
	}
	_, err = t.exec(`UPDATE ticket SET receipt = $1, transacted_at = $2, version = version + 1, updated_at = $3 WHERE id = $4 AND payment_status = 'Paid' AND receipt = ''`,
		v.Receipt, orNone(v.TransactedAt), t.now, have[0].TicketID)
	return "receipt added", err
}

// payable is what the fate of a payment depends on.
type payable struct {
	ID          TicketID        `db:"id"`
	ScreeningID ScreeningID     `db:"screening_id"`
	Quantity    int             `db:"quantity"`
	Status      Status          `db:"payment_status"`
	Seats       Labels          `db:"seats"`
	Hold        Instant         `db:"hold_until"`
	Voided      Instant         `db:"voided_at"`
	Held        int             `db:"held"`
	StartsAt    Instant         `db:"starts_at"`
	Screening   ScreeningStatus `db:"status"`

	moved bool // the seats had to change
}

func (t *tx) ticketForPayment(id TicketID) (payable, error) {
	var tk payable
	err := t.scan([]any{&tk.ID, &tk.ScreeningID, &tk.Quantity, &tk.Status, &tk.Seats, &tk.Hold, &tk.Voided, &tk.Held, &tk.StartsAt, &tk.Screening},
		`SELECT t.id, t.screening_id, t.quantity, t.payment_status, t.seats, COALESCE(t.hold_until, 0) AS hold_until,
		COALESCE(t.voided_at, 0) AS voided_at, (SELECT count(*) FROM seat WHERE seat.ticket_id = t.id) AS held, s.starts_at, s.status
		FROM ticket t JOIN screening s ON s.id = t.screening_id WHERE t.id = $1`, id)
	return tk, err
}

// decide says why the money is due back, or "" after making sure that the ticket has all its seats.
func (t *tx) decide(tk *payable, p Push, v Verdict) (reason string, err error) {
	switch {
	case v.Amount == nil || *v.Amount != Cents(p.Amount)*100:
		return ReasonWrongAmount, nil
	case tk.Voided != 0:
		return ReasonVoided, nil
	case tk.Status == Paid:
		return ReasonPaidTwice, nil
	case tk.Screening == Cancelled:
		return ReasonScreeningCancelled, nil
	case tk.Status == Failed && t.now >= tk.StartsAt:
		return ReasonScreeningBegun, nil
	case tk.Held == tk.Quantity:
		return "", nil
	}
	got, err := t.takeSeats(tk.ScreeningID, tk.ID, tk.Seats, tk.Quantity)
	if refusal, is := errors.AsType[*Refusal](err); is && refusal.Kind == SoldOut {
		return ReasonSeatsGone, nil
	}
	if err != nil {
		return "", err
	}
	tk.moved = tk.moved || !sameLabels(got, tk.Seats)
	tk.Seats = got
	return "", nil
}

func (t *tx) ticketPaid(tk payable, v Verdict) error {
	_, err := t.exec(`UPDATE ticket SET payment_status = 'Paid', failure_reason = '', receipt = $1, transacted_at = $2, seats = $3,
		seats_moved = CASE WHEN $4 = 1 THEN 1 ELSE seats_moved END, hold_until = NULL, version = version + 1, updated_at = $5 WHERE id = $6`,
		v.Receipt, orNone(v.TransactedAt), tk.Seats, flag(tk.moved), t.now, tk.ID)
	return err
}

// ticketOwed shows on the ticket that money is due back. A paid ticket stays paid, and one with another push that may still
// bring money goes on waiting for it; otherwise held seats stay as long as a retry takes.
func (t *tx) ticketOwed(s *Store, tk payable, reason string) error {
	var awaited int
	if err := t.scan([]any{&awaited}, `SELECT `+awaitedPushes, tk.ID); err != nil {
		return err
	}
	if tk.Status == Paid || awaited > 0 {
		return t.touch(tk.ID)
	}
	hold := tk.Hold
	if hold != 0 {
		hold = min(hold, t.now.Add(s.retryHold))
	}
	_, err := t.exec(`UPDATE ticket SET payment_status = 'Failed', failure_reason = $1, hold_until = $2, version = version + 1, updated_at = $3 WHERE id = $4`,
		reason, orNone(hold), t.now, tk.ID)
	return err
}
