package checkout

import (
	"cmp"
	"context"
	"fmt"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// MaxCallback is how many bytes of a callback's body are stored; Safaricom's are under 1 KB.
const MaxCallback = 64 << 10

// Kind is what a callback reports on.
type Kind = store.CallbackKind

// STK is the kind of a verdict on a push.
const STK = store.CallbackSTK

// Validation is the kind of a validation request before a payment without a prompt.
const Validation = store.CallbackValidation

// Delivery is a callback as received. Size is the body's full length where it is known to be longer.
type Delivery struct {
	Kind          Kind // "" is a verdict on a push
	Token, Source string
	Body          []byte
	Size          int64
}

// Receive stores a callback and returns once it is durable; the callback is applied right after. Known reports whether
// its token is one of ours. An error means that the callback may not be stored: the caller must not acknowledge it.
func (s *Service) Receive(ctx context.Context, d Delivery) (known bool, err error) {
	body := d.Body[:min(len(d.Body), MaxCallback)]
	kind := cmp.Or(d.Kind, store.CallbackSTK)
	// The sender may hang up once it has sent; the callback must be stored all the same.
	ctx = context.WithoutCancel(ctx)
	kept, known, err := s.store.Money().StoreCallback(ctx, store.NewCallback{
		Kind: kind, Token: d.Token, Source: d.Source, Body: body, Size: max(d.Size, int64(len(d.Body))),
	})
	if err != nil || !known {
		return known, err
	}
	select {
	case s.apply <- kept:
	default: // the sweep applies the rest
	}
	return true, nil
}

// WarnWrongMethod warns the operator of a request to a callback address that is no POST, and so not M-PESA's.
func (s *Service) WarnWrongMethod(ctx context.Context, method, token string) {
	if kind, err := s.store.Money().TokenKind(ctx, token); err == nil {
		s.log.Warn("a request with the token of a callback was not a POST, and was not kept", "kind", kind, "method",
			method)
	}
}

// applyCallback applies a stored callback.
func (s *Service) applyCallback(ctx context.Context, cb store.Callback) error {
	var applied store.ApplyResult
	var err error
	switch cb.Kind {
	case store.CallbackSTK:
		applied, err = s.applySTK(ctx, cb)
	case store.CallbackStatus, store.CallbackStatusTimeout:
		applied, err = s.applyStatus(ctx, cb)
	case store.CallbackReversal, store.CallbackReversalTimeout:
		applied, err = s.applyReversal(ctx, cb)
	case store.CallbackC2B:
		applied, err = s.applyC2B(ctx, cb)
	case store.CallbackValidation:
		applied, err = s.applyValidation(ctx, cb)
	case store.CallbackPull:
		applied, err = s.applyPulled(ctx, cb)
	default:
		applied, err = s.store.Money().RejectCallback(ctx, cb, store.OutcomeOtherKind)
	}
	if err != nil {
		return fmt.Errorf("callback %d: %w", cb.ID, err)
	}
	s.log.Info("callback applied", "kind", cb.Kind, "ticket", applied.Code, "outcome", applied.Outcome,
		"reason", cmp.Or(string(applied.Reason), string(applied.Doubt)))
	s.wakeLoop()
	return nil
}

// applySTK applies a verdict on a push.
func (s *Service) applySTK(ctx context.Context, cb store.Callback) (store.ApplyResult, error) {
	got, readErr := mpesa.ParseCallback(cb.Body)
	if readErr != nil {
		return s.keepUnread(ctx, cb, unreadSTK(got), unparsed(readErr))
	}
	v := verdict(got)
	v.Legible = func() string { return mpesa.Legible(cb.Body) }
	applied, err := s.store.Money().ApplyCallback(ctx, cb, v)
	if err == nil && applied.Outcome.NotUnderstood() {
		s.warnUnread(cb, applied, notRead{detail: string(applied.Outcome)})
	}
	if err == nil {
		s.warnResult(got.Code, got.Desc, applied)
	}
	return applied, err
}

// verdict is what a callback reports, by its result code alone.
func verdict(cb mpesa.Callback) store.Verdict {
	result := mpesa.Classify(cb.Code)
	v := store.Verdict{
		LearntBy: "callback", CheckoutRequestID: cb.CheckoutRequestID, MerchantRequestID: cb.MerchantRequestID,
		Code: string(cb.Code), Text: cb.Desc, Reason: store.FailureReason(result.Reason), Receipt: cb.Receipt,
		Phone: store.ParsePattern(cb.Phone), OddReceipt: mpesa.MaskDigits(cb.OddReceipt),
		Said: mpesa.ShownAnswer(cb.Code, cb.Desc),
	}
	if cb.HasAmount {
		amount := store.Cents(cb.Amount)
		v.Amount = &amount
	}
	if cb.HasTime {
		v.TransactedAt = store.At(cb.TransactedAt)
	}
	v.Class = verdictClass(result.Class)
	return v
}
