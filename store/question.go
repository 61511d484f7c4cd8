package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cinemasphere/store/fairuse"
	"cinemasphere/store/money"
)

// One queue has all that M-PESA is to be asked or told by itself, and one function takes the next of it. What is taken
// counts as sent before it is, and nobody else gets it while its answer is awaited.

// QuestionKind is by which of Daraja's calls a question is sent.
type QuestionKind string

// A question is about a push, about a receipt, or a refund that M-PESA is told to make.
const (
	PushQuery         QuestionKind = "push"
	TransactionStatus QuestionKind = "receipt"
	Reversal          QuestionKind = "reversal"
)

// Question is something that M-PESA is to be asked or told.
type Question struct {
	Kind              QuestionKind `db:"kind"`
	ID                int64        `db:"id"`                  // the push's, the refund's, or of a receipt its own
	CheckoutRequestID string       `db:"checkout_request_id"` // of a push query; holds a phone number
	Receipt           string       `db:"receipt"`             // of the others
	Amount            Cents        `db:"amount"`              // of a Reversal
	Code              string       `db:"code"`                // of the ticket, "" of a receipt
	ResultToken       string       `db:"result_token"`        // the last segment of its ResultURL
	TimeoutToken      string       `db:"timeout_token"`       // and of its time-out URL
	Urgent            bool         `db:"urgent"`              // a customer waits for what comes of it
	Sent              int          `db:"sent"`                // how often it was sent, with this time

	Paid        Cents  `db:"paid"` // what M-PESA took of what a Reversal gives back
	RequestedBy string `db:"requested_by"`
	Payment     int64  `db:"payment_id"`
}

const (
	queryLease  = 45 * time.Second
	statusLease = time.Minute
	refundLease = time.Minute
	// statusMost is at most between two tries of the same question.
	statusMost = 10 * time.Minute
	// statusTries is how often M-PESA is asked about a receipt while it does not answer, and urgentTries how often
	// while a customer waits: then a person must decide.
	statusTries = 12
	urgentTries = 4
	// refundSends is how often a Reversal is sent before it is a person's work.
	refundSends = 6
	// refundWait is how long the answer to the last one is awaited before that.
	refundWait = 10 * time.Minute

	// restTime is how long questions that nobody waits for rest where Daraja does not speak for itself.
	restTime = time.Minute
	// checkBefore is how long before a film M-PESA is asked whether what its tickets were paid with is still there.
	checkBefore = time.Hour
)

// tries is how often a question is sent before it is a person's; 0 where that is decided by [Schedule].
func (q Question) tries() int {
	switch {
	case q.Kind == Reversal:
		return refundSends
	case q.Kind == PushQuery:
		return 0
	case q.Urgent:
		return urgentTries
	}
	return statusTries
}

// waits says how long the answer to the question is awaited when it is sent now, and after how long it is sent again
// where none comes; 0 is never.
func (q Question) waits() (lease, again time.Duration) {
	switch {
	case q.Kind == PushQuery:
		return queryLease, queryLease
	case q.Kind == TransactionStatus:
		return statusLease, min(statusLease<<q.Sent, statusMost)
	case q.Sent+1 >= refundSends:
		return refundWait, 0
	}
	// A Reversal that M-PESA has done already is answered as such.
	return refundLease, 5 * time.Minute << (2 * q.Sent)
}

// canBeSent is that a question of the queue is due at $1, and of one of the kinds that $2 has.
const canBeSent = `q.next_at <= $1 AND q.lease_until <= $1 AND CAST($2 AS TEXT) LIKE '%' || q.kind || '%'`

// kindsText is how kinds stand in a parameter.
func kindsText(kinds []QuestionKind) (text string) {
	for _, k := range kinds {
		text += " " + string(k)
	}
	return text
}

