package wording

import (
	"strings"

	"cinemasphere/store"
)

// Cancelled says to a customer that a screening is cancelled, and why.
func Cancelled(sc store.Screening) string {
	text := "This screening has been cancelled."
	if sc.CancelReason == "" {
		return text
	}
	if text += " " + sc.CancelReason; !strings.ContainsAny(text[len(text)-1:], ".!?") {
		text += "."
	}
	return text
}

// NotSold says to a customer why a screening cannot be booked at all, "" where it can.
func NotSold(sc store.Screening, now store.Instant) string {
	switch {
	case sc.Status == store.Cancelled:
		return Cancelled(sc)
	case now >= sc.StartsAt:
		return "This screening has begun."
	case !sc.Sells(now):
		return Refusal(&store.Refusal{Kind: store.NotOnSale})
	case sc.Left == 0:
		return Refusal(&store.Refusal{Kind: store.SoldOut})
	}
	return ""
}
