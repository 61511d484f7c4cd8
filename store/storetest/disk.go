package storetest

import (
	"context"
	"database/sql/driver"
	"strings"
	"sync/atomic"
)

// Disk is the state of an SQLite database's disk. Open the books with its Wrap.
type Disk struct {
	full, readOnly atomic.Bool
}

// Fill makes the disk full, or frees it: a database on a full disk cannot grow.
func (d *Disk) Fill(full bool) { d.full.Store(full) }

// Protect makes the disk read-only, or writable.
func (d *Disk) Protect(readOnly bool) { d.readOnly.Store(readOnly) }

// Wrap stands between the books and the connections to their database.
func (d *Disk) Wrap(c driver.Connector) driver.Connector { return diskConnector{c, d} }

type diskConnector struct {
	driver.Connector
	disk *Disk
}

func (d diskConnector) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := d.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	conn := &diskConn{Conn: c, disk: d.disk}
	return conn, conn.set(ctx)
}

type diskConn struct {
	driver.Conn
	disk *Disk
}

// set applies the disk's state to SQLite.
func (c *diskConn) set(ctx context.Context) error {
	pages, queries := "PRAGMA max_page_count = 1000000", "PRAGMA query_only = 0"
	if c.disk.full.Load() {
		pages = "PRAGMA max_page_count = 1" // SQLite uses the present size
	}
	if c.disk.readOnly.Load() {
		queries = "PRAGMA query_only = 1"
	}
	for _, query := range []string{pages, queries} {
		if _, err := c.Conn.(driver.ExecerContext).ExecContext(ctx, query, nil); err != nil {
			return err
		}
	}
	return nil
}

// CheckNamedValue lets the underlying connection accept its own kinds of arguments.
func (c *diskConn) CheckNamedValue(v *driver.NamedValue) error {
	if n, is := c.Conn.(driver.NamedValueChecker); is {
		return n.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

func (c *diskConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	st, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	if err != nil || !strings.HasPrefix(query, "BEGIN") {
		return st, err
	}
	return &diskStmt{st, c}, nil
}

func (c *diskConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if strings.HasPrefix(query, "BEGIN") {
		if err := c.set(ctx); err != nil {
			return nil, err
		}
	}
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (c *diskConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func (c *diskConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if err := c.set(ctx); err != nil {
		return nil, err
	}
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
}

// diskStmt begins a transaction.
type diskStmt struct {
	driver.Stmt
	conn *diskConn
}

func (s *diskStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.conn.set(ctx); err != nil {
		return nil, err
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}
