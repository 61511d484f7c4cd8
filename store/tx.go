package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// tx is one write in progress. Everything it does is stamped with the same instant, and none of it may have an effect
// outside the transaction, since it may run twice.
type tx struct {
	ctx   context.Context // never a request's: a cancelled context would end the transaction of its neighbours
	now   Instant
	conn  *sqlx.Conn
	stmts map[string]*sqlx.Stmt

	writes  int                      // statements that have changed something in this write
	maps    map[ScreeningID]*seatMap // the writer's
	touched []ScreeningID            // whose maps this write has changed
}

func (t *tx) stmt(query string) (*sqlx.Stmt, error) {
	if st, ok := t.stmts[query]; ok {
		return st, nil
	}
	st, err := t.conn.PreparexContext(t.ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	t.stmts[query] = st
	return st, nil
}

// exec runs a statement and says how many rows it changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	st, err := t.stmt(query)
	if err != nil {
		return 0, err
	}
	res, err := st.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, err
	}
	t.writes++
	return res.RowsAffected()
}

// get scans one row; no row is ErrNotFound.
func (t *tx) get(dest any, query string, args ...any) error {
	st, err := t.stmt(query)
	if err != nil {
		return err
	}
	return notFound(st.GetContext(t.ctx, dest, args...))
}

// scan scans one row into variables, which is quicker than into a struct; no row is ErrNotFound.
func (t *tx) scan(dest []any, query string, args ...any) error {
	st, err := t.stmt(query)
	if err != nil {
		return err
	}
	return notFound(st.QueryRowContext(t.ctx, args...).Scan(dest...))
}

// list scans all rows into a slice.
func (t *tx) list(dest any, query string, args ...any) error {
	st, err := t.stmt(query)
	if err != nil {
		return err
	}
	return st.SelectContext(t.ctx, dest, args...)
}

func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// lock keeps others from changing the ticket, its pushes and its money until this write is over. SQLite has one writer, and
// needs none.
func (t *tx) lock(TicketID) error { return nil }

// shared reports whether others may write to the same books during this write.
func (t *tx) shared() bool { return false }
