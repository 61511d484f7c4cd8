package store

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"cinemasphere/store/money"
)

// The bounds of the reason why a screening is cancelled, in characters.
const (
	CancelReasonMost  = 200
	CancelReasonLeast = 3
)

// CancelScreening cancels a screening for good and says why, in words for customers. Its sales stop with this write.
// Each ticket that was paid for is void, and its money due for refund; so is money that still comes for others. What it
// returns are the tickets that were paid for. A second time changes nothing. It refuses a reason that nobody could read
// with [ErrBadReason], and one whose film has ended with [ErrOver]: everybody who has seen it would be paid back.
func (s Catalogue) CancelScreening(ctx context.Context, id ScreeningID, reason string) (Orders, error) {
	reason = strings.Join(strings.Fields(reason), " ")
	if n := utf8.RuneCountInString(reason); n < CancelReasonLeast || n > CancelReasonMost ||
		!utf8.ValidString(reason) ||
		strings.ContainsFunc(reason, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return Orders{}, ErrBadReason
	}
	var out Orders
	err := s.write(ctx, urgent, func(t *tx) (err error) {
		out, err = t.cancelScreening(id, reason)
		return err
	})
	if err != nil {
		return Orders{}, fmt.Errorf("cancel screening: %w", err)
	}
	s.catalogue.Add(1)
	return out, nil
}

func (t *tx) cancelScreening(id ScreeningID, reason string) (out Orders, err error) {
	sc, err := t.showing(id)
	if err != nil {
		return out, err
	}
	if err := t.get(&out, ordersQuery, id); err != nil || sc.Status == Cancelled {
		return out, err
	}
	if t.now >= sc.EndsAt() {
		return out, ErrOver
	}
	if err := t.run(`UPDATE screening SET status = 'cancelled', cancelled_at = $1, cancel_reason = $2, version = version + 1, updated_at = $1 WHERE id = $3`,
		t.now, reason, id); err != nil {
		return out, err
	}
	// Whoever takes a payment for one of its tickets holds the ticket's lock, and has committed once it is ours. Nobody
	// can book: bookings lock the screening.
	var tickets []struct {
		ID     TicketID `db:"id"`
		Status Status   `db:"payment_status"`
	}
	if err := t.list(&tickets, `SELECT id, payment_status FROM ticket WHERE screening_id = $1 ORDER BY id`+t.rowLock(), id); err != nil {
		return out, err
	}
	if err := t.get(&out, ordersQuery, id); err != nil {
		return out, err
	}
	for _, tk := range tickets {
		if tk.Status == Paid {
			if _, err := t.decide(nil, factRow{Fact: money.Fact{Ticket: tk.ID}}); err != nil {
				return out, err
			}
		}
		if err := t.touch(tk.ID); err != nil {
			return out, err
		}
	}
	after := sc
	after.Status, after.CancelReason = Cancelled, reason
	return out, t.audit(sc.change("screening.cancel", sc.logged(), after.logged()))
}

// Orders are the tickets of a screening that somebody has paid for, or may be paying for right now.
type Orders struct {
	Paid    int       `db:"paid"`    // how many were paid for, and are not void
	Seats   int       `db:"seats"`   // that those have
	Total   Shillings `db:"total"`   // what they cost
	Pending int       `db:"pending"` // how many have a prompt out
	Free    int       `db:"free"`    // seats that were given away: of none of the others
}

const ordersQuery = `SELECT
	count(CASE WHEN payment_status = 'Paid' AND voided_at IS NULL AND total > 0 THEN 1 END) AS paid,
	CAST(COALESCE(sum(CASE WHEN payment_status = 'Paid' AND voided_at IS NULL AND total > 0 THEN quantity END), 0)
		AS BIGINT) AS seats,
	CAST(COALESCE(sum(CASE WHEN payment_status = 'Paid' AND voided_at IS NULL AND total = 0 THEN quantity END), 0)
		AS BIGINT) AS free,
	CAST(COALESCE(sum(CASE WHEN payment_status = 'Paid' AND voided_at IS NULL THEN total END), 0) AS BIGINT) AS total,
	count(CASE WHEN payment_status = 'Pending' THEN 1 END) AS pending FROM ticket WHERE screening_id = $1`

// Orders counts the tickets of a screening.
func (s Catalogue) Orders(ctx context.Context, id ScreeningID) (Orders, error) {
	var o Orders
	if err := s.read(ctx, &o, ordersQuery, id); err != nil {
		return o, fmt.Errorf("count the orders of a screening: %w", err)
	}
	return o, nil
}
