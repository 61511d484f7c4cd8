package views

import (
	"strconv"

	"cinemasphere/store"
	"cinemasphere/views/wording"
)

// option is how a screening reads in a list to choose from.
func (f BookingForm) option(sc store.Screening) string {
	text := wording.When(sc.StartsAt) + " · " + hallOf(sc) + " · " + wording.Cents(sc.Price())
	switch {
	case !sc.Sells(f.Now):
		return text + " · " + lower(closedWord(sc, f.Now))
	case sc.Left <= 0:
		return text + " · sold out"
	case sc.Left <= fewLeft:
		return text + " · " + strconv.Itoa(sc.Left) + " left"
	}
	return text
}

// disabled reports whether a screening of the list cannot be chosen. The one that is chosen can, so that the form says
// why it cannot be booked.
func (f BookingForm) disabled(sc store.Screening) bool {
	return sc.ID != f.Screening.ID && (!sc.Sells(f.Now) || sc.Left <= 0)
}

func (f BookingForm) quantity() string {
	if f.Quantity == "" {
		return "1"
	}
	return f.Quantity
}

func (f BookingForm) maxTickets() string { return strconv.Itoa(max(f.MaxTickets, 1)) }

func id[T ~int64](v T) string { return strconv.FormatInt(int64(v), 10) }
