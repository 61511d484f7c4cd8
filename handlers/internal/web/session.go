package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"cinemasphere/store"
)

const (
	browserKey      = "browser"
	sessionLifetime = 30 * 24 * time.Hour
)

// Sessions lets a browser find its own bookings again. There is no session, and no cookie, before a booking.
type Sessions struct {
	scs   *scs.SessionManager
	store *store.Sessions
}

// NewSessions keeps sessions in the books. With https the cookie never travels in the clear.
func NewSessions(st *store.Store, https bool) *Sessions {
	// Not scs.New, which starts a goroutine for a store in memory that would not be used. Managers made this way share
	// one context key: there must be only one in a request.
	m := &scs.SessionManager{
		Store: st.Staff().Sessions(), Codec: scs.GobCodec{}, HashTokenInStore: true,
		Lifetime: sessionLifetime, // absolute: reading a page never writes
		Cookie: scs.SessionCookie{
			Name: "cinemasphere", Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Persist: true,
		},
	}
	if https {
		m.Cookie.Name, m.Cookie.Secure = "__Host-cinemasphere", true
	}
	return &Sessions{m, st.Staff().Sessions()}
}

// Has reports whether the request brings a session cookie, good or not.
func (s *Sessions) Has(r *http.Request) bool {
	if len(r.Header["Cookie"]) == 0 {
		return false
	}
	_, err := r.Cookie(s.scs.Cookie.Name)
	return err == nil
}

// Browser is the random id of the browser that asks, "" for one without a session.
func (s *Sessions) Browser(r *http.Request) (string, error) {
	cookie, err := r.Cookie(s.scs.Cookie.Name)
	if err != nil || cookie.Value == "" {
		return "", nil
	}
	ctx, err := s.scs.Load(r.Context(), cookie.Value)
	if err != nil {
		return "", fmt.Errorf("load session: %w", err)
	}
	return s.scs.GetString(ctx, browserKey), nil
}

// NewSession is a session for a browser that has none. It is one once a booking has been written with its row.
type NewSession struct {
	Browser string // a random id
	Row     store.SessionRow

	scs    *scs.SessionManager
	ctx    context.Context
	token  string
	expiry time.Time
}

// New makes a session.
func (s *Sessions) New(r *http.Request) (*NewSession, error) {
	n := &NewSession{Browser: rand.Text(), scs: s.scs}
	ctx, err := s.scs.Load(s.store.Later(r.Context(), &n.Row), "")
	if err != nil {
		return nil, fmt.Errorf("start session: %w", err)
	}
	n.ctx = ctx
	s.scs.Put(ctx, browserKey, n.Browser)
	if n.token, n.expiry, err = s.scs.Commit(ctx); err != nil {
		return nil, fmt.Errorf("make session: %w", err)
	}
	return n, nil
}

// SetCookie gives the session to the browser.
func (n *NewSession) SetCookie(w http.ResponseWriter) {
	n.scs.WriteSessionCookie(n.ctx, w, n.token, n.expiry)
	NoStore(w) // scs says less
}
