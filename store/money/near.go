package money

import "slices"

// What may be the same money without proof: one predicate, for a decision, for loading the case of a report, and for
// splitting the books into cases.

// A Taking is money under a receipt that is no push's for certain, and whose payer typed no account number.
type Taking struct {
	Receipt string
	Amount  Cents // 0 where unknown
	Payer   Pattern
	At      Instant // when it was taken; 0 where unknown

	known   Instant // when it was first reported; 0 where unknown
	knownID int64   // the id of that report
}

// A Prompt is a push that may have been paid, and whose receipt is unknown or unproved.
type Prompt struct {
	Push
	Reported  Cents   // the amount that M-PESA reports, which may be another than it asked for; 0 where none
	AnyAmount bool    // M-PESA has only answered that it was paid: it may be of another amount than it asked for
	NoAmount  bool    // M-PESA reports it as paid without an amount, and so with any
	Paid      Instant // when M-PESA first reported it as paid; 0 where it has not
}

// MayBeOf reports whether a taking may be what a prompt was paid with, by amount, phone and time. What is unknown
// excludes nothing, but of a prompt that M-PESA only answers about, another amount needs a proven phone. A receipt that
// was known before the push was made is not the push's.
func (t Taking) MayBeOf(p Prompt) bool {
	sum := t.Amount == 0 || t.Amount == p.Amount || t.Amount == p.Reported || p.NoAmount ||
		p.AnyAmount && t.Payer.Proves(p.Phone)
	before := t.known != 0 && (t.known < p.MadeAt || t.known == p.MadeAt && t.knownID < int64(p.ID))
	from, until := p.Window()
	return sum && !before && t.Payer.Fits(p.Phone) && (t.At == 0 || t.At >= from && t.At <= until)
}

// Window is when the prompt may have been paid: not long before or after it was made, nor after it was known as paid.
func (p Prompt) Window() (from, until Instant) {
	from, until = p.MadeAt.Add(-EchoBefore), p.MadeAt.Add(EchoAfter)
	if p.Paid != 0 { // a payment known by then was not made later
		until = p.Paid.Add(EchoBefore)
	}
	return from, until
}

// Near lists the takings and prompts of a case: what may be the same money as something outside of it.
func Near(c Case) (takings []Taking, prompts []Prompt) {
	c = readReferences(c)
	payments := weighed(c, nil)
	for _, p := range payments {
		if t, is := c.taking(p); is {
			takings = append(takings, t)
		}
	}
	for _, push := range c.Pushes {
		if p, is := c.prompt(push, paymentOf(payments, push.ID)); is {
			prompts = append(prompts, p)
		}
	}
	return takings, prompts
}

// taking is a payment as a taking; false where it is none.
func (c Case) taking(p *Payment) (Taking, bool) {
	t := Taking{Receipt: p.Receipt, Payer: p.Payer, At: p.TransactedAt}
	if p.AmountKnown {
		t.Amount = p.Amount
	}
	for _, f := range p.facts {
		if f.At != 0 && (c.saysPaid(f) || f.wasPaid()) &&
			(t.known == 0 || f.At < t.known || f.At == t.known && f.ID < t.knownID) {
			t.known, t.knownID = f.At, f.ID
		}
	}
	return t, p.Push == 0 && p.Reason != AlsoTold && !c.typed(p.Receipt)
}

// prompt is a push, with its payment if there is one, as a prompt; false where it is none. A receipt that operators
// alone report is not certain.
func (c Case) prompt(push Push, paid *Payment) (Prompt, bool) {
	p := Prompt{Push: push}
	for _, f := range c.Facts {
		if f.Says == Paid && f.Push == push.ID && !f.byReference() && f.At != 0 && (p.Paid == 0 || f.At < p.Paid) {
			p.Paid = f.At
		}
	}
	if paid == nil {
		return p, !push.Refused && !c.has(Fact{Says: FailedForGood, Push: push.ID})
	}
	p.AnyAmount, p.NoAmount = paid.Assumed, !paid.AmountKnown
	if paid.AmountKnown && !paid.Assumed {
		p.Reported = paid.Amount
	}
	return p, paid.Receipt == "" || paid.unproved(c)
}

// typed reports whether a receipt was paid to an account number of ours.
func (c Case) typed(receipt string) bool {
	return slices.ContainsFunc(c.Facts, func(f Fact) bool { return f.Receipt == receipt && (f.Account || f.sent != 0) })
}

// compare finds lookalikes: a receipt that is no push's, and a push without a receipt. They may be the same money,
// without proof. A push that failed for good took none.
func compare(c Case, payments []*Payment) {
	for _, push := range c.Pushes {
		paid := paymentOf(payments, push.ID)
		prompt, open := c.prompt(push, paid)
		if paid != nil {
			paid.Loose = open
		}
		for _, receipt := range payments {
			if receipt.Push != 0 || receipt.Reason == AlsoTold || !open || !c.alike(receipt, prompt) {
				continue
			}
			receipt.Alike = append(receipt.Alike, Key{Push: push.ID})
			if paid == nil {
				continue
			}
			paid.Alike = append(paid.Alike, receipt.Key)
			// A lookalike of another amount is listed, but blocks no ticket.
			if !receipt.AmountKnown || !paid.AmountKnown || receipt.Amount == paid.Amount {
				receipt.like, paid.like = append(receipt.like, paid), append(paid.like, receipt)
			}
		}
	}
	for _, p := range payments {
		if p.Push == 0 {
			_, p.Loose = c.taking(p)
		}
	}
}

// alike reports whether a receipt may be the payment of a prompt: not after an operator's Two, nor with an account
// number that the payer typed; with a push's own number only of that push; otherwise by [Taking.MayBeOf].
func (c Case) alike(receipt *Payment, p Prompt) bool {
	pair := Fact{Push: p.ID, Receipt: receipt.Receipt}
	two, same := pair, pair
	two.Says, same.Says = Two, TheSame
	t, is := c.taking(receipt)
	return c.last(two) <= c.last(same) &&
		(c.has(Fact{Receipt: receipt.Receipt, sent: p.ID}) || is && t.MayBeOf(p))
}
