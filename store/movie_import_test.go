package store_test

import (
	"fmt"
	"slices"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestImportMovies: what an import of these lines does to the films that there are.
func TestImportMovies(t *testing.T) { storetest.Each(t, testImportMovies) }

func testImportMovies(t *testing.T) {
	st := storetest.New(t)
	s := st.Catalogue()
	add := func(title string) string {
		t.Helper()
		id, err := s.AddMovie(t.Context(), store.Movie{Title: title, Runtime: 90, AgeRating: "PG", Genre: "Drama"})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(int64(id))
	}
	rafiki := add("Rafiki")
	add("Twice")
	add("twice")
	type line = map[string]string
	for name, tt := range map[string]struct {
		lines                []line
		added, changed, same int
		faults               []string // line, column, fault
	}{
		"nothing":          {nil, 0, 0, 0, nil},
		"new":              {[]line{{"title": "New", "runtime": "80", "rating": "GE"}}, 1, 0, 0, nil},
		"by title":         {[]line{{"title": "RAFIKI ", "runtime": "91"}}, 0, 1, 0, nil},
		"by id":            {[]line{{"id": rafiki, "title": "Renamed"}}, 0, 1, 0, nil},
		"as it is":         {[]line{{"title": "Rafiki", "genre": "Drama"}}, 0, 0, 1, nil},
		"unknown id":       {[]line{{"id": "7", "title": "x"}}, 0, 0, 0, []string{"2 id id_unknown"}},
		"no id":            {[]line{{"id": "=1+1", "title": "x"}}, 0, 0, 0, []string{"2 id id_unreadable"}},
		"by f and id":      {[]line{{"id": "f" + rafiki, "title": "Renamed"}}, 0, 1, 0, nil},
		"by F and id":      {[]line{{"id": " F" + rafiki, "title": "Rafiki"}}, 0, 0, 1, nil},
		"by a spreadsheet": {[]line{{"id": "3.47911E+15", "title": "x"}}, 0, 0, 0, []string{"2 id id_unreadable"}},
		"f alone":          {[]line{{"id": "f", "title": "x"}}, 0, 0, 0, []string{"2 id id_unreadable"}},
		"f unknown":        {[]line{{"id": "f7", "title": "x"}}, 0, 0, 0, []string{"2 id id_unknown"}},
		"which of two":     {[]line{{"title": "Twice"}}, 0, 0, 0, []string{"2 title title_twice"}},
		"one film, two rows": {[]line{{"title": "Rafiki"},
			{"id": rafiki, "title": "R"}}, 0, 0, 1, []string{"3  line_twice"}},
		"one new, two rows": {
			[]line{{"title": "N", "runtime": "1", "rating": "GE"}, {"title": "n", "runtime": "1", "rating": "GE"}},
			1, 0, 0, []string{"3  line_twice"},
		},
		"mistakes": {
			[]line{{"title": "", "runtime": "0", "rating": "X"},
				{"title": "Ok", "runtime": "1", "rating": "GE"}}, 1, 0, 0,
			[]string{"2 rating rating_unknown", "2 runtime number_wrong", "2 title text_missing"},
		},
		"incomplete": {
			[]line{{"title": "Bare"}}, 0, 0, 0, []string{"2 rating text_missing", "2 runtime number_wrong"},
		},
		"formula": {[]line{{"title": "=1+1", "runtime": "=1+1", "rating": "GE"}}, 0, 0, 0,
			[]string{"2 runtime number_wrong"}},
	} {
		var lines []store.MovieLine
		for i, typed := range tt.lines {
			lines = append(lines, store.MovieLine{Line: i + 2, Typed: typed})
		}
		r, err := s.ImportMovies(t.Context(), lines, true)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var faults []string
		for _, f := range r.Faults {
			faults = append(faults, fmt.Sprint(f.Line, " ", f.Field, " ", f.Fault.Kind))
		}
		if r.Added != tt.added || r.Changed != tt.changed || r.Same != tt.same || !slices.Equal(faults, tt.faults) {
			t.Errorf("%s: %+v, faults %q", name, r, faults)
		}
		if len(r.Faults) > 0 { // then nothing is written in earnest either
			if _, err := s.ImportMovies(t.Context(), lines, false); err != nil {
				t.Errorf("%s in earnest: %v", name, err)
			}
		}
	}
	if n, err := s.CountMovies(t.Context()); err != nil || n != 3 {
		t.Errorf("%d films after dry runs and mistakes, %v", n, err)
	}
	lines := []store.MovieLine{
		{Line: 2, Typed: line{"title": "Rafiki", "runtime": "91"}},
		{Line: 3, Typed: line{"title": "New", "runtime": "80", "rating": "GE"}},
	}
	for _, want := range []store.MovieImport{{Added: 1, Changed: 1}, {Same: 2}} { // the second time nothing changes
		r, err := s.ImportMovies(t.Context(), lines, false)
		if want.Added > 0 && fmt.Sprint(r.Rows) != "[{2 Rafiki false [runtime]} {3 New true []}]" ||
			want.Added == 0 && len(r.Rows) > 0 {
			t.Errorf("rows %v", r.Rows)
		}
		if err != nil || r.Added != want.Added || r.Changed != want.Changed || r.Same != want.Same {
			t.Errorf("%+v, want %+v, %v", r, want, err)
		}
	}
	films, _, err := s.Movies(t.Context(), store.MovieFilter{Search: "rafiki"})
	if err != nil || len(films) != 1 || films[0].Runtime != 91 || films[0].Genre != "Drama" || films[0].Version != 2 {
		t.Errorf("%+v, %v", films, err)
	}
}
