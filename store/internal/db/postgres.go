package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
)

// The most connections that one process opens to PostgreSQL, whose default limit is 100: enough for three processes.
const (
	pgUrgentConns       = 12
	pgOrdinaryConns     = 6
	pgReaderConns       = 5
	pgUrgentReaderConns = 2
)

// How long a transaction waits for rows locked by others.
const (
	pgUrgentLock   = 10 * time.Second
	pgOrdinaryLock = 2 * ordinaryWait
)

const (
	pgConnectTime = 5 * time.Second
	// pgConnLife lets connections follow the database to another host, and the server free their memory.
	pgConnLife = 30 * time.Minute
	// pgStatementTime bounds a transaction or a read: a vanished server sends no error.
	pgStatementTime = 20 * time.Second
	// pgSilentTime bounds a read of a server that has just not answered one.
	pgSilentTime = 2 * time.Second
)

func pgConfig(path string) (*pgx.ConnConfig, error) {
	if err := checkPostgresURL(path); err != nil {
		return nil, err
	}
	cfg, err := pgx.ParseConfig(path)
	if err != nil {
		return nil, errors.New("postgres:// has an option, or names a file, that the driver cannot read: " +
			withoutPassword(path, err))
	}
	if cfg.Database == "" {
		return nil, errors.New("postgres:// names no database: it must be " + postgresForm)
	}
	cfg.ConnectTimeout = cmp.Or(cfg.ConnectTimeout, pgConnectTime)
	if slices.ContainsFunc(cfg.Fallbacks, func(f *pgconn.FallbackConfig) bool { return f.Host != cfg.Host }) {
		// A standby takes no writes, and what it has to read may be old.
		cfg.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "cinemasphere"
	}
	return cfg, nil
}

func (d *DB) openPostgres(ctx context.Context, o Options) error {
	cfg, err := pgConfig(o.Path)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	b := &postgresServer{
		path: o.Path, stopped: make(chan struct{}), memory: o.Memory, now: o.Now, log: o.Log,
	}
	b.urgent.open(cfg, o, pgUrgentConns, pgUrgentLock)
	b.ordinary.open(cfg, o, pgOrdinaryConns, pgOrdinaryLock)
	d.engine = b
	d.Readers = pgPool(pgOpen(cfg, o, pgReaderConns, 0), pgReadTries)
	d.UrgentReaders = pgPool(pgOpen(cfg, o, pgUrgentReaderConns, 0), pgUrgentTries)
	if err := d.suits(ctx); err != nil {
		return err
	}
	if o.Inspect != nil {
		if err := o.Inspect(ctx, &d.Readers, PostgreSQL); err != nil {
			return err
		}
	}
	if o.Migrate == nil {
		return nil
	}
	conn := sql.OpenDB(pgSafe{stdlib.GetConnector(*cfg), o.Path}) // a migration prepares its own transactions
	return errors.Join(o.Migrate(ctx, conn, PostgreSQL), conn.Close())
}

// suits checks that the database stores text unchanged and keeps commits through a crash.
func (d *DB) suits(ctx context.Context) error {
	var encoding, commit string
	if err := d.Readers.Scan(ctx, []any{&encoding, &commit},
		`SELECT current_setting('server_encoding'), current_setting('synchronous_commit')`); err != nil {
		return err
	}
	switch {
	case encoding != "UTF8":
		return fmt.Errorf("its encoding is %s: it must be made with ENCODING 'UTF8'", encoding)
	case commit == "off":
		return errors.New("synchronous_commit is off: payments that were confirmed could be lost")
	}
	return nil
}

// ServerVersion is the version of a PostgreSQL server, such as 150004 for 15.4, and 0 of SQLite, which is a part of the
// program.
func (d *DB) ServerVersion(ctx context.Context) (version int, err error) {
	if d.dialect == PostgreSQL {
		err = d.Readers.Get(ctx, &version, `SELECT CAST(current_setting('server_version_num') AS BIGINT)`)
	}
	return version, err
}

// pgOpen makes a pool of at most conns connections, none of them opened yet.
func pgOpen(cfg *pgx.ConnConfig, o Options, conns int, lockTime time.Duration) *sqlx.DB {
	db := sqlx.NewDb(sql.OpenDB(o.wrapped(pgSafe{pgConnector{cfg, pgLimits(lockTime)}, o.Path})), "pgx")
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	db.SetConnMaxLifetime(pgConnLife)
	return db
}

// pgLimits sets the isolation level, how long a connection's transactions wait for locked rows, and how long a silent
// process may keep rows locked. Each statement is planned once: PostgreSQL would plan those with arrays anew each time.
// Tables grow after that, so a plan uses an index wherever there is one. No statement is long enough to be compiled,
// which the high cost of a plan without an index would lead to.
func pgLimits(lockTime time.Duration) string {
	if lockTime == 0 {
		return "" // it only reads
	}
	return fmt.Sprintf("SET default_transaction_isolation = 'read committed'; SET lock_timeout = %d; "+
		"SET idle_in_transaction_session_timeout = %d; "+
		"SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off",
		lockTime.Milliseconds(), pgStatementTime.Milliseconds())
}

