package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestHoldSeats: house and broken seats are put on sale for one screening, others held back, and back again. What an
// order has is refused by name, and then nothing is changed. Customers get what is on sale, and no other seat.
func TestHoldSeats(t *testing.T) { storetest.Each(t, testHoldSeats) }

func testHoldSeats(t *testing.T) {
	s := storetest.New(t)
	by := store.WithBy(t.Context(), store.By{Name: "Wanjiru", Source: store.CommandLine})
	hall := storetest.Hall(t, s, "A ooooo_hx\nB LL")
	at := func() store.ScreeningID {
		return storetest.Screening(t, s, 1, 1, func(sc *store.Screening) { sc.HallID = hall })
	}
	id, other := at(), at()
	sold := storetest.Booking(id, storetest.Phone(1), 1)
	sold.Seats = store.Labels{"A3"}
	if _, _, err := s.Tickets().Book(t.Context(), sold); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name    string
		seats   string
		hold    bool
		changed string
		taken   string // refused for these
		free    string
		left    int
	}{
		{"nothing", "", false, "", "", "A1 A2 A4 A5 B1 B2", 6},
		{"a house and a broken seat on sale", "A7 A6", false, "A6 A7", "", "A1 A2 A4 A5 A6 A7 B1 B2", 8},
		{"once more", "A7 A6", false, "", "", "A1 A2 A4 A5 A6 A7 B1 B2", 8},
		{"one of them back, and an ordinary one", "A7 A1", true, "A1 A7", "", "A2 A4 A5 A6 B1 B2", 6},
		{"half a love seat", "B2", true, "B1 B2", "", "A2 A4 A5 A6", 4},
		{"a seat that is sold", "A2 A3", true, "", "A3", "A2 A4 A5 A6", 4},
		{"a seat that there is not", "Z9 A2", true, "", "Z9", "A2 A4 A5 A6", 4},
		{"on sale what is on sale", "A2 A3", false, "", "", "A2 A4 A5 A6", 4},
		{"the love seat again", "B1", false, "B1 B2", "", "A2 A4 A5 A6 B1 B2", 6},
	} {
		changed, err := s.Catalogue().HoldSeats(by, id, strings.Fields(step.seats), step.hold)
		refusal, refused := errors.AsType[*store.Refusal](err)
		if strings.Join(changed, " ") != step.changed || refused != (step.taken != "") || err != nil && !refused ||
			refused && (refusal.Kind != store.SeatTaken || strings.Join(refusal.Seats, " ") != step.taken) {
			t.Fatalf("%s: %v, %v", step.name, changed, err)
		}
		m, err := s.Catalogue().SeatMap(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		var free []string
		for i, is := range m.Free {
			if is {
				free = append(free, m.Plan.Seats[i].Label)
			}
		}
		sc, _, err := s.Catalogue().Screening(t.Context(), id)
		if err != nil || strings.Join(free, " ") != step.free || sc.Left != step.left {
			t.Fatalf("%s: %d left, free %v, %v", step.name, sc.Left, free, err)
		}
		storetest.Sound(t, s)
	}
	for n, c := range []struct {
		seats string
		kind  store.RefusalKind
	}{{"A1", store.SeatTaken}, {"A7", store.SeatTaken}, {"A6", ""}} {
		b := storetest.Booking(id, storetest.Phone(2+n), 1)
		b.Seats = store.Labels{c.seats}
		_, _, err := s.Tickets().Book(t.Context(), b)
		if refusal, is := errors.AsType[*store.Refusal](err); is != (c.kind != "") || is && refusal.Kind != c.kind {
			t.Errorf("%s: %v", c.seats, err)
		}
	}
	best := storetest.Booking(id, storetest.Phone(9), 5)
	if _, _, err := s.Tickets().Book(t.Context(), best); err != nil { // A2 A4 A5 B1 B2: all that there is
		t.Errorf("best seats: %v", err)
	}
	if sc, _, err := s.Catalogue().Screening(t.Context(), other); err != nil || sc.Left != 7 {
		t.Errorf("another screening of the hall has %d left, %v", sc.Left, err)
	}
	m, err := s.Catalogue().StaffMap(t.Context(), id)
	if err != nil || len(m.Seats) != 9 || m.Seats[0].ForSale || m.Seats[0].Taken || !m.Seats[2].Taken ||
		!m.Seats[5].ForSale {
		t.Errorf("%+v, %v", m.Seats, err)
	}
	log, err := s.Staff().Log(t.Context(), store.LogFilter{Kind: "screening"})
	if err != nil || len(log) != 4 || !slices.ContainsFunc(log, func(e store.LogEntry) bool {
		return e.Action == "screening.hold" && strings.Contains(e.Now, "A1 A7") && e.Who == "Wanjiru"
	}) {
		t.Errorf("%+v, %v", log, err)
	}
	if _, err := s.Catalogue().CancelScreening(t.Context(), id, "The roof leaks."); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Catalogue().HoldSeats(by, id, store.Labels{"A7"}, false); !errors.Is(err, store.ErrCancelled) {
		t.Errorf("a cancelled screening: %v", err)
	}
	if _, err := s.Catalogue().HoldSeats(by, 1, store.Labels{"A7"}, false); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no screening: %v", err)
	}
	storetest.Sound(t, s)
}

// TestHoldAndBook: a seat is held back and booked at once. One of the two has it.
func TestHoldAndBook(t *testing.T) { storetest.Each(t, testHoldAndBook) }

func testHoldAndBook(t *testing.T) {
	s := storetest.New(t)
	for round := range 5 {
		id := storetest.Screening(t, s, 1, 4)
		var held store.Labels
		var booked error
		errs := meet(t, s, "screening", func() error {
			b := storetest.Booking(id, storetest.Phone(round), 1)
			b.Seats = store.Labels{"A1"}
			_, _, booked = s.Tickets().Book(t.Context(), b)
			return nil
		}, func() (err error) {
			held, err = s.Catalogue().HoldSeats(t.Context(), id, store.Labels{"A1"}, true)
			if refusal, is := errors.AsType[*store.Refusal](err); is && refusal.Kind == store.SeatTaken {
				err = nil
			}
			return err
		})
		if err := errors.Join(errs...); err != nil || (booked == nil) == (len(held) == 1) {
			t.Errorf("booked: %v, held: %v, %v", booked, held, err)
		}
		storetest.Sound(t, s)
	}
}
