// Package site serves the public pages: what is on, booking, and tickets. Every page and form works without JavaScript;
// each fragment that htmx swaps in has an address of its own, below its page's.
//
// It must never decide anything about money or seats: it reads forms, asks checkout, and shows what the books say.
package site

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/views"
	"cinemasphere/views/wording"
)

// Config is what a Site is made of. All but Handset, Demo, Sandbox, Paybill and Till are needed.
type Config struct {
	Responder *web.Responder
	Store     *store.Store
	Checkout  *checkout.Service
	Sessions  *web.Sessions
	BaseURL   string // scheme and host, no slash at the end
	Demo      bool   // no money moves
	Sandbox   bool   // Safaricom's sandbox
	Handset   string // where the simulated phones are, such as /simulator/phones/; "" for nowhere
	Paybill   string // what is paid without a prompt, with a ticket's code as account number; "" offers none
	Till      string // or a till; "" offers none
	DataPlace string // where server and backups stand, as customers read it; "" is not said
	// KeepCustomers is for how many months after a screening its customers are kept; 0 is without an end.
	KeepCustomers int
	Now           func() time.Time
}

// Site serves the public pages. Its methods answer one route each.
type Site struct {
	Config
	pages   web.Pages
	homes   homeCache
	cinema  cinemaCache
	posters posterCache
	themes  themes
	last    lastPage
}

// New makes a Site, and renders the page it shows when nothing else works.
func New(c Config) *Site {
	s := &Site{Config: c}
	s.cinema.get(context.Background(), s.Store, s.Now())
	s.last.render(s)
	return s
}

// lastPage is the 500 page, rendered before it is needed, for the cinema that it names.
type lastPage struct {
	mu     sync.Mutex
	cinema store.Cinema
	page   []byte
}

// render returns the page, made anew where the cinema has changed. It reads nothing.
func (l *lastPage) render(s *Site) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	cinema := s.cinema.last()
	if l.page != nil && l.cinema == cinema {
		return l.page
	}
	p := s.Responder.Problem(&web.Error{Status: http.StatusInternalServerError})
	var page bytes.Buffer
	component := views.ProblemPage(s.frameOf(cinema, views.Page{Title: p.Title, NoIndex: true}), problemView(p))
	if err := component.Render(context.Background(), &page); err != nil {
		return []byte("Something went wrong. The mistake is ours, and it has been noted.\n")
	}
	l.cinema, l.page = cinema, page.Bytes()
	return l.page
}

// Page makes a handler whose problems are shown as whole pages.
func (s *Site) Page(h web.HandlerFunc) http.HandlerFunc { return s.Responder.Handle(s.Problem, h) }

// Fragment makes a handler whose problems are shown as fragments.
func (s *Site) Fragment(h web.HandlerFunc) http.HandlerFunc {
	return s.Responder.Handle(s.problemFragment, h)
}

// Problem draws a problem as a whole page.
func (s *Site) Problem(w http.ResponseWriter, r *http.Request, p web.Problem) {
	if p.Status < http.StatusInternalServerError || p.Status == http.StatusServiceUnavailable {
		page := s.frame(r.Context(), views.Page{Title: worded(p).Title, NoIndex: true})
		err := s.pages.Render(w, r, p.Status, views.ProblemPage(page, problemView(p)))
		if err == nil {
			return
		}
		web.LogError(w, err)
	}
	if err := web.WriteHTML(w, p.Status, s.last.render(s)); err != nil {
		web.LogError(w, err)
	}
}

func (s *Site) problemFragment(w http.ResponseWriter, r *http.Request, p web.Problem) {
	if err := s.pages.Render(w, r, p.Status, views.ProblemFragment(problemView(p))); err != nil {
		web.LogError(w, err)
	}
}

// problem says how an error is answered, in words for a customer.
func (s *Site) problem(err error) web.Problem { return worded(s.Responder.Problem(err)) }

// worded is a problem in words for a customer.
func worded(p web.Problem) web.Problem {
	if p.Closed != nil {
		p.Title, p.Sentence = wording.SalesClosedTitle, wording.Refusal(p.Closed)
	}
	return p
}

func problemView(p web.Problem) views.Problem {
	p = worded(p)
	return views.Problem{Status: p.Status, Title: p.Title, Sentence: p.Sentence, RetryAfter: p.RetryAfter}
}

// frame fills in what the frame around every page needs.
func (s *Site) frame(ctx context.Context, p views.Page) views.Page {
	return s.frameOf(s.cinema.get(ctx, s.Store, s.Now()), p)
}

// frameOf is frame for a cinema that was read already.
func (s *Site) frameOf(cinema store.Cinema, p views.Page) views.Page {
	p.BaseURL, p.Demo, p.Simulator, p.Sandbox = s.BaseURL, s.Demo, s.Handset != "", s.Sandbox
	p.Cinema = cinema
	p.Year = wording.Nairobi(store.At(s.Now())).Year()
	return p
}

// frameFor is frame with the bookings of this browser that can be found again.
func (s *Site) frameFor(w http.ResponseWriter, r *http.Request, p views.Page) views.Page {
	p = s.frame(r.Context(), p)
	waiting, err := s.waiting(r)
	if err != nil {
		web.LogError(w, err) // the page itself does not depend on it
	}
	p.Waiting = waiting
	return p
}

func (s *Site) waiting(r *http.Request) ([]views.WaitingBooking, error) {
	browser, err := s.Sessions.Browser(r)
	if err != nil || browser == "" {
		return nil, err
	}
	tickets, err := s.Store.Tickets().WaitingTickets(r.Context(), browser)
	if err != nil {
		return nil, err
	}
	waiting := make([]views.WaitingBooking, len(tickets))
	for i, t := range tickets {
		waiting[i] = views.WaitingBooking{Secret: t.Secret, Film: t.Movie.Title, HoldUntil: t.HoldUntil}
	}
	return waiting, nil
}

func (s *Site) instant() store.Instant { return store.At(s.Now()) }

// cinemaAge is how long a change of the cinema's own name or address by another process may take to show.
const cinemaAge = 5 * time.Second

// cinemaCache keeps the cinema's settings, which every page shows.
type cinemaCache struct {
	mu      sync.Mutex
	read    time.Time
	changes uint64 // as of then
	current store.Cinema
}

// last is the cinema as it was read last.
func (c *cinemaCache) last() store.Cinema {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current
}

func (c *cinemaCache) get(ctx context.Context, st *store.Store, now time.Time) store.Cinema {
	c.mu.Lock()
	defer c.mu.Unlock()
	changes := st.Catalogue().Changes()
	if !c.read.IsZero() && now.Sub(c.read) < cinemaAge && c.changes == changes {
		return c.current
	}
	cinema, err := st.Catalogue().Cinema(context.WithoutCancel(ctx))
	switch {
	case err == nil:
		c.current, c.read, c.changes = cinema, now, changes
	case c.read.IsZero():
		return store.Cinema{Name: "CinemaSphere"}
	}
	return c.current
}
