package wording_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"cinemasphere/mpesa"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

// TestAdvice: each entry of the list says why it stands there and what can be done, with an initiator and without.
func TestAdvice(t *testing.T) {
	payment := func(state store.PaymentState, change func(*store.OpenItem)) store.OpenItem {
		c := store.OpenItem{Kind: store.ItemPayment, ID: 9, State: string(state), Receipt: "R", TicketCode: "CODE",
			Amount: 100}
		if change != nil {
			change(&c)
		}
		return c
	}
	refunding := func(state store.RefundState, change func(*store.OpenItem)) store.OpenItem {
		return payment(store.PaymentRefundDue, func(c *store.OpenItem) { c.Refund = state; change(c) })
	}
	claim := func(state store.ClaimState, reason store.Reason, money store.PaymentState) store.OpenItem {
		return store.OpenItem{Kind: store.ItemClaim, ID: 7, State: string(state), Reason: reason, Receipt: "R",
			TicketCode: "CODE", Money: money}
	}
	push := func(state store.PushState, change func(*store.OpenItem)) store.OpenItem {
		c := store.OpenItem{Kind: store.ItemPush, ID: 8, State: string(state), TicketCode: "CODE", Amount: 100}
		change(&c)
		return c
	}
	for name, tt := range map[string]struct {
		c         store.OpenItem
		why, with string
		byHand    string // what can be done without an initiator, where that is something else or more
	}{
		"two amounts": {payment(store.PaymentApplied, func(c *store.OpenItem) {
			c.Doubt, c.DoubtCents = store.DoubtAmount, 1350_50
		}),
			"M-PESA has reported two amounts of it: KSh 1 and KSh 1,350.50",
			"look; refund R; resolve R +note", "look; give_back R +reference; resolve R +note"},
		"two amounts, gone back": {payment(store.PaymentRefunded,
			func(c *store.OpenItem) {
				c.Doubt, c.DoubtCents = store.DoubtAmount, 1350_00
			}),
			"M-PESA has reported two amounts of it: KSh 1 and KSh 1,350",
			"look; resolve R +note", ""},
		"two amounts, on its way": {refunding(store.RefundRequested, func(c *store.OpenItem) {
			c.Doubt, c.DoubtCents = store.DoubtAmount, 1350_00
			c.Out, c.Awaited = 1, true
		}),
			"a refund is on its way",
			"wait", ""},
		"unknown to M-PESA": {payment(store.PaymentApplied, func(c *store.OpenItem) {
			c.Doubt = store.DoubtNoSuchReceipt
		}),
			"M-PESA was asked, and reports no completed payment with this receipt",
			"look; accept >CODE +receipt; nothing_paid R; resolve R +note", ""},
		"unknown to M-PESA, due": {payment(store.PaymentRefundDue,
			func(c *store.OpenItem) { c.Doubt = store.DoubtNoSuchReceipt }),
			"M-PESA was asked, and reports no completed payment with this receipt",
			"look; accept >CODE +receipt; nothing_paid R", ""},
		"paid to others, no amount": {payment(store.PaymentApplied, func(c *store.OpenItem) {
			c.Doubt, c.Amount, c.TicketCode = store.DoubtPaidOthers, 0, ""
		}),
			"M-PESA was asked, and reports that it was paid to somebody else",
			"look; accept > +receipt +ticket; nothing_paid R +amount; resolve R +note", ""},
		"given back before its amount was known": {payment(store.PaymentRefunded, func(c *store.OpenItem) {
			c.Doubt, c.RefundText, c.DoubtCents = store.DoubtReturnedOther,
				"REF", 200
		}),
			"KSh 2 of it went back (REF), and M-PESA took KSh 1",
			"look; resolve R +note", ""},
		"refused with a code": {refunding(store.RefundFailed, func(c *store.OpenItem) {
			c.RefundText, c.Code = "Low.",
				"1"
		}),
			"a refund was refused with code 1, Low. " + mpesa.ClassifyResult("1").Operator,
			"ask_again R; give_back R +reference", "give_back R +reference"},
		"refused by Daraja": {refunding(store.RefundFailed, func(c *store.OpenItem) {
			c.RefundText,
				c.Code = "Bad Request", "400.002.02"
		}),
			"a refund was refused with code 400.002.02, Bad Request.",
			"ask_again R; give_back R +reference", "give_back R +reference"},
		"to be sent again": {refunding(store.RefundRequested, func(c *store.OpenItem) {
			c.Next, c.RefundText,
				c.Code = 1, "Busy", "26"
		}),
			"a refund was asked for; M-PESA answered with code 26, Busy. " + mpesa.ClassifyResult("26").Operator,
			"wait", "give_back R +reference"},
		"to be sent again, Daraja was busy": {refunding(store.RefundRequested, func(c *store.OpenItem) {
			c.Next,
				c.RefundText, c.Code = 1, "Spike", "500.003.03"
		}),
			"a refund was asked for; M-PESA answered with code 500.003.03, Spike.",
			"wait", "give_back R +reference"},
		"out, an unknown code": {refunding(store.RefundRequested, func(c *store.OpenItem) {
			c.Out, c.Awaited,
				c.RefundText, c.Code = 1, true, "New", "3131"
		}),
			"a refund is on its way; M-PESA answered with code 3131, New. " + mpesa.ClassifyResult("3131").Operator,
			"wait", ""},
		"reversed before": {payment(store.PaymentReversed, func(c *store.OpenItem) {
			c.RefundText,
				c.Code = "Already.", "R000001"
		}),
			"reversed at M-PESA, not by us; M-PESA answered with code R000001, Already. " +
				mpesa.ClassifyResult("R000001").Operator,
			"", ""},
		"refunded, done": {payment(store.PaymentRefunded, func(c *store.OpenItem) {
			c.RefundText, c.Code = "Done", "0"
		}),
			"refunded",
			"", ""},
		"amount not known": {payment(store.PaymentUnmatched, func(c *store.OpenItem) { c.Amount = 0 }),
			"M-PESA reported it, and its amount is not known",
			"wait; look; accept R>CODE; refund R +amount; resolve R +note",
			"look; accept R>CODE; give_back R +reference +amount; resolve R +note"},
		"another amount, in cents": {payment(store.PaymentUnmatched, func(c *store.OpenItem) {
			c.Reason,
				c.Amount = store.ReasonOtherAmount, 150
		}),
			"it is of another amount than the ticket that it names",
			"look; accept R>CODE; give_back R +reference; resolve R +note", ""},
		"claim, to be moved": {store.OpenItem{Kind: store.ItemClaim, ID: 7, State: "person", Receipt: "R",
			TicketCode: "CODE", Money: store.PaymentApplied, Others: 1},
			"the receipt has paid for another ticket, for which a person or the payer had named it",
			"look; move R>CODE; resolve claim:7 +note", ""},
		"claim, being asked": {store.OpenItem{Kind: store.ItemClaim, ID: 7, State: "asking", Receipt: "R",
			RefundText: "code 26, Busy"},
			"M-PESA is being asked about a receipt that was named for this ticket; so far it answered with code " +
				"26, Busy",
			"wait", ""},
		"claim, not understood": {store.OpenItem{Kind: store.ItemClaim, ID: 7, State: "person",
			Reason: store.ReasonNotUnderstood, Receipt: "R", TicketCode: "CODE", RefundText: "state Odd"},
			"the customer named this receipt, and M-PESA answered with state Odd, which does not say what became of it",
			"look; accept R>CODE; resolve claim:7 +note", ""},
		"claim, reversed": {claim(store.ClaimRefused, store.ReasonReversed, store.PaymentReversed),
			"the customer named a receipt whose money has gone back",
			"wait", ""},
		"push, refused for the set-up": {push(store.PushRefused, func(c *store.OpenItem) {
			c.Failure, c.Code, c.Text = store.FailureConfig, "500.001.1001", "Wrong credentials"
		}),
			"Daraja refused this prompt with code 500.001.1001, Wrong credentials. Daraja refuses every push for a " +
				"setting: " +
				"check that MPESA_PASSKEY is the passkey of MPESA_BUSINESS_SHORT_CODE.",
			"wait", ""},
		"push, refused": {push(store.PushRefused, func(c *store.OpenItem) {
			c.Failure, c.Code = store.FailureRefused,
				"400.002.02"
		}),
			"Daraja refused this prompt with code 400.002.02. Daraja did not take the push, and no prompt went out.",
			"wait", ""},
		"push, sending": {push(store.PushSending, func(*store.OpenItem) {}),
			"the prompt is being sent",
			"wait", ""},
		"push, answered oddly, not asked any more": {push(store.PushUnknown, func(c *store.OpenItem) {
			c.Failure,
				c.Code, c.Text = store.FailureUnknownCode, "1101", "TEXT"
		}),
			"M-PESA answered with code 1101, TEXT. " + mpesa.Classify("1101").Operator,
			"look; accept >push:8 +receipt; resolve push:8 +note", ""},
		"push, to be confirmed": {push(store.PushUnknown, func(c *store.OpenItem) {
			c.Failure,
				c.Next = store.FailureConfirming, 1
		}),
			"what M-PESA reported of this prompt has to be confirmed; the callback is on this list too",
			"wait", ""},
		"push, asked in vain": {push(store.PushUnknown, func(c *store.OpenItem) {
			c.Next, c.RefundText = 1,
				"code 500.001.1001, in progress"
		}),
			"M-PESA has not reported whether this prompt was paid; when it was asked it answered: code 500.001.1001, " +
				"in progress",
			"wait", ""},
		"asked beforehand": {store.OpenItem{Kind: store.ItemCallback, ID: 3, State: store.CallbackUnread,
			Callback: store.CallbackValidation, Receipt: "R", Why: store.UnreadUnparsed, Detail: "WHY",
			TicketCode: "CODE"},
			"WHY",
			"look; accept R>CODE; resolve callback:3 +note", ""},
		"a Reversal, unread": {store.OpenItem{Kind: store.ItemCallback, ID: 3, State: store.CallbackUnread,
			Callback: store.CallbackReversal, Receipt: "R"},
			"M-PESA reported a Reversal, and the report was not understood whole",
			"look; resolve callback:3 +note", ""},
		"a push paid, unread": {store.OpenItem{Kind: store.ItemCallback, ID: 3, State: store.CallbackUnread,
			Callback: store.CallbackSTK, Askable: true, Why: store.UnreadUnparsed, Detail: "WHY"},
			"M-PESA reported that a prompt was paid: WHY",
			"look; accept > +receipt +ticket; resolve callback:3 +note", ""},
		"read since": {store.OpenItem{
			Kind: store.ItemCallback, ID: 3, State: store.CallbackRead, Callback: store.CallbackPull,
		},
			"M-PESA reported money that was paid (Pull Transactions), and the report was not understood whole; it " +
				"has been read since",
			"", ""},
		"applied": {payment(store.PaymentApplied, nil),
			"paid for the ticket",
			"", ""},
		"refunded": {payment(store.PaymentRefunded, nil),
			"refunded",
			"", ""},
		"refunded, no receipt": {payment(store.PaymentRefunded, func(c *store.OpenItem) { c.Receipt = "" }),
			"refunded",
			"", ""},
		"refunded, then refused": {payment(store.PaymentRefunded,
			func(c *store.OpenItem) { c.Refund = store.RefundFailed }),
			"refunded",
			"", ""},
		"reversed": {payment(store.PaymentReversed, nil),
			"reversed at M-PESA, not by us",
			"", ""},
		"applied after a refusal": {payment(store.PaymentApplied,
			func(c *store.OpenItem) { c.Refund = store.RefundFailed }),
			"paid for the ticket",
			"", ""},
		"due": {payment(store.PaymentRefundDue, func(c *store.OpenItem) { c.Reason = store.ReasonVoided }),
			"the ticket is void",
			"refund R", "give_back R +reference"},
		"due, unknown amount": {payment(store.PaymentRefundDue, func(c *store.OpenItem) { c.Amount = 0 }),
			"it is due back, and M-PESA did not report how much it took",
			"look; refund R +amount", "look; give_back R +reference +amount"},
		"due, no receipt": {payment(store.PaymentRefundDue, func(c *store.OpenItem) {
			c.Receipt, c.Reason = "",
				store.ReasonPaidTwice
		}),
			"M-PESA confirmed it without a receipt, and it is due back: the ticket had been paid before",
			"wait; look; accept >payment:9 +receipt; refund CODE",
			"wait; look; accept >payment:9 +receipt; give_back CODE +reference"},
		"due, one of several without a receipt": {payment(store.PaymentRefundDue, func(c *store.OpenItem) {
			c.Receipt,
				c.Reason, c.Others = "", store.ReasonPaidTwice, 2
		}),
			"M-PESA confirmed it without a receipt, and it is due back: the ticket had been paid before",
			"wait; look; accept >payment:9 +receipt; refund payment:9",
			"wait; look; accept >payment:9 +receipt; give_back payment:9 +reference"},
		"applied, no receipt": {payment(store.PaymentApplied, func(c *store.OpenItem) { c.Receipt = "" }),
			"M-PESA confirmed it without a receipt",
			"wait; look; accept >payment:9 +receipt", ""},
		"refused": {refunding(store.RefundFailed, func(c *store.OpenItem) { c.RefundText = "no funds" }),
			"a refund was refused: no funds",
			"ask_again R; give_back R +reference", "give_back R +reference"},
		"returned twice": {payment(store.PaymentRefunded, func(c *store.OpenItem) {
			c.Doubt, c.RefundText = store.DoubtReturnedTwice, "REF"
		}),
			"it was recorded as given back by hand (REF), and M-PESA reports that it has given it back too",
			"look; resolve R +note", ""},
		"requested": {refunding(store.RefundRequested, func(c *store.OpenItem) { c.Next = 1 }),
			"a refund was asked for",
			"wait", "give_back R +reference"},
		"requested, out": {refunding(store.RefundRequested, func(c *store.OpenItem) { c.Next, c.Out = 1, 1 }),
			"a refund is on its way",
			"wait", "look; returned R +reference; give_back R +reference"},
		"requested, last one out": {refunding(store.RefundRequested, func(c *store.OpenItem) {
			c.Out, c.Awaited = 1,
				true
		}),
			"a refund is on its way",
			"wait", ""},
		"requested, stuck": {refunding(store.RefundRequested, func(c *store.OpenItem) { c.Out = 6 }),
			"a Reversal was sent, and M-PESA has not reported its result",
			"look; returned R +reference; give_back R +reference", ""},
		"requested, no receipt": {refunding(store.RefundRequested, func(c *store.OpenItem) { c.Receipt = "" }),
			"a refund was asked for, and is sent once the receipt is known",
			"wait; look; accept >payment:9 +receipt; give_back CODE +reference", "give_back CODE +reference"},
		"shared receipt": {payment(store.PaymentApplied, func(c *store.OpenItem) {
			c.Doubt, c.DoubtOf = store.DoubtShared, "UKT2"
		}),
			"M-PESA has reported the receipt UKT2 for two prompts",
			"look; accept > +receipt +ticket; resolve R +note", ""},
		"unknown code": {push(store.PushUnknown, func(c *store.OpenItem) {
			c.Failure, c.Code, c.Text,
				c.Next = store.FailureUnknownCode, "1101", "TEXT", 1
		}),
			"M-PESA answered with code 1101, TEXT. " + mpesa.Classify("1101").Operator,
			"wait", ""},
		"not completed": {push(store.PushSoftFailed, func(c *store.OpenItem) {
			c.Code, c.Text, c.Next = "26", "TEXT.", 1
		}),
			"M-PESA answered with code 26, TEXT. " + mpesa.Classify("26").Operator + " Money may come all the same",
			"wait", ""},
		"failed for the set-up": {push(store.PushFailed, func(c *store.OpenItem) { c.Code, c.Text = "2028", "TEXT." }),
			"this prompt failed with code 2028, TEXT. " + mpesa.Classify("2028").Operator,
			"wait", ""},
		"unread, asked about": {store.OpenItem{Kind: store.ItemCallback, ID: 3, State: store.CallbackUnread,
			Callback: store.CallbackSTK, TicketCode: "CODE", Why: store.UnreadUnparsed, Detail: "WHY", Next: 1},
			"M-PESA reported whether a prompt was paid, and the report was not understood whole: WHY",
			"wait; look; accept >CODE +receipt; resolve callback:3 +note", ""},
		"unread, with a receipt": {store.OpenItem{Kind: store.ItemCallback, ID: 3, State: store.CallbackUnread,
			Callback: store.CallbackC2B, Receipt: "R"},
			"M-PESA reported money that was paid (C2B), and the report was not understood whole",
			"look; accept R> +ticket; resolve callback:3 +note", ""},
		"unread, resolved": {store.OpenItem{Kind: store.ItemCallback, ID: 3, State: store.CallbackResolved,
			Callback: store.CallbackReversal},
			"M-PESA reported a Reversal, and the report was not understood whole; M-PESA has reported the same in " +
				"another way, or the books have the money",
			"", ""},
		"may be the same, no receipt": {payment(store.PaymentUnmatched, func(c *store.OpenItem) {
			c.Receipt, c.Reason, c.Alike = "", store.ReasonMayBeSame, []string{"R2"}
		}),
			"it may be money that has paid for the ticket already, or that has gone back",
			"look; accept R2>payment:9; resolve R2 +note", ""},
		"may be the same": {payment(store.PaymentUnmatched, func(c *store.OpenItem) {
			c.Reason, c.Alike = store.ReasonMayBeSame, []string{"payment:8"}
		}),
			"it may be money that has paid for the ticket already, or that has gone back",
			"look; accept R>payment:8; resolve R +note", ""},
		"paid, may be the same": {payment(store.PaymentApplied, func(c *store.OpenItem) {
			c.Receipt, c.Alike = "", []string{"R2"}
		}),
			"M-PESA confirmed it without a receipt",
			"look; accept R2>payment:9; resolve R2 +note", ""},
		"due, may be the same": {payment(store.PaymentRefundDue, func(c *store.OpenItem) {
			c.Reason, c.Alike = store.ReasonPaidTwice, []string{"payment:8"}
		}),
			"the ticket had been paid before",
			"look; accept R>payment:8; refund R", "look; accept R>payment:8; give_back R +reference"},
		"another amount": {payment(store.PaymentUnmatched, func(c *store.OpenItem) {
			c.Reason = store.ReasonOtherAmount
		}),
			"it is of another amount than the ticket that it names",
			"look; accept R>CODE=1; refund R; resolve R +note", "look; accept R>CODE=1; give_back R +reference; " +
				"resolve R +note"},
		"names no ticket": {payment(store.PaymentUnmatched, func(c *store.OpenItem) {
			c.TicketCode, c.Reason = "",
				store.ReasonNamesNoTicket
		}),
			"it names no ticket of ours",
			"resolve R +note; accept R> +ticket; refund R", "resolve R +note; accept R> +ticket; give_back R " +
				"+reference"},
		"resolved": {payment(store.PaymentUnmatched, func(c *store.OpenItem) {
			c.Reason, c.Resolved = store.ReasonNamesNoTicket,
				true
		}),
			"it names no ticket of ours",
			"wait", ""},
		"to be confirmed": {payment(store.PaymentUnmatched, func(c *store.OpenItem) {
			c.Reason = store.ReasonToBeConfirmed
		}),
			"it names a ticket, and M-PESA is being asked to confirm that",
			"wait; accept R>CODE; refund R", "wait; accept R>CODE; give_back R +reference; " +
				"resolve R +note"},
		"due, with cents": {payment(store.PaymentRefundDue, func(c *store.OpenItem) {
			c.Reason,
				c.Amount = store.ReasonWrongAmount, 270050
		}),
			"M-PESA took another amount than was asked; its amount has cents, and a Reversal gives back whole " +
				"shillings",
			"give_back R +reference", ""},
		"refused, with cents": {refunding(store.RefundFailed, func(c *store.OpenItem) {
			c.RefundText,
				c.Amount = "in cents", 270050
		}),
			"a refund was refused: in cents",
			"give_back R +reference", ""},
		"returned in part": {refunding(store.RefundDone, func(c *store.OpenItem) {
			c.Doubt, c.DoubtCents = store.DoubtReturnedOther, 50
			c.RefundText = "TEXT"
		}),
			"KSh 0.50 of it went back (TEXT), and M-PESA took KSh 1",
			"look; returned R +reference", ""},
		"another id": {payment(store.PaymentUnmatched, func(c *store.OpenItem) { c.Reason = store.ReasonOtherPush }),
			"M-PESA reported it with the token of this ticket's prompt and another CheckoutRequestID, so it paid " +
				"for nothing",
			"look; accept R>CODE; refund R; resolve R +note", "look; accept R>CODE; give_back R +reference; " +
				"resolve R +note"},
		"claim, confirmed": {claim(store.ClaimConfirmed, "", store.PaymentApplied),
			"M-PESA has confirmed the receipt that was named for this ticket",
			"", ""},
		"claim, refused": {claim(store.ClaimRefused, store.ReasonOlder, ""),
			"the customer named a receipt that is older than the ticket",
			"", ""},
		"claim, resolved": {claim(store.ClaimRefused, store.ReasonResolved, ""),
			"the customer named a receipt that the box office has looked into and not taken for the ticket",
			"", ""},
		"claim, for a person": {claim(store.ClaimPerson, store.ReasonNotAsked, ""),
			"the customer named this receipt, and M-PESA could not be asked",
			"look; accept R>CODE; resolve claim:7 +note", ""},
		"claim, to be refunded": {func() store.OpenItem {
			c := claim(store.ClaimPerson, store.ReasonOtherPhone, store.PaymentRefundDue)
			c.Refund = store.RefundRequested
			return c
		}(),
			wording.Advise(claim(store.ClaimPerson, store.ReasonOtherPhone, ""), true).Why, "wait", ""},
		"claim, refunded": {claim(store.ClaimPerson, store.ReasonOtherAmount, store.PaymentRefunded),
			"the receipt is of another amount than the ticket",
			"wait", ""},
		"claim, another's": {claim(store.ClaimPerson, store.ReasonUsed, store.PaymentApplied),
			"the receipt was named for another ticket too",
			"wait", ""},
		"push, answer lost": {push(store.PushUnknown, func(c *store.OpenItem) { c.Awaited = true }),
			"the answer to this prompt was lost, so M-PESA cannot be asked about it",
			"wait", ""},
		"push, awaited": {push(store.PushPrompted, func(c *store.OpenItem) { c.Awaited, c.Askable = true, true }),
			"M-PESA has not reported whether this prompt was paid, and is not asked any more",
			"wait", ""},
		"push, to be asked about": {push(store.PushUnknown, func(c *store.OpenItem) { c.Next, c.Awaited = 1, true }),
			"M-PESA has not reported whether this prompt was paid",
			"wait", ""},
		"push, not asked any more": {push(store.PushUnknown, func(*store.OpenItem) {}),
			"M-PESA has not reported whether this prompt was paid, and is not asked any more",
			"look; accept >push:8 +receipt; resolve push:8 +note", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := wording.Advise(tt.c, true); got.Why != tt.why || inShort(got) != tt.with {
				t.Errorf("with an initiator: %s; do %s", got.Why, inShort(got))
			}
			want := tt.byHand
			if want == "" {
				want = tt.with
			}
			if got := wording.Advise(tt.c, false); inShort(got) != want {
				t.Errorf("without one: do %s", inShort(got))
			}
		})
	}
}

