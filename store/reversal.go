package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cinemasphere/store/money"
)

// unsendable is why no Reversal can refund exactly what M-PESA took, or "". A Reversal takes whole shillings.
func (q Question) unsendable() RefundEnd {
	switch {
	case q.Amount%100 != 0:
		return RefundEndCents
	case q.Amount != q.Paid:
		return RefundEndAmount
	}
	return ""
}

// unsendable stops the Reversals of a refund. The refund has failed where no Reversal can be exact and none is out.
func (t *tx) unsendable(q Question) error {
	have, err := t.paymentWithTicket(`id = $1`, q.Payment)
	if err != nil {
		return err
	}
	n, err := t.exec(`UPDATE question SET next_at = NULL, updated_at = $1 WHERE kind = 'reversal' AND id = $2 AND sent = $3`, t.now, q.ID, q.Sent)
	why := q.unsendable()
	if err != nil || n == 0 || why == "" {
		return err
	}
	if err := t.endRefund(q.ID, why); err != nil {
		return err
	}
	return t.refundChanged(have)
}

// RefundVerdict is M-PESA's report on a Reversal.
type RefundVerdict int

// M-PESA's report on a Reversal: none yet, done, done earlier, refused for good, or try again.
const (
	RefundUnclear RefundVerdict = iota
	RefundReversed
	RefundReversedBefore
	RefundRefused
	RefundTryAgain
)

// RefundAnswer is M-PESA's answer to a Reversal: the immediate one, or the result.
type RefundAnswer struct {
	Verdict                                  RefundVerdict
	ConversationID, OriginatorConversationID string       // under which it was accepted
	Receipt                                  string       // the Reversal's own, where it was done
	Original                                 string       // the receipt that was reversed; "" is not reported
	Unclear                                  UnreadReason // what a success does not report; "" for nothing
	Legible                                  string       // the answer as printable text
	Amount                                   *Cents       // what was refunded; nil where M-PESA did not report it
	Code, Text                               string       // Safaricom's, for the operator
}

// unclear is why a result that reports a refund leaves open its amount or its payment, or "".
func (a RefundAnswer) unclear(r Refund) UnreadReason {
	switch {
	case a.Verdict != RefundReversed:
		return ""
	case a.Original != "" && !strings.EqualFold(a.Original, r.Receipt):
		return UnreadOther
	}
	return a.Unclear
}

// RecordRefundAnswer stores Daraja's immediate answer to a Reversal.
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

// ApplyReversal applies a stored result of a Reversal.
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

// refundAnswered applies an answer to one of the refund's Reversals.
func (t *tx) refundAnswered(r Refund, a RefundAnswer) (Outcome, error) {
	have, err := t.paymentWithTicket(`id = $1`, r.PaymentID)
	if err == nil && t.shared() { // it may have been answered or sent again just now
		err = t.scan([]any{&r.Sent}, `SELECT sent FROM question WHERE kind = 'reversal' AND id = $1`+t.rowLock(), r.ID)
		if err == nil {
			err = t.get(&r, refundSelect+` WHERE r.id = $1`, r.ID)
		}
	}
	if err != nil {
		return "", err
	}
	nothing := a.Verdict == RefundRefused || a.Verdict == RefundTryAgain || a.Verdict == RefundReversedBefore
	if nothing && r.hasUndone(a.ConversationID) {
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
	case nothing:
		return t.nothingDone(r, have, a.Verdict == RefundTryAgain)
	}
	return OutcomeUnclear, nil
}

// reversed records that M-PESA has reversed a payment, by this refund's Reversal or earlier. "Already reversed" counts
// as our reversal if any of ours for this payment may have succeeded.
func (t *tx) reversed(r Refund, have Payment, a RefundAnswer) (Outcome, error) {
	var out, hand int // refunds by hand that are not the operator's record of this Reversal
	err := t.scan([]any{&out, &hand}, `SELECT
		(SELECT CAST(COALESCE(sum(q.sent - r.undone), 0) AS BIGINT) FROM refund r JOIN question q ON q.kind = 'reversal' AND q.id = r.id WHERE r.payment_id = $1),
		(SELECT count(*) FROM refund WHERE payment_id = $1 AND method = 'hand' AND state = 'refunded' AND upper(reference) <> upper($2))`, have.ID, a.Receipt)
	if err != nil {
		return "", err
	}
	f := money.Fact{Source: money.Reversal, Says: money.GivenBack, Receipt: r.Receipt, Amount: a.Amount}
	if f.Amount != nil && *f.Amount <= 0 {
		f.Amount = nil
	}
	outcome, gone := OutcomeRefunded, have.State == PaymentReversed || have.State == PaymentRefunded
	switch {
	case have.State == PaymentRefunded && hand == 0 && r.State == RefundFailed,
		a.Verdict == RefundReversedBefore && gone && (hand == 0 || out == 0):
		// An operator's report or another result has recorded it already.
		f.Says, f.Amount, outcome = money.Mentions, nil, OutcomeDuplicate
	case a.Verdict == RefundReversedBefore && out == 0:
		f.Says, f.Amount, outcome = money.Reversed, nil, OutcomeReversedByOthers
	default:
		if a.Verdict == RefundReversedBefore {
			f.Amount = nil
		}
		if r.State == RefundDone {
			outcome = OutcomeDuplicate
		}
		err = t.run(`UPDATE refund SET done = 1, amount_cents = CASE WHEN CAST($1 AS BIGINT) > 0 THEN $1 ELSE amount_cents END, updated_at = $2 WHERE id = $3`,
			amountOf(f), t.now, r.ID)
	}
	if err == nil {
		err = t.refundChanged(have, factRow{Fact: f})
	}
	return outcome, err
}

// nothingDone continues after a Reversal that M-PESA did not carry out. While an earlier one may be carried out, the
// refund has not failed and is not sent again: its result is awaited.
func (t *tx) nothingDone(r Refund, have Payment, again bool) (outcome Outcome, err error) {
	switch {
	case r.State != RefundRequested:
		outcome = OutcomeDuplicate
	case r.out() == 0 && (!again || r.Sent >= refundSends):
		outcome, err = OutcomeRefundFailed, t.endRefund(r.ID, RefundEndRefused)
	case again && r.Sent < refundSends:
		outcome, err = OutcomeRefundAgain, t.sendIn(Reversal, r.ID, time.Minute<<r.Sent)
	default:
		outcome = OutcomeRefundAwaited
		err = t.run(`UPDATE question SET next_at = NULL, lease_until = $1 WHERE kind = 'reversal' AND id = $2`, t.now.Add(refundWait), r.ID)
	}
	if err == nil {
		err = t.refundChanged(have)
	}
	if err == nil && outcome == OutcomeRefundFailed {
		err = t.touch(have.TicketID)
	}
	return outcome, err
}
