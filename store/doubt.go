package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A doubt is what a person must look into about a payment, whatever has become of its money. It stays until the person has settled it, or has
// put right what it is about: what becomes known next does not hide it.
const (
	DoubtNoSuchReceipt = "unknown_receipt" // M-PESA knows no such completed payment
	DoubtPaidOthers    = "paid_elsewhere"  // M-PESA says that it was paid to somebody else
	DoubtAmount        = "told_amount"     // M-PESA has told another amount before; the one that it tells now follows, in shillings
	DoubtShared        = "shared_receipt"  // M-PESA names the receipt for two prompts; it, or the other's ticket, follows
	DoubtReturnedOther = "returned_other"  // M-PESA says that it was another amount than what was given back
	DoubtReturnedShort = "returned_short"  // a Reversal gave back a part of it
	DoubtReturnedTwice = "returned_twice"  // it went back by hand, and by a Reversal too
)

// doubtful ranks doubts: of two the graver one stays, until it is settled.
var doubtful = []string{
	"", DoubtNoSuchReceipt, DoubtPaidOthers, DoubtAmount, DoubtShared,
	DoubtReturnedOther, DoubtReturnedShort, DoubtReturnedTwice,
}

// sharedWith is what the doubt about a shared receipt names.
func sharedWith(doubt string) (other string, shared bool) {
	return strings.CutPrefix(doubt, DoubtShared+" ")
}

func gravity(doubt string) int {
	kind, _, _ := strings.Cut(doubt, " ")
	return slices.Index(doubtful, kind)
}

// doubt has a person look into a payment.
func (t *tx) doubt(id PaymentID, doubt string) error {
	have, err := t.payment(`id = $1`, id)
	if err != nil || doubt == have.Doubt {
		return err
	}
	var settled int
	if err := t.scan([]any{&settled}, `SELECT count(*) FROM payment p WHERE p.id = $1 AND `+settledDoubt, id); err != nil || settled == 0 && gravity(doubt) < gravity(have.Doubt) {
		return err
	}
	if err := t.run(`UPDATE payment SET doubt = $1, updated_at = $2 WHERE id = $3`, doubt, t.now, id); err != nil {
		return err
	}
	return t.touch(have.TicketID)
}

// toldAmount is the doubt about an amount that M-PESA tells besides another.
func toldAmount(amount Cents) string {
	return fmt.Sprintf("%s %d.%02d", DoubtAmount, amount/100, amount%100)
}

// settledDoubt is that a person has settled payment p's doubt.
const settledDoubt = `(p.doubt <> '' AND EXISTS (SELECT 1 FROM settled d WHERE d.kind = 'payment' AND d.id = p.id AND d.reason = p.doubt))`

// saidOf takes in what M-PESA says of a receipt that the books have, other than that it was reversed: in answer to a question, or in passing.
func (t *tx) saidOf(s *Store, have Payment, tr Transaction, asked bool) (string, error) {
	own := tr.Receipt == "" || strings.EqualFold(tr.Receipt, have.Receipt)
	// What M-PESA itself has told of is not doubted: that it does not find it may come from how it is asked.
	byPerson := have.LearntBy == "person" || have.LearntBy == "typed" || have.LearntBy == "query"
	switch {
	case have.State == PaymentSuperseded:
		return "", nil
	case byPerson && (!tr.Known || !tr.Completed || !own):
		return "no such receipt", t.doubt(have.ID, DoubtNoSuchReceipt)
	case !tr.Completed || !own:
		return "", nil
	case byPerson && !tr.ToUs:
		return "paid to others", t.doubt(have.ID, DoubtPaidOthers)
	case !tr.ToUs:
		return "", nil
	}
	if have.Doubt == DoubtNoSuchReceipt || have.Doubt == DoubtPaidOthers {
		if err := t.run(`UPDATE payment SET doubt = '', updated_at = $1 WHERE id = $2`, t.now, have.ID); err != nil {
			return "", err
		}
	}
	if have.TransactedAt == 0 && tr.TransactedAt != 0 {
		have.TransactedAt = tr.TransactedAt
		if err := t.run(`UPDATE payment SET transacted_at = $1, updated_at = $2 WHERE id = $3`, tr.TransactedAt, t.now, have.ID); err != nil {
			return "", err
		}
		if err := t.reconsider(s); err != nil {
			return "", err
		}
		again, err := t.payment(`receipt = $1`, have.Receipt)
		if err != nil {
			return "", err
		}
		have = again
	}
	return t.amountSaid(s, have, tr.Amount, asked)
}

// amountSaid takes in how much M-PESA says that a receipt is of: in answer to a question, or in passing. Its word replaces a person's, and its
// answer what a query was taken to mean and, of what has not become a ticket, what it told before. What it tells in passing besides is asked
// about. What it contradicts itself on otherwise is for a person to look into. It says "" where the books agree.
func (t *tx) amountSaid(s *Store, have Payment, amount Cents, asked bool) (string, error) {
	if amount <= 0 || have.State == PaymentSuperseded {
		return "", nil
	}
	if asked && strings.HasPrefix(have.Doubt, DoubtAmount) {
		if err := t.run(`UPDATE payment SET doubt = '', updated_at = $1 WHERE id = $2`, t.now, have.ID); err != nil {
			return "", err
		}
	}
	if amount == have.Amount {
		return "", nil
	}
	other := toldAmount(amount)
	switch {
	case !asked && have.Amount != 0 && have.LearntBy != "person":
		return "another amount", errors.Join(t.doubt(have.ID, other), t.checkSoon(have.Receipt))
	case have.State == PaymentApplied && (have.LearntBy == "person" || have.LearntBy == "query"):
		if err := t.lock(have.TicketID); err != nil {
			return "", err
		}
		return t.amountContradicts(money{amount: &amount}, have)
	case have.State == PaymentApplied, have.State == PaymentReversed:
		return "another amount", t.doubt(have.ID, other)
	}
	back, err := t.goingBack(have)
	if err == nil && back {
		err = t.receiptForRefund(have, money{amount: &amount})
	}
	if err != nil {
		return "", err
	}
	if err := t.run(`UPDATE payment SET amount_cents = $1, updated_at = $2 WHERE id = $3`, amount, t.now, have.ID); err != nil {
		return "", err
	}
	unknown := have.Amount == 0
	if have.Amount = amount; unknown && !back && have.TicketID == 0 {
		return t.placeHint(s, have)
	}
	if back || have.TicketID == 0 {
		return "another amount", t.touch(have.TicketID)
	}
	if err := t.lock(have.TicketID); err != nil {
		return "", err
	}
	return t.decideAgain(s, have.TicketID, have, money{receipt: have.Receipt, at: have.TransactedAt})
}
