package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// PaymentState says what has become of money that M-PESA took.
type PaymentState string

// Money is applied to a ticket, due back, or names no ticket of ours. It may have been given back, by us or by somebody
// else, or have turned out to be the same as another payment.
const (
	PaymentApplied    PaymentState = "applied"
	PaymentRefundDue  PaymentState = "refund_due"
	PaymentUnmatched  PaymentState = "unmatched"
	PaymentRefunded   PaymentState = "refunded"
	PaymentReversed   PaymentState = "reversed_elsewhere"
	PaymentSuperseded PaymentState = "superseded"
)

// Payment is a receipt of money.
type Payment struct {
	ID           PaymentID    `db:"id"`
	Receipt      string       `db:"receipt"` // "" while pending
	TicketID     TicketID     `db:"ticket_id"`
	PushID       PushID       `db:"push_id"`
	Amount       Cents        `db:"amount_cents"` // 0 where M-PESA did not say
	Phone        string       `db:"phone"`        // may be masked: 2547*****126
	Account      string       `db:"account"`      // what the payer typed, at a paybill
	TransactedAt Instant      `db:"transacted_at"`
	LearntBy     string       `db:"learnt_by"`
	State        PaymentState `db:"state"`
	Reason       string       `db:"reason"` // why a refund is due, or nothing came of it
	CreatedAt    Instant      `db:"created_at"`
	PushToken    string       `db:"push_token"` // its push's callback token; filled by [Store.Payments] alone
}

const paymentColumns = `id, COALESCE(receipt, '') AS receipt, COALESCE(ticket_id, 0) AS ticket_id, COALESCE(push_id, 0) AS push_id,
	COALESCE(amount_cents, 0) AS amount_cents, phone, account, COALESCE(transacted_at, 0) AS transacted_at, learnt_by, state, reason, created_at`

// Payments lists every receipt of money, oldest first.
func (s *Store) Payments(ctx context.Context) ([]Payment, error) {
	var ps []Payment
	if err := s.list(ctx, &ps, `SELECT `+paymentColumns+`,
		COALESCE((SELECT callback_token FROM push_request p WHERE p.id = payment.push_id), '') AS push_token FROM payment ORDER BY id`); err != nil {
		return nil, fmt.Errorf("read payments: %w", err)
	}
	return ps, nil
}

// money is what one source says of one payment, wherever it was learnt.
type money struct {
	receipt  string // "" where the source does not know it
	amount   *Cents
	phone    string // an MSISDN, or masked; "" where the source does not know it
	account  string
	at       Instant
	learntBy string
}

// rank is how good a proof is: a callback by its token, a query, what Transaction Status has confirmed, what was typed.
func rank(learntBy string) int {
	return slices.Index([]string{"pull", "typed", "c2b", "query", "callback"}, learntBy)
}

// pay applies a success of a push. Every way to learn of it comes through here, and the payment is recorded in its own right
// first, whatever becomes of the ticket.
func (t *tx) pay(s *Store, p Push, v Verdict) (string, error) {
	m := money{v.Receipt, v.Amount, p.Phone, "", v.TransactedAt, v.LearntBy}
	if m.amount == nil && v.LearntBy == "query" {
		asked := Cents(p.Amount) * 100 // the answer to a query never says how much; a prompt cannot be paid in part
		m.amount = &asked
	}
	have, other, err := t.known(p, m)
	if err != nil {
		return "", err
	}
	switch {
	case have.ID == 0 && other.ID == 0:
		return t.payAnew(s, p, v, m)
	case have.ID == 0 && other.PushID != 0:
		// One receipt cannot pay twice. What this money is about is for a person to find out.
		return receiptElsewhere, t.record(s, &p, v, m, PaymentUnmatched, receiptElsewhere)
	case have.ID == 0:
		return t.complete(s, p, v, m, other)
	case m.receipt == "" || have.Receipt == m.receipt:
		return t.paidAgain(s, p, v, m, have)
	case have.Receipt != "" && have.LearntBy != "callback" && v.LearntBy == "callback" && other.ID == 0:
		return t.split(s, p, v, m, have)
	case have.Receipt != "" || other.PushID != 0:
		return t.contradicted(p, v, have)
	}
	return t.receiptCame(s, p, v, m, have, other)
}

