package wording

import (
	"strings"

	"cinemasphere/store"
)

// MessageHead is what a message to a customer is about, in a few words.
func MessageHead(e store.MessageEvent) string {
	switch e {
	case store.MessagePaid:
		return "Your ticket"
	case store.MessageMoved:
		return "Your ticket, with other seats"
	case store.MessageRefunded:
		return "Your money is back"
	case store.MessageCancelled:
		return "Cancelled"
	}
	return string(e)
}

// MessageSubject is what a message to a customer is headed with.
func MessageSubject(e store.MessageEvent, t *store.Ticket) string {
	return MessageHead(e) + ": " + t.Movie.Title + ", " + When(t.Screening.StartsAt)
}

// MessageLead is what a message to a customer says, in short paragraphs. The refund is what has gone back.
func MessageLead(e store.MessageEvent, t *store.Ticket, refund store.Cents) []string {
	const show = "Show this code at the door. Whoever has it can use it, so share it only with those who come along."
	switch e {
	case store.MessagePaid:
		return []string{"You have paid " + Shillings(t.Total) + ". This is your ticket.", show}
	case store.MessageMoved:
		return []string{
			"You have paid " + Shillings(t.Total) + ". This is your ticket.",
			"The first seats had gone when your payment came. These are as near as can be: " + seatList(t) + ".", show,
		}
	case store.MessageRefunded:
		return []string{Cents(refund) + " has gone back to you."}
	case store.MessageCancelled:
		said := []string{Cancelled(t.Screening), "Your ticket admits nobody any more."}
		if t.RefundDue > 0 {
			said = append(said, "The cinema owes you the "+Cents(t.RefundDue)+" that you paid, and writes to you "+
				"once it has gone back. You need not do anything.")
		}
		return said
	}
	return nil
}

func seatList(t *store.Ticket) string { return strings.Join(t.Seats, ", ") }

// MessageAgain is said in a message that may have come before.
const MessageAgain = "You may have this message already: we could not tell whether it reached you. There is one " +
	"booking."

// MessageFoot is said under every message.
const MessageFoot = "You get this since this address was given with the booking. It is used for nothing else."

// MessageEventName is what a message tells of, for the staff.
func MessageEventName(e store.MessageEvent) string {
	switch e {
	case store.MessagePaid:
		return "Ticket"
	case store.MessageMoved:
		return "Ticket, other seats"
	case store.MessageRefunded:
		return "Money is back"
	case store.MessageCancelled:
		return "Cancelled"
	}
	return string(e)
}

// ViaName is how a message goes, for the staff.
func ViaName(v store.Via) string {
	if v == store.ViaSMS {
		return "SMS"
	}
	return "E-mail"
}

// ViaWord is how a message goes, within a sentence.
func ViaWord(v store.Via) string {
	if v == store.ViaSMS {
		return "SMS"
	}
	return "e-mail"
}

// MessageStateName is how far a message has come, for the staff.
func MessageStateName(m store.Message) string {
	switch m.State {
	case store.MessageWaiting:
		if m.Failure != "" {
			return "tried again at " + ClockSeconds(m.NextAt)
		}
		return "waits"
	case store.MessageSent:
		if m.Unsure > 0 {
			return "sent, perhaps twice"
		}
		return "sent"
	case store.MessageGivenUp:
		return "not sent"
	case store.MessageUnknown:
		return "perhaps sent"
	case store.MessageOvertaken:
		return "not needed any more"
	}
	return string(m.State)
}

// failures are the words that a failure of a message may be, besides those with a number of the far end.
var failures = map[string]string{
	"interrupted":   "the program ended while it was sent",
	"restored":      "it waited when the backup was made that was restored",
	"unreachable":   "the service cannot be reached",
	"log-in":        "the service does not let us in",
	"no answer":     "the service did not answer in time",
	"no balance":    "the account has no money left",
	"sender":        "the service does not know our sender",
	"number":        "the service does not take this number",
	"blocked":       "the number takes no messages from services",
	"odd answer":    "the service gave an answer that is not understood",
	"too busy":      "the service is too busy",
	"address":       "the address cannot be written to",
	"cannot render": "the message could not be made: see the log",
}

// MessageFailure says to the staff why a message did not come through, "" where it did.
func MessageFailure(m store.Message) string {
	if said, is := failures[m.Failure]; is {
		return said
	}
	if code, is := strings.CutPrefix(m.Failure, "smtp "); is {
		return "the mail server answered " + code
	}
	if code, is := strings.CutPrefix(m.Failure, "http "); is {
		return "the SMS service answered HTTP " + code
	}
	if code, is := strings.CutPrefix(m.Failure, "sms "); is {
		return "the SMS service answered " + code
	}
	return m.Failure
}
