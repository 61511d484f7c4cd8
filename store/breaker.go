package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Sales says whether bookings are taken.
type Sales struct {
	Paused string  // why a person has paused them; "" where nobody has
	Until  Instant // Daraja does not answer: when it is tried next. 0 where it does
}

// Call is a kind of call to Daraja. Each counts by itself what goes wrong: that Daraja answers questions is no sign
// that prompts go out.
type Call string

// The kinds of call: pushes, and all that asks or tells M-PESA of what has been paid.
const (
	CallPush     Call = "daraja"
	CallQuestion Call = "questions"
)

// Pace is how Daraja has answered lately, as all processes together have seen it.
type Pace struct {
	Pushes     int     // pushes that went wrong, one after the other
	Questions  int     // other calls that did
	RestUntil  Instant // no new prompts until then, because they would not go out
	YieldUntil Instant // few questions until then, because Daraja has not taken every push
}

const (
	// openAfter is how many calls of a kind must go wrong running before no more bookings are taken.
	openAfter = 5
	restFirst = 15 * time.Second
	restMost  = 4 * time.Minute
	// yieldFor is how long questions are few after a push that Daraja was too busy for, and yieldBy how many times
	// fewer.
	yieldFor = 30 * time.Second
	yieldBy  = 8
	// paceAge is how old what is known of the pace and the switch may be.
	paceAge = time.Second
	// probe is how long one booking may take to show that Daraja answers again, before another may try.
	probe = 40 * time.Second
)

// open reports whether the circuit breaker is: so many calls of a kind have gone wrong that no prompts are sent, but
// one now and then.
func (p Pace) open() bool { return max(p.Pushes, p.Questions) >= openAfter }

const pausedKey = "sales.paused"

type salesState struct {
	pace   Pace
	paused string
	read   time.Time
}

func (s *Store) salesState(ctx context.Context) (salesState, error) {
	if st := s.sales.Load(); st != nil && s.now().Sub(st.read) < paceAge && s.now().Sub(st.read) >= 0 {
		return *st, nil
	}
	st := salesState{read: s.now()}
	err := s.readers.scan(ctx, []any{&st.paused, &st.pace.Pushes, &st.pace.Questions, &st.pace.RestUntil, &st.pace.YieldUntil}, `SELECT COALESCE((SELECT value FROM setting WHERE key = '`+pausedKey+`'), ''),
		COALESCE((SELECT failures FROM pace WHERE name = 'daraja'), 0),
		COALESCE((SELECT failures FROM pace WHERE name = 'questions'), 0),
		COALESCE((SELECT rest_until FROM pace WHERE name = 'daraja'), 0),
		COALESCE((SELECT rest_until FROM pace WHERE name = 'push'), 0)`)
	if err != nil {
		return st, fmt.Errorf("read whether sales are open: %w", err)
	}
	s.sales.Store(&st)
	return st, nil
}

func (s *Store) pace(ctx context.Context) (Pace, error) {
	st, err := s.salesState(ctx)
	return st.pace, err
}

// Sales reports whether bookings are taken at this moment. What another process has changed is seen a second later.
func (s Tickets) Sales(ctx context.Context) (Sales, error) {
	st, err := s.salesState(ctx)
	out := Sales{Paused: st.paused}
	if st.pace.open() {
		out.Until = max(st.pace.RestUntil, s.Now()+1)
	}
	return out, err
}

// PauseSales stops bookings until [Tickets.ResumeSales], with a reason for the operator's list. Tickets already booked
// go on.
func (s Tickets) PauseSales(ctx context.Context, why string) error {
	if why == "" {
		why = "paused"
	}
	return s.setPaused(ctx, why)
}

// ResumeSales lets bookings be taken again.
func (s Tickets) ResumeSales(ctx context.Context) error { return s.setPaused(ctx, "") }

func (s *Store) setPaused(ctx context.Context, why string) error {
	err := s.Catalogue().SetSettings(ctx, map[string]string{pausedKey: why})
	s.sales.Store(nil)
	return err
}