// declared are the values of a type's constants in a file: a reason that is added is in it.
func declared(t *testing.T, path, of string) (values []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		group, is := d.(*ast.GenDecl)
		if !is || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			constant := spec.(*ast.ValueSpec)
			name, is := constant.Type.(*ast.Ident)
			if !is || name.Name != of {
				continue
			}
			value, err := strconv.Unquote(constant.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, value)
		}
	}
	if len(values) == 0 {
		t.Fatalf("%s has no %s", path, of)
	}
	return values
}

// TestEveryReasonIsSaid: no reason, doubt or failure of the books shows as its own word or not at all, whatever has
// become of the money.
func TestEveryReasonIsSaid(t *testing.T) {
	of := func(kind store.ItemKind, state string) store.OpenItem {
		return store.OpenItem{
			Kind: kind, ID: 9, State: state, Receipt: "R", TicketCode: "CODE", Amount: 100, Code: "CODE",
		}
	}
	var cases []store.OpenItem
	for _, reason := range declared(t, "../../store/money/decision.go", "Reason") {
		for _, state := range []store.PaymentState{store.PaymentUnmatched, store.PaymentRefundDue} {
			c := of(store.ItemPayment, string(state))
			c.Reason = store.Reason(reason)
			cases = append(cases, c)
		}
		for _, state := range []store.ClaimState{store.ClaimPerson, store.ClaimRefused} {
			c := of(store.ItemClaim, string(state))
			c.Reason = store.Reason(reason)
			cases = append(cases, c)
		}
	}
	for _, doubt := range declared(t, "../../store/money/decision.go", "DoubtReason") {
		for _, state := range []store.PaymentState{
			store.PaymentApplied, store.PaymentRefundDue, store.PaymentRefunded,
		} {
			c := of(store.ItemPayment, string(state))
			c.Doubt = store.DoubtReason(doubt)
			cases = append(cases, c)
		}
	}
	for _, failure := range declared(t, "../../store/reason.go", "FailureReason") {
		for _, state := range []store.PushState{store.PushUnknown, store.PushRefused, store.PushFailed} {
			c := of(store.ItemPush, string(state))
			c.Failure = store.FailureReason(failure)
			cases = append(cases, c)
		}
	}
	for _, kind := range declared(t, "../../store/callback.go", "CallbackKind") {
		c := of(store.ItemCallback, store.CallbackUnread)
		c.Callback = store.CallbackKind(kind)
		cases = append(cases, c)
		for _, why := range declared(t, "../../store/reason.go", "UnreadReason") {
			c.Why, c.Detail = store.UnreadReason(why), "DETAIL"
			said := wording.Advise(c, true).Why
			if bare := wording.Advise(of(store.ItemCallback, store.CallbackUnread), true).Why; said == bare ||
				strings.HasSuffix(said, ": ") || strings.Contains(why, "_") && strings.Contains(said, why) {
				t.Errorf("%s, %s: %q", kind, why, said)
			}
		}
	}
	for _, c := range cases {
		for _, initiator := range []bool{true, false} {
			a := wording.Advise(c, initiator)
			word := string(c.Reason) + string(c.Doubt) + string(c.Failure) + string(c.Callback)
			if strings.TrimSpace(a.Why) == "" || strings.HasSuffix(a.Why, "and ") ||
				strings.Contains(word, "_") && strings.Contains(a.Why, word) {
				t.Errorf("%s %s, %s: %q", c.State, c.Kind, word, a.Why)
			}
			if a.Nothing == "" && len(a.Actions) == 0 && c.Kind != store.ItemClaim {
				t.Errorf("%s %s, %s: nothing is to be done, and nobody says why", c.State, c.Kind, word)
			}
		}
	}
}

