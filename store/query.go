package store

import (
	"context"
	"fmt"
	"time"
)

// Schedule is how long after a push M-PESA is asked about it, while it has not reported.
type Schedule []time.Duration

// DefaultSchedule asks first after 25 s, since an earlier query brings "still processing". It asks often while the
// customer waits, then ever less, for up to a day.
func DefaultSchedule() Schedule {
	var s Schedule
	for at := 25 * time.Second; at <= 2*time.Minute; at += 10 * time.Second {
		s = append(s, at)
	}
	return append(s, 3*time.Minute, 5*time.Minute, 10*time.Minute, 30*time.Minute, 2*time.Hour, 24*time.Hour)
}

// askAgain is how often the schedule's last wait is repeated where M-PESA still has not answered.
const askAgain = 7

// lastAsk is how long before a hold ends M-PESA is asked once more.
const lastAsk = 4 * time.Second

// next is when to ask about a push after now; 0 means that it is the operator's from then on. The last seconds of the
// hold are one more time to ask. Each time is up to a tenth later than scheduled, to spread the pushes of a rush.
func (s Schedule) next(made, now, hold Instant) Instant {
	at := Instant(0)
	for _, after := range s {
		// The millisecond of the push is a good enough random number.
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

// askFailedAfter is when a push that failed for good is asked about again. M-PESA has reported failed one way and paid
// another, and the callback may be lost.
const askFailedAfter = 30 * time.Minute

// ApplyQuery applies M-PESA's answer to a push query as it would a callback. Where the answer is no verdict, it
// schedules the next query.
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

// queryAnswered ends the lease of a push query and stores M-PESA's answer where it is no verdict; "" changes nothing.
func (t *tx) queryAnswered(id PushID, v Verdict) error {
	text := ""
	if v.Class == Unclear {
		text = v.Text
	}
	return t.run(`UPDATE question SET lease_until = 0, next_at = NULL, result_text = CASE WHEN $1 = '' THEN result_text ELSE $1 END, updated_at = $2
		WHERE kind = 'push' AND id = $3`, text, t.now, id)
}

// awaited reports whether the push may still bring money.
func (s PushState) awaited() bool {
	switch s {
	case PushSending, PushPrompted, PushUnknown, PushSoftFailed:
		return true
	case PushRefused, PushFailed, PushPaid:
	}
	return false
}
