package wording

import "cinemasphere/store"

// Refused says to the operator why the books did not take an action, and what can be done instead. Of the action Named
// is what it was done to, and For is Accept's ticket or payment.
func Refused(a Action, kind store.RefusalKind) Advice {
	advice := Advice{Why: "the books did not take this: " + string(kind)}
	switch a.Verb {
	case Accept, Move:
		advice = acceptRefused(a, kind, advice)
	case Resolve:
		advice = resolveRefused(a, kind, advice)
	default:
		advice = refundRefused(a, kind, advice)
	}
	if advice.Actions == nil {
		advice.Actions = []Action{} // [] in JSON
	}
	return advice
}

func refundRefused(a Action, kind store.RefusalKind, unknown Advice) Advice {
	again := Action{Verb: a.Verb, Named: a.Named, Needs: []Need{}}
	if a.Verb == GiveBack {
		again.Needs = append(again.Needs, NeedReference)
	}
	byHand := []Action{{Verb: GiveBack, Named: a.Named, Needs: []Need{NeedReference}}}
	switch kind {
	case store.RefundOpen:
		return Advice{Why: "a refund of this payment is on its way already", Actions: []Action{show("", "")}}
	case store.AlreadyRefunded:
		return Advice{Why: "this money has gone back already"}
	case store.AlreadyIn:
		return Advice{
			Why: "somebody is in with this ticket", Look: "take the admission back first, if that was a mistake",
		}
	case store.NotGiven:
		return Advice{Why: "this ticket was booked, not given away"}
	case store.NotOurs:
		return Advice{Why: "there is nothing to refund"}
	case store.SeveralPayments:
		return Advice{Why: "the ticket has several payments", Look: "name one by its receipt or its number (payment:…)",
			Actions: []Action{show("", a.Named)}}
	case store.AmountUnknown:
		again.Needs = append(again.Needs, NeedAmount)
		return Advice{Why: "M-PESA did not say how much it took", Look: lookUpAmount, Actions: []Action{again}}
	case store.AmountKnown:
		again.When = "without an amount"
		return Advice{Why: "M-PESA took another amount", Actions: []Action{again}}
	case store.AmountInCents:
		return Advice{Why: "M-PESA took an amount with cents, and a Reversal gives back whole shillings, so " +
			"nothing was written",
			Actions: byHand}
	case store.NoInitiator:
		return Advice{Why: "there is no API operator (MPESA_INITIATOR_NAME) to send a Reversal with, so nothing " +
			"was written",
			Actions: byHand}
	default:
		return unknown
	}
}

func acceptRefused(a Action, kind store.RefusalKind, unknown Advice) Advice {
	receipt, known := "receipt "+a.Named, show(a.Named, "")
	switch kind {
	case store.ReceiptUsed:
		return Advice{Why: receipt + " is the money of another booking or prompt already", Actions: []Action{known}}
	case store.AcceptedElsewhere:
		move := acceptOf(a.Named, a.For, "if that was a mistake")
		move.Verb = Move
		return Advice{Why: receipt + " has been accepted for another ticket", Actions: []Action{known, move}}
	case store.NeedsNoMoney:
		return Advice{Why: "that ticket was given away, and needs no money", Actions: []Action{known}}
	case store.ReceiptKnown:
		return Advice{Why: "that payment has its receipt already, or is of no prompt",
			Look:    "name the ticket by its code",
			Actions: []Action{acceptOf(a.Named, "", "")}}
	case store.AlreadyRefunded:
		return Advice{Why: "the money of " + receipt + " has gone back, or is on its way", Actions: []Action{known}}
	case store.AmountKnown:
		again := acceptOf(a.Named, a.For, "then")
		again.Needs = append(again.Needs, NeedAmount)
		return Advice{Why: "M-PESA has said another amount of " + receipt, Look: "compare the two",
			Actions: []Action{known, again}}
	default:
		return unknown
	}
}

func resolveRefused(a Action, kind store.RefusalKind, unknown Advice) Advice {
	switch kind {
	case store.MoneyDue:
		return Advice{Why: "its money is due back, so give it back", Actions: []Action{show("", "")}}
	case store.RefundOpen:
		return Advice{Why: "a refund of it is on its way"}
	case store.StillAsked:
		return Advice{Why: "M-PESA is being asked about the receipt, and answers within some minutes"}
	case store.SeveralPayments:
		return Advice{Why: "it may be the same money as several receipts", Look: "say which",
			Actions: []Action{acceptOf("", a.For, "")}}
	case store.NothingToResolve:
		return Advice{Why: "nobody has to do anything about it"}
	case store.ItemChanged:
		return Advice{Why: "something has come since that it may be the same money as", Look: "look at it again",
			Actions: []Action{show("", "")}}
	default:
		return unknown
	}
}

// show is how one sees what the books have of a receipt, of a ticket or, where both are "", of all money.
func show(receipt, ticket string) Action {
	return Action{Verb: Show, Named: receipt, For: ticket, Needs: []Need{}}
}
