package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
	"time"
)

// Status is a ticket's payment status.
type Status string

// A ticket is Pending while a prompt may be answered, then Paid or Failed. Failed may become Paid by a late payment, or
// Pending by a retry. Paid is final.
const (
	Pending Status = "Pending"
	Paid    Status = "Paid"
	Failed  Status = "Failed"
)

// Channel is who booked a ticket.
type Channel string

// A customer books online. A test is a sale by the staff, for a shilling, to see that selling works: see
// [Tickets.TakeTestAway]. What tests bring counts as no takings.
const (
	ChannelOnline Channel = "online"
	ChannelTest   Channel = "test"
)

// Labels are seat labels in plan order, such as F11 F12.
type Labels []string

// Scan reads labels from their column.
func (l *Labels) Scan(v any) error {
	s, ok := v.(string)
	if !ok {
		return fmt.Errorf("seat labels: %T", v)
	}
	*l = strings.Fields(s)
	return nil
}

// Value is the labels as stored.
func (l Labels) Value() (driver.Value, error) { return strings.Join(l, " "), nil }

// Ticket is one booking of n seats, with its film, its screening and its latest push.
type Ticket struct {
	ID           TicketID      `db:"id"`
	ScreeningID  ScreeningID   `db:"screening_id"`
	Code         string        `db:"code"`   // public; begins with 0 unless in production
	Secret       string        `db:"secret"` // opens the ticket's page
	CustomerName string        `db:"customer_name"`
	Phone        string        `db:"phone"` // MSISDN of the latest push: 254 and nine digits
	Email        string        `db:"email"` // where messages go too; "" where the customer gave none
	Quantity     int           `db:"quantity"`
	Total        Shillings     `db:"total"`
	Status       Status        `db:"payment_status"`
	Reason       FailureReason `db:"failure_reason"` // why it is Failed without a payment; "" otherwise
	Owed         Reason        `db:"owed_reason"`    // why its payment is due for refund, or was refunded; "" where none came
	Receipt      string        `db:"receipt"`        // M-PESA receipt, "" until known
	TransactedAt Instant       `db:"transacted_at"`  // zero until known
	Seats        Labels        `db:"seats"`          // its own while Paid or held; its former ones otherwise
	Lines        Lines         `db:"lines"`          // what they cost
	Chosen       bool          `db:"chosen"`         // the customer chose them: it gets no others
	Channel      Channel       `db:"channel"`
	SeatsMoved   bool          `db:"seats_moved"` // the seats differ from the first ones
	HeldSince    Instant       `db:"held_since"`
	HoldUntil    Instant       `db:"hold_until"` // zero once paid, abandoned or freed
	Browser      string        `db:"browser"`    // the browser session that bought it, "" for none
	VoidedAt     Instant       `db:"voided_at"`
	VoidReason   Reason        `db:"void_reason"` // "" unless VoidedAt is set
	GivenBy      OperatorID    `db:"given_by"`    // who gave it away, without money; 0 of all others
	GivenReason  string        `db:"given_reason"`
	Version      int64         `db:"version"` // grows with each change of the page
	CreatedAt    Instant       `db:"created_at"`
	UpdatedAt    Instant       `db:"updated_at"`

	Notes []SeatNote // on its seats, in their order

	Movie     Movie     `db:"movie"`
	Screening Screening `db:"screening"`  // Left is not filled
	Push      Push      `db:"push"`       // the latest; the zero Push of one that was given away
	RefundDue Cents     `db:"refund_due"` // what the cinema owes back for it
	Refunded  Cents     `db:"refunded"`   // what was refunded
	Claims    int       `db:"claims"`     // how many receipts were claimed for it: see [Money.ReceiptClaims]
}

// Given reports whether somebody of the staff gave the ticket away: it needs no money.
func (t *Ticket) Given() bool { return t.GivenBy != 0 }

// Held reports whether the ticket holds unpaid seats.
func (t *Ticket) Held() bool { return t.Status != Paid && t.HoldUntil != 0 }

