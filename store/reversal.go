package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cinemasphere/store/money"
)

// unsendable says why no Reversal can give back exactly what M-PESA took, or "". It takes whole shillings.
func (q Question) unsendable() string {
	switch {
	case q.Amount%100 != 0:
		return "M-PESA took an amount with cents, and a Reversal gives back whole shillings"
	case q.Amount != q.Paid:
		return "it was asked for of another amount than M-PESA took"
	}
	return ""
}

// unsendable sends no more Reversals of a refund. It has failed where none can give back what M-PESA took, and none is
// out that is to be awaited.
func (t *tx) unsendable(q Question) error {
	n, err := t.exec(`UPDATE question SET next_at = NULL, updated_at = $1 WHERE kind = 'reversal' AND id = $2 AND sent = $3`, t.now, q.ID, q.Sent)
	why := q.unsendable()
	if err != nil || n == 0 || why == "" {
		return err
	}
	return t.run(`UPDATE refund SET state = CASE WHEN undone < $1 THEN state ELSE 'failed' END, result_text = $2, updated_at = $3 WHERE id = $4 AND state = 'requested'`,
		q.Sent, why, t.now, q.ID)
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
func (s Money) RecordRefundAnswer(ctx context.Context, id int64, a RefundAnswer) error {
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

const (
	refundByResult  = `q.result_token = $1`
	refundByTimeout = `q.timeout_token = $1`
)

// ApplyReversal makes of a kept result of a Reversal what it says.
func (s Money) ApplyReversal(ctx context.Context, cb Callback, a RefundAnswer) (ApplyResult, error) {
	return s.withCallback(ctx, cb, func(t *tx, token string) (ApplyResult, error) {
		var r Refund
		where := refundByResult
		if cb.Kind == CallbackReversalTimeout {
			where = refundByTimeout
		}
		err := t.get(&r, refundSelect+` WHERE `+where, token)
		if errors.Is(err, ErrNotFound) {
			return ApplyResult{Outcome: OutcomeUnknownToken}, nil
		}
		if err != nil {
			return ApplyResult{}, err
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
		return ApplyResult{Outcome: outcome, Code: r.TicketCode}, err
	})
}

// refundAnswered takes in what M-PESA says of one of the Reversals of a refund.
func (t *tx) refundAnswered(r Refund, a RefundAnswer) (Outcome, error) {
	have, err := t.paymentWithTicket(`id = $1`, r.PaymentID)
	if err == nil && t.shared() { // it may have been answered, or sent again, a moment ago
		err = t.scan([]any{&r.Sent}, `SELECT sent FROM question WHERE kind = 'reversal' AND id = $1`+t.rowLock(), r.ID)
		if err == nil {
			err = t.get(&r, refundSelect+` WHERE r.id = $1`, r.ID)
		}
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
	if err := t.scan([]any{&out}, `SELECT CAST(COALESCE(sum(q.sent - r.undone), 0) AS BIGINT) FROM refund r JOIN question q ON q.kind = 'reversal' AND q.id = r.id WHERE r.payment_id = $1`, have.ID); err != nil {
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
	// Whatever was to be sent of this payment has nothing left to do.
	if err := t.endReversals(have.ID); err != nil {
		return "", err
	}
	if err := t.run(`UPDATE refund SET state = 'failed', updated_at = $1 WHERE payment_id = $2 AND id <> $3 AND state = 'requested'`, t.now, have.ID, r.ID); err != nil {
		return "", err
	}
	if err := t.run(`UPDATE refund SET state = $1, amount_cents = $2, updated_at = $3 WHERE id = $4`, state, a.gaveBack(r), t.now, r.ID); err != nil {
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
		return OutcomeRefundAgain, t.sendIn(Reversal, r.ID, time.Minute<<r.Sent)
	}
	return OutcomeRefundAwaited, t.run(`UPDATE question SET next_at = NULL, lease_until = $1 WHERE kind = 'reversal' AND id = $2`, t.now.Add(refundWait), r.ID)
}

func (t *tx) refundFailed(r Refund) error {
	if err := t.run(`UPDATE question SET next_at = NULL, updated_at = $1 WHERE kind = 'reversal' AND id = $2`, t.now, r.ID); err != nil {
		return err
	}
	return t.run(`UPDATE refund SET state = 'failed', updated_at = $1 WHERE id = $2`, t.now, r.ID)
}
