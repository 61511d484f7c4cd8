package checkout

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

const (
	// MaxTickets is how many tickets one booking may have.
	MaxTickets = 10
	// answerWait is how long a customer waits for Daraja's answer before the page continues without it.
	answerWait = 3 * time.Second
)

// Booking is what a customer asks for, as typed.
type Booking struct {
	ScreeningID store.ScreeningID
	Name        string
	Phone       string
	Email       string            // where messages go too; "" for nowhere
	Quantity    int               // 0 where Types or Seats tell
	Test        bool              // a test sale by the staff: see [store.NewBooking]
	Types       []store.TypeCount // how many of each price type; nil is all of the first
	Zone        string            // where the best seats are taken from
	Without     []int             // as in [store.NewBooking]; what is below 0 was no number
	Seats       store.Labels      // the seats that the customer chose; nil is the best
	Total       store.Shillings   // the total that the customer was shown; 0 where none was
	Key         string            // the idempotency key, after a prefix for the way the request came, such as form:…
	KeyBefore   string            // and KeyOwned: as in [store.NewBooking]
	KeyOwned    bool
	Named       string            // the sender's own secret name for this request; "" for none
	Client      store.Client      // who books
	Browser     string            // the browser session that books, "" for none
	Session     *store.SessionRow // the session, where it begins with this booking
}

// Invalid has what is wrong with a form, by field: phone, an [mpesa.MSISDNError]; name, email, quantity, seats and
// without, a [store.Fault].
type Invalid map[string]error

// Error names no field.
func (i Invalid) Error() string { return fmt.Sprintf("invalid fields: %d", len(i)) }

// Validate reads a booking's fields without booking. It returns them as the server stores them, with the MSISDN to
// prompt, and what is wrong.
func (b Booking) Validate() (clean Booking, problems Invalid) {
	problems = Invalid{}
	var wrong error
	if b.Name, wrong = readName(b.Name); wrong != nil {
		problems["name"] = wrong
	}
	if phone, wrong := mpesa.ParseMSISDN(b.Phone); wrong != nil {
		problems["phone"] = wrong
	} else {
		b.Phone = string(phone)
	}
	if b.Email, wrong = readEmail(b.Email); wrong != nil {
		problems["email"] = wrong
	}
	b.count()
	if b.Quantity < 1 || b.Quantity > MaxTickets {
		problems["quantity"] = store.Fault{Kind: store.QuantityWrong, Most: MaxTickets}
	} else if b.Seats != nil && len(b.Seats) != b.Quantity {
		problems["seats"] = store.Fault{Kind: store.SeatsWrong, Most: b.Quantity}
	}
	for _, n := range b.Without {
		if n < 0 || n > max(b.Quantity, 0) {
			problems["without"] = store.Fault{Kind: store.WithoutWrong, Most: max(b.Quantity, 0)}
		}
	}
	if len(problems) == 0 {
		problems = nil
	}
	return b, problems
}

// count counts the tickets: by their types, otherwise by the chosen seats.
func (b *Booking) count() {
	n := 0
	for _, t := range b.Types {
		if t.N < 0 {
			n = -1
			break
		}
		n += t.N
	}
	switch {
	case n != 0:
		b.Quantity = n
	case len(b.Seats) > 0:
		b.Quantity, b.Types = len(b.Seats), nil
	case b.Types != nil:
		b.Quantity = 0
	}
}

// Price is what the tickets cost at a screening's prices; nil where they cannot be had.
func (b Booking) Price(sc store.Screening, seats store.SeatMap) store.Lines {
	b.count()
	prices, types := sc.Prices, b.Types
	if len(types) == 0 {
		types = []store.TypeCount{{Type: prices[0].Type, N: b.Quantity}}
	}
	zones, known := seats.Zones(b.Seats)
	lines, sold := prices.BestLines(b.Zone, types)
	if b.Seats != nil {
		lines, sold = prices.SeatLines(zones, types)
	}
	extras, can := sc.Surcharges.Lines(b.Quantity, b.Without)
	if !known || !sold || !can || b.Quantity > MaxTickets {
		return nil
	}
	return append(lines, extras...)
}

