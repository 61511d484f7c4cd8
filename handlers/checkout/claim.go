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

// Claim takes down the receipt that a customer typed, or the message that was pasted, for the ticket that the secret opens, and
// has M-PESA asked about it. It returns the receipt that was found. Errors are ErrNoReceipt, *store.Refusal (TooManyTries,
// NotFailed) and the store's.
func (s *Service) Claim(ctx context.Context, secret, text, browser string) (string, error) {
	receipt, ok := mpesa.ParseReceipt(text)
	if !ok {
		return "", ErrNoReceipt
	}
	if err := s.store.ClaimReceipt(ctx, secret, receipt, browser); err != nil {
		return "", err
	}
	s.nudged()
	return receipt, nil
}

// claimNext asks M-PESA about the next receipt that was claimed, if one is due.
func (s *Service) claimNext(ctx context.Context, start func(func()) bool) error {
	gap := s.cfg.QueryGap
	if !s.cfg.Initiator {
		gap = 0 // a person is asked, not M-PESA
	}
	c, err := s.store.TakeClaim(ctx, gap)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrSettled) {
		return nil
	}
	if err != nil {
		return err
	}
	if !s.cfg.Initiator {
		return s.store.ClaimToPerson(ctx, c)
	}
	start(func() { s.logged("ask about a receipt", func() error { return s.askClaim(ctx, c) }) })
	return nil
}

func (s *Service) askClaim(ctx context.Context, c store.Claim) error {
	_, err := s.daraja.TransactionStatus(ctx, mpesa.StatusRequest{
		Receipt: c.Receipt, ResultURL: s.resultURL(store.CallbackStatus, c.ResultToken), TimeoutURL: s.resultURL(store.CallbackStatusTimeout, c.TimeoutToken),
		Remarks: "Is this receipt ours",
	})
	if err == nil {
		return nil
	}
	s.log.Warn("receipt not asked about", "error", err)
	if e := asDaraja(err); e.Kind == mpesa.KindConfig {
		return s.store.ClaimToPerson(ctx, c)
	}
	return s.store.NoteDaraja(ctx, store.CallQuestion, !outage(err))
}

// resultURL is where M-PESA sends the answer to one request: its token is nobody else's.
func (s *Service) resultURL(kind store.CallbackKind, token string) string {
	return s.cfg.ResultURL + "/" + strings.ReplaceAll(string(kind), "_", "-") + "/" + token
}

// applyStatus makes of a result of Transaction Status what it says of the receipt.
func (s *Service) applyStatus(ctx context.Context, cb store.Callback) (store.Applied, error) {
	if cb.Kind == store.CallbackStatusTimeout {
		return s.store.ApplyStatus(ctx, cb, store.Transaction{NoAnswer: true})
	}
	result, readErr := mpesa.ParseResult(cb.Body)
	tr, whole := s.transaction(result)
	if readErr == nil && !whole {
		readErr = errNoTransaction
	}
	if readErr != nil {
		applied, err := s.unreadable(ctx, cb, store.Unread{}, readErr)
		if err == nil {
			s.warnUnread(cb, applied, whyUnread(readErr))
		}
		return applied, err
	}
	applied, err := s.store.ApplyStatus(ctx, cb, tr)
	if err == nil {
		s.warnVerdict("Transaction Status", result, applied)
	}
	return applied, err
}

// errNoTransaction is why the answer to a question about a receipt is not understood whole.
var errNoTransaction = errors.New("it does not say what has become of the payment, or of how much it is")

// transaction is what a result of Transaction Status says. It is not whole where M-PESA has answered, and what is
// missing in the answer, or cannot be read, is what makes it one: that is not known, and no other answer.
func (s *Service) transaction(r mpesa.AsyncResult) (_ store.Transaction, whole bool) {
	tr, ok := r.Transaction()
	if !ok {
		// Only these two speak of the receipt; all others, such as a wrong initiator, of the question.
		reason := r.Verdict().Reason
		other := reason != "no_such_receipt" && reason != "malformed"
		return store.Transaction{NoAnswer: other, Text: string(r.Code) + " " + r.Desc}, true
	}
	if tr.State == "" || tr.State == mpesa.StateCompleted && !tr.HasAmount {
		return store.Transaction{}, false
	}
	if tr.State == mpesa.StateInitiated || tr.State == mpesa.StateAuthorized { // it may still be completed
		return store.Transaction{NoAnswer: true, Text: string(tr.State)}, true
	}
	out := store.Transaction{
		Known: true, Completed: tr.State == mpesa.StateCompleted, Reversed: reversedState(tr.State), Receipt: tr.Receipt,
		ToUs: tr.Credit.Number != "" && (tr.Credit.Number == s.cfg.Shortcode || tr.Credit.Number == s.cfg.Till), Amount: store.Cents(tr.Amount), Phone: numberPattern(tr.Debit.Number),
		Text: string(tr.State) + ", to " + tr.Credit.Number,
	}
	if at := cmp.Or(tr.FinalisedAt, tr.InitiatedAt); !at.IsZero() {
		out.TransactedAt = store.At(at)
	}
	return out, true
}

// reversedState reports whether a payment has gone back. How M-PESA spells that is not established.
func reversedState(s mpesa.TransactionState) bool {
	return strings.Contains(strings.ToLower(string(s)), "revers")
}

// numberPattern is a number as M-PESA gives it, whole or with digits hidden, in the form that the books compare.
func numberPattern(text string) string {
	text = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '*' || r >= 'a' && r <= 'f' {
			return r
		}
		return -1
	}, strings.ToLower(text))
	if strings.HasPrefix(text, "0") && len(text) < 12 {
		text = "254" + text[1:]
	}
	return text
}
