// Package storetest opens fresh books for a test and fills them with what a test is not about.
//
// It must never be imported by anything but tests and the load generator, and has no SQL but what breaks books.
package storetest

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cinemasphere/store"
)

// New opens new books and closes them with the test: a file in the test's directory, or a PostgreSQL database where the
// test runs on that; see [Each].
func New(t testing.TB, options ...func(*store.Options)) *store.Store {
	t.Helper()
	o := store.Options{Path: Path(t), Environment: store.Simulator}
	for _, f := range options {
		f(&o)
	}
	if o.Environment != store.Simulator {
		Unstamped(t, o.Path)
	}
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatalf("open books: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close books: %v", err)
		}
	})
	return s
}

// FairUse turns on the limits on one client, which books for tests do not have, with 100 bookings a minute for a
// browser.
func FairUse(o *store.Options) { o.FairUse = store.FairUse{PerMinute: 100} }

// Plan is a seat plan of so many rows, each with so many seats and an aisle in the middle.
func Plan(rows, seats int) string {
	var b strings.Builder
	for r := range rows {
		fmt.Fprintf(&b, "%s %s_%s\n", rowLabel(r), strings.Repeat("o", seats/2), strings.Repeat("o", seats-seats/2))
	}
	return b.String()
}

func rowLabel(r int) string {
	if r < 26 {
		return string(rune('A' + r))
	}
	return string(rune('A'+r/26-1)) + string(rune('A'+r%26))
}

// Screening writes a film, a hall of rows × seats and its screening tomorrow at KSh 1,350, with the changes.
func Screening(t testing.TB, s *store.Store, rows, seats int, change ...func(*store.Screening)) store.ScreeningID {
	t.Helper()
	ctx := t.Context()
	n := made.Add(1)
	movie, err := s.Catalogue().AddMovie(ctx, store.Movie{
		Title: fmt.Sprintf("Film %d", n), Synopsis: "A film.", Runtime: 100, AgeRating: "PG", Genre: "Drama",
		Language: "English",
	})
	if err != nil {
		t.Fatal(err)
	}
	hall, err := s.Catalogue().AddHall(ctx, store.Hall{Name: fmt.Sprintf("Hall %d", n), Plan: Plan(rows, seats)})
	if err != nil {
		t.Fatal(err)
	}
	sc := store.Screening{
		MovieID: movie, HallID: hall, StartsAt: s.Now().Add(24 * time.Hour), SalesCloseAt: s.Now().Add(23 * time.Hour),
		Prices: store.OnePrice(135_000),
	}
	for _, f := range change {
		f(&sc)
	}
	id, err := s.Catalogue().AddScreening(ctx, sc)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// Hall writes a hall with a plan in the notation of package seating.
func Hall(t testing.TB, s *store.Store, plan string) store.HallID {
	t.Helper()
	id, err := s.Catalogue().AddHall(t.Context(), store.Hall{Name: fmt.Sprintf("Hall %d", made.Add(1)), Plan: plan})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

var made atomic.Int64

// Phone is the nth of many MSISDNs without a simulator scenario.
func Phone(n int) string { return fmt.Sprintf("2547%05d%03d", n/500, 500+n%500) }

// Booking is a booking of n tickets by the phone, with its own key.
func Booking(id store.ScreeningID, phone string, n int) store.NewBooking {
	key := fmt.Sprintf("test:%d", made.Add(1))
	return store.NewBooking{
		ScreeningID: id, Name: "Achieng Otieno", Phone: phone, Quantity: n, Key: key, Fingerprint: key,
	}
}

// Sound fails the test where the books break one of their rules.
func Sound(t testing.TB, s *store.Store) {
	t.Helper()
	wrong, err := s.Money().Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wrong {
		t.Error(w)
	}
}
