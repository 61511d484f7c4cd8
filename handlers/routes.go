package handlers

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"cinemasphere/handlers/admin"
	"cinemasphere/handlers/api"
	"cinemasphere/handlers/checkout"
	"cinemasphere/handlers/docs"
	"cinemasphere/handlers/hooks"
	"cinemasphere/handlers/internal/web"
	"cinemasphere/handlers/site"
	"cinemasphere/store"
)

// router has the handlers that addresses lead to.
type router struct {
	deps      Deps
	responder *web.Responder
	compress  func(http.Handler) http.HandlerFunc
	sessions  *web.Sessions
	site      *site.Site
	api       *api.API
	admin     *admin.Admin
	hooks     *hooks.Hooks
}

// routes is every address there is.
func (m router) routes() http.Handler {
	r := chi.NewRouter()
	r.Use(m.responder.Wrap(m.site.Problem), tidyPaths, middleware.GetHead)
	r.NotFound(m.forAudience(func(http.ResponseWriter, *http.Request) error { return store.ErrNotFound }))
	r.MethodNotAllowed(m.forAudience(m.methodNotAllowed))

	client := web.FindClient(m.deps.TrustedProxies, m.deps.Log)
	gzip := func(next http.Handler) http.Handler { return m.compress(next) }
	ownForms := m.responder.SameOrigin(m.site.Problem, m.deps.BaseURL)
	ownPages := m.responder.SameOrigin(m.api.Problem, m.deps.BaseURL)

	// What needs nothing around it.
	s := m.site
	r.Get("/", m.home())
	r.Get("/healthz", s.Page(s.Health))
	r.Get("/readyz", s.Page(m.deps.Watch.Ready))
	r.Get("/favicon.ico", s.Page(s.Favicon))
	r.Get("/assets/*", s.Page(web.Files()))
	r.Get("/posters/{hash}/{file}", s.Page(s.Poster))
	r.Get("/posters/drawn/{id}/{file}", s.Page(s.DrawnPoster))
	r.Get("/logo/{hash}/{file}", s.Page(s.Logo))
	r.Get("/theme/{colour}", s.Page(s.Theme))
	r.Get("/docs", http.RedirectHandler("/docs/", http.StatusMovedPermanently).ServeHTTP)
	pages := docs.New()
	r.Get("/docs/", s.Page(pages.Page))
	r.Get("/docs/{page}", s.Page(pages.Page))

	// Pages for people.
	r.Group(func(r chi.Router) {
		r.Use(gzip)
		r.Get("/films", s.Fragment(s.Films))
		r.Get("/movies/{id}", s.Page(s.Movie))
		r.Get("/privacy", s.Page(s.Privacy))
		r.Get("/screenings/{id}/book", s.Page(s.Book))
		r.Get("/screenings/{id}/book/dialog", s.Fragment(s.BookDialog))
		r.Get("/screenings/{id}/book/seats", s.Fragment(s.BookSeats))
		r.Get("/tickets/{secret}", s.Page(s.Ticket))
		r.Get("/tickets/{secret}/status", s.Fragment(s.TicketStatus))
		r.Get("/tickets/{secret}/receipt", s.Page(s.ReceiptPage))
		r.Get("/robots.txt", s.Page(s.Robots))
		r.Get("/sitemap.xml", s.Page(s.Sitemap))
	})
	r.Group(func(r chi.Router) {
		r.Use(ownForms, client, web.LimitBody, gzip)
		r.Post("/bookings", s.Page(s.Bookings))
		r.Post("/bookings/dialog", s.Fragment(s.BookingsDialog))
		r.Post("/tickets/{secret}/retry", s.Page(s.Retry))
		r.Post("/tickets/{secret}/retry/status", s.Fragment(s.RetryStatus))
		r.Post("/tickets/{secret}/give-up", s.Page(s.GiveUp))
		r.Post("/tickets/{secret}/give-up/status", s.Fragment(s.GiveUpStatus))
		r.Post("/tickets/{secret}/receipt", s.Page(s.Receipt))
		r.Post("/tickets/{secret}/receipt/status", s.Fragment(s.ReceiptStatus))
	})

	// The back office.
	r.Group(func(r chi.Router) {
		r.Use(m.responder.SameOrigin(m.admin.Problem, m.deps.BaseURL), client, gzip)
		m.admin.Mount(r)
	})

	// JSON for programs.
	a := m.api
	r.Get("/api/movies", a.Handle(a.Movies))
	r.Group(func(r chi.Router) {
		r.Use(ownPages, client, web.LimitBody, gzip)
		r.Get("/api/movies/{id}", a.Handle(a.Movie))
		r.Get("/api/tickets/{ref}", a.Handle(a.Ticket))
		r.Post("/api/make-payment", a.Handle(a.MakePayment))
		r.Post("/api/query-payment-status", a.Handle(a.QueryPaymentStatus))
	})

	// Callbacks from Safaricom.
	r.Group(func(r chi.Router) {
		// No warnings here: the demo's own simulator calls past a proxy.
		r.Use(web.FindClient(m.deps.TrustedProxies, nil))
		m.callbacks(r)
	})

	if m.deps.Simulator != nil {
		r.Handle("/simulator/*", http.StripPrefix("/simulator", m.deps.Simulator))
		r.Get("/simulator", http.RedirectHandler("/simulator/", http.StatusMovedPermanently).ServeHTTP)
	}
	return r
}

