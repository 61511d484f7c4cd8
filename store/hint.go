package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Hint is money that M-PESA says came in, without proof of what it is for: a C2B confirmation, or a row of Pull Transactions.
type Hint struct {
	Receipt      string
	Amount       Cents  // 0 where it did not say, or not in a way that can be read
	Phone        string // an MSISDN, or with * for each hidden digit, or "" where M-PESA hides it whole
	Account      string // what the payer typed at a paybill; of an STK Push, its reference; "" at a till
	TransactedAt Instant
	LearntBy     string // c2b or pull
}

// toBeConfirmed is said of money that names a ticket, until Transaction Status says whether it is so.
const toBeConfirmed = "to be confirmed"

// clockSkew is by how much M-PESA's clock may be ahead of ours.
const clockSkew = 5 * time.Second

// claimWait is how long a C2B confirmation that names a ticket waits for the ticket's own push to explain it.
const claimWait = time.Minute

// ApplyC2B makes of a kept C2B confirmation what it says, once; see [Store.ApplyHint]. Where it does not say how much
// was paid, u is what is legible.
func (s *Store) ApplyC2B(ctx context.Context, cb Callback, h Hint, u Unread) (Applied, error) {
	return s.decideCallback(ctx, cb, func(t *tx, _ string) (Applied, error) {
		out, err := t.hint(s, h)
		if err == nil && h.Amount <= 0 {
			out.Outcome, err = OutcomeNoAmount, t.keepUnread(cb.ID, unreadRow{Unread: u})
		}
		return out, err
	})
}

// RejectCallback writes what became of a kept callback that nothing can be made of.
func (s *Store) RejectCallback(ctx context.Context, cb Callback, outcome string) (Applied, error) {
	return s.decideCallback(ctx, cb, func(*tx, string) (Applied, error) { return Applied{Outcome: outcome}, nil })
}

// ApplyHint takes in money that M-PESA says came in. Where its account is the reference of a push, or a push's own
// callback has named the receipt, it is that push's. Otherwise it makes no ticket by itself: it is kept as unmatched
// until a callback or Transaction Status says more. How much it is M-PESA is asked,
// where it did not say.
func (s *Store) ApplyHint(ctx context.Context, h Hint) (Applied, error) {
	var out Applied
	err := s.write(ctx, urgent, func(t *tx) error {
		var err error
		out, err = t.hint(s, h)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("apply hint: %w", err)
	}
	return out, nil
}

func (t *tx) hint(s *Store, h Hint) (Applied, error) {
	if h.Receipt == "" {
		return Applied{Outcome: "no receipt"}, nil
	}
	h.Account = strings.ToUpper(strings.TrimSpace(h.Account))
	if len(h.Account) > 40 {
		h.Account = strings.ToValidUTF8(h.Account[:40], "")
	}
	ticket, code, err := t.ticketNamed(h.Account)
	if err != nil {
		return Applied{}, err
	}
	h.Account = cmp.Or(code, h.Account) // what names no ticket stays as it was typed, for a person to read
	have, err := t.payment(`receipt = $1`, h.Receipt)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Applied{}, err
	}
	named, unnamed := t.pushNamed(h.Account)
	if unnamed != nil && !errors.Is(unnamed, ErrNotFound) {
		return Applied{}, unnamed
	}
	if unnamed == nil && have.PushID == 0 && (h.Amount > 0 || named.State == PushPaid) {
		return t.hintedPush(s, named, h)
	}
	if err == nil {
		return t.hintedKnown(s, have, h, ticket, code)
	}
	m := money{h.Receipt, nil, h.Phone, h.Account, h.TransactedAt, h.LearntBy}
	if h.Amount > 0 {
		m.amount = &h.Amount
		if told, err := t.toldWith(h.Receipt); err == nil {
			return t.hintedPush(s, told, h)
		} else if !errors.Is(err, ErrNotFound) {
			return Applied{}, err
		}
	}
	reason := "names no ticket"
	if ticket != 0 {
		reason = toBeConfirmed
	}
	if err := t.insertPayment(s, h.Receipt, 0, 0, m, PaymentUnmatched, reason); err != nil {
		return Applied{}, err
	}
	asked, err := t.askAbout(h, ticket)
	if err == nil && h.Amount == 0 {
		err = t.checkSoon(h.Receipt)
	}
	if err != nil {
		return Applied{}, err
	}
	if ticket != 0 {
		wait := t.now
		if asked > 0 {
			wait = t.now.Add(claimWait)
		}
		if err := t.insertClaim(s, claimRow{receipt: h.Receipt, ticket: ticket, source: h.LearntBy, phone: h.Phone, next: wait}); err != nil {
			return Applied{}, err
		}
	}
	return Applied{Outcome: "unmatched: " + reason, Code: code}, nil
}

