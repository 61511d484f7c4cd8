package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/jmoiron/sqlx"
)

// prepared runs statements on SQLite. It prepares each once, since parsing most of them takes longer than running them.
// No row is sql.ErrNoRows. It is a struct, not an interface, so that callers keep their arguments on the stack.
type prepared struct{ preparer }

// preparer caches prepared statements by their text.
type preparer interface {
	statement(ctx context.Context, query string) (openStmt, error)
	close() error
}

// openStmt is a statement that stays open until its preparer is closed; callers do not close it.
type openStmt struct{ *sqlx.Stmt }

func (p prepared) exec(ctx context.Context, query string, args []any) (sql.Result, error) {
	st, err := p.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	return st.ExecContext(ctx, args...)
}

func (p prepared) get(ctx context.Context, dest any, query string, args []any) error {
	st, err := p.statement(ctx, query)
	if err != nil {
		return err
	}
	return st.GetContext(ctx, dest, args...)
}

func (p prepared) scan(ctx context.Context, dest []any, query string, args []any) error {
	st, err := p.statement(ctx, query)
	if err != nil {
		return err
	}
	return st.QueryRowContext(ctx, args...).Scan(dest...)
}

func (p prepared) list(ctx context.Context, dest any, query string, args []any) error {
	st, err := p.statement(ctx, query)
	if err != nil {
		return err
	}
	return st.SelectContext(ctx, dest, args...)
}

// oneConn prepares on one connection, for one goroutine.
type oneConn struct {
	conn  *sqlx.Conn
	stmts map[string]openStmt
}

func (p *oneConn) statement(ctx context.Context, query string) (openStmt, error) {
	if st, ok := p.stmts[query]; ok {
		return st, nil
	}
	st, err := p.conn.PreparexContext(ctx, query)
	if err != nil {
		return openStmt{}, fmt.Errorf("prepare %q: %w", query, err)
	}
	p.stmts[query] = openStmt{st}
	return openStmt{st}, nil
}

// close closes the statements: an open one would keep the log from being merged.
func (p *oneConn) close() error {
	var errs []error
	for _, st := range p.stmts {
		errs = append(errs, st.Close())
	}
	return errors.Join(errs...)
}

// manyConns prepares on a pool, for many goroutines.
type manyConns struct {
	db    *sqlx.DB
	stmts sync.Map // query to openStmt
}

func (p *manyConns) statement(ctx context.Context, query string) (openStmt, error) {
	if st, ok := p.stmts.Load(query); ok {
		return st.(openStmt), nil
	}
	st, err := p.db.PreparexContext(ctx, query)
	if err != nil {
		return openStmt{}, fmt.Errorf("prepare %q: %w", query, err)
	}
	mine := openStmt{st}
	if first, there := p.stmts.LoadOrStore(query, mine); there {
		return first.(openStmt), mine.Close()
	}
	return mine, nil
}

// close closes the statements: an open one would keep the log from being merged.
func (p *manyConns) close() error {
	var errs []error
	p.stmts.Range(func(_, st any) bool {
		errs = append(errs, st.(openStmt).Close())
		return true
	})
	return errors.Join(errs...)
}
