package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"cinemasphere/store/money"
)

// AnswerKind is what Daraja's answer to a push implies.
type AnswerKind int

// A push was accepted, refused so that no prompt went out, or answered so that one may have gone out.
const (
	Accepted AnswerKind = iota
	Refused
	Ambiguous
)

// Answer is Daraja's answer to a push.
type Answer struct {
	Kind              AnswerKind
	CheckoutRequestID string // where Daraja named one
	MerchantRequestID string
	Code, Text        string        // Daraja's, for the operator
	Reason            FailureReason // ours, for the ticket
}

// ErrIDOfAnother means that Daraja named another push's CheckoutRequestID. Everything else was written.
var ErrIDOfAnother = errors.New("the CheckoutRequestID is another push's")

// RecordAnswer stores Daraja's answer to a push. An earlier callback stands: an answer never moves a push back.
// ErrIDOfAnother comes after the rest is written.
func (s Tickets) RecordAnswer(ctx context.Context, p PushOrder, a Answer) error {
	if a.Kind == Accepted {
		if first, err := s.recordFirst(ctx, p, a); first || errors.Is(err, ErrUnknown) {
			return err
		}
	}
	return s.recordLate(ctx, p.PushID, a)
}

// recordFirst stores the usual answer: Daraja accepted the push, and nothing was reported on it before.
func (s *Store) recordFirst(ctx context.Context, p PushOrder, a Answer) (first bool, err error) {
	var n int64
	err = s.write(ctx, urgent, func(t *tx) (err error) {
		if err := t.touch(p.TicketID); err != nil { // locks the ticket
			return err
		}
		n, err = t.exec(`UPDATE push_request SET state = 'prompted', checkout_request_id = $1, merchant_request_id = $2, result_code = $3, result_text = $4,
			updated_at = $5 WHERE id = $6 AND state = $7 AND checkout_request_id IS NULL AND merchant_request_id IS NULL`,
			orNull(a.CheckoutRequestID), orNull(a.MerchantRequestID), a.Code, a.Text, t.now, p.PushID,
			PushSending) // not as text: that could lead to the index of all that are being sent
		if err != nil || n == 0 || a.CheckoutRequestID == "" {
			return err
		}
		return t.askPush(p.PushID, s.queries.next(p.MadeAt, t.now, p.HoldUntil), t.now+1)
	})
	return err == nil && n == 1, err
}

// recordLate stores an answer to a push that has been reported on.
func (s *Store) recordLate(ctx context.Context, id PushID, a Answer) error {
	others := 0
	record := func(t *tx) (err error) {
		if others, err = t.pushesWith(a.CheckoutRequestID, id); err != nil {
			return err
		}
		mine := a
		if others > 0 { // Daraja's answer counts; the callback's token identifies the push
			mine.CheckoutRequestID = ""
		}
		return t.recordAnswer(id, mine)
	}
	err := s.write(ctx, urgent, record)
	if _, taken := uniqueViolation(err); taken { // just now
		err = s.write(ctx, urgent, record)
	}
	if err == nil && others > 0 {
		err = ErrIDOfAnother
	}
	if err != nil {
		return fmt.Errorf("record push answer: %w", err)
	}
	return nil
}

// pushesWith counts other pushes with a CheckoutRequestID.
func (t *tx) pushesWith(checkoutRequestID string, id PushID) (n int, err error) {
	if checkoutRequestID == "" {
		return 0, nil
	}
	return n, t.scan([]any{&n}, `SELECT count(*) FROM push_request WHERE checkout_request_id = $1 AND id <> $2`, checkoutRequestID, id)
}

func (t *tx) recordAnswer(id PushID, a Answer) error {
	p, err := t.pushLocked(`p.id = $1`, id)
	if err != nil {
		return err
	}
	p.CheckoutRequestID = cmp.Or(p.CheckoutRequestID, a.CheckoutRequestID)
	p.MerchantRequestID = cmp.Or(p.MerchantRequestID, a.MerchantRequestID)
	if a.Kind == Refused && a.CheckoutRequestID != "" {
		a.Kind = Ambiguous // an id means that Daraja took the push
	}
	if p.State != PushSending && (p.State != PushUnknown || p.hasCallback()) {
		err := t.savePush(p)
		if err == nil && p.Reason == FailureConfirming && p.State == PushUnknown { // it waited for the id
			err = t.askNow(p.ID)
		}
		return err
	}
	p.ResultCode, p.ResultText = a.Code, a.Text
	switch a.Kind {
	case Accepted:
		p.State = PushPrompted
	case Refused:
		p.State, p.Live, p.Reason = PushRefused, false, a.Reason
	case Ambiguous:
		if p.State = PushUnknown; a.Code != "" {
			p.Reason = FailureOddAnswer
		}
		if err := t.liveUntilHoldEnds(&p); err != nil {
			return err
		}
	}
	if err := t.savePush(p); err != nil {
		return err
	}
	if a.Kind == Refused {
		return errors.Join(t.failTicket(p, true), t.nothingCame(p))
	}
	return t.touch(p.TicketID)
}