// hintedKnown takes in what a hint says of money that the books have.
func (t *tx) hintedKnown(s *Store, have Payment, h Hint, ticket TicketID, code string) (out Applied, err error) {
	out.Outcome, err = t.saidOf(s, have, Transaction{Known: true, Completed: true, ToUs: true, Receipt: h.Receipt, Amount: h.Amount, TransactedAt: h.TransactedAt}, false)
	out.Outcome = cmp.Or(out.Outcome, "known already")
	byHand := false
	if err == nil {
		byHand, err = t.typedByHand(have, h)
	}
	if err == nil && byHand {
		return t.disproved(s, have, h)
	}
	if err == nil {
		err = t.run(`UPDATE payment SET transacted_at = COALESCE(transacted_at, $1), account = CASE WHEN account = '' THEN $2 ELSE account END, updated_at = $3 WHERE receipt = $4`,
			orNone(h.TransactedAt), h.Account, t.now, h.Receipt)
	}
	if err == nil {
		err = t.reconsider(s)
	}
	if err == nil && have.PushID == 0 && (have.TicketID == 0 && have.State == PaymentUnmatched || rank(h.LearntBy) > rank(have.LearntBy)) {
		return t.hintedAgain(s, have, h, ticket, code)
	}
	if err == nil && have.TicketID != 0 {
		err = t.scan([]any{&out.Code}, `SELECT code FROM ticket WHERE id = $1`, have.TicketID)
	}
	return out, err
}

// hintedAgain takes in what a hint adds to money that names no ticket yet, or has been given to one by weaker proof: it may name
// one now.
func (t *tx) hintedAgain(s *Store, have Payment, h Hint, ticket TicketID, code string) (Applied, error) {
	if ticket == 0 || ticket == have.TicketID {
		return Applied{Outcome: "known already"}, nil
	}
	var claims int
	if err := t.scan([]any{&claims}, `SELECT count(*) FROM claim WHERE receipt = $1 AND ticket_id = $2`, h.Receipt, ticket); err != nil || claims > 0 {
		return Applied{Outcome: "known already", Code: code}, err
	}
	if err := t.run(`UPDATE payment SET reason = $1, updated_at = $2 WHERE id = $3 AND state = 'unmatched'`, toBeConfirmed, t.now, have.ID); err != nil {
		return Applied{}, err
	}
	err := t.insertClaim(s, claimRow{receipt: h.Receipt, ticket: ticket, source: h.LearntBy, phone: h.Phone, next: t.now})
	return Applied{Outcome: "unmatched: " + toBeConfirmed, Code: code}, err
}

// pushNamed finds the push whose reference the account is, and locks it.
func (t *tx) pushNamed(account string) (Push, error) {
	if account == "" {
		return Push{}, ErrNotFound
	}
	return t.pushLocked(`p.reference = $1`, account)
}

// hintedPush pays for a push with money that names it, or whose receipt its own callback has named.
func (t *tx) hintedPush(s *Store, p Push, h Hint) (out Applied, err error) {
	if err := t.scan([]any{&out.Code}, `SELECT code FROM ticket WHERE id = $1`, p.TicketID); err != nil {
		return out, err
	}
	v := Verdict{
		Class: Success, LearntBy: "callback", Code: p.ResultCode, Text: p.ResultText,
		Receipt: h.Receipt, Phone: p.Phone, TransactedAt: h.TransactedAt,
	}
	if h.Amount > 0 {
		v.Amount = &h.Amount
	}
	if out.Outcome, err = t.pay(s, p, v); err == nil {
		err = t.run(`UPDATE payment SET account = $1 WHERE receipt = $2 AND account = ''`, h.Account, h.Receipt)
	}
	return out, err
}

