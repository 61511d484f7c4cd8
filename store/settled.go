package store

import (
	"context"
	"fmt"
)

// SettleCases takes entries off the list of money, since a person has seen to them, and keeps the person's note. No money changes,
// nothing is freed, but for what may be the same money as a receipt and then is; and each is listed again once its state or reason is another. A receipt that waited for a person's word is
// refused with it. ErrNotFound means that there is no such entry. It refuses, for all of them, with MoneyDue, RefundOpen, StillAsked,
// NothingToSettle.
func (s *Store) SettleCases(ctx context.Context, cases []Case, note, by string) error {
	err := s.write(ctx, urgent, func(t *tx) error {
		for _, c := range cases {
			if err := t.settleCase(s, c, note, by); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	return nil
}

// caseByID reads an entry of the list, and its ticket's id, by its number.
var caseByID = map[CaseKind]struct{ entry, ticket string }{
	CasePayment: {casePayments + ` WHERE y.id = $1`, `SELECT ticket_id FROM payment WHERE id = $1`},
	CasePush:    {casePushes + caseUnpaid + ` AND p.id = $1`, `SELECT ticket_id FROM push_request WHERE id = $1`},
	CaseClaim:   {caseClaims + ` WHERE c.id = $1`, `SELECT ticket_id FROM claim WHERE id = $1`},

	CaseCallback: {caseCallbacks + ` AND c.id = $1`, `SELECT ticket_id FROM unread WHERE callback_id = $1 AND ticket_id IS NOT NULL`},
}

func (t *tx) settleCase(s *Store, seen Case, note, by string) error {
	query := caseByID[seen.Kind]
	if err := t.lockFor(query.ticket, seen.ID); err != nil {
		return err
	}
	var c Case
	if err := t.get(&c, query.entry, seen.ID); err != nil {
		return err
	}
	said, err := t.settleAlike(s, c)
	if err != nil {
		return err
	}
	if kind := c.unsettled(); kind != "" && !said {
		return &Refusal{Kind: kind}
	}
	if c.Kind == CaseClaim {
		if err := t.settleClaim(c.ID, note); err != nil {
			return err
		}
		c.State, c.Reason = string(ClaimRefused), ReasonSettled
	}
	err = t.run(`INSERT INTO settled (kind, id, state, reason, note, by_whom, at) VALUES ($1,$2,$3,$4,$5,$6,$7)
		ON CONFLICT (kind, id) DO UPDATE SET state = excluded.state, reason = excluded.reason, note = excluded.note, by_whom = excluded.by_whom, at = excluded.at`,
		c.Kind, c.ID, c.standing(), c.Reason, note, by, t.now)
	if err == nil && c.Kind == CasePayment {
		err = t.reconsider(s)
	}
	return err
}

// unsettled says why an entry cannot be taken off the list by a person's word alone.
func (c Case) unsettled() RefusalKind {
	state, claim := PaymentState(c.State), ClaimState(c.State)
	switch {
	case c.Kind == CaseCallback && c.State != CallbackUnread, c.over():
		return NothingToSettle
	case c.Kind == CasePush, c.Kind == CaseCallback, c.Kind == CaseClaim && claim == ClaimPerson:
		return ""
	case c.Kind == CaseClaim && claim == ClaimAsking:
		return StillAsked
	case c.Kind == CaseClaim:
		return NothingToSettle
	case c.Refund == RefundRequested:
		return RefundOpen
	case state == PaymentRefundDue:
		return MoneyDue
	case state == PaymentUnmatched, gravity(c.Reason) > 0, state == PaymentApplied && c.Receipt == "":
		return ""
	}
	return NothingToSettle
}

// settleClaim refuses a receipt by a person's word.
func (t *tx) settleClaim(id int64, note string) error {
	var c Claim
	if err := t.get(&c, `SELECT `+claimColumns+` FROM claim c WHERE c.id = $1`, id); err != nil {
		return err
	}
	if err := t.run(`UPDATE claim SET result_text = $1 WHERE id = $2`, note, id); err != nil {
		return err
	}
	return t.endClaim(c, ClaimRefused, ReasonSettled)
}
