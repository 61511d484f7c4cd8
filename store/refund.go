package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cinemasphere/store/money"
)

// RefundState says how far a refund has come.
type RefundState string

// A refund is requested until M-PESA, or the person who paid it back by hand, says that the money is back.
const (
	RefundRequested RefundState = "requested"
	RefundDone      RefundState = "refunded"
	RefundFailed    RefundState = "failed"
)

// Automatic is who requests a refund that no person asked for.
const Automatic = "automatic"

// Refund is money on its way back.
type Refund struct {
	ID          int64       `db:"id"`
	PaymentID   PaymentID   `db:"payment_id"`
	Receipt     string      `db:"receipt"` // of the payment
	Amount      Cents       `db:"amount_cents"`
	Paid        Cents       `db:"paid_cents"` // what M-PESA took
	Method      string      `db:"method"`     // reversal or hand
	State       RefundState `db:"state"`
	RequestedBy string      `db:"requested_by"`
	Reason      string      `db:"reason"`
	Reference   string      `db:"reference"`   // what a person wrote down of a refund by hand
	Sent        int         `db:"sent"`        // how often a Reversal has been sent
	Undone      int         `db:"undone"`      // of how many of these M-PESA has said that nothing came of it
	UndoneIDs   string      `db:"undone_ids"`  // their conversations, where a result said it
	NextAt      Instant     `db:"next_at"`     // when it is sent next; 0 is never
	LeaseUntil  Instant     `db:"lease_until"` // until then the answer to the last one sent is awaited
	ResultText  string      `db:"result_text"`
	TicketCode  string      `db:"ticket_code"`
	CreatedAt   Instant     `db:"created_at"`
}

const refundSelect = `SELECT r.id, r.payment_id, COALESCE(y.receipt, '') AS receipt, r.amount_cents,
	COALESCE(y.amount_cents, 0) AS paid_cents, r.method, r.state, r.requested_by, r.reason, r.reference,
	COALESCE(q.sent, 0) AS sent, r.undone, r.undone_ids, COALESCE(q.next_at, 0) AS next_at,
	COALESCE(q.lease_until, 0) AS lease_until, r.result_text,
	COALESCE((SELECT code FROM ticket WHERE id = y.ticket_id), '') AS ticket_code, r.created_at
	FROM refund r JOIN payment y ON y.id = r.payment_id LEFT JOIN question q ON q.kind = 'reversal' AND q.id = r.id`

// out is how many Reversals M-PESA may have carried out, or may carry out yet.
func (r Refund) out() int { return r.Sent - r.Undone }

// told reports whether a result of this conversation has said already that nothing came of it.
func (r Refund) told(conversation string) bool {
	return conversation != "" && slices.Contains(strings.Fields(r.UndoneIDs), conversation)
}

// stuck reports whether nothing more comes of the refund by itself: no Reversal of it is out, or none will be sent
// again and the answer to the last one has been awaited for long enough.
func (r Refund) stuck(now Instant, noInitiator bool) bool {
	return r.out() == 0 || (r.NextAt == 0 || noInitiator) && r.LeaseUntil <= now
}

// NewRefund asks for the money of a payment to go back.
type NewRefund struct {
	Receipt     string
	Ticket      string    // its code, in place of the receipt
	PaymentID   PaymentID // in place of both
	By          string    // who asks
	Reason      string
	Reference   string // of a refund that a person has made by hand; "" is a Reversal
	Amount      Cents  // of what M-PESA took, where it did not say
	NoInitiator bool   // there is none to send a Reversal with
}

// RequestRefund takes a refund down. A ticket that the money had paid for is void at once, and its seats are free when
// the money is back. A Reversal waits for the payment's receipt, where that is not known. A refund by hand is done with
// this, also where a Reversal was asked for of which nothing comes any more; of what M-PESA does not know as ours no
// refund is written: it was never paid. It refuses with ReceiptPending, RefundOpen, AlreadyRefunded,
// NotOurs, SeveralPayments, AmountUnknown, AmountKnown, NoInitiator, AmountInCents.
func (s Money) RequestRefund(ctx context.Context, n NewRefund) (Refund, error) {
	var out Refund
	err := s.write(ctx, urgent, func(t *tx) error {
		have, open, err := t.refundable(n)
		if err != nil {
			return err
		}
		if open.ID == 0 && have.isBogus(n) {
			out, err = t.neverPaid(have, n)
			return err
		}
		if open.ID != 0 {
			if err := t.giveUp(open); err != nil {
				return err
			}
		}
		var said []factRow
		if n.Amount != 0 && n.Amount != have.Amount {
			have.Amount = n.Amount
			said = append(said, have.fact(money.Paid, n.Amount, n))
		}
		if out, err = t.insertRefund(have, n); err != nil {
			return err
		}
		if n.Reference != "" {
			out.State = RefundDone
			said = append(said, have.fact(money.GivenBack, out.Amount, n))
			if err := t.run(`UPDATE refund SET state = 'refunded', result_code = 'by hand', result_text = $1 WHERE id = $2`, n.Reference, out.ID); err != nil {
				return err
			}
		}
		if _, err := t.record(said...); err != nil {
			return err
		}
		if len(said) == 0 { // that it was asked for is known from the refund
			if _, err := t.decide(factRow{
				Fact: money.Fact{Push: have.PushID, Receipt: have.Receipt, Ticket: have.TicketID},
			}); err != nil {
				return err
			}
		}
		return t.touch(have.TicketID)
	})
	if err != nil {
		return Refund{}, fmt.Errorf("request refund: %w", err)
	}
	return out, nil
}

