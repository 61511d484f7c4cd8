package views

import (
	"net/url"
	"strconv"
	"strings"

	"cinemasphere/assets"
	"cinemasphere/store"
	"cinemasphere/views/ui"
)

// The addresses of the site, as the pages link to them.

func movieURL(id store.MovieID) string { return "/movies/" + strconv.FormatInt(int64(id), 10) }

func bookURL(id store.ScreeningID) string {
	return "/screenings/" + strconv.FormatInt(int64(id), 10) + "/book"
}

func ticketURL(secret string) string { return "/tickets/" + url.PathEscape(secret) }

// receiptURL is the page that asks for a receipt.
func receiptURL(secret string) string { return ticketURL(secret) + "/receipt" }

func homeGenreURL(genre string) string { return genreQuery("/", genre) }

func filmsURL(genre string) string { return genreQuery("/films", genre) }

func genreQuery(path, genre string) string {
	if genre == "" {
		return path
	}
	return path + "?" + url.Values{"genre": {genre}}.Encode()
}

// fragmentURL is where a form of the ticket's page is posted by htmx, so that a fragment comes back.
func (t TicketView) fragmentURL(action string) string {
	u := ticketURL(t.Ticket.Secret) + "/" + action
	if t.InDialog {
		u += "?dialog=1"
	}
	return u
}

func (t TicketView) pollURL() string {
	u := ticketURL(t.Ticket.Secret) + "/status?v=" + strconv.FormatInt(t.Ticket.Version, 10)
	if t.StaleAt != 0 {
		u += "&until=" + strconv.FormatInt(int64(t.StaleAt), 10)
	}
	if t.InDialog {
		u += "&dialog=1"
	}
	return u
}

func posterURL(m store.Movie) string {
	if name := "posters/" + m.Poster + ".svg"; m.Poster != "" && assets.Has(name) {
		return assets.URL(name)
	}
	return assets.URL("images/poster.svg")
}

func posterAlt(m store.Movie) string {
	if m.PosterAlt != "" {
		return m.PosterAlt
	}
	return "Poster of " + m.Title
}

// PosterImage is the path of a film's 1200×630 PNG for shared links, or "" where it has none.
func PosterImage(m store.Movie) string {
	if name := "posters/" + m.Poster + "-og.png"; m.Poster != "" && assets.Has(name) {
		return assets.URL(name)
	}
	return ""
}

// facts is a film's genre, running time and, if asked for, language, those that are known. A line breaks only between
// them.
func facts(m store.Movie, language bool) string {
	var known []string
	add := func(fact string) {
		if fact != "" {
			known = append(known, strings.ReplaceAll(fact, " ", "\u00a0"))
		}
	}
	add(m.Genre)
	if m.Runtime > 0 {
		add(ui.Runtime(m.Runtime))
	}
	if language {
		add(m.Language)
	}
	return strings.Join(known, "\u00a0· ")
}
