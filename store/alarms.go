package store

import (
	"context"
	"fmt"
	"time"

	"cinemasphere/store/alarm"
)

// Alarm is something that somebody must look into, as the books keep it.
type Alarm = alarm.Kept

// Alarms lists the latest alarm of each kind that there ever was, the most urgent kind first. See [alarm.Kept.On].
func (s Jobs) Alarms(ctx context.Context) ([]Alarm, error) {
	var rows []alarmRow
	if err := s.list(ctx, &rows, allAlarms); err != nil {
		return nil, fmt.Errorf("read the alarms: %w", err)
	}
	return inOrder(rows), nil
}

// NoteAlarms keeps what a look has found, and returns what is kept now. Several processes may look.
func (s Jobs) NoteAlarms(ctx context.Context, found []alarm.Alarm, unknown []alarm.Kind) (next []Alarm, err error) {
	err = s.write(ctx, urgent, func(t *tx) error {
		if t.locks() {
			if err := t.lockName("alarms"); err != nil {
				return err
			}
		}
		var rows []alarmRow
		if err := t.list(&rows, allAlarms); err != nil {
			return err
		}
		next = alarm.Next(inOrder(rows), found, unknown, t.now.Time())
		for _, k := range next {
			if err := t.keepAlarm(k); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("write the alarms: %w", err)
	}
	return next, nil
}

// AlarmTold marks an alarm, or its end, as notified.
func (s Jobs) AlarmTold(ctx context.Context, k Alarm) error {
	raised, over := k.Tells()
	err := s.write(ctx, urgent, func(t *tx) error {
		switch {
		case raised:
			return t.run(`UPDATE alarm SET told_at = $1 WHERE kind = $2 AND raised_at = $3 AND told_at IS NULL`,
				t.now, k.Kind, At(k.Raised))
		case over:
			return t.run(`UPDATE alarm SET end_told_at = $1 WHERE kind = $2 AND raised_at = $3
				AND ended_at IS NOT NULL`,
				t.now, k.Kind, At(k.Raised))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note that an alarm was told: %w", err)
	}
	return nil
}

type alarmRow struct {
	Kind    alarm.Kind `db:"kind"`
	Count   int64      `db:"count"`
	Cents   int64      `db:"cents"`
	At      Instant    `db:"at"`
	Raised  Instant    `db:"raised_at"`
	Seen    Instant    `db:"seen_at"`
	Told    Instant    `db:"told_at"`
	Ended   Instant    `db:"ended_at"`
	EndTold Instant    `db:"end_told_at"`
}

const allAlarms = `SELECT kind, count, cents, at, raised_at, seen_at, COALESCE(told_at, 0) AS told_at,
	COALESCE(ended_at, 0) AS ended_at, COALESCE(end_told_at, 0) AS end_told_at FROM alarm`

// inOrder are the alarms of rows, the most urgent first.
func inOrder(rows []alarmRow) []Alarm {
	var all []Alarm
	for _, kind := range alarm.Kinds() {
		for _, r := range rows {
			if r.Kind != kind {
				continue
			}
			all = append(all, Alarm{
				Alarm:  alarm.Alarm{Kind: r.Kind, Count: r.Count, Cents: r.Cents, At: orNever(r.At)},
				Raised: r.Raised.Time(), Seen: r.Seen.Time(), Told: orNever(r.Told), Ended: orNever(r.Ended),
				EndTold: orNever(r.EndTold),
			})
		}
	}
	return all
}

func (t *tx) keepAlarm(k Alarm) error {
	var at Instant
	if !k.At.IsZero() {
		at = At(k.At)
	}
	return t.run(`INSERT INTO alarm (kind, count, cents, at, raised_at, seen_at, told_at, ended_at, end_told_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9) ON CONFLICT (kind) DO UPDATE SET count = excluded.count,
		cents = excluded.cents, at = excluded.at, raised_at = excluded.raised_at, seen_at = excluded.seen_at,
		told_at = excluded.told_at, ended_at = excluded.ended_at, end_told_at = excluded.end_told_at`,
		k.Kind, k.Count, k.Cents, at, At(k.Raised), At(k.Seen), whenOrNull(k.Told), whenOrNull(k.Ended),
		whenOrNull(k.EndTold))
}

// whenOrNull is a time for a column that is NULL where there is none.
func whenOrNull(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return At(at)
}
