package store

import (
	"context"
	"fmt"

	"cinemasphere/store/money"
)

// Story is everything that the books have of one booking: each list from old to new.
type Story struct {
	Ticket    *Ticket
	Pushes    []StoryPush
	Callbacks []StoryCallback
	Questions []StoryQuestion
	Facts     []StoryFact
	Payments  []Payment
	Claims    []ReceiptClaim
	Refunds   []StoryRefund
	Seats     []SeatIn
	Messages  []Message  // what the customer was told
	Log       []LogEntry // what the staff has done about it
}

// StoryPush is a push, and when it last changed.
type StoryPush struct {
	Push
	UpdatedAt Instant `db:"updated_at"`
}

// StoryCallback is what M-PESA sent, and what was made of it.
type StoryCallback struct {
	Kind       CallbackKind `db:"kind"`
	ReceivedAt Instant      `db:"received_at"`
	Outcome    Outcome      `db:"outcome"` // "" until it is applied
}

// StoryQuestion is what M-PESA was asked.
type StoryQuestion struct {
	Kind      QuestionKind `db:"kind"`
	Receipt   string       `db:"receipt"`     // "" of a push query
	Sent      int          `db:"sent"`        // how often
	NextAt    Instant      `db:"next_at"`     // when it is sent next; 0 is never
	Said      string       `db:"result_text"` // M-PESA's last answer
	CreatedAt Instant      `db:"created_at"`
	UpdatedAt Instant      `db:"updated_at"`
}

// StoryFact is what somebody has said about money.
type StoryFact struct {
	Source  money.Source `db:"source"`
	Says    money.Saying `db:"says"`
	Receipt string       `db:"receipt"`
	Amount  Cents        `db:"amount_cents"` // -1 where it does not say
	By      string       `db:"said_by"`      // which operator
	Note    string       `db:"note"`         // that operator's words
	At      Instant      `db:"created_at"`
}

// StoryRefund is a refund, and when it last changed.
type StoryRefund struct {
	Refund
	UpdatedAt Instant `db:"updated_at"`
}

// storyReceipts are the receipts that a ticket's story is about, storyPayments the payments.
const (
	storyReceipts = `(SELECT receipt FROM payment WHERE ticket_id = $1 AND receipt IS NOT NULL
		UNION SELECT receipt FROM payment WHERE named_id = $1 AND receipt IS NOT NULL
		UNION SELECT receipt FROM claim WHERE ticket_id = $1
		UNION SELECT receipt FROM fact WHERE ticket_id = $1 AND ticket_id <> 0 AND receipt <> '')`
	storyPayments = `(SELECT id FROM payment WHERE ticket_id = $1 OR push_id IN (SELECT id FROM push_request WHERE ticket_id = $1)
		OR receipt IN ` + storyReceipts + `)`
)

// storyCallbacks finds the callbacks of a ticket by their tokens. A callback comes within a day after what it answers:
// so few rows are looked at, without an index that each callback would be written to.
const storyCallbacks = `SELECT c.kind, c.received_at, COALESCE(c.outcome, '') AS outcome FROM (
	SELECT p.callback_token AS token, p.id AS since, p.id + 353894400000 AS until FROM push_request p WHERE p.ticket_id = $1
	UNION ALL SELECT q.result_token, q.id, (q.updated_at - 946598400000) * 4096 FROM question q
		WHERE q.kind = 'receipt' AND q.receipt IN ` + storyReceipts + `
	UNION ALL SELECT q.result_token, q.id, (q.updated_at - 946598400000) * 4096 FROM question q
		WHERE q.kind = 'reversal' AND q.id IN (SELECT id FROM refund WHERE payment_id IN ` + storyPayments + `)) o
	JOIN callback c ON c.id > o.since AND c.id < o.until AND c.token = o.token ORDER BY c.id`

