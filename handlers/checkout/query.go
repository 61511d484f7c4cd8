package checkout

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// ErrNoTurn means that M-PESA is not asked now, since others go first, and that no earlier answer is known. The caller
// may ask again in a few seconds.
var ErrNoTurn = errors.New("no turn to ask M-PESA")

const (
	// queryAge is how long an answer to a query is shared by all askers.
	queryAge = 5 * time.Second
	// queryKept is how long it serves an asker who gets no turn.
	queryKept = 2 * time.Minute
)

// queryCache makes at most one call to Daraja per id and queryAge; later askers share its answer.
type queryCache struct {
	mu   sync.Mutex
	byID map[string]*sharedQuery
}

type sharedQuery struct {
	asked time.Time
	done  chan struct{}
	raw   json.RawMessage
	last  json.RawMessage // the answer before
	err   error
}

// Query reports what became of one of our pushes, in the form of Daraja's answers. M-PESA's verdict comes from the
// books. Otherwise, where allow permits, Daraja is asked as the rate limit permits: pushes and the books' own questions
// go first. Query stores and decides nothing.
//
// An answer may be 5 s old, or 2 minutes without a turn. It may contain another transaction of the phone, which is
// private to its owner: callers must leave that out. Errors are allow's, store.ErrNotFound for an unknown id,
// ErrNoTurn, and an *mpesa.Error where Daraja gave no usable answer.
func (s *Service) Query(ctx context.Context, checkoutRequestID string, allow func() error) (json.RawMessage, error) {
	push, err := s.store.Tickets().PushByCheckoutRequestID(ctx, checkoutRequestID)
	if err == nil && hasVerdict(push) {
		return verdictAnswer(push)
	}
	if refused := allow(); refused != nil {
		return nil, refused
	}
	if err != nil {
		return nil, err
	}
	q, first := s.queries.share(checkoutRequestID, s.cfg.Now())
	if first {
		go s.answer(context.WithoutCancel(ctx), checkoutRequestID, q)
	}
	select {
	case <-q.done:
		return q.raw, q.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// answer asks Daraja where the rate limit permits.
func (s *Service) answer(ctx context.Context, id string, q *sharedQuery) {
	defer close(q.done)
	turn, err := s.store.Jobs().TakeQueryTurn(ctx, s.cfg.QueryGap, s.kinds()...)
	if err != nil || !turn {
		s.queries.undo(id, q)
		if q.raw = q.last; q.raw == nil {
			q.err = cmp.Or(err, ErrNoTurn)
		}
		return
	}
	got, err := s.daraja.STKQuery(ctx, id)
	if q.raw = got.Raw; len(got.Raw) == 0 {
		q.err = err
	}
}

// hasVerdict reports whether M-PESA has reported what became of the push.
func hasVerdict(p store.Push) bool {
	switch p.State {
	case store.PushPaid, store.PushFailed, store.PushSoftFailed:
		return true
	case store.PushSending, store.PushPrompted, store.PushUnknown, store.PushRefused:
	}
	return false
}

// verdictAnswer is M-PESA's report on a push in the form of a query's answer.
func verdictAnswer(p store.Push) (json.RawMessage, error) {
	code, text := p.ResultCode, p.ResultText
	if p.State == store.PushPaid && code != string(mpesa.Success) {
		code, text = string(mpesa.Success), "The service request is processed successfully."
	}
	raw, err := json.Marshal(struct {
		ResponseCode, ResponseDescription, MerchantRequestID, CheckoutRequestID, ResultCode, ResultDesc string
	}{"0", "The service request has been accepted successsfully", p.MerchantRequestID, p.CheckoutRequestID, code, text})
	if err != nil {
		return nil, fmt.Errorf("write what became of a push: %w", err)
	}
	return raw, nil
}

// share finds the query that is under way or fresh, or starts a new one. It drops old ones.
func (c *queryCache) share(id string, now time.Time) (q *sharedQuery, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.byID[id]
	if before != nil && now.Sub(before.asked) < queryAge {
		return before, false
	}
	if c.byID == nil {
		c.byID = map[string]*sharedQuery{}
	}
	for old, q := range c.byID {
		if now.Sub(q.asked) >= queryKept {
			delete(c.byID, old)
		}
	}
	q = &sharedQuery{asked: now, done: make(chan struct{})}
	if before != nil && now.Sub(before.asked) < queryKept {
		select {
		case <-before.done:
			q.last = before.raw
		default: // there was no answer in all this time
		}
	}
	c.byID[id] = q
	return q, true
}

// undo forgets the cached call, so that the next request starts one.
func (c *queryCache) undo(id string, q *sharedQuery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byID[id] != q {
		return
	}
	delete(c.byID, id)
	if q.last != nil {
		done := make(chan struct{})
		close(done)
		c.byID[id] = &sharedQuery{asked: q.asked.Add(-queryAge), done: done, raw: q.last}
	}
}
