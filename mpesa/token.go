package mpesa

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
)

const (
	endpointOAuth = "oauth"
	pathOAuth     = "/oauth/v1/generate?grant_type=client_credentials"

	// documentedLife stands in for an expires_in that cannot be read.
	documentedLife = 3600 * time.Second
	earlyBy        = 60 * time.Second
	// failureHold keeps the waiters behind a failed log-in from each trying it.
	failureHold = 2 * time.Second
	maxToken    = 4096
)

// tokens keeps one access token. Fetching a new one may make the last one invalid
// (documented), so there is one flight at a time, and it belongs to no caller.
type tokens struct {
	fetch   func(context.Context) (string, time.Duration, error)
	shared  TokenStore // nil where no other process uses the app
	now     func() time.Time
	timeout time.Duration

	mu       sync.Mutex
	value    string
	until    time.Time
	refused  string // the last one that was not taken
	flight   *flight
	failure  error
	failedAt time.Time
}

type flight struct {
	done  chan struct{}
	token string
	err   error
}

func (t *tokens) get(ctx context.Context) (string, error) {
	token, current, err := t.look()
	if current == nil {
		return token, err
	}
	select {
	case <-current.done:
		return current.token, current.err
	case <-ctx.Done():
		return "", &Error{Endpoint: endpointOAuth, Kind: KindToken, Err: ctx.Err()}
	}
}

// look returns the token or the recent failure, or else the flight to wait for.
func (t *tokens) look() (string, *flight, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if t.value != "" && now.Before(t.until) {
		return t.value, nil, nil
	}
	if t.flight != nil {
		return "", t.flight, nil
	}
	if since := now.Sub(t.failedAt); t.failure != nil && since >= 0 && since < failureHold {
		return "", nil, t.failure
	}
	t.flight = &flight{done: make(chan struct{})}
	go t.refresh(t.flight, t.refused)
	return "", t.flight, nil
}

func (t *tokens) refresh(f *flight, refused string) {
	var token AccessToken
	var err error
	if t.shared == nil {
		token, err = t.logIn(context.Background())
	} else {
		token, err = t.share(refused)
	}

	t.mu.Lock()
	defer t.mu.Unlock()
	f.token, f.err = token.Value, err
	t.failure, t.failedAt = err, t.now()
	if err == nil {
		t.value, t.until = token.Value, token.Until
	}
	t.flight = nil
	close(f.done)
}

func (t *tokens) logIn(ctx context.Context) (AccessToken, error) {
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	token, life, err := t.fetch(ctx)
	if err != nil {
		return AccessToken{}, err
	}
	return AccessToken{token, t.now().Add(life - min(earlyBy, life/2))}, nil
}

// drop forgets token, unless another has taken its place meanwhile.
func (t *tokens) drop(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.value == token {
		t.value, t.refused = "", token
	}
}

// LogIn makes sure that there is an access token. It calls Daraja only where none is good any more, and within two
// seconds after a failure not again. The error is an *Error, as of a call.
func (c *Client) LogIn(ctx context.Context) error {
	_, err := c.tokens.get(ctx)
	return err
}

func (c *Client) fetchToken(ctx context.Context) (string, time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.cfg.BaseURL+pathOAuth, nil)
	if err != nil {
		return "", 0, &Error{Endpoint: endpointOAuth, Kind: KindConfig, Err: err}
	}
	req.SetBasicAuth(c.cfg.ConsumerKey, c.cfg.ConsumerSecret)
	got, err := c.do(req, endpointOAuth)
	if err != nil {
		return "", 0, err
	}
	if !got.took() {
		return "", 0, c.loginError(got)
	}
	token, life, err := parseToken(got.body)
	if err != nil {
		fault := c.newError(got, KindToken)
		fault.Message, fault.Err = err.Error(), err
		fault.Body = nil // it may hold a token
		return "", 0, fault
	}
	return token, life, nil
}

// loginError tells wrong credentials, which Daraja answers with HTTP 400 and an
// empty body (observed), from a log-in that may work later.
func (c *Client) loginError(got response) *Error {
	kind, _ := got.fault.pushKind(got.status)
	readable := got.fault.shape == shapeEmpty || got.fault.shape == shapeError
	switch {
	case kind == KindBusy, kind == KindConfig:
	case readable && (got.status == http.StatusBadRequest || got.status == http.StatusUnauthorized):
		kind = KindConfig
	default:
		kind = KindToken
	}
	fault := c.newError(got, kind)
	if kind == KindConfig && got.fault.shape == shapeEmpty {
		fault.Message = "empty body: the consumer key or secret is wrong"
	}
	return fault
}

func parseToken(body []byte) (string, time.Duration, error) {
	object, err := parseObject(body, "access_token")
	if err != nil {
		return "", 0, err
	}
	token, err := object.string("access_token")
	if err != nil {
		return "", 0, err
	}
	token = strings.TrimFunc(token, func(r rune) bool { return unicode.IsSpace(r) || unseen(r) })
	if token == "" || len(token) > maxToken ||
		strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", 0, errors.New("access_token is missing or malformed")
	}
	// A string in most captures, a number in the portal's sample.
	seconds, err := strconv.ParseInt(wholeNumber(object.text("expires_in")), 10, 32)
	if err != nil || seconds <= 0 {
		return token, documentedLife, nil
	}
	return token, time.Duration(seconds) * time.Second, nil
}
