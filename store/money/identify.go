package money

import (
	"cmp"
	"maps"
	"slices"
)

// identify finds the payments of a case: one for each paid push, and one for each receipt that is no push's.
func identify(c Case) (all []*Payment) {
	owned, shared := owners(c)
	owner := map[string]PushID{}
	own := map[PushID]string{} // the receipt of each push's payment: the best one
	for _, l := range owned {
		owner[l.Receipt], own[l.Push] = l.Push, cmp.Or(own[l.Push], l.Receipt)
	}
	pushes, receipts := map[PushID]bool{}, map[string]bool{} // that were paid
	for _, f := range c.Facts {
		// One receipt is one payment: a push that shares its receipt with another is not paid by it.
		if f.Says == Paid && !slices.Contains(shared, Key{f.Push, f.Receipt}) {
			pushes[f.Push] = true
		}
		if f.Receipt != "" && (c.saysPaid(f) || f.wasPaid() || f.Says == GivenBack && f.Source == Operator) {
			receipts[f.Receipt] = true
			pushes[owner[f.Receipt]] = true
		}
	}
	delete(pushes, 0)
	for _, push := range slices.Sorted(maps.Keys(pushes)) {
		p := &Payment{Key: Key{push, own[push]}, Ticket: c.push(push).Ticket}
		for _, k := range where(shared, func(k Key) bool { return k.Push == push }) {
			p.Doubts = append(p.Doubts, Doubt{Why: ReceiptShared, Receipt: k.Receipt})
		}
		all = append(all, p)
	}
	for _, receipt := range slices.Sorted(maps.Keys(receipts)) {
		push := owner[receipt]
		p := &Payment{Key: Key{Receipt: receipt}, Named: c.push(push).Ticket}
		among := where(shared, func(k Key) bool { return k.Receipt == receipt && push == 0 })
		switch {
		case own[push] == receipt,
			slices.ContainsFunc(among, func(k Key) bool { return pushes[k.Push] }):
			continue // it is the push's payment, or that of a push that shares it
		case push != 0 && c.has(Fact{Says: Paid, Push: push, Receipt: receipt}):
			p.Reason = AlsoTold
		case len(among) > 0:
			p.Doubts = []Doubt{{Why: ReceiptShared, Receipt: receipt}}
		}
		all = append(all, p)
	}
	for _, p := range all {
		p.facts = where(c.Facts, func(f Fact) bool {
			return p.Names(Key{f.Push, f.Receipt}) &&
				(f.Push == 0 || p.Push == 0 || f.Push == p.Push) &&
				(f.Receipt == "" || p.Receipt == "" || f.Receipt == p.Receipt)
		})
	}
	return all
}

// link is a report that names a receipt for a push.
type link struct {
	Key
	rank  int     // of the best proof
	shown int     // 1 where a ticket was shown as paid with exactly this push and receipt
	at    Instant // when the money was taken, where known
}

// links lists by receipt which pushes the best proof names for it.
func links(c Case) map[string][]link {
	named := map[string][]link{}
	for _, f := range c.Facts {
		rank := c.linkRank(f)
		if rank == 0 {
			continue
		}
		l := link{Key: Key{f.Push, f.Receipt}, rank: rank, at: f.TransactedAt}
		if slices.ContainsFunc(c.Tickets, func(t Ticket) bool { return t.PaidWith == l.Key }) {
			l.shown = 1
		}
		best := named[f.Receipt]
		i := slices.IndexFunc(best, func(have link) bool { return have.Push == f.Push })
		switch {
		case len(best) == 0 || l.rank > best[0].rank:
			named[f.Receipt] = []link{l}
		case l.rank == best[0].rank && i < 0:
			named[f.Receipt] = append(best, l)
		case l.rank == best[0].rank:
			best[i].at = min(best[i].at, l.at)
		}
	}
	return named
}

