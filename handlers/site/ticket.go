package site

import (
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"cinemasphere/handlers/checkout"
	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/views"
)

// retryForm is the form to try a payment again, and where it is shown.
type retryForm struct {
	inDialog bool
	phone    string // as typed, "" for the number rung before
	err      string // at the phone field
	notice   string
}

// Ticket answers GET /tickets/{secret}.
func (s *Site) Ticket(w http.ResponseWriter, r *http.Request) error {
	t, err := s.Store.TicketBySecret(r.Context(), chi.URLParam(r, "secret"))
	if err != nil {
		return err
	}
	return s.ticketPage(w, r, http.StatusOK, t, retryForm{})
}

// TicketStatus answers GET /tickets/{secret}/status: 204 where the version that the page shows is still the latest.
func (s *Site) TicketStatus(w http.ResponseWriter, r *http.Request) error {
	web.NoStore(w)
	secret, query := chi.URLParam(r, "secret"), r.URL.Query()
	version, err := s.Store.TicketVersion(r.Context(), secret)
	if err != nil {
		return err
	}
	if query.Get("v") == strconv.FormatInt(version, 10) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	t, err := s.Store.TicketBySecret(r.Context(), secret)
	if err != nil {
		return err
	}
	return s.status(w, r, http.StatusOK, t, retryForm{inDialog: asDialog(r)})
}

func asDialog(r *http.Request) bool { return r.URL.Query().Get("dialog") == "1" }

// ticketPage answers with a ticket's page.
func (s *Site) ticketPage(w http.ResponseWriter, r *http.Request, status int, t *store.Ticket, form retryForm) error {
	page := s.frameFor(w, r, views.Page{Title: ticketTitle(t), Path: "/tickets/" + t.Secret, NoIndex: true})
	web.NoStore(w)
	// Browsers that run our scripts poll by themselves, and a Refresh could not be stopped there.
	if t.Status == store.Pending && r.Header.Get("Sec-Fetch-Mode") == "" {
		w.Header().Set("Refresh", "5; url=/tickets/"+t.Secret)
	}
	return s.pages.Render(w, r, status, views.TicketPage(page, s.ticketView(r, t, form)))
}

// status answers with what a ticket's page says of its payment.
func (s *Site) status(w http.ResponseWriter, r *http.Request, status int, t *store.Ticket, form retryForm) error {
	web.NoStore(w)
	return s.pages.Render(w, r, status, views.TicketStatus(s.ticketView(r, t, form)))
}

func ticketTitle(t *store.Ticket) string {
	switch t.Status {
	case store.Paid:
		return "Your ticket"
	case store.Failed:
		return "Payment not completed"
	}
	return "Check your phone"
}

func (s *Site) ticketView(r *http.Request, t *store.Ticket, form retryForm) views.TicketView {
	now := s.instant()
	v := views.TicketView{
		Ticket: t, Now: now, Phone: web.LocalPhone(t.Phone), InDialog: form.inDialog, RetryPhone: form.phone, RetryError: form.err, Notice: form.notice,
		Cinema: s.cinema.get(r.Context(), s.Store, now.Time()).Name,
	}
	if s.Handset != "" {
		v.Handset = s.Handset + t.Phone
	}
	if v.RetryPhone == "" {
		v.RetryPhone = v.Phone
	}
	switch t.Status {
	case store.Paid:
		if t.VoidedAt == 0 {
			v.Pass = s.Checkout.Pass(t)
		}
	case store.Failed:
		why := checkout.Explain(t)
		v.Title, v.Sentence, v.Late, v.Owed = why.Title, why.Sentence, why.Late, why.Owed
		v.SalesClosed = !t.Screening.Sells(now)
		v.CanRetry = !v.SalesClosed && !why.Owed && t.VoidedAt == 0
		if t.Push.Live && t.Push.LiveUntil > now {
			v.RetryAt = t.Push.LiveUntil
		}
	}
	return v
}