// fact is what an operator says of the payment.
func (p Payment) fact(says money.Saying, amount Cents, n NewRefund) factRow {
	f := money.Fact{Source: money.Operator, Says: says, Receipt: p.Receipt, Amount: known(amount)}
	if p.Receipt == "" {
		f.Push = p.PushID
	}
	return factRow{Fact: f, by: n.By, note: n.Reference}
}

// isBogus reports whether what is written down as given back by hand is what was never there: a receipt that M-PESA
// does not know as ours.
func (p Payment) isBogus(n NewRefund) bool {
	return n.Reference != "" && p.State == PaymentApplied &&
		(p.Doubt == DoubtNoSuchReceipt || p.Doubt == DoubtPaidOthers)
}

// neverPaid lets go of money that was never there. The ticket that it had paid for is void, and its seats are free.
func (t *tx) neverPaid(have Payment, n NewRefund) (r Refund, err error) {
	if err := t.scan([]any{&r.TicketCode}, `SELECT code FROM ticket WHERE id = $1`, have.TicketID); err != nil {
		return r, err
	}
	r.PaymentID, r.Receipt, r.Amount, r.Method, r.State = have.ID, have.Receipt, have.Amount, "hand", RefundDone
	_, err = t.record(have.fact(money.NothingPaid, 0, n))
	return r, err
}

func (t *tx) insertRefund(have Payment, n NewRefund) (r Refund, err error) {
	id, method := t.s.ids.next(t.now.Time()), "reversal"
	if n.Reference != "" {
		method = "hand"
	}
	err = t.run(`INSERT INTO refund (id, payment_id, amount_cents, method, state, requested_by, reason, reference, result_code, result_text, created_at, updated_at)
		VALUES ($1,$2,$3,$4,'requested',$5,$6,$7,'','',$8,$8)`, id, have.ID, have.Amount, method, n.By, n.Reason, n.Reference, t.now)
	if err == nil && n.Reference == "" {
		err = t.askReversal(id, have.Receipt != "")
	}
	if err != nil {
		return r, err
	}
	return r, t.get(&r, refundSelect+` WHERE r.id = $1`, id)
}

// giveUp ends a refund of which nothing more comes, since a person has given the money back. It may be going out at
// this moment.
func (t *tx) giveUp(r Refund) error {
	n, err := t.exec(`UPDATE question SET next_at = NULL, updated_at = $1 WHERE kind = 'reversal' AND id = $2 AND sent = $3`, t.now, r.ID, r.Sent)
	if err == nil && n == 0 && r.Method == "reversal" {
		return ErrRetry
	}
	if err == nil {
		err = t.run(`UPDATE refund SET state = 'failed', result_text = CASE WHEN result_text = '' THEN 'given back by hand' ELSE result_text END, updated_at = $1
			WHERE id = $2 AND state = 'requested'`, t.now, r.ID)
	}
	return err
}

// paymentWithTicket reads a payment and locks it, and its ticket, if it is a ticket's.
func (t *tx) paymentWithTicket(where string, args ...any) (Payment, error) {
	if !t.shared() {
		return t.payment(where, args...)
	}
	var first Payment
	err := t.get(&first, `SELECT `+paymentColumns+` FROM payment WHERE `+where, args...)
	if err == nil && first.TicketID != 0 {
		err = t.lock(first.TicketID)
	}
	if err != nil {
		return first, err
	}
	have, err := t.payment(where, args...)
	if err == nil && have.TicketID != first.TicketID {
		err = ErrRetry
	}
	return have, err
}

