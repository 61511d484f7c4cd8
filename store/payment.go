package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"cinemasphere/store/money"
)

// PaymentState is what became of a payment.
type PaymentState = money.State

// A payment is applied to a ticket, due for refund, or unmatched. It may have been refunded, or reversed by somebody
// else.
const (
	PaymentApplied   = money.Applied
	PaymentRefundDue = money.RefundDue
	PaymentUnmatched = money.Unmatched
	PaymentRefunded  = money.Refunded
	PaymentReversed  = money.Returned
)

// Pattern is what is known of a payer's number: all of it, a masked part, or nothing.
type Pattern = money.Pattern

// ParsePattern reads a payer's number as M-PESA writes it; see [money.ParsePattern].
func ParsePattern(text string) Pattern { return money.ParsePattern(text) }

// Payment is money that M-PESA took, by the facts. There is one payment for each receipt, and for each paid push.
type Payment struct {
	ID           PaymentID    `db:"id"`
	Receipt      string       `db:"receipt"` // "" while pending
	TicketID     TicketID     `db:"ticket_id"`
	NamedID      TicketID     `db:"named_id"` // the ticket that it may be for, where that is uncertain
	PushID       PushID       `db:"push_id"`
	Amount       Cents        `db:"amount_cents"` // 0 where M-PESA did not report it
	Assumed      int64        `db:"assumed"`      // 1 where the amount is the push's
	Phone        Pattern      `db:"phone"`        // of the payer
	Account      string       `db:"account"`      // what the payer typed at a paybill
	TransactedAt Instant      `db:"transacted_at"`
	LearntBy     string       `db:"learnt_by"` // the best source that reports it as paid
	State        PaymentState `db:"state"`
	Reason       Reason       `db:"reason"`        // why a refund is due, or why it is unmatched
	Doubt        DoubtReason  `db:"doubt"`         // what an operator must look into, in any state; "" mostly
	DoubtCents   Cents        `db:"doubt_cents"`   // the amount of the doubt
	DoubtReceipt string       `db:"doubt_receipt"` // the receipt of the doubt
	Loose        int64        `db:"loose"`         // 1 where it may be the same money as what nothing names with it
	Automatic    int64        `db:"automatic"`     // 1 where it may be refunded without an operator
	MaskedAt     Instant      `db:"masked_at"`     // since when the payer is masked; 0 where it is not, or has changed since
	CreatedAt    Instant      `db:"created_at"`
	PushToken    string       `db:"push_token"` // its push's callback token; like Resolved, filled by [Money.Payments] alone
	Resolved     int          `db:"resolved"`   // 1 where an operator resolved its doubt
}

const paymentColumns = `id, COALESCE(receipt, '') AS receipt, COALESCE(ticket_id, 0) AS ticket_id,
	COALESCE(named_id, 0) AS named_id, COALESCE(push_id, 0) AS push_id, COALESCE(amount_cents, 0) AS amount_cents,
	assumed, phone, account, COALESCE(transacted_at, 0) AS transacted_at,
	learnt_by, state, reason, doubt, doubt_cents, doubt_receipt, loose, automatic, COALESCE(masked_at, 0) AS masked_at,
	created_at`

// Payments lists all payments, oldest first.
func (s Money) Payments(ctx context.Context) ([]Payment, error) {
	var ps []Payment
	if err := s.list(ctx, &ps, `SELECT `+paymentColumns+`,
		COALESCE((SELECT callback_token FROM push_request u WHERE u.id = p.push_id), '') AS push_token, CASE WHEN `+
		resolvedDoubt+` THEN 1 ELSE 0 END AS resolved
		FROM payment p ORDER BY id`); err != nil {
		return nil, fmt.Errorf("read payments: %w", err)
	}
	return ps, nil
}

// payment reads a payment and locks it until this write ends.
func (t *tx) payment(where string, args ...any) (p Payment, err error) {
	return p, t.get(&p, `SELECT `+paymentColumns+` FROM payment WHERE `+where+t.rowLock(), args...)
}

