package money

import (
	"cmp"
	"maps"
	"slices"
)

// link is that a receipt was named for a push, and by how good a proof.
type link struct {
	push    PushID
	receipt string
	rank    int
	at      Instant // when the money was taken, where that was told
}

// identify finds the payments of a case: one for each push that was paid, and one for each receipt that is no push's.
func identify(c Case) []*Payment {
	owner, shared := owners(c)
	receipts := map[PushID]string{}
	for receipt, push := range owner {
		receipts[push] = preferred(c, push, receipts[push], receipt)
	}
	var all []*Payment
	paid := pushesPaid(c, owner, shared)
	for _, push := range paid {
		p := &Payment{Key: Key{push, receipts[push]}, Ticket: c.push(push).Ticket}
		for _, receipt := range shared[push] {
			p.Doubts = append(p.Doubts, Doubt{Why: ReceiptShared, Receipt: receipt})
		}
		all = append(all, p)
	}
	for _, receipt := range receiptsPaid(c) {
		push, owned := owner[receipt]
		p := &Payment{Key: Key{Receipt: receipt}, Named: c.push(push).Ticket}
		p.also = c.said(Paid, func(f Fact) bool { return owned && f.Push == push && f.Receipt == receipt })
		p.astray = !p.also &&
			c.said(TheSame, func(f Fact) bool {
				return f.Receipt == receipt && receipts[f.Push] != receipt && c.theSame(f)
			})
		if owned && receipts[push] == receipt {
			continue // it is the push's payment
		}
		for push, disputed := range shared {
			if !owned && slices.Contains(disputed, receipt) {
				p.Doubts = []Doubt{{Why: ReceiptShared, Receipt: receipt}}
				p.oneOf = p.oneOf || slices.Contains(paid, push)
			}
		}
		if !p.oneOf {
			all = append(all, p)
		}
	}
	for _, p := range all {
		p.facts = slices.Collect(func(yield func(Fact) bool) {
			for _, f := range c.Facts {
				if (f.Push == 0 || f.Push == p.Push || p.Push == 0) && p.Receipt != "" && f.Receipt == p.Receipt ||
					p.Push != 0 && f.Push == p.Push && (f.Receipt == "" || p.Receipt == "" || f.Receipt == p.Receipt) {
					if !yield(f) {
						return
					}
				}
			}
		})
	}
	return all
}

// links lists what was said of which receipt a push was paid with, the best proof of each pair alone.
func links(c Case) []link {
	best := map[Key]link{}
	for _, f := range c.Facts {
		if f.Push == 0 || f.Receipt == "" || f.Says != Paid && f.Says != Mentions && !c.theSame(f) {
			continue
		}
		k := Key{f.Push, f.Receipt}
		l := link{f.Push, f.Receipt, f.Source.rank(), f.TransactedAt}
		have, is := best[k]
		if !is || cmp.Or(have.rank-l.rank, cmp.Compare(l.at, have.at)) < 0 {
			best[k] = l
		}
	}
	return slices.SortedFunc(maps.Values(best), func(a, b link) int { return cmp.Compare(a.push, b.push) })
}

// theSame reports whether an operator says which receipt a push was paid with, and neither takes it back nor is wrong:
// what a payer typed as account number, no push sent.
func (c Case) theSame(f Fact) bool {
	if f.Says != TheSame ||
		c.takenBack(Fact{ID: f.ID, Source: Operator, Receipt: f.Receipt, Ticket: c.push(f.Push).Ticket}) ||
		c.last(func(of Fact) bool { return of.Says == Two && of.Push == f.Push && of.Receipt == f.Receipt }) > f.ID {
		return false
	}
	return !slices.ContainsFunc(c.Facts, func(of Fact) bool { return of.Receipt == f.Receipt && of.Account })
}

