package checkout

import (
	"context"
	"strings"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// notRead is why a callback was not understood completely, and the detail of that, in words that may be shown and
// logged.
type notRead struct {
	why    store.UnreadReason
	detail string
}

// unparsed is package mpesa's error for an unreadable body.
func unparsed(err error) notRead {
	detail := err.Error()
	if _, inner, is := strings.Cut(detail, mpesa.ErrUnreadable.Error()+": "); is {
		detail = inner
	}
	return notRead{store.UnreadUnparsed, mpesa.MaskDigits(detail)}
}

// unreadable stores an unreadable callback with what is legible in it.
func (s *Service) unreadable(ctx context.Context, cb store.Callback, u store.Unread, why notRead) (store.ApplyResult,
	error) {
	return s.store.Money().StoreUnread(ctx, cb, legible(cb, u, why))
}

// keepUnread is unreadable, with a warning to the operator.
func (s *Service) keepUnread(ctx context.Context, cb store.Callback, u store.Unread, why notRead) (store.ApplyResult,
	error) {
	applied, err := s.unreadable(ctx, cb, u, why)
	if err == nil {
		s.warnUnread(cb, applied, why)
	}
	return applied, err
}

// legible adds to what was read of a callback its text, and why that is incomplete.
func legible(cb store.Callback, u store.Unread, why notRead) store.Unread {
	u.Why, u.Detail, u.Legible = why.why, why.detail, mpesa.Legible(cb.Body)
	return u
}

// unreadSTK is what is legible of an unreadable verdict on a push.
func unreadSTK(cb mpesa.Callback) store.Unread {
	u := store.Unread{
		CheckoutRequestID: cb.CheckoutRequestID, MerchantRequestID: cb.MerchantRequestID,
		Receipt: cb.Receipt, Phone: store.ParsePattern(cb.Phone),
	}
	if cb.HasAmount {
		u.Amount = store.Cents(cb.Amount)
	}
	if cb.HasTime {
		u.TransactedAt = store.At(cb.TransactedAt)
	}
	return u
}

// warnUnread warns the operator of a callback that was not understood completely. The list of open items has the rest.
func (s *Service) warnUnread(cb store.Callback, applied store.ApplyResult, why notRead) {
	s.log.Warn("callback not understood whole: see cinemasphere payments",
		"kind", cb.Kind, "ticket", applied.Code, "reason", why.why, "text", why.detail)
}

// readAgain reads those callbacks again that were not understood completely, since this program may understand more
// than the previous one.
func (s *Service) readAgain(ctx context.Context) error {
	cbs, err := s.store.Money().UnreadCallbacks(ctx)
	for _, cb := range cbs {
		s.logged("read a callback again", func() error { return s.applyCallback(ctx, cb) })
	}
	return err
}
