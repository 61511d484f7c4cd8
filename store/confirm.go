package store

import (
	"context"
	"errors"
	"slices"
)

// Transaction is what Transaction Status says of a receipt.
type Transaction struct {
	Known        bool // M-PESA knows the receipt; where not, the rest is empty
	Completed    bool
	Reversed     bool
	ToUs         bool   // it paid our shortcode or till
	Receipt      string // as M-PESA spells it
	Amount       Cents
	Phone        string // who paid: an MSISDN, or with * for each hidden digit
	TransactedAt Instant
	Text         string // Safaricom's words, for the operator
	NoAnswer     bool   // the question was not answered, or it is not decided yet: ask again
	Unclear      string // what of it is missing or cannot be read, and is needed; "" where all is known
	Legible      string // the answer as printable text
}

// lacks is what an answer that it is ours lacks to be the payment of a claim's ticket.
func (tr Transaction) lacks() string {
	switch {
	case !tr.Completed || !tr.ToUs:
		return ""
	case tr.Phone == "":
		return "it does not say who paid"
	case tr.TransactedAt == 0:
		return "it does not say when it was paid"
	}
	return ""
}

const claimByTimeout = `c.timeout_token = $1 AND c.timeout_token <> ''` // which the index asks for

// ApplyStatus makes of a kept result of Transaction Status what it says of the claim, or the check, that its token belongs to.
func (s *Store) ApplyStatus(ctx context.Context, cb Callback, tr Transaction) (Applied, error) {
	return s.decideCallback(ctx, cb, func(t *tx, token string) (Applied, error) {
		var c Claim
		where := `c.result_token = $1`
		if cb.Kind == CallbackStatusTimeout {
			where = claimByTimeout
		}
		err := t.get(&c, `SELECT `+claimColumns+` FROM claim c WHERE `+where, token)
		if errors.Is(err, ErrNotFound) {
			return t.applyCheck(s, cb.ID, cb.Kind, token, tr)
		}
		if err == nil {
			err = t.lock(c.TicketID)
		}
		if err == nil && t.shared() {
			err = t.get(&c, `SELECT `+claimColumns+` FROM claim c WHERE c.id = $1`, c.ID) // it may have been decided a moment ago
		}
		var out Applied
		if err == nil {
			err = t.scan([]any{&out.Code}, `SELECT code FROM ticket WHERE id = $1`, c.TicketID)
		}
		if err != nil {
			return out, err
		}
		if tr.Receipt == "" { // it is about the one that was asked about
			tr.Receipt = c.Receipt
		}
		if tr.Unclear == "" && c.open(tr) && tr.Receipt == c.Receipt {
			tr.Unclear = tr.lacks()
		}
		if tr.Unclear != "" {
			return t.unreadStatus(cb.ID, c.ResultToken, tr.unread(c.Receipt))
		}
		out.Outcome, err = t.confirm(s, c, tr)
		return out, err
	})
}

// unread is what is kept of an answer about a receipt that is not understood whole.
func (tr Transaction) unread(receipt string) Unread {
	return Unread{
		Receipt: receipt, Amount: tr.Amount, Phone: tr.Phone, TransactedAt: tr.TransactedAt,
		Why: tr.Unclear, Legible: tr.Legible,
	}
}

func (t *tx) confirm(s *Store, c Claim, tr Transaction) (string, error) {
	if tr.NoAnswer {
		if tr.Text == "" || c.State == ClaimRefused && c.Reason == ReasonSettled {
			return "no answer", nil
		}
		return "no answer", t.run(`UPDATE claim SET result_text = $1 WHERE id = $2`, tr.Text, c.ID)
	}
	if !c.open(tr) {
		return t.confirmedLate(s, c, tr)
	}
	if err := t.run(`UPDATE claim SET result_text = $1 WHERE id = $2`, tr.Text, c.ID); err != nil {
		return "", err
	}
	have, err := t.payment(`receipt = $1`, c.Receipt)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return "", err
	}
	if tr.Reversed {
		return t.reversedElsewhere(c, have)
	}
	if have, err = t.saidAgain(s, have, tr); err != nil {
		return "", err
	}
	weaker, err := t.weaker(c, have)
	if err != nil {
		return "", err
	}
	state, reason, err := t.judge(c, tr, have, weaker)
	if err != nil {
		return "", err
	}
	if c.Source != "typed" && (reason == ReasonOlder || reason == ReasonPaidOthers) {
		state = ClaimRefused // nobody said that it is this ticket's but the account number
	}
	if state == ClaimConfirmed {
		if weaker {
			if have, err = t.takeBack(have); err != nil {
				return "", err
			}
		}
		outcome, err := t.payByReceipt(s, c, tr, have)
		if outcome != ReasonUnclear || err != nil {
			return outcome, errors.Join(err, t.endClaim(c, ClaimConfirmed, ""))
		}
		state, reason = ClaimPerson, ReasonUnclear
	}
	return string(state) + ": " + reason, errors.Join(t.notConfirmed(s, c, tr, have, state, reason), t.endClaim(c, state, reason))
}

