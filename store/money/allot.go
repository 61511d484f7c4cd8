package money

import (
	"cmp"
	"slices"
)

// allot says which payment pays for which ticket, and what is due back.
func allot(c Case, payments []*Payment, now Instant) []TicketDecision {
	for _, p := range payments {
		if p.Push == 0 {
			claimTicket(c, p)
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
	for _, p := range own { // what may be money that has gone back, or is on its way
		p.asGone = slices.ContainsFunc(payments, func(o *Payment) bool {
			return p.Receipt == "" && p.mayBe(o) && (o.gone() || c.refundOpen(o.Key)) &&
				(o.Ticket == t.ID || o.Ticket == 0)
		})
	}
	paying := d.committed(c, t, own)
	if t.Void = cmp.Or(t.Void, d.Void); paying != nil && paying.returned(c) {
		t.Void = cmp.Or(t.Void, paying.whyGone())
	}
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
		if p.Reason.IsLate() && !d.Paid {
			d.Late = cmp.Or(d.Late, p.Reason)
		}
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
			d.moneyGone(p, p == paying)
			continue
		}
		open = open || p.State == RefundDue
		if p.State == RefundDue && !d.Paid {
			d.Owed = cmp.Or(d.Owed, p.Reason)
		}
	}
	for _, p := range own { // of two that may be the same, one is due for certain
		if p.Receipt == "" && p.State == RefundDue &&
			slices.ContainsFunc(own, func(o *Payment) bool { return o.State == RefundDue && p.mayBe(o) }) &&
			!c.refundOpen(p.Key) {
			p.State, p.Reason = Unmatched, MayBeSame
		}
	}
	d.FreeSeats = d.FreeSeats || d.Void != "" && !open
	return d
}

// moneyGone says what it means for the ticket that a payment's money has gone back.
func (d *TicketDecision) moneyGone(p *Payment, paying bool) {
	why := p.whyGone()
	if p.State == Returned {
		p.Reason = ""
	} else if paying {
		p.Reason = cmp.Or(p.Reason, why)
	}
	if paying && d.Paid {
		d.Void = cmp.Or(d.Void, why)
	}
	if !d.Paid {
		d.Owed = cmp.Or(d.Owed, p.Reason, why)
	}
}

// whyGone is why a ticket is void whose money has gone back.
func (p *Payment) whyGone() Reason {
	if p.State == Returned {
		return GoneBack
	}
	return RefundAsked
}

