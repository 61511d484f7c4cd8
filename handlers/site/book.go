package site

import (
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
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
	typed.readTickets(query)
	typed.gone = query["gone"][:min(len(query["gone"]), mostSeats)]
	return s.form(r, typed)
}

// form shows a form with what was typed, around the screening as it is now.
func (s *Site) form(r *http.Request, typed bookingForm) (views.BookingForm, error) {
	screening, movie, err := s.Store.Catalogue().Screening(r.Context(), typed.screening)
	if errors.Is(err, store.ErrNotFound) && typed.movie > 0 {
		return s.gone(r, typed)
	}
	if err != nil {
		return views.BookingForm{}, err
	}
	typed.movie = movie.ID
	programme, err := s.Store.Catalogue().Programme(r.Context())
	if err != nil {
		return views.BookingForm{}, err
	}
	now := s.instant()
	form := views.BookingForm{
		Movie: movie, Screening: screening, Screenings: choices(programme, screening, now),
		Name: echo(typed.name), Phone: echo(typed.phone), Email: echo(typed.email),
		Mails: s.Store.Tells().Email, Keep: s.KeepCustomers, Quantity: echo(typed.quantity), Nonce: typed.nonce,
		MaxTickets: checkout.MaxTickets, Closed: wording.NotSold(screening, now), Now: now,
	}
	seats, err := s.Store.Catalogue().SeatMap(r.Context(), screening.ID)
	if err != nil {
		return views.BookingForm{}, err
	}
	form.Screening.Prices = seats.Sold(screening.Prices)
	s.tickets(&form, typed, seats)
	if !typed.goodNonce() {
		form.Nonce = newNonce()
	}
	if form.Closed != "" {
		s.instead(&form, typed)
	}
	return form, nil
}

// gone is the form of a screening that customers may not know of any more: nobody had booked it when it was taken off
// sale. What the form says of it is its film.
func (s *Site) gone(r *http.Request, typed bookingForm) (views.BookingForm, error) {
	movie, err := s.Store.Catalogue().Movie(r.Context(), typed.movie)
	if err != nil {
		return views.BookingForm{}, err
	}
	programme, err := s.Store.Catalogue().Programme(r.Context())
	if err != nil {
		return views.BookingForm{}, err
	}
	now := s.instant()
	gone := store.Screening{ID: typed.screening, MovieID: movie.ID}
	form := views.BookingForm{
		Movie: movie, Screening: gone, Gone: true, Closed: wording.Refusal(&store.Refusal{Kind: store.NotOnSale}),
		Screenings: choices(programme, gone, now), Name: echo(typed.name), Phone: echo(typed.phone),
		Email: echo(typed.email), Nonce: typed.nonce, Now: now,
	}
	s.instead(&form, typed)
	return form, nil
}

// mostOthers is how many other screenings stand in place of a form.
const mostOthers = 8

// instead fills in what a form of a screening that cannot be booked says: what was chosen, and what else there is.
func (s *Site) instead(form *views.BookingForm, typed bookingForm) {
	form.Others = slices.DeleteFunc(slices.Clone(form.Screenings), func(sc store.Screening) bool {
		return sc.ID == form.Screening.ID
	})
	form.Others = form.Others[:min(len(form.Others), mostOthers)] // the film's page has all
	if !typed.sent {
		return
	}
	form.Sent, form.Wanted = true, typed.wanted()
	for _, label := range typed.seats {
		form.Wished = append(form.Wished, quoted(label))
	}
	form.Carried = typed.carried(strconv.Itoa(max(form.Wanted, 1)))
}

// closedStatus is the status of an answer with a form: that its screening cannot be booked, or as it would be.
func closedStatus(form views.BookingForm, status int) int {
	switch {
	case form.Closed != "" && form.Gone:
		return http.StatusGone
	case form.Closed != "" && status < http.StatusBadRequest:
		return http.StatusConflict
	case form.Closed == "" && status == http.StatusGone:
		return http.StatusConflict
	}
	return status
}

