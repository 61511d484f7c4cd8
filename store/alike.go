package store

import (
	"context"
	"fmt"
	"slices"
)

// Two facts are the same money only if they name the same receipt or the same push: by its callback token, its
// CheckoutRequestID or its account reference. What looks alike beyond that is never merged. It is shown as alike, and
// neither of the two is refunded by itself, until a fact or a person says which it is.

// ReasonMayBeSame is said of money of a ticket that is neither applied nor due, since it may be the same as another
// payment of the ticket, or as one that has gone back.
const ReasonMayBeSame = "may_be_the_same"

// Alike is a pair of payments that may be the same money.
type Alike struct {
	Pending  PaymentID // of a push, confirmed without a receipt
	Payment  PaymentID // with a receipt, and no push that it is known to be of
	Receipt  string    // of that one
	Code     string    // of the push's ticket
	Amount   Cents
	ticket   TicketID     // of the push
	decided  PaymentState // of the push's payment
	received Payment      // the other one: its id, ticket, state, doubt
}

// alikeQuery finds the pairs that may be the same money by amount, account and time; the phones are compared by [fits].
// What a payer typed at a paybill is never the money of a push, which has an account reference of its own; and what
// M-PESA had confirmed by then was not paid later. A receipt that a person has looked into and
// taken off the list is money of its own.
const alikeQuery = `SELECT n.id AS pending, n.state AS pending_state, n.phone AS asked, p.ticket_id AS ticket, t.code, r.id, r.receipt, r.phone, r.state, r.doubt, COALESCE(r.ticket_id, 0) AS ticket_id,
	COALESCE(n.amount_cents, r.amount_cents, 0) AS amount FROM payment n JOIN push_request p ON p.id = n.push_id JOIN ticket t ON t.id = p.ticket_id
	JOIN payment r ON r.push_id IS NULL AND r.receipt IS NOT NULL AND r.state <> 'superseded' AND COALESCE(r.amount_cents, n.amount_cents, 0) = COALESCE(n.amount_cents, r.amount_cents, 0)
		AND (r.account = '' OR r.account = COALESCE(p.reference, t.code))
		AND (r.transacted_at IS NULL OR r.transacted_at > p.created_at - 60000 AND r.transacted_at < n.created_at + 5000)
		AND NOT EXISTS (SELECT 1 FROM settled d WHERE d.kind = 'payment' AND d.id = r.id)
	WHERE n.receipt IS NULL AND n.state <> 'superseded'`

// findAlike reads pairs by a query that begins with [alikeQuery], in the order of the payments.
func findAlike(list func(rows any, query string, args ...any) error, where string, args ...any) ([]Alike, error) {
	var rows []struct {
		Pending      PaymentID
		PendingState PaymentState `db:"pending_state"`
		Asked        string
		Ticket       TicketID
		Code         string
		Amount       Cents
		Payment
	}
	if err := list(&rows, alikeQuery+where+` ORDER BY n.id, r.id`, args...); err != nil {
		return nil, err
	}
	var pairs []Alike
	for _, r := range rows {
		if fits(r.Phone, r.Asked) {
			pairs = append(pairs, Alike{
				Pending: r.Pending, Payment: r.ID, Receipt: r.Receipt, Code: r.Code, Amount: r.Amount, ticket: r.Ticket, decided: r.PendingState, received: r.Payment,
			})
		}
	}
	return pairs, nil
}

// Alikes lists the payments that may be the same money, pair by pair. One payment may stand in several pairs.
func (s *Store) Alikes(ctx context.Context) ([]Alike, error) {
	pairs, err := findAlike(func(rows any, query string, args ...any) error { return s.list(ctx, rows, query, args...) }, "")
	if err != nil {
		return nil, fmt.Errorf("look for payments that may be the same: %w", err)
	}
	return pairs, nil
}

