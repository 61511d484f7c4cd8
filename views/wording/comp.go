package wording

import (
	"fmt"
	"strings"

	"cinemasphere/store"
)

// CompRefusal says to the staff why a ticket was not given away, and what to do. Nothing was written.
func CompRefusal(r *store.Refusal) string {
	switch r.Kind {
	case store.OverAllowance:
		return left(r.Left,
			"You have given away all that you may this month. An owner can give these, or raise the bound.",
			"You may give away one more seat this month. An owner can give more, or raise the bound.",
			"You may give away %d more seats this month. An owner can give more, or raise the bound.")
	case store.NoFreeList:
		return "The contract of this film forbids free tickets: see its page under Films."
	case store.NotOnSale:
		return "Tickets of this screening are given away from when it goes on sale until the counter closes."
	case store.SoldOut:
		return left(r.Left, "No seat is left.", "Only one seat is left.", "Only %d seats are left.")
	case store.SeatTaken:
		if len(r.Seats) == 0 {
			return "Somebody was quicker. Please look at the free seats again."
		}
		return "Not free any more, or not in this hall: " + strings.Join(r.Seats, " ") + "."
	default:
		return Refusal(r)
	}
}

// CompFault says what is wrong with a field of the form that gives tickets away.
func CompFault(field string, f store.Fault) string {
	if field == "seats" {
		return fmt.Sprintf("Name as many different seats as tickets: %d. Or leave this empty for the best together.",
			f.Most)
	}
	return FilmFault(f)
}

// CompsLeft says how many more seats a person may give away.
func CompsLeft(n int, bounded bool) string {
	if !bounded {
		return "You may give away as many as you like."
	}
	return left(n, "You may give away no more seats this month.", "You may give away one more seat this month.",
		"You may give away %d more seats this month.")
}
