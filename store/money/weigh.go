package money

import (
	"cmp"
	"slices"
	"time"
)

// weigh fills in what a payment's facts say of it, each thing by the best proof, and what they contradict each other
// on.
func weigh(c Case, p *Payment) {
	facts := slices.Clone(p.facts)
	// The order in which facts came to be known must not show: equal proof goes by what it says.
	total := c.shownTotal(p)
	slices.SortFunc(facts, func(a, b Fact) int {
		return cmp.Or(b.knowsAmount(total)-a.knowsAmount(total), cmp.Compare(amountOf(a), amountOf(b)),
			cmp.Compare(a.TransactedAt, b.TransactedAt), cmp.Compare(a.Payer, b.Payer))
	})
	asked := false      // M-PESA says that a push was paid, not how much
	var returned Source // who says how much went back, without a word of how it was paid
	for _, f := range facts {
		switch {
		case f.Says == Paid || f.Says == Mentions || f.Source == Operator && f.Says == PaysFor && !c.takenBack(f):
			p.takePaid(f)
			asked = asked || f.Source == Query
		case f.Says == NoSuchReceipt:
			p.bogus = cmp.Or(p.bogus, NotKnown)
		case f.Says == PaidToOthers:
			p.bogus = ToOthers
		case f.Says == Reversed, f.Says == GivenBack:
			if f.Source == Status && !p.AmountKnown && amountOf(f) > 0 { // it says how much the receipt is of
				p.Amount, p.AmountKnown = amountOf(f), true
			}
			if f.wasPaid() {
				p.takePaid(Fact{Source: f.Source, Says: Mentions, Payer: f.Payer, TransactedAt: f.TransactedAt})
				returned = f.Source
			}
			p.takeBack(f)
		}
		p.account = p.account || f.Account
		p.beside = max(p.beside, f.Beside)
	}
	p.Proof = cmp.Or(p.Proof, returned)
	if p.status != nil && amountOf(*p.status) == p.Amount { // what it told besides does not count
		p.Doubts = slices.DeleteFunc(p.Doubts, func(d Doubt) bool { return d.Why == AmountDiffers })
	}
	if !p.AmountKnown && asked {
		p.Amount, p.AmountKnown, p.Assumed = c.push(p.Push).Amount, true, true
	}
	// What M-PESA itself has told of is not doubted because it does not find it: that may come from how it was asked.
	p.named = p.byOperator(c)
	if p.bogus != "" && p.status == nil && (p.Proof.rank() <= Customer.rank() || p.named) {
		why := ReceiptBogus
		if p.bogus == ToOthers {
			why = ReceiptOthers
		}
		p.Doubts = append(p.Doubts, Doubt{Why: why, Receipt: p.Receipt})
	}
	p.weighReturns()
	p.weighRange()
	p.Doubts = slices.DeleteFunc(p.Doubts, func(d Doubt) bool { return c.resolved(p, d) })
}

// resolved reports whether an operator has looked into a doubt.
func (c Case) resolved(p *Payment, d Doubt) bool {
	return c.said(DoubtEnds, func(f Fact) bool {
		return p.Names(Key{f.Push, f.Receipt}) && f.About == d.Why && max(amountOf(f), 0) == d.Amount
	})
}

// knowsAmount orders facts by how well they know how much was paid: by their proof, but that M-PESA's answer to a
// question about the receipt counts more than what it told before; and most of all what a ticket was shown as paid
// with.
func (f Fact) knowsAmount(shown Cents) int {
	switch {
	case shown != 0 && f.Source.rank() >= Status.rank() && amountOf(f) == shown:
		return Callback.rank() + 2
	case f.Source == Status && (f.Says == Paid || f.Says == Reversed):
		return Callback.rank() + 1
	}
	return f.Source.rank()
}

// paidFor reports whether a ticket was shown as paid with the payment. The receipt that it was shown with may have
// turned out to be another push's.
func (p *Payment) paidFor(t Ticket) bool {
	if t.PaidWith.Push != 0 {
		return p.Push == t.PaidWith.Push
	}
	return p.Names(t.PaidWith)
}

// shownTotal is what the ticket costs that was shown as paid with the payment, 0 where none was.
func (c Case) shownTotal(p *Payment) Cents {
	i := slices.IndexFunc(c.Tickets, func(t Ticket) bool { return p.paidFor(t) })
	if i < 0 {
		return 0
	}
	return c.Tickets[i].Total
}

func amountOf(f Fact) Cents {
	if f.Amount == nil {
		return -1
	}
	return *f.Amount
}

