package store

import (
	"context"
	"log/slog"
	"strconv"
	"strings"

	"cinemasphere/store/internal/db"
)

const (
	// probeSize, in bytes, is more than any booking writes: a disk with room for a few bytes is full all the same.
	probeSize = 64 << 10
	// probeKey is the setting that the probe writes.
	probeKey = "health.probe"
)

// Health reports whether the books can be read and written. The ailment is a word for everybody, "" where there is
// none; the error is for the log. While writes succeed it costs one read. After a failed write it tries one itself, at
// most once a second, so that the ailment ends with its cause.
func (s *Store) Health(ctx context.Context) (ailment string, err error) {
	return s.db.Health(ctx, s.probe)
}

// probe writes more than a booking does, incompressible, and rolls it back.
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

// firstWrite checks whether books that will be served can be written. With a full disk tickets can still be shown, and
// space may be freed: the operator is warned.
func (s *Store) firstWrite(ctx context.Context, log *slog.Logger) error {
	err := s.write(ctx, urgent, func(t *tx) error {
		return t.setSettings(map[string]string{"served_at": strconv.FormatInt(int64(t.now), 10)})
	})
	if err != nil && db.IsFull(err) {
		log.Error("the disk is full: nothing can be sold until there is room", "error", err)
		return nil
	}
	return err
}

// Writable writes a little and waits until it is durable: the error is why nothing can be written. It goes before
// bookings, so that many of them do not look like a broken disk.
func (s *Store) Writable(ctx context.Context) error {
	return s.write(ctx, urgent, func(t *tx) error { return t.setSettings(map[string]string{probeKey: ""}) })
}
