package money

import (
	"cmp"
	"slices"
)

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
		if f.Source != Customer || f.Says != PaysFor {
			continue
		}
		claim := Claim{Receipt: f.Receipt, Ticket: f.Ticket}
		claim.State, claim.Reason = claimState(c, payments, f)
		if !slices.Contains(claims, claim) {
			claims = append(claims, claim)
		}
	}
	return claims
}

func claimState(c Case, payments []*Payment, f Fact) (ClaimState, Reason) {
	ofReceipt := func(of Fact) bool { return of.Receipt == f.Receipt }
	i := slices.IndexFunc(payments, func(p *Payment) bool { return p.Receipt == f.Receipt })
	if i < 0 {
		switch {
		case c.takenBack(f):
			return ClaimRefused, Resolved
		case c.said(Reversed, ofReceipt):
			return ClaimRefused, GoneBack
		case c.said(PaidToOthers, ofReceipt):
			return ClaimPerson, ToOthers
		case c.said(NoSuchReceipt, ofReceipt), c.said(NothingPaid, ofReceipt):
			return ClaimRefused, NotKnown
		}
		return ClaimAsking, ""
	}
	p := payments[i]
	switch {
	case p.Ticket == f.Ticket:
		return ClaimConfirmed, ""
	case c.takenBack(f):
		return ClaimRefused, Resolved
	case p.gone():
		return ClaimRefused, GoneBack
	case p.Ticket != 0 && p.Proof.rank() > Customer.rank():
		return ClaimRefused, NamedTwice
	case p.Ticket != 0:
		return ClaimPerson, NamedTwice
	}
	switch why := cmp.Or(p.whyNot(c, f), p.Reason); why {
	case ToBeConfirmed:
		return ClaimAsking, ""
	case NotKnown:
		return ClaimRefused, why
	default:
		return ClaimPerson, why
	}
}
