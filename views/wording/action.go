package wording

import (
	"cmp"

	"cinemasphere/store"
)

// Verb is what a person can do about an entry of the list of money.
type Verb string

// The verbs. Each is done to what the action names.
const (
	Refund      Verb = "refund"       // have M-PESA give back the payment by a Reversal; its ticket becomes void
	AskAgain    Verb = "ask_again"    // send the Reversal once more that M-PESA has refused
	GiveBack    Verb = "give_back"    // give the money back in the M-PESA portal, and write that down
	Returned    Verb = "returned"     // write down that the money has gone back
	NothingPaid Verb = "nothing_paid" // write down that nothing was paid; the ticket becomes void
	Accept      Verb = "accept"       // take a receipt as the money of a ticket, or of a payment that lacks its receipt
	Move        Verb = "move"         // the same, of a receipt that another ticket has, which becomes void
	Resolve     Verb = "resolve"      // take the entry off the list, with a note
	AskMpesa    Verb = "ask_mpesa"    // ask M-PESA what became of the prompts of a ticket (For)
	SendPrompt  Verb = "send_prompt"  // send another prompt for a ticket (For)
	TakeBack    Verb = "take_back"    // take back a ticket (For) that was given away
	GiveUp      Verb = "give_up"      // free the seats of a ticket (For) that is not paid
	Show        Verb = "show"         // see what the books have of a receipt (Named), of a ticket (For) or of all money
)

// Label is what a person reads before the command, or on the button.
func (v Verb) Label() string {
	switch v {
	case Refund:
		return "refund it"
	case AskAgain:
		return "ask again"
	case GiveBack:
		return "give it back in the M-PESA portal and write that down"
	case Returned:
		return "write that down"
	case NothingPaid:
		return "write that down, which makes the ticket void"
	case Accept:
		return "accept the receipt"
	case Move:
		return "move its money to this ticket, which makes the other void"
	case Resolve:
		return "take it off the list"
	case AskMpesa:
		return "ask M-PESA what became of the prompt"
	case SendPrompt:
		return "send the prompt again"
	case TakeBack:
		return "take the free ticket back"
	case GiveUp:
		return "free the seats, and make the booking void"
	case Show:
		return "see how it stands"
	}
	return string(v)
}

// Button is what is on the button that does it, once what it needs is filled in.
func (v Verb) Button() string {
	switch v {
	case Refund:
		return "have M-PESA give it back"
	case AskAgain:
		return "ask M-PESA again"
	case GiveBack, Returned:
		return "write down that it went back"
	case NothingPaid:
		return "write down that nothing was paid"
	case Accept:
		return "accept the receipt"
	case Move:
		return "move its money"
	case Resolve:
		return "take it off the list"
	case AskMpesa:
		return "ask M-PESA now"
	case SendPrompt:
		return "send the prompt"
	case TakeBack:
		return "take it back, and free the seats"
	case GiveUp:
		return "free the seats"
	case Show:
		return "see how it stands"
	}
	return string(v)
}

// Need is what a person must still say for an action.
type Need string

// The needs.
const (
	NeedReceipt   Need = "receipt"   // M-PESA's, as the portal shows it
	NeedTicket    Need = "ticket"    // the code of the ticket that was paid for
	NeedAmount    Need = "amount"    // what M-PESA took, in whole shillings
	NeedReference Need = "reference" // of how the money went back, such as the receipt of the return payment
	NeedNote      Need = "note"      // what was found or done
	NeedPhone     Need = "phone"     // of the handset that the prompt is to go to
)

// Action is one thing that can be done about an entry of the list of money.
type Action struct {
	Verb Verb `json:"do"`
	// When says when it is right to do this: if they are one. It is "" where this is simply what to do.
	When string `json:"when"`
	// Named is what it is done to, as every command takes it: a receipt, a ticket's code or the entry's own number. Of
	// Accept and Move it is the receipt, "" where a person must find it first.
	Named string `json:"named"`
	// For is, of Accept and Move, the code of the ticket or the number of the payment that lacks its receipt; "" where
	// a person must find it first. Of Show it is the code of a ticket.
	For string `json:"for"`
	// Amount is, of Accept, what was paid, where it is another amount than the ticket's; else 0.
	Amount store.Shillings `json:"amountShillings"`
	Needs  []Need          `json:"needs"`
}

// refund is how an entry's money can be given back: by M-PESA, where it can be asked to.
func refund(c store.OpenItem, initiator bool, when string) Action {
	if initiator && !inCents(c) {
		return toPayment(c, Refund, when)
	}
	return toPayment(c, GiveBack, when)
}

// toPayment is what is done to the money of an entry.
func toPayment(c store.OpenItem, v Verb, when string) Action {
	a := Action{Verb: v, When: when, Named: cmp.Or(c.Receipt, nameless(c)), Needs: []Need{}}
	if v == GiveBack || v == Returned {
		a.Needs = append(a.Needs, NeedReference)
	}
	if c.Amount == 0 {
		a.Needs = append(a.Needs, NeedAmount)
	}
	return a
}

// accept is how a receipt that a person has looked up becomes a ticket's, or that of a payment that lacks it.
func accept(c store.OpenItem, when string) Action {
	a := acceptOf(c.Receipt, c.TicketCode, when)
	if c.Kind == store.ItemPayment && c.Receipt == "" {
		a = acceptOf("", c.Name(), when)
	}
	if c.Reason == store.ReasonOtherAmount && c.Amount > 0 && !inCents(c) {
		a.Amount = store.Shillings(c.Amount / 100)
	}
	return a
}

func acceptOf(receipt, ticket, when string) Action {
	a := Action{Verb: Accept, When: when, Named: receipt, For: ticket, Needs: []Need{}}
	if receipt == "" {
		a.Needs = append(a.Needs, NeedReceipt)
	}
	if ticket == "" {
		a.Needs = append(a.Needs, NeedTicket)
	}
	return a
}

// resolve is how an entry that a person has seen to is taken off the list. A receipt may name several entries; of a
// claim it is this one.
func resolve(c store.OpenItem, when string) Action {
	name := c.Name()
	if c.Kind == store.ItemPayment && c.Receipt != "" {
		name = c.Receipt
	}
	return resolveNamed(name, when)
}

func resolveNamed(name, when string) Action {
	return Action{Verb: Resolve, When: when, Named: name, Needs: []Need{NeedNote}}
}

// nameless is how a payment without a receipt is named: by its ticket, where no other payment of that may be meant.
func nameless(c store.OpenItem) string {
	if c.TicketCode == "" || c.Others > 0 {
		return c.Name()
	}
	return c.TicketCode
}

// inCents reports whether no Reversal can give back what M-PESA took.
func inCents(c store.OpenItem) bool { return c.Amount%100 != 0 }
