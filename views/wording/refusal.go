package wording

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cinemasphere/store"
)

// PhoneTaken is all that anybody reads whose prompt cannot go to a phone, unless the prompt on it is their own: the
// words are the rule here, since any others would tell a stranger whether a number is paying at this moment.
const PhoneTaken = "Another booking has sent a prompt to this number. If it is not yours, cancel it; do not enter " +
	"your PIN."

// Refusal says to a customer why the books did not take a booking.
func Refusal(r *store.Refusal) string {
	switch r.Kind {
	case store.SoldOut:
		return left(r.Left, "This screening is sold out.", "Only one seat is left.", "Only %d seats are left.")
	case store.SeatTaken:
		return seatsTaken(r)
	case store.HalfLoveSeat:
		return "A love seat is for two: please take " + strings.Join(r.Seats, " and ") + " as well, or neither half."
	case store.CompanionOnly:
		return "A companion seat is for whoever comes with " + strings.Join(r.Seats, " and ") +
			", a place for a wheelchair: please take that as well, or another seat."
	case store.NotPriced:
		return "These tickets are not sold for these seats. Please choose again."
	case store.NotOnSale:
		return "Tickets for this screening are no longer sold."
	case store.PriceChanged:
		return fmt.Sprintf("The price has changed: the total is now %s. Nothing was booked.", Shillings(r.Total))
	case store.PhoneBusy:
		if r.Until == 0 { // it is not this browser's own, and no word may say more of the phone
			return PhoneTaken
		}
		return "A payment prompt is already on this phone. Answer or cancel it" + until(r.Until, ", then try again.")
	case store.AddressHolds:
		return "Many seats are waiting to be paid for from your network. Please try again" + after(r.Wait)
	case store.AddressShare:
		return "Many seats of this screening are waiting to be paid for from your network. Please try again" +
			after(r.Wait)
	case store.TooFast:
		return "You have made many bookings in a minute. Please wait a minute, then try again."
	case store.TooManyPrompts:
		return "Many payment prompts that you asked for were not answered. Please try again" + after(r.Wait)
	case store.AddressBusy:
		if r.Left > 0 {
			return fmt.Sprintf("Many bookings from your network are waiting to be paid for. You can book %d seats "+
				"now.", r.Left)
		}
		return "Many bookings from your network are waiting to be paid for. Please try again" + after(r.Wait)
	case store.OwnPrompts:
		return "The last prompts to this number were not answered. Please wait" +
			strings.TrimPrefix(after(r.Wait), " in") +
			" Or pay from another number."
	case store.TooManyGuesses:
		return "Many receipts that M-PESA does not know have been named. Please try again" + after(r.Wait) +
			" Or show your M-PESA message at the box office."
	case store.TooManySeats:
		return fmt.Sprintf("You may hold %d seats at once. ", store.OwnSeats) +
			left(r.Left, "Pay for those you have first.", "You can book one more.", "You can book %d more.")
	case store.KeyReused:
		return "This form has already made another booking. Please look at that one before you book again."
	case store.KeyElsewhere:
		return "This booking has been made already, by another browser or over another connection. The prompt on " +
			"the phone is for it. " +
			"Its ticket opens in the browser that booked; otherwise show your M-PESA message at the box office."
	case store.KeyEnded:
		return "This form has made a booking already, by another browser or over another connection, and that one " +
			"was not paid for. " +
			"Send the form again to book anew."
	case store.PromptOut:
		return "The last prompt may still be answered. Answer or cancel it on your phone" +
			until(r.Until, ", then try again.")
	case store.RefundOwed:
		return "A refund is due to you on this booking, so it is not tried again. Please make a new booking."
	case store.HeldTooLong:
		return "These seats have been held for as long as they may be. Please book again."
	case store.NotFailed:
		return "There is nothing to pay again for this ticket."
	case store.SalesPaused, store.DarajaDown:
		return salesClosed(r)
	case store.TooManyTries:
		return fmt.Sprintf("%d receipts have been named already. Please show your M-PESA message at the box "+
			"office.", store.ClaimTries)
	case store.OverLimit:
		return fmt.Sprintf("M-PESA takes at most %s in one payment. Please book fewer tickets.",
			Shillings(store.MaxCharge))
	default:
		return "This booking was not possible. Nothing was booked."
	}
}

func left(n int, none, one, many string) string {
	switch n {
	case 0:
		return none
	case 1:
		return one
	}
	return fmt.Sprintf(many, n)
}