// pgPool is a pool for reads, each with so many tries.
func pgPool(db *sqlx.DB, tries int) Pool {
	return Pool{db: db, pg: &pgReads{pgRunner: pgRunner{db}, tries: tries}}
}

// pgRunner runs statements on PostgreSQL. Its driver prepares each once per connection.
type pgRunner struct{ on pgQueryer }

// pgQueryer is what a pool and one of its connections have in common.
type pgQueryer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	GetContext(ctx context.Context, dest any, query string, args ...any) error
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryxContext(ctx context.Context, query string, args ...any) (*sqlx.Rows, error)
	SelectContext(ctx context.Context, dest any, query string, args ...any) error
}

func (r pgRunner) exec(ctx context.Context, query string, args []any) (sql.Result, error) {
	return r.on.ExecContext(ctx, query, storable(args)...)
}

func (r pgRunner) get(ctx context.Context, dest any, query string, args []any) error {
	return r.on.GetContext(ctx, dest, query, storable(args)...)
}

func (r pgRunner) scan(ctx context.Context, dest []any, query string, args []any) error {
	return r.on.QueryRowContext(ctx, query, storable(args)...).Scan(copied(dest)...)
}

func (r pgRunner) list(ctx context.Context, dest any, query string, args []any) error {
	return r.on.SelectContext(ctx, dest, query, storable(args)...)
}

// readAll sends queries together, all but the last as queued statements: their rows are there once the last is sent.
func (r pgRunner) readAll(ctx, queue context.Context, reads []Read) (err error) {
	read, later := reads[0], reads[1:]
	on := queue
	if len(later) == 0 {
		on = ctx
	}
	rows, err := r.on.QueryxContext(on, read.Query, storable(read.Args)...)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, rows.Close()) }()
	if len(later) > 0 {
		if err := r.readAll(ctx, queue, later); err != nil {
			return err
		}
	}
	switch {
	case read.To == nil:
		return sqlx.StructScan(rows, read.Rows)
	case rows.Next():
		return rows.Scan(read.To...)
	}
	return cmp.Or(rows.Err(), sql.ErrNoRows)
}

// storable replaces in texts what PostgreSQL refuses and SQLite accepts: NUL, and bytes that are not UTF-8. Both only
// come from outside, to be searched in vain or stored for the operator. The copy lets callers keep their slice on the
// stack.
func storable(args []any) []any {
	args = copied(args)
	for i, arg := range args {
		if text, is := arg.(string); is && (strings.Contains(text, "\x00") || !utf8.ValidString(text)) {
			args[i] = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", "\uFFFD"), "\uFFFD")
		}
	}
	return args
}

// copied is slices.Clone in a form that the compiler can prove not to keep the slice.
func copied(s []any) []any {
	c := make([]any, len(s))
	copy(c, s)
	return c
}

// pgReads runs reads, again where the connection is lost.
type pgReads struct {
	pgRunner
	tries  int
	silent atomic.Bool // the last read had no answer in its time
}

func (r *pgReads) get(ctx context.Context, dest any, query string, args []any) error {
	return r.again(ctx, func(ctx context.Context) error { return r.pgRunner.get(ctx, dest, query, args) })
}

func (r *pgReads) scan(ctx context.Context, dest []any, query string, args []any) error {
	return r.again(ctx, func(ctx context.Context) error { return r.pgRunner.scan(ctx, dest, query, args) })
}

func (r *pgReads) list(ctx context.Context, dest any, query string, args []any) error {
	return r.again(ctx, func(ctx context.Context) error {
		reflect.ValueOf(dest).Elem().SetZero() // from before the connection was lost
		return r.pgRunner.list(ctx, dest, query, args)
	})
}

// again runs a read, more than once where the connection is lost. While no server can be reached, the database is busy.
// It bounds all of that, with the wait for a connection that others hold: briefly while the server says nothing, so
// that who needs several reads is told soon.
func (r *pgReads) again(ctx context.Context, read func(context.Context) error) error {
	within := pgStatementTime
	if r.silent.Load() {
		within = pgSilentTime
	}
	bounded, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	err := pgAgain(r.tries, func() error { return read(bounded) })
	if ctx.Err() == nil {
		r.silent.Store(bounded.Err() != nil || errors.Is(err, context.DeadlineExceeded))
	}
	if pgOverloaded(err) {
		return pgAway{err}
	}
	return err
}

// pgAway is an [ErrBusy] that says no more than its cause.
type pgAway struct{ error }

func (e pgAway) Unwrap() error { return e.error }

func (pgAway) Is(target error) bool { return target == ErrBusy }
