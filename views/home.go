package views

import (
	"strings"

	"cinemasphere/store"
	"cinemasphere/views/ui"
	"cinemasphere/views/wording"
)

func headline(p Page) string {
	if p.Cinema.Tagline != "" {
		return p.Cinema.Tagline
	}
	return "Tonight, on the big screen."
}

// first is the film that can be seen soonest, of those that can be booked.
func (h Home) first() (film *store.Film, next *store.Screening) {
	for i := range h.Films {
		if n := h.Films[i].Next(h.Now, 1); n != nil && (next == nil || n.StartsAt < next.StartsAt) {
			film, next = &h.Films[i], n
		}
	}
	return film, next
}

// genreID is the id of a genre's link, so that focus stays on it when the list is swapped.
func genreID(genre string) string { return "genre-" + store.Slug(genre) }

// dayID is the same of a day's.
func dayID(day store.Day) string { return "day-" + string(day) }

// noneOf says that no film is as the filter asks.
func noneOf(h Home) string {
	if only := (Filter{Day: h.Filter.Day}); h.Filter == only {
		return "Nothing is on sale for " + wording.LongDay(h.Filter.Day)
	}
	if only := (Filter{Genre: h.Filter.Genre}); h.Filter == only {
		return "No " + lower(h.Filter.Genre) + " at the moment"
	}
	return "No film is like that"
}

// fewLeft is from how few seats on it is said how many are left.
const fewLeft = 20

// seatsLeft says what one has to know about the seats of a screening, or "".
func seatsLeft(sc store.Screening) string {
	switch {
	case sc.Left <= 0:
		return "Sold out"
	case sc.Left <= fewLeft:
		return "Only " + ui.Count(sc.Left, "seat") + " left"
	}
	return ""
}

// unavailable says why nothing of a film can be booked.
func unavailable(f *store.Film, now store.Instant) string {
	if len(f.Screenings) == 0 {
		return "No screenings yet"
	}
	for _, sc := range f.Screenings {
		if sc.Sells(now) {
			return "Sold out"
		}
	}
	return "Sales closed"
}

// price is the tag on a film's poster: what its next screening costs, else what it cost.
func price(f *store.Film, now store.Instant) string {
	if next := f.Next(now, 1); next != nil {
		return wording.Cents(next.Price())
	}
	if len(f.Screenings) > 0 {
		return wording.Cents(f.Screenings[0].Price())
	}
	return ""
}

// later is how many other screenings a film has, in words.
func later(f *store.Film) string {
	n := len(f.Screenings) - 1
	switch {
	case n <= 0:
		return "About the film"
	case n == 1:
		return "1 other time"
	}
	return ui.Count(n, "other time")
}

// screeningDay is the screenings of one day in Nairobi.
type screeningDay struct {
	Day        string
	Screenings []store.Screening
}

// byDay groups screenings, which come in order, by their day.
func byDay(scs []store.Screening) []screeningDay {
	var days []screeningDay
	for _, sc := range scs {
		day := wording.Day(sc.StartsAt)
		if len(days) == 0 || days[len(days)-1].Day != day {
			days = append(days, screeningDay{Day: day})
		}
		d := &days[len(days)-1]
		d.Screenings = append(d.Screenings, sc)
	}
	return days
}

// lower is a genre as it stands inside a sentence.
func lower(s string) string { return strings.ToLower(s) }
