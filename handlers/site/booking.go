package site

import (
	"errors"
	"net/http"
	"strconv"

	"cinemasphere/handlers/checkout"
	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/views"
	"cinemasphere/views/ui"
	"cinemasphere/views/wording"
)

// Bookings answers POST /bookings, for browsers without JavaScript: a page to confirm, then the booking itself and a
// redirect to its ticket.
func (s *Site) Bookings(w http.ResponseWriter, r *http.Request) error {
	typed, err := s.readBooking(r)
	if err != nil {
		return err
	}
	switch {
	case typed.choose:
		return s.redraw(w, r, typed, s.formPage, again{status: http.StatusOK})
	case !typed.confirmed:
		return s.confirm(w, r, typed)
	}
	placed, err := s.place(w, r, typed)
	if err != nil {
		return s.notBooked(w, r, typed, s.formPage, err)
	}
	web.NoStore(w)
	http.Redirect(w, r, "/tickets/"+placed.Ticket.Secret, http.StatusSeeOther)
	return nil
}

// BookingsDialog answers POST /bookings/dialog, sent by htmx from the dialog that shows total and number already.
func (s *Site) BookingsDialog(w http.ResponseWriter, r *http.Request) error {
	typed, err := s.readBooking(r)
	if err != nil {
		return err
	}
	if typed.choose {
		return s.redraw(w, r, typed, s.formDialog, again{status: http.StatusOK})
	}
	placed, err := s.place(w, r, typed)
	if errors.Is(err, store.ErrBusy) {
		return s.busy(w, r, err)
	}
	if err != nil {
		return s.notBooked(w, r, typed, s.formDialog, err)
	}
	w.Header().Set("HX-Push-Url", "/tickets/"+placed.Ticket.Secret)
	return s.status(w, r, http.StatusOK, placed.Ticket, ticketForms{inDialog: true})
}

// busy turns a booking away at no cost: the form stays as it is in the customer's dialog, beside a toast.
func (s *Site) busy(w http.ResponseWriter, r *http.Request, err error) error {
	p := s.problem(err)
	web.LogError(w, err)
	web.NoStore(w)
	w.Header().Set("Retry-After", strconv.Itoa(p.RetryAfter))
	w.Header().Set("HX-Reswap", "none")
	return s.pages.Render(w, r, p.Status, ui.Toast("error", p.Sentence))
}

// errOldForm means that a form brought no nonce that could be one of ours.
var errOldForm = errors.New("the form has no nonce")

// place books, and lets the browser find its booking again. Errors are those of checkout.Book, errOldForm and
// *web.Error.
func (s *Site) place(w http.ResponseWriter, r *http.Request, typed bookingForm) (checkout.BookingResult, error) {
	if !typed.goodNonce() {
		return checkout.BookingResult{}, errOldForm
	}
	browser, err := s.Sessions.Browser(r)
	if err != nil {
		return checkout.BookingResult{}, err
	}
	clean, problems := typed.booking(browser).Validate()
	if problems != nil {
		return checkout.BookingResult{}, problems
	}
	clean.Client = web.Client(r, "")
	var session *web.NewSession
	if browser == "" {
		if session, err = s.Sessions.New(r); err != nil {
			return checkout.BookingResult{}, err
		}
		clean.Browser, clean.Session = session.Browser, &session.Row
	}
	placed, err := s.Checkout.Book(r.Context(), clean)
	if err != nil {
		return placed, err
	}
	if session != nil && !placed.Replayed {
		session.SetCookie(w)
	}
	return placed, nil
}

