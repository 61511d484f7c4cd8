package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
)

// VerdictClass is what M-PESA's report on a push amounts to.
type VerdictClass int

// The classes of verdict. Unclear and UnknownCode are neither success nor failure.
const (
	Unclear VerdictClass = iota
	Success
	FinalFailure
	SoftFailure
	UnknownCode // M-PESA answered with an unknown code
)

// Verdict is M-PESA's report on a push.
type Verdict struct {
	Class             VerdictClass
	LearntBy          string // callback or query
	CheckoutRequestID string
	MerchantRequestID string
	Code, Text        string        // Safaricom's, for the operator
	Said              string        // both in one line, safe to show
	Reason            FailureReason // ours, for the ticket
	Amount            *Cents        // what was taken; nil where M-PESA did not report it
	Receipt           string
	OddReceipt        string // what stands in place of an illegible receipt
	Phone             Pattern
	TransactedAt      Instant
	Legible           func() string // the callback as printable text; called where it was not understood completely

	callback CallbackID
}

// unread is what is stored of a legible callback that does not decide its push.
func (v Verdict) unread(p Push, why UnreadReason, detail string) unreadRow {
	u := unreadRow{push: p.ID, ticket: p.TicketID, Unread: Unread{
		CheckoutRequestID: v.CheckoutRequestID, Receipt: v.Receipt, Phone: v.Phone, TransactedAt: v.TransactedAt,
		Why: why, Detail: detail,
	}}
	if v.Legible != nil {
		u.Legible = v.Legible()
	}
	if v.Amount != nil {
		u.Amount = *v.Amount
	}
	return u
}

// ApplyResult is the result of applying a report from M-PESA.
type ApplyResult struct {
	Outcome Outcome      // as stored with the callback
	Reason  Reason       // of a payment that is due for refund or unmatched
	Doubt   DoubtReason  // of a payment in doubt
	Code    string       // of the ticket; "" where there is none
	Why     UnreadReason // of an answer that was not understood completely
	Detail  string       // the subject of Why
}

// ApplyCallback applies a stored callback to its push, once; a repetition changes nothing. All consequences of the
// payment are in the same transaction.
func (s Money) ApplyCallback(ctx context.Context, cb Callback, v Verdict) (ApplyResult, error) {
	v.callback = cb.ID
	return s.withCallback(ctx, cb, func(t *tx, token string) (out ApplyResult, err error) {
		var p Push
		var code string
		if cb.ticket == 0 {
			err = t.lockFor(`SELECT ticket_id FROM push_request WHERE callback_token = $1`, token)
		}
		if err == nil {
			err = t.scan(append(p.columns(), &code), pushByToken, token)
		}
		if errors.Is(err, ErrNotFound) {
			return t.lostPush(v)
		}
		if err == nil {
			out, err = t.applyVerdict(p, v)
		}
		if err == nil && v.OddReceipt != "" && v.Class == Success && !out.Outcome.NotUnderstood() {
			u := v.unread(p, UnreadOddReceipt, v.OddReceipt)
			u.paid = true
			out, err = ApplyResult{Outcome: OutcomeReceipt}, t.storeUnread(v.callback, u)
		}
		out.Code = code
		return out, err
	})
}

// lostPush records the result of a push that is missing since the books were restored. The signature of its token was
// verified when the callback was stored. Its money is unmatched.
func (t *tx) lostPush(v Verdict) (ApplyResult, error) {
	if v.Class == Success && v.Receipt != "" {
		out, err := t.record(nil, v.fact(Push{})...)
		if err == nil && v.Amount == nil {
			out.Outcome, err = OutcomeNoAmount, t.storeUnread(v.callback, v.unread(Push{}, UnreadNoAmount, ""))
		}
		return out, err
	}
	if v.Class != Success && v.Receipt == "" && v.Amount == nil {
		return ApplyResult{Outcome: OutcomeLostPush}, nil
	}
	u := v.unread(Push{}, UnreadNoReceipt, v.OddReceipt)
	if u.paid = v.Class == Success; v.OddReceipt != "" {
		u.Why = UnreadOddReceipt
	}
	if v.Class != Success {
		u.Why, u.Detail = UnreadPaidCode, v.Said
	}
	return ApplyResult{Outcome: OutcomeUnreadable}, t.storeUnread(v.callback, u)
}

const callbackQuery = `SELECT token, outcome FROM callback WHERE id = $1`

