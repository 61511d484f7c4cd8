package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// NewSession is what a sign-in writes. Hashes are SHA-256 of what only the browser has.
type NewSession struct {
	Operator  OperatorID
	Token     string // hash of the session's cookie
	FormToken string // that each form of the session carries
	Browser   string // hash of the cookie by which the browser is known later; "" leaves that out
	Source    string // the address that it begins from
	Agent     string // what the browser calls itself
	Lifetime  time.Duration

	// Of a sign-in by password alone:

	Password string   // the operator's hash as it was compared or chosen: it must not have changed since
	TOTPStep int64    // the half minute of the code, later than the last one used; 0 for none
	Recovery string   // hash of the recovery code that is used up; "" for none
	Tries    []string // what is counted no longer, and
	Counted  []string // what this try alone is not counted for: see [Staff.TrySignIn]
}

// StaffSession is an operator who is signed in on a browser.
type StaffSession struct {
	ID        int64   `db:"session_id"`
	FormToken string  `db:"form_token"`
	Source    string  `db:"source"`
	Agent     string  `db:"agent"`
	UsedAt    Instant `db:"used_at"` // to the minute
	ExpiresAt Instant `db:"expires_at"`
	BeganAt   Instant `db:"began_at"`
	Operator
}

const sessionSelect = `SELECT s.id AS session_id, s.form_token, s.source, s.agent, s.used_at, s.expires_at,
	s.created_at AS began_at, o.id, o.name, o.role, o.password, o.totp_secret, o.totp_step, o.invite_until,
	COALESCE(o.disabled_at, 0) AS disabled_at,
	COALESCE(o.signed_in_at, 0) AS signed_in_at, o.version, o.created_at,
	(SELECT count(*) FROM recovery_code c WHERE c.operator_id = o.id AND c.used_at IS NULL) AS recovery, 0 AS sessions
	FROM staff_session s JOIN operator o ON o.id = s.operator_id`

// SignIn begins a session. It refuses with ErrSignIn where the operator is disabled, their password has changed since
// it was compared, or the code was used already.
func (s Staff) SignIn(ctx context.Context, n NewSession) (Operator, error) {
	var o Operator
	err := s.write(ctx, urgent, func(t *tx) error {
		o = Operator{}
		if err := t.get(&o, operatorSelect+` WHERE o.id = $1`+t.ofOperator(), n.Operator); err != nil {
			return err
		}
		if o.DisabledAt != 0 || n.Password != o.Password {
			return ErrSignIn
		}
		if n.TOTPStep != 0 && n.TOTPStep <= o.TOTPStep {
			return ErrSignIn
		}
		if n.Recovery != "" {
			used, err := t.exec(`UPDATE recovery_code SET used_at = $3 WHERE operator_id = $1 AND hash = $2 AND used_at IS NULL`, o.ID, n.Recovery, t.now)
			if err != nil {
				return err
			}
			if used != 1 {
				return ErrSignIn
			}
		}
		t.by = o.By(n.Source)
		return t.beginSession(o, n)
	})
	if err != nil {
		return o, fmt.Errorf("sign in: %w", err)
	}
	return o, nil
}

// ofOperator locks the operator's row where others write at the same time, so that a code signs in once.
func (t *tx) ofOperator() string {
	if !t.locks() {
		return ""
	}
	return forUpdate + ` OF o`
}

func (t *tx) beginSession(o Operator, n NewSession) error {
	err := t.run(`INSERT INTO staff_session (id, token, operator_id, form_token, source, agent, used_at, expires_at, created_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$7)`, t.s.ids.next(t.s.now()), n.Token, o.ID, n.FormToken, n.Source, n.Agent, t.now,
		t.now.Add(n.Lifetime))
	if err != nil {
		return err
	}
	err = t.run(`INSERT INTO staff_form (token, operator_id, created_at) VALUES ($1,$2,$3)
		ON CONFLICT (token) DO UPDATE SET operator_id = excluded.operator_id, created_at = excluded.created_at`, n.FormToken, o.ID, t.now)
	if err != nil {
		return err
	}
	if n.Browser != "" {
		err := t.run(`INSERT INTO known_browser (token, operator_id, used_at) VALUES ($1,$2,$3)
			ON CONFLICT (token) DO UPDATE SET operator_id = excluded.operator_id, used_at = excluded.used_at`, n.Browser, o.ID, t.now)
		if err != nil {
			return err
		}
	}
	for _, about := range n.Tries {
		if err := t.run(`DELETE FROM sign_in_try WHERE about = $1`, about); err != nil {
			return err
		}
	}
	for _, about := range n.Counted {
		if err := t.run(`UPDATE sign_in_try SET failures = failures - 1, next_at = 0 WHERE about = $1`, about); err != nil {
			return err
		}
	}
	err = t.run(`UPDATE operator SET signed_in_at = $2, totp_step = CASE WHEN totp_step < $3 THEN $3 ELSE totp_step END WHERE id = $1`, o.ID, t.now, n.TOTPStep)
	if err != nil {
		return err
	}
	how := map[string]string{"browser": n.Agent}
	if n.Recovery != "" {
		how["with"] = "recovery code"
	}
	return t.audit(o.change("session.begin", nil, how))
}

