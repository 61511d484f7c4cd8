package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"
)

// The same money may be told by a callback, a query, a C2B confirmation and the customer, in any order, and not every source
// knows the receipt, the push or the amount. This file puts together what names the same receipt or the same push.

func (t *tx) knownQuery() string {
	return `SELECT ` + paymentColumns + ` FROM payment WHERE push_id = $1 OR receipt = $2` + t.rowLock()
}

// known finds the payment that the push has, and another one that has the receipt.
func (t *tx) known(p Push, m money) (have, other Payment, err error) {
	var rows []Payment
	err = t.list(&rows, t.knownQuery(), p.ID, orNull(m.receipt))
	for _, row := range rows {
		if row.PushID == p.ID {
			have = row
		} else {
			other = row
		}
	}
	return have, other, err
}

// echoWindow is how long after a push without a verdict its payment may be made.
const echoWindow = 10 * time.Minute

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

const (
	countryDigits = len("254")
	// provingDigits is how many digits of a number must show to prove whose it is: M-PESA leaves the last three at least.
	provingDigits = 3
)

// proves reports whether a number of which digits may be hidden is the MSISDN by what shows of it, beyond the country's digits that
// all numbers have. That it may be the MSISDN, as [fits] says, is no proof: a number that is hidden whole may be any.
func proves(number, msisdn string) bool {
	first, last := strings.IndexByte(number, '*'), strings.LastIndexByte(number, '*')
	if first < 0 {
		return number != "" && fits(number, msisdn)
	}
	return fits(number, msisdn) && max(first-countryDigits, 0)+len(number)-last-1 >= provingDigits
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
	if other.Amount != 0 && (m.amount == nil || v.LearntBy == "query") {
		m.amount = &told.Amount
	}
	other.LearntBy = strongest(other.LearntBy, m.learntBy)
	other.Amount = 0
	if m.amount != nil {
		other.Amount = *m.amount
	}
	if err := t.run(`UPDATE payment SET push_id = $1, ticket_id = $2, amount_cents = $3, phone = $4, learnt_by = $5, state = $6,
		transacted_at = COALESCE(transacted_at, $7), updated_at = $8 WHERE id = $9`,
		p.ID, p.TicketID, m.amount, p.Phone, other.LearntBy, other.State, orNone(m.at), t.now, other.ID); err != nil {
		return "", err
	}
	if err := t.pushPaid(s, p, v, ""); err != nil {
		return "", err
	}
	if outcome, err := t.amountContradicts(m, told); outcome != "" || err != nil {
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
		switch back, err := t.goingBack(other); {
		case err != nil:
			return "", err
		case back && other.TicketID != 0 && other.TicketID != p.TicketID:
			return t.contradicted(s, p, v, m, have, other)
		case back:
			return t.returnedReceipt(s, p, v, m, have, other)
		}
		if other.State == PaymentApplied && other.TicketID == p.TicketID && (have.State == PaymentRefundDue || have.State == PaymentUnmatched) {
			return t.mergeInto(s, p, v, m, other, have)
		}
		if other.TicketID != 0 && other.TicketID != p.TicketID {
			if err := t.takeFrom(other); err != nil {
				return "", err
			}
		} else if other.State == PaymentApplied && have.State == PaymentRefunded { // what paid for the ticket has gone back
			if err := t.void(p.TicketID, ReasonRefundAsked, true); err != nil {
				return "", err
			}
		}
		if err := t.supersede(other); err != nil {
			return "", err
		}
	}
	if err := t.receiptForRefund(have, m); err != nil {
		return "", err
	}
	if err := t.unshare(have); err != nil {
		return "", err
	}
	have.LearntBy = strongest(have.LearntBy, m.learntBy)
	if err := t.run(`UPDATE payment SET receipt = $1, transacted_at = COALESCE(transacted_at, $2), learnt_by = $3, amount_cents = COALESCE($4, amount_cents),
		account = CASE WHEN account = '' THEN $5 ELSE account END, updated_at = $6 WHERE id = $7`,
		m.receipt, orNone(m.at), have.LearntBy, m.amount, m.account, t.now, have.ID); err != nil {
		return "", err
	}
	if err := t.showReceipt(have, m); err != nil {
		return "", err
	}
	if outcome, err := t.amountContradicts(m, have); outcome != "" || err != nil {
		return outcome, err
	}
	if have.State == PaymentUnmatched && have.Reason != receiptElsewhere { // it was not known to be money of its own
		have.Receipt = m.receipt
		if m.amount != nil {
			have.Amount = *m.amount
		}
		return t.decideAgain(s, p.TicketID, have, m)
	}
	return "receipt added", nil
}

// returnedReceipt gives a push the payment whose receipt it turns out to have, and which has gone back or is on its way. What was
// recorded without the receipt is the same money: a ticket that it has paid for is void.
func (t *tx) returnedReceipt(s *Store, p Push, v Verdict, m money, have, returned Payment) (string, error) {
	if have.State == PaymentApplied {
		if err := t.void(p.TicketID, ReasonRefundAsked, returned.State != PaymentUnmatched && returned.State != PaymentRefundDue); err != nil {
			return "", err
		}
	}
	if _, err := t.mergeInto(s, p, v, m, returned, have); err != nil {
		return "", err
	}
	returned, err := t.payment(`id = $1`, returned.ID)
	if err != nil {
		return "", err
	}
	return t.leaveReturned(s, p.TicketID, returned)
}

// mergeInto keeps of two records of the same money the one that paid for the ticket, and gives it the push.
func (t *tx) mergeInto(s *Store, p Push, v Verdict, m money, keep, drop Payment) (string, error) {
	if err := t.dropRefund(drop, keep); err != nil {
		return "", err
	}
	if err := t.run(`UPDATE payment SET push_id = NULL, state = $1, reason = $2, updated_at = $3 WHERE id = $4`,
		PaymentSuperseded, "same money as "+keep.Receipt, t.now, drop.ID); err != nil {
		return "", err
	}
	err := t.run(`UPDATE payment SET push_id = $1, ticket_id = $2, learnt_by = $3, updated_at = $4 WHERE id = $5`, p.ID, p.TicketID, strongest(keep.LearntBy, m.learntBy), t.now, keep.ID)
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
	return t.run(`UPDATE payment SET receipt = NULL, state = $1, reason = $2, updated_at = $3 WHERE id = $4`,
		PaymentSuperseded, "same money as "+drop.Receipt, t.now, drop.ID)
}

// contradicted keeps what M-PESA said of a push that has its payment, and pays at most once: what it told besides is for a
// person to look into.
func (t *tx) contradicted(s *Store, p Push, v Verdict, m money, have, other Payment) (string, error) {
	err := t.run(`UPDATE payment SET reason = $1, updated_at = $2 WHERE id = $3 AND reason = ''`, "also told with receipt "+v.Receipt, t.now, have.ID)
	if err == nil && other.ID == 0 {
		err = t.insertPayment(s, m.receipt, 0, p.TicketID, m, PaymentUnmatched, "told for a prompt that was paid with receipt "+have.Receipt)
	}
	return "another receipt for a push that is paid", errors.Join(err, t.touch(p.TicketID))
}
