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
	n, err := t.exec(`UPDATE question SET next_at = NULL, updated_at = $1 WHERE kind = 'reversal' AND id = $2 AND sent = $3`, t.now, q.ID, q.Sent)
	why := q.unsendable()
	if err != nil || n == 0 || why == "" {
		return err
	}
	return t.run(`UPDATE refund SET state = CASE WHEN undone < $1 THEN state ELSE 'failed' END, ended = $2, updated_at = $3 WHERE id = $4 AND state = 'requested'`,
		q.Sent, why, t.now, q.ID)
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
	Unclear                                  UnreadReason // of refunded money: what is unknown; "" where nothing is
	Legible                                  string       // the answer as printable text
	Amount                                   *Cents       // what was refunded; nil where M-PESA did not report it
	Code, Text                               string       // Safaricom's, for the operator
}

// gaveBack is how much a Reversal refunded: what was requested, where M-PESA does not report it.
func (a RefundAnswer) gaveBack(r Refund) Cents {
	if a.Amount != nil && *a.Amount > 0 {
		return *a.Amount
	}
	return r.Amount
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
	case nothing && r.State != RefundRequested:
		return OutcomeDuplicate, nil
	case nothing:
		return t.nothingDone(r, have, a.Verdict == RefundTryAgain)
	}
	return OutcomeUnclear, nil
}

// reversed records that M-PESA has reversed a payment, by this refund's Reversal or earlier. "Already reversed" counts
// as our reversal if any of ours for this payment may have succeeded.
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
	var hand int // refunds by hand that are not the operator's record of this Reversal
	if err := t.scan([]any{&hand}, `SELECT count(*) FROM refund WHERE payment_id = $1 AND method = 'hand' AND state = 'refunded' AND upper(reference) <> upper($2)`,
		have.ID, a.Receipt); err != nil {
		return "", err
	}
	gone := have.State == PaymentReversed || have.State == PaymentRefunded
	if have.State == PaymentRefunded && hand == 0 && r.State == RefundFailed ||
		a.Verdict == RefundReversedBefore && gone && (hand == 0 || out == 0) {
		f.Says, f.Amount = money.Mentions, nil // an operator's report or another result has recorded it already
		_, err := t.record(nil, factRow{Fact: f})
		return OutcomeDuplicate, err
	}
	outcome := OutcomeRefunded
	switch {
	case state == RefundFailed:
		outcome = OutcomeReversedByOthers
	case r.State == RefundDone:
		outcome = OutcomeDuplicate
	}
	// Nothing queued for this payment is left to do.
	if err := t.endReversals(have.ID); err != nil {
		return "", err
	}
	if err := t.run(`UPDATE refund SET state = 'failed', updated_at = $1 WHERE payment_id = $2 AND id <> $3 AND state = 'requested'`, t.now, have.ID, r.ID); err != nil {
		return "", err
	}
	if err := t.run(`UPDATE refund SET state = $1, amount_cents = $2, updated_at = $3 WHERE id = $4`, state, a.gaveBack(r), t.now, r.ID); err != nil {
		return "", err
	}
	_, err := t.record(nil, factRow{Fact: f})
	return outcome, err
}

// nothingDone continues after a Reversal that M-PESA did not carry out. While an earlier one may be carried out, the
// refund has not failed and is not sent again: its result is awaited.
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
