package store

import (
	"context"
	"fmt"
	"time"
)

// HouseSales is how a screening stands.
type HouseSales struct {
	ID        ScreeningID     `db:"id"`
	Title     string          `db:"title"`
	AgeRating string          `db:"age_rating"`
	Hall      string          `db:"hall"`
	StartsAt  Instant         `db:"starts_at"`
	Runtime   int             `db:"runtime_minutes"` // without trailers
	Trailers  int             `db:"trailer_minutes"`
	Status    ScreeningStatus `db:"status"`
	Capacity  int             `db:"capacity"`
	Sold      int             `db:"sold"`     // seats that are paid for or were given away
	Free      int             `db:"free"`     // of those, seats that were given away
	Held      int             `db:"held"`     // seats that wait to be paid for
	Admitted  int             `db:"admitted"` // seats whose people are in
	Tests     int             `db:"tests"`    // of Sold and Held, seats of test sales
	Taken     Shillings       `db:"taken"`    // what the tickets cost that are paid and not void, without test sales
}

// EndsAt is when the film is over.
func (s HouseSales) EndsAt() Instant {
	return s.StartsAt.Add(time.Duration(s.Trailers+s.Runtime) * time.Minute)
}

// Left is how many seats nobody has.
func (s HouseSales) Left() int { return s.Capacity - s.Sold - s.Held }

// HouseSales lists the screenings that begin from one instant to before another, with how each stands.
func (s Tickets) HouseSales(ctx context.Context, from, until Instant) ([]HouseSales, error) {
	var all []HouseSales
	err := s.list(
		ctx,
		&all,
		`SELECT s.id, m.title, m.age_rating, m.runtime_minutes, s.trailer_minutes, h.name AS hall,
		s.starts_at, s.status, s.capacity,
		COALESCE(x.sold, 0) AS sold, COALESCE(x.had - x.sold, 0) AS held, COALESCE(x.admitted, 0) AS admitted,
		COALESCE(x.tests, 0) AS tests, COALESCE(x.taken, 0) AS taken, COALESCE(x.free, 0) AS free
		FROM screening s JOIN movie m ON m.id = s.movie_id JOIN hall h ON h.id = s.hall_id
		LEFT JOIN (SELECT o.screening_id, CAST(sum(o.n) AS BIGINT) AS had, CAST(sum(o.ins) AS BIGINT) AS admitted,
				CAST(sum(CASE WHEN t.payment_status = 'Paid' THEN o.n ELSE 0 END) AS BIGINT) AS sold,
				CAST(sum(CASE WHEN t.given_by IS NOT NULL THEN o.n ELSE 0 END) AS BIGINT) AS free,
				CAST(sum(CASE WHEN t.channel = 'test' THEN o.n ELSE 0 END) AS BIGINT) AS tests,
				CAST(sum(CASE WHEN t.payment_status = 'Paid' AND t.voided_at IS NULL AND t.channel <> 'test'
					THEN t.total ELSE 0 END) AS BIGINT) AS taken
			FROM (SELECT screening_id, ticket_id, count(*) AS n, count(admitted_at) AS ins FROM seat
				WHERE screening_id IN (SELECT id FROM screening WHERE starts_at >= $1 AND starts_at < $2)
				AND ticket_id IS NOT NULL GROUP BY screening_id, ticket_id) o
			JOIN ticket t ON t.id = o.ticket_id GROUP BY o.screening_id) x ON x.screening_id = s.id
		WHERE s.starts_at >= $1 AND s.starts_at < $2 ORDER BY s.starts_at, h.name, s.id`,
		from,
		until,
	)
	if err != nil {
		return nil, fmt.Errorf("read how the screenings stand: %w", err)
	}
	return all, nil
}

// PromptCount is how many prompts have come so far, and no further.
type PromptCount struct {
	State  PushState     `db:"state"`
	Reason FailureReason `db:"reason"`
	Code   string        `db:"result_code"` // M-PESA's, or Daraja's
	N      int           `db:"n"`
}

// Takings is what has come of the prompts and payments since an instant, and what waits at the moment.
type Takings struct {
	Prompts   []PromptCount // the most frequent first
	Payments  int           // that M-PESA has told of and that pay for tickets, without those of test sales
	Taken     Cents         // by these
	Tests     int           // payments of test sales
	TestTaken Cents         // by these
	DueCount  int           // payments that are due back, of any day
	Due       Cents         // the sum of them, as far as M-PESA has said it
	Questions int           // that M-PESA is still to be asked
}

// Takings reads them.
func (s Money) Takings(ctx context.Context, since Instant) (Takings, error) {
	var out Takings
	var sums []struct {
		Kind string
		N    int
		Sum  Cents
	}
	err := s.list(ctx, &out.Prompts, `SELECT state, reason, result_code, count(*) AS n FROM push_request
		WHERE created_at >= $1 GROUP BY state, reason, result_code ORDER BY n DESC, state, reason, result_code`, since)
	if err == nil {
		err = s.list(
			ctx,
			&sums,
			`SELECT CASE WHEN t.channel = 'test' THEN 'test' ELSE 'paid' END AS kind, count(*) AS n,
				CAST(COALESCE(sum(p.amount_cents), 0) AS BIGINT) AS sum
			FROM payment p JOIN ticket t ON t.id = p.ticket_id WHERE p.id >= $1 AND p.state = 'applied'
			GROUP BY CASE WHEN t.channel = 'test' THEN 'test' ELSE 'paid' END
			UNION ALL SELECT 'due', count(*), CAST(COALESCE(sum(amount_cents), 0) AS BIGINT)
			FROM payment WHERE state = 'refund_due'
			UNION ALL SELECT 'asked', count(*), 0 FROM question WHERE next_at IS NOT NULL`,
			firstID(since),
		)
	}
	if err != nil {
		return out, fmt.Errorf("read what was taken: %w", err)
	}
	for _, of := range sums {
		switch of.Kind {
		case "paid":
			out.Payments, out.Taken = of.N, of.Sum
		case "test":
			out.Tests, out.TestTaken = of.N, of.Sum
		case "due":
			out.DueCount, out.Due = of.N, of.Sum
		default:
			out.Questions = of.N
		}
	}
	return out, nil
}