// takePaid takes in a fact that says it was paid; better ones were taken in before.
func (p *Payment) takePaid(f Fact) {
	if f.Says != Mentions && f.Source.rank() > p.Proof.rank() {
		p.Proof = f.Source
	}
	if p.Payer == "" || p.Payer == Hidden {
		p.Payer = cmp.Or(f.Payer, p.Payer)
	}
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

// givenBack is how much went back. Where no fact says how much that was, it is the whole.
func (p *Payment) givenBack() (back Cents) {
	if p.back.byHand {
		back += cmp.Or(p.back.hand, p.Amount)
	}
	if p.back.byUs {
		back += cmp.Or(p.back.us, p.Amount)
	}
	return back
}

// MaxPayment is the most that M-PESA takes in one payment (documented by Safaricom).
const MaxPayment Cents = 250_000_00

// weighRange says between what the amount lies. Of what an operator or a customer alone says nothing may have been
// paid, and a receipt that several prompts share may be another one's.
func (p *Payment) weighRange() {
	p.Least, p.Most = p.Amount, p.Amount
	if !p.AmountKnown {
		p.Least, p.Most = 100, MaxPayment // whole shillings
	}
	for _, d := range p.Doubts {
		if d.Why == AmountDiffers {
			p.Least, p.Most = min(p.Least, d.Amount), max(p.Most, d.Amount)
		}
		if d.Why == ReceiptShared && p.Receipt == "" {
			p.Least = 0
		}
	}
	if p.Proof.rank() <= Customer.rank() {
		p.Least = 0
	}
}

// weighReturns says what is odd about money that went back.
func (p *Payment) weighReturns() {
	switch back := p.givenBack(); {
	case back == 0 || !p.AmountKnown || back == p.Amount:
	case p.back.byHand && p.back.byUs && back > p.Amount:
		p.Doubts = append(p.Doubts, Doubt{Why: ReturnedTwice, Amount: back, Receipt: p.Receipt})
	default:
		p.Doubts = append(p.Doubts, Doubt{Why: ReturnedOther, Amount: back, Receipt: p.Receipt})
	}
}

// gone reports whether its money is with its payer again, as far as anybody says.
func (p *Payment) gone() bool {
	return (p.back.elsewhere || p.back.byHand || p.back.byUs) && !p.partly()
}

// partly reports whether M-PESA or an operator says that less went back than was taken.
func (p *Payment) partly() bool {
	back := p.givenBack()
	return back > 0 && p.AmountKnown && back < p.Amount
}

// outcomesOf says what became of each push.
func outcomesOf(c Case, payments []*Payment) map[PushID]Outcome {
	outcomes := make(map[PushID]Outcome, len(c.Pushes))
	for _, push := range c.Pushes {
		of := func(f Fact) bool { return f.Push == push.ID }
		switch {
		case slices.ContainsFunc(payments, func(p *Payment) bool { return p.Push == push.ID }):
			outcomes[push.ID] = PushPaid
		case push.Refused, c.said(FailedForGood, of):
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
	// EchoBefore is how long before a push was made its payment may be dated: M-PESA's clock may be behind ours.
	EchoBefore = time.Minute
	// EchoAfter is how long after a push was made its payment may be dated.
	EchoAfter = 10 * time.Minute

	clockSkew Instant = 5_000
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
			if payment != nil && payment.Receipt != "" || outcomes[push.ID] == PushFailed ||
				!alike(c, receipt, push, payment) {
				continue
			}
			receipt.Alike = append(receipt.Alike, Key{Push: push.ID})
			if payment != nil {
				payment.Alike = append(payment.Alike, receipt.Key)
				receipt.ownLike = append(receipt.ownLike, push.Ticket)
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

// paidBy is when M-PESA first said that a push was paid, 0 where it has not or that is not known.
func (c Case) paidBy(push PushID) (at Instant) {
	for _, f := range c.Facts {
		if f.Says == Paid && f.Push == push && f.At != 0 && (at == 0 || f.At < at) {
			at = f.At
		}
	}
	return at
}

// alike reports whether a receipt may be what a push was paid with. An account number that a payer typed tells the two
// apart, since each push sends one of its own; so does an operator; and another amount, unless M-PESA has only said
// that the push was paid.
func alike(c Case, receipt *Payment, push Push, payment *Payment) bool {
	onlyPaid := payment != nil && (payment.Assumed || !payment.AmountKnown)
	if receipt.account || receipt.AmountKnown && receipt.Amount != push.Amount && !onlyPaid ||
		!receipt.Payer.Fits(push.Phone) {
		return false
	}
	paid := c.paidBy(push.ID)
	until := push.MadeAt.Add(EchoAfter)
	if paid != 0 { // what M-PESA had said to be paid by then was not paid later
		until = paid + clockSkew
	}
	if at := receipt.TransactedAt; at != 0 && (at < push.MadeAt.Add(-EchoBefore) || at > until) {
		return false
	}
	pair := func(says Saying) func(Fact) bool {
		return func(f Fact) bool { return f.Says == says && f.Push == push.ID && f.Receipt == receipt.Receipt }
	}
	return c.last(pair(Two)) <= c.last(pair(TheSame))
}
