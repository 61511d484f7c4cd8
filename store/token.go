package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
)

// A callback token is a random half and its signature with a key of the books, so that it shows by itself to be ours.
// So a push that the books have lost, since they were restored from an older backup, is still told from a stranger's
// invention.
const tokenHalf = 13

// readTokenKey reads the key that signs callback tokens, made once for these books.
func (s *Store) readTokenKey(ctx context.Context) error {
	key, err := s.Catalogue().SettingOr(ctx, "callback.key", newSecret)
	s.tokenKey = []byte(key)
	return err
}

// newToken makes an unguessable callback token of 26 symbols, like [newSecret]'s.
func (s *Store) newToken() string {
	chance := newSecret()[:tokenHalf]
	return chance + s.signature(chance)
}

func (s *Store) signature(chance string) string {
	mac := hmac.New(sha256.New, s.tokenKey)
	mac.Write([]byte(chance))
	return speakable(base32.StdEncoding.EncodeToString(mac.Sum(nil)))[:tokenHalf]
}

// made reports whether these books have made a token, also where they no longer know for which push.
func (s *Store) made(token string) bool {
	return len(token) == 2*tokenHalf &&
		hmac.Equal([]byte(token[tokenHalf:]), []byte(s.signature(token[:tokenHalf])))
}

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
