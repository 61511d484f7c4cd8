package store_test

import (
	"strings"
	"testing"

	"cinemasphere/store"
)

// TestCheckPath: what names no books for certain is refused. No error, nor the name that is shown, has a password in
// it.
func TestCheckPath(t *testing.T) {
	for _, good := range []string{
		"cinemasphere.db", "/var/lib/cinema/books.db", "./data/a b.db", "books#1.db", "../books%20.db", "a//b.db",
		"a=b.db", "postgres", "passwords.db", "postgres://db.example/cinema",
		"postgresql://cinema:geheim@db.example:5433/cinema?sslmode=disable",
		"postgres://cinema:ge%40%2Fheim@db.example/cinema", "postgres://cinema:ge%40heim@db.example/cinema",
		"postgres://cin%40ema:geheim@db.example/cinema?application_name=a%40b",
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
		// an @ that belongs to the password, the user or something behind the host
		"postgres://cinema:ge@heim@db/cinema", "postgres://cinema:@geheim@db/cinema",
		"postgres://cinema:geheim@@db/cinema", "postgres://a@cinema:1/geheim@db/cinema",
		"postgres://a@cinema:1?geheim@db/cinema", "postgres://cinema@corp:geheim@db/cinema",
		"postgresql://cinema:ge@he@im@[::1]:5432/cinema", "postgres://db/cinema?password=ge@heim",
		"postgres://cinema@db/cinema?password=ge@heim", "postgres://cinema@db,cinema:geheim@db2/cinema",
		// the scheme is forgotten or mistyped
		"cinema:geheim@db", "cinema:geheim@127.0.0.1/cinema", "cinema:geheim@127.0.0.1:5432/cinema",
		"//cinema:geheim@db/cinema", "//geheim/cinema", "postgres//cinema:geheim@db/cinema",
		"postgres/cinema:geheim@db/cinema", "postgresql:cinema:geheim", "postgresql:/cinema/geheim",
		"postgresql:", "postgres:/geheim", "postgres;//geheim", "ostgres://cinema:geheim@db/cinema",
		"postgres ://cinema:geheim@db/cinema", "cinema:geheim@tcp(db:3306)/cinema", "cinema/geheim@db",
		"db:5432:cinema:cinema:geheim", "mysql:cinema:geheim", "jdbc:postgresql://db/cinema?user=a&password=geheim",
		"password=geheim", "PGPASSWORD=geheim", "Server=db;Uid=cinema;Pwd=geheim", "ge:heim/books.db",
		"hostaddr=127.0.0.1 passwd=geheim", "user@home.db", `C:\geheim\books.db`, "https://geheim.example/x",
	} {
		err := store.CheckPath(bad)
		if err == nil || strings.Contains(err.Error(), "heim") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestUnreachable: where no connection can be opened, the error says why, and holds nothing of the address but what may
// be shown.
func TestUnreachable(t *testing.T) {
	for path, want := range map[string]string{
		"postgres://kino:geheim@127.0.0.1:1/cinema":                       "refused",
		"postgres://kino:geheim@127.0.0.1:1,127.0.0.1:2/cinema":           "refused",
		"postgres://kino@127.0.0.1:1/cinema?password=geheim":              "refused",
		"postgres://kino:geheim@nowhere.invalid/cinema":                   "no host",
		"postgres://kino:geheim@/cinema?host=/nowhere":                    "no such file",
		"postgres://kino:geheim@127.0.0.1:1/cinema?sslmode=require":       "refused",
		"postgres://kino:gehe%40im@127.0.0.1:1/cinema?sslmode=disable&a=": "refused",
	} {
		_, err := store.Open(t.Context(), store.Options{Path: path, Existing: true})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "heim") ||
			strings.Contains(err.Error(), "gehe") || strings.Contains(err.Error(), "kino") {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}
