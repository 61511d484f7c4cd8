package site

import (
	"net/http"
	"strconv"

	"cinemasphere/handlers/checkout"
	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/views"
	"cinemasphere/views/wording"
)

// Book answers GET /screenings/{id}/book, the booking form as a page.
func (s *Site) Book(w http.ResponseWriter, r *http.Request) error {
	form, err := s.newForm(r)
	if err != nil {
		return err
	}
	return s.newFormPage(w, r, form, s.formPage)
}

// BookDialog answers GET /screenings/{id}/book/dialog, the same form by itself.
func (s *Site) BookDialog(w http.ResponseWriter, r *http.Request) error {
	form, err := s.newForm(r)
	if err != nil {
		return err
	}
	return s.newFormPage(w, r, form, s.formDialog)
}

// newForm is an empty form. The query may choose another screening, and a quantity.
func (s *Site) newForm(r *http.Request) (views.BookingForm, error) {
	id, err := number(r, "id")
	if err != nil {
		return views.BookingForm{}, err
	}
	typed := bookingForm{screening: store.ScreeningID(id), quantity: "1"}
	query := r.URL.Query()
	if other, err := strconv.ParseInt(query.Get("screening"), 10, 64); err == nil && other > 0 {
		typed.screening = store.ScreeningID(other)
	}
	if n, err := strconv.Atoi(query.Get("quantity")); err == nil && n >= 1 && n <= checkout.MaxTickets {
		typed.quantity = strconv.Itoa(n)
	}
	return s.form(r, typed)
}

// form shows a form with what was typed, around the screening as it is now.
func (s *Site) form(r *http.Request, typed bookingForm) (views.BookingForm, error) {
	screening, movie, err := s.Store.Catalogue().Screening(r.Context(), typed.screening)
	if err != nil {
		return views.BookingForm{}, err
	}
	programme, err := s.Store.Catalogue().Programme(r.Context())
	if err != nil {
		return views.BookingForm{}, err
	}
	now := s.instant()
	form := views.BookingForm{
		Movie: movie, Screening: screening, Screenings: choices(programme, screening, now),
		Name: echo(typed.name), Phone: echo(typed.phone), Quantity: echo(typed.quantity), Nonce: typed.nonce,
		MaxTickets: checkout.MaxTickets, Closed: wording.NotSold(screening, now), Now: now,
	}
	quantity, err := strconv.Atoi(typed.quantity)
	if err != nil || quantity < 1 || quantity > checkout.MaxTickets {
		quantity = 1
	}
	form.Total = store.Total(screening.Price, quantity)
	if !typed.goodNonce() {
		form.Nonce = newNonce()
	}
	return form, nil
}

// choices are the film's screenings that can be booked, with the chosen one among them whatever its state.
func choices(p *store.Programme, chosen store.Screening, now store.Instant) []store.Screening {
	film, ok := p.Film(chosen.MovieID)
	if !ok {
		return []store.Screening{chosen}
	}
	var open []store.Screening
	found := false
	for _, sc := range film.Screenings {
		switch {
		case sc.ID == chosen.ID:
			found = true
			open = append(open, chosen)
		case sc.Sells(now) && sc.Left > 0:
			open = append(open, sc)
		}
	}
	if !found {
		open = append([]store.Screening{chosen}, open...)
	}
	return open
}

// formPage answers with the form as a page.
func (s *Site) formPage(w http.ResponseWriter, r *http.Request, status int, form views.BookingForm) error {
	page := s.frameFor(w, r, views.Page{
		Title: "Book " + form.Movie.Title,
		Path:  "/screenings/" + strconv.FormatInt(int64(form.Screening.ID), 10) + "/book",
		Image: views.PosterImage(form.Movie), NoIndex: true,
	})
	web.NoStore(w)
	return s.pages.Render(w, r, status, views.BookingPage(page, form))
}

// formDialog answers with the form by itself.
func (s *Site) formDialog(w http.ResponseWriter, r *http.Request, status int, form views.BookingForm) error {
	web.NoStore(w)
	return s.pages.Render(w, r, status, views.BookingDialog(form))
}
