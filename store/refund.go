package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cinemasphere/store/money"
)

// RefundState is how far a refund has come.
type RefundState = money.RefundState

// A refund is requested until M-PESA, or the operator who refunds by hand, reports the result.
const (
	RefundRequested = money.RefundRequested
	RefundDone      = money.RefundDone
	RefundFailed    = money.RefundFailed
)

// RefundEnd is why no Reversal of a refund is sent any more; "" without such a reason.
type RefundEnd string

// M-PESA does not carry it out. A Reversal gives back whole shillings, and all that M-PESA took. None is sent once the
// money was given back by hand, or where the payment has turned out to be one that is refunded already.
const (
	RefundEndRefused RefundEnd = "refused"
	RefundEndCents   RefundEnd = "cents"
	RefundEndAmount  RefundEnd = "other_amount"
	RefundEndByHand  RefundEnd = "by_hand"
	RefundEndMoved   RefundEnd = "moved"
)

// Automatic requests a refund that no operator asked for.
const Automatic = "automatic"

// Refund is a payment's money on its way back.
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
	Reference   string      `db:"reference"`   // the operator's note on a refund by hand
	Sent        int         `db:"sent"`        // how many Reversals were sent
	Undone      int         `db:"undone"`      // how many of these M-PESA reports as not carried out
	UndoneIDs   string      `db:"undone_ids"`  // their conversations, where a result named one
	NextAt      Instant     `db:"next_at"`     // when the next one is sent; 0 is never
	LeaseUntil  Instant     `db:"lease_until"` // until then the last one's answer is awaited
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

// out is how many Reversals M-PESA has or may yet carry out.
func (r Refund) out() int { return r.Sent - r.Undone }

// hasUndone reports whether a result of this conversation has already reported that nothing was carried out.
func (r Refund) hasUndone(conversation string) bool {
	return conversation != "" && slices.Contains(strings.Fields(r.UndoneIDs), conversation)
}

// stuck reports whether the refund makes no more progress by itself: no Reversal of it is out, or none will be sent
// again and the last one's answer is overdue.
func (r Refund) stuck(now Instant, noInitiator bool) bool {
	return r.out() == 0 || (r.NextAt == 0 || noInitiator) && r.LeaseUntil <= now
}

// NewRefund is a request to refund a payment.
type NewRefund struct {
	Receipt     string
	Ticket      string    // its code, instead of the receipt
	PaymentID   PaymentID // instead of both
	By          string    // who asks
	Reason      string
	Reference   string // of a refund by hand; "" is a Reversal
	Amount      Cents  // what M-PESA took, where it did not report it
	NoInitiator bool   // there is none to send a Reversal with
}

// RequestRefund records a refund. A ticket that the payment had paid for is void at once, and its seats become free
// when the money is back. A Reversal waits for the payment's receipt where that is unknown. A refund by hand is done at
// once, and replaces a stuck Reversal. A payment that M-PESA does not know as ours gets no refund: it was never paid.
// It refuses with ReceiptPending, RefundOpen, AlreadyRefunded, NotOurs, SeveralPayments, AmountUnknown, AmountKnown,
// NoInitiator or AmountInCents.
func (s Money) RequestRefund(ctx context.Context, n NewRefund) (Refund, error) {
	var out Refund
	err := s.write(ctx, urgent, func(t *tx) error {
		have, open, err := t.refundable(n)
		if err != nil {
			return err
		}
		if open.ID == 0 && have.isBogus(n) {
			if out, err = t.voidBogusPayment(have, n); err != nil {
				return err
			}
			return t.auditRefund(have, out, n)
		}
		if open.ID != 0 {
			if err := t.cancelRefund(open); err != nil {
				return err
			}
		}
		var reports []factRow
		if n.Amount != 0 && n.Amount != have.Amount {
			have.Amount = n.Amount
			reports = append(reports, have.fact(money.Paid, n.Amount, n))
		}
		if out, err = t.insertRefund(have, n); err != nil {
			return err
		}
		if n.Reference != "" {
			reports = append(reports, have.fact(money.GivenBack, out.Amount, n))
		}
		if err := t.refundChanged(have, reports...); err != nil {
			return err
		}
		if err := t.touch(have.TicketID); err != nil {
			return err
		}
		return t.auditRefund(have, out, n)
	})
	if err != nil {
		return Refund{}, fmt.Errorf("request refund: %w", err)
	}
	return out, nil
}

// auditRefund writes into the audit log who gives money back.
func (t *tx) auditRefund(have Payment, r Refund, n NewRefund) error {
	type logged struct {
		State  string `json:"state"`
		Refund string `json:"refund,omitempty"`
		Amount Cents  `json:"amount_cents,omitempty"`
		Method string `json:"method,omitempty"`
		Reason string `json:"reason,omitempty"`
		Note   string `json:"reference,omitempty"`
	}
	return t.audit(change{
		action: "payment.refund", kind: "payment", id: int64(have.ID),
		subject: cmp.Or(have.Receipt, r.TicketCode, OpenItem{Kind: ItemPayment, ID: int64(have.ID)}.Name()),
		was:     logged{State: string(have.State)},
		now: logged{
			State: string(have.State), Refund: string(r.State), Amount: r.Amount, Method: r.Method,
			Reason: n.Reason, Note: n.Reference,
		},
	})
}

// fact is an operator's report on the payment.
func (p Payment) fact(says money.Saying, amount Cents, n NewRefund) factRow {
	f := money.Fact{Source: money.Operator, Says: says, Receipt: p.Receipt, Amount: known(amount)}
	if p.Receipt == "" {
		f.Push = p.PushID
	}
	return factRow{Fact: f, by: n.By, note: n.Reference}
}

