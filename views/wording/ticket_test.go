package wording_test

import (
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/views/wording"
)

func TestEveryClaimIsExplained(t *testing.T) {
	const person = "A person at the box office will look at it"
	seen := map[string]string{}
	for _, tt := range []struct {
		state  store.ClaimState
		reason store.Reason
		says   string
	}{
		{store.ClaimAsking, "", "has not answered yet about receipt UJ22T8IYOU"},
		{store.ClaimConfirmed, "", "confirmed receipt UJ22T8IYOU"},
		{store.ClaimRefused, store.ReasonNoSuchReceipt, "no completed payment with receipt UJ22T8IYOU"},
		{store.ClaimRefused, store.ReasonPaidOthers, "somebody else"},
		{store.ClaimRefused, store.ReasonUsed, "has paid for another booking"},
		{store.ClaimPerson, store.ReasonUsed, "was named for another booking too"},
		{store.ClaimRefused, store.ReasonOlder, "before this booking"},
		{store.ClaimPerson, store.ReasonOtherAmount, "another amount than the KSh 2,700 of this booking"},
		{store.ClaimPerson, store.ReasonOtherPhone, "from a phone that we sent no prompt to"},
		{store.ClaimRefused, store.ReasonReversed, "has been reversed"},
		{store.ClaimRefused, store.ReasonResolved, "has looked into receipt UJ22T8IYOU"},
		{store.ClaimPerson, store.ReasonNotAsked, "could not ask M-PESA"},
		{store.ClaimPerson, store.ReasonUnclear, "may be of another booking"},
		{store.ClaimPerson, "new", "could not be matched to this booking"},
	} {
		got := wording.ExplainClaim(store.ReceiptClaim{Receipt: "UJ22T8IYOU", State: tt.state, Reason: tt.reason}, 2700)
		if !strings.Contains(got, tt.says) || !strings.Contains(got, "UJ22T8IYOU") || strings.Contains(got,
			person) != (tt.state == store.ClaimPerson) {
			t.Errorf("%s %s: %q, want %q", tt.state, tt.reason, got, tt.says)
		}
		if other, said := seen[got]; said {
			t.Errorf("%s %s says the same as %s", tt.state, tt.reason, other)
		}
		seen[got] = string(tt.state) + " " + string(tt.reason)
	}
}

func TestEveryReturnIsExplained(t *testing.T) {
	for _, tt := range []struct {
		r    store.TicketRefund
		says string
	}{
		{store.TicketRefund{Amount: 135050, Receipt: "R", State: store.PaymentRefundDue},
			"KSh 1,350.50 is due back to you. Keep this page and your M-PESA message."},
		{store.TicketRefund{Amount: 135000, State: store.PaymentRefundDue, Refund: store.RefundRequested},
			"KSh 1,350 is due back to you. We need the receipt from your M-PESA message to send the money back."},
		{store.TicketRefund{Amount: 135000, State: store.PaymentRefundDue},
			"KSh 1,350 is due back to you. We need the receipt from your M-PESA message to send the money back."},
		{store.TicketRefund{Receipt: "R", State: store.PaymentRefundDue},
			"What M-PESA took is due back to you. Keep this page and your M-PESA message."},
		{store.TicketRefund{Amount: 270000, Receipt: "R", State: store.PaymentRefundDue, Reason: store.ReasonPaidTwice},
			"M-PESA took a second payment of KSh 2,700 for this booking. It is due back to you. Keep this page and " +
				"your M-PESA message."},
		{store.TicketRefund{Amount: 135000, Receipt: "R", State: store.PaymentRefundDue, Refund: store.RefundRequested},
			"KSh 1,350 is on its way back to you. M-PESA sends you a message when it is there; if none has come by " +
				"tomorrow, show this page at the box office."},
		{store.TicketRefund{Amount: 135000, Receipt: "R", State: store.PaymentRefundDue, Refund: store.RefundFailed},
			"KSh 1,350 is due back to you, and M-PESA refused to send it. Please show this page and your M-PESA " +
				"message at the box office."},
		{store.TicketRefund{Amount: 135000, Receipt: "R", State: store.PaymentRefunded, Refund: store.RefundDone},
			"KSh 1,350 has been paid back to you."},
		{store.TicketRefund{Amount: 135000, Receipt: "R", State: store.PaymentReversed},
			"KSh 1,350 was reversed at M-PESA: the money has gone back to whoever paid it."},
		{store.TicketRefund{Amount: 135000, State: store.PaymentUnmatched},
			"M-PESA has told us of a payment for this booking that we cannot place yet. A person at the box office " +
				"will look at it: keep your M-PESA message."},
	} {
		if got := wording.ExplainReturn(tt.r); got != tt.says {
			t.Errorf("%+v: %q, want %q", tt.r, got, tt.says)
		}
	}
}

func TestEveryVoidTicketIsExplained(t *testing.T) {
	seen := map[string]string{}
	for _, reason := range []store.Reason{store.ReasonRefundAsked, store.ReasonWrongAmount, store.ReasonTakenOver,
		store.ReasonNeverPaid, store.ReasonReversed, store.ReasonScreeningCancelled,
		store.ReasonNoLongerGiven, ""} {
		got := wording.ExplainVoid(&store.Ticket{Status: store.Paid, VoidedAt: 1, VoidReason: reason})
		if other, said := seen[got]; said || !strings.Contains(got, "does not admit") {
			t.Errorf("%q: %q, as of %q", reason, got, other)
		}
		seen[got] = string(reason)
	}
}

func TestWhatHasGoneBackIsNotOwed(t *testing.T) {
	late := store.Ticket{Status: store.Failed, Owed: store.ReasonSeatsGone, RefundDue: 135000}
	if e := wording.Explain(&late); !e.Owed || e.Returned || !strings.Contains(e.Sentence,
		"The cinema owes you what M-PESA took (KSh 1,350)") {
		t.Errorf("due: %+v", e)
	}
	late.RefundDue, late.Refunded = 0, 135000
	if e := wording.Explain(&late); e.Owed || !e.Returned || !strings.Contains(e.Sentence,
		"The KSh 1,350 that M-PESA took has gone back to you.") {
		t.Errorf("gone back: %+v", e)
	}
	for _, tk := range []store.Ticket{{Reason: store.FailureUnconfirmed}, {Push: store.Push{ResultCode: "1037"}}} {
		if e := wording.Explain(&tk); !e.Late || !strings.Contains(e.Sentence,
			"type the receipt of your M-PESA message on this booking's page") {
			t.Errorf("%s %s: %+v", tk.Reason, tk.Push.ResultCode, e)
		}
	}
}

// TestUnconfirmedOfCancelled: where the screening is cancelled, what M-PESA may still say gives nobody seats.
func TestUnconfirmedOfCancelled(t *testing.T) {
	tk := store.Ticket{Reason: store.FailureUnconfirmed, Screening: store.Screening{Status: store.Cancelled}}
	if e := wording.Explain(&tk); strings.Contains(e.Sentence, "get your seats") || !e.Late ||
		!strings.HasSuffix(e.Sentence, "It is due back to you then.") {
		t.Errorf("%+v", e)
	}
}