// open reports whether an answer decides about the claim: that nobody has done yet, or M-PESA did not know the receipt when it was asked before.
func (c Claim) open(tr Transaction) bool {
	return c.State == ClaimAsking || c.State == ClaimPerson && (c.Reason == ReasonNotAsked || c.Reason == ReasonNotUnderstood) || c.State == ClaimRefused && c.Reason == ReasonNoSuchReceipt && tr.Known
}

// confirmedLate takes in what M-PESA says of the money of a claim that has been decided.
func (t *tx) confirmedLate(s *Store, c Claim, tr Transaction) (string, error) {
	have, err := t.payment(`receipt = $1`, c.Receipt)
	switch {
	case errors.Is(err, ErrNotFound) && tr.Completed && tr.ToUs && tr.Receipt == c.Receipt:
		_, err = t.hint(s, Hint{Receipt: c.Receipt, Amount: tr.Amount, Phone: tr.Phone, TransactedAt: tr.TransactedAt, LearntBy: c.Source})
	case errors.Is(err, ErrNotFound):
		err = nil
	case err == nil && tr.Reversed:
		err = t.wentBack(have)
	case err == nil:
		_, err = t.saidAgain(s, have, tr)
	}
	return "decided already", err
}

// saidAgain takes in what M-PESA says of a payment, if the books have it, and reads it again.
func (t *tx) saidAgain(s *Store, have Payment, tr Transaction) (Payment, error) {
	if have.ID == 0 {
		return have, nil
	}
	if _, err := t.saidOf(s, have, tr, true); err != nil {
		return have, err
	}
	again, err := t.payment(`receipt = $1`, have.Receipt)
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return again, err
}

// judge says whether what M-PESA knows of a receipt makes it the payment of the claim's ticket, and why not.
func (t *tx) judge(c Claim, tr Transaction, have Payment, weaker bool) (ClaimState, string, error) {
	var total Shillings
	var since Instant
	phones, err := t.pushedPhones(c.TicketID)
	if err == nil {
		err = t.scan([]any{&total, &since}, `SELECT total, created_at FROM ticket WHERE id = $1`, c.TicketID)
	}
	named, _, err2 := t.ticketNamed(have.Account)
	if err := errors.Join(err, err2); err != nil {
		return "", "", err
	}
	anothers := have.TicketID != 0 && have.TicketID != c.TicketID && !weaker
	switch {
	case !tr.Known || !tr.Completed || tr.Receipt != c.Receipt:
		return ClaimRefused, ReasonNoSuchReceipt, nil
	case !tr.ToUs:
		return ClaimPerson, ReasonPaidOthers, nil // it may be a till that the cinema had before
	case anothers && rank(have.LearntBy) > rank("typed"):
		return ClaimRefused, ReasonUsed, nil
	case anothers, named != 0 && named != c.TicketID: // or whoever paid named another booking
		return ClaimPerson, ReasonUsed, nil
	case tr.TransactedAt != 0 && tr.TransactedAt < since.Add(-clockSkew):
		return ClaimPerson, ReasonOlder, nil
	case tr.TransactedAt == 0:
		return ClaimPerson, ReasonUnclear, nil
	case tr.Amount != Cents(total)*100:
		return ClaimPerson, ReasonOtherAmount, nil
	case !slices.ContainsFunc(phones, func(phone string) bool { return proves(tr.Phone, phone) }):
		return ClaimPerson, ReasonOtherPhone, nil
	}
	return ClaimConfirmed, "", nil
}

// notConfirmed keeps money that came to us all the same, and why it is no ticket's.
func (t *tx) notConfirmed(s *Store, c Claim, tr Transaction, have Payment, state ClaimState, reason string) error {
	fresh := have.ID == 0 && state == ClaimPerson && reason != ReasonPaidOthers
	if fresh {
		h := Hint{Receipt: c.Receipt, Amount: tr.Amount, Phone: tr.Phone, TransactedAt: tr.TransactedAt, LearntBy: c.Source}
		if _, err := t.hint(s, h); err != nil {
			return err
		}
	}
	if !fresh && (have.Reason != toBeConfirmed || c.Source == "typed") {
		return nil
	}
	return t.run(`UPDATE payment SET reason = $1, updated_at = $2 WHERE receipt = $3 AND state = 'unmatched'`, reason, t.now, c.Receipt)
}

