package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Schedule says how long after a push M-PESA is asked what became of it, as long as it has not said.
type Schedule []time.Duration

// DefaultSchedule asks first after 25 s, since asking earlier brings "still processing"; often while the customer
// waits; and then ever less, up to a day.
func DefaultSchedule() Schedule {
	var s Schedule
	for at := 25 * time.Second; at <= 2*time.Minute; at += 10 * time.Second {
		s = append(s, at)
	}
	return append(s, 3*time.Minute, 5*time.Minute, 10*time.Minute, 30*time.Minute, 2*time.Hour, 24*time.Hour)
}

// askAgain is how often the last wait of the schedule is repeated where even then M-PESA has not answered.
const askAgain = 7

// lastAsk is how long before the end of a hold M-PESA is asked once more.
const lastAsk = 4 * time.Second

// next is when a push made at the instant is asked about after now, or 0 where that is a person's work from now on. The
// last seconds of the hold are one more time to ask. Each time is up to a tenth later than the schedule says, so that
// the pushes of a rush are not all asked about at once.
func (s Schedule) next(made, now, hold Instant) Instant {
	at := Instant(0)
	for _, after := range s {
		// the millisecond in which it was made is as good as a die
		late := min(after/10, 5*time.Second) / 100 * time.Duration(made%100)
		if t := made.Add(after + late); t > now {
			at = t
			break
		}
	}
	for again := 2; at == 0 && len(s) > 0 && again <= askAgain; again++ {
		if t := made.Add(s[len(s)-1] * time.Duration(again)); t > now {
			at = t
		}
	}
	if last := hold.Add(-lastAsk); hold != 0 && last > now && (at == 0 || last < at) {
		at = last
	}
	return at
}

// DueQuery is a push that M-PESA is to be asked about now.
type DueQuery struct {
	PushID            PushID
	CheckoutRequestID string
	Code              string // of the ticket
}

// askFailedAfter is when a push that failed for good is asked about again: M-PESA has been seen to say failed by one
// way and paid by another, and the callback that would tell may be lost.
const askFailedAfter = 30 * time.Minute

// queryLease is how long a query may take before another process asks in its place.
const queryLease = 45 * time.Second

