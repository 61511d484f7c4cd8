package checkout

import (
	"context"
	"errors"
	"sync"
	"time"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

const (
	defaultQueryGap = 500 * time.Millisecond
	// defaultLookEvery is the longest pause before due work is looked for again, such as what another process has
	// written.
	defaultLookEvery = 5 * time.Second
	// atOnce is how soon after a write its consequences are looked at.
	atOnce = time.Second
	// asking is how many calls to Daraja may be under way that no customer waits for.
	asking = 8
)

// dueLoop does due work on time until ctx ends.
func (s *Service) dueLoop(ctx context.Context) {
	slots := make(chan struct{}, asking)
	var all sync.WaitGroup
	defer all.Wait()
	work := context.WithoutCancel(ctx)
	start := func(do func()) bool {
		select {
		case slots <- struct{}{}:
		default:
			return false
		}
		all.Go(func() {
			defer func() { <-slots }()
			do()
			s.wakeLoop()
		})
		return true
	}
	for kinds := s.kinds(); s.waitDue(ctx); kinds = append(kinds[1:], kinds[0]) { // each kind goes first by turns
		s.leased(work, "holds", func() error { _, err := s.store.Tickets().EndHolds(work); return err })
		s.logged("ask M-PESA", func() error { return s.askNext(work, kinds, start) })
	}
}

// kinds are the questions that can be sent: all but push queries need an initiator.
func (s *Service) kinds() []store.QuestionKind {
	if !s.cfg.Initiator {
		return []store.QuestionKind{store.PushQuery}
	}
	return []store.QuestionKind{store.PushQuery, store.TransactionStatus, store.Reversal}
}

// waitDue waits until work is due. It returns false once ctx has ended.
func (s *Service) waitDue(ctx context.Context) bool {
	kinds := append(s.kinds(), store.TransactionStatus) // left to the operator where it cannot be sent
	for soon := true; ; soon = false {
		due, err := s.store.Jobs().NextDue(context.WithoutCancel(ctx), kinds...)
		s.logged("look for what is due", func() error { return err })
		wait := s.cfg.LookEvery
		if err == nil && due != 0 {
			wait = min(wait, due.Time().Sub(s.store.Now().Time()))
		}
		if soon {
			wait = max(wait, s.cfg.QueryGap) // work that was due a moment ago is done, or not to be done yet
		}
		if wait > 0 && !s.wait(ctx, wait) {
			return false
		}
		if ctx.Err() != nil {
			return false
		}
		if due != 0 && due <= s.store.Now() {
			return true
		}
	}
}

// wait waits that long, or until something is written. It returns false once ctx has ended.
func (s *Service) wait(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	wake := s.wake
	for {
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
			return true
		case <-wake:
			wake = nil
			if wait > atOnce {
				timer.Reset(atOnce)
			}
		}
	}
}

// wakeLoop makes the loop look again soon.
func (s *Service) wakeLoop() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// askNext sends the next due question of these kinds, if any. Without an initiator, receipts are left to the operator.
func (s *Service) askNext(ctx context.Context, kinds []store.QuestionKind, start func(func()) bool) error {
	if !s.cfg.Initiator {
		if err := s.store.Money().EndReceipts(ctx); err != nil {
			return err
		}
	}
	q, err := s.store.Jobs().TakeQuestion(ctx, s.cfg.QueryGap, kinds...)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrGivenOver) {
		return nil
	}
	if err != nil {
		return err
	}
	// Where too many calls are under way the lease simply expires.
	start(func() {
		switch q.Kind {
		case store.PushQuery:
			s.logged("ask about a push", func() error { return s.askPush(ctx, q) })
		case store.TransactionStatus:
			s.logged("ask about a receipt", func() error { return s.askReceipt(ctx, q) })
		case store.Reversal:
			s.logged("send a refund", func() error { return s.reverse(ctx, q) })
		}
	})
	return nil
}

// askPush sends a push query and applies its answer as it would a callback.
func (s *Service) askPush(ctx context.Context, q store.Question) error {
	got, err := s.daraja.STKQuery(ctx, q.CheckoutRequestID)
	v := store.Verdict{
		Class: store.Unclear, LearntBy: "query", CheckoutRequestID: q.CheckoutRequestID,
		MerchantRequestID: got.MerchantRequestID,
	}
	if err == nil {
		result := mpesa.Classify(got.ResultCode)
		v.Class, v.Code, v.Text, v.Reason = verdictClass(got.Class), string(got.ResultCode), got.ResultDesc,
			store.FailureReason(result.Reason)
	} else {
		v.Text = s.queryText(err)
		s.log.Warn("query not answered", "ticket", q.Code, "error", err)
	}
	applied, applyErr := s.store.Money().ApplyQuery(ctx, store.PushID(q.ID), v)
	if applyErr == nil && v.Class != store.Unclear {
		s.log.Info("query applied", "ticket", q.Code, "outcome", applied.Outcome)
		s.warnResult(got.ResultCode, got.ResultDesc, applied)
	}
	return errors.Join(applyErr, s.store.Jobs().ReportCall(ctx, store.CallQuestion, !outage(err)))
}

// queryText is M-PESA's answer to a push query, where it is no verdict; "" where there was no answer.
func (s *Service) queryText(err error) string {
	e := asDaraja(err)
	switch body := mpesa.Legible(e.Body); {
	case e.Code != "":
		return mpesa.ShownAnswer(mpesa.Code(e.Code), e.Message)
	case body != "":
		return mpesa.Shown(e.Message) + ": " + mpesa.Shown(body)
	}
	return ""
}

func verdictClass(c mpesa.Class) store.VerdictClass {
	switch c {
	case mpesa.ClassPaid:
		return store.Success
	case mpesa.ClassFinalFailure:
		return store.FinalFailure
	case mpesa.ClassSoftFailure:
		return store.SoftFailure
	case mpesa.ClassUnknown:
		return store.UnknownCode
	case mpesa.ClassPending:
	}
	return store.Unclear
}

// outage reports whether a call failed because Daraja or the network before it is down: several in a row mean that
// prompts do not go out.
func outage(err error) bool { return err != nil && asDaraja(err).Outage() }
