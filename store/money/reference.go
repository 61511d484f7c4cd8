package money

import "slices"

// A push's own account number is evidence, and names no push for certain: its prompt shows it, so that the payer may
// have typed it. It names the push's ticket, and the push that the payment may be of.

// byReference reports whether an account number alone gives the fact's receipt to its push.
func (f Fact) byReference() bool {
	return f.Says == Paid && f.Push != 0 && f.Receipt != "" &&
		slices.Contains([]Source{Confirmation, Pull, Statement}, f.Source)
}

// readReferences returns the case with no push named by an account number alone. Each such fact names the push's ticket
// instead, and the push as one that may have brought the money. Where that cannot be, its payer typed the number.
func readReferences(c Case) Case {
	facts := slices.Clone(c.Facts)
	for i, f := range facts {
		if !f.byReference() {
			continue
		}
		push := c.push(f.Push)
		facts[i].Push, facts[i].Ticket, facts[i].sent = 0, push.Ticket, push.ID
		if !f.Payer.Fits(push.Phone) || !c.inTime(push, f.TransactedAt) {
			facts[i].sent, facts[i].Account = 0, true
		}
	}
	c.Facts = facts
	return c
}

// inTime reports whether the push may have been paid at an instant; 0 is unknown.
func (c Case) inTime(push Push, at Instant) bool {
	p, _ := c.prompt(push, nil)
	from, until := p.Window()
	return at == 0 || at >= from && at <= until
}
