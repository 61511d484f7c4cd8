package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cinemasphere/store/fairuse"
)

const (
	// longestHold bounds a ticket's hold over all its pushes.
	longestHold = 15 * time.Minute
	// pushLife is how long a push without a verdict counts as live.
	pushLife = 120 * time.Second
)

// NewBooking is what a customer asks for. The caller has validated the form: a name, an MSISDN, 1 to 10 tickets.
type NewBooking struct {
	ScreeningID ScreeningID
	Name        string
	Phone       string // MSISDN
	Email       string // where messages go too; "" for nowhere
	Quantity    int
	Test        bool        // a sale by the staff to see that selling works: one of the best seats, for a shilling
	Types       []TypeCount // how many of Quantity are of which price type; nil is all of the first
	Zone        string      // where the best seats are taken from; one of the screening's [Prices.Zones]
	Without     []int       // how many tickets do without each of the screening's surcharges, in order; nil is none
	Seats       Labels      // the very seats, as many as Quantity; nil is the best
	Total       Shillings   // the total that the customer was shown; 0 where none was
	Key         string      // idempotency key; unique over all bookings
	KeyBefore   string      // the key before this browser had a session, "" for none
	KeyOwned    bool        // the key contains who asks, see [Client.Scope]; other keys belong to a browser or address
	Fingerprint string      // of the request's content
	Named       bool        // the fingerprint identifies this very request, whoever sends it
	Client      Client      // who books
	Browser     string      // the browser session, "" for none
	// the session, where it begins with this booking: no other booking can be in it at the same time
	Session *SessionRow
}

// PushOrder is a stored push that must now be sent to Daraja.
type PushOrder struct {
	PushID        PushID
	TicketID      TicketID
	Secret        string // of the ticket
	Code          string // of the ticket
	Reference     string // the account number that its prompt shows; no other push has it
	CallbackToken string
	Phone         string
	Amount        Shillings
	MadeAt        Instant
	HoldUntil     Instant
}

// Book holds the best seats, stores the ticket and its push, and returns the push to send. Where the key was used for
// the same request, it writes nothing and returns the first booking with replayed set. Errors are a [*Refusal],
// ErrNotFound (no such screening), ErrBusy, or ErrUnknown; after ErrUnknown nothing may be sent.
func (s Tickets) Book(ctx context.Context, b NewBooking) (out PushOrder, replayed bool, err error) {
	look, ended := b.KeyBefore != "", false // a booking under KeyBefore would pass every other check
	probing, err := s.probing(ctx)
	if err != nil {
		return PushOrder{}, false, err
	}
	if probing {
		defer s.sales.Store(nil)
	}
	for try := 1; ; try++ {
		out, replayed, err = s.book(ctx, b, look, probing)
		column, _ := uniqueViolation(err)
		switch {
		case column == "push_request.phone" && ended:
			return PushOrder{}, false, s.phoneBusy(ctx, b.Phone, b.Browser)
		case column == "push_request.phone":
			// The prompt in the way may have expired. The same request may have ended it just now; the next try finds
			// it.
			if _, err := s.endLive(ctx, b.Phone, 0); err != nil {
				return PushOrder{}, false, err
			}
			ended = true
		case column == "ticket.idempotency_key" && try < writeTries: // the same request is in the books
		case kindOf(err) == PhoneBusy:
			return PushOrder{}, false, s.phoneBusy(ctx, b.Phone, b.Browser)
		default:
			return out, replayed, err
		}
		look = true
	}
}

// book writes the booking. With look it searches for the same request first; otherwise only once something refuses the
// booking, since most requests are made once.
func (s *Store) book(ctx context.Context, b NewBooking, look, probing bool) (out PushOrder, replayed bool, err error) {
	fresh := PushOrder{Secret: newSecret(), CallbackToken: s.newToken(), Phone: b.Phone}
	err = s.write(ctx, booking, func(t *tx) (err error) {
		if look {
			if out, replayed, err = t.replay(b); replayed || err != nil {
				return err
			}
		}
		out, replayed = fresh, false
		out.MadeAt = t.now
		out.PushID, out.TicketID, out.Code = PushID(s.ids.next(s.now())), TicketID(s.ids.next(s.now())),
			newCode(s.env == Production)
		out.Reference = pushReference(out.Code, 0)
		offer, err := t.offer(b, &out)
		if err == nil && probing {
			err = t.halfOpen()
		}
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
		return t.hold(b, out, offer)
	})
	if err != nil {
		return PushOrder{}, false, fmt.Errorf("book: %w", err)
	}
	return out, replayed, nil
}

// offered is what a booking gets.
type offered struct {
	seats  Labels
	lines  Lines
	among  among  // where others may be found, should one be taken
	client string // the name that its client is stored under
}

