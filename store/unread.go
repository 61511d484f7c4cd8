package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A callback with a known token that is not understood completely is kept with what is legible. M-PESA is asked about
// its subject. It is an open item until M-PESA reports the subject another way, a later program reads it, or an
// operator resolves it.

// Unread is what is legible in a callback that was not understood completely; "" and 0 where nothing is.
type Unread struct {
	CheckoutRequestID, MerchantRequestID string
	Receipt                              string
	Amount                               Cents
	Phone                                Pattern // of the payer
	Account                              string  // what the payer typed at a paybill
	TransactedAt                         Instant
	Why                                  UnreadReason
	Detail                               string // the subject of Why, as M-PESA reports it
	Legible                              string // the body as printable text
}

// askUnreadAfter is how soon a question with an unreadable answer is asked again.
const askUnreadAfter = 15 * time.Second

// StoreUnread stores what is legible in an unreadable callback and has M-PESA asked: at once about its push, about its
// receipt, and again the question that it answered. A repetition only asks again.
func (s Money) StoreUnread(ctx context.Context, cb Callback, u Unread) (ApplyResult, error) {
	return s.withCallback(ctx, cb, func(t *tx, token string) (ApplyResult, error) {
		switch cb.Kind {
		case CallbackSTK:
			return t.unreadPush(cb.ID, token, u)
		case CallbackStatus:
			return t.unreadStatus(cb.ID, token, u)
		case CallbackReversal:
			return t.unreadReversal(cb.ID, token, u)
		default:
			return t.unreadMoney(cb.ID, u)
		}
	})
}

// unreadMoney stores a confirmation without a receipt, and has M-PESA asked about the pushes that it may be the payment
// of.
func (t *tx) unreadMoney(id CallbackID, u Unread) (ApplyResult, error) {
	out := ApplyResult{Outcome: OutcomeUnreadable}
	ticket, code, err := t.ticketOrPushNamed(u.Account)
	if err == nil {
		out.Code = code
		err = t.storeUnread(id, unreadRow{Unread: u, ticket: ticket})
	}
	if err == nil {
		err = t.askAbout(u, ticket)
	}
	return out, err
}

// unreadRow is what is stored of a callback that was not understood.
type unreadRow struct {
	Unread
	push   PushID
	ticket TicketID
	paid   bool // it plainly reports the push as paid
}

func (t *tx) storeUnread(id CallbackID, u unreadRow) error {
	return t.run(`INSERT INTO unread (callback_id, push_id, ticket_id, paid, receipt, amount_cents, phone, account, transacted_at, why, detail, legible, created_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13) ON CONFLICT (callback_id) DO UPDATE SET paid = excluded.paid, receipt = excluded.receipt,
		amount_cents = excluded.amount_cents, phone = excluded.phone, account = excluded.account, transacted_at = excluded.transacted_at, why = excluded.why, detail = excluded.detail, legible = excluded.legible`,
		id, noID(int64(u.push)), noID(int64(u.ticket)), flag(u.paid), orNull(u.Receipt), noID(int64(u.Amount)),
		u.Phone, u.Account, orNone(u.TransactedAt), u.Why, u.Detail, u.Legible, t.now)
}

// unreadPush stores an unreadable verdict on a push, and has M-PESA asked about the push at once.
func (t *tx) unreadPush(id CallbackID, token string, u Unread) (ApplyResult, error) {
	out := ApplyResult{Outcome: OutcomeUnreadable}
	p, err := t.pushLocked(`p.callback_token = $1`, token)
	if errors.Is(err, ErrNotFound) { // a push that the books have lost: see lostPush
		if err = t.storeUnread(id, unreadRow{Unread: u}); err == nil && u.Receipt != "" {
			_, err = t.record(nil, u.fact(0)...)
		}
		return out, err
	}
	if err == nil {
		err = t.scan([]any{&out.Code}, `SELECT code FROM ticket WHERE id = $1`, p.TicketID)
	}
	if err == nil && p.CheckoutRequestID == "" && u.CheckoutRequestID != "" {
		err = t.adoptIDs(&p, Verdict{CheckoutRequestID: u.CheckoutRequestID, MerchantRequestID: u.MerchantRequestID})
	}
	if err == nil {
		err = t.storeUnread(id, unreadRow{Unread: u, push: p.ID, ticket: p.TicketID})
	}
	if err == nil && p.State != PushPaid {
		err = t.confirmPush(p, u.Receipt)
	}
	if err == nil {
		_, err = t.record(nil, u.fact(p.ID)...)
	}
	return out, err
}

