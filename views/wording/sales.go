package wording

import (
	"fmt"

	"cinemasphere/store"
)

// Sales says to the operator whether bookings are taken.
func Sales(s store.Sales) string {
	switch {
	case s.Gap != (store.Gap{}):
		return "Sales are paused since the books were restored from a backup. " + Gap(s.Gap)
	case s.Paused != "":
		return "Sales are paused: " + s.Paused + "."
	case s.Until != 0:
		return "M-PESA does not answer: no bookings are taken; next try at " + Moment(s.Until) + "."
	}
	return "Bookings are taken."
}

// Gap says to the operator what restored books lack.
func Gap(g store.Gap) string {
	return "What happened between " + Moment(g.Since) + " and " + Moment(g.Until) + " is not in them."
}

// AfterRestore says to the operator what to do about a gap, in order.
func AfterRestore() []string {
	return []string{
		"Let the program run for ten minutes: it asks M-PESA about the prompts that the books know of, and with " +
			"PULL_TRANSACTIONS it lists what was paid in the last 48 hours.",
		"Compare M-PESA's statement of that time with the list of money. What was paid in the gap is on the list as " +
			"money without a ticket, or not there at all: give it back, or accept its receipt for a ticket.",
		"Refunds that were made by hand in the gap are not in the books: write them down, before anybody makes them " +
			"again. AUTO_REFUND waits until you take bookings again.",
		"Then take bookings again.",
	}
}

// BackupTrouble says to the operator what is wrong with the backups that go to a place.
func BackupTrouble(b store.BackupState) string {
	what := "There is no backup in " + b.Place + " yet."
	if b.GoodAt != 0 {
		what = "The last backup in " + b.Place + " is of " + Moment(b.GoodAt) + "."
	}
	if b.FailedAt != 0 {
		what += " The last try failed on " + Moment(b.FailedAt) + ": " + b.Failure + "."
	}
	return what
}

// SetUpTrouble says to the operator that so many prompts, the first at an instant, have all failed for the cinema's
// set-up, and what M-PESA's answer about the last one means.
func SetUpTrouble(pushes int, since store.Instant, last store.PushEnd) (what, means string) {
	what = fmt.Sprintf("The last %d prompts failed for the cinema's set-up, since %s; the last one with %s.",
		pushes, Moment(since), answer(last.Code, last.Text))
	return what, PushResult(last.State, last.Reason, last.Code, last.Text)
}
