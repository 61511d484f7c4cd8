package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
)

// column is a column of a table, by name.
type column struct {
	Table string `db:"table_name"`
	Name  string `db:"column_name"`
}

// schemaFound is what the migrations have left behind in a database.
type schemaFound struct {
	version, rows int64 // the newest migration that was run, and how many were
	columns       []column
}

// checkSchema refuses a database that a newer program has changed, or whose tables are not those of its version, before
// a migration touches it: it has lost some of them, or what was written of migrations, or another program made it.
func checkSchema(ctx context.Context, found schemaFound) error {
	versions, err := migrationVersions()
	if err != nil {
		return err
	}
	newest := slices.Max(versions)
	all, err := columnsAt(ctx, newest)
	if err != nil {
		return err
	}
	if found.version > newest {
		if !slices.Contains(found.columns, all[0]) {
			return ErrOtherSchema
		}
		return fmt.Errorf("%w: its schema is version %d, and this program knows %d", ErrNewer, found.version, newest)
	}
	expected, err := columnsAt(ctx, found.version)
	if err != nil {
		return err
	}
	run := int64(len(slices.DeleteFunc(versions, func(v int64) bool { return v > found.version })))
	if run+1 != found.rows { // goose counts a version 0 as well
		return fmt.Errorf("%w: of the changes of its schema up to version %d, %d are missing", ErrOtherSchema,
			found.version, run+1-found.rows)
	}
	for _, c := range append(all, expected...) {
		if want := slices.Contains(expected, c); slices.Contains(found.columns, c) != want {
			return fmt.Errorf("%w: its schema is version %d, and the column %s.%s is %s", ErrOtherSchema, found.version,
				c.Table, c.Name, map[bool]string{true: "missing", false: "there"}[want])
		}
	}
	if found.version == 0 && slices.ContainsFunc(found.columns, func(c column) bool { return !isInternal(c.Table) }) {
		return ErrOtherSchema
	}
	return nil
}

// isInternal reports whether a table is of goose or of the database itself.
func isInternal(table string) bool {
	return table == "goose_db_version" || strings.HasPrefix(table, "sqlite_")
}

// migrationVersions lists the numbers of the migrations.
func migrationVersions() (all []int64, err error) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	for _, name := range files {
		number, _, _ := strings.Cut(filepath.Base(name), "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read migrations: %w", err)
		}
		all = append(all, n)
	}
	return all, nil
}

const schemaVersion = `SELECT COALESCE(max(version_id), 0), count(DISTINCT version_id) FROM goose_db_version`

// columnsAt lists the columns that the tables have at a version. It runs the migrations in memory, which takes
// milliseconds: their text says what was made, not what is left of it.
func columnsAt(ctx context.Context, version int64) (all []column, err error) {
	if version < 1 {
		return nil, nil
	}
	plain, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	defer func() { err = errors.Join(err, plain.Close()) }()
	plain.SetMaxOpenConns(1) // each connection has a memory of its own
	p, err := newMigrations(goose.DialectSQLite3, plain)
	if err != nil {
		return nil, err
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return nil, fmt.Errorf("run migrations in memory: %w", err)
	}
	if err := sqlx.NewDb(plain, "sqlite").SelectContext(ctx, &all, sqliteColumns); err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return slices.DeleteFunc(all, func(c column) bool { return isInternal(c.Table) }), nil
}
