package api

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

type ticketBody struct {
	TicketID           store.TicketID  `json:"ticketId"`
	TicketCode         string          `json:"ticketCode"`
	MovieID            store.MovieID   `json:"movieId"`
	CustomerName       string          `json:"customerName"`
	PhoneNumber        string          `json:"phoneNumber"`
	Quantity           int             `json:"quantity"`
	TotalAmount        store.Shillings `json:"totalAmount"`
	PaymentStatus      store.Status    `json:"paymentStatus"`
	FailureReason      *string         `json:"failureReason"`
	FailureMessage     *string         `json:"failureMessage"`
	MpesaReceiptNumber *string         `json:"mpesaReceiptNumber"`
	TransactionDate    *string         `json:"transactionDate"`
	DateCreated        *string         `json:"dateCreated"`
	LastUpdated        *string         `json:"lastUpdated"`
	Voided             bool            `json:"voided"` // it was paid, and admits nobody any more
	Seats              []string        `json:"seats"`
	Movie              movie           `json:"movie"`
	Screening          ticketScreening `json:"screening"`
}

type ticketScreening struct {
	ScreeningID store.ScreeningID `json:"screeningId"`
	Hall        string            `json:"hall"`
	showing
}

// Ticket answers GET /api/tickets/{ref}. The reference is the ticket's secret; or its number, for the browser session
// that bought it.
func (a *API) Ticket(w http.ResponseWriter, r *http.Request) error {
	web.NoStore(w)
	t, err := a.openTicket(r, chi.URLParam(r, "ref"))
	if errors.Is(err, store.ErrNotFound) {
		return notFound("Ticket")
	}
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, map[string]ticketBody{"ticket": a.ticketOf(t)})
}

func (a *API) openTicket(r *http.Request, ref string) (*store.Ticket, error) {
	id, err := strconv.ParseInt(ref, 10, 64)
	if err != nil {
		return a.Store.Tickets().TicketBySecret(r.Context(), ref)
	}
	browser, err := a.Sessions.Browser(r)
	if err != nil {
		return nil, err
	}
	if browser == "" {
		return nil, store.ErrNotFound
	}
	t, err := a.Store.Tickets().TicketByID(r.Context(), store.TicketID(id))
	if err == nil && t.Browser != browser {
		return nil, store.ErrNotFound
	}
	return t, err
}

func (a *API) ticketOf(t *store.Ticket) ticketBody {
	body := ticketBody{
		TicketID: t.ID, TicketCode: t.Code, MovieID: t.Movie.ID, CustomerName: t.CustomerName, PhoneNumber: phoneOf(t),
		Quantity: t.Quantity, TotalAmount: t.Total, PaymentStatus: t.Status, MpesaReceiptNumber: orNull(t.Receipt),
		TransactionDate: kenya(t.TransactedAt), DateCreated: kenya(t.CreatedAt), LastUpdated: kenya(t.UpdatedAt),
		Voided: t.VoidedAt != 0, Seats: append([]string{}, t.Seats...),
		Movie:     a.movieOf(t.Movie, &t.Screening),
		Screening: ticketScreening{t.Screening.ID, t.Screening.Hall, showingOf(&t.Screening)},
	}
	if t.Status == store.Failed {
		why := wording.Explain(t).Sentence
		body.FailureReason, body.FailureMessage = orNull(publicReason(t)), &why
	} else if t.Status == store.Pending {
		body.FailureMessage = orNull(wording.AnsweredWith(t))
	}
	return body
}

// publicReason is a reason as anybody may know it: that a phone could not have a prompt because another is on it is
// its owner's to know.
func publicReason(t *store.Ticket) string {
	switch {
	case t.Owed != "":
		return string(t.Owed)
	case t.Reason == store.FailurePhoneLocked, t.Reason == store.FailureLocked:
		return string(store.FailureRefused)
	}
	return string(t.Reason)
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// phoneOf is the number that a ticket was booked with; "" once it is erased.
func phoneOf(t *store.Ticket) string {
	if store.IsMasked(t.Phone) {
		return ""
	}
	return t.Phone
}
