package store

import (
	"context"
	"fmt"
	"time"
)

// What metrics and alarms read. Each is one statement that reads little, whatever the books hold: nothing is counted
// along with the money.

// Queues counts the writes that wait for their turn: those that are never refused, and bookings.
func (s *Store) Queues() (urgent, bookings int) { return s.db.Queues() }

// Integrity looks through the whole SQLite file for damage, which takes about half a second a GiB.
func (s *Store) Integrity(ctx context.Context) error { return s.db.Integrity(ctx) }

// ServerVersion is the version of the PostgreSQL server, such as 150004 for 15.4; 0 on SQLite.
func (s *Store) ServerVersion(ctx context.Context) (int, error) { return s.db.ServerVersion(ctx) }

// RecentPushes counts the pushes made since an instant by their state.
func (s Jobs) RecentPushes(ctx context.Context, since Instant) (map[PushState]int, error) {
	var rows []struct {
		State PushState
		N     int
	}
	if err := s.list(ctx, &rows,
		`SELECT state, count(*) AS n FROM push_request WHERE created_at >= $1 GROUP BY state`, since); err != nil {
		return nil, fmt.Errorf("count pushes: %w", err)
	}
	out := map[PushState]int{}
	for _, r := range rows {
		out[r.State] = r.N
	}
	return out, nil
}

// Waiting is how many of something wait, and since when the oldest does; 0 where none does.
type Waiting struct {
	Count  int     `db:"n"`
	Oldest Instant `db:"oldest"`
}

// QuestionsWaiting counts the questions that M-PESA is still to be asked. Oldest is when the first of them is due,
// which may be later than now.
func (s Jobs) QuestionsWaiting(ctx context.Context) (w Waiting, err error) {
	err = s.readers.scan(ctx, []any{&w.Count, &w.Oldest},
		`SELECT count(*), COALESCE(min(next_at), 0) FROM question WHERE next_at IS NOT NULL`)
	if err != nil {
		return w, fmt.Errorf("count questions: %w", err)
	}
	return w, nil
}

// CallbacksWaiting counts the callbacks that were not applied yet.
func (s Jobs) CallbacksWaiting(ctx context.Context) (w Waiting, err error) {
	err = s.readers.scan(ctx, []any{&w.Count, &w.Oldest},
		`SELECT count(*), COALESCE(min(received_at), 0) FROM callback WHERE outcome IS NULL`)
	if err != nil {
		return w, fmt.Errorf("count callbacks: %w", err)
	}
	return w, nil
}

// Holds counts the tickets that are held, and their seats.
func (s Jobs) Holds(ctx context.Context) (tickets, seats int, err error) {
	err = s.readers.scan(ctx, []any{&tickets, &seats},
		`SELECT count(*), CAST(COALESCE(sum(quantity), 0) AS BIGINT) FROM ticket WHERE hold_until IS NOT NULL`)
	if err != nil {
		return 0, 0, fmt.Errorf("count holds: %w", err)
	}
	return tickets, seats, nil
}

// OpenMoney is money of one state that somebody must see to.
type OpenMoney struct {
	State  PaymentState `db:"state"`
	Count  int          `db:"n"`
	Sum    Cents        `db:"cents"`  // as far as M-PESA has said it
	Oldest Instant      `db:"oldest"` // since when, or since something more was learnt of it
}

// OpenMoney sums up what is due back and what names no ticket for certain, each state once where there is any.
func (s Jobs) OpenMoney(ctx context.Context) ([]OpenMoney, error) {
	var all []OpenMoney
	err := s.list(ctx, &all, `SELECT state, count(*) AS n, CAST(COALESCE(sum(amount_cents), 0) AS BIGINT) AS cents,
		min(updated_at) AS oldest
		FROM payment WHERE state IN ('refund_due', 'unmatched') GROUP BY state`)
	if err != nil {
		return nil, fmt.Errorf("sum up open money: %w", err)
	}
	return all, nil
}

// Handled is a callback that was stored, and what was made of it.
type Handled struct {
	ID         CallbackID   `db:"id"`
	Kind       CallbackKind `db:"kind"`
	Outcome    Outcome      `db:"outcome"` // "" until it is applied
	ReceivedAt Instant      `db:"received_at"`
	DecidedAt  Instant      `db:"decided_at"`  // 0 until it is applied
	PromptedAt Instant      `db:"prompted_at"` // when its push was made; 0 of other kinds
}

// CallbacksAfter lists the callbacks after one, or of 0 all, that came before an instant, the oldest first, and no more
// than limit.
func (s Jobs) CallbacksAfter(ctx context.Context, after CallbackID, before Instant, limit int) ([]Handled, error) {
	var all []Handled
	err := s.list(ctx, &all, `SELECT c.id, c.kind, COALESCE(c.outcome, '') AS outcome, c.received_at,
		COALESCE(c.decided_at, 0) AS decided_at, COALESCE(p.created_at, 0) AS prompted_at
		FROM callback c LEFT JOIN push_request p ON c.kind = 'stk' AND p.callback_token = c.token
		WHERE c.id > $1 AND c.id < $2 ORDER BY c.id LIMIT $3`, after, firstID(before), limit)
	if err != nil {
		return nil, fmt.Errorf("list callbacks: %w", err)
	}
	return all, nil
}

// FirstCallback is before every callback that comes at the instant or later: see [Jobs.CallbacksAfter].
func FirstCallback(at Instant) CallbackID { return CallbackID(firstID(at) - 1) }

// Silence is what became of the latest prompts.
type Silence struct {
	Accepted  int     // the latest that Daraja accepted, no more than were asked for
	First     Instant // when the earliest of them was made; 0 where there is none
	Callbacks bool    // one about a prompt has come since then
}

// Silence looks at the latest n prompts that Daraja accepted between two instants.
func (s Jobs) Silence(ctx context.Context, n int, from, until Instant) (out Silence, err error) {
	err = s.readers.scan(ctx, []any{&out.Accepted, &out.First}, `SELECT count(*), COALESCE(min(created_at), 0) FROM (
		SELECT created_at FROM push_request WHERE created_at >= $1 AND created_at <= $2
		AND checkout_request_id IS NOT NULL
		ORDER BY created_at DESC LIMIT $3) AS latest`, from, until, n)
	if err == nil && out.Accepted > 0 {
		var found int
		err = s.readers.scan(ctx, []any{&found}, `SELECT count(*) FROM (
			SELECT 1 AS one FROM callback WHERE id >= $1 AND kind = 'stk' AND known = 1 LIMIT 1) AS found`,
			firstID(out.First))
		out.Callbacks = found > 0
	}
	if err != nil {
		return out, fmt.Errorf("look for callbacks of the latest prompts: %w", err)
	}
	return out, nil
}

// DarajaPace is how Daraja has answered lately, and whether its circuit breaker is open: no prompts go out but single
// probes.
func (s Jobs) DarajaPace(ctx context.Context) (p Pace, open bool, err error) {
	p, err = s.pace(ctx)
	return p, p.open(), err
}

// orNever is an instant that may be 0 as a time that may be zero.
func orNever(i Instant) time.Time {
	if i == 0 {
		return time.Time{}
	}
	return i.Time()
}