// confirm shows once more what will be asked of whose phone. Nothing is written yet.
func (s *Site) confirm(w http.ResponseWriter, r *http.Request, typed bookingForm) error {
	clean, problems := typed.booking("").Validate()
	if problems != nil {
		return s.redraw(w, r, typed, s.formPage, again{
			status: http.StatusUnprocessableEntity, errors: sentences(problems),
		})
	}
	if refusal := s.closed(w, r); refusal != nil {
		return s.notBooked(w, r, typed, s.formPage, refusal)
	}
	form, err := s.form(r, typed)
	if err != nil {
		return err
	}
	if form.Closed != "" {
		return s.formPage(w, r, closedStatus(form, http.StatusConflict), form)
	}
	if form.Screening.Left < clean.Quantity {
		form.Notice = wording.Refusal(&store.Refusal{Kind: store.SoldOut, Left: form.Screening.Left})
		return s.formPage(w, r, http.StatusConflict, form)
	}
	if refusal := refused(form, typed); refusal != nil {
		form.Notice = wording.Refusal(refusal)
		return s.formPage(w, r, http.StatusConflict, form)
	}
	page := s.frameFor(w, r, views.Page{Title: "Check your booking", Path: "/bookings", NoIndex: true})
	web.NoStore(w)
	form.Name, form.Email, form.Quantity = clean.Name, clean.Email, strconv.Itoa(clean.Quantity)
	return s.pages.Render(w, r, http.StatusOK,
		views.Confirm(page, views.ConfirmPage{
			Form: form, Phone: wording.Phone(clean.Phone), Seats: typed.seats, Total: form.Total,
		}))
}

// refused is why a booking would be refused that has these seats and tickets; nil where it would not.
func refused(form views.BookingForm, typed bookingForm) *store.Refusal {
	taken := form.Seats.Map.Taken(typed.seats)
	switch {
	case taken != nil:
		return taken
	case !form.Priced:
		return &store.Refusal{Kind: store.NotPriced}
	}
	return form.Seats.Map.Apart(typed.seats)
}

// sentences are what is wrong with the fields of a form, in words for a customer.
func sentences(problems checkout.Invalid) map[string]string {
	said := map[string]string{}
	for field, err := range problems {
		said[field] = wording.Typed(err)
	}
	return said
}

// again is why a form comes back.
type again struct {
	status     int
	errors     map[string]string
	notice     string
	waitingURL string
	freshNonce bool
}

type drawForm func(w http.ResponseWriter, r *http.Request, status int, form views.BookingForm) error

// redraw answers with the form as it was typed, around the screening as it is now.
func (s *Site) redraw(w http.ResponseWriter, r *http.Request, typed bookingForm, draw drawForm, why again) error {
	if why.freshNonce {
		typed.nonce = ""
	}
	form, err := s.form(r, typed)
	if err != nil {
		return err
	}
	form.Errors, form.Notice, form.WaitingURL = why.errors, why.notice, why.waitingURL
	return draw(w, r, closedStatus(form, why.status), form)
}

// notBooked answers a booking that was not made with the form, where the customer can do something about it there.
func (s *Site) notBooked(w http.ResponseWriter, r *http.Request, typed bookingForm, draw drawForm, err error) error {
	if errors.Is(err, errOldForm) {
		return s.redraw(w, r, typed, draw, again{
			status: http.StatusUnprocessableEntity,
			notice: "This form was out of date. Please check it and send it again.",
		})
	}
	if errors.Is(err, store.ErrNotFound) {
		return s.redraw(w, r, typed, draw, again{status: http.StatusGone})
	}
	if problems, is := errors.AsType[checkout.Invalid](err); is {
		return s.redraw(w, r, typed, draw, again{status: http.StatusUnprocessableEntity, errors: sentences(problems)})
	}
	if refusal, is := errors.AsType[*store.Refusal](err); is && !web.ClosesSales(refusal) {
		web.LogError(w, err)
		web.RetryAfter(w, refusal)
		why := again{
			status: web.RefusalStatus(refusal), notice: wording.Refusal(refusal),
			freshNonce: refusal.Kind == store.KeyReused || refusal.Kind == store.KeyEnded,
		}
		if refusal.Secret != "" {
			why.waitingURL = "/tickets/" + refusal.Secret
		}
		return s.redraw(w, r, typed, draw, why)
	}
	p := s.problem(err)
	if p.Status != http.StatusTooManyRequests && p.Status != http.StatusServiceUnavailable {
		return err
	}
	web.LogError(w, err)
	w.Header().Set("Retry-After", strconv.Itoa(p.RetryAfter))
	// The nonce stays: sent again, the form finds the booking that may have been written.
	if s.redraw(w, r, typed, draw, again{status: p.Status, notice: p.Sentence}) != nil {
		return err
	}
	return nil
}
