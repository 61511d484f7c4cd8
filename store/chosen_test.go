package store_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// priced is a hall of 4 × 6 with VIP seats in its last row, two places for wheelchairs behind, and twoZones' prices.
func priced(t *testing.T, s *store.Store) store.ScreeningID {
	t.Helper()
	hall := storetest.Hall(t, s, "zone v = VIP\nA ooo_oxh\nB LLo_ooo\nC ooo_ooo\nD vvv_vvv\nE wc_wc")
	id := storetest.Screening(t, s, 4, 6, func(sc *store.Screening) { sc.HallID, sc.Prices = hall, twoZones() })
	return id
}

// TestBookTypes: what a booking by price types, in a zone or on chosen seats, gets and costs, or why it is refused.
func TestBookTypes(t *testing.T) { storetest.Each(t, testBookTypes) }

func testBookTypes(t *testing.T) {
	type want = []store.TypeCount
	for _, c := range []struct {
		name    string
		book    store.NewBooking
		total   store.Shillings
		seats   []string // nil is not compared
		kind    store.RefusalKind
		taken   store.Labels
		missing store.Labels
		before  store.Labels // seats that somebody else has
	}{
		{name: "types", book: store.NewBooking{Quantity: 3, Types: want{{adult, 2}, {child, 1}}}, total: 2300},
		{name: "a zone", book: store.NewBooking{Quantity: 2, Types: want{{adult, 2}}, Zone: "VIP"}, total: 3000,
			seats: []string{"D2", "D3"}},
		{name: "chosen", book: store.NewBooking{Quantity: 2, Types: want{{adult, 2}}, Seats: store.Labels{"A1", "C5"}},
			total: 1800, seats: []string{"A1", "C5"}},
		{name: "chosen, over two zones",
			book:  store.NewBooking{Quantity: 2, Types: want{{adult, 1}, {child, 1}}, Seats: store.Labels{"D1", "C5"}},
			total: 2000, seats: []string{"C5", "D1"}},
		{name: "chosen, without types", book: store.NewBooking{Quantity: 1, Seats: store.Labels{"D1"}}, total: 1500,
			seats: []string{"D1"}},
		{name: "more of a zone than it has", book: store.NewBooking{Quantity: 7, Types: want{{adult, 7}}, Zone: "VIP"},
			kind: store.SoldOut},
		{name: "a type that the zone lacks", book: store.NewBooking{
			Quantity: 1, Types: want{{student, 1}}, Zone: "VIP",
		},
			kind: store.NotPriced},
		{name: "a zone that is not there", book: store.NewBooking{Quantity: 1, Types: want{{adult, 1}}, Zone: "Box"},
			kind: store.NotPriced},
		{
			name: "a type that is not there", book: store.NewBooking{Quantity: 1, Types: want{{77, 1}}},
			kind: store.NotPriced,
		},
		{name: "other counts", book: store.NewBooking{Quantity: 3, Types: want{{adult, 2}}}, kind: store.NotPriced},
		{name: "fewer seats", book: store.NewBooking{Quantity: 2, Types: want{{adult, 2}}, Seats: store.Labels{"A1"}},
			kind: store.NotPriced},
		{name: "one seat twice",
			book: store.NewBooking{Quantity: 2, Types: want{{adult, 2}}, Seats: store.Labels{"A1", "A1"}},
			kind: store.NotPriced},
		{name: "a seat that is not there", book: store.NewBooking{Quantity: 1, Seats: store.Labels{"Z9"}},
			kind: store.SeatTaken, taken: store.Labels{"Z9"}, missing: store.Labels{"Z9"}},
		{name: "two seats that are not there, and a taken one", before: store.Labels{"A2"},
			book: store.NewBooking{Quantity: 4, Seats: store.Labels{"Z9", "A1", "A2", "Z8"}},
			kind: store.SeatTaken, taken: store.Labels{"Z9", "A2", "Z8"}, missing: store.Labels{"Z9", "Z8"}},
		{name: "a seat that the cinema keeps, and a broken one",
			book: store.NewBooking{Quantity: 2, Seats: store.Labels{"A6", "A5"}},
			kind: store.SeatTaken, taken: store.Labels{"A5", "A6"}},
		{name: "half a love seat", book: store.NewBooking{Quantity: 2, Seats: store.Labels{"B1", "B3"}},
			kind: store.HalfLoveSeat, taken: store.Labels{"B2"}},
		{name: "a love seat", book: store.NewBooking{Quantity: 2, Seats: store.Labels{"B2", "B1"}}, total: 1800,
			seats: []string{"B1", "B2"}},
		{name: "a companion seat alone", book: store.NewBooking{Quantity: 2, Seats: store.Labels{"E2", "A1"}},
			kind: store.CompanionOnly, taken: store.Labels{"E1"}},
		{name: "a companion seat beside another's place",
			book: store.NewBooking{Quantity: 2, Seats: store.Labels{"E1", "E4"}},
			kind: store.CompanionOnly, taken: store.Labels{"E3"}},
		{name: "a companion seat with its place",
			book:  store.NewBooking{Quantity: 2, Seats: store.Labels{"E2", "E1"}},
			total: 1800, seats: []string{"E1", "E2"}},
		{name: "a companion seat whose place is taken", before: store.Labels{"E1"},
			book: store.NewBooking{Quantity: 1, Seats: store.Labels{"E2"}}, total: 900, seats: []string{"E2"}},
		{name: "a seat that is taken", before: store.Labels{"A2", "A3"},
			book: store.NewBooking{Quantity: 3, Seats: store.Labels{"A1", "A2", "A3"}},
			kind: store.SeatTaken, taken: store.Labels{"A2", "A3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := storetest.New(t)
			id := priced(t, s)
			if c.before != nil {
				other := storetest.Booking(id, storetest.Phone(9), len(c.before))
				other.Seats = c.before
				if _, _, err := s.Tickets().Book(t.Context(), other); err != nil {
					t.Fatal(err)
				}
			}
			b := storetest.Booking(id, storetest.Phone(1), c.book.Quantity)
			b.Types, b.Zone, b.Seats = c.book.Types, c.book.Zone, c.book.Seats
			sent, _, err := s.Tickets().Book(t.Context(), b)
			if c.kind != "" {
				refusal, is := errors.AsType[*store.Refusal](err)
				if !is || refusal.Kind != c.kind || c.taken != nil && !slices.Equal(refusal.Seats, c.taken) ||
					!slices.Equal(refusal.Missing, c.missing) {
					t.Fatalf("%+v, %v, want %s %v", refusal, err, c.kind, c.taken)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			tk, err := s.Tickets().TicketBySecret(t.Context(), sent.Secret)
			if err != nil || sent.Amount != c.total || tk.Total != c.total || tk.Lines.Total() != c.total ||
				tk.Lines.Count() != tk.Quantity || tk.Chosen != (c.book.Seats != nil) {
				t.Errorf("%d %+v, %v, want %d", sent.Amount, tk, err, c.total)
			}
			if c.seats != nil && !slices.Equal(tk.Seats, c.seats) {
				t.Errorf("%v, want %v", tk.Seats, c.seats)
			}
			storetest.Sound(t, s)
		})
	}
}

// TestOneSeatTwoBrowsers: of many who want one seat at once, one gets it, and the others no other.
func TestOneSeatTwoBrowsers(t *testing.T) { storetest.Each(t, testOneSeatTwoBrowsers) }

func testOneSeatTwoBrowsers(t *testing.T) {
	s := storetest.New(t)
	id := storetest.Screening(t, s, 4, 6)
	var all sync.WaitGroup
	got := make([]error, 12)
	for i := range got {
		all.Go(func() {
			b := storetest.Booking(id, storetest.Phone(i), 2)
			b.Seats = store.Labels{"B3", "B4"}
			if i%2 == 1 {
				b.Seats = store.Labels{"B4", "B5"}
			}
			_, _, got[i] = s.Tickets().Book(t.Context(), b)
		})
	}
	all.Wait()
	booked := 0
	for _, err := range got {
		refusal, is := errors.AsType[*store.Refusal](err)
		switch {
		case err == nil:
			booked++
		case !is || refusal.Kind != store.SeatTaken || len(refusal.Seats) == 0:
			t.Errorf("%+v, %v", refusal, err)
		}
	}
	if booked != 1 {
		t.Errorf("%d bookings have the seat", booked)
	}
	storetest.Sound(t, s)
}

// TestChosenSeatsOrNone: late money gets the seats that the customer chose, or is due back. Best seats may be others,
// of the zone that was paid for.
func TestChosenSeatsOrNone(t *testing.T) { storetest.Each(t, testChosenSeatsOrNone) }

func testChosenSeatsOrNone(t *testing.T) {
	for _, c := range []struct {
		name        string
		zone        string
		chosen      bool
		taken       int // of the first six seats of the row, by others once the hold has ended
		status      store.Status
		moved, back bool
	}{
		{"chosen, still free", "", true, 0, store.Paid, false, false},
		{"chosen, one taken", "", true, 1, store.Failed, false, true},
		{"best of the zone, two taken", "VIP", false, 2, store.Paid, true, false},
		{"best of the zone, too few left", "VIP", false, 5, store.Failed, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := newClock()
			s := storetest.New(t, clock.option)
			id := priced(t, s)
			b := storetest.Booking(id, storetest.Phone(1), 2)
			b.Types, b.Zone = []store.TypeCount{{Type: adult, N: 2}}, c.zone
			if c.chosen {
				b.Seats = store.Labels{"D3", "D4"}
			}
			sent, _, err := s.Tickets().Book(t.Context(), b)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Tickets().RecordAnswer(t.Context(), sent, store.Answer{
				CheckoutRequestID: "ws_CO_1",
			}); err != nil {
				t.Fatal(err)
			}
			clock.add(20 * time.Minute)
			if _, err := s.Tickets().EndHolds(t.Context()); err != nil {
				t.Fatal(err)
			}
			for n, label := range []string{"D3", "D4", "D2", "D5", "D1"}[:c.taken] {
				other := storetest.Booking(id, storetest.Phone(10+n), 1)
				other.Seats = store.Labels{label}
				if _, _, err := s.Tickets().Book(t.Context(), other); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.Money().ApplyQuery(t.Context(), sent.PushID, store.Verdict{
				Class: store.Success, LearntBy: "query", CheckoutRequestID: "ws_CO_1", Code: "0",
			}); err != nil {
				t.Fatal(err)
			}
			tk, err := s.Tickets().TicketBySecret(t.Context(), sent.Secret)
			if err != nil || tk.Status != c.status || tk.SeatsMoved != c.moved || (tk.RefundDue > 0) != c.back {
				t.Errorf("%+v, %v", tk, err)
			}
			storetest.Sound(t, s)
		})
	}
}
