package site

import (
	"net/http"

	"cinemasphere/views"
)

// Privacy answers GET /privacy: what the cinema does with what it knows of its customers.
func (s *Site) Privacy(w http.ResponseWriter, r *http.Request) error {
	tells := s.Store.Tells()
	page := s.frameFor(w, r, views.Page{
		Title: "Your data", Path: "/privacy",
		Description: "What we know of who books a ticket, why, who else gets it, for how long, and what you may ask " +
			"for.",
	})
	w.Header().Set("Cache-Control", "private, no-cache")
	return s.pages.Render(w, r, http.StatusOK, views.PrivacyPage(page, views.Privacy{
		Months: s.KeepCustomers, Mails: tells.Email, Texts: tells.SMS, Place: s.DataPlace,
	}))
}
