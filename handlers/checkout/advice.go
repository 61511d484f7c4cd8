package checkout

import "cinemasphere/store"

// Advise says to the operator why an entry of the list of money stands there, and what can be done.
func Advise(c store.Case) (why, todo string) {
	switch c.Kind {
	case store.CasePush:
		return advisePush(c)
	case store.CaseClaim:
		return adviseClaim(c)
	}
	if c.Reason == store.ReasonReturnedTwice {
		return "it was written down as given back by hand (" + c.RefundText + "), and M-PESA says that a Reversal has given it back as well",
			"compare the two in the M-PESA portal; if it went back twice, ask the customer for one of them"
	}
	refundable := "refund it: cinemasphere refund " + c.Receipt
	switch c.Refund {
	case store.RefundRequested:
		return "a refund is on its way", "nothing: M-PESA's answer is awaited"
	case store.RefundFailed:
		return "a refund was refused: " + c.RefundText, "refund it again, or by hand: cinemasphere refund --by-hand=REFERENCE " + c.Receipt
	}
	if c.Receipt == "" {
		why, todo = "M-PESA confirmed it without a receipt", "nothing: the receipt comes with a C2B confirmation, or when the customer types it; or look it up in the M-PESA portal"
		if c.State == string(store.PaymentApplied) {
			return why, todo
		}
		return why + ", and it is due back: " + c.Reason, todo
	}
	switch c.State {
	case string(store.PaymentUnmatched):
		switch c.Reason {
		case "names no ticket":
			return "it names no ticket of ours", "nothing, if it is another taking of the till; else " + refundable
		case "to be confirmed":
			return "it names a ticket, and M-PESA is being asked whether that is so", "nothing, for some minutes; then " + refundable
		case receiptTwice:
			return "its receipt is another payment's", "look it up in the M-PESA portal"
		}
		return c.Reason, "look it up in the M-PESA portal, then " + refundable
	case string(store.PaymentRefundDue):
		return refundWhy[c.Reason], refundable
	case string(store.PaymentRefunded):
		return "refunded", "nothing"
	case string(store.PaymentReversed):
		return "reversed at M-PESA, not by us", "nothing"
	}
	return "paid for the ticket", "nothing"
}

const receiptTwice = "receipt of another payment"

var refundWhy = map[string]string{
	store.ReasonWrongAmount:        "M-PESA took another amount than was asked",
	store.ReasonSeatsGone:          "it came after the hold had ended, and the seats have gone to others",
	store.ReasonScreeningBegun:     "it came after the film had begun",
	store.ReasonScreeningCancelled: "the screening is cancelled",
	store.ReasonPaidTwice:          "the ticket had been paid before",
	store.ReasonVoided:             "the ticket is void",
	store.ReasonRefundAsked:        "a refund of the ticket was asked for",
}

func advisePush(c store.Case) (why, todo string) {
	switch {
	case c.State == string(store.PushSending):
		return "the prompt is being sent", "nothing"
	case c.Next != 0:
		return "M-PESA has not said whether this prompt was paid", "nothing: M-PESA will be asked again"
	}
	return "M-PESA has not said whether this prompt was paid, and is not asked any more", "look for its phone and amount in the M-PESA portal"
}

func adviseClaim(c store.Case) (why, todo string) {
	if c.State == string(store.ClaimAsking) {
		return "M-PESA is being asked about a receipt that was named for this ticket", "nothing"
	}
	look := "look the receipt up in the M-PESA portal and tell the customer"
	switch c.Reason {
	case store.ReasonNotAsked:
		return "the customer names this receipt, and M-PESA could not be asked", look
	case store.ReasonOtherAmount:
		return "the receipt is of another amount than the ticket", look
	case store.ReasonOtherPhone:
		return "the receipt was paid from another phone than the ticket's", look
	case store.ReasonUsed:
		return "the receipt was named for another ticket too", look
	case store.ReasonUnclear:
		return "the receipt may be that of another booking of the same phone", look
	}
	return c.Reason, look
}
