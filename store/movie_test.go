package store_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/poster"
	"cinemasphere/store/storetest"
)

// goodMovie is a film that may be written, as its form is typed.
func goodMovie() map[string]string {
	return map[string]string{
		"title": "Supa Modo", "short_title": "Supa Modo", "synopsis": "A girl who wants to be a hero.", "runtime": "74",
		"trailers": "12", "trailer_link": "https://video.example/supa", "rating": "GE", "rating_reason": "mild themes",
		"certificate": "KFCB/2026/0117", "genre": "Drama", "format": "2D", "language": "Kiswahili",
		"subtitles": "English", "no_free_list": "yes", "distributor": "Crimson Multimedia", "opens_on": "2026-12-04",
		"last_on": "2026-12-24",
	}
}

// TestReadMovie: what may be typed into each field of a film's form, and what becomes of it.
func TestReadMovie(t *testing.T) {
	long := func(n int) string { return strings.Repeat("é", n) }
	for _, tt := range []struct {
		field, typed string
		fault        store.FaultKind // "" is taken
		want         string          // as the form shows it again; "" is as typed
	}{
		{"title", "", store.TextMissing, ""}, {"title", " \t ", store.TextMissing, ""},
		{"title", "\u200b\u200d", store.TextUnprintable, ""}, {"title", long(200), "", ""},
		{"title", long(201), store.TextTooLong, ""}, {"title", "a\x00b", store.TextUnprintable, ""},
		{"title", "a\xffb", store.TextUnprintable, ""}, {"title", "  Two   words ", "", "Two words"},
		{"title", "8½", "", ""}, {"title", "千と千尋の神隠し", "", ""}, {"title", "<script>alert(1)</script>", "", ""},
		{"title", "\u202eevil", store.TextUnprintable, ""}, {"title", "a\nb", "", "a b"},
		{"short_title", "", "", ""}, {"short_title", long(12), "", ""},
		{"short_title", long(13), store.TextTooLong, ""},
		{"synopsis", "one\r\ntwo", "", "one\ntwo"}, {"synopsis", long(4001), store.TextTooLong, ""},
		{"synopsis", "a\x07b", store.TextUnprintable, ""},
		{"runtime", "1", "", ""}, {"runtime", "600", "", ""}, {"runtime", "601", store.NumberWrong, ""},
		{"runtime", "0", store.NumberWrong, ""}, {"runtime", "-1", store.NumberWrong, ""},
		{"runtime", "", store.TextMissing, ""}, {"runtime", "1.5", store.NumberWrong, ""},
		{"runtime", "1e2", store.NumberWrong, ""}, {"runtime", "2 h", store.NumberWrong, ""},
		{"runtime", "99999999999999999999", store.NumberWrong, ""}, {"runtime", " 90 ", "", "90"},
		{"trailers", "", "", "0"}, {"trailers", "120", "", ""}, {"trailers", "121", store.NumberWrong, ""},
		{"trailers", "-5", store.NumberWrong, ""}, {"trailers", "ten", store.NumberWrong, ""},
		{"trailer_link", "", "", ""}, {"trailer_link", "http://video.example/?v=1", "", ""},
		{"trailer_link", "javascript:alert(1)", store.LinkWrong, ""},
		{"trailer_link", "data:text/html,x", store.LinkWrong, ""},
		{"trailer_link", "video.example", store.LinkWrong, ""},
		{"trailer_link", "//video.example", store.LinkWrong, ""},
		{"trailer_link", "https://me:pw@video.example", store.LinkWrong, ""},
		{"trailer_link", "https://", store.LinkWrong, ""}, {"trailer_link", "https://a b", store.LinkWrong, ""},
		{"rating", "", store.TextMissing, ""}, {"rating", "PG", "", ""},
		{"genre", long(41), store.TextTooLong, ""}, {"language", long(61), store.TextTooLong, ""},
		{"no_free_list", " YES ", "", "yes"}, {"no_free_list", "", "", ""},
		{"no_free_list", "maybe", store.YesOrNo, ""}, {"no_free_list", "1", store.YesOrNo, ""},
		{"opens_on", "", "", ""}, {"opens_on", "2026-13-01", store.DayWrong, ""},
		{"opens_on", "2026-02-30", store.DayWrong, ""}, {"opens_on", "tomorrow", store.DayWrong, ""},
		{"opens_on", "1/12/2026", "", "2026-12-01"}, {"opens_on", "31.11.2026", store.DayWrong, ""},
		{"opens_on", "0000-00-00", store.DayWrong, ""}, {"last_on", "2026-12-03", store.DayOrder, ""},
		{"last_on", "2026-12-04", "", ""}, {"last_on", "9999-01-01", store.DayWrong, ""},
	} {
		typed := goodMovie()
		typed[tt.field] = tt.typed
		m, faults := store.ReadMovie(store.Movie{}, typed)
		switch {
		case tt.fault == "" && len(faults) > 0, tt.fault != "" && faults[tt.field].Kind != tt.fault, len(faults) > 1:
			t.Errorf("%s %.30q: %v, want %q", tt.field, tt.typed, faults, tt.fault)
		case tt.fault == "":
			want := tt.want
			if want == "" {
				want = tt.typed
			}
			if tt.want == "" && strings.TrimSpace(tt.typed) == "" {
				want = m.Typed()[tt.field]
			}
			if got := m.Typed()[tt.field]; got != want {
				t.Errorf("%s %.30q became %.30q, want %.30q", tt.field, tt.typed, got, want)
			}
		}
	}
	base := store.Movie{Title: "Kept", Genre: "Kept too"}
	if m, _ := store.ReadMovie(base, map[string]string{"title": "New"}); m.Title != "New" || m.Genre != "Kept too" {
		t.Errorf("a field that is not there: %+v", m)
	}
	forbids := store.Movie{NoFreeList: true}
	if m, _ := store.ReadMovie(forbids, map[string]string{"no_free_list": "No"}); m.NoFreeList {
		t.Errorf("no is read as yes: %+v", m)
	}
	if names := store.MovieFields(); len(names) < 17 || len(goodMovie())+1 != len(names) { // all but poster_alt
		t.Errorf("fields: %v", names)
	}
}

