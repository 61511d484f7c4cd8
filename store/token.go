package store

import (
	"context"
	"errors"
	"fmt"
)

// AccessToken is Daraja's access token, shared by all processes on the books. It is a secret.
type AccessToken struct {
	Value string  `db:"value"`
	Until Instant `db:"until"` // when to stop using it
}

// String keeps the token out of logs.
func (AccessToken) String() string { return "[redacted]" }

// AccessToken reads a Daraja app's stored token, expired or not; the zero AccessToken where there is none.
func (s Jobs) AccessToken(ctx context.Context, app string) (a AccessToken, err error) {
	err = s.read(ctx, &a, `SELECT value, until FROM access_token WHERE app = $1`, app)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return AccessToken{}, fmt.Errorf("read the access token: %w", err)
	}
	return a, nil
}

// KeepAccessToken replaces a Daraja app's stored token.
func (s Jobs) KeepAccessToken(ctx context.Context, app string, a AccessToken) error {
	err := s.write(ctx, urgent, func(t *tx) error {
		return t.run(`INSERT INTO access_token (app, value, until, updated_at) VALUES ($1,$2,$3,$4)
			ON CONFLICT (app) DO UPDATE SET value = excluded.value, until = excluded.until, updated_at = excluded.updated_at`, app, a.Value, a.Until, t.now)
	})
	if err != nil {
		return fmt.Errorf("keep the access token: %w", err)
	}
	return nil
}