const receiptElsewhere = "receipt of another payment"

// known finds the payment that the push has, and another one that has the receipt, or is by all signs the same money.
func (t *tx) known(p Push, m money) (have, other Payment, err error) {
	var rows []Payment
	err = t.list(&rows, `SELECT `+paymentColumns+` FROM payment WHERE push_id = $1 OR receipt = $2`, p.ID, orNull(m.receipt))
	for _, row := range rows {
		if row.PushID == p.ID {
			have = row
		} else {
			other = row
		}
	}
	if err == nil && len(rows) == 0 && m.receipt == "" {
		other, err = t.sameMoney(p, m)
	}
	return have, other, err
}

// echoWindow is how long after a push its payment may have been made.
const echoWindow = 10 * time.Minute

// sameMoney finds the one payment without a push that must be the push's own, told by a C2B confirmation or by the customer
// before M-PESA confirmed the push without a receipt. Where there are several it finds none.
func (t *tx) sameMoney(p Push, m money) (Payment, error) {
	var rows []Payment
	err := t.list(&rows, `SELECT `+paymentColumns+` FROM payment WHERE push_id IS NULL AND receipt IS NOT NULL AND amount_cents = $1
		AND (state = 'unmatched' OR ticket_id = $2 AND state IN ('applied', 'refund_due'))
		AND (account = '' OR account = (SELECT code FROM ticket WHERE id = $2))
		AND transacted_at BETWEEN $3 AND $4`, m.amount, p.TicketID, p.CreatedAt.Add(-time.Minute), p.CreatedAt.Add(echoWindow))
	rows = slices.DeleteFunc(rows, func(row Payment) bool { return !fits(row.Phone, p.Phone) })
	if err != nil || len(rows) != 1 {
		return Payment{}, err
	}
	row := rows[0]
	rivals, err := t.rivals(p.ID, Hint{Amount: *m.amount, Phone: row.Phone, Account: row.Account, TransactedAt: row.TransactedAt})
	if err != nil || rivals > 0 {
		return Payment{}, err
	}
	return row, nil
}

// rivals counts the pushes, but for one, that this money may be the payment of: they have no verdict, or a payment without a
// receipt. While there are any, it cannot be told whose it is.
func (t *tx) rivals(but PushID, h Hint) (n int, err error) {
	var ps []struct{ Phone, Code string }
	err = t.list(&ps, `SELECT p.phone, t.code FROM push_request p JOIN ticket t ON t.id = p.ticket_id WHERE p.id <> $1 AND p.amount * 100 = $2
		AND p.created_at BETWEEN $3 AND $4 AND (p.state IN ('sending', 'prompted', 'unknown', 'soft_failed')
		OR EXISTS (SELECT 1 FROM payment y WHERE y.push_id = p.id AND y.receipt IS NULL AND y.state <> 'superseded'))`,
		but, h.Amount, h.TransactedAt.Add(-echoWindow), h.TransactedAt.Add(time.Minute))
	for _, p := range ps {
		if fits(h.Phone, p.Phone) && (h.Account == "" || h.Account == p.Code) {
			n++
		}
	}
	return n, err
}

// fits reports whether a number, where * stands for digits that M-PESA hides, or its SHA-256 in hex, may be the MSISDN. One
// that is not known fits any.
func fits(number, msisdn string) bool {
	first, last := strings.IndexByte(number, '*'), strings.LastIndexByte(number, '*')
	switch {
	case number == "":
		return true
	case len(number) == 2*sha256.Size:
		sum := sha256.Sum256([]byte(msisdn))
		return number == hex.EncodeToString(sum[:])
	case first < 0:
		return number == msisdn
	}
	return first+len(number)-last-1 <= len(msisdn) && strings.HasPrefix(msisdn, number[:first]) && strings.HasSuffix(msisdn, number[last+1:])
}

