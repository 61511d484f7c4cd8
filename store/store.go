package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	"github.com/jmoiron/sqlx"
	_ "modernc.org/sqlite" // the SQLite driver, in pure Go
)

// Environment is whose money a database holds. A database is stamped with it at birth.
type Environment string

// The three environments. Tickets outside Production carry a code that begins with 0.
const (
	Simulator  Environment = "simulator"
	Sandbox    Environment = "sandbox"
	Production Environment = "production"
)

// Options say how to open the books.
type Options struct {
	Path        string           // the SQLite file; made where missing
	Existing    bool             // make no new books: an error where there are none
	Environment Environment      // empty: take the one stamped in the file
	Serve       bool             // take the file's serve lock: one serving process a file
	Now         func() time.Time // the clock; nil is the machine's
	Log         *slog.Logger     // nil drops
	Hold        time.Duration    // how long seats are held after a push; 0 is 3 minutes
	RetryHold   time.Duration    // how long seats are held after a final failure; 0 is 2 minutes
	Queries     Schedule         // when M-PESA is asked about a push; nil is DefaultSchedule
}

// Store is one cinema's books. It is safe for use by many goroutines.
type Store struct {
	readers   pool
	hooks     pool // readers for what Safaricom brings: customers must not keep it waiting
	writers   *sqlx.DB
	writer    *writer
	lock      *flock.Flock
	now       func() time.Time
	ids       idMaker
	env       Environment
	hold      time.Duration
	retryHold time.Duration
	queries   Schedule

	catalogue atomic.Uint64 // grows when films, halls, screenings or settings change
	programme programmeCache
	shown     sync.Map // ScreeningID to showing, for tickets
	sales     atomic.Pointer[salesState]
	strangers atomic.Int64 // callbacks that came with an unknown token, kept or only counted
}

// Open opens the books, brings their schema up to date and checks whose money they hold.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{
		now: o.Now, hold: orDuration(o.Hold, 3*time.Minute), retryHold: orDuration(o.RetryHold, 2*time.Minute), queries: o.Queries,
	}
	if s.queries == nil {
		s.queries = DefaultSchedule()
	}
	if s.now == nil {
		s.now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := s.open(ctx, o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, o Options) error {
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return fmt.Errorf("open %s: %w", o.Path, err)
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // the lock must be the same by whatever name the file is called
	}
	if o.Existing {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("open %s: %w", o.Path, err)
		}
	}
	if o.Serve {
		if err := s.takeLock(path); err != nil {
			return err
		}
	}
	// The writer comes first: read-only connections cannot make the file.
	if s.writers, err = connect(path, "_txlock=immediate&_journal_mode=WAL&_synchronous=FULL&_foreign_keys=on&_dqs=0&_pragma=cache_size(-65536)&_pragma=temp_store(memory)", 1); err != nil {
		return err
	}
	if err := migrate(ctx, s.writers.DB); err != nil {
		return err
	}
	conn, err := s.writers.Connx(ctx)
	if err != nil {
		return fmt.Errorf("open writer: %w", err)
	}
	s.writer = startWriter(conn, s.now, o.Log)
	const readOnly = "mode=ro&_foreign_keys=on&_dqs=0"
	if s.readers.db, err = connect(path, readOnly, max(4, runtime.NumCPU())); err != nil {
		return err
	}
	if s.hooks.db, err = connect(path, readOnly, 1); err != nil {
		return err
	}
	if err := s.countStrangers(ctx); err != nil {
		return err
	}
	if err := s.read(ctx, &s.ids.last, `SELECT max(id) FROM (SELECT COALESCE(max(id), 0) AS id FROM push_request UNION SELECT COALESCE(max(id), 0) FROM ticket
		UNION SELECT COALESCE(max(id), 0) FROM callback UNION SELECT COALESCE(max(id), 0) FROM payment UNION SELECT COALESCE(max(id), 0) FROM movie
		UNION SELECT COALESCE(max(id), 0) FROM hall UNION SELECT COALESCE(max(id), 0) FROM screening) AS ids`); err != nil {
		return fmt.Errorf("read the last id: %w", err)
	}
	return s.stamp(ctx, o.Environment)
}

func connect(path, options string, conns int) (*sqlx.DB, error) {
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?_busy_timeout=5000&" + options
	db, err := sqlx.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	if err := db.Ping(); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), db.Close())
	}
	return db, nil
}

// takeLock keeps a second serving process away. The lock is on a file beside the database: opening and closing the
// database file itself would drop SQLite's own locks.
func (s *Store) takeLock(path string) error {
	lock := flock.New(path + ".serve")
	got, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("lock %s: %w", path, err)
	}
	if !got {
		return fmt.Errorf("%s: %w", path, ErrInUse)
	}
	s.lock = lock
	return nil
}

// stamp marks a new database with its environment and refuses one that belongs to another.
func (s *Store) stamp(ctx context.Context, want Environment) error {
	have, err := s.Setting(ctx, "environment")
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if have == "" {
		if want == "" {
			want = Simulator
		}
		have = string(want)
		if err := s.SetSettings(ctx, map[string]string{"environment": have}); err != nil {
			return err
		}
	}
	if want != "" && have != string(want) {
		return fmt.Errorf("%w: it holds %s money, and %s was asked for", ErrStamp, have, want)
	}
	s.env = Environment(have)
	return nil
}

// Shared reports whether other processes may write to the same books.
func (s *Store) Shared() bool { return false }

// Environment is whose money the books hold.
func (s *Store) Environment() Environment { return s.env }

// Now is the store's clock.
func (s *Store) Now() Instant { return At(s.now()) }

// Ping reports whether the books can be read.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	return s.read(ctx, &one, "SELECT 1")
}

// Close writes what was accepted, folds the log into the file and closes it.
func (s *Store) Close() error {
	var errs []error
	if s.writer != nil {
		close(s.writer.stop)
		<-s.writer.stopped
		errs = append(errs, s.readers.close(), s.hooks.close())
		for _, st := range s.writer.stmts {
			errs = append(errs, st.Close()) // an open statement would keep the log from being folded in
		}
		_, err := s.writer.conn.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)")
		errs = append(errs, err, s.writer.conn.Close())
	}
	if s.writers != nil {
		errs = append(errs, s.writers.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Unlock())
	}
	return errors.Join(errs...)
}

// read scans one row for a reader; no row is ErrNotFound.
func (s *Store) read(ctx context.Context, dest any, query string, args ...any) error {
	return s.readers.get(ctx, dest, query, args...)
}

// list scans all rows into a slice for a reader.
func (s *Store) list(ctx context.Context, dest any, query string, args ...any) error {
	return s.readers.list(ctx, dest, query, args...)
}

func orDuration(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}
