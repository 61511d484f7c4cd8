package site

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"cinemasphere/handlers/checkout"
	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

type drawTicket func(w http.ResponseWriter, r *http.Request, status int, t *store.Ticket, form ticketForms) error

// Retry answers POST /tickets/{secret}/retry with a redirect to the ticket, or the ticket's page with what is wrong.
func (s *Site) Retry(w http.ResponseWriter, r *http.Request) error {
	placed, form, err := s.retry(r)
	if err != nil {
		return s.notRetried(w, r, form, s.ticketPage, err)
	}
	web.NoStore(w)
	http.Redirect(w, r, "/tickets/"+placed.Ticket.Secret, http.StatusSeeOther)
	return nil
}

// RetryStatus answers POST /tickets/{secret}/retry/status with the ticket's status.
func (s *Site) RetryStatus(w http.ResponseWriter, r *http.Request) error {
	placed, form, err := s.retry(r)
	form.inDialog = asDialog(r)
	if err != nil {
		return s.notRetried(w, r, form, s.status, err)
	}
	return s.status(w, r, http.StatusOK, placed.Ticket, ticketForms{inDialog: form.inDialog})
}

func (s *Site) retry(r *http.Request) (checkout.BookingResult, ticketForms, error) {
	if err := parseForm(r); err != nil {
		return checkout.BookingResult{}, ticketForms{}, err
	}
	secret, form := chi.URLParam(r, "secret"), ticketForms{phone: echo(r.PostForm.Get("phone"))}
	ticket, err := s.Store.Tickets().TicketBySecret(r.Context(), secret)
	if err != nil {
		return checkout.BookingResult{}, form, err
	}
	browser, err := s.Sessions.Browser(r)
	if err != nil {
		return checkout.BookingResult{}, form, err
	}
	clean, problems := checkout.Booking{
		Name: ticket.CustomerName, Phone: r.PostForm.Get("phone"), Quantity: ticket.Quantity,
	}.Validate()
	if problems != nil {
		return checkout.BookingResult{}, form, problems
	}
	placed, err := s.Checkout.Retry(r.Context(), secret, clean.Phone, browser, web.Client(r, ""))
	return placed, form, err
}

// notRetried answers with the ticket and why it was not tried again, where the customer can do something about it
// there.
func (s *Site) notRetried(w http.ResponseWriter, r *http.Request, form ticketForms, draw drawTicket, err error) error {
	var status int
	if problems, is := errors.AsType[checkout.Invalid](err); is {
		status, form.phoneError = http.StatusUnprocessableEntity, wording.Typed(problems["phone"])
	} else if refusal, is := errors.AsType[*store.Refusal](err); is && !web.ClosesSales(refusal) {
		web.LogError(w, err)
		web.RetryAfter(w, refusal)
		status, form.notice = web.RefusalStatus(refusal), wording.Refusal(refusal)
	} else {
		p := s.problem(err)
		if p.Status != http.StatusTooManyRequests && p.Status != http.StatusServiceUnavailable {
			return err
		}
		web.LogError(w, err)
		w.Header().Set("Retry-After", strconv.Itoa(p.RetryAfter))
		status, form.notice = p.Status, p.Sentence
	}
	t, read := s.Store.Tickets().TicketBySecret(r.Context(), chi.URLParam(r, "secret"))
	if read != nil {
		return err
	}
	return draw(w, r, status, t, form)
}

// GiveUp answers POST /tickets/{secret}/give-up with a redirect to the ticket.
func (s *Site) GiveUp(w http.ResponseWriter, r *http.Request) error {
	if err := s.giveUp(r); err != nil {
		return err
	}
	web.NoStore(w)
	http.Redirect(w, r, "/tickets/"+chi.URLParam(r, "secret"), http.StatusSeeOther)
	return nil
}

// GiveUpStatus answers POST /tickets/{secret}/give-up/status with the ticket's status.
func (s *Site) GiveUpStatus(w http.ResponseWriter, r *http.Request) error {
	if err := s.giveUp(r); err != nil {
		return err
	}
	t, err := s.Store.Tickets().TicketBySecret(r.Context(), chi.URLParam(r, "secret"))
	if err != nil {
		return err
	}
	return s.status(w, r, http.StatusOK, t, ticketForms{inDialog: asDialog(r)})
}

// giveUp frees the seats of an unpaid ticket. One that was paid for meanwhile stays, and is shown as what it is.
func (s *Site) giveUp(r *http.Request) error {
	err := s.Checkout.GiveUp(r.Context(), chi.URLParam(r, "secret"))
	if refusal, is := errors.AsType[*store.Refusal](err); is && refusal.Kind == store.NotFailed {
		return nil
	}
	return err
}
