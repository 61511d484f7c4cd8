package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest/needs"
	"cinemasphere/store/storetest/pgserver"
)

// Each runs a test on both databases, one after the other: as a subtest on SQLite, and as one on PostgreSQL. Within it
// [New] and [Path] make books of that kind. The server belongs to the test process. Where PostgreSQL is not installed,
// see package needs.
func Each(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	t.Run("sqlite", test)
	t.Run("postgres", func(t *testing.T) { OnPostgres(t, test) })
}

// OnPostgres runs a test on PostgreSQL only.
func OnPostgres(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	needs.Program(t, "PostgreSQL", pgserver.Missing())
	if _, err := server(); err != nil { // here, since the clock of a bubble does not wait for it
		t.Fatal(err)
	}
	onPostgres.Store(t.Name(), true)
	test(t)
}

// EachBench is [Each] for a benchmark.
func EachBench(b *testing.B, bench func(b *testing.B)) {
	b.Helper()
	b.Run("sqlite", bench)
	b.Run("postgres", func(b *testing.B) {
		needs.Program(b, "PostgreSQL", pgserver.Missing())
		onPostgres.Store(b.Name(), true)
		bench(b)
	})
}

// onPostgres has the names of the tests that run on PostgreSQL, which includes their subtests.
var onPostgres sync.Map

// Postgres reports whether a test runs on PostgreSQL.
func Postgres(t Tester) bool {
	for name := t.Name(); name != ""; name = name[:max(0, strings.LastIndexByte(name, '/'))] {
		if _, is := onPostgres.Load(name); is {
			return true
		}
	}
	return false
}

// Path is a path for new books of the test's kind. They are removed with the test.
func Path(t testing.TB) string {
	t.Helper()
	path, remove := Books(t)
	t.Cleanup(remove)
	return path
}

// Tester is what a test and a run of a property have in common.
type Tester interface {
	Helper()
	Name() string
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// memory is a directory in memory, where there is one: short-lived books need no disk.
func memory() string {
	const shm = "/dev/shm"
	if info, err := os.Stat(shm); err != nil || !info.IsDir() {
		return ""
	}
	return shm
}

// Books is [Path] for many books, one after the other: call remove once they are closed.
func Books(t Tester) (path string, remove func()) {
	t.Helper()
	if !Postgres(t) {
		dir, err := os.MkdirTemp(memory(), "books")
		if err != nil {
			t.Fatalf("%v", err)
		}
		path = filepath.Join(dir, "books.db")
		file, err := migrated()
		if err == nil {
			err = os.WriteFile(path, file, 0o600)
		}
		if err != nil {
			t.Fatalf("make books: %v", err)
		}
		return path, func() {
			if err := os.RemoveAll(dir); err != nil {
				t.Errorf("remove the books: %v", err)
			}
		}
	}
	pg, err := server()
	if err != nil {
		t.Fatalf("%v", err)
	}
	database, spare := pg.takeSpare()
	if !spare {
		if err := pg.Create(context.Background(), database, template); err != nil {
			t.Fatalf("create database: %v", err)
		}
	}
	return pg.URL(database), func() {
		if err := pg.putBack(database); err != nil {
			t.Errorf("empty the books: %v", err)
		}
	}
}

// migrated is an SQLite file with the schema, whose only rows are those of new books. Running the migrations for each
// test would take a third of the race detector's run.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp(memory(), "template")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "books.db")
	s, err := store.Open(context.Background(), store.Options{Path: path})
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// Unstamped removes the file of new books on SQLite, so that they may belong to any environment.
func Unstamped(t Tester, path string) {
	t.Helper()
	if Postgres(t) {
		return
	}
	if err := os.Remove(path); err != nil {
		t.Fatalf("%v", err)
	}
}

// Exec changes books by hand, without any rules.
func Exec(t Tester, path, query string) {
	t.Helper()
	kind := "sqlite"
	if Postgres(t) {
		kind = "pgx"
	}
	db, err := sql.Open(kind, path)
	if err == nil {
		_, err = db.ExecContext(context.Background(), query)
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// EmptyDatabase is the address of a PostgreSQL database without a schema, with settings such as synchronous_commit=off.
// The setting encoding is the database's.
func EmptyDatabase(t testing.TB, settings ...string) string {
	t.Helper()
	pg, err := server()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	database := fmt.Sprint("empty", made.Add(1))
	if err := pg.Create(ctx, database, "", settings...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pg.Drop(ctx, database); err != nil {
			t.Error(err)
		}
	})
	return pg.URL(database)
}

// template is a database with the schema and no rows.
const template = "template"

// databases are a server's databases for tests. A used one is emptied and reused.
type databases struct {
	*pgserver.Server
	mu    sync.Mutex
	spare []string
	made  int
}

var server = sync.OnceValues(func() (*databases, error) {
	ctx := context.Background()
	pg, err := pgserver.Start(ctx, pgserver.Options{})
	if err != nil {
		return nil, err
	}
	if err := pg.Create(ctx, template, ""); err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, store.Options{Path: pg.URL(template)})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return &databases{Server: pg}, pg.Empty(ctx, template)
})

// takeSpare is the name of an empty existing database, or of a new one.
func (d *databases) takeSpare() (database string, spare bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := len(d.spare); n > 0 {
		database, d.spare = d.spare[n-1], d.spare[:n-1]
		return database, true
	}
	d.made++
	return fmt.Sprint("books", d.made), false
}

func (d *databases) putBack(database string) error {
	if err := d.Empty(context.Background(), database); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.spare = append(d.spare, database)
	return nil
}
