package views

import (
	"net/url"
	"strconv"
	"time"

	"cinemasphere/store"
	"cinemasphere/views/wording"
)

// Filter is what a customer asks of the list of films. The zero Filter asks for all.
type Filter struct {
	Search   string    // words of the title
	Day      store.Day // films shown that day, with its screenings
	Genre    string
	Language string
	Rating   string // a code
	Page     int    // from 1; 0 is the first
}

// Zero reports whether the filter asks for all films.
func (f Filter) Zero() bool {
	f.Page = 0
	return f == Filter{}
}

// query is the filter as an address has it: "" or from the question mark on.
func (f Filter) query() string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("q", f.Search)
	set("day", string(f.Day))
	set("genre", f.Genre)
	set("language", f.Language)
	set("rating", f.Rating)
	if f.Page > 1 {
		q.Set("page", strconv.Itoa(f.Page))
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// HomeURL is the address of the home page with the filter.
func (f Filter) HomeURL() string { return "/" + f.query() }

// filmsURL is the address of the list by itself.
func (f Filter) filmsURL() string { return "/films" + f.query() }

// withGenre, withDay and on are the filter with one thing changed, from the first page.
func (f Filter) withGenre(genre string) Filter {
	f.Genre, f.Page = genre, 0
	return f
}

func (f Filter) withDay(day store.Day) Filter {
	f.Day, f.Page = day, 0
	return f
}

func (f Filter) on(page int) Filter {
	f.Page = page
	return f
}

// shortDay is a day as it stands on the strip: its weekday, or that it is today or tomorrow, and its date.
func shortDay(d store.Day, now store.Instant) (name, date string) {
	at, ok := d.Date()
	if !ok {
		return string(d), ""
	}
	name = at.Format("Mon")
	switch d {
	case wording.DayOf(now):
		name = "Today"
	case wording.DayOf(now.Add(24 * time.Hour)):
		name = "Tomorrow"
	}
	return name, at.Format("2 Jan")
}
