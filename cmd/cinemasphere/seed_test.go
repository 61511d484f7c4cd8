package main

import (
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/seating"
	"cinemasphere/store/storetest"
)

// TestSample: twelve films, three halls of 180 to 260 places, several screenings a film over the next fourteen days,
// and no two films in one hall at once.
func TestSample(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	s := storetest.New(t, func(o *store.Options) { o.Now = func() time.Time { return now } })
	if err := seed(t.Context(), s); err != nil {
		t.Fatal(err)
	}
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
		if vip := len(plan.Zones) == 2 && plan.Zones[1].Name == "VIP"; vip != (h.Name == "Screen 1") {
			t.Errorf("%s has the zones %v", h.Name, plan.Zones)
		}
	}
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
			end := sc.StartsAt.Add(time.Duration(f.Runtime) * time.Minute)
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