// linkRank orders what names a receipt for a push by proof; 0 does not name one. Nobody but M-PESA, with the push's own
// token or about the push itself, names a receipt whose phone, time, amount or typed account number excludes the push.
// What is only mentioned comes after every report of a payment, and counts once M-PESA reports one: of the push, or of
// the receipt. Mentioned for two pushes it is neither's.
func (c Case) linkRank(f Fact) int {
	const mentioned = 1
	switch {
	case f.Push == 0 || f.Receipt == "":
		return 0
	case f.Says == Paid:
		return mentioned + 1 + f.Source.rank()
	case f.Says == TheSame && !c.takenBack(f):
		return mentioned + 1 + f.Source.rank()
	case f.Says == Mentions && c.excludes(c.push(f.Push), f.Receipt, false):
		return 0
	case f.Says == Mentions && slices.ContainsFunc(c.Facts, func(by Fact) bool {
		return (by.Says == Paid || by.wasPaid()) && (by.Push == f.Push || by.Receipt == f.Receipt)
	}) && !slices.ContainsFunc(c.Facts, func(other Fact) bool {
		return other.Says == Mentions && other.Receipt == f.Receipt && other.Push != 0 && other.Push != f.Push
	}):
		return mentioned
	}
	return 0
}

// owners decides which push each receipt belongs to, the best links first: the one with the best proof. A receipt with
// equal proof for several pushes is shared. It is none's, unless a ticket was shown as paid with it, or just one of the
// pushes was paid by another fact too.
func owners(c Case) (owned []link, shared []Key) {
	named := links(c)
	sole := map[PushID]int{} // the rank of the best proof of a push's receipt that no other push has equal proof of
	for _, all := range named {
		if len(all) == 1 {
			sole[all[0].Push] = max(sole[all[0].Push], all[0].rank)
		}
	}
	for _, receipt := range slices.Sorted(maps.Keys(named)) {
		all := named[receipt]
		// A push that was paid with another receipt was not paid with this one too.
		free := where(all, func(l link) bool { return sole[l.Push] < l.rank })
		if len(free) > 0 {
			all = free
		}
		if len(all) == 1 {
			owned = append(owned, all[0])
			continue
		}
		slices.SortFunc(all, func(a, b link) int { return cmp.Or(b.shown-a.shown, cmp.Compare(a.Push, b.Push)) })
		paid := where(all, func(l link) bool {
			return slices.ContainsFunc(c.Facts, func(f Fact) bool {
				return f.Says == Paid && f.Push == l.Push && f.Receipt != receipt
			})
		})
		switch {
		case all[0].shown > 0:
			owned = append(owned, all[0])
		case len(paid) == 1:
			owned = append(owned, paid[0])
		}
		for _, l := range all {
			shared = append(shared, l.Key)
		}
	}
	for _, f := range c.Facts { // reports that better proof overrules become doubts of both pushes
		best := named[f.Receipt]
		if f.Says == Paid && f.Push != 0 && f.Receipt != "" &&
			!slices.ContainsFunc(best, func(l link) bool { return l.Push == f.Push }) {
			shared = append(shared, Key{f.Push, f.Receipt}, best[0].Key)
		}
	}
	slices.SortFunc(owned, func(a, b link) int {
		return cmp.Or(b.rank-a.rank, b.shown-a.shown, cmp.Compare(a.at, b.at), cmp.Compare(a.Receipt, b.Receipt))
	})
	return owned, shared
}

// saysPaid reports whether a fact reports money as taken: by M-PESA, or by an operator who has not withdrawn it.
func (c Case) saysPaid(f Fact) bool {
	return f.Says == Paid || f.Source == Operator && (f.Says == PaysFor || f.Says == TheSame) && !c.takenBack(f)
}

// wasPaid reports whether Transaction Status reports a reversed payment as paid to us, since it has the reversed
// amount.
func (f Fact) wasPaid() bool { return f.Says == Reversed && f.Amount != nil }

// takenBack reports whether a later Two, NotFor or NothingPaid cancels a fact. The operator's last decision counts.
// TheSame is also cancelled by what M-PESA itself reports on the receipt.
func (c Case) takenBack(f Fact) bool {
	since, ticket := f.ID, f.Ticket
	switch {
	case f.Says == TheSame:
		ticket = c.push(f.Push).Ticket
		if c.last(Fact{Says: Two, Push: f.Push, Receipt: f.Receipt}) > since ||
			c.excludes(c.push(f.Push), f.Receipt, false) {
			return true
		}
	case f.Source != Operator:
		since = c.last(Fact{Source: Operator, Says: PaysFor, Receipt: f.Receipt, Ticket: ticket})
	}
	return c.last(Fact{Says: NotFor, Receipt: f.Receipt, Ticket: ticket}) > since ||
		f.Source == Operator && c.last(Fact{Says: NothingPaid, Receipt: f.Receipt}) > since
}
