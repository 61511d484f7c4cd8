// Package api is the JSON API for programs: films, booking, payment status and tickets.
//
// It must never do what the site does not: it books through checkout like everyone else, and opens a ticket by its
// secret, or by its countable number only for the browser session that bought it.
package api

import (
	"net/http"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

// Config is what an API is made of. All fields but Questions are needed.
type Config struct {
	Responder *web.Responder
	Store     *store.Store
	Checkout  *checkout.Service
	Sessions  *web.Sessions
	Questions *web.Questions // nil bounds none
	Partners  *web.Partners
	Poster    func(store.Movie) string // the whole address of a film's poster
	Now       func() time.Time
}

// API answers programs. Its methods answer one route each.
type API struct {
	Config
	movies movieCache
}

// New makes an API.
func New(c Config) *API { return &API{Config: c} }

// Handle makes a handler whose problems are told in JSON.
func (a *API) Handle(h web.HandlerFunc) http.HandlerFunc { return a.Responder.Handle(a.Problem, h) }

// noCORS is what the author of another site's page reads in its console.
const noCORS = "This API has no CORS: pages of other sites cannot call it. Call it from your server, or link to " +
	"our pages."

// Problem draws a problem as {"error": …}.
func (a *API) Problem(w http.ResponseWriter, r *http.Request, p web.Problem) {
	sentence := p.Sentence
	if p.Closed != nil {
		sentence = wording.Refusal(p.Closed)
	}
	if p.Status == http.StatusForbidden || p.Status == http.StatusMethodNotAllowed && r.Method == http.MethodOptions {
		sentence = noCORS // another site's page has tried, or asks whether it may
	}
	if err := web.WriteJSON(w, p.Status, errorBody{Error: sentence}); err != nil {
		web.LogError(w, err)
	}
}

// errorBody is how every problem is told. Left goes with a screening that has too few seats.
type errorBody struct {
	Error string `json:"error"`
	Left  *int   `json:"ticketsLeft,omitempty"`
}

// bad is a request that its sender must change.
func bad(sentence string) error { return &web.Error{Status: http.StatusBadRequest, Public: sentence} }

func notFound(what string) error {
	return &web.Error{Status: http.StatusNotFound, Public: what + " not found"}
}

// kenya writes an instant as RFC 3339 in Nairobi time; none is null.
func kenya(i store.Instant) *string {
	if i == 0 {
		return nil
	}
	s := wording.Machine(i)
	return &s
}
