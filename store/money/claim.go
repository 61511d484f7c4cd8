package money

import (
	"cmp"
	"slices"
)

// claimTicket finds the ticket that a receipt pays for: by the payer's account number, a customer's claim or an
// operator's decision. Transaction Status must confirm all but the operator's decision. Of several tickets it is the
// one with the best proof.
func claimTicket(c Case, p *Payment) {
	claims := where(p.facts, func(f Fact) bool {
		return f.Ticket != 0 && (f.Says == Paid || f.Says == PaysFor) && !c.takenBack(f)
	})
	slices.SortFunc(claims, func(a, b Fact) int {
		return cmp.Or(b.Source.rank()-a.Source.rank(), cmp.Compare(a.Ticket, b.Ticket))
	})
	counting := where(claims, func(f Fact) bool { return p.whyNot(c, f) == "" })
	var beside PushID
	for _, f := range p.facts {
		beside = max(beside, f.Beside)
	}
	switch {
	case p.Reason == AlsoTold:
	case c.chosen(p, counting) != 0:
		p.Ticket = c.chosen(p, counting)
	case c.shownFor(p, claims) != 0:
		p.Ticket = c.shownFor(p, claims)
	case len(counting) > 0:
		p.Named, p.Reason = counting[0].Ticket, NamedTwice
	case len(claims) > 0:
		p.Named, p.Reason = claims[0].Ticket, p.whyNot(c, claims[0])
	case len(p.Doubts) > 0 && p.Doubts[0].Why == ReceiptShared:
		p.Reason = NamedTwice
	case beside != 0:
		p.Named, p.Reason = c.push(beside).Ticket, OtherPush
	case p.gaveToPush(c, 0):
		p.Reason = AlsoTold
	default:
		p.Reason = NamesNoTicket
	}
	if p.gone == "" { // until it is applied to a ticket
		p.State = Unmatched
	}
}

// chosen picks the ticket that a receipt pays for: the one that was shown as paid with it; else the only one with the
// best proof; else the only one of those that an operator names too; 0 where there is none. Claims are the best first.
func (c Case) chosen(p *Payment, claims []Fact) TicketID {
	if len(claims) == 0 {
		return 0
	}
	best := where(claims, func(f Fact) bool { return f.Source == claims[0].Source })
	if shown := first(best, func(f Fact) bool { return c.ticket(f.Ticket).PaidWith.Names(p.Key) }); shown.Ticket != 0 {
		return shown.Ticket
	}
	operators := where(claims, func(f Fact) bool { return f.Source == Operator })
	for _, named := range [][]Fact{best, operators} {
		if len(named) > 0 && named[0].Ticket == named[len(named)-1].Ticket &&
			slices.ContainsFunc(best, func(f Fact) bool { return f.Ticket == named[0].Ticket }) {
			return named[0].Ticket
		}
	}
	return 0
}

// shownFor finds the ticket that was shown as paid with a receipt, and is named for it still. No later report on the
// payer takes the receipt from it, unless that gives the receipt to somebody else.
func (c Case) shownFor(p *Payment, claims []Fact) TicketID {
	return first(claims, func(f Fact) bool {
		return c.ticket(f.Ticket).PaidWith == p.Key && (f.Source != Operator || !p.gaveToPush(c, f.ID))
	}).Ticket
}

// gaveToPush reports whether an operator, after the fact with the id, named the receipt for a push that has another.
func (p *Payment) gaveToPush(c Case, since int64) bool {
	return slices.ContainsFunc(p.facts, func(f Fact) bool {
		return f.Says == TheSame && f.ID > since && !c.takenBack(f)
	})
}

// whyNot is why a claim to a receipt does not count, "" where it does.
func (p *Payment) whyNot(c Case, f Fact) Reason {
	if f.Source == Operator {
		if p.gaveToPush(c, f.ID) {
			return AlsoTold
		}
		return ""
	}
	if f.sent != 0 { // its account number is a push's
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
	case slices.ContainsFunc(p.Alike, func(k Key) bool {
		return c.push(k.Push).Ticket != t.ID && c.push(k.Push).Amount == p.Amount
	}):
		return Unclear // it may be the payment of another ticket's push
	}
	return ""
}

// ClaimState is whether a claimed receipt pays for its ticket, as far as known.
type ClaimState string

// M-PESA is asked about a claim; then it is confirmed or refused, or an operator must decide.
const (
	ClaimAsking    ClaimState = "asking"
	ClaimConfirmed ClaimState = "confirmed"
	ClaimRefused   ClaimState = "refused"
	ClaimPerson    ClaimState = "person"
)

// Claim is the result of a receipt that a customer claimed for a ticket.
type Claim struct {
	Receipt string
	Ticket  TicketID
	State   ClaimState
	Reason  Reason // why it was refused, or is the operator's
}

// claimsOf lists the results of the customers' claims.
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