// isBogus reports whether a refund by hand is of a receipt that M-PESA does not know as ours: it was never paid.
func (p Payment) isBogus(n NewRefund) bool {
	return n.Reference != "" && p.State == PaymentApplied &&
		(p.Doubt == DoubtNoSuchReceipt || p.Doubt == DoubtPaidOthers)
}

// voidBogusPayment records that nothing was paid. The ticket that it had paid for is void, and its seats are free.
func (t *tx) voidBogusPayment(have Payment, n NewRefund) (r Refund, err error) {
	if err := t.scan([]any{&r.TicketCode}, `SELECT code FROM ticket WHERE id = $1`, have.TicketID); err != nil {
		return r, err
	}
	r.PaymentID, r.Receipt, r.Amount, r.Method, r.State = have.ID, have.Receipt, have.Amount, "hand", RefundDone
	_, err = t.record(nil, have.fact(money.NothingPaid, 0, n))
	return r, err
}

func (t *tx) insertRefund(have Payment, n NewRefund) (r Refund, err error) {
	id, method, state := t.s.ids.next(t.now.Time()), "reversal", RefundRequested
	if n.Reference != "" {
		method, state = "hand", RefundDone
	}
	err = t.run(`INSERT INTO refund (id, payment_id, for_ticket, amount_cents, method, state, requested_by, reason, reference, result_code, result_text, created_at, updated_at)
		VALUES ($1,$2,$10,$3,$4,$9,$5,$6,$7,'','',$8,$8)`, id, have.ID, have.Amount, method, n.By, n.Reason, n.Reference, t.now, state,
		cmp.Or(have.TicketID, have.NamedID))
	if err == nil && n.Reference == "" {
		err = t.askReversal(id, have.Receipt != "")
	}
	if err != nil {
		return r, err
	}
	return r, t.get(&r, refundSelect+` WHERE r.id = $1`, id)
}

// cancelRefund ends a stuck refund, since an operator has refunded by hand. Its Reversal may be going out right now.
func (t *tx) cancelRefund(r Refund) error {
	n, err := t.exec(`UPDATE question SET next_at = NULL, updated_at = $1 WHERE kind = 'reversal' AND id = $2 AND sent = $3`, t.now, r.ID, r.Sent)
	if err == nil && n == 0 && r.Method == "reversal" {
		return ErrRetry
	}
	if err == nil {
		err = t.endRefund(r.ID, RefundEndByHand)
	}
	return err
}

// endRefund records why no Reversal of a refund is sent any more; by_hand and moved stay. Its state follows from that:
// see refundChanged.
func (t *tx) endRefund(id int64, why RefundEnd) error {
	return t.run(`UPDATE refund SET ended = $1, updated_at = $2 WHERE id = $3 AND ended NOT IN `+replaced, why, t.now, id)
}

// refundChanged decides a payment anew after its refund has changed, with what is reported of it. Every change of a
// refund ends here: the payment, its ticket and its refunds follow.
func (t *tx) refundChanged(have Payment, reports ...factRow) error {
	for _, f := range reports {
		if _, err := t.addFact(f); err != nil {
			return err
		}
	}
	_, err := t.decide(nil, append(reports, factRow{
		Fact: money.Fact{Push: have.PushID, Receipt: have.Receipt, Ticket: have.TicketID},
	})...)
	return err
}

// paymentWithTicket reads a payment and locks it, and its ticket if it has one.
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

// refundable finds the payment, and an open refund that this one may replace. Otherwise it refuses.
func (t *tx) refundable(n NewRefund) (have Payment, open Refund, err error) {
	if have, err = t.refundedPayment(n); err != nil {
		return have, open, err
	}
	err = t.get(&open, refundSelect+` WHERE r.payment_id = $1 AND r.state = 'requested'`, have.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return have, open, err
	}
	rest, err := t.leftToRefund(have, n)
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

// leftToRefund is what is left to refund by hand of a payment refunded before its amount was known.
func (t *tx) leftToRefund(have Payment, n NewRefund) (Cents, error) {
	if have.Doubt != DoubtReturnedOther || n.Reference == "" {
		return 0, nil
	}
	var returned Cents
	err := t.scan([]any{&returned}, `SELECT CAST(COALESCE(sum(amount_cents), 0) AS BIGINT) FROM refund WHERE payment_id = $1 AND state = 'refunded'`, have.ID)
	return have.Amount - returned, err
}

// refundedPayment finds and locks the payment that a refund is requested for.
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

// paymentOfTicket is the payment that a ticket's code names: its only one that is not refunded, else its only one that
// is due and without a receipt.
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

// isRefunding reports whether a payment is refunded or has an open refund.
func (t *tx) isRefunding(p Payment) (bool, error) {
	if p.ID == 0 || p.State == PaymentRefunded || p.State == PaymentReversed {
		return p.ID != 0, nil
	}
	var refunds int
	err := t.scan([]any{&refunds}, `SELECT count(*) FROM refund WHERE payment_id = $1 AND state <> 'failed'`, p.ID)
	return refunds > 0, err
}

// Refunds lists the refunds of a payment, newest first.
func (s Money) Refunds(ctx context.Context, id PaymentID) ([]Refund, error) {
	var rs []Refund
	if err := s.list(ctx, &rs, refundSelect+` WHERE r.payment_id = $1 ORDER BY r.id DESC`, id); err != nil {
		return nil, fmt.Errorf("read refunds: %w", err)
	}
	return rs, nil
}
