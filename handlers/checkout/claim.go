package checkout

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// ErrNoReceipt means that the customer's text holds no M-PESA receipt.
var ErrNoReceipt = errors.New("no receipt in the text")

// Claim records the receipt in what a customer typed or pasted, for the ticket with the secret, and has M-PESA asked
// about it. It returns the receipt. Errors are ErrNoReceipt, *store.Refusal (TooManyTries, NotFailed) and the store's.
func (s *Service) Claim(ctx context.Context, secret, text, browser string) (string, error) {
	receipt, ok := mpesa.ParseReceipt(text)
	if !ok {
		return "", ErrNoReceipt
	}
	if err := s.store.Money().ClaimReceipt(ctx, secret, receipt, browser); err != nil {
		return "", err
	}
	s.wakeLoop()
	return receipt, nil
}

// askReceipt sends a Transaction Status for a receipt: the answer comes to its ResultURL.
func (s *Service) askReceipt(ctx context.Context, q store.Question) error {
	_, err := s.daraja.TransactionStatus(ctx, mpesa.StatusRequest{
		Receipt:    q.Receipt,
		ResultURL:  s.resultURL(store.CallbackStatus, q.ResultToken),
		TimeoutURL: s.resultURL(store.CallbackStatusTimeout, q.TimeoutToken),
		Remarks:    "Is this receipt ours",
	})
	if err == nil {
		return nil
	}
	s.log.Warn("receipt not asked about", "error", err)
	config := asDaraja(err).Kind == mpesa.KindConfig
	switch {
	case q.Urgent && config:
		return s.store.Money().EndReceipt(ctx, q.Receipt)
	case q.Urgent:
		return s.store.Jobs().ReportCall(ctx, store.CallQuestion, !outage(err))
	case outage(err) || config:
		return s.store.Jobs().RestChecks(ctx)
	}
	return nil
}

// resultURL is where M-PESA sends the answer to one request, with its own token.
func (s *Service) resultURL(kind store.CallbackKind, token string) string {
	return s.cfg.ResultURL + "/" + strings.ReplaceAll(string(kind), "_", "-") + "/" + token
}

// applyStatus applies a result of Transaction Status to its receipt. A complete answer counts at the time-out address
// too, since that token is as good a proof.
func (s *Service) applyStatus(ctx context.Context, cb store.Callback) (store.ApplyResult, error) {
	result, readErr := mpesa.ParseResult(cb.Body)
	timeout := cb.Kind == store.CallbackStatusTimeout
	if timeout && (readErr != nil || result.Verdict().Outcome != mpesa.OutcomeDone) {
		return s.store.Money().ApplyStatus(ctx, cb, store.Transaction{NoAnswer: true})
	}
	switch {
	case readErr != nil:
		return s.keepUnread(ctx, cb, store.Unread{}, unparsed(readErr))
	case contradicts(result):
		return s.keepUnread(ctx, cb, store.Unread{}, notRead{why: store.UnreadContradicts})
	}
	tr := s.transaction(result)
	if timeout && (tr.Unclear != "" || tr.NoAnswer) {
		tr = store.Transaction{NoAnswer: true}
	}
	tr.Legible = mpesa.Legible(cb.Body)
	applied, err := s.store.Money().ApplyStatus(ctx, cb, tr)
	switch {
	case err != nil:
	case applied.Outcome.NotUnderstood():
		s.warnUnread(cb, applied, notRead{applied.Why, applied.Detail})
	default:
		s.warnVerdict("Transaction Status", result, applied)
	}
	return applied, err
}

// contradicts reports whether a result's code is success while its type is not.
func contradicts(r mpesa.AsyncResult) bool {
	return r.Code == mpesa.Success && r.Verdict().Outcome != mpesa.OutcomeDone
}

// transaction is what a result of Transaction Status reports. What is missing or unreadable counts as unknown: only a
// plain report refuses a receipt.
func (s *Service) transaction(r mpesa.AsyncResult) store.Transaction {
	tr, ok := r.Transaction()
	if !ok {
		// Only these two results are about the receipt. All others, such as a wrong initiator, are about the question.
		reason := r.Verdict().Reason
		other := reason != mpesa.VerdictNoSuchReceipt && reason != mpesa.VerdictMalformed
		return store.Transaction{NoAnswer: other, Text: mpesa.ShownAnswer(r.Code, r.Desc)}
	}
	ours, known := s.toUs(tr.Credit)
	out := store.Transaction{
		Known: true, Completed: tr.State == mpesa.StateCompleted, Reversed: reversedState(tr.State),
		Receipt: tr.Receipt, ToUs: ours, Amount: store.Cents(tr.Amount), Phone: store.ParsePattern(tr.Debit.Text),
		Text: mpesa.MaskDigits("state " + string(tr.State) + ", to " + tr.Credit.Number),
	}
	if at := cmp.Or(tr.FinalisedAt, tr.InitiatedAt); !at.IsZero() {
		out.TransactedAt = store.At(at)
	}
	switch tr.State {
	case mpesa.StateInitiated, mpesa.StateAuthorized: // it may still be completed
		return store.Transaction{NoAnswer: true, Text: "state " + string(tr.State)}
	case mpesa.StateCancelled, mpesa.StateDeclined, mpesa.StateExpired: // plain reports
	case mpesa.StateCompleted:
		out.Unclear = unclearPayment(tr, known)
	case "":
		out.Unclear = store.UnreadNoState
	default:
		if !out.Reversed {
			out.Unclear, out.Odd = store.UnreadOddState, mpesa.MaskDigits(string(tr.State))
		}
	}
	if tr.ReceiptUnclear {
		out.Unclear, out.Odd = store.UnreadReceipts, ""
	}
	return out
}

// unclearPayment is which necessary detail of a completed payment is unknown, "" where none is.
func unclearPayment(tr mpesa.Transaction, known bool) store.UnreadReason {
	switch {
	case !tr.HasAmount:
		return store.UnreadNoAmount
	case !known:
		return store.UnreadNoPayee
	}
	return ""
}

// toUs reports whether a party is the cinema, where its number is known.
func (s *Service) toUs(party mpesa.Party) (ours, known bool) {
	if party.Number == "" || strings.Contains(party.Number, "*") {
		return false, false
	}
	return party.Number == s.cfg.Shortcode || party.Number == s.cfg.Till, true
}

// reversedState reports whether a payment was reversed. M-PESA's spelling of that is not documented.
func reversedState(s mpesa.TransactionState) bool {
	return strings.Contains(strings.ToLower(string(s)), "revers")
}
