package money

import (
	"cmp"
	"slices"
)

// allot says which payment pays for which ticket, and what is due back.
func allot(c Case, payments []*Payment, outcomes map[PushID]Outcome, now Instant) []TicketDecision {
	for _, p := range payments {
		if p.Push == 0 {
			claimTicket(c, p, outcomes)
		}
	}
	tickets := slices.SortedFunc(slices.Values(c.Tickets), func(a, b Ticket) int { return cmp.Compare(a.ID, b.ID) })
	decided := make([]TicketDecision, len(tickets))
	for i, t := range tickets {
		decided[i] = allotTicket(c, t, payments, now)
	}
	for _, p := range payments {
		if p.Ticket == 0 {
			p.State, p.Reason = Unmatched, cmp.Or(p.Reason, NamesNoTicket)
			p.returned(c)
		}
	}
	return decided
}

// allotTicket decides about one ticket and every payment that is for it.
func allotTicket(c Case, t Ticket, payments []*Payment, now Instant) TicketDecision {
	d := TicketDecision{ID: t.ID, Paid: t.PaidWith != Key{}, With: t.PaidWith, Void: t.Void}
	var own []*Payment
	for _, p := range payments {
		if p.Ticket == t.ID {
			own = append(own, p)
		}
	}
	slices.SortFunc(own, func(a, b *Payment) int {
		return cmp.Or(pushesFirst(a)-pushesFirst(b), cmp.Compare(laterUnknown(a), laterUnknown(b)),
			cmp.Compare(a.Push, b.Push),
			cmp.Compare(a.Receipt, b.Receipt))
	})
	paying := d.committed(c, t, own)
	for _, p := range own {
		if paying != nil || !p.eligible(c, t, now) {
			continue
		}
		paying = p
		if d.NeedsSeats = t.Seats == SeatsNone; !d.NeedsSeats {
			d.Paid = true
		}
		d.With = p.Key
	}
	open := false
	for _, p := range own {
		p.State, p.Reason = RefundDue, p.whyDue(c, t, paying, now)
		switch {
		case p.Reason == "":
			p.State = Applied
		case p.Reason == AmountUnknown, p.Reason == MayBeSame:
			p.State = Unmatched
		}
		if p == paying && p.State != Applied && d.Paid {
			d.Void = cmp.Or(d.Void, p.Reason)
		}
		if p.returned(c) {
			d.voidReturned(p == paying)
			continue
		}
		open = open || p.State == RefundDue
		if p.State == RefundDue && !d.Paid {
			d.Owed = cmp.Or(d.Owed, p.Reason)
		}
	}
	d.FreeSeats = d.FreeSeats || d.Void != "" && !open
	return d
}

func (d *TicketDecision) voidReturned(paying bool) {
	if paying && d.Paid {
		d.Void = cmp.Or(d.Void, RefundAsked)
	}
}

// committed finds the payment that the ticket was shown as paid with. Where better proof makes it another ticket's, or
// an operator found that nothing was paid, the ticket is void.
func (d *TicketDecision) committed(c Case, t Ticket, own []*Payment) *Payment {
	if t.PaidWith == (Key{}) {
		return nil
	}
	for _, p := range own {
		if p.names(t.PaidWith) {
			d.With = p.Key
			return p
		}
	}
	why := TakenOver
	if c.said(NothingPaid, func(f Fact) bool { return f.Receipt == t.PaidWith.Receipt }) {
		why = NeverPaid
	}
	d.Void, d.FreeSeats = cmp.Or(d.Void, why), true
	return nil
}

// eligible reports whether the payment may pay for its ticket.
func (p *Payment) eligible(c Case, t Ticket, now Instant) bool {
	return !p.gone() && t.Void == "" && t.PaidWith == (Key{}) && p.whyDue(c, t, p, now) == ""
}

// whyDue says why a payment does not pay for its ticket, "" where it does.
func (p *Payment) whyDue(c Case, t Ticket, paying *Payment, now Instant) Reason {
	shown := t.PaidWith != (Key{})
	switch {
	case c.refundOpen(p.Key):
		return RefundAsked
	case !p.AmountKnown:
		return AmountUnknown
	case p.Amount != t.Total:
		return WrongAmount
	case shown && p == paying:
		return t.Void // which it may be for a reason of its own
	case p != paying && paying != nil && p.mayBe(paying):
		return MayBeSame
	case t.Void != "":
		return Voided
	case shown, p != paying && paying != nil:
		return PaidTwice
	case t.Cancelled:
		return ScreeningCancelled
	case !t.Waiting && now >= t.StartsAt:
		return ScreeningBegun
	case t.Seats == SeatsGone:
		return SeatsTaken
	}
	return ""
}

