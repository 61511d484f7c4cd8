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

// One queue holds every request to M-PESA that no customer makes directly, and one function leases the next. A leased
// request counts as sent, and no other process gets it while its answer is awaited.

// QuestionKind is the Daraja call that sends a question.
type QuestionKind string

// A question is a push query, a Transaction Status of a receipt, or a Reversal.
const (
	PushQuery         QuestionKind = "push"
	TransactionStatus QuestionKind = "receipt"
	Reversal          QuestionKind = "reversal"
)

// Question is a request to M-PESA in the queue.
type Question struct {
	Kind              QuestionKind `db:"kind"`
	ID                int64        `db:"id"`                  // the push's or the refund's; of a receipt, the question's own
	CheckoutRequestID string       `db:"checkout_request_id"` // of a push query; holds a phone number
	Receipt           string       `db:"receipt"`             // of the other kinds
	Amount            Cents        `db:"amount"`              // of a Reversal
	Code              string       `db:"code"`                // of the ticket, "" of a receipt
	ResultToken       string       `db:"result_token"`        // the last segment of its ResultURL
	TimeoutToken      string       `db:"timeout_token"`       // the last segment of its time-out URL
	Urgent            bool         `db:"urgent"`              // a customer waits for the result
	Sent              int          `db:"sent"`                // how often it was sent, this time included

	Paid        Cents  `db:"paid"` // what M-PESA took, of the payment to reverse
	RequestedBy string `db:"requested_by"`
	Payment     int64  `db:"payment_id"`
}

const (
	queryLease  = 45 * time.Second
	statusLease = time.Minute
	refundLease = time.Minute
	// statusMost is the longest wait between two tries of a question.
	statusMost = 10 * time.Minute
	// statusTries is how often M-PESA is asked about a receipt without an answer. urgentTries is the same while a
	// customer waits. Then an operator must decide.
	statusTries = 12
	urgentTries = 4
	// refundSends is how often a Reversal is sent before it is the operator's.
	refundSends = 6
	// refundWait is how long the last one's answer is awaited before that.
	refundWait = 10 * time.Minute

	// restTime is how long questions that nobody waits for rest where Daraja itself does not answer.
	restTime = time.Minute
	// checkBefore is how long before a film M-PESA is asked whether its tickets' payments were reversed.
	checkBefore = time.Hour
)

// tries is how often a question is sent before it is the operator's; 0 leaves that to [Schedule].
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

// waits is how long an answer is awaited after sending now, and when to send again without one; 0 is never.
func (q Question) waits() (lease, again time.Duration) {
	switch {
	case q.Kind == PushQuery:
		return queryLease, queryLease
	case q.Kind == TransactionStatus:
		return statusLease, min(statusLease<<q.Sent, statusMost)
	case q.Sent+1 >= refundSends:
		return refundWait, 0
	}
	// M-PESA answers a Reversal that it has already done as such.
	return refundLease, 5 * time.Minute << (2 * q.Sent)
}

// canBeSent is that a question is due at $1 and of one of the kinds in $2.
const canBeSent = `q.next_at <= $1 AND q.lease_until <= $1 AND CAST($2 AS TEXT) LIKE '%' || q.kind || '%'`

// kindsText is the kinds as one parameter.
func kindsText(kinds []QuestionKind) (text string) {
	for _, k := range kinds {
		text += " " + string(k)
	}
	return text
}

// nextQuestion finds the next question to send. $3 is the kind that goes first, $4 an hour ago.
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

// TakeQuestion leases the next question of these kinds and counts it as sent: from then on M-PESA may have it. No other
// process gets it until it is answered or its lease ends.
//
// Questions that customers wait for go first, among them the first kind: the push whose hold ends first, or a receipt
// of the client with the fewest questions in the last hour. All processes share one rate limit of one question per gap,
// which grows while Daraja fails or refuses pushes. ErrNotFound means that nothing is due, or that it is too early.
// ErrGivenOver means that the next one cannot be sent, or was sent often enough, and is now the operator's.
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
		taken, err = t.countSent(q, gap)
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

// over reports whether a question is not sent any more: its tries are used up, or its Reversal cannot be exact.
func (q Question) over() bool {
	return q.tries() != 0 && q.Sent >= q.tries() || q.Kind == Reversal && q.unsendable() != ""
}

// countSent counts a question as sent and reports whether to send it: not one that has no tries left, which is the
// operator's, nor an automatic refund that has become uncertain, which is looked at again in a minute.
func (t *tx) countSent(q Question, gap time.Duration) (bool, error) {
	if q.over() {
		return false, t.leaveToOperator(q)
	}
	if q.RequestedBy == Automatic && q.Sent == 0 {
		var sure int
		err := t.scan([]any{&sure}, `SELECT count(*) FROM payment WHERE id = $1 AND `+mayGoBack+`
			AND NOT EXISTS (SELECT 1 FROM gap WHERE opened_at IS NULL)`, q.Payment)
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
		err = ErrNotFound // rolls all of this back
	}
	return err == nil, err
}