func noID(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

// payable is the part of a ticket that the fate of a payment depends on.
type payable struct {
	ID          TicketID        `db:"id"`
	ScreeningID ScreeningID     `db:"screening_id"`
	Quantity    int             `db:"quantity"`
	Total       Shillings       `db:"total"`
	Status      Status          `db:"payment_status"`
	Owed        Reason          `db:"owed_reason"`
	Receipt     string          `db:"receipt"`
	PaidPush    PushID          `db:"paid_push"`
	At          Instant         `db:"transacted_at"`
	Seats       Labels          `db:"seats"`
	Lines       Lines           `db:"lines"`
	Chosen      bool            `db:"chosen"` // the customer chose the seats
	Hold        Instant         `db:"hold_until"`
	Late        Reason          `db:"late_reason"`
	Voided      Instant         `db:"voided_at"`
	VoidReason  Reason          `db:"void_reason"`
	MadeAt      Instant         `db:"created_at"`
	Held        int             `db:"held"`
	Mail        int64           `db:"mail"`  // 1 where it has an e-mail address
	Rings       int64           `db:"rings"` // 1 where it has a phone number
	StartsAt    Instant         `db:"starts_at"`
	Screening   ScreeningStatus `db:"status"`

	moved bool // its seats had to change
}

const (
	payablesQuery = `SELECT t.id, t.screening_id, t.quantity, t.total, t.payment_status, t.owed_reason, t.receipt,
	t.paid_push, COALESCE(t.transacted_at, 0) AS transacted_at, t.seats, t.lines, t.chosen,
	COALESCE(t.hold_until, 0) AS hold_until,
	t.late_reason, COALESCE(t.voided_at, 0) AS voided_at, t.void_reason, t.created_at,
	CASE WHEN t.email <> '' THEN 1 ELSE 0 END AS mail,
	CASE WHEN substr(t.phone` + hasDigits + ` THEN 1 ELSE 0 END AS rings,
	(SELECT count(*) FROM seat WHERE seat.ticket_id = t.id) AS held, s.starts_at, s.status
	FROM ticket t JOIN screening s ON s.id = t.screening_id`
	payableQuery = payablesQuery + ` WHERE t.id = $1`
)

func (tk *payable) query(id TicketID) read {
	return read{Query: payableQuery, Args: []any{id}, To: []any{
		&tk.ID, &tk.ScreeningID, &tk.Quantity, &tk.Total, &tk.Status, &tk.Owed, &tk.Receipt, &tk.PaidPush, &tk.At,
		&tk.Seats, &tk.Lines, &tk.Chosen, &tk.Hold, &tk.Late, &tk.Voided, &tk.VoidReason,
		&tk.MadeAt, &tk.Mail, &tk.Rings, &tk.Held, &tk.StartsAt, &tk.Screening,
	}}
}

// amongOf returns the seats that a ticket may get: the chosen ones, or any of its zone.
func (t *tx) amongOf(tk payable) (a among, err error) {
	a = among{exactly: tk.Chosen}
	if !tk.Chosen && len(tk.Lines) > 0 {
		a.zone = tk.Lines[0].Zone
		err = t.scan([]any{&a.prices}, `SELECT prices FROM screening WHERE id = $1`, tk.ScreeningID)
	}
	return a, err
}

// ticket is the ticket as package money sees it.
func (tk payable) ticket() money.Ticket {
	out := money.Ticket{
		ID: tk.ID, Total: Cents(tk.Total) * 100, MadeAt: tk.MadeAt, StartsAt: tk.StartsAt,
		Cancelled: tk.Screening == Cancelled, Waiting: tk.Status == Pending, Seats: money.SeatsNone,
		Free: tk.Status == Paid && tk.Total == 0,
	}
	out.Late = tk.Late
	if tk.Held == tk.Quantity {
		out.Seats = money.SeatsHeld
	}
	if tk.Status == Paid {
		out.PaidWith = money.Key{Push: tk.PaidPush, Receipt: tk.Receipt}
	}
	if tk.Voided != 0 {
		out.Void = tk.VoidReason
	}
	return out
}

// showRefundDue shows on an unpaid ticket that a refund is due. A ticket with another awaited push stays Pending;
// otherwise its held seats are kept only as long as a retry takes.
func (t *tx) showRefundDue(tk payable, why Reason) error {
	var awaited int
	if err := t.scan([]any{&awaited}, `SELECT `+awaitedPushes, tk.ID); err != nil || awaited > 0 {
		return err
	}
	hold := tk.Hold
	if hold != 0 {
		hold = min(hold, t.now.Add(t.s.retryHold))
	}
	return t.run(`UPDATE ticket SET payment_status = 'Failed', owed_reason = $1, hold_until = $2, version = version + 1, updated_at = $3 WHERE id = $4`,
		why, orNone(hold), t.now, tk.ID)
}

func (t *tx) freeSeats(id TicketID) error {
	var screening ScreeningID
	if err := t.scan([]any{&screening}, `SELECT screening_id FROM ticket WHERE id = $1`, id); err != nil {
		return err
	}
	delete(t.maps, screening)
	return t.run(`UPDATE seat SET ticket_id = NULL, admitted_at = NULL, admitted_by = NULL WHERE ticket_id = $1`, id)
}

// Alike is a pair of payments that may be the same money, without proof.
type Alike struct {
	Pending PaymentID // a push's payment without a receipt
	Payment PaymentID // a receipt without a known push
	Receipt string    // of Payment
	Code    string    // of the push's ticket
	Amount  Cents
}

// Alikes lists the payments that may be the same money, pair by pair. A payment may be in several pairs.
func (s Money) Alikes(ctx context.Context) ([]Alike, error) {
	var pairs []Alike
	err := s.list(ctx, &pairs, `SELECT n.id AS pending, r.id AS payment, a.receipt, t.code,
		COALESCE(n.amount_cents, r.amount_cents, 0) AS amount
		FROM alike a JOIN payment n ON n.push_id = a.push_id JOIN payment r ON r.receipt = a.receipt
		JOIN push_request p ON p.id = a.push_id
		JOIN ticket t ON t.id = p.ticket_id ORDER BY n.id, r.id`)
	if err != nil {
		return nil, fmt.Errorf("look for payments that may be the same: %w", err)
	}
	return pairs, nil
}

// Between is the most by which the books may overstate what M-PESA took: the sum where as many pairs as possible are
// one payment.
func Between(pairs []Alike) (sum Cents) {
	pairs = slices.Clone(pairs) // the greatest first: each one that finds a receipt keeps one
	slices.SortStableFunc(pairs, func(a, b Alike) int { return cmp.Compare(b.Amount, a.Amount) })
	takenBy := map[PaymentID]Alike{}
	var match func(pending PaymentID, seen map[PaymentID]bool) bool
	match = func(pending PaymentID, seen map[PaymentID]bool) bool {
		for _, a := range pairs {
			if a.Pending != pending || seen[a.Payment] {
				continue
			}
			seen[a.Payment] = true
			if other, taken := takenBy[a.Payment]; !taken || match(other.Pending, seen) {
				takenBy[a.Payment] = a
				return true
			}
		}
		return false
	}
	tried := map[PaymentID]bool{}
	for _, a := range pairs {
		if !tried[a.Pending] {
			tried[a.Pending] = true
			match(a.Pending, map[PaymentID]bool{})
		}
	}
	for _, a := range takenBy {
		sum += a.Amount
	}
	return sum
}

// RefundsDue lists the payments that may be refunded without an operator, oldest first: nothing about them is open,
// M-PESA is not being asked about them, and they have no refund yet.
func (s Money) RefundsDue(ctx context.Context, limit int) ([]Payment, error) {
	var due []Payment
	err := s.list(ctx, &due, `SELECT `+paymentColumns+` FROM payment
		WHERE `+mayGoBack+` AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.payment_id = payment.id)
		ORDER BY id LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("look for refunds that are due: %w", err)
	}
	return due, nil
}

// mayGoBack is the SQL condition that a payment may be refunded without an operator.
const mayGoBack = `payment.automatic = 1 AND NOT EXISTS (SELECT 1 FROM question q WHERE q.receipt = payment.receipt ` +
	`AND q.next_at IS NOT NULL)`
