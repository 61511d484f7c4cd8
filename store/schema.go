package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"

	"cinemasphere/store/internal/db"
)

// column is a column of a table, by name.
type column struct {
	Table string `db:"table_name"`
	Name  string `db:"column_name"`
}

// inspect checks a database before anything changes in it: whether it is empty, or ours at a known version.
func inspect(ctx context.Context, found *db.Pool, d db.Dialect, existing bool) error {
	tables, ours, columns := sqliteTables, sqliteOurs, sqliteColumns
	if d == db.PostgreSQL {
		tables, ours, columns = postgresOurs, postgresOurs, postgresColumns
	}
	var n int64
	if err := found.Get(ctx, &n, tables); err != nil {
		return err
	}
	if n == 0 {
		if existing {
			return ErrNoBooks
		}
		return nil
	}
	if err := found.Get(ctx, &n, ours); err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%w: it is the database of another program", ErrNoBooks)
	}
	var schema schemaFound
	if err := found.Scan(ctx, []any{&schema.version, &schema.rows}, schemaVersion); err != nil {
		return err
	}
	if err := found.List(ctx, &schema.columns, columns); err != nil {
		return err
	}
	return checkSchema(ctx, schema)
}

// The tables and columns, by the database's own catalogue. On PostgreSQL the schema may have tables of other programs.
const (
	sqliteTables  = `SELECT count(*) FROM sqlite_master WHERE type = 'table'`
	sqliteOurs    = `SELECT count(*) FROM sqlite_master WHERE name = 'goose_db_version'`
	sqliteColumns = `SELECT m.name AS table_name, c.name AS column_name
	FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1, 2`
	postgresOurs = `SELECT count(*) FROM information_schema.tables
	WHERE table_name = 'goose_db_version' AND table_schema = current_schema()`
	postgresColumns = `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()`
)

// schemaFound is what the migrations left in a database.
type schemaFound struct {
	version, rows int64 // the newest migration that ran, and how many did
	columns       []column
}

// checkSchema refuses a database changed by a newer program, or whose tables differ from its version's, before a
// migration touches it. It may have lost tables or migration records, or belong to another program.
func checkSchema(ctx context.Context, found schemaFound) error {
	columns, err := columnsAt(ctx)
	if err != nil {
		return err
	}
	versions := slices.Sorted(maps.Keys(columns))
	newest := versions[len(versions)-1]
	all, expected := columns[newest], columns[found.version]
	if found.version > newest {
		if !slices.Contains(found.columns, all[0]) {
			return ErrOtherSchema
		}
		return fmt.Errorf("%w: its schema is version %d, and this program knows %d", ErrNewer, found.version, newest)
	}
	run := int64(len(slices.DeleteFunc(versions, func(v int64) bool { return v > found.version })))
	if run+1 != found.rows { // goose also counts a version 0
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

// isInternal reports whether a table belongs to goose or the database.
func isInternal(table string) bool {
	return table == "goose_db_version" || table == "goose_lock" || strings.HasPrefix(table, "sqlite_")
}

// SchemaVersion is the version of the schema that is in the books, and the one that this program knows. They differ
// where a newer program has changed it meanwhile.
func (s *Store) SchemaVersion(ctx context.Context) (found, known int64, err error) {
	var rows int64
	if err = s.readers.scan(ctx, []any{&found, &rows}, schemaVersion); err != nil {
		return 0, 0, fmt.Errorf("read the version of the schema: %w", err)
	}
	known = knownSchema
	return found, known, nil
}

const schemaVersion = `SELECT COALESCE(max(version_id), 0), count(DISTINCT version_id) FROM goose_db_version`

// columnsAt lists the tables' columns at each of the versions. It runs the migrations in memory, which takes
// milliseconds: their text shows what was made, not what is left of it.
func columnsAt(ctx context.Context) (at map[int64][]column, err error) {
	at = map[int64][]column{}
	err = db.InMemory(func(conn *sql.DB, pool *db.Pool) error {
		p, err := newMigrations(goose.DialectSQLite3, conn)
		if err != nil {
			return err
		}
		for _, m := range p.ListSources() {
			if _, err := p.UpTo(ctx, m.Version); err != nil {
				return fmt.Errorf("run migrations in memory: %w", err)
			}
			var all []column
			if err := pool.List(ctx, &all, sqliteColumns); err != nil {
				return err
			}
			at[m.Version] = slices.DeleteFunc(all, func(c column) bool { return isInternal(c.Table) })
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return at, nil
}
