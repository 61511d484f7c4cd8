package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/go-chi/chi/v5"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

// shillings is cents as a JSON number in KSh: 1350, or 12.75.
type shillings store.Cents

// MarshalJSON writes the number without a float in between.
func (s shillings) MarshalJSON() ([]byte, error) {
	return []byte(wording.Decimal(store.Cents(s))), nil
}

// showing is what there is to say of a screening; all null where there is none.
type showing struct {
	ShowTime       *string    `json:"showTime"`
	Price          *shillings `json:"price"`
	MaximumTickets *int       `json:"maximumTickets"`
}

func showingOf(sc *store.Screening) showing {
	if sc == nil {
		return showing{}
	}
	price := shillings(sc.Price())
	return showing{kenya(sc.StartsAt), &price, &sc.Capacity}
}

type movie struct {
	MovieID     store.MovieID `json:"movieId"`
	Title       string        `json:"title"`
	Description string        `json:"description"`
	showing
	ImageURL    string  `json:"imageUrl"`
	DateCreated *string `json:"dateCreated"`
	LastUpdated *string `json:"lastUpdated"`
}

type film struct {
	movie
	TicketsLeft *int        `json:"ticketsLeft"`
	Screenings  []screening `json:"screenings"`
}

type screening struct {
	ScreeningID store.ScreeningID `json:"screeningId"`
	Hall        string            `json:"hall"`
	showing
	TicketsLeft int `json:"ticketsLeft"`
}

func (a *API) movieOf(m store.Movie, sc *store.Screening) movie {
	return movie{m.ID, m.Title, m.Synopsis, showingOf(sc), a.Poster(m), kenya(m.CreatedAt), kenya(m.UpdatedAt)}
}

// filmOf lists a film with the screenings that can be booked, sold out ones too.
func (a *API) filmOf(f *store.Film, now store.Instant) film {
	next := f.Next(now, 1)
	out := film{movie: a.movieOf(f.Movie, next), Screenings: []screening{}}
	if next != nil {
		out.TicketsLeft = &next.Left
	}
	for i := range f.Screenings {
		if sc := &f.Screenings[i]; sc.Sells(now) {
			out.Screenings = append(out.Screenings, screening{sc.ID, sc.Hall, showingOf(sc), sc.Left})
		}
	}
	return out
}

// movieCache keeps the list of films as bytes for as long as the programme's snapshot serves.
type movieCache struct {
	mu       sync.Mutex
	of       *store.Programme
	document *web.Document
}

// Movies answers GET /api/movies.
func (a *API) Movies(w http.ResponseWriter, r *http.Request) error {
	programme, err := a.Store.Catalogue().Programme(r.Context())
	if err != nil {
		return err
	}
	document, err := a.list(programme)
	if err != nil {
		return err
	}
	document.ServeHTTP(w, r)
	return nil
}

func (a *API) list(p *store.Programme) (*web.Document, error) {
	c := &a.movies
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == p {
		return c.document, nil
	}
	list := make([]film, len(p.Films))
	for i := range p.Films {
		list[i] = a.filmOf(&p.Films[i], store.At(a.Now()))
	}
	body, err := json.Marshal(map[string][]film{"movies": list})
	if err != nil {
		return nil, fmt.Errorf("list films: %w", err)
	}
	document, err := web.NewDocument("application/json", append(body, '\n'))
	if err != nil {
		return nil, fmt.Errorf("pack the films: %w", err)
	}
	c.of, c.document = p, document
	return document, nil
}

// Movie answers GET /api/movies/{id}.
func (a *API) Movie(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return notFound("Movie")
	}
	programme, err := a.Store.Catalogue().Programme(r.Context())
	if err != nil {
		return err
	}
	f, ok := programme.Film(store.MovieID(id))
	if !ok {
		return notFound("Movie")
	}
	w.Header().Set("Cache-Control", "no-cache")
	return web.WriteJSON(w, http.StatusOK, map[string]film{"movie": a.filmOf(f, store.At(a.Now()))})
}