// refundable finds the payment, and the refund of it that is open already and may be given up for this one, or says why
// it cannot be refunded.
func (t *tx) refundable(n NewRefund) (have Payment, open Refund, err error) {
	if have, err = t.refundedPayment(n); err != nil {
		return have, open, err
	}
	err = t.get(&open, refundSelect+` WHERE r.payment_id = $1 AND r.state = 'requested'`, have.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return have, open, err
	}
	rest, err := t.rest(have, n)
	if err != nil {
		return have, open, err
	}
	kind := RefusalKind("")
	switch {
	case rest > 0 && (n.Amount == 0 || n.Amount == rest):
		have.Amount = rest
	case have.State == PaymentRefunded, have.State == PaymentReversed, have.Reason == ReasonPartly && n.Reference != "":
		kind = AlreadyRefunded
	case n.Reference == "" && have.Reason == ReasonPartly,
		open.ID != 0 && (n.Reference == "" || !open.stuck(t.now, n.NoInitiator)):
		kind = RefundOpen
	case n.By == Automatic && (have.State != PaymentRefundDue || have.Amount == 0):
		kind = NotOurs
	case have.Amount == 0 && n.Amount <= 0:
		kind = AmountUnknown
	case have.Amount != 0 && n.Amount != 0 && n.Amount != have.Amount && have.Assumed == 0:
		kind = AmountKnown
	case n.Reference == "" && have.Amount%100 != 0:
		kind = AmountInCents
	case n.Reference == "" && n.NoInitiator:
		kind = NoInitiator
	case n.By == Automatic && have.Automatic == 0:
		kind = ReceiptPending
	}
	if kind != "" {
		return have, open, &Refusal{Kind: kind}
	}
	return have, open, nil
}

// rest is what is still to be given back by hand of money that was given back before its amount was known.
func (t *tx) rest(have Payment, n NewRefund) (Cents, error) {
	if have.Doubt != DoubtReturnedOther || n.Reference == "" {
		return 0, nil
	}
	var returned Cents
	err := t.scan([]any{&returned}, `SELECT CAST(COALESCE(sum(amount_cents), 0) AS BIGINT) FROM refund WHERE payment_id = $1 AND state = 'refunded'`, have.ID)
	return have.Amount - returned, err
}

// refundedPayment finds the payment that a refund is asked of, and locks it.
func (t *tx) refundedPayment(n NewRefund) (Payment, error) {
	if n.Ticket == "" {
		return t.paymentWithTicket(`receipt = $1 OR id = $2`, orNull(n.Receipt), n.PaymentID)
	}
	const ticket = `SELECT id FROM ticket WHERE code = $1`
	if err := t.lockFor(ticket, n.Ticket); err != nil {
		return Payment{}, err
	}
	var rows []Payment
	if err := t.list(&rows, `SELECT `+paymentColumns+` FROM payment WHERE COALESCE(ticket_id, named_id) = (`+ticket+`)
		ORDER BY id`+t.rowLock(), n.Ticket); err != nil {
		return Payment{}, err
	}
	return paymentOfTicket(rows)
}

// paymentOfTicket is the payment that a ticket's code names: the only one that has not gone back, or of several the
// only one that is due back and cannot be named by a receipt.
func paymentOfTicket(rows []Payment) (Payment, error) {
	if len(rows) == 0 {
		return Payment{}, ErrNotFound
	}
	var open, nameless []Payment
	for _, p := range rows {
		switch {
		case p.State == PaymentRefunded, p.State == PaymentReversed:
		case p.Receipt == "" && p.State != PaymentApplied:
			nameless = append(nameless, p)
			fallthrough
		default:
			open = append(open, p)
		}
	}
	switch {
	case len(open) == 0:
		return rows[len(rows)-1], nil
	case len(open) == 1:
		return open[0], nil
	case len(nameless) == 1:
		return nameless[0], nil
	}
	return Payment{}, &Refusal{Kind: SeveralPayments}
}

// isRefunding reports whether a payment's money is with its payer again, or on its way.
func (t *tx) isRefunding(p Payment) (bool, error) {
	if p.ID == 0 || p.State == PaymentRefunded || p.State == PaymentReversed {
		return p.ID != 0, nil
	}
	var refunds int
	err := t.scan([]any{&refunds}, `SELECT count(*) FROM refund WHERE payment_id = $1 AND state <> 'failed'`, p.ID)
	return refunds > 0, err
}

// moveRefunds makes the refunds of a payment another one's, since both are the same money.
func (t *tx) moveRefunds(from, to PaymentID) error {
	var others int
	if err := t.scan([]any{&others}, `SELECT count(*) FROM refund WHERE payment_id = $1 AND state <> 'failed'`, to); err != nil {
		return err
	}
	if others > 0 {
		if err := t.endReversals(from); err != nil {
			return err
		}
		if err := t.run(`UPDATE refund SET state = 'failed', result_text = 'the payment is another one', updated_at = $1
			WHERE payment_id = $2 AND state = 'requested'`, t.now, from); err != nil {
			return err
		}
	}
	return t.run(`UPDATE refund SET payment_id = $1, updated_at = $2 WHERE payment_id = $3`, to, t.now, from)
}

// Refunds lists the refunds of a payment, newest first.
func (s Money) Refunds(ctx context.Context, id PaymentID) ([]Refund, error) {
	var rs []Refund
	if err := s.list(ctx, &rs, refundSelect+` WHERE r.payment_id = $1 ORDER BY r.id DESC`, id); err != nil {
		return nil, fmt.Errorf("read refunds: %w", err)
	}
	return rs, nil
}
