package store_test

import (
	"errors"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestProgramme: what is on shows a change of a screening at once and the seats left within a second, and its version
// says whether anything has changed.
func TestProgramme(t *testing.T) { storetest.Each(t, testProgramme) }

func testProgramme(t *testing.T) {
	clock := newClock()
	s := storetest.New(t, clock.option)
	later := storetest.Screening(t, s, 2, 4, func(sc *store.Screening) {
		sc.StartsAt = sc.StartsAt.Add(48 * time.Hour)
	})
	sooner := storetest.Screening(t, s, 2, 4)
	read := func() *store.Programme {
		t.Helper()
		p, err := s.Catalogue().Programme(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := read()
	if len(first.Films) != 2 || first.Films[0].Screenings[0].ID != sooner || first.Films[1].Screenings[0].ID != later {
		t.Fatalf("not in the order in which they are shown: %+v", first.Films)
	}
	clock.add(2 * time.Second)
	if again := read(); again.Version != first.Version {
		t.Error("nothing has changed, but the version has")
	}
	if _, _, err := s.Tickets().Book(t.Context(), storetest.Booking(sooner, storetest.Phone(1), 3)); err != nil {
		t.Fatal(err)
	}
	clock.add(2 * time.Second)
	booked := read()
	if left := booked.Films[0].Screenings[0].Left; left != 5 || booked.Version == first.Version {
		t.Errorf("%d seats left, version %d after %d", left, booked.Version, first.Version)
	}
	film := &booked.Films[0]
	if sc := film.Next(s.Now(), 5); sc == nil || sc.ID != sooner {
		t.Errorf("next for five: %+v", sc)
	}
	if sc := film.Next(s.Now(), 6); sc != nil {
		t.Errorf("next for six: %+v", sc)
	}
	if _, err := s.Catalogue().CancelScreening(t.Context(), sooner, "The projector is broken."); err != nil {
		t.Fatal(err)
	}
	if now := read(); now.Films[0].Screenings[0].ID != later || len(now.Films[1].Screenings) != 0 {
		t.Errorf("a cancelled screening is on: %+v", now.Films)
	}
}

func TestNextScreening(t *testing.T) { storetest.Each(t, testNextScreening) }

func testNextScreening(t *testing.T) {
	s := storetest.New(t)
	id := storetest.Screening(t, s, 1, 2)
	sc, m, err := s.Catalogue().Screening(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if next, err := s.Catalogue().NextScreening(t.Context(), m.ID); err != nil || next.ID != id || next.Left != 2 {
		t.Errorf("next: %+v, %v", next, err)
	}
	if _, _, err := s.Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(1), 2)); err != nil {
		t.Fatal(err)
	}
	if next, err := s.Catalogue().NextScreening(t.Context(), m.ID); err != nil || next.ID != 0 {
		t.Errorf("sold out: %+v, %v", next, err)
	}
	second, err := s.Catalogue().AddScreening(t.Context(), store.Screening{
		MovieID: m.ID, HallID: sc.HallID, StartsAt: sc.StartsAt + 1, SalesCloseAt: sc.SalesCloseAt + 1,
		Prices: store.OnePrice(1),
	})
	if err != nil {
		t.Fatal(err)
	}
	if next, err := s.Catalogue().NextScreening(t.Context(), m.ID); err != nil || next.ID != second {
		t.Errorf("the one after: %+v, %v", next, err)
	}
	if _, err := s.Catalogue().NextScreening(t.Context(), 7); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such film: %v", err)
	}
}
