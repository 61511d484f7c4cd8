package views

import (
	"fmt"

	"cinemasphere/store"
	"cinemasphere/views/wording"
)

// closedWord says why a screening that is listed cannot be booked.
func closedWord(sc store.Screening, now store.Instant) string {
	switch {
	case sc.Status == store.Cancelled:
		return "Cancelled"
	case !sc.Sells(now):
		return "Sales closed"
	}
	return "Sold out"
}

// opening is the day from which a film is shown that has no screenings yet, or "".
func opening(m MoviePage) string {
	if m.Film.OpensOn <= wording.DayOf(m.Now) {
		return ""
	}
	return wording.DayName(m.Film.OpensOn)
}

// filmData describes a film and its screenings to search engines, as schema.org has it.
func filmData(p Page, m MoviePage) map[string]any {
	film := map[string]any{
		"@type": "Movie", "@id": p.BaseURL + movieURL(m.Film.ID), "name": m.Film.Title, "description": m.Film.Synopsis,
		"url": p.BaseURL + movieURL(m.Film.ID),
	}
	if image := PosterImage(m.Film.Movie); image != "" {
		film["image"] = p.BaseURL + image
	}
	if m.Film.Runtime > 0 {
		film["duration"] = fmt.Sprintf("PT%dM", m.Film.Runtime)
	}
	graph := []any{film}
	for _, sc := range m.Film.Screenings {
		if !sc.Sells(m.Now) {
			continue
		}
		availability := "https://schema.org/InStock"
		if sc.Left <= 0 {
			availability = "https://schema.org/SoldOut"
		}
		graph = append(graph, map[string]any{
			"@type": "ScreeningEvent", "name": m.Film.Title, "startDate": wording.Machine(sc.StartsAt),
			"workPresented": map[string]any{"@id": film["@id"]},
			"location": map[string]any{"@type": "MovieTheater", "name": p.name() + ", " + sc.Hall,
				"address": p.Cinema.AddressLine1 + ", " + p.Cinema.AddressLine2},
			"offers": map[string]any{"@type": "Offer", "price": wording.Decimal(sc.Price()), "priceCurrency": "KES",
				"url": p.BaseURL + bookURL(sc.ID), "availability": availability},
		})
	}
	return map[string]any{"@context": "https://schema.org", "@graph": graph}
}
