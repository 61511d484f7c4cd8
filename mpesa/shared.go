package mpesa

import (
	"cmp"
	"context"
	"time"
)

const (
	// keepTime is what it may take to keep a token that a log-in has brought.
	keepTime = 2 * time.Second
	// lookEvery is how often one that waits for another's log-in looks for its token.
	lookEvery = 100 * time.Millisecond
)

// AccessToken is what a log-in brings. Whoever has it can use the app until its end.
type AccessToken struct {
	Value string
	// Until is when to stop using it, a minute before Daraja does.
	Until time.Time
}

// String keeps the token out of logs.
func (AccessToken) String() string { return redacted }

// TokenStore is where processes that share one Daraja app keep its access token. Each
// log-in makes the token before it invalid (documented), so that processes that each
// log in keep knocking each other's out. One TokenStore is for one app.
//
// A Client asks for it only when it has no token, or Daraja does not take the one it
// has; not for each call. An error is not the end: it looks again. It must be safe for
// concurrent use, and never put a token into an error.
type TokenStore interface {
	// Load returns the token that any of the processes kept last, and no older one;
	// the zero AccessToken where there is none.
	Load(context.Context) (AccessToken, error)
	// Save keeps a token in place of the last one.
	Save(context.Context, AccessToken) error
	// Lease reserves the log-in for this process and reports whether it has it. No
	// other gets it until the time is over, so that one that died does not keep it; 0
	// gives it back.
	Lease(context.Context, time.Duration) (bool, error)
}

// share finds the token that another process has got, or logs in where none does.
func (t *tokens) share(refused string) (AccessToken, error) {
	lease := t.timeout + keepTime
	// Another may die at its log-in, and this one's comes after that.
	ctx, cancel := context.WithTimeout(context.Background(), lease+t.timeout)
	defer cancel()
	for {
		token, err := t.kept(ctx, refused)
		if token.Value != "" {
			return token, nil
		}
		if err == nil {
			var mine bool
			if mine, err = t.shared.Lease(ctx, lease); mine {
				return t.logInForAll(refused, lease)
			}
		}
		select {
		case <-time.After(lookEvery):
		case <-ctx.Done():
			return AccessToken{}, &Error{Endpoint: endpointOAuth, Kind: KindToken, Err: cmp.Or(err, ctx.Err())}
		}
	}
}

// kept is the shared token, where it may be used.
func (t *tokens) kept(ctx context.Context, refused string) (AccessToken, error) {
	token, err := t.shared.Load(ctx)
	if err != nil || token.Value == refused || !t.now().Before(token.Until) {
		return AccessToken{}, err
	}
	return token, nil
}

// logInForAll logs in while no other process does.
func (t *tokens) logInForAll(refused string, lease time.Duration) (AccessToken, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lease)
	defer cancel()
	defer func() { _, _ = t.shared.Lease(ctx, 0) }() // else it runs out
	// Another may have logged in between the look and the lease.
	if token, err := t.kept(ctx, refused); err == nil && token.Value != "" {
		return token, nil
	}
	token, err := t.logIn(ctx)
	if err == nil {
		// It is good even where the others cannot be told: they are refused, and log in.
		_ = t.shared.Save(ctx, token)
	}
	return token, err
}
