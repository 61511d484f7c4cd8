package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cinemasphere/store/internal/db"
	"cinemasphere/store/storetest"
)

// table is all that the databases of these tests hold.
const table = `CREATE TABLE IF NOT EXISTS word (text TEXT PRIMARY KEY, n BIGINT NOT NULL)`

// options open a database of the kind that the test runs on, with that table and a memory that counts.
func options(t *testing.T) db.Options {
	t.Helper()
	path := filepath.Join(t.TempDir(), "some.db")
	if storetest.Postgres(t) {
		path = storetest.EmptyDatabase(t)
	}
	return db.Options{
		Path: path, Now: func() time.Time { return time.UnixMilli(1_700_000_000_000) },
		Log: slog.New(slog.DiscardHandler),
		Migrate: func(ctx context.Context, conn *sql.DB, _ db.Dialect) error {
			_, err := conn.ExecContext(ctx, table)
			return err
		},
		Memory: func() any { return new(int) },
	}
}

func open(t *testing.T, o db.Options) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// words reads what the table has, in order.
func words(t *testing.T, d *db.DB) (all []string) {
	t.Helper()
	if err := d.Readers.List(t.Context(), &all, `SELECT text FROM word ORDER BY text`); err != nil {
		t.Fatal(err)
	}
	return all
}

const add = `INSERT INTO word (text, n) VALUES ($1, $2)`

var errNo = errors.New("no")

// TestWhatAWriteLeaves: a write that succeeds is there, and of one that fails in any way nothing is, in every lane.
func TestWhatAWriteLeaves(t *testing.T) {
	for name, c := range map[string]struct {
		fn   func(t *db.Tx) error
		is   error  // what the error is, nil for any
		want string // in the error; "" is none
	}{
		"queued":   {func(t *db.Tx) error { return t.Queue(add, "a", 1) }, nil, ""},
		"run":      {func(t *db.Tx) error { _, err := t.Exec(add, "a", 1); return err }, nil, ""},
		"refused":  {func(t *db.Tx) error { return errors.Join(t.Queue(add, "b", 1), errNo) }, errNo, "no"},
		"panicked": {func(t *db.Tx) error { _ = t.Queue(add, "b", 1); panic("oops") }, nil, "oops"},
		"a queued one bad": {func(t *db.Tx) error {
			return errors.Join(t.Queue(add, "b", 1), t.Queue(add, "b", 2))
		}, nil, "word"},
		"the first bad": {func(t *db.Tx) error {
			return errors.Join(t.Queue(`INSERT INTO nothing (a) VALUES (1)`), t.Queue(add, "b", 1))
		}, nil, "nothing"},
		"no row": {func(t *db.Tx) error {
			var n int
			return errors.Join(t.Queue(add, "b", 1), t.Scan([]any{&n}, `SELECT n FROM word WHERE text = $1`, "c"))
		}, db.ErrNotFound, "not found"},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T) {
				for _, lane := range []db.Lane{db.Urgent, db.Ordinary} {
					d := open(t, options(t))
					err := d.Write(t.Context(), lane, c.fn)
					if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) ||
						c.is != nil && !errors.Is(err, c.is) || errors.Is(err, db.ErrUnknown) {
						t.Errorf("told %v", err)
					}
					want := []string{"a"}
					if c.want != "" {
						want = nil
					}
					if have := words(t, d); !slices.Equal(have, want) {
						t.Errorf("it has %q", have)
					}
				}
			})
		})
	}
}

