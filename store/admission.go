package store

import (
	"context"
	"fmt"
	"strings"
)

// SeatIn is a seat of a ticket with its admission.
type SeatIn struct {
	Label string  `db:"label"`
	At    Instant `db:"admitted_at"` // 0 where nobody is in
	By    string  `db:"by_whom"`     // the name of the operator who let them in
}

// SeatsIn lists the seats of a ticket in the plan's order.
func (s Tickets) SeatsIn(ctx context.Context, id TicketID) ([]SeatIn, error) {
	var seats []SeatIn
	err := s.list(ctx, &seats, `SELECT seat.label, COALESCE(seat.admitted_at, 0) AS admitted_at,
		COALESCE(o.name, '') AS by_whom FROM seat LEFT JOIN operator o ON o.id = seat.admitted_by
		WHERE seat.ticket_id = $1 ORDER BY seat.row_no, seat.col_no`, id)
	if err != nil {
		return nil, fmt.Errorf("read who is in: %w", err)
	}
	return seats, nil
}

// TicketByCode reads the ticket with a code as it was typed, in groups or with symbols that look alike. Outside
// production a code begins with 0, which need not be typed. ErrNotFound where there is none.
func (s Tickets) TicketByCode(ctx context.Context, typed string) (*Ticket, error) {
	code := readCode(typed)
	var id TicketID
	err := s.read(ctx, &id, `SELECT id FROM ticket WHERE code IN ($1, $2) ORDER BY id LIMIT 1`, code, "0"+code)
	if err != nil {
		return nil, fmt.Errorf("find a ticket by its code: %w", err)
	}
	return s.TicketByID(ctx, id)
}

// Admits reports whether a ticket admits: it is paid, not void, and its screening is not cancelled.
func (t *Ticket) Admits() bool {
	return t.Status == Paid && t.VoidedAt == 0 && t.Screening.Status != Cancelled
}

// Admit marks seats of a ticket as admitted, all or none. ErrNotAdmitted means that the ticket is not valid, or that a
// seat is admitted already.
func (s Tickets) Admit(ctx context.Context, id TicketID, seats Labels) error {
	free := ` AND admitted_at IS NULL`
	if unguarded {
		free = ""
	}
	return s.admission(ctx, id, seats, "ticket.admit", func(t *tx, in string, labels []any) (int64, error) {
		var admits int
		err := t.scan([]any{&admits}, `SELECT count(*) FROM ticket t JOIN screening s ON s.id = t.screening_id
			WHERE t.id = $1 AND t.payment_status = 'Paid' AND t.voided_at IS NULL AND s.status <> 'cancelled'`, id)
		if err != nil || admits == 0 {
			return 0, err
		}
		at, by := fmt.Sprintf("$%d", len(seats)+2), fmt.Sprintf("$%d", len(seats)+3)
		return t.exec(
			`UPDATE seat SET admitted_at = `+at+`, admitted_by = `+by+` WHERE ticket_id = $1`+free+` AND label IN (`+in+`)`,
			append(append([]any{id}, labels...), t.now, noID(int64(t.by.ID)))...)
	})
}

// UndoAdmission reverts the admission of seats, all or none. ErrNotAdmitted means that one was not admitted.
func (s Tickets) UndoAdmission(ctx context.Context, id TicketID, seats Labels) error {
	return s.admission(ctx, id, seats, "ticket.admit-undo", func(t *tx, in string, labels []any) (int64, error) {
		return t.exec(`UPDATE seat SET admitted_at = NULL, admitted_by = NULL WHERE ticket_id = $1
			AND admitted_at IS NOT NULL AND label IN (`+in+`)`, append([]any{id}, labels...)...)
	})
}

// admission changes whether somebody is in to these seats. The change says how many rows it has changed: others than
// all are none. In has the parameters of the labels, from the second on.
func (s *Store) admission(ctx context.Context, id TicketID, seats Labels, action string,
	write func(t *tx, in string, labels []any) (int64, error)) error {
	if len(seats) == 0 {
		return ErrNotAdmitted
	}
	labels, params := make([]any, len(seats)), make([]string, len(seats))
	for i, label := range seats {
		labels[i], params[i] = label, fmt.Sprintf("$%d", i+2)
	}
	err := s.write(ctx, urgent, func(t *tx) error {
		if err := t.lock(id); err != nil {
			return err
		}
		var code string
		if err := t.scan([]any{&code}, `SELECT code FROM ticket WHERE id = $1`, id); err != nil {
			return err
		}
		n, err := write(t, strings.Join(params, ", "), labels)
		if err != nil {
			return err
		}
		if n != int64(len(seats)) {
			return ErrNotAdmitted
		}
		return t.audit(change{
			action: action, kind: "ticket", id: int64(id), subject: code,
			now: struct {
				Seats string `json:"seats"`
			}{strings.Join(seats, " ")},
		})
	})
	if err != nil {
		return fmt.Errorf("%s: %w", action, err)
	}
	return nil
}

// DoorEntry is a booking on the door list of a screening.
type DoorEntry struct {
	Code         string `db:"code"`
	CustomerName string `db:"customer_name"`
	Phone        string `db:"phone"`
	Quantity     int    `db:"quantity"`
	Seats        Labels `db:"seats"`
	Lines        Lines  `db:"lines"`
	Admitted     int    `db:"admitted"` // how many are in
}

// DoorList lists the bookings that admit to a screening, by name.
func (s Tickets) DoorList(ctx context.Context, id ScreeningID) ([]DoorEntry, error) {
	var entries []DoorEntry
	err := s.list(
		ctx,
		&entries,
		`SELECT t.code, t.customer_name, t.phone, t.quantity, t.seats, t.lines, COALESCE(x.admitted, 0) AS admitted
		FROM ticket t LEFT JOIN (SELECT ticket_id, count(*) AS admitted FROM seat
			WHERE screening_id = $1 AND ticket_id IS NOT NULL AND admitted_at IS NOT NULL
			GROUP BY ticket_id) x ON x.ticket_id = t.id
		WHERE t.screening_id = $1 AND t.payment_status = 'Paid' AND t.voided_at IS NULL
		ORDER BY lower(t.customer_name), t.id`,
		id,
	)
	if err != nil {
		return nil, fmt.Errorf("list who comes: %w", err)
	}
	return entries, nil
}