// ClaimQuery takes the push that M-PESA is to be asked about next, of those that are due: the one whose hold ends
// first. Nobody else gets it until its answer is recorded or the lease is over. All processes together take one in
// every gap, which grows while Daraja does not answer well, or turns pushes away. ErrNotFound means that nothing is
// due, or that it is too early.
func (s *Store) ClaimQuery(ctx context.Context, gap time.Duration) (DueQuery, error) {
	var q DueQuery
	err := s.readers.scan(ctx, []any{&q.PushID, &q.CheckoutRequestID, &q.Code}, `SELECT p.id, p.checkout_request_id, t.code FROM push_request p JOIN ticket t ON t.id = p.ticket_id
		WHERE p.next_query_at <= $1 AND p.lease_until <= $1 AND p.checkout_request_id IS NOT NULL
		ORDER BY CASE WHEN t.hold_until IS NULL THEN 1 ELSE 0 END, t.hold_until, p.next_query_at, p.id LIMIT 1`, s.Now())
	if err == nil {
		gap, err = s.slower(ctx, gap)
	}
	if err != nil {
		return q, fmt.Errorf("look for queries: %w", err)
	}
	err = s.write(ctx, urgent, func(t *tx) error {
		n, err := t.exec(`UPDATE push_request SET lease_until = $1, next_query_at = $1 WHERE id = $2 AND lease_until <= $3 AND next_query_at <= $3`, t.now.Add(queryLease), q.PushID, t.now)
		if err == nil && n == 1 {
			n, err = t.takeSlot("query", gap)
		}
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return q, fmt.Errorf("claim query: %w", err)
	}
	return q, nil
}

// TakeQueryTurn takes the turn to ask M-PESA for somebody's comfort, in the pace of all questions together, and says
// whether there was one. Pushes, and what the books have to ask, go first.
func (s *Store) TakeQueryTurn(ctx context.Context, gap time.Duration) (bool, error) {
	pace, err := s.pace(ctx)
	if err != nil || s.Now() < pace.YieldUntil || s.Now() < pace.RestUntil {
		return false, err
	}
	var due, early int
	err = s.readers.scan(ctx, []any{&due, &early}, `SELECT (SELECT count(*) FROM push_request WHERE next_query_at <= $1 AND lease_until <= $1 AND checkout_request_id IS NOT NULL),
		(SELECT count(*) FROM pace WHERE name = 'query' AND next_at > $1)`, s.Now())
	if err != nil {
		return false, fmt.Errorf("look for a turn: %w", err)
	}
	if due+early > 0 {
		return false, nil
	}
	if gap, err = s.slower(ctx, gap); err != nil {
		return false, err
	}
	var n int64
	err = s.write(ctx, urgent, func(t *tx) (err error) {
		n, err = t.takeSlot("query", gap)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("take a turn: %w", err)
	}
	return n == 1, nil
}

// slower is the gap between two questions while Daraja does not answer well, or turns pushes away.
func (s *Store) slower(ctx context.Context, gap time.Duration) (time.Duration, error) {
	pace, err := s.pace(ctx)
	times := time.Duration(1) << min(pace.Questions, 5)
	if s.Now() < pace.YieldUntil {
		times = max(times, yieldBy)
	}
	return gap * times, err
}

// NextDue is when something is to be done next that no callback will bring: a hold to end, a push or a receipt to ask
// M-PESA about and, where initiator says that there is one for it, a refund to send or a paid ticket to check. 0 where
// nothing is.
func (s *Store) NextDue(ctx context.Context, initiator bool) (Instant, error) {
	var hold, query, pace, asked, refund, check, rest Instant
	err := s.readers.scan(ctx, []any{&hold, &query, &pace, &asked, &refund, &check, &rest}, `SELECT COALESCE((SELECT min(hold_until) FROM ticket WHERE hold_until IS NOT NULL), 0),
		COALESCE((SELECT min(next_query_at) FROM push_request WHERE next_query_at IS NOT NULL), 0), COALESCE((SELECT next_at FROM pace WHERE name = 'query'), 0),
		COALESCE((SELECT min(CASE WHEN next_at > lease_until THEN next_at ELSE lease_until END) FROM question WHERE urgent = 1 AND next_at IS NOT NULL), 0), COALESCE((SELECT min(next_at) FROM refund WHERE next_at IS NOT NULL), 0),
		COALESCE((SELECT min(CASE WHEN next_at > lease_until THEN next_at ELSE lease_until END) FROM question WHERE urgent = 0 AND next_at IS NOT NULL), 0), COALESCE((SELECT next_at FROM pace WHERE name = 'check'), 0)`)
	if err != nil {
		return 0, fmt.Errorf("look for what is due: %w", err)
	}
	if query != 0 {
		query = max(query, pace)
	}
	if asked != 0 {
		asked = max(asked, pace)
	}
	if check != 0 {
		check = max(check, pace, rest)
	}
	if !initiator {
		refund, check = 0, 0
	}
	next := Instant(0)
	for _, at := range []Instant{hold, query, asked, refund, check} {
		if at != 0 && (next == 0 || at < next) {
			next = at
		}
	}
	return next, nil
}

// takeSlot takes the next place in a line where one may go in every gap, and says 0 where it is too early.
func (t *tx) takeSlot(name string, gap time.Duration) (int64, error) {
	if err := t.run(`INSERT INTO pace (name, next_at, failures, rest_until) VALUES ($1, 0, 0, 0) ON CONFLICT (name) DO NOTHING`, name); err != nil {
		return 0, err
	}
	return t.exec(`UPDATE pace SET next_at = $1 WHERE name = $2 AND next_at <= $3`, t.now.Add(gap), name, t.now)
}

// ApplyQuery makes of M-PESA's answer to a query what a callback would make of it, and says when to ask next where the
// answer decides nothing.
func (s *Store) ApplyQuery(ctx context.Context, id PushID, v Verdict) (Applied, error) {
	var out Applied
	err := s.write(ctx, urgent, func(t *tx) error {
		p, err := t.pushLocked(`p.id = $1`, id)
		if err != nil {
			return err
		}
		out = Applied{}
		if err := t.scan([]any{&out.Code}, `SELECT code FROM ticket WHERE id = $1`, p.TicketID); err != nil {
			return err
		}
		p.LeaseUntil, p.NextQuery = 0, 0
		p.Queries++
		if v.Class == Unclear {
			out.Outcome = OutcomeNoAnswer
			return errors.Join(t.savePush(p), t.queryAnswered(p.ID, v.Text))
		}
		code := out.Code
		out, err = t.applyVerdict(p, v)
		out.Code = code
		return err
	})
	if err != nil {
		return out, fmt.Errorf("apply query: %w", err)
	}
	return out, nil
}

// queryAnswered keeps what M-PESA answered when it was asked about a push, where that is no verdict: "" changes
// nothing.
func (t *tx) queryAnswered(id PushID, text string) error {
	if text == "" {
		return nil
	}
	return t.run(`UPDATE push_request SET query_text = $1 WHERE id = $2 AND query_text <> $1`, text, id)
}

// askSoon lets M-PESA be asked about a push at once, out of its turn, where it is still without a verdict.
func (t *tx) askSoon(id PushID) error {
	return t.run(`UPDATE push_request SET next_query_at = $1 WHERE id = $2 AND next_query_at > $1`, t.now, id)
}

// awaited reports whether the push may still bring money.
func (p *Push) awaited() bool {
	switch p.State {
	case PushSending, PushPrompted, PushUnknown, PushSoftFailed:
		return true
	case PushRefused, PushFailed, PushPaid:
	}
	return false
}

// schedule sets when M-PESA is asked about the push next. Without a CheckoutRequestID there is nothing to ask by.
func (t *tx) schedule(p *Push) error {
	if p.CheckoutRequestID == "" || !p.awaited() && p.State != PushFailed {
		p.NextQuery = 0
		return nil
	}
	if p.State == PushFailed {
		if again := p.CreatedAt.Add(askFailedAfter); p.NextQuery < max(again, t.now+1) {
			p.NextQuery = t.s.queries.next(p.CreatedAt, max(again-1, t.now), 0)
		}
		return nil
	}
	if p.NextQuery > t.now {
		return nil
	}
	hold, err := t.holdOf(p)
	p.NextQuery = t.s.queries.next(p.CreatedAt, t.now, hold)
	return err
}
