package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Payments that came without a push of ours.

// IncomingPayment is a payment that M-PESA reports without proof of its purpose: a C2B confirmation, or a row of Pull
// Transactions.
type IncomingPayment struct {
	Receipt      string
	Amount       Cents   // 0 where M-PESA did not report it, or not legibly
	Phone        Pattern // of the payer
	Account      string  // the account number: typed at a paybill, or an STK Push's reference; "" at a till
	TransactedAt Instant
	LearntBy     string // c2b or pull
}

// ApplyC2B applies a stored C2B confirmation once; see [Money.ApplyIncoming]. Where the amount is missing, u is what is
// legible.
func (s Money) ApplyC2B(ctx context.Context, cb Callback, h IncomingPayment, u Unread) (ApplyResult, error) {
	return s.withCallback(ctx, cb, func(t *tx, _ string) (ApplyResult, error) {
		out, err := t.recordIncoming(h)
		if err == nil && h.Amount <= 0 {
			out.Outcome, err = OutcomeNoAmount, t.storeUnread(cb.ID, unreadRow{Unread: u})
		}
		return out, err
	})
}

// RejectCallback writes the outcome of a stored callback that cannot be applied.
func (s Money) RejectCallback(ctx context.Context, cb Callback, outcome Outcome) (ApplyResult, error) {
	return s.withCallback(ctx, cb, func(*tx, string) (ApplyResult, error) { return ApplyResult{Outcome: outcome}, nil })
}

// ApplyIncoming records an incoming payment. It belongs to a push whose reference is its account number, or whose own
// callback has its receipt. Otherwise it stays unmatched until a callback or Transaction Status proves its ticket.
// Where the amount is missing, M-PESA is asked.
func (s Money) ApplyIncoming(ctx context.Context, h IncomingPayment) (ApplyResult, error) {
	var out ApplyResult
	err := s.write(ctx, urgent, func(t *tx) error {
		var err error
		out, err = t.recordIncoming(h)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("apply incoming payment: %w", err)
	}
	return out, nil
}

func (t *tx) recordIncoming(h IncomingPayment) (out ApplyResult, err error) {
	if h.Receipt == "" {
		return ApplyResult{Outcome: OutcomeNoReceipt}, nil
	}
	h.Account = strings.ToUpper(strings.TrimSpace(h.Account))
	if len(h.Account) > 40 {
		h.Account = strings.ToValidUTF8(h.Account[:40], "")
	}
	var code string
	var ticket TicketID
	push, err := t.pushNamed(h.Account)
	if errors.Is(err, ErrNotFound) {
		ticket, code, err = t.ticketNamed(h.Account)
	}
	if err != nil {
		return out, err
	}
	if code != "" {
		h.Account = code // an unknown account number stays as it was typed, for an operator to read
	}
	if out, err = t.record(nil, h.fact(push.ID, ticket)); err != nil {
		return out, err
	}
	err = t.scan([]any{&out.Code}, `SELECT t.code FROM payment p JOIN ticket t ON t.id = COALESCE(p.ticket_id, p.named_id) WHERE p.receipt = $1`, h.Receipt)
	if errors.Is(err, ErrNotFound) {
		out.Code, err = code, nil
	}
	return out, err
}

// pushNamed finds and locks the push with the account reference.
func (t *tx) pushNamed(account string) (Push, error) {
	if account == "" {
		return Push{}, ErrNotFound
	}
	return t.pushLocked(`p.reference = $1`, account)
}

// ticketNamed is the ticket whose code the payer typed, with or without its spaces, or with the mark of a push.
func (t *tx) ticketNamed(account string) (id TicketID, code string, err error) {
	typed := readCode(account)
	if len(typed) <= maxMark {
		return 0, "", nil
	}
	err = t.scan([]any{&id, &code}, `SELECT id, code FROM ticket WHERE code IN ($1, $2, $3)`, typed,
		typed[:len(typed)-minMark], typed[:len(typed)-maxMark])
	if errors.Is(err, ErrNotFound) {
		return 0, "", nil
	}
	return id, code, err
}

// ticketOrPushNamed is the ticket that an account number names, by its code or by a push's reference.
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
