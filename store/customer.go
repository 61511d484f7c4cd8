package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Customer is all that the books hold of who has a phone, as that person may ask for it.
type Customer struct {
	Phone    string            `json:"phone"`
	At       Instant           `json:"at"` // when it was read, in milliseconds UTC, as all instants here
	Tickets  []CustomerTicket  `json:"tickets"`
	Prompts  []CustomerPrompt  `json:"prompts,omitempty"`
	Payments []CustomerPayment `json:"payments,omitempty"`
	Refunds  []CustomerRefund  `json:"refunds,omitempty"`
	Claims   []CustomerClaim   `json:"typedReceipts,omitempty"`
	Messages []CustomerMessage `json:"messages,omitempty"`
	Notes    []string          `json:"notes,omitempty"`      // what the staff wrote about the customer's money
	Raw      []string          `json:"rawReports,omitempty"` // what M-PESA sent, as it came
}

// CustomerTicket is a booking.
type CustomerTicket struct {
	Code      string    `db:"code" json:"code"`
	Name      string    `db:"customer_name" json:"name"`
	Phone     string    `db:"phone" json:"phone"`
	Email     string    `db:"email" json:"email"`
	Film      string    `db:"title" json:"film"`
	StartsAt  Instant   `db:"starts_at" json:"startsAt"`
	Seats     string    `db:"seats" json:"seats"`
	Total     Shillings `db:"total" json:"totalShillings"`
	Status    Status    `db:"payment_status" json:"status"`
	Receipt   string    `db:"receipt" json:"receipt"`
	Admitted  int       `db:"admitted" json:"seatsAdmitted"`
	CreatedAt Instant   `db:"created_at" json:"bookedAt"`
}

// CustomerPrompt is a prompt to the phone.
type CustomerPrompt struct {
	Code   string    `db:"code" json:"ticket"`
	Phone  string    `db:"phone" json:"phone"`
	Amount Shillings `db:"amount" json:"shillings"`
	State  PushState `db:"state" json:"state"`
	At     Instant   `db:"created_at" json:"at"`
}

// CustomerPayment is money that M-PESA took.
type CustomerPayment struct {
	Receipt string       `db:"receipt" json:"receipt"`
	Amount  Cents        `db:"amount" json:"cents"`
	Payer   string       `db:"phone" json:"payer"`
	Account string       `db:"account" json:"account"`
	State   PaymentState `db:"state" json:"state"`
	At      Instant      `db:"at" json:"at"`
}

// CustomerRefund is money on its way back.
type CustomerRefund struct {
	Receipt string      `db:"receipt" json:"receipt"`
	Amount  Cents       `db:"amount_cents" json:"cents"`
	State   RefundState `db:"state" json:"state"`
	Reason  string      `db:"reason" json:"reason,omitempty"`       // as the staff wrote it
	Ref     string      `db:"reference" json:"reference,omitempty"` // of one by hand
	At      Instant     `db:"created_at" json:"at"`
}

// CustomerClaim is a receipt that was typed on a ticket's page.
type CustomerClaim struct {
	Receipt string     `db:"receipt" json:"receipt"`
	State   ClaimState `db:"state" json:"state"`
	At      Instant    `db:"created_at" json:"at"`
}

// CustomerMessage is what the customer was told.
type CustomerMessage struct {
	Event string  `db:"event" json:"event"`
	Via   string  `db:"via" json:"via"`
	State string  `db:"state" json:"state"`
	At    Instant `db:"created_at" json:"at"`
}

// ofPhone are the tickets of the MSISDN $1: those that a prompt went to it for, and those that have it.
const ofPhone = `(SELECT ticket_id FROM push_request WHERE phone = $1 UNION SELECT id FROM ticket WHERE phone = $1)`

// paidByPhone are the payments for these tickets, and those by the phone.
const paidByPhone = `(y.ticket_id IN ` + ofPhone + ` OR y.named_id IN ` + ofPhone + ` OR y.phone = $1)`

