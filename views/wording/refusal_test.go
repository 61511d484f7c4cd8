package wording_test

import (
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/fairuse"
	"cinemasphere/views/wording"
)

func TestRefusalSentences(t *testing.T) {
	at := store.At(time.Date(2026, 11, 27, 16, 59, 30, 0, time.UTC))
	for _, tt := range []struct {
		refusal store.Refusal
		want    string
	}{
		{store.Refusal{Kind: store.SoldOut}, "This screening is sold out."},
		{store.Refusal{Kind: store.SoldOut, Left: 1}, "Only one seat is left."},
		{store.Refusal{Kind: store.SeatTaken, Seats: store.Labels{"A1", "A2"}},
			"Seats A1 and A2 have just been taken. Please choose others."},
		{store.Refusal{Kind: store.SeatTaken, Seats: store.Labels{"Z99"}, Missing: store.Labels{"Z99"}},
			"The hall's plan has changed: seat Z99 is no longer there. Please choose another."},
		{store.Refusal{Kind: store.SeatTaken, Seats: store.Labels{"H9", "A1", "H10", "H11"},
			Missing: store.Labels{"H9", "H10", "H11"}},
			"Seat A1 has just been taken. The hall's plan has changed: seats H9, H10 and H11 are no longer there. " +
				"Please choose others."},
		{store.Refusal{Kind: store.SeatTaken},
			"The hall's plan has changed: not all of these seats are there any more. Please choose others."},
		{store.Refusal{Kind: store.SoldOut, Left: 7}, "Only 7 seats are left."},
		{store.Refusal{Kind: store.NotOnSale}, "Tickets for this screening are no longer sold."},
		{store.Refusal{Kind: store.PriceChanged, Total: 2700}, "The price has changed: the total is now KSh 2,700. " +
			"Nothing was booked."},
		{store.Refusal{Kind: store.PhoneBusy, Until: at}, "A payment prompt is already on this phone. Answer or " +
			"cancel it, or try again after 19:59:30."},
		{store.Refusal{Kind: store.PhoneBusy, Wait: fairuse.PhoneWait},
			"Another booking has sent a prompt to this number. If it is not yours, cancel it; do not enter your PIN."},
		{store.Refusal{Kind: store.AddressHolds, Wait: 15 * time.Second},
			"Many seats are waiting to be paid for from your network. Please try again in 15 seconds."},
		{store.Refusal{Kind: store.AddressShare, Wait: 15 * time.Second},
			"Many seats of this screening are waiting to be paid for from your network. Please try again in 15 " +
				"seconds."},
		{store.Refusal{Kind: store.TooFast, Wait: time.Minute}, "You have made many bookings in a minute. Please " +
			"wait a minute, then try again."},
		{store.Refusal{Kind: store.TooManyPrompts, Wait: 61 * time.Second},
			"Many payment prompts that you asked for were not answered. Please try again in 2 minutes."},
		{store.Refusal{Kind: store.AddressBusy, Wait: 12 * time.Second},
			"Many bookings from your network are waiting to be paid for. Please try again in 12 seconds."},
		{store.Refusal{Kind: store.AddressBusy, Left: 2, Wait: 15 * time.Second},
			"Many bookings from your network are waiting to be paid for. You can book 2 seats now."},
		{store.Refusal{Kind: store.OwnPrompts, Wait: 121 * time.Second},
			"The last prompts to this number were not answered. Please wait 3 minutes. Or pay from another number."},
		{store.Refusal{Kind: store.OwnPrompts, Wait: 20 * time.Second},
			"The last prompts to this number were not answered. Please wait 20 seconds. Or pay from another number."},
		{store.Refusal{Kind: store.TooManyGuesses, Wait: 15 * time.Minute},
			"Many receipts that M-PESA does not know have been named. Please try again in 15 minutes. Or show your " +
				"M-PESA message at the box office."},
		{store.Refusal{Kind: store.KeyElsewhere}, "This booking has been made already, by another browser or over " +
			"another connection. The prompt on the phone is for it. Its ticket opens in the browser that booked; " +
			"otherwise show your M-PESA message at the box office."},
		{store.Refusal{Kind: store.KeyEnded}, "This form has made a booking already, by another browser or over " +
			"another connection, and that one was not paid for. Send the form again to book anew."},
		{store.Refusal{Kind: store.TooManySeats}, "You may hold 20 seats at once. Pay for those you have first."},
		{store.Refusal{Kind: store.TooManySeats, Left: 1}, "You may hold 20 seats at once. You can book one more."},
		{store.Refusal{Kind: store.TooManySeats, Left: 4}, "You may hold 20 seats at once. You can book 4 more."},
		{store.Refusal{Kind: store.KeyReused}, "This form has already made another booking. Please look at that " +
			"one before you book again."},
		{store.Refusal{Kind: store.PromptOut, Until: at}, "The last prompt may still be answered. Answer or cancel " +
			"it on your phone, or try again after 19:59:30."},
		{store.Refusal{Kind: store.RefundOwed}, "A refund is due to you on this booking, so it is not tried again. " +
			"Please make a new booking."},
		{store.Refusal{Kind: store.HeldTooLong}, "These seats have been held for as long as they may be. Please " +
			"book again."},
		{store.Refusal{Kind: store.NotFailed}, "There is nothing to pay again for this ticket."},
		{store.Refusal{Kind: store.SalesPaused}, "The box office has paused ticket sales for the moment. Nothing " +
			"was booked and you have not been charged. Please look in again later."},
		{store.Refusal{Kind: store.DarajaDown, Until: at}, "M-PESA is not answering at the moment. We take no " +
			"bookings meanwhile, since your seats would wait for a prompt that never comes. Nothing was booked and " +
			"you have not been charged. Please try again after 19:59:30."},
		{store.Refusal{Kind: store.DarajaDown}, "M-PESA is not answering at the moment. We take no bookings " +
			"meanwhile, since your seats would wait for a prompt that never comes. Nothing was booked and you have " +
			"not been charged. Please try again in a few minutes."},
		{store.Refusal{Kind: store.TooManyTries}, "5 receipts have been named already. Please show your M-PESA " +
			"message at the box office."},
		{store.Refusal{Kind: store.OverLimit}, "M-PESA takes at most KSh 250,000 in one payment. Please book fewer " +
			"tickets."},
		{store.Refusal{Kind: "new"}, "This booking was not possible. Nothing was booked."},
	} {
		if got := wording.Refusal(&tt.refusal); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.refusal, got, tt.want)
		}
	}
}

// TestNotSold: a screening that cannot be booked says why, and the gravest reason first.
func TestNotSold(t *testing.T) {
	now := store.At(time.Date(2026, 11, 27, 16, 0, 0, 0, time.UTC))
	sells := store.Screening{
		Status: store.OnSale, StartsAt: now.Add(time.Hour), SalesCloseAt: now.Add(time.Hour), Left: 1,
	}
	seen := map[string]bool{}
	for _, change := range []func(*store.Screening){
		func(sc *store.Screening) { sc.Status, sc.Left = store.Cancelled, 0 },
		func(sc *store.Screening) { sc.StartsAt, sc.SalesCloseAt, sc.Left = now, now, 0 },
		func(sc *store.Screening) { sc.SalesCloseAt, sc.Left = now, 0 },
		func(sc *store.Screening) { sc.Left = 0 },
	} {
		sc := sells
		change(&sc)
		got := wording.NotSold(sc, now)
		if got == "" || seen[got] {
			t.Errorf("%+v: %q", sc, got)
		}
		seen[got] = true
	}
	if got := wording.NotSold(sells, now); got != "" {
		t.Error(got)
	}
}
