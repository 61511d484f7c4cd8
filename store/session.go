package store

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"
)

// Sessions stores scs sessions in the books: it is an scs.CtxStore. It uses the store's clock, and expired sessions are
// removed by [Jobs.Sweep] instead of its own goroutine.
type Sessions struct{ s *Store }

// Sessions returns the session store.
func (s Staff) Sessions() *Sessions { return &Sessions{s.books} }

// FindCtx returns a session's data; found is false where there is none or it has expired.
func (ss *Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var data string
	err := ss.s.read(ctx, &data, `SELECT data FROM session WHERE token = $1 AND expires_at > $2`, token, ss.s.Now())
	if errors.Is(err, ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read session: %w", err)
	}
	b, err := base64.StdEncoding.DecodeString(data)
	return b, err == nil, err
}

// SessionRow is a session to be written with the booking that it begins with: see [NewBooking].
type SessionRow struct {
	token, data string
	expires     Instant
}

type sessionLater struct{}

// Later returns a context in which a session's data goes to the row instead of the database.
func (ss *Sessions) Later(ctx context.Context, row *SessionRow) context.Context {
	return context.WithValue(ctx, sessionLater{}, row)
}

// CommitCtx writes a session's data until its expiry.
func (ss *Sessions) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	row := SessionRow{token, base64.StdEncoding.EncodeToString(b), At(expiry)}
	if later, is := ctx.Value(sessionLater{}).(*SessionRow); is {
		*later = row
		return nil
	}
	return ss.s.write(ctx, bookingSingle, func(t *tx) error { return t.putSession(row) })
}

func (t *tx) putSession(row SessionRow) error {
	return t.run(`INSERT INTO session (token, data, expires_at) VALUES ($1,$2,$3)
		ON CONFLICT (token) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`, row.token, row.data, row.expires)
}

// DeleteCtx removes a session.
func (ss *Sessions) DeleteCtx(ctx context.Context, token string) error {
	return ss.s.write(ctx, bookingSingle, func(t *tx) error {
		return t.run(`DELETE FROM session WHERE token = $1`, token)
	})
}

// Find is FindCtx without a context.
func (ss *Sessions) Find(token string) ([]byte, bool, error) {
	return ss.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (ss *Sessions) Commit(token string, b []byte, expiry time.Time) error {
	return ss.CommitCtx(context.Background(), token, b, expiry)
}

// Delete is DeleteCtx without a context.
func (ss *Sessions) Delete(token string) error { return ss.DeleteCtx(context.Background(), token) }
