package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	// checkBefore is how long before a film M-PESA is asked whether what its tickets were paid with is still there.
	checkBefore = time.Hour
	// checkAfter is how long after it M-PESA is asked once more, and checkUntil when that is no longer made up for.
	checkAfter = 24 * time.Hour
	checkUntil = 72 * time.Hour
	// checkAsks is how often M-PESA is asked in a round where it does not answer, in an hour and a half.
	checkAsks = 12
	checkWait = time.Minute // before it is asked for the second time, and twice as long each time after that, up to
	checkMost = 10 * time.Minute
)

// PaidCheck is a question about the receipt of a paid ticket: whether the money is still there.
type PaidCheck struct {
	Receipt      string `db:"receipt"`
	ResultToken  string `db:"result_token"`  // the last segment of its ResultURL
	TimeoutToken string `db:"timeout_token"` // and of its time-out URL
	Sent         int    `db:"sent"`
	Applied      int    `db:"applied"` // 0 where the receipt pays for no ticket any more
}

const checksDue = `SELECT p.receipt, t.id AS ticket, CASE WHEN s.starts_at <= $3 THEN 2 ELSE 1 END AS round FROM screening s JOIN ticket t ON t.screening_id = s.id
	JOIN payment p ON p.ticket_id = t.id LEFT JOIN paid_check k ON k.receipt = p.receipt
	WHERE s.starts_at > $1 AND s.starts_at <= $2 AND p.state = 'applied' AND p.receipt IS NOT NULL
	AND (k.receipt IS NULL OR k.ticket_id <> t.id OR k.round < CASE WHEN s.starts_at <= $3 THEN 2 ELSE 1 END) ORDER BY round, s.starts_at, p.id LIMIT $4`

