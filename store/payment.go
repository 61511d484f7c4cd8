package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
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
	Doubt        string       `db:"doubt"`  // what a person must look into, whatever the state; "" mostly
	CreatedAt    Instant      `db:"created_at"`
	PushToken    string       `db:"push_token"` // its push's callback token; filled by [Store.Payments] alone, as is the next
	Settled      int          `db:"settled"`    // 1 where a person has settled its doubt
}

const paymentColumns = `id, COALESCE(receipt, '') AS receipt, COALESCE(ticket_id, 0) AS ticket_id, COALESCE(push_id, 0) AS push_id,
	COALESCE(amount_cents, 0) AS amount_cents, phone, account, COALESCE(transacted_at, 0) AS transacted_at, learnt_by, state, reason, doubt, created_at`

// Payments lists every receipt of money, oldest first.
func (s *Store) Payments(ctx context.Context) ([]Payment, error) {
	var ps []Payment
	if err := s.list(ctx, &ps, `SELECT `+paymentColumns+`,
		COALESCE((SELECT callback_token FROM push_request u WHERE u.id = p.push_id), '') AS push_token, CASE WHEN `+settledDoubt+` THEN 1 ELSE 0 END AS settled FROM payment p ORDER BY id`); err != nil {
		return nil, fmt.Errorf("read payments: %w", err)
	}
	return ps, nil
}

// payment reads a payment that nobody else can then change or take for another ticket before this write is over. Where it is
// a ticket's, that is locked before it.
func (t *tx) payment(where string, args ...any) (p Payment, err error) {
	return p, t.get(&p, `SELECT `+paymentColumns+` FROM payment WHERE `+where+t.rowLock(), args...)
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

// rank is how good a proof is: a callback by its token, a query, what Transaction Status has confirmed of a confirmation or of what was
// typed, the word of a person.
func rank(learntBy string) int {
	return slices.Index([]string{"pull", "person", "typed", "c2b", "query", "callback"}, learntBy)
}

// pay applies a success of a push. Every way to learn of it comes through here, and the payment is recorded in its own right
// first, whatever becomes of the ticket.
func (t *tx) pay(s *Store, p Push, v Verdict) (string, error) {
	m := money{v.Receipt, v.Amount, p.Phone, "", v.TransactedAt, v.LearntBy}
	if v.Amount == nil && v.Receipt == "" && v.LearntBy == "callback" {
		if p.State != PushPaid {
			return t.confirmPaid(s, p, v, OutcomeNoAmount, OutcomeNoAmount)
		}
		v.LearntBy, m.learntBy = "query", "query" // it says no more than the answer to a query
	}
	if m.amount == nil && v.LearntBy == "query" {
		asked := Cents(p.Amount) * 100 // the answer to a query never says how much; a prompt cannot be paid in part
		m.amount = &asked
		if err := t.fillIn(p, &m); err != nil {
			return "", err
		}
	}
	have, other, err := t.known(p, m)
	if err != nil {
		return "", err
	}
	if v.LearntBy == "callback" && have.ID == 0 && m.amount == nil && (other.ID == 0 || other.Amount == 0) {
		return t.confirmPaid(s, p, v, OutcomeNoAmount, OutcomeNoAmount)
	}
	if v.Receipt != "" && v.LearntBy == "callback" && (have.Doubt != "" || other.Doubt != "") { // M-PESA itself names it
		if err := t.run(`UPDATE payment SET doubt = '' WHERE (push_id = $1 OR receipt = $2) AND doubt IN ($3, $4)`, p.ID, v.Receipt, DoubtNoSuchReceipt, DoubtPaidOthers); err != nil {
			return "", err
		}
	}
	outcome, err := t.payAs(s, p, v, m, have, other)
	if err == nil && (have.ID != 0 || other.ID != 0) { // what it was may tell what others are
		err = t.reconsider(s)
	}
	return outcome, err
}

// payAs applies a success of a push with what the books have of it: its payment, and another one with the receipt.
func (t *tx) payAs(s *Store, p Push, v Verdict, m money, have, other Payment) (string, error) {
	byPerson, err := t.saidByPerson(v, other)
	switch {
	case err != nil || byPerson:
		return t.withdraw(s, p, v, m, have, other, err)
	case m.receipt == "" || have.Receipt != "" || other.PushID == 0:
		return t.payKnown(s, p, v, m, have, other)
	case have.ID == 0 && v.LearntBy == "callback":
		return t.confirmPaid(s, p, v, OutcomeShared, OutcomeShared)
	}
	return t.payShared(s, p, v, m)
}

// payShared applies a success of a push that M-PESA has confirmed, and that was told with the receipt of another push's
// payment: its own is not known.
func (t *tx) payShared(s *Store, p Push, v Verdict, m money) (string, error) {
	receipt := m.receipt
	m.receipt, m.at, v.Receipt, m.learntBy = "", 0, "", "query"
	have, other, err := t.known(p, m)
	if err != nil {
		return "", err
	}
	outcome, err := t.payKnown(s, p, v, m, have, other)
	if err == nil {
		err = t.sharedReceipt(p, receipt)
	}
	return outcome, err
}

// payKnown applies a success of a push which has a payment, or not, and whose receipt another payment has, or none.
func (t *tx) payKnown(s *Store, p Push, v Verdict, m money, have, other Payment) (string, error) {
	if have.State == PaymentSuperseded { // a person had said that nothing was paid
		if m.receipt == "" {
			return "duplicate", t.savePush(s, p)
		}
		if err := t.run(`UPDATE payment SET state = $1, reason = '', updated_at = $2 WHERE id = $3`, PaymentUnmatched, t.now, have.ID); err != nil {
			return "", err
		}
		have.State, have.Reason = PaymentUnmatched, ""
	}
	switch {
	case have.ID == 0 && other.ID == 0:
		if m.receipt == "" {
			return t.payPending(s, p, v, m)
		}
		return t.payAnew(s, p, v, m)
	case have.ID == 0:
		return t.complete(s, p, v, m, other)
	case m.receipt == "" || have.Receipt == m.receipt:
		return t.paidAgain(s, p, v, m, have)
	case have.Receipt != "" && have.LearntBy != "callback" && v.LearntBy == "callback" && other.PushID == 0:
		return t.split(s, p, v, m, have, other)
	case have.Receipt != "" || other.PushID != 0:
		return t.contradicted(s, p, v, m, have, other)
	}
	return t.receiptCame(s, p, v, m, have, other)
}

const receiptElsewhere = "receipt of another payment"

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
	if state == PaymentRefundDue { // a callback may be wrong about how much goes back
		if err := t.checkSoon(m.receipt); err != nil {
			return "", err
		}
	}
	return t.tell(s, tk, m, reason)
}

