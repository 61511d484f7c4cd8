package money

// Cases splits whole books into cases: whatever may concern the same money is in one case.
func Cases(books Case) []Case {
	s := sets{}
	for _, f := range books.Facts {
		for _, name := range f.names() {
			s.join(f.names()[0], name)
		}
	}
	for _, p := range books.Pushes {
		s.join(p.ID, p.Ticket)
	}
	var takings []Taking
	var prompts []Prompt
	for _, named := range s.split(books) { // no lookalike changes what is reported of a payment
		t, p := Near(named)
		takings, prompts = append(takings, t...), append(prompts, p...)
	}
	for _, t := range takings {
		for _, p := range prompts {
			if t.MayBeOf(p) {
				s.join(t.Receipt, p.ID)
			}
		}
	}
	return s.split(books)
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

// split lists the parts of the books, a case for each set.
func (s sets) split(books Case) (out []Case) {
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
