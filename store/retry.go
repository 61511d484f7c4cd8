package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// leastRetry is how much of a hold must be left to make another push worthwhile.
const leastRetry = pushLife / 2

// NewRetry is another try to pay for a failed ticket.
type NewRetry struct {
	Secret  string
	Phone   string // MSISDN; may differ from the previous one
	Client  Client // who asks
	Browser string // the browser session that asks, "" for none
}

// Retry makes a failed ticket Pending with a new push, on the same seats where they are free, otherwise the best
// others. Results are those of [Tickets.Book], with PromptOut where the last prompt may still be answered, and
// NotFailed where there is nothing to retry.
func (s Tickets) Retry(ctx context.Context, r NewRetry) (PushOrder, error) {
	probing, err := s.probing(ctx)
	if err != nil {
		return PushOrder{}, err
	}
	if probing {
		defer s.sales.Store(nil)
	}
	for range 3 { // each round ends what has expired, on the phone, then on the ticket
		out := PushOrder{CallbackToken: s.newToken(), Phone: r.Phone, Secret: r.Secret}
		err := s.write(ctx, booking, func(t *tx) error {
			out.PushID = PushID(s.ids.next(s.now()))
			if err := t.retry(r, &out); err != nil || !probing {
				return err
			}
			return t.halfOpen()
		})
		column, _ := uniqueViolation(err)
		if kindOf(err) == PhoneBusy {
			return PushOrder{}, s.phoneBusy(ctx, r.Phone, r.Browser)
		}
		if column != "push_request.phone" && column != "push_request.ticket_id" {
			if err != nil {
				return PushOrder{}, fmt.Errorf("retry: %w", err)
			}
			return out, nil
		}
		ended, err := s.endLive(ctx, r.Phone, out.TicketID)
		switch {
		case err != nil:
			return PushOrder{}, err
		case ended == 0:
			return PushOrder{}, s.promptOut(ctx, r, out.TicketID)
		}
	}
	return PushOrder{}, ErrBusy
}

func (t *tx) retry(r NewRetry, out *PushOrder) error {
	var tk struct {
		payable
		Code      string    `db:"code"`
		Total     Shillings `db:"total"`
		HeldSince Instant   `db:"held_since"`
		Close     Instant   `db:"sales_close_at"`
		Phone     string    `db:"phone"`
		Browser   string    `db:"browser"`
		Client    string    `db:"client"`
		Capacity  int       `db:"capacity"`
		Owed      int       `db:"owed"`
		Pushes    int       `db:"pushes"`
	}
	if err := t.lockSecret(r.Secret); err != nil {
		return err
	}
	err := t.get(&tk, `SELECT t.id, t.screening_id, t.quantity, t.payment_status, t.seats, t.lines, t.chosen,
		COALESCE(t.hold_until, 0) AS hold_until,
		COALESCE(t.voided_at, 0) AS voided_at, (SELECT count(*) FROM seat WHERE seat.ticket_id = t.id) AS held,
		s.starts_at, s.status,
		t.code, t.total, t.held_since, s.sales_close_at, t.phone, t.browser, t.client, s.capacity,
		(SELECT count(*) FROM payment WHERE ticket_id = t.id AND state = 'refund_due') AS owed,
		(SELECT count(*) FROM push_request WHERE ticket_id = t.id) AS pushes FROM ticket t
		JOIN screening s ON s.id = t.screening_id WHERE t.secret = $1`, r.Secret)
	if err != nil {
		return err
	}
	out.TicketID, out.Code, out.Amount, out.Reference = tk.ID, tk.Code, tk.Total, pushReference(tk.Code, tk.Pushes)
	switch {
	case tk.Status != Failed || tk.Voided != 0:
		return &Refusal{Kind: NotFailed, Secret: r.Secret}
	case tk.Owed > 0:
		return &Refusal{Kind: RefundOwed}
	case !tk.Screening.open() || t.now >= tk.Close:
		return &Refusal{Kind: NotOnSale}
	}
	// The browser that booked goes on holding the seats, whoever retries. The address and the phone may have changed.
	ask := asker{
		phone: r.Phone, browser: tk.Browser, client: r.Client.name(), partner: r.Client.Partner != "",
		screening: tk.ScreeningID, capacity: tk.Capacity, ticket: tk.ID, asks: r.Browser,
	}
	if tk.Held != tk.Quantity || r.Phone != tk.Phone || tk.Client != "" && tk.Client != ask.client {
		ask.seats = tk.Quantity
	}
	if err := errors.Join(t.lockBrowser(tk.Browser), t.lockClient(ask.client)); err != nil {
		return err
	}
	d, err := t.fairly(ask)
	if err != nil {
		return err
	}
	since, until := tk.HeldSince, t.now.Add(d.Hold(t.s.hold))
	if tk.Held == tk.Quantity {
		until = min(until, since.Add(longestHold))
		if until < t.now.Add(min(leastRetry, t.s.hold)) {
			return &Refusal{Kind: HeldTooLong}
		}
	} else {
		since = t.now
		a, err := t.amongOf(tk.payable)
		if err != nil {
			return err
		}
		got, err := t.assignSeats(tk.ScreeningID, tk.ID, tk.Seats, tk.Quantity, a)
		if err != nil {
			return err
		}
		tk.moved, tk.Seats = !sameLabels(got, tk.Seats), got
	}
	out.MadeAt, out.HoldUntil = t.now, until
	if err := t.addPush(*out, clientOf(ask.client, d)); err != nil {
		return err
	}
	if err := t.auditTicket(tk.ID, "ticket.prompt"); err != nil {
		return err
	}
	return t.run(`UPDATE ticket SET payment_status = 'Pending', failure_reason = '', owed_reason = '', late_reason = '', phone = $1, seats = $2, seats_moved = $3, held_since = $4,
		hold_until = $5, client = $8, version = version + 1, updated_at = $6 WHERE id = $7`, r.Phone, tk.Seats, flag(tk.moved), since, until, t.now, tk.ID, clientOf(ask.client, d))
}

// promptOut is until when the prompt in the way may be answered: the ticket's own, otherwise one on the phone. Where
// both exist, the databases differ in which one they name.
func (s *Store) promptOut(ctx context.Context, r NewRetry, id TicketID) error {
	var until Instant
	err := s.read(ctx, &until, `SELECT live_until FROM push_request WHERE ticket_id = $1 AND live = 1`, id)
	if errors.Is(err, ErrNotFound) {
		return s.phoneBusy(ctx, r.Phone, r.Browser)
	}
	if err != nil {
		return fmt.Errorf("look for the prompt: %w", err)
	}
	return &Refusal{Kind: PromptOut, Until: until}
}

func sameLabels(a, b Labels) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}
