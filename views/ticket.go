package views

import (
	"strconv"
	"strings"

	"cinemasphere/store"
	"cinemasphere/views/ui"
)

// polls reports whether the page asks by itself how the payment is going.
func (t TicketView) polls() bool { return t.Ticket.Status == store.Pending || t.Asking }

// Reloads reports whether the page loads itself again where there is no JavaScript to do better. It must not while
// somebody may be typing in it.
func (t TicketView) Reloads() bool { return t.Ticket.Status == store.Pending || t.Checking != "" }

// holdLeft is the whole seconds that the seats are still held for.
func (t TicketView) holdLeft() int {
	if t.Ticket.HoldUntil == 0 {
		return 0
	}
	return ui.SecondsLeft(t.Now.Time(), t.Ticket.HoldUntil.Time())
}

// holdWhole is the seconds the hold lasts in all, for its bar.
func (t TicketView) holdWhole() int {
	return max(1, ui.SecondsLeft(t.Ticket.HeldSince.Time(), t.Ticket.HoldUntil.Time()))
}

// retryWait is the whole seconds until another prompt may be asked for.
func (t TicketView) retryWait() int {
	if t.RetryAt == 0 {
		return 0
	}
	return ui.SecondsLeft(t.Now.Time(), t.RetryAt.Time())
}

// awaitsPrompt reports whether the customer is to look for a prompt: not once M-PESA has said something of it, or the
// screening is cancelled.
func (t TicketView) awaitsPrompt() bool { return !t.Confirming && t.Answered == "" && !t.cancelled() }

// cancelled reports whether the ticket's screening is. Its money may say so before the screening, which is read anew
// only every few seconds where another process cancelled it.
func (t TicketView) cancelled() bool {
	return t.Ticket.Screening.Status == store.Cancelled || t.Ticket.Owed == store.ReasonScreeningCancelled ||
		t.Ticket.VoidReason == store.ReasonScreeningCancelled
}

func (t TicketView) seats() string { return strings.Join(t.Ticket.Seats, ", ") }

func (t TicketView) seatsLabel() string {
	if len(t.Ticket.Seats) == 1 {
		return "Seat"
	}
	return "Seats"
}

func (t TicketView) payee() string {
	if t.Cinema == "" {
		return "the cinema"
	}
	return t.Cinema
}

// heading is what has become of the payment, in a few words.
func (t TicketView) heading() string {
	switch {
	case t.Ticket.Status == store.Paid:
		if t.Ticket.VoidedAt != 0 {
			return "This ticket is no longer valid"
		}
		return "Enjoy the film"
	case t.Ticket.Status == store.Failed && t.Checking != "":
		return "Checking your payment…"
	case t.Ticket.Status == store.Failed:
		if t.Title == "" {
			return "Payment not completed"
		}
		return t.Title
	}
	switch {
	case t.cancelled():
		return "This screening is cancelled"
	case t.Confirming:
		return "Confirming your payment…"
	case t.Answered != "":
		return "M-PESA has answered"
	}
	switch t.Ticket.Push.State {
	case store.PushSending:
		return "Sending the prompt…"
	case store.PushUnknown:
		return "A prompt may be on your phone"
	case store.PushPrompted, store.PushRefused, store.PushSoftFailed, store.PushFailed, store.PushPaid:
	}
	return "Check your phone"
}

// tone is how a failure looks: amber where money may come, is owed or has gone back, red otherwise.
func (t TicketView) tone() string {
	if t.Late || t.Owed || t.Returned {
		return "late"
	}
	return "failed"
}

// whereReceipt says what whoever has paid is to do instead of paying again.
func (t TicketView) whereReceipt() string {
	if t.Receipt.Asks == AsksNot {
		return "show your M-PESA message at the box office."
	}
	return "type the receipt below."
}

// receiptTitle is over the form that asks for a receipt, and receiptLink what leads to it.
func (t TicketView) receiptTitle() string {
	switch {
	case t.Receipt.Another:
		return "Have you paid more than once?"
	case len(t.Returns) > 0 && t.Ticket.Status != store.Pending:
		return "The receipt of this payment"
	case t.Ticket.Status == store.Paid:
		return "Add the M-PESA receipt"
	}
	return "Have you paid already?"
}

func (t TicketView) receiptLink() string {
	switch {
	case t.Checking != "":
		return "Type another receipt"
	case t.Receipt.Another:
		return "Paid more than once?"
	case t.Ticket.Status == store.Paid:
		return "Add the M-PESA receipt"
	}
	return "I have paid already"
}

// receiptHint says what a receipt looks like, where what is wrong does not say it.
func (t TicketView) receiptHint() string {
	if t.Receipt.Error != "" {
		return ""
	}
	return "The receipt is the 10 letters and digits at the start of the message, such as UJ22T8IYOU."
}

// account is what the customer types as the account number of a paybill: the code, which the books read in groups too.
func (t TicketView) account() string { return t.Ticket.Code }

// byHand reports whether one may pay without a prompt.
func (t TicketView) byHand() bool { return t.Paybill != "" || t.Till != "" }

func seconds(n int) string { return strconv.Itoa(n) }

// spaced is a public code in groups that can be read aloud: 0 ABCD EFGH.
func spaced(code string) string {
	var b strings.Builder
	for i, r := range code {
		if i > 0 && (len(code)-i)%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}