// TestReadsInAWrite: what a write has queued, its own reads see, and the four ways to read agree.
func TestReadsInAWrite(t *testing.T) {
	storetest.Each(t, func(t *testing.T) {
		d := open(t, options(t))
		err := d.Write(t.Context(), db.Urgent, func(tx *db.Tx) error {
			if err := errors.Join(tx.Queue(add, "a", 1), tx.Queue(add, "b", 2)); err != nil {
				return err
			}
			var sum int64
			var row struct {
				Text string `db:"text"`
				N    int64  `db:"n"`
			}
			var rows []struct {
				Text string `db:"text"`
				N    int64  `db:"n"`
			}
			err := errors.Join(tx.Scan([]any{&sum}, `SELECT COALESCE(sum(n), 0) FROM word`),
				tx.Get(&row, `SELECT text, n FROM word WHERE n = $1`, 2),
				tx.List(&rows, `SELECT text, n FROM word ORDER BY n`))
			if sum != 3 || row.Text != "b" || row.N != 2 || len(rows) != 2 || rows[0].Text != "a" {
				t.Errorf("read %d, %+v, %+v", sum, row, rows)
			}
			if n, err := tx.Exec(`UPDATE word SET n = n + 1`); n != 2 || err != nil {
				t.Errorf("changed %d, %v", n, err)
			}
			if !tx.Now().Equal(time.UnixMilli(1_700_000_000_000)) || tx.Shared() != storetest.Postgres(t) {
				t.Errorf("at %v, shared %v", tx.Now(), tx.Shared())
			}
			return err
		})
		if err != nil || d.Shared() != storetest.Postgres(t) {
			t.Errorf("%v, shared %v", err, d.Shared())
		}
	})
}

// TestUniqueViolation: a conflict says what it is on.
func TestUniqueViolation(t *testing.T) {
	storetest.Each(t, func(t *testing.T) {
		d := open(t, options(t))
		twice := func(tx *db.Tx) error { return errors.Join(tx.Queue(add, "a", 1), tx.Queue(add, "a", 1)) }
		want := "word.text"
		if storetest.Postgres(t) {
			want = "word_pkey"
		}
		if on, is := db.UniqueViolation(d.Write(t.Context(), db.Ordinary, twice)); !is || on != want {
			t.Errorf("on %q, %v", on, is)
		}
		bad := func(tx *db.Tx) error { _, err := tx.Exec(`INSERT INTO word (text) VALUES ('a')`); return err }
		if on, is := db.UniqueViolation(d.Write(t.Context(), db.Ordinary, bad)); is {
			t.Errorf("a missing value is a conflict on %q", on)
		}
	})
}

// TestMemory: on SQLite what a write remembers stays for the next one, also past one that failed by itself, and goes
// when a transaction is rolled back as a whole. On PostgreSQL each write has its own.
func TestMemory(t *testing.T) {
	storetest.Each(t, func(t *testing.T) {
		d := open(t, options(t))
		count := func(lane db.Lane, then func(tx *db.Tx) error) (n int) {
			_ = d.Write(t.Context(), lane, func(tx *db.Tx) error {
				m := tx.Memory().(*int)
				*m++
				n = *m
				return then(tx)
			})
			return n
		}
		well := func(*db.Tx) error { return nil }
		refused := func(*db.Tx) error { return errNo }
		undone := func(tx *db.Tx) error { return errors.Join(tx.Queue(add, "a", 1), errNo) }
		have := []int{count(db.Urgent, well), count(db.Urgent, refused), count(db.Urgent, well)}
		// Alone in its transaction it has no savepoint: the transaction is rolled back, and run again with one.
		have = append(have, count(db.Ordinary, undone), count(db.Urgent, well))
		want := []int{1, 2, 3, 1, 2}
		if storetest.Postgres(t) {
			want = []int{1, 1, 1, 1, 1}
		}
		if !slices.Equal(have, want) {
			t.Errorf("remembered %v, want %v", have, want)
		}
	})
}

// TestInspect: a database that the caller does not want is not opened, and nothing in it is changed; a new file is
// shown to nobody. What is there is seen.
func TestInspect(t *testing.T) {
	storetest.Each(t, func(t *testing.T) {
		o := options(t)
		looks := 0
		o.Inspect = func(ctx context.Context, found *db.Pool, dialect db.Dialect) error {
			looks++
			var n int
			err := found.Get(ctx, &n, `SELECT count(*) FROM word`)
			if (dialect == db.PostgreSQL) != storetest.Postgres(t) {
				t.Errorf("dialect %v", dialect)
			}
			if n > 0 {
				return fmt.Errorf("%d words: %w", n, errNo)
			}
			if db.IsOtherSchema(err) { // on PostgreSQL, of an empty database
				return nil
			}
			return err
		}
		d, err := db.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Write(t.Context(), db.Urgent, func(tx *db.Tx) error { return tx.Queue(add, "a", 1) }); err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if fresh := looks; storetest.Postgres(t) != (fresh > 0) {
			t.Errorf("a new database was looked at %d times", fresh)
		}
		looks = 0
		if _, err := db.Open(t.Context(), o); !errors.Is(err, errNo) || looks != 1 {
			t.Errorf("told %v after %d looks", err, looks)
		}
		o.Inspect = nil
		if have := words(t, open(t, o)); !slices.Equal(have, []string{"a"}) {
			t.Errorf("it has %q", have)
		}
	})
}

