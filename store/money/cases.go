package money

import "slices"

// Cases splits whole books into cases: whatever may concern the same money is in one case.
func Cases(books Case) []Case {
	s := sets{}
	pushed := map[string]bool{}   // receipts that certainly are a push's, or no push's
	nameless := map[PushID]bool{} // paid pushes with a fact that names no receipt
	over := map[PushID]bool{}     // pushes that no receipt without a time can be of: paid with another, or failed
	for _, f := range books.Facts {
		for _, name := range f.names() {
			s.join(f.names()[0], name)
		}
		pushed[f.Receipt] = pushed[f.Receipt] || f.ties() || f.Account
		over[f.Push] = over[f.Push] || f.Says == FailedForGood || f.Says == Paid && f.Receipt != "" && !f.byReference()
		nameless[f.Push] = nameless[f.Push] || f.Says == Paid && f.Receipt == ""
	}
	for _, p := range books.Pushes {
		s.join(p.ID, p.Ticket)
	}
	for _, f := range books.Facts {
		if f.Receipt == "" || pushed[f.Receipt] || f.Says != Paid && f.Says != PaysFor && f.Says != Reversed {
			continue
		}
		at := f.TransactedAt
		for _, p := range books.Pushes {
			near := p.MadeAt >= at.Add(-EchoAfter) && p.MadeAt <= at.Add(EchoBefore)
			if at == 0 {
				near = !over[p.ID] && !p.Refused
			}
			if (near || nameless[p.ID]) && f.Payer.Fits(p.Phone) {
				s.join(f.Receipt, p.ID)
			}
		}
	}
	var out []Case
	index := map[any]int{}
	of := func(name any) *Case {
		root := s.find(name)
		if _, is := index[root]; !is {
			index[root] = len(out)
			out = append(out, Case{})
		}
		return &out[index[root]]
	}
	for _, f := range books.Facts {
		c := of(f.names()[0])
		c.Facts = append(c.Facts, f)
	}
	for _, p := range books.Pushes {
		c := of(p.ID)
		c.Pushes = append(c.Pushes, p)
	}
	for _, t := range books.Tickets {
		c := of(t.ID)
		c.Tickets = append(c.Tickets, t)
	}
	for _, r := range books.Refunds {
		c := of(Fact{Push: r.Of.Push, Receipt: r.Of.Receipt}.names()[0])
		c.Refunds = append(c.Refunds, r)
	}
	return out
}

// ties reports whether a fact gives its receipt to a push by more than an operator's decision, which may be mistaken.
func (f Fact) ties() bool { return f.Push != 0 && f.Says != TheSame && f.Says != Two }

// Loose reports whether a receipt may be the payment of a push that no fact names for it: none ties it to a push, and
// its payer typed no account number.
func Loose(facts []Fact, receipt string) bool {
	return !slices.ContainsFunc(facts, func(f Fact) bool { return f.Receipt == receipt && (f.ties() || f.Account) })
}

// names are the pushes, the ticket and the receipt that a fact names.
func (f Fact) names() []any {
	return where([]any{f.Push, f.Beside, f.Ticket, f.Receipt}, func(name any) bool {
		return name != PushID(0) && name != TicketID(0) && name != ""
	})
}

// sets are disjoint sets of names: each name leads to another of its set, or represents it.
type sets map[any]any

func (s sets) find(name any) any {
	for s[name] != nil && s[name] != name {
		name = s[name]
	}
	return name
}

func (s sets) join(a, b any) { s[s.find(a)] = s.find(b) }
