package admin

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cinemasphere/store"
	pages "cinemasphere/views/admin"
)

// The bounds of what is made in place.
const (
	usualTrailers = 15 // minutes of a new film
	mostRows      = 40
	mostInRow     = 40
	aisleFrom     = 10 // seats: a longer row has an aisle in its middle
)

// missing is a form that makes what a screening needs.
type missing struct {
	open   string
	f      url.Values
	values map[string]string
	wrong  map[string]string
}

func readMissing(open string, f url.Values, fields ...string) missing {
	m := missing{open: open, f: f, values: map[string]string{}, wrong: map[string]string{}}
	for _, name := range fields {
		m.values[name] = echo(f.Get(name))
	}
	return m
}

// text reads a name, which must be there.
func (m missing) text(name string, longest int) string {
	value, problem := tidyText(strings.Join(strings.Fields(m.f.Get(name)), " "), longest)
	if problem == "" && value == "" {
		problem = "Please fill this in."
	}
	if problem != "" {
		m.wrong[name] = problem
	}
	return value
}

func (m missing) whole(name string, least, most int) int {
	n, err := strconv.Atoi(strings.TrimSpace(m.f.Get(name)))
	if err != nil || n < least || n > most {
		m.wrong[name] = "Type a whole number from " + strconv.Itoa(least) + " to " + strconv.Itoa(most) + "."
	}
	return n
}

// answer goes back to the week: with what is wrong, or with what was made.
func (a *Admin) answer(w http.ResponseWriter, r *http.Request, m missing, said string) error {
	monday := a.askedWeek(r)
	if len(m.wrong) == 0 {
		return a.done(w, r, weekPath(monday), said)
	}
	v, err := a.week(r, monday)
	if err != nil {
		return err
	}
	v.Missing = pages.MissingForm{Open: m.open, Values: m.values, Errors: m.wrong}
	return a.render(w, r, http.StatusUnprocessableEntity, pages.WeekPage(v))
}

// AddFilmHere answers POST /admin/screenings/film.
func (a *Admin) AddFilmHere(w http.ResponseWriter, r *http.Request) error {
	m := readMissing("film", r.PostForm, "title", "runtime", "rating")
	film, faults := store.ReadMovie(store.Movie{TrailerMinutes: usualTrailers}, map[string]string{
		"title": r.PostForm.Get("title"), "runtime": r.PostForm.Get("runtime"), "rating": r.PostForm.Get("rating"),
	})
	films, err := a.Store.Catalogue().PlannedFilms(r.Context())
	if err != nil {
		return err
	}
	if slices.ContainsFunc(films, func(f store.PlannedFilm) bool {
		return store.NameKey(f.Title) == store.NameKey(film.Title)
	}) {
		m.wrong["title"] = "There is a film of this title already."
	}
	if len(faults)+len(m.wrong) == 0 {
		_, err := a.Store.Catalogue().AddMovie(r.Context(), film)
		found, is := errors.AsType[store.Faults](err)
		if err != nil && !is {
			return err
		}
		faults = found
	}
	for name, words := range faultWords(faults) {
		m.wrong[name] = words
	}
	return a.answer(w, r, m, film.Title+" is added. Say more about it under Films.")
}

// AddHallHere answers POST /admin/screenings/hall.
func (a *Admin) AddHallHere(w http.ResponseWriter, r *http.Request) error {
	m := readMissing("hall", r.PostForm, "name", "rows", "seats", "cleaning")
	hall := store.Hall{
		Name: m.text("name", store.HallNameMost), Cleaning: m.whole("cleaning", 0, store.CleaningMost),
	}
	rows, seats := m.whole("rows", 1, mostRows), m.whole("seats", 1, mostInRow)
	if len(m.wrong) == 0 {
		hall.Plan = plainPlan(rows, seats)
		_, err := a.Store.Catalogue().AddHall(r.Context(), hall)
		bad, is := errors.AsType[*store.BadHall](err)
		switch {
		case is && bad.Name == store.NameTaken:
			m.wrong["name"] = "There is a hall of this name already."
		case is:
			m.wrong["name"] = "This name cannot be read."
		case err != nil:
			return err
		}
	}
	return a.answer(w, r, m, hall.Name+" is added, with "+strconv.Itoa(rows*seats)+" seats.")
}

// plainPlan is a seat plan of equal rows, with an aisle where they are long.
func plainPlan(rows, seats int) string {
	row := strings.Repeat("o", seats)
	if seats >= aisleFrom {
		row = row[:seats/2] + "_" + row[seats/2:]
	}
	var b strings.Builder
	const letters = 26
	for n := range rows {
		label := string(rune('A' + n%letters))
		if n >= letters {
			label = string(rune('A'+n/letters-1)) + label
		}
		b.WriteString(label + " " + row + "\n")
	}
	return b.String()
}

// AddCardHere answers POST /admin/screenings/card.
func (a *Admin) AddCardHere(w http.ResponseWriter, r *http.Request) error {
	m := readMissing("card", r.PostForm, "cardname", "adult", "child", "student")
	card := store.PriceCard{Name: m.text("cardname", longestPriceName)}
	for _, t := range []struct{ field, name string }{{"adult", "Adult"}, {"child", "Child"}, {"student", "Student"}} {
		typed := r.PostForm.Get(t.field)
		if strings.TrimSpace(typed) == "" && t.field != "adult" {
			continue
		}
		cents, problem := readCents(typed)
		if problem != "" {
			m.wrong[t.field] = problem
		}
		card.Prices = append(card.Prices, store.Price{Name: t.name, Cents: cents})
	}
	if len(m.wrong) == 0 {
		_, err := a.Store.Catalogue().SavePriceCard(r.Context(), card)
		switch {
		case errors.Is(err, store.ErrNameTaken):
			m.wrong["cardname"] = "There is a price card of this name already."
		case errors.Is(err, store.ErrPrice):
			m.wrong["adult"] = "A price is more than M-PESA takes, or less than a cent."
		case err != nil:
			return err
		}
	}
	return a.answer(w, r, m, "The price card "+card.Name+" is added.")
}
