package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// rule is something that must hold in the books: a query for the rows that break it, each as one line of text.
type rule struct{ name, query string }

// doubtsOfReturns are the doubts about how much of a payment was refunded.
const doubtsOfReturns = `('` + string(DoubtReturnedOther) + `', '` + string(DoubtReturnedTwice) + `')`

// resolvedDoubt is that an operator has resolved a doubt about payment p.
const resolvedDoubt = `EXISTS (SELECT 1 FROM fact d WHERE d.says = 'resolved' AND (d.receipt = p.receipt OR ` +
	`d.push_id = p.push_id AND d.push_id <> 0))`

// given is put before each rule: the time, and by how many milliseconds due work may be late before that is an error.
const given = `WITH given (now, slack) AS (SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT)) `

// The rules are computed from raw facts; none trusts a derived column. Where one asks for both the ticket and the
// screening of a seat, SQLite would go through the screening's seats for each ticket.
var rules = []rule{
	{"a paid ticket has exactly its seats", `SELECT 'ticket ' || t.id || ': ' || (SELECT count(*) FROM seat WHERE seat.ticket_id = t.id) || ' seats of ' || t.quantity
		FROM ticket t WHERE t.payment_status = 'Paid' AND t.voided_at IS NULL AND t.quantity <> (SELECT count(CASE WHEN seat.screening_id = t.screening_id THEN 1 END) FROM seat WHERE seat.ticket_id = t.id)`},
	{"a paid ticket shows the seats that it has", `SELECT 'ticket ' || t.id || ': shows ' || t.seats FROM ticket t WHERE t.payment_status = 'Paid' AND t.voided_at IS NULL
		AND t.seats <> COALESCE((SELECT string_agg(seat.label, ' ' ORDER BY seat.row_no, seat.col_no) FROM seat WHERE seat.ticket_id = t.id), '')`},
	{"a held ticket has exactly its seats", `SELECT 'ticket ' || t.id FROM ticket t WHERE t.hold_until IS NOT NULL
		AND t.quantity <> (SELECT count(CASE WHEN seat.screening_id = t.screening_id THEN 1 END) FROM seat WHERE seat.ticket_id = t.id)`},
	{"a ticket neither paid nor held has no seats", `SELECT 'ticket ' || t.id FROM ticket t WHERE t.payment_status <> 'Paid' AND t.hold_until IS NULL
		AND EXISTS (SELECT 1 FROM seat WHERE seat.ticket_id = t.id)`},
	{"a pending ticket holds its seats", `SELECT 'ticket ' || id FROM ticket WHERE payment_status = 'Pending' AND hold_until IS NULL`},
	{"no hold is overdue", `SELECT 'ticket ' || id FROM ticket, given WHERE hold_until + slack < now`},
	{"a paid ticket has money of exactly its total", `SELECT 'ticket ' || t.id FROM ticket t WHERE t.payment_status = 'Paid' AND t.voided_at IS NULL
		AND t.total * 100 <> COALESCE((SELECT sum(p.amount_cents) FROM payment p WHERE p.ticket_id = t.id AND p.state = 'applied'), 0)`},
	{"a ticket without a price says who gave it away, and why", `SELECT 'ticket ' || t.id FROM ticket t WHERE t.total = 0
		AND NOT EXISTS (SELECT 1 FROM fact f WHERE f.ticket_id = t.id AND f.source = 'operator' AND f.says = 'given'
			AND f.said_by <> '' AND f.note = t.given_reason AND f.note <> '')`},
	{"applied money has a paid ticket", `SELECT 'payment ' || p.id FROM payment p LEFT JOIN ticket t ON t.id = p.ticket_id
		WHERE p.state = 'applied' AND (t.id IS NULL OR t.payment_status <> 'Paid')`},
	{"a paid push has its payment", `SELECT 'push ' || u.id FROM push_request u WHERE u.state = 'paid' AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.push_id = u.id)`},
	{"a payment's push is paid", `SELECT 'payment ' || p.id FROM payment p JOIN push_request u ON u.id = p.push_id WHERE u.state <> 'paid' AND p.amount_cents IS NOT NULL`},
	{"refunds never exceed their payment", `SELECT 'payment ' || p.id FROM payment p WHERE p.amount_cents < (SELECT COALESCE(sum(r.amount_cents), 0) FROM refund r WHERE r.payment_id = p.id AND r.state <> 'failed')
		AND p.doubt NOT IN ` + doubtsOfReturns + ` AND NOT ` + resolvedDoubt},
	{"a payment is refunded exactly where its refunds make it up", `SELECT 'payment ' || p.id FROM payment p WHERE (p.state = 'refunded') <>
		(p.amount_cents > 0 AND p.amount_cents = (SELECT COALESCE(sum(r.amount_cents), 0) FROM refund r WHERE r.payment_id = p.id AND r.state = 'refunded'))
		AND p.doubt NOT IN ` + doubtsOfReturns + ` AND NOT ` + resolvedDoubt},
	{"M-PESA contradicts no payment, or an operator has resolved it", `SELECT 'payment ' || p.id || ': ' || p.doubt FROM payment p
		WHERE p.doubt <> ''`},
	{"money that is being refunded pays for nothing", `SELECT 'refund ' || r.id FROM refund r JOIN payment p ON p.id = r.payment_id
		WHERE r.state = 'requested' AND p.state NOT IN ('refund_due', 'unmatched')`},
	{"a void ticket has no money applied", `SELECT 'ticket ' || t.id FROM ticket t WHERE t.voided_at IS NOT NULL
		AND EXISTS (SELECT 1 FROM payment p WHERE p.ticket_id = t.id AND p.state = 'applied')`},
	{"a void ticket has no seats once its money is back", `SELECT 'ticket ' || t.id FROM ticket t WHERE t.voided_at IS NOT NULL
		AND EXISTS (SELECT 1 FROM seat WHERE seat.ticket_id = t.id) AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.ticket_id = t.id AND p.state = 'refund_due')`},
	// The slack is for two doors whose transactions began in another order than they ended in.
	{"who was let in had a paid ticket, not yet void", `SELECT 'seat ' || seat.label || ' of screening ' || seat.screening_id || COALESCE(', ticket ' || t.id, '') FROM seat
		CROSS JOIN given LEFT JOIN ticket t ON t.id = seat.ticket_id
		WHERE seat.admitted_at IS NOT NULL AND (t.id IS NULL OR t.payment_status <> 'Paid' OR t.voided_at + slack < seat.admitted_at)`},
	{"a ticket lets in no more than it has seats", `SELECT 'ticket ' || t.id || ': ' || x.ins || ' of ' || t.quantity FROM
		(SELECT ticket_id, count(*) AS ins FROM seat WHERE admitted_at IS NOT NULL GROUP BY ticket_id) x JOIN ticket t ON t.id = x.ticket_id
		WHERE x.ins > t.quantity`},
	{"a receipt stands once", `SELECT 'receipt ' || upper(trim(receipt)) FROM payment WHERE receipt IS NOT NULL GROUP BY upper(trim(receipt)) HAVING count(*) > 1`},
	{"a paid ticket shows the receipt of its payment", `SELECT 'ticket ' || t.id FROM ticket t JOIN payment p ON p.ticket_id = t.id AND p.state = 'applied'
		WHERE t.payment_status = 'Paid' AND t.receipt <> COALESCE(p.receipt, '')`},
	{"every callback has an outcome", `SELECT 'callback ' || id FROM callback, given WHERE outcome IS NULL AND received_at + slack < now`},
	{"a callback with a token of ours is stored as ours", misfiledCallbacks()},
	{"a callback is understood whole, or an operator has resolved it", `SELECT 'callback ' || c.id ||
		COALESCE(', ' || u.why, '')` + unreadFrom + `
		WHERE ` + unreadWaits},
	{"it is known how much money was paid, or an operator has resolved it", `SELECT 'payment ' || p.id || COALESCE(', receipt ' || p.receipt, '') FROM payment p
		WHERE p.amount_cents IS NULL AND NOT EXISTS (SELECT 1 FROM resolution d WHERE d.kind = 'payment' AND d.id = p.id AND d.state = p.state AND d.reason = p.reason)`},
	{"a final push is not live", `SELECT 'push ' || id FROM push_request WHERE live = 1 AND state IN ('paid', 'failed', 'refused')`},
}