// offer finds seats for the booking, their total and hold. Otherwise it refuses. It writes nothing.
func (t *tx) offer(b NewBooking, out *PushOrder) (o offered, err error) {
	ask := asker{
		phone: b.Phone, browser: b.Browser, client: b.Client.name(), partner: b.Client.Partner != "",
		screening: b.ScreeningID, seats: b.Quantity, asks: b.Browser,
	}
	if b.Session == nil {
		err = t.lockBrowser(b.Browser)
	}
	if err == nil {
		err = t.lockClient(ask.client)
	}
	if err != nil {
		return o, err
	}
	if err := t.refuseElsewhere(b); err != nil {
		return o, err
	}
	sc, err := t.screening(b.ScreeningID)
	if err != nil {
		return o, err
	}
	if !sc.Sells(t.now) {
		return o, &Refusal{Kind: NotOnSale}
	}
	if o.lines, o.among, err = t.linesOf(sc, b); err != nil {
		return o, err
	}
	out.Amount = o.lines.Total()
	if out.Amount > MaxCharge {
		return o, &Refusal{Kind: OverLimit, Total: out.Amount}
	}
	if b.Total != 0 && b.Total != out.Amount {
		return o, &Refusal{Kind: PriceChanged, Total: out.Amount}
	}
	ask.capacity = sc.Capacity
	d, err := t.fairly(ask)
	if err != nil {
		return o, err
	}
	out.HoldUntil = t.now.Add(d.Hold(t.s.hold))
	o.client = clientOf(ask.client, d)
	if b.Seats == nil {
		o.seats, err = t.chooseSeats(b.ScreeningID, b.Quantity, o.among, false)
		return o, err
	}
	m, _, err := t.seats(b.ScreeningID, false)
	if err == nil {
		o.seats = m.plan.inOrder(b.Seats)
	}
	return o, err
}

// refuseElsewhere refuses a named request that was made before and whose booking stands. It may have come from this
// client over another connection, after a lost answer.
func (t *tx) refuseElsewhere(b NewBooking) error {
	if !b.Named {
		return nil
	}
	var n int
	err := t.scan([]any{&n}, `SELECT count(*) FROM push_request p JOIN ticket t ON t.id = p.ticket_id
		WHERE p.phone = $1 AND p.created_at > $2 AND t.fingerprint = $3 AND t.payment_status <> 'Failed'`, b.Phone, t.now.Add(-fairuse.Day), b.Fingerprint)
	if err == nil && n > 0 {
		err = &Refusal{Kind: KeyElsewhere}
	}
	return err
}

// hold writes the ticket, its seats and its push. Where one of the best seats was just taken, it takes others.
func (t *tx) hold(b NewBooking, out PushOrder, o offered) error {
	err := t.run(`INSERT INTO ticket (id, screening_id, code, secret, customer_name, phone, quantity, total, payment_status, failure_reason,
		receipt, seats, lines, chosen, channel, seats_moved, held_since, hold_until, idempotency_key, fingerprint, browser, client, void_reason, version, created_at, updated_at, email)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,'Pending','','',$14,$16,$17,$18,0,$9,$10,$11,$12,$13,$15,'',1,$9,$9,$19)`,
		out.TicketID, b.ScreeningID, out.Code, out.Secret, b.Name, b.Phone, b.Quantity, out.Amount, t.now,
		out.HoldUntil, b.Key, b.Fingerprint, b.Browser, o.seats, o.client, o.lines, flag(b.Seats != nil),
		b.channel(), b.Email)
	if err != nil {
		return err
	}
	if err := t.addPush(out, o.client); err != nil {
		return err
	}
	if b.Session != nil {
		if err := t.putSession(*b.Session); err != nil {
			return err
		}
	}
	got, err := t.assignSeats(b.ScreeningID, out.TicketID, o.seats, b.Quantity, o.among)
	if err == nil && !slices.Equal(got, o.seats) {
		err = t.run(`UPDATE ticket SET seats = $1 WHERE id = $2`, got, out.TicketID)
	}
	if err == nil && b.Test {
		err = t.auditTicket(out.TicketID, "ticket.test")
	}
	return err
}

// saleQuery reads what a sale depends on in a screening.
const saleQuery = `SELECT id, starts_at, sales_close_at, prices, surcharges, capacity, status FROM screening WHERE id = $1`

func (t *tx) saleQuery() string { return saleQuery + t.rowLock() }

