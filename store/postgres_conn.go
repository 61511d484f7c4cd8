package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// pgConnector opens connections to PostgreSQL for a pool.
type pgConnector struct {
	cfg *pgx.ConnConfig
	set string // what each connection is told first
}

// Connect opens a connection.
func (c pgConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, c.cfg)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, c.set); err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return &pgConn{conn: conn, used: time.Now()}, nil
}

// Driver is pgx's own, which opens connections that send each statement by itself.
func (c pgConnector) Driver() driver.Driver { return stdlib.GetDefaultDriver() }

// pgConn is a connection of a pool. A statement whose result nobody waits for is sent together with the next one: so a
// transaction takes half the journeys to the server, and holds its locks for half the time.
type pgConn struct {
	conn    *pgx.Conn
	waiting []pgStatement
	used    time.Time
}

type pgStatement struct {
	query string
	args  []any
}

// pgLater marks the context of a statement whose result nobody waits for.
type pgLater struct{}

// errEarlier is the error of a statement that was sent before the one that somebody waits for, which then did not run.
type errEarlier struct{ error }

// Unwrap returns the server's error.
func (e errEarlier) Unwrap() error { return e.error }

// send sends what waits, and then the last statement, whose rows it reads where they are wanted.
func (c *pgConn) send(ctx context.Context, last pgStatement, rows *pgRows) (tag pgconn.CommandTag, err error) {
	ctx, cancel := context.WithTimeout(ctx, pgStatementTime)
	defer cancel()
	if len(c.waiting) == 0 {
		return c.alone(ctx, last, rows)
	}
	batch := &pgx.Batch{}
	for _, s := range append(c.waiting, last) {
		batch.Queue(s.query, s.args...)
	}
	earlier := len(c.waiting)
	c.waiting = c.waiting[:0]
	results := c.conn.SendBatch(ctx, batch)
	defer func() {
		if closed := results.Close(); err == nil {
			err = closed
		}
	}()
	for range earlier {
		if _, err := results.Exec(); err != nil {
			return tag, errEarlier{err}
		}
	}
	if rows == nil {
		return results.Exec()
	}
	found, err := results.Query()
	if err != nil {
		return tag, err
	}
	return tag, rows.read(found)
}

// alone sends one statement.
func (c *pgConn) alone(ctx context.Context, s pgStatement, rows *pgRows) (tag pgconn.CommandTag, err error) {
	if rows == nil {
		return c.conn.Exec(ctx, s.query, s.args...)
	}
	found, err := c.conn.Query(ctx, s.query, s.args...)
	if err != nil {
		return tag, err
	}
	return tag, rows.read(found)
}

// ExecContext runs a statement, or keeps it for later.
func (c *pgConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s := pgStatement{query, pgArgs(args)}
	if ctx.Value(pgLater{}) != nil {
		c.waiting = append(c.waiting, s)
		return driver.RowsAffected(0), nil
	}
	if query == pgRollback {
		c.waiting = c.waiting[:0]
		if c.conn.PgConn().TxStatus() == pgIdle {
			return driver.RowsAffected(0), nil // it has not even begun
		}
	}
	tag, err := c.send(ctx, s, nil)
	if err == nil && query == pgCommit && tag.String() == "ROLLBACK" {
		err = pgx.ErrTxCommitRollback
	}
	return driver.RowsAffected(tag.RowsAffected()), err
}

// QueryContext runs a query and reads all its rows.
func (c *pgConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows := &pgRows{}
	if _, err := c.send(ctx, pgStatement{query, pgArgs(args)}, rows); err != nil {
		return nil, err
	}
	return rows, nil
}

// CheckNamedValue leaves every argument to pgx.
func (c *pgConn) CheckNamedValue(*driver.NamedValue) error { return nil }

func pgArgs(named []driver.NamedValue) []any {
	args := make([]any, len(named))
	for i, n := range named {
		args[i] = n.Value
	}
	return args
}

const (
	pgIdle = 'I' // the status of a connection without a transaction
	// pgPing is how long a connection may have been idle and still be taken to be alive.
	pgPing = time.Second
)

// ResetSession refuses a connection that is broken, or still in a transaction, before it is used again.
func (c *pgConn) ResetSession(ctx context.Context) error {
	idle := time.Since(c.used)
	c.waiting, c.used = c.waiting[:0], time.Now()
	if !c.IsValid() || c.conn.PgConn().TxStatus() != pgIdle || idle > pgPing && c.Ping(ctx) != nil {
		return driver.ErrBadConn
	}
	return nil
}

// IsValid reports whether the connection may go back to its pool.
func (c *pgConn) IsValid() bool { return !c.conn.IsClosed() }

// Ping looks whether the server answers.
func (c *pgConn) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pgConnectTime)
	defer cancel()
	return c.conn.Ping(ctx)
}

// Close ends the connection.
func (c *pgConn) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), pgConnectTime)
	defer cancel()
	return c.conn.Close(ctx)
}

var errNotHere = errors.New("not in this driver")

// Prepare is not needed: pgx prepares each statement once.
func (c *pgConn) Prepare(string) (driver.Stmt, error) { return nil, errNotHere }

// Begin is not needed: transactions are statements.
func (c *pgConn) Begin() (driver.Tx, error) { return nil, errNotHere }

// pgRows are rows that have been read.
type pgRows struct {
	columns []string
	rows    [][]any
}

func (r *pgRows) read(from pgx.Rows) error {
	defer from.Close()
	for _, field := range from.FieldDescriptions() {
		r.columns = append(r.columns, field.Name)
	}
	for from.Next() {
		row, err := from.Values()
		if err != nil {
			return err
		}
		r.rows = append(r.rows, row)
	}
	return from.Err()
}

// Columns are the names of the columns.
func (r *pgRows) Columns() []string { return r.columns }

// Close has nothing to do.
func (r *pgRows) Close() error { return nil }

// Next hands the next row out.
func (r *pgRows) Next(dest []driver.Value) error {
	if len(r.rows) == 0 {
		return io.EOF
	}
	for i, v := range r.rows[0] {
		switch v := v.(type) {
		case int32:
			dest[i] = int64(v)
		case driver.Valuer: // a sum
			value, err := v.Value()
			if err != nil {
				return fmt.Errorf("column %s: %w", r.columns[i], err)
			}
			dest[i] = value
		default:
			dest[i] = v
		}
	}
	r.rows = r.rows[1:]
	return nil
}