// fingerprint is equal for two requests that are the same: by what is booked, and by the sender's own name for the
// request where there is one.
func (b Booking) fingerprint() string {
	text := fmt.Appendf(nil, "%d\x00%s\x00%s\x00%d", b.ScreeningID, b.Name, b.Phone, b.Quantity)
	if b.Types != nil || b.Zone != "" || b.Seats != nil {
		text = fmt.Appendf(text, "\x00%v\x00%s\x00%q", b.Types, b.Zone, []string(b.Seats))
	}
	if b.Email != "" {
		text = append(append(text, "\x00email "...), b.Email...)
	}
	if b.Test {
		text = append(text, "\x00test"...)
	}
	for i, n := range b.Without {
		if n != 0 {
			text = fmt.Appendf(text, "\x00without %d %d", i, n)
		}
	}
	if b.Named != "" {
		text = append(append(text, 0), b.Named...)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// BookingResult is a booking in the books.
type BookingResult struct {
	Ticket   *store.Ticket
	Replayed bool         // the same request was made before; nothing new was sent
	Answered bool         // Daraja has answered; otherwise the prompt is being sent, or the answer was lost
	Refused  *mpesa.Error // Daraja refused the push: no prompt went out, and the ticket is Failed
	Answer   mpesa.PushAnswer
}

// Book takes a booking: it validates, holds seats, stores the ticket and its push, and sends the push. It waits up to 3
// s for Daraja's answer. Errors are Invalid, *store.Refusal, store.ErrNotFound (no such screening), store.ErrBusy and
// store.ErrUnknown; after any of them no prompt was sent.
func (s *Service) Book(ctx context.Context, b Booking) (BookingResult, error) {
	b, problems := b.Validate()
	if problems != nil {
		return BookingResult{}, problems
	}
	if err := s.mayPush(ctx, b); err != nil {
		return BookingResult{}, err
	}
	done, err := s.admit()
	if err != nil {
		return BookingResult{}, err
	}
	sending, replayed, err := s.store.Tickets().Book(ctx, store.NewBooking{
		ScreeningID: b.ScreeningID, Name: b.Name, Phone: b.Phone, Email: b.Email, Quantity: b.Quantity,
		Test: b.Test, Types: b.Types, Zone: b.Zone, Without: b.Without, Seats: b.Seats, Total: b.Total, Key: b.Key,
		KeyBefore: b.KeyBefore, KeyOwned: b.KeyOwned, Fingerprint: b.fingerprint(), Named: b.Named != "",
		Client: b.Client, Browser: b.Browser, Session: b.Session,
	})
	if err != nil || replayed {
		done()
		if err != nil {
			return BookingResult{}, err
		}
		return s.placed(ctx, sending.Secret, BookingResult{Replayed: true, Answered: true})
	}
	return s.send(ctx, sending, done)
}

// mayPush refuses a booking whose prompt would not go out. The repetition of a stored booking passes.
func (s *Service) mayPush(ctx context.Context, b Booking) error {
	err := s.store.Tickets().AllowPush(ctx)
	if err == nil || b.Key == "" {
		return err
	}
	if _, _, found := s.store.Tickets().BookedWith(ctx, b.Key, b.KeyBefore, b.Browser); found == nil {
		return nil
	}
	return err
}

// Retry sends another push for a failed ticket, to the given number, which may be another one, for the browser session
// and client that ask. Two clicks make one push: the second finds the ticket Pending and returns it. Errors are those
// of Book, with store.ErrNotFound for an unknown secret.
func (s *Service) Retry(ctx context.Context, secret, phone, browser string,
	client store.Client) (BookingResult, error) {
	msisdn, wrong := mpesa.ParseMSISDN(phone)
	if wrong != nil {
		return BookingResult{}, Invalid{"phone": wrong}
	}
	if err := s.store.Tickets().AllowPush(ctx); err != nil {
		return BookingResult{}, err
	}
	done, err := s.admit()
	if err != nil {
		return BookingResult{}, err
	}
	again := store.NewRetry{Secret: secret, Phone: string(msisdn), Client: client, Browser: browser}
	sending, err := s.store.Tickets().Retry(ctx, again)
	if err != nil {
		done()
		if refusal, is := errors.AsType[*store.Refusal](err); is && refusal.Kind == store.NotFailed {
			return s.placed(ctx, secret, BookingResult{Replayed: true, Answered: true})
		}
		return BookingResult{}, err
	}
	return s.send(ctx, sending, done)
}

// GiveUp frees the seats of an unpaid ticket.
func (s *Service) GiveUp(ctx context.Context, secret string) error {
	return s.store.Tickets().GiveUp(ctx, secret)
}

func (s *Service) placed(ctx context.Context, secret string, p BookingResult) (BookingResult, error) {
	t, err := s.store.Tickets().TicketBySecret(ctx, secret)
	p.Ticket = t
	return p, err
}
