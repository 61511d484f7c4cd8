package store

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"log/slog"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"cinemasphere/store/internal/db"
)

//go:embed schema.sql
var schema string

// migrate brings the schema up to date, forward only. Where several processes start at once on PostgreSQL, one migrates
// and the others wait.
func migrate(ctx context.Context, conn *sql.DB, d db.Dialect, log *slog.Logger) error {
	dialect, options := goose.DialectSQLite3, []goose.ProviderOption(nil)
	if d == db.PostgreSQL {
		locker, err := lock.NewPostgresTableLocker(
			lock.WithTableLockTimeout(200*time.Millisecond, 1500), lock.WithTableLogger(log))
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		dialect, options = goose.DialectPostgres, append(options, goose.WithLocker(locker), goose.WithSlog(log))
	}
	p, err := newMigrations(dialect, conn, options...)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// knownSchema is the newest of the migrations.
const knownSchema = 1

// newMigrations are the migrations that lead to the schema, each in its own transaction. The first is schema.sql.
func newMigrations(dialect goose.Dialect, db *sql.DB, options ...goose.ProviderOption) (*goose.Provider, error) {
	first := goose.NewGoMigration(knownSchema, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, schema)
		return err
	}}, nil)
	p, err := goose.NewProvider(dialect, db, nil, append(options, goose.WithGoMigrations(first))...)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return p, nil
}
