package site

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/views"
)

// Home answers GET / for a browser without a session: from bytes that are made once for each change of the programme.
func (s *Site) Home(w http.ResponseWriter, r *http.Request) error {
	programme, err := s.Store.Catalogue().Programme(r.Context())
	if err != nil {
		return s.homeFailed(w, r, err)
	}
	page, err := s.homes.get(r.Context(), s, programme, s.asked(r, programme).Genre, s.closedNotice(w, r))
	if err != nil {
		return err
	}
	page.ServeHTTP(w, r)
	return nil
}

// HomeAgain answers GET / for a browser with a session: with the bookings of it that can be found again.
func (s *Site) HomeAgain(w http.ResponseWriter, r *http.Request) error {
	programme, err := s.Store.Catalogue().Programme(r.Context())
	if err != nil {
		return s.homeFailed(w, r, err)
	}
	page := s.frameFor(w, r, views.Page{Path: "/", Closed: s.closedNotice(w, r)})
	w.Header().Set("Cache-Control", "private, no-cache")
	w.Header().Add("Vary", "Cookie")
	return s.pages.Render(w, r, http.StatusOK, views.HomePage(page, s.homeView(programme, s.asked(r, programme))))
}

// homeFailed shows the page around a programme that could not be read.
func (s *Site) homeFailed(w http.ResponseWriter, r *http.Request, err error) error {
	web.LogError(w, err)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Retry-After", "5")
	page := s.frame(r.Context(), views.Page{Path: "/"})
	return s.pages.Render(w, r, http.StatusServiceUnavailable,
		views.HomePage(page, views.Home{Now: s.instant(), Failed: true}))
}

// Films answers GET /films, the grid by itself.
func (s *Site) Films(w http.ResponseWriter, r *http.Request) error {
	web.NoStore(w)
	programme, err := s.Store.Catalogue().Programme(r.Context())
	if err != nil {
		web.LogError(w, err)
		w.Header().Set("Retry-After", "5")
		return s.pages.Render(w, r, http.StatusServiceUnavailable,
			views.FilmsFragment(views.Home{Now: s.instant(), Failed: true}))
	}
	filter := s.asked(r, programme)
	w.Header().Set("HX-Push-Url", filter.HomeURL())
	return s.pages.Render(w, r, http.StatusOK, views.FilmsFragment(s.homeView(programme, filter)))
}

// homeAge bounds how old a rendered home page may be while the programme does not change: it says what is today.
const homeAge = 15 * time.Second

// homeCache keeps the home page as bytes, one for each genre.
type homeCache struct {
	rendering sync.Mutex // held by the one who renders anew
	mu        sync.Mutex // of pages
	pages     map[string]homePage
}

type homePage struct {
	version  uint64
	cinema   store.Cinema
	closed   string
	rendered time.Time
	document *web.Document
}

func (c *homeCache) get(ctx context.Context, s *Site, p *store.Programme, genre, closed string) (*web.Document, error) {
	frame := s.frame(ctx, views.Page{Path: "/", Closed: closed})
	now := s.Now()
	fresh := func() (*web.Document, bool) {
		c.mu.Lock()
		defer c.mu.Unlock()
		have := c.pages[genre]
		return have.document,
			have.version == p.Version && have.cinema == frame.Cinema && have.closed == closed &&
				now.Sub(have.rendered) < homeAge
	}
	have, ok := fresh()
	if ok {
		return have, nil
	}
	if have == nil {
		c.rendering.Lock()
	} else if !c.rendering.TryLock() {
		return have, nil // while one renders anew, the others do not wait for it
	}
	defer c.rendering.Unlock()
	if have, ok = fresh(); ok {
		return have, nil
	}
	var page bytes.Buffer
	home := views.HomePage(frame, s.homeView(p, views.Filter{Genre: genre}))
	if err := home.Render(context.WithoutCancel(ctx), &page); err != nil {
		return nil, fmt.Errorf("render the home page: %w", err)
	}
	document, err := web.NewDocument("text/html; charset=utf-8", page.Bytes(), "Cookie")
	if err != nil {
		return nil, fmt.Errorf("pack the home page: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pages == nil || len(c.pages) > len(options(p.Films, genreOf))+1 {
		c.pages = map[string]homePage{}
	}
	c.pages[genre] = homePage{
		version: p.Version, cinema: frame.Cinema, closed: closed, rendered: now, document: document,
	}
	return document, nil
}
