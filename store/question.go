package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cinemasphere/store/fairuse"
	"cinemasphere/store/money"
)

// What M-PESA is asked about receipts, by Transaction Status.

const (
	// checkBefore is how long before a film M-PESA is asked whether what its tickets were paid with is still there.
	checkBefore = time.Hour
	// questionLease is how long the answer to a question is awaited before it may be asked again.
	questionLease = time.Minute
	// questionTries is how often M-PESA is asked while it does not answer.
	questionTries = 12
	questionMost  = 10 * time.Minute // at most between two tries
	// urgentTries is how often while a customer waits: then a person must.
	urgentTries = 4
	restTime    = time.Minute
)

// Transaction is what Transaction Status says of a receipt.
type Transaction struct {
	Known        bool // M-PESA knows the receipt; where not, the rest is empty
	Completed    bool
	Reversed     bool
	ToUs         bool   // it paid our shortcode or till
	Receipt      string // as M-PESA spells it
	Amount       Cents
	Phone        Pattern // who paid
	TransactedAt Instant
	Text         string       // Safaricom's words, for the operator
	NoAnswer     bool         // the question was not answered, or it is not decided yet: ask again
	Unclear      UnreadReason // what of it is missing or cannot be read, and is needed; "" where all is known
	Odd          string       // what Unclear is about
	Legible      string       // the answer as printable text
}

// lacks is what an answer that it is ours lacks to be the payment of a ticket that a customer named it for.
func (tr Transaction) lacks() UnreadReason {
	switch {
	case !tr.Completed || !tr.ToUs:
		return ""
	case tr.Phone == "":
		return UnreadNoPayer
	case tr.TransactedAt == 0:
		return UnreadNoTime
	}
	return ""
}

// unread is what is kept of an answer about a receipt that is not understood whole.
func (tr Transaction) unread(receipt string) Unread {
	return Unread{
		Receipt: receipt, Amount: tr.Amount, Phone: tr.Phone, TransactedAt: tr.TransactedAt,
		Why: tr.Unclear, Detail: tr.Odd, Legible: tr.Legible,
	}
}

// Question is a question about a receipt that M-PESA is to be asked.
type Question struct {
	Receipt      string `db:"receipt"`
	ResultToken  string `db:"result_token"`  // the last segment of its ResultURL
	TimeoutToken string `db:"timeout_token"` // and of its time-out URL
	Urgent       bool   `db:"urgent"`        // somebody waits for the answer
	Sent         int    `db:"sent"`          // how often it was asked
}

// writeQuestions asks what a case leaves open, and no more about money that has gone back. What has been asked often
// enough is asked again only where something new is said of the receipt itself.
func (t *tx) writeQuestions(l *ledger) error {
	for _, q := range l.Questions {
		if q.Kind != money.AskReceipt {
			continue
		}
		waits := slices.ContainsFunc(l.Claims, func(c money.Claim) bool {
			return c.Receipt == q.Receipt && c.State == money.ClaimAsking
		}) ||
			slices.ContainsFunc(l.Decision.Payments, func(p money.Payment) bool {
				return p.Receipt == q.Receipt && p.Reason == money.ToBeConfirmed
			})
		if !slices.Contains(l.news, q.Receipt) {
			var ended int
			if err := t.scan([]any{&ended}, `SELECT count(*) FROM question WHERE receipt = $1 AND next_at IS NULL`, q.Receipt); err != nil || ended > 0 {
				if err != nil {
					return err
				}
				continue
			}
		}
		if err := t.askReceipt(q.Receipt, waits); err != nil {
			return err
		}
	}
	for _, p := range l.Decision.Payments {
		if p.State == money.Refunded || p.State == money.Returned {
			if err := t.run(`UPDATE question SET next_at = NULL, updated_at = $1 WHERE receipt = $2 AND next_at IS NOT NULL`, t.now, p.Receipt); err != nil {
				return err
			}
		}
	}
	return nil
}

