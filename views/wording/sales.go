package wording

import (
	"fmt"

	"cinemasphere/store"
)

// Sales says to the operator whether bookings are taken.
func Sales(s store.Sales) string {
	switch {
	case s.Paused != "":
		return "Sales are paused: " + s.Paused + "."
	case s.Until != 0:
		return "M-PESA does not answer: no bookings are taken; next try at " + Moment(s.Until) + "."
	}
	return "Bookings are taken."
}

// SetUpTrouble says to the operator that so many prompts, the first at an instant, have all failed for the cinema's
// set-up, and what M-PESA's answer about the last one means.
func SetUpTrouble(pushes int, since store.Instant, last store.PushEnd) (what, means string) {
	what = fmt.Sprintf("The last %d prompts failed for the cinema's set-up, since %s; the last one with %s.",
		pushes, Moment(since), answer(last.Code, last.Text))
	return what, PushResult(last.State, last.Reason, last.Code, last.Text)
}
