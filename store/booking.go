package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	// HoldCap is how many seats one phone, or one browser, may hold at once without having paid.
	HoldCap = 20
	// longestHold bounds a hold over all its pushes.
	longestHold = 15 * time.Minute
	// pushLife is how long a push without a verdict counts as live.
	pushLife = 120 * time.Second
)

// NewBooking is what a customer asks for. The caller has checked its form: a name, an MSISDN, 1 to 10 tickets.
type NewBooking struct {
	ScreeningID ScreeningID
	Name        string
	Phone       string // MSISDN
	Quantity    int
	Total       Shillings   // what the customer was shown; 0 where nothing was
	Key         string      // idempotency key; unique over all bookings
	Fingerprint string      // of the request's content
	Browser     string      // the browser session, "" for none
	Session     *SessionRow // the session, where it begins with this booking: nobody can be booking in it at the same time
}

// Sending is a push that is written down and must now be sent to Daraja.
type Sending struct {
	PushID        PushID
	TicketID      TicketID
	Secret        string // of the ticket
	Code          string // of the ticket
	CallbackToken string
	Phone         string
	Amount        Shillings
	MadeAt        Instant
	HoldUntil     Instant
}

// Book holds the best seats, writes the ticket and its push, and returns what to send. Where the key has been used for
// the same request it writes nothing and returns the first booking with replayed set. It answers with a [*Refusal],
// ErrNotFound (no such screening), ErrBusy, or ErrUnknown, after which nothing may be sent.
func (s *Store) Book(ctx context.Context, b NewBooking) (out Sending, replayed bool, err error) {
	look, ended := false, false
	for try := 1; ; try++ {
		out, replayed, err = s.book(ctx, b, look)
		column, _ := uniqueViolation(err)
		switch {
		case column == "push_request.phone" && ended:
			return Sending{}, false, s.phoneBusy(ctx, b.Phone, b.Browser)
		case column == "push_request.phone":
			// The prompt in the way may be over; and the same request may have ended it a moment ago, and be found next time.
			if _, err := s.endLive(ctx, b.Phone, 0); err != nil {
				return Sending{}, false, err
			}
			ended = true
		case column == "ticket.idempotency_key" && try < writeTries: // the same request is in the books
		default:
			return out, replayed, err
		}
		look = true
	}
}

// book writes the booking. The same request is looked for first where asked to, and otherwise only once something speaks
// against the booking: most are made once.
func (s *Store) book(ctx context.Context, b NewBooking, look bool) (out Sending, replayed bool, err error) {
	fresh := Sending{Secret: newSecret(), CallbackToken: newSecret(), Phone: b.Phone}
	err = s.write(ctx, booking, func(t *tx) (err error) {
		if look {
			if out, replayed, err = t.replay(b); replayed || err != nil {
				return err
			}
		}
		out, replayed = fresh, false
		out.MadeAt, out.HoldUntil = t.now, t.now.Add(s.hold)
		out.PushID, out.TicketID, out.Code = PushID(s.ids.next(s.now())), TicketID(s.ids.next(s.now())), newCode(s.env == Production)
		seats, err := t.offer(b, &out)
		if _, refused := errors.AsType[*Refusal](err); refused {
			first, again, failed := t.replay(b)
			if again || failed != nil {
				out, replayed, err = first, again, failed
			}
			return err
		}
		if err != nil {
			return err
		}
		return t.hold(s, b, out, seats, t.takeSeats)
	})
	if err != nil {
		return Sending{}, false, fmt.Errorf("book: %w", err)
	}
	return out, replayed, nil
}

// offer finds seats for the booking and what they cost, or says why it is not taken. It writes nothing.
func (t *tx) offer(b NewBooking, out *Sending) (Labels, error) {
	if b.Session == nil {
		if err := t.lockBrowser(b.Browser); err != nil {
			return nil, err
		}
	}
	t.ahead(t.saleQuery(), b.ScreeningID)
	t.ahead(heldQuery, b.Phone, b.Browser)
	t.ahead(freeQuery, b.ScreeningID)
	sc, err := t.screening(b.ScreeningID)
	if err != nil {
		return nil, err
	}
	if !sc.Sells(t.now) {
		return nil, &Refusal{Kind: NotOnSale}
	}
	out.Amount = Total(sc.Price, b.Quantity)
	if out.Amount > MaxCharge {
		return nil, &Refusal{Kind: OverLimit, Total: out.Amount}
	}
	if b.Total != 0 && b.Total != out.Amount {
		return nil, &Refusal{Kind: PriceChanged, Total: out.Amount}
	}
	if err := t.mayHold(b, 0); err != nil {
		return nil, err
	}
	return t.chooseSeats(b.ScreeningID, b.Quantity, false)
}

// hold writes the ticket with its seats, or the best others where one of them was taken a moment ago, and its push.
func (t *tx) hold(s *Store, b NewBooking, out Sending, seats Labels, take takeSeats) error {
	err := t.run(`INSERT INTO ticket (id, screening_id, code, secret, customer_name, phone, quantity, total, payment_status, failure_reason,
		receipt, seats, seats_moved, held_since, hold_until, idempotency_key, fingerprint, browser, void_reason, version, created_at, updated_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,'Pending','','',$14,0,$9,$10,$11,$12,$13,'',1,$9,$9)`,
		out.TicketID, b.ScreeningID, out.Code, out.Secret, b.Name, b.Phone, b.Quantity, out.Amount, t.now, out.HoldUntil,
		b.Key, b.Fingerprint, b.Browser, seats)
	if err != nil {
		return err
	}
	if err := t.addPush(out); err != nil {
		return err
	}
	if b.Session != nil {
		if err := t.putSession(*b.Session); err != nil {
			return err
		}
	}
	got, err := take(b.ScreeningID, out.TicketID, seats, b.Quantity)
	if err != nil || slices.Equal(got, seats) {
		return err
	}
	return t.run(`UPDATE ticket SET seats = $1 WHERE id = $2`, got, out.TicketID)
}

