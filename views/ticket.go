package views

import (
	"strconv"
	"strings"

	"cinemasphere/store"
	"cinemasphere/views/ui"
)

// polls reports whether the page asks by itself how the payment is going.
func (t TicketView) polls() bool { return t.Ticket.Status == store.Pending }

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
	case t.Ticket.Status == store.Failed:
		if t.Title == "" {
			return "Payment not completed"
		}
		return t.Title
	}
	switch t.Ticket.Push.State {
	case store.PushSending:
		return "Sending the prompt…"
	case store.PushUnknown:
		return "A prompt may be on your phone"
	}
	return "Check your phone"
}

// tone is how a failure looks: amber where money may come or is owed, red otherwise.
func (t TicketView) tone() string {
	if t.Late || t.Owed {
		return "late"
	}
	return "failed"
}

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
