package store

import (
	"cmp"
	"strings"

	"cinemasphere/store/money"
)

// Each of these records what somebody reported about money, as facts. A fact is never changed.

// factRow is a fact as it stands in its table.
type factRow struct {
	money.Fact
	account string // what the payer typed, as M-PESA reports it
	by      string // the operator who reported it
	note    string // that operator's note
}

// known is a reported amount; nil where none was.
func known(c Cents) *Cents {
	if c <= 0 {
		return nil
	}
	return &c
}

// fact is what M-PESA reports on a push, by its callback or in answer to a query. Neither success nor failure is no
// fact, unless a callback names a receipt or an amount. The zero Push is one that is not in the books.
func (v Verdict) fact(p Push) []factRow {
	f := money.Fact{Source: money.Callback, Push: p.ID}
	if v.LearntBy == "query" {
		f.Source = money.Query
	}
	switch v.Class {
	case Success:
		f.Says, f.Receipt, f.Amount, f.TransactedAt = money.Paid, v.Receipt, v.Amount, v.TransactedAt
		f.Payer = Pattern(p.Phone)
	case FinalFailure:
		f.Says = money.FailedForGood
	case SoftFailure:
		f.Says = money.NotCompleted
	default:
		if v.LearntBy == "query" || v.Receipt == "" && v.Amount == nil {
			return nil
		}
		f.Says, f.Receipt, f.Amount, f.TransactedAt = money.Mentions, v.Receipt, v.Amount, v.TransactedAt
	}
	if p.ID == 0 || p.CheckoutRequestID != v.CheckoutRequestID {
		if v.Class != Success || v.Receipt == "" {
			return nil // it is unknown which push it is about
		}
		f.Beside, f.Push = f.Push, 0
		f.Payer = cmp.Or(v.Phone, Pattern(p.Phone))
	}
	return []factRow{{Fact: f}}
}

// fact is what an unreadable callback still reports on its push.
func (u Unread) fact(push PushID) []factRow {
	if u.Receipt == "" && u.Amount == 0 {
		return nil
	}
	return []factRow{{Fact: money.Fact{
		Source: money.Callback, Says: money.Mentions, Push: push, Receipt: u.Receipt,
		Amount: known(u.Amount), TransactedAt: u.TransactedAt,
	}}}
}

// fact is an incoming payment. It names the push with its account reference, or the ticket with its code.
func (h IncomingPayment) fact(push PushID, ticket TicketID) factRow {
	f := factRow{account: h.Account, Fact: money.Fact{
		Source: money.Confirmation, Says: money.Paid, Push: push, Receipt: h.Receipt, Ticket: ticket,
		Amount: known(h.Amount), Payer: h.Phone, TransactedAt: h.TransactedAt,
		Account: h.Account != "" && push == 0,
	}}
	if push != 0 {
		f.Ticket = 0
	}
	if h.LearntBy == "pull" {
		f.Source = money.Pull
	}
	return f
}

// fact is what Transaction Status reports on the receipt it was asked about.
func (tr Transaction) fact(asked string) []factRow {
	f := money.Fact{Source: money.Status, Receipt: asked}
	switch {
	case tr.NoAnswer, tr.Unclear != "":
		return nil
	case !tr.Known, tr.Receipt != "" && !strings.EqualFold(tr.Receipt, asked):
		f.Says = money.NoSuchReceipt
	case tr.Reversed:
		f.Says = money.Reversed
	case !tr.Completed:
		f.Says = money.NoSuchReceipt
	case !tr.ToUs:
		f.Says = money.PaidToOthers
	default:
		f.Says = money.Paid
	}
	if f.Says == money.Paid || f.Says == money.Reversed {
		f.Amount, f.Payer, f.TransactedAt = known(tr.Amount), tr.Phone, tr.TransactedAt
	}
	if f.Says == money.Reversed && !tr.ToUs { // it does not report how much of it came to us
		f.Amount = nil
	}
	return []factRow{{Fact: f}}
}

// claimFact is a customer's claim of a receipt on a ticket's page.
func claimFact(receipt string, ticket TicketID) factRow {
	return factRow{Fact: money.Fact{Source: money.Customer, Says: money.PaysFor, Receipt: receipt, Ticket: ticket}}
}
