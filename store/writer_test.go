package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestBatchOfThree runs three writes as one batch whose middle one goes wrong in every way there is. The other two are
// durable exactly if they were told so, as read from the file after it was opened anew.
func TestBatchOfThree(t *testing.T) {
	big := strings.Repeat("x", 400<<10)
	cases := []struct {
		name  string
		limit int // pages the file may grow by; 0 is no limit
		value string
		then  func() error // in the same transaction, after the row
		key   string
		leave bool   // the caller leaves while the write waits its turn
		want  string // in what the middle write is told; "" is success
	}{
		{name: "refuses", key: "b", then: func() error { return &store.Refusal{Kind: store.SoldOut} }, want: "refused: sold_out"},
		{name: "panics", key: "b", then: func() error { panic("in the middle") }, want: "in the middle"},
		{name: "breaks a constraint", key: "a", want: "UNIQUE"},
		{name: "fills the disk", key: "b", limit: 40, value: big, want: "full"},
		{name: "is left while it waits", key: "b", leave: true, want: "canceled"},
		{name: "is left while it runs", key: "b"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "books.db")
			s := open(t, path)
			if c.limit > 0 {
				if err := s.LimitPages(c.limit); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			queued := func() {
				if c.leave {
					cancel()
				}
			}
			if c.want == "" {
				c.then = func() error { cancel(); return nil }
			}
			errs := s.Batch(queued,
				func() error { return s.WriteRow(t.Context(), "a", "1", false, nil) },
				func() error { return s.WriteRow(ctx, c.key, c.value, false, c.then) },
				func() error { return s.WriteRow(t.Context(), "c", "3", false, nil) },
			)
			if told := fmt.Sprint(errs[1]); (c.want == "") != (errs[1] == nil) || !strings.Contains(told, c.want) && c.want != "" {
				t.Errorf("the middle write was told %v, want %q", errs[1], c.want)
			}
			if errs[0] != nil || errs[2] != nil {
				t.Errorf("its neighbours were told %v and %v", errs[0], errs[2])
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, path)
			defer s.Close()
			for i, key := range []string{"a", "b", "c"} {
				_, err := s.Setting(t.Context(), key)
				told := errs[i] == nil
				if durable := err == nil; durable != told {
					t.Errorf("%s: told %v, durable %v", key, errs[i], durable)
				}
			}
		})
	}
}

func open(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestUrgentOvertakes queues bookings, then a callback, behind a write that is under way: the callback is written first.
func TestUrgentOvertakes(t *testing.T) {
	s := storetest.New(t)
	var order []string
	note := func(name string) func() error {
		return func() error { order = append(order, name); return nil } // the writer is alone in running these
	}
	release, began, done := make(chan struct{}), make(chan struct{}), make(chan error, 4)
	go func() {
		done <- s.WriteRow(t.Context(), "first", "", false, func() error { close(began); <-release; return nil })
	}()
	<-began
	for _, name := range []string{"booking 1", "booking 2"} {
		go func() { done <- s.WriteRow(t.Context(), name, "", true, note(name)) }()
	}
	s.AwaitQueue(2)
	go func() { done <- s.WriteRow(t.Context(), "callback", "", false, note("callback")) }()
	s.AwaitQueue(3)
	close(release)
	for range 4 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if len(order) != 3 || order[0] != "callback" {
		t.Errorf("written in the order %v", order)
	}
}

// TestBookingsPastTheLimit shows that bookings which would wait more than a second are turned away, and nothing is written.
func TestBookingsPastTheLimit(t *testing.T) {
	s := storetest.New(t)
	s.PretendSlow(600) // milliseconds a write
	release, began := make(chan struct{}), make(chan struct{})
	done := make(chan error, 3)
	go func() {
		done <- s.WriteRow(t.Context(), "first", "", false, func() error { close(began); <-release; return nil })
	}()
	<-began
	for _, name := range []string{"one", "two"} {
		go func() { done <- s.WriteRow(t.Context(), name, "", true, nil) }()
	}
	s.AwaitQueue(2)
	if err := s.WriteRow(t.Context(), "three", "", true, nil); !errors.Is(err, store.ErrBusy) {
		t.Errorf("a booking that would wait 1.2 s was told %v", err)
	}
	close(release)
	for range 3 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Setting(t.Context(), "three"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("what was turned away is in the books: %v", err)
	}
	if _, err := s.Setting(t.Context(), "two"); err != nil {
		t.Errorf("what was taken is not in the books: %v", err)
	}
}
