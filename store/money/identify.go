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
	for _, push := range pushesPaid(c, owner) {
		p := &Payment{Key: Key{push, receipts[push]}, Ticket: c.push(push).Ticket}
		for _, receipt := range shared[push] {
			p.Doubts = append(p.Doubts, Doubt{Why: ReceiptShared, Receipt: receipt})
		}
		all = append(all, p)
	}
	inDispute := map[string]bool{}
	for _, disputed := range shared {
		for _, receipt := range disputed {
			inDispute[receipt] = true
		}
	}
	for _, receipt := range receiptsPaid(c) {
		push, owned := owner[receipt]
		if owned && receipts[push] == receipt || inDispute[receipt] && !owned {
			continue // the push's payment, or one of several pushes'
		}
		all = append(all, &Payment{Key: Key{Receipt: receipt}, Named: c.push(push).Ticket, also: owned})
	}
	for _, p := range all {
		p.facts = slices.Collect(func(yield func(Fact) bool) {
			for _, f := range c.Facts {
				if (f.Push == 0 || f.Push == p.Push) && p.Receipt != "" && f.Receipt == p.Receipt ||
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
		if f.Push == 0 || f.Receipt == "" || f.Says != Paid && f.Says != TheSame {
			continue
		}
		k := Key{f.Push, f.Receipt}
		if have, is := best[k]; !is || f.Source.rank() > have.rank {
			best[k] = link{f.Push, f.Receipt, f.Source.rank(), f.TransactedAt}
		}
	}
	return slices.Collect(maps.Values(best))
}

// owners says which push each receipt is of: the one that the best proof names. A receipt that several pushes have
// equal proof of is none's, unless a ticket was shown as paid with it already; it is shared by them.
func owners(c Case) (owner map[string]PushID, shared map[PushID][]string) {
	byReceipt := map[string][]link{}
	for _, l := range links(c) {
		byReceipt[l.receipt] = append(byReceipt[l.receipt], l)
	}
	owner, shared = map[string]PushID{}, map[PushID][]string{}
	for _, receipt := range slices.Sorted(maps.Keys(byReceipt)) {
		all := byReceipt[receipt]
		top := slices.MaxFunc(all, func(a, b link) int { return a.rank - b.rank }).rank
		all = slices.DeleteFunc(all, func(l link) bool { return l.rank < top })
		shown := slices.IndexFunc(all, func(l link) bool { return c.shownWith(Key{l.push, receipt}) })
		if len(all) == 1 {
			owner[receipt] = all[0].push
			continue
		}
		if shown >= 0 {
			owner[receipt] = all[shown].push
		}
		for _, l := range all {
			shared[l.push] = append(shared[l.push], receipt)
		}
	}
	return owner, shared
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

// pushesPaid lists the pushes that somebody says were paid, and those that a receipt that was paid is of.
func pushesPaid(c Case, owner map[string]PushID) (paid []PushID) {
	for _, f := range c.Facts {
		if f.Says == Paid && f.Push != 0 {
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
		if f.Receipt != "" && (f.Says == Paid || f.Source == Operator && f.Says == PaysFor && !c.takenBack(f)) {
			paid = append(paid, f.Receipt)
		}
	}
	slices.Sort(paid)
	return slices.Compact(paid)
}

// takenBack reports whether an operator takes back that a receipt pays for a ticket.
func (c Case) takenBack(claim Fact) bool {
	return c.said(NotFor, func(f Fact) bool { return f.Receipt == claim.Receipt && f.Ticket == claim.Ticket }) ||
		claim.Source == Operator && c.said(NothingPaid, func(f Fact) bool { return f.Receipt == claim.Receipt })
}
