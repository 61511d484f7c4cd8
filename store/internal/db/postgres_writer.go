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

// PostgreSQL's names for what has gone wrong (SQLSTATE). Classes are their first two characters.
const (
	pgUniqueViolation   = "23505"
	pgSerialization     = "40001" // another write was quicker; the transaction is rolled back
	pgCompletionUnknown = "40003"
	pgDeadlock          = "40P01"
	pgLockNotAvailable  = "55P03" // a row stayed locked for longer than lock_timeout
	pgTooManyConns      = "53300"
	pgIdleTransaction   = "25P03" // and the server has ended the connection
	pgShutdown          = "57P01"
	pgCrash             = "57P02"
	pgStarting          = "57P03"
	pgIdleSession       = "57P05"
	pgReadOnly          = "25006" // a standby, or a database that was made read-only
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

// How often a transaction is tried while it loses races, or its connection: an urgent one for the seven seconds in
// which another server takes over, an ordinary one for a quarter of one.
const (
	pgUrgentTries   = 24
	pgOrdinaryTries = 9
	pgReadTries     = 6
	pgLongestPause  = 500 * time.Millisecond
)

// postgresServer is a PostgreSQL database, which others may write to as well. Each write is a transaction of its own at
// READ COMMITTED: what it decides by it has locked, or writes by a conditional UPDATE. A write that the server has
// rolled back, because it lost a race, runs again whole; so does one that lost its connection before its COMMIT was
// sent. After that it is unknown whether it was done.
type postgresServer struct {
	urgent, ordinary pgLane
	stopped          chan struct{}
	memory           func() any
	now              func() time.Time
	log              *slog.Logger
}

// pgLane is a pool of connections and the line before it.
type pgLane struct {
	db      *sqlx.DB
	free    chan struct{} // holds one for each write under way
	waiting atomic.Int64
	nanos   atomic.Int64 // what one write has taken lately, to foresee the wait
}

func (b *postgresServer) there() error { return nil }

func (b *postgresServer) waiting() int {
	return int(b.urgent.waiting.Load() + b.ordinary.waiting.Load())
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

// open makes the lane's pool of so many connections.
func (p *pgLane) open(cfg *pgx.ConnConfig, o Options, conns int, lockTime time.Duration) {
	p.db, p.free = pgOpen(cfg, o, conns, lockTime), make(chan struct{}, conns)
}

// enter waits until a connection is free. Who would wait for longer than wait is turned away; 0 is for those who never
// are.
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

// foresee says how long one will wait who has n in line before it.
func (p *pgLane) foresee(n int64) time.Duration {
	return time.Duration(p.nanos.Load() * n / int64(cap(p.free)))
}

// The statements that are a transaction's frame.
const (
	pgBegin    = "BEGIN ISOLATION LEVEL READ COMMITTED"
	pgCommit   = "COMMIT"
	pgRollback = "ROLLBACK"
)

// begin is a write on a connection. Its context never ends: the connection bounds what it waits for.
func (b *postgresServer) begin(on pgQueryer) *Tx {
	ctx := context.Background()
	return &Tx{
		ctx: ctx, queue: context.WithValue(ctx, pgQueue{}, true), now: b.now(), memory: &memory{make: b.memory},
		pg: &pgRunner{on},
	}
}

// statement runs fn, which runs one statement, without a transaction around it.
func (b *postgresServer) statement(db *sqlx.DB, fn func(*Tx) error) error {
	t := b.begin(db)
	t.queue = t.ctx // there is nothing that it could be sent with
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
		return ErrUnknown // alone: what it wraps could make it run again
	}
}

// release gives the connection back to its pool, after a last statement.
func (b *postgresServer) release(conn *sqlx.Conn, last string) {
	if last != "" {
		if _, err := conn.ExecContext(context.Background(), last); err != nil {
			b.log.Debug("nothing left to roll back", "error", err)
			discard(conn)
			return
		}
	}
	_ = conn.Close() // it may have been lost, and is gone then
}

// discard keeps a connection from being used again, since nobody knows what it is in the middle of.
func discard(conn *sqlx.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = conn.Close()
}

// stop lets the writes that are under way or in line come to their end, and then takes every place.
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

// pgAgain runs do until it succeeds, fails of what does not pass, or has been tried so often. The pauses between grow,
// and are drawn by lot so that those who lost a race to each other do not meet again.
func pgAgain(tries int, do func() error) error {
	pause := time.Millisecond
	for try := 1; ; try++ {
		err := do()
		if err == nil || try == tries || !pgPasses(err) {
			return err
		}
		timer := time.NewTimer(pause/2 + rand.N(pause))
		<-timer.C
		pause = min(2*pause, pgLongestPause)
	}
}

// pgPasses reports whether a transaction that was not asked to commit, or was rolled back, failed of something that
// passes: it lost a race, or its connection, or the server is only just coming up.
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

// pgOverloaded reports whether nothing was written because the database did not come to it.
func pgOverloaded(err error) bool {
	pe, is := errors.AsType[*pgconn.PgError](err)
	return pgPasses(err) || errors.Is(err, context.DeadlineExceeded) || is && pe.Code == pgLockNotAvailable
}

// pgRolledBack reports whether the answer to a COMMIT says for certain that nothing was written: the server refused it,
// or a statement that was sent with it.
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