// misfiledCallbacks finds callbacks stored under an unknown token though the token is one of ours: they are never
// applied.
func misfiledCallbacks() string {
	var kinds []string
	for kind, query := range tokens {
		kinds = append(kinds,
			`kind = '`+string(kind)+`' AND EXISTS (`+strings.ReplaceAll(query, "$1", "kept.token")+`)`)
	}
	slices.Sort(kinds)
	return `SELECT 'callback ' || kept.id FROM callback kept WHERE known = 0 AND (` + strings.Join(kinds, " OR ") + `)`
}

// overdue is how late, in milliseconds, a hold may end before the loop that ends holds counts as broken.
const overdue = 60_000

// Audit looks for what must never be in the books and describes each finding in one line. None means that the books are
// sound.
func (s Money) Audit(ctx context.Context) ([]string, error) {
	var wrong []string
	for _, r := range rules {
		var rows []string
		if err := s.list(ctx, &rows, given+r.query, s.Now(), overdue); err != nil {
			return nil, fmt.Errorf("check that %s: %w", r.name, err)
		}
		for _, row := range rows {
			wrong = append(wrong, r.name+": "+row)
		}
	}
	facts, err := s.checkFacts(ctx)
	if err != nil {
		return nil, fmt.Errorf("check facts: %w", err)
	}
	for _, row := range facts {
		wrong = append(wrong, "the books say what the facts say: "+row)
	}
	unlike, err := s.unlikePlan(ctx)
	if err != nil {
		return nil, fmt.Errorf("check that %s: %w", rulePlan, err)
	}
	for _, row := range unlike {
		wrong = append(wrong, rulePlan+": "+row)
	}
	return wrong, nil
}