func until(i store.Instant, otherwise string) string {
	if i == 0 {
		return otherwise
	}
	return ", or try again after " + ClockSeconds(i) + "."
}

// after says how long to wait, in words that do not sound more exact than they are.
func after(d time.Duration) string {
	switch minutes := int((d + time.Minute - 1) / time.Minute); {
	case d <= 0:
		return " later."
	case d < time.Minute:
		return fmt.Sprintf(" in %d seconds.", max(int(d/time.Second), 1))
	case minutes == 1:
		return " in a minute."
	default:
		return fmt.Sprintf(" in %d minutes.", minutes)
	}
}

// RefusalToProgram is [Refusal] for whoever has sent a request by a program, and has no form before them.
func RefusalToProgram(r *store.Refusal) string {
	switch r.Kind {
	case store.KeyReused:
		return "This Idempotency-Key has been used for another request."
	case store.KeyElsewhere:
		return "This request has been made already, from another address or session, and its booking stands. " +
			"The prompt on the phone is for it. Its ticket opens for whoever made it; otherwise show the M-PESA " +
			"message at the box office."
	default:
		return Refusal(r)
	}
}

// What whoever has M-PESA asked about a prompt reads where there is no answer.
const (
	NoTurn   = "M-PESA is being asked about other payments at the moment. Please ask again in a few seconds."
	NoAnswer = "M-PESA gave no answer. Please ask again in a few seconds."
)

// SalesClosedTitle heads a page that says why no bookings are taken.
const SalesClosedTitle = "Bookings are closed for the moment"

// salesClosed says to who wants to book why no bookings are taken.
func salesClosed(r *store.Refusal) string {
	const nothing = " Nothing was booked and you have not been charged. Please "
	if r.Kind == store.SalesPaused {
		return "The box office has paused ticket sales for the moment." + nothing + "look in again later."
	}
	again := "in a few minutes"
	if r.Until != 0 {
		again = "after " + ClockSeconds(r.Until)
	}
	return "M-PESA is not answering at the moment. We take no bookings meanwhile, since your seats would wait for a " +
		"prompt that never comes." + nothing + "try again " + again + "."
}

// SalesClosedNotice says on a page about something else that no bookings are taken.
func SalesClosedNotice(r *store.Refusal) string {
	if r.Kind == store.SalesPaused {
		return "Ticket sales are paused for the moment. Please look in again later."
	}
	return "M-PESA is not answering, so bookings are closed for the moment. Please look in again in a few minutes."
}

// Gone says on a map that seats that a customer has ticked are somebody else's now, or are no longer there.
func Gone(r *store.Refusal) string { return lostSeats(r) + " Your other choices are as they were." }

// lostSeats says which of the seats that a customer chose are taken, and which the hall does not have.
func lostSeats(r *store.Refusal) string {
	var said []string
	taken := slices.DeleteFunc(slices.Clone(r.Seats), func(l string) bool { return slices.Contains(r.Missing, l) })
	switch len(taken) {
	case 0:
	case 1:
		said = append(said, "Seat "+taken[0]+" has just been taken.")
	default:
		said = append(said, "Seats "+listed(taken)+" have just been taken.")
	}
	const changed = "The hall's plan has changed: "
	switch {
	case len(r.Seats) == 0:
		said = append(said, changed+"not all of these seats are there any more.")
	case len(r.Missing) == 1:
		said = append(said, changed+"seat "+r.Missing[0]+" is no longer there.")
	case len(r.Missing) > 1:
		said = append(said, changed+"seats "+listed(r.Missing)+" are no longer there.")
	}
	return strings.Join(said, " ")
}

// listed is one or more names as they stand in a sentence: A1, A2 and A3.
func listed(names []string) string {
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return names[0]
}

// Wheelchairs explains to a customer that some places have no chair.
func Wheelchairs(places store.Labels) string {
	if len(places) == 1 {
		return places[0] + " is a place for a wheelchair: there is no chair. Please leave it to those who need it."
	}
	return strings.Join(places, ", ") + " are places for wheelchairs: there are no chairs. Please leave them to " +
		"those who need them."
}

// seatsTaken says that seats that a customer chose are gone, and what to do.
func seatsTaken(r *store.Refusal) string {
	if len(r.Seats) == 1 {
		return lostSeats(r) + " Please choose another."
	}
	return lostSeats(r) + " Please choose others."
}
