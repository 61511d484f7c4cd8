package admin

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/seating"
	pages "cinemasphere/views/admin"
	"cinemasphere/views/wording"
)

// openingTypes are the kinds of ticket that a cinema opens with, and what they cost in the form.
func openingTypes() []pages.OpeningPrice {
	return []pages.OpeningPrice{{Name: "Adult", Price: "600"}, {Name: "Child", Price: "400"},
		{Name: "Student", Price: "500"}}
}

// newOpening is the part of the set-up form that says what the cinema opens with, filled in beforehand: a hall of 120
// seats, prices, and tomorrow evening.
func newOpening(now time.Time) pages.OpeningForm {
	return pages.OpeningForm{
		Hall: "Screen 1", Plan: seating.Grid{Rows: 10, Seats: 12, Aisles: []int{6}}.Text(), Prices: openingTypes(),
		Rating: "PG", Day: (store.BusinessDayOf(store.At(now)) + 1).String(), Time: "19:00",
	}
}

// readOpening reads what the cinema opens with, and adds what is wrong with it to the errors. Without a title there is
// no film yet, and nothing to open with.
func (a *Admin) readOpening(f url.Values, wrong map[string]string) (v pages.OpeningForm, o *store.Opening) {
	v = pages.OpeningForm{
		Hall: echo(f.Get("hall")), Plan: strings.ReplaceAll(f.Get("plan"), "\r\n", "\n"), Prices: openingTypes(),
		Title: echo(f.Get("title")), Minutes: echo(f.Get("runtime")), Rating: echo(f.Get("rating")),
		Day: echo(f.Get("day")), Time: echo(f.Get("time")),
	}
	card := store.PriceCard{Name: "Standard"}
	for i := range v.Prices {
		name := fmt.Sprintf("price.%d", i)
		p := &v.Prices[i]
		p.Price = strings.TrimSpace(echo(f.Get(name)))
		if p.Price == "" {
			continue
		}
		cents, problem := readCents(p.Price)
		if problem != "" {
			wrong[name] = problem
		}
		card.Prices = append(card.Prices, store.Price{Name: p.Name, Cents: cents})
	}
	if strings.TrimSpace(v.Title) == "" {
		return v, nil
	}
	if len(card.Prices) == 0 {
		wrong["price.0"] = "Please give at least one price."
	}
	movie, faults := store.ReadMovie(store.Movie{}, map[string]string{
		"title": f.Get("title"), "runtime": f.Get("runtime"), "rating": f.Get("rating"), "language": "English",
		"genre": "Film",
	})
	for name, fault := range faults {
		wrong[name] = wording.FilmFault(fault)
	}
	starts, problem := readStart(v.Day, v.Time, a.Now())
	if problem != "" {
		wrong["day"] = problem
	}
	return v, &store.Opening{
		Hall: store.Hall{Name: v.Hall, Plan: v.Plan, Cleaning: 15}, Card: card, Movie: movie, Starts: starts,
	}
}

// readStart reads the business day and the time of a screening, or is what is wrong with them.
func readStart(day, clock string, now time.Time) (store.Instant, string) {
	date, _ := store.ReadDay(day)
	business, known := store.ParseBusinessDay(string(date))
	times, bad := store.ReadTimes(clock)
	if !known || len(times) != 1 || len(bad) > 0 {
		return 0, "Please write a day such as 25/12/2026 and a time such as 19:00."
	}
	switch starts := business.At(times[0]); {
	case starts < store.At(now):
		return 0, "This is over already."
	case starts > store.At(now.AddDate(2, 0, 0)):
		return 0, "This is more than two years away."
	default:
		return starts, ""
	}
}

// openingRefused adds to the errors why the books did not take what the cinema opens with; false for another error.
func openingRefused(err error, wrong map[string]string) bool {
	if bad, is := errors.AsType[*store.BadHall](err); is {
		if bad.Name != "" {
			wrong["hall"] = wording.HallFault(bad.Name)
		}
		var all []string
		for _, p := range bad.Plan[:min(len(bad.Plan), 10)] {
			all = append(all, wording.PlanProblem(p))
		}
		if len(all) > 0 {
			wrong["plan"] = strings.Join(all, " ")
		}
		return true
	}
	if faults, is := errors.AsType[store.Faults](err); is {
		for name, fault := range faults {
			field := name
			if !slices.Contains([]string{"title", "runtime", "rating"}, name) {
				field = "title"
			}
			wrong[field] = wording.FilmFault(fault)
		}
		return true
	}
	return false
}
