package checkout

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"cinemasphere/store"
)

const (
	defaultCallbackEvery = 10 * time.Second
	sweepAfter           = 3 // in units of the wait for callbacks without an outcome
	checkEvery           = 5 * time.Minute
	// maskEvery is how often it is looked whose time is over: a promise of months needs no hurry.
	maskEvery = time.Hour
	// answerLost is when a push that still counts as being sent has lost its process.
	answerLost = 2 * pushTimeout
)

// Start resolves what a process that died left behind: pushes that it was sending become unknown. Alone on its books,
// nothing may be sending when it runs; beside others it leaves their pushes alone.
func (s *Service) Start(ctx context.Context) error {
	before := s.store.Now() + 1
	if s.store.Shared() {
		before = before.Add(-answerLost)
	}
	n, err := s.store.Tickets().RecoverSending(ctx, before)
	if err != nil {
		return err
	}
	if n > 0 {
		s.log.Warn("pushes whose answer was lost with the last process are unknown now", "pushes", n)
	}
	if s.store.Shared() {
		return nil
	}
	if err := s.readAgain(ctx); err != nil {
		return err
	}
	return s.applyOpen(ctx, s.store.Now()+1)
}

// Run applies callbacks as they come and does due work until ctx ends: it ends holds, asks M-PESA about pushes without
// a verdict, confirms receipts, sends refunds and checks paid tickets. Work under way is finished.
func (s *Service) Run(ctx context.Context) error {
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() { s.applyLoop(ctx) })
	all.Go(func() { s.dueLoop(ctx) })
	all.Go(func() { s.logged("read who has booked", func() error { return s.store.Tickets().ReadNames(ctx) }) })
	callbacks, sweep, pull := time.NewTicker(s.cfg.CallbackEvery), time.NewTicker(sweepAfter*s.cfg.CallbackEvery),
		time.NewTicker(pullEvery)
	check := time.NewTicker(checkEvery)
	mask := time.NewTicker(maskEvery)
	defer mask.Stop()
	defer check.Stop()
	defer pull.Stop()
	defer callbacks.Stop()
	defer sweep.Stop()
	work := context.WithoutCancel(ctx)
	read := !s.store.Shared() // Start has already read the callbacks again that were not understood
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-callbacks.C:
			s.leased(work, "callbacks", func() error {
				if !read {
					if err := s.readAgain(work); err != nil {
						return err
					}
					read = true
				}
				return s.applyOpen(work, s.store.Now().Add(-s.cfg.CallbackEvery))
			})
			if s.AutoRefund() {
				s.leased(work, "automatic refunds", func() error { return s.requestDue(work) })
			}
		case <-pull.C:
			if s.cfg.Pull {
				s.leased(work, "pull", func() error { return s.pull(work) })
			}
		case <-check.C:
			s.leased(work, "forget who booked", func() error {
				_, err := s.store.Tickets().ForgetClients(work)
				return err
			})
			if s.cfg.Initiator && s.cfg.CheckPaid {
				s.leased(work, "checks of paid tickets", func() error { return s.queueChecks(work) })
			}
		case <-mask.C:
			s.leased(work, "mask customers", func() error { return s.mask(work) })
		case <-sweep.C:
			s.leased(work, "sweep", func() error { return errors.Join(s.sweep(work), s.endValidations(work)) })
		}
	}
}

// mask masks the customers whose time is over. Where they are kept for ever, only who was erased at their own wish is.
func (s *Service) mask(ctx context.Context) (err error) {
	var out store.Masked
	if s.cfg.KeepCustomers > 0 {
		before := store.At(s.store.Now().Time().AddDate(0, -s.cfg.KeepCustomers, 0))
		out, err = s.store.Tickets().MaskBefore(ctx, before)
	} else {
		out, err = s.store.Tickets().MaskAgain(ctx)
	}
	if err == nil && (out.Tickets > 0 || out.Bodies > 0) {
		s.log.Info("customers are masked, since their time is over", "tickets", out.Tickets, "reports", out.Bodies,
			"kept", len(out.Kept))
	}
	return err
}

// leaseTime is how long a dead process keeps the others from its work.
const leaseTime = 15 * time.Second

// leased does work that one process at a time does.
func (s *Service) leased(ctx context.Context, name string, do func() error) {
	mine, err := s.store.Jobs().Lease(ctx, name, s.cfg.Name, leaseTime)
	if err == nil && mine {
		err = do()
	}
	s.logged(name, func() error { return err })
}

// applyWorkers is how many callbacks are applied at once: enough for the writer to group them into one commit.
const applyWorkers = 64

// applyLoop applies callbacks as they are received, and at the end those that still wait.
func (s *Service) applyLoop(ctx context.Context) {
	slots := make(chan struct{}, applyWorkers)
	work := context.WithoutCancel(ctx)
	one := func(cb store.Callback) {
		slots <- struct{}{}
		go func() {
			defer func() { <-slots }()
			s.logged("apply callback", func() error { return s.applyCallback(work, cb) })
		}()
	}
	for {
		select {
		case cb := <-s.apply:
			one(cb)
			continue
		default:
		}
		select {
		case cb := <-s.apply:
			one(cb)
		case <-ctx.Done():
			for range applyWorkers {
				slots <- struct{}{}
			}
			return
		}
	}
}

// applyOpen applies stored callbacks without an outcome: those of a process that died, or that found the books failing.
func (s *Service) applyOpen(ctx context.Context, before store.Instant) error {
	for {
		cbs, err := s.store.Money().OpenCallbacks(ctx, before, 500)
		if err != nil || len(cbs) == 0 {
			return err
		}
		applied := 0
		for _, cb := range cbs {
			// A callback that cannot be applied must not delay the others.
			s.logged("apply callback", func() error {
				err := s.applyCallback(ctx, cb)
				if err == nil {
					applied++
				}
				return err
			})
		}
		if applied == 0 {
			return nil
		}
	}
}

func (s *Service) sweep(ctx context.Context) error {
	if _, err := s.store.Tickets().RecoverSending(ctx, s.store.Now().Add(-answerLost)); err != nil {
		return err
	}
	return s.store.Jobs().Sweep(ctx)
}

func (s *Service) logged(what string, do func() error) {
	if err := do(); err != nil {
		s.log.Error(what, "error", fmt.Errorf("%s: %w", what, err))
	}
}