// nothingCame decides anew what was listed as alike to a push that Daraja has refused.
func (t *tx) nothingCame(p Push) error {
	var alike int
	err := t.scan([]any{&alike}, `SELECT count(*) FROM alike WHERE push_id = $1`, p.ID)
	if err == nil && alike > 0 {
		_, err = t.decide(nil, factRow{Fact: money.Fact{Push: p.ID}})
	}
	return err
}

// hasCallback reports whether a callback came for a push that is still without a verdict.
func (p *Push) hasCallback() bool {
	return p.Reason == FailureUnknownCode || p.Reason == FailureConfirming
}

func (t *tx) liveUntilHoldEnds(p *Push) error {
	until, err := t.holdOf(p)
	p.LiveUntil = max(p.LiveUntil, until)
	return err
}

// holdOf is when the hold of the push's ticket ends, 0 for none.
func (t *tx) holdOf(p *Push) (until Instant, err error) {
	if p.hold != nil {
		return *p.hold, nil
	}
	err = t.scan([]any{&until}, `SELECT COALESCE(hold_until, 0) FROM ticket WHERE id = $1`, p.TicketID)
	return until, err
}

func (t *tx) push(where string, arg any) (Push, error) {
	p := Push{hold: new(Instant)}
	err := t.scan(append(p.columns(), p.hold), `SELECT `+pushOnly+`, COALESCE(t.hold_until, 0) FROM push_request p
		JOIN ticket t ON t.id = p.ticket_id WHERE `+where, arg)
	return p, err
}

// pushLocked reads a push after locking its ticket.
func (t *tx) pushLocked(where string, arg any) (Push, error) {
	if t.shared() {
		if err := t.lockFor(`SELECT p.ticket_id FROM push_request p WHERE `+where, arg); err != nil {
			return Push{}, err
		}
	}
	return t.push(where, arg)
}

// savePush writes a push, and when to ask about it next.
func (t *tx) savePush(p Push) error {
	if err := t.run(`UPDATE push_request SET checkout_request_id = $1, merchant_request_id = $2, state = $3, live = $4, live_until = $5,
		result_code = $6, result_text = $7, reason = $8, updated_at = $9 WHERE id = $10`,
		orNull(p.CheckoutRequestID), orNull(p.MerchantRequestID), p.State, flag(p.Live), p.LiveUntil, p.ResultCode,
		p.ResultText, p.Reason, t.now, p.ID); err != nil {
		return err
	}
	return t.schedule(p)
}

// touch raises the ticket's version, so that its page shows the change.
func (t *tx) touch(id TicketID) error {
	return t.run(`UPDATE ticket SET version = version + 1, updated_at = $1 WHERE id = $2`, t.now, id)
}

// RecoverSending makes pushes unknown that were being sent before the instant and have no stored answer: their process
// died, and a prompt may be on the phone. It returns how many.
func (s Tickets) RecoverSending(ctx context.Context, before Instant) (int, error) {
	var ids []PushID
	if err := s.list(ctx, &ids, `SELECT id FROM push_request WHERE state = 'sending' AND created_at < $1`, before); err != nil {
		return 0, fmt.Errorf("look for unanswered pushes: %w", err)
	}
	for i, id := range ids {
		if err := s.recordLate(ctx, id, Answer{Kind: Ambiguous}); err != nil {
			return i, err
		}
	}
	return len(ids), nil
}

// PushEnd is how a push ended, as far as known.
type PushEnd struct {
	ID        PushID        `db:"id"`
	State     PushState     `db:"state"`
	Reason    FailureReason `db:"reason"`
	Code      string        `db:"result_code"` // Daraja's or M-PESA's
	Text      string        `db:"result_text"`
	CreatedAt Instant       `db:"created_at"`
}

// LastPushes lists how the latest pushes ended, those with a report only, newest first, at most limit.
func (s Tickets) LastPushes(ctx context.Context, limit int) ([]PushEnd, error) {
	var ps []PushEnd
	err := s.list(ctx, &ps, `SELECT id, state, reason, result_code, result_text, created_at FROM push_request WHERE state NOT IN ('sending', 'prompted') ORDER BY id DESC LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("read the last pushes: %w", err)
	}
	return ps, nil
}

// flag is a bool as a BIGINT column stores it, on either database.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// LivePushes counts the prompts that may be answered now.
func (s Tickets) LivePushes(ctx context.Context) (int, error) {
	var n int
	err := s.readers.scan(ctx, []any{&n}, `SELECT count(*) FROM push_request WHERE live = 1 AND live_until > $1`, s.Now())
	if err != nil {
		return 0, fmt.Errorf("count live pushes: %w", err)
	}
	return n, nil
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
