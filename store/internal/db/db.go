// Package db is the engine under the books. It opens a database, SQLite in a file or PostgreSQL on a server. It runs
// reads on pools of connections, and writes as transactions that are durable once they are answered.
//
//   - SQLite has one writing connection. It groups waiting writes into one transaction, so that many share one fsync
//     ([DB.Write], writer.go). Readers have read-only connections of their own.
//   - On PostgreSQL each write is a transaction of its own, at READ COMMITTED. It runs again from the start where it
//     lost a race, or its connection before the COMMIT was sent (postgres_writer.go).
//   - Writes queue in two lanes: urgent ones wait as long as it takes, ordinary ones are refused rather than kept
//     waiting.
//   - A COMMIT whose answer was lost is [ErrUnknown]: it is taken neither for done nor for not done, and never runs
//     again.
//
// PostgreSQL has a small driver of our own on top of pgx (postgres_conn.go), to save round trips. A statement whose
// result is not needed ([Tx.Queue]) is sent with the next one, and a last batch needs no COMMIT of its own.
//
// Measured against pgx's database/sql driver with one round trip per statement, the own driver pays off. At 250
// bookings a second, each taken to Paid, the other way cost 13 % more processor time in the program and 20 % more in
// the server. With 600 a second offered it cost 18 % and 31 % more, and 19 and 37 % fewer were paid a second. With
// 1,000 buyers of one screening it cost 13 % more. These are medians of cmd/bench, five turns and another four, each
// way in turn, 10 to 15 s a run, on two processors with other load, and the server on the same machine, where a round
// trip is shortest. Reads that follow each other go together ([Tx.ReadAll]).
//
// It knows no table: the caller says what a database must contain ([Options].Inspect and Migrate). It must never import
// another package of the project, talk to anything but the database, log a statement's arguments, or run a write again
// that may have been done.
package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"log/slog"
	"time"
)

// Dialect is a database's dialect of SQL.
type Dialect int

// The two dialects. Both take $1 parameters.
const (
	SQLite Dialect = iota
	PostgreSQL
)

// Options configure how to open a database. Now and Log are needed.
type Options struct {
	Path     string           // an SQLite file, made where missing; or postgres://user:password@host/database
	Existing bool             // never make a file: ErrNoBooks where there is none
	Serve    bool             // take the SQLite file's serve lock, else ErrInUse, and check the file
	Now      func() time.Time // the clock of transactions and of health
	Log      *slog.Logger

	// Inspect checks an existing database before anything changes in it; its error keeps the database closed. A new
	// SQLite file is not inspected. It may be nil.
	Inspect func(ctx context.Context, found *Pool, d Dialect) error
	// Migrate brings the schema up to date before the first read and write. It may be nil.
	Migrate func(ctx context.Context, conn *sql.DB, d Dialect) error
	// Memory makes what a write keeps for the next ones; see [Tx.Memory]. It may be nil.
	Memory func() any
	// Wrap stands between the engine and its connections, for tests that make them fail. It may be nil.
	Wrap func(driver.Connector) driver.Connector
}

func (o Options) wrapped(c driver.Connector) driver.Connector {
	if o.Wrap == nil {
		return c
	}
	return o.Wrap(c)
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	Readers       Pool // for page views
	UrgentReaders Pool // for reads that page views must not delay
	dialect       Dialect
	engine        engine
	health        health
	now           func() time.Time
}

// engine writes to a database of one dialect.
type engine interface {
	write(ctx context.Context, l Lane, fn func(*Tx) error) error
	there() error                   // ErrFileGone where writes would be lost
	queues() (urgent, ordinary int) // writes that wait for their turn
	places() int                    // how many ordinary writes run at once
	copy(ctx context.Context, file string) error
	stop() // writes what was accepted, and nothing more
	close() error
}

// Open opens a database. [Explain] turns its errors into words.
func Open(ctx context.Context, o Options) (*DB, error) {
	d := &DB{now: o.Now}
	open := d.openSQLite
	if IsPostgres(o.Path) {
		d.dialect = PostgreSQL
		open = d.openPostgres
	}
	if err := open(ctx, o); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Write runs fn in a transaction and returns once it is durable. The context can end the wait for a turn, never the
// run.
//
// fn may run several times, and must change nothing but through the Tx. Its error is returned as it is, with nothing
// written. [ErrBusy] means that nothing was written either; [ErrUnknown] that the write may or may not have happened.
func (d *DB) Write(ctx context.Context, l Lane, fn func(*Tx) error) error {
	err := d.engine.write(ctx, l, fn)
	d.health.note(err)
	return err
}

// Dialect is the database's dialect.
func (d *DB) Dialect() Dialect { return d.dialect }

// Shared reports whether other processes may write to the database.
func (d *DB) Shared() bool { return d.dialect == PostgreSQL }

// Waiting counts the writes that wait for their turn.
func (d *DB) Waiting() int {
	urgent, ordinary := d.engine.queues()
	return urgent + ordinary
}

// Queues counts them by lane.
func (d *DB) Queues() (urgent, ordinary int) { return d.engine.queues() }

// Places is how many ordinary writes run at once; more of them wait.
func (d *DB) Places() int { return d.engine.places() }

// Ping reports whether the database can be read.
func (d *DB) Ping(ctx context.Context) error {
	var one int
	return d.Readers.Get(ctx, &one, "SELECT 1")
}

// Close writes what was accepted and closes the database. An SQLite log is merged into its file. Later writes get
// ErrBusy.
func (d *DB) Close() error {
	if d.engine == nil {
		return nil
	}
	d.engine.stop()
	return errors.Join(d.Readers.close(), d.UrgentReaders.close(), d.engine.close())
}