// owners says which push each receipt is of: the one that the best proof names. A receipt that several pushes have
// equal proof of is none's, unless a ticket was shown as paid with it already; it is shared by them.
func owners(c Case) (owner map[string]PushID, shared map[PushID][]string) {
	byReceipt := map[string][]link{}
	for _, l := range links(c) {
		byReceipt[l.receipt] = append(byReceipt[l.receipt], l)
	}
	owner, shared = map[string]PushID{}, map[PushID][]string{}
	own := map[PushID]int{} // how good the proof is of a receipt that nobody else has a claim to
	for receipt, all := range byReceipt {
		top := slices.MaxFunc(all, func(a, b link) int { return a.rank - b.rank }).rank
		byReceipt[receipt] = slices.DeleteFunc(all, func(l link) bool { return l.rank < top })
		if all = byReceipt[receipt]; len(all) == 1 {
			owner[receipt] = all[0].push
			own[all[0].push] = max(own[all[0].push], top)
		}
	}
	for _, receipt := range slices.Sorted(maps.Keys(byReceipt)) {
		all := byReceipt[receipt]
		if len(all) == 1 {
			continue
		}
		// A push that was paid with another receipt was not paid with this one too.
		others := slices.DeleteFunc(slices.Clone(all), func(l link) bool { return own[l.push] >= l.rank })
		if len(others) > 0 {
			all = others
		}
		if len(all) == 1 {
			owner[receipt] = all[0].push
			continue
		}
		confirmed := slices.DeleteFunc(slices.Clone(all), func(l link) bool { return !c.paidBesides(l.push, receipt) })
		switch shown := slices.IndexFunc(all, func(l link) bool { return c.shownWith(Key{l.push, receipt}) }); {
		case shown >= 0:
			owner[receipt] = all[shown].push
		case len(confirmed) == 1:
			owner[receipt] = confirmed[0].push
		}
		for _, l := range all {
			shared[l.push] = append(shared[l.push], receipt)
		}
	}
	return owner, shared
}

// paidBesides reports whether M-PESA says that the push was paid in another way than with this receipt.
func (c Case) paidBesides(push PushID, receipt string) bool {
	return c.said(Paid, func(f Fact) bool { return f.Push == push && f.Receipt != receipt })
}

// shownWith reports whether a ticket was shown as paid with just this push and receipt.
func (c Case) shownWith(k Key) bool {
	return slices.ContainsFunc(c.Tickets, func(t Ticket) bool { return t.PaidWith == k })
}

// preferred is which of two receipts that are a push's alone is its payment's: the one by better proof, the one that a
// ticket was shown with, or the earlier one.
func preferred(c Case, push PushID, a, b string) string {
	if a == "" || b == "" {
		return cmp.Or(a, b)
	}
	var first, second link
	for _, l := range links(c) {
		if l.push == push && l.receipt == a {
			first = l
		}
		if l.push == push && l.receipt == b {
			second = l
		}
	}
	shown := func(receipt string) int {
		if c.shownWith(Key{push, receipt}) {
			return 1
		}
		return 0
	}
	if cmp.Or(second.rank-first.rank, shown(b)-shown(a), cmp.Compare(first.at, second.at), cmp.Compare(a, b)) > 0 {
		return b
	}
	return a
}

// pushesPaid lists the pushes that somebody says were paid, and those that a receipt that was paid is of. One receipt
// is one payment: a push that is said to have the receipt of another one is not paid by that.
func pushesPaid(c Case, owner map[string]PushID, shared map[PushID][]string) (paid []PushID) {
	for _, f := range c.Facts {
		if f.Says == Paid && f.Push != 0 && !slices.Contains(shared[f.Push], f.Receipt) {
			paid = append(paid, f.Push)
		}
	}
	for _, receipt := range receiptsPaid(c) {
		if push, owned := owner[receipt]; owned {
			paid = append(paid, push)
		}
	}
	slices.Sort(paid)
	return slices.Compact(paid)
}

// receiptsPaid lists the receipts that somebody says were paid: M-PESA, or an operator who has not taken it back.
func receiptsPaid(c Case) (paid []string) {
	for _, f := range c.Facts {
		if f.Receipt != "" &&
			(f.Says == Paid || f.wasPaid() || f.Source == Operator && f.Says == PaysFor && !c.takenBack(f)) {
			paid = append(paid, f.Receipt)
		}
	}
	slices.Sort(paid)
	return slices.Compact(paid)
}

// wasPaid reports whether Transaction Status says of money that it was paid to us, by saying how much of it went back.
func (f Fact) wasPaid() bool {
	return f.Says == Reversed && f.Amount != nil
}

// takenBack reports whether an operator takes back that a receipt pays for a ticket. An operator's last word counts.
func (c Case) takenBack(claim Fact) bool {
	since := claim.ID // of a customer's word the last one that any operator said of it counts
	if claim.Source != Operator {
		since = c.last(func(f Fact) bool {
			return f.Source == Operator && f.Says == PaysFor && f.Receipt == claim.Receipt && f.Ticket == claim.Ticket
		})
	}
	return c.last(func(f Fact) bool {
		return f.Says == NotFor && f.Receipt == claim.Receipt && f.Ticket == claim.Ticket
	}) > since ||
		claim.Source == Operator &&
			c.last(func(f Fact) bool { return f.Says == NothingPaid && f.Receipt == claim.Receipt }) > since
}

// last is the id of the last fact that matches, 0 where none does.
func (c Case) last(match func(Fact) bool) (id int64) {
	for _, f := range c.Facts {
		if match(f) {
			id = max(id, f.ID)
		}
	}
	return id
}
