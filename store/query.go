package store

import (
	"context"
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

// askFailedAfter is when a push that failed for good is asked about again: M-PESA has been seen to say failed by one
// way and paid by another, and the callback that would tell may be lost.
const askFailedAfter = 30 * time.Minute

// ApplyQuery makes of M-PESA's answer to a query what a callback would make of it, and says when to ask next where the
// answer decides nothing.
func (s Money) ApplyQuery(ctx context.Context, id PushID, v Verdict) (ApplyResult, error) {
	var out ApplyResult
	err := s.write(ctx, urgent, func(t *tx) error {
		p, err := t.pushLocked(`p.id = $1`, id)
		if err != nil {
			return err
		}
		out = ApplyResult{}
		if err := t.scan([]any{&out.Code}, `SELECT code FROM ticket WHERE id = $1`, p.TicketID); err != nil {
			return err
		}
		if err := t.queryAnswered(p.ID, v); err != nil {
			return err
		}
		if v.Class == Unclear {
			out.Outcome = OutcomeNoAnswer
			return t.savePush(p)
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

// queryAnswered ends the lease of a push query. What M-PESA answered is kept where that is no verdict: "" changes
// nothing.
func (t *tx) queryAnswered(id PushID, v Verdict) error {
	text := ""
	if v.Class == Unclear {
		text = v.Text
	}
	return t.run(`UPDATE question SET lease_until = 0, next_at = NULL, result_text = CASE WHEN $1 = '' THEN result_text ELSE $1 END, updated_at = $2
		WHERE kind = 'push' AND id = $3`, text, t.now, id)
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
