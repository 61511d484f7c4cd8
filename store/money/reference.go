package money

import "slices"

// A push's own account number is evidence, and names no push for certain: its prompt shows it, so that the payer may
// have typed it. It names the push's ticket, and the push that the payment may be of.

// byReference reports whether an account number alone gives the fact's receipt to its push.
func (f Fact) byReference() bool {
	return f.Says == Paid && f.Push != 0 && f.Receipt != "" &&
		slices.Contains([]Source{Confirmation, Pull, Statement}, f.Source)
}

// readReferences makes evidence of each fact that names a push by its account number alone: it names the push's ticket,
// and the push as the possible sender. Where phone or time exclude the push, the payer typed the number.
func readReferences(c Case) Case {
	facts := slices.Clone(c.Facts)
	for i, f := range facts {
		if !f.byReference() {
			continue
		}
		push := c.push(f.Push)
		facts[i].Push, facts[i].Ticket, facts[i].sent = 0, push.Ticket, push.ID
		if c.excludes(push, f.Receipt, true) {
			facts[i].sent, facts[i].Account = 0, true
		}
	}
	c.Facts = facts
	return c
}

// excludes reports whether M-PESA's own reports on a receipt rule the push out: by phone or time, and by amount or
// account number too, unless the receipt was paid to the push's own account number.
func (c Case) excludes(push Push, receipt string, ownAccount bool) bool {
	prompt, _ := c.prompt(push, nil)
	for _, f := range c.Facts {
		if f.Says == Paid && f.Push == push.ID && !f.byReference() {
			if amount := f.amount(); amount != 0 && (prompt.Reported == 0 || amount < prompt.Reported) {
				prompt.Reported = amount // the least of several, in whatever order they came
			}
			prompt.AnyAmount = prompt.AnyAmount || f.Source == Query
			prompt.NoAmount = prompt.NoAmount || f.Source != Query && f.amount() == 0
		}
	}
	if prompt.Reported != 0 {
		prompt.AnyAmount, prompt.NoAmount = false, false
	}
	return slices.ContainsFunc(c.Facts, func(f Fact) bool {
		if f.Receipt != receipt || !f.Source.isMPESA() || f.Says != Paid && !f.wasPaid() ||
			f.Push != 0 && !f.byReference() {
			return false
		}
		t := Taking{Receipt: receipt, Payer: f.Payer, At: f.TransactedAt}
		if !ownAccount && f.sent != push.ID {
			t.Amount = f.amount()
		}
		others := f.Account || f.sent != 0 && f.sent != push.ID
		return !t.MayBeOf(prompt) || !ownAccount && others
	})
}
