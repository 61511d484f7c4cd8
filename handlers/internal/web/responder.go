package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"
)

// HandlerFunc answers a request or says why it did not. An error is logged once and answered once, by
// [Responder.Handle].
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// Renderer answers a request with a problem, in the form its audience reads: a page, a fragment, JSON.
type Renderer func(w http.ResponseWriter, r *http.Request, p Problem)

// Responder is what all handlers share. Make it with [NewResponder].
type Responder struct {
	log     *slog.Logger
	rules   []Rule
	headers []header
	start   string        // of every request id of this process
	count   atomic.Uint64 // of requests
	now     func() time.Time
	observe func(method, route string, status int, took time.Duration)
}

// Config says how a Responder is made.
type Config struct {
	Log   *slog.Logger     // nil drops
	HSTS  string           // HSTSHost or HSTSSubdomains; "" sends no Strict-Transport-Security
	Rules []Rule           // how errors of other packages are answered, looked at before the responder's own
	Now   func() time.Time // the clock; nil is the machine's
	// Observe is told of every answer, by the pattern of its route; nil is told of none.
	Observe func(method, route string, status int, took time.Duration)
}

// NewResponder makes a Responder.
func NewResponder(c Config) *Responder {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Observe == nil {
		c.Observe = func(string, string, int, time.Duration) {}
	}
	return &Responder{
		log: c.Log, rules: append(append([]Rule{}, c.Rules...), ownRules()...), headers: securityHeaders(c.HSTS),
		start: rand.Text()[:6], now: c.Now, observe: c.Observe,
	}
}

// Handle makes an ordinary handler: what h returns, or panics with, is answered through draw.
func (k *Responder) Handle(draw Renderer, h HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := guarded(h, w, r); err != nil {
			k.Fail(w, r, draw, err)
		}
	}
}

// Fail answers a request with an error, as Handle does for a handler that returns one.
func (k *Responder) Fail(w http.ResponseWriter, r *http.Request, draw Renderer, err error) {
	rec := recorderOf(w)
	rec.noteError(err)
	if rec.status != 0 {
		return // too late to answer anything else
	}
	if r.Context().Err() != nil && errors.Is(err, context.Canceled) {
		rec.status = StatusClientLeft
		return
	}
	p := k.Problem(err)
	if p.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	if p.Status >= http.StatusInternalServerError {
		w.Header().Set("X-Request-Id", k.requestID(rec))
	}
	w.Header().Set("Cache-Control", "no-store")
	draw(w, r, p)
}

// LogError lets the log line of a request have an error that the customer need not hear of.
func LogError(w http.ResponseWriter, err error) { recorderOf(w).noteError(err) }

func guarded(h HandlerFunc, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		switch v := recover(); v {
		case nil:
		case http.ErrAbortHandler:
			panic(v)
		default:
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	return h(w, r)
}

func (k *Responder) requestID(rec *responseRecorder) string {
	return k.start + "-" + strconv.FormatUint(rec.number, 36)
}
