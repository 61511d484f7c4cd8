package api

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"cinemasphere/handlers/checkout"
	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

const (
	shortestKey = 16
	longestKey  = 255
)

// paymentBody is the answer to a booking that stands. CheckoutRequestID is null while Daraja has not answered.
type paymentBody struct {
	Message             string          `json:"message"`
	TicketID            store.TicketID  `json:"ticketId"`
	TicketCode          string          `json:"ticketCode"`
	TicketSecret        string          `json:"ticketSecret"`
	CheckoutRequestID   *string         `json:"checkoutRequestId"`
	ResponseDescription string          `json:"responseDescription"`
	TotalAmount         store.Shillings `json:"totalAmount"`
}

// refusedBody is the answer to a booking whose push Daraja refused.
type refusedBody struct {
	Error         string `json:"error"`
	MpesaResponse any    `json:"mpesaResponse"`
}

// MakePayment answers POST /api/make-payment.
func (a *API) MakePayment(w http.ResponseWriter, r *http.Request) error {
	web.NoStore(w)
	client, browser, err := a.client(w, r)
	if err != nil {
		return err
	}
	booking, err := a.readBooking(r, client, browser)
	if err != nil {
		return err
	}
	var session *web.NewSession
	if browser == "" && client.Partner == "" { // a partner's server needs none
		if session, err = a.Sessions.New(r); err != nil {
			return err
		}
		booking.Browser, booking.Session = session.Browser, &session.Row
	}
	placed, err := a.Checkout.Book(r.Context(), booking)
	if err != nil {
		return a.notBooked(w, r, err)
	}
	if session != nil && !placed.Replayed {
		session.SetCookie(w)
	}
	return a.booked(w, placed)
}

// client is who asks: a partner, or an address and the browser session that it brought, if any.
func (a *API) client(w http.ResponseWriter, r *http.Request) (c store.Client, browser string, err error) {
	partner, err := a.Partners.Of(w, r)
	if err == nil && partner == "" {
		browser, err = a.Sessions.Browser(r)
	}
	return web.Client(r, partner), browser, err
}

// readBooking reads and checks what the client is to book.
func (a *API) readBooking(r *http.Request, client store.Client, browser string) (b checkout.Booking, err error) {
	f, err := readFields(r)
	if err != nil {
		return b, err
	}
	key, err := idempotencyKey(r)
	if err != nil {
		return b, err
	}
	b.Client, b.Browser, b.KeyOwned, b.Key = client, browser, true, scoped(client.Scope(browser), key)
	if given := r.Header.Get("Idempotency-Key") != ""; given && client.Partner == "" {
		b.Named = key
		if browser != "" {
			b.KeyBefore = scoped(client.Scope(""), key)
		}
	}
	which := "screeningId"
	if !f.has(which) {
		which = "movieId"
	}
	if err := f.need(which, "customerName", "phoneNumber", "quantity"); err != nil {
		return b, err
	}
	id, err := f.id(which)
	if err != nil {
		return b, err
	}
	if b.Name, err = f.text("customerName"); err != nil {
		return b, err
	}
	if b.Phone, err = f.phone("phoneNumber"); err != nil {
		return b, err
	}
	if f.has("email") && a.Store.Tells().Email {
		if b.Email, err = f.text("email"); err != nil {
			return b, err
		}
	}
	if b.Quantity, err = f.count("quantity",
		fmt.Sprintf("The field quantity must be a whole number from 1 to %d.", checkout.MaxTickets)); err != nil {
		return b, err
	}
	b, problems := b.Validate()
	for _, field := range []string{"name", "phone", "email", "quantity"} {
		if err, wrong := problems[field]; wrong {
			return b, bad(wording.Typed(err))
		}
	}
	if which == "movieId" {
		booked, movie, err := a.Store.Tickets().BookedWith(r.Context(), b.Key, b.KeyBefore, b.Browser)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return b, err
		}
		if err == nil && int64(movie) == id {
			b.ScreeningID = booked // the film's next screening may be another one by now
			return b, nil
		}
	}
	b.ScreeningID, err = a.screening(r, which, id)
	return b, err
}

// screening is the one that is meant: by its own id, or the next one of a film with seats left.
func (a *API) screening(r *http.Request, which string, id int64) (store.ScreeningID, error) {
	if which == "screeningId" {
		return store.ScreeningID(id), nil
	}
	next, err := a.Store.Catalogue().NextScreening(r.Context(), store.MovieID(id))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return 0, notFound("Movie")
	case err == nil && next.ID == 0:
		return 0, &store.Refusal{Kind: store.SoldOut}
	}
	return next.ID, err
}

// scoped is an idempotency key that nobody else can repeat: only who is of the same scope.
func scoped(scope, key string) string {
	sum := sha256.Sum256([]byte(scope + "\x00" + key))
	return "api:" + hex.EncodeToString(sum[:])
}

// idempotencyKey is the caller's own, or one that is never used again.
func idempotencyKey(r *http.Request) (string, error) {
	keys := r.Header.Values("Idempotency-Key")
	if len(keys) == 0 {
		return rand.Text(), nil
	}
	key := keys[0]
	printable := !strings.ContainsFunc(key, func(c rune) bool { return c < '!' || c > '~' })
	if len(keys) > 1 || len(key) < shortestKey || len(key) > longestKey || !printable {
		return "",
			bad(fmt.Sprintf("The Idempotency-Key must have %d to %d characters, without spaces.", shortestKey,
				longestKey))
	}
	return key, nil
}