// TestServedOnce: one serving process a file, by whatever name it is called, and none after an Open that failed.
func TestServedOnce(t *testing.T) {
	o := options(t)
	o.Serve = true
	migrate := o.Migrate
	o.Migrate = func(context.Context, *sql.DB, db.Dialect) error { return errNo }
	if _, err := db.Open(t.Context(), o); !errors.Is(err, errNo) {
		t.Fatalf("told %v", err)
	}
	o.Migrate = migrate
	open(t, o)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(o.Path, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{o.Path, link} {
		other := o
		other.Path = path
		_, err := db.Open(t.Context(), other)
		if !errors.Is(err, db.ErrInUse) || !errors.Is(db.Explain(path, err), db.ErrInUse) {
			t.Errorf("%s: %v", path, err)
		}
	}
	other := o
	other.Serve = false
	open(t, other)
}

// TestInMemory: such a database begins empty each time, and both ways into it are the same.
func TestInMemory(t *testing.T) {
	for range 2 {
		err := db.InMemory(func(conn *sql.DB, pool *db.Pool) error {
			if _, err := conn.ExecContext(t.Context(), `CREATE TABLE word (text TEXT)`); err != nil {
				return err
			}
			var n int
			return pool.Get(t.Context(), &n, `SELECT count(*) FROM word`)
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// TestReadAll: queries that are sent together give what they give one by one, in their order, after what was queued. A
// row that is missing is ErrNotFound, and ends the rest.
func TestReadAll(t *testing.T) {
	storetest.Each(t, func(t *testing.T) {
		d := open(t, options(t))
		const one, all = `SELECT n FROM word WHERE text = $1`, `SELECT text, n FROM word WHERE n >= $1 ORDER BY n`
		err := d.Write(t.Context(), db.Urgent, func(tx *db.Tx) error {
			if err := errors.Join(tx.Queue(add, "a", 1), tx.Queue(add, "b", 2)); err != nil {
				return err
			}
			var a, b int64
			var rows, none []struct {
				Text string `db:"text"`
				N    int64  `db:"n"`
			}
			err := tx.ReadAll(db.Read{To: []any{&b}, Query: one, Args: []any{"b"}},
				db.Read{Rows: &rows, Query: all, Args: []any{1}}, db.Read{Rows: &none, Query: all, Args: []any{3}},
				db.Read{To: []any{&a}, Query: one, Args: []any{"a"}})
			if a != 1 || b != 2 || len(rows) != 2 || rows[1].Text != "b" || len(none) != 0 {
				t.Errorf("read %d, %d, %+v, %+v", a, b, rows, none)
			}
			for _, reads := range [][]db.Read{
				{{To: []any{&a}, Query: one, Args: []any{"c"}}},
				{{To: []any{&a}, Query: one, Args: []any{"c"}}, {Rows: &rows, Query: all, Args: []any{1}}},
				{{Rows: &rows, Query: all, Args: []any{1}}, {To: []any{&a}, Query: one, Args: []any{"c"}}},
			} {
				if missing := tx.ReadAll(reads...); !errors.Is(missing, db.ErrNotFound) {
					t.Errorf("a missing row is %v", missing)
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		bad := func(tx *db.Tx) error {
			var n int64
			_ = tx.ReadAll(db.Read{To: []any{&n}, Query: `SELECT n FROM nothing`},
				db.Read{To: []any{&n}, Query: one, Args: []any{"a"}})
			return tx.Queue(add, "d", 4)
		}
		if err := d.Write(t.Context(), db.Urgent, bad); storetest.Postgres(t) && err == nil {
			t.Error("a write goes on after a failed read")
		}
	})
}
