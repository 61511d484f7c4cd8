package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"cinemasphere/store/money"
)

// ResolveItems takes open items off the list, since an operator has handled them, and keeps the operator's note. It may
// report that two payments are one or two, that a receipt is not a ticket's, or that a doubt is over: payments and
// tickets follow from that. What an item may be the same money as is decided only as far as the item shows it. An item
// is open again once its state or reason changes. A claim that waited for an operator is refused. ErrNotFound means
// that there is no such item. It refuses, for all of them, with MoneyDue, RefundOpen, StillAsked, NothingToResolve,
// SeveralPayments or ItemChanged.
func (s Money) ResolveItems(ctx context.Context, cases []OpenItem, note, by string) error {
	err := s.write(ctx, urgent, func(t *tx) error {
		for _, c := range cases {
			if err := t.resolveItem(c, note, by); err != nil {
				return err
			}
			err := t.audit(change{
				action: "payment.resolve", kind: string(c.Kind), id: c.ID, subject: cmp.Or(c.Receipt, c.Name()),
				was: map[string]string{"state": c.State, "reason": string(c.Reason), "doubt": string(c.Doubt)},
				now: map[string]string{"note": note},
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("resolve: %w", err)
	}
	return nil
}

// itemByID reads an open item and its ticket's id, by its number.
var itemByID = map[ItemKind]struct{ entry, ticket string }{
	ItemPayment: {itemPayments + ` WHERE y.id = $1`, `SELECT ticket_id FROM payment WHERE id = $1`},
	ItemPush:    {itemPushes + itemUnpaid + ` AND p.id = $1`, `SELECT ticket_id FROM push_request WHERE id = $1`},
	ItemClaim:   {itemClaims + ` WHERE c.id = $1`, `SELECT ticket_id FROM claim WHERE id = $1`},

	ItemCallback: {itemCallbacks + ` AND c.id = $1`, `SELECT ticket_id FROM unread WHERE callback_id = $1 AND ticket_id IS NOT NULL`},
}

func (t *tx) resolveItem(seen OpenItem, note, by string) error {
	query := itemByID[seen.Kind]
	if err := t.lockFor(query.ticket, seen.ID); err != nil {
		return err
	}
	var c OpenItem
	if err := t.get(&c, query.entry, seen.ID); err != nil {
		return err
	}
	c.Alike = seen.Alike
	reports, err := t.resolution(c, note, by)
	if err != nil {
		return err
	}
	if kind := c.notResolvable(); kind != "" && len(reports) == 0 {
		return &Refusal{Kind: kind}
	}
	if _, err := t.record(nil, reports...); err != nil {
		return err
	}
	if len(reports) > 0 { // resolve its new standing, unless its refund is still due
		c = OpenItem{}
		err := t.get(&c, query.entry, seen.ID)
		if errors.Is(err, ErrNotFound) {
			return nil // it was a duplicate of another
		}
		if err != nil || c.notResolvable() == MoneyDue || c.notResolvable() == RefundOpen {
			return err
		}
	}
	now := c.stands()
	return t.run(`INSERT INTO resolution (kind, id, state, refund, reason, failure, doubt, doubt_cents, doubt_receipt, note, by_whom, at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)
		ON CONFLICT (kind, id) DO UPDATE SET state = excluded.state, refund = excluded.refund, reason = excluded.reason, failure = excluded.failure, doubt = excluded.doubt,
		doubt_cents = excluded.doubt_cents, doubt_receipt = excluded.doubt_receipt, note = excluded.note, by_whom = excluded.by_whom, at = excluded.at`,
		c.Kind, c.ID, now.State, now.Refund, now.Reason, now.Failure, now.Doubt, now.Cents, now.Receipt, note, by,
		t.now)
}

// resolution returns the facts that resolving an item adds: TheSame for a push payment with one lookalike, Two for a
// receipt with lookalikes or one that an operator joined with its push, NotFor for a claim, DoubtEnds for a doubt. The
// item's lookalikes are those that the operator was shown.
func (t *tx) resolution(c OpenItem, note, by string) ([]factRow, error) {
	of := func(f money.Fact) factRow {
		f.Source = money.Operator
		return factRow{Fact: f, by: by, note: note}
	}
	if c.Kind == ItemClaim && ClaimState(c.State) == ClaimPerson {
		var ticket TicketID
		err := t.scan([]any{&ticket}, `SELECT ticket_id FROM claim WHERE id = $1`, c.ID)
		return []factRow{of(money.Fact{Says: money.NotFor, Receipt: c.Receipt, Ticket: ticket})}, err
	}
	if c.Kind != ItemPayment {
		return nil, nil
	}
	have, err := t.payment(`id = $1`, c.ID)
	if err != nil {
		return nil, err
	}
	if have.Doubt != "" && c.Refund != RefundRequested {
		f := money.Fact{
			Says: money.DoubtEnds, Receipt: have.Receipt, About: have.Doubt,
			Amount: known(have.DoubtCents),
		}
		if have.Receipt == "" {
			f.Push = have.PushID
		}
		return []factRow{of(f)}, nil
	}
	if c.Joined == 1 && c.Refund != RefundRequested {
		return []factRow{of(money.Fact{Says: money.Two, Receipt: have.Receipt, Push: have.PushID})}, nil
	}
	var pairs []struct {
		Receipt string
		Push    PushID
		Payment PaymentID // of the push
		Own     int
	}
	err = t.list(&pairs, `SELECT a.receipt, a.push_id AS push, u.id AS payment, CASE WHEN r.ticket_id = p.ticket_id THEN 1 ELSE 0 END AS own FROM alike a
		JOIN payment u ON u.push_id = a.push_id JOIN push_request p ON p.id = a.push_id JOIN payment r ON r.receipt = a.receipt WHERE a.receipt = $1 OR a.push_id = $2 ORDER BY a.receipt, a.push_id`,
		have.Receipt, have.PushID)
	if err != nil || len(pairs) == 0 {
		return nil, err
	}
	for _, p := range pairs { // nobody decides about what was not shown
		other := p.Receipt
		if have.Receipt != "" {
			other = OpenItem{Kind: ItemPayment, ID: int64(p.Payment)}.Name()
		}
		if !slices.Contains(c.Alike, other) {
			return nil, &Refusal{Kind: ItemChanged}
		}
	}
	var reports []factRow
	if have.Receipt != "" {
		for _, p := range pairs {
			reports = append(reports, of(money.Fact{Says: money.Two, Receipt: p.Receipt, Push: p.Push}))
		}
		return reports, nil
	}
	for _, p := range pairs {
		if len(pairs) == 1 || p.Own == 1 {
			reports = append(reports, of(money.Fact{Says: money.TheSame, Receipt: p.Receipt, Push: p.Push}))
		}
	}
	if len(reports) != 1 {
		return nil, &Refusal{Kind: SeveralPayments} // among several receipts the duplicate is unknown
	}
	return reports, nil
}

// notResolvable is why an operator cannot resolve an item; "" where one can.
func (c OpenItem) notResolvable() RefusalKind {
	state, claim := PaymentState(c.State), ClaimState(c.State)
	switch {
	case c.Kind == ItemCallback && c.State != CallbackUnread, c.over():
		return NothingToResolve
	case c.Kind == ItemPush, c.Kind == ItemCallback, c.Kind == ItemClaim && claim == ClaimPerson:
		return ""
	case c.Kind == ItemClaim && claim == ClaimAsking:
		return StillAsked
	case c.Kind == ItemClaim:
		return NothingToResolve
	case c.Refund == RefundRequested:
		return RefundOpen
	case state == PaymentRefundDue:
		return MoneyDue
	case state == PaymentUnmatched, c.Doubt != "", c.Joined == 1, state == PaymentApplied && c.Receipt == "":
		return ""
	}
	return NothingToResolve
}