// saleQuery reads what a sale of a screening depends on.
const saleQuery = `SELECT id, starts_at, sales_close_at, price_cents, status FROM screening WHERE id = $1`

func (t *tx) saleQuery() string {
	if t.rows {
		return saleQuery + forUpdate
	}
	return saleQuery
}

// screening reads what a sale depends on, inside the transaction that sells, and locks it.
func (t *tx) screening(id ScreeningID) (Screening, error) {
	var sc Screening
	err := t.scan([]any{&sc.ID, &sc.StartsAt, &sc.SalesCloseAt, &sc.Price, &sc.Status}, t.saleQuery(), id)
	if err == nil {
		t.locked = id
	}
	return sc, err
}

// heldQuery counts the seats that a phone and a browser hold.
const heldQuery = `SELECT
	(SELECT COALESCE(sum(quantity), 0) FROM ticket WHERE phone = $1 AND hold_until IS NOT NULL) AS phone,
	(SELECT COALESCE(sum(quantity), 0) FROM ticket WHERE browser = $2 AND browser <> '' AND hold_until IS NOT NULL) AS browser`

// mayHold refuses a phone or browser that would hold more than HoldCap seats. Of those the browser holds, own are this
// booking's already.
func (t *tx) mayHold(b NewBooking, own int) error {
	var held struct{ Phone, Browser int }
	err := t.scan([]any{&held.Phone, &held.Browser}, heldQuery, b.Phone, b.Browser)
	if err != nil {
		return err
	}
	if most := max(held.Phone, held.Browser-own); most+b.Quantity > HoldCap {
		return &Refusal{Kind: TooManySeats, Left: max(HoldCap-most, 0)}
	}
	return nil
}

// addPush writes a live push down. A prompt that counts as live on the phone or the ticket is a unique violation.
func (t *tx) addPush(p Sending) error {
	return t.run(`INSERT INTO push_request (id, ticket_id, callback_token, phone, amount, state, live, live_until, result_code, result_text,
		reason, queries, lease_until, created_at, updated_at) VALUES ($1,$2,$3,$4,$5,'sending',1,$6,'','','',0,0,$7,$7)`,
		p.PushID, p.TicketID, p.CallbackToken, p.Phone, p.Amount, t.now.Add(pushLife), t.now)
}

// endLive lets prompts on the phone or for the ticket whose time is over no longer count as live, and says how many.
func (s *Store) endLive(ctx context.Context, phone string, ticket TicketID) (ended int64, err error) {
	err = s.write(ctx, booking, func(t *tx) error {
		var err error
		ended, err = t.exec(`UPDATE push_request SET live = 0, updated_at = $1 WHERE live = 1 AND live_until <= $1 AND (phone = $2 OR ticket_id = $3)`, t.now, phone, ticket)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("end old prompts: %w", err)
	}
	return ended, nil
}

// replay finds the booking that was made with this key. A key that was used for something else is refused.
func (t *tx) replay(b NewBooking) (Sending, bool, error) {
	var row struct {
		ID                                        TicketID
		Secret, Code, Fingerprint, Browser, Phone string
		Total                                     Shillings
	}
	err := t.scan([]any{&row.ID, &row.Secret, &row.Code, &row.Fingerprint, &row.Browser, &row.Phone, &row.Total},
		`SELECT id, secret, code, fingerprint, browser, phone, total FROM ticket WHERE idempotency_key = $1`, b.Key)
	if errors.Is(err, ErrNotFound) {
		return Sending{}, false, nil
	}
	if err != nil {
		return Sending{}, false, err
	}
	if row.Fingerprint != b.Fingerprint {
		refusal := &Refusal{Kind: KeyReused}
		if row.Browser != "" && row.Browser == b.Browser {
			refusal.Secret = row.Secret
		}
		return Sending{}, false, refusal
	}
	return Sending{TicketID: row.ID, Secret: row.Secret, Code: row.Code, Phone: row.Phone, Amount: row.Total}, true, nil
}

// BookedWith finds what was booked with an idempotency key; ErrNotFound where nothing was.
func (s *Store) BookedWith(ctx context.Context, key string) (ScreeningID, MovieID, error) {
	var row struct {
		Screening ScreeningID `db:"screening_id"`
		Movie     MovieID     `db:"movie_id"`
	}
	err := s.read(ctx, &row, `SELECT t.screening_id, s.movie_id FROM ticket t JOIN screening s ON s.id = t.screening_id WHERE t.idempotency_key = $1`, key)
	if err != nil {
		return 0, 0, fmt.Errorf("look for the key: %w", err)
	}
	return row.Screening, row.Movie, nil
}

// phoneBusy says until when a prompt may be on the phone, and, to the browser that caused it, for which ticket.
func (s *Store) phoneBusy(ctx context.Context, phone, browser string) error {
	var row struct {
		Until   Instant `db:"live_until"`
		Secret  string  `db:"secret"`
		Browser string  `db:"browser"`
	}
	err := s.read(ctx, &row, `SELECT p.live_until, t.secret, t.browser FROM push_request p JOIN ticket t ON t.id = p.ticket_id
		WHERE p.phone = $1 AND p.live = 1`, phone)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("look for the prompt: %w", err)
	}
	refusal := &Refusal{Kind: PhoneBusy, Until: row.Until}
	if browser != "" && row.Browser == browser {
		refusal.Secret = row.Secret
	}
	return refusal
}