// payAnew records money that nothing was known of, and decides what it is for.
func (t *tx) payAnew(s *Store, p Push, v Verdict, m money) (string, error) {
	tk, err := t.ticketForPayment(p.TicketID)
	if err != nil {
		return "", err
	}
	reason, err := t.decide(&tk, m.amount)
	if err != nil {
		return "", err
	}
	state := PaymentApplied
	if reason != "" {
		state = PaymentRefundDue
	}
	if err := t.record(s, &p, v, m, state, reason); err != nil {
		return "", err
	}
	return t.tell(s, tk, m, reason)
}

// record writes a new payment of a push, and what it says of the push. A receipt that another payment has is not written.
func (t *tx) record(s *Store, p *Push, v Verdict, m money, state PaymentState, reason string) error {
	receipt := m.receipt
	if reason == receiptElsewhere {
		receipt = ""
	}
	if err := t.insertPayment(s, receipt, p.ID, p.TicketID, m, state, reason); err != nil {
		return err
	}
	return t.pushPaid(s, *p, v, reason)
}

func (t *tx) insertPayment(s *Store, receipt string, push PushID, ticket TicketID, m money, state PaymentState, reason string) error {
	_, err := t.exec(`INSERT INTO payment (id, receipt, push_id, ticket_id, amount_cents, phone, account, transacted_at, learnt_by, state, reason, created_at, updated_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$12)`, s.ids.next(t.now.Time()), orNull(receipt), noID(int64(push)), noID(int64(ticket)), m.amount,
		m.phone, m.account, orNone(m.at), m.learntBy, state, reason, t.now)
	return err
}