// committed finds the payment that the ticket was shown as paid with. Where better proof makes it another ticket's, or
// an operator found that nothing was paid, the ticket is void.
func (d *TicketDecision) committed(c Case, t Ticket, own []*Payment) *Payment {
	if t.PaidWith == (Key{}) {
		return nil
	}
	for _, is := range []func(*Payment) bool{
		func(p *Payment) bool { return p.paidFor(t) }, func(p *Payment) bool { return p.Names(t.PaidWith) },
	} {
		if i := slices.IndexFunc(own, is); i >= 0 {
			d.With = own[i].Key
			return own[i]
		}
	}
	for _, p := range own { // an operator has put it right, or another payment for it is there
		if t.Void == "" &&
			p.whyDue(c, Ticket{Total: t.Total, Waiting: true, StartsAt: t.StartsAt, Cancelled: t.Cancelled}, p,
				0) == "" && !p.gone() {
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
	if p.partly() {
		return GivenBackPart
	}
	why := p.whyNotPaying(c, t, paying, now)
	if (why == "" || why == AmountUnknown || why == MayBeSame) && c.refundOpen(p.Key) && !p.gone() {
		return RefundAsked
	}
	return why
}

func (p *Payment) whyNotPaying(c Case, t Ticket, paying *Payment, now Instant) Reason {
	shown := t.PaidWith != (Key{})
	switch {
	case !p.AmountKnown:
		return AmountUnknown
	case p.asGone && !(shown && p == paying):
		return MayBeSame
	case p.Amount != t.Total:
		return WrongAmount
	case shown && p == paying && (t.Void == WrongAmount || t.Void == RefundAsked || t.Void == GoneBack || t.Void == ""):
		return t.Void // which it may be for a reason of its own
	case p != paying && paying != nil && p.mayBe(paying):
		return MayBeSame
	case p != paying && paying != nil && !paying.gone():
		return PaidTwice
	case t.Void != "":
		return Voided
	case shown, p != paying && paying != nil:
		return PaidTwice
	case t.Late != "":
		return t.Late
	case c.late(p.Key) != "":
		return c.late(p.Key)
	case t.Cancelled:
		return ScreeningCancelled
	case !t.Waiting && now >= t.StartsAt:
		return ScreeningBegun
	case t.Seats == SeatsGone:
		return SeatsTaken
	}
	return ""
}

// late is why a payment was shown as too late for its ticket, "" where it was not.
func (c Case) late(k Key) Reason {
	i := slices.IndexFunc(c.Late, func(l Late) bool { return l.Of.Names(k) })
	if i < 0 {
		return ""
	}
	return c.Late[i].Why
}

// mayBe reports whether two payments may be the same money, so that only one of them can pay. Another amount is shown
// as perhaps a mistake of M-PESA's, and keeps nobody from a ticket.
func (p *Payment) mayBe(other *Payment) bool {
	if p.AmountKnown && other.AmountKnown && p.Amount != other.Amount {
		return false
	}
	return slices.ContainsFunc(p.Alike, other.Names) || slices.ContainsFunc(other.Alike, p.Names)
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
	return slices.ContainsFunc(c.Refunds, func(r Refund) bool { return r.Of.Names(k) && r.Open })
}

func (c Case) reversalOut(k Key) bool {
	return slices.ContainsFunc(c.Refunds, func(r Refund) bool { return r.Of.Names(k) && r.Out > 0 })
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
func claimTicket(c Case, p *Payment) {
	var claims []claim
	for _, f := range p.facts {
		if f.Ticket == 0 || f.Says != Paid && f.Says != PaysFor || c.takenBack(f) {
			continue
		}
		claims = append(claims, claim{f.Ticket, f.Source.rank(), p.whyNot(c, f)})
	}
	slices.SortFunc(claims, func(a, b claim) int {
		return cmp.Or(cmp.Compare(min(len(a.why), 1), min(len(b.why), 1)), b.rank-a.rank,
			cmp.Compare(a.ticket, b.ticket), cmp.Compare(a.why, b.why))
	})
	switch {
	case p.also:
		p.Reason = AlsoTold
	case len(claims) == 0 && len(p.Doubts) > 0 && p.Doubts[0].Why == ReceiptShared:
		p.Reason = NamedTwice
	case len(claims) == 0 && p.beside != 0:
		p.Named, p.Reason = c.push(p.beside).Ticket, OtherPush
	case len(claims) == 0:
		p.Reason = NamesNoTicket
	case claims[0].why != "":
		p.Named, p.Reason = claims[0].ticket, claims[0].why
	default:
		p.Ticket = c.chosen(p, claims)
		if p.Ticket == 0 {
			p.Named, p.Reason = claims[0].ticket, NamedTwice
		}
	}
}

// chosen is which ticket a receipt pays for, of those that the best claims which count name: the only one, the one that
// was shown as paid with it, or else the only one that an operator names. It is 0 where that is not certain.
func (c Case) chosen(p *Payment, claims []claim) TicketID {
	var best, operators []TicketID
	for _, x := range claims {
		if x.why != "" {
			continue
		}
		if x.rank == claims[0].rank && !slices.Contains(best, x.ticket) {
			best = append(best, x.ticket)
		}
		if x.rank == Operator.rank() && !slices.Contains(operators, x.ticket) {
			operators = append(operators, x.ticket)
		}
	}
	for _, id := range best {
		if t, _ := c.ticket(id); t.PaidWith.Names(p.Key) {
			return id
		}
	}
	switch {
	case len(best) == 1:
		return best[0]
	case len(operators) == 1 && slices.Contains(best, operators[0]):
		return operators[0]
	}
	return 0
}

func (p *Payment) astrayReason() Reason {
	if p.astray {
		return AlsoTold
	}
	return ""
}

// whyNot says why a claim does not count, "" where it does.
func (p *Payment) whyNot(c Case, f Fact) Reason {
	t, known := c.ticket(f.Ticket)
	if f.Source == Operator && known {
		return p.astrayReason()
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
	case !slices.Contains(p.ownLike, t.ID) &&
		slices.ContainsFunc(p.Alike, func(k Key) bool {
			return c.push(k.Push).Ticket != t.ID && c.push(k.Push).Amount == p.Amount
		}):
		return Unclear // it may be what a push of another ticket was paid with
	}
	return ""
}
