package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A callback with a token of ours that is not understood whole is not dropped: what is legible in it is kept, M-PESA is
// asked about what it is about, and it stays on the list until M-PESA has said that by another way, a later program
// reads it, or a person has looked into it.

// What comes of a callback that was not understood whole.
const (
	OutcomeUnreadable = "unreadable"             // it could not be read
	OutcomeNoAmount   = "amount not known"       // it tells of money, and not how much
	OutcomeShared     = receiptElsewhere         // it tells of money with a receipt that another prompt was paid with
	OutcomeReceipt    = "receipt not understood" // its prompt was paid, and what names the receipt is none that is known
)

// notUnderstood are these outcomes, as the index has them.
const notUnderstood = `('` + OutcomeUnreadable + `', '` + OutcomeNoAmount + `', '` + OutcomeShared + `', '` + OutcomeReceipt + `')`

// NotUnderstood reports whether an outcome means that the callback was not understood whole, and is kept for the list.
func NotUnderstood(outcome string) bool {
	switch outcome {
	case OutcomeUnreadable, OutcomeNoAmount, OutcomeShared, OutcomeReceipt:
		return true
	}
	return false
}

// Unread is what is legible in a callback that was not understood whole, "" and 0 where nothing is.
type Unread struct {
	CheckoutRequestID, MerchantRequestID string
	Receipt                              string
	Amount                               Cents
	Phone                                string // may be masked
	Account                              string // what the payer typed, at a paybill
	TransactedAt                         Instant
	Why                                  string // it was not understood, for the operator
	Legible                              string // the body as printable text
}

// askUnreadAfter is how soon a question is asked again whose answer could not be read.
const askUnreadAfter = 15 * time.Second

// KeepUnread writes down what is legible in a kept callback that could not be read, and has M-PESA asked about it:
// about its push at once, about its receipt, and once more what it was the answer to. Doing it again changes nothing
// but that.
func (s *Store) KeepUnread(ctx context.Context, cb Callback, u Unread) (Applied, error) {
	return s.decideCallback(ctx, cb, func(t *tx, token string) (Applied, error) {
		switch cb.Kind {
		case CallbackSTK:
			return t.unreadPush(s, cb.ID, token, u)
		case CallbackStatus:
			return t.unreadStatus(cb.ID, token, u)
		case CallbackReversal:
			return t.unreadReversal(cb.ID, token, u)
		default:
			return t.unreadMoney(cb.ID, u)
		}
	})
}

// unreadMoney keeps a confirmation of money that names no receipt, and lets M-PESA be asked about the pushes that it
// may be the payment of.
func (t *tx) unreadMoney(id CallbackID, u Unread) (Applied, error) {
	out := Applied{Outcome: OutcomeUnreadable}
	ticket, code, err := t.ticketOrPushNamed(u.Account)
	if err == nil {
		out.Code = code
		err = t.keepUnread(id, unreadRow{Unread: u, ticket: ticket})
	}
	if err == nil {
		_, err = t.askAbout(Hint{Amount: u.Amount, Phone: u.Phone}, ticket)
	}
	return out, err
}

// unreadRow is what is kept of a callback that was not understood.
type unreadRow struct {
	Unread
	push   PushID
	ticket TicketID
	paid   bool // it says plainly that the push was paid
}

func (t *tx) keepUnread(id CallbackID, u unreadRow) error {
	return t.run(`INSERT INTO unread (callback_id, push_id, ticket_id, paid, receipt, amount_cents, phone, account, transacted_at, why, legible, created_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12) ON CONFLICT (callback_id) DO UPDATE SET paid = excluded.paid, receipt = excluded.receipt,
		amount_cents = excluded.amount_cents, phone = excluded.phone, account = excluded.account, transacted_at = excluded.transacted_at, why = excluded.why, legible = excluded.legible`,
		id, noID(int64(u.push)), noID(int64(u.ticket)), flag(u.paid), orNull(u.Receipt), noID(int64(u.Amount)),
		u.Phone, u.Account, orNone(u.TransactedAt), u.Why, u.Legible, t.now)
}

// unreadPush keeps an unreadable verdict on a push, and lets M-PESA be asked about the push at once. Where that is paid
// already, the receipt may be news.
func (t *tx) unreadPush(s *Store, id CallbackID, token string, u Unread) (Applied, error) {
	p, err := t.pushLocked(`p.callback_token = $1`, token)
	if errors.Is(err, ErrNotFound) {
		return Applied{Outcome: "stranger"}, nil
	}
	out := Applied{Outcome: OutcomeUnreadable}
	if err == nil {
		err = t.scan([]any{&out.Code}, `SELECT code FROM ticket WHERE id = $1`, p.TicketID)
	}
	if err == nil && p.CheckoutRequestID == "" && u.CheckoutRequestID != "" {
		err = t.adoptIDs(&p, Verdict{CheckoutRequestID: u.CheckoutRequestID, MerchantRequestID: u.MerchantRequestID})
	}
	if err == nil {
		err = t.keepUnread(id, unreadRow{Unread: u, push: p.ID, ticket: p.TicketID})
	}
	if err != nil {
		return out, err
	}
	if p.State == PushPaid {
		if u.Receipt != "" {
			_, err = t.pay(s, p, Verdict{Class: Success, LearntBy: "query", Code: p.ResultCode, Text: p.ResultText})
		}
		return out, err
	}
	return out, t.confirmPush(s, p, u.Receipt)
}

