package store_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestOtherSchemas: a database that has lost a table, a column, or what was written of its migrations is refused before
// anything is changed, and so is one that another program has made by the same means. No error shows SQL.
func TestOtherSchemas(t *testing.T) {
	const rows = `DELETE FROM goose_db_version WHERE version_id `
	const foreign = `CREATE TABLE goose_db_version (id INTEGER PRIMARY KEY, version_id INTEGER, is_applied INTEGER,
		tstamp TIMESTAMP DEFAULT (datetime('now'))); INSERT INTO goose_db_version (version_id, is_applied) VALUES `
	for name, c := range map[string]struct {
		fresh  bool // no books of ours were made first
		change string
	}{
		"a table":                {false, `DROP TABLE refund`},
		"another":                {false, `DROP TABLE unread`},
		"a table of a later one": {false, `DROP TABLE access_token`},
		"a column":               {false, `ALTER TABLE movie DROP COLUMN synopsis`},
		"all rows":               {false, rows + `> 0`},
		"the row before all":     {false, rows + `= 0`},
		"half made":              {false, rows + `> 0; DROP TABLE refund; DROP TABLE question`},
		"a column's old name":    {false, `ALTER TABLE push_request RENAME COLUMN reference TO account`},
		"a name":                 {false, `ALTER TABLE ticket RENAME TO tickets`},
		"of another, as many": {true,
			foreign + `(0,1),(1,1),(2,1),(3,1),(4,1),(5,1),(6,1),(7,1),(8,1); CREATE TABLE user (id BIGINT)`},
		"of another, fewer": {true, foreign + `(0,1),(1,1),(2,1); CREATE TABLE user (id BIGINT)`},
		"of another, none":  {true, foreign + `(0,1); CREATE TABLE user (id BIGINT)`},
		"of another, more":  {true, foreign + `(0,1),(20260101120000,1); CREATE TABLE user (id BIGINT)`},
		"other columns":     {true, `CREATE TABLE goose_db_version (a BIGINT)`},
	} {
		path := filepath.Join(t.TempDir(), "books.db")
		if !c.fresh {
			if err := openAndClose(t, path); err != nil {
				t.Fatal(err)
			}
		}
		storetest.Exec(t, path, c.change)
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, serve := range []bool{true, false} {
			s, err := store.Open(t.Context(), store.Options{Path: path, Serve: serve, Existing: !serve})
			if err == nil {
				err = s.Close()
				t.Errorf("%s: it opens (%v)", name, err)
				continue
			}
			if !errors.Is(err, store.ErrOtherSchema) || !strings.Contains(err.Error(), path) ||
				strings.Contains(err.Error(), "SQL") || strings.Contains(err.Error(), "CREATE") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
			t.Errorf("%s: the file was changed (%v)", name, err)
		}
	}
	path := filepath.Join(t.TempDir(), "books.db")
	if err := openAndClose(t, path); err != nil {
		t.Fatal(err)
	}
	storetest.Exec(t, path, `CREATE TABLE of_a_tool (id BIGINT)`)
	if err := openAndClose(t, path); err != nil {
		t.Errorf("a table more: %v", err)
	}
}

func openAndClose(t *testing.T, path string) error {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: path, Serve: true})
	if err != nil {
		return err
	}
	return s.Close()
}

// TestOtherSchemasOnPostgres: the same there.
func TestOtherSchemasOnPostgres(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		for _, broken := range []string{`DROP TABLE unread`, `DELETE FROM goose_db_version WHERE version_id > 0`,
			`ALTER TABLE ticket RENAME TO tickets`} {
			path := storetest.EmptyDatabase(t)
			if err := openAndClose(t, path); err != nil {
				t.Fatal(err)
			}
			storetest.Exec(t, path, broken)
			if err := openAndClose(t, path); !errors.Is(err, store.ErrOtherSchema) {
				t.Errorf("%s: %v", broken, err)
			}
		}
	})
}

// TestLockedByAnother: who waits for a file that another program keeps locked is told so.
func TestLockedByAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	if err := openAndClose(t, path); err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, other)
	conn, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, conn)
	if _, err := conn.ExecContext(t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	if err := openAndClose(t, path); !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), path) {
		t.Errorf("%v", err)
	}
}

// TestLinks: a database that is named by links is the file that they lead to, whether that is there yet or not: it is
// its owner's alone, and its lock is beside it.
func TestLinks(t *testing.T) {
	for name, link := range map[string]func(dir, target string) string{ // what the link holds
		"absolute": func(_, target string) string { return target },
		"relative": func(string, string) string { return "../data/books.db" },
		"by way of another": func(dir, target string) string {
			if err := os.Symlink(target, filepath.Join(dir, "other")); err != nil {
				t.Fatal(err)
			}
			return "other"
		},
		"by way of a folder": func(dir, target string) string {
			if err := os.Symlink(filepath.Dir(target), filepath.Join(dir, "folder")); err != nil {
				t.Fatal(err)
			}
			return "folder/../data/books.db"
		},
	} {
		root := t.TempDir()
		dir, data := filepath.Join(root, "links"), filepath.Join(root, "data")
		if err := errors.Join(os.Mkdir(dir, 0o755), os.Mkdir(data, 0o755)); err != nil {
			t.Fatal(err)
		}
		target, path := filepath.Join(data, "books.db"), filepath.Join(dir, "books.db")
		if err := os.Symlink(link(dir, target), path); err != nil {
			t.Fatal(err)
		}
		for range 2 { // not there yet, and there
			s, err := store.Open(t.Context(), store.Options{Path: path, Serve: true})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, other := range []string{path, target} {
				if err := openAndClose(t, other); !errors.Is(err, store.ErrInUse) {
					t.Errorf("%s: a second one serves %s: %v", name, other, err)
				}
			}
			if all := modes(t, target); all[""] != 0o600 || all[".serve"] != 0o600 || len(all) != 4 {
				t.Errorf("%s: files %v", name, all)
			}
			if all := modes(t, path); len(all) != 1 {
				t.Errorf("%s: beside the link %v", name, all)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	loop := filepath.Join(t.TempDir(), "loop.db")
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	if err := openAndClose(t, loop); !errors.Is(err, store.ErrNoBooks) {
		t.Errorf("a link to itself: %v", err)
	}
}

// TestFileGone: what is written to a file that was deleted, moved or replaced is lost, which health says.
func TestFileGone(t *testing.T) {
	for name, do := range map[string]func(path string) error{
		"deleted": os.Remove,
		"moved":   func(path string) error { return os.Rename(path, path+".old") },
		"replaced": func(path string) error {
			return errors.Join(os.WriteFile(path+".new", []byte("x"), 0o600), os.Rename(path+".new", path))
		},
	} {
		path := filepath.Join(t.TempDir(), "books.db")
		log := slog.New(slog.DiscardHandler)
		s, err := store.Open(t.Context(), store.Options{Path: path, Serve: true, Log: log})
		if err != nil {
			t.Fatal(err)
		}
		if word, err := s.Health(t.Context()); word != "" || err != nil {
			t.Errorf("%s: before, %q, %v", name, word, err)
		}
		if err := do(path); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if word, err := s.Health(ctx); word != "file gone" || err == nil {
			t.Errorf("%s: %q, %v", name, word, err)
		}
		cancel()
		_ = s.Close() // of a file that is gone
	}
}
