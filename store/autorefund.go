package store

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// What may go back by itself, without a person who asks for it.

// surelyDue keeps of money that is due back what may go back by itself: not what may be the same as a payment without a receipt,
// nor what M-PESA is being asked about, nor what may turn out to be the payment of a push that has no verdict yet.
func surelyDue(due []Payment, list func(rows any, query string, args ...any) error) ([]Payment, error) {
	var undecided []Payment
	if len(due) == 0 {
		return due, nil
	}
	var asked []string // receipts of which M-PESA has not said yet how much they are of
	err := list(&asked, `SELECT receipt FROM paid_check WHERE next_at IS NOT NULL`)
	if err != nil {
		return due, err
	}
	var pairs []Alike
	if err == nil {
		pairs, err = findAlike(list, "")
	}
	var shared []PaymentID // what M-PESA has named for two prompts: to whom it would go back nobody can tell
	if err == nil {
		err = list(&shared, `SELECT p.id FROM payment p WHERE p.doubt LIKE '`+DoubtShared+` %' AND NOT `+settledDoubt)
	}
	var doubted []TicketID // tickets paid with what M-PESA does not know: what is due back may be their money
	if err == nil {
		err = list(&doubted, `SELECT p.ticket_id FROM payment p WHERE p.state = 'applied' AND p.doubt <> '' AND p.doubt IN ('`+DoubtNoSuchReceipt+`', '`+DoubtPaidOthers+`') AND NOT `+settledDoubt)
	}
	if err == nil && slices.ContainsFunc(due, func(p Payment) bool { return p.PushID == 0 }) {
		err = list(&undecided, `SELECT phone, amount * 100 AS amount_cents, created_at, COALESCE(reference, '') AS account FROM push_request WHERE state IN ('sending', 'prompted', 'unknown', 'soft_failed')`)
	}
	return slices.DeleteFunc(due, func(p Payment) bool {
		return slices.Contains(asked, p.Receipt) || slices.Contains(shared, p.ID) ||
			p.TicketID != 0 && slices.Contains(doubted, p.TicketID) || perhapsOf(p, undecided) ||
			slices.ContainsFunc(pairs, func(a Alike) bool { return a.Payment == p.ID })
	}), err
}

// perhapsOf reports whether money that names no push may be that of one of these.
func perhapsOf(due Payment, pushes []Payment) bool {
	return due.PushID == 0 && slices.ContainsFunc(pushes, func(p Payment) bool {
		inTime := due.TransactedAt == 0 || due.TransactedAt > p.CreatedAt.Add(-time.Minute) && due.TransactedAt < p.CreatedAt.Add(echoWindow)
		return p.Amount == due.Amount && fits(due.Phone, p.Phone) && inTime && (due.Account == "" || p.Account == "" || due.Account == p.Account)
	})
}

// RefundsDue lists the payments that are due back, have a receipt and have no refund yet, oldest first, but for those of which it is
// not sure yet, such as while the receipt of another one is awaited.
func (s *Store) RefundsDue(ctx context.Context, limit int) ([]Payment, error) {
	var due []Payment
	err := s.list(ctx, &due, `SELECT `+paymentColumns+` FROM payment WHERE state = 'refund_due' AND receipt IS NOT NULL AND amount_cents > 0 AND amount_cents % 100 = 0
		AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.payment_id = payment.id) ORDER BY id`)
	if err == nil {
		due, err = surelyDue(due, func(rows any, query string, args ...any) error { return s.list(ctx, rows, query, args...) })
	}
	if err != nil {
		return nil, fmt.Errorf("look for refunds that are due: %w", err)
	}
	return due[:min(len(due), limit)], nil
}

// sureYet reports whether an automatic refund may still go out: a receipt may have come to be awaited since it was requested. It is
// looked at again in a minute where not.
func (s *Store) sureYet(ctx context.Context, r Refund) (sure bool, err error) {
	err = s.write(ctx, urgent, func(t *tx) error {
		have, err := t.payment(`id = $1`, r.PaymentID)
		if err != nil {
			return err
		}
		due, err := surelyDue([]Payment{have}, t.list)
		if sure = len(due) > 0; err != nil || sure {
			return err
		}
		return t.run(`UPDATE refund SET next_at = $1 WHERE id = $2 AND sent = 0 AND state = 'requested'`, t.now.Add(time.Minute), r.ID)
	})
	if err != nil {
		return false, fmt.Errorf("look whether a refund may go out: %w", err)
	}
	return sure, nil
}