// Customer reads all that the books hold of an MSISDN, and notes in the audit log that it was read. ErrNotFound means
// that they hold nothing. The caller must have seen that who asks has the phone.
func (s Tickets) Customer(ctx context.Context, msisdn string) (c Customer, err error) {
	c = Customer{Phone: msisdn, At: s.Now()}
	list := func(into any, query string, args ...any) {
		if err == nil {
			err = s.list(ctx, into, query, args...)
		}
	}
	list(&c.Tickets, `SELECT t.code, t.customer_name, t.phone, t.email, m.title, s.starts_at, t.seats, t.total,
		t.payment_status, t.receipt, (SELECT count(*) FROM seat
			WHERE seat.ticket_id = t.id AND seat.admitted_at IS NOT NULL) AS admitted, t.created_at
		FROM ticket t JOIN screening s ON s.id = t.screening_id JOIN movie m ON m.id = s.movie_id
		WHERE t.id IN `+ofPhone+` ORDER BY t.id`, msisdn)
	list(&c.Prompts, `SELECT t.code, p.phone, p.amount, p.state, p.created_at FROM push_request p JOIN ticket t ON t.id = p.ticket_id
		WHERE p.phone = $1 ORDER BY p.id`, msisdn)
	list(&c.Payments, `SELECT COALESCE(y.receipt, '') AS receipt, COALESCE(y.amount_cents, 0) AS amount, y.phone,
		y.account, y.state, COALESCE(y.transacted_at, y.created_at) AS at FROM payment y WHERE `+paidByPhone+`
		ORDER BY y.id`, msisdn)
	list(&c.Refunds, `SELECT COALESCE(y.receipt, '') AS receipt, r.amount_cents, r.state, r.reason, r.reference, r.created_at FROM refund r
		JOIN payment y ON y.id = r.payment_id WHERE `+paidByPhone+` ORDER BY r.id`, msisdn)
	list(&c.Claims, `SELECT receipt, state, created_at FROM claim WHERE ticket_id IN `+ofPhone+` ORDER BY id`, msisdn)
	list(&c.Messages, `SELECT event, via, state, created_at FROM outbox WHERE ticket_id IN `+ofPhone+` ORDER BY id`, msisdn)
	list(&c.Notes, `SELECT note FROM resolution WHERE note <> '' AND (kind = 'payment' AND id IN (SELECT y.id FROM payment y WHERE `+
		paidByPhone+`) OR kind = 'push' AND id IN (SELECT id FROM push_request WHERE phone = $1)
		OR kind = 'claim' AND id IN (SELECT id FROM claim WHERE ticket_id IN `+ofPhone+`)
		OR kind = 'callback' AND id IN (SELECT callback_id FROM unread WHERE ticket_id IN `+ofPhone+`))
		ORDER BY at`, msisdn)
	receipts := make([]string, len(c.Payments))
	for i, p := range c.Payments {
		receipts[i] = p.Receipt
	}
	reports, args := reportsOf(msisdn, receipts)
	list(&c.Raw, `SELECT c.body FROM callback c WHERE `+reports+` ORDER BY c.id`, args...)
	if err != nil {
		return c, fmt.Errorf("read what there is of a customer: %w", err)
	}
	if len(c.Tickets)+len(c.Payments)+len(c.Raw) == 0 {
		return c, ErrNotFound
	}
	err = s.write(ctx, urgent, func(t *tx) error {
		return t.audit(change{action: "customer.export", kind: "ticket", subject: endsIn(msisdn)})
	})
	if err != nil {
		return c, fmt.Errorf("note that a customer was read: %w", err)
	}
	return c, nil
}

// reportsOf finds M-PESA's raw reports of a customer: those with the number, whatever is before its nine digits, and
// those with a receipt, which may have the number hashed and the name plain.
func reportsOf(msisdn string, receipts []string) (which string, args []any) {
	which, args = `c.encoding = 'text' AND (c.body LIKE $1`, []any{"%" + strings.TrimPrefix(msisdn, "254") + "%"}
	for _, r := range receipts {
		if r == "" {
			continue
		}
		args = append(args, "%"+likeText.Replace(r)+"%")
		which += fmt.Sprintf(` OR c.body LIKE $%d ESCAPE '\'`, len(args))
	}
	return which + `)`, args
}

// endsIn names a phone in the audit log.
func endsIn(msisdn string) string { return "*" + msisdn[max(len(msisdn)-3, 0):] }

// eraseAfter is how long after a film began its customers may be erased at their own wish: before that the door needs
// the ticket.
const eraseAfter = 24 * time.Hour

// EraseCustomer masks at once all that the books hold of an MSISDN, as [Tickets.MaskBefore] does it later, and notes it
// in the audit log for each ticket. What has something open about its money, and tickets of films to come, are kept.
// ErrNotFound means that the books hold nothing of it.
func (s Tickets) EraseCustomer(ctx context.Context, msisdn string) (m Masked, err error) {
	var of, loose []toMask
	var raw int64
	err = s.list(ctx, &of, `SELECT id, code AS name FROM ticket WHERE id IN `+ofPhone+` ORDER BY id`, msisdn)
	if err == nil {
		err = s.list(ctx, &loose, `SELECT receipt AS name FROM payment WHERE phone = $1 AND receipt IS NOT NULL AND ticket_id IS NULL
			AND named_id IS NULL ORDER BY id`, msisdn)
	}
	if err == nil {
		reports, args := reportsOf(msisdn, nil)
		err = s.read(ctx, &raw, `SELECT count(*) FROM callback c WHERE `+reports, args...)
	}
	switch {
	case err != nil:
		return m, fmt.Errorf("look for a customer: %w", err)
	case len(of) == 0 && len(loose) == 0 && raw == 0:
		return m, ErrNotFound
	}
	before, ids := s.Now().Add(-eraseAfter), []string{"0"}
	for _, c := range append(of, loose...) {
		ids = append(ids, fmt.Sprint(int64(c.ID)))
		if err := s.maskOne(ctx, before, c, &m); err != nil {
			return m, err
		}
	}
	var receipts []string
	tickets := `(` + strings.Join(ids, ", ") + `)`
	if err := s.list(ctx, &receipts, `SELECT receipt FROM payment WHERE receipt IS NOT NULL AND masked_at > 0
		AND (ticket_id IN `+tickets+` OR named_id IN `+tickets+`)`); err != nil {
		return m, fmt.Errorf("look for a customer's receipts: %w", err)
	}
	for _, c := range loose {
		if !slices.Contains(m.Kept, c.Name) {
			receipts = append(receipts, c.Name)
		}
	}
	reports, args := reportsOf(msisdn, receipts)
	m.Bodies, err = s.eraseBodies(ctx, `(p.ticket_id IN `+tickets+` OR `+reports+`)`, args...)
	s.names.forget()
	return m, err
}