// QueueChecks has M-PESA asked about the receipts of paid tickets whose film is about to begin, or was a day ago, once for each of
// the two, and returns how many there were: at most the limit, those of films that are still to begin first.
func (s *Store) QueueChecks(ctx context.Context, limit int) (int, error) {
	var due []struct {
		Receipt string
		Ticket  TicketID
		Round   int
	}
	now := s.Now()
	err := s.list(ctx, &due, checksDue, now.Add(-checkUntil), now.Add(checkBefore), now.Add(-checkAfter), limit)
	if err == nil && len(due) > 0 {
		err = s.write(ctx, urgent, func(t *tx) error {
			for _, d := range due {
				if err := t.queueCheck(d.Receipt, d.Ticket, d.Round); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		return 0, fmt.Errorf("look for paid tickets to check: %w", err)
	}
	return len(due), nil
}

func (t *tx) queueCheck(receipt string, ticket TicketID, round int) error {
	return t.run(`INSERT INTO paid_check (receipt, ticket_id, round, result_token, timeout_token, sent, next_at, result_text, created_at, updated_at)
		VALUES ($1,$2,$3,$4,$5,0,$6,'',$6,$6) ON CONFLICT (receipt) DO UPDATE SET ticket_id = excluded.ticket_id, round = excluded.round, sent = 0, next_at = excluded.next_at,
		updated_at = excluded.updated_at WHERE paid_check.round < excluded.round OR paid_check.ticket_id <> excluded.ticket_id OR excluded.ticket_id = 0`, receipt, ticket, round, newSecret(), newSecret(), t.now)
}

// checkSoon has M-PESA asked about a receipt that a person has accepted, or that is due back: whether it knows it, and of how much and when it
// was.
func (t *tx) checkSoon(receipt string) error {
	if receipt == "" {
		return nil
	}
	return t.queueCheck(receipt, 0, 1)
}

// nothingElse is that no push, claimed receipt or refund waits for its turn: nobody waits for a check.
const nothingElse = `NOT EXISTS (SELECT 1 FROM push_request WHERE next_query_at <= $1 AND lease_until <= $1 AND checkout_request_id IS NOT NULL)
	AND NOT EXISTS (SELECT 1 FROM claim WHERE next_at <= $1 AND lease_until <= $1)
	AND NOT EXISTS (SELECT 1 FROM refund r JOIN payment y ON y.id = r.payment_id WHERE r.next_at <= $1 AND r.lease_until <= $1 AND y.receipt IS NOT NULL)`

// TakeCheck takes the paid ticket's receipt that M-PESA is to be asked about next, and counts it as asked about. Nobody else gets
// it until it is asked about again. It keeps the pace of [Store.ClaimQuery], after all that somebody waits for. ErrNotFound means
// that nothing is due, or that it is too early.
func (s *Store) TakeCheck(ctx context.Context, gap time.Duration) (PaidCheck, error) {
	var k PaidCheck
	err := s.read(ctx, &k, `SELECT k.receipt, k.result_token, k.timeout_token, k.sent, (SELECT count(*) FROM payment p
		WHERE p.receipt = k.receipt AND (p.state = 'applied' OR k.ticket_id = 0)) + (SELECT count(*) FROM unread u WHERE u.receipt = k.receipt AND k.ticket_id = 0) AS applied
		FROM paid_check k WHERE k.next_at <= $1 AND `+nothingElse+` AND NOT EXISTS (SELECT 1 FROM pace WHERE name = 'check' AND next_at > $1) ORDER BY k.next_at, k.receipt LIMIT 1`, s.Now())
	if err == nil {
		gap, err = s.slower(ctx, gap)
	}
	if err != nil {
		return k, fmt.Errorf("look for checks: %w", err)
	}
	over := k.Applied == 0 || k.Sent >= checkAsks
	err = s.write(ctx, urgent, func(t *tx) error {
		if over {
			return t.run(`UPDATE paid_check SET next_at = NULL, updated_at = $1 WHERE receipt = $2 AND next_at <= $1`, t.now, k.Receipt)
		}
		n, err := t.exec(`UPDATE paid_check SET sent = sent + 1, next_at = $1, updated_at = $2 WHERE receipt = $3 AND next_at <= $2`, t.now.Add(min(checkWait<<k.Sent, checkMost)), t.now, k.Receipt)
		if err == nil && n == 1 {
			n, err = t.takeSlot("query", gap)
		}
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err == nil && over {
		err = ErrNotFound
	}
	if err != nil {
		return k, fmt.Errorf("take check: %w", err)
	}
	k.Sent++
	return k, nil
}

// RestChecks lets all checks wait for a while, since Daraja did not speak for itself when it was asked. That does not close the
// box office, as it would where a customer's prompt is concerned: a check proves nothing about those.
func (s *Store) RestChecks(ctx context.Context) error {
	err := s.write(ctx, urgent, func(t *tx) error { _, err := t.takeSlot("check", checkWait); return err })
	if err != nil {
		return fmt.Errorf("let checks rest: %w", err)
	}
	return nil
}

// applyCheck makes of what M-PESA says of a paid ticket's receipt what it means: that the money has gone back, that it is not what the books
// say, or nothing at all.
func (t *tx) applyCheck(s *Store, id CallbackID, kind CallbackKind, token string, tr Transaction) (out Applied, err error) {
	where := `result_token = $1`
	if kind == CallbackStatusTimeout {
		where = `timeout_token = $1`
	}
	var receipt string
	err = t.scan([]any{&receipt, &token}, `SELECT receipt, result_token FROM paid_check WHERE `+where, token)
	if errors.Is(err, ErrNotFound) {
		return Applied{Outcome: "stranger"}, nil
	}
	if err == nil && tr.Unclear != "" {
		return t.unreadStatus(id, token, tr.unread(receipt))
	}
	if err != nil || tr.NoAnswer {
		return Applied{Outcome: "no answer"}, err
	}
	tr.Receipt = cmp.Or(tr.Receipt, receipt)
	have, err := t.paymentWithTicket(`receipt = $1`, receipt)
	if err == nil && have.TicketID != 0 {
		err = t.scan([]any{&out.Code}, `SELECT code FROM ticket WHERE id = $1`, have.TicketID)
	}
	if err != nil && !errors.Is(err, ErrNotFound) { // not found: its payment has turned out to be of another receipt
		return out, err
	}
	out.Outcome, err = "checked", nil
	if tr.Reversed && (tr.Receipt == "" || strings.EqualFold(tr.Receipt, receipt)) {
		out.Outcome, err = "reversed at M-PESA", t.wentBack(have)
		if err == nil && have.ID != 0 {
			if have, err = t.payment(`id = $1`, have.ID); err == nil {
				_, err = t.amountSaid(s, have, tr.Amount, true)
			}
		}
	} else if have.ID == 0 && tr.Completed && tr.ToUs && strings.EqualFold(tr.Receipt, receipt) {
		out, err = t.hint(s, Hint{Receipt: receipt, Amount: tr.Amount, Phone: tr.Phone, TransactedAt: tr.TransactedAt, LearntBy: "c2b"})
	} else if have.ID != 0 {
		var said string
		if said, err = t.saidOf(s, have, tr, true); said != "" {
			out.Outcome = said
		}
	}
	return out, errors.Join(err, t.run(`UPDATE paid_check SET next_at = NULL, result_text = $1, updated_at = $2 WHERE receipt = $3`, tr.Text, t.now, receipt))
}