// nextQuestion finds the question that is to be sent next, of which $3 is the kind that goes first, and $4 an hour ago.
const nextQuestion = `SELECT q.kind, q.id, q.urgent, q.sent, COALESCE(q.result_token, '') AS result_token,
	COALESCE(q.timeout_token, '') AS timeout_token, COALESCE(p.checkout_request_id, '') AS checkout_request_id,
	COALESCE(q.receipt, y.receipt, '') AS receipt, COALESCE(t.code, '') AS code, COALESCE(r.amount_cents, 0) AS amount,
	COALESCE(r.requested_by, '') AS requested_by, COALESCE(y.amount_cents, 0) AS paid, COALESCE(y.id, 0) AS payment_id
	FROM question q
	LEFT JOIN push_request p ON q.kind = 'push' AND p.id = q.id
	LEFT JOIN refund r ON q.kind = 'reversal' AND r.id = q.id LEFT JOIN payment y ON y.id = r.payment_id
	LEFT JOIN ticket t ON t.id = COALESCE(p.ticket_id, y.ticket_id)
	WHERE ` + canBeSent + ` AND NOT EXISTS (SELECT 1 FROM pace WHERE name = 'query' AND next_at > $1)
	AND (q.urgent = 1 OR NOT EXISTS (SELECT 1 FROM pace WHERE name = 'check' AND next_at > $1))
	ORDER BY q.urgent DESC, CASE WHEN q.kind = $3 THEN 0 ELSE 1 END,
	CASE WHEN q.kind <> 'push' THEN 0 WHEN t.hold_until IS NULL THEN 1 ELSE 0 END,
	CASE WHEN q.kind = 'push' THEN t.hold_until END,
	(SELECT COALESCE(sum(o.sent), 0) FROM question o
		WHERE o.client = q.client AND q.client <> '' AND o.client <> '' AND o.created_at > $4),
	q.next_at, q.kind, q.id LIMIT 1`

// TakeQuestion takes what M-PESA is to be asked or told next, of these kinds, and counts it as sent: from then on
// M-PESA may have it. Nobody else gets it until it is answered or its lease is over. First is what customers wait for,
// and of that the first of the kinds: of pushes the one whose hold ends first, of receipts one of the client for which
// M-PESA was asked least in the last hour. All processes together take one in every gap, which grows while Daraja does
// not answer well, or turns pushes away. ErrNotFound means that nothing is due, or that it is too early; ErrGivenOver
// that the next one cannot be sent, or was sent often enough, and is a person's now.
func (s Jobs) TakeQuestion(ctx context.Context, gap time.Duration, kinds ...QuestionKind) (Question, error) {
	var q Question
	now := s.Now()
	err := s.read(ctx, &q, nextQuestion, now, kindsText(kinds), kinds[0], now.Add(-fairuse.Hour))
	if err == nil {
		gap, err = s.spacing(ctx, gap)
	}
	if err != nil {
		return q, fmt.Errorf("look for questions: %w", err)
	}
	taken := false
	err = s.write(ctx, urgent, func(t *tx) (err error) {
		taken, err = t.take(q, gap)
		return err
	})
	switch {
	case err != nil:
	case q.over():
		err = ErrGivenOver
	case !taken:
		err = ErrNotFound
	}
	if err != nil {
		return q, fmt.Errorf("take question: %w", err)
	}
	q.Sent++
	return q, nil
}

// over reports whether a question is a person's instead of being sent.
func (q Question) over() bool {
	return q.tries() != 0 && q.Sent >= q.tries() || q.Kind == Reversal && q.unsendable() != ""
}

