package admin

import (
	"errors"
	"net/http"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/store/poster"
	pages "cinemasphere/views/admin"
	"cinemasphere/views/wording"
)

// SetLogo answers POST /admin/cinema/logo.
func (a *Admin) SetLogo(w http.ResponseWriter, r *http.Request) error {
	upload, err := uploaded(r, "file", poster.MostBytes)
	if err != nil {
		return err
	}
	images, err := encode(r, upload, a.posters.EncodeLogo)
	if refused, is := errors.AsType[*poster.Refusal](err); is {
		web.LogError(w, err)
		v := pages.CinemaForm{LogoError: wording.LogoRefusal(refused)}
		v.Notice = "The logo was not taken. " + v.LogoError
		if v.Cinema, err = a.Store.Catalogue().Cinema(r.Context()); err != nil {
			return err
		}
		return a.cinemaPage(w, r, http.StatusUnprocessableEntity, v)
	}
	if err == nil {
		err = a.Store.Catalogue().SetLogo(r.Context(), images)
	}
	if err != nil {
		return err
	}
	return a.done(w, r, prefix+"/cinema#logo", "The logo is up.")
}

// RemoveLogo answers POST /admin/cinema/logo/remove.
func (a *Admin) RemoveLogo(w http.ResponseWriter, r *http.Request) error {
	if err := a.Store.Catalogue().SetLogo(r.Context(), nil); err != nil {
		return err
	}
	return a.done(w, r, prefix+"/cinema#logo", "The logo is removed.")
}
