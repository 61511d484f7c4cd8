package site

import (
	"fmt"
	"net/http"
	"strconv"

	"cinemasphere/store"
	"cinemasphere/views"

	"github.com/go-chi/chi/v5"
)

// Movie answers GET /movies/{id}.
func (s *Site) Movie(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r, "id")
	if err != nil {
		return err
	}
	programme, err := s.Store.Catalogue().Programme(r.Context())
	if err != nil {
		return err
	}
	film, ok := programme.Film(store.MovieID(id))
	if !ok {
		return fmt.Errorf("film: %w", store.ErrNotFound)
	}
	page := s.frameFor(w, r, views.Page{
		Title: film.Title, Description: film.Synopsis, Path: "/movies/" + strconv.FormatInt(id, 10),
		Image:  views.PosterImage(film.Movie),
		Closed: s.closedNotice(w, r),
	})
	w.Header().Set("Cache-Control", "private, no-cache")
	return s.pages.Render(w, r, http.StatusOK,
		views.MoviePageView(page, views.MoviePage{Film: *film, Now: s.instant()}))
}

// number reads an id from the path. What is not a number is not found.
func number(r *http.Request, name string) (int64, error) {
	id, err := strconv.ParseInt(chi.URLParam(r, name), 10, 64)
	if err != nil || id <= 0 {
		return 0, fmt.Errorf("%s: %w", name, store.ErrNotFound)
	}
	return id, nil
}
