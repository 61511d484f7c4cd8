package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// BackupState is how the backups that go to one place stand.
type BackupState struct {
	Place     string  `db:"place"`   // a folder, or the address of a bucket
	GoodAt    Instant `db:"good_at"` // when the last good one was begun; 0 where there is none
	Name      string  `db:"name"`    // its name
	Bytes     int64   `db:"bytes"`   // its size
	FailedAt  Instant `db:"failed_at"`
	Failure   string  `db:"failure"`    // why the last try failed; "" where it did not
	DrilledAt Instant `db:"drilled_at"` // when one was last restored in a drill, and its books were sound; 0 for never
}

// Copy writes a copy of the whole books to a new file, while others read and write: on SQLite a database, on PostgreSQL
// a dump. What was confirmed before the call is in it. It is durable and was read to its end.
func (s Jobs) Copy(ctx context.Context, file string) error { return s.db.Copy(ctx, file) }

// Backups is how the backups stand, by place.
func (s Jobs) Backups(ctx context.Context) ([]BackupState, error) {
	var all []BackupState
	err := s.list(ctx, &all, `SELECT place, COALESCE(good_at, 0) AS good_at, name, bytes,
		COALESCE(failed_at, 0) AS failed_at, failure, COALESCE(drilled_at, 0) AS drilled_at FROM backup ORDER BY place`)
	if err != nil {
		return nil, fmt.Errorf("read how the backups stand: %w", err)
	}
	return all, nil
}

// LastBackup is when the last good backup was begun, wherever it is; 0 where there is none.
func (s Jobs) LastBackup(ctx context.Context) (at Instant, err error) {
	err = s.read(ctx, &at, `SELECT COALESCE(max(good_at), 0) FROM backup`)
	if err != nil {
		return 0, fmt.Errorf("look for the last backup: %w", err)
	}
	return at, nil
}

// BackupTrouble is the state of the first of these places whose last good backup is older than that, or whose last try
// failed; nil where all is well. A place that nothing has been tried with is not in trouble.
func (s Jobs) BackupTrouble(ctx context.Context, places []string, oldest time.Duration) (*BackupState, error) {
	all, err := s.Backups(ctx)
	for _, b := range all {
		old := b.GoodAt == 0 || b.GoodAt.Add(oldest) < s.Now()
		if slices.Contains(places, b.Place) && (old || b.FailedAt != 0) {
			return &b, err
		}
	}
	return nil, err
}

// RecordBackup writes down a backup that was written and checked. It was begun at GoodAt.
func (s Jobs) RecordBackup(ctx context.Context, b BackupState) error {
	return s.recordBackup(ctx, `INSERT INTO backup (place, good_at, name, bytes, failure) VALUES ($1,$2,$3,$4,'')
		ON CONFLICT (place) DO UPDATE SET good_at = excluded.good_at, name = excluded.name, bytes = excluded.bytes, failed_at = NULL, failure = ''`,
		b.Place, b.GoodAt, b.Name, b.Bytes)
}

// RecordBackupFailure writes down that no backup could be made at a place.
func (s Jobs) RecordBackupFailure(ctx context.Context, place, why string) error {
	return s.recordBackup(ctx, `INSERT INTO backup (place, name, bytes, failed_at, failure) VALUES ($1,'',0,$2,$3)
		ON CONFLICT (place) DO UPDATE SET failed_at = excluded.failed_at, failure = excluded.failure`, place, s.Now(), why)
}

// RecordDrill writes down that a backup of a place was restored in a drill, and that its books were sound.
func (s Jobs) RecordDrill(ctx context.Context, place string) error {
	return s.recordBackup(ctx, `UPDATE backup SET drilled_at = $2 WHERE place = $1`, place, s.Now())
}

func (s Jobs) recordBackup(ctx context.Context, statement string, args ...any) error {
	if err := s.write(ctx, urgent, func(t *tx) error { return t.run(statement, args...) }); err != nil {
		return fmt.Errorf("note a backup: %w", err)
	}
	return nil
}

// Gap is what the books lack since they were restored: whatever was written between the two instants. The zero Gap is
// none.
type Gap struct {
	Since  Instant `db:"since_at"` // of the last thing in the backup
	Until  Instant `db:"until_at"` // when it was restored
	Backup string  `db:"backup"`   // the name of its file
}

// openGap is the gap that nobody has seen to.
func (s *Store) openGap(ctx context.Context) (g Gap, err error) {
	err = s.readers.scan(ctx, []any{&g.Since, &g.Until, &g.Backup}, `SELECT since_at, until_at, backup FROM gap
		WHERE opened_at IS NULL ORDER BY since_at LIMIT 1`)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Gap{}, fmt.Errorf("look for a gap in the books: %w", err)
	}
	return g, nil
}

// lastWritten is when something was last written, of what a restore must not lose.
func (s *Store) lastWritten(ctx context.Context) (at Instant, err error) {
	err = s.read(ctx, &at, `SELECT COALESCE(max(at), 0) FROM (SELECT max(created_at) AS at FROM fact UNION ALL SELECT max(received_at) FROM callback
		UNION ALL SELECT max(updated_at) FROM ticket UNION ALL SELECT max(updated_at) FROM push_request UNION ALL SELECT max(updated_at) FROM refund
		UNION ALL SELECT max(updated_at) FROM screening UNION ALL SELECT max(at) FROM audit UNION ALL SELECT max(updated_at) FROM setting) AS written`)
	if err != nil {
		return 0, fmt.Errorf("look for what was written last: %w", err)
	}
	return at, nil
}

// markRestored pauses sales in books that were restored, writes down the gap, and ends what must not come back to life:
// sessions that were ended since, and Daraja's old access token.
func (s *Store) markRestored(ctx context.Context, g Gap) error {
	err := s.write(ctx, urgent, func(t *tx) error {
		for _, forget := range []string{`DELETE FROM staff_session`, `DELETE FROM session`, `DELETE FROM known_browser`,
			`DELETE FROM access_token`, `DELETE FROM lease`} {
			if err := t.run(forget); err != nil {
				return err
			}
		}
		if err := t.forgetSending(); err != nil {
			return err
		}
		if err := t.run(`INSERT INTO gap (id, since_at, until_at, backup) VALUES ($1,$2,$3,$4)`, s.ids.next(s.now()), g.Since,
			g.Until, g.Backup); err != nil {
			return err
		}
		return t.setPaused("the books were restored from a backup")
	})
	if err != nil {
		return fmt.Errorf("mark the books as restored: %w", err)
	}
	return nil
}
