package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// Tx is one write in progress. None of what is done with it may have an effect outside the transaction, since the write
// may run several times. It is for one goroutine, and ends with the function that it was given to.
type Tx struct {
	ctx    context.Context // never a request's: a cancelled one would end the transaction of its neighbours
	queue  context.Context // on PostgreSQL, for statements whose result nobody waits for
	now    time.Time
	memory *memory
	conn   prepared  // on SQLite
	pg     *pgRunner // on PostgreSQL

	writes int   // statements that may have changed something in this write
	failed error // of the first statement that failed, on PostgreSQL
}

// memory is what a write remembers for the next ones, made where it is first asked for.
type memory struct {
	make  func() any
	value any
}

// Now is the time of the transaction: the same for all that is written in it.
func (t *Tx) Now() time.Time { return t.now }

// Shared reports whether others may write to the database during this write, so that what it decides by must be locked.
func (t *Tx) Shared() bool { return t.pg != nil }

// Memory is what [Options].Memory has made, nil where that is nil. On SQLite it stays from one write to the next until
// a transaction is rolled back as a whole: nobody else writes, so what was read stays true. A write that fails alone
// must mend it itself. On PostgreSQL each run of a write has its own.
func (t *Tx) Memory() any {
	if t.memory.value == nil && t.memory.make != nil {
		t.memory.value = t.memory.make()
	}
	return t.memory.value
}

// Exec runs a statement and returns how many rows it has changed.
func (t *Tx) Exec(query string, args ...any) (int64, error) {
	t.writes++ // also where it fails: its work may be done all the same
	var res sql.Result
	var err error
	if t.pg != nil {
		res, err = t.pg.exec(t.ctx, query, args)
	} else {
		res, err = t.conn.exec(t.ctx, query, args)
	}
	if err != nil {
		return 0, t.broke(err)
	}
	return res.RowsAffected()
}

// Queue is Exec for a statement whose result nobody waits for. On PostgreSQL it travels with the next statement that
// somebody waits for, or with the COMMIT, and an error of it is returned there. Either way the write is not done.
func (t *Tx) Queue(query string, args ...any) error {
	if t.pg == nil {
		_, err := t.Exec(query, args...)
		return err
	}
	t.writes++
	_, err := t.pg.exec(t.queue, query, args)
	return t.broke(err)
}

// Get scans one row into a struct, by the db tags of its fields, or into a value. No row is ErrNotFound.
func (t *Tx) Get(dest any, query string, args ...any) error {
	if t.pg != nil {
		return t.row(t.pg.get(t.ctx, dest, query, args))
	}
	return notFound(t.conn.get(t.ctx, dest, query, args))
}

// Scan scans one row into variables, which is quicker than into a struct. No row is ErrNotFound.
func (t *Tx) Scan(dest []any, query string, args ...any) error {
	if t.pg != nil {
		return t.row(t.pg.scan(t.ctx, dest, query, args))
	}
	return notFound(t.conn.scan(t.ctx, dest, query, args))
}

// List scans all rows into the slice that dest points to. No row is no error.
func (t *Tx) List(dest any, query string, args ...any) error {
	if t.pg != nil {
		return t.broke(t.pg.list(t.ctx, dest, query, args))
	}
	return t.conn.list(t.ctx, dest, query, args)
}

// broke remembers that a statement has failed: PostgreSQL lets no other follow it, whatever is made of the error.
func (t *Tx) broke(err error) error {
	if t.failed == nil {
		t.failed = err
	}
	return err
}

// row is broke for one who reads a row: that there is none is no failure.
func (t *Tx) row(err error) error {
	if err = notFound(err); err == nil || errors.Is(err, ErrNotFound) {
		return err
	}
	return t.broke(err)
}

func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// guarded runs fn; a panic is an error of it.
func (t *Tx) guarded(fn func(*Tx) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("write panicked: %v\n%s", v, debug.Stack())
		}
	}()
	return fn(t)
}
