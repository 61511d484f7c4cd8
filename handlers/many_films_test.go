package handlers_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"cinemasphere/store"
)

// TestManyFilms: with 1,000 films and 100,000 screenings, nearly all of them over, each list answers within 50 ms.
func TestManyFilms(t *testing.T) {
	count, each := 1000, 100
	if testing.Short() {
		count, each = 100, 10
	}
	o := open(t)
	st := o.store.Catalogue()
	hall, err := st.AddHall(t.Context(), store.Hall{Name: "One", Plan: "A o"})
	if err != nil {
		t.Fatal(err)
	}
	var lines []store.MovieLine
	for i := range count {
		lines = append(lines, store.MovieLine{Line: i, Typed: map[string]string{
			"title": fmt.Sprintf("Film %04d", i), "runtime": "90", "rating": []string{"GE", "PG", "16", "18"}[i%4],
			"genre": []string{"Drama", "Action", "Comedy"}[i%3], "language": []string{"English", "Kiswahili"}[i%2],
			"synopsis": "Somebody wants something and meets somebody, who wants something else.",
		}})
	}
	if r, err := st.ImportMovies(t.Context(), lines, false); err != nil || r.Added != count {
		t.Fatalf("%+v, %v", r, err)
	}
	films, _, err := st.Movies(t.Context(), store.MovieFilter{})
	if err != nil {
		t.Fatal(err)
	}
	now := o.store.Now()
	for part := range slices.Chunk(films, 100) { // each film twice to come, and before that in the past
		var screenings []store.Screening
		for i, f := range part {
			for n := range each {
				at := now.Add(time.Duration(n-each+2)*24*time.Hour + time.Duration(i+1)*time.Minute)
				screenings = append(screenings, store.Screening{
					MovieID: f.ID, HallID: hall, StartsAt: at, SalesCloseAt: at, Prices: store.OnePrice(100),
				})
			}
		}
		if _, err := st.AddScreenings(t.Context(), screenings); err != nil {
			t.Fatal(err)
		}
	}
	m := o.staffed(store.RoleManager)
	for _, path := range []string{
		"/admin/films", "/admin/films?page=20", "/admin/films?q=film+09&state=all", "/admin/films?rating=16",
		"/", "/?genre=Drama", "/?q=0050", "/?language=Kiswahili&rating=PG&page=2", "/films?genre=Comedy",
		fmt.Sprintf("/movies/%d", films[50].ID), "/posters/drawn/" + fmt.Sprint(int64(films[7].ID)) + "/x.svg",
	} {
		var took []time.Duration
		for range 5 {
			began := time.Now()
			w := o.get(path)
			if len(path) > 6 && path[:6] == "/admin" {
				w = m.get(path)
			}
			took = append(took, time.Since(began))
			if w.Code != 200 {
				t.Fatalf("%s: %d", path, w.Code)
			}
			if n := w.Body.Len(); n > 200_000 {
				t.Errorf("%s: %d bytes", path, n)
			}
		}
		slices.Sort(took)
		t.Logf("%-45s %v to %v", path, took[0].Round(time.Microsecond), took[4].Round(time.Microsecond))
		if took[0] > 50*time.Millisecond {
			t.Errorf("%s takes %v", path, took[0])
		}
	}
}
