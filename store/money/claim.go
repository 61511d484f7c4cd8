package money

import (
	"cmp"
	"slices"
)

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
	var beside PushID
	for _, f := range p.facts {
		beside = max(beside, f.Beside)
		if f.Ticket != 0 && (f.Says == Paid || f.Says == PaysFor) && !c.takenBack(f) {
			claims = append(claims, claim{f.Ticket, f.Source.rank(), p.whyNot(c, f)})
		}
	}
	slices.SortFunc(claims, func(a, b claim) int {
		return cmp.Or(min(len(a.why), 1)-min(len(b.why), 1), b.rank-a.rank, cmp.Compare(a.ticket, b.ticket),
			cmp.Compare(a.why, b.why))
	})
	switch {
	case p.Reason == AlsoTold:
	case len(claims) > 0 && claims[0].why != "":
		p.Named, p.Reason = claims[0].ticket, claims[0].why
	case len(claims) > 0:
		if p.Ticket = c.chosen(p, claims); p.Ticket == 0 {
			p.Named, p.Reason = claims[0].ticket, NamedTwice
		}
	case len(p.Doubts) > 0 && p.Doubts[0].Why == ReceiptShared:
		p.Reason = NamedTwice
	case beside != 0:
		p.Named, p.Reason = c.push(beside).Ticket, OtherPush
	default:
		p.Reason = NamesNoTicket
	}
	if p.Ticket == 0 && p.gone == "" {
		p.State = Unmatched
	}
}

// chosen is which ticket a receipt pays for, of those that the best claims which count name: the one that was shown as
// paid with it, the only one, or else the only one that an operator names. It is 0 where that is not certain.
func (c Case) chosen(p *Payment, claims []claim) TicketID {
	named := func(rank int) (tickets []TicketID) {
		for _, one := range claims {
			if one.why == "" && one.rank == rank {
				tickets = append(tickets, one.ticket)
			}
		}
		return slices.Compact(tickets)
	}
	best, operators := named(claims[0].rank), named(Operator.rank())
	for _, id := range best {
		if c.ticket(id).PaidWith.Names(p.Key) {
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

// whyNot says why a claim to a receipt does not count, "" where it does.
func (p *Payment) whyNot(c Case, f Fact) Reason {
	if f.Source == Operator {
		if slices.ContainsFunc(p.facts, func(f Fact) bool { return f.Says == TheSame && !c.takenBack(f) }) {
			return AlsoTold // an operator gave it to a push, which was paid with another
		}
		return ""
	}
	t := c.ticket(f.Ticket)
	switch {
	case !p.confirmed:
		return cmp.Or(p.bogus, ToBeConfirmed)
	case f.Source == Customer && slices.ContainsFunc(p.facts, func(of Fact) bool {
		return of.Says == Paid && of.Ticket != 0 && of.Ticket != t.ID
	}):
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
	case slices.ContainsFunc(p.Alike, func(k Key) bool { return c.push(k.Push).Ticket != t.ID }) &&
		!slices.ContainsFunc(p.like, func(paid *Payment) bool { return paid.Ticket == t.ID }):
		return Unclear // it may be what a push of another ticket was paid with
	}
	return ""
}

// ClaimState says how far it is known that a receipt which a customer typed pays for a ticket.
type ClaimState string

// A claim is being asked about, then confirmed or refused, or an operator must decide.
const (
	ClaimAsking    ClaimState = "asking"
	ClaimConfirmed ClaimState = "confirmed"
	ClaimRefused   ClaimState = "refused"
	ClaimPerson    ClaimState = "person"
)

// Claim is what became of a receipt that a customer typed for a ticket.
type Claim struct {
	Receipt string
	Ticket  TicketID
	State   ClaimState
	Reason  Reason // why it was refused, or is an operator's
}

// claimsOf says what became of what customers typed.
func claimsOf(c Case, payments []*Payment) (claims []Claim) {
	for _, f := range c.Facts {
		if f.Source == Customer && f.Says == PaysFor {
			state, why := claimState(c, payments, f)
			claim := Claim{Receipt: f.Receipt, Ticket: f.Ticket, State: state, Reason: why}
			if !slices.Contains(claims, claim) {
				claims = append(claims, claim)
			}
		}
	}
	return claims
}

func claimState(c Case, payments []*Payment, f Fact) (ClaimState, Reason) {
	said := func(says Saying) bool { return c.has(Fact{Says: says, Receipt: f.Receipt}) }
	p := first(payments, func(p *Payment) bool { return p.Receipt == f.Receipt })
	var why Reason
	switch {
	case p != nil && p.Ticket == f.Ticket:
		return ClaimConfirmed, ""
	case c.takenBack(f):
		return ClaimRefused, Resolved
	case p == nil && said(Reversed), p != nil && p.gone != "":
		return ClaimRefused, GoneBack
	case p == nil && said(PaidToOthers):
		why = ToOthers
	case p == nil && (said(NoSuchReceipt) || said(NothingPaid)):
		why = NotKnown
	case p == nil:
		why = ToBeConfirmed
	case p.Ticket != 0 && p.Proof.isMPESA():
		return ClaimRefused, NamedTwice
	case p.Ticket != 0:
		why = NamedTwice
	default:
		why = cmp.Or(p.whyNot(c, f), p.Reason)
	}
	switch why {
	case ToBeConfirmed:
		return ClaimAsking, ""
	case NotKnown:
		return ClaimRefused, why
	default:
		return ClaimPerson, why
	}
}
