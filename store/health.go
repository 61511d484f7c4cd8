package store

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	// probeEvery is how often at most a write is tried while the last one has failed.
	probeEvery = time.Second
	// probeSize is more than any booking writes: a disk that takes a few bytes more is full all the same.
	probeSize = 64 << 10
	// probeKey is the setting that is written.
	probeKey = "health.probe"
)

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

// Health reports whether the books can be read and written. What ails them is a word for everybody, "" where nothing
// does; the error is for the log. As long as writes succeed it costs one read. After one that failed it tries another
// itself, at most once a second, so that the word goes when the cause does.
func (s *Store) Health(ctx context.Context) (ailment string, err error) {
	if err := s.Ping(ctx); err != nil {
		return "not readable", err
	}
	if err := s.books.there(); err != nil {
		return ailmentOf(err), err
	}
	why, probe := s.health.turn(s.now())
	if !probe {
		return ailmentOf(why), why
	}
	result := make(chan error, 1)
	go func() { // a disk that hangs must not keep who asks
		err := s.probe(context.WithoutCancel(ctx))
		s.health.done(err)
		result <- err
	}()
	select {
	case err := <-result:
		return ailmentOf(err), err
	case <-ctx.Done():
		return ailmentOf(why), errors.Join(why, ctx.Err())
	}
}

// probe writes more than a booking does, of what cannot be packed, and takes it away again.
func (s *Store) probe(ctx context.Context) error {
	var text strings.Builder
	for text.Len() < probeSize {
		text.WriteString(newSecret())
	}
	for _, value := range []string{text.String(), ""} {
		if err := s.write(ctx, booking,
			func(t *tx) error { return t.setSettings(map[string]string{probeKey: value}) }); err != nil {
			return err
		}
	}
	return nil
}

// firstWrite looks whether books that are to be served can be written. A disk that is full lets tickets be shown, and
// may have room again: it is for the operator to see.
func (s *Store) firstWrite(ctx context.Context, log *slog.Logger) error {
	err := s.write(ctx, urgent, func(t *tx) error {
		return t.setSettings(map[string]string{"served_at": strconv.FormatInt(int64(t.now), 10)})
	})
	if err != nil && isFull(err) {
		log.Error("the disk is full: nothing can be sold until there is room", "error", err)
		return nil
	}
	return err
}

// ailmentOf is a plain word for why nothing can be written.
func ailmentOf(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, errFileGone):
		return "file gone"
	case isFull(err):
		return "disk full"
	case readOnly(err):
		return "read-only"
	}
	return "not writable"
}

func isFull(err error) bool {
	if pe, is := errors.AsType[*pgconn.PgError](err); is {
		return pe.Code == pgDiskFull
	}
	if se, is := errors.AsType[*sqlite.Error](err); is { // the second is of the log's index
		return se.Code()&0xff == sqlite3.SQLITE_FULL || se.Code() == sqlite3.SQLITE_IOERR_SHMSIZE
	}
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// ofDatabase reports whether a write failed of the database: not of what was to be written, nor of others who wrote.
func ofDatabase(err error) bool {
	if pe, is := errors.AsType[*pgconn.PgError](err); is {
		switch pe.Code[:min(2, len(pe.Code))] {
		case pgClassData, pgClassConstraint, pgClassRollback:
			return false
		}
		return pe.Code != pgLockNotAvailable
	}
	if se, is := errors.AsType[*sqlite.Error](err); is {
		switch se.Code() & 0xff {
		case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_MISMATCH,
			sqlite3.SQLITE_RANGE,
			sqlite3.SQLITE_INTERRUPT:
			return false
		}
		return true
	}
	return errors.Is(err, ErrUnknown) || pgPasses(err)
}