// take counts a question as sent, and reports whether it is to be. Otherwise it is a person's; or the automatic refund
// that it is of has come into doubt since it was asked for, and is looked at again in a minute.
func (t *tx) take(q Question, gap time.Duration) (bool, error) {
	if q.over() {
		return false, t.giveOver(q)
	}
	if q.RequestedBy == Automatic && q.Sent == 0 {
		var sure int
		err := t.scan([]any{&sure}, `SELECT count(*) FROM payment WHERE id = $1 AND `+mayGoBack, q.Payment)
		if err != nil || sure == 0 {
			return false, errors.Join(err, t.sendIn(q.Kind, q.ID, time.Minute))
		}
	}
	lease, again := q.waits()
	next := any(t.now.Add(again))
	if again == 0 {
		next = nil
	}
	n, err := t.exec(`UPDATE question SET sent = sent + 1, lease_until = $1, next_at = $2, updated_at = $3 WHERE kind = $4 AND id = $5 AND next_at <= $3 AND lease_until <= $3`,
		t.now.Add(lease), next, t.now, q.Kind, q.ID)
	if err == nil && n == 1 {
		n, err = t.acquireSlot("query", gap)
	}
	if err == nil && n == 0 {
		err = ErrNotFound // which undoes all of this
	}
	return err == nil, err
}

// sendIn lets a question be sent again after the wait.
func (t *tx) sendIn(kind QuestionKind, id int64, wait time.Duration) error {
	return t.run(`UPDATE question SET next_at = $1, updated_at = $2 WHERE kind = $3 AND id = $4`, t.now.Add(wait), t.now, kind, id)
}

// giveOver sends a question no more: what is still open about it is a person's.
func (t *tx) giveOver(q Question) error {
	switch q.Kind {
	case TransactionStatus:
		return t.endReceipt(q.Receipt)
	case Reversal:
		return t.unsendable(q)
	case PushQuery:
	}
	return nil
}

// endReceipt asks no more about a receipt, and shows that on the pages of the tickets that it was typed for.
func (t *tx) endReceipt(receipt string) error {
	if err := t.run(`UPDATE ticket SET version = version + 1, updated_at = $1 WHERE id IN (SELECT ticket_id FROM claim WHERE receipt = $2)`, t.now, receipt); err != nil {
		return err
	}
	return t.run(`UPDATE question SET next_at = NULL, updated_at = $1 WHERE receipt = $2`, t.now, receipt)
}

// EndReceipt gives what is open about a receipt over to a person, since M-PESA cannot be asked.
func (s Money) EndReceipt(ctx context.Context, receipt string) error {
	err := s.write(ctx, urgent, func(t *tx) error { return t.endReceipt(receipt) })
	if err != nil {
		return fmt.Errorf("give a receipt to a person: %w", err)
	}
	return nil
}

