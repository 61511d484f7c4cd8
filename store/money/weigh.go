package money

import (
	"cmp"
	"slices"
	"time"
)

// weigh fills in a payment from its facts, each field by the best proof, and the doubts where they differ.
func weigh(c Case, p *Payment) {
	// By proof, then by content, so that the result does not depend on the order of arrival.
	slices.SortFunc(p.facts, func(a, b Fact) int {
		return cmp.Or(b.knowsAmount(p.shown)-a.knowsAmount(p.shown), cmp.Compare(a.amount(), b.amount()),
			cmp.Compare(a.TransactedAt, b.TransactedAt), cmp.Compare(a.Payer, b.Payer))
	})
	queried := false    // M-PESA reports a push as paid, without the amount
	var confirmed Cents // by Transaction Status
	var returned Source // of the refunded amount, and so of the payment
	for _, f := range p.facts {
		paid := f.Says == Mentions || c.saysPaid(f)
		tells := paid || f.Source == Status || f.Source == Reversal
		if f.Says == Mentions {
			tells = p.Push == 0
		}
		if tells && !p.AmountKnown && f.amount() != 0 {
			p.Amount, p.AmountKnown, p.AmountBy = f.amount(), true, f.Source
		}
		switch {
		case paid:
			if f.Says != Mentions && f.Source.rank() > p.Proof.rank() {
				p.Proof = f.Source
			}
			p.takePayer(f)
			differs := Doubt{Why: AmountDiffers, Amount: f.amount(), Receipt: p.Receipt}
			if f.amount() != 0 && f.amount() != p.Amount && f.Source.isMPESA() && !slices.Contains(p.Doubts, differs) &&
				(f.Says != Mentions || p.Push == 0) {
				p.Doubts = append(p.Doubts, differs)
			}
			queried = queried || f.Source == Query
			if f.Source == Status {
				p.confirmed, confirmed = true, f.amount()
			}
		case f.wasPaid():
			p.takePayer(f)
			returned = f.Source
		case f.Says == GivenBack && f.Source == Reversal: // it had been taken
			returned = cmp.Or(returned, f.Source)
		case f.Says == PaidToOthers:
			p.bogus = ToOthers
		case f.Says == NoSuchReceipt:
			p.bogus = cmp.Or(p.bogus, NotKnown)
		}
	}
	p.Proof = cmp.Or(p.Proof, returned)
	if confirmed == p.Amount { // then other amounts do not count
		p.Doubts = slices.DeleteFunc(p.Doubts, func(d Doubt) bool { return d.Why == AmountDiffers })
	}
	asked := c.push(p.Push).Amount
	if queried && (!p.AmountKnown || p.Amount == asked && !p.AmountBy.isMPESA()) {
		p.Amount, p.AmountKnown, p.Assumed, p.AmountBy = asked, true, true, Query
	}
	for _, f := range p.facts { // what is only mentioned of a push is never its amount
		differs := Doubt{Why: AmountDiffers, Amount: f.amount(), Receipt: p.Receipt}
		if f.Says == Mentions && p.Push != 0 && p.AmountKnown && f.amount() != 0 && f.amount() != p.Amount &&
			confirmed != p.Amount && !slices.Contains(p.Doubts, differs) {
			p.Doubts = append(p.Doubts, differs)
		}
	}
	// M-PESA's own report is not doubted because a later query finds nothing: the cause may be the query.
	if p.bogus != "" && !p.confirmed && (!p.Proof.isMPESA() || p.byOperator(c)) {
		why := map[Reason]DoubtReason{NotKnown: ReceiptBogus, ToOthers: ReceiptOthers}
		p.Doubts = append(p.Doubts, Doubt{Why: why[p.bogus], Receipt: p.Receipt})
	}
	p.weighReturns()
	p.weighRange()
	p.Doubts = slices.DeleteFunc(p.Doubts, func(d Doubt) bool {
		return slices.ContainsFunc(p.facts, func(f Fact) bool {
			return f.Says == DoubtEnds && f.About == d.Why && f.amount() == d.Amount
		})
	})
}

// takePayer takes the payer and the time, where unknown.
func (p *Payment) takePayer(f Fact) {
	if p.Payer == "" || p.Payer == Hidden && f.Payer != "" {
		p.Payer = f.Payer
	}
	p.TransactedAt = cmp.Or(p.TransactedAt, f.TransactedAt)
}

