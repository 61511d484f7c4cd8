package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Money that came without a push of ours.

// IncomingPayment is money that M-PESA says came in, without proof of what it is for: a C2B confirmation, or a row of
// Pull Transactions.
type IncomingPayment struct {
	Receipt      string
	Amount       Cents   // 0 where it did not say, or not in a way that can be read
	Phone        Pattern // of the payer
	Account      string  // what the payer typed at a paybill; of an STK Push, its reference; "" at a till
	TransactedAt Instant
	LearntBy     string // c2b or pull
}

// ApplyC2B makes of a kept C2B confirmation what it says, once; see [Money.ApplyIncoming]. Where it does not say how
// much was paid, u is what is legible.
func (s Money) ApplyC2B(ctx context.Context, cb Callback, h IncomingPayment, u Unread) (ApplyResult, error) {
	return s.withCallback(ctx, cb, func(t *tx, _ string) (ApplyResult, error) {
		out, err := t.moneyCame(h)
		if err == nil && h.Amount <= 0 {
			out.Outcome, err = OutcomeNoAmount, t.storeUnread(cb.ID, unreadRow{Unread: u})
		}
		return out, err
	})
}

// RejectCallback writes what became of a kept callback that nothing can be made of.
func (s Money) RejectCallback(ctx context.Context, cb Callback, outcome Outcome) (ApplyResult, error) {
	return s.withCallback(ctx, cb, func(*tx, string) (ApplyResult, error) { return ApplyResult{Outcome: outcome}, nil })
}

// ApplyIncoming takes in money that M-PESA says came in. Where its account is the reference of a push, or a push's own
// callback has named the receipt, it is that push's. Otherwise it makes no ticket by itself: it is kept as unmatched
// until a callback or Transaction Status says more. How much it is M-PESA is asked, where it did not say.
func (s Money) ApplyIncoming(ctx context.Context, h IncomingPayment) (ApplyResult, error) {
	var out ApplyResult
	err := s.write(ctx, urgent, func(t *tx) error {
		var err error
		out, err = t.moneyCame(h)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("apply incoming payment: %w", err)
	}
	return out, nil
}

func (t *tx) moneyCame(h IncomingPayment) (out ApplyResult, err error) {
	if h.Receipt == "" {
		return ApplyResult{Outcome: OutcomeNoReceipt}, nil
	}
	h.Account = strings.ToUpper(strings.TrimSpace(h.Account))
	if len(h.Account) > 40 {
		h.Account = strings.ToValidUTF8(h.Account[:40], "")
	}
	ticket, code, err := t.ticketNamed(h.Account)
	if err != nil {
		return out, err
	}
	if code != "" {
		h.Account = code // what names no ticket stays as it was typed, for a person to read
	}
	push, err := t.pushNamed(h.Account)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return out, err
	}
	if out, err = t.record(h.fact(push.ID, ticket)); err != nil {
		return out, err
	}
	err = t.scan([]any{&out.Code}, `SELECT t.code FROM payment p JOIN ticket t ON t.id = COALESCE(p.ticket_id, p.named_id) WHERE p.receipt = $1`, h.Receipt)
	if errors.Is(err, ErrNotFound) {
		out.Code, err = code, nil
	}
	return out, err
}

// pushNamed finds the push whose reference the account is, and locks it.
func (t *tx) pushNamed(account string) (Push, error) {
	if account == "" {
		return Push{}, ErrNotFound
	}
	return t.pushLocked(`p.reference = $1`, account)
}

// ticketNamed is the ticket whose code the payer has typed, as its page shows it or without the spaces.
func (t *tx) ticketNamed(account string) (id TicketID, code string, err error) {
	typed := readCode(account)
	if typed == "" {
		return 0, "", nil
	}
	err = t.scan([]any{&id, &code}, `SELECT id, code FROM ticket WHERE code = $1`, typed)
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