// notBooked answers a booking that was not made, or that may not have been.
func (a *API) notBooked(w http.ResponseWriter, r *http.Request, err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return notFound("Screening")
	case errors.Is(err, store.ErrUnknown):
		return unknown(r, err)
	}
	refusal, is := errors.AsType[*store.Refusal](err)
	if !is || web.ClosesSales(refusal) {
		return err
	}
	web.LogError(w, err)
	web.RetryAfter(w, refusal)
	body := errorBody{Error: wording.RefusalToProgram(refusal)}
	var status int
	switch refusal.Kind {
	case store.SoldOut:
		status, body.Left = http.StatusBadRequest, &refusal.Left
	case store.OverLimit:
		status = http.StatusBadRequest
	case store.KeyReused:
		status = http.StatusUnprocessableEntity
	default:
		status = web.RefusalStatus(refusal)
	}
	return web.WriteJSON(w, status, body)
}

// unknown says what may be done about a booking of which nobody knows whether it was written: only its key finds it
// again.
func unknown(r *http.Request, err error) error {
	e := &web.Error{Status: http.StatusServiceUnavailable, RetryAfter: 30, Err: err}
	e.Public = "It is not known yet whether the booking was written. Send it again with the same Idempotency-Key: it " +
		"is made at most once."
	if r.Header.Get("Idempotency-Key") == "" {
		e.Public = "It is not known yet whether the booking was written. No prompt was sent. Sending it again may " +
			"hold other seats for a few minutes."
	}
	return e
}

// booked answers a booking that stands.
func (a *API) booked(w http.ResponseWriter, p checkout.BookingResult) error {
	t := p.Ticket
	if t.Reason == store.FailurePhoneLocked {
		if p.Refused != nil {
			web.LogError(w, p.Refused)
		}
		return phoneBusy(w)
	}
	if p.Refused != nil {
		return a.refused(w, p)
	}
	if p.Replayed && t.Push.State == store.PushRefused {
		return web.WriteJSON(w, refusedStatus(w, t.Reason), refusedBody{"Failed to initiate payment", map[string]string{
			"errorCode": t.Push.ResultCode, "errorMessage": t.Push.ResultText,
		}})
	}
	body := paymentBody{
		Message: "Payment request sent. Check your phone and enter your M-PESA PIN.", TicketID: t.ID,
		TicketCode: t.Code, TicketSecret: t.Secret, ResponseDescription: p.Answer.ResponseDescription,
		TotalAmount: t.Total,
	}
	if p.Replayed {
		body.Message = "This request has been made before; nothing new was sent."
	}
	status := http.StatusOK
	if t.Push.CheckoutRequestID != "" {
		body.CheckoutRequestID = &t.Push.CheckoutRequestID
	} else if t.Status == store.Pending {
		status = http.StatusAccepted
		body.Message = "The payment request is on its way. Ask for the ticket to see what becomes of it."
	}
	if said := wording.AnsweredWith(t); said != "" {
		body.Message = said + " Ask for the ticket to see what becomes of it."
	}
	return web.WriteJSON(w, status, body)
}

// longestRaw is how much of an answer of Daraja's that is no JSON is passed on.
const longestRaw = 1000

func (a *API) refused(w http.ResponseWriter, p checkout.BookingResult) error {
	web.LogError(w, p.Refused)
	body := refusedBody{
		Error: "Failed to initiate payment",
		MpesaResponse: map[string]string{
			"raw": strings.ToValidUTF8(string(p.Refused.Body[:min(len(p.Refused.Body), longestRaw)]), ""),
		},
	}
	if json.Valid(p.Refused.Body) {
		body.MpesaResponse = json.RawMessage(p.Refused.Body)
	}
	return web.WriteJSON(w, refusedStatus(w, p.Ticket.Reason), body)
}

// phoneBusy answers as to any phone that cannot have a prompt: Daraja's own words would say that the number is paying
// elsewhere.
func phoneBusy(w http.ResponseWriter) error {
	refusal := &store.Refusal{Kind: store.PhoneBusy, Wait: store.PhoneWait}
	web.RetryAfter(w, refusal)
	return web.WriteJSON(w, web.RefusalStatus(refusal), errorBody{Error: wording.Refusal(refusal)})
}

func refusedStatus(w http.ResponseWriter, reason store.FailureReason) int {
	if reason == store.FailureMpesaBusy {
		w.Header().Set("Retry-After", "30")
		return http.StatusServiceUnavailable
	}
	return http.StatusBadGateway
}

// QueryPaymentStatus answers POST /api/query-payment-status with what M-PESA has said, or what Daraja says, as it
// came but for what it says of another transaction of the phone. It decides nothing.
func (a *API) QueryPaymentStatus(w http.ResponseWriter, r *http.Request) error {
	web.NoStore(w)
	client, _, err := a.client(w, r)
	if err != nil {
		return err
	}
	f, err := readFields(r)
	if err != nil {
		return err
	}
	if err := f.need("checkoutRequestId"); err != nil {
		return err
	}
	id, err := f.text("checkoutRequestId")
	if err != nil {
		return err
	}
	raw, err := a.Checkout.Query(r.Context(), id, func() error { return a.Questions.Allow(w, r, client) })
	switch {
	case web.As[*web.Error](err):
		return err
	case errors.Is(err, checkout.ErrNoTurn):
		return &web.Error{
			Status: http.StatusServiceUnavailable, RetryAfter: 5, Err: err,
			Public: wording.NoTurn,
		}
	case errors.Is(err, store.ErrNotFound):
		return notFound("Payment request")
	case r.Context().Err() != nil:
		return r.Context().Err()
	case err != nil || len(raw) == 0:
		return &web.Error{Status: http.StatusBadGateway, Public: wording.NoAnswer, Err: err}
	}
	return web.WriteJSON(w, http.StatusOK, neutral(raw))
}
