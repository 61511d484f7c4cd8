package db

import (
	"context"
	"errors"

	"github.com/jmoiron/sqlx"
)

// Pool is a set of connections for reading. It is safe for concurrent use.
type Pool struct {
	db   *sqlx.DB
	conn prepared // on SQLite
	pg   *pgReads // on PostgreSQL
}

// Get scans one row into a struct, by the db tags of its fields, or into a value. No row is ErrNotFound. The context is
// checked before the read, not during it: reads take microseconds, and a cancellable context would cost each a
// goroutine.
func (p *Pool) Get(ctx context.Context, dest any, query string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if p.pg != nil {
		return notFound(p.pg.get(ctx, dest, query, args))
	}
	return notFound(p.conn.get(ctx, dest, query, args))
}

// Scan scans one row into variables, faster than into a struct. No row is ErrNotFound.
func (p *Pool) Scan(ctx context.Context, dest []any, query string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if p.pg != nil {
		return notFound(p.pg.scan(ctx, dest, query, args))
	}
	return notFound(p.conn.scan(ctx, dest, query, args))
}

// List scans all rows into the slice that dest points to. No row is no error.
func (p *Pool) List(ctx context.Context, dest any, query string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if p.pg != nil {
		return p.pg.list(ctx, dest, query, args)
	}
	return p.conn.list(ctx, dest, query, args)
}

// Listing is a query whose rows go into the slice that Into points to.
type Listing struct {
	Into  any
	Query string
}

// Snapshot lists all queries as the database stood at one moment, whatever is written meanwhile.
func (p *Pool) Snapshot(ctx context.Context, lists ...Listing) error {
	begin := "BEGIN" // on SQLite what is read is a snapshot
	if p.pg != nil {
		begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	}
	conn, err := p.db.Connx(ctx)
	if err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, begin); err != nil {
		discard(conn)
		return err
	}
	for _, l := range lists {
		if err = conn.SelectContext(ctx, l.Into, l.Query); err != nil {
			break
		}
	}
	if _, end := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); end != nil {
		discard(conn) // no other reader may get it inside the snapshot
		return errors.Join(err, end)
	}
	return errors.Join(err, conn.Close())
}

func (p *Pool) close() error {
	if p.db == nil {
		return nil
	}
	var errs []error
	if p.conn.preparer != nil {
		errs = append(errs, p.conn.close())
	}
	return errors.Join(append(errs, p.db.Close())...)
}
