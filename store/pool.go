package store

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jmoiron/sqlx"
)

// pool is a set of read-only connections that prepares each query once: parsing takes longer than running most of them.
type pool struct {
	db         *sqlx.DB
	statements sync.Map // query to *sqlx.Stmt
}

// get scans one row into a struct or a value; no row is ErrNotFound. Reads take microseconds, and a context that can end
// would cost each of them a goroutine: it is looked at before, not during.
func (p *pool) get(ctx context.Context, dest any, query string, args ...any) error {
	st, err := p.statement(ctx, query)
	if err != nil {
		return err
	}
	return notFound(st.GetContext(context.WithoutCancel(ctx), dest, args...))
}

// scan scans one row into variables, which is quicker than into a struct; no row is ErrNotFound.
func (p *pool) scan(ctx context.Context, dest []any, query string, args ...any) error {
	st, err := p.statement(ctx, query)
	if err != nil {
		return err
	}
	return notFound(st.QueryRowContext(context.WithoutCancel(ctx), args...).Scan(dest...))
}

// list scans all rows into a slice.
func (p *pool) list(ctx context.Context, dest any, query string, args ...any) error {
	st, err := p.statement(ctx, query)
	if err != nil {
		return err
	}
	return st.SelectContext(context.WithoutCancel(ctx), dest, args...)
}

func (p *pool) statement(ctx context.Context, query string) (*sqlx.Stmt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if st, ok := p.statements.Load(query); ok {
		return st.(*sqlx.Stmt), nil
	}
	st, err := p.db.PreparexContext(context.WithoutCancel(ctx), query)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	if first, there := p.statements.LoadOrStore(query, st); there {
		return first.(*sqlx.Stmt), st.Close()
	}
	return st, nil
}

func (p *pool) close() error {
	if p.db == nil {
		return nil
	}
	var errs []error
	p.statements.Range(func(_, st any) bool {
		errs = append(errs, st.(*sqlx.Stmt).Close()) // an open statement would keep the log from being folded in
		return true
	})
	return errors.Join(append(errs, p.db.Close())...)
}