// PushState is how far an STK Push has come.
type PushState string

// A push becomes PushPrompted, PushUnknown or PushRefused by Daraja's answer, and PushPaid, PushFailed or
// PushSoftFailed by M-PESA's verdict. PushPaid is final; every other state may still become PushPaid.
const (
	PushSending    PushState = "sending"     // stored; no answer from Daraja yet
	PushPrompted   PushState = "prompted"    // Daraja accepted it
	PushUnknown    PushState = "unknown"     // a prompt may be on the phone
	PushRefused    PushState = "refused"     // no prompt went out
	PushSoftFailed PushState = "soft_failed" // not completed; a late success is possible
	PushFailed     PushState = "failed"      // final
	PushPaid       PushState = "paid"
)

// PushStates lists them.
func PushStates() []PushState {
	return []PushState{
		PushSending, PushPrompted, PushUnknown, PushRefused, PushSoftFailed, PushFailed, PushPaid,
	}
}

// Push is one STK Push.
type Push struct {
	ID                PushID        `db:"id"`
	TicketID          TicketID      `db:"ticket_id"`
	CallbackToken     string        `db:"callback_token"`
	CheckoutRequestID string        `db:"checkout_request_id"` // "" while unknown; holds a phone number
	MerchantRequestID string        `db:"merchant_request_id"`
	Phone             string        `db:"phone"`
	Amount            Shillings     `db:"amount"`
	State             PushState     `db:"state"`
	Live              bool          `db:"live"` // a prompt may be answered; see LiveUntil
	LiveUntil         Instant       `db:"live_until"`
	ResultCode        string        `db:"result_code"`
	ResultText        string        `db:"result_text"` // Safaricom's words, for the operator
	Reason            FailureReason `db:"reason"`
	CreatedAt         Instant       `db:"created_at"`

	hold *Instant // when its ticket's hold ends, where read with it; 0 is no hold
}

const (
	ticketOnly = `t.id, t.screening_id, t.code, t.secret, t.customer_name, t.phone, t.email, t.quantity, t.total,
		t.payment_status, t.failure_reason, t.owed_reason,
	t.receipt, COALESCE(t.transacted_at, 0) AS transacted_at, t.seats, t.lines, t.chosen, t.channel,
	t.seats_moved, t.held_since,
	COALESCE(t.hold_until, 0) AS hold_until,
	t.browser, COALESCE(t.voided_at, 0) AS voided_at, t.void_reason, COALESCE(t.given_by, 0) AS given_by,
	t.given_reason,
	t.version, t.created_at, t.updated_at`
	pushOnly = `p.id, p.ticket_id, p.callback_token, COALESCE(p.checkout_request_id, '') AS checkout_request_id,
	COALESCE(p.merchant_request_id, '') AS merchant_request_id, p.phone, p.amount, p.state, p.live, p.live_until,
	p.result_code,
	p.result_text, p.reason, p.created_at`
	// A ticket that was given away has no push.
	latestPush = `COALESCE(p.id, 0), COALESCE(p.ticket_id, 0), COALESCE(p.callback_token, ''),
	COALESCE(p.checkout_request_id, ''), COALESCE(p.merchant_request_id, ''), COALESCE(p.phone, ''),
	COALESCE(p.amount, 0), COALESCE(p.state, ''), COALESCE(p.live, 0), COALESCE(p.live_until, 0),
	COALESCE(p.result_code, ''), COALESCE(p.result_text, ''), COALESCE(p.reason, ''), COALESCE(p.created_at, 0)`
	ticketSelect = `SELECT ` + ticketOnly + `, ` + latestPush + `,
	COALESCE((SELECT sum(COALESCE(y.amount_cents, 0)) FROM payment y
	WHERE y.ticket_id = t.id AND y.state = 'refund_due'), 0) AS refund_due,
	COALESCE((SELECT sum(COALESCE(y.amount_cents, 0)) FROM payment y
	WHERE y.ticket_id = t.id AND y.state IN ('refunded', 'reversed_elsewhere')), 0) AS refunded,
	(SELECT count(*) FROM claim c WHERE c.ticket_id = t.id) AS claims
	FROM ticket t LEFT JOIN push_request p ON p.ticket_id = t.id`
)

