package site

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"cinemasphere/handlers/checkout"
	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/views"
	"cinemasphere/views/wording"
)

// longestMessage is how much of a pasted M-PESA message is shown back.
const longestMessage = 1000

// ReceiptPage answers GET /tickets/{secret}/receipt, which asks whoever has paid already for the receipt.
func (s *Site) ReceiptPage(w http.ResponseWriter, r *http.Request) error {
	t, err := s.Store.Tickets().TicketBySecret(r.Context(), chi.URLParam(r, "secret"))
	if err != nil {
		return err
	}
	return s.receiptPage(w, r, http.StatusOK, t, ticketForms{})
}

// receiptPage answers with the page that asks for a receipt, or leads to the ticket where none is needed.
func (s *Site) receiptPage(w http.ResponseWriter, r *http.Request, status int, t *store.Ticket,
	form ticketForms) error {
	web.NoStore(w)
	form.forReceipt = true
	view := s.ticketView(w, r, t, form)
	if view.Receipt.Asks == views.AsksNot && form.receiptNotice == "" {
		http.Redirect(w, r, "/tickets/"+t.Secret, http.StatusSeeOther)
		return nil
	}
	page := s.frameFor(w, r, views.Page{
		Title: "Have you paid already?", Path: "/tickets/" + t.Secret + "/receipt", NoIndex: true,
	})
	return s.pages.Render(w, r, status, views.ReceiptPage(page, view))
}

// Receipt answers POST /tickets/{secret}/receipt with a redirect to the ticket, or the page with what is wrong.
func (s *Site) Receipt(w http.ResponseWriter, r *http.Request) error {
	form, err := s.claim(r)
	if err != nil {
		return s.notClaimed(w, r, form, s.receiptPage, err)
	}
	web.NoStore(w)
	http.Redirect(w, r, "/tickets/"+chi.URLParam(r, "secret"), http.StatusSeeOther)
	return nil
}

// ReceiptStatus answers POST /tickets/{secret}/receipt/status with the ticket's status.
func (s *Site) ReceiptStatus(w http.ResponseWriter, r *http.Request) error {
	form, err := s.claim(r)
	form.inDialog = asDialog(r)
	if err != nil {
		return s.notClaimed(w, r, form, s.status, err)
	}
	t, err := s.Store.Tickets().TicketBySecret(r.Context(), chi.URLParam(r, "secret"))
	if err != nil {
		return err
	}
	return s.status(w, r, http.StatusOK, t, ticketForms{inDialog: form.inDialog})
}

func (s *Site) claim(r *http.Request) (ticketForms, error) {
	if err := parseForm(r); err != nil {
		return ticketForms{}, err
	}
	text, secret := r.PostForm.Get("receipt"), chi.URLParam(r, "secret")
	form := ticketForms{receipt: echoed(text, longestMessage)}
	// An address that opens nothing is not found, whatever was typed.
	if _, err := s.Store.Tickets().TicketVersion(r.Context(), secret); err != nil {
		return form, err
	}
	browser, err := s.Sessions.Browser(r)
	if err != nil {
		return form, err
	}
	_, err = s.Checkout.Claim(r.Context(), secret, text, browser)
	return form, err
}

// notClaimed answers with the form and why the receipt was not taken, where the customer can do something about it
// there.
func (s *Site) notClaimed(w http.ResponseWriter, r *http.Request, form ticketForms, draw drawTicket, err error) error {
	t, read := s.Store.Tickets().TicketBySecret(r.Context(), chi.URLParam(r, "secret"))
	if read != nil {
		return err
	}
	if errors.Is(err, checkout.ErrNoReceipt) {
		form.receiptError = wording.NoReceipt
		return draw(w, r, http.StatusUnprocessableEntity, t, form)
	}
	if refusal, is := errors.AsType[*store.Refusal](err); is {
		web.LogError(w, err)
		if refusal.Kind == store.NotFailed {
			return s.receiptNotNeeded(w, r, form, draw, t)
		}
		web.RetryAfter(w, refusal)
		form.receiptNotice = wording.Refusal(refusal)
		return draw(w, r, web.RefusalStatus(refusal), t, form)
	}
	p := s.problem(err)
	if p.Status != http.StatusTooManyRequests && p.Status != http.StatusServiceUnavailable {
		return err
	}
	web.LogError(w, err)
	w.Header().Set("Retry-After", strconv.Itoa(p.RetryAfter))
	form.receiptNotice = p.Sentence
	return draw(w, r, p.Status, t, form)
}

// receiptNotNeeded shows a ticket that needs no receipt as what it is. Where money of it is due back all the same, the
// receipt is for a person.
func (s *Site) receiptNotNeeded(w http.ResponseWriter, r *http.Request, form ticketForms, draw drawTicket,
	t *store.Ticket) error {
	if t.RefundDue > 0 {
		form.receiptNotice = wording.ReceiptNotTaken
		return draw(w, r, http.StatusConflict, t, form)
	}
	return draw(w, r, http.StatusOK, t, ticketForms{inDialog: form.inDialog})
}