// Story reads everything about a ticket. The caller must have authorised the asker.
func (s Tickets) Story(ctx context.Context, id TicketID) (st Story, err error) {
	if st.Ticket, err = s.TicketByID(ctx, id); err != nil {
		return st, err
	}
	list := func(into any, query string) {
		if err == nil {
			err = s.list(ctx, into, query, id)
		}
	}
	list(&st.Pushes, `SELECT `+pushOnly+`, p.updated_at FROM push_request p WHERE p.ticket_id = $1 ORDER BY p.id`)
	list(&st.Callbacks, storyCallbacks)
	list(
		&st.Questions,
		`SELECT kind, COALESCE(receipt, '') AS receipt, sent, COALESCE(next_at, 0) AS next_at, result_text,
		created_at, updated_at
		FROM question WHERE kind = 'push' AND id IN (SELECT id FROM push_request WHERE ticket_id = $1)
		OR kind = 'receipt' AND receipt IN `+storyReceipts+` ORDER BY created_at, kind`,
	)
	list(&st.Facts, `SELECT source, says, receipt, amount_cents, said_by, note, created_at FROM fact
		WHERE ticket_id = $1 OR push_id IN (SELECT id FROM push_request WHERE ticket_id = $1)
		OR beside_id IN (SELECT id FROM push_request WHERE ticket_id = $1) OR receipt <> '' AND receipt IN `+storyReceipts+` ORDER BY id`)
	list(&st.Payments, `SELECT `+paymentColumns+` FROM payment WHERE id IN `+storyPayments+` ORDER BY id`)
	list(&st.Claims, `SELECT `+claimShown+claimFrom+` WHERE c.ticket_id = $1 ORDER BY c.id`)
	list(&st.Refunds, `SELECT x.*, r.updated_at FROM (`+refundSelect+`) x JOIN refund r ON r.id = x.id
		WHERE x.payment_id IN `+storyPayments+` ORDER BY x.id`)
	list(&st.Messages, ticketMessages)
	list(&st.Log, `SELECT id, who, role, source, action, subject_kind, subject_id, subject, was, now, at FROM audit
		WHERE subject_kind = 'ticket' AND subject_id = $1 OR subject_kind = 'payment' AND subject_id IN `+storyPayments+`
		OR subject_kind = 'push' AND subject_id IN (SELECT id FROM push_request WHERE ticket_id = $1)
		OR subject_kind = 'claim' AND subject_id IN (SELECT id FROM claim WHERE ticket_id = $1) ORDER BY id`)
	if err == nil {
		st.Seats, err = s.SeatsIn(ctx, id)
	}
	if err != nil {
		return st, fmt.Errorf("read the story of a ticket: %w", err)
	}
	return st, nil
}

// AskAbout has M-PESA asked at once about a ticket's pushes that are not paid and that it knows. It counts them: none
// are asked about that are already, or that there is nothing to ask about.
func (s Tickets) AskAbout(ctx context.Context, id TicketID) (asked int, err error) {
	err = s.write(ctx, urgent, func(t *tx) error {
		if err := t.lock(id); err != nil {
			return err
		}
		n, err := t.exec(`UPDATE question SET next_at = $2, updated_at = $2 WHERE kind = 'push' AND lease_until <= $2
			AND (next_at IS NULL OR next_at > $2) AND id IN (SELECT id FROM push_request WHERE ticket_id = $1
			AND checkout_request_id IS NOT NULL AND state <> 'paid' AND state <> 'refused')`, id, t.now)
		if asked = int(n); err != nil || n == 0 {
			return err
		}
		return t.auditTicket(id, "ticket.ask")
	})
	if err != nil {
		return 0, fmt.Errorf("ask about a ticket: %w", err)
	}
	return asked, nil
}

// auditTicket writes into the audit log what somebody of the staff has done about a ticket.
func (t *tx) auditTicket(id TicketID, action string) error {
	if t.by == (By{}) {
		return nil
	}
	var code string
	if err := t.scan([]any{&code}, `SELECT code FROM ticket WHERE id = $1`, id); err != nil {
		return err
	}
	return t.audit(change{action: action, kind: "ticket", id: int64(id), subject: code})
}
