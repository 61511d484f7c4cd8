package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Lease takes or renews a piece of work that one process at a time does, for so long, and reports whether it is the
// holder's. A holder that dies loses it when the time is over; one that takes it for 0 gives it back. Alone on its
// books a process always has it.
func (s Jobs) Lease(ctx context.Context, name, holder string, d time.Duration) (bool, error) {
	if !s.Shared() {
		return true, nil
	}
	var mine bool
	err := s.write(ctx, urgent, func(t *tx) error {
		n, err := t.exec(`INSERT INTO lease (name, holder, until) VALUES ($1,$2,$3) ON CONFLICT (name) DO UPDATE
			SET holder = excluded.holder, until = excluded.until WHERE lease.until <= $4 OR lease.holder = excluded.holder`, name, holder, t.now.Add(d), t.now)
		mine = n == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("lease %s: %w", name, err)
	}
	return mine, nil
}

// Holder is who has a piece of work that one process at a time does, "" where nobody has had it yet.
func (s Jobs) Holder(ctx context.Context, name string) (holder string, err error) {
	err = s.read(ctx, &holder, `SELECT holder FROM lease WHERE name = $1`, name)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return "", fmt.Errorf("look for who does %s: %w", name, err)
	}
	return holder, nil
}
