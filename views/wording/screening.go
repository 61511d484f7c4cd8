package wording

import "cinemasphere/store"

// NotSold says to a customer why a screening cannot be booked at all, "" where it can.
func NotSold(sc store.Screening, now store.Instant) string {
	switch {
	case sc.Status == store.Cancelled:
		return "This screening has been cancelled."
	case now >= sc.StartsAt:
		return "This screening has begun."
	case !sc.Sells(now):
		return Refusal(&store.Refusal{Kind: store.NotOnSale})
	case sc.Left == 0:
		return Refusal(&store.Refusal{Kind: store.SoldOut})
	}
	return ""
}
