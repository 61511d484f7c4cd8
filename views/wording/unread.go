package wording

import "cinemasphere/store"

// notUnderstood says to the operator why what M-PESA sent was not understood whole; "" where that is not known. Detail
// is what it is about, as M-PESA gave it.
func notUnderstood(why store.UnreadReason, detail string) string {
	switch why {
	case store.UnreadUnparsed:
		return detail
	case store.UnreadContradicts:
		return "its code means success, and its ResultType does not"
	case store.UnreadNoReceipt:
		return "it names no receipt, or not in a way that can be read"
	case store.UnreadNoAmount:
		return "it does not say how much was paid, or not in a way that can be read"
	case store.UnreadNoPayee:
		return "it does not say who was paid"
	case store.UnreadNoPayer:
		return "it does not say who paid"
	case store.UnreadNoTime:
		return "it does not say when it was paid"
	case store.UnreadNoState:
		return "it does not say what has become of the payment"
	case store.UnreadNoReturned:
		return "it does not say how much was given back"
	case store.UnreadOddState:
		return "nobody knows the state that it gives: " + detail
	case store.UnreadOddReceipt:
		return "its receipt is not understood: " + detail
	case store.UnreadReceipts:
		return "it is not clear which receipt it is about"
	case store.UnreadOther:
		return "it is about another receipt than the one that was to be given back"
	case store.UnreadOtherID:
		return "it names another CheckoutRequestID than the prompt's, with " + detail
	case store.UnreadPaidCode:
		return "M-PESA answered with " + detail + ", which nobody knows, and with what only a payment has"
	case store.UnreadBesides:
		return "M-PESA answered with " + detail + ", besides what it has said of this prompt"
	case store.UnreadUnconfirmed:
		return "M-PESA asked whether to take this payment, and has not confirmed it since: it may not have been " +
			"made, or the addresses that were registered for the two are mixed up"
	}
	return detail
}

// claimAnswer is what M-PESA has answered last about a receipt that was named, "" where it has not.
func claimAnswer(c store.OpenItem) string {
	if c.Lacks == "" {
		return c.RefundText
	}
	return "an answer that is not understood whole: " + notUnderstood(c.Lacks, c.RefundText)
}