// knowsAmount ranks facts by how well they prove the paid amount: by their source, but an answer about the receipt goes
// before M-PESA's earlier reports, and the amount that a ticket was shown as paid with goes before all.
func (f Fact) knowsAmount(shown Cents) int {
	switch {
	case shown != 0 && f.Source.rank() >= Status.rank() && f.amount() == shown:
		return Callback.rank() + 2
	case f.Says == Mentions:
		return Customer.rank() // less than any report of M-PESA
	case f.Source == Status:
		return Callback.rank() + 1
	}
	return f.Source.rank()
}

// shownWith is the payment that a ticket was shown as paid with. Its receipt may have turned out to be another push's.
func (t Ticket) shownWith(payments []*Payment) *Payment {
	if p := paymentOf(payments, t.PaidWith.Push); p != nil && p.Push != 0 {
		return p
	}
	return first(payments, func(p *Payment) bool {
		return p.Names(t.PaidWith) && (p.Ticket == 0 || p.Ticket == t.ID) && p.Reason != AlsoTold
	})
}

// byOperator reports whether operators alone report the payment: its receipt, or that its push was paid with it.
func (p *Payment) byOperator(c Case) bool {
	return !c.has(Fact{Says: Paid, Push: p.Push, Receipt: p.Receipt})
}

// unproved reports whether operators alone report the receipt of the payment, and Transaction Status has not confirmed
// it: it may be mistyped.
func (p *Payment) unproved(c Case) bool { return p.byOperator(c) && !p.confirmed }

// reported reports whether M-PESA reports receipt and amount of the payment, and not operators alone.
func (p *Payment) reported(c Case) bool { return !p.unproved(c) && p.AmountBy.isMPESA() }

// weighReturns decides whether the payment was refunded, how much, and with which doubts. Without an amount it is all
// of it.
func (p *Payment) weighReturns() {
	returned, reversed := map[Source]Cents{}, false
	for _, f := range p.facts {
		switch {
		case f.Says == Reversed:
			reversed = true
		case f.Says == GivenBack && f.Source == Operator:
			returned[Operator] += f.amount()
		case f.Says == GivenBack: // a result may come twice
			returned[Reversal] = max(returned[Reversal], f.amount())
		}
	}
	var back Cents
	for _, amount := range returned {
		back += cmp.Or(amount, p.Amount)
	}
	why := ReturnedOther
	if len(returned) > 1 && back > p.Amount {
		why = ReturnedTwice
	}
	if back != 0 && p.AmountKnown && back != p.Amount {
		p.Doubts = append(p.Doubts, Doubt{Why: why, Amount: back, Receipt: p.Receipt})
	}
	p.partly = back > 0 && back < p.Amount
	switch {
	case p.partly:
	case len(returned) > 0, reversed && p.reversing:
		p.State, p.gone = Refunded, RefundAsked
	case reversed:
		p.State, p.gone = Returned, GoneBack
	}
}

// MaxPayment is the most that M-PESA takes in one payment, in cents (documented by Safaricom).
const MaxPayment = 250_000_00

// weighRange bounds the amount, even where an operator has resolved it or says how much it was. A payment that
// operators alone report may be nothing, and so may a receipt that several pushes share.
func (p *Payment) weighRange() {
	p.Least, p.Most = p.Amount, p.Amount
	if !p.AmountKnown || p.Proof.isMPESA() && !p.AmountBy.isMPESA() {
		p.Least, p.Most = 100, MaxPayment // whole shillings
	}
	for _, d := range p.Doubts {
		switch {
		case d.Why == AmountDiffers:
			p.Least, p.Most = min(p.Least, d.Amount), max(p.Most, d.Amount)
		case d.Why == ReceiptShared && p.Receipt == "":
			p.Least = 0
		}
	}
	if !p.Proof.isMPESA() {
		p.Least = 0
	}
}

const (
	// EchoBefore is how long before a push its payment may be dated: M-PESA's clock may be slow.
	EchoBefore = time.Minute
	// EchoAfter is how long after a push its payment may be dated.
	EchoAfter = 10 * time.Minute

	clockSkew Instant = 5_000
)

func paymentOf(payments []*Payment, push PushID) *Payment {
	return first(payments, func(p *Payment) bool { return p.Push == push })
}
