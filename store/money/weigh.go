package money

import (
	"cmp"
	"slices"
)

// weigh fills in what a payment's facts say of it: each thing by the best proof that says it. What M-PESA contradicts
// itself on becomes a doubt.
func weigh(c Case, p *Payment) {
	facts := slices.Clone(p.facts)
	// The order in which facts became known must not matter: of equal proof the smaller amount or time goes first.
	slices.SortFunc(facts, func(a, b Fact) int {
		return cmp.Or(b.Source.rank()-a.Source.rank(), cmp.Compare(amountOf(a), amountOf(b)),
			cmp.Compare(a.TransactedAt, b.TransactedAt), cmp.Compare(a.Payer, b.Payer))
	})
	asked := false // M-PESA says that a push was paid, not how much
	for _, f := range facts {
		switch {
		case f.Says == Paid || f.Source == Operator && f.Says == PaysFor && !c.retracted(f):
			p.addPaid(f)
			asked = asked || f.Source == Query
		case f.Says == NoSuchReceipt:
			p.denied = cmp.Or(p.denied, NotKnown)
		case f.Says == PaidToOthers:
			p.denied = ToOthers
		case f.Says == Reversed, f.Says == GivenBack:
			p.addReturn(f)
		}
		p.typedAccount = p.typedAccount || f.Account
		p.otherToken = p.otherToken || f.Beside != 0
	}
	if !p.AmountKnown && asked {
		p.Amount, p.AmountKnown, p.Assumed = c.push(p.Push).Amount, true, true
	}
	// That M-PESA does not find what it has reported itself is no doubt: it may be how it was asked.
	if p.denied != "" && !p.confirmed && (p.Proof.rank() <= Customer.rank() || p.byOperator(c)) {
		p.Doubts = append(p.Doubts, Doubt{Why: ReceiptBogus, Receipt: p.Receipt})
	}
	p.weighReturned()
}

func amountOf(f Fact) Cents {
	if f.Amount == nil {
		return -1
	}
	return *f.Amount
}

// addPaid adds a fact that says it was paid to what better ones say, which were added before.
func (p *Payment) addPaid(f Fact) {
	p.Proof = cmp.Or(p.Proof, f.Source)
	p.Payer = cmp.Or(p.Payer, f.Payer)
	p.TransactedAt = cmp.Or(p.TransactedAt, f.TransactedAt)
	if f.Source == Status && f.Says == Paid {
		p.confirmed = true
	}
	switch {
	case f.Amount == nil || *f.Amount <= 0:
	case !p.AmountKnown:
		p.Amount, p.AmountKnown = *f.Amount, true
	case *f.Amount != p.Amount && f.Source.isMPESA():
		differs := Doubt{Why: AmountDiffers, Amount: *f.Amount, Receipt: p.Receipt}
		if !slices.Contains(p.Doubts, differs) {
			p.Doubts = append(p.Doubts, differs)
		}
	}
}

// byOperator reports whether it is an operator alone who says that the push was paid with this receipt.
func (p *Payment) byOperator(c Case) bool {
	if p.Push == 0 || p.Receipt == "" {
		return false
	}
	return !c.said(Paid, func(f Fact) bool { return f.Push == p.Push && f.Receipt == p.Receipt })
}

// addReturn adds a fact that says that its money went back.
func (p *Payment) addReturn(f Fact) {
	amount := max(amountOf(f), 0)
	switch {
	case f.Says == Reversed:
		p.back.elsewhere = true
	case f.Source == Operator:
		p.back.byHand = true
		p.back.hand += amount
	default:
		p.back.byUs = true
		p.back.us = max(p.back.us, amount) // a result may come twice
	}
}

// weighReturned doubts money that went back twice or not whole. Where no fact says how much, it was the whole.
func (p *Payment) weighReturned() {
	switch back := p.back.hand + p.back.us; {
	case back == 0 || !p.AmountKnown || back == p.Amount:
	case p.back.hand > 0 && p.back.us > 0 && back > p.Amount:
		p.Doubts = append(p.Doubts, Doubt{Why: ReturnedTwice, Amount: back, Receipt: p.Receipt})
	default:
		p.Doubts = append(p.Doubts, Doubt{Why: ReturnedOther, Amount: back, Receipt: p.Receipt})
	}
}

// gone reports whether anybody says that its money went back to whoever paid it.
func (p *Payment) gone() bool { return p.back.byHand || p.back.byUs || p.back.elsewhere }

// outcomesOf says what became of each push.
func outcomesOf(c Case, payments []*Payment) map[PushID]Outcome {
	outcomes := make(map[PushID]Outcome, len(c.Pushes))
	for _, push := range c.Pushes {
		of := func(f Fact) bool { return f.Push == push.ID }
		switch {
		case slices.ContainsFunc(payments, func(p *Payment) bool { return p.Push == push.ID }):
			outcomes[push.ID] = PushPaid
		case c.said(FailedForGood, of):
			outcomes[push.ID] = PushFailed
		case c.said(NotCompleted, of):
			outcomes[push.ID] = PushNotCompleted
		default:
			outcomes[push.ID] = PushAwaited
		}
	}
	return outcomes
}

const (
	// A push is paid from a minute before it was made, since M-PESA's clock may be behind ours, to ten minutes after.
	echoBefore Instant = 60_000
	echoAfter  Instant = 600_000
	// A payment for a ticket may seem to be made so long before the ticket was.
	clockSkew Instant = 5_000
)

// compare finds what looks alike: a receipt that is no push's, and a push whose receipt is not known. They may be the
// same money, and nothing says so. A push that failed for good took no money, and is alike to nothing.
func compare(c Case, payments []*Payment, outcomes map[PushID]Outcome) {
	for _, receipt := range payments {
		if receipt.Push != 0 || receipt.second {
			continue
		}
		for _, push := range c.Pushes {
			payment := paymentOf(payments, push.ID)
			if payment != nil && payment.Receipt != "" || outcomes[push.ID] == PushFailed || !alike(c, receipt, push) {
				continue
			}
			receipt.Alike = append(receipt.Alike, Key{Push: push.ID})
			if payment != nil {
				payment.Alike = append(payment.Alike, receipt.Key)
			}
		}
	}
}

func paymentOf(payments []*Payment, push PushID) *Payment {
	i := slices.IndexFunc(payments, func(p *Payment) bool { return p.Push == push })
	if i < 0 {
		return nil
	}
	return payments[i]
}

// alike reports whether a receipt may be what a push was paid with, by amount, phone and minutes. What is not known
// fits. An account number that a payer typed tells the two apart, since each push sends one of its own; so does an
// operator.
func alike(c Case, receipt *Payment, push Push) bool {
	if receipt.typedAccount || receipt.AmountKnown && receipt.Amount != push.Amount || !receipt.Payer.Fits(push.Phone) {
		return false
	}
	if at := receipt.TransactedAt; at != 0 && (at < push.MadeAt-echoBefore || at > push.MadeAt+echoAfter) {
		return false
	}
	return !c.said(Two, func(f Fact) bool { return f.Push == push.ID && f.Receipt == receipt.Receipt })
}