// payPending records money of a push that M-PESA has confirmed without a receipt, and decides what it is for.
func (t *tx) payPending(s *Store, p Push, v Verdict, m money) (string, error) {
	if err := t.record(s, &p, v, m, PaymentUnmatched, ""); err != nil {
		return "", err
	}
	have, err := t.payment(`push_id = $1`, p.ID)
	if err != nil {
		return "", err
	}
	return t.decideAgain(s, p.TicketID, have, m)
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
	return t.run(`INSERT INTO payment (id, receipt, push_id, ticket_id, amount_cents, phone, account, transacted_at, learnt_by, state, reason, created_at, updated_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$12)`, s.ids.next(t.now.Time()), orNull(receipt), noID(int64(push)), noID(int64(ticket)), m.amount,
		m.phone, m.account, orNone(m.at), m.learntBy, state, reason, t.now)
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
	if have.State == PaymentApplied && have.LearntBy == "callback" && m.receipt != "" && m.amount != nil && have.Amount != 0 && *m.amount != have.Amount {
		return "another amount", errors.Join(t.doubt(have.ID, toldAmount(*m.amount)), t.checkSoon(have.Receipt))
	}
	if outcome, err := t.amountContradicts(m, have); outcome != "" || err != nil {
		return outcome, err
	}
	back, err := t.goingBack(have)
	if err != nil {
		return "", err
	}
	// What a query says of the amount is what was asked. Of money that goes back it stays what it goes back with.
	learnt := m.amount != nil && *m.amount != have.Amount && (have.Amount == 0 || v.LearntBy != "query" && !back)
	if !learnt && (have.TransactedAt != 0 || m.at == 0) && have.State != PaymentRefundDue {
		return "duplicate", t.savePush(s, p)
	}
	var amount *Cents
	if learnt {
		amount, have.Amount = m.amount, *m.amount
	}
	if err := t.run(`UPDATE payment SET amount_cents = COALESCE($1, amount_cents), transacted_at = COALESCE(transacted_at, $2), updated_at = $3 WHERE id = $4`,
		amount, orNone(m.at), t.now, have.ID); err != nil {
		return "", err
	}
	return t.decideAgain(s, p.TicketID, have, m)
}