// AllowPush refuses with SalesPaused or DarajaDown where a prompt would not go out. While Daraja rests, one prompt now
// and then shows whether it answers again: the first booking or other try that is written then, and nothing that is
// refused.
func (s Tickets) AllowPush(ctx context.Context) error {
	st, err := s.salesState(ctx)
	switch {
	case err != nil:
		return err
	case st.paused != "":
		return &Refusal{Kind: SalesPaused}
	case st.pace.open() && s.Now() < st.pace.RestUntil:
		return &Refusal{Kind: DarajaDown, Until: st.pace.RestUntil}
	}
	return nil
}

// probing reports whether the next prompt is to show whether Daraja answers again. The write that makes the prompt then
// takes it by [tx.probe].
func (s *Store) probing(ctx context.Context) (bool, error) {
	st, err := s.salesState(ctx)
	return st.pace.open(), err
}

// probe makes the prompt of this write the one that shows whether Daraja answers again. It refuses with DarajaDown
// where another is under way, or it is too early.
func (t *tx) halfOpen() error {
	var p Pace
	err := t.scan([]any{&p.Pushes, &p.Questions, &p.RestUntil}, `SELECT COALESCE((SELECT failures FROM pace WHERE name = 'daraja'), 0),
		COALESCE((SELECT failures FROM pace WHERE name = 'questions'), 0), COALESCE((SELECT rest_until FROM pace WHERE name = 'daraja'), 0)`)
	switch {
	case err != nil || !p.open(): // it has answered meanwhile
		return err
	case t.now < p.RestUntil:
		return &Refusal{Kind: DarajaDown, Until: p.RestUntil}
	}
	n, err := t.exec(`UPDATE pace SET rest_until = $1 WHERE name = 'daraja' AND rest_until <= $2`, t.now.Add(probe), t.now)
	if err == nil && n == 0 {
		err = &Refusal{Kind: DarajaDown, Until: t.now.Add(restFirst)}
	}
	return err
}

// ReportCall takes down whether Daraja answered a call in its own words. Each time that it did not, several times
// running, it is left alone for longer. A push that it answered makes all good again, a question that it answered only
// what questions have counted.
func (s Jobs) ReportCall(ctx context.Context, call Call, answered bool) error {
	if answered {
		if p, err := s.pace(ctx); err != nil || p.Questions == 0 && (p.Pushes == 0 || call == CallQuestion) {
			return err
		}
	}
	err := s.write(ctx, urgent, func(t *tx) error {
		if answered {
			return t.answeredAgain(call)
		}
		return t.notAnswered(call)
	})
	s.sales.Store(nil)
	if err != nil && !errors.Is(err, ErrBusy) {
		return fmt.Errorf("note how Daraja answers: %w", err)
	}
	return nil
}

func (t *tx) answeredAgain(call Call) error {
	if call == CallPush {
		return t.run(`UPDATE pace SET failures = 0, rest_until = 0 WHERE name IN ('daraja', 'questions')`)
	}
	return t.run(`UPDATE pace SET failures = 0 WHERE name = 'questions'`)
}

// notAnswered counts a call that went wrong. How long Daraja is left alone stands with the pushes, whichever kind has
// failed.
func (t *tx) notAnswered(call Call) error {
	for _, name := range []Call{CallPush, CallQuestion} {
		if err := t.run(`INSERT INTO pace (name, next_at, failures, rest_until) VALUES ($1, 0, $2, 0)
			ON CONFLICT (name) DO UPDATE SET failures = pace.failures + excluded.failures`, name, flag(name == call)); err != nil {
			return err
		}
	}
	var failures int
	if err := t.scan([]any{&failures}, `SELECT failures FROM pace WHERE name = $1`, call); err != nil || failures < openAfter {
		return err
	}
	rest := min(restFirst<<min(failures-openAfter, 8), restMost)
	return t.run(`UPDATE pace SET rest_until = $1 WHERE name = 'daraja' AND rest_until < $1`, t.now.Add(rest))
}
