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

// Compare says in one line each where M-PESA's ledger and the books disagree: money that nothing in the books speaks
// of, money that they have twice and do not list as what may be the same, at another amount, or that M-PESA never took;
// and tickets that are paid with money that M-PESA has given back. What lies behind a push without a verdict is not yet
// known to the books, and no disagreement; nor is the amount of a payment whose receipt is pending, or that it went
// back: M-PESA cannot be asked about it. What was reversed at M-PESA alone is known from the check of paid tickets on,
// in the hour before the film. Where a person has settled what M-PESA contradicted itself on, nothing is compared.
func Compare(ctx context.Context, s *store.Store, ledger []Taken) ([]string, error) {
	payments, err := s.Payments(ctx)
	if err != nil {
		return nil, err
	}
	undecided, err := s.UndecidedPushes(ctx)
	if err != nil {
		return nil, err
	}
	pairs, err := s.Alikes(ctx)
	if err != nil {
		return nil, err
	}
	c := comparison{
		byReceipt: map[string]store.Payment{}, byToken: map[string]store.Payment{}, awaited: map[string]bool{},
		alike: map[[2]store.PaymentID]bool{},
	}
	for _, p := range undecided {
		c.awaited[p.CallbackToken] = true
	}
	for _, a := range pairs {
		c.alike[[2]store.PaymentID{a.Pending, a.Payment}] = true
	}
	for _, p := range payments {
		switch {
		case p.Receipt != "":
			c.byReceipt[p.Receipt] = p
		case p.PushToken != "":
			c.byToken[p.PushToken] = p
		default:
			c.say("payment %d has neither receipt nor push", p.ID)
		}
	}
	for _, e := range ledger {
		c.look(e)
	}
	for receipt := range c.byReceipt {
		c.say("the books have %s, which M-PESA never took", receipt)
	}
	for _, p := range c.byToken {
		c.say("the books have payment %d of a push that M-PESA took nothing for", p.ID)
	}
	return c.differ, nil
}

// comparison has the payments that no entry of the ledger has been found for yet, by what they can be found by.
type comparison struct {
	byReceipt, byToken map[string]store.Payment
	awaited            map[string]bool             // tokens of pushes without a verdict
	alike              map[[2]store.PaymentID]bool // pairs that the books list: without a receipt, and with one
	differ             []string
}

func (c *comparison) say(format string, args ...any) {
	c.differ = append(c.differ, fmt.Sprintf(format, args...))
}

// find takes what the books have of an entry out of what is left: a payment by its receipt, and one by its push.
func (c *comparison) find(e Taken) (p store.Payment, there bool) {
	p, there = c.byReceipt[e.Receipt]
	delete(c.byReceipt, e.Receipt)
	pending, twice := c.byToken[e.Token]
	delete(c.byToken, e.Token)
	if !there {
		return pending, twice
	}
	// Where M-PESA has told of another amount than was asked, the two do not look alike: the list has both, as they
	// were told of.
	if twice && !c.alike[[2]store.PaymentID{pending.ID, p.ID}] && pending.Amount == p.Amount && p.Settled == 0 {
		c.say("M-PESA took KSh %d once (%s), and the books have it as payments %d and %d", e.Amount, e.Receipt,
			pending.ID, p.ID)
	}
	return p, there
}

func (c *comparison) look(e Taken) {
	p, there := c.find(e)
	gone := p.State == store.PaymentRefunded || p.State == store.PaymentReversed
	switch {
	case !there && !c.awaited[e.Token] && !e.Unseen:
		c.say("M-PESA took KSh %d (%s) and nothing in the books says so", e.Amount, e.Receipt)
	case there && p.Settled > 0: // a person has looked into it
	case there && p.State == store.PaymentUnmatched && p.PushID == 0 && p.Amount == store.Cents(e.Told)*100:
		// it is on the list as it was told of
	case there && p.Receipt != "" && p.Amount != store.Cents(e.Amount)*100 && p.Amount != 0:
		c.say("receipt %s: M-PESA took KSh %d, the books say %d cents", e.Receipt, e.Amount, p.Amount)
	case there && gone && !e.Reversed:
		c.say("receipt %s: the books say that it went back, and M-PESA has it", e.Receipt)
	case there && p.Receipt != "" && p.State == store.PaymentApplied && e.Reversed:
		c.say("receipt %s: a ticket is paid with it, and M-PESA has given it back", e.Receipt)
	}
}
