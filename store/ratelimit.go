package store

import (
	"context"
	"fmt"
	"time"
)

// The rate limit on calls to Daraja, for all processes together.

// acquireSlot takes the next slot of the named rate limit, one per gap; 0 means that it is too early.
func (t *tx) acquireSlot(name string, gap time.Duration) (int64, error) {
	if err := t.run(`INSERT INTO pace (name, next_at, failures, rest_until) VALUES ($1, 0, 0, 0) ON CONFLICT (name) DO NOTHING`, name); err != nil {
		return 0, err
	}
	return t.exec(`UPDATE pace SET next_at = $1 WHERE name = $2 AND next_at <= $3`, t.now.Add(gap), name, t.now)
}

// TakeQueryTurn takes a slot for a query that a customer asks for, under the rate limit of all questions, and reports
// whether there was one. Pushes, and due questions of these kinds that somebody waits for, go first.
func (s Jobs) TakeQueryTurn(ctx context.Context, gap time.Duration, kinds ...QuestionKind) (bool, error) {
	pace, err := s.pace(ctx)
	if err != nil || s.Now() < pace.YieldUntil || s.Now() < pace.RestUntil {
		return false, err
	}
	var due, early int
	err = s.readers.scan(ctx, []any{&due, &early}, `SELECT (SELECT count(*) FROM question q WHERE q.urgent = 1 AND `+canBeSent+`),
		(SELECT count(*) FROM pace WHERE name = 'query' AND next_at > $1)`, s.Now(), kindsText(kinds))
	if err != nil {
		return false, fmt.Errorf("look for a turn: %w", err)
	}
	if due+early > 0 {
		return false, nil
	}
	if gap, err = s.spacing(ctx, gap); err != nil {
		return false, err
	}
	var n int64
	err = s.write(ctx, urgent, func(t *tx) (err error) {
		n, err = t.acquireSlot("query", gap)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("take a turn: %w", err)
	}
	return n == 1, nil
}

// spacing is the gap between two questions, longer while Daraja fails or refuses pushes.
func (s *Store) spacing(ctx context.Context, gap time.Duration) (time.Duration, error) {
	pace, err := s.pace(ctx)
	times := time.Duration(1) << min(pace.Questions, 5)
	if s.Now() < pace.YieldUntil {
		times = max(times, yieldBy)
	}
	return gap * times, err
}

// RestChecks delays all questions that nobody waits for, since Daraja itself did not answer one. It does not open the
// circuit breaker: a check proves nothing about prompts.
func (s Jobs) RestChecks(ctx context.Context) error {
	err := s.write(ctx, urgent, func(t *tx) error { _, err := t.acquireSlot("check", restTime); return err })
	if err != nil {
		return fmt.Errorf("let checks rest: %w", err)
	}
	return nil
}

// YieldToPushes makes questions fewer for a while: Daraja was too busy for a push, and pushes go first.
func (s Jobs) YieldToPushes(ctx context.Context) error {
	err := s.write(ctx, urgent, func(t *tx) error {
		return t.run(`INSERT INTO pace (name, next_at, failures, rest_until) VALUES ('push', 0, 0, $1) ON CONFLICT (name) DO UPDATE SET rest_until = excluded.rest_until`, t.now.Add(yieldFor))
	})
	s.sales.Store(nil)
	if err != nil {
		return fmt.Errorf("yield to pushes: %w", err)
	}
	return nil
}
