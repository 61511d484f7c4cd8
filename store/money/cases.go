package money

// Cases splits whole books into cases: whatever may concern the same money is in one case.
func Cases(books Case) []Case {
	s := sets{}
	pushed := map[string]bool{}   // receipts that certainly are a push's, or no push's
	nameless := map[PushID]bool{} // paid pushes with a fact that names no receipt
	for _, f := range books.Facts {
		for _, name := range f.names() {
			s.join(f.names()[0], name)
		}
		pushed[f.Receipt] = pushed[f.Receipt] || f.Push != 0 || f.Account
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
			if (near || at == 0 || nameless[p.ID]) && f.Payer.Fits(p.Phone) {
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