// askReceipt has M-PESA asked about a receipt at once, unless it is being asked.
func (t *tx) askReceipt(receipt string, waits bool) error {
	if receipt == "" {
		return nil
	}
	return t.run(`INSERT INTO question (receipt, result_token, timeout_token, urgent, client, checked_for, sent, next_at, lease_until, result_text, created_at, updated_at)
		VALUES ($1,$2,$3,$4,'',0,0,$5,0,'',$5,$5) ON CONFLICT (receipt) DO UPDATE SET next_at = excluded.next_at, sent = 0, updated_at = excluded.updated_at,
		urgent = CASE WHEN question.urgent > excluded.urgent THEN question.urgent ELSE excluded.urgent END
		WHERE question.next_at IS NULL OR question.urgent < excluded.urgent`, receipt, newSecret(), newSecret(), flag(waits), t.now)
}

// QueueChecks has M-PESA asked about the receipts of paid tickets whose film begins within the hour, once, and returns
// how many there were: at most the limit. M-PESA tells nobody that a payment was reversed.
func (s *Store) QueueChecks(ctx context.Context, limit int) (int, error) {
	var due []struct {
		Receipt string
		Ticket  TicketID
	}
	now := s.Now()
	err := s.list(ctx, &due, `SELECT p.receipt, t.id AS ticket FROM screening s JOIN ticket t ON t.screening_id = s.id JOIN payment p ON p.ticket_id = t.id
		LEFT JOIN question k ON k.receipt = p.receipt WHERE s.starts_at > $1 AND s.starts_at <= $2 AND p.state = 'applied' AND p.receipt IS NOT NULL
		AND COALESCE(k.checked_for, 0) <> t.id ORDER BY s.starts_at, p.id LIMIT $3`, now, now.Add(checkBefore), limit)
	if err == nil && len(due) > 0 {
		err = s.write(ctx, urgent, func(t *tx) error {
			for _, d := range due {
				if err := t.askReceipt(d.Receipt, false); err != nil {
					return err
				}
				if err := t.run(`UPDATE question SET checked_for = $1 WHERE receipt = $2`, d.Ticket, d.Receipt); err != nil {
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

// nothingElse is that no push, urgent question or refund waits for its turn: nobody waits for a check.
const nothingElse = `NOT EXISTS (SELECT 1 FROM push_request
	WHERE next_query_at <= $1 AND lease_until <= $1 AND checkout_request_id IS NOT NULL)
	AND NOT EXISTS (SELECT 1 FROM question u WHERE u.urgent = 1 AND u.next_at <= $1 AND u.lease_until <= $1)
	AND NOT EXISTS (SELECT 1 FROM refund r JOIN payment y ON y.id = r.payment_id
	WHERE r.next_at <= $1 AND r.lease_until <= $1 AND y.receipt IS NOT NULL)`

// LeaseQuestion takes the question that M-PESA is to be asked next, and counts it as asked: first those that somebody
// waits for, of the client for which M-PESA has been asked least in the last hour. Nobody else gets it until the lease
// is over. Like [Store.ClaimQuery] it keeps to the pace of all questions. ErrNotFound means that there is none, or that
// it is too early; ErrSettled that this one has been asked often enough.
func (s *Store) LeaseQuestion(ctx context.Context, gap time.Duration) (Question, error) {
	var q Question
	err := s.read(ctx, &q, `SELECT q.receipt, q.result_token, q.timeout_token, q.urgent, q.sent FROM question q WHERE q.next_at <= $1 AND q.lease_until <= $1
		AND NOT EXISTS (SELECT 1 FROM pace WHERE name = 'query' AND next_at > $1)
		AND (q.urgent = 1 OR `+nothingElse+` AND NOT EXISTS (SELECT 1 FROM pace WHERE name = 'check' AND next_at > $1))
		ORDER BY q.urgent DESC, (SELECT COALESCE(sum(o.sent), 0) FROM question o
		WHERE o.client = q.client AND q.client <> '' AND o.client <> '' AND o.created_at > $2),
		q.next_at, q.receipt LIMIT 1`, s.Now(), s.Now().Add(-fairuse.Hour))
	if err == nil {
		gap, err = s.slower(ctx, gap)
	}
	if err != nil {
		return q, fmt.Errorf("look for questions: %w", err)
	}
	over := q.Sent >= questionTries || q.Urgent && q.Sent >= urgentTries
	err = s.write(ctx, urgent, func(t *tx) error {
		if over {
			return t.endQuestion(q.Receipt)
		}
		lease, wait := questionLease, min(questionLease<<q.Sent, questionMost)
		n, err := t.exec(`UPDATE question SET sent = sent + 1, lease_until = $1, next_at = $2, updated_at = $3 WHERE receipt = $4 AND next_at <= $3 AND lease_until <= $3`,
			t.now.Add(lease), t.now.Add(wait), t.now, q.Receipt)
		if err == nil && n == 1 {
			n, err = t.takeSlot("query", gap)
		}
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err == nil && over {
		err = ErrSettled
	}
	if err != nil {
		return q, fmt.Errorf("take question: %w", err)
	}
	q.Sent++
	return q, nil
}

// endQuestion asks no more about a receipt: what is still open about it is a person's.
func (t *tx) endQuestion(receipt string) error {
	if err := t.run(`UPDATE question SET next_at = NULL, updated_at = $1 WHERE receipt = $2`, t.now, receipt); err != nil {
		return err
	}
	return t.run(`UPDATE ticket SET version = version + 1, updated_at = $1 WHERE id IN (SELECT ticket_id FROM claim WHERE receipt = $2)`, t.now, receipt)
}

// EndQuestion gives what is open about a receipt over to a person, since M-PESA cannot be asked.
func (s *Store) EndQuestion(ctx context.Context, receipt string) error {
	err := s.write(ctx, urgent, func(t *tx) error { return t.endQuestion(receipt) })
	if err != nil {
		return fmt.Errorf("give a receipt to a person: %w", err)
	}
	return nil
}

// RestChecks lets all questions that nobody waits for rest for a while, since Daraja did not speak for itself when it
// was asked. That does not close the box office, as it would where a customer's prompt is concerned: a check proves
// nothing about those.
func (s *Store) RestChecks(ctx context.Context) error {
	err := s.write(ctx, urgent, func(t *tx) error { _, err := t.takeSlot("check", restTime); return err })
	if err != nil {
		return fmt.Errorf("let checks rest: %w", err)
	}
	return nil
}

// ApplyStatus makes of a kept result of Transaction Status what it says of the receipt that its token was made for.
func (s *Store) ApplyStatus(ctx context.Context, cb Callback, tr Transaction) (Applied, error) {
	return s.decideCallback(ctx, cb, func(t *tx, token string) (out Applied, err error) {
		where := `result_token = $1`
		if cb.Kind == CallbackStatusTimeout {
			where = `timeout_token = $1`
		}
		var receipt string
		err = t.scan([]any{&receipt, &token}, `SELECT receipt, result_token FROM question WHERE `+where, token)
		if errors.Is(err, ErrNotFound) {
			return Applied{Outcome: OutcomeStranger}, nil
		}
		if err != nil {
			return out, err
		}
		if out.Code, err = t.codeOf(receipt); err != nil {
			return out, err
		}
		if tr.NoAnswer {
			out.Outcome = OutcomeNoAnswer
			if tr.Text == "" {
				return out, nil
			}
			return out, t.run(`UPDATE question SET result_text = $1, lacks = '' WHERE receipt = $2`, tr.Text, receipt)
		}
		if tr.Unclear == "" && strings.EqualFold(tr.Receipt, receipt) {
			var claims int
			if err := t.scan([]any{&claims}, `SELECT count(*) FROM claim WHERE receipt = $1 AND state = 'asking'`, receipt); err != nil {
				return out, err
			}
			if claims > 0 {
				tr.Unclear = tr.lacks()
			}
		}
		if tr.Unclear != "" {
			return t.unreadStatus(cb.ID, token, tr.unread(receipt))
		}
		if err := t.run(`UPDATE question SET next_at = NULL, result_text = $1, lacks = '', updated_at = $2 WHERE receipt = $3`, tr.Text, t.now, receipt); err != nil {
			return out, err
		}
		if out, err = t.record(tr.fact(receipt)...); err == nil {
			out.Code, err = t.codeOf(receipt)
		}
		return out, err
	})
}

// codeOf is the code of the ticket that a receipt is for, or is said to be for; "" where there is none.
func (t *tx) codeOf(receipt string) (code string, err error) {
	err = t.scan([]any{&code}, `SELECT code FROM ticket WHERE id = COALESCE((SELECT COALESCE(ticket_id, named_id) FROM payment WHERE receipt = $1),
		(SELECT max(ticket_id) FROM claim WHERE receipt = $1))`, receipt)
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return code, err
}
