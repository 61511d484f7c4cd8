package store

import (
	"context"
	"fmt"

	"cinemasphere/store/money"
)

// TestPrice is the name of the price type of test sales, which no price card has.
const TestPrice = "Test"

// testCents is what a test sale costs: the least that M-PESA takes.
const testCents Cents = 100

func (b NewBooking) channel() Channel {
	if b.Test {
		return ChannelTest
	}
	return ChannelOnline
}

// TakeTestAway voids a test sale that was paid, and frees its seat at once, since nobody comes for it. Its shilling is
// due back then, as the money of any void ticket is. Of a test that is not paid the seat is given up. A second time
// changes nothing. ErrNotFound where the ticket is no test.
func (s Tickets) TakeTestAway(ctx context.Context, id TicketID) error {
	err := s.write(ctx, urgent, func(t *tx) error {
		if err := t.lock(id); err != nil {
			return err
		}
		var tk struct {
			Status Status   `db:"payment_status"`
			Hold   *Instant `db:"hold_until"`
			Voided *Instant `db:"voided_at"`
		}
		err := t.get(&tk, `SELECT payment_status, hold_until, voided_at FROM ticket WHERE id = $1 AND channel = 'test'`, id)
		switch {
		case err != nil:
			return err
		case tk.Status == Paid && tk.Voided == nil:
			err = t.voidTest(id)
		case tk.Status != Paid && tk.Hold != nil:
			err = t.release(id, *tk.Hold, FailureGivenUp)
		default:
			return nil
		}
		if err != nil {
			return err
		}
		return t.auditTicket(id, "ticket.test-away")
	})
	if err != nil {
		return fmt.Errorf("take a test sale away: %w", err)
	}
	return nil
}

// voidTest voids a paid test sale, decides its payment again and frees its seat.
func (t *tx) voidTest(id TicketID) error {
	err := t.run(`UPDATE ticket SET voided_at = $1, void_reason = $2, version = version + 1, updated_at = $1 WHERE id = $3`,
		t.now, money.RefundAsked, id)
	if err == nil {
		_, err = t.decide(nil, factRow{Fact: money.Fact{Ticket: id}})
	}
	if err == nil {
		err = t.freeSeats(id)
	}
	return err
}
