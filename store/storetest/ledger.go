package storetest

import (
	"context"
	"fmt"

	"cinemasphere/store"
)

// Taken is one payment in M-PESA's own ledger.
type Taken struct {
	Receipt  string
	Amount   store.Shillings
	Token    string // of the push's callback, "" where there was none
	Reversed bool
	Unseen   bool // paid by hand, so that nobody need have told the cinema of it
}

// Compare says in one line each where M-PESA's ledger and the books disagree: money that nothing in the books speaks of, money
// that they have twice, at another amount, or that M-PESA never took; and tickets that are paid with money that M-PESA has given back. What lies behind a push without a verdict is not yet
// known to the books, and no disagreement; nor is the amount of a payment whose receipt is pending, or that it went back: M-PESA
// cannot be asked about it. What was reversed at M-PESA alone is known from the checks of paid tickets on, the last a day after the film.
func Compare(ctx context.Context, s *store.Store, ledger []Taken) (differ []string, err error) {
	payments, err := s.Payments(ctx)
	if err != nil {
		return nil, err
	}
	undecided, err := s.UndecidedPushes(ctx)
	if err != nil {
		return nil, err
	}
	awaited := map[string]bool{}
	for _, p := range undecided {
		awaited[p.CallbackToken] = true
	}
	byReceipt, byToken, inferred := map[string]store.Payment{}, map[string]store.Payment{}, map[string]store.Payment{}
	unseen, paid, token, swapped := map[string]bool{}, map[string]bool{}, map[string]string{}, map[string]string{}
	for _, e := range ledger {
		unseen[e.Receipt], paid[e.Token], token[e.Receipt] = e.Unseen, true, e.Token
	}
	for _, p := range payments {
		switch {
		case p.State == store.PaymentSuperseded:
		case p.Receipt != "":
			byReceipt[p.Receipt] = p
			if p.LearntBy == "query" && unseen[p.Receipt] {
				inferred[p.PushToken] = p
			}
			if p.LearntBy == "query" && token[p.Receipt] != p.PushToken {
				swapped[p.PushToken] = token[p.Receipt]
			}
		case p.PushToken != "":
			byToken[p.PushToken] = p
		default:
			differ = append(differ, fmt.Sprintf("payment %d has neither receipt nor push", p.ID))
		}
	}
	for _, e := range ledger {
		p, there := byReceipt[e.Receipt]
		if there {
			delete(byReceipt, e.Receipt)
		} else if p, there = byToken[e.Token]; there {
			delete(byToken, e.Token)
		} else if p, there = inferred[e.Token]; there {
			// M-PESA confirmed the push without a receipt, and the receipt it was given is that of a payment that the same
			// customer made by hand: nobody can tell the two apart.
			delete(inferred, e.Token)
			p.Receipt, p.State = "", store.PaymentApplied
		} else if p, there = byToken[swapped[e.Token]]; there && p.Amount == store.Cents(e.Amount)*100 {
			// The same between two pushes, of which M-PESA has confirmed both without a receipt: each may have the other's.
			delete(byToken, swapped[e.Token])
		}
		if there && p.State == store.PaymentUnmatched {
			delete(byToken, e.Token) // it may stand there twice, while a person must find out what it is for
		}
		gone := p.State == store.PaymentRefunded || p.State == store.PaymentReversed
		switch {
		case !there && !awaited[e.Token] && !awaited[swapped[e.Token]] && !e.Unseen:
			differ = append(differ, fmt.Sprintf("M-PESA took KSh %d (%s) and nothing in the books says so", e.Amount, e.Receipt))
		case there && p.Receipt != "" && p.Amount != store.Cents(e.Amount)*100 && p.Amount != 0:
			differ = append(differ, fmt.Sprintf("receipt %s: M-PESA took KSh %d, the books say %d cents", e.Receipt, e.Amount, p.Amount))
		case there && gone && !e.Reversed:
			differ = append(differ, fmt.Sprintf("receipt %s: the books say that it went back, and M-PESA has it", e.Receipt))
		case there && p.Receipt != "" && p.State == store.PaymentApplied && e.Reversed:
			differ = append(differ, fmt.Sprintf("receipt %s: a ticket is paid with it, and M-PESA has given it back", e.Receipt))
		}
	}
	for receipt := range byReceipt {
		differ = append(differ, fmt.Sprintf("the books have %s, which M-PESA never took", receipt))
	}
	for token, p := range byToken {
		if paid[token] {
			continue // M-PESA did take money for this push, and fsck lists that its receipt is not known: it may stand here twice
		}
		differ = append(differ, fmt.Sprintf("the books have payment %d of a push that M-PESA took nothing for", p.ID))
	}
	return differ, nil
}
