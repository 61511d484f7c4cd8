package store

import (
	"context"
	"fmt"
)

// rule is something that must hold in the books: a query for the rows that break it, each told by one text.
type rule struct{ name, query string }

// The rules are recomputed from raw facts; none trusts a column that another one is derived from. In each, $1 is now and
// $2 how many milliseconds a hold may be overdue before that is an error.
var rules = []rule{
	{"seats equal the plan's", `SELECT 'screening ' || s.id || ': ' || count(seat.label) || ' seats, capacity ' || s.capacity FROM screening s
		LEFT JOIN seat ON seat.screening_id = s.id WHERE $1 > 0 AND $2 > 0 GROUP BY s.id, s.capacity HAVING count(seat.label) <> s.capacity`},
	{"a paid ticket has exactly its seats", `SELECT 'ticket ' || t.id || ': ' || (SELECT count(*) FROM seat WHERE seat.ticket_id = t.id) || ' seats of ' || t.quantity
		FROM ticket t WHERE $1 > 0 AND $2 > 0 AND t.payment_status = 'Paid' AND t.voided_at IS NULL AND t.quantity <> (SELECT count(*) FROM seat WHERE seat.ticket_id = t.id AND seat.screening_id = t.screening_id)`},
	{"a held ticket has exactly its seats", `SELECT 'ticket ' || t.id FROM ticket t WHERE $1 > 0 AND $2 > 0 AND t.hold_until IS NOT NULL
		AND t.quantity <> (SELECT count(*) FROM seat WHERE seat.ticket_id = t.id AND seat.screening_id = t.screening_id)`},
	{"a ticket neither paid nor held has no seats", `SELECT 'ticket ' || t.id FROM ticket t WHERE $1 > 0 AND $2 > 0 AND t.payment_status <> 'Paid' AND t.hold_until IS NULL
		AND EXISTS (SELECT 1 FROM seat WHERE seat.ticket_id = t.id)`},
	{"a pending ticket holds its seats", `SELECT 'ticket ' || id FROM ticket WHERE $1 > 0 AND $2 > 0 AND payment_status = 'Pending' AND hold_until IS NULL`},
	{"no hold is overdue", `SELECT 'ticket ' || id FROM ticket WHERE hold_until + $2 < $1`},
	{"a paid ticket has money of exactly its total", `SELECT 'ticket ' || t.id FROM ticket t WHERE $1 > 0 AND $2 > 0 AND t.payment_status = 'Paid' AND t.voided_at IS NULL
		AND t.total * 100 <> COALESCE((SELECT sum(p.amount_cents) FROM payment p WHERE p.ticket_id = t.id AND p.state = 'applied'), 0)`},
	{"applied money has a paid ticket", `SELECT 'payment ' || p.id FROM payment p LEFT JOIN ticket t ON t.id = p.ticket_id
		WHERE $1 > 0 AND $2 > 0 AND p.state = 'applied' AND (t.id IS NULL OR t.payment_status <> 'Paid')`},
	{"a paid push has its payment", `SELECT 'push ' || u.id FROM push_request u WHERE $1 > 0 AND $2 > 0 AND u.state = 'paid' AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.push_id = u.id)`},
	{"a payment's push is paid", `SELECT 'payment ' || p.id FROM payment p JOIN push_request u ON u.id = p.push_id WHERE $1 > 0 AND $2 > 0 AND u.state <> 'paid'`},
	{"refunds never exceed their payment", `SELECT 'payment ' || p.id FROM payment p WHERE $1 > 0 AND $2 > 0
		AND p.amount_cents < (SELECT COALESCE(sum(r.amount_cents), 0) FROM refund r WHERE r.payment_id = p.id AND r.state <> 'failed')`},
	{"a final push is not live", `SELECT 'push ' || id FROM push_request WHERE $1 > 0 AND $2 > 0 AND live = 1 AND state IN ('paid', 'failed', 'refused')`},
}

// overdue is how long a hold may outlast its deadline before the loop that ends holds must be broken.
const overdue = 60_000

// Check looks for what must never be in the books and describes each case in one line. None means that they are sound.
func (s *Store) Check(ctx context.Context) ([]string, error) {
	var wrong []string
	for _, r := range rules {
		var rows []string
		if err := s.list(ctx, &rows, r.query, s.Now(), overdue); err != nil {
			return nil, fmt.Errorf("check that %s: %w", r.name, err)
		}
		for _, row := range rows {
			wrong = append(wrong, r.name+": "+row)
		}
	}
	return wrong, nil
}
