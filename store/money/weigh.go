package money

import (
	"cmp"
	"slices"
	"time"
)

// weigh fills in what a payment's facts report, each thing by the best proof, and the doubts where they differ.
func weigh(c Case, p *Payment) {
	for _, r := range c.Refunds {
		if r.Of.Names(p.Key) {
			p.refunding, p.reversing = p.refunding || r.Open, p.reversing || r.Out > 0
		}
	}
	// The order in which facts became known does not matter: equal proof goes by what it says.
	slices.SortFunc(p.facts, func(a, b Fact) int {
		return cmp.Or(b.knowsAmount(p.shown)-a.knowsAmount(p.shown), cmp.Compare(a.amount(), b.amount()),
			cmp.Compare(a.TransactedAt, b.TransactedAt), cmp.Compare(a.Payer, b.Payer))
	})
	queried := false    // M-PESA says that a push was paid, not how much
	var confirmed Cents // by Transaction Status
	var returned Source // reports how much went back, and so that it was paid
	for _, f := range p.facts {
		paid := f.Says == Mentions || c.saysPaid(f)
		if !p.AmountKnown && f.amount() != 0 && (paid || f.Source == Status) {
			p.Amount, p.AmountKnown = f.amount(), true
		}
		switch {
		case paid:
			if f.Says != Mentions && f.Source.rank() > p.Proof.rank() {
				p.Proof = f.Source
			}
			p.takePayer(f)
			differs := Doubt{Why: AmountDiffers, Amount: f.amount(), Receipt: p.Receipt}
			if f.amount() != 0 && f.amount() != p.Amount && f.Source.isMPESA() && !slices.Contains(p.Doubts, differs) {
				p.Doubts = append(p.Doubts, differs)
			}
			queried = queried || f.Source == Query
			if f.Source == Status {
				p.confirmed, confirmed = true, f.amount()
			}
		case f.wasPaid():
			p.takePayer(f)
			returned = f.Source
		case f.Says == PaidToOthers:
			p.bogus = ToOthers
		case f.Says == NoSuchReceipt:
			p.bogus = cmp.Or(p.bogus, NotKnown)
		}
	}
	p.Proof = cmp.Or(p.Proof, returned)
	if confirmed == p.Amount { // other amounts do not count then
		p.Doubts = slices.DeleteFunc(p.Doubts, func(d Doubt) bool { return d.Why == AmountDiffers })
	}
	if !p.AmountKnown && queried {
		p.Amount, p.AmountKnown, p.Assumed = c.push(p.Push).Amount, true, true
	}
	// What M-PESA itself reported is not doubted because it does not find it: that may come from how it was asked.
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

// takePayer takes over who paid and when, where that is not known.
func (p *Payment) takePayer(f Fact) {
	if p.Payer == "" || p.Payer == Hidden && f.Payer != "" {
		p.Payer = f.Payer
	}
	p.TransactedAt = cmp.Or(p.TransactedAt, f.TransactedAt)
}

// knowsAmount orders facts by how well they know how much was paid: by their proof, but that M-PESA's answer to a
// question about the receipt counts more than what it reported before; and most of all what a ticket was shown as paid
// with.
func (f Fact) knowsAmount(shown Cents) int {
	switch {
	case shown != 0 && f.Source.rank() >= Status.rank() && f.amount() == shown:
		return Callback.rank() + 2
	case f.Source == Status:
		return Callback.rank() + 1
	}
	return f.Source.rank()
}

// shownWith is the payment that a ticket was shown as paid with. The receipt that it was shown with may have turned out
// to be that of another push.
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

// weighReturns says whether money of the payment went back, how much, and what is odd about that. Where no fact says
// how much, it is the whole.
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

// weighRange says between what the amount lies, whether or not an operator has looked into it. Of what operators alone
// report nothing may have been paid, and a receipt that several pushes share may be another one's.
func (p *Payment) weighRange() {
	p.Least, p.Most = p.Amount, p.Amount
	if !p.AmountKnown {
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
	// EchoBefore is how long before a push was made its payment may be dated: M-PESA's clock may be behind ours.
	EchoBefore = time.Minute
	// EchoAfter is how long after a push was made its payment may be dated.
	EchoAfter = 10 * time.Minute

	clockSkew Instant = 5_000
)

// compare finds what looks alike: a receipt that is no push's, and a push whose receipt is not known. They may be the
// same money, and nothing says so. What failed for good took no money.
func compare(c Case, payments []*Payment) {
	for _, receipt := range payments {
		if receipt.Push != 0 || receipt.Reason == AlsoTold {
			continue
		}
		for _, push := range c.Pushes {
			paid := paymentOf(payments, push.ID)
			switch {
			case paid != nil && paid.Receipt != "" && !paid.unproved(c), !alike(c, receipt, push, paid):
			case paid != nil:
				receipt.Alike = append(receipt.Alike, Key{Push: push.ID})
				paid.Alike = append(paid.Alike, receipt.Key)
				// Another amount may be a mistake of M-PESA's, but keeps nobody from a ticket.
				if !receipt.AmountKnown || !paid.AmountKnown || receipt.Amount == paid.Amount {
					receipt.like, paid.like = append(receipt.like, paid), append(paid.like, receipt)
				}
			case !push.Refused && !c.has(Fact{Says: FailedForGood, Push: push.ID}):
				receipt.Alike = append(receipt.Alike, Key{Push: push.ID})
			}
		}
	}
}

func paymentOf(payments []*Payment, push PushID) *Payment {
	return first(payments, func(p *Payment) bool { return p.Push == push })
}

// alike reports whether a receipt may be what a push was paid with. An account number that a payer typed parts the two,
// since each push sends one of its own; so does an operator; and another amount, unless M-PESA has only reported that
// the push was paid, and the payer is certainly the one whose phone it prompted.
func alike(c Case, receipt *Payment, push Push, paid *Payment) bool {
	onlyPaid := paid != nil && (paid.Assumed || !paid.AmountKnown) && receipt.Payer.Proves(push.Phone)
	pair := Fact{Push: push.ID, Receipt: receipt.Receipt}
	two, same := pair, pair
	two.Says, same.Says = Two, TheSame
	if receipt.AmountKnown && receipt.Amount != push.Amount && !onlyPaid || !receipt.Payer.Fits(push.Phone) ||
		c.has(Fact{Receipt: receipt.Receipt, Account: true}) || c.last(two) > c.last(same) {
		return false
	}
	from, until := push.MadeAt.Add(-EchoBefore), push.MadeAt.Add(EchoAfter)
	var known Instant // when M-PESA first reported that the push was paid
	for _, f := range c.Facts {
		if f.Says == Paid && f.Push == push.ID && f.At != 0 && (known == 0 || f.At < known) {
			known = f.At
		}
	}
	if known != 0 { // what was known to be paid by then was not paid later
		until = known + clockSkew
	}
	return receipt.TransactedAt == 0 || receipt.TransactedAt >= from && receipt.TransactedAt <= until
}
