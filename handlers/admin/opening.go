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
// seats, prices, and the next hour on the clock. Where sample halls or prices are in the books already, no others are
// offered.
func newOpening(now time.Time, have store.Readiness) pages.OpeningForm {
	day, clock := firstStart(now)
	v := pages.OpeningForm{
		Hall: "Screen 1", Rows: "10", Seats: "12", Prices: openingTypes(),
		Rating: "PG", Day: day.String(), Time: clock.String(),
	}
	if have.Halls > 0 {
		v.Hall, v.Rows, v.Seats = "", "", ""
	}
	if have.Cards > 0 {
		for i := range v.Prices {
			v.Prices[i].Price = ""
		}
	}
	return v
}

// The first screening that is offered: today until lastOffered, and then tomorrow at eveningOffered.
const (
	lastOffered    = store.Clock(22 * 60)
	eveningOffered = store.Clock(19 * 60)
)

// firstStart is the screening that the form offers: at the next full hour, so that it can be sold and seen at once;
// tomorrow evening where that is late at night.
func firstStart(now time.Time) (store.BusinessDay, store.Clock) {
	next := store.At(now.Truncate(time.Hour).Add(time.Hour)) // the clocks of Kenya differ from UTC by whole hours
	day, clock := store.BusinessDayOf(next), store.ClockOf(next)
	if clock > lastOffered || clock < store.DayTurns {
		return store.BusinessDayOf(store.At(now)) + 1, eveningOffered
	}
	return day, clock
}

// readOpening reads what the cinema opens with, and adds what is wrong with it to the errors. Without a title there is
// no film yet, and no screening.
func (a *Admin) readOpening(f url.Values, wrong map[string]string) (v pages.OpeningForm, o *store.Opening) {
	v = pages.OpeningForm{
		Hall: echo(f.Get("hall")), Rows: echo(f.Get("rows")), Seats: echo(f.Get("seats")),
		Plan: strings.ReplaceAll(f.Get("plan"), "\r\n", "\n"), Prices: openingTypes(),
		Title: echo(f.Get("title")), Minutes: echo(f.Get("runtime")), Rating: echo(f.Get("rating")),
		Day: echo(f.Get("day")), Time: echo(f.Get("time")),
	}
	v.Prices = append(v.Prices, zonePrices(v.Plan)...)
	o = &store.Opening{Card: readOpeningPrices(f, &v, wrong), Hall: readOpeningHall(v, wrong)}
	if strings.TrimSpace(v.Title) == "" {
		if strings.TrimSpace(v.Minutes) != "" {
			wrong["title"] = "Which film takes these minutes? Type its title, or leave the minutes empty."
		}
		return v, o
	}
	if o.Card.Name == "" {
		wrong["price.0"] = "Please give at least one price."
	}
	movie, faults := store.ReadMovie(store.Movie{TrailerMinutes: usualTrailers}, map[string]string{
		"title": f.Get("title"), "runtime": f.Get("runtime"), "rating": f.Get("rating"),
	})
	for name, fault := range faults {
		wrong[name] = wording.FilmFault(fault)
	}
	o.Movie, o.Starts = movie, readStart(v.Day, v.Time, a.Now(), wrong)
	return v, o
}

// zonePrices are the prices that a form must ask for besides those of openingTypes: of each zone of a plan.
func zonePrices(plan string) (prices []pages.OpeningPrice) {
	seats, _ := seating.Parse(plan) // what is wrong with it is said by whoever reads the hall
	for _, zone := range store.Prices(nil).Lacking(&seats) {
		if zone == seats.Zones[0].Name {
			continue
		}
		for _, kind := range openingTypes() {
			prices = append(prices, pages.OpeningPrice{Name: kind.Name, Zone: zone})
		}
	}
	return prices
}

// costs asks what a zone costs.
func costs(zone string) string {
	return "What do the seats of " + zone + " cost? Give at least one price."
}

// readOpeningPrices reads the price card that a cinema opens with; it has no name where there are no prices.
func readOpeningPrices(f url.Values, v *pages.OpeningForm, wrong map[string]string) (card store.PriceCard) {
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
		card.Name = "Standard"
		card.Prices = append(card.Prices, store.Price{Name: p.Name, Zone: p.Zone, Cents: cents})
	}
	for i, p := range v.Prices {
		priced := slices.ContainsFunc(v.Prices, func(of pages.OpeningPrice) bool {
			return of.Zone == p.Zone && of.Price != ""
		})
		if i > 0 && v.Prices[i-1].Zone != p.Zone && !priced && card.Name != "" {
			wrong[fmt.Sprintf("price.%d", i)] = costs(p.Zone)
		}
	}
	return card
}

// openingCleaning is how many minutes the first hall is cleaned between two films.
const openingCleaning = 15

// readOpeningHall reads the hall that a cinema opens with: its plan, or else so many rows of so many seats. Where all
// is empty it has no name.
func readOpeningHall(v pages.OpeningForm, wrong map[string]string) store.Hall {
	hall := store.Hall{Name: v.Hall, Plan: v.Plan, Cleaning: openingCleaning}
	rows, seats := strings.TrimSpace(v.Rows), strings.TrimSpace(v.Seats)
	if strings.TrimSpace(v.Hall+v.Plan)+rows+seats == "" {
		return hall
	}
	if strings.TrimSpace(v.Hall) == "" {
		wrong["hall"] = wording.HallFault(store.NameMissing)
	}
	if strings.TrimSpace(v.Plan) != "" {
		return hall
	}
	grid := seating.Grid{Rows: int(number(rows)), Seats: int(number(seats))}
	if grid.Seats >= leastWithAisle {
		grid.Aisles = []int{grid.Seats / 2}
	}
	if hall.Plan = grid.Text(); hall.Plan == "" {
		wrong["rows"] = fmt.Sprintf("Please write how many rows there are, 1 to %d, and how many seats each has: "+
			"%d in all at most.", seating.MaxRows, seating.MaxSeats)
	}
	return hall
}

// leastWithAisle is how many seats a row has at least that gets an aisle in its middle.
const leastWithAisle = 8

// readStart reads the business day and the time of a screening, and adds what is wrong with them to the errors.
func readStart(day, clock string, now time.Time, wrong map[string]string) (starts store.Instant) {
	business, known := readDay(day)
	if !known {
		wrong["day"] = "This is no day. " + wording.WriteDay
	}
	times, bad := store.ReadTimes(clock)
	switch {
	case len(bad) > 0:
		wrong["time"] = wording.BadTime(bad[0])
	case len(times) != 1:
		wrong["time"] = "Type one time, such as 19:30."
	case known:
		starts = business.At(times[0])
	}
	switch {
	case starts == 0:
	case starts < store.At(now):
		wrong["day"] = "This is over already."
	case starts > store.At(now.AddDate(2, 0, 0)):
		wrong["day"] = "This is more than two years away."
	}
	return starts
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
	if problem, is := errors.AsType[*store.ErrProblem](err); is && len(problem.Zones) > 0 {
		wrong["price.0"] = costs(problem.Zones[0])
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
