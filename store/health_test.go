package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestHealthOfADisk: a write that failed is told until one succeeds, which is tried at most once a second and needs no
// customer.
func TestHealthOfADisk(t *testing.T) {
	for word, broken := range map[string]func(*storetest.Disk, bool){"disk full": (*storetest.Disk).Fill,
		"read-only": (*storetest.Disk).Protect} {
		t.Run(word, func(t *testing.T) {
			var disk storetest.Disk
			now := time.Now()
			s, err := store.Open(t.Context(), store.Options{
				Path: filepath.Join(t.TempDir(), "books.db"), Wrap: disk.Wrap, Serve: true,
				Now: func() time.Time { return now },
			})
			if err != nil {
				t.Fatal(err)
			}
			defer shut(t, s)
			health := func(want string) {
				t.Helper()
				if got, err := s.Health(t.Context()); got != want || (err == nil) != (want == "") {
					t.Errorf("%q, %v; want %q", got, err, want)
				}
			}
			health("")
			broken(&disk, true)
			health("") // nothing has been written
			if err := s.Catalogue().SetSettings(t.Context(), map[string]string{
				"about": strings.Repeat("x", 1<<20),
			}); err == nil {
				t.Fatal("it was written")
			}
			health(word)
			now = now.Add(time.Hour)
			health(word)
			broken(&disk, false)
			health(word) // it was tried in this second
			now = now.Add(2 * time.Second)
			health("")
			health("")
			if v, err := s.Catalogue().Setting(t.Context(), "health.probe"); v != "" || err != nil {
				t.Errorf("%d bytes of the trial are left, %v", len(v), err)
			}
			if _, err := s.Catalogue().Setting(t.Context(), "about"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("the write that failed: %v", err)
			}
		})
	}
}

// TestOpenOnADisk: books that cannot be written are not served, and may be where there is only no room.
func TestOpenOnADisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	var disk storetest.Disk
	o := store.Options{Path: path, Wrap: disk.Wrap, Serve: true}
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	disk.Protect(true)
	if _, err := store.Open(t.Context(), o); !errors.Is(err, store.ErrReadOnly) || !strings.Contains(err.Error(),
		path) {
		t.Errorf("read-only: %v", err)
	}
	disk.Protect(false)
	disk.Fill(true)
	if s, err = store.Open(t.Context(), o); err != nil {
		t.Fatalf("full: %v", err)
	}
	defer shut(t, s)
}

// TestHealthyRefusals: what was not to be written says nothing of the books.
func TestHealthyRefusals(t *testing.T) {
	storetest.Each(t, func(t *testing.T) {
		s := storetest.New(t)
		id := storetest.Screening(t, s, 1, 2)
		if _, _, err := s.Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(1), 3)); err == nil {
			t.Error("three seats of two are sold")
		}
		if _, err := s.Catalogue().AddHall(t.Context(), store.Hall{Name: "One", Plan: "A oo"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Catalogue().AddHall(t.Context(), store.Hall{Name: "One", Plan: "A oo"}); err == nil {
			t.Error("two halls of one name")
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Catalogue().SetSettings(gone, map[string]string{"a": "b"}); err == nil {
			t.Error("written for nobody")
		}
		if word, err := s.Health(t.Context()); word != "" || err != nil {
			t.Errorf("%q, %v", word, err)
		}
	})
}

// TestHealthOnPostgres: a database that takes no writes any more, such as a standby, is told as well, and not served.
func TestHealthOnPostgres(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		path := storetest.EmptyDatabase(t)
		now := time.Now()
		o := store.Options{Path: path, Serve: true, Now: func() time.Time { return now }}
		s, err := store.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		defer shut(t, s)
		readOnly := func(how string) {
			t.Helper()
			writable := path + "&default_transaction_read_only=off"
			storetest.Exec(t, writable,
				`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = `+how+
					`', current_database()); END $$`)
			storetest.Exec(t, writable,
				`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		}
		write := func() error { return s.Catalogue().SetSettings(t.Context(), map[string]string{"a": "b"}) }
		if word, err := s.Health(t.Context()); word != "" || err != nil {
			t.Errorf("%q, %v", word, err)
		}
		booking := storetest.Booking(storetest.Screening(t, s, 2, 2), storetest.Phone(1), 1)
		readOnly("on")
		if err := write(); err == nil {
			t.Error("it was written")
		}
		_, _, err = s.Tickets().Book(t.Context(), booking)
		for tries := 0; errors.Is(err, store.ErrUnknown) && tries < 50; tries++ { // one for each ended connection
			_, _, err = s.Tickets().Book(t.Context(), booking)
		}
		if !errors.Is(err, store.ErrBusy) {
			t.Errorf("who books is not told to come again: %v", err)
		}
		if word, err := s.Health(t.Context()); word != "read-only" || err == nil {
			t.Errorf("%q, %v", word, err)
		}
		if other, err := store.Open(t.Context(), o); !errors.Is(err, store.ErrReadOnly) || strings.Contains(err.Error(),
			"postgres@") {
			t.Errorf("a start: %v, %v", other, err)
		}
		readOnly("off")
		// Each connection that the server has ended costs a write whose fate is not known.
		var word string
		for range 40 {
			now = now.Add(time.Minute)
			if word, err = s.Health(t.Context()); word == "" {
				break
			}
		}
		if word != "" || err != nil {
			t.Errorf("after that: %q, %v", word, err)
		}
	})
}