// tickets fills in which tickets the form has, and what they cost. Where that cannot be said, it is what one costs.
func (s *Site) tickets(form *views.BookingForm, typed bookingForm, seats store.SeatMap) {
	prices := form.Screening.Prices
	form.Zone = typed.zone
	if zones := prices.Zones(); !slices.Contains(zones, form.Zone) {
		form.Zone = zones[0]
	}
	form.Seats = &views.SeatChoice{
		Map: seats, Chosen: map[string]bool{}, Prices: prices,
		Path: "/screenings/" + strconv.FormatInt(int64(form.Screening.ID), 10) + "/book/seats",
	}
	for _, label := range typed.seats {
		form.Seats.Chosen[label] = true
	}
	wished := slices.Concat(typed.seats, typed.gone)
	if form.Seats.Gone = seats.Taken(wished); form.Seats.Gone != nil {
		form.Seats.Instead = seats.Instead(wished, prices)
	}
	wanted := typed.booking("")
	wanted.Zone = form.Zone
	if len(typed.gone) > 0 { // what they cost is what their like costs
		wanted.Seats = wished
	}
	if types := typeChoices(prices); len(types) > 1 {
		for i, t := range types {
			if types[i].N = echo(typed.types[t.ID]); types[i].N == "" {
				types[i].N = "0"
			}
		}
		if typed.types == nil && typed.seats == nil {
			types[0].N = form.Quantity
		}
		form.Types = types
	}
	if typed.types == nil && typed.seats != nil {
		form.Quantity = strconv.Itoa(len(typed.seats))
	}
	for i, extra := range form.Screening.Surcharges {
		if i < len(typed.without) {
			form.Extras = append(form.Extras, views.ExtraChoice{Surcharge: extra, Without: echo(typed.without[i])})
		}
	}
	form.Lines = wanted.Price(form.Screening, seats)
	if form.Priced = form.Lines != nil; !form.Priced {
		form.Lines, _ = prices.BestLines(form.Zone, []store.TypeCount{{Type: prices.Types(form.Zone)[0].Type, N: 1}})
		extras, _ := form.Screening.Surcharges.Lines(1, nil) // one ticket can do without nothing
		form.Lines = append(form.Lines, extras...)
	}
	form.Total = form.Lines.Total()
	given := typed.seats
	if given == nil && form.Priced {
		given = seats.Best(prices, form.Zone, form.Lines.Count())
	}
	form.Given, form.Apart, form.NoChair = given, !seats.Together(given), seats.Accessible(given)
}

// typeChoices are the price types of a screening.
func typeChoices(prices store.Prices) (types []views.TypeChoice) {
	for _, p := range prices {
		i := slices.IndexFunc(types, func(t views.TypeChoice) bool { return t.ID == p.Type })
		switch {
		case i < 0:
			types = append(types, views.TypeChoice{ID: p.Type, Name: p.Name, From: p.Cents})
		case p.Cents < types[i].From:
			types[i].From = p.Cents
		}
	}
	return types
}

// BookSeats answers GET /screenings/{id}/book/seats: the map as it is now with the seats that are ticked, and the total
// of what the form has. A map that would show what it shows already is not sent again.
func (s *Site) BookSeats(w http.ResponseWriter, r *http.Request) error {
	form, err := s.newForm(r)
	if err != nil {
		return err
	}
	web.NoStore(w)
	asked := r.URL.Query()
	asked.Del("map")
	form.Seats.State = stateOf(form.Seats.Map.Free, asked.Encode(), form.Total)
	if r.URL.Query().Get("map") == form.Seats.State {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return s.pages.Render(w, r, http.StatusOK, views.BookingSeats(form))
}

// stateOf is a short name of what a map shows to who asked: one that differs where anything else is free, asked for or
// due.
func stateOf(free []bool, asked string, total store.Shillings) string {
	sum := fnv.New64a()
	_, _ = fmt.Fprint(sum, free, asked, total) // never fails
	return strconv.FormatUint(sum.Sum64(), 36)
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