// ReasonConfirming is said of a push that M-PESA has told of in a way that has to be confirmed by asking it: an
// unreadable callback, or money whose amount or receipt is not known.
const ReasonConfirming = "confirming"

// confirmPush has M-PESA asked at once whether a push was paid, and about the receipt that was told of it.
func (t *tx) confirmPush(s *Store, p Push, receipt string) error {
	p.State, p.Reason, p.NextQuery = PushUnknown, ReasonConfirming, t.now+1
	err := t.savePush(s, p)
	if err == nil {
		err = t.checkSoon(receipt)
	}
	if err == nil {
		err = t.touch(p.TicketID)
	}
	return err
}

// confirmPaid is confirmPush for a callback that says plainly that its push was paid, but not with how much, or with a
// receipt that another prompt was paid with.
func (t *tx) confirmPaid(s *Store, p Push, v Verdict, outcome, why string) (string, error) {
	u := v.unread(p, why)
	u.paid = true
	if err := t.keepUnread(v.callback, u); err != nil {
		return "", err
	}
	return outcome, t.confirmPush(s, p, v.Receipt)
}

// saidPaid reports whether a callback has said plainly that a push which is being confirmed was paid.
func (t *tx) saidPaid(p Push) (bool, error) {
	if p.Reason != ReasonConfirming {
		return false, nil
	}
	var n int
	err := t.scan([]any{&n}, `SELECT count(*) FROM unread WHERE push_id = $1 AND paid = 1`, p.ID)
	return n > 0, err
}

// fillIn adds to the money of a push that M-PESA has confirmed what its own callback has told of it before: the token
// of that names the push.
func (t *tx) fillIn(p Push, m *money) error {
	var rows []struct {
		Receipt string
		Amount  Cents
		At      Instant
	}
	err := t.list(&rows, `SELECT COALESCE(receipt, '') AS receipt, COALESCE(amount_cents, 0) AS amount, COALESCE(transacted_at, 0) AS at FROM unread WHERE push_id = $1 ORDER BY callback_id`, p.ID)
	for _, row := range rows {
		if row.Receipt != "" && m.receipt != "" && row.Receipt != m.receipt { // neither is known to be the one
			m.receipt, m.at, m.learntBy = "", 0, "query"
			return err
		}
		if row.Receipt != "" {
			m.receipt, m.at, m.learntBy = row.Receipt, row.At, "callback"
		}
		if row.Amount != 0 {
			m.amount = &row.Amount
		}
	}
	return err
}

// toldWith finds the push whose own callback has told of this receipt, and which is being confirmed; ErrNotFound where
// there is not exactly one.
func (t *tx) toldWith(receipt string) (Push, error) {
	var ids []PushID
	err := t.list(&ids, `SELECT DISTINCT push_id FROM unread WHERE receipt = $1 AND push_id IS NOT NULL`, receipt)
	if err == nil && len(ids) != 1 {
		err = ErrNotFound
	}
	if err != nil {
		return Push{}, err
	}
	p, err := t.pushLocked(`p.id = $1`, ids[0])
	if err == nil && p.Reason != ReasonConfirming {
		err = ErrNotFound
	}
	return p, err
}

// sharedReceipt has a person look into a receipt that M-PESA has named for two prompts that were both paid: whose it is
// nobody can tell.
func (t *tx) sharedReceipt(p Push, receipt string) error {
	first, err := t.payment(`receipt = $1`, receipt)
	if err != nil {
		return err
	}
	second, err := t.payment(`push_id = $1`, p.ID)
	if err != nil {
		return err
	}
	var code string
	if err := t.scan([]any{&code}, `SELECT code FROM ticket WHERE id = $1`, p.TicketID); err != nil {
		return err
	}
	return errors.Join(t.doubt(first.ID, DoubtShared+" "+code), t.doubt(second.ID, DoubtShared+" "+receipt))
}

// unshare ends the doubt about a receipt once a prompt that was said to have it turns out to have one of its own.
func (t *tx) unshare(have Payment) error {
	receipt, shared := sharedWith(have.Doubt)
	if !shared {
		return nil
	}
	var code string
	if err := t.scan([]any{&code}, `SELECT code FROM ticket WHERE id = $1`, have.TicketID); err != nil {
		return err
	}
	return t.run(`UPDATE payment SET doubt = '', updated_at = $1 WHERE id = $2 OR receipt = $3 AND doubt = $4`, t.now, have.ID, receipt, DoubtShared+" "+code)
}

