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

// ErrNoTurn means that M-PESA is not asked now, since others go first, and that nothing is known from before. It may
// be asked again in a few seconds.
var ErrNoTurn = errors.New("no turn to ask M-PESA")

const (
	// queryAge is how long an answer to a query is shared by all who ask.
	queryAge = 5 * time.Second
	// queryKept is how long it is the last one known, for who gets no turn.
	queryKept = 2 * time.Minute
)

// queryCache makes at most one call to Daraja for an id in queryAge; later askers share its answer.
type queryCache struct {
	mu   sync.Mutex
	byID map[string]*sharedQuery
}

type sharedQuery struct {
	asked time.Time
	done  chan struct{}
	raw   json.RawMessage
	last  json.RawMessage // what was answered before
	err   error
}

// Query says what became of a push of ours, in the form in which Daraja answers queries. What M-PESA has said of it
// stands in the books. Otherwise allow is asked whether the asker may have Daraja asked, which is done where it is
// its turn: pushes and what the books ask themselves go first. It writes nothing of the push and decides nothing. The
// answer may be up to 5 s old, or without a turn 2 minutes. It may speak of another transaction of the phone, which is
// its owner's to know: whoever passes it on leaves that out. Errors are allow's, store.ErrNotFound where the id is not
// ours, ErrNoTurn, and an *mpesa.Error where Daraja gave nothing that could be passed on.
func (s *Service) Query(ctx context.Context, checkoutRequestID string, allow func() error) (json.RawMessage, error) {
	push, err := s.store.Tickets().PushByCheckoutRequestID(ctx, checkoutRequestID)
	if err == nil && toldOf(push) {
		return told(push)
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

// answer has Daraja asked, where there is a turn for it.
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

// toldOf reports whether M-PESA has said what became of the push.
func toldOf(p store.Push) bool {
	switch p.State {
	case store.PushPaid, store.PushFailed, store.PushSoftFailed:
		return true
	case store.PushSending, store.PushPrompted, store.PushUnknown, store.PushRefused:
	}
	return false
}

// told is what M-PESA has said of a push, as its answer to a query would say it.
func told(p store.Push) (json.RawMessage, error) {
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

// share finds the query that is under way or fresh, or starts a new one, and forgets the old.
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
		default: // it has not been answered in all this time
		}
	}
	c.byID[id] = q
	return q, true
}

// undo lets the next who asks be the first again.
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
