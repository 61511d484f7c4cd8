package checkout

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// ErrNoReceipt means that what a customer typed holds no M-PESA receipt.
var ErrNoReceipt = errors.New("no receipt in the text")

// Claim takes down the receipt that a customer typed, or the message that was pasted, for the ticket that the secret
// opens, and has M-PESA asked about it. It returns the receipt that was found. Errors are ErrNoReceipt, *store.Refusal
// (TooManyTries, NotFailed) and the store's.
func (s *Service) Claim(ctx context.Context, secret, text, browser string) (string, error) {
	receipt, ok := mpesa.ParseReceipt(text)
	if !ok {
		return "", ErrNoReceipt
	}
	if err := s.store.Money().ClaimReceipt(ctx, secret, receipt, browser); err != nil {
		return "", err
	}
	s.nudged()
	return receipt, nil
}

// askReceipt has M-PESA asked about a receipt: the answer comes to its ResultURL.
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

// resultURL is where M-PESA sends the answer to one request: its token is nobody else's.
func (s *Service) resultURL(kind store.CallbackKind, token string) string {
	return s.cfg.ResultURL + "/" + strings.ReplaceAll(string(kind), "_", "-") + "/" + token
}

// applyStatus makes of a result of Transaction Status what it says of the receipt. A whole answer counts at the
// address of time-outs too: the token there proves as much.
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

// contradicts reports whether a result says by its code that all is well, and by its type that it does not.
func contradicts(r mpesa.AsyncResult) bool {
	return r.Code == mpesa.Success && r.Verdict().Outcome != mpesa.OutcomeDone
}

// transaction is what a result of Transaction Status says. What is missing in it, or cannot be read, is not known,
// and no other answer: only a plain word refuses a receipt.
func (s *Service) transaction(r mpesa.AsyncResult) store.Transaction {
	tr, ok := r.Transaction()
	if !ok {
		// Only these two speak of the receipt; all others, such as a wrong initiator, of the question.
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
	case mpesa.StateCancelled, mpesa.StateDeclined, mpesa.StateExpired: // plain words
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

// unclearPayment says what is not known of a payment that is completed, and that one must know of each.
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

// reversedState reports whether a payment has gone back. How M-PESA spells that is not established.
func reversedState(s mpesa.TransactionState) bool {
	return strings.Contains(strings.ToLower(string(s)), "revers")
}
