package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

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
		{
			name: "refuses", key: "b", then: func() error {
				return &store.Refusal{Kind: store.SoldOut}
			}, want: "refused: sold_out",
		},
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
			if told := fmt.Sprint(errs[1]); (c.want == "") != (errs[1] == nil) ||
				!strings.Contains(told, c.want) && c.want != "" {
				t.Errorf("the middle write was told %v, want %q", errs[1], c.want)
			}
			if errs[0] != nil || errs[2] != nil {
				t.Errorf("its neighbours were told %v and %v", errs[0], errs[2])
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, path)
			defer shut(t, s)
			for i, key := range []string{"a", "b", "c"} {
				_, err := s.Catalogue().Setting(t.Context(), key)
				told := errs[i] == nil
				if durable := err == nil; durable != told {
					t.Errorf("%s: told %v, durable %v", key, errs[i], durable)
				}
			}
		})
	}
}

// TestLostAtCommit lets each call of a write to SQLite go wrong, before its work is done and after it: a write whose
// COMMIT was not confirmed is unknown, whether it is in the books or not, and runs no second time. What is lost before
// it runs again, and is there once.
func TestLostAtCommit(t *testing.T) {
	for _, fault := range []storetest.Fault{storetest.FaultError, storetest.FaultLost} {
		for _, booking := range []bool{false, true} {
			for _, writes := range []int{1, 3} { // in one transaction
				t.Run(fmt.Sprint("lost ", fault == storetest.FaultLost, ", booking ", booking, ", writes ", writes),
					func(t *testing.T) { lostAtCommit(t, fault, booking, writes) })
			}
		}
	}
}