// columns are the destinations of a row of ticketSelect.
func (t *Ticket) columns() []any {
	to := []any{
		&t.ID, &t.ScreeningID, &t.Code, &t.Secret, &t.CustomerName, &t.Phone, &t.Email, &t.Quantity, &t.Total,
		&t.Status, &t.Reason, &t.Owed,
		&t.Receipt, &t.TransactedAt, &t.Seats, &t.Lines, &t.Chosen, &t.Channel, &t.SeatsMoved,
		&t.HeldSince, &t.HoldUntil, &t.Browser, &t.VoidedAt,
		&t.VoidReason, &t.GivenBy, &t.GivenReason, &t.Version, &t.CreatedAt, &t.UpdatedAt,
	}
	return append(append(to, t.Push.columns()...), &t.RefundDue, &t.Refunded, &t.Claims)
}

// columns are the destinations of a row of pushOnly.
func (p *Push) columns() []any {
	return []any{
		&p.ID, &p.TicketID, &p.CallbackToken, &p.CheckoutRequestID, &p.MerchantRequestID, &p.Phone, &p.Amount, &p.State,
		&p.Live, &p.LiveUntil,
		&p.ResultCode, &p.ResultText, &p.Reason, &p.CreatedAt,
	}
}

// showingAge is how old a ticket's film and screening may be where another process changed them.
const showingAge = 5 * time.Second

// showing is a screening and its film as tickets show them.
type showing struct {
	screening Screening
	movie     Movie
	catalogue uint64
	read      time.Time
}

// show fills in the ticket's film and screening, and what is to be known of its seats; see showingAge.
func (s *Store) show(ctx context.Context, t *Ticket) error {
	if err := s.showScreening(ctx, t); err != nil {
		return err
	}
	plan, err := s.plans.read(readersOf{ctx, s}, t.Screening.PlanID)
	if err != nil {
		return err
	}
	t.Notes = plan.notes(t.Seats)
	return nil
}

func (s *Store) showScreening(ctx context.Context, t *Ticket) error {
	catalogue := s.catalogue.Load()
	if v, ok := s.shown.Load(t.ScreeningID); ok {
		if sh := v.(showing); sh.catalogue == catalogue && s.now().Sub(sh.read) < showingAge {
			t.Screening, t.Movie = sh.screening, sh.movie
			return nil
		}
	}
	sc, m, err := s.Catalogue().Screening(ctx, t.ScreeningID)
	if err != nil {
		return err
	}
	s.shown.Store(t.ScreeningID, showing{sc, m, catalogue, s.now()})
	t.Screening, t.Movie = sc, m
	return nil
}

// TicketBySecret reads the ticket with the secret.
func (s Tickets) TicketBySecret(ctx context.Context, secret string) (*Ticket, error) {
	return s.ticket(ctx, ` WHERE t.secret = $1`, secret)
}

// TicketByID reads a ticket by its guessable id. The caller must have authorised the asker.
func (s Tickets) TicketByID(ctx context.Context, id TicketID) (*Ticket, error) {
	return s.ticket(ctx, ` WHERE t.id = $1`, id)
}

func (s *Store) ticket(ctx context.Context, where string, arg any) (*Ticket, error) {
	t := new(Ticket)
	err := s.readers.scan(ctx, t.columns(), ticketSelect+where+` ORDER BY p.id DESC LIMIT 1`, arg)
	if err == nil {
		err = s.show(ctx, t)
	}
	if err != nil {
		return nil, fmt.Errorf("read ticket: %w", err)
	}
	return t, nil
}

// TicketVersion reads the version of the ticket with the secret: enough to detect a change.
func (s Tickets) TicketVersion(ctx context.Context, secret string) (int64, error) {
	var v int64
	if err := s.readers.scan(ctx, []any{&v}, `SELECT version FROM ticket WHERE secret = $1`, secret); err != nil {
		return 0, fmt.Errorf("read ticket version: %w", err)
	}
	return v, nil
}

