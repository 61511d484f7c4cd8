package checkout_test

import (
	"testing"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// TestAdvice: each entry of the list says why it stands there and what can be done, with an initiator and without.
func TestAdvice(t *testing.T) {
	const byHand = "give it back in the M-PESA portal and write that down: cinemasphere refund --by-hand=REFERENCE "
	const (
		one    = "look them up in the M-PESA portal; if they are one: cinemasphere accept "
		two    = "cinemasphere settled --note=NOTE "
		settle = "take it off the list: cinemasphere settled --note=NOTE "
		waits  = "nothing: the receipt comes with a callback or, at a paybill, with a C2B confirmation; or "
		lookUp = "look it up in the M-PESA portal: cinemasphere accept RECEIPT "
		refund = "refund it: cinemasphere refund "
	)
	payment := func(state store.PaymentState, change func(*store.Case)) store.Case {
		c := store.Case{Kind: store.CasePayment, ID: 9, State: string(state), Receipt: "R", TicketCode: "CODE", Amount: 100}
		if change != nil {
			change(&c)
		}
		return c
	}
	refunding := func(state store.RefundState, change func(*store.Case)) store.Case {
		return payment(store.PaymentRefundDue, func(c *store.Case) { c.Refund = state; change(c) })
	}
	claim := func(state store.ClaimState, reason string, money store.PaymentState) store.Case {
		return store.Case{Kind: store.CaseClaim, ID: 7, State: string(state), Reason: reason, Receipt: "R", TicketCode: "CODE", Money: money}
	}
	push := func(state store.PushState, change func(*store.Case)) store.Case {
		c := store.Case{Kind: store.CasePush, ID: 8, State: string(state), TicketCode: "CODE", Amount: 100}
		change(&c)
		return c
	}
	for name, tt := range map[string]struct {
		c                 store.Case
		why, with, byHand string // byHand is what can be done without an initiator, where that is something else
	}{
		"applied":                               {payment(store.PaymentApplied, nil), "paid for the ticket", "nothing", ""},
		"refunded":                              {payment(store.PaymentRefunded, nil), "refunded", "nothing", ""},
		"refunded, no receipt":                  {payment(store.PaymentRefunded, func(c *store.Case) { c.Receipt = "" }), "refunded", "nothing", ""},
		"refunded, then refused":                {payment(store.PaymentRefunded, func(c *store.Case) { c.Refund = store.RefundFailed }), "refunded", "nothing", ""},
		"reversed":                              {payment(store.PaymentReversed, nil), "reversed at M-PESA, not by us", "nothing", ""},
		"superseded":                            {payment(store.PaymentSuperseded, func(c *store.Case) { c.Receipt = "" }), "it has turned out to be the same money as another entry", "nothing", ""},
		"applied after a refusal":               {payment(store.PaymentApplied, func(c *store.Case) { c.Refund = store.RefundFailed }), "paid for the ticket", "nothing", ""},
		"due":                                   {payment(store.PaymentRefundDue, func(c *store.Case) { c.Reason = store.ReasonVoided }), "the ticket is void", "refund it: cinemasphere refund R", byHand + "R"},
		"due, unknown amount":                   {payment(store.PaymentRefundDue, func(c *store.Case) { c.Amount = 0 }), "it is due back, and M-PESA did not say how much it took", "look its amount up in the M-PESA portal, and refund it: cinemasphere refund --amount=SHILLINGS R", "look its amount up in the M-PESA portal, and " + byHand + "--amount=SHILLINGS R"},
		"due, no receipt":                       {payment(store.PaymentRefundDue, func(c *store.Case) { c.Receipt, c.Reason = "", store.ReasonPaidTwice }), "M-PESA confirmed it without a receipt, and it is due back: the ticket had been paid before", waits + lookUp + "CODE; or " + refund + "CODE", waits + lookUp + "CODE; or " + byHand + "CODE"},
		"due, one of several without a receipt": {payment(store.PaymentRefundDue, func(c *store.Case) { c.Receipt, c.Reason, c.Others = "", store.ReasonPaidTwice, 2 }), "M-PESA confirmed it without a receipt, and it is due back: the ticket had been paid before", waits + lookUp + "payment:9; or " + refund + "payment:9", waits + lookUp + "payment:9; or " + byHand + "payment:9"},
		"applied, no receipt":                   {payment(store.PaymentApplied, func(c *store.Case) { c.Receipt = "" }), "M-PESA confirmed it without a receipt", waits + lookUp + "CODE", ""},
		"refused":                               {refunding(store.RefundFailed, func(c *store.Case) { c.RefundText = "no funds" }), "a refund was refused: no funds", "ask again: cinemasphere refund R; or " + byHand + "R", byHand + "R"},
		"returned twice":                        {payment(store.PaymentRefunded, func(c *store.Case) { c.Reason, c.RefundText = store.DoubtReturnedTwice, "REF" }), "it was written down as given back by hand (REF), and M-PESA says that it has given it back as well", "compare the two in the M-PESA portal; if it went back twice, ask the customer for one of them; then " + settle + "R", ""},
		"requested":                             {refunding(store.RefundRequested, func(c *store.Case) { c.Next = 1 }), "a refund was asked for", "nothing: its Reversal will be sent to M-PESA", byHand + "R"},
		"requested, out":                        {refunding(store.RefundRequested, func(c *store.Case) { c.Next, c.Out = 1, 1 }), "a refund is on its way", "nothing: M-PESA's answer is awaited", "look in the M-PESA portal whether the money has gone back; if it has, write that down, else " + byHand + "R"},
		"requested, last one out":               {refunding(store.RefundRequested, func(c *store.Case) { c.Out, c.Awaited = 1, true }), "a refund is on its way", "nothing: M-PESA's answer is awaited", ""},
		"requested, stuck":                      {refunding(store.RefundRequested, func(c *store.Case) { c.Out = 6 }), "a Reversal was sent to M-PESA, which has not said what became of it", "look in the M-PESA portal whether the money has gone back; if it has, write that down, else " + byHand + "R", ""},
		"requested, no receipt":                 {refunding(store.RefundRequested, func(c *store.Case) { c.Receipt = "" }), "a refund was asked for, and is sent once the receipt is known", waits + lookUp + "CODE; or " + byHand + "CODE", byHand + "CODE"},
		"shared receipt": {payment(store.PaymentApplied, func(c *store.Case) { c.Reason = store.DoubtShared + " UKT2" }),
			"M-PESA has named the same receipt for two prompts that were both paid: this one, and that of UKT2",
			"look both prompts up in the M-PESA portal; whichever was paid with another receipt: cinemasphere accept RECEIPT CODE; then " + settle + "R", ""},
		"unknown code": {push(store.PushUnknown, func(c *store.Case) { c.Reason, c.Code, c.Text, c.Next = store.ReasonUnknownCode, "1101", "TEXT", 1 }),
			"M-PESA answered with code 1101, TEXT. " + mpesa.Classify("1101").Operator, "nothing: M-PESA will be asked again", ""},
		"not completed": {push(store.PushSoftFailed, func(c *store.Case) { c.Code, c.Text, c.Next = "26", "TEXT.", 1 }),
			"M-PESA answered with code 26, TEXT. " + mpesa.Classify("26").Operator + " Money may come all the same",
			"nothing: M-PESA will be asked again", ""},
		"failed for the set-up": {push(store.PushFailed, func(c *store.Case) { c.Code, c.Text = "2028", "TEXT." }),
			"this prompt failed with code 2028, TEXT. " + mpesa.Classify("2028").Operator,
			"nothing about this prompt: no money left; what it says of the set-up is to be put right", ""},
		"unread, asked about": {store.Case{Kind: store.CaseCallback, ID: 3, State: store.CallbackUnread, Reason: "stk", TicketCode: "CODE", Why: "WHY", Next: 1},
			"M-PESA told of whether a prompt was paid, and it was not understood whole: WHY",
			"nothing, for some minutes: M-PESA is asked about it; if that does not help, look it up in the M-PESA portal by its text and time; " +
				"if it paid for a ticket: cinemasphere accept RECEIPT CODE; then " + settle + "callback:3", ""},
		"unread, with a receipt": {store.Case{Kind: store.CaseCallback, ID: 3, State: store.CallbackUnread, Reason: "c2b", Receipt: "R"},
			"M-PESA told of money that was paid (C2B), and it was not understood whole",
			"look its receipt up in the M-PESA portal; if it paid for a ticket: cinemasphere accept R CODE; then " + settle + "callback:3", ""},
		"unread, resolved": {store.Case{Kind: store.CaseCallback, ID: 3, State: store.CallbackResolved, Reason: "reversal"},
			"M-PESA told of a Reversal, and it was not understood whole; M-PESA has said by another way what it was about, or the books have its money", "nothing", ""},
		"another's receipt": {payment(store.PaymentUnmatched, func(c *store.Case) { c.Receipt, c.Reason = "", "receipt of another payment" }), "its receipt is another payment's", "look it up in the M-PESA portal, then " + settle + "payment:9", ""},
		"may be the same, no receipt": {payment(store.PaymentUnmatched, func(c *store.Case) {
			c.Receipt, c.Reason, c.Alike = "", store.ReasonMayBeSame, []string{"R2"}
		}), "it came besides what has paid for the ticket, or has gone back", one + "R2 payment:9; if they are two: " + two + "R2", ""},
		"may be the same": {payment(store.PaymentUnmatched, func(c *store.Case) {
			c.Reason, c.Alike = store.ReasonMayBeSame, []string{"payment:8"}
		}), "it came besides what has paid for the ticket, or has gone back", one + "R payment:8; if they are two: " + two + "R", ""},
		"paid, may be the same": {payment(store.PaymentApplied, func(c *store.Case) {
			c.Receipt, c.Alike = "", []string{"R2"}
		}), "M-PESA confirmed it without a receipt", one + "R2 payment:9; if they are two: " + two + "R2", ""},
		"due, may be the same": {payment(store.PaymentRefundDue, func(c *store.Case) {
			c.Reason, c.Alike = store.ReasonPaidTwice, []string{"payment:8"}
		}), "the ticket had been paid before", one + "R payment:8; if they are two: " + refund + "R", one + "R payment:8; if they are two: " + byHand + "R"},
		"another amount":      {payment(store.PaymentUnmatched, func(c *store.Case) { c.Reason = store.ReasonOtherAmount }), "it is of another amount than the ticket that it names", "look it up in the M-PESA portal; if it paid for a ticket: cinemasphere accept --amount=1 R CODE; else " + refund + "R; or, if neither, " + settle + "R", "look it up in the M-PESA portal; if it paid for a ticket: cinemasphere accept --amount=1 R CODE; else " + byHand + "R; or, if neither, " + settle + "R"},
		"names no ticket":     {payment(store.PaymentUnmatched, func(c *store.Case) { c.TicketCode, c.Reason = "", "names no ticket" }), "it names no ticket of ours", "if it is another taking of the till, " + settle + "R; if it paid for a ticket: cinemasphere accept R CODE; else " + refund + "R", "if it is another taking of the till, " + settle + "R; if it paid for a ticket: cinemasphere accept R CODE; else " + byHand + "R"},
		"settled":             {payment(store.PaymentUnmatched, func(c *store.Case) { c.Reason, c.Settled = "names no ticket", true }), "it names no ticket of ours", "nothing: it is settled", ""},
		"to be confirmed":     {payment(store.PaymentUnmatched, func(c *store.Case) { c.Reason = "to be confirmed" }), "it names a ticket, and M-PESA is being asked whether that is so", "nothing, for some minutes; then, if it paid for a ticket: cinemasphere accept R CODE; else " + refund + "R; or, if neither, " + settle + "R", "nothing, for some minutes; then, if it paid for a ticket: cinemasphere accept R CODE; else " + byHand + "R; or, if neither, " + settle + "R"},
		"due, with cents":     {payment(store.PaymentRefundDue, func(c *store.Case) { c.Reason, c.Amount = store.ReasonWrongAmount, 270050 }), "M-PESA took another amount than was asked; its amount has cents, and a Reversal gives back whole shillings", byHand + "R", ""},
		"refused, with cents": {refunding(store.RefundFailed, func(c *store.Case) { c.RefundText, c.Amount = "in cents", 270050 }), "a refund was refused: in cents", byHand + "R", ""},
		"returned in part": {refunding(store.RefundRequested, func(c *store.Case) {
			c.Reason, c.RefundText, c.Out = store.DoubtReturnedShort, "gave back KSh 1.00 of KSh 2.00", 1
		}), "its Reversal has given back less than M-PESA took: gave back KSh 1.00 of KSh 2.00", "look in the M-PESA portal what has gone back, give back the rest there, and write that down: cinemasphere refund --by-hand=REFERENCE R", ""},
		"another id": {payment(store.PaymentUnmatched, func(c *store.Case) { c.Reason = store.ReasonOtherID + "CODE" }), "M-PESA told of it with the token of this ticket's prompt and with another CheckoutRequestID, so that it paid for nothing",
			"look in the M-PESA portal for this receipt; if it paid for a ticket: cinemasphere accept R CODE; else " + refund + "R; or, if neither, " + settle + "R",
			"look in the M-PESA portal for this receipt; if it paid for a ticket: cinemasphere accept R CODE; else " + byHand + "R; or, if neither, " + settle + "R"},
		"claim, confirmed":         {claim(store.ClaimConfirmed, "", store.PaymentApplied), "M-PESA has confirmed the receipt that was named for this ticket", "nothing", ""},
		"claim, refused":           {claim(store.ClaimRefused, store.ReasonOlder, ""), "the customer named a receipt that is older than the ticket", "nothing", ""},
		"claim, settled":           {claim(store.ClaimRefused, store.ReasonSettled, ""), "the customer named a receipt that the box office has looked into and not taken for the ticket", "nothing", ""},
		"claim, for a person":      {claim(store.ClaimPerson, store.ReasonNotAsked, ""), "the customer names this receipt, and M-PESA could not be asked", "look the receipt up in the M-PESA portal; if it paid for the ticket: cinemasphere accept R CODE; else " + settle + "claim:7", ""},
		"claim, refunded":          {claim(store.ClaimPerson, store.ReasonOtherAmount, store.PaymentRefunded), "the receipt is of another amount than the ticket", "nothing: its money has gone back", ""},
		"claim, another's":         {claim(store.ClaimPerson, store.ReasonUsed, store.PaymentApplied), "the receipt was named for another ticket too", "nothing: it has paid for a ticket", ""},
		"push, answer lost":        {push(store.PushUnknown, func(c *store.Case) { c.Awaited = true }), "the answer to this prompt was lost, so M-PESA cannot be asked about it", "nothing, for some minutes: M-PESA tells by itself whether it was paid", ""},
		"push, awaited":            {push(store.PushPrompted, func(c *store.Case) { c.Awaited, c.Askable = true, true }), "M-PESA has not said whether this prompt was paid, and is not asked any more", "nothing, for some minutes: M-PESA tells by itself whether it was paid", ""},
		"push, to be asked about":  {push(store.PushUnknown, func(c *store.Case) { c.Next, c.Awaited = 1, true }), "M-PESA has not said whether this prompt was paid", "nothing: M-PESA will be asked again", ""},
		"push, not asked any more": {push(store.PushUnknown, func(*store.Case) {}), "M-PESA has not said whether this prompt was paid, and is not asked any more", "look for its phone and amount in the M-PESA portal; if it was paid: cinemasphere accept RECEIPT CODE; else, or after that, " + settle + "push:8", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if why, todo := checkout.Advise(tt.c, true); why != tt.why || todo != tt.with {
				t.Errorf("with an initiator: %s; do %s", why, todo)
			}
			want := tt.byHand
			if want == "" {
				want = tt.with
			}
			if _, todo := checkout.Advise(tt.c, false); todo != want {
				t.Errorf("without one: do %s", todo)
			}
		})
	}
}
