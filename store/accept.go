package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// Acceptance is the word of a person, who has looked in the M-PESA portal, that a receipt has paid for a ticket.
type Acceptance struct {
	Receipt   string
	Ticket    string    // its code
	PaymentID PaymentID // in place of it: the payment, confirmed without a receipt, that this is the receipt of
	Amount    Cents     // 0 is the payment's, or the ticket's total
	Phone     string    // the MSISDN that paid; "" is the one that the ticket's prompts went to
	Move      bool      // it was accepted for another ticket by mistake, which becomes void
	By        string    // who says so
}

// acceptance is an Acceptance with what the books have of it.
type acceptance struct {
	Acceptance
	ticket   TicketID
	have     Payment // which has the receipt, if any
	doubted  Payment // which paid for the ticket by a receipt that M-PESA does not know as ours, if any
	nameless Payment // of the ticket, which is to get the receipt, if any
}

// AcceptReceipt takes down that a person has found a receipt to have paid for a ticket, and decides about its money as if M-PESA
// had confirmed it; M-PESA is asked about it soon, where there is an initiator. It returns the payment, which may be due back.
// Pushes without a verdict stay as they are. ErrNotFound means that there is no such ticket or payment. It refuses with ReceiptUsed,
// AcceptedElsewhere, ReceiptKnown, AlreadyRefunded, AmountKnown.
func (s *Store) AcceptReceipt(ctx context.Context, said Acceptance) (Payment, error) {
	var out Payment
	err := s.write(ctx, urgent, func(t *tx) error {
		a, err := t.acceptance(said)
		if err == nil {
			err = t.refuseReceipt(a)
		}
		if err == nil {
			err = t.accept(s, a)
		}
		if err == nil {
			err = t.acceptClaims(s, a)
		}
		if err == nil {
			err = t.reconsider(s)
		}
		if err == nil {
			err = t.checkSoon(a.Receipt)
		}
		if err == nil {
			out, err = t.payment(`receipt = $1`, a.Receipt)
		}
		return err
	})
	if err != nil {
		return Payment{}, fmt.Errorf("accept receipt: %w", err)
	}
	return out, nil
}

// acceptance finds what the books have of a receipt and the ticket that it is said to have paid for, which it locks.
func (t *tx) acceptance(said Acceptance) (a acceptance, err error) {
	a.Acceptance = said
	if said.PaymentID != 0 {
		if a.nameless, err = t.paymentWithTicket(`id = $1`, said.PaymentID); err != nil {
			return a, err
		}
	} else if err := t.lockFor(`SELECT id FROM ticket WHERE code = $1`, said.Ticket); err != nil {
		return a, err
	}
	var total Shillings
	if err := t.scan([]any{&a.ticket, &total}, `SELECT id, total FROM ticket WHERE code = $1 OR id = $2`, said.Ticket, a.nameless.TicketID); err != nil {
		return a, err
	}
	if a.Amount == 0 {
		a.Amount = cmp.Or(a.nameless.Amount, Cents(total)*100)
	}
	if a.Phone == "" {
		phones, err := t.pushedPhones(a.ticket)
		if err != nil {
			return a, err
		}
		if len(phones) == 1 { // of several it is not known which
			a.Phone = phones[0]
		}
	}
	a.have, err = t.payment(`receipt = $1`, a.Receipt)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return a, err
	}
	a.doubted, err = t.payment(`ticket_id = $1 AND state = 'applied' AND doubt IN ($2, $3)`, a.ticket, DoubtNoSuchReceipt, DoubtPaidOthers)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return a, err
	}
	if a.nameless.ID != 0 || a.have.TicketID == a.ticket && a.have.State != PaymentUnmatched {
		return a, nil
	}
	a.nameless, err = t.namelessOf(a)
	return a, err
}

// namelessOf finds the payment of the ticket that M-PESA confirmed without a receipt and that the accepted one may be. Several are
// alike: it is the oldest, of those that have not gone back.
func (t *tx) namelessOf(a acceptance) (Payment, error) {
	var rows []Payment
	err := t.list(&rows, `SELECT `+paymentColumns+` FROM payment WHERE ticket_id = $1 AND receipt IS NULL AND push_id IS NOT NULL AND state <> 'superseded' AND reason <> $2
		AND (amount_cents IS NULL OR amount_cents = $3) ORDER BY CASE WHEN state = 'refunded' THEN 1 ELSE 0 END, id`+t.rowLock(), a.ticket, receiptElsewhere, a.Amount)
	var pairs []Alike
	if err == nil && a.have.ID != 0 {
		pairs, err = t.alikes(a.have)
	}
	rows = slices.DeleteFunc(rows, func(p Payment) bool {
		mayBe := a.have.ID == 0 || slices.ContainsFunc(pairs, func(pair Alike) bool { return pair.Pending == p.ID })
		return !mayBe || !fits(a.Phone, p.Phone)
	})
	if err != nil || len(rows) == 0 {
		return Payment{}, err
	}
	return rows[0], nil
}

