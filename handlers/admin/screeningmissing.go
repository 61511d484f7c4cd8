package admin

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cinemasphere/store"
	pages "cinemasphere/views/admin"
	"cinemasphere/views/ui"
)

// The bounds of what is made in place.
const (
	longestTitle   = 120
	longestRuntime = 900 // minutes
	mostRows       = 40
	mostInRow      = 40
	mostCleaning   = 240 // minutes
	aisleFrom      = 10  // seats: a longer row has an aisle in its middle
)

// ratingOptions are the classes of KFCB.
func ratingOptions() []ui.Option {
	return []ui.Option{
		{Value: "GE", Label: "GE: everybody"}, {Value: "PG", Label: "PG: with parents"},
		{Value: "16", Label: "16: from 16 years"}, {Value: "18", Label: "18: adults only"},
	}
}

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
	film := store.Movie{
		Title: m.text("title", longestTitle), Runtime: m.whole("runtime", 1, longestRuntime), AgeRating: r.PostForm.Get("rating"),
	}
	known := false
	for _, o := range ratingOptions() {
		known = known || o.Value == film.AgeRating
	}
	if !known {
		m.wrong["rating"] = "Please choose one."
	}
	if len(m.wrong) == 0 {
		films, err := a.Store.Catalogue().PlannedFilms(r.Context())
		if err != nil {
			return err
		}
		for _, f := range films {
			if store.NameKey(f.Title) == store.NameKey(film.Title) {
				m.wrong["title"] = "There is a film of this title already."
			}
		}
	}
	if len(m.wrong) == 0 {
		// An archived film may have the title too.
		film.Slug = strings.Trim(store.Slug(film.Title)+"-"+strconv.FormatInt(a.Now().UnixMilli(), 36), "-")
		if _, err := a.Store.Catalogue().AddMovie(r.Context(), film); err != nil {
			return err
		}
	}
	return a.answer(w, r, m, film.Title+" is added. Say more about it under Films.")
}

// AddHallHere answers POST /admin/screenings/hall.
func (a *Admin) AddHallHere(w http.ResponseWriter, r *http.Request) error {
	m := readMissing("hall", r.PostForm, "name", "rows", "seats", "cleaning")
	hall := store.Hall{
		Name: m.text("name", 40), Cleaning: m.whole("cleaning", 0, mostCleaning),
	}
	rows, seats := m.whole("rows", 1, mostRows), m.whole("seats", 1, mostInRow)
	if len(m.wrong) == 0 {
		halls, err := a.Store.Catalogue().Halls(r.Context())
		if err != nil {
			return err
		}
		for _, h := range halls {
			if store.NameKey(h.Name) == store.NameKey(hall.Name) {
				m.wrong["name"] = "There is a hall of this name already."
			}
		}
	}
	if len(m.wrong) == 0 {
		hall.Plan = plainPlan(rows, seats)
		if _, err := a.Store.Catalogue().AddHall(r.Context(), hall); err != nil {
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