// TestEveryReasonIsTold: a customer reads something of every reason, and never its own word.
func TestEveryReasonIsTold(t *testing.T) {
	said := func(what, reason, text string) {
		if text == "" || strings.Contains(text, "_") {
			t.Errorf("%s %s: %q", what, reason, text)
		}
	}
	for _, reason := range declared(t, "../../store/money/decision.go", "Reason") {
		r := store.Reason(reason)
		for _, state := range []store.ClaimState{store.ClaimPerson, store.ClaimRefused} {
			said("a claim", reason,
				wording.ExplainClaim(store.ReceiptClaim{Receipt: "R", State: state, Reason: r}, 1350))
		}
		said("void", reason, wording.ExplainVoid(&store.Ticket{Status: store.Paid, VoidedAt: 1, VoidReason: r}))
		said("a return", reason, wording.ExplainReturn(store.TicketRefund{State: store.PaymentRefundDue, Reason: r}))
		for _, tk := range []store.Ticket{{RefundDue: 100}, {Refunded: 100}, {}} {
			tk.Status, tk.Owed = store.Failed, r
			e := wording.Explain(&tk)
			said("a ticket", reason, e.Sentence)
			if e.Owed == e.Returned || e.Cause == "" {
				t.Errorf("a ticket %s: %+v", reason, e)
			}
		}
	}
	for _, reason := range declared(t, "../../store/reason.go", "FailureReason") {
		e := wording.Explain(&store.Ticket{Status: store.Failed, Reason: store.FailureReason(reason)})
		said("a ticket", reason, e.Sentence)
		said("a ticket's title", reason, e.Title)
	}
}

// inShort is what can be done, without the words: what needs nobody now (wait), what is to be looked up first (look),
// and each action with what it is done to, for what, of how much, and what is still needed.
func inShort(a wording.Advice) string {
	var parts []string
	if a.Nothing != "" {
		parts = append(parts, "wait")
	}
	if a.Look != "" {
		parts = append(parts, "look")
	}
	for _, action := range a.Actions {
		part := string(action.Verb) + " " + action.Named
		if action.Verb == wording.Accept || action.Verb == wording.Move {
			part += ">" + action.For
		}
		if action.Amount != 0 {
			part += fmt.Sprint("=", action.Amount)
		}
		for _, need := range action.Needs {
			part += " +" + string(need)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}