// Session finds a session by the hash of its cookie: one that has not ended, was used within the idle time, and whose
// operator is not disabled. ErrNotFound where there is none.
func (s Staff) Session(ctx context.Context, token string, idle time.Duration) (StaffSession, error) {
	var found StaffSession
	now := s.Now()
	err := s.read(ctx, &found, sessionSelect+` WHERE s.token = $1 AND s.expires_at > $2 AND s.used_at > $3
		AND o.disabled_at IS NULL`,
		token, now, now.Add(-idle))
	return found, err
}

// SessionsOf lists the browsers that an operator is signed in on, the last used first.
func (s Staff) SessionsOf(ctx context.Context, id OperatorID, idle time.Duration) ([]StaffSession, error) {
	var all []StaffSession
	now := s.Now()
	err := s.list(ctx, &all, sessionSelect+` WHERE o.id = $1 AND s.expires_at > $2 AND s.used_at > $3
		ORDER BY s.used_at DESC, s.id DESC`,
		id, now, now.Add(-idle))
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return all, nil
}

// TouchSession writes down that a session is in use.
func (s Staff) TouchSession(ctx context.Context, id int64) error {
	return s.write(ctx, bookingSingle, func(t *tx) error {
		return t.run(`UPDATE staff_session SET used_at = $2 WHERE id = $1`, id, t.now)
	})
}

