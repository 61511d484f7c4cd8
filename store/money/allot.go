package money

import (
	"cmp"
	"slices"
)

// allot decides which payment pays for which ticket, and which are due for refund.
func allot(c Case, payments []*Payment, now Instant) (decided []TicketDecision) {
	for _, p := range payments {
		if p.Push == 0 {
			claimTicket(c, p)
		}
	}
	tickets := slices.SortedFunc(slices.Values(c.Tickets), func(a, b Ticket) int { return cmp.Compare(a.ID, b.ID) })
	for _, t := range tickets {
		own := where(payments, func(p *Payment) bool { return p.Ticket == t.ID })
		decided = append(decided, allotTicket(c, t, own, now))
	}
	return decided
}

// allotTicket decides about one ticket and all payments for it.
func allotTicket(c Case, t Ticket, own []*Payment, now Instant) TicketDecision {
	shown, given := t.PaidWith != Key{}, c.given(t)
	if (shown || given) && t.Cancelled {
		t.Void = cmp.Or(t.Void, ScreeningCancelled)
	}
	d := TicketDecision{ID: t.ID, Paid: shown || given, With: t.PaidWith, Void: t.Void}
	paying := t.paying(own, now)
	switch {
	case given:
		if c.has(Fact{Source: Operator, Says: TakenBack, Ticket: t.ID}) {
			t.Void = cmp.Or(t.Void, NoLongerGiven)
		}
		d.Void, d.FreeSeats = t.Void, t.Void != "" // no money is due back for them
	case paying != nil:
		d.With, d.NeedsSeats = paying.Key, !shown && t.Seats == SeatsNone
		d.Paid = !d.NeedsSeats
		t.Void = cmp.Or(t.Void, paying.gone)
	case shown && t.PaidWith.Receipt != "" && c.has(Fact{Says: NothingPaid, Receipt: t.PaidWith.Receipt}):
		d.Void, d.FreeSeats = cmp.Or(d.Void, NeverPaid), true
	case shown: // by better proof its payment is another ticket's
		d.Void, d.FreeSeats = cmp.Or(d.Void, TakenOver), true
	}
	t.Void = cmp.Or(t.Void, d.Void)
	for _, p := range own { // what is too late once is so for every payment
		if why := p.whyDue(t, paying, now); why.IsLate() && p != paying {
			t.Late = cmp.Or(t.Late, why)
		}
	}
	d.Late = t.Late
	for _, p := range own {
		why, owed := p.whyDue(t, paying, now), Reason("")
		switch {
		case p.State == Returned:
			owed = p.gone
		case p.State == Refunded:
			// Why it was late depends on the time of the decision, so that it is not stored, unless it had paid.
			if owed = cmp.Or(why, p.gone); p == paying || !why.IsLate() {
				p.Reason = why
			}
		case why == "":
			p.State = Applied
		case why == AmountUnknown, why == MayBeSame:
			p.State, p.Reason = Unmatched, why
		default:
			p.State, p.Reason, owed = RefundDue, why, why
		}
		if p == paying {
			d.Void = cmp.Or(d.Void, why)
		}
		if !d.Paid {
			d.Owed = cmp.Or(d.Owed, owed)
		}
	}
	due := func(p *Payment) bool { return p.Ticket == t.ID && p.State == RefundDue }
	for _, p := range own { // of two that may be the same, one is certainly due
		if p.Receipt == "" && due(p) && !p.refunding && slices.ContainsFunc(p.like, due) {
			p.State, p.Reason = Unmatched, MayBeSame
		}
	}
	d.FreeSeats = d.FreeSeats || d.Void != "" && !slices.ContainsFunc(own, due)
	return d
}

// given reports whether a ticket without a price was given away. One with a price needs a payment.
func (c Case) given(t Ticket) bool {
	return t.Total == 0 && c.has(Fact{Source: Operator, Says: Given, Ticket: t.ID})
}

// paying is the payment that pays for a ticket: the one that it was shown as paid with. Otherwise a push's payment goes
// before one by hand, and an earlier one before a later one.
func (t Ticket) paying(own []*Payment, now Instant) *Payment {
	slices.SortFunc(own, func(a, b *Payment) int {
		return cmp.Or(cmp.Compare(min(b.Push, 1), min(a.Push, 1)),
			cmp.Compare(uint64(a.TransactedAt-1), uint64(b.TransactedAt-1)), // an unknown time, 0, is last
			cmp.Compare(a.Push, b.Push), cmp.Compare(a.Receipt, b.Receipt))
	})
	if p := t.shownWith(own); p != nil {
		return p
	}
	free := t
	if t.PaidWith != (Key{}) { // an operator may have corrected which payment it is
		free.Waiting, free.Late, free.Seats = true, "", SeatsHeld
	}
	return first(own, func(p *Payment) bool { return p.gone == "" && p.whyDue(free, nil, now) == "" })
}

// whyDue is why a payment does not pay for its ticket, "" where it does.
func (p *Payment) whyDue(t Ticket, paying *Payment, now Instant) Reason {
	why := p.whyNotPaying(t, paying, now)
	if (why == "" || why == AmountUnknown || why == MayBeSame) && p.refunding && p.gone == "" {
		return RefundAsked
	}
	return why
}

func (p *Payment) whyNotPaying(t Ticket, paying *Payment, now Instant) Reason {
	goes := func(like *Payment) bool { // it is refunded or being refunded
		return (like.gone != "" || like.refunding) && (like.Ticket == t.ID || like.Ticket == 0)
	}
	switch {
	case p.partly:
		return GivenBackPart
	case !p.AmountKnown:
		return AmountUnknown
	case p != paying && p.Receipt == "" && slices.ContainsFunc(p.like, goes):
		return MayBeSame
	case p.Amount != t.Total:
		return WrongAmount
	case p == paying &&
		slices.Contains([]Reason{"", WrongAmount, RefundAsked, GoneBack, ScreeningCancelled}, t.Void):
		return t.Void
	case slices.Contains(p.like, paying):
		return MayBeSame
	case paying != nil && p != paying && paying.gone == "":
		return PaidTwice
	case t.Void != "":
		return Voided
	case t.Late != "":
		return t.Late
	case p.gone != "": // a refunded payment cannot be late
		return ""
	case t.Cancelled:
		return ScreeningCancelled
	case !t.Waiting && now >= t.StartsAt:
		return ScreeningBegun
	case t.Seats == SeatsGone:
		return SeatsTaken
	}
	return ""
}
