package db

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jmoiron/sqlx"
)

// PostgreSQL's error codes (SQLSTATE). A class is the first two characters.
const (
	pgUniqueViolation   = "23505"
	pgSerialization     = "40001" // another write was faster; the transaction is rolled back
	pgCompletionUnknown = "40003"
	pgDeadlock          = "40P01"
	pgLockNotAvailable  = "55P03" // a row stayed locked for longer than lock_timeout
	pgTooManyConns      = "53300"
	pgIdleTransaction   = "25P03" // and the server has closed the connection
	pgShutdown          = "57P01"
	pgCrash             = "57P02"
	pgStarting          = "57P03"
	pgIdleSession       = "57P05"
	pgReadOnly          = "25006" // a standby, or a read-only database
	pgDiskFull          = "53100"
	pgNoTable           = "42P01"
	pgNoColumn          = "42703"
	pgNoObject          = "42704"
	pgTableThere        = "42P07"
	pgColumnThere       = "42701"
	pgObjectThere       = "42710"
	pgOtherType         = "42804"
	pgClassData         = "22"
	pgClassConstraint   = "23"
	pgClassRollback     = "40"
	pgClassConnection   = "08"
)

// How often a transaction that loses races or its connection is tried: an urgent one for the seven seconds of a
// failover, an ordinary one for a quarter of a second. Where a server says nothing each try takes seconds, and none
// begins once as many have passed as the connecting to one may take.
const (
	pgUrgentTries   = 24
	pgOrdinaryTries = 9
	pgReadTries     = 6
	pgLongestPause  = 500 * time.Millisecond
)

// postgresServer is a PostgreSQL database, which others may write to as well. Each write is a transaction at READ
// COMMITTED: it locks what it decides by, or writes by a conditional UPDATE. A write that lost a race runs again from
// the start; so does one that lost its connection before its COMMIT was sent. Later its result is unknown.
type postgresServer struct {
	path             string
	urgent, ordinary pgLane
	stopped          chan struct{}
	memory           func() any
	now              func() time.Time
	log              *slog.Logger
}

// pgLane is a pool of connections with its queue.
type pgLane struct {
	db      *sqlx.DB
	free    chan struct{} // one for each write under way
	waiting atomic.Int64
	nanos   atomic.Int64 // the mean time of a write, to predict the wait
}

func (b *postgresServer) there() error { return nil }

func (b *postgresServer) queues() (urgent, ordinary int) {
	return int(b.urgent.waiting.Load()), int(b.ordinary.waiting.Load())
}

func (b *postgresServer) places() int { return cap(b.ordinary.free) }

func (b *postgresServer) write(ctx context.Context, l Lane, fn func(*Tx) error) error {
	on, tries, wait := &b.urgent, pgUrgentTries, time.Duration(0)
	if !l.waits() {
		on, tries, wait = &b.ordinary, pgOrdinaryTries, ordinaryWait
	}
	if err := on.enter(ctx, wait, b.stopped); err != nil {
		return err
	}
	defer on.leave()
	began := time.Now()
	run := b.transaction
	if l.single() {
		run = b.statement
	}
	err := pgAgain(tries, func() error { return run(on.db, fn) })
	learn(&on.nanos, time.Since(began))
	if !l.waits() && pgOverloaded(err) {
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return err
}

// open opens the lane's pool of conns connections.
func (p *pgLane) open(cfg *pgx.ConnConfig, o Options, conns int, lockTime time.Duration) {
	p.db, p.free = pgOpen(cfg, o, conns, lockTime), make(chan struct{}, conns)
}

// enter waits until a connection is free. It refuses a write that would wait for longer than wait; 0 never refuses.
func (p *pgLane) enter(ctx context.Context, wait time.Duration, stopped <-chan struct{}) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case p.free <- struct{}{}:
		return nil
	default:
	}
	waiting := p.waiting.Add(1)
	defer p.waiting.Add(-1)
	var enough <-chan time.Time
	if wait > 0 {
		if p.foresee(waiting-1) > wait {
			return ErrBusy
		}
		timer := time.NewTimer(wait)
		defer timer.Stop()
		enough = timer.C
	}
	select {
	case p.free <- struct{}{}:
		return nil
	case <-enough:
		return ErrBusy
	case <-stopped:
		return ErrBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pgLane) leave() { <-p.free }

// foresee predicts the wait behind n others.
func (p *pgLane) foresee(n int64) time.Duration {
	return time.Duration(p.nanos.Load() * n / int64(cap(p.free)))
}

// The statements around a transaction.
const (
	pgBegin    = "BEGIN ISOLATION LEVEL READ COMMITTED"
	pgCommit   = "COMMIT"
	pgRollback = "ROLLBACK"
)

