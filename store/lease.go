package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Lease takes or renews a named lease for d, and reports whether the holder has it. It expires after d; a d of 0
// releases it. A process alone on its books always has it.
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

// Holder is who has a lease, "" where nobody ever had.
func (s Jobs) Holder(ctx context.Context, name string) (holder string, err error) {
	err = s.read(ctx, &holder, `SELECT holder FROM lease WHERE name = $1`, name)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return "", fmt.Errorf("look for who does %s: %w", name, err)
	}
	return holder, nil
}