func noID(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

func (t *tx) pushPaid(s *Store, p Push, v Verdict, reason string) error {
	p.State, p.Live, p.ResultCode, p.ResultText, p.Reason = PushPaid, false, v.Code, v.Text, reason
	return t.savePush(s, p)
}

// tell writes what was decided on the ticket, and returns it as the outcome.
func (t *tx) tell(s *Store, tk payable, m money, reason string) (string, error) {
	if reason == "" {
		return "paid", t.ticketPaid(tk, m)
	}
	return "refund due: " + reason, t.ticketOwed(s, tk, reason)
}

// paidAgain takes in what a source says of a payment that the push has already. Where it knows more than was known, and the
// payment has not become a ticket, the decision is made again.
func (t *tx) paidAgain(s *Store, p Push, v Verdict, m money, have Payment) (string, error) {
	if outcome, err := t.amountContradicts(p, m, have); outcome != "" || err != nil {
		return outcome, err
	}
	learnt := have.Amount == 0 && m.amount != nil || have.TransactedAt == 0 && m.at != 0
	if !learnt {
		return "duplicate", t.savePush(s, p)
	}
	if _, err := t.exec(`UPDATE payment SET amount_cents = COALESCE(amount_cents, $1), transacted_at = COALESCE(transacted_at, $2), updated_at = $3 WHERE id = $4`,
		m.amount, orNone(m.at), t.now, have.ID); err != nil {
		return "", err
	}
	if have.Amount == 0 {
		have.Amount = *m.amount
	}
	return t.decideAgain(s, p.TicketID, have, m)
}

// decideAgain decides about a payment that is in the books and due back, with what has become known since.
func (t *tx) decideAgain(s *Store, ticket TicketID, have Payment, m money) (string, error) {
	var refunds int
	if err := t.scan([]any{&refunds}, `SELECT count(*) FROM refund WHERE payment_id = $1 AND state <> 'failed'`, have.ID); err != nil {
		return "", err
	}
	if have.State != PaymentRefundDue && have.State != PaymentUnmatched || refunds > 0 || have.Reason == receiptElsewhere {
		return "known", t.touch(ticket)
	}
	tk, err := t.ticketForPayment(ticket)
	if err != nil {
		return "", err
	}
	reason, err := t.decide(&tk, &have.Amount)
	if err != nil {
		return "", err
	}
	state := PaymentApplied
	if reason != "" {
		state = PaymentRefundDue
	}
	if _, err := t.exec(`UPDATE payment SET state = $1, reason = $2, ticket_id = $3, updated_at = $4 WHERE id = $5`, state, reason, ticket, t.now, have.ID); err != nil {
		return "", err
	}
	m.receipt, m.at = cmp.Or(m.receipt, have.Receipt), cmp.Or(m.at, have.TransactedAt)
	return t.tell(s, tk, m, reason)
}

// complete makes a payment that had no push the push's own: a C2B confirmation, or what a customer typed, came first. Money
// that weaker proof had given to another ticket is taken over from it.
func (t *tx) complete(s *Store, p Push, v Verdict, m money, other Payment) (string, error) {
	if other.TicketID != 0 && other.TicketID != p.TicketID {
		if other.State != PaymentApplied && other.State != PaymentRefundDue {
			return receiptElsewhere, t.record(s, &p, v, m, PaymentUnmatched, receiptElsewhere)
		}
		if err := t.takeFrom(other); err != nil {
			return "", err
		}
		other.State = PaymentUnmatched
	}
	told := other
	if m.amount == nil && other.Amount != 0 || v.LearntBy == "query" {
		m.amount = &told.Amount
	}
	other.LearntBy = strongest(other.LearntBy, m.learntBy)
	other.Amount = 0
	if m.amount != nil {
		other.Amount = *m.amount
	}
	if _, err := t.exec(`UPDATE payment SET push_id = $1, ticket_id = $2, amount_cents = $3, phone = $4, learnt_by = $5, state = $6,
		transacted_at = COALESCE(transacted_at, $7), updated_at = $8 WHERE id = $9`,
		p.ID, p.TicketID, m.amount, p.Phone, other.LearntBy, other.State, orNone(m.at), t.now, other.ID); err != nil {
		return "", err
	}
	if err := t.pushPaid(s, p, v, ""); err != nil {
		return "", err
	}
	if outcome, err := t.amountContradicts(p, m, told); outcome != "" || err != nil {
		return outcome, err
	}
	if other.State == PaymentApplied {
		return "receipt known already", t.touch(p.TicketID)
	}
	return t.decideAgain(s, p.TicketID, other, m)
}

func strongest(a, b string) string {
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// receiptCame fills in the receipt of a payment that M-PESA confirmed without one. Where a payment with that receipt is in the
// books, told by a C2B confirmation or by the customer, both are the same money and the weaker one is superseded.
func (t *tx) receiptCame(s *Store, p Push, v Verdict, m money, have, other Payment) (string, error) {
	if other.ID != 0 {
		var refunds int
		if err := t.scan([]any{&refunds}, `SELECT count(*) FROM refund WHERE payment_id = $1`, other.ID); err != nil {
			return "", err
		}
		if refunds > 0 {
			return t.contradicted(p, v, have)
		}
		if other.State == PaymentApplied && other.TicketID == p.TicketID && have.State == PaymentRefundDue {
			return t.mergeInto(s, p, v, m, other, have)
		}
		if other.TicketID != 0 && other.TicketID != p.TicketID {
			if err := t.takeFrom(other); err != nil {
				return "", err
			}
		}
		if err := t.supersede(other); err != nil {
			return "", err
		}
	}
	have.LearntBy = strongest(have.LearntBy, m.learntBy)
	if _, err := t.exec(`UPDATE payment SET receipt = $1, transacted_at = COALESCE(transacted_at, $2), learnt_by = $3, amount_cents = COALESCE($4, amount_cents),
		account = CASE WHEN account = '' THEN $5 ELSE account END, updated_at = $6 WHERE id = $7`,
		m.receipt, orNone(m.at), have.LearntBy, m.amount, m.account, t.now, have.ID); err != nil {
		return "", err
	}
	if err := t.showReceipt(have, m); err != nil {
		return "", err
	}
	if outcome, err := t.amountContradicts(p, m, have); outcome != "" || err != nil {
		return outcome, err
	}
	return "receipt added", nil
}

// showReceipt puts the receipt of the payment that paid for a ticket on the ticket.
func (t *tx) showReceipt(have Payment, m money) error {
	if have.State != PaymentApplied {
		return t.touch(have.TicketID)
	}
	_, err := t.exec(`UPDATE ticket SET receipt = $1, transacted_at = COALESCE($2, transacted_at), version = version + 1, updated_at = $3 WHERE id = $4`,
		m.receipt, orNone(m.at), t.now, have.TicketID)
	return err
}

// amountContradicts takes a ticket back that was given for money which, as M-PESA says now, was of another amount: it is void,
// and the money is due back. It says "" where the amounts agree.
func (t *tx) amountContradicts(p Push, m money, have Payment) (string, error) {
	if have.State != PaymentApplied || m.amount == nil || have.Amount == *m.amount {
		return "", nil
	}
	_, err := t.exec(`UPDATE payment SET amount_cents = $1, state = $2, reason = $3, updated_at = $4 WHERE id = $5`, *m.amount, PaymentRefundDue, ReasonWrongAmount, t.now, have.ID)
	return "refund due: " + ReasonWrongAmount, errors.Join(err, t.void(p.TicketID, ReasonWrongAmount, false))
}

// mergeInto keeps of two records of the same money the one that paid for the ticket, and gives it the push.
func (t *tx) mergeInto(s *Store, p Push, v Verdict, m money, keep, drop Payment) (string, error) {
	if _, err := t.exec(`UPDATE payment SET push_id = NULL, state = $1, reason = $2, updated_at = $3 WHERE id = $4`,
		PaymentSuperseded, "same money as "+keep.Receipt, t.now, drop.ID); err != nil {
		return "", err
	}
	_, err := t.exec(`UPDATE payment SET push_id = $1, learnt_by = $2, updated_at = $3 WHERE id = $4`, p.ID, strongest(keep.LearntBy, m.learntBy), t.now, keep.ID)
	if err != nil {
		return "", err
	}
	if err := t.pushPaid(s, p, v, ""); err != nil {
		return "", err
	}
	return "receipt known already", t.touch(p.TicketID)
}

// supersede lets a record go whose money another one has.
func (t *tx) supersede(drop Payment) error {
	_, err := t.exec(`UPDATE payment SET receipt = NULL, state = $1, reason = $2, updated_at = $3 WHERE id = $4`,
		PaymentSuperseded, "same money as "+drop.Receipt, t.now, drop.ID)
	return err
}

// takeFrom takes money from the ticket that weaker proof had given it to. A ticket that was paid with it stays paid, but void:
// it never had money of its own, so its seats are free.
func (t *tx) takeFrom(p Payment) error {
	if err := t.lock(p.TicketID); err != nil {
		return err
	}
	if p.State != PaymentApplied {
		return t.touch(p.TicketID)
	}
	return t.void(p.TicketID, ReasonTakenOver, true)
}

// void makes a paid ticket admit nobody. Its seats stay its own until its money is back, unless they are to be freed.
func (t *tx) void(id TicketID, reason string, free bool) error {
	if _, err := t.exec(`UPDATE ticket SET voided_at = $1, void_reason = $2, version = version + 1, updated_at = $1 WHERE id = $3 AND voided_at IS NULL`, t.now, reason, id); err != nil || !free {
		return err
	}
	return t.freeSeats(id)
}

func (t *tx) freeSeats(id TicketID) error {
	var screening ScreeningID
	if err := t.scan([]any{&screening}, `SELECT screening_id FROM ticket WHERE id = $1`, id); err != nil {
		return err
	}
	delete(t.maps, screening)
	_, err := t.exec(`UPDATE seat SET ticket_id = NULL WHERE ticket_id = $1`, id)
	return err
}

// split corrects a receipt that a push's payment had been given by the look of it: the push's own callback names another. What
// the first one paid for is looked at anew, in its own right.
func (t *tx) split(s *Store, p Push, v Verdict, m money, have Payment) (string, error) {
	var refunds int
	if err := t.scan([]any{&refunds}, `SELECT count(*) FROM refund WHERE payment_id = $1 AND state <> 'failed'`, have.ID); err != nil {
		return "", err
	}
	if refunds > 0 || have.State == PaymentReversed {
		// The first one has gone back, or is on its way; this one has not.
		if _, err := t.exec(`UPDATE payment SET push_id = NULL, updated_at = $1 WHERE id = $2`, t.now, have.ID); err != nil {
			return "", err
		}
		return t.payAnew(s, p, v, m)
	}
	if _, err := t.exec(`UPDATE payment SET receipt = $1, learnt_by = $2, transacted_at = $3, updated_at = $4 WHERE id = $5`,
		m.receipt, m.learntBy, orNone(m.at), t.now, have.ID); err != nil {
		return "", err
	}
	if err := t.showReceipt(have, m); err != nil {
		return "", err
	}
	if outcome, err := t.amountContradicts(p, m, have); outcome != "" || err != nil {
		return outcome, err
	}
	h := Hint{Receipt: have.Receipt, Amount: have.Amount, Phone: have.Phone, Account: have.Account, TransactedAt: have.TransactedAt, LearntBy: "c2b"}
	if _, err := t.hint(s, h); err != nil {
		return "", err
	}
	// Where M-PESA has confirmed that the first one was this phone's, it is the ticket's second payment.
	var confirmed int
	if err := t.scan([]any{&confirmed}, `SELECT count(*) FROM claim WHERE receipt = $1 AND ticket_id = $2 AND state = 'confirmed'`, have.Receipt, p.TicketID); err != nil || confirmed == 0 {
		return "receipt corrected", err
	}
	var first Payment
	if err := t.get(&first, `SELECT `+paymentColumns+` FROM payment WHERE receipt = $1`, have.Receipt); err != nil || first.PushID != 0 {
		return "receipt corrected", err
	}
	_, err := t.decideAgain(s, p.TicketID, first, money{receipt: first.Receipt, at: first.TransactedAt})
	return "receipt corrected", err
}

// matchPending looks again for the receipts of a ticket's payments that have none, once one of its pushes has failed for good:
// what could not be told before may be plain now.
func (t *tx) matchPending(s *Store, ticket TicketID) error {
	var pending []Payment
	err := t.list(&pending, `SELECT `+paymentColumns+` FROM payment WHERE ticket_id = $1 AND receipt IS NULL AND push_id IS NOT NULL AND state <> 'superseded'`, ticket)
	if err != nil {
		return err
	}
	for _, have := range pending {
		p, err := t.push(`p.id = $1`, have.PushID)
		if err != nil {
			return err
		}
		v := Verdict{Code: p.ResultCode, Text: p.ResultText}
		other, err := t.sameMoney(p, money{amount: &have.Amount})
		if err != nil || other.ID == 0 {
			return err
		}
		m := money{other.Receipt, &have.Amount, p.Phone, other.Account, other.TransactedAt, have.LearntBy}
		if _, err := t.receiptCame(s, p, v, m, have, other); err != nil {
			return err
		}
	}
	return nil
}

// contradicted keeps what M-PESA said in the push's text: a push pays at most once, and has its payment.
func (t *tx) contradicted(p Push, v Verdict, have Payment) (string, error) {
	_, err := t.exec(`UPDATE payment SET reason = $1, updated_at = $2 WHERE id = $3 AND reason = ''`, "also told with receipt "+v.Receipt, t.now, have.ID)
	return "another receipt for a push that is paid", errors.Join(err, t.touch(p.TicketID))
}

// payable is what the fate of a payment depends on.
type payable struct {
	ID          TicketID        `db:"id"`
	ScreeningID ScreeningID     `db:"screening_id"`
	Quantity    int             `db:"quantity"`
	Total       Shillings       `db:"total"`
	Status      Status          `db:"payment_status"`
	Seats       Labels          `db:"seats"`
	Hold        Instant         `db:"hold_until"`
	Voided      Instant         `db:"voided_at"`
	Held        int             `db:"held"`
	StartsAt    Instant         `db:"starts_at"`
	Screening   ScreeningStatus `db:"status"`

	moved bool // the seats had to change
}

func (t *tx) ticketForPayment(id TicketID) (payable, error) {
	var tk payable
	err := t.scan([]any{&tk.ID, &tk.ScreeningID, &tk.Quantity, &tk.Total, &tk.Status, &tk.Seats, &tk.Hold, &tk.Voided, &tk.Held, &tk.StartsAt, &tk.Screening},
		`SELECT t.id, t.screening_id, t.quantity, t.total, t.payment_status, t.seats, COALESCE(t.hold_until, 0) AS hold_until,
		COALESCE(t.voided_at, 0) AS voided_at, (SELECT count(*) FROM seat WHERE seat.ticket_id = t.id) AS held, s.starts_at, s.status
		FROM ticket t JOIN screening s ON s.id = t.screening_id WHERE t.id = $1`, id)
	return tk, err
}

// decide says why the money is due back, or "" after making sure that the ticket has all its seats.
func (t *tx) decide(tk *payable, amount *Cents) (reason string, err error) {
	switch {
	case amount == nil || *amount != Cents(tk.Total)*100:
		return ReasonWrongAmount, nil
	case tk.Voided != 0:
		return ReasonVoided, nil
	case tk.Status == Paid:
		return ReasonPaidTwice, nil
	case tk.Screening == Cancelled:
		return ReasonScreeningCancelled, nil
	case tk.Status == Failed && t.now >= tk.StartsAt:
		return ReasonScreeningBegun, nil
	case tk.Held == tk.Quantity:
		return "", nil
	}
	got, err := t.takeSeats(tk.ScreeningID, tk.ID, tk.Seats, tk.Quantity)
	if refusal, is := errors.AsType[*Refusal](err); is && refusal.Kind == SoldOut {
		return ReasonSeatsGone, nil
	}
	if err != nil {
		return "", err
	}
	tk.moved = tk.moved || !sameLabels(got, tk.Seats)
	tk.Seats = got
	return "", nil
}

func (t *tx) ticketPaid(tk payable, m money) error {
	_, err := t.exec(`UPDATE ticket SET payment_status = 'Paid', failure_reason = '', receipt = $1, transacted_at = $2, seats = $3,
		seats_moved = CASE WHEN $4 = 1 THEN 1 ELSE seats_moved END, hold_until = NULL, version = version + 1, updated_at = $5 WHERE id = $6`,
		m.receipt, orNone(m.at), tk.Seats, flag(tk.moved), t.now, tk.ID)
	return err
}

// ticketOwed shows on the ticket that money is due back. A paid ticket stays paid, and one with another push that may still
// bring money goes on waiting for it; otherwise held seats stay as long as a retry takes.
func (t *tx) ticketOwed(s *Store, tk payable, reason string) error {
	var awaited int
	if err := t.scan([]any{&awaited}, `SELECT `+awaitedPushes, tk.ID); err != nil {
		return err
	}
	if tk.Status == Paid || awaited > 0 {
		return t.touch(tk.ID)
	}
	hold := tk.Hold
	if hold != 0 {
		hold = min(hold, t.now.Add(s.retryHold))
	}
	_, err := t.exec(`UPDATE ticket SET payment_status = 'Failed', failure_reason = $1, hold_until = $2, version = version + 1, updated_at = $3 WHERE id = $4`,
		reason, orNone(hold), t.now, tk.ID)
	return err
}