// SignOut ends a session. One that has ended already is no error.
func (s Staff) SignOut(ctx context.Context, id int64) error {
	err := s.write(ctx, urgent, func(t *tx) error {
		var o StaffSession
		err := t.get(&o, sessionSelect+` WHERE s.id = $1`, id)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := t.run(`DELETE FROM staff_session WHERE id = $1`, id); err != nil {
			return err
		}
		return t.audit(o.change("session.end", map[string]string{"browser": o.Agent}, nil))
	})
	if err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

// endSessions signs an operator out everywhere but in the session to keep, and forgets their browsers.
func (t *tx) endSessions(id OperatorID, keep int64) error {
	if err := t.run(`DELETE FROM staff_session WHERE operator_id = $1 AND id <> $2`, id, keep); err != nil {
		return err
	}
	return t.run(`DELETE FROM known_browser WHERE operator_id = $1`, id)
}

// FormOwner is the operator whom a form with this token was given to, also after their session has ended; ErrNotFound
// where nobody was, or longer ago than forms are remembered.
func (s Staff) FormOwner(ctx context.Context, token string) (Operator, error) {
	var o Operator
	err := s.read(ctx, &o, operatorSelect+` JOIN staff_form f ON f.operator_id = o.id WHERE f.token = $1
		AND f.created_at > $2`, token, s.Now().Add(-formsKept))
	return o, err
}

// KnownBrowser reports whether the operator has signed in from the browser, by the hash of its cookie, within a year.
func (s Staff) KnownBrowser(ctx context.Context, token string, id OperatorID) (bool, error) {
	var n int
	err := s.read(ctx, &n, `SELECT count(*) FROM known_browser WHERE token = $1 AND operator_id = $2 AND used_at > $3`,
		token, id, s.Now().Add(-browserKept))
	return n > 0, err
}

const (
	browserKept = 365 * 24 * time.Hour
	triesKept   = 24 * time.Hour
	formsKept   = 30 * 24 * time.Hour // a computer that slept over the holidays
)

// Throttle says how many tries to sign in are looked at before they have to wait, and how long they wait then: First
// after one too many, doubled with each further, Longest at most.
type Throttle struct {
	About          string // what is counted: such as name:… or address:…
	Free           int
	First, Longest time.Duration
	// Unless, where not "", is another count: while that has not gone beyond UnlessBelow this one does not bind.
	Unless      string
	UnlessBelow int
}

// TrySignIn counts a try, before it is looked at, under each of the throttles. Where one of them binds it returns how
// long to wait, and the try is not counted: who does not wait makes nobody wait longer, and costs no write. Many tries
// at once wait their turn behind nothing more urgent than bookings.
func (s Staff) TrySignIn(ctx context.Context, throttles []Throttle) (wait time.Duration, err error) {
	before := tries{}
	for _, th := range throttles {
		if err := before.add(th.About, func(dest []any, query string, args ...any) error {
			return s.readers.scan(ctx, dest, query, args...)
		}, s.Now()); err != nil {
			return 0, fmt.Errorf("read tries to sign in: %w", err)
		}
	}
	if wait := before.wait(throttles, s.Now()); wait > 0 {
		return wait, nil
	}
	err = s.write(ctx, booking, func(t *tx) (err error) {
		wait, err = t.trySignIn(throttles)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("count a try to sign in: %w", err)
	}
	return wait, nil
}

func (t *tx) trySignIn(throttles []Throttle) (wait time.Duration, err error) {
	have := tries{}
	for _, th := range throttles {
		if t.locks() {
			if err := t.lockName("sign-in " + th.About); err != nil {
				return 0, err
			}
		}
		if err := have.add(th.About, t.scan, t.now); err != nil {
			return 0, err
		}
	}
	if wait := have.wait(throttles, t.now); wait > 0 {
		return wait, nil
	}
	for _, th := range throttles {
		n := have[th.About].failures + 1
		err := t.run(`INSERT INTO sign_in_try (about, failures, next_at, tried_at) VALUES ($1,$2,$3,$4)
			ON CONFLICT (about) DO UPDATE SET failures = excluded.failures, next_at = excluded.next_at, tried_at = excluded.tried_at`,
			th.About, n, t.now.Add(th.delay(n)), t.now)
		if err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// tries are how often signing in has failed, and when the next try is looked at, by what is counted.
type tries map[string]struct {
	failures int
	next     Instant
}

// add reads one of them. What nobody has tried for a day is forgotten.
func (c tries) add(about string, scan func(dest []any, query string, args ...any) error, now Instant) error {
	row, tried := c[about], Instant(0)
	err := scan([]any{&row.failures, &row.next, &tried},
		`SELECT failures, next_at, tried_at FROM sign_in_try WHERE about = $1`, about)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if err == nil && tried > now.Add(-triesKept) {
		c[about] = row
	}
	return nil
}

// wait is how long the next try has to.
func (c tries) wait(throttles []Throttle, now Instant) (wait time.Duration) {
	for _, th := range throttles {
		exempt := th.Unless != "" && c[th.Unless].failures < th.UnlessBelow
		if next := c[th.About].next; next > now && !exempt {
			wait = max(wait, next.Time().Sub(now.Time()))
		}
	}
	return wait
}

// delay is how long the next try waits after n of them.
func (th Throttle) delay(n int) time.Duration {
	if n < th.Free {
		return 0
	}
	d := th.First
	for i := th.Free; i < n && d < th.Longest; i++ {
		d *= 2
	}
	return min(d, th.Longest)
}

// SignInFailed writes into the audit log that somebody has failed to sign in: as the operator, or the zero Operator
// where nobody has the name. What was typed is not kept: it may be a password in the wrong field.
func (s Staff) SignInFailed(ctx context.Context, o Operator, source string) error {
	err := s.write(ctx, booking, func(t *tx) error {
		return t.auditBy(By{Source: source}, o.change("session.refused", nil, nil))
	})
	if err != nil {
		return fmt.Errorf("note a failed sign-in: %w", err)
	}
	return nil
}

// sweepStaff removes sessions that have ended, and forms, tries and browsers that nobody has used for long.
func (t *tx) sweepStaff() error {
	if err := t.run(`DELETE FROM staff_session WHERE expires_at <= $1`, t.now); err != nil {
		return err
	}
	if err := t.run(`DELETE FROM known_browser WHERE used_at <= $1`, t.now.Add(-browserKept)); err != nil {
		return err
	}
	if err := t.run(`DELETE FROM staff_form WHERE created_at <= $1`, t.now.Add(-formsKept)); err != nil {
		return err
	}
	return t.run(`DELETE FROM sign_in_try WHERE tried_at <= $1`, t.now.Add(-triesKept))
}
