package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Before a payment without a prompt M-PESA may ask whether to take it (validation), and afterwards it reports it
// (confirmation). Where the two addresses are swapped, the validation request is the only report of the payment.

// ConfirmationWait is how long after a validation request its confirmation may come.
const ConfirmationWait = 10 * time.Minute

// ApplyValidation stores the receipt of a validation request until [Money.Unconfirmed] lists it. A request without a
// receipt has nothing to look for.
func (s Money) ApplyValidation(ctx context.Context, cb Callback, u Unread) (ApplyResult, error) {
	return s.withCallback(ctx, cb, func(t *tx, _ string) (ApplyResult, error) {
		var listed int
		err := t.scan([]any{&listed}, `SELECT count(*) FROM unread WHERE callback_id = $1`, cb.ID)
		switch {
		case err != nil || u.Receipt == "":
			return ApplyResult{Outcome: OutcomeNoReceipt}, err
		case listed > 0: // the wait has ended
			return ApplyResult{Outcome: OutcomeUnreadable}, nil
		}
		return ApplyResult{Outcome: OutcomeValidation}, nil
	})
}

// Unconfirmed lists the validation requests whose wait for a confirmation has ended, oldest first.
func (s Money) Unconfirmed(ctx context.Context) ([]Callback, error) {
	var rows []callbackRow
	err := s.list(ctx, &rows, `SELECT id, kind, token, body, encoding FROM callback WHERE outcome = '`+string(OutcomeValidation)+`' AND received_at < $1 ORDER BY id LIMIT 500`,
		s.Now().Add(-ConfirmationWait))
	if err != nil {
		return nil, fmt.Errorf("look for payments without a confirmation: %w", err)
	}
	return callbacks(rows)
}

// EndValidation ends the wait for a payment's confirmation. Where it is missing, the request becomes an open item with
// its legible text, and M-PESA is asked about its receipt.
func (s Money) EndValidation(ctx context.Context, cb Callback, u Unread) (missing bool, err error) {
	err = s.write(ctx, urgent, func(t *tx) error {
		_, err := t.payment(`receipt = $1`, u.Receipt)
		missing = errors.Is(err, ErrNotFound)
		outcome := OutcomeConfirmed
		if missing {
			outcome = OutcomeUnreadable
			err = errors.Join(t.storeUnread(cb.ID, unreadRow{Unread: u}), t.askReceiptNow(u.Receipt))
		}
		if err != nil {
			return err
		}
		return t.run(`UPDATE callback SET outcome = $1, decided_at = $2 WHERE id = $3 AND outcome = '`+string(OutcomeValidation)+`'`, outcome, t.now, cb.ID)
	})
	if err != nil {
		return missing, fmt.Errorf("end the wait for a confirmation: %w", err)
	}
	return missing, nil
}

// StorePulled stores an unreadable row of Pull Transactions as a callback of its own kind, once. First reports whether
// it was new.
func (s Money) StorePulled(ctx context.Context, row []byte, u Unread) (first bool, err error) {
	sum := sha256.Sum256(row)
	token := hex.EncodeToString(sum[:])
	err = s.write(ctx, urgent, func(t *tx) error {
		id := CallbackID(s.ids.next(s.now()))
		body, encoding := encodeBody(row)
		n, err := t.exec(`INSERT INTO callback (id, kind, token, known, source, body, encoding, size, received_at, outcome, decided_at)
			VALUES ($1,$2,$3,1,'',$4,$5,$6,$7,$8,$7) ON CONFLICT (token) WHERE kind = 'pull' DO NOTHING`,
			id, CallbackPull, token, body, encoding, len(row), t.now, OutcomeUnreadable)
		if first = err == nil && n == 1; first {
			_, err = t.unreadMoney(id, u)
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("keep a row of M-PESA's list: %w", err)
	}
	return first, nil
}
