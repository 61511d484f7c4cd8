package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cinemasphere/store"
)

// Taken is one payment in M-PESA's own ledger.
type Taken struct {
	Receipt  string
	Amount   store.Shillings
	Asked    store.Shillings // the push's amount, 0 without a push
	Token    string          // of the push's callback, "" without a push
	Reversed bool
	Returned store.Shillings // how much went back then
	// Reported are the amounts that M-PESA reported to the cinema; 0 is a report without an amount. Where there are
	// none, M-PESA has reported nothing.
	Reported []store.Shillings
	// ReturnReported means that the refund or reversal was reported to the cinema.
	ReturnReported bool
}

// Compare describes, in one line each, where M-PESA's ledger and the books disagree.
//
// Each entry of the ledger must be one payment of its own, by receipt or by push, of the same amount. Otherwise the
// bounds that fsck prints must name that payment or push, with the amount within its own bounds. Where the books have
// two payments for an entry, they must be listed as possible duplicates. What was reversed must be so in the books, or
// be an open item. Each payment in the books must be an entry's, or be named as reported by an operator alone. All that
// M-PESA took must be within the bounds.
//
// What no program can know comes from M-PESA's reports alone. An entry without a report need not be in the books. One
// with other amounts only, or none, is in the books as reported, or as the prompt asked.
func Compare(ctx context.Context, s *store.Store, ledger []Taken) ([]string, error) {
	c := comparison{
		byReceipt: map[string]store.Payment{}, byToken: map[string]store.Payment{}, pushes: map[string]string{},
		open: map[string]store.OpenAmount{}, listed: map[string]bool{},
	}
	payments, err := s.Money().Payments(ctx)
	if err == nil {
		c.bounds, err = s.Money().Bounds(ctx)
	}
	undecided, failed := s.Money().UndecidedPushes(ctx)
	cases, failing := s.Money().OpenItems(ctx, store.ItemFilter{All: true})
	for _, err := range []error{err, failed, failing} {
		if err != nil {
			return nil, err
		}
	}
	open, err := s.Money().OpenItems(ctx, store.ItemFilter{})
	if err != nil {
		return nil, err
	}
	for _, p := range undecided {
		c.pushes[p.CallbackToken] = store.OpenItem{Kind: store.ItemPush, ID: int64(p.ID)}.Name()
	}
	for _, entry := range open {
		c.listed[entry.Name()] = true
	}
	for _, p := range payments {
		if p.Receipt != "" {
			c.byReceipt[p.Receipt] = p
		}
		if p.PushToken != "" {
			c.byToken[p.PushToken] = p
		}
		if p.Receipt == "" && p.PushToken == "" {
			c.say("payment %d has neither receipt nor push", p.ID)
		}
	}
	c.namesOpen(payments, cases)
	for _, e := range ledger {
		c.look(e)
	}
	c.rest()
	return c.differ, nil
}

// comparison has the payments without a ledger entry so far, by their keys.
type comparison struct {
	byReceipt, byToken map[string]store.Payment
	pushes             map[string]string // names of pushes without a verdict, by callback token
	bounds             store.Bounds
	open               map[string]store.OpenAmount // by name
	listed             map[string]bool             // names of open items
	took               store.Cents                 // by M-PESA, as far as reported
	differ             []string
}

func (c *comparison) say(format string, args ...any) {
	c.differ = append(c.differ, fmt.Sprintf(format, args...))
}

func name(p store.Payment) string {
	return store.OpenItem{Kind: store.ItemPayment, ID: int64(p.ID)}.Name()
}

// namesOpen describes what fsck names as open and the list does not, though no operator resolved it.
func (c *comparison) namesOpen(payments []store.Payment, cases []store.OpenItem) {
	seen := map[string]bool{}
	for _, p := range payments {
		seen[name(p)] = p.Resolved == 1
	}
	for _, entry := range cases {
		seen[entry.Name()] = seen[entry.Name()] || entry.Resolved
	}
	for _, o := range c.bounds.Open {
		c.open[o.Name] = o
		if !c.listed[o.Name] && !seen[o.Name] && o.Why != store.OpenByWord {
			c.say("%s (%s) is open, and not on the list", o.Name, o.Why)
		}
	}
}

// find removes an entry's payments from those that are left: one by its receipt, and one by its push.
func (c *comparison) find(e Taken) (p store.Payment, there bool) {
	p, there = c.byReceipt[e.Receipt]
	delete(c.byReceipt, e.Receipt)
	delete(c.byToken, p.PushToken)
	pending, twice := c.byToken[e.Token]
	delete(c.byToken, e.Token)
	delete(c.byReceipt, pending.Receipt)
	if !there {
		if pending.Receipt != "" && slices.ContainsFunc(e.Reported, func(a store.Shillings) bool { return a != 0 }) {
			c.say("M-PESA told of %s for a push, and the books have %s", e.Receipt, pending.Receipt)
		}
		return pending, twice // under a receipt that an operator typed, where M-PESA reported none
	}
	if twice && !slices.ContainsFunc(c.bounds.Alike, func(a store.Alike) bool {
		return a.Pending == pending.ID && a.Payment == p.ID
	}) {
		c.say("M-PESA took KSh %d once (%s), and the books have it as payments %d and %d", e.Amount, e.Receipt,
			pending.ID, p.ID)
	}
	return p, there
}

