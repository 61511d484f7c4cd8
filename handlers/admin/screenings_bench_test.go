package admin_test

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"cinemasphere/handlers/admin"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// weekWithin is how long a page of the programme may take.
const weekWithin = 50 * time.Millisecond

// BenchmarkWeek opens the week of a cinema with 1,000 films and 100,000 screenings, three halls of 300 seats and four
// screenings a day of each, partly sold. It fails where a page takes longer than weekWithin.
func BenchmarkWeek(b *testing.B) {
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	st := storetest.New(b, func(o *store.Options) { o.Now = func() time.Time { return now } })
	c := st.Catalogue()
	monday, _ := store.ParseBusinessDay("2026-11-30")
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	var films []store.MovieID
	for n := range 1000 {
		id, err := c.AddMovie(b.Context(), store.Movie{Title: fmt.Sprint("Film ", n), Runtime: 100, AgeRating: "PG"})
		must(err)
		films = append(films, id)
	}
	old, err := c.AddHall(b.Context(), store.Hall{Name: "Old", Plan: "A oo"})
	must(err)
	for chunk := range 100 {
		var past []store.Screening
		for n := range 1000 {
			at := monday.Begins().Add(-time.Duration(chunk*1000+n+200) * 3 * time.Hour)
			past = append(past, store.Screening{
				MovieID: films[n%len(films)], HallID: old, StartsAt: at, SalesCloseAt: at,
				Prices: store.OnePrice(90_000),
			})
		}
		_, err := c.AddScreenings(b.Context(), past)
		must(err)
	}
	card, err := c.SavePriceCard(b.Context(), store.PriceCard{Name: "Normal", Prices: store.OnePrice(90_000)})
	must(err)
	var lines []store.ShowingLine
	var days []store.BusinessDay
	for d := range store.BusinessDay(7) {
		days = append(days, monday+d)
	}
	for n := range 3 {
		hall, err := c.AddHall(b.Context(), store.Hall{Name: fmt.Sprint("Hall ", n), Plan: storetest.Plan(15, 20)})
		must(err)
		times, _ := store.ReadTimes("10:00 13:00 16:00 20:00")
		lines = append(lines, store.ShowingLine{Hall: hall, Movie: films[n], Times: times, Days: days})
	}
	began := time.Now()
	added, err := c.AddShowings(b.Context(), store.ShowingKind{Trailers: 15, Card: card}, lines)
	must(err)
	planned := time.Since(began)
	_, err = c.PublishShowings(b.Context(), monday, monday+7)
	must(err)
	all, err := c.Showings(b.Context(), monday, monday+7)
	must(err)
	if added.Added != 84 || len(all) != 84 {
		b.Fatalf("%d screenings", len(all))
	}
	phone := 0
	for _, sh := range all {
		for range 5 {
			phone++
			_, _, err := st.Tickets().Book(b.Context(), storetest.Booking(sh.ID, storetest.Phone(phone), 10))
			must(err)
		}
	}
	a := admin.New(admin.Config{Store: st, Now: func() time.Time { return now }})
	took, pages := time.Duration(0), 0
	for b.Loop() {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/admin/screenings?week=2026-11-30", nil)
		began := time.Now()
		must(a.WeekPage(w, r))
		took, pages = took+time.Since(began), pages+1
		if w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
	b.ReportMetric(float64(planned.Milliseconds()), "ms/week-added")
	if each := took / time.Duration(pages); each > weekWithin {
		b.Errorf("the week takes %s, and may take %s", each, weekWithin)
	}
}
