package main

import (
	"slices"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/seating"
	"cinemasphere/store/storetest"
	"cinemasphere/views/wording"
)

// TestSample: twelve films, three halls of 180 to 260 places, several screenings a film over the next fourteen days, at
// the prices of the cards, and no two films in one hall at once, nor before it is clean.
func TestSample(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	s := storetest.New(t, func(o *store.Options) { o.Now = func() time.Time { return now } })
	if err := seed(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	cleaning := map[store.HallID]int{}
	halls, err := s.Catalogue().Halls(t.Context())
	if err != nil || len(halls) != 3 {
		t.Fatalf("%d halls, %v", len(halls), err)
	}
	for _, h := range halls {
		plan, bad := seating.Parse(h.Plan)
		if bad != nil || plan.ForSale() < 180 || plan.ForSale() > 260 {
			t.Errorf("%s has %d places, %v", h.Name, plan.ForSale(), bad)
		}
		kinds := map[seating.Kind]int{}
		for _, seat := range plan.Seats {
			kinds[seat.Kind]++
		}
		if kinds[seating.Accessible] < 2 || kinds[seating.Companion] < 2 {
			t.Errorf("%s has accessible places and companion seats: %v", h.Name, kinds)
		}
		if len(plan.Zones) != 2 || plan.Zones[1].Name != "VIP" {
			t.Errorf("%s has the zones %v", h.Name, plan.Zones)
		}
		cleaning[h.ID] = h.Cleaning
	}
	cards, err := s.Catalogue().PriceCards(t.Context())
	if err != nil || len(cards.Cards) < 3 {
		t.Fatalf("%d price cards, %v", len(cards.Cards), err)
	}
	for _, card := range cards.Cards {
		for _, ordinary := range card.Prices.Types("") {
			if vip, sold := card.Prices.Of(ordinary.Type, "VIP"); !sold || vip.Cents <= ordinary.Cents {
				t.Errorf("%s: %s costs %d, and %d in VIP", card.Name, ordinary.Name, ordinary.Cents, vip.Cents)
			}
		}
		if n := len(card.Prices.Types("")); n != 3 {
			t.Errorf("%s has %d types", card.Name, n)
		}
	}
	cheapest := map[bool]store.Cents{} // the ordinary price, by whether it is a matinee
	films := programme(t, s)
	if len(films) != 12 {
		t.Errorf("%d films", len(films))
	}
	type slot struct {
		hall store.HallID
		from store.Instant
	}
	ends := map[slot]store.Instant{}
	for _, f := range films {
		inHalls := map[store.HallID]bool{}
		if len(f.Screenings) < 4 || f.Synopsis == "" || f.PosterAlt == "" {
			t.Errorf("%s: %d screenings", f.Title, len(f.Screenings))
		}
		for _, sc := range f.Screenings {
			inHalls[sc.HallID] = true
			busy := sc.Trailers + f.Runtime + cleaning[sc.HallID]
			if sc.Trailers == 0 || cleaning[sc.HallID] == 0 {
				t.Errorf("%s has %d minutes of trailers, its hall %d of cleaning", f.Title, sc.Trailers,
					cleaning[sc.HallID])
			}
			end := sc.StartsAt.Add(time.Duration(busy) * time.Minute)
			priced := slices.ContainsFunc(cards.Cards, func(c store.PriceCard) bool {
				return slices.Equal(c.Prices, sc.Prices)
			})
			matinee := wording.Nairobi(sc.StartsAt).Hour() < 17
			if price := sc.Price(); cheapest[matinee] == 0 || price < cheapest[matinee] {
				cheapest[matinee] = price
			}
			if tuesday := wording.Nairobi(sc.StartsAt).Weekday() == time.Tuesday; !priced ||
				tuesday && !matinee && f.Title == "Barbie" && sc.Price() != 80_000 || matinee && sc.Price() != 90_000 {
				t.Errorf("%s at %s costs %d", f.Title, sc.StartsAt.Time(), sc.Price())
			}
			for other, until := range ends {
				if other.hall == sc.HallID && other.from < end && sc.StartsAt < until {
					t.Errorf("%s at %s overlaps another film", f.Title, sc.StartsAt.Time())
				}
			}
			ends[slot{sc.HallID, sc.StartsAt}] = end
		}
		if len(inHalls) < 2 {
			t.Errorf("%s plays in one hall alone", f.Title)
		}
	}
	if cheapest[true] != 90_000 || cheapest[false] != 80_000 {
		t.Errorf("a matinee costs %d, an evening %d at least", cheapest[true], cheapest[false])
	}
	if err := seed(t.Context(), s); err == nil {
		t.Error("sample data was written twice")
	}
}

// TestDemoStaysAhead: whenever the demo is started again, its screenings reach fourteen days ahead, each only once.
func TestDemoStaysAhead(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	s := storetest.New(t, func(o *store.Options) { o.Now = func() time.Time { return now } })
	if err := seed(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for _, later := range []time.Duration{0, time.Hour, 3 * 24 * time.Hour, 40 * 24 * time.Hour} {
		now = now.Add(later)
		if err := extendProgramme(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		seen := map[[2]int64]bool{}
		var last store.Instant
		n := 0
		for _, f := range programme(t, s) {
			for _, sc := range f.Screenings {
				key := [2]int64{int64(sc.HallID), int64(sc.StartsAt)}
				if seen[key] {
					t.Errorf("two screenings in one hall at %s", sc.StartsAt.Time())
				}
				seen[key] = true
				n++
				last = max(last, sc.StartsAt)
			}
		}
		if ahead := last.Time().Sub(now); ahead < 13*24*time.Hour || n < 80 {
			t.Errorf("%s later: %d screenings, the last in %v", later, n, ahead)
		}
	}
}

func programme(t *testing.T, s *store.Store) []store.Film {
	t.Helper()
	p, err := s.Catalogue().Programme(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p.Films
}
