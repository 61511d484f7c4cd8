package store

import (
	"context"
	"errors"
	"strings"
)

// Transaction is what Transaction Status reports on a receipt.
type Transaction struct {
	Known        bool // M-PESA knows the receipt; otherwise the rest is empty
	Completed    bool
	Reversed     bool
	ToUs         bool   // it paid our shortcode or till
	Receipt      string // as M-PESA spells it
	Amount       Cents
	Phone        Pattern // who paid
	TransactedAt Instant
	Text         string       // Safaricom's words, for the operator
	NoAnswer     bool         // no answer, or not decided yet: ask again
	Unclear      UnreadReason // what is missing or unreadable, and needed; "" where nothing is
	Odd          string       // what Unclear is about
	Legible      string       // the answer as printable text
}

// lacks is what the answer still lacks to confirm a receipt that a customer claimed.
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

// unread is what is stored of an answer that was not understood completely.
func (tr Transaction) unread(receipt string) Unread {
	return Unread{
		Receipt: receipt, Amount: tr.Amount, Phone: tr.Phone, TransactedAt: tr.TransactedAt,
		Why: tr.Unclear, Detail: tr.Odd, Legible: tr.Legible,
	}
}

// ApplyStatus applies a stored result of Transaction Status to the receipt that its token was made for.
func (s Money) ApplyStatus(ctx context.Context, cb Callback, tr Transaction) (ApplyResult, error) {
	return s.withCallback(ctx, cb, func(t *tx, token string) (out ApplyResult, err error) {
		where := `result_token = $1`
		if cb.Kind == CallbackStatusTimeout {
			where = `timeout_token = $1`
		}
		var receipt string
		err = t.scan([]any{&receipt, &token}, `SELECT receipt, result_token FROM question WHERE kind = 'receipt' AND `+where, token)
		if errors.Is(err, ErrNotFound) {
			return ApplyResult{Outcome: OutcomeUnknownToken}, nil
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
		if out, err = t.record(nil, tr.fact(receipt)...); err == nil {
			out.Code, err = t.codeOf(receipt)
		}
		return out, err
	})
}

// codeOf is the code of the ticket that a receipt is for or may be for; "" where there is none.
func (t *tx) codeOf(receipt string) (code string, err error) {
	err = t.scan([]any{&code}, `SELECT code FROM ticket WHERE id = COALESCE((SELECT COALESCE(ticket_id, named_id) FROM payment WHERE receipt = $1),
		(SELECT max(ticket_id) FROM claim WHERE receipt = $1))`, receipt)
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return code, err
}