// rulePlan is a rule that no query can check, since it parses the plan.
const rulePlan = "seats equal the plan's"

// unlikePlan describes screenings whose seats differ from their plan's, and plans that cannot be read.
func (s *Store) unlikePlan(ctx context.Context) (wrong []string, err error) {
	var stored []struct {
		ID   PlanID
		Text string
	}
	if err := s.list(ctx, &stored, `SELECT id, text FROM plan ORDER BY id`); err != nil {
		return nil, err
	}
	plans := map[PlanID]map[string]bool{}
	for _, row := range stored {
		plan, err := newSeatPlan(row.Text)
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("plan %d: %v", row.ID, err))
			continue
		}
		plans[row.ID] = make(map[string]bool, len(plan.Seats))
		for _, s := range plan.Seats {
			plans[row.ID][fmt.Sprintf("%s/%d/%d/%s/%s/%s", s.Label, s.Row, s.Col, s.Kind, s.Zone, s.Note)] = true
		}
	}
	const page = 500 // screenings, which may have hundreds of seats each
	for last, more := ScreeningID(0), true; more; {
		var rows []struct {
			ID       ScreeningID
			Plan     PlanID
			Hall     HallID
			Planned  HallID
			Capacity int
			ForSale  int `db:"for_sale"`
			Seats    string
		}
		err := s.list(ctx, &rows, `SELECT s.id, s.plan_id AS plan, s.hall_id AS hall, plan.hall_id AS planned,
			s.capacity, COALESCE((SELECT string_agg(label || '/' || row_no || '/' || col_no || '/' || kind || '/' ||
			zone || '/' || note, CAST($3 AS TEXT)) FROM seat WHERE seat.screening_id = s.id), '') AS seats,
			(SELECT count(*) FROM seat WHERE seat.screening_id = s.id AND seat.for_sale = 1) AS for_sale
			FROM screening s JOIN plan ON plan.id = s.plan_id WHERE s.id > $1 ORDER BY s.id LIMIT $2`, last, page, "\n")
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			unlike := unlikePlaces(plans[r.Plan], strings.Split(r.Seats, "\n"), r.Capacity, r.ForSale)
			if r.Hall != r.Planned {
				unlike = "its plan is another hall's"
			}
			if unlike != "" {
				wrong = append(wrong, fmt.Sprintf("screening %d: %s", r.ID, unlike))
			}
			last = r.ID
		}
		more = len(rows) == page
	}
	return wrong, nil
}

// unlikePlaces describes how seats differ from a plan's, and the capacity from how many seats are for sale; "" where
// they do not. No seat occurs twice.
func unlikePlaces(plan map[string]bool, seats []string, capacity, forSale int) string {
	var strange []string
	for _, seat := range seats {
		if !plan[seat] && seat != "" {
			label, _, _ := strings.Cut(seat, "/")
			strange = append(strange, label)
		}
	}
	switch {
	case len(strange) > 0:
		return "the plan has other than " + strings.Join(strange[:min(len(strange), 10)], " ")
	case len(seats) != len(plan) || capacity != forSale:
		return fmt.Sprintf("%d seats, %d for sale, a capacity of %d, and the plan has %d seats", len(seats), forSale,
			capacity, len(plan))
	}
	return ""
}

// Sum is the number of payments in a state, and their total.
type Sum struct {
	State    PaymentState `db:"state"`
	Payments int          `db:"payments"`
	Amount   Cents        `db:"amount"`
}

// Sums totals all money by state.
func (s Money) Sums(ctx context.Context) ([]Sum, error) {
	var sums []Sum
	err := s.list(ctx, &sums, `SELECT state, count(*) AS payments, CAST(COALESCE(sum(amount_cents), 0) AS BIGINT) AS amount FROM payment GROUP BY state ORDER BY state`)
	if err != nil {
		return nil, fmt.Errorf("add up payments: %w", err)
	}
	return sums, nil
}
