package site

import (
	"net/http"
	"strconv"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/views"
	"cinemasphere/views/wording"
)

// closed is the refusal that a booking would meet at this moment; nil while bookings are taken, or where it is not
// known.
func (s *Site) closed(w http.ResponseWriter, r *http.Request) *store.Refusal {
	sales, err := s.Store.Tickets().Sales(r.Context())
	if err != nil {
		web.LogError(w, err)
		return nil
	}
	return web.Closed(sales, s.instant())
}

// closedNotice says on a page about something else that no bookings are taken, or "".
func (s *Site) closedNotice(w http.ResponseWriter, r *http.Request) string {
	if refusal := s.closed(w, r); refusal != nil {
		return wording.SalesClosedNotice(refusal)
	}
	return ""
}

// newFormPage answers with a form that nothing was sent of yet, or says in its place that no bookings are taken.
func (s *Site) newFormPage(w http.ResponseWriter, r *http.Request, form views.BookingForm, draw drawForm) error {
	status := http.StatusOK
	if refusal := s.closed(w, r); refusal != nil && form.Closed == "" {
		p := s.problem(refusal)
		status, form.Closed, form.Reopens = p.Status, wording.SalesClosedNotice(refusal), true
		w.Header().Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	return draw(w, r, status, form)
}