// mayBe reports whether two payments may be the same money.
func (p *Payment) mayBe(other *Payment) bool {
	return slices.ContainsFunc(p.Alike, other.names) || slices.ContainsFunc(other.Alike, p.names)
}

// returned marks a payment whose money has gone back, and reports whether it has.
func (p *Payment) returned(c Case) bool {
	switch {
	case !p.gone():
		return false
	case p.back.byHand || p.back.byUs || c.reversalOut(p.Key):
		p.State = Refunded
	default:
		p.State = Returned
	}
	return true
}

func (c Case) refundOpen(k Key) bool {
	return slices.ContainsFunc(c.Refunds, func(r Refund) bool { return r.Of.names(k) && r.Open })
}

func (c Case) reversalOut(k Key) bool {
	return slices.ContainsFunc(c.Refunds, func(r Refund) bool { return r.Of.names(k) && r.Out > 0 })
}

// pushesFirst lets what a push brought pay before what was paid by hand.
func pushesFirst(p *Payment) int {
	if p.Push != 0 {
		return 0
	}
	return 1
}

func laterUnknown(p *Payment) Instant {
	if p.TransactedAt == 0 {
		return 1 << 62
	}
	return p.TransactedAt
}

// claim is that a receipt is said to have paid for a ticket.
type claim struct {
	ticket TicketID
	rank   int
	why    Reason // why it does not count; "" where it does
}

// claimTicket finds the ticket that a receipt pays for. Who paid named one by the account number, a customer typed the
// receipt on one's page, or an operator says so. All but the operator's word must be confirmed by Transaction Status.
func claimTicket(c Case, p *Payment, outcomes map[PushID]Outcome) {
	var claims []claim
	for _, f := range p.facts {
		if f.Ticket == 0 || f.Says != Paid && f.Says != PaysFor || c.takenBack(f) {
			continue
		}
		claims = append(claims, claim{f.Ticket, f.Source.rank(), p.whyNot(c, f, outcomes)})
	}
	slices.SortFunc(claims, func(a, b claim) int {
		return cmp.Or(cmp.Compare(min(len(a.why), 1), min(len(b.why), 1)), b.rank-a.rank,
			cmp.Compare(a.ticket, b.ticket), cmp.Compare(a.why, b.why))
	})
	switch {
	case p.also:
		p.Reason = AlsoTold
	case len(claims) == 0 && p.beside:
		p.Reason = OtherPush
	case len(claims) == 0:
		p.Reason = NamesNoTicket
	case claims[0].why != "":
		p.Named, p.Reason = claims[0].ticket, claims[0].why
	default:
		p.Ticket = claims[0].ticket
		equal := slices.DeleteFunc(claims, func(x claim) bool { return x.why != "" || x.rank < claims[0].rank })
		for _, other := range equal {
			switch t, _ := c.ticket(other.ticket); {
			case t.PaidWith.names(p.Key):
				p.Ticket = t.ID
				return
			case other.ticket != p.Ticket:
				p.Named, p.Ticket, p.Reason = p.Ticket, 0, NamedTwice
				return
			}
		}
	}
}

// whyNot says why a claim does not count, "" where it does.
func (p *Payment) whyNot(c Case, f Fact, outcomes map[PushID]Outcome) Reason {
	t, known := c.ticket(f.Ticket)
	if f.Source == Operator && known {
		return ""
	}
	anothers := func(of Fact) bool {
		return of.Receipt == p.Receipt && of.Ticket != 0 && of.Ticket != f.Ticket && of.Source != Customer
	}
	switch {
	case !known:
		return NamesNoTicket
	case p.status == nil && p.bogus != "":
		return p.bogus
	case p.status == nil:
		return ToBeConfirmed
	case f.Source == Customer && c.said(Paid, anothers):
		return NamedTwice
	case p.TransactedAt == 0:
		return Unclear
	case p.TransactedAt < t.MadeAt-clockSkew:
		return Older
	case !p.AmountKnown:
		return AmountUnknown
	case p.Amount != t.Total:
		return OtherAmount
	case !slices.ContainsFunc(c.Pushes, func(push Push) bool {
		return push.Ticket == t.ID && p.Payer.Proves(push.Phone)
	}):
		return OtherPhone
	case slices.ContainsFunc(p.Alike, func(k Key) bool { return c.push(k.Push).Ticket != t.ID }):
		return Unclear // it may be what a push of another ticket was paid with
	}
	return ""
}
