package money

import (
	"cmp"
	"slices"
)

// Refund is a payment on its way back, requested by an operator or by the program. It is a commitment, and so is what
// M-PESA or an operator has reported of it. Its state follows from that and from the payment.
type Refund struct {
	ID     int64
	Of     Key
	For    TicketID // whose payment it was when it was asked for; 0 where nobody's
	Amount Cents    // asked for
	ByHand bool     // an operator reports that the money was given back
	Done   bool     // M-PESA reports that a Reversal of it was carried out
	Open   bool     // neither, and a Reversal is to be sent or awaited
	Sent   bool     // a Reversal was sent
	Out    int      // Reversals that M-PESA may have carried out
}

// RefundState is how far a refund has come.
type RefundState string

// A refund is requested until M-PESA, or the operator who refunds by hand, reports the result.
const (
	RefundRequested RefundState = "requested"
	RefundDone      RefundState = "refunded"
	RefundFailed    RefundState = "failed"
)

// RefundDecision is what becomes of a refund.
type RefundDecision struct {
	ID     int64
	Of     Key // its payment; zero where there is none any more
	State  RefundState
	Amount Cents // that goes back, or has gone
	Waits  bool  // its Reversal waits for the receipt, or for M-PESA's report on one that only an operator knows of
}

// of finds the payment that a refund belongs to: by receipt once a Reversal may have succeeded, by what the operator
// reported once it is done by hand, otherwise by push. A receipt that has turned out to be the payment of another
// ticket's push is not refunded.
func (r Refund) of(c Case, payments []*Payment) *Payment {
	named := where(payments, func(p *Payment) bool { return p.Names(r.Of) })
	byReceipt := first(named, func(p *Payment) bool { return p.Receipt == r.Of.Receipt })
	byPush := first(named, func(p *Payment) bool { return p.Push != 0 && p.Push == r.Of.Push })
	switch {
	case r.ByHand:
		byHand := func(f Fact) bool { return f.Says == GivenBack && f.Source == Operator }
		reported := first(named, func(p *Payment) bool { return slices.ContainsFunc(p.facts, byHand) })
		return cmp.Or(reported, byReceipt, byPush)
	case !r.Open || r.Out > 0:
		return cmp.Or(byReceipt, byPush)
	case byPush == nil && byReceipt != nil && byReceipt.Push != 0 && byReceipt.Ticket != r.For:
		return nil
	}
	return cmp.Or(byPush, byReceipt)
}

// decideRefunds lists what becomes of each refund. A payment has one open refund at most: the one that M-PESA may have
// carried out, or the first.
func decideRefunds(c Case, payments []*Payment) (decided []RefundDecision) {
	refunds := slices.SortedFunc(slices.Values(c.Refunds), func(a, b Refund) int {
		return cmp.Or(cmp.Compare(min(b.Out, 1), min(a.Out, 1)), cmp.Compare(flagged(b.Open), flagged(a.Open)),
			cmp.Compare(a.ID, b.ID))
	})
	busy := map[*Payment]bool{} // with a refund that is done or open
	for _, r := range refunds {
		if r.ByHand || r.Done {
			busy[r.of(c, payments)] = true
		}
	}
	for _, r := range refunds {
		p := r.of(c, payments)
		d := RefundDecision{ID: r.ID, State: RefundFailed, Amount: r.Amount}
		switch {
		case r.ByHand, r.Done:
			d.State = RefundDone
		case p == nil || busy[p] && p.gone != "":
		case p.State == Refunded && r.Out > 0: // M-PESA reports it as reversed, and a Reversal of it was out
			d.State = RefundDone
		case p.gone == "" && r.Open && !busy[p]:
			d.State = RefundRequested
		}
		if p != nil {
			d.Of = p.Key
			busy[p] = busy[p] || d.State != RefundFailed
			d.Waits = d.State == RefundRequested && !r.Sent && (p.Receipt == "" || p.unproved(c) && !p.insisted())
			if p.AmountKnown && !r.ByHand &&
				(d.State == RefundDone && p.returnedBy(Reversal) == 0 || d.State == RefundRequested && !r.Sent) {
				d.Amount = p.Amount
			}
		}
		decided = append(decided, d)
	}
	slices.SortFunc(decided, func(a, b RefundDecision) int { return cmp.Compare(a.ID, b.ID) })
	return decided
}

func flagged(is bool) int {
	if is {
		return 1
	}
	return 0
}

// returnedBy is how much of the payment a source reports as refunded; 0 where it does not report an amount.
func (p *Payment) returnedBy(s Source) (amount Cents) {
	for _, f := range p.facts {
		if f.Says == GivenBack && f.Source == s {
			amount = max(amount, f.amount())
		}
	}
	return amount
}
