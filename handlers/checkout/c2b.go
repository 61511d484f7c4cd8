package checkout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// applyC2B applies a C2B confirmation: an incoming payment, never a ticket by itself.
func (s *Service) applyC2B(ctx context.Context, cb store.Callback) (applied store.ApplyResult, err error) {
	h, why := incomingPayment(cb.Body)
	if h.Receipt != "" && h.Amount > 0 {
		return s.store.Money().ApplyC2B(ctx, cb, h, store.Unread{})
	}
	u := unreadPayment(h)
	if h.Receipt == "" {
		applied, err = s.unreadable(ctx, cb, u, why)
	} else {
		applied, err = s.store.Money().ApplyC2B(ctx, cb, h, legible(cb, u, why))
	}
	if err == nil {
		s.warnUnread(cb, applied, why)
	}
	return applied, err
}

// incomingPayment reads a C2B confirmation as far as possible. Why is set where the payment is not completely legible.
func incomingPayment(body []byte) (h store.IncomingPayment, why notRead) {
	p, err := mpesa.ParseC2B(body)
	if err != nil {
		why = unparsed(err)
	}
	h = store.IncomingPayment{
		Receipt: p.Receipt, Phone: store.ParsePattern(p.Phone), Account: p.BillReference, LearntBy: "c2b",
	}
	if p.HasAmount {
		h.Amount = store.Cents(p.Amount)
	} else if err == nil {
		why.why = store.UnreadNoAmount
	}
	if p.HasTime {
		h.TransactedAt = store.At(p.TransactedAt)
	}
	return h, why
}

// C2BURLs are the addresses that M-PESA sends C2B reports to: the confirmation, and the validation request before it.
// Validation always accepts, since payments for something else are welcome too.
func (s *Service) C2BURLs(ctx context.Context) (confirmation, validation string, err error) {
	token, err := s.store.Money().C2BToken(ctx)
	if err != nil {
		return "", "", err
	}
	return s.cfg.ResultURL + "/paid/" + token, s.cfg.ResultURL + "/check/" + token, nil
}

const (
	pullEvery = 10 * time.Minute
	// pullBack is how far back Pull Transactions reaches (documented by Safaricom).
	pullBack  = 48 * time.Hour
	pullPages = 50
)

// pull searches Pull Transactions for payments whose push and callback were both lost.
func (s *Service) pull(ctx context.Context) error {
	now := s.cfg.Now()
	for offset, page := 0, 0; page < pullPages; page++ {
		got, err := s.daraja.PullTransactions(ctx, mpesa.PullQuery{From: now.Add(-pullBack), To: now, Offset: offset})
		if err != nil {
			return fmt.Errorf("pull transactions: %w", err)
		}
		rows := got.Transactions
		for _, raw := range got.Unreadable {
			rows = append(rows, mpesa.PulledTransaction{Raw: raw})
		}
		for _, row := range rows {
			if err := s.pulled(ctx, row); err != nil {
				return err
			}
		}
		if got.NextOffset <= offset { // an empty page is the last
			return nil
		}
		offset = got.NextOffset
	}
	return nil
}

// pulled applies one row of Pull Transactions. A row without a receipt is stored for the operator.
func (s *Service) pulled(ctx context.Context, row mpesa.PulledTransaction) error {
	h := pulledPayment(row)
	if h.Receipt != "" {
		_, err := s.store.Money().ApplyIncoming(ctx, h)
		return err
	}
	cb := store.Callback{Kind: store.CallbackPull, Body: row.Raw}
	first, err := s.store.Money().StorePulled(ctx, row.Raw,
		legible(cb, unreadPayment(h), notRead{why: store.UnreadNoReceipt}))
	if err == nil && first {
		s.warnUnread(cb, store.ApplyResult{}, notRead{why: store.UnreadNoReceipt})
	}
	return err
}

// applyPulled applies a stored row of Pull Transactions again.
func (s *Service) applyPulled(ctx context.Context, cb store.Callback) (store.ApplyResult, error) {
	h := pulledPayment(mpesa.ParsePulled(cb.Body))
	if h.Receipt == "" {
		return s.unreadable(ctx, cb, unreadPayment(h), notRead{why: store.UnreadNoReceipt})
	}
	return s.store.Money().ApplyC2B(ctx, cb, h, legible(cb, unreadPayment(h), notRead{why: store.UnreadNoAmount}))
}

func pulledPayment(row mpesa.PulledTransaction) store.IncomingPayment {
	h := store.IncomingPayment{
		Receipt: row.Receipt, Phone: store.ParsePattern(row.Phone), Account: row.BillReference, LearntBy: "pull",
	}
	if row.HasAmount {
		h.Amount = store.Cents(row.Amount)
	}
	if row.HasTime {
		h.TransactedAt = store.At(row.TransactedAt)
	}
	return h
}

// unreadPayment is an incoming payment, as stored where it was not understood.
func unreadPayment(h store.IncomingPayment) store.Unread {
	return store.Unread{
		Receipt: h.Receipt, Amount: h.Amount, Phone: h.Phone, Account: h.Account, TransactedAt: h.TransactedAt,
	}
}

// applyValidation stores a validation request until its confirmation comes.
func (s *Service) applyValidation(ctx context.Context, cb store.Callback) (store.ApplyResult, error) {
	h, _ := incomingPayment(cb.Body)
	return s.store.Money().ApplyValidation(ctx, cb, unreadPayment(h))
}

// endValidations lists the validation requests whose confirmations did not come.
func (s *Service) endValidations(ctx context.Context) error {
	cbs, err := s.store.Money().Unconfirmed(ctx)
	for _, cb := range cbs {
		h, _ := incomingPayment(cb.Body)
		missing, endErr := s.store.Money().EndValidation(ctx, cb, legible(cb, unreadPayment(h),
			notRead{why: store.UnreadUnconfirmed}))
		if err = errors.Join(err, endErr); endErr == nil && missing {
			s.warnUnread(cb, store.ApplyResult{}, notRead{why: store.UnreadUnconfirmed})
		}
	}
	return err
}