// typedByHand reports whether a push has a payment by a person's word whose account number, as M-PESA says now, is not
// the push's: somebody typed it.
func (t *tx) typedByHand(have Payment, h Hint) (byHand bool, err error) {
	if have.PushID == 0 || have.LearntBy == "callback" || h.Account == "" {
		return false, nil
	}
	var n int
	err = t.scan([]any{&n}, `SELECT count(*) FROM push_request WHERE id = $1 AND reference <> $2`, have.PushID, h.Account)
	return n > 0, err
}

// disproved takes a receipt from the push whose it is not. The push's own awaits its receipt again; what has gone back
// under this one stays as it is, and the push's is money of its own.
func (t *tx) disproved(s *Store, have Payment, h Hint) (Applied, error) {
	p, err := t.pushLocked(`p.id = $1`, have.PushID)
	if err != nil {
		return Applied{}, err
	}
	back, err := t.goingBack(have)
	if err != nil {
		return Applied{}, err
	}
	if !back {
		if err := t.run(`UPDATE payment SET receipt = NULL, transacted_at = NULL, updated_at = $1 WHERE id = $2`, t.now, have.ID); err != nil {
			return Applied{}, err
		}
		if err := t.showReceipt(have, money{}); err != nil {
			return Applied{}, err
		}
		return t.hint(s, h)
	}
	if err := t.run(`UPDATE payment SET push_id = NULL, learnt_by = 'person', account = $1, updated_at = $2 WHERE id = $3`, h.Account, t.now, have.ID); err != nil {
		return Applied{}, err
	}
	_, err = t.pay(s, p, Verdict{Class: Success, LearntBy: "query", Code: p.ResultCode, Text: p.ResultText})
	return Applied{Outcome: "known already"}, err
}

// placeHint looks for what money is whose amount has become known.
func (t *tx) placeHint(s *Store, have Payment) (string, error) {
	p, err := t.pushNamed(have.Account)
	if errors.Is(err, ErrNotFound) {
		return "amount added", t.reconsider(s)
	}
	if err != nil {
		return "", err
	}
	out, err := t.hintedPush(s, p, Hint{Receipt: have.Receipt, Amount: have.Amount, Phone: have.Phone, Account: have.Account, TransactedAt: have.TransactedAt})
	return out.Outcome, err
}

// ticketNamed is the ticket whose code the payer has typed, as its page shows it or without the spaces.
func (t *tx) ticketNamed(account string) (TicketID, string, error) {
	typed := readCode(account)
	if typed == "" {
		return 0, "", nil
	}
	var id TicketID
	var code string
	err := t.scan([]any{&id, &code}, `SELECT id, code FROM ticket WHERE code = $1`, typed)
	if errors.Is(err, ErrNotFound) {
		return 0, "", nil
	}
	return id, code, err
}

// ticketOrPushNamed is the ticket that the account number names, by its code or by the reference of a push of its.
func (t *tx) ticketOrPushNamed(account string) (TicketID, string, error) {
	p, err := t.pushNamed(strings.ToUpper(strings.TrimSpace(account)))
	if errors.Is(err, ErrNotFound) {
		return t.ticketNamed(account)
	}
	var code string
	if err == nil {
		err = t.scan([]any{&code}, `SELECT code FROM ticket WHERE id = $1`, p.TicketID)
	}
	return p.TicketID, code, err
}

// askAbout lets M-PESA be asked at once about the pushes that this money may be the payment of, and says how many there
// are. Of money that is known by neither amount, phone nor ticket there are none.
func (t *tx) askAbout(h Hint, ticket TicketID) (int, error) {
	var ps []Push
	err := t.list(&ps, `SELECT `+pushOnly+` FROM push_request p WHERE p.next_query_at IS NOT NULL AND p.state <> 'failed' AND ($1 = 0 OR p.amount * 100 = $1) AND p.created_at BETWEEN $2 AND $3`,
		h.Amount, t.now.Add(-30*time.Minute), t.now)
	if err != nil {
		return 0, err
	}
	if h.Amount == 0 && ticket == 0 && h.Phone == "" {
		return 0, nil
	}
	ps = slices.DeleteFunc(ps, func(p Push) bool { return !fits(h.Phone, p.Phone) || ticket != 0 && p.TicketID != ticket })
	for _, p := range ps {
		if err := t.askSoon(p.ID); err != nil {
			return 0, err
		}
	}
	return len(ps), nil
}