// goingBack reports whether a payment's money is with its payer again, or on its way.
func (t *tx) goingBack(p Payment) (bool, error) {
	if p.State == PaymentRefunded || p.State == PaymentReversed || p.Doubt == DoubtReturnedShort || p.Doubt == DoubtReturnedTwice {
		return true, nil
	}
	var refunds int
	err := t.scan([]any{&refunds}, `SELECT count(*) FROM refund WHERE payment_id = $1 AND state <> 'failed'`, p.ID)
	return refunds > 0, err
}

// ReasonAcceptedInstead is said of a receipt that a person had accepted as a push's, which its own callback then named another for.
const ReasonAcceptedInstead = "accepted_instead"

// leaveReturned tells the ticket that the money which has come for it has gone back, or is on its way.
func (t *tx) leaveReturned(s *Store, ticket TicketID, have Payment) (string, error) {
	if have.State == PaymentUnmatched {
		if err := t.run(`UPDATE payment SET state = 'refund_due', reason = $1, ticket_id = $2, updated_at = $3 WHERE id = $4`, ReasonRefundAsked, ticket, t.now, have.ID); err != nil {
			return "", err
		}
	}
	tk, err := t.ticketForPayment(ticket)
	if err != nil {
		return "", err
	}
	if tk.Status == Pending {
		return "known", t.ticketOwed(s, tk, ReasonRefundAsked)
	}
	return "known", t.touch(ticket)
}

// decideAgain decides about a payment that is in the books and due back, with what has become known since.
func (t *tx) decideAgain(s *Store, ticket TicketID, have Payment, m money) (string, error) {
	switch back, err := t.goingBack(have); {
	case err != nil:
		return "", err
	case back:
		return t.leaveReturned(s, ticket, have)
	case have.State != PaymentRefundDue && have.State != PaymentUnmatched, have.Reason == receiptElsewhere:
		return "known", t.touch(ticket)
	}
	if withheld, err := t.withheld(ticket, have); err != nil || withheld {
		if err != nil {
			return "", err
		}
		return t.withhold(s, ticket, have)
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
	if err := t.run(`UPDATE payment SET state = $1, reason = $2, ticket_id = $3, updated_at = $4 WHERE id = $5`, state, reason, ticket, t.now, have.ID); err != nil {
		return "", err
	}
	m.receipt, m.at = cmp.Or(m.receipt, have.Receipt), cmp.Or(m.at, have.TransactedAt)
	if state == PaymentRefundDue && have.State != PaymentRefundDue && have.LearntBy != "typed" {
		if err := t.checkSoon(m.receipt); err != nil {
			return "", err
		}
	}
	return t.tell(s, tk, m, reason)
}

// showReceipt puts the receipt of the payment that paid for a ticket on the ticket.
func (t *tx) showReceipt(have Payment, m money) error {
	if have.State != PaymentApplied {
		return t.touch(have.TicketID)
	}
	return t.run(`UPDATE ticket SET receipt = $1, transacted_at = COALESCE($2, transacted_at), version = version + 1, updated_at = $3 WHERE id = $4`,
		m.receipt, orNone(m.at), t.now, have.TicketID)
}

// amountContradicts takes a ticket back that was given for money which, as M-PESA says now, was of another amount: it is void,
// and the money is due back. Where it has said another amount before, M-PESA is asked. It says "" where the amounts agree, or there is no ticket.
func (t *tx) amountContradicts(m money, have Payment) (string, error) {
	if m.amount == nil || have.Amount == *m.amount {
		return "", nil
	}
	if err := t.checkSoon(cmp.Or(m.receipt, have.Receipt)); err != nil || have.State != PaymentApplied {
		return "", err
	}
	err := t.run(`UPDATE payment SET amount_cents = $1, state = $2, reason = $3, updated_at = $4 WHERE id = $5`, *m.amount, PaymentRefundDue, ReasonWrongAmount, t.now, have.ID)
	return "refund due: " + ReasonWrongAmount, errors.Join(err, t.void(have.TicketID, ReasonWrongAmount, false))
}
