// Package admin serves the back office. Every page and form works without JavaScript. What a page needs of who opens it
// stands in one table: see routes.go.
//
// A page is a line in Routes, a handler that ends with render, and a component in views/admin inside Layout; its forms
// are Form or FileForm there, which carry the session's token. A form's handler finds r.PostForm read, checks what was
// typed (422 with a sentence at the field), calls one method of the store, and ends with done. Who makes the change
// comes with the request's context, and the store writes it into the audit log.
//
// It must never decide anything about money, seats or who is signed in: it reads forms, asks the store, checkout and
// staff, and shows what they say.
package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"cinemasphere/handlers/checkout"
	"cinemasphere/handlers/doctor"
	"cinemasphere/handlers/internal/web"
	"cinemasphere/handlers/staff"
	"cinemasphere/store"
	"cinemasphere/store/poster"
	pages "cinemasphere/views/admin"
)

// Config is what an Admin is made of.
type Config struct {
	Responder  *web.Responder
	Store      *store.Store
	Staff      *staff.Service
	Checkout   *checkout.Service
	AutoRefund bool                                  // due refunds are made without a person
	Initiator  bool                                  // there is one to send Reversals with
	BaseURL    string                                // scheme and host that customers use, no slash at the end
	Paybill    string                                // what customers pay to; "" where it is none
	Till       string                                // or a till
	Callback   string                                // the address that M-PESA sends its answers to
	Handset    string                                // where the demo's phones are; "" where phones are real
	HTTPS      bool                                  // cookies never travel in the clear
	Demo       bool                                  // no money moves
	Sandbox    bool                                  // Safaricom's sandbox
	Examine    func(context.Context) doctor.Examined // looks at what selling needs; nil is not possible
	Now        func() time.Time

	BackupPlaces  []string      // where backups go
	BackupOldest  time.Duration // how old the last good one may be before somebody should know
	KeepCustomers int           // months after a screening for which its customers are kept; 0 is without an end
}

// Admin serves the back office. Its methods answer one route each.
type Admin struct {
	Config
	pages   web.Pages
	posters *poster.Encoder
	waits   waitCache

	checkUps checkUps
}

// New makes an Admin.
func New(c Config) *Admin { return &Admin{Config: c, posters: poster.NewEncoder(1)} }

// render answers with a page.
func (a *Admin) render(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	return a.pages.Render(w, r, status, page)
}

// done sends the browser on after a form that has done what it should, and says there what that was.
func (a *Admin) done(w http.ResponseWriter, r *http.Request, to, said string) error {
	a.setFlash(w, said)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// Problem draws a problem as a page of the back office.
func (a *Admin) Problem(w http.ResponseWriter, r *http.Request, p web.Problem) {
	r = a.withFrame(w, r)
	page := pages.ProblemPage(pages.Problem{Title: p.Title, Sentence: p.Sentence})
	if err := a.render(w, r, p.Status, page); err != nil {
		web.LogError(w, err)
		if err := web.WriteText(w, p.Status, p.Title+"\n\n"+p.Sentence+"\n"); err != nil {
			web.LogError(w, err)
		}
	}
}
