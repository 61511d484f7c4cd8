package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cinemasphere/store/money"
)

const (
	refundLease = time.Minute
	// refundSends is how often a Reversal is sent before it is a person's work.
	refundSends = 6
	// refundWait is how long the answer to the last one is awaited before that.
	refundWait = 10 * time.Minute
)

// TakeRefund takes a refund whose Reversal is to be sent now, and counts it as sent before it is: from then on M-PESA
// may have it. Nobody else gets it until the lease is over. ErrNotFound means that there is none; ErrSettled that this
// one cannot be sent, and is a person's now.
func (s *Store) TakeRefund(ctx context.Context) (Refund, error) {
	var r Refund
	err := s.read(ctx, &r,
		refundSelect+
			` WHERE r.next_at <= $1 AND r.lease_until <= $1 AND y.receipt IS NOT NULL ORDER BY r.next_at, r.id LIMIT 1`,
		s.Now())
	if err != nil {
		return r, fmt.Errorf("look for refunds: %w", err)
	}
	if r.RequestedBy == Automatic && r.Sent == 0 {
		if sure, err := s.stillAutomatic(ctx, r); err != nil || !sure {
			return r, errors.Join(err, ErrNotFound)
		}
	}
	if r.TimeoutToken == "" { // it is older than these tokens
		r.TimeoutToken = newSecret()
	}
	if why := r.notToBeSent(); why != "" {
		if err := s.write(ctx, urgent, func(t *tx) error { return t.unsendable(r, why) }); err != nil {
			return r, fmt.Errorf("give refund to a person: %w", err)
		}
		return r, ErrSettled
	}
	err = s.write(ctx, urgent, func(t *tx) error {
		// No answer: once more, ever later. A Reversal that M-PESA has done already is answered as such.
		again, lease := any(t.now.Add(5*time.Minute<<(2*r.Sent))), refundLease
		if r.Sent+1 >= refundSends {
			again, lease = nil, refundWait
		}
		n, err := t.exec(`UPDATE refund SET sent = sent + 1, lease_until = $1, next_at = $2, timeout_token = $3, updated_at = $4 WHERE id = $5 AND state = 'requested' AND next_at <= $4 AND lease_until <= $4`,
			t.now.Add(lease), again, r.TimeoutToken, t.now, r.ID)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return r, fmt.Errorf("take refund: %w", err)
	}
	r.Sent++
	return r, nil
}

// notToBeSent says why no Reversal can give back exactly what M-PESA took, or "". It takes whole shillings.
func (r Refund) notToBeSent() string {
	switch {
	case r.Amount%100 != 0:
		return "M-PESA took an amount with cents, and a Reversal gives back whole shillings"
	case r.Amount != r.Paid:
		return "it was asked for of another amount than M-PESA took"
	}
	return ""
}

// unsendable ends a refund that no Reversal can make. One that is out already is awaited as any other.
func (t *tx) unsendable(r Refund, why string) error {
	state := RefundFailed
	if r.out() > 0 {
		state = RefundRequested
	}
	return t.run(`UPDATE refund SET state = $1, next_at = NULL, result_text = $2, updated_at = $3 WHERE id = $4 AND state = 'requested' AND sent = $5`, state, why, t.now, r.ID, r.Sent)
}

// RefundVerdict is M-PESA's word on a Reversal.
type RefundVerdict int

// What M-PESA says of a Reversal: nothing yet, done, done before, refused for good, or to be tried again.
const (
	RefundUnclear RefundVerdict = iota
	RefundReversed
	RefundReversedBefore
	RefundRefused
	RefundTryAgain
)

// RefundAnswer is an answer of M-PESA to a Reversal: at once, or by its result.
type RefundAnswer struct {
	Verdict                                  RefundVerdict
	ConversationID, OriginatorConversationID string       // where it was taken
	Receipt                                  string       // the Reversal's own, where it was carried out
	Original                                 string       // the receipt that it gave back; "" is not said
	Unclear                                  UnreadReason // of money given back: what is not known; "" where all is
	Legible                                  string       // the answer as printable text
	Amount                                   *Cents       // what it gave back; nil where M-PESA did not say
	Code, Text                               string       // Safaricom's own, for the operator
}

// gaveBack is how much a Reversal has given back: what was asked for, where M-PESA does not say.
func (a RefundAnswer) gaveBack(r Refund) Cents {
	if a.Amount != nil && *a.Amount > 0 {
		return *a.Amount
	}
	return r.Amount
}

// unclear says why a result that tells of money given back does not say how much of which payment it was, or "".
func (a RefundAnswer) unclear(r Refund) UnreadReason {
	switch {
	case a.Verdict != RefundReversed:
		return ""
	case a.Original != "" && !strings.EqualFold(a.Original, r.Receipt):
		return UnreadOther
	}
	return a.Unclear
}

// RecordRefundAnswer writes down what Daraja answered to a Reversal when it was sent.
func (s *Store) RecordRefundAnswer(ctx context.Context, id int64, a RefundAnswer) error {
	err := s.write(ctx, urgent, func(t *tx) error {
		var r Refund
		if err := t.get(&r, refundSelect+` WHERE r.id = $1`, id); err != nil {
			return err
		}
		_, err := t.refundAnswered(r, a)
		return err
	})
	if err != nil {
		return fmt.Errorf("record refund answer: %w", err)
	}
	return nil
}

const refundByTimeout = `r.timeout_token = $1 AND r.timeout_token <> ''` // which the index asks for

// ApplyReversal makes of a kept result of a Reversal what it says.
func (s *Store) ApplyReversal(ctx context.Context, cb Callback, a RefundAnswer) (Applied, error) {
	return s.decideCallback(ctx, cb, func(t *tx, token string) (Applied, error) {
		var r Refund
		where := `r.result_token = $1`
		if cb.Kind == CallbackReversalTimeout {
			where = refundByTimeout
		}
		err := t.get(&r, refundSelect+` WHERE `+where, token)
		if errors.Is(err, ErrNotFound) {
			return Applied{Outcome: OutcomeStranger}, nil
		}
		if err != nil {
			return Applied{}, err
		}
		if why := a.unclear(r); why != "" {
			if cb.Kind == CallbackReversal {
				out, err := t.unreadReversal(cb.ID, token, Unread{Receipt: a.Original, Why: why, Legible: a.Legible})
				out.Why = why
				return out, err
			}
			a = RefundAnswer{Text: a.Text}
		}
		outcome, err := t.refundAnswered(r, a)
		return Applied{Outcome: outcome, Code: r.TicketCode}, err
	})
}

// refundAnswered takes in what M-PESA says of one of the Reversals of a refund.
func (t *tx) refundAnswered(r Refund, a RefundAnswer) (Outcome, error) {
	have, err := t.paymentWithTicket(`id = $1`, r.PaymentID)
	if err == nil && t.shared() {
		// it may have been answered, or sent again, a moment ago
		err = t.get(&r, refundSelect+` WHERE r.id = $1`+t.rowLock(), r.ID)
	}
	if err != nil {
		return "", err
	}
	nothing := a.Verdict == RefundRefused || a.Verdict == RefundTryAgain || a.Verdict == RefundReversedBefore
	if nothing && r.told(a.ConversationID) {
		return OutcomeDuplicate, nil
	}
	if nothing {
		r.Undone, r.UndoneIDs = min(r.Undone+1, r.Sent), strings.TrimSpace(r.UndoneIDs+" "+a.ConversationID)
	}
	if err := t.run(`UPDATE refund SET undone = $1, undone_ids = $2, result_code = CASE WHEN $3 = '' THEN result_code ELSE $3 END, result_text = CASE WHEN $4 = '' THEN result_text ELSE $4 END,
		conversation_id = COALESCE(conversation_id, $5), originator_conversation_id = COALESCE(originator_conversation_id, $6), updated_at = $7 WHERE id = $8`,
		r.Undone, r.UndoneIDs, a.Code, a.Text, orNull(a.ConversationID), orNull(a.OriginatorConversationID), t.now,
		r.ID); err != nil {
		return "", err
	}
	switch {
	case a.Verdict == RefundReversed, a.Verdict == RefundReversedBefore:
		return t.reversed(r, have, a)
	case nothing && r.State != RefundRequested:
		return OutcomeDuplicate, nil
	case nothing:
		return t.nothingDone(r, have, a.Verdict == RefundTryAgain)
	}
	return OutcomeUnclear, nil
}

// reversed takes in that M-PESA has given a payment back: by this refund's Reversal, or before that. Before is ours
// where one that it may have carried out was sent, by this refund or by another of the payment.
func (t *tx) reversed(r Refund, have Payment, a RefundAnswer) (Outcome, error) {
	var out int
	if err := t.scan([]any{&out}, `SELECT CAST(COALESCE(sum(sent - undone), 0) AS BIGINT) FROM refund WHERE payment_id = $1`, have.ID); err != nil {
		return "", err
	}
	f := money.Fact{Source: money.Reversal, Says: money.GivenBack, Receipt: r.Receipt, Amount: a.Amount}
	if f.Amount != nil && *f.Amount <= 0 {
		f.Amount = nil
	}
	state := RefundDone
	if a.Verdict == RefundReversedBefore {
		if f.Amount = nil; out == 0 {
			f.Says, state = money.Reversed, RefundFailed
		}
	}
	var hand int // refunds by hand that are not this Reversal, under which a person wrote it down
	if err := t.scan([]any{&hand}, `SELECT count(*) FROM refund WHERE payment_id = $1 AND method = 'hand' AND state = 'refunded' AND upper(reference) <> upper($2)`,
		have.ID, a.Receipt); err != nil {
		return "", err
	}
	gone := have.State == PaymentReversed || have.State == PaymentRefunded
	if have.State == PaymentRefunded && hand == 0 && r.State == RefundFailed ||
		a.Verdict == RefundReversedBefore && gone && (hand == 0 || out == 0) {
		f.Says, f.Amount = money.Mentions, nil // it is known already, as what an operator wrote down or another result
		_, err := t.record(factRow{Fact: f})
		return OutcomeDuplicate, err
	}
	outcome := OutcomeRefunded
	switch {
	case state == RefundFailed:
		outcome = OutcomeReversedByOthers
	case r.State == RefundDone:
		outcome = OutcomeDuplicate
	}
	if err := t.run(`UPDATE refund SET state = $1, next_at = NULL, amount_cents = $2, updated_at = $3 WHERE id = $4`, state, a.gaveBack(r), t.now, r.ID); err != nil {
		return "", err
	}
	// Whatever else was to be sent of this payment has nothing left to do.
	if err := t.run(`UPDATE refund SET state = 'failed', next_at = NULL, updated_at = $1 WHERE payment_id = $2 AND id <> $3 AND state = 'requested'`, t.now, have.ID, r.ID); err != nil {
		return "", err
	}
	_, err := t.record(factRow{Fact: f})
	return outcome, err
}

// nothingDone decides how it goes on after a Reversal that M-PESA did not carry out. While it may carry out an earlier
// one, the refund has not failed, and it is not asked again for what it refuses: the earlier one's result is awaited.
func (t *tx) nothingDone(r Refund, have Payment, again bool) (Outcome, error) {
	switch {
	case r.out() == 0 && (!again || r.Sent >= refundSends):
		return OutcomeRefundFailed, errors.Join(t.refundFailed(r), t.touch(have.TicketID))
	case again && r.Sent < refundSends:
		return OutcomeRefundAgain, t.run(`UPDATE refund SET next_at = $1 WHERE id = $2`, t.now.Add(time.Minute<<r.Sent), r.ID)
	}
	return OutcomeRefundAwaited, t.run(`UPDATE refund SET next_at = NULL, lease_until = $1 WHERE id = $2`, t.now.Add(refundWait), r.ID)
}

func (t *tx) refundFailed(r Refund) error {
	return t.run(`UPDATE refund SET state = 'failed', next_at = NULL, updated_at = $1 WHERE id = $2`, t.now, r.ID)
}

// stillAutomatic reports whether an automatic refund may still go out: what it is of may have come into doubt since it
// was requested. It is looked at again in a minute where not.
func (s *Store) stillAutomatic(ctx context.Context, r Refund) (sure bool, err error) {
	err = s.write(ctx, urgent, func(t *tx) error {
		var n int
		err := t.scan([]any{&n}, `SELECT count(*) FROM payment WHERE id = $1 AND `+mayGoBack, r.PaymentID)
		if sure = n > 0; err != nil || sure {
			return err
		}
		return t.run(`UPDATE refund SET next_at = $1 WHERE id = $2 AND sent = 0 AND state = 'requested'`, t.now.Add(time.Minute), r.ID)
	})
	if err != nil {
		return false, fmt.Errorf("look whether a refund may go out: %w", err)
	}
	return sure, nil
}