// Between is by how much less than the books say M-PESA may have taken, if as many pairs as can be are the same money.
func Between(pairs []Alike) (sum Cents) {
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

// alikes finds the pairs that a payment stands in.
func (t *tx) alikes(have Payment) ([]Alike, error) {
	if have.Receipt != "" && have.PushID != 0 {
		return nil, nil
	}
	return findAlike(t.list, ` AND (n.id = $1 OR r.id = $1)`, have.ID)
}

// withheld reports whether money is neither a ticket's nor due, since it may be the same as what the ticket has
// already, or as what has gone back.
func (t *tx) withheld(ticket TicketID, have Payment) (bool, error) {
	pairs, err := t.alikes(have)
	if err != nil {
		return false, err
	}
	for _, a := range pairs {
		if have.Receipt != "" { // two receipts are two payments: what the push's withholds does not withhold this one
			if a.ticket == ticket && a.decided != PaymentUnmatched {
				return true, nil
			}
			continue
		}
		back, err := t.goingBack(a.received)
		if err != nil {
			return false, err
		}
		counts := a.received.State == PaymentApplied || a.received.State == PaymentRefundDue || back
		if counts && (a.received.TicketID == ticket || a.received.TicketID == 0) {
			return true, nil
		}
	}
	return false, nil
}

// withhold keeps money from being a ticket's or due back while it may be the same as another's.
func (t *tx) withhold(s *Store, ticket TicketID, have Payment) (string, error) {
	if err := t.run(`UPDATE payment SET state = $1, reason = $2, ticket_id = $3, updated_at = $4 WHERE id = $5`,
		PaymentUnmatched, ReasonMayBeSame, ticket, t.now, have.ID); err != nil {
		return "", err
	}
	tk, err := t.ticketForPayment(ticket)
	if err != nil {
		return "", err
	}
	if tk.Status == Pending {
		return "unmatched: " + ReasonMayBeSame, t.ticketOwed(s, tk, ReasonUnconfirmed)
	}
	return "unmatched: " + ReasonMayBeSame, t.touch(ticket)
}

// reconsider decides about money that was withheld, and is not alike to anything any more: a fact or a person has said
// what the other one is.
func (t *tx) reconsider(s *Store) error {
	var rows []Payment
	if err := t.list(&rows, `SELECT `+paymentColumns+` FROM payment WHERE state = 'unmatched' AND reason = $1 ORDER BY id`, ReasonMayBeSame); err != nil {
		return err
	}
	for _, have := range rows {
		back, err := t.goingBack(have)
		if err != nil {
			return err
		}
		withheld, err := t.withheld(have.TicketID, have)
		if err != nil {
			return err
		}
		if back || withheld {
			continue
		}
		if err := t.lock(have.TicketID); err != nil {
			return err
		}
		if _, err := t.decideAgain(s, have.TicketID, have, money{receipt: have.Receipt, at: have.TransactedAt}); err != nil {
			return err
		}
	}
	return nil
}

// settleAlike takes a person's word on a payment that may be the same as others: of one without a receipt that it is the
// same, of a receipt that it is money of its own. It reports whether there is something that the word is about. Of several
// receipts it cannot be told which is the same.
func (t *tx) settleAlike(s *Store, c Case) (bool, error) {
	if c.Kind != CasePayment || c.Refund == RefundRequested {
		return false, nil
	}
	have, err := t.payment(`id = $1`, c.ID)
	if err != nil {
		return false, err
	}
	pairs, err := t.alikes(have)
	if err != nil || len(pairs) == 0 || have.Receipt != "" {
		return len(pairs) > 0 && have.State != PaymentRefundDue, err
	}
	if len(pairs) > 1 {
		pairs = slices.DeleteFunc(pairs, func(a Alike) bool { return a.received.TicketID != a.ticket })
	}
	if len(pairs) != 1 {
		return false, &Refusal{Kind: SeveralPayments}
	}
	other, err := t.payment(`id = $1`, pairs[0].Payment)
	if err != nil {
		return false, err
	}
	p, err := t.push(`p.id = $1`, have.PushID)
	if err != nil {
		return false, err
	}
	m := money{other.Receipt, &have.Amount, p.Phone, other.Account, other.TransactedAt, have.LearntBy}
	_, err = t.receiptCame(s, p, Verdict{Code: p.ResultCode, Text: p.ResultText}, m, have, other)
	return true, err
}
