package checkout

import (
	"context"
	"fmt"
	"time"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// applyC2B makes of a C2B confirmation what it says: a hint of money, never a ticket by itself.
func (s *Service) applyC2B(ctx context.Context, cb store.Callback) (store.Applied, error) {
	h, readable := hint(cb.Body)
	if !readable {
		return s.store.RejectCallback(ctx, cb, "unreadable")
	}
	return s.store.ApplyC2B(ctx, cb, h)
}

// hint reads a C2B confirmation.
func hint(body []byte) (h store.Hint, readable bool) {
	p, err := mpesa.ParseC2B(body)
	if err != nil || !p.HasAmount {
		return h, false
	}
	h = store.Hint{Receipt: p.Receipt, Amount: store.Cents(p.Amount), Phone: numberPattern(p.Phone), Account: p.BillReference, LearntBy: "c2b"}
	if p.HasTime {
		h.TransactedAt = store.At(p.TransactedAt)
	}
	return h, true
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
		for _, row := range got.Transactions {
			if !row.HasAmount {
				continue
			}
			h := store.Hint{Receipt: row.Receipt, Amount: store.Cents(row.Amount), Phone: numberPattern(row.Phone), Account: row.BillReference, LearntBy: "pull"}
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
