package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"cinemasphere/store/fairuse"
	"cinemasphere/store/internal/db"
)

// Environment is whose money a database holds. A new database is stamped with it.
type Environment string

// The three environments. Tickets outside Production carry a code that begins with 0.
const (
	Simulator  Environment = "simulator"
	Sandbox    Environment = "sandbox"
	Production Environment = "production"
)

// Options say how to open the books.
type Options struct {
	// Path is the SQLite file, made where missing, or postgres://user:password@host/database, which must exist.
	Path        string
	Existing    bool             // never make new books: an error where there are none
	Environment Environment      // empty takes the one stamped in the books
	Serve       bool             // take the SQLite file's serve lock: one serving process a file
	Now         func() time.Time // the clock; nil is the machine's
	Log         *slog.Logger     // nil drops
	Hold        time.Duration    // how long seats are held after a push; 0 is 3 minutes
	RetryHold   time.Duration    // how long seats are held after a final failure; 0 is 2 minutes
	// Wrap stands between the books and their database, for tests that make it fail.
	Wrap    func(driver.Connector) driver.Connector
	FairUse fairuse.Policy // limits on one client; the zero policy has none
	Queries Schedule       // when M-PESA is asked about a push; nil is DefaultSchedule
	Tells   *Ways          // how customers are told of things; nil is as the last program told them that set it
}

// Store is one cinema's books. It is safe for concurrent use.
type Store struct {
	db        *db.DB
	readers   pool
	hooks     pool // readers for callbacks: customers must not delay them
	now       func() time.Time
	ids       idMaker
	env       Environment
	hold      time.Duration
	retryHold time.Duration
	queries   Schedule
	fair      fairuse.Policy
	tells     Ways

	catalogue     atomic.Uint64 // grows with each change of films, halls, screenings or settings
	programme     programmeCache
	shown         sync.Map // ScreeningID to showing, for tickets
	sales         atomic.Pointer[salesState]
	plans         plans
	names         names
	unknownTokens atomic.Int64 // callbacks with an unknown token, stored or only counted
	tokenKey      []byte       // signs the tokens of pushes
}

// pool is a set of connections for reading.
type pool struct{ *db.Pool }

// get scans one row into a struct or a value; no row is ErrNotFound.
func (p pool) get(ctx context.Context, dest any, query string, args ...any) error {
	return p.Get(ctx, dest, query, args...)
}

// scan scans one row into variables, which is quicker than into a struct; no row is ErrNotFound.
func (p pool) scan(ctx context.Context, dest []any, query string, args ...any) error {
	return p.Scan(ctx, dest, query, args...)
}

// Open opens the books, brings their schema up to date and checks their environment.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{
		now: o.Now, hold: orDuration(o.Hold, 3*time.Minute), retryHold: orDuration(o.RetryHold, 2*time.Minute),
		queries: o.Queries, fair: o.FairUse,
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
		return nil, errors.Join(explained(o.Path, err), s.Close())
	}
	return s, nil
}

// open opens the database and reads what a process needs of it.
func (s *Store) open(ctx context.Context, o Options) (err error) {
	s.db, err = db.Open(ctx, db.Options{
		Path: o.Path, Existing: o.Existing, Serve: o.Serve, Now: s.now, Log: o.Log, Wrap: o.Wrap,
		Inspect: func(ctx context.Context, found *db.Pool, d db.Dialect) error {
			return inspect(ctx, found, d, o.Existing)
		},
		Migrate: func(ctx context.Context, conn *sql.DB, d db.Dialect) error { return migrate(ctx, conn, d, o.Log) },
		Memory:  func() any { return map[ScreeningID]*seatMap{} },
	})
	if err != nil {
		return err
	}
	s.readers, s.hooks = pool{&s.db.Readers}, pool{&s.db.UrgentReaders}
	if err := s.begin(ctx, o.Environment, o.Tells); err != nil {
		return err
	}
	if !o.Serve {
		return nil
	}
	return s.firstWrite(ctx, o.Log)
}

// begin reads what a process needs before it uses the books.
func (s *Store) begin(ctx context.Context, env Environment, tells *Ways) error {
	if err := s.countStrangers(ctx); err != nil {
		return err
	}
	if err := s.read(ctx, &s.ids.last, `SELECT max(id) FROM (SELECT COALESCE(max(id), 0) AS id FROM push_request UNION SELECT COALESCE(max(id), 0) FROM ticket
		UNION SELECT COALESCE(max(id), 0) FROM callback UNION SELECT COALESCE(max(id), 0) FROM payment UNION SELECT COALESCE(max(id), 0) FROM movie
		UNION SELECT COALESCE(max(id), 0) FROM hall UNION SELECT COALESCE(max(id), 0) FROM plan UNION SELECT COALESCE(max(id), 0) FROM screening
		UNION SELECT COALESCE(max(id), 0) FROM refund UNION SELECT COALESCE(max(id), 0) FROM claim UNION SELECT COALESCE(max(id), 0) FROM fact
		UNION SELECT COALESCE(max(id), 0) FROM price_type UNION SELECT COALESCE(max(id), 0) FROM price_card
		UNION SELECT COALESCE(max(id), 0) FROM operator UNION SELECT COALESCE(max(id), 0) FROM staff_session UNION SELECT COALESCE(max(id), 0) FROM audit
		UNION SELECT COALESCE(max(id), 0) FROM gap UNION SELECT COALESCE(max(id), 0) FROM outbox) AS ids`); err != nil {
		return fmt.Errorf("read the last id: %w", err)
	}
	if err := s.stamp(ctx, env); err != nil {
		return err
	}
	if err := s.readTokenKey(ctx); err != nil {
		return err
	}
	if err := s.beginTelling(ctx, tells); err != nil {
		return err
	}
	return s.beginRatings(ctx)
}

// stamp marks a new database with its environment and refuses one that belongs to another.
func (s *Store) stamp(ctx context.Context, want Environment) error {
	have, err := s.Catalogue().SettingOr(ctx, "environment", func() string { return string(cmp.Or(want, Simulator)) })
	if err != nil {
		return err
	}
	if want != "" && have != string(want) {
		return fmt.Errorf("%w: it holds %s money, and %s was asked for", ErrStamp, have, want)
	}
	s.env = Environment(have)
	return nil
}

// Shared reports whether other processes may write to the same books.
func (s *Store) Shared() bool { return s.db.Shared() }

// Environment is whose money the books hold.
func (s *Store) Environment() Environment { return s.env }

// Now is the store's clock.
func (s *Store) Now() Instant { return At(s.now()) }

// Ping reports whether the books can be read.
func (s *Store) Ping(ctx context.Context) error { return s.db.Ping(ctx) }

// Close writes what was accepted and closes the books. An SQLite log is merged into its file.
func (s *Store) Close() error {
	if s.db == nil {
		return nil
	}
	return s.db.Close()
}

// read scans one row for a reader; no row is ErrNotFound.
func (s *Store) read(ctx context.Context, dest any, query string, args ...any) error {
	return s.readers.get(ctx, dest, query, args...)
}

// list scans all rows into a slice for a reader.
func (s *Store) list(ctx context.Context, dest any, query string, args ...any) error {
	return s.readers.List(ctx, dest, query, args...)
}

func orDuration(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}
