package store_test

import (
	"strings"
	"testing"

	"cinemasphere/store"
)

// TestCheckPath: what names no books for certain is refused. No error, nor the name that is shown, has a password in it.
func TestCheckPath(t *testing.T) {
	for _, good := range []string{
		"cinemasphere.db", "/var/lib/cinema/books.db", "./data/a b.db", `C:\cinema\books.db`, "books#1.db",
		"user@home.db", "a=b.db", "postgres://db.example/cinema",
		"postgresql://cinema:geheim@db.example:5433/cinema?sslmode=disable",
		"postgres://cinema:ge%40%2Fheim@db.example/cinema", "postgres://cinema:ge@heim@db.example/cinema",
		"postgres:///cinema?host=/run/postgresql&password=geheim",
		"postgres://a:geheim@one,two:5433/cinema?target_session_attrs=read-write",
	} {
		if err := store.CheckPath(good); err != nil {
			t.Errorf("%s is refused: %v", good, err)
		}
		if strings.Contains(store.PathName(good), "heim") || strings.Contains(good, "heim") != store.HasPassword(good) {
			t.Errorf("%s is shown as %s, with a password: %v", good, store.PathName(good), store.HasPassword(good))
		}
	}
	for _, bad := range []string{
		"mysql://cinema:geheim@db/cinema", "sqlite:///books.db", "sqlite3:books.db", "file:books.db?mode=ro",
		"books.db?mode=ro", "Postgres://cinema:geheim@db/cinema",
		"POSTGRESQL://cinema:geheim@db/cinema", "postgresql+psycopg://cinema:geheim@db/cinema",
		"postgres:/cinema:geheim@db/cinema", "postgres:cinema:geheim@db/cinema",
		"host=db user=cinema password=geheim dbname=cinema", "://cinema:geheim@db", ":memory:", "data/", "postgres://",
		"postgres://cinema:geheim@db", "postgres://cinema:geheim@db/",
		"postgres://cinema:geheim@db:port/cinema", "postgres://cinema:ge#geheim@db/cinema",
		"postgres://cinema:1#geheim@db/cinema", "postgres://cinema:1/geheim@db/cinema",
		"postgres://cinema:1?geheim@db/cinema", "postgres://cinema:ge%geheim@db/cinema",
		"postgres://cinema:ge heim@db/cinema\x7f", "postgres://cinema:geheim@db/cinema?sslmode=geheim",
		"postgres://cinema@db/cinema?password=geheim&sslmode=x", "postgres://cinema:geheim@[::1/cinema",
		"postgres://cinema:geheim@db/cinema?sslrootcert=/geheim",
	} {
		err := store.CheckPath(bad)
		if err == nil || strings.Contains(err.Error(), "heim") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
