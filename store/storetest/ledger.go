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
	Told     store.Shillings // what M-PESA said instead, before it was asked
	Token    string          // of the push's callback, "" where there was none
	Reversed bool
	Unseen   bool // paid by hand, so that nobody need have told the cinema of it
}

// Compare says in one line each where M-PESA's ledger and the books disagree: money that nothing in the books speaks of, money
// that they have twice, at another amount, or that M-PESA never took; and tickets that are paid with money that M-PESA has given
// back. What lies behind a push without a verdict is not yet known to the books, and no disagreement; nor is the amount of a payment
// whose receipt is pending, or that it went back: M-PESA cannot be asked about it. What was reversed at M-PESA alone is known from
// the checks of paid tickets on, the last a day after the film. Where a person has settled what M-PESA contradicted itself on, nothing is compared.
func Compare(ctx context.Context, s *store.Store, ledger []Taken) ([]string, error) {
	payments, err := s.Payments(ctx)
	if err != nil {
		return nil, err
	}
	undecided, err := s.UndecidedPushes(ctx)
	if err != nil {
		return nil, err
	}
	c := comparison{
		byReceipt: map[string]store.Payment{}, byToken: map[string]store.Payment{}, inferred: map[string]store.Payment{}, swapped: map[string]string{},
		awaited: map[string]bool{}, paid: map[string]bool{},
	}
	for _, p := range undecided {
		c.awaited[p.CallbackToken] = true
	}
	entries := map[string]Taken{}
	for _, e := range ledger {
		entries[e.Receipt], c.paid[e.Token] = e, true
	}
	for _, p := range payments {
		c.sort(p, entries[p.Receipt])
	}
	for _, e := range ledger {
		c.look(e)
	}
	c.left()
	return c.differ, nil
}

// comparison has the payments that no entry of the ledger has been found for yet, by what they can be found by.
type comparison struct {
	byReceipt, byToken map[string]store.Payment
	// inferred are those that M-PESA confirmed without a receipt, and that were given the receipt of what the same customer paid
	// by hand: nobody can tell the two apart. swapped leads from the token of a push that was so given another push's receipt to
	// the token of that one, which may have the first one's.
	inferred map[string]store.Payment
	swapped  map[string]string
	awaited  map[string]bool // tokens of pushes without a verdict
	paid     map[string]bool // tokens that M-PESA took money for
	differ   []string
}

func (c *comparison) say(format string, args ...any) {
	c.differ = append(c.differ, fmt.Sprintf(format, args...))
}

func (c *comparison) sort(p store.Payment, of Taken) {
	switch {
	case p.State == store.PaymentSuperseded:
	case p.Receipt != "":
		c.byReceipt[p.Receipt] = p
		if p.LearntBy == "query" && of.Unseen {
			c.inferred[p.PushToken] = p
		}
		if p.LearntBy == "query" && of.Token != p.PushToken {
			c.swapped[p.PushToken] = of.Token
		}
	case p.PushToken != "":
		c.byToken[p.PushToken] = p
	default:
		c.say("payment %d has neither receipt nor push", p.ID)
	}
}

// find takes the payment of an entry out of those that are left.
func (c *comparison) find(e Taken) (p store.Payment, there bool) {
	other := c.swapped[e.Token]
	if p, there = c.byReceipt[e.Receipt]; there {
		delete(c.byReceipt, e.Receipt)
	} else if p, there = c.byToken[e.Token]; there {
		delete(c.byToken, e.Token)
	} else if p, there = c.inferred[e.Token]; there {
		delete(c.inferred, e.Token)
		p.Receipt, p.State = "", store.PaymentApplied
	} else if p = c.byToken[other]; p.ID != 0 && p.Amount == store.Cents(e.Amount)*100 {
		there = true
		delete(c.byToken, other)
	}
	if there && p.State == store.PaymentUnmatched {
		delete(c.byToken, e.Token) // it may stand there twice, while a person must find out what it is for
	}
	return p, there
}

func (c *comparison) look(e Taken) {
	p, there := c.find(e)
	gone := p.State == store.PaymentRefunded || p.State == store.PaymentReversed
	switch {
	case !there && !c.awaited[e.Token] && !c.awaited[c.swapped[e.Token]] && !e.Unseen:
		c.say("M-PESA took KSh %d (%s) and nothing in the books says so", e.Amount, e.Receipt)
	case there && p.Settled > 0: // a person has looked into it
	case there && p.State == store.PaymentUnmatched && p.PushID == 0 && p.Amount == store.Cents(e.Told)*100: // it is on the list as it was told of
	case there && p.Receipt != "" && p.Amount != store.Cents(e.Amount)*100 && p.Amount != 0:
		c.say("receipt %s: M-PESA took KSh %d, the books say %d cents", e.Receipt, e.Amount, p.Amount)
	case there && gone && !e.Reversed:
		c.say("receipt %s: the books say that it went back, and M-PESA has it", e.Receipt)
	case there && p.Receipt != "" && p.State == store.PaymentApplied && e.Reversed:
		c.say("receipt %s: a ticket is paid with it, and M-PESA has given it back", e.Receipt)
	}
}

// left says what the books have and the ledger has not. A payment without a receipt may stand there twice where M-PESA did take money
// for its push: fsck lists that its receipt is not known.
func (c *comparison) left() {
	for receipt := range c.byReceipt {
		c.say("the books have %s, which M-PESA never took", receipt)
	}
	for token, p := range c.byToken {
		if !c.paid[token] {
			c.say("the books have payment %d of a push that M-PESA took nothing for", p.ID)
		}
	}
}