// withCallback runs decide for a stored callback without an outcome, and writes the outcome in the same transaction.
// The ticket of a push's callback is locked before anything is read.
func (s *Store) withCallback(ctx context.Context, cb Callback,
	decide func(t *tx, token string) (ApplyResult, error)) (ApplyResult, error) {
	var out ApplyResult
	err := s.write(ctx, urgent, func(t *tx) error {
		out = ApplyResult{}
		if cb.ticket != 0 {
			_ = t.lock(cb.ticket) // its error is returned by the next statement
		}
		var token string
		var outcome *Outcome
		if err := t.scan([]any{&token, &outcome}, callbackQuery, cb.ID); err != nil {
			return err
		}
		if outcome != nil && !outcome.NotUnderstood() {
			out.Outcome = *outcome
			return nil
		}
		var err error
		if out, err = decide(t, token); err != nil {
			return err
		}
		return t.run(`UPDATE callback SET outcome = $1, decided_at = $2 WHERE id = $3 AND (outcome IS NULL OR outcome IN `+notUnderstood+`)`, out.Outcome, t.now, cb.ID)
	})
	if err != nil {
		return out, fmt.Errorf("apply callback: %w", err)
	}
	return out, nil
}

const pushByToken = `SELECT ` + pushOnly + `, t.code FROM push_request p JOIN ticket t ON t.id = p.ticket_id
	WHERE p.callback_token = $1`

// applyVerdict applies M-PESA's report to a push.
func (t *tx) applyVerdict(p Push, v Verdict) (ApplyResult, error) {
	if p.CheckoutRequestID == "" {
		if err := t.adoptIDs(&p, v); err != nil {
			return ApplyResult{}, err
		}
	}
	switch {
	case p.CheckoutRequestID != v.CheckoutRequestID:
		return outcome(t.otherID(p, v))
	case v.Class == Success:
		return t.recordPaid(p, v)
	case v.Class == FinalFailure, v.Class == SoftFailure:
		return outcome(t.fail(p, v))
	}
	return outcome(t.unclear(p, v))
}

// outcome is an ApplyResult with nothing but its outcome.
func outcome(o Outcome, err error) (ApplyResult, error) { return ApplyResult{Outcome: o}, err }

// recordPaid records that a push was paid. Where the amount is missing, it stores what is legible of the callback.
func (t *tx) recordPaid(p Push, v Verdict) (ApplyResult, error) {
	p.ResultCode, p.ResultText = v.Code, v.Text
	out, err := t.record(&p, v.fact(p)...)
	if err != nil || v.LearntBy != "callback" || v.Amount != nil {
		return out, err
	}
	var unknown int
	err = t.scan([]any{&unknown}, `SELECT count(*) FROM payment WHERE push_id = $1 AND amount_cents IS NULL`, p.ID)
	if err == nil && unknown > 0 {
		u := v.unread(p, UnreadNoAmount, "")
		u.paid = true
		out, err = ApplyResult{Outcome: OutcomeNoAmount}, t.storeUnread(v.callback, u)
	}
	return out, err
}

// otherID records a callback that has one push's token and another's CheckoutRequestID. It decides neither: M-PESA is
// asked about the push with the token.
func (t *tx) otherID(p Push, v Verdict) (Outcome, error) {
	switch {
	case v.Class == Success && v.Receipt != "":
		_, err := t.record(nil, v.fact(p)...)
		return OutcomeAnothersID, err
	case v.LearntBy != "callback":
		return OutcomeAnothersID, nil
	}
	u := v.unread(p, UnreadOtherID, v.Said)
	if u.paid = v.Class == Success && p.State != PushPaid; u.paid {
		return OutcomeUnreadable, errors.Join(t.storeUnread(v.callback, u), t.confirmPush(p, v.Receipt))
	}
	return OutcomeUnreadable, errors.Join(t.storeUnread(v.callback, u), t.askSoon(p.ID))
}

// unclear stores a report that is neither success nor failure. Asking continues. A report with a receipt or an amount
// may be a success in an unknown form: M-PESA is asked at once. A report after a verdict is stored and changes nothing.
func (t *tx) unclear(p Push, v Verdict) (Outcome, error) {
	if facts := v.fact(p); len(facts) > 0 {
		if _, err := t.record(nil, facts...); err != nil {
			return "", err
		}
		now, err := t.push(`p.id = $1`, p.ID)
		if err != nil {
			return "", err
		}
		// the push may just have adopted them
		now.CheckoutRequestID, now.MerchantRequestID = p.CheckoutRequestID, p.MerchantRequestID
		p = now
	}
	decided := p.State == PushPaid || p.State == PushFailed
	unknown := v.Class == UnknownCode
	switch {
	case unknown && v.LearntBy == "callback" && p.State != PushPaid && (v.Receipt != "" || v.Amount != nil):
		p.ResultCode, p.ResultText = v.Code, v.Text
		u := v.unread(p, UnreadPaidCode, v.Said)
		return OutcomeUnreadable, errors.Join(t.storeUnread(v.callback, u), t.confirmPush(p, v.Receipt))
	case unknown && v.LearntBy == "callback" && (decided || p.State == PushSoftFailed || p.Reason == FailureConfirming):
		err := t.storeUnread(v.callback, v.unread(p, UnreadBesides, v.Said))
		if err == nil && !decided {
			err = t.savePush(p)
		}
		return OutcomeUnreadable, err
	case decided:
		return OutcomeUnclearLate, nil
	case unknown && p.Reason == FailureUnknownCode && p.ResultCode == v.Code:
		return OutcomeUnknownCodeAgain, t.savePush(p)
	case unknown && (p.State == PushSoftFailed || p.Reason == FailureConfirming): // a better report is known
		return OutcomeUnknownCodeBesides, t.savePush(p)
	}
	outcome := OutcomeUnclear
	if unknown {
		outcome, p.Reason = OutcomeUnknownCode, FailureUnknownCode
	}
	p.State, p.ResultCode, p.ResultText = PushUnknown, v.Code, v.Text
	if err := t.savePush(p); err != nil {
		return "", err
	}
	return outcome, t.touch(p.TicketID)
}

