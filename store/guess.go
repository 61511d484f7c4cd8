package store

import (
	"cmp"
	"errors"
)

// A push's payment may be given a receipt by a person's word. This file corrects it once M-PESA names another.

// split corrects a receipt that a push's payment had been given by a person's word: the push's own callback names another, of
// which more may be in the books. What the first one paid for is looked at anew, in its own right.
func (t *tx) split(s *Store, p Push, v Verdict, m money, have, other Payment) (string, error) {
	back, err := t.goingBack(have)
	if err != nil {
		return "", err
	}
	confirmed := false
	if !back && have.State == PaymentApplied && m.amount != nil && *m.amount != have.Amount {
		if confirmed, err = t.confirmed(have.Receipt, p.TicketID); err != nil {
			return "", err
		}
	}
	if back || confirmed {
		// The first one has gone back, or is on its way, and this one has not; or the first one pays for the ticket, which this one,
		// of another amount, does not.
		learntBy := have.LearntBy
		if confirmed {
			if learntBy, err = t.learntFrom(have.Receipt, p.TicketID); err != nil { // the push was not its
				return "", err
			}
		}
		if err := t.run(`UPDATE payment SET push_id = NULL, learnt_by = $1, updated_at = $2 WHERE id = $3`, learntBy, t.now, have.ID); err != nil {
			return "", err
		}
		if other.ID != 0 {
			return t.complete(s, p, v, m, other)
		}
		return t.payAnew(s, p, v, m)
	}
	if other.ID != 0 {
		if back, err = t.goingBack(other); err != nil || back {
			outcome, told := t.contradicted(s, p, v, m, have, other)
			return outcome, errors.Join(err, told)
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
	if err := t.run(`UPDATE payment SET receipt = $1, learnt_by = $2, transacted_at = $3, amount_cents = COALESCE($4, amount_cents), updated_at = $5 WHERE id = $6`,
		m.receipt, m.learntBy, orNone(m.at), m.amount, t.now, have.ID); err != nil {
		return "", err
	}
	if err := t.showReceipt(have, m); err != nil {
		return "", err
	}
	contradicts, err := t.amountContradicts(m, have)
	if err != nil {
		return "", err
	}
	return cmp.Or(contradicts, "receipt corrected"), t.letGo(s, p, have)
}

// letGo looks anew at a receipt that a push's payment had been given, and that is not its own.
func (t *tx) letGo(s *Store, p Push, have Payment) error {
	from, err := t.learntFrom(have.Receipt, p.TicketID)
	if err != nil {
		return err
	}
	if from == "person" { // it may be anybody's, or nobody's
		amount := have.Amount
		return t.insertPayment(s, have.Receipt, 0, 0, money{have.Receipt, &amount, "", "", have.TransactedAt, from}, PaymentUnmatched, ReasonAcceptedInstead)
	}
	h := Hint{Receipt: have.Receipt, Amount: have.Amount, Phone: have.Phone, Account: have.Account, TransactedAt: have.TransactedAt, LearntBy: from}
	if _, err := t.hint(s, h); err != nil || from != "typed" {
		return err
	}
	// M-PESA has confirmed that it was this phone's: it is the ticket's second payment.
	first, err := t.payment(`receipt = $1`, have.Receipt)
	if err != nil || first.PushID != 0 {
		return err
	}
	_, err = t.decideAgain(s, p.TicketID, first, money{receipt: first.Receipt, at: first.TransactedAt})
	return err
}

// learntFrom says how a receipt became known that a push's payment was given: by a person's word for the ticket, by Transaction Status, which
// confirmed it for the ticket, or by what M-PESA told in passing.
func (t *tx) learntFrom(receipt string, ticket TicketID) (string, error) {
	var accepted, confirmed int
	err := t.scan([]any{&accepted, &confirmed}, `SELECT COALESCE(sum(CASE WHEN reason = $1 THEN 1 ELSE 0 END), 0), COALESCE(sum(CASE WHEN reason = $1 THEN 0 ELSE 1 END), 0)
		FROM claim WHERE receipt = $2 AND ticket_id = $3 AND state = 'confirmed'`, ReasonAccepted, receipt, ticket)
	switch {
	case confirmed > 0:
		return "typed", err
	case accepted > 0:
		return "person", err
	}
	return "c2b", err
}

// confirmed reports whether M-PESA has confirmed the receipt for the ticket, or a person has accepted it.
func (t *tx) confirmed(receipt string, ticket TicketID) (bool, error) {
	var n int
	err := t.scan([]any{&n}, `SELECT count(*) FROM claim WHERE receipt = $1 AND ticket_id = $2 AND state = 'confirmed'`, receipt, ticket)
	return n > 0, err
}

// saidByPerson reports whether another push's payment has the receipt that this push's own callback names by a person's word alone,
// so that it can be withdrawn: nothing has been given back under it.
func (t *tx) saidByPerson(v Verdict, other Payment) (bool, error) {
	if other.PushID == 0 || v.Receipt == "" || v.LearntBy != "callback" || other.LearntBy == "callback" {
		return false, nil
	}
	back, err := t.goingBack(other)
	return !back, err
}

// withdraw takes a receipt from the payment of another push, which awaits its own again, and applies the money to the push whose it is.
func (t *tx) withdraw(s *Store, p Push, v Verdict, m money, have, other Payment, err error) (string, error) {
	if err == nil && other.TicketID != p.TicketID {
		err = t.lock(other.TicketID)
	}
	if err == nil {
		err = t.run(`UPDATE payment SET receipt = NULL, transacted_at = NULL, updated_at = $1 WHERE id = $2`, t.now, other.ID)
	}
	if err == nil {
		err = t.showReceipt(other, money{})
	}
	if err != nil {
		return "", err
	}
	return t.payKnown(s, p, v, m, have, Payment{})
}