// TicketRefund is a payment for a ticket that does not, or no longer, pay for it.
type TicketRefund struct {
	Amount  Cents        `db:"amount_cents"` // 0 where M-PESA did not report it
	Receipt string       `db:"receipt"`      // "" while pending
	State   PaymentState `db:"state"`
	Reason  Reason       `db:"reason"` // why it is due back
	Refund  RefundState  `db:"refund"` // of its latest refund, "" where there is none
}

// TicketRefunds lists a ticket's payments that are due for refund, refunded, or an operator's to look into, oldest
// first.
func (s Money) TicketRefunds(ctx context.Context, id TicketID) ([]TicketRefund, error) {
	var rs []TicketRefund
	err := s.list(ctx, &rs, `SELECT COALESCE(y.amount_cents, 0) AS amount_cents, COALESCE(y.receipt, '') AS receipt,
		y.state, y.reason,
		COALESCE((SELECT r.state FROM refund r WHERE r.payment_id = y.id ORDER BY r.id DESC LIMIT 1), '') AS refund
		FROM payment y WHERE y.ticket_id = $1 AND y.state <> 'applied' ORDER BY y.id`, id)
	if err != nil {
		return nil, fmt.Errorf("read what goes back: %w", err)
	}
	return rs, nil
}

// CountPushes counts a ticket's pushes, and those that may still bring money.
func (s Tickets) CountPushes(ctx context.Context, id TicketID) (all, awaited int, err error) {
	err = s.readers.scan(ctx, []any{&all, &awaited}, `SELECT count(*), `+awaitedPushes+` FROM push_request
		WHERE ticket_id = $1`, id)
	if err != nil {
		return 0, 0, fmt.Errorf("count prompts: %w", err)
	}
	return all, awaited, nil
}

// WaitingTickets lists the browser's tickets that still hold seats, newest first.
func (s Tickets) WaitingTickets(ctx context.Context, browser string) ([]*Ticket, error) {
	var secrets []string
	if browser == "" {
		return nil, nil
	}
	err := s.list(ctx, &secrets, `SELECT secret FROM ticket WHERE browser = $1 AND browser <> '' AND hold_until > $2 ORDER BY id DESC`, browser, s.Now())
	if err != nil {
		return nil, fmt.Errorf("read waiting tickets: %w", err)
	}
	ts := make([]*Ticket, len(secrets))
	for i, secret := range secrets {
		if ts[i], err = s.TicketBySecret(ctx, secret); err != nil {
			return nil, err
		}
	}
	return ts, nil
}

// PushByCheckoutRequestID finds the push with Daraja's id; ErrNotFound where it is not ours.
func (s Tickets) PushByCheckoutRequestID(ctx context.Context, id string) (Push, error) {
	var p Push
	if err := s.read(ctx, &p, `SELECT `+pushOnly+` FROM push_request p
		WHERE p.checkout_request_id = $1`, id); err != nil {
		return p, fmt.Errorf("read push: %w", err)
	}
	return p, nil
}

// UndecidedPushes lists the pushes without a final verdict, oldest first: each may hide money.
func (s Money) UndecidedPushes(ctx context.Context) ([]Push, error) {
	var ps []Push
	err := s.list(ctx, &ps, `SELECT `+pushOnly+` FROM push_request p
		WHERE p.state IN ('sending', 'prompted', 'unknown', 'soft_failed') ORDER BY p.id`)
	if err != nil {
		return nil, fmt.Errorf("read undecided pushes: %w", err)
	}
	return ps, nil
}

// Confirming reports whether M-PESA has reported on the latest push of an unpaid ticket and is being asked to confirm
// it.
func (t *Ticket) Confirming() bool {
	return t.Status != Paid && t.Push.State == PushUnknown && t.Push.Reason == FailureConfirming
}
