package wording

import (
	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// Explanation is what a customer reads about a ticket that is not paid.
type Explanation struct {
	Title    string
	Sentence string // what happened, and whether money left
	Late     bool   // money may still come, and will then be found
	Owed     bool   // money came and is due back
	Returned bool   // money came and has gone back
	Hint     string // what may help before another try; "" where nothing is known to
	Cause    string // of what is Owed or Returned: what happened, without what becomes of the money
}

// Explain says in our own words why a ticket is Failed. Safaricom's words are for the operator.
func Explain(t *store.Ticket) Explanation {
	e := explain(t)
	if t.RefundDue+t.Refunded > 0 && e.Cause == "" {
		return owed(t, owedWhy(t))
	}
	return e
}

// nameReceipt is said where money may have left a phone without our knowing: the ticket's page has a form for it.
const nameReceipt = " If money did leave your account, type the receipt of your M-PESA message on this booking's page."

// hints are what helps with a phone that the prompt does not reach, by [mpesa.Result].Reason.
var hints = map[mpesa.Reason]string{mpesa.ReasonUnreachable: updateMenu, mpesa.ReasonTimeout: updateMenu}

const updateMenu = "If no prompt comes up on this phone, its SIM card may have an old M-PESA menu: dial *234# and " +
	"update it, then try again."

func explain(t *store.Ticket) Explanation {
	result := mpesa.Classify(mpesa.Code(t.Push.ResultCode))
	plain := func(title, sentence string) Explanation { return Explanation{Title: title, Sentence: sentence} }
	if t.Owed != "" {
		return owed(t, owedWhy(t))
	}
	if t.Confirming() && t.Reason != store.FailureGivenUp {
		return Explanation{Title: "Confirming your payment", Late: true,
			Sentence: "M-PESA has told us about a payment for this " +
				"booking, and we are asking it to confirm what it said. Do not pay again: what comes of it shows " +
				"here." + nameReceipt}
	}
	switch t.Reason {
	case store.FailureUnconfirmed:
		if said := AnsweredWith(t); said != "" {
			said += " It has not told us that you paid, so the seats are free again." + nameReceipt
			return Explanation{Title: "M-PESA has answered", Late: true, Sentence: said}
		}
		if t.Screening.Status == store.Cancelled {
			return Explanation{Title: "Not confirmed in time", Late: true,
				Sentence: "M-PESA has not told us that you paid." + nameReceipt + " It is due back to you then."}
		}
		return Explanation{Title: "Not confirmed in time", Late: true, Hint: hints[result.Reason],
			Sentence: "M-PESA has not told us that you paid, so the seats are free again." + nameReceipt +
				" You then get your seats, or others as good, or your money back."}
	case store.FailureGivenUp:
		return plain("Booking given up", "You gave these seats up. Nothing more will be asked of you; do not "+
			"answer a prompt that is still on your phone.")
	case store.FailurePhoneLocked:
		return plain("No prompt was sent", PhoneTaken+" You have not been charged for this booking.")
	case store.FailureMpesaBusy:
		return plain("M-PESA is busy", "No prompt was sent and you have not been charged. Please try again in a "+
			"minute.")
	case store.FailureConfig:
		return plain("We could not ask M-PESA", "Something is wrong with our payment set-up. No prompt was sent "+
			"and you have not been charged.")
	case store.FailureRefused:
		return plain("M-PESA did not take the request", "No prompt was sent and you have not been charged.")
	case store.FailureLocked, store.FailureOddAnswer, store.FailureUnknownCode, store.FailureConfirming:
	}
	e := plain(title(result), result.Sentence)
	e.Hint = hints[result.Reason]
	if result.Reason == mpesa.ReasonLocked {
		e.Sentence = PhoneTaken + " As far as M-PESA knows no money left your account."
	}
	if e.Late = result.Class == mpesa.ClassSoftFailure; e.Late {
		e.Sentence += nameReceipt
	}
	return e
}

// AnsweredWith says with which code that nobody knows M-PESA has answered to the latest push of a ticket, or about
// it, "" where it has not.
func AnsweredWith(t *store.Ticket) string {
	if t.Push.State != store.PushUnknown || !oddCode(t.Push.Reason) {
		return ""
	}
	return "M-PESA answered with " + mpesa.ShownAnswer(mpesa.Code(t.Push.ResultCode), t.Push.ResultText) + "."
}

// owedWhy says why money that came for a booking made no ticket of it.
func owedWhy(t *store.Ticket) string {
	switch t.Owed {
	case store.ReasonWrongAmount:
		return "M-PESA took a different amount from the one we asked for, so this is not a ticket."
	case store.ReasonSeatsGone:
		return "Your payment came after the hold had ended, and the seats have gone to others."
	case store.ReasonScreeningBegun:
		return "Your payment came after the film had begun."
	case store.ReasonScreeningCancelled:
		return Cancelled(t.Screening)
	default:
		return "M-PESA took money for this booking, but not so that it could become a ticket."
	}
}

// owed explains a ticket that is not one although M-PESA took money for it.
func owed(t *store.Ticket, why string) Explanation {
	if t.RefundDue == 0 && t.Refunded > 0 {
		return Explanation{Title: "Your money is back", Sentence: why + " The " + Cents(t.Refunded) +
			" that M-PESA took has gone back to you.", Returned: true, Cause: why}
	}
	sentence := why + " The cinema owes you what M-PESA took"
	if t.RefundDue > 0 {
		sentence += " (" + Cents(t.RefundDue) + ")"
	}
	return Explanation{Title: "A refund is due to you", Sentence: sentence +
		". Keep this page and your M-PESA message.", Owed: true, Cause: why}
}

// ExplainReturn says what becomes of money that a ticket did not need, or needs no more.
func ExplainReturn(r store.TicketRefund) string {
	money, what := "What M-PESA took", ""
	if r.Amount > 0 {
		money = Cents(r.Amount)
	}
	if r.Reason == store.ReasonPaidTwice && r.Amount > 0 {
		money, what = "It", "M-PESA took a second payment of "+money+" for this booking. "
	}
	switch r.State {
	case store.PaymentRefunded:
		return what + money + " has been paid back to you."
	case store.PaymentReversed:
		return what + money + " was reversed at M-PESA: the money has gone back to whoever paid it."
	case store.PaymentUnmatched:
		return "M-PESA has told us of a payment for this booking that we cannot place yet. A person at the box " +
			"office will look at it: keep your M-PESA message."
	case store.PaymentApplied, store.PaymentRefundDue:
	}
	switch {
	case r.Receipt == "":
		return what + money + " is due back to you. We need the receipt from your M-PESA message to send the money " +
			"back."
	case r.Refund == store.RefundRequested:
		return what + money + " is on its way back to you. M-PESA sends you a message when it is there; if none " +
			"has come by tomorrow, show this page at the box office."
	case r.Refund == store.RefundFailed:
		return what + money + " is due back to you, and M-PESA refused to send it. Please show this page and your " +
			"M-PESA message at the box office."
	}
	return what + money + " is due back to you. Keep this page and your M-PESA message."
}

// ExplainVoid says why a ticket that was paid does not admit any more.
func ExplainVoid(t *store.Ticket) string {
	switch t.VoidReason {
	case store.ReasonRefundAsked:
		return "A refund of this ticket was asked for, so it does not admit any more."
	case store.ReasonScreeningCancelled:
		return Cancelled(t.Screening) + " Your ticket does not admit any more."
	case store.ReasonWrongAmount:
		return "M-PESA has told us since that it took a different amount from the price of this ticket, so it does " +
			"not admit."
	case store.ReasonTakenOver:
		return "The payment that was named for this ticket turned out to be that of another booking, so it does " +
			"not admit."
	case store.ReasonNeverPaid:
		return "M-PESA does not know the payment that was named for this ticket, so it does not admit."
	case store.ReasonReversed:
		return "The payment of this ticket was reversed at M-PESA, so it does not admit any more."
	case store.ReasonNoLongerGiven:
		return "The cinema has taken this free ticket back, so it does not admit any more."
	default:
		return "The box office has made this ticket void, so it does not admit any more."
	}
}

// ExplainClaim says what M-PESA made of a receipt that was named for a ticket of so many shillings.
func ExplainClaim(c store.ReceiptClaim, total store.Shillings) string {
	const notSaid = ", but not so that we know whether it paid for this booking."
	const person = " A person at the box office will look at it: keep your M-PESA message."
	receipt := "Receipt " + c.Receipt
	if c.State == store.ClaimAsking && (c.Said != "" || c.Lacks != "") {
		return "M-PESA has answered about receipt " + c.Receipt + notSaid +
			" We go on asking: look at this page again in a few minutes, and do not pay again."
	}
	if c.State == store.ClaimAsking {
		return "M-PESA has not answered yet about receipt " + c.Receipt +
			". We go on asking: look at this page again in a few minutes, and do not pay again."
	}
	if c.State == store.ClaimConfirmed {
		return "M-PESA has confirmed receipt " + c.Receipt + "."
	}
	var sentence string
	switch c.Reason {
	case store.ReasonNoSuchReceipt:
		sentence = "M-PESA knows no completed payment with receipt " + c.Receipt +
			". Compare it letter by letter: O and 0, I and 1, S and 5 look alike."
	case store.ReasonPaidOthers:
		sentence = receipt + " is of a payment to somebody else. Look for the M-PESA message that names the cinema."
	case store.ReasonUsed:
		sentence = receipt + " has paid for another booking."
		if c.State == store.ClaimPerson {
			sentence = receipt + " was named for another booking too."
		}
	case store.ReasonOlder:
		sentence = receipt + " is of a payment that was made before this booking. Look for a newer M-PESA message."
	case store.ReasonOtherAmount:
		sentence = receipt + " is of another amount than the " + Shillings(total) + " of this booking."
	case store.ReasonOtherPhone:
		sentence = receipt + " was paid from a phone that we sent no prompt to."
	case store.ReasonReversed:
		sentence = "The payment with receipt " + c.Receipt + " has been reversed: the money has gone back to " +
			"whoever paid it."
	case store.ReasonNotAsked:
		sentence = "We could not ask M-PESA about receipt " + c.Receipt + "."
	case store.ReasonNotUnderstood:
		sentence = "M-PESA has answered about receipt " + c.Receipt + notSaid
	case store.ReasonResolved:
		sentence = "The box office has looked into receipt " + c.Receipt +
			" and has not taken it as a payment for this booking. If you think that it is, show your M-PESA " +
			"message there."
	case store.ReasonUnclear:
		sentence = receipt + " may be of another booking that was paid from the same phone."
	default:
		sentence = receipt + " could not be matched to this booking."
	}
	if c.State == store.ClaimPerson {
		sentence += person
	}
	return sentence
}

func title(r mpesa.Result) string {
	switch r.Reason {
	case mpesa.ReasonCancelled:
		return "Payment cancelled"
	case mpesa.ReasonWrongPIN:
		return "Wrong M-PESA PIN"
	case mpesa.ReasonNoFunds:
		return "Not enough money in M-PESA"
	case mpesa.ReasonPINLocked:
		return "Your M-PESA PIN is locked"
	case mpesa.ReasonTimeout, mpesa.ReasonUnreachable, mpesa.ReasonExpired:
		return "No answer from your phone"
	default:
		return "Payment not completed"
	}
}