// refuseReceipt says why a receipt cannot be accepted for the ticket.
func (t *tx) refuseReceipt(a acceptance) error {
	var reversed int
	back, err := t.goingBack(a.have)
	if err == nil {
		err = t.scan([]any{&reversed}, `SELECT count(*) FROM claim WHERE receipt = $1 AND reason = $2`, a.Receipt, ReasonReversed)
	}
	if err != nil {
		return err
	}
	typed := false // by whoever paid it by hand, so that it is no prompt's
	if a.PaymentID != 0 && a.have.PushID == 0 && a.have.Account != "" {
		pairs, err := t.alikes(a.have)
		if err != nil {
			return err
		}
		typed = !slices.ContainsFunc(pairs, func(pair Alike) bool { return pair.Pending == a.PaymentID })
	}
	another := a.have.TicketID != 0 && a.have.TicketID != a.ticket
	byWord := a.have.PushID == 0 && (a.have.LearntBy == "person" || a.have.LearntBy == "typed") // its ticket, that is
	switch {
	case a.PaymentID != 0 && (a.nameless.Receipt != "" || a.nameless.PushID == 0):
		return &Refusal{Kind: ReceiptKnown}
	case back, reversed > 0:
		return &Refusal{Kind: AlreadyRefunded}
	case another && byWord && !a.Move:
		return &Refusal{Kind: AcceptedElsewhere}
	case another && !byWord, typed, a.PaymentID != 0 && a.have.PushID != 0:
		return &Refusal{Kind: ReceiptUsed}
	case a.have.Amount != 0 && a.have.Amount != a.Amount, a.PaymentID != 0 && a.nameless.Amount != 0 && a.nameless.Amount != a.Amount && !a.nameless.assumed():
		return &Refusal{Kind: AmountKnown}
	}
	return nil
}

// accept gives the receipt to the payment that lacks it, or decides about it as money of its own.
func (t *tx) accept(s *Store, a acceptance) error {
	if a.have.TicketID != 0 && a.have.TicketID != a.ticket { // a person has accepted it for another ticket, and knows better now
		if err := t.run(`UPDATE claim SET state = 'refused', reason = $1, updated_at = $2 WHERE receipt = $3 AND ticket_id = $4 AND state = 'confirmed'`,
			ReasonUsed, t.now, a.Receipt, a.have.TicketID); err != nil {
			return err
		}
		var err error
		if a.have, err = t.takeBack(a.have); err != nil {
			return err
		}
	}
	if a.nameless.Reason == receiptElsewhere { // and this is its own
		if err := t.run(`UPDATE payment SET reason = '' WHERE id = $1`, a.nameless.ID); err != nil {
			return err
		}
		a.nameless.Reason = ""
	}
	if a.doubted.ID != 0 && a.doubted.Receipt != a.Receipt && a.PaymentID == 0 && a.doubted.Amount == a.Amount && (a.doubted.PushID == 0 || a.have.PushID == 0) {
		return t.acceptInstead(a)
	}
	m := money{a.Receipt, &a.Amount, a.Phone, a.have.Account, a.have.TransactedAt, "person"}
	if a.nameless.ID == 0 {
		c, tr := Claim{Receipt: a.Receipt, TicketID: a.ticket, Source: m.learntBy}, Transaction{Amount: a.Amount, Phone: a.Phone, TransactedAt: m.at}
		_, err := t.applyReceipt(s, c, tr, m, a.have)
		return err
	}
	p, err := t.push(`p.id = $1`, a.nameless.PushID)
	if err == nil {
		m.learntBy = a.nameless.LearntBy
		_, err = t.receiptCame(s, p, Verdict{Code: p.ResultCode, Text: p.ResultText}, m, a.nameless, a.have)
	}
	return err
}

// acceptInstead gives the ticket's payment this receipt, in place of one that M-PESA does not know as ours.
func (t *tx) acceptInstead(a acceptance) error {
	if a.have.ID != 0 && a.have.PushID == 0 {
		if err := t.supersede(a.have); err != nil {
			return err
		}
	}
	if err := t.run(`UPDATE claim SET state = 'refused', reason = $1, updated_at = $2 WHERE receipt = $3 AND ticket_id = $4`, ReasonNoSuchReceipt, t.now, a.doubted.Receipt, a.ticket); err != nil {
		return err
	}
	m := money{receipt: a.Receipt, at: a.have.TransactedAt}
	if a.have.PushID != 0 { // it is a prompt's: that keeps its payment, and what nothing was paid under goes
		if err := t.supersede(a.doubted); err != nil {
			return err
		}
		if err := t.run(`UPDATE payment SET state = 'applied', reason = '', updated_at = $1 WHERE id = $2`, t.now, a.have.ID); err != nil {
			return err
		}
		a.have.State = PaymentApplied
		return t.showReceipt(a.have, m)
	}
	if err := t.run(`UPDATE payment SET receipt = $1, transacted_at = $2, doubt = '', updated_at = $3 WHERE id = $4`, m.receipt, orNone(m.at), t.now, a.doubted.ID); err != nil {
		return err
	}
	return t.showReceipt(a.doubted, m)
}

// acceptClaims ends what was asked about the receipt, for the ticket, with what the person says. Where nothing was, that is
// written down all the same.
func (t *tx) acceptClaims(s *Store, a acceptance) error {
	var claims int
	err := t.scan([]any{&claims}, `SELECT count(*) FROM claim WHERE receipt = $1 AND ticket_id = $2`, a.Receipt, a.ticket)
	if err == nil && claims == 0 {
		err = t.insertClaim(s, claimRow{receipt: a.Receipt, ticket: a.ticket, source: "typed", next: t.now})
	}
	if err != nil {
		return err
	}
	if err := t.run(`UPDATE claim SET state = 'confirmed', reason = $1, next_at = NULL, result_text = $2, updated_at = $3 WHERE receipt = $4 AND ticket_id = $5 AND state <> 'confirmed'`,
		ReasonAccepted, "accepted by "+a.By, t.now, a.Receipt, a.ticket); err != nil {
		return err
	}
	return t.touch(a.ticket)
}