// begin starts a write on a connection. Its context never ends: the connection has its own time-outs.
func (b *postgresServer) begin(on pgQueryer) *Tx {
	ctx := context.Background()
	return &Tx{
		ctx: ctx, queue: context.WithValue(ctx, pgQueue{}, true), now: b.now(), memory: &memory{make: b.memory},
		pg: &pgRunner{on},
	}
}

// statement runs fn, a single statement, without a transaction.
func (b *postgresServer) statement(db *sqlx.DB, fn func(*Tx) error) error {
	t := b.begin(db)
	t.queue = t.ctx // nothing else to send it with
	err := t.guarded(fn)
	if t.writes > 1 {
		return errors.Join(err, errors.New("more than one statement without a transaction"))
	}
	return err
}

// transaction runs fn in a transaction.
func (b *postgresServer) transaction(db *sqlx.DB, fn func(*Tx) error) error {
	conn, err := db.Connx(context.Background())
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	t := b.begin(conn)
	if err = t.Queue(pgBegin); err == nil {
		err = t.guarded(fn)
	}
	if err = cmp.Or(err, t.failed); err != nil {
		b.release(conn, pgRollback)
		return err
	}
	switch _, err := t.Exec(pgCommit); {
	case err == nil:
		b.release(conn, "")
		return nil
	case pgRolledBack(err):
		b.release(conn, pgRollback)
		return err
	default:
		b.log.Error("commit was not confirmed", "error", err)
		discard(conn)
		return ErrUnknown // not wrapped: the cause could make it run again
	}
}

// release returns the connection to its pool after a last statement.
func (b *postgresServer) release(conn *sqlx.Conn, last string) {
	if last != "" {
		if _, err := conn.ExecContext(context.Background(), last); err != nil {
			b.log.Debug("nothing left to roll back", "error", err)
			discard(conn)
			return
		}
	}
	_ = conn.Close() // a lost connection is discarded
}

// discard closes a connection whose state is unknown.
func discard(conn *sqlx.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = conn.Close()
}

// stop waits for writes under way or queued, and then takes every place.
func (b *postgresServer) stop() {
	for _, on := range []*pgLane{&b.ordinary, &b.urgent} {
		for range cap(on.free) {
			on.free <- struct{}{}
		}
	}
	close(b.stopped)
}

func (b *postgresServer) close() error {
	var errs []error
	for _, on := range []*pgLane{&b.ordinary, &b.urgent} {
		if on.db != nil {
			errs = append(errs, on.db.Close())
		}
	}
	return errors.Join(errs...)
}

// pgAgain runs do until it succeeds, fails permanently, or has used its tries or, where those are not urgent, its time.
// The pauses grow and are random, so that the losers of a race do not collide again.
func pgAgain(tries int, do func() error) error {
	pause, began := time.Millisecond, time.Now()
	for try := 1; ; try++ {
		err := do()
		late := tries < pgUrgentTries && time.Since(began) >= pgConnectTime
		if err == nil || try == tries || late || !pgPasses(err) {
			return err
		}
		timer := time.NewTimer(pause/2 + rand.N(pause))
		<-timer.C
		pause = min(2*pause, pgLongestPause)
	}
}

// pgPasses reports whether a transaction that was rolled back, or not committed yet, failed temporarily: it lost a race
// or its connection, or the server is starting.
func pgPasses(err error) bool {
	if err == nil {
		return false
	}
	if pe, is := errors.AsType[*pgconn.PgError](err); is {
		switch pe.Code {
		case pgSerialization, pgDeadlock, pgTooManyConns, pgIdleTransaction, pgShutdown, pgCrash, pgStarting,
			pgIdleSession:
			return true
		}
		return strings.HasPrefix(pe.Code, pgClassConnection)
	}
	if _, is := errors.AsType[*pgconn.ConnectError](err); is {
		return true
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return false // it has waited long enough
	}
	_, network := errors.AsType[net.Error](err)
	lost := []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, pgconn.ErrConnClosed, driver.ErrBadConn}
	return network || slices.ContainsFunc(lost, func(one error) bool { return errors.Is(err, one) })
}

// pgOverloaded reports whether nothing was written because the database was too busy, or takes no writes now.
func pgOverloaded(err error) bool {
	pe, is := errors.AsType[*pgconn.PgError](err)
	return pgPasses(err) || errors.Is(err, context.DeadlineExceeded) ||
		is && (pe.Code == pgLockNotAvailable || pe.Code == pgReadOnly)
}

// pgRolledBack reports whether the answer to a COMMIT proves that nothing was written: the server refused it or a
// statement in its batch.
func pgRolledBack(err error) bool {
	if pe, is := errors.AsType[*pgconn.PgError](err); is {
		_, earlier := errors.AsType[errEarlier](err)
		if pe.Code == pgCompletionUnknown {
			return false
		}
		return earlier || strings.HasPrefix(pe.Code, pgClassConstraint) || strings.HasPrefix(pe.Code, pgClassRollback)
	}
	return errors.Is(err, pgx.ErrTxCommitRollback)
}
