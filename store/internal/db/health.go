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
	if err := within(ctx, func() error { return d.Ping(ctx) }); err != nil {
		return "not readable", err
	}
	if err := d.engine.there(); err != nil {
		return ailmentOf(err), err
	}
	why, due := d.health.turn(d.now())
	if !due {
		return ailmentOf(why), why
	}
	err = within(ctx, func() error {
		err := probe(context.WithoutCancel(ctx))
		d.health.done(err)
		return err
	})
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return ailmentOf(why), errors.Join(why, err)
	}
	return ailmentOf(err), err
}

// within runs do, and returns its error or, where that ends first, the context's: a disk that hangs, or a server that
// says nothing, must not block the caller.
func within(ctx context.Context, do func() error) error {
	result := make(chan error, 1)
	go func() { result <- do() }()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return ctx.Err()
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