// adoptIDs takes the ids of a callback that came before Daraja's answer, or whose answer was lost. Another push's ids
// are not taken; the CheckoutRequestID then does not match.
func (t *tx) adoptIDs(p *Push, v Verdict) error {
	var others int
	err := t.get(&others, `SELECT count(*) FROM push_request WHERE checkout_request_id = $1`, v.CheckoutRequestID)
	if err != nil || others > 0 {
		return err
	}
	p.CheckoutRequestID = v.CheckoutRequestID
	p.MerchantRequestID = cmp.Or(p.MerchantRequestID, v.MerchantRequestID)
	return nil
}

// fail records a failure. A failure after a success changes nothing.
func (t *tx) fail(p Push, v Verdict) (Outcome, error) {
	if _, err := t.record(nil, v.fact(p)...); err != nil {
		return "", err
	}
	var paid int
	if err := t.scan([]any{&paid}, `SELECT count(*) FROM payment WHERE push_id = $1`, p.ID); err != nil {
		return "", err
	}
	now, err := t.push(`p.id = $1`, p.ID)
	if err != nil {
		return "", err
	}
	now.CheckoutRequestID, now.MerchantRequestID = p.CheckoutRequestID, p.MerchantRequestID
	switch p = now; {
	case paid > 0:
		return OutcomeFailureLate, t.savePush(p)
	case p.State == PushFailed:
		return OutcomeDuplicate, t.savePush(p)
	}
	final := v.Class == FinalFailure
	if p.State == PushSoftFailed && !final {
		return OutcomeNotCompletedAgain, t.savePush(p)
	}
	p.State, p.ResultCode, p.ResultText, p.Reason = PushSoftFailed, v.Code, v.Text, v.Reason
	if final {
		p.State, p.Live = PushFailed, false
	}
	if err := t.savePush(p); err != nil {
		return "", err
	}
	if err := t.failTicket(p, final); err != nil {
		return "", err
	}
	if final {
		return OutcomeFailed, nil
	}
	return OutcomeNotCompleted, nil
}

// failTicket makes a ticket Failed after its latest push failed. After a final failure its seats are kept only as long
// as a retry takes, unless another push may still bring money. Where a refund is due, the ticket goes on showing that.
func (t *tx) failTicket(p Push, final bool) error {
	var tk struct {
		Status  Status
		Reason  FailureReason
		Hold    Instant
		Latest  PushID
		Awaited int
		Owed    Reason // as the ticket shows
		Due     Reason // as its payments show
	}
	err := t.scan([]any{&tk.Status, &tk.Reason, &tk.Hold, &tk.Latest, &tk.Awaited, &tk.Owed,
		&tk.Due}, `SELECT payment_status, failure_reason, COALESCE(hold_until, 0),
		(SELECT max(id) FROM push_request WHERE ticket_id = $1), `+awaitedPushes+`, owed_reason,
		COALESCE((SELECT min(reason) FROM payment WHERE ticket_id = $1 AND state = 'refund_due'), '')
		FROM ticket WHERE id = $1`, p.TicketID)
	if err != nil {
		return err
	}
	if tk.Status == Paid {
		return t.touch(p.TicketID)
	}
	if final && tk.Hold != 0 && tk.Awaited == 0 {
		tk.Hold = min(tk.Hold, t.now.Add(t.s.retryHold))
	}
	if tk.Latest == p.ID {
		if tk.Status = Failed; tk.Reason != FailureGivenUp {
			tk.Reason = p.Reason
		}
		tk.Owed = cmp.Or(tk.Due, tk.Owed)
	}
	return t.run(`UPDATE ticket SET payment_status = $1, failure_reason = $2, owed_reason = $6, hold_until = $3, version = version + 1, updated_at = $4 WHERE id = $5`,
		tk.Status, tk.Reason, orNone(tk.Hold), t.now, p.TicketID, tk.Owed)
}

// awaitedPushes counts the pushes of ticket $1 that may still bring money.
const awaitedPushes = `(SELECT count(*) FROM push_request WHERE ticket_id = $1 AND state IN ('sending', 'prompted', 'unknown', 'soft_failed'))`

func orNone(i Instant) any {
	if i == 0 {
		return nil
	}
	return i
}
