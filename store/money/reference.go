package money

import "slices"

// A push's own account number names the push. The confirmation of its payment has that number. But the prompt shows it
// too, so that somebody may have typed it.

// byReference reports whether an account number alone gives the fact's receipt to its push.
func (f Fact) byReference() bool {
	return f.Says == Paid && f.Push != 0 && f.Receipt != "" && f.Source != Callback
}

// tied reports whether the receipt is the push's by more than an account number: by its callback, or by an operator. A
// zero push is any.
func (c Case) tied(k Key) bool {
	return slices.ContainsFunc(c.Facts, func(f Fact) bool {
		return f.Push != 0 && isLike(k.Push, f.Push) && f.Receipt == k.Receipt &&
			(f.Says == Mentions || f.Says == Paid && !f.byReference() || f.Says == TheSame && !c.takenBack(f))
	})
}

// typedReferences returns the case as if a payer had typed the ticket's code wherever a push's account number was
// certainly typed: from another phone than the push's, at another time, or while the push was paid with another
// receipt. Of a receipt that a callback names, M-PESA contradicts itself instead.
func typedReferences(c Case) Case {
	facts := slices.Clone(c.Facts)
	for i, f := range facts {
		if f.byReference() && !c.tied(Key{Receipt: f.Receipt}) && !c.mayBring(c.push(f.Push), f) {
			facts[i].Push, facts[i].Ticket, facts[i].Account = 0, c.push(f.Push).Ticket, true
		}
	}
	c.Facts = facts
	return c
}

// mayBring reports whether the push may have brought the fact's payment. The amount proves nothing: M-PESA may have
// taken another than the push asked for.
func (c Case) mayBring(push Push, f Fact) bool {
	own := first(c.Facts, func(of Fact) bool {
		return of.Source == Callback && of.Says == Paid && of.Push == push.ID &&
			of.Receipt != "" && of.Receipt != f.Receipt
	})
	return own.Push == 0 && f.Payer.Fits(push.Phone) && c.inTime(push, f.TransactedAt)
}

// inTime reports whether the push may have been paid at an instant: not long before or after it was made, nor after it
// was known as paid.
func (c Case) inTime(push Push, at Instant) bool {
	from, until := push.MadeAt.Add(-EchoBefore), push.MadeAt.Add(EchoAfter)
	var known Instant // when M-PESA first reported the push as paid
	for _, f := range c.Facts {
		if f.Says == Paid && f.Push == push.ID && !f.byReference() && f.At != 0 && (known == 0 || f.At < known) {
			known = f.At
		}
	}
	if known != 0 { // a payment known by then was not made later
		until = known + clockSkew
	}
	return at == 0 || at >= from && at <= until
}

// promptOpen reports whether a push may have been paid besides the receipt that its account number gives to it: M-PESA
// has reported neither the push's own receipt nor that it failed for good.
func (c Case) promptOpen(k Key) bool {
	return k.Receipt != "" && !c.tied(k) && !c.has(Fact{Says: FailedForGood, Push: k.Push})
}
