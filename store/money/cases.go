package money

import (
	"fmt"
	"maps"
	"slices"
)

// Cases parts whole books into cases: what may concern the same money is in the same one.
func Cases(books Case) []Case {
	facts, pushes := books.Facts, books.Pushes
	s := sets{}
	for _, f := range facts {
		for _, name := range f.names() {
			s.join(f.names()[0], name)
		}
	}
	for _, p := range pushes {
		s.join(fmt.Sprint("push ", p.ID), fmt.Sprint("ticket ", p.Ticket))
	}
	nameless := map[PushID]bool{} // pushes that were paid, and whose receipt is not known
	for _, f := range facts {
		if f.Says == Paid && f.Push != 0 && f.Receipt == "" {
			nameless[f.Push] = true
		}
	}
	pushed := map[string]bool{} // receipts that are a push's for certain
	for _, f := range facts {
		if f.Push != 0 || f.Account {
			pushed[f.Receipt] = true
		}
	}
	late := slices.DeleteFunc(slices.Clone(pushes), func(p Push) bool { return !nameless[p.ID] })
	byTime := slices.SortedFunc(slices.Values(pushes), func(a, b Push) int { return int(a.MadeAt - b.MadeAt) })
	for _, f := range facts {
		if f.Receipt == "" || pushed[f.Receipt] || f.Says != Paid && f.Says != PaysFor && f.Says != Reversed {
			continue
		}
		from := 0
		if f.TransactedAt != 0 {
			from, _ = slices.BinarySearchFunc(byTime, f.TransactedAt.Add(-EchoAfter), func(p Push, at Instant) int {
				return int(p.MadeAt - at)
			})
		}
		for _, p := range late {
			if f.Payer.Fits(p.Phone) {
				s.join("receipt "+f.Receipt, fmt.Sprint("push ", p.ID))
			}
		}
		for _, p := range byTime[from:] {
			if f.TransactedAt != 0 && p.MadeAt > f.TransactedAt.Add(EchoBefore) {
				break
			}
			if f.Payer.Fits(p.Phone) {
				s.join("receipt "+f.Receipt, fmt.Sprint("push ", p.ID))
			}
		}
	}
	cases := map[string]*Case{}
	of := func(name string) *Case {
		root := s.find(name)
		if cases[root] == nil {
			cases[root] = &Case{}
		}
		return cases[root]
	}
	for _, f := range facts {
		c := of(f.names()[0])
		c.Facts = append(c.Facts, f)
	}
	for _, p := range pushes {
		c := of(fmt.Sprint("push ", p.ID))
		c.Pushes = append(c.Pushes, p)
	}
	for _, t := range books.Tickets {
		c := of(fmt.Sprint("ticket ", t.ID))
		c.Tickets = append(c.Tickets, t)
	}
	for _, r := range books.Refunds {
		c := of(Fact{Push: r.Of.Push, Receipt: r.Of.Receipt}.names()[0])
		c.Refunds = append(c.Refunds, r)
	}
	for _, l := range books.Late {
		c := of(Fact{Push: l.Of.Push, Receipt: l.Of.Receipt}.names()[0])
		c.Late = append(c.Late, l)
	}
	var out []Case
	for _, root := range slices.Sorted(maps.Keys(cases)) {
		out = append(out, *cases[root])
	}
	return out
}

// names are what the fact names, each in one word.
func (f Fact) names() (names []string) {
	for _, n := range []struct {
		kind string
		id   int64
	}{{"push", int64(f.Push)}, {"push", int64(f.Beside)}, {"ticket", int64(f.Ticket)}} {
		if n.id != 0 {
			names = append(names, fmt.Sprint(n.kind, " ", n.id))
		}
	}
	if f.Receipt != "" {
		names = append(names, "receipt "+f.Receipt)
	}
	return names
}

// sets are sets of names: each name leads to another one of its set, or stands for it.
type sets map[string]string

func (s sets) find(name string) string {
	for s[name] != "" && s[name] != name {
		name = s[name]
	}
	return name
}

func (s sets) join(a, b string) { s[s.find(a)] = s.find(b) }
