package db

import (
	"context"
	"errors"
	"sync"
	"time"
)

// probeEvery is how often at most a write is tried while the last one has failed.
const probeEvery = time.Second

// health is what became of the last writes.
type health struct {
	mu      sync.Mutex
	why     error // of the write that failed; nil while they succeed
	probed  time.Time
	probing bool
}

// note remembers a write that failed of the database, rather than of what was to be written.
func (h *health) note(err error) {
	if err == nil || !ofDatabase(err) {
		return
	}
	h.mu.Lock()
	h.why = err
	h.mu.Unlock()
}

// turn says why the last write failed, and whether it is time to try one: then done must be called with what became of
// it.
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

// Health reports whether the database can be read and written. What ails it is a word for everybody, "" where nothing
// does; the error is for the log. As long as writes succeed it costs one read. After one that failed it runs probe,
// which is to write and undo more than an ordinary write does, at most once a second: so the word goes when the cause
// does.
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
	go func() { // a disk that hangs must not keep who asks
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

// ailmentOf is a plain word for why nothing can be written.
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
