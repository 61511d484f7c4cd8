package checkout

import (
	"context"
	"errors"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// checksAtOnce is how many paid tickets are put in line for M-PESA to be asked about in one go.
const checksAtOnce = 300

func (s *Service) queueChecks(ctx context.Context) error {
	n, err := s.store.QueueChecks(ctx, checksAtOnce)
	if n > 0 {
		s.nudged()
	}
	return err
}

// checkNext asks M-PESA about the receipt of the next paid ticket whose money is to be looked after.
func (s *Service) checkNext(ctx context.Context, start func(func()) bool) error {
	if !s.cfg.Initiator {
		return nil
	}
	k, err := s.store.TakeCheck(ctx, s.cfg.QueryGap)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	start(func() { s.logged("check a paid ticket", func() error { return s.check(ctx, k) }) })
	return nil
}

func (s *Service) check(ctx context.Context, k store.PaidCheck) error {
	_, err := s.daraja.TransactionStatus(ctx, mpesa.StatusRequest{
		Receipt: k.Receipt, ResultURL: s.resultURL(store.CallbackStatus, k.ResultToken),
		TimeoutURL: s.resultURL(store.CallbackStatusTimeout, k.TimeoutToken),
		Remarks:    "Is this payment still there",
	})
	if err == nil {
		return nil
	}
	s.log.Warn("paid ticket not checked", "error", err)
	if outage(err) || asDaraja(err).Kind == mpesa.KindConfig {
		return s.store.RestChecks(ctx)
	}
	return nil
}