func (c *comparison) look(e Taken) {
	p, there := c.find(e)
	push := c.pushes[e.Token]
	switch {
	case there:
		c.amount(e, p)
		c.returned(e, p)
	case push != "":
		took := e.Amount
		if !e.told(took) && e.Asked > 0 {
			took = min(took, e.Asked)
		}
		if o := c.open[push]; o.Most < cents(took) {
			c.say("M-PESA took KSh %d (%s), and the push without a verdict may have brought %d cents", e.Amount,
				e.Receipt, o.Most)
		}
		c.took += cents(took)
	case len(e.Reported) > 0 && !c.unread(e):
		c.say("M-PESA took KSh %d (%s) and told so, and nothing in the books says it", e.Amount, e.Receipt)
	}
}

// unread reports whether an open item is a callback that may be about the entry and was not understood completely. Each
// is about one at most.
func (c *comparison) unread(e Taken) bool {
	for name, o := range c.open {
		if o.Why == store.OpenCallback && (o.Receipt == e.Receipt || o.Receipt == "") && o.Most >= cents(e.Amount) {
			c.took += cents(e.Amount)
			delete(c.open, name)
			return true
		}
	}
	return false
}

func cents(s store.Shillings) store.Cents { return store.Cents(s) * 100 }

func (e Taken) told(amount store.Shillings) bool { return slices.Contains(e.Reported, amount) }

// amount describes a payment whose amount is neither the reported one nor open.
func (c *comparison) amount(e Taken, p store.Payment) {
	o, open := c.open[name(p)]
	if !open {
		o.Least, o.Most = p.Amount, p.Amount
	}
	known := func(s store.Shillings) bool { return o.Least <= cents(s) && cents(s) <= o.Most }
	var others []store.Shillings
	for _, s := range e.Reported {
		if s != 0 && s != e.Amount {
			others = append(others, s)
		}
	}
	i := slices.IndexFunc(others, known)
	switch {
	case known(e.Amount):
		c.took += cents(e.Amount)
	case e.told(e.Amount):
		c.say("receipt %s: M-PESA took KSh %d and told so, the books say %d to %d cents", e.Receipt, e.Amount, o.Least,
			o.Most)
	case i >= 0: // M-PESA reported nothing else
		c.took += cents(others[i])
	case len(others) == 0 && p.Assumed == 1 && p.Amount == cents(e.Asked), // nor even that
		len(others) == 0 && o.Why == store.OpenByWord:
		c.took += p.Amount
	default:
		c.say("receipt %s: M-PESA took KSh %d and told of %v, the books say %d to %d cents", e.Receipt, e.Amount,
			e.Reported, o.Least, o.Most)
	}
}

// returned describes where the books have a reversal that the ledger lacks, or lack one.
func (c *comparison) returned(e Taken, p store.Payment) {
	gone := p.State == store.PaymentRefunded || p.State == store.PaymentReversed
	switch {
	case gone && !e.Reversed:
		c.say("receipt %s: the books say that it went back, and M-PESA has it", e.Receipt)
	case !gone && e.Reversed && p.State == store.PaymentApplied && p.Receipt != "":
		c.say("receipt %s: a ticket is paid with it, and M-PESA has given it back", e.Receipt)
	case !gone && e.Reversed && e.Returned < e.Amount && p.Reason == store.ReasonPartly:
	case !gone && e.Reversed && e.ReturnReported:
		c.say("receipt %s: M-PESA has given it back and told so, and the books say %s %s", e.Receipt, p.State, p.Reason)
	case !gone && e.Reversed && !c.listed[name(p)]:
		c.say("receipt %s: M-PESA has given it back, and it is not on the list", e.Receipt)
	}
}

// rest describes what the books have beyond the ledger, and a total outside the bounds.
func (c *comparison) rest() {
	for receipt, p := range c.byReceipt {
		if o := c.open[name(p)]; o.Why == "" || o.Least > 0 {
			c.say("the books have %s, which M-PESA never took", receipt)
		}
	}
	for _, p := range c.byToken {
		if p.Receipt != "" {
			continue // compared there
		}
		if o := c.open[name(p)]; o.Why == "" || o.Least > 0 {
			c.say("the books have payment %d of a push that M-PESA took nothing for", p.ID)
		}
	}
	if c.took < c.bounds.Least || c.took > c.bounds.Most {
		c.say("M-PESA took %d cents in all, and fsck says %d to %d", c.took, c.bounds.Least, c.bounds.Most)
	}
	slices.SortFunc(c.differ, strings.Compare)
}
