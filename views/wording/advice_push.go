package wording

import (
	"cinemasphere/mpesa"
	"cinemasphere/store"
)

const (
	notAskedAnyMore = "M-PESA has not reported whether this prompt was paid, and is not asked any more"
	tellsItself     = "M-PESA reports by itself, within some minutes, whether it was paid"
	asksAgain       = "M-PESA will be asked again"
)

// advisePush is about a prompt behind which money may lie, or that has failed.
func advisePush(c store.OpenItem) Advice {
	switch state := store.PushState(c.State); {
	case state == store.PushRefused:
		return nothing("Daraja refused this prompt with "+pushAnswer(c), pushCostNothing(c))
	case state == store.PushFailed:
		return nothing("this prompt failed with "+pushAnswer(c), pushCostNothing(c))
	case state == store.PushSending:
		return nothing("the prompt is being sent", "Daraja's answer is awaited")
	case c.Failure == store.FailureUnknownCode && c.Next != 0:
		return nothing(answered(c), asksAgain)
	case c.Failure == store.FailureConfirming && c.Next != 0:
		return nothing("what M-PESA reported of this prompt has to be confirmed; the callback is on this list too",
			"M-PESA is asked whether it was paid")
	case c.Failure == store.FailureOddAnswer && c.Next != 0:
		return nothing(answered(c), "M-PESA is asked about it")
	case c.Next != 0:
		return nothing(noVerdict(c, "M-PESA has not reported whether this prompt was paid"), asksAgain)
	case c.Awaited && !c.Askable && c.Failure == store.FailureOddAnswer:
		return nothing(answered(c), tellsItself)
	case c.Awaited && !c.Askable:
		return nothing("the answer to this prompt was lost, so M-PESA cannot be asked about it", tellsItself)
	case c.Awaited:
		return nothing(noVerdict(c, notAskedAnyMore), tellsItself)
	}
	why := noVerdict(c, notAskedAnyMore)
	if oddCode(c.Failure) {
		why = answered(c)
	}
	return Advice{Why: why, Look: "look for its phone and amount in the M-PESA portal",
		Actions: []Action{acceptOf("", c.Name(), "if it was paid"), resolve(c, "else")}}
}

// pushCostNothing is why nothing has to be done about a prompt that is over.
func pushCostNothing(c store.OpenItem) string {
	ours := c.State == string(store.PushRefused) && c.Failure == store.FailureConfig ||
		c.State == string(store.PushFailed) && mpesa.Classify(mpesa.Code(c.Code)).Config
	if ours {
		return "no money left by this prompt; but put the set-up right"
	}
	return "no money left by this prompt"
}

// pushAnswer is M-PESA's answer about a prompt, and what it means.
func pushAnswer(c store.OpenItem) string {
	text := answer(c.Code, c.Text) + "."
	if means := PushResult(store.PushState(c.State), c.Failure, c.Code, c.Text); means != "" {
		text += " " + means
	}
	return text
}

// answered says of a prompt what M-PESA has answered about it, where that is no verdict.
func answered(c store.OpenItem) string { return "M-PESA answered with " + pushAnswer(c) }

// noVerdict is how a prompt stands that may yet be paid: M-PESA has said that it was not completed, or it is silent.
func noVerdict(c store.OpenItem, silent string) string {
	switch {
	case c.State == string(store.PushSoftFailed) && c.Code != "":
		return answered(c) + " Money may come all the same"
	case c.RefundText == "":
		return silent
	}
	return silent + "; when it was asked it answered: " + c.RefundText
}

