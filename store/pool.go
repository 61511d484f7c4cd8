package store

import (
	"context"
	"errors"

	"github.com/jmoiron/sqlx"
)

// pool is a set of connections for reading.
type pool struct {
	db *sqlx.DB
	on reader
}

// get scans one row into a struct or a value; no row is ErrNotFound. Reads take microseconds, and a context that can end
// would cost each of them a goroutine: it is looked at before, not during.
func (p *pool) get(ctx context.Context, dest any, query string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return notFound(p.on.get(context.WithoutCancel(ctx), dest, query, args))
}

// scan scans one row into variables, which is quicker than into a struct; no row is ErrNotFound.
func (p *pool) scan(ctx context.Context, dest []any, query string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return notFound(p.on.scan(context.WithoutCancel(ctx), dest, query, args))
}

// list scans all rows into a slice.
func (p *pool) list(ctx context.Context, dest any, query string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return p.on.list(context.WithoutCancel(ctx), dest, query, args)
}

func (p *pool) close() error {
	if p.db == nil {
		return nil
	}
	var errs []error
	if p.on != nil {
		errs = append(errs, p.on.close())
	}
	return errors.Join(append(errs, p.db.Close())...)
}