// confirmPush has M-PESA asked at once whether a push was paid, and about a receipt reported for it.
func (t *tx) confirmPush(p Push, receipt string) error {
	p.State, p.Reason = PushUnknown, FailureConfirming
	err := t.savePush(p)
	if err == nil {
		err = t.askNow(p.ID)
	}
	if err == nil {
		err = t.askReceiptNow(receipt)
	}
	if err == nil {
		err = t.touch(p.TicketID)
	}
	return err
}

// unreadStatus stores an unreadable result of Transaction Status, and has the question asked again soon, within its
// usual number of tries.
func (t *tx) unreadStatus(id CallbackID, token string, u Unread) (out ApplyResult, err error) {
	row := unreadRow{Unread: u}
	var receipt string
	if err := t.scan([]any{&receipt}, `SELECT receipt FROM question WHERE result_token = $1`, token); err != nil {
		return out, err
	}
	err = t.scan([]any{&row.ticket}, `SELECT COALESCE((SELECT COALESCE(ticket_id, named_id) FROM payment WHERE receipt = $1), (SELECT max(ticket_id) FROM claim WHERE receipt = $1), 0)`, receipt)
	if err == nil {
		out.Code, err = t.codeOf(receipt)
	}
	if err != nil {
		return out, err
	}
	out.Outcome, out.Why, out.Detail = OutcomeUnreadable, u.Why, u.Detail
	return out, errors.Join(t.storeUnread(id, row), t.run(`UPDATE question SET next_at = CASE WHEN next_at > $1 THEN $1 ELSE next_at END, lease_until = 0,
		result_text = $2, lacks = $4 WHERE receipt = $3 AND next_at IS NOT NULL`, t.now.Add(askUnreadAfter), u.Detail, receipt, u.Why))
}

// unreadReversal stores an unreadable result of a Reversal. M-PESA is asked whether the money was reversed. The
// Reversal is sent again soon, within its usual number of tries: M-PESA answers a completed one as such.
func (t *tx) unreadReversal(id CallbackID, token string, u Unread) (ApplyResult, error) {
	var r Refund
	err := t.get(&r, refundSelect+` WHERE `+refundByResult, token)
	if errors.Is(err, ErrNotFound) {
		return ApplyResult{Outcome: OutcomeUnknownToken}, nil
	}
	out := ApplyResult{Outcome: OutcomeUnreadable, Code: r.TicketCode}
	row := unreadRow{Unread: u}
	if err == nil && r.TicketCode != "" {
		err = t.scan([]any{&row.ticket}, `SELECT id FROM ticket WHERE code = $1`, r.TicketCode)
	}
	if err == nil {
		err = t.storeUnread(id, row)
	}
	if err != nil || r.State != RefundRequested {
		return out, err
	}
	return out, errors.Join(t.askReceiptNow(r.Receipt),
		t.run(`UPDATE question SET next_at = $1, updated_at = $2 WHERE kind = 'reversal' AND id = $3 AND next_at > $1`, t.now.Add(refundLease), t.now, r.ID))
}