// TestMovies: add, read, edit, archive, restore, duplicate.
func TestMovies(t *testing.T) { storetest.Each(t, testMovies) }

func testMovies(t *testing.T) {
	clock := newClock()
	s := storetest.New(t, clock.option).Catalogue()
	first, faults := store.ReadMovie(store.Movie{}, goodMovie())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	id, err := s.AddMovie(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Movie(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if m.Version != 1 || m.Slug != "supa-modo" || m.RatingName != "General exhibition" || m.MinimumAge != 0 ||
		!maps.Equal(m.Typed(), first.Typed()) {
		t.Errorf("read back: %+v", m)
	}
	for want, change := range map[string]func(*store.Movie){
		"rating": func(m *store.Movie) { m.AgeRating = "X" }, "title": func(m *store.Movie) { m.Title = "" },
		"runtime": func(m *store.Movie) { m.Runtime = 0 }, "last_on": func(m *store.Movie) { m.LastOn = "soon" },
		"short_title": func(m *store.Movie) { m.ShortTitle = "thirteen long" },
	} {
		bad := m
		change(&bad)
		var faults store.Faults
		_, err := s.AddMovie(t.Context(), bad)
		if !errors.As(err, &faults) || len(faults) != 1 || faults[want].Kind == "" {
			t.Errorf("added with a wrong %s: %v", want, err)
		}
		if _, _, err := s.EditMovie(t.Context(), bad); !errors.As(err, &faults) || faults[want].Kind == "" {
			t.Errorf("edited to a wrong %s: %v", want, err)
		}
	}

	clock.add(1000)
	edited := m
	edited.Runtime, edited.AgeRating, edited.RatingReason = 95, "16", "violence"
	before, after, err := s.EditMovie(t.Context(), edited)
	if err != nil || before.Runtime != 74 || after.Runtime != 95 || after.Version != 2 || after.MinimumAge != 16 ||
		after.Slug != m.Slug {
		t.Fatalf("edited: %+v, %v", after, err)
	}
	same, again, err := s.EditMovie(t.Context(), after)
	if err != nil || again != same || again.Version != 2 {
		t.Errorf("the same again: %+v, %v", again, err)
	}
	late := m // the form was opened at version 1
	late.Title = "Supa Modo!"
	var stale *store.StaleMovie
	if _, _, err := s.EditMovie(t.Context(), late); !errors.As(err, &stale) || stale.Current.Runtime != 95 ||
		!slices.Equal(slices.Sorted(slices.Values(stale.Changed)), []string{"rating", "rating_reason", "runtime"}) {
		t.Fatalf("a stale edit: %v", err)
	}
	late.Version = stale.Current.Version
	if _, after, err = s.EditMovie(t.Context(), late); err != nil || after.Title != "Supa Modo!" || after.Version != 3 {
		t.Errorf("once it was read: %+v, %v", after, err)
	}
	late.Version = 2
	_, _, err = s.EditMovie(t.Context(), late)
	if !errors.As(err, &stale) || slices.Contains(stale.Changed, "certificate") ||
		!slices.Contains(stale.Changed, "title") || !slices.Contains(stale.Changed, "runtime") {
		t.Errorf("stale by one: %v", err)
	}
	if _, _, err := s.EditMovie(t.Context(), store.Movie{ID: 4, Title: "x"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such film: %v", err)
	}

	copied, err := s.DuplicateMovie(t.Context(), id, "")
	if err != nil || copied.ID == id || copied.Slug != "supa-modo-2" || copied.Title != after.Title ||
		copied.Version != 1 {
		t.Errorf("a copy: %+v, %v", copied, err)
	}
	for range 2 { // the second finds what the first has made
		twice, err := s.DuplicateMovie(t.Context(), id, "a form")
		if err != nil || twice.Slug != "supa-modo-3" {
			t.Errorf("copied by one form: %+v, %v", twice, err)
		}
	}
	once, err := s.AddMovieOnce(t.Context(), "another form", first)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.AddMovieOnce(t.Context(), "another form", first); err != nil || again != once {
		t.Errorf("added by one form: %d and %d, %v", once, again, err)
	}
	for range 2 { // the second changes nothing
		if _, after, err = s.ArchiveMovie(t.Context(), id); err != nil || !after.Archived() || after.Version != 4 {
			t.Errorf("archived: %+v, %v", after, err)
		}
	}
	for range 2 {
		if _, after, err = s.RestoreMovie(t.Context(), id); err != nil || after.Archived() || after.Version != 5 {
			t.Errorf("restored: %+v, %v", after, err)
		}
	}
	if _, _, err := s.ArchiveMovie(t.Context(), 4); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such film: %v", err)
	}
}

// TestSlugs: films may have one title, or one in other letters.
func TestSlugs(t *testing.T) { storetest.Each(t, testSlugs) }

func testSlugs(t *testing.T) {
	s := storetest.New(t).Catalogue()
	for _, tt := range []struct{ title, want string }{
		{"Dune", "dune"}, {"Dune", "dune-2"}, {"DUNE!", "dune-3"}, {"Dune 2", "dune-2-2"}, {"千と千尋", "film"},
		{"Пустыня", "film-2"}, {"100%", "100"}, {"a_b", "a-b"},
	} {
		id, err := s.AddMovie(t.Context(), store.Movie{Title: tt.title, Runtime: 90, AgeRating: "GE"})
		if err != nil {
			t.Fatalf("%s: %v", tt.title, err)
		}
		if m, err := s.Movie(t.Context(), id); err != nil || m.Slug != tt.want {
			t.Errorf("%s: %s, want %s, %v", tt.title, m.Slug, tt.want, err)
		}
	}
}

// TestArchiveWaitsForScreenings: a film that customers hold tickets for is not taken off the pages.
func TestArchiveWaitsForScreenings(t *testing.T) { storetest.Each(t, testArchiveWaits) }

func testArchiveWaits(t *testing.T) {
	s := storetest.New(t)
	screening := storetest.Screening(t, s, 2, 2)
	_, m, err := s.Catalogue().Screening(t.Context(), screening)
	if err != nil {
		t.Fatal(err)
	}
	var refused *store.Refusal
	if _, _, err := s.Catalogue().ArchiveMovie(t.Context(), m.ID); !errors.As(err, &refused) ||
		refused.Kind != store.MovieHasScreenings || refused.Left != 1 {
		t.Errorf("with a screening to come: %v", err)
	}
	if _, err := s.Catalogue().CancelScreening(t.Context(), screening, "No power."); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Catalogue().ArchiveMovie(t.Context(), m.ID); err != nil {
		t.Error(err)
	}
	p, err := s.Catalogue().Programme(t.Context())
	if err != nil || len(p.Films) != 0 {
		t.Errorf("an archived film is on: %+v, %v", p, err)
	}
}

// TestMovieList: search, filters and pages.
func TestMovieList(t *testing.T) { storetest.Each(t, testMovieList) }

func testMovieList(t *testing.T) {
	s := storetest.New(t).Catalogue()
	add := func(title, short, distributor, rating string) store.MovieID {
		t.Helper()
		id, err := s.AddMovie(t.Context(), store.Movie{
			Title: title, ShortTitle: short, Distributor: distributor, Runtime: 90, AgeRating: rating,
		})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	add("Nairobi Half Life", "Half Life", "Century", "16")
	add("amélie", "", "", "PG")
	add("100% Wolf", "Wolf", "Crimson", "GE")
	old := add("Rafiki", "", "Century", "18")
	add("Żółć_!", "", "", "18")
	if _, _, err := s.ArchiveMovie(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		filter store.MovieFilter
		want   []string
		all    int
	}{
		{store.MovieFilter{}, []string{"100% Wolf", "amélie", "Nairobi Half Life", "Żółć_!"}, 4},
		{store.MovieFilter{State: store.MoviesArchived}, []string{"Rafiki"}, 1},
		{store.MovieFilter{State: store.MoviesAll, Rating: "18"}, []string{"Rafiki", "Żółć_!"}, 2},
		{store.MovieFilter{Search: "AMELIE"}, []string{"amélie"}, 1},
		{store.MovieFilter{Search: "life nairobi"}, []string{"Nairobi Half Life"}, 1},
		{store.MovieFilter{Search: "century", State: store.MoviesAll}, []string{"Nairobi Half Life", "Rafiki"}, 2},
		{store.MovieFilter{Search: "%"}, []string{"100% Wolf"}, 1},
		{store.MovieFilter{Search: "_"}, []string{"Żółć_!"}, 1},
		{store.MovieFilter{Search: "!"}, []string{"Żółć_!"}, 1},
		{store.MovieFilter{Search: "zo"}, []string{"Żółć_!"}, 1},
		{store.MovieFilter{Search: "' OR 1=1 --"}, nil, 0},
		{store.MovieFilter{Search: "wo\xfflf\x00"}, []string{"100% Wolf"}, 1},
		{store.MovieFilter{Page: 2, Size: 2}, []string{"Nairobi Half Life", "Żółć_!"}, 4},
		{store.MovieFilter{Page: 9, Size: 2}, nil, 4},
	} {
		films, all, err := s.Movies(t.Context(), tt.filter)
		if err != nil {
			t.Errorf("%+v: %v", tt.filter, err)
			continue
		}
		var titles []string
		for _, f := range films {
			titles = append(titles, f.Title)
		}
		if !slices.Equal(titles, tt.want) || all != tt.all {
			t.Errorf("%+v: %q of %d, want %q of %d", tt.filter, titles, all, tt.want, tt.all)
		}
	}
}

// TestMovieListTellsWhatIsComing: how many screenings, and when the next one starts.
func TestMovieListTellsWhatIsComing(t *testing.T) { storetest.Each(t, testMovieListComing) }

func testMovieListComing(t *testing.T) {
	s := storetest.New(t)
	sc, m, err := s.Catalogue().Screening(t.Context(), storetest.Screening(t, s, 1, 1))
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range []store.Instant{sc.StartsAt + 1, s.Now() - 1} {
		other := store.Screening{
			MovieID: m.ID, HallID: sc.HallID, StartsAt: at, SalesCloseAt: at, Prices: store.OnePrice(1),
		}
		if _, err := s.Catalogue().AddScreening(t.Context(), other); err != nil {
			t.Fatal(i, err)
		}
	}
	films, all, err := s.Catalogue().Movies(t.Context(), store.MovieFilter{Size: 10})
	if err != nil || all != 1 || films[0].Coming != 2 || films[0].NextAt != sc.StartsAt {
		t.Errorf("%+v of %d, %v", films, all, err)
	}
}

// TestRatings: the list is the board's from the start, and may be changed but for what films have.
func TestRatings(t *testing.T) { storetest.Each(t, testRatings) }

func testRatings(t *testing.T) {
	s := storetest.New(t).Catalogue()
	list := func() string {
		t.Helper()
		all, err := s.Ratings(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, r := range all {
			text += fmt.Sprint(r.Code, " ", r.MinimumAge, " ", r.Films, ", ")
		}
		return text
	}
	if got := list(); got != "GE 0 0, PG 0 0, 16 16 0, 18 18 0, " {
		t.Errorf("at first: %s", got)
	}
	pg13 := store.Rating{Code: " PG-13 ", Name: "13 and over", MinimumAge: 13, Position: 2}
	if err := s.SaveRating(t.Context(), pg13); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddMovie(t.Context(), store.Movie{Title: "A", Runtime: 1, AgeRating: "PG-13"}); err != nil {
		t.Fatal(err)
	}
	pg13.MinimumAge = 12
	if err := s.SaveRating(t.Context(), pg13); err != nil {
		t.Fatal(err)
	}
	if got := list(); got != "GE 0 0, PG 0 0, PG-13 12 1, 16 16 0, 18 18 0, " {
		t.Errorf("with one more: %s", got)
	}
	for _, bad := range []store.Rating{
		{Name: "x"}, {Code: "x"}, {Code: "too long a code", Name: "x"}, {Code: "x", Name: "x", MinimumAge: -1},
		{Code: "x", Name: "x", MinimumAge: 100}, {Code: "a\x00", Name: "x"},
	} {
		var faults store.Faults
		if err := s.SaveRating(t.Context(), bad); !errors.As(err, &faults) || len(faults) != 1 {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	var refused *store.Refusal
	if err := s.DeleteRating(t.Context(), "PG-13"); !errors.As(err, &refused) || refused.Left != 1 {
		t.Errorf("one in use: %v", err)
	}
	if err := s.DeleteRating(t.Context(), "none"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("one that is not there: %v", err)
	}
	for _, code := range []string{"GE", "PG", "16", "18"} {
		if err := s.DeleteRating(t.Context(), code); err != nil {
			t.Error(err)
		}
	}
	if err := s.DeleteRating(t.Context(), "PG-13"); !errors.As(err, &refused) {
		t.Errorf("the last one: %v", err)
	}
}

// TestFilmsAreAudited: each change by a person is in the log once, with what it was and what it is.
func TestFilmsAreAudited(t *testing.T) { storetest.Each(t, testFilmsAudited) }

func testFilmsAudited(t *testing.T) {
	st := storetest.New(t)
	s := st.Catalogue()
	ctx := store.WithBy(t.Context(), store.By{Name: "Achieng", Role: store.RoleManager, Source: "192.0.2.1"})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	id, err := s.AddMovie(ctx, store.Movie{Title: "Rafiki", Runtime: 82, AgeRating: "18"})
	must(err)
	m, err := s.Movie(ctx, id)
	must(err)
	m.Runtime = 83
	_, m, err = s.EditMovie(ctx, m)
	must(err)
	_, _, err = s.EditMovie(ctx, m) // nothing changes
	must(err)
	for range 2 {
		_, _, err = s.ArchiveMovie(ctx, id)
		must(err)
	}
	_, _, err = s.RestoreMovie(ctx, id)
	must(err)
	_, _, err = s.SetPoster(ctx, id, []poster.Image{{Kind: poster.Card, Bytes: []byte("x")}})
	must(err)
	_, _, err = s.RemovePoster(ctx, id)
	must(err)
	_, err = s.DuplicateMovie(ctx, id, "")
	must(err)
	for range 2 {
		must(s.SaveRating(ctx, store.Rating{Code: "R", Name: "Restricted", MinimumAge: 18}))
	}
	must(s.DeleteRating(ctx, "R"))
	_, err = s.AddMovie(t.Context(), store.Movie{Title: "By the program", Runtime: 82, AgeRating: "18"})
	must(err)

	entries, err := st.Staff().Log(t.Context(), store.LogFilter{})
	must(err)
	slices.Reverse(entries)
	var actions []string
	for _, e := range entries {
		actions = append(actions, e.Action)
		if e.Who != "Achieng" || e.Subject != "Rafiki" && e.Subject != "R" {
			t.Errorf("%s: %+v", e.Action, e)
		}
	}
	if want := []string{
		"film.add", "film.edit", "film.archive", "film.restore", "film.poster", "film.poster", "film.duplicate",
		"rating.save", "rating.delete",
	}; !slices.Equal(actions, want) {
		t.Errorf("the log has %v", actions)
	}
	if e := entries[1]; e.Was != `{"runtime":"82"}` || e.Now != `{"runtime":"83"}` || e.SubjectID != int64(id) {
		t.Errorf("the edit: %+v", e)
	}
}
