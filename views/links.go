package views

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"cinemasphere/assets"
	"cinemasphere/store"
	"cinemasphere/store/poster"
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

// PosterURL is the path of a film's poster in a size: of the uploaded one, the embedded one, or one drawn of the title.
// It changes with what it shows. Only an uploaded one has sizes.
func PosterURL(m store.Movie, kind poster.Kind) string {
	if m.PosterHash != "" {
		return "/posters/" + m.PosterHash + "/" + string(kind) + ".jpg"
	}
	if name := "posters/" + m.Poster + ".svg"; m.Poster != "" && assets.Has(name) {
		return assets.URL(name)
	}
	return "/posters/drawn/" + strconv.FormatInt(int64(m.ID), 10) + "/" + ui.PosterKey(m.Title) + ".svg"
}

// BrandOf is the picture that stands for a cinema.
func BrandOf(c store.Cinema) ui.Brand {
	b := ui.Brand{Name: c.Name, Own: c.Own(), Accent: c.Accent}
	switch {
	case c.Logo != "":
		at := "/logo/" + c.Logo + "/"
		b.Logo, b.Icon, b.IconType = at+string(poster.Head)+".png", at+string(poster.Icon)+".png", "image/png"
		b.Width, b.Height = c.LogoWidth/2, c.LogoHeight/2 // it has two pixels for each of CSS
	case b.Own:
		b.Icon, b.IconType = "/logo/"+ui.PosterKey(c.Accent+" "+c.Name)+"/icon.svg", "image/svg+xml"
	}
	return b
}

// posterSet is both sizes of an uploaded poster for a browser to choose from, or "".
func posterSet(m store.Movie) string {
	if m.PosterHash == "" {
		return ""
	}
	return fmt.Sprintf("%s %dw, %s %dw", PosterURL(m, poster.Card), poster.CardWidth,
		PosterURL(m, poster.Page), poster.PageWidth)
}

func posterAlt(m store.Movie) string {
	if m.PosterAlt != "" {
		return m.PosterAlt
	}
	return "Poster of " + m.Title
}

// PosterImage is the path of a film's image of 1200×630 for shared links, or "" where it has none.
func PosterImage(m store.Movie) string {
	if m.PosterHash != "" {
		return PosterURL(m, poster.Share)
	}
	if name := "posters/" + m.Poster + "-og.png"; m.Poster != "" && assets.Has(name) {
		return assets.URL(name)
	}
	return ""
}

// facts is a film's genre, running time, format and, if asked for, languages, those that are known. A line breaks
// only between them.
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
	if m.Format != "" && !strings.EqualFold(m.Format, "2D") {
		add(m.Format)
	}
	if language {
		add(m.Language)
		if m.Subtitles != "" {
			add(m.Subtitles + " subtitles")
		}
	}
	return strings.Join(known, "\u00a0· ")
}

// hallOf is a screening's hall, with what is not as it is said of the film: its format and its language.
func hallOf(sc store.Screening) string {
	text := sc.Hall
	for _, special := range []string{sc.Format, sc.Language} {
		if special != "" {
			text += " · " + special
		}
	}
	return text
}
