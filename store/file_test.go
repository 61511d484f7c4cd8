package store_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// modes are the files of a database, and who may use them.
func modes(t *testing.T, path string) map[string]os.FileMode {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]os.FileMode{}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimPrefix(file, path)] = info.Mode().Perm()
	}
	return all
}

// TestFilesArePrivate: each file of the books is its owner's alone from the start, and those that were not are made so,
// which is said once.
func TestFilesArePrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // where modes say nothing
	}
	path := filepath.Join(t.TempDir(), "books.db")
	var log bytes.Buffer
	open := func() *store.Store {
		t.Helper()
		s, err := store.Open(t.Context(), store.Options{Path: path, Serve: true, Log: slog.New(slog.NewTextHandler(&log,
			nil))})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	check := func(s *store.Store) {
		t.Helper()
		if err := s.Catalogue().SetSettings(t.Context(), map[string]string{"cinema.name": "Nyota"}); err != nil {
			t.Fatal(err)
		}
		all := modes(t, path)
		for _, suffix := range []string{"", "-wal", "-shm", ".serve"} {
			if all[suffix] != 0o600 {
				t.Errorf("%q has mode %o of %v", suffix, all[suffix], all)
			}
		}
		if len(all) != 4 {
			t.Errorf("files %v", all)
		}
	}
	s := open()
	check(s)
	if log.Len() > 0 {
		t.Errorf("of new books: %s", &log)
	}
	for _, suffix := range []string{"", "-wal", "-shm", ".serve"} { // as after a kill, of an earlier version
		if err := os.Chmod(path+suffix, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open()
	check(s)
	if got := strings.Count(log.String(),
		"level=WARN"); got != 2 { // the log and its index went when the books were closed
		t.Errorf("%d warnings: %s", got, &log)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	log.Reset()
	if err := open().Close(); err != nil || log.Len() > 0 {
		t.Errorf("the next time: %v, %s", err, &log)
	}
}

// damaged are files that are no books, and the error that says so.
func damaged(t *testing.T) map[string]struct {
	data []byte
	want error
} {
	t.Helper()
	path := filepath.Join(t.TempDir(), "good.db")
	s, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	storetest.Screening(t, s, 5, 10)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	noise := func(from, to int) []byte {
		data := bytes.Clone(good)
		_, _ = rand.Read(data[from:to]) // documented never to fail
		return data
	}
	type file = struct {
		data []byte
		want error
	}
	all := map[string]file{
		"empty": {nil, store.ErrNoBooks}, "text": {[]byte("hello\n"), store.ErrNoBooks}, "zeroes": {make([]byte,
			8*page), store.ErrNoBooks},
		"another kind": {bytes.Repeat([]byte("PK\x03\x04"), page), store.ErrNoBooks}, "one byte": {[]byte{0},
			store.ErrNoBooks},
		"the header": {noise(0, 16), store.ErrNoBooks}, "cut in half": {good[:len(good)/2], store.ErrDamaged},
		"cut after two pages": {good[:2*page], store.ErrDamaged},
		"the schema":          {noise(100, page), store.ErrDamaged},
	}
	for n := 1; n < min(12, len(good)/page); n++ {
		all["page "+string(rune('a'+n))] = file{noise(n*page, (n+1)*page), store.ErrDamaged}
	}
	return all
}

// TestDamagedFiles are refused in a sentence that names the file, and nothing is made of them.
func TestDamagedFiles(t *testing.T) {
	for name, c := range damaged(t) {
		path := filepath.Join(t.TempDir(), "books.db")
		if err := os.WriteFile(path, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := store.Open(t.Context(), store.Options{Path: path, Serve: true})
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "goose") {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, c.data) {
			t.Errorf("%s: the file has been changed (%v)", name, err)
		}
	}
}

// TestNoBooksThere: what is no file of ours is refused, and a command that works on books makes none.
func TestNoBooksThere(t *testing.T) {
	dir := t.TempDir()
	foreign, newer := filepath.Join(dir, "foreign.db"), filepath.Join(dir, "newer.db")
	storetest.Exec(t, foreign, `CREATE TABLE ticket (id BIGINT)`)
	s, err := store.Open(t.Context(), store.Options{Path: newer})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	storetest.Exec(t, newer, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`)
	link := filepath.Join(dir, "link.db")
	if err := os.Symlink(filepath.Join(dir, "absent.db"), link); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path  string
		serve bool
		want  error
	}{
		{dir, true, store.ErrNoBooks}, {dir, false, store.ErrNoBooks}, {filepath.Join(dir, "no", "books.db"), true,
			store.ErrNoBooks},
		{filepath.Join(dir, "absent.db"), false, store.ErrNoBooks}, {link, false, store.ErrNoBooks}, {foreign, true,
			store.ErrNoBooks}, {foreign, false, store.ErrNoBooks},
		{newer, true, store.ErrNewer}, {newer, false, store.ErrNewer}, {os.DevNull, true, store.ErrNoBooks},
		{filepath.Join(foreign, "books.db"), true, store.ErrNoBooks},
	} {
		_, err := store.Open(t.Context(), store.Options{Path: c.path, Serve: c.serve, Existing: !c.serve})
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.path) {
			t.Errorf("%s: %v, want %v", c.path, err, c.want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "absent.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a command has made books: %v", err)
	}
}

// TestNewerSchemaOnPostgres: the same there.
func TestNewerSchemaOnPostgres(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		path := storetest.EmptyDatabase(t)
		if _, err := store.Open(t.Context(), store.Options{Path: path, Existing: true}); !errors.Is(err,
			store.ErrNoBooks) {
			t.Errorf("an empty database: %v", err)
		}
		s, err := store.Open(t.Context(), store.Options{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		storetest.Exec(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`)
		if _, err := store.Open(t.Context(), store.Options{Path: path}); !errors.Is(err, store.ErrNewer) {
			t.Errorf("a newer one: %v", err)
		}
	})
}

// TestSecretsSpellNoWords: an address with a token in it is not refused for what it spells.
func TestSecretsSpellNoWords(t *testing.T) {
	seen := map[string]bool{}
	for range 20_000 {
		secret := store.NewSecret()
		if len(secret) != 26 || strings.ContainsAny(secret, "MQX") || seen[secret] {
			t.Fatalf("%s", secret)
		}
		seen[secret] = true
	}
}
