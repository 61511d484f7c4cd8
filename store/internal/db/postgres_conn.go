package db

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
	set string // the first statement on each connection
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

// Driver is pgx's own, whose connections send each statement by itself.
func (c pgConnector) Driver() driver.Driver { return stdlib.GetDefaultDriver() }

// pgConn is a pooled connection. A statement whose result is not needed is queued and sent with the next one, so that a
// transaction needs few round trips and holds its locks briefly.
type pgConn struct {
	conn   *pgx.Conn
	queued []*pgStatement
	used   time.Time
}

// pgStatement is a statement, with its result once sent.
type pgStatement struct {
	query string
	args  []any
	reads bool
	rows  pgRows
	tag   pgconn.CommandTag
}

// pgQueue marks the context of a statement to queue.
type pgQueue struct{}

// errEarlier is the error of a queued statement. The statement that the caller waits for did not run.
type errEarlier struct{ error }

// Unwrap returns the server's error.
func (e errEarlier) Unwrap() error { return e.error }

// ExecContext runs a statement, or queues it.
func (c *pgConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s := &pgStatement{query: query, args: pgArgs(args)}
	switch {
	case query == pgRollback:
		c.queued = nil
		if c.conn.PgConn().TxStatus() == pgIdle {
			return driver.RowsAffected(0), nil // the transaction has not begun
		}
	case query == pgCommit:
		return s, c.commit(ctx, s)
	case ctx.Value(pgQueue{}) != nil:
		c.queued = append(c.queued, s)
		return s, nil
	}
	return s, c.send(ctx, s)
}

// QueryContext runs a query and reads all its rows.
func (c *pgConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s := &pgStatement{query: query, args: pgArgs(args), reads: true}
	if err := c.send(ctx, s); err != nil {
		return nil, err
	}
	return &s.rows, nil
}

// commit ends a transaction. One with nothing sent yet needs neither BEGIN nor COMMIT: a batch is a transaction by
// itself. Then an error of any statement means that nothing is written.
func (c *pgConn) commit(ctx context.Context, s *pgStatement) error {
	if len(c.queued) > 1 && c.queued[0].query == pgBegin {
		c.queued = c.queued[1:]
		return c.send(ctx, nil)
	}
	err := c.send(ctx, s)
	if err == nil && s.tag.String() == "ROLLBACK" {
		err = pgx.ErrTxCommitRollback
	}
	return err
}

// send flushes the queued statements in one batch, with last, whose result the caller needs. Last is nil where the
// batch is the entire transaction.
func (c *pgConn) send(ctx context.Context, last *pgStatement) error {
	ctx, cancel := context.WithTimeout(ctx, pgStatementTime)
	defer cancel()
	all := c.queued
	c.queued = nil
	if len(all) == 0 {
		return c.alone(ctx, last)
	}
	if last != nil {
		all = append(all, last)
	}
	batch := &pgx.Batch{}
	for _, s := range all {
		batch.Queue(s.query, s.args...)
	}
	results := c.conn.SendBatch(ctx, batch)
	for _, s := range all {
		if err := s.result(results); err != nil {
			_ = results.Close() // its error is the same
			if s != last {
				return errEarlier{err}
			}
			return err
		}
	}
	return results.Close()
}

// alone sends one statement.
func (c *pgConn) alone(ctx context.Context, s *pgStatement) (err error) {
	if !s.reads {
		s.tag, err = c.conn.Exec(ctx, s.query, s.args...)
		return err
	}
	found, err := c.conn.Query(ctx, s.query, s.args...)
	if err != nil {
		return err
	}
	return s.rows.read(found)
}

// result reads the statement's result from those of its batch.
func (s *pgStatement) result(from pgx.BatchResults) (err error) {
	if !s.reads {
		s.tag, err = from.Exec()
		return err
	}
	found, err := from.Query()
	if err != nil {
		return err
	}
	return s.rows.read(found)
}

// RowsAffected is how many rows the statement changed, once sent.
func (s *pgStatement) RowsAffected() (int64, error) { return s.tag.RowsAffected(), nil }

// LastInsertId is not available on PostgreSQL.
func (s *pgStatement) LastInsertId() (int64, error) { return 0, errNotHere }

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
	// pgPing is how long an idle connection is taken to be alive.
	pgPing = time.Second
)

// ResetSession refuses to reuse a connection that is broken or still in a transaction.
func (c *pgConn) ResetSession(ctx context.Context) error {
	idle := time.Since(c.used)
	c.queued, c.used = nil, time.Now()
	if !c.IsValid() || c.conn.PgConn().TxStatus() != pgIdle || idle > pgPing && c.Ping(ctx) != nil {
		return driver.ErrBadConn
	}
	return nil
}

// IsValid reports whether the connection may go back to its pool.
func (c *pgConn) IsValid() bool { return !c.conn.IsClosed() }

// Ping checks that the server answers.
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

// pgRows are rows already read.
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

// Next returns the next row.
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