// weaker reports whether another ticket has the money of a claim by weaker proof than the claim's: a receipt that somebody typed,
// where who paid named this ticket. Money that is going back is nobody's any more.
func (t *tx) weaker(c Claim, have Payment) (bool, error) {
	if have.TicketID == 0 || have.TicketID == c.TicketID || have.PushID != 0 || rank(c.Source) <= rank(have.LearntBy) {
		return false, nil
	}
	back, err := t.goingBack(have)
	return !back, err
}

// takeBack takes money from the ticket that weaker proof had given it to.
func (t *tx) takeBack(have Payment) (Payment, error) {
	if err := t.takeFrom(have); err != nil {
		return have, err
	}
	have.TicketID, have.State, have.Reason = 0, PaymentUnmatched, ""
	return have, t.run(`UPDATE payment SET ticket_id = NULL, state = 'unmatched', reason = '', updated_at = $1 WHERE id = $2`, t.now, have.ID)
}

func (t *tx) pushedPhones(id TicketID) ([]string, error) {
	var phones []string
	return phones, t.list(&phones, `SELECT DISTINCT phone FROM push_request WHERE ticket_id = $1`, id)
}

// payByReceipt pays for a ticket with money that Transaction Status has confirmed. Where it may be the money of another
// ticket's push, whose receipt is not known, it cannot be told whose it is.
func (t *tx) payByReceipt(s *Store, c Claim, tr Transaction, have Payment) (string, error) {
	amount := tr.Amount
	m := money{c.Receipt, &amount, tr.Phone, have.Account, tr.TransactedAt, c.Source}
	if have.ID == 0 {
		if err := t.insertPayment(s, c.Receipt, 0, 0, m, PaymentUnmatched, ""); err != nil {
			return "", err
		}
		var err error
		if have, err = t.payment(`receipt = $1`, c.Receipt); err != nil {
			return "", err
		}
	}
	if have.TicketID == 0 {
		pairs, err := t.alikes(have)
		if err != nil {
			return "", err
		}
		own := slices.ContainsFunc(pairs, func(a Alike) bool { return a.ticket == c.TicketID })
		if len(pairs) > 0 && !own {
			return ReasonUnclear, nil
		}
	}
	return t.applyReceipt(s, c, tr, m, have)
}

// applyReceipt decides about money that is no other payment's, and is said to be the claim's ticket's.
func (t *tx) applyReceipt(s *Store, c Claim, tr Transaction, m money, have Payment) (string, error) {
	switch {
	case have.ID == 0:
		if err := t.insertPayment(s, c.Receipt, 0, c.TicketID, m, PaymentUnmatched, ""); err != nil {
			return "", err
		}
	case have.TicketID == c.TicketID && have.State == PaymentApplied:
		return "known already", nil
	default:
		proof := strongest(have.LearntBy, c.Source)
		if have.TicketID != c.TicketID {
			proof = c.Source // that it is this ticket's is the claim's word alone
		}
		if err := t.run(`UPDATE payment SET ticket_id = $1, learnt_by = $2, amount_cents = $3, updated_at = $4 WHERE id = $5`,
			c.TicketID, proof, tr.Amount, t.now, have.ID); err != nil {
			return "", err
		}
	}
	have, err := t.payment(`receipt = $1`, c.Receipt)
	if err != nil {
		return "", err
	}
	return t.decideAgain(s, c.TicketID, have, m)
}

// reversedElsewhere ends the claim of a receipt whose money has gone back.
func (t *tx) reversedElsewhere(c Claim, have Payment) (string, error) {
	if err := t.wentBack(have); err != nil {
		return "", err
	}
	return string(ClaimRefused) + ": " + ReasonReversed, t.endClaim(c, ClaimRefused, ReasonReversed)
}

// saidReversed is M-PESA's word on a Reversal whose result has not come: not how much it has given back.
const saidReversed = "Transaction Status says reversed"

// wentBack writes down that money has gone back without us. A ticket that was paid with it is void.
func (t *tx) wentBack(have Payment) error {
	if have.ID == 0 || have.State == PaymentRefunded || have.State == PaymentReversed || have.Doubt == DoubtReturnedShort {
		return nil
	}
	var r Refund
	err := t.get(&r, refundSelect+` WHERE r.payment_id = $1 AND r.state = 'requested'`, have.ID)
	if err == nil && r.out() > 0 { // it was our own Reversal that did it, and its result is still to come
		return t.refunded(r, have, "", saidReversed)
	}
	if err == nil {
		err = t.refundFailed(r)
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return t.goneBack(have, PaymentReversed, "reversed at M-PESA")
}