// unreadStatus keeps an unreadable result of Transaction Status, and lets the question be asked again soon, as often as
// it is asked at all.
func (t *tx) unreadStatus(id CallbackID, token string, u Unread) (out Applied, err error) {
	row := unreadRow{Unread: u}
	err = t.scan([]any{&row.ticket, &out.Code}, `SELECT t.id, t.code FROM ticket t WHERE t.id = (SELECT ticket_id FROM claim WHERE result_token = $1)
		OR t.id = (SELECT y.ticket_id FROM paid_check k JOIN payment y ON y.receipt = k.receipt WHERE k.result_token = $1)`, token)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return out, err
	}
	out.Outcome = OutcomeUnreadable
	soon := t.now.Add(askUnreadAfter)
	out.Why = u.Why
	said := "an answer that is not understood whole: " + u.Why
	return out, errors.Join(t.keepUnread(id, row),
		t.run(`UPDATE claim SET result_text = $1 WHERE result_token = $2 AND state = 'asking'`, said, token),
		t.run(`UPDATE claim SET next_at = CASE WHEN next_at > $1 THEN $1 ELSE next_at END, lease_until = 0 WHERE result_token = $2 AND next_at IS NOT NULL`, soon, token),
		t.run(`UPDATE paid_check SET next_at = CASE WHEN next_at > $1 THEN $1 ELSE next_at END, result_text = '' WHERE result_token = $2 AND next_at IS NOT NULL`, soon, token))
}

// unreadReversal keeps an unreadable result of a Reversal. M-PESA is asked whether the money has gone back, and the
// Reversal is sent again soon, as often as it is sent at all: one that was carried out is answered as such.
func (t *tx) unreadReversal(id CallbackID, token string, u Unread) (Applied, error) {
	var r Refund
	err := t.get(&r, refundSelect+` WHERE r.result_token = $1`, token)
	if errors.Is(err, ErrNotFound) {
		return Applied{Outcome: "stranger"}, nil
	}
	out := Applied{Outcome: OutcomeUnreadable, Code: r.TicketCode}
	row := unreadRow{Unread: u}
	if err == nil && r.TicketCode != "" {
		err = t.scan([]any{&row.ticket}, `SELECT id FROM ticket WHERE code = $1`, r.TicketCode)
	}
	if err == nil {
		err = t.keepUnread(id, row)
	}
	if err != nil || r.State != RefundRequested {
		return out, err
	}
	return out, errors.Join(t.checkSoon(r.Receipt),
		t.run(`UPDATE refund SET next_at = CASE WHEN next_at > $1 THEN $1 ELSE next_at END, updated_at = $2 WHERE id = $3 AND state = 'requested' AND next_at IS NOT NULL`, t.now.Add(refundLease), t.now, r.ID))
}

// unreadFrom is where the callbacks are that were not understood whole, with what has become of what each is about.
const unreadFrom = ` FROM callback c LEFT JOIN unread u ON u.callback_id = c.id LEFT JOIN push_request p ON p.callback_token = c.token AND c.kind = 'stk'
	LEFT JOIN claim m ON m.result_token = c.token AND c.kind = 'status' LEFT JOIN paid_check k ON k.result_token = c.token AND c.kind = 'status'
	LEFT JOIN refund r ON r.result_token = c.token AND c.kind = 'reversal' LEFT JOIN ticket t ON t.id = u.ticket_id
	LEFT JOIN settled d ON d.kind = 'callback' AND d.id = c.id`

// unreadKnown is that M-PESA has said by another way what a callback was about, or that the books have its money. A
// failure does not explain one that tells of a receipt.
const unreadKnown = `(c.outcome = '` + OutcomeReceipt + `' AND EXISTS (SELECT 1 FROM payment y WHERE y.push_id = p.id AND y.receipt IS NOT NULL)
	OR c.kind = 'stk' AND c.outcome <> '` + OutcomeReceipt + `' AND (p.state = 'paid' AND u.receipt IS NULL
		OR (p.state = 'paid' OR c.outcome <> '` + OutcomeShared + `') AND EXISTS (SELECT 1 FROM payment y WHERE y.receipt = u.receipt)
		OR p.state IN ('failed', 'soft_failed') AND COALESCE(u.paid, 0) = 0 AND u.receipt IS NULL)
	OR c.kind IN ('c2b', 'pull', 'validation') AND u.receipt IS NOT NULL AND EXISTS (SELECT 1 FROM payment y WHERE y.receipt = u.receipt)
	OR c.kind = 'status' AND (m.state <> 'asking' AND m.reason NOT IN ('` + ReasonNotAsked + `', '` + ReasonNotUnderstood + `') OR k.result_text <> '')
	OR c.kind = 'reversal' AND r.state <> 'requested')`

const unreadOpen = `c.known = 1 AND c.outcome IN ` + notUnderstood + ` AND (CASE WHEN ` + unreadKnown + ` THEN 1 ELSE 0 END) = 0`

// UnreadCallbacks are the callbacks that were not understood whole and of which nothing else is known, oldest first: a
// later program may read them.
func (s *Store) UnreadCallbacks(ctx context.Context) ([]Callback, error) {
	var rows []callbackRow
	if err := s.list(ctx, &rows, `SELECT c.id, c.kind, c.token, c.body, c.encoding`+unreadFrom+` WHERE `+unreadOpen+` ORDER BY c.id`); err != nil {
		return nil, fmt.Errorf("look for unread callbacks: %w", err)
	}
	return callbacks(rows)
}
