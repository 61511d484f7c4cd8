package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// arrivals spreads n arrivals at random over a span: a Poisson process of which it is known that n came.
func arrivals(chance *rand.Rand, n int, span time.Duration) []time.Duration {
	at := make([]time.Duration, n)
	for i := range at {
		at[i] = time.Duration(chance.Int64N(int64(span)))
	}
	slices.Sort(at)
	return at
}

// openLoop starts do for each arrival when it is due, however long the earlier ones take, and returns once all are
// done. What do measures must count from due, so that a generator or product that falls behind shows. When ctx ends, no
// more are started.
func openLoop(ctx context.Context, start time.Time, at []time.Duration, do func(i int, due time.Time)) {
	var h hands
	defer h.close()
	var running sync.WaitGroup
	defer running.Wait()
	for i, offset := range at {
		due := start.Add(offset)
		if !sleepUntil(ctx, due) {
			return
		}
		running.Add(1)
		h.do(func() {
			defer running.Done()
			do(i, due)
		})
	}
}

// hands do what they are given at once, in goroutines that are kept for the next: a new one's stack has to grow each
// time. The zero value is ready.
type hands struct {
	mu     sync.Mutex
	idle   []chan func()
	closed bool
}

func (h *hands) do(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if last := len(h.idle) - 1; last >= 0 {
		h.idle[last] <- f // has room for it
		h.idle = h.idle[:last]
		return
	}
	go h.work(f)
}

func (h *hands) work(f func()) {
	next := make(chan func(), 1)
	for ; f != nil; f = <-next {
		f()
		h.mu.Lock()
		closed := h.closed
		if !closed {
			h.idle = append(h.idle, next)
		}
		h.mu.Unlock()
		if closed {
			return
		}
	}
}

// close ends the goroutines, each once it has nothing to do.
func (h *hands) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, next := range h.idle {
		close(next)
	}
	h.idle = nil
}

// sleepUntil reports whether ctx lasted that long.
func sleepUntil(ctx context.Context, due time.Time) bool {
	wait := time.Until(due)
	if wait <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
