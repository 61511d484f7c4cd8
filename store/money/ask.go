package money

import (
	"cmp"
	"slices"
)

// ask lists the questions to M-PESA. The schedule decides when and how often each is sent.
func ask(c Case, payments []*Payment) (questions []Question) {
	for _, push := range c.Pushes {
		p := paymentOf(payments, push.ID)
		if !push.Askable || p != nil && p.AmountKnown {
			continue
		}
		soon := p != nil || slices.ContainsFunc(payments, func(p *Payment) bool { // it may pay for a ticket
			return p.State != Applied && slices.Contains(p.Alike, Key{Push: push.ID})
		})
		for _, says := range []Saying{Paid, Mentions} { // a report on it is unclear
			soon = soon || c.has(Fact{Says: says, Push: push.ID}) || c.has(Fact{Says: says, Beside: push.ID})
		}
		questions = append(questions, Question{Kind: AskPush, Push: push.ID, Soon: soon})
	}
	receipts := map[string]bool{} // whether to ask about it
	for _, p := range payments {
		receipts[p.Receipt] = p.Receipt != "" && p.worthAsking(c)
	}
	for _, f := range c.Facts { // a claimed receipt is nobody's money until M-PESA reports it
		if _, paid := receipts[f.Receipt]; !paid && f.Source == Customer && f.Says == PaysFor && !c.takenBack(f) {
			receipts[f.Receipt] = !c.has(Fact{Source: Status, Receipt: f.Receipt})
		}
	}
	for receipt, open := range receipts {
		if open {
			questions = append(questions, Question{Kind: AskReceipt, Receipt: receipt, Soon: true})
		}
	}
	slices.SortFunc(questions, func(a, b Question) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Push, b.Push), cmp.Compare(a.Receipt, b.Receipt))
	})
	return questions
}

// worthAsking reports whether an answer of Transaction Status may change the payment.
func (p *Payment) worthAsking(c Case) bool {
	switch {
	case p.confirmed || p.bogus != "" || p.gone != "":
		return false
	case len(p.Doubts) > 0, p.State == RefundDue: // M-PESA must report the amount to refund
		return true
	case p.State == Applied:
		return !p.Proof.isMPESA() || p.byOperator(c)
	}
	return p.Reason == ToBeConfirmed || p.Reason == AmountUnknown
}

// insisted reports whether an operator has insisted on the receipt though M-PESA does not know it as ours.
func (p *Payment) insisted() bool {
	return slices.ContainsFunc(p.facts, func(f Fact) bool {
		return f.Says == DoubtEnds && (f.About == ReceiptBogus || f.About == ReceiptOthers)
	})
}

// mayGoBack reports whether a payment may be refunded without an operator: it is due, its receipt and amount are
// certain, it has no doubt, and nothing may turn out to be the same money.
func mayGoBack(c Case, payments []*Payment, p *Payment) bool {
	certain := func(p *Payment) bool {
		return p.Receipt != "" && (p.insisted() || p.reported(c)) && len(p.Doubts)+len(p.Alike) == 0
	}
	return p.State == RefundDue && p.Proof.isMPESA() && certain(p) && p.reported(c) && !p.partly &&
		p.AmountKnown && !p.Assumed && p.Amount%100 == 0 &&
		!slices.ContainsFunc(payments, func(other *Payment) bool {
			// The ticket is paid by a receipt or amount that only an operator knows of, unless another has insisted on
			// the receipt, or by a payment whose receipt is still to come.
			return (other.Ticket == p.Ticket || other.Named == p.Ticket) && !certain(other)
		})
}
