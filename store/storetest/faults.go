package storetest

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
	"sync"
)

// Fault is a way in which a call to the database fails.
type Fault int

// The faults: an error with nothing done; an error though the work was done, such as a lost answer; the death of the
// process before the call, and after it. After a death every call fails until [Faults.Revive].
const (
	FaultError Fault = iota
	FaultLost
	FaultDeath
	FaultDeathAfter
)

// ErrFault is the error of a call that was made to fail.
var ErrFault = errors.New("the database does not answer (by order of the test)")

// Faults makes one call to the database fail: the nth after Arm. Open the books with its Wrap.
type Faults struct {
	mu    sync.Mutex
	calls int
	at    int
	fault Fault
	dead  bool
	hit   string // the statement that failed
}

// Wrap stands between the books and the connections to their database.
func (f *Faults) Wrap(c driver.Connector) driver.Connector { return faultyConnector{c, f} }

// Arm makes the nth call from now fail; 0 only counts.
func (f *Faults) Arm(n int, how Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls, f.at, f.fault, f.dead, f.hit = 0, n, how, false, ""
}

// Revive makes all calls succeed again, as after a restart.
func (f *Faults) Revive() { f.Arm(0, FaultError) }

// Calls counts the calls since Arm. Hit is the statement that failed, "" while none has.
func (f *Faults) Calls() (n int, hit string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls, f.hit
}

// Die makes the process count as dead from now on.
func (f *Faults) Die() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dead = true
}

// Dead reports whether the process counts as dead.
func (f *Faults) Dead() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dead
}

// around runs a call, or the fault in its place.
func (f *Faults) around(query string, call func() error) error {
	f.mu.Lock()
	if f.dead {
		f.mu.Unlock()
		return ErrFault
	}
	f.calls++
	now := f.at > 0 && f.calls == f.at
	if now {
		f.hit = strings.Join(strings.Fields(query), " ")
	}
	fault := f.fault
	if now && fault == FaultDeath {
		f.dead = true
	}
	f.mu.Unlock()
	switch {
	case !now:
		return call()
	case fault == FaultError, fault == FaultDeath:
		return ErrFault
	}
	err := call()
	if fault == FaultDeathAfter {
		f.mu.Lock()
		f.dead = true
		f.mu.Unlock()
	}
	return errors.Join(ErrFault, err)
}

type faultyConnector struct {
	driver.Connector
	faults *Faults
}

func (f faultyConnector) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := f.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &faultyConn{c, f.faults}, nil
}

type faultyConn struct {
	driver.Conn
	faults *Faults
}

// ResetSession asks the underlying connection whether it may be used again.
func (c *faultyConn) ResetSession(ctx context.Context) error {
	if r, is := c.Conn.(driver.SessionResetter); is {
		return r.ResetSession(ctx)
	}
	return nil
}

// IsValid asks the underlying connection whether it is usable.
func (c *faultyConn) IsValid() bool {
	v, is := c.Conn.(driver.Validator)
	return !is || v.IsValid()
}

// CheckNamedValue lets the underlying connection accept its own kinds of arguments.
func (c *faultyConn) CheckNamedValue(v *driver.NamedValue) error {
	if n, is := c.Conn.(driver.NamedValueChecker); is {
		return n.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

func (c *faultyConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	st, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return &faultyStmt{st, query, c.faults}, nil
}

func (c *faultyConn) ExecContext(ctx context.Context, query string,
	args []driver.NamedValue) (r driver.Result, err error) {
	err = c.faults.around(query, func() (err error) {
		r, err = c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
		return err
	})
	return r, err
}

func (c *faultyConn) QueryContext(ctx context.Context, query string,
	args []driver.NamedValue) (r driver.Rows, err error) {
	err = c.faults.around(query, func() (err error) {
		r, err = c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
		return err
	})
	return noRows(r, err)
}

func (c *faultyConn) BeginTx(ctx context.Context, opts driver.TxOptions) (tx driver.Tx, err error) {
	err = c.faults.around("BEGIN", func() (err error) {
		tx, err = c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
		return err
	})
	if err != nil {
		if tx != nil {
			err = errors.Join(err, tx.Rollback())
		}
		return nil, err
	}
	return faultyTx{tx, c.faults}, nil
}

// noRows closes rows that nobody will read, since their call failed.
func noRows(r driver.Rows, err error) (driver.Rows, error) {
	if err != nil && r != nil {
		err = errors.Join(err, r.Close())
		r = nil
	}
	return r, err
}

type faultyTx struct {
	driver.Tx
	faults *Faults
}

func (t faultyTx) Commit() error   { return t.faults.around("COMMIT", t.Tx.Commit) }
func (t faultyTx) Rollback() error { return t.Tx.Rollback() }

type faultyStmt struct {
	driver.Stmt
	query  string
	faults *Faults
}

func (s *faultyStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (r driver.Result, err error) {
	err = s.faults.around(s.query, func() (err error) {
		r, err = s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
		return err
	})
	return r, err
}

func (s *faultyStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (r driver.Rows, err error) {
	err = s.faults.around(s.query, func() (err error) {
		r, err = s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
		return err
	})
	return noRows(r, err)
}
