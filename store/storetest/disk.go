package storetest

import (
	"context"
	"database/sql/driver"
	"strings"
	"sync/atomic"
)

// Disk is what an SQLite database's disk allows. Open the books with its Wrap.
type Disk struct {
	full, readOnly atomic.Bool
}

// Fill lets the disk be full, or have room again: a database that is full cannot grow.
func (d *Disk) Fill(full bool) { d.full.Store(full) }

// Protect lets the disk be read-only, or not.
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

// set tells SQLite what the disk allows now.
func (c *diskConn) set(ctx context.Context) error {
	pages, queries := "PRAGMA max_page_count = 1000000", "PRAGMA query_only = 0"
	if c.disk.full.Load() {
		pages = "PRAGMA max_page_count = 1" // SQLite takes the size that it has
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

// CheckNamedValue lets the connection below take the kinds of arguments that it knows.
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
