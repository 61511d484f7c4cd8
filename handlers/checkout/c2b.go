package checkout

import (
	"context"
	"fmt"
	"time"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// applyC2B makes of a C2B confirmation what it says: a hint of money, never a ticket by itself.
func (s *Service) applyC2B(ctx context.Context, cb store.Callback) (applied store.Applied, err error) {
	h, why := hint(cb.Body)
	if h.Receipt != "" && h.Amount > 0 {
		return s.store.ApplyC2B(ctx, cb, h, store.Unread{})
	}
	u := store.Unread{
		Receipt: h.Receipt, Amount: h.Amount, Phone: h.Phone, Account: h.Account, TransactedAt: h.TransactedAt,
	}
	if h.Receipt == "" {
		applied, err = s.unreadable(ctx, cb, u, why)
	} else {
		applied, err = s.store.ApplyC2B(ctx, cb, h, legible(cb, u, why))
	}
	if err == nil {
		s.warnUnread(cb, applied, whyUnread(why))
	}
	return applied, err
}

// hint reads a C2B confirmation, as far as it can be read. The error is why that is not all of its money.
func hint(body []byte) (h store.Hint, why error) {
	p, why := mpesa.ParseC2B(body)
	h = store.Hint{Receipt: p.Receipt, Phone: numberPattern(p.Phone), Account: p.BillReference, LearntBy: "c2b"}
	if p.HasAmount {
		h.Amount = store.Cents(p.Amount)
	} else if why == nil {
		why = errNoAmount
	}
	if p.HasTime {
		h.TransactedAt = store.At(p.TransactedAt)
	}
	return h, why
}

// C2BURLs are where M-PESA is to send what is paid without a prompt: the confirmation, and the question before it, which is
// always answered with yes since money for something else is welcome too.
func (s *Service) C2BURLs(ctx context.Context) (confirmation, validation string, err error) {
	token, err := s.store.C2BToken(ctx)
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

// pull looks through M-PESA's own list of what came in for money whose push and callback were both lost.
func (s *Service) pull(ctx context.Context) error {
	now := s.cfg.Now()
	for offset, page := 0, 0; page < pullPages; page++ {
		got, err := s.daraja.PullTransactions(ctx, mpesa.PullQuery{From: now.Add(-pullBack), To: now, Offset: offset})
		if err != nil {
			return fmt.Errorf("pull transactions: %w", err)
		}
		if got.Unreadable > 0 {
			s.log.Warn("rows of M-PESA's own list could not be read: compare it in the M-PESA portal", "rows", got.Unreadable)
		}
		for _, row := range got.Transactions {
			h := store.Hint{Receipt: row.Receipt, Phone: numberPattern(row.Phone), Account: row.BillReference, LearntBy: "pull"}
			if row.HasAmount {
				h.Amount = store.Cents(row.Amount)
			}
			if row.HasTime {
				h.TransactedAt = store.At(row.TransactedAt)
			}
			if _, err := s.store.ApplyHint(ctx, h); err != nil {
				return err
			}
		}
		if len(got.Transactions) == 0 || got.NextOffset <= offset {
			return nil
		}
		offset = got.NextOffset
	}
	return nil
}
