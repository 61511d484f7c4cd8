package money

import (
	"cmp"
	"slices"
)

// ask says what M-PESA is to be asked. When each question goes out, and how often, is the schedule's.
func ask(c Case, payments []*Payment, outcomes map[PushID]Outcome) (questions []Question) {
	for _, push := range c.Pushes {
		p := paymentOf(payments, push.ID)
		switch {
		case !push.Askable:
		case p == nil:
			of := func(f Fact) bool { return f.Push == push.ID || f.Beside == push.ID }
			soon := outcomes[push.ID] != PushFailed && slices.ContainsFunc(payments, func(p *Payment) bool {
				return slices.Contains(p.Alike, Key{Push: push.ID})
			}) || c.said(Paid, of) || c.said(Mentions, of) // it is not clear yet what was said of it
			questions = append(questions, Question{Kind: AskPush, Push: push.ID, Soon: soon})
		case !p.AmountKnown:
			questions = append(questions, Question{Kind: AskPush, Push: push.ID, Soon: true})
		}
	}
	asked := map[string]bool{}
	for _, p := range payments {
		if p.Receipt != "" && p.worthAsking() {
			questions = append(questions, Question{Kind: AskReceipt, Receipt: p.Receipt, Soon: true})
			asked[p.Receipt] = true
		}
	}
	// A receipt that a customer named is nobody's money until M-PESA says so.
	for _, f := range c.Facts {
		known := asked[f.Receipt] ||
			slices.ContainsFunc(payments, func(p *Payment) bool { return p.Receipt == f.Receipt })
		answered := slices.ContainsFunc(c.Facts, func(of Fact) bool {
			return of.Source == Status && of.Receipt == f.Receipt
		})
		if f.Source == Customer && f.Says == PaysFor && !known && !answered && !c.takenBack(f) {
			questions = append(questions, Question{Kind: AskReceipt, Receipt: f.Receipt, Soon: true})
			asked[f.Receipt] = true
		}
	}
	slices.SortFunc(questions, func(a, b Question) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Push, b.Push), cmp.Compare(a.Receipt, b.Receipt))
	})
	return questions
}

// worthAsking reports whether Transaction Status may say something about the payment that matters.
func (p *Payment) worthAsking() bool {
	if p.status != nil || p.bogus != "" || p.gone() {
		return false
	}
	switch {
	case len(p.Doubts) > 0:
		return true
	case p.State == Applied:
		return p.Proof == Operator || p.Proof == Customer || p.named
	case p.State == RefundDue:
		return true // how much goes back is M-PESA's to say
	}
	return p.Reason == ToBeConfirmed || p.Reason == AmountUnknown
}

// mayGoBack reports whether a payment may go back without a person: it is due, its receipt and amount are certain, and
// neither is it doubted nor may anything turn out to be the same money.
func mayGoBack(c Case, payments []*Payment, outcomes map[PushID]Outcome, p *Payment) bool {
	if p.State != RefundDue || p.Receipt == "" || !p.AmountKnown || p.Assumed || p.Amount%100 != 0 ||
		len(p.Doubts)+len(p.Alike) > 0 {
		return false
	}
	return !slices.ContainsFunc(payments, func(other *Payment) bool {
		// The ticket is paid with what M-PESA does not know, or with money whose receipt is still to come.
		sameTicket := other != p && other.Ticket != 0 && other.Ticket == p.Ticket
		return sameTicket && (len(other.Doubts) > 0 || other.Receipt == "" || len(other.Alike) > 0)
	})
}
