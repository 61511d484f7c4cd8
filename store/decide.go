package store

import "errors"

// What becomes of a ticket by money that has come for it, or that has gone.

// takeFrom takes money from the ticket that weaker proof had given it to. A ticket that was paid with it stays paid, but void:
// it never had money of its own, so its seats are free.
func (t *tx) takeFrom(p Payment) error {
	if err := t.lock(p.TicketID); err != nil {
		return err
	}
	if p.State != PaymentApplied {
		return t.touch(p.TicketID)
	}
	return t.void(p.TicketID, ReasonTakenOver, true)
}

// void makes a paid ticket admit nobody. Its seats stay its own until its money is back, unless they are to be freed.
func (t *tx) void(id TicketID, reason string, free bool) error {
	if err := t.run(`UPDATE ticket SET voided_at = $1, void_reason = $2, version = version + 1, updated_at = $1 WHERE id = $3 AND voided_at IS NULL`, t.now, reason, id); err != nil || !free {
		return err
	}
	return t.freeSeats(id)
}

func (t *tx) freeSeats(id TicketID) error {
	var screening ScreeningID
	if err := t.scan([]any{&screening}, `SELECT screening_id FROM ticket WHERE id = $1`, id); err != nil {
		return err
	}
	delete(t.maps, screening)
	return t.run(`UPDATE seat SET ticket_id = NULL WHERE ticket_id = $1`, id)
}

// payable is what the fate of a payment depends on.
type payable struct {
	ID          TicketID        `db:"id"`
	ScreeningID ScreeningID     `db:"screening_id"`
	Quantity    int             `db:"quantity"`
	Total       Shillings       `db:"total"`
	Status      Status          `db:"payment_status"`
	Seats       Labels          `db:"seats"`
	Hold        Instant         `db:"hold_until"`
	Voided      Instant         `db:"voided_at"`
	Held        int             `db:"held"`
	StartsAt    Instant         `db:"starts_at"`
	Screening   ScreeningStatus `db:"status"`

	moved bool // the seats had to change
}

const payableQuery = `SELECT t.id, t.screening_id, t.quantity, t.total, t.payment_status, t.seats, COALESCE(t.hold_until, 0) AS hold_until,
	COALESCE(t.voided_at, 0) AS voided_at, (SELECT count(*) FROM seat WHERE seat.ticket_id = t.id) AS held, s.starts_at, s.status
	FROM ticket t JOIN screening s ON s.id = t.screening_id WHERE t.id = $1`

func (t *tx) ticketForPayment(id TicketID) (payable, error) {
	var tk payable
	err := t.scan([]any{&tk.ID, &tk.ScreeningID, &tk.Quantity, &tk.Total, &tk.Status, &tk.Seats, &tk.Hold, &tk.Voided, &tk.Held, &tk.StartsAt, &tk.Screening},
		payableQuery, id)
	return tk, err
}

// decide says why the money is due back, or "" after making sure that the ticket has all its seats.
func (t *tx) decide(tk *payable, amount *Cents) (reason string, err error) {
	switch {
	case amount == nil || *amount != Cents(tk.Total)*100:
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

func (t *tx) ticketPaid(tk payable, m money) error {
	return t.run(`UPDATE ticket SET payment_status = 'Paid', failure_reason = '', receipt = $1, transacted_at = $2, seats = $3,
		seats_moved = CASE WHEN $4 = 1 THEN 1 ELSE seats_moved END, hold_until = NULL, version = version + 1, updated_at = $5 WHERE id = $6`,
		m.receipt, orNone(m.at), tk.Seats, flag(tk.moved), t.now, tk.ID)
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
	return t.run(`UPDATE ticket SET payment_status = 'Failed', failure_reason = $1, hold_until = $2, version = version + 1, updated_at = $3 WHERE id = $4`,
		reason, orNone(hold), t.now, tk.ID)
}
