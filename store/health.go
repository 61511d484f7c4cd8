package store

import (
	"context"
	"log/slog"
	"strconv"
	"strings"

	"cinemasphere/store/internal/db"
)

const (
	// probeSize, in bytes, is more than any booking writes: a disk that takes a few bytes more is full all the same.
	probeSize = 64 << 10
	// probeKey is the setting that is written.
	probeKey = "health.probe"
)

// Health reports whether the books can be read and written. What ails them is a word for everybody, "" where nothing
// does; the error is for the log. As long as writes succeed it costs one read. After one that failed it tries another
// itself, at most once a second, so that the word goes when the cause does.
func (s *Store) Health(ctx context.Context) (ailment string, err error) {
	return s.db.Health(ctx, s.probe)
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
	if err != nil && db.IsFull(err) {
		log.Error("the disk is full: nothing can be sold until there is room", "error", err)
		return nil
	}
	return err
}
