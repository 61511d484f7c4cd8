package checkout

import (
	"context"
	"encoding/json"
	"sync"
	"time"
)

// queryAge is how long an answer to a query is shared by all who ask.
const queryAge = 5 * time.Second

// queryCache makes at most one call to Daraja for an id in queryAge; later askers share its answer.
type queryCache struct {
	mu   sync.Mutex
	byID map[string]*sharedQuery
}

type sharedQuery struct {
	asked time.Time
	done  chan struct{}
	raw   json.RawMessage
	state int
	err   error
}

// Query asks Daraja what became of a push of ours and returns its answer as it came, with its HTTP status. It writes
// nothing and decides nothing. The answer may be up to 5 s old. store.ErrNotFound where the id is not ours; an *mpesa.Error
// where Daraja gave nothing that could be passed on.
func (s *Service) Query(ctx context.Context, checkoutRequestID string) (raw json.RawMessage, status int, err error) {
	if _, err := s.store.PushByCheckoutRequestID(ctx, checkoutRequestID); err != nil {
		return nil, 0, err
	}
	q, first := s.queries.share(checkoutRequestID, s.cfg.Now())
	if first {
		go func() {
			defer close(q.done)
			got, err := s.daraja.STKQuery(context.WithoutCancel(ctx), checkoutRequestID)
			q.raw, q.state = got.Raw, got.HTTPStatus
			if len(got.Raw) == 0 {
				q.err = err
			}
		}()
	}
	select {
	case <-q.done:
		return q.raw, q.state, q.err
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
}

// share finds the query that is under way or fresh, or starts a new one, and forgets the old.
func (c *queryCache) share(id string, now time.Time) (q *sharedQuery, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if q, ok := c.byID[id]; ok && now.Sub(q.asked) < queryAge {
		return q, false
	}
	if c.byID == nil {
		c.byID = map[string]*sharedQuery{}
	}
	for old, q := range c.byID {
		if now.Sub(q.asked) >= queryAge {
			delete(c.byID, old)
		}
	}
	q = &sharedQuery{asked: now, done: make(chan struct{})}
	c.byID[id] = q
	return q, true
}
