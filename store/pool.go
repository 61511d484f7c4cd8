package store

import (
	"context"
	"errors"

	"github.com/jmoiron/sqlx"
)

// pool is a set of connections for reading.
type pool struct {
	db   *sqlx.DB
	conn prepared // on SQLite
	pg   *pgReads // on PostgreSQL
}

// get scans one row into a struct or a value; no row is ErrNotFound. Reads take microseconds, and a context that can end
// would cost each of them a goroutine: it is looked at before, not during.
func (p *pool) get(ctx context.Context, dest any, query string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if p.pg != nil {
		return notFound(p.pg.get(ctx, dest, query, args))
	}
	return notFound(p.conn.get(ctx, dest, query, args))
}

// scan scans one row into variables, which is quicker than into a struct; no row is ErrNotFound.
func (p *pool) scan(ctx context.Context, dest []any, query string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if p.pg != nil {
		return notFound(p.pg.scan(ctx, dest, query, args))
	}
	return notFound(p.conn.scan(ctx, dest, query, args))
}

// list scans all rows into a slice.
func (p *pool) list(ctx context.Context, dest any, query string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if p.pg != nil {
		return p.pg.list(ctx, dest, query, args)
	}
	return p.conn.list(ctx, dest, query, args)
}

func (p *pool) close() error {
	if p.db == nil {
		return nil
	}
	var errs []error
	if p.conn.preparer != nil {
		errs = append(errs, p.conn.close())
	}
	return errors.Join(append(errs, p.db.Close())...)
}
