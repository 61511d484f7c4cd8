package site

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"cinemasphere/store"
	"cinemasphere/views"
	"cinemasphere/views/wording"
)

const (
	// filmsOnPage is how many films a page of the list has.
	filmsOnPage = 48
	// stripDays is how many days the strip of days has at most.
	stripDays = 14
	// longestSearch is how many characters of a search are looked at.
	longestSearch = 100
)

// Filtered reports whether a request for the home page asks for a list that is not kept ready.
func Filtered(r *http.Request) bool {
	if r.URL.RawQuery == "" {
		return false
	}
	q := r.URL.Query()
	return slices.ContainsFunc([]string{"q", "day", "language", "rating", "page"}, func(name string) bool {
		return q.Get(name) != ""
	})
}

// asked is the filter that a query asks for. A genre, language or rating that is not on shows all, and so does a day
// that is over: the link is old.
func (s *Site) asked(r *http.Request, p *store.Programme) views.Filter {
	if r.URL.RawQuery == "" {
		return views.Filter{}
	}
	q := r.URL.Query()
	one := func(name string, all []string) string {
		asked := strings.TrimSpace(q.Get(name))
		if i := slices.IndexFunc(all, func(o string) bool { return strings.EqualFold(o, asked) }); i >= 0 {
			return all[i]
		}
		return ""
	}
	f := views.Filter{
		Search: strings.Join(strings.Fields(echoed(q.Get("q"), longestSearch)), " "),
		Genre:  one("genre", options(p.Films, genreOf)), Language: one("language", options(p.Films, languageOf)),
		Rating: one("rating", ratings(p.Films)),
	}
	day := store.Day(q.Get("day"))
	if _, is := day.Date(); is && day >= wording.DayOf(s.instant()) || slices.Contains(days(p.Films), day) {
		f.Day = day
	}
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 1 {
		f.Page = n
	}
	return f
}

// homeView is the list of films that the filter asks for.
func (s *Site) homeView(p *store.Programme, f views.Filter) views.Home {
	now := s.instant()
	h := views.Home{
		Now: now, Genres: options(p.Films, genreOf), Languages: options(p.Films, languageOf),
		Ratings: ratings(p.Films),
	}
	h.Days = strip(days(p.Films), f.Day)
	h.Films = picked(p.Films, f, wording.DayOf(now))
	h.Pages = max(1, (len(h.Films)+filmsOnPage-1)/filmsOnPage)
	if f.Page = min(f.Page, h.Pages); f.Page <= 1 {
		f.Page = 0
	}
	h.Filter = f
	first := max(0, f.Page-1) * filmsOnPage
	h.Films = h.Films[first:min(len(h.Films), first+filmsOnPage)]
	return h
}

// picked are the films that a filter asks for. One whose last day has passed, and that nothing is left of, is no longer
// among them. Of a day the films have its screenings alone.
func picked(films []store.Film, f views.Filter, today store.Day) []store.Film {
	words := strings.Fields(store.Fold(f.Search))
	var some []store.Film
	for i := range films {
		film := films[i]
		if len(film.Screenings) == 0 && film.LastOn != "" && film.LastOn < today ||
			f.Genre != "" && !strings.EqualFold(film.Genre, f.Genre) ||
			f.Language != "" && !strings.EqualFold(film.Language, f.Language) ||
			f.Rating != "" && film.AgeRating != f.Rating || !hasWords(film.Title, words) {
			continue
		}
		if f.Day != "" {
			var of []store.Screening
			for _, sc := range film.Screenings {
				if wording.DayOf(sc.StartsAt) == f.Day {
					of = append(of, sc)
				}
			}
			if film.Screenings = of; len(of) == 0 {
				continue
			}
		}
		some = append(some, film)
	}
	return some
}

// hasWords reports whether a title has all words, or beginnings of words, of a search.
func hasWords(title string, words []string) bool {
	if len(words) == 0 {
		return true
	}
	title = store.Fold(title)
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(title, w) })
}

func genreOf(m *store.Movie) string    { return m.Genre }
func languageOf(m *store.Movie) string { return m.Language }

// options lists what the films have, once each, in the order in which it is first met.
func options(films []store.Film, of func(*store.Movie) string) []string {
	var all []string
	seen := map[string]bool{}
	for i := range films {
		v := of(&films[i].Movie)
		if key := strings.ToLower(v); v != "" && !seen[key] {
			seen[key] = true
			all = append(all, v)
		}
	}
	return all
}

// ratings lists the codes of the films' ratings, from the mildest.
func ratings(films []store.Film) []string {
	ages := map[string]int{}
	for i := range films {
		ages[films[i].AgeRating] = films[i].MinimumAge
	}
	return slices.SortedFunc(maps.Keys(ages), func(a, b string) int {
		return cmp.Or(cmp.Compare(ages[a], ages[b]), cmp.Compare(a, b))
	})
}

// strip is the next of the days, and the day that is asked for where it is a later one of them.
func strip(all []store.Day, asked store.Day) []store.Day {
	next := all[:min(len(all), stripDays)]
	if slices.Contains(all[len(next):], asked) {
		next = append(slices.Clone(next), asked)
	}
	return next
}

// days lists the days on which anything is shown.
func days(films []store.Film) []store.Day {
	var all []store.Day
	seen := map[store.Day]bool{}
	for i := range films {
		for _, sc := range films[i].Screenings {
			if d := wording.DayOf(sc.StartsAt); !seen[d] {
				seen[d] = true
				all = append(all, d)
			}
		}
	}
	slices.Sort(all)
	return all
}