// callbacks are the addresses that Safaricom sends to. What stands behind a token is not looked at.
func (m router) callbacks(r chi.Router) {
	post := func(path string, f web.HandlerFunc) {
		r.Post(path, m.hooks.Handle(f))
		if strings.HasSuffix(path, "/{token}") {
			r.Post(path+"/*", m.hooks.Handle(f))
		}
	}
	for _, path := range []string{
		"/cb", "/cb/", "/cb/{token}", "/api/mpesa-callback", "/api/mpesa-callback/", "/api/mpesa-callback/{token}",
	} {
		post(path, m.hooks.Callback(checkout.STK))
	}
	for path, kind := range map[string]store.CallbackKind{
		"/cb/status/{token}": store.CallbackStatus, "/cb/status-timeout/{token}": store.CallbackStatusTimeout,
		"/cb/reversal/{token}": store.CallbackReversal, "/cb/reversal-timeout/{token}": store.CallbackReversalTimeout,
		"/cb/paid/{token}": store.CallbackC2B,
	} {
		post(path, m.hooks.Callback(kind))
	}
	post("/cb/check/{token}", m.hooks.Validate)
	for _, path := range []string{"/cb", "/api/mpesa-callback"} {
		r.Post(path+checkout.ProbePath+"{token}", m.hooks.Handle(m.hooks.Probe))
	}
}

// home sends browsers without a session the page that is ready, and makes one for the others, and for what is filtered.
func (m router) home() http.HandlerFunc {
	first, again := m.site.Page(m.site.Home), m.compress(m.site.Page(m.site.HomeAgain))
	return func(w http.ResponseWriter, r *http.Request) {
		if m.sessions.Has(r) || site.Filtered(r) {
			again(w, r)
			return
		}
		first(w, r)
	}
}

// forAudience answers where no route does: programs in JSON, people with a page.
func (m router) forAudience(h web.HandlerFunc) http.HandlerFunc {
	page, program := m.compress(m.site.Page(h)), m.api.Handle(h)
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/cb/") {
			program(w, r)
			return
		}
		page(w, r)
	}
}

// methodNotAllowed says with what methods there is something at the address.
func (m router) methodNotAllowed(w http.ResponseWriter, r *http.Request) error {
	if strings.HasPrefix(r.URL.Path, "/cb/") || strings.HasPrefix(r.URL.Path, "/api/mpesa-callback/") {
		m.hooks.WrongMethod(r)
	}
	known := chi.RouteContext(r.Context())
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		ask := method
		if ask == http.MethodHead {
			ask = http.MethodGet
		}
		if known.Routes.Match(chi.NewRouteContext(), ask, r.URL.Path) {
			allowed = append(allowed, method)
		}
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return &web.Error{Status: http.StatusMethodNotAllowed}
}