// EndReceipts gives all receipts that M-PESA is to be asked about over to a person, since there is no initiator to ask
// with.
func (s Money) EndReceipts(ctx context.Context) error {
	var receipts []string
	err := s.list(ctx, &receipts, `SELECT receipt FROM question WHERE kind = 'receipt' AND next_at IS NOT NULL`)
	if err == nil && len(receipts) > 0 {
		err = s.write(ctx, urgent, func(t *tx) (err error) {
			for _, r := range receipts {
				err = errors.Join(err, t.endReceipt(r))
			}
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("give receipts to a person: %w", err)
	}
	return nil
}

// NextDue is when something is to be done next that no callback will bring: a hold to end, or a question of one of
// these kinds to send. 0 where nothing is.
func (s Jobs) NextDue(ctx context.Context, kinds ...QuestionKind) (next Instant, err error) {
	var hold, waited, check, pace, rest Instant
	const earliest = `COALESCE((SELECT min(CASE WHEN q.next_at > q.lease_until THEN q.next_at ELSE q.lease_until END)
		FROM question q WHERE q.next_at IS NOT NULL AND CAST($1 AS TEXT) LIKE '%' || q.kind || '%' AND q.urgent = `
	const times = `SELECT COALESCE((SELECT min(hold_until) FROM ticket WHERE hold_until IS NOT NULL), 0), ` +
		earliest + `1), 0), ` + earliest + `0), 0), COALESCE((SELECT next_at FROM pace WHERE name = 'query'), 0),
		COALESCE((SELECT next_at FROM pace WHERE name = 'check'), 0)`
	err = s.readers.scan(ctx, []any{&hold, &waited, &check, &pace, &rest}, times, kindsText(kinds))
	if err != nil {
		return 0, fmt.Errorf("look for what is due: %w", err)
	}
	if waited != 0 {
		waited = max(waited, pace)
	}
	if check != 0 {
		check = max(check, pace, rest)
	}
	for _, at := range []Instant{hold, waited, check} {
		if at != 0 && (next == 0 || at < next) {
			next = at
		}
	}
	return next, nil
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
	return t.run(`INSERT INTO question (kind, id, receipt, result_token, timeout_token, urgent, client, checked_for, sent, next_at, lease_until, result_text, created_at, updated_at)
		VALUES ('receipt',$6,$1,$2,$3,$4,'',0,0,$5,0,'',$5,$5) ON CONFLICT (receipt) WHERE receipt IS NOT NULL DO UPDATE SET next_at = excluded.next_at, sent = 0, updated_at = excluded.updated_at,
		urgent = CASE WHEN question.urgent > excluded.urgent THEN question.urgent ELSE excluded.urgent END
		WHERE question.next_at IS NULL OR question.urgent < excluded.urgent`, receipt, newSecret(), newSecret(), flag(waits), t.now, t.s.ids.next(t.now.Time()))
}

// askPush has M-PESA asked about a push at the instant, unless that is at floor or later already. 0 is never.
func (t *tx) askPush(id PushID, at, floor Instant) error {
	return t.run(`INSERT INTO question (kind, id, urgent, client, checked_for, sent, next_at, lease_until, result_text, created_at, updated_at)
		VALUES ('push',$1,1,'',0,0,$2,0,'',$3,$3) ON CONFLICT (kind, id) DO UPDATE SET next_at = excluded.next_at, updated_at = excluded.updated_at
		WHERE question.next_at IS NULL OR question.next_at < $4`, id, orNone(at), t.now, floor)
}

// askSoon lets M-PESA be asked about a push at once, out of its turn, where it is still without a verdict.
func (t *tx) askSoon(id PushID) error {
	return t.run(`UPDATE question SET next_at = $1 WHERE kind = 'push' AND id = $2 AND next_at > $1`, t.now, id)
}

// schedule sets when M-PESA is asked about the push next. Without a CheckoutRequestID there is nothing to ask by.
func (t *tx) schedule(p Push) error {
	switch {
	case p.CheckoutRequestID == "":
		return nil
	case p.State == PushFailed:
		from := max(p.CreatedAt.Add(askFailedAfter), t.now+1)
		return t.askPush(p.ID, t.s.queries.next(p.CreatedAt, from-1, 0), from)
	case !p.awaited():
		return t.run(`UPDATE question SET next_at = NULL WHERE kind = 'push' AND id = $1 AND next_at IS NOT NULL`, p.ID)
	}
	hold, err := t.holdOf(&p)
	if err != nil {
		return err
	}
	return t.askPush(p.ID, t.s.queries.next(p.CreatedAt, t.now, hold), t.now+1)
}

// askReversal has M-PESA told to give a payment back: now, or once its receipt is known.
func (t *tx) askReversal(refund int64, now bool) error {
	next := any(t.now)
	if !now {
		next = nil
	}
	return t.run(`INSERT INTO question (kind, id, result_token, timeout_token, urgent, client, checked_for, sent, next_at, lease_until, result_text, created_at, updated_at)
		VALUES ('reversal',$1,$2,$3,1,'',0,0,$4,0,'',$5,$5)`, refund, newSecret(), newSecret(), next, t.now)
}

// endReversals sends no more Reversals for the payment's refunds.
func (t *tx) endReversals(of PaymentID) error {
	return t.run(`UPDATE question SET next_at = NULL, updated_at = $1 WHERE kind = 'reversal' AND next_at IS NOT NULL
		AND id IN (SELECT id FROM refund WHERE payment_id = $2)`, t.now, of)
}

// QueueChecks has M-PESA asked about the receipts of paid tickets whose film begins within the hour, once, and returns
// how many there were: at most the limit. M-PESA tells nobody that a payment was reversed.
func (s Money) QueueChecks(ctx context.Context, limit int) (int, error) {
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
