package site

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/views"
)

// ticketForms are the forms of a ticket's page as they were sent, and where they are shown.
type ticketForms struct {
	inDialog      bool
	forReceipt    bool   // on the page that asks for a receipt and nothing else
	phone         string // as typed, "" for the number rung before
	phoneError    string // at its field
	notice        string // why another try was not taken
	receipt       string // as typed
	receiptError  string // at its field
	receiptNotice string // why it was not taken
}

// Ticket answers GET /tickets/{secret}.
func (s *Site) Ticket(w http.ResponseWriter, r *http.Request) error {
	t, err := s.Store.Tickets().TicketBySecret(r.Context(), chi.URLParam(r, "secret"))
	if err != nil {
		return err
	}
	return s.ticketPage(w, r, http.StatusOK, t, ticketForms{})
}

// TicketStatus answers GET /tickets/{secret}/status: 204 where the version that the page shows is still the latest.
func (s *Site) TicketStatus(w http.ResponseWriter, r *http.Request) error {
	web.NoStore(w)
	secret, query := chi.URLParam(r, "secret"), r.URL.Query()
	version, err := s.Store.Tickets().TicketVersion(r.Context(), secret)
	if err != nil {
		return err
	}
	if query.Get("v") == strconv.FormatInt(version, 10) && !s.stale(query.Get("until")) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	t, err := s.Store.Tickets().TicketBySecret(r.Context(), secret)
	if err != nil {
		return err
	}
	return s.status(w, r, http.StatusOK, t, ticketForms{inDialog: asDialog(r)})
}

// stale reports whether what a page shows is to be shown anew though nothing has been written: until when it is good
// stands in the address that it polls.
func (s *Site) stale(until string) bool {
	i, err := strconv.ParseInt(until, 10, 64)
	return err == nil && store.Instant(i) <= s.instant()
}

func asDialog(r *http.Request) bool { return r.URL.Query().Get("dialog") == "1" }

// ticketPage answers with a ticket's page.
func (s *Site) ticketPage(w http.ResponseWriter, r *http.Request, status int, t *store.Ticket, form ticketForms) error {
	view := s.ticketView(w, r, t, form)
	page := s.frameFor(w, r, views.Page{Title: ticketTitle(view), Path: "/tickets/" + t.Secret, NoIndex: true})
	page.Waiting = slices.DeleteFunc(page.Waiting, func(b views.WaitingBooking) bool { return b.Secret == t.Secret })
	web.NoStore(w)
	// Browsers that run our scripts poll by themselves, and a Refresh could not be stopped there.
	if view.Reloads() && r.Header.Get("Sec-Fetch-Mode") == "" {
		w.Header().Set("Refresh", "5; url=/tickets/"+t.Secret)
	}
	return s.pages.Render(w, r, status, views.TicketPage(page, view))
}

// status answers with what a ticket's page says of its payment.
func (s *Site) status(w http.ResponseWriter, r *http.Request, status int, t *store.Ticket, form ticketForms) error {
	web.NoStore(w)
	return s.pages.Render(w, r, status, views.TicketStatus(s.ticketView(w, r, t, form)))
}

func ticketTitle(v views.TicketView) string {
	switch {
	case v.Void != "":
		return "Ticket no longer valid"
	case v.Ticket.Status == store.Paid:
		return "Your ticket"
	case v.Checking != "":
		return "Checking your payment"
	case v.Ticket.Status == store.Failed:
		return "Payment not completed"
	}
	return "Check your phone"
}
