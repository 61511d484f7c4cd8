package money

import (
	"cmp"
	"slices"
)

// weigh fills in what a payment's facts say of it, each thing by the best proof, and what they contradict each other
// on.
func weigh(c Case, p *Payment) {
	facts := slices.Clone(p.facts)
	// The order in which facts came to be known must not show: equal proof goes by what it says.
	slices.SortFunc(facts, func(a, b Fact) int {
		return cmp.Or(b.Source.rank()-a.Source.rank(), cmp.Compare(amountOf(a), amountOf(b)),
			cmp.Compare(a.TransactedAt, b.TransactedAt), cmp.Compare(a.Payer, b.Payer))
	})
	asked := false // M-PESA says that a push was paid, not how much
	for _, f := range facts {
		switch {
		case f.Says == Paid || f.Source == Operator && f.Says == PaysFor && !c.takenBack(f):
			p.takePaid(f)
			asked = asked || f.Source == Query
		case f.Says == NoSuchReceipt:
			p.bogus = cmp.Or(p.bogus, NotKnown)
		case f.Says == PaidToOthers:
			p.bogus = ToOthers
		case f.Says == Reversed, f.Says == GivenBack:
			p.takeBack(f)
		}
		p.account = p.account || f.Account
		p.beside = p.beside || f.Beside != 0
	}
	if !p.AmountKnown && asked {
		p.Amount, p.AmountKnown, p.Assumed = c.push(p.Push).Amount, true, true
	}
	// What M-PESA itself has told of is not doubted because it does not find it: that may come from how it was asked.
	if p.bogus != "" && p.status == nil && (p.Proof.rank() <= Customer.rank() || p.byOperator(c)) {
		p.Doubts = append(p.Doubts, Doubt{Why: ReceiptBogus, Receipt: p.Receipt})
	}
	p.weighReturns()
}

func amountOf(f Fact) Cents {
	if f.Amount == nil {
		return -1
	}
	return *f.Amount
}

// takePaid takes in a fact that says it was paid; better ones were taken in before.
func (p *Payment) takePaid(f Fact) {
	p.Proof = cmp.Or(p.Proof, f.Source)
	p.Payer = cmp.Or(p.Payer, f.Payer)
	p.TransactedAt = cmp.Or(p.TransactedAt, f.TransactedAt)
	if f.Source == Status && f.Says == Paid {
		p.status = &f
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

func (p *Payment) takeBack(f Fact) {
	amount := max(amountOf(f), 0)
	switch {
	case f.Says == Reversed:
		p.back.elsewhere = true
	case f.Source == Operator:
		p.back.byHand = true
		p.back.hand += amount
	default:
		p.back.byUs = true
		p.back.us = max(p.back.us, amount) // a result may be told twice
	}
}

// weighReturns says what is odd about money that went back. Where no fact says how much that was, it is the whole.
func (p *Payment) weighReturns() {
	switch back := p.back.hand + p.back.us; {
	case back == 0 || !p.AmountKnown || back == p.Amount:
	case p.back.hand > 0 && p.back.us > 0 && back > p.Amount:
		p.Doubts = append(p.Doubts, Doubt{Why: ReturnedTwice, Amount: back, Receipt: p.Receipt})
	default:
		p.Doubts = append(p.Doubts, Doubt{Why: ReturnedOther, Amount: back, Receipt: p.Receipt})
	}
}

// gone reports whether its money is with its payer again, as far as anybody says.
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
	// A push is paid within minutes of being sent. M-PESA's clock may be ahead of ours.
	echoBefore Instant = 60_000
	echoAfter  Instant = 600_000
	clockSkew  Instant = 5_000
)

// compare finds what looks alike: a receipt that is no push's, and a push whose receipt is not known. They may be the
// same money, and nothing says so. What failed for good took no money.
func compare(c Case, payments []*Payment, outcomes map[PushID]Outcome) {
	for _, receipt := range payments {
		if receipt.Push != 0 || receipt.also {
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

// alike reports whether a receipt may be what a push was paid with. An account number that a payer typed tells the two
// apart, since each push sends one of its own; so does an operator.
func alike(c Case, receipt *Payment, push Push) bool {
	if receipt.account || receipt.AmountKnown && receipt.Amount != push.Amount || !receipt.Payer.Fits(push.Phone) {
		return false
	}
	if at := receipt.TransactedAt; at != 0 && (at < push.MadeAt-echoBefore || at > push.MadeAt+echoAfter) {
		return false
	}
	return !c.said(Two, func(f Fact) bool { return f.Push == push.ID && f.Receipt == receipt.Receipt })
}
