package db

import (
	"context"
	"errors"
	"sync"
	"time"
)

// probeEvery is the shortest time between two probes after a failed write.
const probeEvery = time.Second

// health is the result of the latest writes.
type health struct {
	mu      sync.Mutex
	why     error // the failed write's error; nil while writes succeed
	probed  time.Time
	probing bool
}

// note records a write that failed because of the database itself.
func (h *health) note(err error) {
	if err == nil || !ofDatabase(err) {
		return
	}
	h.mu.Lock()
	h.why = err
	h.mu.Unlock()
}

// turn is why the last write failed, and whether to probe now: then done must be called with the result.
func (h *health) turn(now time.Time) (why error, probe bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.why == nil || h.probing || now.Sub(h.probed).Abs() < probeEvery {
		return h.why, false
	}
	h.probed, h.probing = now, true
	return h.why, true
}

func (h *health) done(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.why, h.probing = err, false
}

// Health reports whether the database can be read and written. The ailment is a word for everybody, "" where there is
// none; the error is for the log. While writes succeed it costs one read. After a failed write it runs probe, at most
// once a second, so that the ailment ends with its cause. The probe is to write more than an ordinary write does, and
// to undo it.
func (d *DB) Health(ctx context.Context, probe func(context.Context) error) (ailment string, err error) {
	if err := d.Ping(ctx); err != nil {
		return "not readable", err
	}
	if err := d.engine.there(); err != nil {
		return ailmentOf(err), err
	}
	why, due := d.health.turn(d.now())
	if !due {
		return ailmentOf(why), why
	}
	result := make(chan error, 1)
	go func() { // a disk that hangs must not block the caller
		err := probe(context.WithoutCancel(ctx))
		d.health.done(err)
		result <- err
	}()
	select {
	case err := <-result:
		return ailmentOf(err), err
	case <-ctx.Done():
		return ailmentOf(why), errors.Join(why, ctx.Err())
	}
}

// ailmentOf is a plain word for why writes fail.
func ailmentOf(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, ErrFileGone):
		return "file gone"
	case IsFull(err):
		return "disk full"
	case isReadOnly(err):
		return "read-only"
	}
	return "not writable"
}
