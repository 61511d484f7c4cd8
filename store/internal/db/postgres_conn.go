package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
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

// pgConn is a connection of a pool. A statement whose result nobody waits for yet is sent together with the next one: so a
// transaction takes few journeys to the server, and holds its locks for a short time.
type pgConn struct {
	conn    *pgx.Conn
	waiting []*pgStatement
	ahead   []*pgStatement // reads whose rows nobody has asked for yet
	used    time.Time
}

type pgStatement struct {
	query string
	args  []any
	reads bool
	rows  pgRows            // once it was sent
	tag   pgconn.CommandTag // the same
}

// pgLater marks the context of a statement that is to be sent with the next one.
type pgLater struct{}

// errEarlier is the error of a statement that was sent before the one that somebody waits for, which then did not run.
type errEarlier struct{ error }

// Unwrap returns the server's error.
func (e errEarlier) Unwrap() error { return e.error }

// send sends what waits. Somebody waits for the last of it, or else for the COMMIT that is not needed: see commit.
func (c *pgConn) send(ctx context.Context, whole bool) (err error) {
	ctx, cancel := context.WithTimeout(ctx, pgStatementTime)
	defer cancel()
	all := c.waiting
	c.waiting = nil
	if len(all) == 1 && !whole {
		return c.alone(ctx, all[0])
	}
	batch := &pgx.Batch{}
	for _, s := range all {
		batch.Queue(s.query, s.args...)
	}
	results := c.conn.SendBatch(ctx, batch)
	defer func() {
		if closed := results.Close(); err == nil {
			err = closed
		}
	}()
	for i, s := range all {
		if s.reads {
			var found pgx.Rows
			if found, err = results.Query(); err == nil {
				err = s.rows.read(found)
			}
		} else {
			s.tag, err = results.Exec()
		}
		if err != nil && (whole || i < len(all)-1) {
			return errEarlier{err}
		}
	}
	return err
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

// ExecContext runs a statement, or keeps it for later.
func (c *pgConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.ahead = nil // it may change what they have read
	s := &pgStatement{query: query, args: pgArgs(args)}
	if query == pgRollback {
		c.waiting = nil
		if c.conn.PgConn().TxStatus() == pgIdle {
			return driver.RowsAffected(0), nil // it has not even begun
		}
	}
	if query == pgCommit {
		return s, c.commit(ctx, s)
	}
	c.waiting = append(c.waiting, s)
	if ctx.Value(pgLater{}) != nil {
		return s, nil
	}
	return s, c.send(ctx, false)
}

// commit ends a transaction. One of which nothing has been sent yet needs neither BEGIN nor COMMIT: what travels together is a
// transaction by itself.
func (c *pgConn) commit(ctx context.Context, s *pgStatement) error {
	if len(c.waiting) > 1 && c.waiting[0].query == pgBegin {
		c.waiting = c.waiting[1:]
		return c.send(ctx, true)
	}
	c.waiting = append(c.waiting, s)
	err := c.send(ctx, false)
	if err == nil && s.tag.String() == "ROLLBACK" {
		err = pgx.ErrTxCommitRollback
	}
	return err
}

// RowsAffected is how many rows the statement has changed, once it was sent.
func (s *pgStatement) RowsAffected() (int64, error) { return s.tag.RowsAffected(), nil }

// LastInsertId is nothing that PostgreSQL has.
func (s *pgStatement) LastInsertId() (int64, error) { return 0, errNotHere }

// QueryContext runs a query and reads all its rows; or keeps it for later, when its rows are for who asks the same before
// anything is written.
func (c *pgConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s := &pgStatement{query: query, args: pgArgs(args), reads: true}
	if ctx.Value(pgLater{}) != nil {
		c.waiting, c.ahead = append(c.waiting, s), append(c.ahead, s)
		return &pgRows{}, nil
	}
	asked := slices.IndexFunc(c.ahead, s.same)
	if asked >= 0 {
		s = c.ahead[asked]
	} else {
		c.waiting = append(c.waiting, s)
	}
	if slices.Contains(c.waiting, s) {
		if err := c.send(ctx, false); err != nil {
			return nil, err
		}
	}
	rows := s.rows
	return &rows, nil
}

// same reports whether both ask the same.
func (s *pgStatement) same(other *pgStatement) bool {
	return s.query == other.query && reflect.DeepEqual(s.args, other.args)
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
	c.waiting, c.ahead, c.used = nil, nil, time.Now()
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
