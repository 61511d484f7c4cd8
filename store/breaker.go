package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Sales reports whether bookings are taken.
type Sales struct {
	Paused string  // the operator's reason for pausing them; "" where they are not paused
	Until  Instant // when Daraja is tried next while the circuit breaker is open; 0 where it is closed
	Gap    Gap     // what the books lack since they were restored; zero once bookings were resumed
}

// Call is a kind of call to Daraja. Failures are counted by kind, since answered questions do not prove that prompts go
// out.
type Call string

// The kinds of call: pushes, and all other calls about payments.
const (
	CallPush     Call = "daraja"
	CallQuestion Call = "questions"
)

// Pace is how Daraja has answered lately, as counted by all processes together.
type Pace struct {
	Pushes     int     // pushes that failed in a row
	Questions  int     // other calls that failed in a row
	RestUntil  Instant // no new prompts until then: the circuit breaker is open
	YieldUntil Instant // fewer questions until then: Daraja was too busy for a push
}

const (
	// openAfter is how many calls of a kind must fail in a row to open the circuit breaker.
	openAfter = 5
	restFirst = 15 * time.Second
	restMost  = 4 * time.Minute
	// yieldFor is how long queries are slowed after Daraja refused a push as busy. yieldBy is the factor.
	yieldFor = 30 * time.Second
	yieldBy  = 8
	// paceAge is how old a process's copy of the pace and the switch may be.
	paceAge = time.Second
	// probe is how long one push may take to show that Daraja answers again, before another may try.
	probe = 40 * time.Second
)

// open reports whether the circuit breaker is open: no prompts are sent except single probes.
func (p Pace) open() bool { return max(p.Pushes, p.Questions) >= openAfter }

const pausedKey = "sales.paused"

type salesState struct {
	pace   Pace
	paused string
	gap    Gap
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
	if st.gap, err = s.openGap(ctx); err != nil {
		return st, err
	}
	s.sales.Store(&st)
	return st, nil
}

func (s *Store) pace(ctx context.Context) (Pace, error) {
	st, err := s.salesState(ctx)
	return st.pace, err
}

// Sales reports whether bookings are taken now. A change by another process is seen a second later.
func (s Tickets) Sales(ctx context.Context) (Sales, error) {
	st, err := s.salesState(ctx)
	out := Sales{Paused: st.paused, Gap: st.gap}
	if st.pace.open() {
		out.Until = max(st.pace.RestUntil, s.Now()+1)
	}
	return out, err
}

// PauseSales refuses bookings until [Tickets.ResumeSales]. The reason is for the operator. Tickets already booked
// continue.
func (s Tickets) PauseSales(ctx context.Context, why string) error {
	if why == "" {
		why = "paused"
	}
	return s.setPaused(ctx, why)
}

// ResumeSales allows bookings again. After a restore it confirms that an owner has reconciled the gap.
func (s Tickets) ResumeSales(ctx context.Context) error { return s.setPaused(ctx, "") }

func (s *Store) setPaused(ctx context.Context, why string) error {
	err := s.write(ctx, urgent, func(t *tx) error { return t.setPaused(why) })
	s.catalogue.Add(1)
	s.sales.Store(nil)
	if err != nil {
		return fmt.Errorf("pause or resume sales: %w", err)
	}
	return nil
}

func (t *tx) setPaused(why string) error {
	var was string
	err := t.scan([]any{&was}, `SELECT COALESCE((SELECT value FROM setting WHERE key = '`+pausedKey+`'), '')`)
	if err == nil {
		err = t.setSettings(map[string]string{pausedKey: why})
	}
	if err == nil && why == "" {
		err = t.run(`UPDATE gap SET opened_at = $1 WHERE opened_at IS NULL`, t.now)
	}
	if err != nil || was == why {
		return err
	}
	c := change{action: "sales.resume", kind: "setting", subject: "bookings", was: map[string]string{"paused": was}}
	if why != "" {
		c.action, c.was, c.now = "sales.pause", nil, map[string]string{"paused": why}
	}
	return t.audit(c)
}

// AllowPush refuses with SalesPaused or DarajaDown where a prompt would not go out. While the circuit breaker is open
// it admits one probe at a time: the first booking or retry that is then written.
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

// probing reports whether the next push is a probe. The write that makes the push claims the probe by [tx.halfOpen].
func (s *Store) probing(ctx context.Context) (bool, error) {
	st, err := s.salesState(ctx)
	return st.pace.open(), err
}

// halfOpen makes this write's push the probe. It refuses with DarajaDown where another probe is under way, or it is too
// early.
func (t *tx) halfOpen() error {
	var p Pace
	err := t.scan([]any{&p.Pushes, &p.Questions, &p.RestUntil}, `SELECT COALESCE((SELECT failures FROM pace WHERE name = 'daraja'), 0),
		COALESCE((SELECT failures FROM pace WHERE name = 'questions'), 0), COALESCE((SELECT rest_until FROM pace WHERE name = 'daraja'), 0)`)
	switch {
	case err != nil || !p.open(): // it has been closed meanwhile
		return err
	case t.now < p.RestUntil:
		return &Refusal{Kind: DarajaDown, Until: p.RestUntil}
	}
	n, err := t.exec(`UPDATE pace SET rest_until = $1, next_at = $1 WHERE name = 'daraja' AND rest_until <= $2`, t.now.Add(probe), t.now)
	if err == nil && n == 0 {
		err = &Refusal{Kind: DarajaDown, Until: t.now.Add(restFirst)}
	}
	return err
}

// ReportCall records whether Daraja answered a call itself. Repeated failures open the circuit breaker for longer each
// time. An answered push closes it; another answered call resets its own kind's count only.
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
		return t.run(`UPDATE pace SET failures = 0, rest_until = 0, next_at = 0 WHERE name IN ('daraja', 'questions')`)
	}
	return t.run(`UPDATE pace SET failures = 0 WHERE name = 'questions'`)
}

// notAnswered counts a failed call. The pause is stored with the pushes, whichever kind failed. While it lasts, only
// the probe makes it longer: pushes that were under way when it began may fail all at once, and are one failure.
func (t *tx) notAnswered(call Call) error {
	for _, name := range []Call{CallPush, CallQuestion} { // which locks both
		if err := t.run(`INSERT INTO pace (name, next_at, failures, rest_until) VALUES ($1, 0, 0, 0)
			ON CONFLICT (name) DO UPDATE SET failures = pace.failures`, name); err != nil {
			return err
		}
	}
	var p Pace
	var probing Instant
	err := t.scan([]any{&p.Pushes, &p.Questions, &p.RestUntil, &probing}, `SELECT
		d.failures, q.failures, d.rest_until, d.next_at FROM pace d, pace q WHERE d.name = 'daraja' AND q.name = 'questions'`)
	resting := p.open() && t.now < p.RestUntil && t.now >= probing
	if err != nil || resting && call == CallPush {
		return err
	}
	failures := p.Pushes + 1
	if call == CallQuestion {
		failures = p.Questions + 1
	}
	if err := t.run(`UPDATE pace SET failures = $1 WHERE name = $2`, failures, call); err != nil || failures < openAfter || resting {
		return err
	}
	rest := t.now.Add(min(restFirst<<min(failures-openAfter, 8), restMost))
	return t.run(`UPDATE pace SET next_at = 0, rest_until = $1 WHERE name = 'daraja'`, max(rest, p.RestUntil))
}