func lostAtCommit(t *testing.T, fault storetest.Fault, booking bool, writes int) {
	var faults storetest.Faults
	s := storetest.New(t, func(o *store.Options) { o.Wrap = faults.Wrap })
	defer faults.Revive()
	commits := 0
	for at := 2; ; at++ { // the first is the COMMIT of the write that these wait behind
		runs, all := make([]int, writes), make([]func() error, writes)
		name := func(i int) string { return fmt.Sprint("call ", at, ", write ", i) }
		for i := range all {
			all[i] = func() error {
				return s.Write(booking, func(exec func(string, ...any) error) error {
					runs[i]++
					return exec(`INSERT INTO setting (key, value, updated_at) VALUES ($1,'.',0) ON CONFLICT (key) DO UPDATE SET value = setting.value || '.'`, name(i))
				})
			}
		}
		errs := s.Batch(func() { faults.Arm(at, fault) }, all...)
		_, hit := faults.Calls()
		if hit == "" {
			break
		}
		faults.Revive()
		commit := hit == "COMMIT"
		if commit {
			commits++
		}
		for i, err := range errs {
			have, there := s.Catalogue().Setting(t.Context(), name(i))
			if there != nil && !errors.Is(there, store.ErrNotFound) {
				t.Fatal(there)
			}
			want := ""
			if err == nil || commit && fault == storetest.FaultLost {
				want = "."
			}
			if have != want || commit != errors.Is(err, store.ErrUnknown) || commit && runs[i] != 1 {
				t.Errorf("%s: told %v at %s after %d runs, and has %q, want %q", name(i), err, hit, runs[i], have, want)
			}
		}
	}
	if commits != 1 {
		t.Errorf("%d times a COMMIT was hit", commits)
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

// shut closes what a test has opened.
func shut(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// occupy keeps all who write bookings busy until release is called, which waits for them.
func occupy(t *testing.T, s *store.Store) (release func()) {
	t.Helper()
	free, began, done := make(chan struct{}), make(chan struct{}), make(chan error)
	n := s.BookingPlaces()
	for i := range n {
		go func() {
			done <- s.WriteRow(context.Background(), fmt.Sprint("busy ", i), "", true, func() error {
				began <- struct{}{}
				<-free
				return nil
			})
		}()
	}
	for range n {
		<-began
	}
	return func() {
		close(free)
		for range n {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
}

// TestUrgentOvertakes queues bookings, then a callback, behind bookings that are under way: the callback is written
// first.
func TestUrgentOvertakes(t *testing.T) { storetest.Each(t, testUrgentOvertakes) }

func testUrgentOvertakes(t *testing.T) {
	s := storetest.New(t)
	var mu sync.Mutex
	var order []string
	note := func(name string) func() error {
		return func() error {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, name)
			return nil
		}
	}
	release := occupy(t, s)
	done, callback := make(chan error, 2), make(chan error, 1)
	for _, name := range []string{"booking 1", "booking 2"} {
		go func() { done <- s.WriteRow(t.Context(), name, "", true, note(name)) }()
	}
	s.AwaitQueue(2)
	go func() { callback <- s.WriteRow(t.Context(), "callback", "", false, note("callback")) }()
	if storetest.Postgres(t) { // it has a connection of its own
		if err := <-callback; err != nil {
			t.Fatal(err)
		}
		callback <- nil
	} else {
		s.AwaitQueue(3)
	}
	release()
	if err := errors.Join(<-callback, <-done, <-done); err != nil {
		t.Fatal(err)
	}
	if len(order) != 3 || order[0] != "callback" {
		t.Errorf("written in the order %v", order)
	}
}

// TestBookingsPastTheLimit shows that bookings which would wait more than a second are turned away, and nothing is
// written.
func TestBookingsPastTheLimit(t *testing.T) {
	storetest.Each(t, func(t *testing.T) { synctest.Test(t, testBookingsPastTheLimit) })
}

func testBookingsPastTheLimit(t *testing.T) {
	s := storetest.New(t)
	// An eighth of what a write takes goes into what the next ones are foreseen to take: 600 ms.
	n := s.BookingPlaces()
	slow := func() error { time.Sleep(time.Duration(n) * 4800 * time.Millisecond); return nil }
	if err := s.WriteRow(t.Context(), "slow", "", true, slow); err != nil {
		t.Fatal(err)
	}
	release := occupy(t, s)
	done := make(chan error, 2)
	for _, name := range []string{"one", "two"} {
		go func() { done <- s.WriteRow(t.Context(), name, "", true, nil) }()
	}
	s.AwaitQueue(2)
	began := time.Now()
	err := s.WriteRow(t.Context(), "three", "", true, nil)
	if waited := time.Since(began); !errors.Is(err, store.ErrBusy) || waited != 0 {
		t.Errorf("a booking that would wait 1.2 s was told %v after %v", err, waited)
	}
	release()
	if err := errors.Join(<-done, <-done); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Catalogue().Setting(t.Context(), "three"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("what was turned away is in the books: %v", err)
	}
	if _, err := s.Catalogue().Setting(t.Context(), "two"); err != nil {
		t.Errorf("what was taken is not in the books: %v", err)
	}
}

// TestClosedBooks: what is under way when the books are closed is written, and nothing after it.
func TestClosedBooks(t *testing.T) { storetest.Each(t, testClosedBooks) }

func testClosedBooks(t *testing.T) {
	path := storetest.Path(t)
	s := open(t, path)
	release := occupy(t, s)
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	release()
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	for _, booking := range []bool{true, false} {
		if err := s.WriteRow(t.Context(), "late", "", booking, nil); !errors.Is(err, store.ErrBusy) {
			t.Errorf("a write to closed books was told %v", err)
		}
	}
	s = open(t, path)
	defer shut(t, s)
	if _, err := s.Catalogue().Setting(t.Context(), "busy 0"); err != nil {
		t.Errorf("what was under way is not in the books: %v", err)
	}
	if _, err := s.Catalogue().Setting(t.Context(), "late"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("what came late is in the books: %v", err)
	}
}

// TestSameIDs: two processes that make the same ids write all they have to write.
func TestSameIDs(t *testing.T) { storetest.Each(t, testSameIDs) }

func testSameIDs(t *testing.T) {
	path := storetest.Path(t)
	a, b := open(t, path), open(t, path)
	defer shut(t, a)
	defer shut(t, b)
	id := storetest.Screening(t, a, 2, 10)
	for i, s := range []*store.Store{a, b, b} { // the third time it has seen that others are ahead
		a.PretendLastID(1 << 52)
		b.PretendLastID(1 << 52)
		if i == 2 {
			b.PretendLastID(1<<52 + 3)
		}
		sent, _, err := s.Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(i), 1))
		if err != nil {
			t.Fatalf("booking %d: %v", i, err)
		}
		if _, known, err := s.Money().StoreCallback(t.Context(), store.NewCallback{
			Kind: "stk", Token: sent.CallbackToken, Body: []byte("{}"),
		}); err != nil || !known {
			t.Fatalf("callback %d: known %v, %v", i, known, err)
		}
	}
	storetest.Sound(t, a)
}
