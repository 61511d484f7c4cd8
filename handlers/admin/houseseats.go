package admin

import (
	"errors"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	pages "cinemasphere/views/admin"
	"cinemasphere/views/wording"
)

// seatsForm is the seats of the screening that the address names.
func (a *Admin) seatsForm(r *http.Request) (v pages.SeatsForm, err error) {
	id := store.ScreeningID(number(chi.URLParam(r, "id")))
	if v.Showing, err = a.Store.Catalogue().Showing(r.Context(), id); err != nil {
		return v, err
	}
	v.Map, err = a.Store.Catalogue().StaffMap(r.Context(), id)
	v.Ticked = map[string]bool{}
	for _, label := range r.PostForm["seat"] {
		v.Ticked[label] = true
	}
	return v, err
}

// SeatsPage answers GET /admin/screenings/{id}/seats.
func (a *Admin) SeatsPage(w http.ResponseWriter, r *http.Request) error {
	v, err := a.seatsForm(r)
	if err != nil {
		return err
	}
	return a.render(w, r, http.StatusOK, pages.SeatsPage(v))
}

// HoldSeats answers POST /admin/screenings/{id}/seats. A second press changes nothing.
func (a *Admin) HoldSeats(w http.ResponseWriter, r *http.Request) error {
	do := r.PostForm.Get("do")
	if do != "hold" && do != "release" {
		return &web.Error{Status: http.StatusBadRequest}
	}
	v, err := a.seatsForm(r)
	if err != nil {
		return err
	}
	if len(v.Ticked) == 0 {
		v.Error = "Please tick the seats first."
		return a.render(w, r, http.StatusUnprocessableEntity, pages.SeatsPage(v))
	}
	changed, err := a.Store.Catalogue().HoldSeats(r.Context(), v.Showing.ID, r.PostForm["seat"], do == "hold")
	refusal, refused := errors.AsType[*store.Refusal](err)
	switch {
	case refused && refusal.Kind == store.SeatTaken:
		if v, err = a.seatsForm(r); err != nil {
			return err
		}
		v.Notice = wording.NotHeld(refusal.Seats)
		return a.render(w, r, http.StatusConflict, pages.SeatsPage(v))
	case errors.Is(err, store.ErrCancelled):
		return a.showingError(w, r, err)
	case err != nil:
		return err
	}
	said := "These seats were so already."
	if len(changed) > 0 && do == "hold" {
		said = "Held back: " + strings.Join(changed, ", ") + "."
	} else if len(changed) > 0 {
		said = "On sale: " + strings.Join(changed, ", ") + "."
	}
	return a.done(w, r, showingPath(v.Showing.ID)+"/seats", said)
}