// unreadFrom joins the callbacks that were not understood completely with what is known of their subjects.
const unreadFrom = ` FROM callback c LEFT JOIN unread u ON u.callback_id = c.id
	LEFT JOIN push_request p ON p.callback_token = c.token AND c.kind = 'stk'
	LEFT JOIN question k ON c.kind IN ('status', 'reversal') AND k.result_token = c.token
	LEFT JOIN refund r ON r.id = k.id AND k.kind = 'reversal' LEFT JOIN ticket t ON t.id = u.ticket_id
	LEFT JOIN resolution d ON d.kind = 'callback' AND d.id = c.id`

// unreadKnown is that M-PESA has reported a callback's subject another way, or that the books have its payment. A
// failure does not explain a callback that names a receipt.
const unreadKnown = `(c.outcome = '` + string(OutcomeReceipt) +
	`' AND EXISTS (SELECT 1 FROM payment y WHERE y.push_id = p.id AND y.receipt IS NOT NULL)
	OR c.outcome = '` + string(OutcomeNoAmount) + `' AND EXISTS (SELECT 1 FROM payment y WHERE y.push_id = p.id)
	OR c.kind = 'stk' AND c.outcome <> '` + string(OutcomeReceipt) + `' AND (p.state = 'paid' AND u.receipt IS NULL
		OR EXISTS (SELECT 1 FROM payment y WHERE y.receipt = u.receipt)
		OR p.state IN ('failed', 'soft_failed') AND COALESCE(u.paid, 0) = 0 AND u.receipt IS NULL)
	OR c.kind IN ('c2b', 'pull', 'validation') AND u.receipt IS NOT NULL
	AND EXISTS (SELECT 1 FROM payment y WHERE y.receipt = u.receipt)
	OR c.kind = 'status' AND EXISTS (SELECT 1 FROM fact f
		WHERE f.receipt = k.receipt AND f.receipt <> '' AND f.source = 'status')
	OR c.kind = 'reversal' AND r.state <> 'requested')`

const unreadOpen = `c.known = 1 AND c.outcome IN ` + notUnderstood + ` AND (CASE WHEN ` + unreadKnown +
	` THEN 1 ELSE 0 END) = 0`

// unreadWaits is that somebody has yet to look into a callback.
const unreadWaits = unreadOpen + ` AND NOT (d.at IS NOT NULL AND d.state = 'unread')`

// UnreadCallbacks lists the callbacks that were not understood completely and are unexplained, oldest first: a later
// program may read them, unless they are erased.
func (s Money) UnreadCallbacks(ctx context.Context) ([]Callback, error) {
	var rows []callbackRow
	if err := s.list(ctx, &rows, `SELECT c.id, c.kind, c.token, c.body, c.encoding`+unreadFrom+` WHERE `+unreadOpen+`
		AND c.encoding <> 'erased' ORDER BY c.id`); err != nil {
		return nil, fmt.Errorf("look for unread callbacks: %w", err)
	}
	return callbacks(rows)
}

// askReceiptNow has M-PESA asked about a receipt without a recorded payment.
func (t *tx) askReceiptNow(receipt string) error { return t.askReceipt(receipt, false) }

// askAbout has M-PESA asked at once about the pushes that a payment without a receipt may belong to. Without amount,
// phone or ticket there are none.
func (t *tx) askAbout(u Unread, ticket TicketID) error {
	if u.Amount == 0 && ticket == 0 && u.Phone == "" {
		return nil
	}
	var ps []struct {
		ID     PushID
		Ticket TicketID
		Phone  string
	}
	err := t.list(&ps, `SELECT p.id, p.ticket_id AS ticket, p.phone FROM push_request p JOIN question q ON q.kind = 'push' AND q.id = p.id
		WHERE q.next_at IS NOT NULL AND p.state <> 'failed' AND (CAST($1 AS BIGINT) = 0 OR p.amount * 100 = $1)
		AND p.created_at BETWEEN $2 AND $3`, u.Amount, t.now.Add(-30*time.Minute), t.now)
	for _, p := range ps {
		if err == nil && u.Phone.Fits(p.Phone) && (ticket == 0 || p.Ticket == ticket) {
			err = t.askSoon(p.ID)
		}
	}
	return err
}
