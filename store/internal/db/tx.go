package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// Tx is one write in progress. It must have no effect outside the transaction, since the write may run several times.
// It is for one goroutine, and ends with its function.
type Tx struct {
	ctx    context.Context // never a request's: cancelling it would end its neighbours' transaction
	queue  context.Context // on PostgreSQL, for statements whose result is not needed
	now    time.Time
	memory *memory
	conn   prepared  // on SQLite
	pg     *pgRunner // on PostgreSQL

	writes int   // statements of this write that may have changed something
	failed error // the first failed statement's error, on PostgreSQL
}

// memory is what a write keeps for the next ones, made at first use.
type memory struct {
	make  func() any
	value any
}

// Now is the time of the transaction: the same for all its rows.
func (t *Tx) Now() time.Time { return t.now }

// Shared reports whether others may write to the database during this write: then rows must be locked.
func (t *Tx) Shared() bool { return t.pg != nil }

// Memory is the result of [Options].Memory, or nil. On SQLite it lasts until a whole transaction is rolled back: nobody
// else writes, so what was read stays true. A write that fails alone must repair it. On PostgreSQL each run of a write
// has its own.
func (t *Tx) Memory() any {
	if t.memory.value == nil && t.memory.make != nil {
		t.memory.value = t.memory.make()
	}
	return t.memory.value
}

// Exec runs a statement and returns how many rows it changed.
func (t *Tx) Exec(query string, args ...any) (int64, error) {
	t.writes++ // also on failure: it may have had an effect
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

// Queue is Exec for a statement whose result is not needed. On PostgreSQL it is sent with the next statement whose
// result is needed, or with the COMMIT, which also returns its error. Either way the write then fails.
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

// Scan scans one row into variables, faster than into a struct. No row is ErrNotFound.
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

// Read is a query for [Tx.ReadAll]. To are the variables for its one row, or Rows the slice of structs for all rows.
type Read struct {
	To    []any
	Rows  any
	Query string
	Args  []any
}

// ReadAll is Scan or List for several queries, in their order. On PostgreSQL they are sent together; each still waits
// for the locks of those before it, and sees what was committed meanwhile. A row that is missing is ErrNotFound.
func (t *Tx) ReadAll(reads ...Read) error {
	if t.pg != nil {
		return t.row(t.pg.readAll(t.ctx, t.queue, reads))
	}
	for _, r := range reads {
		err := error(nil)
		if r.To != nil {
			err = t.Scan(r.To, r.Query, r.Args...)
		} else {
			err = t.List(r.Rows, r.Query, r.Args...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// broke records a failed statement: PostgreSQL allows no other after it, whatever the caller does about the error.
func (t *Tx) broke(err error) error {
	if t.failed == nil {
		t.failed = err
	}
	return err
}

// row is broke for a read of one row: no row is no failure.
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

// guarded runs fn; a panic becomes its error.
func (t *Tx) guarded(fn func(*Tx) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("write panicked: %v\n%s", v, debug.Stack())
		}
	}()
	return fn(t)
}