// sendIn lets a question be sent again after the wait.
func (t *tx) sendIn(kind QuestionKind, id int64, wait time.Duration) error {
	return t.run(`UPDATE question SET next_at = $1, updated_at = $2 WHERE kind = $3 AND id = $4`, t.now.Add(wait), t.now, kind, id)
}

// leaveToOperator stops sending a question: it is the operator's.
func (t *tx) leaveToOperator(q Question) error {
	switch q.Kind {
	case TransactionStatus:
		return t.endReceipt(q.Receipt)
	case Reversal:
		return t.unsendable(q)
	case PushQuery:
	}
	return nil
}

// endReceipt stops asking about a receipt, and shows that on the pages of tickets that it was claimed for.
func (t *tx) endReceipt(receipt string) error {
	if err := t.run(`UPDATE ticket SET version = version + 1, updated_at = $1 WHERE id IN (SELECT ticket_id FROM claim WHERE receipt = $2)`, t.now, receipt); err != nil {
		return err
	}
	return t.run(`UPDATE question SET next_at = NULL, updated_at = $1 WHERE receipt = $2`, t.now, receipt)
}

// EndReceipt leaves a receipt to the operator, since M-PESA cannot be asked.
func (s Money) EndReceipt(ctx context.Context, receipt string) error {
	err := s.write(ctx, urgent, func(t *tx) error { return t.endReceipt(receipt) })
	if err != nil {
		return fmt.Errorf("leave a receipt to the operator: %w", err)
	}
	return nil
}

// EndReceipts leaves all receipts in the queue to the operator, since there is no initiator to ask with.
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
		return fmt.Errorf("leave receipts to the operator: %w", err)
	}
	return nil
}

// NextDue is when the next work is due that no callback will bring: a hold to end, or a question of these kinds to
// send. 0 where there is none.
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

// writeQuestions queues what a case leaves open, and ends questions about refunded money. A receipt that was asked
// about often enough is asked again only after a new report on it.
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
		if !slices.Contains(l.newReceipts, q.Receipt) {
			var ended int
			if err := t.scan([]any{&ended}, `SELECT count(*) FROM question WHERE receipt = $1 AND next_at IS NULL`, q.Receipt); err != nil {
				return err
			}
			if ended > 0 {
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

// askPush schedules a push query at an instant, unless one is scheduled at floor or later. 0 cancels it.
func (t *tx) askPush(id PushID, at, floor Instant) error {
	return t.run(`INSERT INTO question (kind, id, urgent, client, checked_for, sent, next_at, lease_until, result_text, created_at, updated_at)
		VALUES ('push',$1,1,'',0,0,$2,0,'',$3,$3) ON CONFLICT (kind, id) DO UPDATE SET next_at = excluded.next_at, updated_at = excluded.updated_at
		WHERE question.next_at IS NULL OR question.next_at < $4`, id, orNone(at), t.now, floor)
}

// askSoon has M-PESA asked out of turn about a push that has no verdict.
func (t *tx) askSoon(id PushID) error {
	return t.run(`UPDATE question SET next_at = $1 WHERE kind = 'push' AND id = $2 AND next_at > $1`, t.now, id)
}

// askNow has M-PESA asked about a push at once, also where its schedule has ended: something new was reported of it.
// Without a CheckoutRequestID it has no question.
func (t *tx) askNow(id PushID) error {
	return t.run(`UPDATE question SET next_at = $1 WHERE kind = 'push' AND id = $2 AND (next_at IS NULL OR next_at > $1)`, t.now, id)
}

// schedule sets when to ask about the push next. It cannot be asked about without a CheckoutRequestID.
func (t *tx) schedule(p Push) error {
	switch {
	case p.CheckoutRequestID == "":
		return nil
	case p.State == PushFailed:
		from := max(p.CreatedAt.Add(askFailedAfter), t.now+1)
		return t.askPush(p.ID, t.s.queries.next(p.CreatedAt, from-1, 0), from)
	case !p.State.awaited():
		return t.run(`UPDATE question SET next_at = NULL WHERE kind = 'push' AND id = $1 AND next_at IS NOT NULL`, p.ID)
	}
	hold, err := t.holdOf(&p)
	if err != nil {
		return err
	}
	return t.askPush(p.ID, t.s.queries.next(p.CreatedAt, t.now, hold), t.now+1)
}

// askReversal queues a Reversal: for now, or for when the receipt is known.
func (t *tx) askReversal(refund int64, now bool) error {
	next := any(t.now)
	if !now {
		next = nil
	}
	return t.run(`INSERT INTO question (kind, id, result_token, timeout_token, urgent, client, checked_for, sent, next_at, lease_until, result_text, created_at, updated_at)
		VALUES ('reversal',$1,$2,$3,1,'',0,0,$4,0,'',$5,$5)`, refund, newSecret(), newSecret(), next, t.now)
}

// QueueChecks has M-PESA asked once about the receipts of paid tickets whose film begins within the hour. It returns
// how many, at most limit. M-PESA announces no reversal of a payment.
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
