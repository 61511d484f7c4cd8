package checkout

import (
	"context"
	"errors"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// refundsAtOnce is how many automatic refunds are requested in one go.
const refundsAtOnce = 20

// requestDue requests due refunds, where that is automatic. After a restore none is requested until an owner takes
// bookings again: money may have gone back by hand in the time that the books have lost.
func (s *Service) requestDue(ctx context.Context) error {
	sales, err := s.store.Tickets().Sales(ctx)
	if err != nil || sales.Gap != (store.Gap{}) {
		return err
	}
	due, err := s.store.Money().RefundsDue(ctx, refundsAtOnce)
	if err != nil {
		return err
	}
	for _, p := range due {
		_, err := s.store.Money().RequestRefund(ctx, store.NewRefund{PaymentID: p.ID, By: store.Automatic})
		if _, is := errors.AsType[*store.Refusal](err); is {
			continue // such as while another payment of the same phone has no receipt yet
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// reverse sends one Reversal and stores Daraja's answer.
func (s *Service) reverse(ctx context.Context, q store.Question) error {
	ack, err := s.daraja.Reverse(ctx, mpesa.ReversalRequest{
		Receipt: q.Receipt, Amount: int64(q.Amount / 100),
		ResultURL:  s.resultURL(store.CallbackReversal, q.ResultToken),
		TimeoutURL: s.resultURL(store.CallbackReversalTimeout, q.TimeoutToken), Remarks: "Refund " + q.Code,
	})
	answer := store.RefundAnswer{
		ConversationID: ack.ConversationID, OriginatorConversationID: ack.OriginatorConversationID,
		Text: ack.ResponseDescription,
	}
	if err != nil {
		e := asDaraja(err)
		answer = store.RefundAnswer{Code: e.Code, Text: e.Message}
		switch e.Kind {
		case mpesa.KindConfig, mpesa.KindRefused:
			answer.Verdict = store.RefundRefused
		case mpesa.KindBusy, mpesa.KindToken:
			answer.Verdict = store.RefundTryAgain
		case mpesa.KindAmbiguous, mpesa.KindNoAnswer: // it may have been accepted
		}
		s.log.Warn("refund not accepted", "ticket", q.Code, "error", err)
	}
	return errors.Join(s.store.Money().RecordRefundAnswer(ctx, q.ID, answer),
		s.store.Jobs().ReportCall(ctx, store.CallQuestion, !outage(err)))
}

// applyReversal applies the result of a Reversal. A complete result counts at the time-out address too.
func (s *Service) applyReversal(ctx context.Context, cb store.Callback) (store.ApplyResult, error) {
	result, readErr := mpesa.ParseResult(cb.Body)
	timeout := cb.Kind == store.CallbackReversalTimeout
	if timeout && (readErr != nil || result.Verdict().Outcome != mpesa.OutcomeDone) {
		return s.store.Money().ApplyReversal(ctx, cb, store.RefundAnswer{}) // its result is still to come
	}
	switch {
	case readErr != nil:
		return s.keepUnread(ctx, cb, store.Unread{}, unparsed(readErr))
	case contradicts(result):
		return s.keepUnread(ctx, cb, store.Unread{}, notRead{why: store.UnreadContradicts})
	}
	answer := store.RefundAnswer{
		Code: string(result.Code), Text: result.Desc, ConversationID: result.ConversationID,
		OriginatorConversationID: result.OriginatorConversationID,
		Legible:                  mpesa.Legible(cb.Body),
	}
	if done, is := result.Reversal(); is {
		answer.Receipt, answer.Original = done.Receipt, done.Original
		if answer.Amount = new(store.Cents(done.Amount)); !done.HasAmount {
			answer.Amount, answer.Unclear = nil, store.UnreadNoReturned
		}
	}
	switch result.Verdict().Outcome {
	case mpesa.OutcomeDone:
		answer.Verdict = store.RefundReversed
	case mpesa.OutcomeAlreadyReversed:
		answer.Verdict = store.RefundReversedBefore
	case mpesa.OutcomeRefused:
		answer.Verdict = store.RefundRefused
	case mpesa.OutcomeTryAgain:
		answer.Verdict = store.RefundTryAgain
	case mpesa.OutcomeUnknown:
	}
	applied, err := s.store.Money().ApplyReversal(ctx, cb, answer)
	switch {
	case err != nil:
	case applied.Outcome.NotUnderstood():
		s.warnUnread(cb, applied, notRead{applied.Why, applied.Detail})
	default:
		s.warnVerdict("Reversal", result, applied)
	}
	return applied, err
}
