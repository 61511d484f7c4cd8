package wording

import (
	"strings"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// Advice is what an operator reads about an entry of the list of money, and what can be done about it.
type Advice struct {
	// Why says why the entry stands there.
	Why string `json:"why"`
	// Nothing says what happens by itself, or why nothing has to be done; "" where something has, or where Why says it.
	Nothing string `json:"nothing"`
	// Look says what to look up, mostly in the M-PESA portal, before anything is done; "" where nothing.
	Look string `json:"look"`
	// Actions are what can be done, the likeliest first. With Nothing they are for where that does not help.
	Actions []Action `json:"actions"`
}

// lookUp is what to do before anything is decided about money.
const lookUp = "look it up in the M-PESA portal"

// Advise says to the operator why an entry of the list of money stands there, and what can be done: with an initiator,
// or without one, where nothing goes back but by hand.
func Advise(c store.OpenItem, initiator bool) Advice {
	a := advise(c, initiator)
	if c.Resolved {
		a = nothing(a.Why, "it is resolved")
	}
	if a.Actions == nil {
		a.Actions = []Action{} // [] in JSON
	}
	return a
}

func advise(c store.OpenItem, initiator bool) Advice {
	switch c.Kind {
	case store.ItemPush:
		return advisePush(c)
	case store.ItemClaim:
		return adviseClaim(c)
	case store.ItemCallback:
		return adviseCallback(c)
	default:
		return advisePayment(c, initiator)
	}
}

// advisePayment is about money that M-PESA took.
func advisePayment(c store.OpenItem, initiator bool) Advice {
	if a, doubted := adviseDoubt(c, initiator); doubted {
		return a
	}
	if len(c.Alike) > 0 {
		return adviseAlike(c, adviseAlone(c, initiator), initiator)
	}
	return adviseAlone(c, initiator)
}

// adviseAlone is about money for itself, whatever else may be the same money.
func adviseAlone(c store.OpenItem, initiator bool) Advice {
	switch state := store.PaymentState(c.State); {
	case state == store.PaymentRefunded:
		return nothing(ended("refunded", c), "")
	case state == store.PaymentReversed:
		return nothing(ended("reversed at M-PESA, not by us", c), "")
	case c.Joined == 1 && c.Refund == "" && (state == store.PaymentApplied || state == store.PaymentRefundDue):
		a := advisePaid(c, initiator)
		for _, other := range c.Alike {
			a.Actions = append(a.Actions, acceptOf(other, c.Name(), "if the prompt was paid with that one"))
		}
		a.Actions = append(a.Actions, resolve(c, "if it is not the prompt's payment, as you have said"))
		return a
	case state == store.PaymentApplied:
		return advisePaid(c, initiator)
	case c.Refund == store.RefundRequested:
		return adviseRefund(c, initiator)
	case c.Refund == store.RefundFailed:
		return adviseRefused(c, initiator)
	case state == store.PaymentUnmatched && c.Amount == 0:
		return adviseAmount(c, initiator)
	case state == store.PaymentUnmatched:
		return adviseUnmatched(c, initiator)
	}
	return advisePaid(c, initiator)
}

// nothing is advice to do nothing.
func nothing(why, because string) Advice { return Advice{Why: why, Nothing: because} }

// ended adds to what has become of money what M-PESA's last answer to its Reversal means, where that is not simply
// that it was done.
func ended(why string, c store.OpenItem) string {
	if mpesa.ClassifyResult(mpesa.Code(c.Code)).Outcome != mpesa.OutcomeAlreadyReversed {
		return why
	}
	return why + lastReversal(c)
}

// lastReversal is what M-PESA has answered to the last Reversal, "" where it has not, or where that is simply that it
// was done.
func lastReversal(c store.OpenItem) string {
	if c.Code == "" || mpesa.ClassifyResult(mpesa.Code(c.Code)).Outcome == mpesa.OutcomeDone {
		return ""
	}
	return "; M-PESA answered with " + reversalAnswer(c)
}

// answer is what M-PESA answered: its code with its own text.
func answer(code, text string) string { return mpesa.ShownAnswer(mpesa.Code(code), text) }

// reversalAnswer is what M-PESA has answered to a Reversal, and what that means.
func reversalAnswer(c store.OpenItem) string {
	text := answer(c.Code, c.RefundText) + "."
	if strings.Count(c.Code, ".") > 1 { // such as 500.003.03: Daraja's own, which is no result
		return text
	}
	return text + " " + mpesa.ClassifyResult(mpesa.Code(c.Code)).Operator
}

// adviseDoubt is about money of which M-PESA contradicts itself, or a person. Doubted is false where it does not.
func adviseDoubt(c store.OpenItem, initiator bool) (a Advice, doubted bool) {
	state := store.PaymentState(c.State)
	back := state == store.PaymentRefunded || state == store.PaymentReversed
	twoAmounts := "M-PESA has reported two amounts of it: " + Cents(c.Amount) + " and " + Cents(c.DoubtCents)
	ofMoney := c.Doubt == store.DoubtNoSuchReceipt || c.Doubt == store.DoubtPaidOthers || c.Doubt == store.DoubtAmount
	if ofMoney && c.Refund == store.RefundRequested {
		return adviseRefund(c, initiator), true
	}
	switch c.Doubt {
	case store.DoubtNoSuchReceipt:
		return adviseUnknown(c, "M-PESA was asked, and reports no completed payment with this receipt"), true
	case store.DoubtPaidOthers:
		return adviseUnknown(c, "M-PESA was asked, and reports that it was paid to somebody else"), true
	case store.DoubtAmount:
		if back {
			return Advice{Why: twoAmounts, Look: "look in the M-PESA portal what has gone back",
				Actions: []Action{resolve(c, "then")}}, true
		}
		return Advice{Why: twoAmounts, Look: lookUp,
			Actions: []Action{refund(c, initiator, "if it is not what the ticket costs"), resolve(c, "else")}}, true
	case store.DoubtShared:
		return Advice{
			Why:     "M-PESA has reported the receipt " + c.DoubtOf + " for two prompts",
			Look:    "look both prompts up in the M-PESA portal",
			Actions: []Action{acceptOf("", "", "if one of them was paid with another receipt"), resolve(c, "then")},
		}, true
	case store.DoubtReturnedTwice:
		return Advice{
			Why: "it was recorded as given back by hand (" + c.RefundText +
				"), and M-PESA reports that it has given it back too",
			Look:    "compare the two in the M-PESA portal; if it went back twice, ask the customer for one of them",
			Actions: []Action{resolve(c, "then")},
		}, true
	case store.DoubtReturnedOther:
		why := Cents(c.DoubtCents) + " of it went back (" + c.RefundText + "), and M-PESA took " + Cents(c.Amount)
		if back {
			return Advice{
				Why: why, Look: "compare the two in the M-PESA portal", Actions: []Action{resolve(c, "then")},
			}, true
		}
		return Advice{
			Why: why, Look: "look in the M-PESA portal what has gone back, and give back the rest there",
			Actions: []Action{toPayment(c, Returned, "then")},
		}, true
	}
	return a, false
}

// adviseUnknown is about money that a person took to be there, and M-PESA does not know as ours.
func adviseUnknown(c store.OpenItem, why string) Advice {
	a := Advice{Why: why, Look: lookUp, Actions: []Action{
		acceptOf("", unknownOf(c), "if the ticket was paid with another receipt"),
		toPayment(c, NothingPaid, "if nothing was paid"),
	}}
	if c.State != string(store.PaymentRefundDue) {
		a.Actions = append(a.Actions, resolve(c, "if it was paid all the same"))
	}
	return a
}

// unknownOf is what another receipt is accepted for: the payment of a prompt, which was paid whatever the receipt is,
// or the ticket.
func unknownOf(c store.OpenItem) string {
	if c.LearntBy == "query" || c.LearntBy == "callback" {
		return c.Name()
	}
	return c.TicketCode
}

// adviseAlike is about money that may be the same as another entry's: one that has the receipt which the other lacks.
// Whatever became of either, they are said to be one or two. Alone is why the entry stands there without that.
func adviseAlike(c store.OpenItem, alone Advice, initiator bool) Advice {
	receipt, prompt := c.Receipt, c.Alike[0]
	if receipt == "" {
		receipt, prompt = c.Alike[0], c.Name()
	}
	const two = "if they are two"
	separate := resolveNamed(receipt, two)
	if c.Receipt != "" && c.State == string(store.PaymentRefundDue) && c.Refund == "" {
		separate = refund(c, initiator, two)
	}
	return Advice{Why: alone.Why, Look: "look them up in the M-PESA portal",
		Actions: []Action{acceptOf(receipt, prompt, "if they are one"), separate}}
}

// advisePaid is about a ticket's money.
func advisePaid(c store.OpenItem, initiator bool) Advice {
	due := c.State == string(store.PaymentRefundDue)
	switch {
	case c.Receipt == "" && due:
		return Advice{Why: "M-PESA confirmed it without a receipt, and it is due back: " + refundReason(c),
			Nothing: receiptComes, Look: lookUp,
			Actions: []Action{accept(c, "if it is there"), refund(c, initiator, "or")}}
	case c.Receipt == "":
		return Advice{Why: "M-PESA confirmed it without a receipt", Nothing: receiptComes,
			Look: lookUp, Actions: []Action{accept(c, "if it is there")}}
	case due && c.Amount == 0:
		return Advice{Why: "it is due back, and M-PESA did not report how much it took", Look: lookUpAmount,
			Actions: []Action{refund(c, initiator, "then")}}
	case due:
		return Advice{Why: refundReason(c), Actions: []Action{refund(c, initiator, "")}}
	}
	return nothing("paid for the ticket", "")
}

const (
	receiptComes = "the receipt comes with a callback or, at a paybill, with a C2B confirmation"
	lookUpAmount = "look its amount up in the M-PESA portal"
)

// adviseUnmatched is about money that names no ticket, or of which it is not clear what it is for.
func adviseUnmatched(c store.OpenItem, initiator bool) Advice {
	what := choices(c, initiator)
	switch c.Reason {
	case store.ReasonNamesNoTicket:
		return Advice{Why: reasonWhy(c.Reason), Actions: []Action{
			resolve(c, "if it is another taking of the till"), accept(c, paidForTicket), refund(c, initiator, "else"),
		}}
	case store.ReasonToBeConfirmed:
		if initiator { // resolved is what M-PESA is no longer asked about
			what = what[:len(what)-1]
		}
		return Advice{Why: reasonWhy(c.Reason), Nothing: "M-PESA answers within some minutes", Actions: what}
	case store.ReasonOtherPush:
		return Advice{
			Why: reasonWhy(c.Reason), Look: "look in the M-PESA portal for this receipt", Actions: what,
		}
	default:
		return Advice{Why: reasonWhy(c.Reason), Look: lookUp, Actions: what}
	}
}

const paidForTicket = "if it paid for a ticket"

// choices are what a person can make of a receipt that names no ticket for certain.
func choices(c store.OpenItem, initiator bool) []Action {
	return []Action{accept(c, paidForTicket), refund(c, initiator, "else"), resolve(c, "or, if neither")}
}

// adviseAmount is about money of which M-PESA has not said how much it is, or not in a way that can be read.
func adviseAmount(c store.OpenItem, initiator bool) Advice {
	a := Advice{Why: "M-PESA reported it, and its amount is not known", Look: lookUpAmount,
		Actions: choices(c, initiator)}
	if initiator {
		a.Nothing = "M-PESA is asked how much it is, and answers within some minutes"
	}
	return a
}

// reasonWhy says to the operator why money is due back, or is no ticket's for certain.
func reasonWhy(r store.Reason) string {
	switch r {
	case store.ReasonWrongAmount:
		return "M-PESA took another amount than was asked"
	case store.ReasonPaidTwice:
		return "the ticket had been paid before"
	case store.ReasonSeatsGone:
		return "it came after the hold had ended, and the seats have gone to others"
	case store.ReasonScreeningBegun:
		return "it came after the film had begun"
	case store.ReasonScreeningCancelled:
		return "the screening is cancelled"
	case store.ReasonVoided:
		return "the ticket is void"
	case store.ReasonRefundAsked:
		return "a refund of the ticket was asked for"
	case store.ReasonTakenOver:
		return "it turned out to be another ticket's"
	case store.ReasonNeverPaid:
		return "it was found that nothing was paid"
	case store.ReasonNoLongerGiven:
		return "the ticket was given away, and taken back"
	case store.ReasonNamesNoTicket:
		return "it names no ticket of ours"
	case store.ReasonToBeConfirmed:
		return "it names a ticket, and M-PESA is being asked to confirm that"
	case store.ReasonAmountUnknown:
		return "M-PESA reported it, and its amount is not known"
	case store.ReasonMayBeSame:
		return "it may be money that has paid for the ticket already, or that has gone back"
	case store.ReasonOtherAmount:
		return "it is of another amount than the ticket that it names"
	case store.ReasonOtherPhone:
		return "it was paid from another phone than those of the ticket that it names"
	case store.ReasonOlder:
		return "it is older than the ticket that it names"
	case store.ReasonUnclear:
		return "it may be the money of another booking of the same phone"
	case store.ReasonUsed:
		return "it was named for two tickets"
	case store.ReasonNoSuchReceipt:
		return "M-PESA was asked, and reports no completed payment with this receipt"
	case store.ReasonPaidOthers:
		return "M-PESA was asked, and reports that it was paid to somebody else"
	case store.ReasonOtherPush:
		return "M-PESA reported it with the token of this ticket's prompt and another CheckoutRequestID, " +
			"so it paid for nothing"
	case store.ReasonAlsoTold:
		return "it was told of a prompt that has been paid with another receipt"
	case store.ReasonReversed:
		return "its money has gone back"
	case store.ReasonResolved:
		return "the box office has looked into it, and has not taken it for the ticket"
	case store.ReasonPartly:
		return "a part of it has gone back"
	case store.ReasonNotAsked:
		return "M-PESA could not be asked"
	case store.ReasonNotUnderstood:
		return "M-PESA was asked, and did not answer so that it is known what became of it"
	}
	return ""
}

// adviseRefund is about a refund that is not done.
func adviseRefund(c store.OpenItem, initiator bool) Advice {
	switch {
	case c.Out == 0 && !initiator:
		return Advice{Why: "a refund was asked for, and there is no API operator (initiator) to send a Reversal with",
			Actions: []Action{toPayment(c, GiveBack, "")}}
	case c.Receipt == "":
		return Advice{Why: "a refund was asked for, and is sent once the receipt is known", Nothing: receiptComes,
			Look:    lookUp,
			Actions: []Action{accept(c, "if it is there"), toPayment(c, GiveBack, "or")}}
	case c.Out == 0 && c.Next == 0 && !c.Awaited:
		return Advice{Why: "a refund was asked for, and is sent once M-PESA has confirmed the receipt",
			Nothing: "M-PESA is asked about the receipt", Look: lookUp,
			Actions: []Action{toPayment(c, GiveBack, "if no answer comes")}}
	case c.Out == 0:
		return nothing("a refund was asked for"+lastReversal(c), "its Reversal will be sent to M-PESA")
	case !c.Awaited && (c.Next == 0 || !initiator):
		why := "a Reversal was sent, and M-PESA has not reported its result"
		if c.Code != "" {
			why += " (" + answer(c.Code, c.RefundText) + ")"
		}
		return Advice{Why: why, Look: "look in the M-PESA portal whether the money has gone back",
			Actions: []Action{toPayment(c, Returned, "if it has"), toPayment(c, GiveBack, "else")}}
	}
	return nothing("a refund is on its way"+lastReversal(c), "M-PESA's answer is awaited")
}

// adviseRefused is about a refund that M-PESA refused.
func adviseRefused(c store.OpenItem, initiator bool) Advice {
	a := Advice{Why: "a refund was refused: " + c.RefundText}
	switch c.RefundEnd {
	case store.RefundEndRefused:
	case store.RefundEndCents:
		a.Why = "a refund was not sent: M-PESA took an amount with cents, and a Reversal gives back whole shillings"
	case store.RefundEndAmount:
		a.Why = "a refund was not sent: it was requested of another amount than M-PESA took"
	case store.RefundEndByHand:
		a.Why = "a refund was not sent: the money was given back by hand"
	case store.RefundEndMoved:
		a.Why = "a refund was not sent: the payment is one that is refunded already"
	}
	if c.Code != "" {
		a.Why = "a refund was refused with " + reversalAnswer(c)
	}
	if initiator && !inCents(c) {
		a.Actions = append(a.Actions, toPayment(c, AskAgain, ""))
	}
	or := ""
	if len(a.Actions) > 0 {
		or = "or"
	}
	a.Actions = append(a.Actions, toPayment(c, GiveBack, or))
	return a
}

func refundReason(c store.OpenItem) string {
	why := reasonWhy(c.Reason)
	if c.Reason == store.ReasonScreeningCancelled && c.Cancelled != "" {
		why += ": " + c.Cancelled
	}
	if inCents(c) {
		why += "; its amount has cents, and a Reversal gives back whole shillings"
	}
	return why
}