// adviseClaim is about a receipt that was named for a ticket.
func adviseClaim(c store.OpenItem) Advice {
	switch store.ClaimState(c.State) {
	case store.ClaimAsking:
		why := "M-PESA is being asked about a receipt that was named for this ticket"
		if said := claimAnswer(c); said != "" {
			why += "; so far it answered with " + said
		}
		return nothing(why, "M-PESA answers within some minutes")
	case store.ClaimConfirmed:
		return nothing("M-PESA has confirmed the receipt that was named for this ticket", "")
	case store.ClaimRefused, store.ClaimPerson:
	}
	a := nothing(claimWhy(c.Reason), "")
	if c.Reason == store.ReasonNotUnderstood {
		a.Why = "the customer named this receipt, and M-PESA answered with " + claimAnswer(c) +
			", which does not say what became of it"
	}
	person := store.ClaimState(c.State) == store.ClaimPerson
	const lookUpReceipt = "look the receipt up in the M-PESA portal"
	switch {
	case person && c.Money == store.PaymentApplied && c.Others > 0:
		a.Why = "the receipt has paid for another ticket, for which a person or the payer had named it"
		move := acceptOf(c.Receipt, c.TicketCode, "if it paid for this ticket")
		move.Verb = Move
		a.Look, a.Actions = lookUpReceipt, []Action{move, resolve(c, "else")}
	case c.Money == store.PaymentApplied:
		a.Nothing = "it has paid for a ticket"
	case c.Money == store.PaymentRefunded, c.Money == store.PaymentReversed:
		a.Nothing = "its money has gone back"
	case c.Refund == store.RefundRequested:
		a.Nothing = "a refund of its money was asked for"
	case person:
		a.Look, a.Actions = lookUpReceipt, []Action{accept(c, "if it paid for the ticket"), resolve(c, "else")}
	}
	return a
}

// claimWhy says to the operator why a receipt that was named for a ticket does not count.
func claimWhy(r store.Reason) string {
	switch r {
	case store.ReasonNotAsked:
		return "the customer named this receipt, and M-PESA could not be asked"
	case store.ReasonOtherAmount:
		return "the receipt is of another amount than the ticket"
	case store.ReasonOtherPhone:
		return "the receipt was paid from another phone than the ticket's"
	case store.ReasonUsed:
		return "the receipt was named for another ticket too"
	case store.ReasonUnclear:
		return "the receipt may be that of another booking of the same phone"
	case store.ReasonNoSuchReceipt:
		return "the customer named a receipt that M-PESA does not know as a completed payment"
	case store.ReasonPaidOthers:
		return "the customer named a receipt of a payment to somebody else"
	case store.ReasonOlder:
		return "the customer named a receipt that is older than the ticket"
	case store.ReasonReversed:
		return "the customer named a receipt whose money has gone back"
	case store.ReasonResolved:
		return "the customer named a receipt that the box office has looked into and not taken for the ticket"
	default:
		return "the customer named this receipt, and " + reasonWhy(r)
	}
}

// callbackAbout is what each kind of callback tells of.
func callbackAbout(kind store.CallbackKind) string {
	switch kind {
	case store.CallbackSTK:
		return "whether a prompt was paid"
	case store.CallbackC2B, store.CallbackValidation:
		return "money that was paid (C2B)"
	case store.CallbackStatus, store.CallbackStatusTimeout:
		return "a receipt that it was asked about"
	case store.CallbackReversal, store.CallbackReversalTimeout:
		return "a Reversal"
	case store.CallbackPull:
		return "money that was paid (Pull Transactions)"
	}
	return "something"
}

// adviseCallback is about what M-PESA has sent and what was not understood whole.
func adviseCallback(c store.OpenItem) Advice {
	kind := c.Callback
	about := callbackAbout(kind)
	a := Advice{Why: "M-PESA reported " + about + ", and the report was not understood whole"}
	if kind == store.CallbackSTK && c.Askable {
		a.Why = "M-PESA reported that a prompt was paid"
	}
	if why := notUnderstood(c.Why, c.Detail); kind == store.CallbackValidation && why != "" {
		a.Why = why
	} else if why != "" {
		a.Why += ": " + why
	}
	switch c.State {
	case store.CallbackRead:
		return nothing(a.Why+"; it has been read since", "")
	case store.CallbackResolved:
		return nothing(a.Why+"; M-PESA has reported the same in another way, or the books have the money", "")
	}
	a.Look = "look it up in the M-PESA portal by its text and time"
	if c.Receipt != "" {
		a.Look = "look its receipt up in the M-PESA portal"
	}
	if kind != store.CallbackStatus && kind != store.CallbackReversal {
		a.Actions = append(a.Actions, acceptOf(c.Receipt, c.TicketCode, paidForTicket))
	}
	if a.Actions = append(a.Actions, resolve(c, "then")); c.Next != 0 {
		a.Nothing = "M-PESA is asked about it, and answers within some minutes"
	}
	return a
}
