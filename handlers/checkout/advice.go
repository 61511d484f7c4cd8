package checkout

import (
	"cmp"
	"strconv"
	"strings"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// Advise says to the operator why an entry of the list of money stands there, and what can be done: with an initiator, or without
// one, where nothing goes back but by hand.
func Advise(c store.Case, initiator bool) (why, todo string) {
	if why, todo = advise(c, initiator); c.Settled {
		todo = "nothing: it is settled"
	}
	return why, todo
}

func advise(c store.Case, initiator bool) (why, todo string) {
	switch c.Kind {
	case store.CasePush:
		return advisePush(c)
	case store.CaseClaim:
		return adviseClaim(c)
	case store.CaseCallback:
		return adviseCallback(c)
	case store.CasePayment:
	}
	doubt, what, _ := strings.Cut(c.Reason, " ")
	unknown := doubt == store.DoubtNoSuchReceipt || doubt == store.DoubtPaidOthers
	switch state := store.PaymentState(c.State); {
	case (unknown || doubt == store.DoubtAmount) && c.Refund == store.RefundRequested:
		return adviseRefund(c, initiator)
	case doubt == store.DoubtAmount && (state == store.PaymentRefunded || state == store.PaymentReversed):
		return "M-PESA has told two amounts of it, KSh " + cents(c.Amount) + " and KSh " + what, "look in the M-PESA portal what has gone back; then " + settle(c)
	case doubt == store.DoubtNoSuchReceipt:
		return "M-PESA, when it was asked, knew no such completed payment", notPaid(c)
	case doubt == store.DoubtPaidOthers:
		return "M-PESA, when it was asked, said that it was paid to somebody else", notPaid(c)
	case doubt == store.DoubtAmount:
		return "M-PESA has told two amounts of it, KSh " + cents(c.Amount) + " and KSh " + what,
			"look it up in the M-PESA portal; if it is not what the ticket costs, " + giveBack(c, initiator) + "; else " + settle(c)
	case doubt == store.DoubtShared:
		return "M-PESA has named the same receipt for two prompts that were both paid: this one, and that of " + what,
			"look both prompts up in the M-PESA portal; whichever was paid with another receipt: " +
				"cinemasphere accept RECEIPT CODE; then " + settle(c)
	case doubt == store.DoubtReturnedTwice:
		return "it was written down as given back by hand (" + c.RefundText + "), and M-PESA says that it has given it back as well",
			"compare the two in the M-PESA portal; if it went back twice, ask the customer for one of them; then " + settle(c)
	case doubt == store.DoubtReturnedOther:
		return "it was given back (" + c.RefundText + ") before M-PESA said that it was of KSh " + cents(c.Amount),
			"compare the two; if it was more, give the rest back by hand and write that down: cinemasphere refund --by-hand=REFERENCE " + named(c) + "; else " + settle(c)
	case state == store.PaymentRefunded:
		return "refunded", "nothing"
	case state == store.PaymentReversed:
		return "reversed at M-PESA, not by us", "nothing"
	case state == store.PaymentSuperseded:
		return "it has turned out to be the same money as another entry", "nothing"
	case state == store.PaymentApplied && len(c.Alike) > 0:
		return adviseAlike(c, initiator)
	case state == store.PaymentApplied:
		return advisePaid(c, initiator)
	case doubt == store.DoubtReturnedShort:
		return "its Reversal has given back less than M-PESA took: " + c.RefundText,
			"look in the M-PESA portal what has gone back, give back the rest there, and write that down: cinemasphere refund --by-hand=REFERENCE " + named(c)
	case c.Refund == store.RefundRequested:
		return adviseRefund(c, initiator)
	case c.Refund == store.RefundFailed:
		again := ""
		if initiator && !inCents(c) {
			again = "ask again: cinemasphere refund " + named(c) + "; or "
		}
		why := "a refund was refused: " + c.RefundText
		if c.Code != "" {
			means := mpesa.ClassifyResult(mpesa.Code(c.Code)).Operator
			why = "a refund was refused with " + answeredWith(c.Code, c.RefundText) + ". " + means
		}
		return why, again + byHand(c)
	case len(c.Alike) > 0:
		return adviseAlike(c, initiator)
	case state == store.PaymentUnmatched && c.Amount == 0:
		return adviseAmount(c, initiator)
	case state == store.PaymentUnmatched:
		return adviseUnmatched(c, giveBack(c, initiator))
	}
	return advisePaid(c, initiator)
}

// adviseAlike is about money that may be the same as another entry's: one that has the receipt which the other lacks.
func adviseAlike(c store.Case, initiator bool) (why, todo string) {
	if why, _ = advisePaid(c, initiator); c.State == string(store.PaymentUnmatched) {
		why, _ = adviseUnmatched(c, "")
	}
	receipt, prompt := c.Receipt, c.Alike[0]
	if receipt == "" {
		receipt, prompt = c.Alike[0], c.Name()
	}
	two := "cinemasphere settled --note=NOTE " + receipt
	if c.Receipt != "" && c.State == string(store.PaymentRefundDue) {
		two = giveBack(c, initiator)
	}
	return why, "look them up in the M-PESA portal; if they are one: cinemasphere accept " + receipt + " " + prompt + "; if they are two: " + two
}

// notPaid is what can be done about money that a person took to be there, and M-PESA does not know as ours.
func notPaid(c store.Case) string {
	todo := "look it up in the M-PESA portal; if the ticket was paid with another receipt: cinemasphere accept RECEIPT " + cmp.Or(c.TicketCode, "CODE") +
		"; if nothing was paid, write that down, which makes the ticket void: cinemasphere refund --by-hand=NOTHING-PAID " + named(c)
	if c.State != string(store.PaymentRefundDue) {
		todo += "; if it was paid all the same, " + settle(c)
	}
	return todo
}

// advisePaid is about a ticket's money.
func advisePaid(c store.Case, initiator bool) (why, todo string) {
	due := c.State == string(store.PaymentRefundDue)
	back := giveBack(c, initiator)
	switch {
	case c.Receipt == "" && due:
		return "M-PESA confirmed it without a receipt, and it is due back: " + refundReason(c), receiptComes + "; or look it up in the M-PESA portal: " + accept(c) + "; or " + back
	case c.Receipt == "":
		return "M-PESA confirmed it without a receipt", receiptComes + "; or look it up in the M-PESA portal: " + accept(c)
	case due && c.Amount == 0:
		return "it is due back, and M-PESA did not say how much it took", "look its amount up in the M-PESA portal, and " + back
	case due:
		return refundReason(c), back
	}
	return "paid for the ticket", "nothing"
}

const receiptComes = "nothing: the receipt comes with a callback or, at a paybill, with a C2B confirmation"

// adviseUnmatched is about money that names no ticket, or of which it is not clear what it is for.
func adviseUnmatched(c store.Case, back string) (why, todo string) {
	switch c.Reason {
	case "names no ticket":
		return "it names no ticket of ours", "if it is another taking of the till, " + settle(c) + "; if it paid for a ticket: " + accept(c) + "; else " + back
	case "to be confirmed":
		return "it names a ticket, and M-PESA is being asked whether that is so", "nothing, for some minutes; then, " + decide(c, back)
	case receiptTwice:
		return "its receipt is another payment's", "look it up in the M-PESA portal, then " + settle(c)
	}
	if strings.HasPrefix(c.Reason, store.ReasonOtherID) {
		return "M-PESA told of it with the token of this ticket's prompt and with another CheckoutRequestID, so that it paid for nothing",
			"look in the M-PESA portal for this receipt; " + decide(c, back)
	}
	if c.Reason == store.ReasonMayBeSame {
		return "it came besides what has paid for the ticket, or has gone back", "look it up in the M-PESA portal; " + decide(c, back)
	}
	return cmp.Or(unmatchedWhy[c.Reason], c.Reason), "look it up in the M-PESA portal; " + decide(c, back)
}

// adviseAmount is about money of which M-PESA has not said how much it is, or not in a way that can be read.
func adviseAmount(c store.Case, initiator bool) (why, todo string) {
	why = "M-PESA told of it, and its amount is not known"
	todo = "look its amount up in the M-PESA portal; " + decide(c, giveBack(c, initiator))
	if initiator {
		todo = "nothing, for some minutes: M-PESA is asked how much it is; then, " + todo
	}
	return why, todo
}

// unmatchedWhy is why M-PESA's word on a receipt did not make it the payment of the ticket that it was named for.
var unmatchedWhy = map[string]string{
	store.ReasonNoSuchReceipt: "it was told of, and M-PESA, when it was asked, knew no such completed payment",
	store.ReasonPaidOthers:    "it was told of, and M-PESA, when it was asked, said that it was paid to somebody else",
	store.ReasonUsed:          "it was named for two tickets",
	store.ReasonOlder:         "it is older than the ticket that it names",
	store.ReasonOtherAmount:   "it is of another amount than the ticket that it names",
	store.ReasonOtherPhone:    "it was paid from another phone than those of the ticket that it names",
	store.ReasonNotAsked:      "it names a ticket, and M-PESA could not be asked whether that is so",
	store.ReasonUnclear:       "it may be the money of another booking of the same phone",

	store.ReasonAcceptedInstead: "a person had accepted it for a prompt that M-PESA then named another receipt of",
}

// adviseRefund is about a refund that is not done.
func adviseRefund(c store.Case, initiator bool) (why, todo string) {
	switch {
	case c.Out == 0 && !initiator:
		return "a refund was asked for, and there is no API operator (initiator) to send a Reversal with", byHand(c)
	case c.Receipt == "":
		return "a refund was asked for, and is sent once the receipt is known", receiptComes + "; or look it up in the M-PESA portal: " + accept(c) + "; or " + byHand(c)
	case c.Out == 0:
		return "a refund was asked for", "nothing: its Reversal will be sent to M-PESA"
	case !c.Awaited && (c.Next == 0 || !initiator):
		why = "a Reversal was sent to M-PESA, which has not said what became of it"
		if c.Code != "" {
			why += " (" + answeredWith(c.Code, c.RefundText) + ")"
		}
		return why,
			"look in the M-PESA portal whether the money has gone back; if it has, write that down, else " + byHand(c)
	}
	why = "a refund is on its way"
	if c.Code != "" && mpesa.ClassifyResult(mpesa.Code(c.Code)).Outcome == mpesa.OutcomeUnknown {
		why += "; M-PESA answered with " + answeredWith(c.Code, c.RefundText) + ", which nobody knows"
	}
	return why, "nothing: M-PESA's answer is awaited"
}

// giveBack is how an entry's money can be given back.
func giveBack(c store.Case, initiator bool) string {
	if initiator && !inCents(c) {
		return "refund it: cinemasphere refund " + named(c)
	}
	return byHand(c)
}

func byHand(c store.Case) string {
	return "give it back in the M-PESA portal and write that down: cinemasphere refund --by-hand=REFERENCE " + named(c)
}

// decide is what a person can make of a receipt that names no ticket for certain.
func decide(c store.Case, back string) string {
	return "if it paid for a ticket: " + accept(c) + "; else " + back + "; or, if neither, " + settle(c)
}

// accept is how a receipt that a person has looked up becomes a ticket's, or that of a payment that lacks it. CODE is the ticket's, where
// the entry has none.
func accept(c store.Case) string {
	ticket := cmp.Or(c.TicketCode, "CODE")
	if c.Kind == store.CasePayment && c.Receipt == "" {
		ticket = nameless(c)
	}
	amount := ""
	if c.Reason == store.ReasonOtherAmount && c.Amount > 0 && c.Amount%100 == 0 {
		amount = "--amount=" + strconv.FormatInt(int64(c.Amount/100), 10) + " "
	}
	return "cinemasphere accept " + amount + cmp.Or(c.Receipt, "RECEIPT") + " " + ticket
}

// settle is how an entry that a person has seen to is taken off the list. A receipt may name several entries; of a claim it is this one.
func settle(c store.Case) string {
	name := c.Name()
	if c.Kind == store.CasePayment && c.Receipt != "" {
		name = c.Receipt
	}
	return "take it off the list: cinemasphere settled --note=NOTE " + name
}

// nameless is how a payment without a receipt is named: by its ticket, where no other payment of that may be meant.
func nameless(c store.Case) string {
	if c.TicketCode == "" || c.Others > 0 || c.Reason == receiptTwice {
		return c.Name()
	}
	return c.TicketCode
}

// named is how an entry's payment is named to a command.
func named(c store.Case) string {
	name := cmp.Or(c.Receipt, nameless(c))
	if c.Amount == 0 {
		name = "--amount=SHILLINGS " + name
	}
	return name
}

func refundReason(c store.Case) string {
	why := cmp.Or(refundWhy[c.Reason], c.Reason)
	if inCents(c) {
		why += "; its amount has cents, and a Reversal gives back whole shillings"
	}
	return why
}

// inCents reports whether no Reversal can give back what M-PESA took.
func inCents(c store.Case) bool { return c.Amount%100 != 0 }

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

const (
	notAskedAnyMore = "M-PESA has not said whether this prompt was paid, and is not asked any more"
	tellsItself     = "nothing, for some minutes: M-PESA tells by itself whether it was paid"
)

func advisePush(c store.Case) (why, todo string) {
	switch why := advisePushEnd(c); {
	case why != "":
		return why, "nothing about this prompt: no money left; what it says of the set-up is to be put right"
	case c.State == string(store.PushSending):
		return "the prompt is being sent", "nothing"
	case c.Reason == store.ReasonUnknownCode && c.Next != 0:
		return unknownCode(c), "nothing: M-PESA will be asked again"
	case c.Reason == store.ReasonConfirming && c.Next != 0:
		return "M-PESA has told of this prompt in a way that has to be confirmed: a callback of it is on this list too",
			"nothing: M-PESA is asked whether it was paid"
	case c.Reason == store.ReasonOddAnswer && c.Next != 0:
		return unknownCode(c), "nothing: M-PESA is asked about it"
	case c.Next != 0:
		return noVerdict(c, "M-PESA has not said whether this prompt was paid"), "nothing: M-PESA will be asked again"
	case c.Awaited && !c.Askable && c.Reason == store.ReasonOddAnswer:
		return unknownCode(c), tellsItself
	case c.Awaited && !c.Askable:
		return "the answer to this prompt was lost, so M-PESA cannot be asked about it", tellsItself
	case c.Awaited:
		return noVerdict(c, notAskedAnyMore), tellsItself
	}
	why = noVerdict(c, notAskedAnyMore)
	if oddCode(c.Reason) {
		why = unknownCode(c)
	}
	return why, "look for its phone and amount in the M-PESA portal; if it was paid: " + accept(c) +
		"; else, or after that, " + settle(c)
}

// noVerdict is how a prompt stands that may yet be paid: M-PESA has said that it was not completed, or it is silent.
func noVerdict(c store.Case, silent string) string {
	if c.State == string(store.PushSoftFailed) && c.Code != "" {
		return unknownCode(c) + " Money may come all the same"
	}
	return silent + lastAnswer(c)
}

// lastAnswer is what M-PESA answered when it was asked about a prompt, where that was no verdict.
func lastAnswer(c store.Case) string {
	if c.RefundText == "" {
		return ""
	}
	return "; when it was asked it answered: " + c.RefundText
}

// unknownCode says of a prompt what M-PESA has answered about it, where that is no verdict.
func unknownCode(c store.Case) string {
	return "M-PESA answered with " + answeredWith(c.Code, c.Text) + ". " + operatorSays(c.State, c.Reason, c.Code, c.Text)
}

// advisePushEnd says why a prompt that is over was not paid, "" of one that may yet be.
func advisePushEnd(c store.Case) string {
	what := answeredWith(c.Code, c.Text) + ". " + operatorSays(c.State, c.Reason, c.Code, c.Text)
	switch store.PushState(c.State) {
	case store.PushRefused:
		return "Daraja refused this prompt with " + what
	case store.PushFailed:
		return "this prompt failed with " + what
	default:
		return ""
	}
}

// callbackAbout is what each kind of callback tells of.
var callbackAbout = map[store.CallbackKind]string{
	store.CallbackSTK:      "whether a prompt was paid",
	store.CallbackC2B:      "money that was paid (C2B)",
	store.CallbackStatus:   "a receipt that it was asked about",
	store.CallbackReversal: "a Reversal",
	store.CallbackPull:     "money that was paid (Pull Transactions)",
}

// adviseCallback is about what M-PESA has sent and what was not understood whole.
func adviseCallback(c store.Case) (why, todo string) {
	kind := store.CallbackKind(c.Reason)
	why = "M-PESA told of " + cmp.Or(callbackAbout[kind], "something") + ", and it was not understood whole"
	if kind == store.CallbackSTK && c.Askable {
		why = "M-PESA told that a prompt was paid"
	}
	if c.Why != "" {
		why += ": " + c.Why
	}
	if kind == store.CallbackValidation && c.Why != "" {
		why = c.Why
	}
	switch {
	case c.State == store.CallbackRead:
		return why + "; it has been read since", "nothing"
	case c.State == store.CallbackResolved:
		return why + "; M-PESA has said by another way what it was about, or the books have its money", "nothing"
	}
	todo = "look it up in the M-PESA portal by its text and time; "
	if c.Receipt != "" {
		todo = "look its receipt up in the M-PESA portal; "
	}
	if kind != store.CallbackStatus && kind != store.CallbackReversal {
		receipt, ticket := cmp.Or(c.Receipt, "RECEIPT"), cmp.Or(c.TicketCode, "CODE")
		todo += "if it paid for a ticket: cinemasphere accept " + receipt + " " + ticket + "; "
	}
	if todo += "then " + settle(c); c.Next != 0 {
		todo = "nothing, for some minutes: M-PESA is asked about it; if that does not help, " + todo
	}
	return why, todo
}

func adviseClaim(c store.Case) (why, todo string) {
	todo = "nothing"
	switch store.ClaimState(c.State) {
	case store.ClaimAsking:
		if c.RefundText != "" {
			return "M-PESA is being asked about a receipt that was named for this ticket; so far it answered with " +
				c.RefundText, todo
		}
		return "M-PESA is being asked about a receipt that was named for this ticket", todo
	case store.ClaimConfirmed:
		return cmp.Or(claimWhy[c.Reason], "M-PESA has confirmed the receipt that was named for this ticket"), todo
	case store.ClaimPerson:
		if c.Money == store.PaymentApplied && c.Others > 0 {
			return "the receipt has paid for another booking by the word of a person, or of its payer",
				"look the receipt up in the M-PESA portal; if it paid for this ticket: cinemasphere accept --move " + c.Receipt + " " + c.TicketCode + "; else " + settle(c)
		}
		todo = "look the receipt up in the M-PESA portal; if it paid for the ticket: " + accept(c) + "; else " + settle(c)
	case store.ClaimRefused:
	}
	switch c.Money {
	case store.PaymentApplied:
		todo = "nothing: it has paid for a ticket"
	case store.PaymentRefunded, store.PaymentReversed:
		todo = "nothing: its money has gone back"
	case store.PaymentRefundDue, store.PaymentUnmatched, store.PaymentSuperseded:
	}
	if c.Reason == store.ReasonNotUnderstood {
		return "the customer names this receipt. M-PESA answered with " + c.RefundText +
			": that does not say what became of it", todo
	}
	return cmp.Or(claimWhy[c.Reason], c.Reason), todo
}

var claimWhy = map[string]string{
	store.ReasonNotAsked:      "the customer names this receipt, and M-PESA could not be asked",
	store.ReasonOtherAmount:   "the receipt is of another amount than the ticket",
	store.ReasonOtherPhone:    "the receipt was paid from another phone than the ticket's",
	store.ReasonUsed:          "the receipt was named for another ticket too",
	store.ReasonUnclear:       "the receipt may be that of another booking of the same phone",
	store.ReasonNoSuchReceipt: "the customer named a receipt that M-PESA does not know as a completed payment",
	store.ReasonPaidOthers:    "the customer named a receipt of a payment to somebody else",
	store.ReasonOlder:         "the customer named a receipt that is older than the ticket",
	store.ReasonReversed:      "the customer named a receipt whose money has gone back",
	store.ReasonAccepted:      "a person has accepted the receipt that was named for this ticket",
	store.ReasonSettled:       "the customer named a receipt that the box office has looked into and not taken for the ticket",
}
