// Package handlers is everything that reacts to the outside: it puts the public pages, the JSON API and M-PESA's
// callbacks behind one http.Handler.
//
// It must never hold a rule of the box office: it wires its rooms together, and says which address leads where.
package handlers

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"cinemasphere/handlers/admin"
	"cinemasphere/handlers/api"
	"cinemasphere/handlers/checkout"
	"cinemasphere/handlers/doctor"
	"cinemasphere/handlers/hooks"
	"cinemasphere/handlers/internal/web"
	"cinemasphere/handlers/site"
	"cinemasphere/handlers/staff"
	"cinemasphere/handlers/watch"
	"cinemasphere/store"
)

// Deps is what the handlers are given. Store, Checkout and BaseURL are needed.
type Deps struct {
	Store          *store.Store
	Checkout       *checkout.Service
	Watch          *watch.Watch      // says whether the box office is ready; nil is one that never looks
	Staff          *staff.Service    // lets people of the staff in; nil is one that asks owners for no second factor
	Log            *slog.Logger      // one line per request; nil drops
	BaseURL        string            // scheme and host that customers use; https makes cookies Secure
	HSTS           string            // for whom HSTS speaks, with https: off, host (also ""), subdomains
	Demo           bool              // a banner on every page: no money moves
	Sandbox        bool              // a banner on every page: Safaricom's sandbox
	TrustedProxies []netip.Prefix    // who may say in X-Forwarded-For where a request comes from
	Unbounded      bool              // clients may have M-PESA asked as often as they like; the books bound the rest
	Partners       map[string]string // keys of partners by their names, for the API
	// what customers are told to pay to where prompts fail, with the ticket's code as account number; "" tells them
	// nothing
	Paybill string
	Till    string // or the till that they are told to pay to
	// DataPlace is where server and backups stand, as customers read it; "" is not said.
	DataPlace string
	// KeepCustomers is for how many months after a screening its customers are kept; 0 is without an end.
	KeepCustomers int
	// Senders are the networks that callbacks come from; none is every address. What comes from elsewhere is logged, or
	// refused with RefuseOthers.
	Senders      []netip.Prefix
	RefuseOthers bool
	// Callback is the address that M-PESA sends its answers to, as the staff read it.
	Callback string
	// the simulated phones, served below /simulator/ with that prefix taken off; nil for none
	Simulator http.Handler
	// Examine looks at what selling needs, for the owner; nil is not possible.
	Examine func(context.Context) doctor.Examined
	// Observe is told of every answer, by the pattern of its route; nil is told of none.
	Observe func(method, route string, status int, took time.Duration)
	Now     func() time.Time // the clock; nil is the machine's

	BackupPlaces []string      // where backups go; none is none
	BackupOldest time.Duration // how old the last good one may be before the managers read of it
}

// MaskAttr keeps phone numbers, CheckoutRequestIDs, tokens and secrets out of a log: slog.HandlerOptions.ReplaceAttr.
func MaskAttr(groups []string, a slog.Attr) slog.Attr { return web.MaskAttr(groups, a) }

// closingRetry is after how many seconds a customer should try again while the box office restarts.
const closingRetry = 10

// New puts all handlers behind one. The error is about compression only, and a mistake in the program.
func New(d Deps) (http.Handler, error) {
	if d.Now == nil {
		d.Now = time.Now
	}
	d.BaseURL = strings.TrimRight(d.BaseURL, "/")
	https := strings.HasPrefix(d.BaseURL, "https://")
	compress, err := web.Compress()
	if err != nil {
		return nil, fmt.Errorf("handlers: %w", err)
	}
	responder := web.NewResponder(web.Config{
		Log: d.Log, HSTS: hsts(https, d.HSTS), Now: d.Now, Observe: d.Observe, Rules: rules(),
	})
	sessions := web.NewSessions(d.Store, https)
	if d.Staff == nil {
		d.Staff = staff.New(d.Store, staff.Config{Demo: d.Demo, Now: d.Now})
	}
	if d.Watch == nil {
		d.Watch = watch.New(watch.Config{Store: d.Store, Now: d.Now})
	}
	var questions *web.Questions
	if !d.Unbounded {
		questions = web.NewQuestions()
	}
	handset := ""
	if d.Demo && d.Simulator != nil {
		handset = "/simulator/phones/"
	}
	rooms := router{
		responder: responder, compress: compress, deps: d, sessions: sessions,
		hooks: hooks.New(responder, d.Checkout, hooks.Senders{Known: d.Senders, Refuse: d.RefuseOthers}),
		site: site.New(site.Config{
			Responder: responder, Store: d.Store, Checkout: d.Checkout, Sessions: sessions,
			BaseURL: d.BaseURL, Demo: d.Demo, Sandbox: d.Sandbox, Handset: handset, Paybill: d.Paybill, Till: d.Till,
			DataPlace: d.DataPlace, KeepCustomers: d.KeepCustomers, Now: d.Now,
		}),
		api: api.New(api.Config{
			Responder: responder, Store: d.Store, Checkout: d.Checkout, Sessions: sessions, Questions: questions,
			Partners: web.NewPartners(d.Partners), Now: d.Now,
			Poster: func(m store.Movie) string { return d.BaseURL + site.PosterURL(m) },
		}),
		admin: admin.New(admin.Config{
			Responder: responder, Store: d.Store, Staff: d.Staff, Checkout: d.Checkout, BaseURL: d.BaseURL,
			Paybill: d.Paybill, Till: d.Till, Callback: d.Callback,
			Initiator: d.Checkout.Initiator(), AutoRefund: d.Checkout.AutoRefund(),
			Handset: handset, HTTPS: https, Demo: d.Demo, Sandbox: d.Sandbox, Now: d.Now,
			Examine:       d.Examine,
			KeepCustomers: d.KeepCustomers, BackupPlaces: d.BackupPlaces, BackupOldest: d.BackupOldest,
		}),
	}
	return rooms.routes(), nil
}

// Secured puts the headers of the site's answers on those that the site does not give itself, such as redirects to it.
// HSTS is as in [Deps]; off where the answers are not by https, which has nothing to say of it.
func Secured(setting string, next http.Handler) http.Handler {
	return web.Secured(hsts(setting != "off", setting), next)
}

// rules say how errors of the rooms are answered.
func rules() []web.Rule {
	return []web.Rule{
		{
			Match: web.Is(checkout.ErrClosing), Status: http.StatusServiceUnavailable, RetryAfter: closingRetry,
			Sentence: "The box office is restarting. Nothing was booked and you have not been charged. Please try " +
				"again in a few seconds.",
		},
		{Match: web.As[checkout.Invalid], Status: http.StatusUnprocessableEntity},
	}
}

// hsts is for whom Strict-Transport-Security speaks. A site by http has nothing to say of https.
func hsts(https bool, setting string) string {
	switch {
	case !https || setting == "off":
		return ""
	case setting == web.HSTSSubdomains:
		return web.HSTSSubdomains
	}
	return web.HSTSHost
}
