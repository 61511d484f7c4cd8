package checkout

import (
	"context"
	"errors"
	"time"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

const (
	// pushTimeout bounds the call to Daraja, independently of the request: a customer who leaves must not cut it short.
	pushTimeout = 30 * time.Second
	// recordTries is how often storing a push's answer is tried while the books fail. After that the next start
	// resolves the push.
	recordTries = 5
)

type answer struct {
	push mpesa.PushAnswer
	err  *mpesa.Error
}

// send sends a stored push and waits up to answerWait until its answer is stored.
func (s *Service) send(ctx context.Context, p store.PushOrder, done func()) (BookingResult, error) {
	recorded := make(chan answer, 1)
	go func() {
		defer done()
		recorded <- s.push(context.WithoutCancel(ctx), p)
	}()
	wait := time.NewTimer(answerWait)
	defer wait.Stop()
	var out BookingResult
	select {
	case a := <-recorded:
		out.Answer = a.push
		out.Answered = a.err == nil
		if a.err != nil && refused(a.err) {
			out.Answered, out.Refused = true, a.err
		}
	case <-wait.C:
	case <-ctx.Done():
	}
	return s.placed(context.WithoutCancel(ctx), p.Secret, out)
}

// push calls Daraja and stores its answer.
func (s *Service) push(ctx context.Context, p store.PushOrder) answer {
	call, cancel := context.WithTimeout(ctx, pushTimeout)
	defer cancel()
	answered := s.watch()
	got, err := s.daraja.STKPush(call, mpesa.Push{
		Amount: int64(p.Amount), Phone: mpesa.MSISDN(p.Phone), CallbackURL: s.cfg.CallbackURL + "/" + p.CallbackToken,
		Reference: p.Reference, Description: s.cfg.Description,
	})
	counted := answered()
	out := answer{push: got}
	rec := store.Answer{
		CheckoutRequestID: got.CheckoutRequestID, MerchantRequestID: got.MerchantRequestID,
		Text: got.ResponseDescription,
	}
	if err != nil {
		out.err = asDaraja(err)
		rec = store.Answer{
			Kind: store.Ambiguous, Code: out.err.Code, Text: out.err.Message, Reason: refusalReason(out.err),
			CheckoutRequestID: out.err.CheckoutRequestID, MerchantRequestID: out.err.MerchantRequestID,
		}
		if refused(out.err) {
			rec.Kind = store.Refused
		}
		s.log.Warn("push not accepted", "ticket", p.Code, "phone", mpesa.MSISDN(p.Phone).Masked(), "kind", out.err.Kind,
			"status", out.err.HTTPStatus, "code", out.err.Code, "error", out.err,
			"means", s.cfg.Means(out.err))
	}
	s.record(ctx, p, rec)
	s.wakeLoop()
	if out.err != nil && out.err.Kind == mpesa.KindBusy && !out.err.Locked {
		s.logged("let pushes go first", func() error { return s.store.Jobs().YieldToPushes(ctx) })
	}
	if failed := outage(err); !locked(out.err) && !(failed && counted) {
		s.logged("note how Daraja answers", func() error {
			return s.store.Jobs().ReportCall(ctx, store.CallPush, !failed)
		})
	}
	return out
}

// slowAfter is how long a push may wait for its answer before the circuit breaker counts it as failed: where Daraja
// hangs, not all seats may be held before the first call times out.
const slowAfter = 10 * time.Second

// watch counts a push as failed once it is slow. Answered, which must be called, stops that and reports whether the
// push was counted.
func (s *Service) watch() (answered func() bool) {
	came, counted := make(chan struct{}), make(chan bool, 1)
	go func() {
		timer := time.NewTimer(slowAfter)
		defer timer.Stop()
		select {
		case <-came:
			counted <- false
		case <-timer.C:
			s.logged("note how Daraja answers",
				func() error { return s.store.Jobs().ReportCall(context.Background(), store.CallPush, false) })
			counted <- true
		}
	}()
	return func() bool { close(came); return <-counted }
}

// locked reports whether a push was refused for the state of that one phone, which proves nothing about others.
func locked(e *mpesa.Error) bool { return e != nil && e.Locked }

// record stores the answer. It retries while the books fail. After that the push stays as it is and becomes unknown by
// itself, which is true.
func (s *Service) record(ctx context.Context, p store.PushOrder, a store.Answer) {
	delay := 100 * time.Millisecond
	for try := 1; ; try++ {
		err := s.store.Tickets().RecordAnswer(ctx, p, a)
		if err == nil {
			return
		}
		if errors.Is(err, store.ErrIDOfAnother) {
			s.log.Warn(
				"Daraja has named the CheckoutRequestID of another prompt: only the callback reports what became of "+
					"this one",
				"ticket", p.Code)
			return
		}
		if try == recordTries {
			s.log.Error("push answer not recorded", "ticket", p.Code, "error", err)
			return
		}
		timer := time.NewTimer(delay)
		<-timer.C
		delay *= 3
	}
}

func asDaraja(err error) *mpesa.Error {
	if e, is := errors.AsType[*mpesa.Error](err); is {
		return e
	}
	return &mpesa.Error{Kind: mpesa.KindAmbiguous, Message: err.Error(), Err: err}
}

// refused reports whether it is certain that no prompt went out.
func refused(e *mpesa.Error) bool {
	switch e.Kind {
	case mpesa.KindRefused, mpesa.KindBusy, mpesa.KindConfig, mpesa.KindToken:
		return true
	case mpesa.KindAmbiguous, mpesa.KindNoAnswer:
	}
	return false
}

// loginRefused reports whether Daraja refused a log-in: wrong credentials have no more detail than the status.
func loginRefused(e *mpesa.Error) bool { return e.HTTPStatus == 400 || e.HTTPStatus == 401 }

func refusalReason(e *mpesa.Error) store.FailureReason {
	switch {
	case e.Locked:
		return store.FailurePhoneLocked
	case e.Kind == mpesa.KindBusy, e.Kind == mpesa.KindToken && e.Outage() && !loginRefused(e):
		return store.FailureMpesaBusy
	case e.Kind == mpesa.KindConfig, e.Kind == mpesa.KindToken:
		return store.FailureConfig
	}
	return store.FailureRefused
}