// screening reads and locks the screening, inside the transaction that sells it.
func (t *tx) screening(id ScreeningID) (Screening, error) {
	var sc Screening
	sale := read{Query: t.saleQuery(), Args: []any{id}, To: []any{
		&sc.ID, &sc.StartsAt, &sc.SalesCloseAt, &sc.Prices, &sc.Surcharges, &sc.Capacity, &sc.Status,
	}}
	if !t.shared() { // the writer may have the seats in its map
		return sc, t.reads(sale)
	}
	var free freeSeats
	err := t.reads(sale, free.query(id))
	if err == nil {
		t.locked = id
		_, err = t.keepSeats(id, free)
	}
	return sc, err
}

// addPush writes a live push of the client. A second live push for the phone or the ticket is a unique violation.
func (t *tx) addPush(p PushOrder, client string) error {
	return t.run(`INSERT INTO push_request (id, ticket_id, callback_token, reference, phone, amount, state, live, live_until, result_code, result_text,
		reason, client, created_at, updated_at) VALUES ($1,$2,$3,$8,$4,$5,'sending',1,$6,'','','',$9,$7,$7)`,
		p.PushID, p.TicketID, p.CallbackToken, p.Phone, p.Amount, t.now.Add(pushLife), t.now, p.Reference, client)
}

// endLive ends expired live pushes to the phone or for the ticket, and counts them.
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

// replay finds the booking made with this key. It refuses a key used for another request or by another client.
func (t *tx) replay(b NewBooking) (PushOrder, bool, error) {
	var row struct {
		ID                                                TicketID
		Secret, Code, Fingerprint, Browser, Client, Phone string
		Total                                             Shillings
		Status                                            Status
	}
	to := []any{
		&row.ID, &row.Secret, &row.Code, &row.Fingerprint, &row.Browser, &row.Client, &row.Phone, &row.Total,
		&row.Status,
	}
	err := t.scan(to, `SELECT id, secret, code, fingerprint, browser, client, phone, total, payment_status FROM ticket WHERE `+withKey+` ORDER BY id DESC LIMIT 1`,
		b.Key, b.KeyBefore, b.Browser)
	if errors.Is(err, ErrNotFound) {
		return PushOrder{}, false, nil
	}
	if err != nil {
		return PushOrder{}, false, err
	}
	browser := b.Browser
	if b.Session != nil {
		browser = "" // it had no session when it asked
	}
	own := browser != "" && row.Browser == browser
	refusal := &Refusal{Kind: KeyReused}
	if own {
		refusal.Secret = row.Secret
	}
	switch {
	case row.Fingerprint != b.Fingerprint:
		return PushOrder{}, false, refusal
	case !own && !b.KeyOwned && (browser != "" || row.Client != b.Client.name()):
		if refusal.Kind = KeyElsewhere; row.Status == Failed {
			refusal.Kind = KeyEnded
		}
		return PushOrder{}, false, refusal
	}
	return PushOrder{TicketID: row.ID, Secret: row.Secret, Code: row.Code, Phone: row.Phone, Amount: row.Total}, true,
		nil
}

// withKey finds the booking made with key $1, or with key $2 in the later browser session $3.
const withKey = `(idempotency_key = $1 OR idempotency_key = $2 AND browser = $3)`

// BookedWith finds what was booked with an idempotency key; ErrNotFound where nothing was.
func (s Tickets) BookedWith(ctx context.Context, key, before, browser string) (ScreeningID, MovieID, error) {
	var row struct {
		Screening ScreeningID `db:"screening_id"`
		Movie     MovieID     `db:"movie_id"`
	}
	err := s.read(ctx, &row, `SELECT t.screening_id, s.movie_id FROM ticket t JOIN screening s ON s.id = t.screening_id WHERE `+withKey+` ORDER BY t.id DESC LIMIT 1`, key, before, browser)
	if err != nil {
		return 0, 0, fmt.Errorf("look for the key: %w", err)
	}
	return row.Screening, row.Movie, nil
}

// phoneBusy refuses since no prompt may go to the phone now. The browser whose prompt is on it learns until when and
// for which ticket. All others get one answer, whatever the cause.
func (s *Store) phoneBusy(ctx context.Context, phone, browser string) error {
	refusal := &Refusal{Kind: PhoneBusy}
	err := ErrNotFound
	if browser != "" {
		err = s.read(ctx, refusal, `SELECT p.live_until AS until, t.secret FROM push_request p JOIN ticket t ON t.id = p.ticket_id
			WHERE p.phone = $1 AND p.live = 1 AND t.browser = $2`, phone, browser)
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("look for the prompt: %w", err)
	}
	if err != nil {
		refusal.Wait = fairuse.PhoneWait
	}
	return refusal
}

// kindOf is the kind of a refusal; "" for another error or none.
func kindOf(err error) RefusalKind {
	if refusal, is := errors.AsType[*Refusal](err); is {
		return refusal.Kind
	}
	return ""
}
