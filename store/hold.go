package store

import (
	"context"
	"fmt"
)

// EndHolds frees the seats of unpaid tickets whose hold has ended, and counts them. A Pending ticket becomes Failed,
// unconfirmed: a late payment may still come.
func (s Tickets) EndHolds(ctx context.Context) (int, error) {
	var ids []TicketID
	if err := s.list(ctx, &ids, `SELECT id FROM ticket WHERE hold_until <= $1 ORDER BY hold_until LIMIT 500`, s.Now()); err != nil {
		return 0, fmt.Errorf("look for holds that end: %w", err)
	}
	for i, id := range ids {
		// Each is checked again in its own transaction, since a payment may have come.
		err := s.write(ctx, urgent, func(t *tx) error { return t.release(id, t.now, FailureUnconfirmed) })
		if err != nil {
			return i, fmt.Errorf("end hold: %w", err)
		}
	}
	return len(ids), nil
}

// release frees the seats of an unpaid ticket whose hold has ended by the instant; otherwise it does nothing. A refund
// that is due stays shown.
func (t *tx) release(id TicketID, by Instant, reason FailureReason) error {
	n, err := t.exec(`UPDATE ticket SET hold_until = NULL, failure_reason = CASE WHEN payment_status = 'Pending' OR $1 = 'given_up' THEN $1 ELSE failure_reason END,
		owed_reason = COALESCE((SELECT min(reason) FROM payment WHERE payment.ticket_id = ticket.id AND state = 'refund_due'), owed_reason),
		payment_status = 'Failed', version = version + 1, updated_at = $2 WHERE id = $3 AND hold_until <= $4 AND payment_status <> 'Paid'`, reason, t.now, id, by)
	if err != nil || n == 0 {
		return err
	}
	return t.freeSeats(id)
}

// GiveUp frees the seats of an unpaid ticket that its customer abandons. A payment that still comes is late. A paid
// ticket is a NotFailed refusal.
func (s Tickets) GiveUp(ctx context.Context, secret string) error {
	err := s.write(ctx, booking, func(t *tx) error {
		var tk struct {
			ID     TicketID `db:"id"`
			Status Status   `db:"payment_status"`
			Hold   *Instant `db:"hold_until"`
		}
		if err := t.get(&tk, `SELECT id, payment_status, hold_until FROM ticket WHERE secret = $1`, secret); err != nil {
			return err
		}
		if tk.Status == Paid {
			return &Refusal{Kind: NotFailed, Secret: secret}
		}
		if tk.Hold == nil {
			return nil
		}
		if err := t.auditTicket(tk.ID, "ticket.give-up"); err != nil {
			return err
		}
		return t.release(tk.ID, *tk.Hold, FailureGivenUp)
	})
	if err != nil {
		return fmt.Errorf("give up: %w", err)
	}
	return nil
}

// Sweep ends live prompts whose time has passed, and removes expired sessions and what nobody has tried for a day.
func (s Jobs) Sweep(ctx context.Context) error {
	now := s.Now()
	var due struct{ Live, Sessions int }
	err := s.read(ctx, &due, `SELECT (SELECT count(*) FROM push_request WHERE live = 1 AND live_until <= $1) AS live,
		(SELECT count(*) FROM session WHERE expires_at <= $1) + (SELECT count(*) FROM staff_session WHERE expires_at <= $1)
		+ (SELECT count(*) FROM sign_in_try WHERE tried_at <= $2) AS sessions`, now, now.Add(-triesKept))
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	if due.Live+due.Sessions == 0 {
		return nil
	}
	err = s.write(ctx, urgent, func(t *tx) error {
		if err := t.run(`UPDATE push_request SET live = 0, updated_at = $1 WHERE live = 1 AND live_until <= $1`, t.now); err != nil {
			return err
		}
		if err := t.run(`DELETE FROM session WHERE expires_at <= $1`, t.now); err != nil {
			return err
		}
		return t.sweepStaff()
	})
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	return nil
}
